package refresh_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"rollcall/internal/org"
	"rollcall/internal/refresh"
	"rollcall/internal/sandbox"
)

// client is an API account as BigCommerce holds it: its webhooks die with it.
type client struct {
	id      string
	hash    string
	hooks   map[int64]org.Webhook
	deleted bool
}

// clients are the API accounts behind the tokens of a register. They answer as stores do, with faults.
type clients struct {
	mu      sync.Mutex
	rng     *rand.Rand
	chance  float64 // of a fault
	byEntry map[org.APIAccountID]*client
	gone    map[int64]bool // webhooks that were deleted
	next    int64
}

func (c *clients) ReadToken(_ context.Context, t org.SweepToken, due refresh.Due) org.TokenRead {
	c.mu.Lock()
	defer c.mu.Unlock()
	who := c.byEntry[t.APIAccount.ID]
	read := org.TokenRead{Proof: t.Last}
	read.Proof.Cause = ""
	if who.deleted {
		read.Proof.State, read.Proof.Cause = org.ProofRevoked, "refused"
		return read
	}
	read.Proof.State = org.ProofValid
	if due.Scopes {
		read.Proof.ClientID = who.id
	}
	read.Hooks = &org.HookRead{Whole: true, AdminRead: true}
	for _, id := range slices.Sorted(maps.Keys(who.hooks)) {
		read.Hooks.Hooks = append(read.Hooks.Hooks, who.hooks[id])
	}
	if c.rng.Float64() < c.chance {
		c.spoil(&read)
	}
	return read
}

// spoil lets a read go wrong.
func (c *clients) spoil(read *org.TokenRead) {
	switch c.rng.IntN(6) {
	case 0:
		*read = org.TokenRead{Proof: org.Proof{State: org.ProofUnreadable, Cause: "HTML came instead of data."}}
	case 1:
		*read = org.TokenRead{Proof: org.Proof{State: org.ProofSuspended, Cause: "suspended"}}
	case 2: // the list breaks off
		read.Hooks.Whole, read.Hooks.Problem = false, "The list broke off."
		read.Hooks.Hooks = read.Hooks.Hooks[:c.rng.IntN(len(read.Hooks.Hooks)+1)]
	case 3: // the list with the statuses is missing
		read.Hooks.Whole, read.Hooks.AdminRead = false, false
		for i := range read.Hooks.Hooks {
			read.Hooks.Hooks[i].Status = ""
		}
	case 4: // refused for a moment, with an empty list
		read.Proof.State, read.Hooks = org.ProofRevoked, &org.HookRead{Whole: true}
	case 5:
		*read = org.TokenRead{}
	}
}

func (c *clients) add(who *client) {
	c.next++
	who.hooks[c.next] = org.Webhook{
		APIID: c.next, ClientID: who.id, Scope: "store/order/*", Destination: fmt.Sprintf("https://host%d.example.com/", c.rng.IntN(3)),
		Active: org.Yes, Status: "active", CreatedAt: org.Never(), UpdatedAt: org.Never(),
	}
}

// live lets time pass.
func (c *clients) live() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(c.byEntry)) {
		who := c.byEntry[id]
		for hook := range maps.Clone(who.hooks) {
			switch n := c.rng.IntN(8); {
			case n == 0 || who.deleted:
				delete(who.hooks, hook)
				c.gone[hook] = true
			case n == 1:
				h := who.hooks[hook]
				h.Status, h.Active = "deactivated", org.No
				who.hooks[hook] = h
			}
		}
		switch n := c.rng.IntN(12); {
		case n == 0:
			who.deleted = true
		case n < 5 && !who.deleted:
			c.add(who)
		}
	}
}

// registerClients gives the stores of a world registered tokens.
func (w *world) registerClients(t *rapid.T, rng *rand.Rand) *clients {
	c := &clients{rng: rng, byEntry: map[org.APIAccountID]*client{}, gone: map[int64]bool{}, next: 100}
	for i, store := range w.server.Truth(w.acct.UUID).Stores {
		for j := range rapid.IntRange(0, 3).Draw(t, "tokens of a store") {
			who := &client{id: fmt.Sprintf("client%d%d", i, j), hash: store.Hash, hooks: map[int64]org.Webhook{}}
			for range rng.IntN(4) {
				c.add(who)
			}
			a, err := w.db.AddAPIAccount(context.Background(), org.APIAccount{
				Account: w.acct.ID, StoreHash: store.Hash, Name: "Token " + who.id, Kind: org.APIAccountToken, AddedBy: "test",
			}, func(org.APIAccountID) (org.SealedSecrets, error) {
				return org.SealedSecrets{Token: []byte("sealed"), TokenLast4: "wxyz", Print: []byte(who.id)}, nil
			})
			if err != nil {
				t.Fatalf("%v", err)
			}
			c.byEntry[a.ID] = who
		}
	}
	return c
}

// mortalWorld is a history whose process dies after some writes, those of the sweep counted too.
type mortalWorld struct {
	refresh.History
	refresh.SweepHistory
	mu     sync.Mutex
	writes int
}

func (m *mortalWorld) dies() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.writes--
	return m.writes < 0
}

func (m *mortalWorld) Save(ctx context.Context, id org.SnapshotID, step org.Step) error {
	if m.dies() {
		return errKilled
	}
	return m.History.Save(ctx, id, step)
}

func (m *mortalWorld) Close(ctx context.Context, id org.SnapshotID, state org.SnapshotState, reason string) (org.Snapshot, error) {
	if m.dies() {
		return org.Snapshot{}, errKilled
	}
	return m.History.Close(ctx, id, state, reason)
}

func (m *mortalWorld) SaveSweep(ctx context.Context, id org.SnapshotID, reads []org.TokenRead) error {
	if m.dies() {
		return errKilled
	}
	return m.SweepHistory.SaveSweep(ctx, id, reads)
}

// TestWebhooksEqualTruth lets random API accounts live while sweeps meet faults and kills. No webhook is recorded as gone
// that was not deleted; those of a deleted API account stay as they were seen last; and when the trouble is over, what
// is stored of the others equals what they have.
func TestWebhooksEqualTruth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := sandbox.Config{Shape: sandbox.Shape{Seed: 3, Stores: rapid.IntRange(1, 4).Draw(t, "stores"), UsersPerStore: 2}}
		folder, err := os.MkdirTemp("", "sweep")
		if err != nil {
			t.Fatalf("%v", err)
		}
		defer os.RemoveAll(folder)
		w, closeWorld := buildWorld(t, folder, cfg)
		defer func() { closeWorld() }()
		c := w.registerClients(t, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)))
		for range rapid.IntRange(1, 4).Draw(t, "days") {
			c.chance = rapid.SampledFrom([]float64{0, 0.2, 0.6}).Draw(t, "share of faults")
			w.sweepTroubled(t, c)
			w.mustLoseNoWebhook(c)
			c.live()
		}
		c.chance = 0
		w.sweepWith(c, -1)
		if result := w.run(refresh.Options{Rest: true}); result.State != org.Complete {
			t.Fatalf("without trouble: %s %s", result.State, result.Reason)
		}
		w.mustLoseNoWebhook(c)
		w.mustHoldWebhooks(c)
	})
}

// sweepWith gives the world's sync its sweep; with writes of 0 or more the process dies after so many.
func (w *world) sweepWith(c *clients, writes int) {
	w.sync.History = w.db.History()
	w.sync.Sweep = &refresh.Sweep{Reader: c, History: w.db, Parallel: 3}
	if writes >= 0 {
		m := &mortalWorld{History: w.db.History(), SweepHistory: w.db, writes: writes}
		w.sync.History, w.sync.Sweep.History = m, m
	}
}

// sweepTroubled syncs, or sweeps alone, until it ends, killed on the way.
func (w *world) sweepTroubled(t *rapid.T, c *clients) {
	opt := refresh.Options{Rest: true, SweepOnly: rapid.Bool().Draw(t, "tokens only")}
	for kills := rapid.IntRange(0, 2).Draw(t, "kills"); ; kills-- {
		writes := -1
		if kills > 0 {
			writes = rapid.IntRange(0, 8).Draw(t, "writes before the kill")
		}
		w.sweepWith(c, writes)
		result, err := w.sync.Run(context.Background(), w.acct, opt)
		switch {
		case err == nil && !result.Resumable:
			return
		case err == nil: // tokens only, while a killed sync is open
			opt.SweepOnly = false
		case !errors.Is(err, errKilled):
			t.Fatalf("sync: %v", err)
		}
		w.db.Close()
		w.open()
	}
}

func (w *world) query(text string) []string {
	w.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(w.folder, "rollcall.db"))
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	defer db.Close()
	rows, err := db.Query(text)
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			w.t.Fatalf("%v", err)
		}
		list = append(list, text)
	}
	if err := rows.Err(); err != nil {
		w.t.Fatalf("%v", err)
	}
	return list
}

// mustLoseNoWebhook checks every recorded end of a webhook, and every version that ended.
func (w *world) mustLoseNoWebhook(c *clients) {
	w.t.Helper()
	for _, text := range w.query(`SELECT kind || ' ' || field FROM change WHERE field LIKE '% store/order/*'`) {
		var kind int
		var hook int64
		if _, err := fmt.Sscan(text, &kind, &hook); err != nil {
			w.t.Fatalf("%q: %v", text, err)
		}
		if kindWord(kind) == "webhook_gone" && !c.gone[hook] {
			w.t.Errorf("webhook %d is recorded as gone", hook)
		}
	}
	for _, text := range w.query(`SELECT h.api_id || '' FROM hook h WHERE NOT EXISTS (
		SELECT 1 FROM hook_version v WHERE v.hook_id = h.id AND v.valid_to = 9223372036854775807)`) {
		var hook int64
		if _, err := fmt.Sscan(text, &hook); err != nil || !c.gone[hook] {
			w.t.Errorf("webhook %s ended", text)
		}
	}
}

// mustHoldWebhooks compares what the newest snapshot shows with what the API accounts have.
func (w *world) mustHoldWebhooks(c *clients) {
	w.t.Helper()
	stored := w.query(`SELECT h.client_id || ' ' || h.api_id || ' ' || v.status || ' ' || v.destination FROM hook h
		JOIN hook_version v ON v.hook_id = h.id AND v.valid_from <= (SELECT max(id) FROM snapshot WHERE state <> 'running')
		AND v.valid_to > (SELECT max(id) FROM snapshot WHERE state <> 'running')`)
	held := map[string]bool{}
	for _, text := range stored {
		held[text] = true
	}
	for _, who := range c.byEntry {
		if who.deleted {
			for text := range held { // stays as it was seen last
				if strings.HasPrefix(text, who.id+" ") {
					delete(held, text)
				}
			}
			continue
		}
		for _, h := range who.hooks {
			text := fmt.Sprint(h.ClientID, " ", h.APIID, " ", h.Status, " ", h.Destination)
			if !held[text] {
				w.t.Errorf("missing: %s", text)
			}
			delete(held, text)
		}
	}
	for text := range held {
		w.t.Errorf("stored, but not in the truth: %s", text)
	}
	for id, who := range c.byEntry {
		problem := w.query(fmt.Sprintf(`SELECT hooks_problem FROM api_account WHERE id = %d`, id))[0]
		if who.deleted != (problem != "") {
			w.t.Errorf("API account %d, deleted %v: problem %q", id, who.deleted, problem)
		}
	}
}
