package views

import (
	"context"
	"strings"
	"testing"
	"time"

	"rollcall/internal/org"
)

func TestBreakableTextIsTheText(t *testing.T) {
	var b strings.Builder
	if err := breakable(`a.b/<script>&"c`).Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); got != `a.<wbr>b/<wbr>&lt;script&gt;&amp;&#34;c` {
		t.Errorf("got %s", got)
	}
}

func TestFileNamesLoseWhatMayBeAToken(t *testing.T) {
	for name, want := range map[string]string{
		"BigCommerceAPI-credentials-3f9c2a7e51b24d6c8e0f1a2b3c4d5e6-.txt": "BigCommerceAPI-credentials-…d5e6-.txt",
		"shop de.txt":                          "shop de.txt",
		"abcdefghijklmnopqrstuvwxyz0123456789": "…6789",
		"":                                     "",
	} {
		if got := SafeFileName(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func TestDestinationsHideWhatTravelsInThem(t *testing.T) {
	for destination, want := range map[string][2]string{
		"https://hooks.example.com/in?key=s3cret":      {"https://hooks.example.com/in?…", "/in?…"},
		"https://user:s3cret@hooks.example.com:8443/a": {"https://hooks.example.com:8443/a", "/a"},
		"projects/acme/topics/orders":                  {"projects/acme/topics/orders", "projects/acme/topics/orders"},
	} {
		if got := [2]string{org.ShownDestination(destination), pathOf(destination)}; got != want {
			t.Errorf("%s: got %q, want %q", destination, got, want)
		}
	}
	s := sampleIntegrationShell("/a/1/webhooks/6")
	page := render(t, NewWebhook(s, org.WebhookDetail{WebhookRow: sampleHooks(6)[5]}, nil))
	if strings.Contains(page, "secret-in-the-query") {
		t.Error("a page shows the query of a destination")
	}
}

// No page may claim more than the registered tokens show.
func TestPagesOfWebhooksSayThroughWhatTheySee(t *testing.T) {
	for name, page := range samples() {
		list := strings.HasPrefix(name, "webhooks") || strings.HasPrefix(name, "hosts") || strings.HasPrefix(name, "hook-") || strings.HasPrefix(name, "expected")
		text := render(t, page)
		if list && name != "webhooks-none" && !strings.Contains(text, "41 of 43 tokens in 22 of 24 stores") && !strings.Contains(text, "0 of 43 tokens") {
			t.Errorf("%s does not say through how many tokens it sees", name)
		}
		if strings.Contains(strings.ToLower(text), "all webhooks") {
			t.Errorf("%s speaks of all webhooks", name)
		}
	}
}

func TestEmptyListsSayWhichNothingTheyAre(t *testing.T) {
	s := sampleIntegrationShell("/a/1/webhooks")
	read, unread := sampleCoverage(), sampleCoverage()
	unread.TokensRead = 0
	q := org.Query{States: []string{"down"}}
	hooks := func(c org.Coverage, q org.Query) Page {
		return NewWebhooks(s, org.WebhookPage{Coverage: c}, q, org.FilterChoices{}, HookChoices{})
	}
	for want, page := range map[string]Page{
		"No API account is registered yet":   hooks(org.Coverage{Stores: 3}, org.Query{}),
		"No webhooks match":                  hooks(read, q),
		"No webhook has been read yet":       hooks(unread, org.Query{}),
		"No webhook is seen":                 hooks(read, org.Query{}),
		"No API accounts match":              NewAPIAccounts(s, org.APIAccountPage{Coverage: read}, q, org.FilterChoices{}, nil),
		"No unknown client was seen":         NewClients(s, nil, read, org.Query{}, org.FilterChoices{}),
		"Nothing is expected yet":            NewExpected(s, nil, nil, nil, read, org.Query{}, org.FilterChoices{}, ExpectedForm{}),
		"No outside host is seen":            NewHosts(s, nil, nil, read, org.Query{}, org.ApprovedHost{}, nil),
		"No event is seen to leave a store":  NewHookEvents(s, nil, read, org.Query{}),
		"That is no proof that there are no": NewClients(s, nil, read, org.Query{}, org.FilterChoices{}),
	} {
		if text := render(t, page); !strings.Contains(text, want) {
			t.Errorf("no page says %q", want)
		}
	}
	viewer := s
	viewer.Can = Can{}
	if text := render(t, NewAPIAccounts(viewer, org.APIAccountPage{}, org.Query{}, org.FilterChoices{}, nil)); !strings.Contains(text, "needs the role admin") || strings.Contains(text, "api-accounts/add") {
		t.Error("a viewer is sent to a form that they may not use")
	}
}

func TestBlastRadius(t *testing.T) {
	a := org.APIAccountDetail{Hosts: []string{"a", "b", "c"}}
	a.APIAccount.Hooks = 7
	if got := blastRadius(a); !strings.HasPrefix(got, "Deleting this API account at BigCommerce kills 7 webhooks to 3 hosts") {
		t.Errorf("got %q", got)
	}
	if got := blastRadius(org.APIAccountDetail{}); !strings.Contains(got, "unknown") {
		t.Errorf("never read: got %q", got)
	}
	if got := blastRadius(org.APIAccountDetail{APIAccount: org.APIAccount{Proof: org.Proof{WorkedAt: sampleNow}}}); !strings.Contains(got, "no webhook that is seen") {
		t.Errorf("none: got %q", got)
	}
}

func TestScopesAreComparedWithTheDeclaration(t *testing.T) {
	a := org.APIAccount{Declared: []string{"store_v2_orders", "store_v2_content"}}
	a.Proof = org.Proof{Scopes: []string{"store_v2_customers", "store_v2_orders"}, ScopesBy: org.ScopesByGraphQL, ScopesWhole: true}
	var got []string
	for _, line := range scopeLines(a) {
		got = append(got, line.Name+" "+line.Badge.Text)
	}
	if want := "store_v2_customers undeclared;store_v2_orders proven;store_v2_content declared, not there"; strings.Join(got, ";") != want {
		t.Errorf("got %q", got)
	}
	a.Proof = org.Proof{}
	if lines := scopeLines(a); len(lines) != 2 || lines[0].Badge.Text != "declared, not proven" {
		t.Errorf("nothing proven: got %+v", lines)
	}
	if text, note, extra := scopesSummary(a); text != "not proven" || note != "2 declared" || extra != nil {
		t.Errorf("got %q %q %v", text, note, extra)
	}
}

func TestReviewDays(t *testing.T) {
	s := Shell{Now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
	for day, want := range map[string]string{"2026-11-19": "19 Nov 2026, overdue", "2026-11-20": "20 Nov 2026", "2027-05-01": "1 May 2027"} {
		if b, ok := reviewBadge(s, day); !ok || b.Text != want {
			t.Errorf("%s: got %+v", day, b)
		}
	}
	if _, ok := reviewBadge(s, ""); ok {
		t.Error("no day is a due day")
	}
}

func TestWindowsOfWholeLists(t *testing.T) {
	rows := make([]int, 120)
	for i := range rows {
		rows[i] = i
	}
	at := func(q org.Query) ([]int, Pager) { return window(list{path: "/x", query: q}, rows) }
	if page, p := at(org.Query{}); len(page) != 50 || page[0] != 0 || p.Words != "1–50 of 120" || p.Prev != "" || p.Next != "/x?after=50" {
		t.Errorf("first: %d rows, %+v", len(page), p)
	}
	if page, p := at(org.Query{After: "100"}); len(page) != 20 || page[0] != 100 || p.Prev != "/x?before=50" || p.Next != "" {
		t.Errorf("last: %d rows, %+v", len(page), p)
	}
	for _, odd := range []string{"-5", "x", "999999999999999999999", "120"} {
		if page, _ := at(org.Query{After: odd}); page[0] != 0 {
			t.Errorf("%s: begins at %d", odd, page[0])
		}
	}
	if page, _ := window(list{}, []int(nil)); len(page) != 0 {
		t.Error("an empty list has rows")
	}
}

func TestHostsAreNamedOncePerClient(t *testing.T) {
	s := sampleIntegrationShell("/a/1/webhooks/hosts")
	links, more := clientLinks(s, []org.TokenRef{{ID: 1, Label: "ERP"}, {ID: 2, Label: "ERP"}, {ID: 3, Label: "POS"}, {ID: 4, Label: "A"}, {ID: 5, Label: "B"}})
	if len(links) != 3 || links[0].Text != "ERP (2)" || links[0].Href != "/a/1/api-accounts?q=ERP" || links[1].Href != "/a/1/api-accounts/3" || more != "and 1 more" {
		t.Errorf("got %+v, %q", links, more)
	}
}

func TestChangesNameWhatActs(t *testing.T) {
	s := sampleIntegrationShell("/a/1/changes")
	for _, test := range []struct {
		kind, field, text, href string
	}{
		{"webhook_state", "28 store/order/created", "store/order/created", "/a/1/webhooks?event=store%2Forder%2Fcreated&store=abc"},
		{"api_account_state", "7 ERP bridge", "ERP bridge", "/a/1/api-accounts/7"},
		{"api_account_state", "odd", "", ""},
		{"store_owner_email", "owner", "", ""},
	} {
		line := changeLine(s, org.ChangeRow{Kind: test.kind, Field: test.field, StoreHash: "abc", Before: "valid", After: "revoked"}, "")
		if line.About.Text != test.text || line.About.Href != test.href {
			t.Errorf("%s %s: got %+v", test.kind, test.field, line.About)
		}
		if own := changeLine(s, org.ChangeRow{Kind: test.kind, Field: test.field}, "acting"); own.About.Text != "" {
			t.Errorf("%s: the page of the thing itself names it", test.kind)
		}
	}
	line := changeLine(s, org.ChangeRow{Kind: "api_account_state", Field: "7 ERP", Before: "valid", After: "revoked"}, "")
	if line.Before != "Works" || line.After != "Refused" {
		t.Errorf("states are told as %q and %q", line.Before, line.After)
	}
}
