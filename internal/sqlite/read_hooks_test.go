package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/internal/audit"
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

func TestWebhooksAreFilteredAndSorted(t *testing.T) {
	t.Parallel()
	h := newHookWorld(t, 3)
	h.hook("client-0", 1, "store/order/created", "https://hooks.erp.example/orders")
	h.hook("client-0", 2, "store/product/updated", "https://pim.example/in").Status = "deactivated"
	h.hook("client-0-b", 3, "store/order/created", "http://Old.example:8080/x")
	h.hook("client-1", 4, "store/cart/*", "https://eu.erp.example/carts").Status = "inactive"
	h.hook("client-2", 5, "store/order/created", "projects/shop/topics/orders")
	h.reads["client-1"].Hooks.Blocked = []org.BlockedDomain{{Destination: "eu.erp.example", Until: h.at.Add(24*time.Hour + 2*time.Minute), Reasons: []org.BlockReason{{Text: "503", Count: 12}}}}
	if err := h.db.ApproveHost(t.Context(), h.account, org.ApprovedHost{Host: "*.erp.example"}); err != nil {
		t.Fatal(err)
	}
	h.sweep(t)
	if err := h.db.SetLabels(t.Context(), h.account, 3, []string{"eu"}); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string][]int64{
		"":                                       {2, 4, 1, 3, 5}, // down first
		"sort=event":                             {4, 1, 3, 5, 2},
		"sort=-event":                            {2, 5, 3, 1, 4},
		"sort=host":                              {5, 4, 1, 3, 2},
		"sort=store":                             {1, 2, 3, 4, 5},
		"q=ERP+orders":                           {1},
		"q=store+2":                              {5},
		"q=client-0-b":                           {3},
		"host=old.example":                       {3},
		"host=pim.example,old.example&sort=host": {3, 2},
		"host=projects/shop/topics/orders":       {5},
		"event=store/order/created":              {1, 3, 5},
		"state=deactivated":                      {2},
		"state=blocked":                          {4},
		"state=down":                             {2, 4},
		"state=active":                           {1, 3, 5},
		"state=paused":                           nil,
		"client=client-0":                        {2, 1},
		"approved=yes":                           {4, 1},
		"approved=no":                            {2, 3},
		"store=hash0001":                         {4},
		"label=eu":                               {5},
		"store=none":                             nil,
		fmt.Sprintf("through=%d", h.entries["client-0-b"].ID): {3},
	} {
		page := h.page(t, query)
		if got := hookIDs(page.Rows); !slices.Equal(got, want) || page.Total != len(want) {
			t.Errorf("%q: got %v of %d, want %v", query, got, page.Total, want)
		}
	}
	if _, err := h.db.Webhooks(t.Context(), h.scope(), org.Query{Sort: "colour"}, org.DefaultSettings()); org.KindOf(err) != org.KindInvalid {
		t.Errorf("a column that is none: %v", err)
	}
	row := h.page(t, "state=blocked").Rows[0]
	if row.Blocked == nil || !row.Blocked.Until.Equal(h.at.Add(2*time.Minute)) || row.Blocked.Reasons[0].Count != 12 ||
		!strings.Contains(row.Likely, "Likely") || !row.EmailsRead || row.Emails[0] != "ops@example.com" || !row.Current || row.Approved != org.Yes ||
		row.Through.ClientID != "client-1" || row.StoreName != "Store 1" || row.Host != "eu.erp.example" {
		t.Errorf("the blocked one is %+v", row)
	}
}

func TestWebhookPagesMeetWithoutGaps(t *testing.T) {
	t.Parallel()
	h := newHookWorld(t, 3)
	for i := range 120 {
		h.hook("client-0", int64(i+1), fmt.Sprintf("store/order/s%03d", i*37%120), "https://a.example/"+fmt.Sprint(i%7))
	}
	h.sweep(t)
	for _, c := range hookColumns {
		for _, sign := range []string{"", "-"} {
			var got []int64
			q := parsed(t, "sort="+sign+c.name)
			pages := 0
			for from := 1; ; from += 50 {
				page, err := h.db.Webhooks(t.Context(), h.scope(), q, org.DefaultSettings())
				if err != nil || page.From != from || page.Total != 120 {
					t.Fatalf("%s%s: %d of %d, %v", sign, c.name, page.From, page.Total, err)
				}
				pages++
				got = append(got, hookIDs(page.Rows)...)
				if page.Next == "" {
					break
				}
				q.After = page.Next
			}
			whole := parsed(t, "sort="+sign+c.name)
			whole.Limit = 1000
			all, err := h.db.Webhooks(t.Context(), h.scope(), whole, org.DefaultSettings())
			if err != nil || pages != 3 || !slices.Equal(got, hookIDs(all.Rows)) {
				t.Errorf("%s%s: pages hold other rows than the whole list", sign, c.name)
			}
		}
	}
}

func TestRevokedTokenKeepsItsWebhooksDated(t *testing.T) {
	t.Parallel()
	h := newHookWorld(t, 2)
	h.hook("client-0", 1, "store/order/created", "https://a.example")
	h.hook("client-1", 2, "store/order/created", "https://a.example")
	first := h.sweep(t)
	read := h.at
	h.refused("client-0")
	second := h.sweep(t)
	page := h.page(t, "client=client-0")
	if len(page.Rows) != 1 || page.Rows[0].Current || !page.Rows[0].ReadAt.Equal(read) {
		t.Errorf("after the refusal: %+v", page.Rows)
	}
	if other := h.page(t, "client=client-1").Rows[0]; !other.Current || !other.ReadAt.Equal(h.at) {
		t.Errorf("the other one: %+v", other)
	}
	if c := page.Coverage; c.Tokens != 4 || c.TokensRead != 3 || c.Failing != 1 || c.WithToken != 2 || c.StoresRead != 1 || c.Stores != 2 ||
		c.Hooks != 2 || !c.ReadFrom.Equal(read) || !c.ReadTo.Equal(h.at) || c.Clients != 4 {
		t.Errorf("coverage %+v", c)
	}
	past := h.page(t, "client=client-0&as-of="+fmt.Sprint(first.ID))
	if len(past.Rows) != 1 || !past.Rows[0].Current {
		t.Errorf("on the day before: %+v", past.Rows)
	}
	h.works("client-0")
	h.reads["client-0"].Hooks.Hooks = nil
	h.sweep(t)
	if page := h.page(t, "client=client-0"); len(page.Rows) != 0 {
		t.Errorf("after a whole read without it: %+v", page.Rows)
	}
	if past := h.page(t, "client=client-0&as-of="+fmt.Sprint(second.ID)); len(past.Rows) != 1 || past.Rows[0].Current || !past.Rows[0].ReadAt.Equal(read) {
		t.Errorf("as of the day of the refusal: %+v", past.Rows)
	}
	detail, err := h.db.Webhook(t.Context(), h.scope(), page.Rows[0].ID, org.Query{}, org.DefaultSettings())
	if err != nil || detail.GoneAt.IsZero() || detail.StoreHash != "hash0000" || detail.Destination != "https://a.example" {
		t.Errorf("the one that is gone: %+v, %v", detail, err)
	}
	if _, err := h.db.Webhook(t.Context(), h.scope(), 999, org.Query{}, org.DefaultSettings()); org.KindOf(err) != org.KindNotFound {
		t.Errorf("one that never was: %v", err)
	}
}

func TestVerificationSinceTheSnapshotShowsOnPagesOnly(t *testing.T) {
	t.Parallel()
	h := newHookWorld(t, 2)
	h.hook("client-0", 1, "store/order/created", "https://a.example")
	h.sweep(t)
	if row := h.page(t, "").Rows[0]; !row.Current {
		t.Fatalf("before: %+v", row)
	}
	id := h.entries["client-0"].ID
	if err := h.db.SetProof(t.Context(), h.account, id, org.Proof{State: org.ProofRevoked, CheckedAt: h.at.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if row := h.page(t, "").Rows[0]; row.Current {
		t.Error("a token that was refused since counts as read")
	}
	accounts, err := h.db.APIAccounts(t.Context(), h.scope(), parsed(t, "state=revoked"), org.DefaultSettings())
	if err != nil || len(accounts.Rows) != 1 || accounts.Rows[0].ID != id || accounts.Rows[0].Hooks != 1 {
		t.Errorf("the register shows %+v, %v", accounts.Rows, err)
	}
	err = h.db.EachWebhook(t.Context(), h.scope(), org.Query{}, org.DefaultSettings(), func(row org.WebhookRow) error {
		if !row.Current {
			t.Error("the file of the snapshot changed")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	n, err := h.db.CountAPIAccounts(t.Context(), h.scope(), parsed(t, "state=revoked"), org.DefaultSettings())
	if err != nil || n != 0 {
		t.Errorf("the file of the snapshot has %d refused ones, %v", n, err)
	}
}

func TestDownSinceTheFirstReadThatShowedIt(t *testing.T) {
	t.Parallel()
	h := newHookWorld(t, 1)
	h.hook("client-0", 1, "store/order/created", "https://a.example")
	h.hook("client-0", 2, "store/cart/created", "https://a.example").Status = "deactivated"
	h.sweep(t)
	up := &h.reads["client-0"].Hooks.Hooks[0]
	up.Status, up.Active = "deactivated", org.No
	h.sweep(t)
	since := h.at
	up.UpdatedAt = org.At(h.at)
	last := h.sweep(t)
	rows := h.page(t, "sort=event").Rows
	if !rows[1].DownSince.Equal(since) || !rows[0].DownSince.IsZero() {
		t.Errorf("down since %v and %v, want %v and unknown", rows[1].DownSince, rows[0].DownSince, since)
	}
	detail, err := h.db.Webhook(t.Context(), h.scope(), rows[1].ID, org.Query{}, org.DefaultSettings())
	if err != nil || len(detail.Timeline) != 1 || detail.Timeline[0].Kind != string(audit.HookState) || detail.Timeline[0].After != "deactivated" {
		t.Errorf("timeline %+v, %v", detail.Timeline, err)
	}
	up.Status, up.Active = "active", org.Yes
	h.sweep(t)
	if row := h.page(t, "event=store/order/created").Rows[0]; !row.DownSince.IsZero() || row.Likely != "" {
		t.Errorf("up again: %+v", row)
	}
	if row := h.page(t, fmt.Sprintf("event=store/order/created&as-of=%d", last.ID)).Rows[0]; !row.DownSince.Equal(since) {
		t.Errorf("as of then: %+v", row)
	}
}

func TestHostsAndEvents(t *testing.T) {
	t.Parallel()
	h := newHookWorld(t, 3)
	h.hook("client-0", 1, "store/order/created", "https://b.example/1")
	h.hook("client-0", 2, "store/cart/created", "https://b.example/2").Status = "inactive"
	h.hook("client-1", 3, "store/order/created", "https://b.example/3")
	h.sweep(t)
	first := h.at
	h.hook("client-2", 4, "store/order/created", "https://a.example/4")
	h.hook("client-2", 5, "store/order/created", "projects/x")
	h.sweep(t)
	if err := h.db.ApproveHost(t.Context(), h.account, org.ApprovedHost{Host: "b.example", Note: "warehouse"}); err != nil {
		t.Fatal(err)
	}
	hosts, err := h.db.HookHosts(t.Context(), h.scope(), org.Query{}, org.DefaultSettings())
	if err != nil || len(hosts) != 3 {
		t.Fatalf("hosts %+v, %v", hosts, err)
	}
	b := hosts[1]
	if b.Host != "b.example" || b.Stores != 2 || b.Hooks != 3 || b.Down != 1 || len(b.Clients) != 2 || b.Approved != org.Yes || b.Note != "warehouse" ||
		!slices.Equal(b.Events, []string{"store/cart/created", "store/order/created"}) || !b.FirstSeen.Equal(first) {
		t.Errorf("b.example is %+v", b)
	}
	if hosts[0].Approved != org.No || !hosts[0].FirstSeen.Equal(h.at) || hosts[2].Host != "projects/x" || hosts[2].Approved != org.Unknown {
		t.Errorf("others are %+v and %+v", hosts[0], hosts[2])
	}
	events, err := h.db.HookEvents(t.Context(), h.scope(), parsed(t, "q=order"), org.DefaultSettings())
	if err != nil || len(events) != 1 || events[0] != (org.EventRow{Scope: "store/order/created", Hooks: 4, Stores: 3, Hosts: 3}) {
		t.Errorf("events %+v, %v", events, err)
	}
	unapproved, err := h.db.HookHosts(t.Context(), h.scope(), parsed(t, "approved=no&q=a.ex"), org.DefaultSettings())
	if err != nil || len(unapproved) != 1 || unapproved[0].Host != "a.example" {
		t.Errorf("unapproved %+v, %v", unapproved, err)
	}
}

func TestCoverageOfStoresAndUnknownClients(t *testing.T) {
	t.Parallel()
	h := newHookWorld(t, 3)
	h.hook("client-0", 1, "store/order/created", "https://b.example/1")
	h.reads["client-0"].Clients = []org.ClientSight{{ClientID: "stranger", Where: []string{"products"}, Items: 3}, {ClientID: "client-1"}}
	h.reads["client-1"].Clients = []org.ClientSight{{ClientID: "stranger", Where: []string{"orders"}, Items: 1}}
	h.refused("client-1-b")
	h.sweep(t)
	list, err := h.db.StoreCoverages(t.Context(), h.scope(), org.Query{}, org.DefaultSettings())
	if err != nil || len(list) != 3 {
		t.Fatalf("stores %+v, %v", list, err)
	}
	if s := list[0]; s.Registered != 2 || s.Tokens != 2 || s.TokensRead != 2 || s.Hooks != 1 || s.Foreign != 1 || !s.ReadAt.Equal(h.at) {
		t.Errorf("first store %+v", s)
	}
	if s := list[1]; s.Tokens != 2 || s.TokensRead != 1 {
		t.Errorf("second store %+v", s)
	}
	foreign, err := h.db.ForeignClients(t.Context(), h.scope(), org.Query{}, org.DefaultSettings())
	if err != nil || len(foreign) != 2 || foreign[0].ClientID != "stranger" || foreign[0].Items != 3 || foreign[0].StoreName != "Store 0" {
		t.Errorf("unknown clients %+v, %v", foreign, err)
	}
	c, err := h.db.HookCoverage(t.Context(), h.scope(), org.Query{}, org.DefaultSettings())
	if err != nil || c.Foreign != 1 || c.StoresRead != 2 {
		t.Errorf("coverage %+v, %v", c, err)
	}
	h.register(t, "hash0002", "stranger")
	if foreign, err = h.db.ForeignClients(t.Context(), h.scope(), org.Query{}, org.DefaultSettings()); err != nil || len(foreign) != 0 {
		t.Errorf("after it was registered: %+v, %v", foreign, err)
	}
}

func TestReadsStayWithinTheScope(t *testing.T) {
	t.Parallel()
	h := newHookWorld(t, 3)
	h.hook("client-0", 1, "store/order/created", "https://a.example/1")
	h.hook("client-2", 2, "store/order/created", "https://b.example/1")
	h.reads["client-2"].Clients = []org.ClientSight{{ClientID: "stranger"}}
	h.sweep(t)
	all := h.page(t, "sort=store").Rows
	s, ctx := org.DefaultSettings(), t.Context()
	only := org.Scope{Account: h.account, Stores: []org.StoreID{all[0].Store}}
	page, err := h.db.Webhooks(ctx, only, org.Query{}, s)
	if err != nil || !slices.Equal(hookIDs(page.Rows), []int64{1}) || page.Coverage.Stores != 1 || page.Coverage.Tokens != 2 || page.Coverage.Foreign != 0 {
		t.Errorf("webhooks %v, %+v, %v", hookIDs(page.Rows), page.Coverage, err)
	}
	accounts, err := h.db.APIAccounts(ctx, only, org.Query{}, s)
	if err != nil || len(accounts.Rows) != 2 {
		t.Errorf("API accounts %+v, %v", accounts.Rows, err)
	}
	if _, err := h.db.Webhook(ctx, only, all[1].ID, org.Query{}, s); org.KindOf(err) != org.KindNotFound {
		t.Errorf("a webhook outside: %v", err)
	}
	if _, err := h.db.APIAccount(ctx, only, h.entries["client-2"].ID, org.Query{}, s); org.KindOf(err) != org.KindNotFound {
		t.Errorf("an API account outside: %v", err)
	}
	hosts, err := h.db.HookHosts(ctx, only, org.Query{}, s)
	if err != nil || len(hosts) != 1 {
		t.Errorf("hosts %+v, %v", hosts, err)
	}
	if foreign, err := h.db.ForeignClients(ctx, only, org.Query{}, s); err != nil || len(foreign) != 0 {
		t.Errorf("unknown clients %+v, %v", foreign, err)
	}
	stranger := org.Scope{Account: h.account + 1}
	if page, err := h.db.Webhooks(ctx, stranger, org.Query{}, s); err != nil || page.Total != 0 {
		t.Errorf("another account sees %d, %v", page.Total, err)
	}
}

func TestRemovedEntryLeavesItsPast(t *testing.T) {
	t.Parallel()
	h := newHookWorld(t, 2)
	h.hook("client-0", 1, "store/order/created", "https://a.example/1")
	day := h.sweep(t)
	id := h.entries["client-0"].ID
	h.at = h.at.Add(time.Hour)
	if err := h.db.RemoveAPIAccount(t.Context(), h.account, id); err != nil {
		t.Fatal(err)
	}
	if page := h.page(t, ""); page.Total != 0 || page.Coverage.Tokens != 3 {
		t.Errorf("without its token %+v, %+v", page.Rows, page.Coverage)
	}
	detail, err := h.db.APIAccount(t.Context(), h.scope(), id, org.Query{}, org.DefaultSettings())
	if err != nil || detail.RemovedAt.IsZero() {
		t.Errorf("the removed entry %+v, %v", detail, err)
	}
	delete(h.reads, "client-0")
	h.sweep(t)
	if page := h.page(t, fmt.Sprintf("as-of=%d", day.ID)); page.Total != 0 {
		t.Errorf("that snapshot was the newest when the entry left, yet shows %+v", page.Rows)
	}
	h.register(t, "hash0000", "client-0")
	if page := h.page(t, ""); page.Total != 1 || page.Rows[0].Through.ID != h.entries["client-0"].ID || page.Rows[0].Current {
		t.Errorf("registered again: %+v", page.Rows)
	}
}

func TestRunningSweepIsNotShown(t *testing.T) {
	t.Parallel()
	h := newHookWorld(t, 2)
	h.hook("client-0", 1, "store/order/created", "https://a.example/1")
	h.sweep(t)
	read := h.at
	h.hook("client-0", 2, "store/cart/created", "https://a.example/2")
	h.refused("client-1")
	h.at = h.at.AddDate(0, 0, 1)
	run := h.begin(t)
	page := h.page(t, "")
	if page.Total != 1 || page.Rows[0].ReadAt.After(read) {
		t.Errorf("during the sweep: %+v", page.Rows)
	}
	if _, err := h.db.History().Close(t.Context(), run.Snapshot.ID, org.Complete, ""); err != nil {
		t.Fatal(err)
	}
	if page := h.page(t, ""); page.Total != 2 || !page.Rows[0].ReadAt.Equal(h.at) {
		t.Errorf("after it: %+v", page.Rows)
	}
}

func TestRegisterBeforeTheFirstSnapshot(t *testing.T) {
	t.Parallel()
	db := openTest(t)
	account := connect(t, db, testUUID)
	if _, err := db.AddAPIAccount(t.Context(), registered(account, "aa11", "client-1"), sealed("token-1111")); err != nil {
		t.Fatal(err)
	}
	page, err := db.APIAccounts(t.Context(), org.Scope{Account: account}, org.Query{}, org.DefaultSettings())
	if err != nil || page.Total != 1 || page.Coverage.Tokens != 1 || page.Coverage.TokensRead != 0 {
		t.Errorf("got %+v, %v", page, err)
	}
	if hooks, err := db.Webhooks(t.Context(), org.Scope{Account: account}, org.Query{}, org.DefaultSettings()); err != nil || hooks.Total != 0 {
		t.Errorf("got %+v, %v", hooks, err)
	}
}

func TestAPIAccountsAreFilteredAndSorted(t *testing.T) {
	t.Parallel()
	h := newHookWorld(t, 2)
	h.hook("client-0", 1, "store/order/created", "https://a.example/1").Status = "deactivated"
	h.refused("client-1")
	h.sweep(t)
	whole := org.APIAccount{Account: h.account, Name: "All stores", Kind: org.APIAccountWhole, Owner: "Zoe"}
	if _, err := h.db.AddAPIAccount(t.Context(), whole, nil); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"":                       "All stores;Entry client-0;Entry client-0-b;Entry client-1;Entry client-1-b",
		"sort=-name":             "Entry client-1-b;Entry client-1;Entry client-0-b;Entry client-0;All stores",
		"sort=-hooks&q=client-0": "Entry client-0;Entry client-0-b",
		"state=revoked":          "Entry client-1",
		"state=no_token":         "All stores",
		"store=hash0000":         "Entry client-0;Entry client-0-b",
		"kind=account":           "All stores",
		"q=zoe":                  "All stores",
		"client=client-1-b":      "Entry client-1-b",
	} {
		page, err := h.db.APIAccounts(t.Context(), h.scope(), parsed(t, query), org.DefaultSettings())
		var names []string
		for _, a := range page.Rows {
			names = append(names, a.Name)
		}
		if got := strings.Join(names, ";"); err != nil || got != want || page.Total != len(names) {
			t.Errorf("%q: got %s, %v, want %s", query, got, err, want)
		}
	}
	for _, c := range entrySorts {
		if _, err := h.db.APIAccounts(t.Context(), h.scope(), org.Query{Sort: c.name}, org.DefaultSettings()); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	detail, err := h.db.APIAccount(t.Context(), h.scope(), h.entries["client-0"].ID, org.Query{}, org.DefaultSettings())
	if err != nil || len(detail.Hooks) != 1 || detail.HooksDown != 1 || !slices.Equal(detail.Hosts, []string{"a.example"}) {
		t.Errorf("detail %+v, %v", detail, err)
	}
}

func TestSharedTokensAreNoticed(t *testing.T) {
	t.Parallel()
	db := openTest(t)
	account := connect(t, db, testUUID)
	add := func(store, client, token string, kind org.APIAccountKind) org.APIAccount {
		a := registered(account, store, client)
		a.Kind = kind
		a, err := db.AddAPIAccount(t.Context(), a, sealed(token))
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	add("aa11", "client-1", "token-1111", org.APIAccountToken)
	second := add("bb22", "client-2", "token-1111", org.APIAccountToken)
	add("aa11", "app-1", "token-2222", org.APIAccountApp)
	add("bb22", "app-1", "token-3333", org.APIAccountApp)
	page, err := db.APIAccounts(t.Context(), org.Scope{Account: account}, parsed(t, "sort=added"), org.DefaultSettings())
	if err != nil || len(page.Rows) != 4 {
		t.Fatal(page.Rows, err)
	}
	if s := page.Rows[0].Shared; len(s) != 1 || s[0].ID != second.ID {
		t.Errorf("one token in two stores: %+v", s)
	}
	if s := page.Rows[2].Shared; len(s) != 0 {
		t.Errorf("one app in two stores: %+v", s)
	}
}

func TestFilesOfClosedSnapshotsStayEqual(t *testing.T) {
	t.Parallel()
	h := newHookWorld(t, 3)
	h.hook("client-0", 1, "store/order/created", "https://a.example/1")
	h.hook("client-2", 2, "store/order/created", "https://b.example/1").Status = "deactivated"
	h.sweep(t)
	h.refused("client-0-b")
	day := h.sweep(t)
	file := func() string {
		t.Helper()
		q, s, text := org.Query{AsOf: org.AsOf{Snapshot: day.ID}}, org.DefaultSettings(), &strings.Builder{}
		err := h.db.EachWebhook(t.Context(), h.scope(), q, s, func(row org.WebhookRow) error { fmt.Fprintf(text, "%+v\n", row); return nil })
		if err != nil {
			t.Fatal(err)
		}
		err = h.db.EachAPIAccount(t.Context(), h.scope(), q, s, func(row org.APIAccount) error { fmt.Fprintf(text, "%+v\n", row); return nil })
		if err != nil {
			t.Fatal(err)
		}
		coverage, failed, err := h.db.HooksRead(t.Context(), h.scope(), q, s)
		fmt.Fprintf(text, "%+v %+v %v\n", coverage, failed, err)
		return text.String()
	}
	before := file()
	if !strings.Contains(before, "hash0000") || strings.Count(before, "Current:true") != 1 {
		t.Errorf("the file holds\n%s", before)
	}
	h.works("client-0-b")
	h.refused("client-2")
	h.hook("client-1", 3, "store/cart/created", "https://c.example/1")
	h.at = h.at.AddDate(0, 0, 1)
	run := h.begin(t)
	if during := file(); during != before {
		t.Errorf("during the next sweep\n%s\nbefore it\n%s", during, before)
	}
	if _, err := h.db.History().Close(t.Context(), run.Snapshot.ID, org.Complete, ""); err != nil {
		t.Fatal(err)
	}
	h.sweep(t)
	if after := file(); after != before {
		t.Errorf("after the next sweeps\n%s\nbefore them\n%s", after, before)
	}
}

func TestFindingsOfASnapshot(t *testing.T) {
	t.Parallel()
	h := newHookWorld(t, 3)
	h.hook("client-0", 1, "store/order/created", "https://a.example/1").Status = "deactivated"
	h.hook("client-1", 2, "store/order/created", "https://b.example/1")
	h.reads["client-0"].Hooks.Emails = nil
	h.sweep(t)
	h.refused("client-2")
	for _, client := range []string{"client-0", "client-0-b", "client-1", "client-1-b"} {
		h.reads[client].Proof.AdminEmail = "owner@example.com"
	}
	h.sweep(t)
	for _, client := range []string{"client-0", "client-0-b"} {
		h.reads[client].Proof.AdminEmail = "stranger@example.com"
	}
	h.sweep(t)
	s, ctx := org.DefaultSettings(), t.Context()
	rules := func(about audit.Subject, query string) string {
		t.Helper()
		list, err := h.db.StoreFindings(ctx, h.scope(), parsed(t, query), s, about)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, f := range list {
			ids = append(ids, f.Rule.ID)
		}
		return strings.Join(ids, " ")
	}
	unused := " token-unused token-unused"
	if got, want := rules(audit.Subject{}, ""), "token-revoked webhook-deactivated owner-email-changed"+unused+" webhook-nobody-notified"; got != want {
		t.Errorf("all: %s, want %s", got, want)
	}
	hook := h.page(t, "client=client-0").Rows[0]
	if got, want := rules(audit.Subject{Webhook: hook.ID}, ""), "webhook-deactivated webhook-nobody-notified"; got != want {
		t.Errorf("of the webhook: %s, want %s", got, want)
	}
	about := audit.Subject{APIAccount: h.entries["client-0"].ID}
	if got, want := rules(about, ""), "webhook-deactivated webhook-nobody-notified api-account-blast-radius"; got != want {
		t.Errorf("of the API account: %s, want %s", got, want)
	}
	if got, want := rules(audit.Subject{Store: h.entries["client-2"].Store}, ""), "token-revoked"; got != want {
		t.Errorf("of the store: %s, want %s", got, want)
	}
	if got, want := rules(audit.Subject{}, "store=hash0002"), "token-revoked"; got != want {
		t.Errorf("filtered by store: %s, want %s", got, want)
	}
	if err := h.db.ApproveHost(ctx, h.account, org.ApprovedHost{Host: "a.example"}); err != nil {
		t.Fatal(err)
	}
	if got := rules(audit.Subject{}, "store=hash0001"); !strings.Contains(got, "host-not-approved") {
		t.Errorf("after one host was approved: %s", got)
	}
}

func TestExpectedGapsOfASnapshot(t *testing.T) {
	t.Parallel()
	h := newHookWorld(t, 3)
	h.hook("client-0", 1, "store/order/created", "https://erp.example/1")
	h.hook("client-1", 2, "store/cart/created", "https://erp.example/1")
	h.refused("client-2")
	day := h.sweep(t)
	ctx, s := t.Context(), org.DefaultSettings()
	e := org.ExpectedHooks{Integration: "ERP", Host: "erp.example", Scopes: []string{"store/order/created"}}
	if _, err := h.db.AddExpectedHooks(ctx, h.account, e); err != nil {
		t.Fatal(err)
	}
	h.reads["client-0"].Hooks.Hooks[0].Status = "inactive"
	h.sweep(t)
	gaps := func(scope org.Scope, query string) string {
		t.Helper()
		list, err := h.db.ExpectedGaps(ctx, scope, parsed(t, query), s)
		if err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, g := range list {
			texts = append(texts, g.Kind+" "+g.StoreHash)
		}
		return strings.Join(texts, ", ")
	}
	for query, want := range map[string]string{
		"":                              "missing hash0001, inactive hash0000, extra hash0001, unseen hash0002",
		fmt.Sprintf("as-of=%d", day.ID): "missing hash0001, extra hash0001, unseen hash0002",
		"state=extra":                   "extra hash0001",
		"store=hash0002":                "unseen hash0002",
		"q=south":                       "",
	} {
		if got := gaps(h.scope(), query); got != want {
			t.Errorf("%q: %s, want %s", query, got, want)
		}
	}
	first := org.Scope{Account: h.account, Stores: []org.StoreID{h.entries["client-0"].Store}}
	if got, want := gaps(first, ""), "inactive hash0000"; got != want {
		t.Errorf("within a scope: %s, want %s", got, want)
	}
}
