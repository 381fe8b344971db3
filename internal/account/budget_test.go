package account_test

import (
	"fmt"
	"testing"

	"rollcall/internal/org"
	"rollcall/internal/sandbox"
)

// variant is one way in which the API may behave.
type variant struct {
	cap     int
	clamp   bool
	limit   int
	words   bool // refusals carry no numbers
	hidden  bool // no complexity header
	formula string
}

func (v variant) String() string {
	words := func(b bool, yes, no string) string {
		if b {
			return yes
		}
		return no
	}
	return fmt.Sprintf("cap%d-%s/limit%d-%s-%s-%s", v.cap, words(v.clamp, "clamp", "error"), v.limit,
		words(v.words, "words", "numbers"), words(v.hidden, "hidden", "header"), v.formula)
}

func (v variant) limits() sandbox.Limits {
	limits := sandbox.Limits{PageCap: v.cap, ComplexityLimit: v.limit, HideScore: v.hidden, ScoreFormula: v.formula}
	if v.clamp {
		limits.OverCap = "clamp"
	} else if v.words {
		limits.OverCap = "words"
	}
	if v.words {
		limits.ComplexityAnswer = "words"
	}
	return limits
}

var shapes = []struct {
	name  string
	shape sandbox.Shape
}{
	{"10x20", sandbox.Shape{Stores: 10, UsersPerStore: 20, Plain: true}},
	{"200 Zipf", sandbox.Shape{Stores: 200, Zipf: true, LargestStore: 2000, Plain: true}},
	{"1000x100", sandbox.Shape{Stores: 1000, UsersPerStore: 100, AccountUsers: 1500, Plain: true}},
}

// variants are the ways of the API that differ in what they cost. Package plan counts through all of them.
func variants() []variant {
	return []variant{
		{cap: 50, formula: "fields"},
		{cap: 50, clamp: true, formula: "fields"},
		{cap: 10, clamp: true, limit: 10_000, formula: "fields"},
		{cap: 50, limit: 10_000, formula: "fields"},
		{cap: 50, limit: 4_500, words: true, hidden: true, formula: "fields"},
		{cap: 100, limit: 2_500, formula: "fields"},
		{cap: 100, limit: 2_500, formula: "nodes"},
		{cap: 250, clamp: true, limit: 10_000, formula: "fields"},
		{cap: 250, limit: 4_500, words: true, formula: "nodes"},
	}
}

// measured is what two syncs of an account took, and the bounds of design 8: for the accesses with the list of stores,
// and for the sync, whose lists may share requests.
type measured struct {
	first, second int
	bound         sandbox.Bound
	accesses      bool // nothing else was read
}

func (m measured) lb() int {
	if m.accesses {
		return m.bound.Accesses.LB
	}
	return m.bound.Stores.LB + m.bound.Accesses.LB + m.bound.Members.LB
}

// longest is the largest bound of the lists beside the accesses.
func (m measured) longest() int {
	if m.accesses {
		return 0
	}
	return max(m.bound.Stores.LB, m.bound.Members.LB)
}

func (m measured) allowed() int { return max(m.lb()*11/10, m.lb()+1) }

func measure(t testing.TB, v variant, shape sandbox.Shape, accesses bool) measured {
	client, server := open(sandbox.Config{Shape: shape, Limits: v.limits()})
	uuid := server.UUIDs()[0]
	truth := server.Truth(uuid)
	d := newDriver(client, false)
	d.alone = accesses
	d.run(t)
	check(t, d, truth)
	m := measured{first: d.requests, bound: server.LowerBound(uuid, sandbox.BoundInput{}), accesses: accesses}
	d.run(t)
	check(t, d, truth)
	m.second = d.requests
	return m
}

// check compares what was read with the truth.
func check(t testing.TB, d *driver, truth sandbox.Truth) {
	t.Helper()
	for _, store := range truth.Stores {
		p := d.lists[org.List{Kind: org.ListAccesses, Store: store.ID}]
		if p == nil || p.err != "" || len(p.ids) != len(store.Accesses) {
			t.Fatalf("store %s: %+v, want %d accesses", store.ID, p, len(store.Accesses))
		}
	}
	if p := d.lists[org.List{Kind: org.ListAccountUsers}]; p != nil && (p.err != "" || len(p.ids) != len(truth.Users)) {
		t.Fatalf("account users: %d %s, want %d", len(p.ids), p.err, len(truth.Users))
	}
}

// BenchmarkBudget prints what variants take: go test ./internal/account -run x -bench Budget -benchtime 1x
func BenchmarkBudget(b *testing.B) {
	for _, s := range shapes {
		for _, v := range variants() {
			for _, accesses := range []bool{false, true} {
				name := s.name + "/" + v.String() + "/sync"
				if accesses {
					name = s.name + "/" + v.String() + "/accesses"
				}
				b.Run(name, func(b *testing.B) {
					for b.Loop() {
						m := measure(b, v, s.shape, accesses)
						b.ReportMetric(0, "ns/op")
						b.ReportMetric(float64(m.lb()), "LB")
						b.ReportMetric(float64(max(m.bound.Accesses.LB, m.longest())), "largest")
						b.ReportMetric(float64(m.first), "first")
						b.ReportMetric(float64(m.second), "second")
						b.ReportMetric(float64(m.second)/float64(m.lb()), "ratio")
					}
				})
			}
		}
	}
}

// TestBudget takes a sample against the local BigCommerce; package plan measures the whole matrix by counting.
func TestBudget(t *testing.T) {
	if testing.Short() {
		t.Skip("reads large accounts")
	}
	samples := [][]variant{{
		{50, false, 0, false, false, "fields"},
		{50, true, 10_000, false, false, "fields"},
		{50, false, 2_500, true, true, "fields"},
		{250, false, 4_500, true, false, "nodes"},
		{100, false, 2_500, true, true, "nodes"},
		{10, false, 10_000, true, false, "fields"},
	}, {
		{250, true, 10_000, false, false, "fields"}, {100, false, 4_500, true, true, "fields"},
	}, {
		{50, false, 0, false, false, "fields"},
	}}
	for i, s := range shapes {
		for _, v := range samples[i] {
			t.Run(s.name+"/"+v.String(), func(t *testing.T) {
				m := measure(t, v, s.shape, false)
				t.Logf("LB %d, first %d, second %d, ratio %.2f", m.lb(), m.first, m.second, float64(m.second)/float64(m.lb()))
				if m.first > m.allowed()+5 || m.second > m.allowed() {
					t.Errorf("first %d (budget %d), second %d (budget %d), LB %d", m.first, m.allowed()+5, m.second, m.allowed(), m.lb())
				}
				if s.name == "1000x100" && max(m.first, m.second) > 45 {
					t.Errorf("took %d and %d requests, want 45 at most", m.first, m.second)
				}
			})
		}
	}
}

// TestBudgetWithSubscriptions holds the named account to 45 requests for the accesses and 50 for all lists of the account.
func TestBudgetWithSubscriptions(t *testing.T) {
	if testing.Short() {
		t.Skip("reads a large account")
	}
	client, server := open(sandbox.Config{Shape: shapes[2].shape, Limits: sandbox.Limits{PageCap: 50}})
	uuid := server.UUIDs()[0]
	d := newDriver(client, false)
	d.bills = true
	for _, sync := range []string{"first", "second"} {
		d.run(t)
		check(t, d, server.Truth(uuid))
		p := d.lists[org.List{Kind: org.ListSubscriptions}]
		if want := len(server.Subscriptions(uuid)); p.err != "" || len(p.ids) != want || want < 300 {
			t.Errorf("%s: %d subscriptions %s, want %d", sync, len(p.ids), p.err, want)
		}
		t.Logf("%s: %d requests, %d with %d subscriptions", sync, d.accesses, d.requests, len(p.ids))
		if d.accesses > 45 || d.requests > 50 {
			t.Errorf("%s: took %d requests for the accesses and %d in all, want 45 and 50 at most", sync, d.accesses, d.requests)
		}
	}
}
