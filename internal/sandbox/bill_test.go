package sandbox

import (
	"testing"
	"time"
)

// TestSubscriptionsLive lets days pass: what is billed begins once, its periods follow each other, and some of it changes.
func TestSubscriptionsLive(t *testing.T) {
	s := New(Config{Start: start, Shape: Shape{Stores: 60, UsersPerStore: 2}})
	uuid := s.UUIDs()[0]
	first, states := map[string]TruthSubscription{}, map[string]bool{}
	came, went, moved := 0, 0, 0
	before := map[string]TruthSubscription{}
	for day := range 121 {
		now := map[string]TruthSubscription{}
		at := start.Add(time.Duration(day) * 24 * time.Hour)
		for _, b := range s.Subscriptions(uuid) {
			if _, twice := now[b.ID]; twice {
				t.Fatalf("day %d: %s is there twice", day, b.ID)
			}
			now[b.ID] = b
			states[b.Status] = true
			if known, ok := first[b.ID]; ok && !known.Activated.Equal(b.Activated) {
				t.Errorf("%s began on %s and on %s", b.ID, known.Activated, b.Activated)
			}
			first[b.ID] = b
			if b.Status == "ACTIVE" && !b.PeriodEnd.IsZero() && !b.PeriodEnd.After(at) {
				t.Errorf("day %d: the period of %s ended on %s", day, b.ID, b.PeriodEnd)
			}
			if was, ok := before[b.ID]; ok && !was.PeriodEnd.Equal(b.PeriodEnd) {
				moved++
			} else if !ok && day > 0 {
				came++
			}
		}
		for id := range before {
			if _, still := now[id]; !still {
				went++
			}
		}
		before = now
		s.AdvanceDay()
	}
	if came == 0 || went == 0 || moved == 0 || !states["ACTIVE"] || !states["SUSPENDED"] || !states["CANCELLED"] {
		t.Errorf("%d came, %d went, %d periods moved, states %v", came, went, moved, states)
	}
}
