package audit

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"rollcall/internal/org"
)

func TestCovers(t *testing.T) {
	for _, c := range []struct {
		scope, wanted string
		want          bool
	}{
		{"store/order/created", "store/order/created", true},
		{"store/order/*", "store/order/created", true},
		{"store/order/created", "store/order/*", false},
		{"store/order/*", "store/orders/created", false},
		{"store/cart/lineItem/*", "store/cart/created", false},
		{"*", "store/order/created", false},
	} {
		if got := Covers(c.scope, c.wanted); got != c.want {
			t.Errorf("Covers(%s, %s) = %v", c.scope, c.wanted, got)
		}
	}
}

func TestCompareHooks(t *testing.T) {
	stores := []org.StoreCoverage{
		{StoreHash: "aa11", StoreName: "North", Tokens: 2, TokensRead: 2},
		{StoreHash: "bb22", StoreName: "South", Tokens: 2, TokensRead: 1},
		{StoreHash: "cc33", StoreName: "West"},
	}
	hook := func(id int64, store, scope, status string) org.WebhookRow {
		h := wired(id)
		h.StoreHash, h.StoreName, h.Scope, h.Status = store, map[string]string{"aa11": "North", "bb22": "South", "cc33": "West"}[store], scope, status
		return h
	}
	stale := func(h org.WebhookRow) org.WebhookRow {
		h.Current = false
		return h
	}
	created, updated := "store/order/created", "store/order/updated"
	expect := func(scopes, stores []string) org.ExpectedHooks {
		return org.ExpectedHooks{Integration: "ERP", Host: "erp.example", Scopes: scopes, Stores: stores}
	}
	for name, c := range map[string]struct {
		expected []org.ExpectedHooks
		hooks    []org.WebhookRow
		want     []string
	}{
		"all there":              {[]org.ExpectedHooks{expect([]string{created}, []string{"aa11"})}, []org.WebhookRow{hook(1, "aa11", created, "active")}, nil},
		"a wider one":            {[]org.ExpectedHooks{expect([]string{created}, []string{"aa11"})}, []org.WebhookRow{hook(1, "aa11", "store/order/*", "active")}, nil},
		"missing":                {[]org.ExpectedHooks{expect([]string{created}, []string{"aa11"})}, nil, []string{"missing aa11 store/order/created 0"}},
		"a token was not read":   {[]org.ExpectedHooks{expect([]string{created}, []string{"bb22"})}, nil, []string{"unseen bb22 store/order/created 0"}},
		"no token":               {[]org.ExpectedHooks{expect([]string{created}, []string{"cc33"})}, nil, []string{"unseen cc33 store/order/created 0"}},
		"a store nobody knows":   {[]org.ExpectedHooks{expect([]string{created}, []string{"zz99"})}, nil, []string{"unseen zz99 store/order/created 0"}},
		"its token failed":       {[]org.ExpectedHooks{expect([]string{created}, []string{"aa11"})}, []org.WebhookRow{stale(hook(1, "aa11", created, "active"))}, []string{"unseen aa11 store/order/created 1"}},
		"another token works":    {[]org.ExpectedHooks{expect([]string{created}, []string{"aa11"})}, []org.WebhookRow{stale(hook(1, "aa11", created, "active")), hook(2, "aa11", created, "active")}, nil},
		"inactive":               {[]org.ExpectedHooks{expect([]string{created}, []string{"aa11"})}, []org.WebhookRow{hook(1, "aa11", created, "deactivated")}, []string{"inactive aa11 store/order/created 1"}},
		"one of two is active":   {[]org.ExpectedHooks{expect([]string{created}, []string{"aa11"})}, []org.WebhookRow{hook(1, "aa11", created, "inactive"), hook(2, "aa11", created, "active")}, nil},
		"extra event":            {[]org.ExpectedHooks{expect([]string{created}, []string{"aa11"})}, []org.WebhookRow{hook(1, "aa11", created, "active"), hook(2, "aa11", updated, "active")}, []string{"extra aa11 store/order/updated 2"}},
		"extra store":            {[]org.ExpectedHooks{expect([]string{created}, []string{"aa11"})}, []org.WebhookRow{hook(1, "aa11", created, "active"), hook(2, "bb22", created, "active")}, []string{"extra bb22 store/order/created 2"}},
		"two entries, one store": {[]org.ExpectedHooks{expect([]string{created}, nil), expect([]string{created, updated}, []string{"aa11"})}, []org.WebhookRow{hook(1, "aa11", created, "active"), hook(2, "aa11", updated, "active")}, []string{"unseen bb22 store/order/created 0", "unseen cc33 store/order/created 0"}},
		"every store":            {[]org.ExpectedHooks{expect([]string{created}, nil)}, nil, []string{"missing aa11 store/order/created 0", "unseen bb22 store/order/created 0", "unseen cc33 store/order/created 0"}},
		"nothing expected":       {nil, []org.WebhookRow{hook(1, "aa11", created, "active")}, nil},
	} {
		var got []string
		for _, g := range CompareHooks(c.expected, c.hooks, stores) {
			got = append(got, fmt.Sprintf("%s %s %s %d", g.Kind, g.StoreHash, g.Scope, g.Webhook))
			if g.Integration != "ERP" || g.Host != "erp.example" {
				t.Errorf("%s: %+v", name, g)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestWebhooksToOtherHostsAreNoGap(t *testing.T) {
	h := wired(1)
	h.Host = "other.example"
	expected := []org.ExpectedHooks{{Integration: "ERP", Host: "erp.example", Scopes: []string{h.Scope}, Stores: []string{"aa11"}}}
	got := CompareHooks(expected, []org.WebhookRow{h}, clean().Stores)
	if len(got) != 1 || got[0].Kind != GapMissing {
		t.Errorf("got %+v", got)
	}
}

func TestBlastRadius(t *testing.T) {
	e := clean()
	e.Hooks[0].Status = "deactivated"
	other := wired(3)
	other.Through.ID, other.Host = 2, "erp.example"
	alone := wired(4)
	alone.Host, alone.StoreName, alone.StoreHash = "pim.example", "South", "bb22"
	b := BlastRadius(1, append(e.Hooks, other, alone))
	if len(b.Hooks) != 3 || b.Working != 2 || !slices.Equal(b.Hosts, []string{"erp.example", "pim.example"}) || !slices.Equal(b.Silent, []string{"pim.example"}) ||
		!slices.Equal(b.Stores, []string{"North", "South"}) || len(b.Events) != 3 {
		t.Errorf("got %+v", b)
	}
	f, any := b.Finding(e.Accounts[0])
	if !any || f.Says != "If Entry 1 is deleted, 3 webhooks to 2 hosts of 2 stores end." {
		t.Errorf("says %q", f.Says)
	}
	if _, any := BlastRadius(9, e.Hooks).Finding(e.Accounts[0]); any {
		t.Error("something dies with an API account without webhooks")
	}
}

func TestLikely(t *testing.T) {
	row := func(status string, age int) org.WebhookRow {
		h := wired(1)
		h.Status, h.UpdatedAt = status, org.At(h.CreatedAt.At.AddDate(0, 0, age))
		return h
	}
	blocked := wired(1)
	blocked.Blocked = &org.BlockedDomain{}
	off := row("", 200)
	off.Active = org.No
	unread := row("deactivated", 10)
	unread.CreatedAt = org.Moment{}
	for name, c := range map[string]struct {
		hook   org.WebhookRow
		others Siblings
		want   string
	}{
		"active":                    {row("active", 200), Siblings{}, ""},
		"young":                     {row("deactivated", 10), Siblings{}, "its retries ran out"},
		"old, others deliver":       {row("deactivated", 200), Siblings{Active: 3}, "90 days"},
		"old, all dead":             {row("deactivated", 200), Siblings{Deactivated: 2}, "All 3 webhooks"},
		"old, alone":                {row("deactivated", 200), Siblings{}, "Which one is not told"},
		"age not known":             {unread, Siblings{Active: 1}, "Which one is not told"},
		"switched off":              {row("inactive", 1), Siblings{}, "on purpose"},
		"off, by whom not told":     {off, Siblings{}, "was not read"},
		"blocked":                   {blocked, Siblings{}, "three minutes"},
		"a word that is new to us":  {row("paused", 1), Siblings{}, ""},
		"changed before it existed": {row("deactivated", -5), Siblings{}, "Which one is not told"},
	} {
		got := Likely(c.hook, c.others)
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// BenchmarkCompareHooks compares 60 hosts in 1,000 stores with 15,000 webhooks.
//
//	go test -run '^$' -bench CompareHooks ./internal/audit
func BenchmarkCompareHooks(b *testing.B) {
	e := crowd(1000)
	var expected []org.ExpectedHooks
	for i := range 60 {
		expected = append(expected, org.ExpectedHooks{Integration: "I", Host: fmt.Sprintf("h%d.example", i), Scopes: []string{"store/order/e0", "store/order/e1"}})
	}
	b.ReportAllocs()
	for b.Loop() {
		if len(CompareHooks(expected, e.Hooks, e.Stores)) == 0 {
			b.Fatal("no difference")
		}
	}
}
