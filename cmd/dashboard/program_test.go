package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/internal/sandbox"
)

// TestMain takes the settings of whoever runs the tests out of the environment.
func TestMain(m *testing.M) {
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "ROLLCALL_") && !strings.HasPrefix(name, "ROLLCALL_TEST_") {
			os.Unsetenv(name)
		}
	}
	os.Exit(m.Run())
}

// plenty is a quota that no test uses up.
const plenty = "--account-quota=100000/1h"

// place is a data folder and a local BigCommerce; commands run against both as from a shell.
type place struct {
	t      testing.TB
	world  *sandbox.Server
	url    string
	folder string
	token  string
	api    []string // flags of every command that speaks to the API

	mu  sync.Mutex
	all bytes.Buffer // everything that any command wrote
}

// newPlace starts a local BigCommerce without a quota unless the configuration sets one.
func newPlace(t testing.TB, cfg sandbox.Config) *place {
	t.Helper()
	if cfg.Quota == 0 {
		cfg.Quota = -1
	}
	if cfg.Stores == 0 && cfg.Users == 0 {
		cfg.Stores, cfg.Users, cfg.AccessesPerUser = 6, 40, 2
	}
	world := sandbox.New(cfg)
	web := httptest.NewServer(world)
	t.Cleanup(func() {
		web.CloseClientConnections()
		web.Close()
	})
	p := &place{t: t, world: world, url: web.URL, folder: t.TempDir(), token: sandbox.DefaultToken}
	p.api = []string{"--api-url=" + web.URL, plenty}
	return p
}

// ended is what a command left behind.
type ended struct {
	code     int
	out, err string
}

// run runs a command to its end.
func (p *place) run(args ...string) ended { return p.feed("", args...) }

// feed runs a command with something on standard input.
func (p *place) feed(stdin string, args ...string) ended {
	p.t.Helper()
	return p.runFor(p.t.Context(), stdin, args...)
}

func (p *place) runFor(ctx context.Context, stdin string, args ...string) ended {
	var out, errs bytes.Buffer
	args = append(args, "--data="+p.folder)
	code := run(ctx, args, streams{strings.NewReader(stdin), &out, &errs})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all.WriteString(out.String() + errs.String())
	return ended{code, out.String(), errs.String()}
}

// ask runs a command that speaks to the API.
func (p *place) ask(args ...string) ended {
	p.t.Helper()
	return p.run(append(args, p.api...)...)
}

// add connects the account.
func (p *place) add() {
	p.t.Helper()
	p.feed(p.token+"\n", append([]string{"account", "add", sandbox.DefaultUUID}, p.api...)...).must(p.t, exitOK)
}

// synced is one line of sync --json.
type synced struct {
	Account      string     `json:"account"`
	Snapshot     int        `json:"snapshot"`
	State        string     `json:"state"`
	Resumable    bool       `json:"resumable"`
	StartedAt    time.Time  `json:"started_at"`
	FinishedAt   *time.Time `json:"finished_at"`
	Stores       int        `json:"stores"`
	StoresFailed int        `json:"stores_failed"`
	Users        int        `json:"users"`
	Access       int        `json:"access"`
	Requests     int        `json:"requests"`
	Repeated     int        `json:"requests_repeated"`
	WaitedMS     int64      `json:"waited_ms"`
}

// sync runs a sync and reads its one line.
func (p *place) sync(code int, flags ...string) synced {
	p.t.Helper()
	done := p.ask(append([]string{"sync", "--json"}, flags...)...)
	done.must(p.t, code)
	return done.synced(p.t)
}

func (e ended) synced(t testing.TB) (s synced) {
	t.Helper()
	strict := json.NewDecoder(strings.NewReader(e.out))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&s); err != nil {
		t.Fatalf("sync --json wrote %q: %v\n%s", e.out, err, e.err)
	}
	return s
}

// must checks the exit code and shows everything that was written when it is another one.
func (e ended) must(t testing.TB, code int) ended {
	t.Helper()
	if e.code != code {
		t.Fatalf("exit code %d, want %d\nout: %s\nerr: %s", e.code, code, e.out, e.err)
	}
	return e
}

// says checks that an error is one line that holds the words.
func (e ended) says(t testing.TB, words ...string) {
	t.Helper()
	var lines []string
	for line := range strings.Lines(e.err) {
		if text, ok := strings.CutPrefix(line, "dashboard: "); ok {
			lines = append(lines, text)
		}
	}
	if len(lines) != 1 {
		t.Fatalf("%d sentences for people, want one:\n%s", len(lines), e.err)
	}
	for _, word := range words {
		if !strings.Contains(lines[0], word) {
			t.Errorf("the sentence lacks %q: %s", word, lines[0])
		}
	}
	for _, odd := range []string{"%!", "goroutine", "sqlite", "SQLITE", "panic", "(0x"} {
		if strings.Contains(lines[0], odd) {
			t.Errorf("the sentence holds %q: %s", odd, lines[0])
		}
	}
}

// truth is what the account holds right now.
func (p *place) truth() sandbox.Truth { return p.world.Truth(sandbox.DefaultUUID) }
