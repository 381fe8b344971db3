// Package throttle keeps requests within the quotas that BigCommerce allows: it reserves before sending, believes
// headers over its own count and works without them.
package throttle

import (
	"context"
	"time"

	"rollcall/internal/org"
)

// Seen is what the rate headers of an answer said (facts 1.9, 2.11).
type Seen struct {
	At     time.Time
	Quota  int
	Left   int
	Reset  time.Time     // when the window ends
	Window time.Duration // 0 when not given
}

// WrongClock is how much newer headers on record must be than those of an answer to be from a clock that ran ahead.
const WrongClock = 10 * time.Minute

// Ledger is the account's quota book, shared by all processes on the same data folder.
type Ledger interface {
	// Reserve books one request at the moment now if decide agrees. decide is called inside the transaction with the
	// moments of the requests of the last window (oldest first) and the newest headers, and returns the moment until
	// which to wait, zero to send now.
	Reserve(ctx context.Context, account org.AccountID, now time.Time, window time.Duration, decide func(spent []time.Time, seen Seen) time.Time) (until time.Time, err error)
	// Saw records the headers of an answer unless newer ones are on record, by less than WrongClock.
	Saw(ctx context.Context, account org.AccountID, seen Seen) error
	// Spent returns what decide would see, without booking anything.
	Spent(ctx context.Context, account org.AccountID, now time.Time, window time.Duration) ([]time.Time, Seen, error)
}
