package account_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"

	"rollcall/internal/account"
	"rollcall/internal/org"
)

// driver is a sync in small: it follows every list to its end with seams that overlap by one item (design 4.4), and
// nothing more. What it read is its history for the next run.
type driver struct {
	client   *account.Client
	alone    bool // want no list of the account's users
	apps     bool // want apps of stores and users as well
	bills    bool // want subscriptions
	sizes    map[org.List]int
	lists    map[org.List]*progress
	order    []org.List
	requests int
	refused  map[org.Kind]int
	accesses int // requests until everything but apps and subscriptions was read
	trace    func(string, ...any)
}

type progress struct {
	next  string
	left  int
	seam  bool // the next page repeats an item
	ids   []string
	done  bool
	tries int
	err   string
	page  org.Page // what came last
	users map[string]org.StoreUser
}

func newDriver(client *account.Client, apps bool) *driver {
	return &driver{client: client, apps: apps, sizes: map[org.List]int{}}
}

// run reads the account once.
func (d *driver) run(t testing.TB) {
	t.Helper()
	known := d.sizes
	d.lists, d.order, d.sizes, d.refused = map[org.List]*progress{}, nil, map[org.List]int{}, map[org.Kind]int{}
	d.requests, d.accesses = 0, 0
	d.open(org.List{Kind: org.ListStores}, known)
	if !d.alone {
		d.open(org.List{Kind: org.ListAccountUsers}, known)
	}
	if d.bills {
		d.open(org.List{Kind: org.ListSubscriptions}, known)
	}
	for list := range known {
		if list.Store != "" {
			d.open(list, known)
		}
	}
	for wants := d.wants(); len(wants) > 0; wants = d.wants() {
		if d.requests > 5000 {
			t.Fatalf("no end after %d requests; still open: %d lists, first %+v", d.requests, len(wants), wants[0])
		}
		reading, err := d.client.Read(context.Background(), wants)
		d.requests += reading.Requests
		if d.trace != nil {
			d.trace("request %d: %d wants, %d pages, err %v", d.requests, len(wants), len(reading.Pages), err)
		}
		if err != nil {
			kind := org.KindOf(err)
			d.refused[kind]++
			if kind != org.KindTooComplex && kind != org.KindPageSize {
				d.failed(t, reading.Asked, err)
			}
			continue
		}
		for _, page := range reading.Pages {
			d.take(page, known)
		}
		if d.accesses == 0 && !slices.ContainsFunc(d.order, func(l org.List) bool { return !d.lists[l].done && isAccess(l) }) {
			d.accesses = d.requests
		}
	}
	for list, p := range d.lists {
		d.sizes[list] = len(p.ids)
	}
}

func isAccess(l org.List) bool {
	return l.Kind != org.ListStoreApps && l.Kind != org.ListUserApps && l.Kind != org.ListSubscriptions
}

func (d *driver) failed(t testing.TB, asked []org.List, err error) {
	if len(asked) == 0 {
		t.Fatalf("nothing asked: %v", err)
	}
	for _, list := range asked {
		if p := d.lists[list]; p != nil {
			if p.tries++; p.tries > 9 {
				p.done, p.err = true, err.Error()
			}
		}
	}
}

func (d *driver) open(list org.List, known map[org.List]int) {
	if d.lists[list] != nil {
		return
	}
	p := &progress{left: -1, users: map[string]org.StoreUser{}}
	if n, found := known[list]; found {
		p.left = max(n, 1)
	} else if n, found := known[org.List{Kind: org.ListAccesses, Store: list.Store}]; found && list.Kind == org.ListUserApps {
		p.left = max(n, 1)
	}
	d.lists[list], d.order = p, append(d.order, list)
}

var rank = map[org.ListKind]int{org.ListStores: 0, org.ListAccountUsers: 1, org.ListAccesses: 2, org.ListSubscriptions: 3, org.ListStoreApps: 4, org.ListUserApps: 5}

func (d *driver) wants() []org.Want {
	var wants []org.Want
	for _, list := range d.order {
		if p := d.lists[list]; !p.done {
			wants = append(wants, org.Want{List: list, After: p.next, Left: p.left, Tries: p.tries})
		}
	}
	slices.SortStableFunc(wants, func(a, b org.Want) int {
		return cmp.Or(cmp.Compare(rank[a.List.Kind], rank[b.List.Kind]), cmp.Compare(a.Tries, b.Tries),
			cmp.Compare(b.Left, a.Left), cmp.Compare(a.List.Store, b.List.Store))
	})
	return wants
}

func (d *driver) take(page org.Page, known map[org.List]int) {
	p := d.lists[page.List]
	if p == nil || p.done || page.After != p.next {
		return
	}
	if page.Problem != "" {
		if p.tries++; p.tries > 4 || page.Kind == org.KindScope {
			p.done, p.err = true, fmt.Sprintf("%v: %s", page.Kind, page.Problem)
		}
		return
	}
	p.tries = 0
	from := 0
	if p.seam {
		if page.Len() == 0 || page.ItemID(0) != p.ids[len(p.ids)-1] {
			p.err = "seam does not match"
		}
		from = 1
	}
	for i := from; i < page.Len(); i++ {
		p.ids = append(p.ids, page.ItemID(i))
		if len(page.Users) > 0 {
			p.users[page.ItemID(i)] = page.Users[i]
		}
	}
	p.page = page
	for _, store := range page.Stores {
		d.open(org.List{Kind: org.ListAccesses, Store: store.APIID}, known)
		if d.apps {
			d.open(org.List{Kind: org.ListStoreApps, Store: store.APIID}, known)
			d.open(org.List{Kind: org.ListUserApps, Store: store.APIID}, known)
		}
	}
	d.advance(p, page)
}

func (d *driver) advance(p *progress, page org.Page) {
	n := len(page.Cursors)
	all := page.Total
	if all < 0 && p.left >= 0 {
		all = len(p.ids) + p.left - page.Len()
	}
	switch {
	case !page.HasNext:
		p.done = true
	case n >= 2:
		p.next, p.seam = page.Cursors[n-2], true
	default:
		p.done, p.err = true, "no seam possible"
	}
	if p.left = -1; all > len(p.ids) {
		p.left = all - len(p.ids) + 1
	}
}
