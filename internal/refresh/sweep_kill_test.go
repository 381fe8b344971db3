package refresh_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/refresh"
	"rollcall/internal/sandbox"
	"rollcall/internal/sqlite"
)

const (
	parallelKilled = 4   // tokens that a worker reads at the same time
	unsavedMost    = 100 // reads that a killed one may not have saved yet
)

// distantTokens asks the test that started this process what a token shows.
type distantTokens string

func (d distantTokens) ReadToken(ctx context.Context, t org.SweepToken, _ refresh.Due) (read org.TokenRead) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprint(string(d), "/", t.APIAccount.ID), nil)
	if err != nil {
		return read
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return read
	}
	defer response.Body.Close()
	_ = json.NewDecoder(response.Body).Decode(&read)
	return read
}

// tokenServer answers for tokens: on each day every token has three webhooks, of which one is new and one has changed.
type tokenServer struct {
	day   atomic.Int64
	reads atomic.Int64
}

func (s *tokenServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.reads.Add(1)
	time.Sleep(2 * time.Millisecond)
	id, _ := strconv.ParseInt(filepath.Base(r.URL.Path), 10, 64)
	_ = json.NewEncoder(w).Encode(s.show(id))
}

func (s *tokenServer) show(id int64) org.TokenRead {
	day := s.day.Load()
	client := fmt.Sprint("client", id)
	read := org.TokenRead{
		Proof: org.Proof{State: org.ProofValid, ClientID: client, ScopesBy: org.ScopesByGraphQL, ScopesAt: time.Now()},
		Hooks: &org.HookRead{Whole: true, AdminRead: true, Emails: []string{fmt.Sprintf("day%d@example.com", day)}},
	}
	for i := range int64(3) {
		read.Hooks.Hooks = append(read.Hooks.Hooks, org.Webhook{
			APIID: id*100 + day + i, ClientID: client, Scope: "store/order/*", Destination: fmt.Sprintf("https://h%d.example.com/", day*min(i, 1)),
			Active: org.Yes, Status: "active", CreatedAt: org.Never(), UpdatedAt: org.Never(),
		})
	}
	return read
}

// TestKilledSweep kills a sweeping process with SIGKILL at random moments. The next one must end with the history of an
// undisturbed sweep and repeat no more than what was under way or not saved yet.
func TestKilledSweep(t *testing.T) {
	kills := 8
	if n, err := strconv.Atoi(os.Getenv(envKills)); err == nil {
		kills = n
	}
	cfg := sandbox.Config{Shape: sandbox.Shape{Seed: 3, Stores: 40, UsersPerStore: 5}}
	cfg.Latency = 50 * time.Millisecond
	w := newWorld(t, cfg)
	w.run(refresh.Options{})
	entries := w.registerNumbered(t, 10)
	tokens := &tokenServer{}
	web, stores := httptest.NewServer(tokens), httptest.NewServer(w.server)
	defer web.Close()
	defer stores.Close()
	w.sync.Sweep = &refresh.Sweep{Reader: distantTokens(web.URL), History: w.db}
	w.run(refresh.Options{Rest: true})
	tokens.day.Add(1)
	w.db.Close()
	t.Setenv(envTokens, web.URL)

	base := w.folder
	undisturbed := w.sweepTrial(t, base, stores.URL, tokens, nil)
	if undisturbed.requests < entries || undisturbed.requests > entries+parallelKilled {
		t.Fatalf("%d reads of %d tokens", undisturbed.requests, entries)
	}
	t.Logf("undisturbed: %d reads in %s, %d changes", undisturbed.requests, undisturbed.took, len(undisturbed.changes))
	for left := kills; left > 0; {
		var moments []time.Duration
		for range min(left, 1+rand.IntN(3)) {
			moments = append(moments, time.Duration(rand.Int64N(int64(undisturbed.took))))
		}
		got := w.sweepTrial(t, base, stores.URL, tokens, moments)
		left -= max(1, got.killed)
		if extra := got.requests - entries; !got.late && extra > got.killed*(parallelKilled+unsavedMost)+parallelKilled {
			t.Errorf("%d kills at %v: %d reads were repeated", got.killed, moments, extra)
		}
		if !slices.Equal(got.rows, undisturbed.rows) {
			t.Errorf("kills at %v: other webhooks than undisturbed", moments)
		}
		if !slices.Equal(got.changes, undisturbed.changes) {
			t.Errorf("kills at %v: %d changes, undisturbed %d", moments, len(got.changes), len(undisturbed.changes))
		}
		t.Logf("%d kills: %d reads", got.killed, got.requests)
	}
}

// registerNumbered gives every store some tokens.
func (w *world) registerNumbered(t *testing.T, perStore int) (entries int) {
	for _, store := range w.server.Truth(w.acct.UUID).Stores {
		for range perStore {
			entries++
			_, err := w.db.AddAPIAccount(t.Context(), org.APIAccount{
				Account: w.acct.ID, StoreHash: store.Hash, Name: fmt.Sprint("Token ", entries), Kind: org.APIAccountToken, AddedBy: "test",
			}, func(id org.APIAccountID) (org.SealedSecrets, error) {
				return org.SealedSecrets{Token: []byte("sealed"), TokenLast4: "wxyz", Print: []byte(fmt.Sprint(id))}, nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return entries
}

// sweepTrial copies the folder, kills workers at the moments given, and lets a last one finish.
func (w *world) sweepTrial(t *testing.T, base, url string, tokens *tokenServer, moments []time.Duration) ended {
	t.Helper()
	folder := t.TempDir()
	data, err := os.ReadFile(filepath.Join(base, sqlite.FileName))
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, sqlite.FileName), data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	tokens.reads.Store(0)
	closed := w.closedSnapshots(t, folder)
	out := ended{}
	for _, moment := range append(moments, 0) {
		killed, took := startWorker(t, folder, url, moment)
		if out.took = took; !killed {
			break
		}
		out.killed++
		out.late = out.late || w.closedSnapshots(t, folder) > closed
	}
	out.requests = int(tokens.reads.Load())
	w.folder = folder
	out.rows = w.query(`SELECT h.api_id || ' ' || v.destination || ' ' || v.status FROM hook h
		JOIN hook_version v ON v.hook_id = h.id AND v.valid_to = 9223372036854775807 ORDER BY h.api_id`)
	out.changes = w.query(`SELECT kind || ' ' || field || ' ' || before || ' ' || after FROM change WHERE kind > 12 ORDER BY 1`)
	return out
}
