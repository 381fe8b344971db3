package refresh_test

import (
	"testing"
	"time"

	"rollcall/internal/refresh"
	"rollcall/internal/sandbox"
)

// BenchmarkSync reads 1,000 stores with 100 users each and 1,500 account-level users at a page cap of 50, twice: the
// first time while it learns, then with what it learned. Budget: 45 requests for the accesses, 50 for all (design 8).
func BenchmarkSync(b *testing.B) {
	for b.Loop() {
		cfg := sandbox.Config{Shape: sandbox.Shape{Stores: 1000, UsersPerStore: 100, Users: 20_000, AccountUsers: 1500}}
		w, closeWorld := buildWorld(b, b.TempDir(), cfg)
		start := time.Now()
		first := w.run(refresh.Options{})
		b.ReportMetric(float64(first.Requests), "requests-first")
		b.ReportMetric(time.Since(start).Seconds(), "s-first")
		w.server.AdvanceDay()
		start = time.Now()
		second := w.run(refresh.Options{})
		b.ReportMetric(float64(second.Requests), "requests-next")
		b.ReportMetric(time.Since(start).Seconds(), "s-next")
		if first.Access == 0 || second.StoresFailed > 0 {
			b.Errorf("got %+v, then %+v", first, second)
		}
		closeWorld()
	}
}
