package audit

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"rollcall/internal/org"
)

func (w *peopleWorld) accessOf(store org.StoreID, user org.UserID) Subject {
	s := w.stores[store-1]
	return Subject{Kind: OfAccess, Key: fmt.Sprintf("%d/%s", user, s.Hash), Store: s.ID, User: user}
}

func personOf(user org.UserID) Subject {
	return Subject{Kind: OfPerson, Key: number(int64(user)), User: user}
}

func (w *peopleWorld) storeOf(store org.StoreID) Subject {
	s := w.stores[store-1]
	return Subject{Kind: OfStore, Key: s.Hash, Store: s.ID}
}

// TestDoubt asks for subjects about which nothing was found whether they were judged.
func TestDoubt(t *testing.T) {
	for _, test := range []struct {
		name  string
		rule  *Rule
		spoil func(*peopleWorld)
		about func(*peopleWorld) Subject
		want  Doubt
	}{
		{"an access that is fine", &AccessInactive, func(*peopleWorld) {}, func(w *peopleWorld) Subject { return w.accessOf(1, 2) }, ""},
		{"its store failed", &AccessInactive, func(w *peopleWorld) { w.fail(1, org.FacetFailed) }, func(w *peopleWorld) Subject { return w.accessOf(1, 2) }, DoubtStore},
		{"another store failed", &AccessInactive, func(w *peopleWorld) { w.fail(2, org.FacetFailed) }, func(w *peopleWorld) Subject { return w.accessOf(1, 2) }, ""},
		{"its sign-in was not read", &AccessInactive, func(w *peopleWorld) { w.at(1, 2).login = org.Moment{} }, func(w *peopleWorld) Subject { return w.accessOf(1, 2) }, DoubtLogin},
		{"rights do not matter", &AccessInactive, func(w *peopleWorld) { w.at(1, 2).set = nil }, func(w *peopleWorld) Subject { return w.accessOf(1, 2) }, ""},
		{"its rights were not read", &AccessHighRisk, func(w *peopleWorld) { w.at(1, 2).set = nil }, func(w *peopleWorld) Subject { return w.accessOf(1, 2) }, DoubtRights},
		{"its status was not read", &AccessSwitchedOff, func(w *peopleWorld) { w.at(1, 2).status = "" }, func(w *peopleWorld) Subject { return w.accessOf(1, 2) }, DoubtStatus},
		{"it was not seen", &AccessInactive, func(w *peopleWorld) { w.at(1, 2).unseen = true }, func(w *peopleWorld) Subject { return w.accessOf(1, 2) }, DoubtUnseen},
		{"it ended", &AccessInactive, func(w *peopleWorld) { w.leave(1, 2) }, func(w *peopleWorld) Subject { return w.accessOf(1, 2) }, ""},
		{"it is missing in a store that failed", &AccessInactive, func(w *peopleWorld) { w.leave(1, 2); w.fail(1, org.FacetIncomplete) }, func(w *peopleWorld) Subject { return w.accessOf(1, 2) }, DoubtStore},
		{"its store is gone", &AccessInactive, func(*peopleWorld) {}, func(*peopleWorld) Subject { return Subject{Kind: OfAccess, Store: 9, User: 2} }, ""},
		{"its store is missing from a list that broke off", &AccessInactive, func(w *peopleWorld) { w.frame.StoreList.State = org.FacetIncomplete }, func(*peopleWorld) Subject { return Subject{Kind: OfAccess, Store: 9, User: 2} }, DoubtStoreList},
		{"outside the labels", &AccessInactive, func(w *peopleWorld) { w.policy.Limits = map[string][]string{AccessInactive.ID: {"test"}} }, func(w *peopleWorld) Subject { return w.accessOf(1, 2) }, DoubtLimits},
		{"switched off", &AccessInactive, func(w *peopleWorld) { w.policy.Off = []string{AccessInactive.ID} }, func(w *peopleWorld) Subject { return w.accessOf(1, 2) }, DoubtOff},
		{"nothing to compare with", &OwnerUnknown, func(w *peopleWorld) { w.policy.Owners = nil }, func(w *peopleWorld) Subject { return w.accessOf(1, 1) }, DoubtMoot},
		{"a rule of others", &HookDuplicate, func(*peopleWorld) {}, func(*peopleWorld) Subject { return Subject{} }, DoubtUnknown},

		{"a name shown by a store that was read", &PersonOutside, func(w *peopleWorld) { w.fail(1, org.FacetFailed) }, func(*peopleWorld) Subject { return personOf(2) }, ""},
		{"no store that was read shows the name", &PersonOutside, func(w *peopleWorld) { w.come("ida@corp.example", "I", "F"); w.fail(1, org.FacetFailed) }, func(*peopleWorld) Subject { return personOf(4) }, DoubtStore},
		{"one store of drift failed", &PersonDrift, func(w *peopleWorld) { w.fail(1, org.FacetFailed) }, func(*peopleWorld) Subject { return personOf(2) }, DoubtStore},
		{"rights of drift were not read", &PersonDrift, func(w *peopleWorld) { w.at(3, 2).set = nil }, func(*peopleWorld) Subject { return personOf(2) }, DoubtRights},
		{"a person who is gone", &PersonDrift, func(*peopleWorld) {}, func(*peopleWorld) Subject { return personOf(9) }, ""},
		{"the other of the name may be in a store that failed", &PersonSameName, func(w *peopleWorld) { w.fail(3, org.FacetFailed) }, func(*peopleWorld) Subject { return personOf(2) }, DoubtStore},
		{"a person in a store is in no doubt", &PersonNoStore, func(w *peopleWorld) { w.fail(3, org.FacetFailed) }, func(*peopleWorld) Subject { return personOf(2) }, ""},
		{"a person without a store", &PersonNoStore, func(w *peopleWorld) { w.come("i@corp.example", "I", "F"); w.leave(1, 4); w.fail(3, org.FacetFailed) }, func(*peopleWorld) Subject { return personOf(4) }, DoubtStore},
		{"the list is not known", &PersonNotListed, func(w *peopleWorld) { w.frame.AccountList.State = org.FacetFailed }, func(*peopleWorld) Subject { return personOf(2) }, DoubtUsers},

		{"a store that failed", &StoreOwners, func(w *peopleWorld) { w.fail(1, org.FacetFailed) }, func(w *peopleWorld) Subject { return w.storeOf(1) }, DoubtStore},
		{"a store that failed and has no accesses", &StoreOwners, func(w *peopleWorld) {
			w.fail(1, org.FacetFailed)
			for user := range org.UserID(3) {
				w.leave(1, user+1)
			}
		}, func(w *peopleWorld) Subject { return w.storeOf(1) }, DoubtStore},
		{"rights of somebody in the store", &StoreOwners, func(w *peopleWorld) { w.at(1, 3).set = nil }, func(w *peopleWorld) Subject { return w.storeOf(1) }, DoubtRights},
		{"its reference failed", &StoreDeparts, func(w *peopleWorld) { w.policy.Baselines = like("", ""); w.fail(1, org.FacetFailed) }, func(w *peopleWorld) Subject { return w.storeOf(2) }, DoubtStore},
		{"whether a store failed is known", &StoreNotRead, func(w *peopleWorld) { w.fail(1, org.FacetFailed) }, func(w *peopleWorld) Subject { return w.storeOf(1) }, ""},
		{"a permission may be in a store that failed", &AccountUnknownRights, func(w *peopleWorld) { w.fail(3, org.FacetFailed) }, func(*peopleWorld) Subject { return Subject{Kind: OfAccount, Key: "New"} }, DoubtStore},
		{"the age is known", &AccountStale, func(w *peopleWorld) { w.fail(3, org.FacetFailed) }, func(*peopleWorld) Subject { return Subject{Kind: OfAccount} }, ""},
		{"newer than the list", &RosterLeaver, func(w *peopleWorld) {
			w.come("ida@corp.example", "I", "F").first, w.users[4].listed = daysAgo(1), daysAgo(1)
			w.listed("")
			w.frame.Roster.At = daysAgo(2)
		}, func(*peopleWorld) Subject { return personOf(4) }, DoubtNewer},
	} {
		t.Run(test.rule.ID+"/"+test.name, func(t *testing.T) {
			w := calm()
			test.spoil(w)
			_, cover := Evaluate(w.policy, w.people(t), w.now)
			if got := cover.Doubt(test.rule.ID, test.about(w)); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestCoverageCounts(t *testing.T) {
	w := calm()
	w.at(1, 2).login = org.Moment{}
	w.fail(3, org.FacetFailed)
	_, cover := w.judge(t, &AccessInactive)
	if list := cover.StoresNotRead(); len(list) != 1 || list[0] != 3 {
		t.Errorf("stores not read: %v", list)
	}
	for _, r := range cover.Rules() {
		switch r.Rule {
		case &AccessInactive:
			if r.Judged != 5 || r.Unjudged != 4 || r.Doubts[DoubtStore] != 3 || r.Doubts[DoubtLogin] != 1 || r.Reasons()[0] != DoubtStore {
				t.Errorf("%+v", r)
			}
		case &PersonDrift:
			if r.Judged != 0 || r.Unjudged != 3 {
				t.Errorf("%+v", r)
			}
		case &StoreNotRead:
			if r.Judged != 3 || r.Findings != 1 {
				t.Errorf("%+v", r)
			}
		case &RosterLeaver:
			if r.Off != DoubtMoot || r.Judged+r.Unjudged != 0 {
				t.Errorf("%+v", r)
			}
		}
	}
}

// TestGather covers what a stream may hold: another order, users without accesses, names that changed, broken pointers.
func TestGather(t *testing.T) {
	w := calm()
	w.stores[1].Facets[0].ReadAt = judgedAt.Add(time.Minute) // the newest name is the one of the second store
	g := NewGather(w.frame)
	sink := g.Sink()
	for _, i := range []int{2, 0, 1} {
		sink.Store(w.stores[i])
	}
	for _, id := range []org.UserID{7, 5, 6, 8} {
		sink.User(id, "")
	}
	sink.Person(1, org.Identity{Email: "old@corp.example"})
	sink.Person(2, org.Identity{Email: "new@corp.example"})
	sink.Set(3, staff(), org.RoleSalesStaff, false)
	for _, r := range []org.AccessRef{
		{Store: 2, User: 7, Person: 2, FirstSeen: 200}, {Store: 3, User: 7, Person: 1, Set: 3, FirstSeen: 300}, {Store: 1, User: 5, Person: 1, Set: 3, FirstSeen: 100},
	} {
		if err := sink.Row(r); err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range []org.AccessRef{{Store: 9, User: 7, Person: 1}, {Store: 1, User: 7, Person: 9}, {Store: 1, User: 7, Person: 1, Set: 9}} {
		if sink.Row(r) == nil {
			t.Errorf("%+v points to nothing and is taken", r)
		}
	}
	g.List(ListedUser{ID: 6, InAccount: org.Yes, Who: org.Identity{Email: "six@corp.example"}, FirstSeen: 50})
	g.List(ListedUser{ID: 7, InAccount: org.No, Who: org.Identity{Email: "other@corp.example"}})
	p := g.People()
	if p.Stores() != 3 || p.Users() != 3 || p.Accesses() != 3 {
		t.Fatalf("%d stores, %d users, %d accesses", p.Stores(), p.Users(), p.Accesses())
	}
	seven, _ := p.findUser(7)
	six, _ := p.findUser(6)
	if p.who(seven).Email != "new@corp.example" || p.users[seven].seen != 200 || len(p.of(&p.users[seven])) != 2 || p.users[seven].inAccount != org.No {
		t.Errorf("%+v %+v", p.users[seven], p.who(seven))
	}
	if p.who(six).Email != "six@corp.example" || len(p.of(&p.users[six])) != 0 {
		t.Errorf("%+v %+v", p.users[six], p.who(six))
	}
	for _, want := range []struct {
		store org.StoreID
		user  org.UserID
		there bool
	}{{3, 7, true}, {2, 7, true}, {1, 5, true}, {1, 7, false}, {2, 6, false}} {
		store, _ := p.findStore(want.store)
		user, _ := p.findUser(want.user)
		if a := p.accessAt(store, user); (a != nil) != want.there {
			t.Errorf("user %d in store %d: %v", want.user, want.store, a)
		}
	}
	if _, there := p.findUser(8); there {
		t.Error("a user without access who is not in the list is there")
	}
}

// TestStatusWords: unknown words are evidence as they came, and any number of them fits.
func TestStatusWords(t *testing.T) {
	w := calm()
	w.at(1, 2).status, w.at(1, 2).login = "LOCKED", org.At(daysAgo(100))
	got, _ := w.judge(t, &AccessInactive)
	if len(got) != 1 || !slices.Contains(got[0].Evidence, Evidence{"status", "locked"}) {
		t.Errorf("%+v", got)
	}
	g := NewGather(w.frame)
	for i := range 400 {
		if at := g.word(org.Status(fmt.Sprint("WORD ", i))); int(at) != min(i, 255) {
			t.Fatalf("word %d has place %d", i, at)
		}
	}
	if len(g.p.words) != 256 || g.word("WORD 7") != 7 {
		t.Errorf("%d words", len(g.p.words))
	}
}
