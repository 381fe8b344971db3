package sandbox

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestPresetsAreThoseDocumented(t *testing.T) {
	for _, test := range []struct {
		name  string
		names []string
		want  int
	}{{"owner", presets.owner, 131}, {"administrator", presets.admin, 117}, {"sales staff", presets.staff, 31}} {
		if distinct := len(slices.Compact(slices.Sorted(slices.Values(test.names)))); distinct != test.want || len(test.names) != test.want {
			t.Errorf("%s: %d names, %d distinct, want %d", test.name, len(test.names), distinct, test.want)
		}
	}
}

// TestSameSeedSameWorld builds an account twice and lets the same days pass.
func TestSameSeedSameWorld(t *testing.T) {
	build := func(seed uint64) (Truth, []Change) {
		s := New(Config{Shape: Shape{Seed: seed, Stores: 12, UsersPerStore: 40, Zipf: true}, Daily: Daily{StoreRate: 0.05, PersonRate: 0.05}, Start: start})
		s.Advance(40)
		return s.Truth(s.first), s.Changes(s.first)
	}
	truth, changes := build(1)
	again, changesAgain := build(1)
	if !reflect.DeepEqual(truth, again) || !reflect.DeepEqual(changes, changesAgain) {
		t.Error("the same seed gives two worlds")
	}
	if other, _ := build(2); reflect.DeepEqual(truth.Stores, other.Stores) {
		t.Error("another seed gives the same world")
	}
}

func TestShapes(t *testing.T) {
	for _, test := range []struct {
		name                               string
		shape                              Shape
		stores, accesses, largest, members int // 0: not checked
	}{
		{"default", Shape{}, 24, 1200, 50, 0},
		{"10 x 20", Shape{Stores: 10, UsersPerStore: 20}, 10, 200, 20, 0},
		{"one large store", Shape{Stores: 200, Zipf: true, LargestStore: 2000}, 200, 11_662, 2000, 0},
		{"1,000 even stores", Shape{Stores: 1000, UsersPerStore: 100, Users: 1500, AccountUsers: 1500}, 1000, 100_000, 100, 1500},
		{"many people", Shape{Stores: 100, UsersPerStore: 100, Users: 2000}, 100, 10_000, 100, 0},
		{"zipf by average", Shape{Stores: 50, UsersPerStore: 40, Zipf: true}, 50, 0, 444, 0},
		{"empty stores", Shape{Stores: 5, UsersPerStore: 3, EmptyStores: 2}, 5, 9, 3, 0},
		{"no store", Shape{Stores: -1, Users: 7}, 0, 0, 0, 7},
		{"more members than people", Shape{Stores: 2, UsersPerStore: 2, AccountUsers: 30}, 2, 4, 2, 30},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := generate("u", "Company", test.shape, Daily{}, start)
			largest := 0
			for _, s := range w.stores {
				largest = max(largest, len(s.accesses))
			}
			if len(w.stores) != test.stores || largest != test.largest {
				t.Errorf("%d stores, the largest of %d users", len(w.stores), largest)
			}
			if test.accesses > 0 && len(w.accesses) != test.accesses || test.members > 0 && len(w.accountList()) != test.members {
				t.Errorf("%d accesses, %d members", len(w.accesses), len(w.accountList()))
			}
			if err := w.broken(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestWhatTheDefaultAccountHolds looks for everything that a client must cope with.
func TestWhatTheDefaultAccountHolds(t *testing.T) {
	truth := New(Config{Start: start}).Truth(DefaultUUID)
	seen := map[string]int{}
	listed := map[string]bool{}
	for _, u := range truth.Users {
		listed[u.ID] = true
	}
	inStores := map[string]bool{}
	owners := map[string]int{}
	for _, a := range truth.Accesses() {
		inStores[a.ID] = true
		note := func(what string, is bool) {
			if is {
				seen[what]++
			}
		}
		note("owner", len(a.Permissions) == 130)
		note("administrator", len(a.Permissions) == 116)
		note("sales staff", len(a.Permissions) == 30)
		note("empty", len(a.RawPermissions) == 0)
		note("filler only", len(a.RawPermissions) == 1 && a.RawPermissions[0] == filler)
		note("duplicates", len(a.RawPermissions) > len(a.Permissions)+1)
		note("never signed in", a.LastLoginAt.IsZero())
		note("not for 90 days", !a.LastLoginAt.IsZero() && a.LastLoginAt.Before(start.AddDate(0, 0, -90)))
		note("inactive", a.Status == "INACTIVE")
		note("outsider", !strings.HasSuffix(a.Email, "@northlight.example"))
		note("not listed", !listed[a.ID])
		note("apps", len(a.Apps) > 0)
		note("more than ten apps", len(a.Apps) > 10)
		note("formula", strings.HasPrefix(a.LastName, "="))
		note("line break", strings.Contains(a.FirstName, "\n"))
		note("no last name", a.LastName == "")
		note("later than now", a.LastLoginAt.After(start) || a.UpdatedAt.After(start))
		if len(a.Permissions) == 130 {
			owners[a.StoreHash]++
		}
	}
	for _, u := range truth.Users {
		if !inStores[u.ID] {
			seen["in no store"]++
		}
	}
	for _, what := range []string{
		"owner", "administrator", "sales staff", "empty", "filler only", "duplicates", "never signed in", "not for 90 days", "inactive",
		"outsider", "not listed", "apps", "more than ten apps", "formula", "line break", "no last name", "in no store",
	} {
		if seen[what] == 0 {
			t.Errorf("nobody: %s", what)
		}
	}
	if seen["later than now"] > 0 {
		t.Errorf("%d accesses from the future", seen["later than now"])
	}
	single := 0
	for _, n := range owners {
		if n == 1 {
			single++
		}
	}
	if single < 20 {
		t.Errorf("only %d of %d stores have exactly one owner", single, len(truth.Stores))
	}
	t.Log(seen)
}

// TestDaysChangeEverything lets months pass and looks for every kind of change.
func TestDaysChangeEverything(t *testing.T) {
	s := New(Config{Start: start, KeepTruth: true})
	s.Advance(120)
	counts := map[ChangeKind]int{}
	for _, c := range s.Changes(s.first) {
		counts[c.Kind]++
	}
	for _, kind := range []ChangeKind{
		AccessAdded, AccessRemoved, RightsChanged, StatusChanged, UserRenamed, EmailChanged, AppGained, AppLost,
		StoreAppGained, StoreAppLost, StoreAdded, StoreGone, StoreRenamed,
	} {
		if counts[kind] == 0 {
			t.Errorf("no %s", kind)
		}
	}
	truth := s.Truth(s.first)
	now, inactive := s.Now(), 0
	for _, a := range truth.Accesses() {
		if a.LastLoginAt.Before(now.AddDate(0, 0, -90)) {
			inactive++
		}
	}
	if n := len(truth.Accesses()); n < 800 || n > 2000 || inactive < n/10 || inactive > n/2 {
		t.Errorf("%d accesses, %d of them inactive after 120 days", n, inactive)
	}
	if !now.Equal(start.AddDate(0, 0, 120)) || truth.Day != 120 {
		t.Errorf("it is %v, day %d", now, truth.Day)
	}
	t.Log(counts, len(truth.Stores), len(truth.Accesses()), len(truth.Users), inactive)
}

// TestLogExplainsTheDifference replays the recorded changes from the first day and must arrive at the last.
func TestLogExplainsTheDifference(t *testing.T) {
	s := New(Config{Start: start, KeepTruth: true, Daily: Daily{ChangeRate: 0.05, PersonRate: 0.02, StoreRate: 0.03}})
	s.Advance(30)
	first, _ := s.TruthAt(s.first, 0)
	rights := map[string][]string{}
	for _, a := range first.Accesses() {
		rights[a.StoreHash+a.ID] = a.Permissions
	}
	for _, c := range s.Changes(s.first) {
		key := c.StoreHash + c.UserID
		switch c.Kind {
		case AccessAdded, RightsChanged:
			rights[key] = c.PermissionsAfter
		case AccessRemoved:
			delete(rights, key)
		}
	}
	last, ok := s.TruthAt(s.first, 30)
	if accesses := last.Accesses(); !ok || len(accesses) != len(rights) || !reflect.DeepEqual(last, s.Truth(s.first)) {
		t.Fatalf("%d accesses, %d by the log", len(accesses), len(rights))
	}
	for _, a := range last.Accesses() {
		if !slices.Equal(rights[a.StoreHash+a.ID], a.Permissions) {
			t.Errorf("%s in %s: the log says %v, the truth %v", a.Email, a.StoreHash, rights[a.StoreHash+a.ID], a.Permissions)
		}
	}
	if _, ok := s.TruthAt(s.first, 31); ok {
		t.Error("a day that has not come has a truth")
	}
}

func TestSwitchedOffDaysChangeNothing(t *testing.T) {
	s := New(Config{Start: start, Daily: Daily{ChangeRate: -1, SignInRate: -1, PersonRate: -1, AppRate: -1, StoreRate: -1}})
	before := s.Truth(s.first)
	s.Advance(10)
	after := s.Truth(s.first)
	if !reflect.DeepEqual(before.Stores, after.Stores) || len(s.Changes(s.first)) > 0 {
		t.Error("something changed")
	}
}

func TestEdits(t *testing.T) {
	s := New(small())
	var store, user string
	s.Edit(func(w *World) {
		store = w.AddStore("Shop")
		user = w.AddUser("Ann", "Lee", "ann@x.example")
		w.AddUser("Bob", "Lee", "bob@x.example")
		w.AddUserToStore(store, user, "Manage_Orders", "Manage_Orders", filler)
		w.AddUserToStore(store, "bob@x.example")
		w.SetStatus(store, user, false)
		w.SetLastLogin(store, user, start.Add(time.Hour))
		w.SetName(user, "Anna", "Lee")
		w.SetEmail(user, "ANN@x.example")
		w.ToggleStoreApp(store, "New App")
		w.ToggleApp(store, user, "New App")
		w.RenameStore(store, "Shop 2")
		w.Unlist(user, true)
	})
	truth := s.Truth(s.first)
	shop := truth.Store(store)
	if shop == nil || shop.Name != "Shop 2" || len(shop.Accesses) != 2 || len(shop.Apps) != 1 {
		t.Fatalf("got %+v", shop)
	}
	a := shop.Accesses[0]
	if a.ID != user || a.Email != "ANN@x.example" || a.FirstName != "Anna" || a.Status != "INACTIVE" || !a.LastLoginAt.Equal(start.Add(time.Hour)) ||
		!slices.Equal(a.Permissions, []string{"Manage_Orders"}) || len(a.RawPermissions) != 3 || len(a.Apps) != 1 || a.InAccount {
		t.Errorf("got %+v", a)
	}
	compareUsers(t, readUsers(t, s, store, 5), shop.Accesses)
	s.Edit(func(w *World) {
		w.SetPermissions(store, user, "Add_User")
		if again := w.Rehire(user); again == user {
			t.Error("the same id again")
		}
		w.RemoveUserFromStore(store, "bob@x.example")
		w.RemoveUser("bob@x.example")
		w.RemoveStore(w.Hashes()[0])
	})
	truth = s.Truth(s.first)
	if accesses := truth.Store(store).Accesses; len(accesses) != 1 || accesses[0].ID == user || accesses[0].Email != "ANN@x.example" || len(truth.Stores) != 4 {
		t.Errorf("got %+v", accesses)
	}
	s.Edit(func(w *World) {
		if err := w.broken(); err != nil {
			t.Error(err)
		}
	})
	defer func() {
		if recover() == nil {
			t.Error("an edit of nobody passes")
		}
	}()
	s.Edit(func(w *World) { w.SetEmail("nobody@x.example", "x") })
}

func TestSeveralAccounts(t *testing.T) {
	s := New(Config{Start: start, Rate: Rate{Quota: 1}, Accounts: []Account{
		{UUID: "one", Token: DefaultToken, Name: "One Ltd", Shape: &Shape{Stores: 2, UsersPerStore: 3}},
		{UUID: "two", Token: "t2", Name: "Two Ltd", Shape: &Shape{Stores: 3, UsersPerStore: 3}},
	}})
	one, two := s.Truth("one"), s.Truth("two")
	if len(one.Stores) != 2 || len(two.Stores) != 3 || one.Stores[0].Hash == two.Stores[0].Hash || !strings.HasSuffix(two.Stores[0].Accesses[0].Email, ".example") {
		t.Errorf("got %d and %d stores", len(one.Stores), len(two.Stores))
	}
	for _, account := range []struct{ uuid, token string }{{"one", DefaultToken}, {"two", "t2"}} { // a quota of one request each
		a := postTo(t, s.Transport(), "http://sandbox", account.uuid, `{ account { accountInfo { name } } }`, nil, "X-Auth-Token", account.token)
		if a.status != 200 || !strings.Contains(strings.ToLower(a.body), account.uuid+" ltd") {
			t.Error(a.status, a.body)
		}
		if s.AccountStats(account.uuid).Requests != 1 {
			t.Error("not counted")
		}
	}
}

func TestPersonSignIn(t *testing.T) {
	s := New(Config{Start: start, Shape: Shape{PersonSignIn: true}})
	s.Advance(5)
	last := map[string]time.Time{}
	for _, a := range s.Truth(s.first).Accesses() {
		if at, seen := last[a.ID]; seen && !at.Equal(a.LastLoginAt) {
			t.Fatalf("%s signed in at %v and at %v", a.Email, at, a.LastLoginAt)
		}
		last[a.ID] = a.LastLoginAt
	}
}

// broken names the first rule of a world that does not hold.
func (w *World) broken() error {
	ids, hashes, keys := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i, s := range w.stores {
		if ids[s.id] || hashes[s.hash] || w.byHash[s.hash] != s || s.index != i || i > 0 && w.stores[i-1].num >= s.num {
			return fmt.Errorf("store %s is not unique, indexed and in order", s.id)
		}
		ids[s.id], hashes[s.hash] = true, true
		for j, a := range s.accesses {
			key := s.id + a.person.id
			if keys[key] || a.store != s || j > 0 && s.accesses[j-1].person.num >= a.person.num || w.byID[a.person.num] != a.person {
				return fmt.Errorf("access %s is not unique, in order and of a known person", key)
			}
			keys[key] = true
		}
	}
	for i, a := range w.accesses {
		if a.index != i || w.byHash[a.store.hash] != a.store || a.set == nil || a.lastLogin > w.now.Unix() || a.updated > w.now.Unix() {
			return fmt.Errorf("access %d refers to nothing, or to the future", i)
		}
		if !slices.Contains(a.person.accesses, a) {
			return fmt.Errorf("access %d is unknown to its person", i)
		}
	}
	for i, p := range w.people {
		if ids[p.id] || p.index != i || w.byEmail[strings.ToLower(p.email)] != p {
			return fmt.Errorf("person %s %s is not unique", p.id, p.email)
		}
		ids[p.id] = true
	}
	if len(keys) != len(w.accesses) || len(w.people) != len(w.byID) {
		return fmt.Errorf("%d accesses in stores, %d in all; %d people, %d ids", len(keys), len(w.accesses), len(w.people), len(w.byID))
	}
	return nil
}

// TestNothingBreaksAWorld generates random accounts, lets random days pass and checks the rules after each.
func TestNothingBreaksAWorld(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := Shape{
			Seed: rapid.Uint64().Draw(t, "seed"), Stores: rapid.IntRange(-1, 12).Draw(t, "stores"), Users: rapid.IntRange(0, 40).Draw(t, "users"),
			UsersPerStore: rapid.IntRange(0, 20).Draw(t, "per store"), Zipf: rapid.Bool().Draw(t, "zipf"), LargestStore: rapid.IntRange(0, 40).Draw(t, "largest"),
			EmptyStores: rapid.IntRange(0, 13).Draw(t, "empty"), AccountUsers: rapid.IntRange(0, 60).Draw(t, "members"),
			PersonSignIn: rapid.Bool().Draw(t, "person"), NewPermissions: rapid.Bool().Draw(t, "new"),
		}
		rate := rapid.Float64Range(0, 0.5)
		w := generate("u", "Company", shape, Daily{rate.Draw(t, "change"), rate.Draw(t, "sign in"), rate.Draw(t, "person"), rate.Draw(t, "app"), rate.Draw(t, "store"), rate.Draw(t, "shop")}, start)
		for day := range rapid.IntRange(0, 6).Draw(t, "days") {
			if err := w.broken(); err != nil {
				t.Fatalf("day %d: %v", day, err)
			}
			w.advance()
		}
		if err := w.broken(); err != nil {
			t.Fatal(err)
		}
	})
}
