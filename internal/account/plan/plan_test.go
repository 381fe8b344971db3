package plan

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rollcall/internal/org"
)

func access(store string, left, tries int) org.Want {
	return org.Want{List: org.List{Kind: org.ListAccesses, Store: store}, Left: left, Tries: tries}
}

func TestBoundsOfOneRequest(t *testing.T) {
	var wants []org.Want
	for i := range 5000 {
		w := access(strings.Repeat("long id ", 8)+fmt.Sprint(i), 2, 0)
		w.After = strings.Repeat("cursor ", 20)
		wants = append(wants, w)
	}
	r := Next(Learned{}, wants)
	bytes := 0
	for _, op := range r.Ops {
		bytes += bytesOf(op)
	}
	if len(r.Ops) > maxAliases || bytes > maxBody || len(r.Ops) < 100 {
		t.Errorf("%d parts with %d bytes", len(r.Ops), bytes)
	}
	if again := Next(Learned{Aliases: 7}, wants); len(again.Ops) != 7 {
		t.Errorf("%d parts, want the 7 that were learned", len(again.Ops))
	}
}

func TestSimilarStoresShareAPart(t *testing.T) {
	var wants []org.Want
	for i := range 90 {
		wants = append(wants, access(fmt.Sprint(i), 20+i%2, 0))
	}
	r := Next(Learned{Limit: 100_000}, wants)
	if len(r.Ops) > 3 {
		t.Errorf("%d parts for 90 stores of 20 or 21 users, want 3 at most", len(r.Ops))
	}
}

func TestWhatFailedIsAskedInSmallerCompany(t *testing.T) {
	var wants []org.Want
	for i := range 60 {
		wants = append(wants, access(fmt.Sprint("s", i), 40, 0))
	}
	before := len(Next(Learned{}, wants).Lists())
	for tries := 1; tries <= alone; tries++ {
		for i := range wants {
			wants[i].Tries = tries
		}
		lists := len(Next(Learned{}, wants).Lists())
		if lists >= before && before > 1 {
			t.Errorf("after %d failures %d lists are asked together, before %d", tries, lists, before)
		}
		before = lists
	}
	if before != 1 {
		t.Errorf("%d lists at last, want 1", before)
	}
	wants[0].Tries = 0
	for _, list := range Next(Learned{}, wants).Lists() {
		if list.Store != "s0" {
			t.Errorf("%s, which failed, is asked together with s0, which did not", list.Store)
		}
	}
}

func TestTimeoutsShrinkRequestsAndAreForgiven(t *testing.T) {
	var wants []org.Want
	for i := range 200 {
		wants = append(wants, access(fmt.Sprint("s", i), 50, 0))
	}
	var l Learned
	failures := 0
	for range 120 { // a server that cannot do more than 1,000 users in time
		r := Next(l, wants)
		o := Outcome{Request: r}
		if r.UserSlots() > 1000 {
			failures++
			o.Failed, o.Slow, o.Kind = true, true, org.KindUnavailable
		}
		l = l.After(o)
	}
	if failures > 20 || l.users() > 1100 || l.users() < 400 {
		t.Errorf("%d of 120 requests timed out; now %d users", failures, l.users())
	}
	for range 60 { // now it can
		l = l.After(Outcome{Request: Next(l, wants)})
	}
	if l.users() != startUsers {
		t.Errorf("time-outs are not forgiven: %+v", l)
	}
}

func TestModelFollowsEitherFormula(t *testing.T) {
	for _, formula := range []string{"fields", "nodes"} {
		s := &server{variant: variant{cap: 50, formula: formula, limit: 4500}, stores: zipf(60, 300), people: 500, apps: 4}
		d := &run{server: s, apps: true}
		d.sync()
		d.sync()
		worst := 0.0
		for _, wants := range [][]org.Want{{access("a", 50, 0), access("b", 3, 0), access("c", 20, 0)}, {access("a", 7, 0)}} {
			r := Next(d.learned, wants)
			score := float64(s.score(r))
			worst = max(worst, math.Abs(d.learned.Model.score(r.features())-score)/score)
		}
		if worst > 0.05 {
			t.Errorf("%s: predictions are wrong by %.1f %%", formula, 100*worst)
		}
	}
}

// TestEverythingIsReadWhateverTheServerAllows also keeps what was learned as JSON between all requests.
func TestEverythingIsReadWhateverTheServerAllows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := variant{
			cap: rapid.IntRange(3, 300).Draw(t, "cap"), clamp: rapid.Bool().Draw(t, "clamp"), words: rapid.Bool().Draw(t, "words"),
			hidden: rapid.Bool().Draw(t, "hidden"), formula: rapid.SampledFrom([]string{"fields", "nodes"}).Draw(t, "formula"),
			limit: rapid.SampledFrom([]int{0, 400, 1700, 2500, 4500, 7777, 10_000, 60_000}).Draw(t, "limit"),
		}
		s := &server{
			variant: v, stores: rapid.SliceOfN(rapid.IntRange(0, 400), 1, 40).Draw(t, "stores"),
			people: rapid.IntRange(0, 600).Draw(t, "people"), apps: rapid.IntRange(0, 30).Draw(t, "apps"),
		}
		d := &run{server: s, apps: rapid.Bool().Draw(t, "apps too")}
		for range 2 {
			_, all, refused := d.sync()
			if open := slices.ContainsFunc(d.order, func(l org.List) bool { return !d.lists[l].done }); open || all > 20_000 {
				t.Fatalf("%s: not everything was read in %d requests (%d refused)", v, all, refused)
			}
			data, err := json.Marshal(d.learned)
			if err != nil {
				t.Fatal(err)
			}
			d.learned = Learned{}
			if err := json.Unmarshal(data, &d.learned); err != nil {
				t.Fatal(err)
			}
		}
	})
}
