package plan

import (
	"testing"

	"rollcall/internal/org"
)

// TestCursorsAreLeftOutWhereTheyCost: only where complexity is limited and counts fields, where not everything fits
// anyway, where the end of a list is in sight, and not again after a page was outgrown.
func TestCursorsAreLeftOutWhereTheyCost(t *testing.T) {
	var wants []org.Want
	for i := range 60 {
		w := access(string(rune('a'+i)), 40, 0)
		wants = append(wants, w)
	}
	nodes := Model{}.observe(Request{Ops: []Op{{Kind: org.ListAccesses, Stores: []string{"a"}, First: 40}}}.features(), 47)
	for _, test := range []struct {
		name    string
		learned Learned
		tries   int
		count   int
		final   bool
	}{
		{"no limit", Learned{}, 0, 60, false},
		{"a limit of fields", Learned{Limit: 2500}, 0, 60, true},
		{"a limit of nodes", Learned{Limit: 1000, Model: nodes}, 0, 60, false},
		{"everything fits", Learned{Limit: 2500}, 0, 3, false},
		{"outgrown", Learned{Limit: 2500}, 1, 60, false},
	} {
		some := wants[:test.count]
		for i := range some {
			some[i].Tries = test.tries
		}
		r := Next(test.learned, some)
		if r.Ops[0].Final != test.final {
			t.Errorf("%s: %+v", test.name, r.Ops[0])
		}
	}
}
