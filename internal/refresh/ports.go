// Package refresh performs one sync of an account: it asks a Reader for pages, judges what they prove, and hands
// finished reads to the History. It knows neither the network nor the database.
//
// A listing assembles one list from pages and judges what it proves (design 4.4). The machine holds all listings of a
// run, says what is wanted next and turns finished lists into reads; after every request one Save writes what came,
// where the sync stands and what is finished, so a killed run repeats at most the request that was in flight.
//
// The snapshot speaks of accesses. Apps and the account's own user list ride along with the requests that accesses
// need; when those are settled the rest is read as long as quota is left. As soon as it would have to wait, the snapshot
// is closed, and the rest goes on as a run of its own (Options.Rest), which gives way to any other sync.
//
// Beside the account requests a sync sweeps all stores through their registered tokens (Sweep). The sweep has no part in
// the state of the run: what it finds is saved in transactions of its own, and the register says which tokens are done.
// What it has not read when the snapshot closes belongs to the rest; it can also run alone (Options.SweepOnly).
package refresh

import (
	"context"
	"time"

	"rollcall/internal/org"
)

// Reader serves wants from the API. One call sends one request at most.
type Reader interface {
	// Read sends one request for as many of the wants as fit, in the order of their urgency, and returns what came.
	// The Reading's Requests counts also when an error is returned. Errors: LimitError (nothing was sent or it was
	// answered 429: wait until then), KindUnauthorized, KindScope, KindTooComplex and KindPageSize (the reader
	// learned from the refusal: ask again), KindUnavailable and KindBroken (a repeat may help), KindRejected.
	Read(ctx context.Context, wants []org.Want) (org.Reading, error)
}

// History keeps what was read.
type History interface {
	// Begin continues the account's open run when it is younger than maxAge, closing an older one as partial,
	// or starts a new one.
	Begin(ctx context.Context, account org.AccountID, maxAge time.Duration) (org.Run, error)
	// Save writes everything that one request changed, in one transaction.
	Save(ctx context.Context, snapshot org.SnapshotID, step org.Step) error
	// Close ends the run. Pages show it from then on.
	Close(ctx context.Context, snapshot org.SnapshotID, state org.SnapshotState, reason string) (org.Snapshot, error)
	// Cancelled tells whether somebody asked for the end of the run.
	Cancelled(ctx context.Context, snapshot org.SnapshotID) (bool, error)
	// Progress is what the last Save of the running snapshot said; ok is false when none runs.
	Progress(ctx context.Context, account org.AccountID) (p org.Progress, ok bool, err error)
	// Snapshot is the state of one snapshot.
	Snapshot(ctx context.Context, id org.SnapshotID) (org.Snapshot, error)
}

// Lease makes sure that one process at a time syncs an account.
type Lease interface {
	// Acquire takes or renews the lease for owner; false when another owner's heartbeat is younger than ttl.
	Acquire(ctx context.Context, account org.AccountID, owner string, ttl time.Duration) (bool, error)
	// Release gives it back; releasing what is not held is no error.
	Release(ctx context.Context, account org.AccountID, owner string) error
}
