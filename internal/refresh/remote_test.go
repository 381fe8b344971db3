package refresh_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"rollcall/internal/org"
)

// remote is a small BigCommerce: it serves wants from plain lists with cursors that hold the key of the row.
type remote struct {
	mu       sync.Mutex
	now      func() time.Time
	stores   []org.RemoteStore
	users    map[string][]string // by store
	people   []string
	bills    []string // subscriptions
	apps     map[string][]string
	size     int // page size
	perCall  int // pages in one request
	noTotals bool
	nested   bool // first users come with the store list
	requests int
	before   func(call int, wants []org.Want) error // may refuse or change things
	after    func(page *org.Page)                   // may spoil a page
	wants    [][]org.Want
}

func newRemote(now func() time.Time, stores, users int) *remote {
	r := &remote{now: now, users: map[string][]string{}, apps: map[string][]string{}, size: 10, perCall: 8, nested: true}
	for s := range stores {
		id := fmt.Sprintf("store/%03d", s)
		r.stores = append(r.stores, org.RemoteStore{APIID: id, Hash: fmt.Sprintf("hash%03d", s), Name: fmt.Sprintf("Store %d", s)})
		for u := range users {
			r.users[id] = append(r.users[id], fmt.Sprintf("user/%05d", s*3+u*7))
		}
		slices.Sort(r.users[id])
		r.apps[id] = []string{"app/1", "app/2"}
		r.bills = append(r.bills, fmt.Sprintf("subscription/%03d", s))
	}
	for u := range users {
		r.people = append(r.people, fmt.Sprintf("user/%05d", u*7))
	}
	return r
}

func (r *remote) Read(_ context.Context, wants []org.Want) (org.Reading, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	asked := wants[:min(len(wants), r.perCall)]
	reading := org.Reading{AccountName: "Test", ReadAt: r.now(), Requests: 1}
	for _, want := range asked {
		reading.Asked = append(reading.Asked, want.List)
	}
	r.wants = append(r.wants, slices.Clone(asked))
	if r.before != nil {
		if err := r.before(r.requests+1, asked); err != nil {
			if org.KindOf(err) == org.KindLimited {
				reading.Requests = 0
			}
			r.requests += reading.Requests
			return reading, err
		}
	}
	r.requests++
	for _, want := range asked {
		reading.Pages = append(reading.Pages, r.page(want))
	}
	for _, page := range slices.Clone(reading.Pages) {
		for _, store := range page.Stores {
			if r.nested {
				reading.Pages = append(reading.Pages, r.page(org.Want{List: org.List{Kind: org.ListAccesses, Store: store.APIID}, Left: -1}))
			}
		}
	}
	if r.after != nil {
		for i := range reading.Pages {
			r.after(&reading.Pages[i])
		}
	}
	return reading, nil
}

// page serves one want. A cursor is the id of a row; the page begins after it.
func (r *remote) page(want org.Want) org.Page {
	ids, found := r.ids(want.List)
	page := org.Page{List: want.List, After: want.After, First: r.size, Total: len(ids)}
	if !found {
		page.Problem, page.Kind = "BigCommerce did not return this store.", org.KindNotFound
		return page
	}
	if r.noTotals || want.List.Kind == org.ListStores || want.List.Kind == org.ListStoreApps || want.List.Kind == org.ListSubscriptions {
		page.Total = -1
	}
	from, _ := slices.BinarySearch(ids, want.After+"\x00")
	to := min(len(ids), from+r.size)
	page.HasNext = to < len(ids)
	for _, id := range ids[from:to] {
		page.Cursors = append(page.Cursors, id)
		page.End = id
		r.put(&page, id)
	}
	return page
}

func (r *remote) ids(list org.List) ([]string, bool) {
	var ids []string
	switch list.Kind {
	case org.ListStores:
		for _, store := range r.stores {
			ids = append(ids, store.APIID)
		}
		return ids, true
	case org.ListAccountUsers:
		return r.people, true
	case org.ListSubscriptions:
		return r.bills, true
	}
	if !slices.ContainsFunc(r.stores, func(s org.RemoteStore) bool { return s.APIID == list.Store }) {
		return nil, false
	}
	if list.Kind == org.ListStoreApps {
		return r.apps[list.Store], true
	}
	return r.users[list.Store], true
}

func (r *remote) put(page *org.Page, id string) {
	person := org.Identity{APIID: id, Email: strings.ReplaceAll(id, "/", "") + "@example.com"}
	switch page.List.Kind {
	case org.ListStores:
		i := slices.IndexFunc(r.stores, func(s org.RemoteStore) bool { return s.APIID == id })
		page.Stores = append(page.Stores, r.stores[i])
	case org.ListAccountUsers:
		page.People = append(page.People, person)
	case org.ListSubscriptions:
		page.Subscriptions = append(page.Subscriptions, org.Subscription{APIID: id, Status: org.SubscriptionActive})
	case org.ListStoreApps:
		page.Apps = append(page.Apps, org.App{APIID: id, Name: id})
	case org.ListUserApps:
		page.UserApps = append(page.UserApps, org.UserApps{User: id, Apps: []org.App{{APIID: "app/1", Name: "One"}}})
	default:
		page.Users = append(page.Users, org.StoreUser{Identity: person, RightsRead: true})
	}
}

func (r *remote) remove(store string, i int) { r.users[store] = slices.Delete(r.users[store], i, i+1) }
