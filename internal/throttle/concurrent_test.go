package throttle

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"rollcall/internal/org"
)

// slowServer counts a request some time after it was booked and answers some time after that.
type slowServer struct {
	mu      sync.Mutex
	counts  *server
	rng     *rand.Rand
	longest time.Duration
}

func (s *slowServer) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(s.delay())
	s.mu.Lock()
	response, err := s.counts.RoundTrip(r)
	s.mu.Unlock()
	time.Sleep(s.delay())
	return response, err
}

func (s *slowServer) delay() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Duration(s.rng.Int64N(int64(s.longest)))
}

// TestManyProcessesShareAQuota lets several processes send at once over a slow network: the server never refuses.
func TestManyProcessesShareAQuota(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		quota := Quota{rapid.IntRange(5, 40).Draw(rt, "quota"), 10 * time.Minute}
		sliding, headers := rapid.Bool().Draw(rt, "sliding"), rapid.Bool().Draw(rt, "headers")
		processes, seed := rapid.IntRange(2, 5).Draw(rt, "processes"), rapid.Uint64().Draw(rt, "seed")
		refused := 0
		synctest.Test(t, func(t *testing.T) {
			// A fixed window may begin between booking and counting, so a margin of the longest delay is inherent.
			s := &slowServer{
				counts: &server{quota: quota, sliding: sliding, headers: headers, now: time.Now, start: time.Now()},
				rng:    rand.New(rand.NewPCG(seed, 1)), longest: 2 * time.Second,
			}
			ledger, end := &Memory{}, time.Now().Add(time.Hour)
			var wg sync.WaitGroup
			for range processes {
				wg.Go(func() {
					l := New(ledger, quota, time.Now)
					for time.Now().Before(end) {
						var limit *org.LimitError
						if errors.As(send(l, s, 1, t.Context()), &limit) {
							time.Sleep(max(time.Millisecond, time.Until(limit.Until)))
						}
						time.Sleep(s.delay())
					}
				})
			}
			wg.Wait()
			refused = s.counts.refused
		})
		if refused > 0 {
			rt.Fatalf("the server refused %d requests", refused)
		}
	})
}

func TestBackoffGrowsUpToAMinute(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for attempt, longest := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
		wait := Backoff(attempt, rng)
		if longest *= time.Second; wait < longest/2 || wait > longest {
			t.Errorf("attempt %d: waits %v, want between %v and %v", attempt, wait, longest/2, longest)
		}
	}
}
