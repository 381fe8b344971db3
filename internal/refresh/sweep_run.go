package refresh

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"rollcall/internal/org"
)

// sweeping is one sweep under way. It saves in transactions of its own and never touches the state of the run, so it
// goes on while the run waits for quota; what was tried is marked in the register, so a killed one repeats only what
// was under way.
type sweeping struct {
	Sweep
	now      func() time.Time
	account  org.AccountID
	snapshot org.SnapshotID // that the reads become part of
	since    org.SnapshotID // tokens tried in it or later are done
	held     func(context.Context) error
	cancel   context.CancelFunc
	ended    chan struct{} // closed when nothing more is saved
	workers  sync.WaitGroup
	slow     atomic.Int64 // workers that others took over from

	known sync.Once
	all   chan struct{} // closed when no more stores will become known

	mu   sync.Mutex
	beat time.Time // when something arrived last
	err  error     // why it ended early, that it was stopped included
}

// startSweep begins to read the tokens that are due, when the sync has a Sweep.
func (r *run) startSweep(ctx context.Context) {
	if r.Sweep == nil {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	s := &sweeping{
		Sweep: r.Sweep.withDefaults(), now: r.Now, account: r.account.ID, snapshot: r.snapshot.ID, since: r.m.Sweep, held: r.lease.check,
		cancel: cancel, ended: make(chan struct{}), all: make(chan struct{}),
	}
	r.sweep = s
	if r.m.Listed {
		s.allKnown()
	}
	go s.run(ctx)
}

// allKnown says that tokens of stores that are not known now need not wait for them to be listed.
func (s *sweeping) allKnown() {
	if s != nil {
		s.known.Do(func() { close(s.all) })
	}
}

// active tells whether the sweep goes on.
func (s *sweeping) active() bool {
	if s == nil {
		return false
	}
	select {
	case <-s.ended:
		return false
	default:
		return true
	}
}

// stop ends the sweep and waits until what came is saved. Stopping an ended one is no error.
func (s *sweeping) stop() {
	if s == nil {
		return
	}
	s.cancel()
	<-s.ended
	gone := make(chan struct{})
	go func() { s.workers.Wait(); close(gone) }()
	patience := time.NewTimer(stopGrace)
	defer patience.Stop()
	select {
	case <-gone:
	case <-patience.C: // a reader that does not obey; what it gives is dropped
	}
}

// outcome tells after the end whether tokens are left that were not tried, and what failed.
func (s *sweeping) outcome() (left bool, err error) {
	if s == nil {
		return false, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if errors.Is(s.err, context.Canceled) {
		return true, nil
	}
	return s.err != nil, s.err
}

func (s *sweeping) lastBeat() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.beat
}

func (s *sweeping) arrived() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.beat = time.Now()
}

func (s *sweeping) run(ctx context.Context) {
	defer close(s.ended)
	defer s.cancel()
	err := s.sweep(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// endSweep waits for the sweep as long as p allows and stops it then. The error is that of ctx.
func (r *run) endSweep(ctx context.Context, p patience) error {
	if r.sweep == nil {
		return nil
	}
	defer r.sweep.stop()
	r.sweep.allKnown()
	for began := time.Now(); r.sweep.active() && !r.cancelled; {
		left := p.left(began, r.sweep.lastBeat(), time.Now())
		if left <= 0 {
			break
		}
		timer := time.NewTimer(min(left, 2*r.Poll))
		select {
		case <-r.sweep.ended:
		case <-timer.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		timer.Stop()
		if _, err := r.stopAsked(ctx); err != nil {
			return err
		}
	}
	return nil
}

// sweepPatience is how long the run waits for its sweep: one that reads what was left over is there for it.
func (r *run) sweepPatience(p patience) patience {
	if r.m.Rest {
		return patience{}
	}
	return p
}
