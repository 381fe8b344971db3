package refresh

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"rollcall/internal/org"
)

// Bounds of a run.
const (
	maxStuck    = 12 // refusals for size or complexity in a row
	asideStuck  = 5  // of these, after which apps and the account's own list are left for later
	maxFailures = 8  // requests in a row without an answer: BigCommerce is down
	maxDelay    = time.Minute
	maxWait     = time.Hour // a longer wait for quota is checked in between
)

// run is one open snapshot in the hands of this process.
type run struct {
	Sync
	account  org.Account
	opt      Options
	lease    *lease
	snapshot org.Snapshot
	m        *machine

	since     time.Time // when this process took it up
	sinceDone int       // items that were there then
	failures  int       // requests in a row without an answer
	stuck     int       // requests in a row refused for their size
	waitUntil time.Time
	waitFor   string
	cancelled bool
	sweep     *sweeping // nil when no tokens are read
}

// pause says how a run is left open.
type pause struct {
	reason string
	kind   org.Kind
}

// toEnd reads until everything is settled and closes the snapshot, or leaves it open.
func (r *run) toEnd(ctx context.Context) (Result, error) {
	defer r.sweep.stop()
	for r.m.Ending == nil {
		left, err := r.once(ctx)
		if err == nil && left != nil {
			err = r.endSweep(ctx, r.sweepPatience(beforePausing))
		}
		if err != nil {
			return r.openResult(pause{kind: org.KindOf(err)}), err
		}
		if left != nil && r.m.Ending == nil {
			return r.openResult(*left), nil
		}
	}
	result, err := r.close(ctx)
	if _, failed := r.sweep.outcome(); err == nil && r.m.Rest {
		err = failed // nobody else will say it
	}
	return result, err
}

// once sends one request and saves what it brought, or waits, or decides how the run ends.
func (r *run) once(ctx context.Context) (*pause, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	if stop, err := r.stopAsked(ctx); err != nil || stop {
		return nil, err
	}
	wants := r.m.wants()
	if len(wants) == 0 {
		r.m.end(r.m.verdict())
		return nil, nil
	}
	reading, err := r.Reader.Read(ctx, wants)
	if err != nil && ctx.Err() != nil {
		r.m.Requests += reading.Requests
		return nil, errors.Join(context.Cause(ctx), r.save(ctx))
	}
	if err != nil {
		return r.failed(ctx, wants, reading, err)
	}
	r.m.countRepeat(reading)
	if !r.m.absorb(reading) {
		return r.idle(ctx, askedOf(reading, wants))
	}
	r.failures, r.stuck = 0, 0
	return nil, r.save(ctx)
}

// stopAsked ends the run when somebody cancelled it.
func (r *run) stopAsked(ctx context.Context) (bool, error) {
	cancelled, err := r.History.Cancelled(ctx, r.snapshot.ID)
	if err != nil || !cancelled {
		return false, err
	}
	r.cancelled = true
	r.m.halt("The sync was cancelled.")
	return true, nil
}

// idle is an answer that brought nothing for any list. After some of them the few lists that are open are given up, or
// the run is left open for the next sync.
func (r *run) idle(ctx context.Context, asked []org.List) (*pause, error) {
	const reason = "BigCommerce answered without what was asked for."
	if r.failures++; r.failures < maxFailures {
		return nil, r.wait(ctx, r.Now().Add(r.delay()), reason)
	}
	if !r.m.patient() {
		return &pause{reason: reason, kind: org.KindBroken}, r.save(ctx)
	}
	r.failures = 0
	for _, list := range asked {
		r.m.giveUpList(list, reason)
	}
	return nil, r.save(ctx)
}

// failed decides what a request that brought nothing means.
func (r *run) failed(ctx context.Context, wants []org.Want, reading org.Reading, err error) (*pause, error) {
	r.m.Requests += reading.Requests
	r.m.Repeated += reading.Requests
	asked := askedOf(reading, wants)
	switch kind := org.KindOf(err); kind {
	case org.KindLimited:
		return r.limited(ctx, err)
	case org.KindUnauthorized:
		r.m.halt(org.TextOf(err))
	case org.KindScope:
		r.m.refused(asked, org.TextOf(err))
	case org.KindTooComplex, org.KindPageSize:
		r.tooLarge(asked, err)
	case org.KindRejected:
		r.m.rejected(asked, org.TextOf(err))
	case org.KindUnavailable, org.KindBroken:
		return r.unanswered(ctx, asked, err)
	default:
		return nil, errors.Join(err, r.save(ctx))
	}
	r.Log.WarnContext(ctx, "account request refused", "account", r.account.UUID, "error", err)
	return nil, r.save(ctx)
}

// limited waits for quota, or leaves the run open, or, when the accesses are done, closes it: what else is read never
// delays the snapshot.
func (r *run) limited(ctx context.Context, err error) (*pause, error) {
	until, reason := r.quotaBack(err), "The hourly quota of the account is used up."
	switch {
	case r.m.Rest:
		r.waitUntil, r.waitFor = until, reason
		return &pause{reason: org.TextOf(err), kind: org.KindLimited}, r.save(ctx)
	case !r.m.due():
		r.m.end(r.m.verdict())
		return nil, r.save(ctx)
	case r.opt.NoWait:
		return &pause{reason: org.TextOf(err), kind: org.KindLimited}, r.save(ctx)
	}
	r.Log.InfoContext(ctx, "sync waits for quota", "account", r.account.UUID, "snapshot", r.snapshot.ID, "until", until)
	return nil, r.wait(ctx, until, reason)
}

// quotaBack is when to try again: not at once, and not so late that a wrong moment costs hours.
func (r *run) quotaBack(err error) time.Time {
	var limit *org.LimitError
	errors.As(err, &limit)
	soon, late := r.Now().Add(time.Second), r.Now().Add(maxWait)
	switch {
	case limit.Until.Before(soon):
		return soon
	case limit.Until.After(late):
		return late
	}
	return limit.Until
}

// tooLarge goes on at once, for the reader has learned from the refusal; but not for ever. What does not decide the
// snapshot is put aside first, and given up first.
func (r *run) tooLarge(asked []org.List, err error) {
	r.stuck++
	switch {
	case r.stuck == asideStuck && r.m.putAside(asked):
	case r.stuck < asideStuck, r.stuck < maxStuck && r.m.due():
	case essential(kindsOf(asked)[0]) && len(asked) > 1 || asked[0].Kind == org.ListStores:
		r.m.halt("BigCommerce refused every size of request. " + org.TextOf(err))
	default:
		r.stuck = 0
		for _, list := range asked {
			r.m.giveUpList(list, org.TextOf(err))
		}
	}
}

// unanswered tries again later. When nothing is answered for long the run is left open for the next sync.
func (r *run) unanswered(ctx context.Context, asked []org.List, err error) (*pause, error) {
	r.Log.WarnContext(ctx, "account request failed", "account", r.account.UUID, "lists", len(asked), "error", err)
	r.failures++
	if r.m.failedTogether(asked, org.TextOf(err)) {
		r.failures = 0
		return nil, r.save(ctx)
	}
	if r.failures >= maxFailures && r.m.manyOpen() {
		return &pause{reason: org.TextOf(err), kind: org.KindOf(err)}, r.save(ctx)
	}
	return nil, r.wait(ctx, r.Now().Add(r.delay()), org.TextOf(err))
}

// delay grows with the failures in a row, with a jitter of a quarter either way.
func (r *run) delay() time.Duration {
	d := maxDelay
	if n := r.failures - 1; n < 16 {
		d = min(maxDelay, r.Delay<<n)
	}
	return d*3/4 + rand.N(d/2+1)
}

// wait saves why nothing happens, then waits; a cancelled run does not wait any longer.
func (r *run) wait(ctx context.Context, until time.Time, reason string) error {
	r.waitUntil, r.waitFor = until, reason
	defer func() { r.waitUntil, r.waitFor = time.Time{}, "" }()
	if err := r.save(ctx); err != nil {
		return err
	}
	start := r.Now()
	defer func() { r.m.Waited += max(0, r.Now().Sub(start)) }()
	for {
		left := until.Sub(r.Now())
		if left <= 0 {
			return nil
		}
		if err := sleep(ctx, min(left, 2*r.Poll)); err != nil {
			return err
		}
		if cancelled, err := r.History.Cancelled(ctx, r.snapshot.ID); err != nil || cancelled {
			return err
		}
	}
}

// save writes what changed since the last save. A run that is told to stop still saves what it has, unless the lease
// is lost: then the run belongs to somebody else.
func (r *run) save(ctx context.Context) error {
	if err := r.lease.check(ctx); err != nil {
		return err
	}
	step := r.m.takeStep()
	var err error
	if step.State, err = r.m.encode(); err != nil {
		return err
	}
	step.Progress = r.progress()
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer done()
	if err := r.History.Save(ctx, r.snapshot.ID, step); err != nil {
		return err
	}
	if r.m.Listed {
		r.sweep.allKnown()
	}
	return nil
}

// close writes what was read of unfinished lists and closes the snapshot.
func (r *run) close(ctx context.Context) (Result, error) {
	if r.m.Rest && r.sweep.active() {
		if err := r.save(ctx); err != nil { // to say what is waited for
			return r.openResult(pause{}), err
		}
	}
	if err := r.endSweep(ctx, r.sweepPatience(beforeClosing)); err != nil {
		return r.openResult(pause{}), err
	}
	if _, err := r.sweep.outcome(); err != nil {
		r.Log.WarnContext(ctx, "sweep failed", "account", r.account.UUID, "snapshot", r.snapshot.ID, "error", err)
	}
	r.m.settleOpen(r.opt.Rest && !r.opt.NoWait && !r.m.Ending.Halted)
	if err := r.save(ctx); err != nil {
		return r.openResult(pause{}), err
	}
	snapshot, err := r.History.Close(ctx, r.snapshot.ID, r.m.Ending.State, r.m.Ending.Reason)
	if err != nil {
		return r.openResult(pause{}), err
	}
	r.Log.InfoContext(ctx, "sync ended", "account", r.account.UUID, "snapshot", snapshot.ID, "state", snapshot.State,
		"requests", r.m.Requests, "repeated", r.m.Repeated, "reason", snapshot.Reason)
	result := resultOf(r.account, snapshot)
	result.Requests, result.Repeated = r.m.Requests, r.m.Repeated
	result.Waited, result.WaitedMS = r.m.Waited, r.m.Waited.Milliseconds()
	return result, nil
}

// openResult is the result of a run that stays open.
func (r *run) openResult(p pause) Result {
	progress := r.progress()
	return Result{
		Account: r.account.UUID, Snapshot: r.snapshot.ID, State: org.Partial, Resumable: true,
		StartedAt: r.snapshot.Started.UTC().Truncate(time.Second),
		Stores:    progress.StoresAll, StoresFailed: progress.StoresFailed, Access: progress.Accesses,
		Requests: r.m.Requests, Repeated: r.m.Repeated, Waited: r.m.Waited, WaitedMS: r.m.Waited.Milliseconds(),
		Reason: p.reason, Kind: p.kind,
	}
}

// askedOf are the lists that a request asked for; all that were wanted when the reader does not say.
func askedOf(reading org.Reading, wants []org.Want) []org.List {
	if len(reading.Asked) > 0 {
		return reading.Asked
	}
	lists := make([]org.List, len(wants))
	for i, want := range wants {
		lists[i] = want.List
	}
	return lists
}
