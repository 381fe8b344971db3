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
// what is there in full pages by the server's formula. Pages repeat one item at each seam, as design 4.4 demands.
func bound(v variant, truth sandbox.Truth) int {
	pages := max(v.pages(len(truth.Stores)), v.pages(len(truth.Users)))
	users, cost := 0, v.rows(len(truth.Stores), 6)+v.rows(len(truth.Users)+v.pages(len(truth.Users)), 8)
	for _, store := range truth.Stores {
		n := len(store.Accesses)
		users, pages = users+n, max(pages, v.pages(n))
		cost += v.rows(n+v.pages(n)-1, 12) + v.pages(n)*v.around()
	}
	lb := max(pages, ceil(users, 2500))
	if v.limit > 0 {
		lb = max(lb, ceil(cost, v.limit))
	}
	return lb
}

// pages is how many pages a list of n items has.
func (v variant) pages(n int) int {
	if n <= v.cap {
		return 1
	}
	return 1 + ceil(n-v.cap, v.cap-1)
}

// rows is what n rows of so many fields cost.
func (v variant) rows(n, fields int) int {
	if v.formula == "nodes" {
		return n
	}
	return n * fields
}

// around is what one page of a store costs beside its rows.
func (v variant) around() int {
	if v.formula == "nodes" {
		return 5
	}
	return 10
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

func measure(t testing.TB, v variant, shape sandbox.Shape) measured {
	client, server := open(sandbox.Config{Shape: shape, Limits: v.limits()})
	truth := server.Truth(server.UUIDs()[0])
	d := newDriver(client, false)
	d.run(t)
	check(t, d, truth)
	m := measured{first: d.requests, lb: bound(v, truth)}
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
	if p := d.lists[org.List{Kind: org.ListAccountUsers}]; p.err != "" || len(p.ids) != len(truth.Users) {
		t.Fatalf("account users: %d %s, want %d", len(p.ids), p.err, len(truth.Users))
	}
}

// BenchmarkBudget prints what every variant takes: go test ./internal/account -run x -bench Budget -benchtime 1x
func BenchmarkBudget(b *testing.B) {
	for _, s := range shapes {
		for _, v := range variants() {
			b.Run(s.name+"/"+v.String(), func(b *testing.B) {
				for b.Loop() {
					m := measure(b, v, s.shape)
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

// TestBudget takes a sample against the local BigCommerce; package plan measures the whole matrix by counting.
func TestBudget(t *testing.T) {
	if testing.Short() {
		t.Skip("reads large accounts")
	}
	samples := [][]variant{{
		{50, false, 0, false, false, "fields"}, {50, true, 10_000, false, false, "fields"}, {50, false, 2_500, true, true, "fields"},
		{250, false, 4_500, true, false, "nodes"}, {100, false, 2_500, true, true, "nodes"}, {10, false, 10_000, true, false, "fields"},
	}, {
		{250, true, 10_000, false, false, "fields"}, {100, false, 4_500, true, true, "fields"},
	}, {
		{50, false, 0, false, false, "fields"},
	}}
	for i, s := range shapes {
		for _, v := range samples[i] {
			t.Run(s.name+"/"+v.String(), func(t *testing.T) {
				m := measure(t, v, s.shape)
				t.Logf("LB %d, first %d, second %d, ratio %.2f", m.lb, m.first, m.second, float64(m.second)/float64(m.lb))
				if m.first > m.budget()+5 || m.second > m.budget() {
					t.Errorf("first %d (budget %d), second %d (budget %d), LB %d", m.first, m.budget()+5, m.second, m.budget(), m.lb)
				}
				if s.name == "1000x100" && max(m.first, m.second) > 45 {
					t.Errorf("took %d and %d requests, want 45 at most", m.first, m.second)
				}
			})
		}
	}
}
