package refresh

import (
	"context"
	"errors"
	"slices"
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

// sweep reads every token that is due, some at the same time.
func (s *sweeping) sweep(ctx context.Context) error {
	queue, came := make(chan org.SweepToken), make(chan org.TokenRead)
	var feeding error // belongs to the feeder until the queue is closed
	go func() {
		defer close(queue)
		feeding = s.feed(ctx, queue)
	}()
	for range s.Parallel {
		s.workers.Go(func() { s.work(ctx, queue, came) })
	}
	go func() { s.workers.Wait(); close(came) }()
	if err := s.collect(ctx, came); err != nil {
		return err
	}
	return feeding // every worker has seen the end of the queue
}

// feed hands out every token once. Those of stores that the list of stores may still bring wait for it.
func (s *sweeping) feed(ctx context.Context, queue chan<- org.SweepToken) error {
	given := map[org.APIAccountID]bool{}
	for {
		all := s.allAreKnown()
		tokens, err := s.History.SweepTokens(ctx, s.account, s.since)
		if err != nil {
			return firstOf(context.Cause(ctx), err)
		}
		ready := slices.DeleteFunc(inOrder(tokens), func(t org.SweepToken) bool {
			return given[t.APIAccount.ID] || !all && t.Store.APIID == ""
		})
		for _, token := range ready {
			select {
			case queue <- token:
				given[token.APIAccount.ID] = true
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		if all || !slices.ContainsFunc(tokens, func(t org.SweepToken) bool { return t.Store.APIID == "" }) {
			return nil
		}
		select {
		case <-s.all:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (s *sweeping) allAreKnown() bool {
	select {
	case <-s.all:
		return true
	default:
		return false
	}
}

// work reads one token after the other. What was cut off says nothing about its token and is dropped.
func (s *sweeping) work(ctx context.Context, queue <-chan org.SweepToken, came chan<- org.TokenRead) {
	for token := range queue {
		relief := s.relief(func() { s.work(ctx, queue, came) })
		read := s.ask(ctx, token)
		relieved := relief.over()
		if ctx.Err() != nil {
			return
		}
		select {
		case came <- read:
		case <-ctx.Done():
			return
		}
		if relieved {
			return
		}
	}
}

// relief stands by while a token is read: when that takes long another worker takes over the queue, so that stores that
// hang keep none of the others waiting.
type relief struct {
	sweep      *sweeping
	timer      *time.Timer
	mu         sync.Mutex
	ended, ran bool
}

func (s *sweeping) relief(work func()) *relief {
	r := &relief{sweep: s}
	r.timer = time.AfterFunc(slowToken, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if !r.ended && s.slow.Add(1) <= int64(maxSlow*s.Parallel) {
			r.ran = true
			s.workers.Go(work)
		}
	})
	return r
}

// over ends the standing by and tells whether somebody took over.
func (r *relief) over() bool {
	r.timer.Stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	if r.ran {
		r.sweep.slow.Add(-1)
	}
	return r.ran
}

// ask reads one token, with patience.
func (s *sweeping) ask(ctx context.Context, token org.SweepToken) org.TokenRead {
	ctx, cancel := context.WithTimeout(ctx, s.Patience)
	defer cancel()
	read := s.Reader.ReadToken(ctx, token, dueFor(token, s.now()))
	read.APIAccount, read.Print = token.APIAccount.ID, token.Print
	if read.ReadAt.IsZero() {
		read.ReadAt = s.now()
	}
	if read.Proof.State == org.ProofNone {
		read.Proof = token.Last
		read.Proof.State, read.Proof.Cause, read.Proof.CheckedAt = org.ProofUnreadable, "The store did not answer.", read.ReadAt
	}
	return read
}

// collect saves reads some at a time until no more come.
func (s *sweeping) collect(ctx context.Context, came <-chan org.TokenRead) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	var batch []org.TokenRead
	for {
		due := false
		select {
		case read, more := <-came:
			if !more {
				return firstOf(s.save(ctx, batch), context.Cause(ctx))
			}
			s.arrived()
			batch = append(batch, read)
			due = len(batch) >= sweepBatch
		case <-tick.C:
			due = true
		case <-ctx.Done():
			return firstOf(s.save(ctx, batch), context.Cause(ctx))
		}
		if due {
			if err := s.save(ctx, batch); err != nil {
				return err
			}
			batch = nil
		}
	}
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// save writes reads, also when the sweep was told to stop, unless the lease is lost.
func (s *sweeping) save(ctx context.Context, batch []org.TokenRead) error {
	if len(batch) == 0 {
		return nil
	}
	if err := s.held(ctx); err != nil {
		return err
	}
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer done()
	return s.History.SaveSweep(ctx, s.snapshot, batch)
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
