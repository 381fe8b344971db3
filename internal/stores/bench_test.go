package stores

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rollcall/internal/org"
)

// slowCrowd serves any number of stores, each answer 20 ms after its request. Three stores are ill: one hangs, one
// answers HTML, one is down.
type slowCrowd struct {
	latency  time.Duration
	ill      bool
	requests atomic.Int64
}

const hangs, sendsHTML, isDown = "store00010", "store00020", "store00030"

func (s *slowCrowd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.requests.Add(1)
	hash, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/stores/"), "/")
	wait := time.NewTimer(s.latency)
	defer wait.Stop()
	if s.ill && hash == hangs {
		<-r.Context().Done()
		return
	}
	<-wait.C
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("X-Rate-Limit-Requests-Quota", "150")
	header.Set("X-Rate-Limit-Requests-Left", "120")
	header.Set("X-Rate-Limit-Time-Reset-Ms", "20000")
	switch {
	case s.ill && hash == sendsHTML:
		header.Set("Content-Type", "text/html")
		fmt.Fprint(w, "<html>We'll be right back</html>")
		return
	case s.ill && hash == isDown:
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	texts := map[string]string{
		"v3/hooks": hookPage(1, 2, 3, 4, 5, 6, 7, 8), "v3/hooks/admin": adminPage(1, 2, 3, 4, 5, 6, 7, 8),
		"v2/store": `{"id":"` + someHash + `","name":"x","status":"live","account_uuid":"` + someUUID + `"}`,
		"graphql":  identityAnswer("", "store_v2_information", "store_v2_orders", "store_v2_default"),
	}
	fmt.Fprint(w, strings.ReplaceAll(texts[path], someHash, hash))
}

// memory gives a line of the process's status in MiB; 0 where there is none.
func memory(line string) float64 {
	status, _ := os.ReadFile("/proc/self/status")
	found := regexp.MustCompile(line + `:\s+(\d+)`).FindSubmatch(status)
	if found == nil {
		return 0
	}
	kib, _ := strconv.ParseFloat(string(found[1]), 64)
	return kib / 1024
}

// BenchmarkSweep reads 1,000 stores through 3 tokens each:
// go test -run xx -bench Sweep -benchtime 1x ./internal/stores.
func BenchmarkSweep(b *testing.B) {
	for _, ill := range []bool{false, true} {
		for _, scopes := range []bool{false, true} {
			b.Run(fmt.Sprintf("ill=%v/scopes=%v", ill, scopes), func(b *testing.B) {
				for range b.N {
					sweepCrowd(b, ill, scopes)
				}
			})
		}
	}
}

func sweepCrowd(b *testing.B, ill, scopes bool) {
	crowd := &slowCrowd{latency: 20 * time.Millisecond, ill: ill}
	server := httptest.NewServer(crowd)
	defer server.CloseClientConnections()
	client := New(Config{URL: server.URL, Timeout: 5 * time.Second})
	last := org.Proof{}
	if !scopes {
		last = org.Proof{ClientID: someClient, Scopes: []string{"store_v2_orders"}, ScopesBy: org.ScopesByGraphQL, ScopesWhole: true, ScopesAt: time.Now()}
	}
	before := memory("RssAnon")
	var mu sync.Mutex
	var all sync.WaitGroup
	var most float64
	states, healthy := map[org.ProofState]int{}, time.Duration(0)
	began := time.Now()
	for i := range 3000 {
		all.Go(func() {
			hash := fmt.Sprintf("store%05d", i/3)
			r := client.Read(b.Context(), Token{hash, someToken}, last, someUUID, Options{Scopes: scopes})
			mu.Lock()
			defer mu.Unlock()
			states[r.Proof.State]++
			if r.Proof.State == org.ProofValid {
				healthy = time.Since(began)
			}
			if i%100 == 0 {
				most = max(most, memory("RssAnon"))
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(crowd.requests.Load()), "requests")
	b.ReportMetric(time.Since(began).Seconds(), "s-all")
	b.ReportMetric(healthy.Seconds(), "s-healthy")
	b.ReportMetric(most-before, "MiB-more")
	b.Logf("states %v", states)
}
