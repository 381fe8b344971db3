package refresh

import (
	"context"
	"errors"

	"rollcall/internal/org"
)

// errNoSweep is a sweep asked of a Sync that has none.
var errNoSweep = errors.New("refresh: SweepOnly without a Sweep")

// holdSweep runs a sweep alone under the lease. It spends no account requests.
func (s Sync) holdSweep(ctx context.Context, account org.Account, opt Options) (Result, leftover, error) {
	ctx, lease := s.keepLease(ctx, account.ID)
	defer lease.release()
	r, err := s.beginSweep(ctx, account, opt, lease)
	if err != nil {
		return Result{}, leftover{}, lostOr(ctx, err)
	}
	result, err := r.sweepToEnd(ctx)
	return result, r.leaves(), lostOr(ctx, err)
}

// beginSweep opens a snapshot that only reads tokens, as a run for the rest does: how the accesses stand is as the last
// snapshot left it. A sweep that was killed is continued. A run for the rest that is open is closed, so that all tokens
// are read anew, and the sweep's run takes over what is still to be read. An open sync is no run to close: it gets what
// the sweep finds, and stays open.
func (s Sync) beginSweep(ctx context.Context, account org.Account, opt Options, lease *lease) (*run, error) {
	if s.Sweep == nil {
		return nil, errNoSweep
	}
	r, open, err := s.takeRun(ctx, account, opt, lease)
	if err != nil {
		return nil, err
	}
	if open.State == nil {
		err = r.begetSweep(ctx, open)
	} else if r.m.Rest {
		if r, err = s.succeed(ctx, r); err != nil {
			return nil, err
		}
	}
	if err != nil {
		return nil, err
	}
	if r.m.Sweep == 0 {
		r.m.Sweep = r.snapshot.ID
	}
	if err := r.save(ctx); err != nil {
		return nil, err
	}
	r.startSweep(ctx)
	s.Log.InfoContext(ctx, "sweep begins", "account", account.UUID, "snapshot", r.snapshot.ID)
	return r, nil
}

func (s Sync) takeRun(ctx context.Context, account org.Account, opt Options, lease *lease) (*run, org.Run, error) {
	open, err := s.History.Begin(ctx, account.ID, s.MaxAge)
	if err != nil {
		return nil, open, err
	}
	m, err := newMachine(open, account.AcceptTotals)
	r := &run{Sync: s, account: account, opt: opt, lease: lease, snapshot: open.Snapshot, m: m, since: s.Now()}
	return r, open, err
}

// begetSweep makes a new run one for a sweep, which closes as the newest snapshot did.
func (r *run) begetSweep(ctx context.Context, open org.Run) error {
	last, lost, found, err := r.Sweep.History.LastClosed(ctx, r.account.ID)
	if err != nil {
		return err
	}
	left := leftover{lost: lost, ending: ending{State: last.State, Reason: last.Reason}}
	if !found {
		left.ending = ending{State: org.Partial, Reason: "No sync has read the users of the stores yet."}
	}
	for _, store := range open.Known {
		if !store.Missing {
			left.stores = append(left.stores, store.RemoteStore)
		}
	}
	r.m.adopt(left)
	return nil
}

// succeed continues a run for the rest whose own sweep was cut off; else it closes it and gives its successor.
func (s Sync) succeed(ctx context.Context, old *run) (*run, error) {
	if old.m.Sweep != 0 {
		tokens, err := s.Sweep.History.SweepTokens(ctx, old.account.ID, old.m.Sweep)
		if err != nil || len(tokens) > 0 {
			return old, err
		}
	}
	old.m.end(old.m.verdict())
	if _, err := old.close(ctx); err != nil {
		return nil, err
	}
	r, open, err := s.takeRun(ctx, old.account, old.opt, old.lease)
	if err != nil {
		return nil, err
	}
	if open.State != nil {
		return nil, org.Conflict("Another sync of this account has begun.")
	}
	r.m.adopt(old.m.carry())
	return r, nil
}

// sweepToEnd waits for the end of the sweep and closes its snapshot. An open sync keeps what was found.
func (r *run) sweepToEnd(ctx context.Context) (Result, error) {
	if r.m.Rest {
		r.m.end(r.m.verdict())
		return r.toEnd(ctx)
	}
	err := r.endSweep(ctx, patience{})
	if err == nil && r.cancelled {
		return r.close(ctx)
	}
	_, failed := r.sweep.outcome()
	const reason = "A sync of this account is open. What was read through the tokens shows when it ends."
	return r.openResult(pause{reason: reason, kind: org.KindBusy}), firstOf(err, failed)
}

// leaves is what a run for the rest goes on with after this one.
func (r *run) leaves() leftover {
	if r.cancelled {
		return leftover{}
	}
	left := r.m.carry()
	tokens, _ := r.sweep.outcome()
	left.sweep, left.since = tokens && r.m.Ending != nil, r.m.Sweep
	return left
}

// none tells whether nothing is left.
func (l leftover) none() bool { return len(l.tasks) == 0 && !l.sweep }

// withoutLists leaves only the tokens: they cost no account requests.
func (l leftover) withoutLists() leftover {
	l.tasks, l.pages = nil, nil
	return l
}
