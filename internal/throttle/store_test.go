package throttle

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/org"
)

func rateHeaders(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

func windowHeaders(quota, left, resetMS string) http.Header {
	return rateHeaders("X-Rate-Limit-Requests-Quota", quota, "X-Rate-Limit-Requests-Left", left, "X-Rate-Limit-Time-Reset-Ms", resetMS)
}

// took is how long one request waited, and what became of it.
func took(t *testing.T, s *Stores, store string, gentle bool) time.Duration {
	t.Helper()
	began := time.Now()
	if err := s.Enter(t.Context(), store, gentle, 5*time.Minute); err != nil {
		t.Fatal(err)
	}
	s.Leave(store, 200, nil)
	return time.Since(began)
}

func TestStoreWaitsAsItsAnswerAsks(t *testing.T) {
	for _, test := range []struct {
		name     string
		status   int
		header   http.Header
		gentle   bool
		min, max time.Duration
	}{
		{"room left", 200, windowHeaders("150", "100", "20000"), false, 0, 0},
		{"nothing left", 200, windowHeaders("150", "0", "20000"), false, 20 * time.Second, 21 * time.Second},
		{"a tenth is left to others", 200, windowHeaders("150", "15", "7000"), false, 7 * time.Second, 8 * time.Second},
		{"half is left to others when gentle", 200, windowHeaders("150", "70", "7000"), true, 7 * time.Second, 8 * time.Second},
		{"good answer without headers", 200, nil, false, 0, 0},
		{"429, decimal seconds are rounded up", 429, rateHeaders("X-Retry-After", "1.2"), false, 2 * time.Second, 3 * time.Second},
		{"429, the longer of both counts", 429, rateHeaders("X-Retry-After", "3", "X-Rate-Limit-Time-Reset-Ms", "9000"), false, 9 * time.Second, 10 * time.Second},
		{"429, the longer of both counts, the other way", 429, rateHeaders("X-Retry-After", "12", "X-Rate-Limit-Time-Reset-Ms", "9000"), false, 12 * time.Second, 13 * time.Second},
		{"429 without headers", 429, nil, false, time.Second, 3 * time.Second},
		{"limit as 500", 500, windowHeaders("150", "0", "4000"), false, 4 * time.Second, 5 * time.Second},
		{"plain 500", 500, nil, false, 0, 0},
		{"nonsense headers", 200, windowHeaders("-1", "x", "NaN"), false, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var s Stores
				if err := s.Enter(t.Context(), "a", false, 0); err != nil {
					t.Fatal(err)
				}
				s.Leave("a", test.status, test.header)
				if got := took(t, &s, "b", false); got != 0 {
					t.Errorf("another store waited %v", got)
				}
				if got := took(t, &s, "a", test.gentle); got < test.min || got > test.max {
					t.Errorf("waited %v, want %v to %v", got, test.min, test.max)
				}
			})
		})
	}
}

func TestRefusalsWithoutHeadersGrowAndAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Stores
		var last time.Duration
		for i := range 5 {
			if err := s.Enter(t.Context(), "a", false, time.Hour); err != nil {
				t.Fatal(err)
			}
			wait := time.Until(s.Leave("a", 429, nil))
			if wait < last/2 || wait < time.Second<<i {
				t.Errorf("refusal %d waits %v after %v", i+1, wait, last)
			}
			last = wait
		}
		took(t, &s, "a", false)
		_ = s.Enter(t.Context(), "a", false, time.Hour)
		if wait := time.Until(s.Leave("a", 429, nil)); wait > 2*time.Second {
			t.Errorf("after a good answer a refusal waits %v", wait)
		}
	})
}

func TestNoPatienceGivesTheMomentAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Stores
		_ = s.Enter(t.Context(), "a", false, 0)
		until := s.Leave("a", 429, rateHeaders("X-Retry-After", "600"))
		began := time.Now()
		var limit *org.LimitError
		if err := s.Enter(t.Context(), "a", false, time.Minute); !errors.As(err, &limit) || !limit.Until.Equal(until) || time.Since(began) > 0 {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Enter(ctx, "a", false, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("an ended context gave %v", err)
		}
	})
}

func TestFewRequestsOfOneStoreFlyTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Stores
		var mu sync.Mutex
		var flying, most, done int
		var all sync.WaitGroup
		for range 40 {
			all.Go(func() {
				if err := s.Enter(t.Context(), "a", false, time.Hour); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				flying++
				most = max(most, flying)
				mu.Unlock()
				time.Sleep(time.Second)
				mu.Lock()
				flying--
				done++
				mu.Unlock()
				s.Leave("a", 200, windowHeaders("1000", "900", "30000"))
			})
		}
		all.Wait()
		if most != storeFlying || done != 40 {
			t.Errorf("%d together, %d done", most, done)
		}
	})
}

func TestOldWindowsAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Stores
		for i := range storesKept {
			took(t, &s, string(rune('a'+i%26))+time.Duration(i).String(), false)
		}
		time.Sleep(2 * storeGrace)
		took(t, &s, "new", false)
		if len(s.windows) != 1 {
			t.Errorf("%d windows are kept", len(s.windows))
		}
	})
}
