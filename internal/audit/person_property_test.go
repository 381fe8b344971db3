package audit

import (
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rollcall/internal/org"
)

// drawSeat draws what one user has in one store.
func drawSeat(t *rapid.T, s *seat) {
	s.set = rapid.SampledFrom([][]string{
		org.Preset(org.RoleOwner), org.Preset(org.RoleAdministrator), staff(), plus(staff(), "Add_User"), plus(staff(), "Export_Orders", "Manage_Scripts"),
		plus(staff(), "Manage_Store_Credit", "Read_Webhooks"), nil,
		{},
	}).Draw(t, "set")
	s.status = rapid.SampledFrom([]org.Status{org.StatusActive, org.StatusActive, org.StatusInactive, "", "LOCKED"}).Draw(t, "status")
	s.login = rapid.SampledFrom([]org.Moment{{}, org.Never(), org.At(daysAgo(1)), org.At(daysAgo(80)), org.At(daysAgo(200))}).Draw(t, "login")
	s.first = rapid.SampledFrom([]time.Time{daysAgo(300), daysAgo(3)}).Draw(t, "first")
	s.unseen = rapid.IntRange(0, 9).Draw(t, "unseen") == 0
}

// drawWorld draws an account: who is where with what, and what people are called.
func drawWorld(t *rapid.T) *peopleWorld {
	w := calm()
	w.seats = nil
	for _, id := range []org.UserID{4, 5, 6} {
		w.users[id] = &worldUser{inAccount: org.Yes, listed: daysAgo(300)}
	}
	for _, id := range slices.Sorted(maps.Keys(w.users)) {
		u := w.users[id]
		u.who = org.Identity{
			Email:     rapid.SampledFrom([]string{"sam@corp.example", "sam@gmail.com", "info@corp.example", "ida@agency.example", "olga@corp.example", ""}).Draw(t, "email"),
			FirstName: rapid.SampledFrom([]string{"Sam", "Ida"}).Draw(t, "first name"), LastName: rapid.SampledFrom([]string{"Reed", "Field", ""}).Draw(t, "last name"),
		}
		u.inAccount = rapid.SampledFrom([]org.Tri{org.Yes, org.No, org.Unknown}).Draw(t, "in account")
		for store := org.StoreID(1); store <= 3; store++ {
			if rapid.Bool().Draw(t, "there") {
				drawSeat(t, w.sit(store, id, nil))
			}
		}
	}
	w.policy.Baselines = rapid.SampledFrom([][]Baseline{nil, like("", ""), like("live", CompareRights)}).Draw(t, "baselines")
	if rapid.Bool().Draw(t, "list") {
		w.listed("sam@corp.example", RosterEntry{Email: "sam.reed@corp.example", Name: "Sam Reed"})
	}
	return w
}

// after is the snapshot of a later day of another account state in which some stores failed: they keep what they had.
func after(before, now *peopleWorld, failed map[org.StoreID]org.FacetState) *peopleWorld {
	later := *now
	later.stores, later.seats, later.users = nil, nil, map[org.UserID]*worldUser{}
	for i, s := range now.stores {
		s.Facets = slices.Clone(s.Facets)
		if state, bad := failed[s.ID]; bad {
			s.Facets[0].State, s.Facets[0].ReadAt = state, before.stores[i].Facets[0].ReadAt
		} else {
			s.Facets[0].ReadAt = judgedAt.AddDate(0, 0, 1)
		}
		later.stores = append(later.stores, s)
	}
	kept := map[org.UserID]bool{} // names are those of the read that shows them; keep the old ones of who is only in failed stores
	for _, s := range now.seats {
		if failed[s.store] == "" {
			later.seats = append(later.seats, s)
			kept[s.user] = true
		}
	}
	for _, s := range before.seats {
		if failed[s.store] != "" {
			later.seats = append(later.seats, s)
		}
	}
	for id, u := range now.users {
		later.users[id] = u
		if !kept[id] {
			later.users[id] = before.users[id]
		}
	}
	later.frame.Snapshot = org.Snapshot{ID: 41, Finished: judgedAt.AddDate(0, 0, 1), State: org.Partial}
	return &later
}

// TestPartialSnapshotResolvesNothingUnseen: whatever changes, a finding that rests on a store that failed stays.
func TestPartialSnapshotResolvesNothingUnseen(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		before, now := drawWorld(r), drawWorld(r)
		now.policy, now.frame.Roster = before.policy, before.frame.Roster
		failed := map[org.StoreID]org.FacetState{}
		for store := org.StoreID(1); store <= 3; store++ {
			if state := rapid.SampledFrom([]org.FacetState{"", org.FacetFailed, org.FacetIncomplete, org.FacetDenied, org.FacetPending}).Draw(r, "state"); state != "" {
				failed[store] = state
			}
		}
		listRead := rapid.Bool().Draw(r, "stores listed")
		later := after(before, now, failed)
		if !listRead {
			later.frame.StoreList.State = org.FacetIncomplete
		}
		found, cover := Evaluate(before.policy, before.people(t), before.now)
		states := Next(nil, found, cover.Doubt, Turn{40, judgedAt}, nil)
		found, cover = Evaluate(later.policy, later.people(t), later.now.AddDate(0, 0, 1))
		next := Next(states, found, cover.Doubt, Turn{41, judgedAt.AddDate(0, 0, 1)}, nil)
		for _, s := range next {
			if s.Status == FindingResolved && later.hidden(s, failed, listRead) {
				r.Fatalf("%s about %s was resolved unseen: %s; failed %v", s.Rule, s.Subject.Key, s.Says, failed)
			}
		}
		if len(next) < len(states) {
			r.Fatalf("%d of %d findings are kept", len(next), len(states))
		}
		again, _ := Evaluate(later.policy, later.people(t), later.now.AddDate(0, 0, 1))
		if !reflect.DeepEqual(found, again) || !reflect.DeepEqual(next, Next(next, again, cover.Doubt, Turn{41, judgedAt.AddDate(0, 0, 1)}, nil)) {
			r.Fatal("two runs differ")
		}
	})
}

// hidden tells by hand whether a snapshot cannot have seen that a finding is over.
func (w *peopleWorld) hidden(s FindingState, failed map[org.StoreID]org.FacetState, listRead bool) bool {
	bad := func(store org.StoreID) bool { return failed[store] != "" }
	switch s.Rule {
	case StoreNotRead.ID, AccountIncomplete.ID, AccountStale.ID, AccountMassChange.ID:
		return false // they speak of the read itself
	case PersonNoStore.ID: // one access proves that it is over
		for _, one := range w.seats {
			if one.user == s.Subject.User {
				return false
			}
		}
		return len(failed) > 0 || !listRead
	case PersonSameName.ID, AccountUnknownRights.ID, RosterNoAccess.ID:
		return len(failed) > 0 || !listRead
	case StoreDeparts.ID:
		return bad(s.Subject.Store) || w.policy.Baselines[0].Label == "" && bad(1) || w.policy.Baselines[0].Label == "live" && bad(1)
	}
	if s.Subject.Kind != OfPerson {
		return bad(s.Subject.Store)
	}
	everywhere, here := false, true // does one of the person's stores hide it; do all
	for _, one := range w.seats {
		if one.user == s.Subject.User {
			everywhere, here = everywhere || bad(one.store), here && bad(one.store)
		}
	}
	switch s.Rule {
	case PersonOutside.ID, PersonFreeMail.ID, PersonRoleMailbox.ID, PersonNotListed.ID, RosterLeaver.ID, RosterNear.ID: // the newest name tells
		return here && everywhere
	}
	return everywhere
}

// TestExpiryOpensAgain: after its day no acceptance holds, whatever snapshots show meanwhile, and before it none ends.
func TestExpiryOpensAgain(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		until := rapid.IntRange(2, 8).Draw(r, "until")
		d := accept("a", 1, until)
		states := Next(nil, []Finding{findingOf("a", Medium)}, sure, turn(1), nil)
		states = Next(states, []Finding{findingOf("a", Medium)}, sure, turn(2).back(time.Hour), []Decision{d})
		for day := 2; day <= 10; day++ {
			var found []Finding
			if rapid.Bool().Draw(r, "found") {
				found = append(found, findingOf("a", Medium))
			}
			states = Next(states, found, unsure, turn(day), []Decision{d})
			want := FindingAccepted
			if day >= until {
				want = FindingOpen
			}
			if states[0].Status != want {
				r.Fatalf("%s on day %d, accepted until day %d", states[0].Status, day, until)
			}
		}
		if len(states[0].History) != 3 {
			r.Fatalf("%+v", states[0].History)
		}
	})
}

func (t Turn) back(d time.Duration) Turn { t.At = t.At.Add(-d); return t }
