package throttle

import (
	"context"
	"slices"
	"sync"
	"time"

	"rollcall/internal/org"
)

// Memory is a Ledger that lives with the process, for accounts that are not stored and for tests.
type Memory struct {
	mu    sync.Mutex
	spent map[org.AccountID][]time.Time
	seen  map[org.AccountID]Seen
}

// Reserve implements Ledger.
func (m *Memory) Reserve(_ context.Context, account org.AccountID, now time.Time, window time.Duration, decide func([]time.Time, Seen) time.Time) (time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.spent == nil {
		m.spent = map[org.AccountID][]time.Time{}
	}
	if until := decide(m.within(account, now, window), m.seen[account]); !until.IsZero() {
		return until, nil
	}
	all := m.spent[account]
	m.spent[account] = slices.Insert(all, len(all)-sentAfter(all, now), now)
	return time.Time{}, nil
}

// Saw implements Ledger.
func (m *Memory) Saw(_ context.Context, account org.AccountID, seen Seen) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen == nil {
		m.seen = map[org.AccountID]Seen{}
	}
	if newest := m.seen[account].At; !seen.At.Before(newest) || seen.At.Before(newest.Add(-WrongClock)) {
		m.seen[account] = seen
	}
	return nil
}

// Spent implements Ledger.
func (m *Memory) Spent(_ context.Context, account org.AccountID, now time.Time, window time.Duration) ([]time.Time, Seen, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.within(account, now, window), m.seen[account], nil
}

func (m *Memory) within(account org.AccountID, now time.Time, window time.Duration) []time.Time {
	all := m.spent[account]
	return append([]time.Time(nil), all[len(all)-sentAfter(all, now.Add(-window)):]...)
}
