package refresh_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"rollcall/internal/account"
	"rollcall/internal/org"
	"rollcall/internal/refresh"
	"rollcall/internal/sandbox"
	"rollcall/internal/sqlite"
)

// Environment of a worker, and the number of kills: ROLLCALL_KILLS=200 go test -run Kill ./internal/refresh
const (
	envFolder = "ROLLCALL_TEST_SYNC_FOLDER"
	envURL    = "ROLLCALL_TEST_SYNC_URL"
	envTokens = "ROLLCALL_TEST_SYNC_TOKENS" // where tokens are read; empty: none are
	envKills  = "ROLLCALL_KILLS"
)

func TestMain(m *testing.M) {
	if folder := os.Getenv(envFolder); folder != "" {
		if err := worker(folder, os.Getenv(envURL)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// worker is the process that gets killed: one sync of the first account of the folder.
func worker(folder, url string) error {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, folder, sqlite.Options{Command: "test"})
	if err != nil {
		return err
	}
	defer db.Close()
	accounts, err := db.Accounts(ctx)
	if err != nil {
		return err
	}
	client := account.New(account.Config{
		URL: url, UUID: accounts[0].UUID, Token: sandbox.DefaultToken, Account: accounts[0].ID,
		Memory: db, Version: "test",
	})
	s := refresh.Sync{
		Reader: client, History: db.History(), Lease: db, Log: slog.New(slog.DiscardHandler), Owner: strconv.Itoa(os.Getpid()),
		Delay: time.Millisecond, Poll: 5 * time.Millisecond, LeaseTTL: 300 * time.Millisecond,
	}
	if tokens := os.Getenv(envTokens); tokens != "" {
		s.Sweep = &refresh.Sweep{Reader: distantTokens(tokens), History: db, Parallel: parallelKilled}
	}
	fmt.Println("begin")
	result, err := s.Run(ctx, accounts[0], refresh.Options{Rest: s.Sweep != nil})
	if err == nil && result.State != org.Complete {
		err = fmt.Errorf("the sync ended %+v: %s", result, result.Reason)
	}
	return err
}

// TestKilledProcess kills a syncing process with SIGKILL at random moments. The next one must end with the history of
// an undisturbed sync and repeat no more than the requests that were in flight.
func TestKilledProcess(t *testing.T) {
	kills := 20
	if n, err := strconv.Atoi(os.Getenv(envKills)); err == nil {
		kills = n
	}
	cfg := sandbox.Config{Shape: sandbox.Shape{Seed: 3, Stores: 14, Zipf: true, LargestStore: 150}}
	cfg.PageCap, cfg.ComplexityLimit, cfg.Latency = 20, 4500, 3*time.Millisecond
	cfg.ChangeRate = 0.1
	w := newWorld(t, cfg)
	w.run(refresh.Options{})
	w.db.Close()
	w.server.AdvanceDay()
	web := httptest.NewServer(w.server)
	defer web.Close()

	base := w.folder
	undisturbed := w.trial(t, base, web.URL, nil)
	t.Logf("undisturbed: %d requests in %s, %d changes", undisturbed.requests, undisturbed.took, len(undisturbed.changes))
	counts := map[int]int{}
	for left := kills; left > 0; {
		var moments []time.Duration
		for range min(left, 1+rand.IntN(3)) {
			moments = append(moments, time.Duration(rand.Int64N(int64(undisturbed.took))))
		}
		got := w.trial(t, base, web.URL, moments)
		left -= max(1, got.killed)
		counts[got.requests-undisturbed.requests]++
		if got.requests > undisturbed.requests+got.killed {
			t.Errorf("%d kills at %v: %d requests, undisturbed %d", got.killed, moments, got.requests, undisturbed.requests)
		}
		if !slices.Equal(got.rows, undisturbed.rows) {
			t.Errorf("kills at %v: other accesses than undisturbed", moments)
		}
		if !slices.Equal(got.changes, undisturbed.changes) {
			t.Errorf("kills at %v: %d changes, undisturbed %d", moments, len(got.changes), len(undisturbed.changes))
		}
	}
	t.Logf("extra requests of the disturbed syncs, with how often: %v", counts)
}

// ended is what a trial came to.
type ended struct {
	requests int
	killed   int
	late     bool // a kill came when the snapshot was closed, so the next process begins another
	took     time.Duration
	rows     []string
	changes  []string
}

// trial copies the folder, kills workers at the moments given, and lets a last one finish.
func (w *world) trial(t *testing.T, base, url string, moments []time.Duration) ended {
	t.Helper()
	folder := t.TempDir()
	data, err := os.ReadFile(filepath.Join(base, sqlite.FileName))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, sqlite.FileName), data, 0o600); err != nil {
		t.Fatal(err)
	}
	w.server.ResetStats()
	out := ended{}
	for _, moment := range append(moments, 0) {
		killed, took := startWorker(t, folder, url, moment)
		if out.took = took; !killed {
			break
		}
		w.settle()
		if w.closedSnapshots(t, folder) > 1 {
			break // it had ended before the kill came
		}
		out.killed++
	}
	out.requests = w.server.Stats().Requests
	w.folder = folder
	w.open()
	defer w.db.Close()
	for key, row := range w.stored() {
		out.rows = append(out.rows, key+" "+textOf(row))
	}
	slices.Sort(out.rows)
	for _, c := range w.changes() {
		out.changes = append(out.changes, fmt.Sprint(c.kind, c.store, c.user))
	}
	slices.Sort(out.changes)
	return out
}

func (w *world) closedSnapshots(t *testing.T, folder string) (n int) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(folder, sqlite.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(`SELECT count(*) FROM snapshot WHERE state <> 'running'`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// settle waits until the server has counted the request of a killed client.
func (w *world) settle() {
	for before := -1; before != w.server.Stats().Requests; time.Sleep(10 * time.Millisecond) {
		before = w.server.Stats().Requests
	}
}

// startWorker runs a sync in a process of its own and kills it a moment after it began; 0 lets it finish. It tells
// whether the kill came in time.
func startWorker(t *testing.T, folder, url string, moment time.Duration) (killed bool, took time.Duration) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), envFolder+"="+folder, envURL+"="+url)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, _ := bufio.NewReader(out).ReadString('\n'); line != "begin\n" {
		t.Fatalf("the worker said %q", line)
	}
	start := time.Now()
	if moment > 0 {
		time.Sleep(moment)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	err = cmd.Wait()
	killed = cmd.ProcessState.ExitCode() == -1
	if err != nil && !killed {
		t.Fatalf("worker: %v", err)
	}
	return killed, time.Since(start)
}
