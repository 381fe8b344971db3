package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

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

func TestPagesWhileTheRegisterChanges(t *testing.T) {
	t.Parallel()
	h := newHookWorld(t, 3)
	for i := range 60 {
		h.hook("client-0", int64(i+1), "store/order/created", fmt.Sprintf("https://h%d.example/in", i%7))
	}
	h.sweep(t)
	ctx, s := context.Background(), org.DefaultSettings()
	var wait sync.WaitGroup
	for reader := range 4 {
		wait.Go(func() {
			for i := range 15 {
				page, err := h.db.Webhooks(ctx, h.scope(), org.Query{Sort: hookColumns[(reader+i)%len(hookColumns)].name}, s)
				if err != nil || page.Total != 60 || len(page.Rows) != 50 {
					t.Errorf("%d of %d webhooks, %v", len(page.Rows), page.Total, err)
				}
				if _, err := h.db.StoreFindings(ctx, h.scope(), org.Query{}, s, audit.Subject{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 15 {
		if err := h.db.ApproveHost(ctx, h.account, org.ApprovedHost{Host: fmt.Sprintf("h%d.example", i%7)}); err != nil {
			t.Fatal(err)
		}
		hosts, err := h.db.HookHosts(ctx, h.scope(), parsed(t, "approved=yes"), s)
		if err != nil || len(hosts) != min(i+1, 7) {
			t.Errorf("%d approved hosts after %d approvals, %v", len(hosts), i+1, err)
		}
	}
	wait.Wait()
}
