package audit

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/internal/org"
)

var judgedAt = time.Date(2026, 3, 31, 2, 0, 0, 0, time.UTC)

// wired is a webhook that no rule objects to.
func wired(id int64) org.WebhookRow {
	return org.WebhookRow{
		ID: org.WebhookID(id), Store: 1, StoreHash: "aa11", StoreName: "North", Host: "erp.example",
		Webhook: org.Webhook{
			APIID: id, ClientID: "client-1", Scope: fmt.Sprintf("store/order/s%d", id), Destination: "https://erp.example/in", Active: org.Yes, Status: "active",
			CreatedAt: org.At(judgedAt.AddDate(-1, 0, 0)), UpdatedAt: org.At(judgedAt.AddDate(0, 0, -3)),
		},
		Emails: []string{"ops@example.com"}, EmailsRead: true, Through: org.TokenRef{ID: 1, Label: "Orders to ERP", ClientID: "client-1"},
		Approved: org.Yes, FirstSeen: judgedAt.AddDate(0, -1, 0), ReadAt: judgedAt, Current: true,
	}
}

// kept is an API account that no rule objects to.
func kept(id org.APIAccountID) org.APIAccount {
	return org.APIAccount{
		ID: id, Store: 1, StoreHash: "aa11", StoreName: "North", Name: fmt.Sprintf("Entry %d", id), Kind: org.APIAccountToken, ClientID: fmt.Sprintf("client-%d", id),
		HasToken: true, TokenLast4: "wxyz", Purpose: "orders", Declared: []string{"store_v2_orders"}, ReviewDue: "2026-03-31",
		Proof: org.Proof{
			State: org.ProofValid, CheckedAt: judgedAt, WorkedAt: judgedAt, Scopes: []string{"store_v2_default", "store_v2_orders_read_only"},
			ScopesBy: org.ScopesByGraphQL, ScopesWhole: true, AccountUUID: "UUID-1",
		},
	}
}

// clean is an estate in which nothing is found.
func clean() Estate {
	return Estate{
		At: judgedAt, AccountUUID: "uuid-1", Hooks: []org.WebhookRow{wired(1), wired(2)}, Accounts: []org.APIAccount{kept(1), kept(2)},
		Stores: []org.StoreCoverage{{Store: 1, StoreHash: "aa11", StoreName: "North", Registered: 2, Tokens: 2, TokensRead: 2}},
	}
}

func TestNothingIsFoundInACleanEstate(t *testing.T) {
	if got := JudgeStores(clean()); len(got) != 0 {
		t.Errorf("found %+v", got)
	}
}

// ruleCases hold for every rule at least one true example and one near miss.
var ruleCases = []struct {
	rule   *Rule
	name   string
	spoil  func(*Estate)
	want   int
	graves Severity
}{
	{&HookDeactivated, "deactivated by the platform", func(e *Estate) { e.Hooks[0].Status = "deactivated" }, 1, High},
	{&HookDeactivated, "the word of the other API", func(e *Estate) { e.Hooks[0].Status = "DISABLED" }, 1, High},
	{&HookDeactivated, "off, nobody tells by whom", func(e *Estate) { e.Hooks[0].Status, e.Hooks[0].Active = "", org.No }, 1, Medium},
	{&HookDeactivated, "switched off on purpose", func(e *Estate) { e.Hooks[0].Status = "inactive" }, 0, 0},
	{&HookDeactivated, "a word that is new", func(e *Estate) { e.Hooks[0].Status = "paused" }, 0, 0},

	{&HookHeldBack, "blocked", func(e *Estate) { e.Hooks[0].Blocked = &org.BlockedDomain{Destination: "erp.example", Until: judgedAt} }, 1, Medium},
	{&HookHeldBack, "failing but not blocked", func(e *Estate) { e.Hooks[0].Status = "deactivated" }, 0, 0},

	{&HookUnwatched, "no e-mail", func(e *Estate) { e.Hooks[0].Emails, e.Hooks[1].Emails = nil, nil }, 1, Medium},
	{&HookUnwatched, "no e-mail of an app", func(e *Estate) { e.Hooks[0].Emails, e.Accounts[0].Kind = nil, org.APIAccountApp }, 1, Low},
	{&HookUnwatched, "e-mails were not read", func(e *Estate) { e.Hooks[0].Emails, e.Hooks[0].EmailsRead = nil, false }, 0, 0},
	{&HookUnwatched, "no webhooks", func(e *Estate) { e.Hooks = nil }, 0, 0},

	{&HostUnapproved, "orders to a stranger", func(e *Estate) { e.Hooks[0].Approved, e.Hooks[1].Approved = org.No, org.No }, 1, High},
	{&HostUnapproved, "stock to a stranger", func(e *Estate) { e.Hooks[0].Approved, e.Hooks[0].Scope = org.No, "store/sku/updated" }, 1, Medium},
	{&HostUnapproved, "nothing is approved yet", func(e *Estate) { e.Hooks[0].Approved = org.Unknown }, 0, 0},
	{&HostUnapproved, "a cloud bus", func(e *Estate) { e.Hooks[0].Approved, e.Hooks[0].Host = org.Unknown, "" }, 0, 0},

	{&HookInsecure, "http", func(e *Estate) { e.Hooks[0].Destination = "http://erp.example/in" }, 1, High},
	{&HookInsecure, "http, switched off", func(e *Estate) { e.Hooks[0].Destination, e.Hooks[0].Status = "HTTP://erp.example/in", "inactive" }, 1, Low},
	{&HookInsecure, "another port", func(e *Estate) { e.Hooks[0].Destination = "https://erp.example:8443/in" }, 1, Medium},
	{&HookInsecure, "a bare address", func(e *Estate) { e.Hooks[0].Destination = "https://192.0.2.1/in" }, 1, Medium},
	{&HookInsecure, "port 443 spelled out", func(e *Estate) { e.Hooks[0].Destination = "https://erp.example:443/in" }, 0, 0},
	{&HookInsecure, "a cloud bus", func(e *Estate) { e.Hooks[0].Destination = "projects/shop/topics/orders" }, 0, 0},

	{&HookDuplicate, "the same twice", func(e *Estate) { e.Hooks[1].Scope = e.Hooks[0].Scope }, 1, Low},
	{&HookDuplicate, "another path", func(e *Estate) {
		e.Hooks[1].Scope, e.Hooks[1].Destination = e.Hooks[0].Scope, "https://erp.example/out"
	}, 0, 0},
	{&HookDuplicate, "another client", func(e *Estate) { e.Hooks[1].Scope, e.Hooks[1].ClientID = e.Hooks[0].Scope, "client-2" }, 0, 0},
	{&HookDuplicate, "another store", func(e *Estate) { e.Hooks[1].Scope, e.Hooks[1].StoreHash = e.Hooks[0].Scope, "bb22" }, 0, 0},

	{&HookNearLimit, "eight of ten", func(e *Estate) { e.Hooks = many(8) }, 1, Low},
	{&HookNearLimit, "ten of ten", func(e *Estate) { e.Hooks = many(10) }, 1, Medium},
	{&HookNearLimit, "seven", func(e *Estate) { e.Hooks = many(7) }, 0, 0},

	{&TokenRevoked, "refused after it worked", func(e *Estate) { e.Accounts[0].Proof.State, e.Accounts[0].Hooks = org.ProofRevoked, 2 }, 1, High},
	{&TokenRevoked, "never worked", func(e *Estate) { e.Accounts[0].Proof = org.Proof{State: org.ProofRevoked} }, 1, Medium},
	{&TokenRevoked, "of another store", func(e *Estate) { e.Accounts[0].Proof.State = org.ProofWrongStore }, 1, High},
	{&TokenRevoked, "the platform is busy", func(e *Estate) { e.Accounts[0].Proof.State = org.ProofBusy }, 0, 0},
	{&TokenRevoked, "the store is suspended", func(e *Estate) { e.Accounts[0].Proof.State = org.ProofSuspended }, 0, 0},

	{&TokenWrongAccount, "the proof says so", func(e *Estate) { e.Accounts[0].Proof.State = org.ProofWrongAccount }, 1, Critical},
	{&TokenWrongAccount, "another UUID", func(e *Estate) { e.Accounts[0].Proof.AccountUUID = "uuid-2" }, 1, Critical},
	{&TokenWrongAccount, "no UUID was told", func(e *Estate) { e.Accounts[0].Proof.AccountUUID = "" }, 0, 0},

	{&TokenOverScoped, "may write what was not declared", func(e *Estate) { extraScope(e, "store_v2_customers") }, 1, High},
	{&TokenOverScoped, "may read what was not declared", func(e *Estate) { extraScope(e, "store_v2_customers_read_only") }, 1, Medium},
	{&TokenOverScoped, "found by probes", func(e *Estate) {
		extraScope(e, "store_v2_customers")
		e.Accounts[0].Proof.ScopesBy = org.ScopesByProbes
	}, 1, Medium},
	{&TokenOverScoped, "nothing declared", func(e *Estate) { extraScope(e, "store_v2_customers"); e.Accounts[0].Declared = nil }, 0, 0},
	{&TokenOverScoped, "another spelling", func(e *Estate) {
		e.Accounts[0].Declared = []string{"store_checkout"}
		e.Accounts[0].Proof.Scopes = []string{"store_checkouts"}
	}, 0, 0},

	{&TokenShared, "two entries", func(e *Estate) {
		e.Accounts[0].Shared, e.Accounts[1].Shared = []org.TokenRef{{ID: 2}}, []org.TokenRef{{ID: 1}}
	}, 1, High},

	{&TokenUnused, "no webhooks, no purpose", func(e *Estate) { e.Accounts[1].Purpose = "" }, 1, Medium},
	{&TokenUnused, "a token of the store was not read", func(e *Estate) { e.Accounts[1].Purpose, e.Stores[0].TokensRead = "", 1 }, 0, 0},
	{&TokenUnused, "it has webhooks", func(e *Estate) { e.Accounts[1].Purpose, e.Accounts[1].Hooks = "", 3 }, 0, 0},
	{&TokenUnused, "it is refused", func(e *Estate) { e.Accounts[1].Purpose, e.Accounts[1].Proof.State = "", org.ProofRevoked }, 0, 0},
	{&TokenUnused, "no token is kept", func(e *Estate) { e.Accounts[1].Purpose, e.Accounts[1].HasToken = "", false }, 0, 0},
	{&TokenUnused, "it covers the account", func(e *Estate) { e.Accounts[1].Purpose, e.Accounts[1].Kind = "", org.APIAccountWhole }, 0, 0},

	{&TokenReviewOverdue, "due yesterday", func(e *Estate) { e.Accounts[0].ReviewDue = "2026-03-30" }, 1, Medium},
	{&TokenReviewOverdue, "no day is set", func(e *Estate) { e.Accounts[0].ReviewDue = "" }, 0, 0},

	{&StoreNearCap, "45 of 50", func(e *Estate) { e.Stores[0].Registered = 45 }, 1, Low},
	{&StoreNearCap, "50 of 50", func(e *Estate) { e.Stores[0].Registered = 50 }, 1, Medium},
	{&StoreNearCap, "44", func(e *Estate) { e.Stores[0].Registered = 44 }, 0, 0},

	{&ClientUnknown, "one client in two stores", func(e *Estate) {
		e.Foreign = []org.ForeignClient{{Store: 1, StoreHash: "aa11", ClientID: "x", Items: 2}, {Store: 2, StoreHash: "bb22", ClientID: "x", Items: 1}}
	}, 1, Medium},
	{&ClientUnknown, "two clients", func(e *Estate) { e.Foreign = []org.ForeignClient{{Store: 1, ClientID: "x"}, {Store: 1, ClientID: "y"}} }, 2, Medium},

	{&OwnerMoved, "another e-mail", func(e *Estate) {
		e.Owners = []OwnerMove{{Store: 1, StoreHash: "aa11", Before: "a@example.com", After: "b@example.com", SeenAt: judgedAt}}
	}, 1, Medium},
}

// many are webhooks of one client for one event.
func many(n int) (list []org.WebhookRow) {
	for i := range n {
		h := wired(int64(i + 1))
		h.Scope, h.Destination = "store/order/created", fmt.Sprintf("https://erp.example/in/%d", i)
		list = append(list, h)
	}
	return list
}

func extraScope(e *Estate, scope string) {
	e.Accounts[0].Proof.Scopes = append([]string{scope}, e.Accounts[0].Proof.Scopes...)
}

func TestStoreRules(t *testing.T) {
	examples, misses := map[*Rule]bool{}, map[*Rule]bool{&TokenShared: true, &ClientUnknown: true, &OwnerMoved: true} // their near miss is the clean estate
	for _, c := range ruleCases {
		t.Run(c.rule.ID+": "+c.name, func(t *testing.T) {
			e := clean()
			c.spoil(&e)
			got := JudgeStores(e, c.rule)
			if len(got) != c.want {
				t.Fatalf("found %+v, want %d", got, c.want)
			}
			for _, f := range got {
				if f.Severity != c.graves || f.Rule != c.rule || f.Says == "" || len(f.Evidence) == 0 || f.Subject.Key == "" || f.Subject.Label == "" {
					t.Errorf("found %+v, want severity %s", f, c.graves)
				}
			}
		})
		examples[c.rule], misses[c.rule] = examples[c.rule] || c.want > 0, misses[c.rule] || c.want == 0
	}
	for _, r := range StoreRules() {
		if !examples[r] || !misses[r] {
			t.Errorf("%s lacks an example or a near miss", r.ID)
		}
	}
}

func TestRulesExplainThemselves(t *testing.T) {
	ids := map[string]bool{}
	for _, r := range append(StoreRules(), &AccountBlast) {
		for name, text := range map[string]string{"title": r.Title, "means": r.Means, "why": r.Why, "do": r.Do} {
			if text == "" || strings.HasSuffix(text, " ") || name != "title" && !strings.HasSuffix(text, ".") {
				t.Errorf("%s: %s is %q", r.ID, name, text)
			}
		}
		if ids[r.ID] || r.ID != strings.ToLower(r.ID) || len(r.Refs) == 0 {
			t.Errorf("%s is there twice, not in small letters, or without a reference", r.ID)
		}
		ids[r.ID] = true
	}
}

func TestJudgementIsTheSameEachTime(t *testing.T) {
	e := crowd(300)
	first := JudgeStores(e)
	keys := map[string]bool{}
	for _, f := range first {
		key := f.Rule.ID + " " + f.Subject.Key
		if keys[key] {
			t.Errorf("two findings of %s", key)
		}
		keys[key] = true
	}
	for range 5 {
		if !reflect.DeepEqual(first, JudgeStores(e)) {
			t.Fatal("another judgement of the same estate")
		}
	}
	if !slices.IsSortedFunc(first, func(a, b Finding) int { return int(b.Severity) - int(a.Severity) }) {
		t.Error("the gravest do not come first")
	}
}

func TestFindingsShowNoSecretOfDestinations(t *testing.T) {
	e := clean()
	for i := range e.Hooks {
		e.Hooks[i].Destination, e.Hooks[i].Scope, e.Hooks[i].Host = "http://user:hidden1@erp.example:81/in?key=hidden2", "store/order/created", ""
		e.Hooks[i].Status = "deactivated"
	}
	if text := fmt.Sprintf("%+v", JudgeStores(e)); strings.Contains(text, "hidden") {
		t.Error(text)
	}
}

// crowd is an estate of n stores with three API accounts and fifteen webhooks each, of which some are bad.
func crowd(n int) Estate {
	e := Estate{At: judgedAt, AccountUUID: "uuid-1"}
	for s := range n {
		hash := fmt.Sprintf("s%05d", s)
		e.Stores = append(e.Stores, org.StoreCoverage{Store: org.StoreID(s + 1), StoreHash: hash, StoreName: "Store " + hash, Registered: 3, Tokens: 3, TokensRead: 3})
		for a := range 3 {
			entry := kept(org.APIAccountID(s*3 + a + 1))
			entry.Store, entry.StoreHash, entry.StoreName, entry.Hooks = org.StoreID(s+1), hash, "Store "+hash, 5
			if (s+a)%40 == 0 {
				entry.Proof.State = org.ProofRevoked
			}
			e.Accounts = append(e.Accounts, entry)
			for k := range 5 {
				h := wired(int64((s*3+a)*5 + k + 1))
				h.Store, h.StoreHash, h.StoreName, h.ClientID = entry.Store, hash, entry.StoreName, entry.ClientID
				h.Through = org.TokenRef{ID: entry.ID, Label: entry.Name, ClientID: entry.ClientID}
				h.Scope, h.Host = fmt.Sprintf("store/order/e%d", k), fmt.Sprintf("h%d.example", (s*7+k)%60)
				h.Destination = "https://" + h.Host + "/in"
				if (s+k)%25 == 0 {
					h.Status = "deactivated"
				}
				if k == 4 && s%30 == 0 {
					h.Approved, h.Destination = org.No, "http://"+h.Host+"/in"
				}
				e.Hooks = append(e.Hooks, h)
			}
		}
	}
	return e
}

// BenchmarkJudgeStores judges 1,000 stores with 3,000 API accounts and 15,000 webhooks.
//
//	go test -run '^$' -bench JudgeStores ./internal/audit
func BenchmarkJudgeStores(b *testing.B) {
	e := crowd(1000)
	b.ReportAllocs()
	for b.Loop() {
		if len(JudgeStores(e)) == 0 {
			b.Fatal("nothing found")
		}
	}
}
