package refresh

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rollcall/internal/org"
)

var storeUsers = org.List{Kind: org.ListAccesses, Store: "s"}

// pageOf makes a page from words: user ids, each with its own cursor "c" + id.
func pageOf(after string, total int, more bool, ids ...string) org.Page {
	page := org.Page{List: storeUsers, After: after, Total: total, HasNext: more}
	for _, id := range ids {
		page.Users = append(page.Users, org.StoreUser{Identity: org.Identity{APIID: id}})
		page.Cursors = append(page.Cursors, "c"+id)
		page.End = "c" + id
	}
	return page
}

func with(page org.Page, change func(*org.Page)) org.Page {
	change(&page)
	return page
}

func TestListing(t *testing.T) {
	type step struct {
		page  org.Page
		after string // expected cursor of the next page
	}
	const finished = "(finished)"
	tests := []struct {
		name    string
		had     int
		accept  bool
		steps   []step
		state   org.FacetState
		absence org.Absence
		got     string
		reason  string
	}{
		{
			"one page, total agrees", -1, false,
			[]step{{pageOf("", 3, false, "a", "b", "c"), finished}},
			org.FacetComplete, org.AbsenceProven, "a b c", "",
		},
		{
			"one page without a total", 5, false,
			[]step{{pageOf("", -1, false, "a", "b"), finished}},
			org.FacetComplete, org.AbsenceProven, "a b", "",
		},
		{
			"two pages that overlap, total agrees", 4, false,
			[]step{{pageOf("", 4, true, "a", "b", "c"), "cb"}, {pageOf("cb", 4, false, "c", "d"), finished}},
			org.FacetComplete, org.AbsenceProven, "a b c d", "",
		},
		{
			"two pages that overlap, no total: likely only", 4, false,
			[]step{{pageOf("", -1, true, "a", "b", "c"), "cb"}, {pageOf("cb", -1, false, "c", "d"), finished}},
			org.FacetComplete, org.AbsenceLikely, "a b c d", "",
		},
		{
			"seam fails, second read is whole", 4, false,
			[]step{
				{pageOf("", 4, true, "a", "b", "c"), "cb"},
				{pageOf("cb", 3, false, "d"), ""},
				{pageOf("", 3, true, "b", "c"), "cb"},
				{pageOf("cb", 3, false, "c", "d"), finished},
			},
			org.FacetComplete, org.AbsenceProven, "b c d", "",
		},
		{
			"seam fails both times, the same users", 4, false,
			[]step{
				{pageOf("", 4, true, "a", "b"), "ca"},
				{pageOf("ca", 4, false, "c", "d"), ""},
				{pageOf("", 4, true, "a", "b"), "ca"},
				{pageOf("ca", 4, false, "c", "d"), finished},
			},
			org.FacetComplete, org.AbsenceProven, "a b c d", "",
		},
		{
			"seam fails both times, the same users, no total: no proof", 4, false,
			[]step{
				{pageOf("", -1, true, "a", "b"), "ca"},
				{pageOf("ca", -1, false, "c", "d"), ""},
				{pageOf("", -1, true, "a", "b"), "ca"},
				{pageOf("ca", -1, false, "c", "d"), finished},
			},
			org.FacetComplete, org.AbsenceLikely, "a b c d", "",
		},
		{
			"the list breaks off at a seam both times", 9, false,
			[]step{
				{pageOf("", -1, true, "a", "b"), "ca"},
				{pageOf("ca", -1, false), ""},
				{pageOf("", -1, true, "a", "b"), "ca"},
				{pageOf("ca", -1, false), finished},
			},
			org.FacetIncomplete, org.AbsenceNone, "a b", "broke off",
		},
		{
			"seam fails both times, other users: everybody seen is kept, nothing is proven", 5, false,
			[]step{
				{pageOf("", 4, true, "a", "b"), "ca"},
				{pageOf("ca", 4, false, "d", "e"), ""},
				{pageOf("", 4, true, "b", "c"), "cb"},
				{pageOf("cb", 4, false, "e", "f"), finished},
			},
			org.FacetIncomplete, org.AbsenceNone, "a b c d e f", "moved",
		},
		{
			"total disagrees once", 3, false,
			[]step{{pageOf("", 3, false, "a", "b"), ""}, {pageOf("", 3, false, "a", "b", "c"), finished}},
			org.FacetComplete, org.AbsenceProven, "a b c", "",
		},
		{
			"total below what two reads found", 3, false,
			[]step{{pageOf("", 1, false, "a", "b"), ""}, {pageOf("", 1, false, "a", "b"), finished}},
			org.FacetComplete, org.AbsenceProven, "a b", "BigCommerce counts 1",
		},
		{
			"total above what two reads found: absence is likely only", 3, false,
			[]step{{pageOf("", 3, false, "a", "b"), ""}, {pageOf("", 3, false, "a", "b"), finished}},
			org.FacetComplete, org.AbsenceLikely, "a b", "BigCommerce counts 3",
		},
		{
			"totals accepted as wrong: one page", 3, true,
			[]step{{pageOf("", 7, false, "a", "b"), finished}},
			org.FacetComplete, org.AbsenceProven, "a b", "",
		},
		{
			"totals accepted as wrong: two pages", 3, true,
			[]step{{pageOf("", 7, true, "a", "b"), "ca"}, {pageOf("ca", 7, false, "b", "c"), finished}},
			org.FacetComplete, org.AbsenceLikely, "a b c", "",
		},
		{
			"empty with total 0", 3, false,
			[]step{{pageOf("", 0, false), finished}},
			org.FacetComplete, org.AbsenceProven, "", "",
		},
		{
			"empty without total, had none", 0, false,
			[]step{{pageOf("", -1, false), finished}},
			org.FacetComplete, org.AbsenceProven, "", "",
		},
		{
			"empty without total, had some: believed the second time, but no proof", 3, false,
			[]step{{pageOf("", -1, false), ""}, {pageOf("", -1, false), finished}},
			org.FacetComplete, org.AbsenceLikely, "", "",
		},
		{
			"empty without total, had some: the second read shows them", 3, false,
			[]step{{pageOf("", -1, false), ""}, {pageOf("", -1, false, "a"), finished}},
			org.FacetComplete, org.AbsenceProven, "a", "",
		},
		{
			"edges null with total 0", 3, false,
			[]step{{with(pageOf("", 0, false), func(p *org.Page) { p.NoEdges = true }), finished}},
			org.FacetComplete, org.AbsenceProven, "", "",
		},
		{
			"edges null", -1, false,
			[]step{
				{with(pageOf("", 4, true), func(p *org.Page) { p.NoEdges = true }), ""},
				{with(pageOf("", 4, true), func(p *org.Page) { p.NoEdges = true }), finished},
			},
			org.FacetFailed, org.AbsenceNone, "", "no list",
		},
		{
			"null edge heals", -1, false,
			[]step{
				{with(pageOf("", 2, false, "a"), func(p *org.Page) { p.NullEdges = 1 }), ""},
				{pageOf("", 2, false, "a", "b"), finished},
			},
			org.FacetComplete, org.AbsenceProven, "a b", "",
		},
		{
			"null edge stays, though total and both reads agree", -1, false,
			[]step{
				{with(pageOf("", 1, false, "a"), func(p *org.Page) { p.NullEdges = 1 }), ""},
				{with(pageOf("", 1, false, "a"), func(p *org.Page) { p.NullEdges = 1 }), finished},
			},
			org.FacetIncomplete, org.AbsenceNone, "a", "1 entry of the list failed",
		},
		{
			"a repeated id", -1, false,
			[]step{
				{pageOf("", 3, true, "a", "b", "c"), "cb"},
				{pageOf("cb", 3, false, "c", "a"), ""},
				{pageOf("", 3, false, "a", "b", "c"), finished},
			},
			org.FacetComplete, org.AbsenceProven, "a b c", "",
		},
		{
			"page 1 again", -1, false,
			[]step{
				{pageOf("", -1, true, "a", "b", "c"), "cb"},
				{pageOf("cb", -1, true, "a", "b", "c"), ""},
				{pageOf("", -1, true, "a", "b", "c"), "cb"},
				{pageOf("cb", -1, true, "a", "b", "c"), finished},
			},
			org.FacetIncomplete, org.AbsenceNone, "a b c", "came twice",
		},
		{
			"the same cursor again", -1, false,
			[]step{
				{pageOf("", -1, true, "a", "b", "c"), "cb"},
				{with(pageOf("cb", -1, true, "c", "d"), func(p *org.Page) { p.Cursors[0] = "cb" }), ""},
				{pageOf("", 4, false, "a", "b", "c", "d"), finished},
			},
			org.FacetComplete, org.AbsenceProven, "a b c d", "",
		},
		{
			"more pages but no cursor", -1, false,
			[]step{
				{with(pageOf("", 9, true, "a", "b"), func(p *org.Page) { p.Cursors, p.End = []string{"", ""}, "" }), ""},
				{with(pageOf("", 9, true, "a", "b"), func(p *org.Page) { p.Cursors, p.End = []string{"", ""}, "" }), finished},
			},
			org.FacetIncomplete, org.AbsenceNone, "a b", "no cursor",
		},
		{
			"one item with more to come: the page is asked for again", -1, false,
			[]step{{pageOf("", 3, true, "a"), ""}, {pageOf("", 3, false, "a", "b", "c"), finished}},
			org.FacetComplete, org.AbsenceProven, "a b c", "",
		},
		{
			"pages of one item only: no overlap, so no proof", -1, false,
			[]step{
				{pageOf("", 2, true, "a"), ""},
				{pageOf("", 2, true, "a"), "ca"},
				{pageOf("ca", 2, false, "b"), finished},
			},
			org.FacetComplete, org.AbsenceLikely, "a b", "",
		},
		{
			"an empty page in between", -1, false,
			[]step{
				{pageOf("", 3, true, "a", "b"), "ca"},
				{pageOf("ca", 3, true, "b", "c"), "cb"},
				{with(pageOf("cb", 3, true, "c"), func(p *org.Page) { p.End = "x" }), "cb"},
				{with(pageOf("cb", 3, true, "c"), func(p *org.Page) { p.End = "x" }), "x"},
				{with(pageOf("x", 3, true), func(p *org.Page) { p.End = "y" }), "y"},
				{pageOf("y", 3, false), finished},
			},
			org.FacetComplete, org.AbsenceLikely, "a b c", "",
		},
		{
			"empty pages with the same cursor", -1, false,
			[]step{
				{with(pageOf("", -1, true), func(p *org.Page) { p.End = "x" }), "x"},
				{with(pageOf("x", -1, true), func(p *org.Page) { p.End = "x" }), ""},
				{with(pageOf("", -1, true), func(p *org.Page) { p.End = "x" }), "x"},
				{with(pageOf("x", -1, true), func(p *org.Page) { p.End = "x" }), finished},
			},
			org.FacetFailed, org.AbsenceNone, "", "same cursor",
		},
		{
			"a page that is refused for its cursor begins the list anew", -1, false,
			[]step{
				{pageOf("", 3, true, "a", "b"), "ca"},
				{with(pageOf("ca", -1, false), func(p *org.Page) { p.Problem = "Bad cursor." }), ""},
				{pageOf("", 3, false, "a", "b", "c"), finished},
			},
			org.FacetComplete, org.AbsenceProven, "a b c", "",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newListing(storeUsers, test.had, test.accept)
			for i, s := range test.steps {
				if !l.expects(s.page) {
					t.Fatalf("page %d after %q is not expected, but %q (finished: %v)", i, s.page.After, l.now().next, l.done())
				}
				l.add(s.page)
				if got := after(l); got != s.after {
					t.Fatalf("after page %d the listing wants %q, want %q", i, got, s.after)
				}
			}
			out := l.outcome()
			if out.state != test.state || out.absence != test.absence || idsOf(out.items) != test.got {
				t.Errorf("got %s, absence %d, %q (%s), want %s, %d, %q", out.state, out.absence, idsOf(out.items), out.reason, test.state, test.absence, test.got)
			}
			if !strings.Contains(out.reason, test.reason) || test.reason == "" && out.reason != "" {
				t.Errorf("reason %q, want %q", out.reason, test.reason)
			}
		})
	}
}

func after(l *listing) string {
	if l.done() {
		return "(finished)"
	}
	return l.want().After
}

func idsOf(page org.Page) string {
	var ids []string
	for i := range page.Len() {
		ids = append(ids, page.ItemID(i))
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

func TestListingLeft(t *testing.T) {
	tests := []struct {
		name  string
		had   int
		pages []org.Page
		want  int
	}{
		{"nobody knows", -1, nil, -1},
		{"as many as history holds", 40, nil, 40},
		{"never none, for growth must show", 0, nil, 1},
		{"by the total, and one for the seam", 40, []org.Page{pageOf("", 6, true, "a", "b")}, 5},
		{"by history, and one for the seam", 4, []org.Page{pageOf("", -1, true, "a", "b")}, 3},
		{"more than history holds", 2, []org.Page{pageOf("", -1, true, "a", "b")}, -1},
		{"second read: as many as the first", -1, []org.Page{pageOf("", -1, true, "a", "b"), pageOf("ca", -1, false, "c")}, 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newListing(storeUsers, test.had, false)
			for _, page := range test.pages {
				l.add(page)
			}
			if got := l.want().Left; got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func TestListingGivenUpKeepsWhatCame(t *testing.T) {
	l := newListing(storeUsers, -1, false)
	l.giveUp("down")
	if out := l.outcome(); out.state != org.FacetFailed || out.reason != "down" {
		t.Errorf("got %+v", out)
	}
	l = newListing(storeUsers, -1, false)
	l.add(pageOf("", 9, true, "a", "b"))
	l.giveUp("down")
	if out := l.outcome(); out.state != org.FacetIncomplete || out.absence != org.AbsenceNone || idsOf(out.items) != "a b" || out.expected != 9 {
		t.Errorf("got %+v", out)
	}
}

func TestListingThatNeverEndsIsStopped(t *testing.T) {
	l := newListing(storeUsers, -1, false)
	for i := range 2 * (maxIdle + 2) {
		if l.done() {
			break
		}
		page := pageOf(l.want().After, -1, true)
		page.End = fmt.Sprint(i)
		l.add(page)
	}
	if out := l.outcome(); !l.done() || out.state != org.FacetFailed || !strings.Contains(out.reason, "does not come to an end") {
		t.Errorf("done %v, %+v", l.done(), out)
	}
}

// TestListingNeverProvesAbsenceOfThePresent lets a list change between its pages in every way, served with cursors of
// both kinds. Whoever was there all the time must be in a read that claims to prove absences.
func TestListingNeverProvesAbsenceOfThePresent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		server := newMovingList(t)
		l := newListing(storeUsers, rapid.IntRange(-1, 30).Draw(t, "had"), rapid.Bool().Draw(t, "accept"))
		for range 200 {
			if l.done() {
				break
			}
			l.add(server.serve(t, l.want()))
			server.move(t)
		}
		if !l.done() {
			t.Fatal("the list does not come to an end")
		}
		out := l.outcome()
		for id := range server.steady {
			if out.absence == org.AbsenceProven && !l.held(out, id) {
				t.Fatalf("%s was there all the time, but its absence counts as proven: %v", id, out)
			}
		}
		ids := map[string]bool{}
		for i := range out.items.Len() {
			if id := out.items.ItemID(i); ids[id] {
				t.Fatalf("%s comes twice", id)
			} else if ids[id] = true; !server.ever[id] {
				t.Fatalf("%s never existed", id)
			}
		}
	})
}

func (l *listing) held(out outcome, id string) bool {
	return slices.ContainsFunc(out.items.Users, func(u org.StoreUser) bool { return u.APIID == id })
}

// TestListingIsAFold replays the pages of a listing and must come to the same place: that is what a killed sync does.
func TestListingIsAFold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		server := newMovingList(t)
		l := newListing(storeUsers, 5, false)
		var staged []org.Page
		for range 200 {
			again := newListing(storeUsers, 5, false)
			for _, page := range staged {
				again.add(page)
			}
			if l.done() != again.done() || !l.done() && l.want() != again.want() {
				t.Fatalf("replayed to %+v, want %+v", again.want(), l.want())
			}
			if l.done() {
				return
			}
			staged = append(staged, server.serve(t, l.want()))
			l.add(staged[len(staged)-1])
			server.move(t)
		}
	})
}

// movingList is a list that changes while it is read.
type movingList struct {
	ids    []int
	size   int
	offset bool // cursors hold a position, else a key
	totals bool
	moves  int
	steady map[string]bool // there from the first to the last page
	ever   map[string]bool
}

func newMovingList(t *rapid.T) *movingList {
	s := &movingList{steady: map[string]bool{}, ever: map[string]bool{}}
	s.size = rapid.IntRange(1, 5).Draw(t, "page size")
	s.offset = rapid.Bool().Draw(t, "offset cursors")
	s.totals = rapid.Bool().Draw(t, "totals")
	s.moves = rapid.IntRange(0, 6).Draw(t, "moves")
	for i := range rapid.IntRange(0, 20).Draw(t, "users") {
		s.ids = append(s.ids, 10+i*10)
		s.steady[name(10+i*10)], s.ever[name(10+i*10)] = true, true
	}
	return s
}

func name(n int) string { return fmt.Sprintf("u%04d", n) }

func (s *movingList) serve(t *rapid.T, want org.Want) org.Page {
	page := org.Page{List: want.List, After: want.After, Total: -1}
	if s.totals {
		page.Total = len(s.ids)
	}
	from := 0
	if want.After != "" {
		var at int
		if _, err := fmt.Sscanf(want.After, "c%d", &at); err != nil {
			t.Fatalf("cursor %q", want.After)
		}
		if from = at; !s.offset {
			from, _ = slices.BinarySearch(s.ids, at+1)
		}
	}
	from = min(from, len(s.ids))
	to := min(len(s.ids), from+s.size)
	page.HasNext = to < len(s.ids)
	for i := from; i < to; i++ {
		cursor := fmt.Sprintf("c%d", s.ids[i])
		if s.offset {
			cursor = fmt.Sprintf("c%d", i+1)
		}
		page.Users = append(page.Users, org.StoreUser{Identity: org.Identity{APIID: name(s.ids[i])}})
		page.Cursors, page.End = append(page.Cursors, cursor), cursor
	}
	return page
}

// move adds or removes a few users between two pages.
func (s *movingList) move(t *rapid.T) {
	for s.moves > 0 && rapid.IntRange(0, 2).Draw(t, "move") == 0 {
		s.moves--
		if len(s.ids) > 0 && rapid.Bool().Draw(t, "remove") {
			i := rapid.IntRange(0, len(s.ids)-1).Draw(t, "which")
			delete(s.steady, name(s.ids[i]))
			s.ids = slices.Delete(s.ids, i, i+1)
			continue
		}
		id := rapid.IntRange(1, 300).Draw(t, "id")
		if i, found := slices.BinarySearch(s.ids, id); !found && !s.ever[name(id)] {
			s.ids = slices.Insert(s.ids, i, id)
			s.ever[name(id)] = true
		}
	}
}

// TestTotalThatWasWrong proves nothing by a total that did not match the last time, and everything again once it does
// with nobody missing.
func TestTotalThatWasWrong(t *testing.T) {
	tests := []struct {
		name    string
		had     int
		pages   []org.Page
		absence org.Absence
	}{
		{"one page lacks an entry, and the total agrees", 2, []org.Page{pageOf("", 1, false, "a"), pageOf("", 1, false, "a")}, org.AbsenceLikely},
		{"empty with a total of 0", 1, []org.Page{pageOf("", 0, false), pageOf("", 0, false)}, org.AbsenceLikely},
		{"all are there", 2, []org.Page{pageOf("", 2, false, "a", "b")}, org.AbsenceProven},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newListing(storeUsers, test.had, false)
			l.off = true
			for _, page := range test.pages {
				if !l.expects(page) {
					t.Fatalf("the listing does not expect another page: %+v", l.outcome())
				}
				l.add(page)
			}
			if out := l.outcome(); !l.done() || out.state != org.FacetComplete || out.absence != test.absence {
				t.Errorf("done %v, %s, absence %d, want %d", l.done(), out.state, out.absence, test.absence)
			}
		})
	}
}

// TestAListIsAsOldAsItsFirstPage dates a list from its first page on, and to the last one of what it shows.
func TestAListIsAsOldAsItsFirstPage(t *testing.T) {
	at := func(minute int, page org.Page) org.Page {
		page.At = time.Date(2026, 1, 5, 2, minute, 0, 0, time.UTC)
		return page
	}
	tests := []struct {
		name     string
		pages    []org.Page
		state    org.FacetState
		from, to int
	}{
		{"one page", []org.Page{at(1, pageOf("", 2, false, "a", "b"))}, org.FacetComplete, 1, 1},
		{"the second read counts", []org.Page{at(1, pageOf("", 3, false, "a", "b")), at(2, pageOf("", 3, false, "a", "b"))}, org.FacetComplete, 2, 2},
		{"both reads count", []org.Page{at(1, pageOf("", 3, false, "a", "b")), at(2, pageOf("", 3, false, "a", "c"))}, org.FacetIncomplete, 1, 2},
	}
	for _, test := range tests {
		l := newListing(storeUsers, -1, false)
		for _, page := range test.pages {
			l.add(page)
		}
		out := l.outcome()
		if !l.done() || out.state != test.state || out.from.Minute() != test.from || out.to.Minute() != test.to {
			t.Errorf("%s: %s from %v to %v", test.name, out.state, out.from, out.to)
		}
	}
	l := newListing(storeUsers, -1, false)
	l.add(at(1, pageOf("", 3, true, "a", "b")))
	if l.add(at(9, pageOf(l.now().next, 3, false, "b", "c"))); !l.done() {
		t.Fatal("the list is not at its end")
	}
	if out := l.outcome(); out.state != org.FacetComplete || out.from.Minute() != 1 || out.to.Minute() != 9 {
		t.Errorf("two pages: %s from %v to %v", out.state, out.from, out.to)
	}
}
