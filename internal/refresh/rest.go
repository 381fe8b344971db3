package refresh

import (
	"context"
	"time"

	"rollcall/internal/org"
)

// rest reads what a closed sync left over, as a snapshot of its own. While it waits for quota it holds no lease, so
// that a sync which is asked for meanwhile can begin; that sync takes over the open run and this one ends.
func (s Sync) rest(ctx context.Context, account org.Account, left leftover) error {
	var mine org.SnapshotID
	for {
		held, err := s.Lease.Acquire(ctx, account.ID, s.Owner, s.LeaseTTL)
		if err != nil || !held {
			return err
		}
		until, err := s.restOnce(ctx, account, &mine, left)
		if err != nil || until.IsZero() {
			return err
		}
		if err := s.restWait(ctx, mine, until); err != nil {
			return err
		}
	}
}

// restOnce reads until the quota is used up and gives the moment until which to wait, or zero at the end.
func (s Sync) restOnce(ctx context.Context, account org.Account, mine *org.SnapshotID, left leftover) (time.Time, error) {
	ctx, lease := s.keepLease(ctx, account.ID)
	defer lease.release()
	if *mine != 0 {
		snapshot, err := s.History.Snapshot(ctx, *mine)
		if err != nil || snapshot.Closed() {
			return time.Time{}, err
		}
	}
	open, err := s.History.Begin(ctx, account.ID, s.MaxAge)
	if err != nil {
		return time.Time{}, err
	}
	m, err := newMachine(open, account.AcceptTotals)
	if err != nil {
		return time.Time{}, err
	}
	switch {
	case *mine == 0 && open.State == nil:
		m.adopt(left)
		*mine = open.Snapshot.ID
	case !m.Rest || open.Snapshot.ID != *mine:
		return time.Time{}, nil // a full sync has come in between
	}
	r := &run{Sync: s, account: account, lease: lease, snapshot: open.Snapshot, m: m, since: s.Now()}
	if err := r.save(ctx); err != nil {
		return time.Time{}, err
	}
	r.startSweep(ctx)
	result, err := r.toEnd(ctx)
	if err != nil || result.Kind != org.KindLimited {
		return time.Time{}, lostOr(ctx, err)
	}
	return r.waitUntil, nil
}

// restWait sleeps without the lease. It ends early when the run was cancelled or closed.
func (s Sync) restWait(ctx context.Context, mine org.SnapshotID, until time.Time) error {
	for {
		left := until.Sub(s.Now())
		if left <= 0 {
			return nil
		}
		if err := sleep(ctx, min(left, 2*s.Poll)); err != nil {
			return err
		}
		cancelled, err := s.History.Cancelled(ctx, mine)
		if err != nil || cancelled {
			return err
		}
	}
}
