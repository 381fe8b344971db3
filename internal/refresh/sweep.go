package refresh

import (
	"cmp"
	"context"
	"slices"
	"time"

	"rollcall/internal/org"
)

// TokenReader asks a store what one registered token shows.
type TokenReader interface {
	// ReadToken never fails: what went wrong is in the proof, and in what is missing. Waiting for the quota of the store
	// and repeating are its business; it ends when ctx does, and what it gives then is not used.
	ReadToken(ctx context.Context, token org.SweepToken, due Due) org.TokenRead
}

// Due says which of the dear questions a read of a token asks. What they showed last is kept otherwise.
type Due struct {
	Scopes  bool // what the token may do
	Clients bool // which client IDs the metafields name
}

// SweepHistory keeps what tokens showed.
type SweepHistory interface {
	// SweepTokens lists the tokens of the register that no sweep has tried in snapshot since or later, those that
	// waited longest first. A store that no sync has listed yet comes without its API id.
	SweepTokens(ctx context.Context, account org.AccountID, since org.SnapshotID) ([]org.SweepToken, error)
	// SaveSweep writes what tokens showed as part of the running snapshot, in one transaction.
	SaveSweep(ctx context.Context, snapshot org.SnapshotID, reads []org.TokenRead) error
	// LastClosed is the newest closed snapshot with the entries of its store list that failed and belong to no known
	// store; ok is false when there is none.
	LastClosed(ctx context.Context, account org.AccountID) (snapshot org.Snapshot, lost int, ok bool, err error)
}

// Sweep reads all stores through their registered tokens, side by side with the account requests of a sync: each store
// has a quota of its own (design 4.7). It never holds up the snapshot. Reader and History are required; zero values of
// the rest take the default that is named.
type Sweep struct {
	Reader   TokenReader
	History  SweepHistory
	Parallel int           // tokens that are read at the same time, slow ones left aside: 64
	Patience time.Duration // with one token, waiting for quota and repeats included: 5 min
}

// Bounds of a sweep.
const (
	sweepBatch = 100                    // reads that one transaction saves at most
	sweepEvery = 100 * time.Millisecond // how long a read waits to be saved at most
	slowToken  = 5 * time.Second        // from when on a token keeps no other waiting
	maxSlow    = 4                      // slow tokens at the same time, in multiples of Parallel
	stopGrace  = 5 * time.Second        // how long readers may take to notice that they are stopped
)

func (s Sweep) withDefaults() Sweep {
	if s.Parallel <= 0 {
		s.Parallel = 64
	}
	s.Patience = orElse(s.Patience, 5*time.Minute)
	return s
}

// patience says how long a run waits for its sweep: until nothing arrived for idle, and no longer than limit. The zero
// value waits for its end.
type patience struct{ idle, limit time.Duration }

var (
	beforeClosing = patience{idle: time.Second, limit: 2 * time.Second}
	beforePausing = patience{idle: 10 * time.Second, limit: 2 * time.Minute}
)

// left is how long to wait still, by when the waiting began and when something arrived last.
func (p patience) left(began, beat, now time.Time) time.Duration {
	if p == (patience{}) {
		return time.Hour
	}
	if beat.Before(began) {
		beat = began
	}
	return min(beat.Add(p.idle).Sub(now), began.Add(p.limit).Sub(now))
}

// dueFor spreads the dear questions over the days of a week. They are asked at once when they never were.
func dueFor(t org.SweepToken, now time.Time) Due {
	const day = 24 * time.Hour
	stale := func(at time.Time) bool {
		age := now.Sub(at)
		itsDay := int64(now.UTC().Weekday()) == int64(t.APIAccount.ID)%7
		ahead := age < -time.Hour // the clock was wrong then, or is now
		return at.IsZero() || age > 8*day || itsDay && age > 20*time.Hour || ahead
	}
	return Due{Scopes: stale(t.Last.ScopesAt), Clients: stale(t.ClientsAt)}
}

// inOrder puts the tokens of one store apart, for they share its quota, and those that did not work last behind all
// others: a store that hangs must not keep the rest waiting.
func inOrder(tokens []org.SweepToken) []org.SweepToken {
	type place struct {
		org.SweepToken
		troubled bool
		turn     int
	}
	turns := map[string]int{}
	places := make([]place, len(tokens))
	for i, t := range tokens {
		state := t.Last.State
		places[i] = place{t, !state.Works() && state != org.ProofNone, turns[t.APIAccount.StoreHash]}
		turns[t.APIAccount.StoreHash]++
	}
	slices.SortStableFunc(places, func(a, b place) int {
		return cmp.Or(compareBool(a.troubled, b.troubled), cmp.Compare(a.turn, b.turn))
	})
	ordered := make([]org.SweepToken, len(places))
	for i, p := range places {
		ordered[i] = p.SweepToken
	}
	return ordered
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
