package sqlite

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

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

func TestPurgeTakesTheRegisterAlong(t *testing.T) {
	t.Parallel()
	h := newHookWorld(t, 2)
	h.hook("client-0", 1, "store/order/created", "https://a.example/1")
	h.reads["client-0"].Clients = []org.ClientSight{{ClientID: "stranger"}}
	h.sweep(t)
	ctx := t.Context()
	if err := h.db.ApproveHost(ctx, h.account, org.ApprovedHost{Host: "a.example"}); err != nil {
		t.Fatal(err)
	}
	e := org.ExpectedHooks{Integration: "ERP", Host: "a.example", Scopes: []string{"store/order/created"}}
	if _, err := h.db.AddExpectedHooks(ctx, h.account, e); err != nil {
		t.Fatal(err)
	}
	if err := h.db.PurgeAccount(ctx, h.account); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"api_account", "api_account_version", "hook", "hook_version", "hook_admin", "foreign_client", "approved_host", "expected_hooks", "register_mark"} {
		if n := numberOf(t, h.db, `SELECT count(*) FROM `+table); n != 0 {
			t.Errorf("%d rows of %s are left", n, table)
		}
	}
}

func TestReadsOfTheRegisterUseIndexes(t *testing.T) {
	t.Parallel()
	db := openTest(t)
	for name, text := range map[string]string{
		"webhooks": qHooks, "their lives": qHookLives, "notices": qHookAdmin, "unknown clients": qForeign, "sweep": qSweepThen,
		"stores of a sweep": qSweepStoresThen, "proofs": qProofsThen, "hosts": qHostsSeen, "register": qEntries, "owners": qOwnersMoved, "one webhook": qHookOnce,
	} {
		for line := range strings.Lines(planOf(t, db, text)) {
			if strings.HasPrefix(line, "SCAN ") && !strings.Contains(line, "VIRTUAL TABLE") {
				t.Errorf("%s walks a whole table: %s", name, line)
			}
		}
	}
}
