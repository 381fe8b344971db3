package refresh

import (
	"context"
	"crypto/rand"
	"log/slog"
	"time"

	"rollcall/internal/org"
)

// Sync reads one account whole. Reader, History, Lease and Log are required; zero values of the rest take the default
// that is named. A Sync may be used for many runs, one after the other or at once.
type Sync struct {
	Reader  Reader // of the account that Run is called for
	History History
	Lease   Lease
	Log     *slog.Logger
	Sweep   *Sweep // nil: registered tokens are not read

	Now      func() time.Time // time.Now
	Owner    string           // names this process in the lease; each run adds a random part
	LeaseTTL time.Duration    // a lease whose heartbeat is older is free: 60 s
	Delay    time.Duration    // first delay before a repeat, doubled each time: 1 s
	Poll     time.Duration    // how often a waiting sync looks for its end: 1 s
	MaxAge   time.Duration    // an open run older than this is closed, not continued: 24 h
}

// Options say how far one run goes.
type Options struct {
	NoWait bool // stop when the quota is used up; the run stays open
	// Rest goes on after the snapshot is closed until apps and the account's own user list are read too, waiting for
	// quota as needed. They become a snapshot of their own, so that no closed one changes. Any other sync of the
	// account takes precedence. Without Rest what is missing is left to the next sync.
	Rest bool
	// Closed is called when the snapshot of the accesses is closed, before Rest begins; may be nil.
	Closed func(Result)
	// SweepOnly reads the registered tokens only, which spends no account requests, as a snapshot of its own. While a
	// sync of the account is open, which reads them too, its result is that sync's, or partial and resumable.
	SweepOnly bool
}

// Result is what one sync came to; its JSON is that of `sync --json` (design 5).
type Result struct {
	Account      string            `json:"account"` // UUID
	Snapshot     org.SnapshotID    `json:"snapshot"`
	State        org.SnapshotState `json:"state"`     // complete or partial
	Resumable    bool              `json:"resumable"` // the run is still open; the next sync continues it
	StartedAt    time.Time         `json:"started_at"`
	FinishedAt   *time.Time        `json:"finished_at"` // nil while the run is open
	Stores       int               `json:"stores"`
	StoresFailed int               `json:"stores_failed"`
	Users        int               `json:"users"` // as of the snapshot; 0 while the run is open
	Access       int               `json:"access"`
	Requests     int               `json:"requests"`
	Repeated     int               `json:"requests_repeated"`
	WaitedMS     int64             `json:"waited_ms"`

	Reason   string        `json:"-"` // why it is partial, in plain words
	Kind     org.Kind      `json:"-"` // of what ended an open or partial run; KindUnexpected when nothing did
	Attached bool          `json:"-"` // another process did the work
	Waited   time.Duration `json:"-"`
}

func (s Sync) withDefaults() Sync {
	if s.Now == nil {
		s.Now = time.Now
	}
	s.LeaseTTL = orElse(s.LeaseTTL, 60*time.Second)
	s.Delay = orElse(s.Delay, time.Second)
	s.Poll = orElse(s.Poll, time.Second)
	s.MaxAge = orElse(s.MaxAge, 24*time.Hour)
	s.Owner += "/" + rand.Text()
	return s
}

func orElse(value, otherwise time.Duration) time.Duration {
	if value == 0 {
		return otherwise
	}
	return value
}

// Run syncs the account and returns when its accesses are settled, continuing an open run when there is one. While
// another process syncs the account Run waits for that run and gives its result.
//
// A run that stays open (quota with NoWait, BigCommerce down) gives a partial, resumable Result and no error. An error
// means that the run could not go on (context ended, lease lost: KindBusy, history failed); what was read is kept. With
// Options.Rest an error may come beside a closed snapshot's Result: then it concerns only what was left over.
func (s Sync) Run(ctx context.Context, account org.Account, opt Options) (Result, error) {
	s = s.withDefaults()
	result, held, err := s.acquire(ctx, account)
	if err != nil || !held {
		return result, err
	}
	hold := s.hold
	if opt.SweepOnly {
		hold = s.holdSweep
	}
	result, left, err := hold(ctx, account, opt)
	if err != nil || result.Resumable {
		return result, err
	}
	if opt.Closed != nil {
		opt.Closed(result)
	}
	if opt.NoWait {
		left = left.withoutLists()
	}
	if opt.Rest && !left.none() {
		err = s.rest(ctx, account, left)
	}
	return result, err
}

// hold runs under the lease.
func (s Sync) hold(ctx context.Context, account org.Account, opt Options) (Result, leftover, error) {
	ctx, lease := s.keepLease(ctx, account.ID)
	defer lease.release()
	r, err := s.begin(ctx, account, opt, lease)
	if err != nil {
		return Result{}, leftover{}, lostOr(ctx, err)
	}
	result, err := r.toEnd(ctx)
	return result, r.leaves(), lostOr(ctx, err)
}

// begin opens a run or takes up the one that is open, and shows at once that it runs.
func (s Sync) begin(ctx context.Context, account org.Account, opt Options, lease *lease) (*run, error) {
	open, err := s.History.Begin(ctx, account.ID, s.MaxAge)
	if err != nil {
		return nil, err
	}
	m, err := newMachine(open, account.AcceptTotals)
	if err != nil {
		return nil, err
	}
	m.plan(open)
	r := &run{Sync: s, account: account, opt: opt, lease: lease, snapshot: open.Snapshot, m: m, since: s.Now()}
	s.Log.InfoContext(ctx, "sync begins", "account", account.UUID, "snapshot", open.Snapshot.ID, "resumed", open.Resumed)
	if s.Sweep != nil {
		m.Sweep = open.Snapshot.ID
	}
	if err := r.save(ctx); err != nil {
		return nil, err
	}
	r.startSweep(ctx)
	return r, nil
}
