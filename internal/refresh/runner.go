package refresh

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"rollcall/internal/org"
)

// Runner runs syncs in the background, one at a time for each account. Whoever wants to see how a sync stands reads
// the History's Progress; the Runner only starts them and tells when they end.
type Runner struct {
	open func(context.Context, org.AccountID) (Sync, org.Account, error)
	log  *slog.Logger

	mu      sync.Mutex
	running map[org.AccountID]*job
	stopped bool
	wg      sync.WaitGroup
	ctx     context.Context
	cancel  context.CancelFunc
}

// job is one sync in the background.
type job struct {
	sweep  bool          // reads registered tokens only
	closed chan struct{} // the accesses are settled
	once   sync.Once
	cancel context.CancelFunc
	result Result
	err    error
}

// errStopped says that the program is ending.
var errStopped = org.Problem(org.KindBusy, "Rollcall is shutting down. The sync goes on after the next start.", nil)

// NewRunner makes a Runner. open gives the Sync and the account for each run, so that a changed token counts from the
// next one.
func NewRunner(open func(context.Context, org.AccountID) (Sync, org.Account, error), log *slog.Logger) *Runner {
	r := &Runner{open: open, log: log, running: map[org.AccountID]*job{}}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

// Start begins a sync of the account in the background and returns at once. When the accesses of one are being read it
// does nothing and gives false; when one only reads what was left over, that one gives way.
func (r *Runner) Start(account org.AccountID) (started bool, err error) {
	_, started, err = r.start(account, false)
	return started, err
}

// StartSweep begins to read the account's registered tokens in the background and returns at once; it spends no account
// requests. While the accesses or the tokens are being read it does nothing and gives false.
func (r *Runner) StartSweep(account org.AccountID) (started bool, err error) {
	_, started, err = r.start(account, true)
	return started, err
}

// Sync starts a sync, or joins the one that runs, and waits until the account's accesses are settled. The sync goes on
// when ctx ends; only the waiting ends.
func (r *Runner) Sync(ctx context.Context, account org.AccountID) (Result, error) {
	return r.await(ctx, account, false)
}

// Sweep starts to read the account's registered tokens, or joins the sync or sweep that runs, and waits for its end as
// Sync does.
func (r *Runner) Sweep(ctx context.Context, account org.AccountID) (Result, error) {
	return r.await(ctx, account, true)
}

func (r *Runner) await(ctx context.Context, account org.AccountID, sweep bool) (Result, error) {
	j, _, err := r.start(account, sweep)
	if err != nil {
		return Result{}, err
	}
	select {
	case <-j.closed:
		return j.result, j.err
	case <-ctx.Done():
		return Result{}, context.Cause(ctx)
	}
}

// Running tells whether this process reads the accesses of the account at present.
func (r *Runner) Running(account org.AccountID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	j := r.running[account]
	return j != nil && !j.settled() && !j.sweep
}

// Sweeping tells whether this process reads the account's tokens alone at present.
func (r *Runner) Sweeping(account org.AccountID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	j := r.running[account]
	return j != nil && !j.settled() && j.sweep
}

func (j *job) settled() bool {
	select {
	case <-j.closed:
		return true
	default:
		return false
	}
}

// start joins the job that runs unless it only reads what was left over, or tokens when a sync is asked for: these give
// way, and what they have not read is read by the job that follows.
func (r *Runner) start(account org.AccountID, sweep bool) (*job, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return nil, false, errStopped
	}
	if j := r.running[account]; j != nil {
		if !j.settled() && (sweep || !j.sweep) {
			return j, false, nil
		}
		j.cancel()
	}
	ctx, cancel := context.WithCancel(r.ctx)
	j := &job{sweep: sweep, closed: make(chan struct{}), cancel: cancel}
	r.running[account] = j
	r.wg.Go(func() { r.run(ctx, account, j) })
	return j, true, nil
}

// run is one sync with everything that is left over after it.
func (r *Runner) run(ctx context.Context, account org.AccountID, j *job) {
	defer j.cancel()
	result, err := r.sync(ctx, account, j)
	j.settle(result, err)
	r.mu.Lock()
	if r.running[account] == j {
		delete(r.running, account)
	}
	r.mu.Unlock()
	switch {
	case err == nil:
	case errors.Is(err, context.Canceled):
		r.log.InfoContext(ctx, "sync stopped; the next one goes on from here", "account", account)
	default:
		r.log.ErrorContext(ctx, "sync failed", "account", account, "error", err)
	}
}

func (r *Runner) sync(ctx context.Context, account org.AccountID, j *job) (Result, error) {
	s, full, err := r.open(ctx, account)
	if err != nil {
		return Result{}, err
	}
	return s.Run(ctx, full, Options{Rest: true, SweepOnly: j.sweep, Closed: func(result Result) { j.settle(result, nil) }})
}

// settle makes the outcome known; the first one stands.
func (j *job) settle(result Result, err error) {
	j.once.Do(func() {
		j.result, j.err = result, err
		close(j.closed)
	})
}

// Stop ends every sync and waits until they have stopped or ctx ends. Their runs stay open: the next sync continues
// them if it comes within a day.
func (r *Runner) Stop(ctx context.Context) error {
	r.mu.Lock()
	r.stopped = true
	r.mu.Unlock()
	r.cancel()
	done := make(chan struct{})
	go func() { r.wg.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Continue starts a sync for each account that left its run open, as after a restart of the program.
func (r *Runner) Continue(ctx context.Context, history History, accounts []org.Account) error {
	for _, account := range accounts {
		if !account.Connected {
			continue
		}
		progress, open, err := history.Progress(ctx, account.ID)
		if err != nil {
			return err
		}
		if !open || time.Since(progress.Started) >= 24*time.Hour {
			continue
		}
		switch {
		case !progress.Rest:
			_, err = r.Start(account.ID)
		case progress.TokensDone < progress.TokensAll:
			_, err = r.StartSweep(account.ID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
