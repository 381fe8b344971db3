package refresh_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rollcall/internal/org"
	"rollcall/internal/refresh"
	"rollcall/internal/sandbox"
)

// askingBills counts the requests that asked for subscriptions, and lets a test spoil them.
type askingBills struct {
	asked, alone int
	fault        sandbox.FaultKind // of every such request; none when empty
}

func (a *askingBills) config(cfg sandbox.Config) sandbox.Config {
	cfg.Fault = func(r *sandbox.RequestInfo) sandbox.Fault {
		if !strings.Contains(r.Query, "subscriptions(") {
			return sandbox.Fault{}
		}
		a.asked++
		if !strings.Contains(r.Query, "stores(") {
			a.alone++
		}
		return sandbox.Fault{Kind: a.fault}
	}
	return cfg
}

func (w *world) subscriptions() org.SubscriptionPage {
	w.t.Helper()
	page, err := w.db.Subscriptions(context.Background(), org.Scope{Account: w.acct.ID}, org.Query{Limit: 10_000}, org.DefaultSettings())
	if err != nil {
		w.t.Fatalf("subscriptions: %v", err)
	}
	return page
}

// mustHoldBills compares the subscriptions that pages show with those of the sandbox.
func (w *world) mustHoldBills() {
	w.t.Helper()
	var got, want []string
	for _, r := range w.subscriptions().Rows {
		if !r.Unseen {
			got = append(got, fmt.Sprint(r.APIID, r.AppAPIID, r.AppName, r.StoreHash(), r.Level, r.Status, r.Interval, r.Price, r.PeriodEnd.At.Unix(), r.Activated.At.Unix()))
		}
	}
	for _, b := range w.server.Subscriptions(w.acct.UUID) {
		want = append(want, fmt.Sprint(b.ID, b.AppID, b.AppName, b.StoreHash, b.Level, b.Status, b.Interval, b.Price, b.PeriodEnd.Unix(), b.Activated.Unix()))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		w.t.Errorf("subscriptions:\ngot  %q\nwant %q", got, want)
	}
}

func TestSubscriptionsAreReadAndRideAlong(t *testing.T) {
	asking := &askingBills{}
	w := newWorld(t, asking.config(sandbox.Config{Shape: sandbox.Shape{Stores: 240, UsersPerStore: 3}}))
	w.run(refresh.Options{})
	if n := len(w.server.Subscriptions(w.acct.UUID)); n <= 50 {
		t.Fatalf("%d subscriptions are too few for this test", n)
	}
	w.mustHoldBills()
	if asking.asked == 0 {
		t.Error("they were not asked for")
	}
	for range 3 {
		*asking = askingBills{}
		w.server.AdvanceDay()
		if result := w.run(refresh.Options{}); result.State != org.Complete {
			t.Errorf("got %+v", result)
		}
		w.mustHoldTruth(false)
	}
	if asking.asked == 0 || asking.alone > 0 {
		t.Errorf("then they ride along: %+v", asking)
	}
}

// A token without the scope costs one request once; everything else is read, and pages say what is missing.
func TestSubscriptionsWithoutTheScope(t *testing.T) {
	without := slices.DeleteFunc(slices.Clone(sandbox.ReadScopes), func(s string) bool { return s == "account_subscriptions_read" })
	for i, answer := range []string{"null", "403", "200", "null", "403", "200"} {
		t.Run(answer, func(t *testing.T) {
			asking, stores := &askingBills{}, 12
			if i > 2 {
				stores = 200 // takes several requests, in which subscriptions ride along
			}
			cfg := asking.config(sandbox.Config{Shape: sandbox.Shape{Stores: stores, UsersPerStore: 4}})
			cfg.Scopes, cfg.MissingScope = without, answer
			w := newWorld(t, cfg)
			for day := range 3 {
				result := w.run(refresh.Options{Rest: true})
				w.mustHoldTruth(false)
				page := w.subscriptions()
				if result.State != org.Complete || page.Total != 0 || page.Read.State != org.FacetDenied || !strings.Contains(page.Read.Error, "account_subscriptions_read") {
					t.Errorf("day %d: %+v, %+v", day, result, page)
				}
				if asking.asked != 1 {
					t.Errorf("day %d: %+v, want one request for all days", day, asking)
				}
				w.server.AdvanceDay()
			}
			apps, err := w.db.Apps(context.Background(), org.Scope{Account: w.acct.ID}, org.Query{}, org.DefaultSettings())
			if err != nil || apps.Known == 0 || apps.Unknown != 0 || apps.Denied != "" {
				t.Errorf("the apps are read all the same: %+v %v", apps, err)
			}
		})
	}
}

// When billing is down, an answer that also asks for subscriptions fails as a whole. The accesses must not wait for that.
func TestBillingIsDown(t *testing.T) {
	for _, fault := range []sandbox.FaultKind{sandbox.FaultDataNull, sandbox.Fault502, sandbox.FaultCut} {
		t.Run(string(fault), func(t *testing.T) {
			asking := &askingBills{}
			w := newWorld(t, asking.config(sandbox.Config{Shape: sandbox.Shape{Stores: 12, UsersPerStore: 4}}))
			w.run(refresh.Options{})
			known := len(w.subscriptions().Rows)
			for range 2 {
				w.server.AdvanceDay()
				*asking = askingBills{fault: fault}
				asking.asked = 0
				result := w.run(refresh.Options{})
				w.mustHoldTruth(false)
				page := w.subscriptions()
				if result.State != org.Complete || page.Read.State != org.FacetFailed || len(page.Rows) != known {
					t.Errorf("got %+v, %+v with %d of %d rows", result, page.Read, len(page.Rows), known)
				}
				if asking.asked > 3 {
					t.Errorf("%d requests were spent on subscriptions", asking.asked)
				}
			}
			*asking = askingBills{}
			for range 3 { // two complete reads end what no total proves gone
				w.run(refresh.Options{})
			}
			w.mustHoldBills()
		})
	}
}
