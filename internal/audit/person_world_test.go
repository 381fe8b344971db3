package audit

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/internal/org"
)

// peopleWorld is a small account for tests, with people in stores, which becomes People.
type peopleWorld struct {
	frame  Frame
	policy Policy
	now    time.Time
	stores []org.Store
	users  map[org.UserID]*worldUser
	seats  []*seat
}

type worldUser struct {
	who       org.Identity
	inAccount org.Tri
	listed    time.Time
}

// seat is one user in one store.
type seat struct {
	store  org.StoreID
	user   org.UserID
	set    []string // nil: permissions were not read
	status org.Status
	login  org.Moment
	first  time.Time
	unseen bool
}

func daysAgo(n int) time.Time { return judgedAt.AddDate(0, 0, -n) }

// calm is an account in which nothing is found: three stores, an owner and two of the sales staff.
func calm() *peopleWorld {
	w := &peopleWorld{now: judgedAt.Add(time.Hour), users: map[org.UserID]*worldUser{}}
	w.frame = Frame{
		Snapshot:    org.Snapshot{ID: 40, Finished: judgedAt, State: org.Complete},
		Account:     org.Account{ID: 1, UUID: "uuid-1", Name: "Corp"},
		StoreList:   org.FacetRead{Facet: org.FacetStores, State: org.FacetComplete, ReadAt: judgedAt},
		AccountList: org.FacetRead{Facet: org.FacetAccountUsers, State: org.FacetComplete, ReadAt: judgedAt},
		Labels:      map[org.StoreID][]string{1: {"live", "eu"}, 2: {"live"}, 3: {"test"}},
	}
	for i, name := range []string{"North", "South", "East"} {
		w.stores = append(w.stores, org.Store{ID: org.StoreID(i + 1), Hash: strings.ToLower(name), Name: name, Facets: []org.FacetRead{
			{Facet: org.FacetAccesses, State: org.FacetComplete, ReadAt: judgedAt},
		}})
	}
	for i, who := range []org.Identity{
		{Email: "olga@corp.example", FirstName: "Olga", LastName: "Owner"},
		{Email: "sam@corp.example", FirstName: "Sam", LastName: "Reed"},
		{Email: "sue@corp.example", FirstName: "Sue", LastName: "Long"},
	} {
		w.users[org.UserID(i+1)] = &worldUser{who: who, inAccount: org.Yes, listed: daysAgo(300)}
	}
	for store := org.StoreID(1); store <= 3; store++ {
		w.sit(store, 1, org.Preset(org.RoleOwner))
		w.sit(store, 2, org.Preset(org.RoleSalesStaff))
		w.sit(store, 3, org.Preset(org.RoleSalesStaff))
	}
	holder := []Holder{{Email: "Olga@corp.example"}}
	w.policy = Policy{CompanyDomains: []string{"corp.example"}, Owners: holder, CodeHolders: holder, ExportHolders: holder}
	return w
}

// sit gives a user an access.
func (w *peopleWorld) sit(store org.StoreID, user org.UserID, set org.PermissionSet) *seat {
	s := &seat{store: store, user: user, set: slices.Clone(set), status: org.StatusActive, login: org.At(daysAgo(2)), first: daysAgo(300)}
	w.seats = append(w.seats, s)
	return s
}

// at is the access of a user in a store.
func (w *peopleWorld) at(store org.StoreID, user org.UserID) *seat {
	for _, s := range w.seats {
		if s.store == store && s.user == user {
			return s
		}
	}
	panic("no such access")
}

// leave takes an access away.
func (w *peopleWorld) leave(store org.StoreID, user org.UserID) {
	w.seats = slices.DeleteFunc(w.seats, func(s *seat) bool { return s.store == store && s.user == user })
}

// come adds a user of an e-mail and a name, with the rights of sales staff in the first store.
func (w *peopleWorld) come(email, first, last string) *seat {
	id := org.UserID(len(w.users) + 1)
	w.users[id] = &worldUser{who: org.Identity{Email: email, FirstName: first, LastName: last}, inAccount: org.Yes, listed: daysAgo(300)}
	return w.sit(1, id, org.Preset(org.RoleSalesStaff))
}

func (w *peopleWorld) fail(store org.StoreID, state org.FacetState) {
	w.stores[store-1].Facets[0].State, w.stores[store-1].Facets[0].Error = state, "The store did not answer."
	w.stores[store-1].Facets[0].ReadAt = daysAgo(1)
	w.frame.Snapshot.State = org.Partial
}

// people streams the account as the database would.
func (w *peopleWorld) people(t testing.TB) *People {
	t.Helper()
	g := NewGather(w.frame)
	sink := g.Sink()
	for _, s := range w.stores {
		sink.Store(s)
	}
	sets := map[string]int64{}
	for id, u := range w.users {
		sink.User(id, fmt.Sprint("api-", id))
		sink.Person(int64(id), u.who)
	}
	for _, s := range w.seats {
		if s.set == nil {
			continue
		}
		key := strings.Join(s.set, " ")
		if sets[key] == 0 {
			sets[key] = int64(len(sets) + 1)
			set := org.NewPermissionSet(s.set)
			sink.Set(sets[key], set, org.RoleOf(set), len(set.Privileged()) > 0)
		}
	}
	for _, s := range w.seats {
		ref := org.AccessRef{Store: s.store, User: s.user, Person: int64(s.user), Status: s.status, LastLogin: -1, FirstSeen: s.first.Unix(), Unseen: s.unseen}
		if s.set != nil {
			ref.Set = sets[strings.Join(s.set, " ")]
		}
		if s.login.Read {
			ref.LastLogin = max(0, s.login.At.Unix())
		}
		if err := sink.Row(ref); err != nil {
			t.Fatal(err)
		}
	}
	for id, u := range w.users {
		g.List(ListedUser{ID: id, InAccount: u.inAccount, Who: u.who, FirstSeen: max(0, u.listed.Unix())})
	}
	return g.People()
}

// judge evaluates the account and keeps the findings of one rule.
func (w *peopleWorld) judge(t testing.TB, rule *Rule) (list []Finding, cover *Coverage) {
	t.Helper()
	all, cover := Evaluate(w.policy, w.people(t), w.now)
	for _, f := range all {
		if f.Rule == rule {
			list = append(list, f)
		}
	}
	return list, cover
}

// plus is a permission set with more names.
func plus(set org.PermissionSet, names ...string) []string {
	return append(slices.Clone(set), names...)
}

func staff() org.PermissionSet { return org.Preset(org.RoleSalesStaff) }
