package audit

import (
	"testing"
	"time"

	"rollcall/internal/org"
)

func TestDiffProof(t *testing.T) {
	account := org.APIAccount{ID: 7, Name: "ERP sync"}
	valid := org.Proof{State: org.ProofValid, ClientID: "client", Scopes: []string{"a", "b"}, ScopesBy: org.ScopesByGraphQL, ScopesWhole: true}
	with := func(change func(*org.Proof)) org.Proof {
		p := valid
		change(&p)
		return p
	}
	for _, c := range []struct {
		name    string
		held    *org.Proof
		now     org.Proof
		put     bool
		changes string
	}{
		{name: "first", now: valid, put: true},
		{name: "as it was, later", held: &valid, now: with(func(p *org.Proof) { p.CheckedAt, p.WorkedAt, p.ScopesAt = time.Now(), time.Now(), time.Now() })},
		{
			name: "revoked", held: &valid, now: with(func(p *org.Proof) { p.State, p.Cause = org.ProofRevoked, "refused" }), put: true,
			changes: "api_account_state 7 ERP sync: valid -> revoked",
		},
		{name: "verified for the first time", held: &org.Proof{}, now: valid, put: true},
		{name: "scopes lost", held: &valid, now: with(func(p *org.Proof) { p.State = org.ProofScopeLost }), put: true},
		{
			name: "more scopes", held: &valid, now: with(func(p *org.Proof) { p.Scopes = []string{"a", "b", "c"} }), put: true,
			changes: "api_account_scopes 7 ERP sync: a;b -> a;b;c",
		},
		{name: "scopes found out in another way", held: &valid, now: with(func(p *org.Proof) { p.Scopes, p.ScopesBy = []string{"a"}, org.ScopesByProbes }), put: true},
		{name: "a list that was cut", held: &valid, now: with(func(p *org.Proof) { p.Scopes, p.ScopesWhole = []string{"a"}, false }), put: true},
		{name: "another plan", held: &valid, now: with(func(p *org.Proof) { p.Plan = "Pro" }), put: true},
	} {
		put, changes := DiffProof(c.held, c.now, account)
		if put != c.put || texts(changes) != c.changes {
			t.Errorf("%s: put %v, changes %q", c.name, put, texts(changes))
		}
	}
}

func TestKeepProof(t *testing.T) {
	worked := time.Unix(1_700_000_000, 0)
	held := org.Proof{
		State: org.ProofValid, WorkedAt: worked, Scopes: []string{"a"}, ScopesBy: org.ScopesByProbes, ScopesAt: worked, ClientID: "client", Plan: "Pro",
	}
	got := KeepProof(held, org.Proof{State: org.ProofSuspended, Cause: "down"})
	if got.State != org.ProofSuspended || got.WorkedAt != worked || !got.ScopesKnown() || got.ClientID != "client" || got.Plan != "Pro" {
		t.Errorf("got %+v", got)
	}
	if got := KeepProof(held, org.Proof{ClientID: "other", ScopesBy: org.ScopesByGraphQL}); got.ClientID != "other" || len(got.Scopes) != 0 {
		t.Errorf("what was read anew is replaced: %+v", got)
	}
}

func TestDiffOwner(t *testing.T) {
	for _, c := range []struct {
		held, now string
		changes   int
	}{{"", "a@x.test", 0}, {"a@x.test", "", 0}, {"A@x.test", "a@X.test", 0}, {"a@x.test", "b@x.test", 1}} {
		if got := DiffOwner(c.held, c.now); len(got) != c.changes {
			t.Errorf("%q to %q: %+v", c.held, c.now, got)
		}
	}
}

func TestReadClient(t *testing.T) {
	for _, c := range []struct {
		name  string
		proof string
		hooks []org.Webhook
		want  string
	}{
		{"told", "client", nil, "client"},
		{"by its webhooks", "", []org.Webhook{{ClientID: "c"}, {ClientID: "c"}}, "c"},
		{"nothing shown", "", nil, ""},
		{"one without", "", []org.Webhook{{}, {ClientID: "c"}}, "c"},
		{"told, and its webhooks say nothing", "client", []org.Webhook{{}}, "client"},
		{"told of old, before it was another's", "client", []org.Webhook{{ClientID: "c"}, {ClientID: "c"}}, "c"},
		{"two clients", "", []org.Webhook{{ClientID: "c"}, {ClientID: "d"}}, ""},
	} {
		if got := ReadClient(org.Proof{ClientID: c.proof}, c.hooks); got != c.want {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}
