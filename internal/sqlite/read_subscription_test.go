package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/internal/org"
)

func bill(n int, app, store, status string) org.Subscription {
	return org.Subscription{
		APIID: fmt.Sprint("bc/account/subscription/", n), Product: "bc/account/product/" + app, ProductType: "APPLICATION", Level: "Standard",
		Scope: "bc/account/scope/" + store, ScopeType: "STORE", Status: status, Interval: "MONTH", Price: "9.90", Currency: "USD",
		PeriodEnd: org.At(start.AddDate(0, 1, n)), Activated: org.At(start), Created: org.At(start), Updated: org.At(start),
	}
}

// bills writes one snapshot with a read of the subscriptions.
func (w *appWorld) bills(t *testing.T, state org.FacetState, absence org.Absence, list ...org.Subscription) org.Snapshot {
	t.Helper()
	w.at = w.at.AddDate(0, 0, 1)
	run := w.save(t, w.db, w.account)
	read := org.AccountRead{Subscriptions: list, Absence: absence, Read: org.FacetRead{
		Facet: org.FacetSubscriptions, State: state, Expected: -1, Received: len(list), ReadAt: w.at,
	}}
	if state == org.FacetDenied {
		read.Read.Error = "No scope."
	}
	if err := w.db.Save(context.Background(), run.Snapshot.ID, org.Step{Subscribed: &read}); err != nil {
		t.Fatal(err)
	}
	snapshot, err := w.db.History().Close(context.Background(), run.Snapshot.ID, org.Complete, "")
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

func (w *appWorld) billed(t *testing.T, query string) (org.SubscriptionPage, string) {
	t.Helper()
	q, err := org.ParseQueryString(query)
	if err != nil {
		t.Fatal(err)
	}
	page, err := w.db.Subscriptions(context.Background(), org.Scope{Account: w.account}, q, org.DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, r := range page.Rows {
		line := fmt.Sprint(r.Label(), " ", r.StoreName, " ", r.Status, " ", r.Cost())
		if r.Unseen {
			line += " unseen"
		}
		lines = append(lines, line)
	}
	return page, strings.Join(lines, "; ")
}

// said are the changes of subscriptions, oldest first.
func (w *appWorld) said(t *testing.T) []string {
	t.Helper()
	page, err := w.db.Changes(context.Background(), org.Scope{Account: w.account}, org.Query{
		Kinds: []string{"subscription_added", "subscription_gone", "subscription_changed"},
	}, org.DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, c := range slices.Backward(page.Rows) {
		lines = append(lines, fmt.Sprint(c.Kind, " ", c.StoreHash, " ", c.Field, " ", c.Before, " > ", c.After))
	}
	return lines
}

func TestSubscriptions(t *testing.T) {
	w := newAppWorld(t, map[string][]org.StoreUser{"a": {named1("ann", "A")}, "b": {}})
	w.in["a"] = []string{"Mail"}
	w.nextDay(t)
	if page, _ := w.billed(t, ""); page.Read.State != org.FacetPending || page.Total != 0 {
		t.Errorf("never read: %+v", page)
	}
	one, two, three := bill(1, "mail", "a", "ACTIVE"), bill(2, "77", "gone", "WEIRD"), bill(3, "mail", "b", "")
	three.Price, three.PeriodEnd = "", org.Never()
	first := w.bills(t, org.FacetComplete, org.AbsenceProven, one, two, three)
	page, got := w.billed(t, "")
	if want := "Mail, Standard A ACTIVE 9.90 USD; Mail, Standard B  unknown; product 77, Standard  WEIRD 9.90 USD"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if r := page.Rows[1]; r.PeriodEnd != org.Never() || r.Activated != org.At(start) || page.Read.State != org.FacetComplete || !r.FirstSeen.Equal(w.at) {
		t.Errorf("got %+v, %+v", r, page.Read)
	}
	for query, want := range map[string]string{
		"state=unknown": "Mail, Standard B  unknown",
		"state=weird":   "product 77, Standard  WEIRD 9.90 USD",
		"q=mail&store=a&sort=-price&app=bc/account/app/mail": "Mail, Standard A ACTIVE 9.90 USD",
		"sort=-period-end&q=standard&state=active,weird":     "product 77, Standard  WEIRD 9.90 USD; Mail, Standard A ACTIVE 9.90 USD",
	} {
		if _, got := w.billed(t, query); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", query, got, want)
		}
	}

	// A scope that goes missing hides nothing that was known, and says so; when it is back, the read is a baseline.
	w.bills(t, org.FacetDenied, org.AbsenceNone)
	if page, _ := w.billed(t, ""); page.Total != 3 || page.Read.State != org.FacetDenied || page.Read.Error != "No scope." || page.Read.ReadAt.IsZero() {
		t.Errorf("denied: %+v", page)
	}
	two.Status = "ACTIVE"
	w.bills(t, org.FacetComplete, org.AbsenceProven, one, two, three)
	if got := w.said(t); len(got) != 0 {
		t.Errorf("a baseline wrote %q", got)
	}

	one.Status, one.PeriodEnd = "SUSPENDED", org.At(start.AddDate(0, 2, 1))
	w.bills(t, org.FacetComplete, org.AbsenceLikely, one, two)
	if _, got := w.billed(t, "state=unknown"); got != "Mail, Standard B  unknown unseen" {
		t.Errorf("missing once: %s", got)
	}
	w.bills(t, org.FacetComplete, org.AbsenceLikely, one, two, bill(4, "mail", "b", "ACTIVE"))
	want := []string{
		"subscription_changed a status Mail, Standard: ACTIVE > SUSPENDED",
		"subscription_added b subscription  > Mail, Standard: 9.90 USD, MONTH, ACTIVE",
		"subscription_gone b subscription Mail, Standard: unknown, MONTH, unknown > ",
	}
	if got := w.said(t); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if _, got := w.billed(t, fmt.Sprint("as-of=", first.ID, "&store=a")); got != "Mail, Standard A ACTIVE 9.90 USD" {
		t.Errorf("in the past: %s", got)
	}
	apps, _ := w.apps(t, org.Query{})
	d, err := w.db.App(context.Background(), org.Scope{Account: w.account}, apps.Rows[0].ID, org.Query{}, org.DefaultSettings())
	if err != nil || len(d.Billed) != 2 || len(d.Timeline) != 3 {
		t.Errorf("app: %+v, %v", d, err)
	}
	run, err := w.db.Begin(context.Background(), w.account, time.Hour)
	if err != nil || run.Subscriptions != 3 {
		t.Errorf("a new sync expects %d, want 3: %v", run.Subscriptions, err)
	}
	scope := org.Scope{Account: w.account, Stores: []org.StoreID{}}
	if n, err := w.db.CountSubscriptions(context.Background(), scope, org.Query{}, org.DefaultSettings()); n != 0 || err != nil {
		t.Errorf("a scope without stores sees %d, %v", n, err)
	}
}
