package refresh

import (
	"context"
	"errors"
	"sync"
	"time"

	"rollcall/internal/org"
)

// errLost is the cause of the end of a run whose lease another process took.
var errLost = org.Problem(org.KindBusy, "Another process has taken over the sync of this account.", errors.New("lease lost"))

// lease is a held lease with its heartbeat.
type lease struct {
	sync    Sync
	account org.AccountID
	cancel  context.CancelCauseFunc
	stop    chan struct{}
	stopped sync.WaitGroup

	mu   sync.Mutex
	beat time.Time // last time that it was taken or renewed
}

// keepLease renews the lease until release. The context returned ends with errLost as cause when it is lost.
func (s Sync) keepLease(ctx context.Context, account org.AccountID) (context.Context, *lease) {
	ctx, cancel := context.WithCancelCause(ctx)
	l := &lease{sync: s, account: account, cancel: cancel, beat: s.Now(), stop: make(chan struct{})}
	l.stopped.Go(func() { l.keep(ctx) })
	return ctx, l
}

func (l *lease) keep(ctx context.Context) {
	tick := time.NewTicker(l.sync.LeaseTTL / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.stop:
			return
		case <-tick.C:
			if err := l.renew(ctx); err != nil {
				l.sync.Log.WarnContext(ctx, "lease heartbeat", "account", l.account, "error", err)
			}
		}
	}
}

// renew takes the lease once more. A failing database is survived until the lease would have expired.
func (l *lease) renew(ctx context.Context) error {
	now := l.sync.Now()
	held, err := l.sync.Lease.Acquire(ctx, l.account, l.sync.Owner, l.sync.LeaseTTL)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err == nil && held:
		l.beat = now
		return nil
	case err == nil || now.Sub(l.beat) > l.sync.LeaseTTL:
		l.cancel(errLost)
		return errLost
	}
	return err
}

// check makes sure, before something is written, that the lease is not about to expire or lost already: a process
// that slept for minutes must not write into a run that another one continues.
func (l *lease) check(ctx context.Context) error {
	if errors.Is(context.Cause(ctx), errLost) {
		return errLost
	}
	l.mu.Lock()
	age := l.sync.Now().Sub(l.beat)
	l.mu.Unlock()
	if age > l.sync.LeaseTTL/2 {
		return l.renew(context.WithoutCancel(ctx))
	}
	return nil
}

// release ends the heartbeat and gives the lease back, also when the run was told to stop.
func (l *lease) release() {
	close(l.stop)
	l.stopped.Wait()
	l.cancel(nil)
	ctx, done := context.WithTimeout(context.Background(), 5*time.Second)
	defer done()
	if err := l.sync.Lease.Release(ctx, l.account, l.sync.Owner); err != nil {
		l.sync.Log.WarnContext(ctx, "release lease", "account", l.account, "error", err)
	}
}

// lostOr names the lost lease where it is the cause of an error.
func lostOr(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), errLost) {
		return errLost
	}
	return err
}
