package plan

import (
	"slices"
	"testing"

	"rollcall/internal/org"
)

func TestSubscriptionsShareRequestsOnlyWhenTheyAreKnownToWork(t *testing.T) {
	stores := org.Want{List: org.List{Kind: org.ListStores}, Left: -1}
	users := org.Want{List: org.List{Kind: org.ListAccesses, Store: "s"}, Left: 10}
	apps := org.Want{List: org.List{Kind: org.ListStoreApps, Store: "s"}, Left: -1}
	bills := org.Want{List: org.List{Kind: org.ListSubscriptions}, Left: 120}
	failed := bills
	failed.Tries = 1
	works, denied := Learned{Billing: Works, Apps: Works, Syncs: 3}, Learned{Billing: DeniedAll, Apps: Works, Syncs: 3}
	tests := []struct {
		name    string
		learned Learned
		wants   []org.Want
		kinds   []org.ListKind
		denied  int
	}{
		{"unknown, and so are apps: not beside the accesses", Learned{}, []org.Want{users, bills, apps}, []org.ListKind{org.ListAccesses, org.ListStoreApps}, 0},
		{"unknown: beside apps", Learned{Apps: Works}, []org.Want{bills, apps}, []org.ListKind{org.ListSubscriptions, org.ListStoreApps}, 0},
		{"unknown: alone", Learned{}, []org.Want{bills}, []org.ListKind{org.ListSubscriptions}, 0},
		{"unknown: beside the accesses when apps are settled", Learned{Apps: Works}, []org.Want{users, bills}, []org.ListKind{org.ListAccesses, org.ListSubscriptions}, 0},
		{"unknown: not in the first request", Learned{Apps: Works}, []org.Want{stores, bills}, []org.ListKind{org.ListStores}, 0},
		{"suspected: not beside the accesses", Learned{Billing: Suspected, Apps: Works}, []org.Want{users, bills}, []org.ListKind{org.ListAccesses}, 0},
		{"suspected: alone", Learned{Billing: Suspected, Apps: Works}, []org.Want{bills, apps}, []org.ListKind{org.ListSubscriptions}, 0},
		{"known to work: beside everything", works, []org.Want{users, bills, apps}, []org.ListKind{org.ListAccesses, org.ListSubscriptions, org.ListStoreApps}, 0},
		{"failed just now: not beside others", works, []org.Want{users, failed}, []org.ListKind{org.ListAccesses}, 0},
		{"failed just now: alone", works, []org.Want{failed, apps}, []org.ListKind{org.ListSubscriptions}, 0},
		{"denied: costs nothing", denied, []org.Want{users, bills}, []org.ListKind{org.ListAccesses}, 1},
		{"denied: costs nothing, alone", denied, []org.Want{bills}, nil, 1},
		{"denied, but tested again now and then", Learned{Billing: DeniedAll, Apps: Works, Syncs: retestEvery}, []org.Want{stores, bills}, []org.ListKind{org.ListStores}, 0},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			r := Next(c.learned, c.wants)
			var kinds []org.ListKind
			for _, op := range r.Ops {
				kinds = append(kinds, op.Kind)
				if op.Kind == org.ListSubscriptions && op.First != 50 {
					t.Errorf("asks for %d subscriptions, want 50", op.First)
				}
			}
			if !slices.Equal(kinds, c.kinds) || len(r.Denied) != c.denied {
				t.Errorf("got %v and %d denied, want %v and %d", kinds, len(r.Denied), c.kinds, c.denied)
			}
		})
	}
}

func TestLearningOfSubscriptions(t *testing.T) {
	alone := Request{Ops: []Op{{Kind: org.ListSubscriptions, First: 50}}}
	mixed := Request{Ops: []Op{{Kind: org.ListAccesses, Stores: []string{"s"}, First: 10, Apps: true}, {Kind: org.ListSubscriptions, First: 50}}}
	without := Request{Ops: []Op{{Kind: org.ListAccesses, Stores: []string{"s"}, First: 10}}}
	answered := []Part{{Answered: true}}
	tests := []struct {
		name    string
		learned Learned
		outcome Outcome
		billing Access
		apps    Access
	}{
		{"they work", Learned{}, Outcome{Request: alone, Parts: answered}, Works, ""},
		{"refused alone: denied", Learned{}, Outcome{Request: alone, Failed: true, Kind: org.KindScope}, DeniedAll, ""},
		{"an outage alone says nothing", Learned{Billing: Works}, Outcome{Request: alone, Failed: true, Kind: org.KindUnavailable}, "", ""},
		{"refused beside others: suspected, and apps are not", Learned{Billing: Works, Apps: Works}, Outcome{Request: mixed, Failed: true, Kind: org.KindScope}, Suspected, Works},
		{"let through without them: they were meant", Learned{Billing: Suspected, Apps: Works}, Outcome{Request: without, Parts: answered}, DeniedAll, Works},
		{"refused without them: they were not meant", Learned{Billing: Suspected}, Outcome{Request: without, Failed: true, Kind: org.KindScope}, "", ""},
		{"an outage without them settles nothing", Learned{Billing: Suspected}, Outcome{Request: without, Failed: true, Kind: org.KindUnavailable}, Suspected, ""},
		{"an outage beside others: alone the next time", Learned{Billing: Works, Apps: Works}, Outcome{Request: mixed, Failed: true, Kind: org.KindUnavailable}, "", Works},
		{"a limit is nobody's fault", Learned{Billing: Works}, Outcome{Request: mixed, Failed: true, Kind: org.KindTooComplex}, Works, ""},
		{"the entry alone was refused", Learned{}, Outcome{Request: alone, Parts: []Part{{Denied: true}}}, DeniedAll, ""},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			if l := c.learned.After(c.outcome); l.Billing != c.billing || l.Apps != c.apps {
				t.Errorf("got %q and apps %q, want %q and %q", l.Billing, l.Apps, c.billing, c.apps)
			}
		})
	}
	// A sync that begins after retestEvery others asks again.
	begun := Learned{Billing: DeniedAll, Syncs: retestEvery}.After(Outcome{Request: Request{Ops: []Op{{Kind: org.ListStores, First: 50}}}})
	if begun.Billing != "" || begun.Syncs != retestEvery+1 {
		t.Errorf("got %+v", begun)
	}
}

func TestAnotherTokenIsAskedAgain(t *testing.T) {
	denied := Learned{Apps: DeniedAll, Billing: DeniedAll, Token: "aaaa", Syncs: 4}
	if l := denied.With("aaaa"); l.Apps != DeniedAll || l.Billing != DeniedAll {
		t.Errorf("the same token: %+v", l)
	}
	if l := denied.With("bbbb"); l.Apps != "" || l.Billing != "" || l.Token != "bbbb" || l.Syncs != 4 {
		t.Errorf("another token: %+v", l)
	}
	if l := (Learned{Apps: Works, Billing: Works}).With("bbbb"); l.Apps != Works || l.Billing != Works {
		t.Errorf("what worked: %+v", l)
	}
}
