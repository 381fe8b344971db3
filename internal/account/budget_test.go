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

// bound is the lower bound of requests (design 8): the longest chain of pages, the users per request, and the cost of
// the actual users in full pages by the server's formula.
func bound(v variant, truth sandbox.Truth) int {
	users, chain, cost := 0, max(ceil(len(truth.Stores), v.cap), ceil(len(truth.Users), v.cap)), 0
	for _, store := range truth.Stores {
		n := len(store.Accesses)
		users += n
		chain = max(chain, ceil(n, v.cap))
		cost += v.cost(n)
	}
	lb := max(chain, ceil(users, 2500))
	if v.limit > 0 {
		lb = max(lb, ceil(cost, v.limit))
	}
	return lb
}

// cost is what reading n users of one store costs, in full pages.
func (v variant) cost(n int) int {
	if v.formula == "nodes" {
		return n + ceil(n, v.cap)*(2+2+1)
	}
	return 12*n + ceil(n, v.cap)*11
}

func ceil(a, b int) int { return (a + b - 1) / b }

func variants() []variant {
	var all []variant
	for _, cap := range []int{10, 50, 100, 250} {
		for _, clamp := range []bool{false, true} {
			for _, limit := range []int{0, 10_000, 4_500, 2_500} {
				for _, words := range []bool{false, true} {
					for _, hidden := range []bool{false, true} {
						for _, formula := range []string{"fields", "nodes"} {
							all = append(all, variant{cap, clamp, limit, words, hidden, formula})
						}
					}
				}
			}
		}
	}
	return all
}

// measured is what two syncs of an account took.
type measured struct{ first, second, lb int }

func (m measured) budget() int { return max(m.lb*11/10, m.lb+1) }

func measure(t testing.TB, v variant, shape sandbox.Shape, apps bool) measured {
	client, server := open(sandbox.Config{Shape: shape, Limits: v.limits()})
	truth := server.Truth(server.UUIDs()[0])
	d := newDriver(client, apps)
	d.run(t)
	check(t, d, truth)
	m := measured{first: d.accesses, lb: bound(v, truth)}
	d.run(t)
	check(t, d, truth)
	m.second = d.accesses
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
	if p := d.lists[org.List{Kind: org.ListAccountUsers}]; p.err != "" || len(p.ids) != len(truth.Users) {
		t.Fatalf("account users: %d %s, want %d", len(p.ids), p.err, len(truth.Users))
	}
}

// BenchmarkBudget prints what every variant takes: go test ./internal/account -run x -bench Budget
func BenchmarkBudget(b *testing.B) {
	for _, s := range shapes {
		for _, v := range variants() {
			b.Run(s.name+"/"+v.String(), func(b *testing.B) {
				for b.Loop() {
					m := measure(b, v, s.shape, false)
					b.ReportMetric(0, "ns/op")
					b.ReportMetric(float64(m.lb), "LB")
					b.ReportMetric(float64(m.first), "first")
					b.ReportMetric(float64(m.second), "second")
					b.ReportMetric(float64(m.second)/float64(m.lb), "ratio")
				}
			})
		}
	}
}

func TestBudget(t *testing.T) {
	for _, s := range shapes {
		for _, v := range []variant{
			{50, false, 0, false, false, "fields"}, {50, true, 10_000, false, false, "fields"}, {50, false, 2_500, true, true, "fields"},
			{250, false, 4_500, true, false, "nodes"}, {100, false, 2_500, true, true, "nodes"}, {250, true, 10_000, false, false, "fields"},
			{10, false, 10_000, true, false, "fields"}, {10, true, 0, false, false, "nodes"},
		} {
			t.Run(s.name+"/"+v.String(), func(t *testing.T) {
				m := measure(t, v, s.shape, false)
				t.Logf("LB %d, first %d, second %d, ratio %.2f", m.lb, m.first, m.second, float64(m.second)/float64(m.lb))
				if m.first > m.budget()+5 || m.second > m.budget() {
					t.Errorf("first %d (budget %d), second %d (budget %d), LB %d", m.first, m.budget()+5, m.second, m.budget(), m.lb)
				}
			})
		}
	}
}
