//go:build unix

package stores

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rollcall/internal/org"
)

// crowd serves any number of stores, each answer 20 ms after its request. Three stores are ill: one hangs, one answers
// HTML, one is down.
type crowd struct{ ill bool }

const hangs, sendsHTML, isDown = "store00010", "store00020", "store00030"

var crowdTexts = map[string]string{
	"v3/hooks": hookPage(1, 2, 3, 4, 5, 6, 7, 8), "v3/hooks/admin": adminPage(1, 2, 3, 4, 5, 6, 7, 8),
	"v2/store": `{"id":"` + someHash + `","name":"x","status":"live","account_uuid":"` + someUUID + `"}`,
	"graphql":  identityAnswer("", "store_v2_information", "store_v2_orders", "store_v2_default"),
}

func (s crowd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	hash, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/stores/"), "/")
	if s.ill && hash == hangs {
		<-r.Context().Done()
		return
	}
	time.Sleep(20 * time.Millisecond)
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("X-Rate-Limit-Requests-Quota", "150")
	header.Set("X-Rate-Limit-Requests-Left", "120")
	header.Set("X-Rate-Limit-Time-Reset-Ms", "20000")
	switch {
	case s.ill && hash == sendsHTML:
		header.Set("Content-Type", "text/html")
		fmt.Fprint(w, "<html>We'll be right back</html>")
	case s.ill && hash == isDown:
		w.WriteHeader(http.StatusServiceUnavailable)
	default:
		fmt.Fprint(w, strings.ReplaceAll(crowdTexts[path], someHash, hash))
	}
}

// TestServeCrowd is the other process of BenchmarkSweep; by itself it does nothing. It ends with its standard input.
func TestServeCrowd(t *testing.T) {
	mode := os.Getenv("ROLLCALL_TEST_CROWD")
	if mode == "" {
		t.Skip("only for the benchmark")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("http://" + listener.Addr().String())
	go func() { _ = http.Serve(listener, crowd{mode == "ill"}) }()
	_, _ = bufio.NewReader(os.Stdin).ReadByte()
}

// startCrowd serves a crowd from a process of its own, so that only the client's memory and time are measured.
func startCrowd(b *testing.B, mode string) (url string) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	b.Cleanup(cancel)
	other := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestServeCrowd$")
	other.Env = append(os.Environ(), "ROLLCALL_TEST_CROWD="+mode)
	in, _ := other.StdinPipe()
	out, err := other.StdoutPipe()
	if err == nil {
		err = other.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = in.Close(); _ = other.Wait() })
	url, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(url)
}

// anonymous is the resident memory of this process that no file backs, in MiB; 0 where the system does not tell.
func anonymous() float64 {
	status, _ := os.ReadFile("/proc/self/status")
	found := regexp.MustCompile(`RssAnon:\s+(\d+)`).FindSubmatch(status)
	if found == nil {
		return 0
	}
	kib, _ := strconv.ParseFloat(string(found[1]), 64)
	return kib / 1024
}

func processorTime() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkSweep reads 1,000 stores through 3 tokens each, over sockets, by as many workers as a sync has:
// go test -run xx -bench Sweep -benchtime 1x ./internal/stores.
func BenchmarkSweep(b *testing.B) {
	for _, mode := range []string{"well", "ill"} {
		for _, scopes := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/scopes=%v", mode, scopes), func(b *testing.B) {
				url := startCrowd(b, mode)
				for range b.N {
					sweepCrowd(b, url, scopes)
				}
			})
		}
	}
}

const benchWorkers = 128

func sweepCrowd(b *testing.B, url string, scopes bool) {
	client, last := New(Config{URL: url, Timeout: 5 * time.Second}), org.Proof{}
	if !scopes { // as on every day but the first
		last = org.Proof{ClientID: someClient, Scopes: []string{"store_v2_orders"}, ScopesBy: org.ScopesByGraphQL, ScopesWhole: true, ScopesAt: time.Now()}
	}
	runtime.GC()
	before, used, began := anonymous(), processorTime(), time.Now()
	var next, requests atomic.Int64
	var mu sync.Mutex
	var all sync.WaitGroup
	var most, healthy float64
	states := map[org.ProofState]int{}
	for range benchWorkers {
		all.Go(func() {
			for i := next.Add(1) - 1; i < 3000; i = next.Add(1) - 1 {
				r := client.Read(b.Context(), Token{fmt.Sprintf("store%05d", i/3), someToken}, last, someUUID, Options{Scopes: scopes})
				requests.Add(int64(r.Requests))
				mu.Lock()
				if states[r.Proof.State]++; r.Proof.State == org.ProofValid {
					healthy = time.Since(began).Seconds()
				}
				if i%50 == 0 {
					most = max(most, anonymous())
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(requests.Load()), "requests")
	b.ReportMetric(time.Since(began).Seconds(), "s-all")
	b.ReportMetric(healthy, "s-healthy")
	b.ReportMetric((processorTime() - used).Seconds(), "s-cpu")
	b.ReportMetric(most-before, "MiB-more")
	b.Logf("states %v", states)
}
