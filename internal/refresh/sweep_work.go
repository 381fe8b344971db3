package refresh

import (
	"context"
	"slices"
	"sync"
	"time"

	"rollcall/internal/org"
)

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
