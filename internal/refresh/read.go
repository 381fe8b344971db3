package refresh

import (
	"fmt"
	"time"

	"rollcall/internal/org"
)

// read is one pass over a list from its first page to its end.
type read struct {
	items  org.Page // everything that came, each id once; only the item slices are used
	at     map[string]bool
	total  int // the newest total that was given; -1 when none was
	pages  int
	idle   int             // pages without anything new, one after the other
	asked  map[string]bool // cursors that pages were asked with
	next   string          // cursor of the next page
	seam   string          // id with which the next page must begin; empty when none is known
	repeat bool            // the next page is asked for a second time, because it held one item only

	ended    bool
	onePage  bool
	unseamed bool      // somewhere the next page could not be tied to the one before
	broken   bool      // a seam did not match
	gap      string    // why items are missing for certain
	failed   int       // entries that failed at BigCommerce
	from, to time.Time // when the first and the newest page came
}

func newRead() *read {
	return &read{at: map[string]bool{}, asked: map[string]bool{"": true}, total: -1}
}

func (r *read) size() int { return len(r.at) }

func (r *read) sameItems(other *read) bool {
	if r.size() != other.size() {
		return false
	}
	for id := range r.at {
		if !other.at[id] {
			return false
		}
	}
	return true
}

// stop ends the read with a gap. The first reason stands.
func (r *read) stop(reason string) {
	r.ended = true
	r.miss(reason)
}

// lack is why items are missing for certain; empty when none are.
func (r *read) lack() string {
	switch {
	case r.gap != "":
		return r.gap
	case r.failed == 1:
		return "1 entry of the list failed at BigCommerce."
	case r.failed > 1:
		return fmt.Sprintf("%d entries of the list failed at BigCommerce.", r.failed)
	}
	return ""
}

func (r *read) miss(reason string) {
	if r.gap == "" {
		r.gap = reason
	}
}

// add takes the next page.
func (r *read) add(page org.Page) {
	r.pages++
	if r.to = page.At; r.from.IsZero() {
		r.from = page.At
	}
	if page.Total >= 0 {
		r.total = page.Total
	}
	r.onePage = page.After == "" && !page.HasNext
	if page.NoEdges && r.total != 0 {
		r.stop("BigCommerce sent no list where one belongs.")
		return
	}
	r.failed += page.NullEdges
	fresh := r.take(page, r.matchSeam(page))
	if r.ended = !page.HasNext; r.ended {
		return
	}
	if r.idle++; fresh > 0 {
		r.idle = 0
	}
	if r.idle > maxIdle || r.pages > maxPages {
		r.stop("The list does not come to an end.")
		return
	}
	r.advance(page, fresh)
}

// matchSeam checks that a further page begins with the last item of the page before, and gives how many items of the
// page are that repetition.
func (r *read) matchSeam(page org.Page) int {
	switch {
	case r.seam == "":
		return 0
	case page.Len() > 0 && page.ItemID(0) == r.seam:
		return 1
	}
	r.broken = true
	if page.Len() == 0 && !page.HasNext {
		r.miss("The list broke off.") // at least the last item of the page before had to come again
	}
	return 0
}

// take adds the items of a page from position from on and gives how many were new. A repeated id is a gap: where one
// item comes twice another may have been skipped.
func (r *read) take(page org.Page, from int) int {
	fresh := 0
	for i := from; i < page.Len(); i++ {
		id := page.ItemID(i)
		if r.at[id] {
			r.miss("The same entry came twice.")
			continue
		}
		r.at[id] = true
		fresh++
		r.keep(page, i)
	}
	return fresh
}

func (r *read) keep(page org.Page, i int) {
	switch {
	case len(page.Stores) > 0:
		r.items.Stores = append(r.items.Stores, page.Stores[i])
	case len(page.Users) > 0:
		r.items.Users = append(r.items.Users, page.Users[i])
	case len(page.People) > 0:
		r.items.People = append(r.items.People, page.People[i])
	case len(page.Apps) > 0:
		r.items.Apps = append(r.items.Apps, page.Apps[i])
	case len(page.UserApps) > 0:
		r.items.UserApps = append(r.items.UserApps, page.UserApps[i])
	case len(page.Subscriptions) > 0:
		r.items.Subscriptions = append(r.items.Subscriptions, page.Subscriptions[i])
	}
}

// advance finds the cursor of the next page: the one before the last item, so that the pages overlap by it.
func (r *read) advance(page org.Page, fresh int) {
	n := page.Len()
	switch {
	case n >= 2 && fresh == 0:
		r.stop("The same page came again.")
	case n >= 2 && cursorAt(page, n-2) != "":
		r.follow(cursorAt(page, n-2), page.ItemID(n-1))
	case n == 1 && !r.repeat:
		r.repeat, r.seam = true, page.ItemID(0)
	default:
		r.leap(page)
	}
}

// leap goes on without an overlap, because the page gives no cursor for one.
func (r *read) leap(page org.Page) {
	cursor := page.End
	if cursor == "" {
		cursor = cursorAt(page, page.Len()-1)
	}
	r.unseamed = true
	r.follow(cursor, "")
}

func (r *read) follow(cursor, seam string) {
	switch {
	case cursor == "":
		r.stop("The list has more pages but gives no cursor to them.")
	case r.asked[cursor]:
		r.stop("The list gave the same cursor again.")
	default:
		r.asked[cursor] = true
		r.next, r.seam, r.repeat = cursor, seam, false
	}
}

func cursorAt(page org.Page, i int) string {
	if i < 0 || i >= len(page.Cursors) {
		return ""
	}
	return page.Cursors[i]
}
