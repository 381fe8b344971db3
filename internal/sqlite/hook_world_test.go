package sqlite

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"rollcall/internal/org"
)

// hookWorld is a world with a register: a token for each store, the first two stores with a second one.
type hookWorld struct {
	*world
	db      *DB
	account org.AccountID
	entries map[string]org.APIAccount // by client
	reads   map[string]*org.TokenRead // what each token shows today
}

func newHookWorld(tb testing.TB, stores int) *hookWorld {
	tb.Helper()
	db := openTest(tb)
	h := &hookWorld{world: newWorld(stores, 1, 3), db: db, account: connect(tb, db, testUUID), entries: map[string]org.APIAccount{}, reads: map[string]*org.TokenRead{}}
	db.now = func() time.Time { return h.at }
	h.sync(tb, db, h.account)
	for i, store := range h.stores {
		h.register(tb, store.Hash, fmt.Sprintf("client-%d", i))
		if i < 2 {
			h.register(tb, store.Hash, fmt.Sprintf("client-%d-b", i))
		}
	}
	return h
}

func (h *hookWorld) register(tb testing.TB, store, client string) {
	tb.Helper()
	a, err := h.db.AddAPIAccount(context.Background(), registered(h.account, store, client), sealed("token-of-"+client))
	if err != nil {
		tb.Fatal(err)
	}
	h.entries[client] = a
	h.reads[client] = &org.TokenRead{APIAccount: a.ID, Hooks: &org.HookRead{Whole: true, AdminRead: true, Emails: []string{"ops@example.com"}}}
	h.works(client)
}

// works lets the token of a client work again.
func (h *hookWorld) works(client string) {
	h.reads[client].Proof = org.Proof{State: org.ProofValid, ClientID: client}
}

// refused lets a token be refused: nothing is read through it.
func (h *hookWorld) refused(client string) {
	h.reads[client].Proof = org.Proof{State: org.ProofRevoked, Cause: "The token was refused."}
}

func (h *hookWorld) hook(client string, id int64, scope, destination string) *org.Webhook {
	read := h.reads[client].Hooks
	read.Hooks = append(read.Hooks, org.Webhook{
		APIID: id, ClientID: client, Scope: scope, Destination: destination, Active: org.Yes, Status: "active",
		CreatedAt: org.At(start.AddDate(0, -6, 0)), UpdatedAt: org.At(start.AddDate(0, -6, 0)),
	})
	return &read.Hooks[len(read.Hooks)-1]
}

// sweep writes the world and what every token shows as one snapshot, a day later.
func (h *hookWorld) sweep(tb testing.TB) org.Snapshot {
	tb.Helper()
	h.at = h.at.AddDate(0, 0, 1)
	run := h.begin(tb)
	snapshot, err := h.db.History().Close(context.Background(), run.Snapshot.ID, org.Complete, "")
	if err != nil {
		tb.Fatal(err)
	}
	return snapshot
}

// begin is sweep without the end.
func (h *hookWorld) begin(tb testing.TB) org.Run {
	tb.Helper()
	ctx := context.Background()
	run := h.save(tb, h.db, h.account)
	var reads []org.TokenRead
	for _, client := range slices.Sorted(func(yield func(string) bool) {
		for client := range h.reads {
			if !yield(client) {
				return
			}
		}
	}) {
		read := *h.reads[client]
		read.ReadAt, read.Proof.CheckedAt = h.at, h.at
		if read.Proof.State.Works() {
			read.Proof.WorkedAt = h.at
		} else {
			read.Hooks = nil
		}
		reads = append(reads, read)
	}
	if err := h.db.SaveSweep(ctx, run.Snapshot.ID, reads); err != nil {
		tb.Fatal(err)
	}
	if err := h.db.Save(ctx, run.Snapshot.ID, org.Step{State: []byte("swept"), Progress: org.Progress{Sweep: run.Snapshot.ID}}); err != nil {
		tb.Fatal(err)
	}
	return run
}

func (h *hookWorld) scope() org.Scope { return org.Scope{Account: h.account} }

func (h *hookWorld) page(tb testing.TB, query string) org.WebhookPage {
	tb.Helper()
	page, err := h.db.Webhooks(context.Background(), h.scope(), parsed(tb, query), org.DefaultSettings())
	if err != nil {
		tb.Fatal(err)
	}
	return page
}

func parsed(tb testing.TB, query string) org.Query {
	tb.Helper()
	q, err := org.ParseQueryString(query)
	if err != nil {
		tb.Fatal(err)
	}
	return q
}

// hookIDs are the API ids of webhooks, in their order.
func hookIDs(rows []org.WebhookRow) (list []int64) {
	for _, row := range rows {
		list = append(list, row.APIID)
	}
	return list
}
