package refresh

import (
	"fmt"
	"slices"
	"time"

	"rollcall/internal/org"
)

// Bounds of one list. A list that needs more is not believed.
const (
	maxIdle  = 20     // pages without anything new, one after the other
	maxPages = 20_000 // pages altogether
)

// listing assembles one list from its pages and judges what they prove (design 4.4). It is a pure fold over pages:
// the same pages in the same order always give the same listing, so a killed sync rebuilds it from what was staged.
// A list that gives reason for doubt is read a second time from its start; both reads belong to the same listing.
type listing struct {
	list   org.List
	had    int  // items that history holds; -1 when it never read the list completely
	accept bool // totals of this account are known to be wrong and are not asked for proof
	off    bool // the list's total did not match before, so one that matches fewer items than history holds proves nothing
	reads  []*read
	given  string // why the sync gave up on the list; empty while it goes on
}

// newListing begins an empty list.
func newListing(list org.List, had int, accept bool) *listing {
	return &listing{list: list, had: had, accept: accept, reads: []*read{newRead()}}
}

// now is the read that goes on.
func (l *listing) now() *read { return l.reads[len(l.reads)-1] }

// expects tells whether page is the one that the listing waits for.
func (l *listing) expects(page org.Page) bool {
	return !l.done() && page.List == l.list && page.After == l.now().next
}

// add takes the page that the listing expects. A page with a Problem is a gap that ends the read.
func (l *listing) add(page org.Page) {
	r := l.now()
	if page.Problem != "" {
		r.stop(page.Problem)
	} else {
		r.add(page)
	}
	if r.ended && len(l.reads) == 1 && l.judge(r).doubt != "" {
		l.reads = append(l.reads, newRead())
	}
}

// giveUp ends the list for a reason that reading on would not change.
func (l *listing) giveUp(reason string) { l.given = reason }

// done tells whether the list needs no further page.
func (l *listing) done() bool { return l.given != "" || l.now().ended }

// again tells whether the list is being read for the second time.
func (l *listing) again() bool { return len(l.reads) > 1 }

// started tells whether any page came.
func (l *listing) started() bool { return l.reads[0].pages > 0 || l.now().pages > 0 }

// want is the next page.
func (l *listing) want() org.Want {
	return org.Want{List: l.list, After: l.now().next, Left: l.left()}
}

// left is how many items remain, the repeated one at a seam included; -1 when nobody can know.
func (l *listing) left() int {
	r := l.now()
	all := l.had
	if l.again() {
		all = l.reads[0].size()
	}
	if total := max(r.total, l.reads[0].total); total >= 0 && !l.accept {
		all = total
	}
	switch {
	case all < 0:
		return -1
	case r.pages == 0:
		return max(all, 1)
	case all <= r.size():
		return -1
	}
	left := all - r.size()
	if r.seam != "" {
		left++
	}
	return left
}

// outcome is the finished list.
type outcome struct {
	state    org.FacetState
	absence  org.Absence
	expected int
	reason   string // plain words; empty when all is well
	items    org.Page
	from, to time.Time // when the first and the last page of what the items show came
}

// outcome judges the finished list.
func (l *listing) outcome() outcome {
	r := l.now()
	verdict := l.judge(r)
	if l.given != "" {
		verdict = judgement{doubt: l.given}
	}
	if l.again() && l.given == "" && l.agrees() {
		verdict = l.confirmed()
	}
	out := outcome{
		state: org.FacetComplete, absence: verdict.absence, expected: r.total, items: r.items, reason: verdict.note, from: r.from, to: r.to,
	}
	if verdict.doubt != "" {
		out.state, out.absence, out.reason = org.FacetIncomplete, org.AbsenceNone, verdict.doubt
		out.items, out.from = l.union(), l.began()
		if out.items.Len() == 0 { // a list in doubt that shows nothing must not look like an empty one
			out.state = org.FacetFailed
		}
	}
	if out.expected < 0 {
		out.expected = l.reads[0].total
	}
	return out
}

// agrees tells whether both reads went to the end without a gap and hold the same items.
func (l *listing) agrees() bool {
	a, b := l.reads[0], l.reads[1]
	return a.lack() == "" && b.lack() == "" && a.ended && b.ended && a.sameItems(b)
}

// confirmed is the judgement of a list that two complete reads show alike. That alone proves no absence yet where two
// reads could lack the same items: when the API counts more than it lists, when a list that held something came empty,
// and when seams failed without a total that agrees.
func (l *listing) confirmed() judgement {
	r := l.now()
	counted := !l.accept && r.total >= 0
	out := judgement{absence: org.AbsenceProven}
	if counted && r.total != r.size() {
		out.note = fmt.Sprintf("BigCommerce counts %d; two complete reads found the same %d.", r.total, r.size())
	}
	empty := r.size() == 0 && l.had > 0 && (r.total != 0 || l.accept)
	if empty || l.lostByWrongTotal(r) || counted && r.total > r.size() || r.broken && !(counted && r.total == r.size()) {
		out.absence = org.AbsenceLikely
	}
	return out
}

// union is everything that any read showed; the newer read wins.
func (l *listing) union() org.Page {
	if !l.again() {
		return l.now().items
	}
	all := newRead()
	for _, r := range slices.Backward(l.reads) {
		all.take(r.items, 0)
	}
	return all.items
}

// began is when the first page of any read came.
func (l *listing) began() time.Time {
	if first := l.reads[0].from; !first.IsZero() {
		return first
	}
	return l.now().from
}

// judgement is what one read proves. A doubt means that it proves nothing.
type judgement struct {
	absence org.Absence
	doubt   string
	note    string
}

func (l *listing) judge(r *read) judgement {
	switch {
	case r.lack() != "":
		return judgement{doubt: r.lack()}
	case r.broken:
		return judgement{doubt: "The list moved while it was being read."}
	case !l.accept && r.total >= 0 && r.total != r.size():
		return judgement{doubt: fmt.Sprintf("BigCommerce counts %d but lists %d.", r.total, r.size())}
	case r.size() == 0 && l.had > 0 && (r.total != 0 || l.accept):
		return judgement{doubt: "The list came empty without a total that says so."}
	case l.lostByWrongTotal(r):
		return judgement{doubt: "The list lacks entries, and its total did not match the last time."}
	case r.onePage:
		return judgement{absence: org.AbsenceProven}
	case r.unseamed || r.total < 0 || l.accept:
		return judgement{absence: org.AbsenceLikely}
	}
	return judgement{absence: org.AbsenceProven}
}

// lostByWrongTotal tells whether a total says that items are gone which was wrong the last time.
func (l *listing) lostByWrongTotal(r *read) bool {
	return l.off && r.total >= 0 && r.size() < l.had
}
