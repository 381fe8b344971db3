package refresh

import (
	"context"
	"time"

	"rollcall/internal/org"
)

// acquire takes the lease; or, while another process holds it, waits for the end of that process's run and gives its
// result with held false. When the other one dies or leaves its run open, the lease comes here and held is true.
func (s Sync) acquire(ctx context.Context, account org.Account) (result Result, held bool, err error) {
	var watched org.SnapshotID
	for {
		if watched != 0 {
			snapshot, err := s.History.Snapshot(ctx, watched)
			if err != nil {
				return Result{}, false, err
			}
			if snapshot.Closed() {
				result := resultOf(account, snapshot)
				result.Attached = true
				return result, false, nil
			}
		}
		held, err := s.Lease.Acquire(ctx, account.ID, s.Owner, s.LeaseTTL)
		if err != nil || held {
			return Result{}, held, err
		}
		if watched, err = s.watch(ctx, account.ID, watched); err != nil {
			return Result{}, false, err
		}
		if err := sleep(ctx, s.Poll); err != nil {
			return Result{}, false, err
		}
	}
}

// watch finds the run whose end is waited for. A run that only reads what is left over is none of these: a sync that
// is asked for in the meantime has to read the accesses anew.
func (s Sync) watch(ctx context.Context, account org.AccountID, watched org.SnapshotID) (org.SnapshotID, error) {
	progress, running, err := s.History.Progress(ctx, account)
	switch {
	case err != nil || !running:
		return watched, err
	case progress.Rest:
		return 0, nil
	}
	return progress.Snapshot, nil
}

// sleep waits for d or for the end of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// resultOf is the result of a closed snapshot.
func resultOf(account org.Account, snapshot org.Snapshot) Result {
	finished := snapshot.Finished.UTC().Truncate(time.Second)
	return Result{
		Account: account.UUID, Snapshot: snapshot.ID, State: snapshot.State, Reason: snapshot.Reason,
		StartedAt: snapshot.Started.UTC().Truncate(time.Second), FinishedAt: &finished,
		Stores: snapshot.Stores, StoresFailed: snapshot.StoresFailed, Users: snapshot.Users, Access: snapshot.Accesses,
		Requests: snapshot.Requests, Repeated: snapshot.Repeated,
	}
}
