package audit

import (
	"reflect"
	"testing"
	"time"

	"rollcall/internal/org"
)

var seenAt = time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)

func user(id string, rights ...string) org.StoreUser {
	return org.StoreUser{
		Identity:    org.Identity{APIID: id, Email: id + "@example.com", FirstName: "Ann", LastName: id, Locale: "en"},
		Permissions: org.NewPermissionSet(rights), RightsRead: true, Status: org.StatusActive,
		LastLogin: org.At(seenAt), UpdatedAt: org.Never(),
	}
}

// with returns a copy of the user that edit changed.
func with(u org.StoreUser, edit func(*org.StoreUser)) org.StoreUser {
	edit(&u)
	return u
}

func held(users ...org.StoreUser) []Held {
	var list []Held
	for _, u := range users {
		list = append(list, Held{StoreUser: u})
	}
	return list
}

func storeRead(state org.FacetState, absence org.Absence, users ...org.StoreUser) org.StoreRead {
	return org.StoreRead{Users: users, Absence: absence, Read: org.FacetRead{Facet: org.FacetAccesses, State: state}}
}

func TestDiffAccesses(t *testing.T) {
	complete, proven, likely, none := org.FacetComplete, org.AbsenceProven, org.AbsenceLikely, org.AbsenceNone
	ann, bob := user("ann", "A", "B"), user("bob", "A")
	unread := with(ann, func(u *org.StoreUser) {
		u.RightsRead, u.Permissions, u.LastLogin, u.UpdatedAt = false, nil, org.Moment{}, org.Moment{}
	})
	cases := []struct {
		name     string
		held     []Held
		read     org.StoreRead
		baseline bool
		want     AccessDiff
	}{
		{"nothing changed", held(ann), storeRead(complete, proven, ann), false, AccessDiff{}},
		{
			"the first read is a baseline", nil, storeRead(complete, proven, ann), true,
			AccessDiff{Put: []org.StoreUser{ann}, Logins: []org.StoreUser{ann}},
		},
		{"a new user is added with the derived role", held(ann), storeRead(complete, proven, ann, bob), false, AccessDiff{
			Put: []org.StoreUser{bob}, Logins: []org.StoreUser{bob},
			Changes: []Change{{Kind: AccessAdded, User: "bob", Email: "bob@example.com", Field: "role", After: "custom"}},
		}},
		{"proven absence ends an access", held(ann, bob), storeRead(complete, proven, ann), false, AccessDiff{
			End:     []org.StoreUser{bob},
			Changes: []Change{{Kind: AccessRemoved, User: "bob", Email: "bob@example.com", Field: "role", Before: "custom"}},
		}},
		{
			"likely absence waits for a second read", held(ann, bob), storeRead(complete, likely, ann), false,
			AccessDiff{Unseen: []org.StoreUser{bob}},
		},
		{"a second likely absence ends an access", []Held{{StoreUser: bob, Unseen: true}}, storeRead(complete, likely), false, AccessDiff{
			End:     []org.StoreUser{bob},
			Changes: []Change{{Kind: AccessRemoved, User: "bob", Email: "bob@example.com", Field: "role", Before: "custom"}},
		}},
		{"no proof leaves an unseen access", []Held{{StoreUser: bob, Unseen: true}}, storeRead(complete, none), false, AccessDiff{}},
		{
			"an unseen access that is seen again counts as seen",
			[]Held{{StoreUser: bob, Unseen: true}},
			storeRead(complete, proven, bob), false,
			AccessDiff{Put: []org.StoreUser{bob}},
		},
		{"a partial read of a known store changes nothing", held(ann), storeRead(org.FacetIncomplete, none, bob,
			with(ann, func(u *org.StoreUser) { u.Status = org.StatusInactive })), false, AccessDiff{}},
		{"a partial read still shows who is there", []Held{{StoreUser: ann, Unseen: true}}, storeRead(org.FacetIncomplete, none,
			with(ann, func(u *org.StoreUser) { u.Status = org.StatusInactive })), false, AccessDiff{Put: []org.StoreUser{ann}}},
		{
			"a partial read of a store never read completely counts", nil, storeRead(org.FacetIncomplete, none, bob), true,
			AccessDiff{Put: []org.StoreUser{bob}, Logins: []org.StoreUser{bob}},
		},
		{"a partial read ends nothing", held(ann), storeRead(org.FacetIncomplete, proven), true, AccessDiff{}},
		{"a failed read proves nothing", held(ann), storeRead(org.FacetFailed, proven), false, AccessDiff{}},
		{"a denied read proves nothing", held(ann), storeRead(org.FacetDenied, proven), false, AccessDiff{}},
		{"what was not read keeps the last known", held(ann), storeRead(complete, proven, unread), false, AccessDiff{}},
		{
			"rights read for the first time are no gain", held(unread), storeRead(complete, proven, ann), false,
			AccessDiff{Put: []org.StoreUser{ann}, Logins: []org.StoreUser{ann}},
		},
		{
			"rights gained and lost are two changes", held(ann),
			storeRead(complete, proven, with(ann, func(u *org.StoreUser) { u.Permissions = org.PermissionSet{"B", "C", "D;E"} })), false,
			AccessDiff{
				Put: []org.StoreUser{with(ann, func(u *org.StoreUser) { u.Permissions = org.PermissionSet{"B", "C", "D;E"} })},
				Changes: []Change{
					{Kind: RightsGained, User: "ann", Email: "ann@example.com", Field: "permissions", After: `C;D\;E`},
					{Kind: RightsLost, User: "ann", Email: "ann@example.com", Field: "permissions", Before: "A"},
				},
			},
		},
		{
			"a status that is no longer provided is said", held(ann),
			storeRead(complete, proven, with(ann, func(u *org.StoreUser) { u.Status = "" })), false,
			AccessDiff{
				Put: []org.StoreUser{with(ann, func(u *org.StoreUser) { u.Status = "" })},
				Changes: []Change{{
					Kind: StatusChanged, User: "ann", Email: "ann@example.com", Field: "status",
					Before: "active", After: "unknown",
				}},
			},
		},
		{
			"another spelling of the e-mail is a version without a change", held(ann),
			storeRead(complete, proven, with(ann, func(u *org.StoreUser) { u.Email = "Ann@Example.com" })), false,
			AccessDiff{Put: []org.StoreUser{with(ann, func(u *org.StoreUser) { u.Email = "Ann@Example.com" })}},
		},
		{
			"a sign-in is no change", held(ann),
			storeRead(complete, proven, with(ann, func(u *org.StoreUser) { u.LastLogin = org.At(seenAt.Add(time.Hour)) })), false,
			AccessDiff{Logins: []org.StoreUser{with(ann, func(u *org.StoreUser) { u.LastLogin = org.At(seenAt.Add(time.Hour)) })}},
		},
		{
			"a sign-in that becomes null was read", held(ann),
			storeRead(complete, proven, with(ann, func(u *org.StoreUser) { u.LastLogin = org.Never() })), false,
			AccessDiff{Logins: []org.StoreUser{with(ann, func(u *org.StoreUser) { u.LastLogin = org.Never() })}},
		},
		{
			"the same e-mail under a new id is removed and added", held(ann),
			storeRead(complete, proven, with(ann, func(u *org.StoreUser) { u.APIID = "ann2" })), false,
			AccessDiff{
				Put:    []org.StoreUser{with(ann, func(u *org.StoreUser) { u.APIID = "ann2" })},
				Logins: []org.StoreUser{with(ann, func(u *org.StoreUser) { u.APIID = "ann2" })},
				End:    []org.StoreUser{ann},
				Changes: []Change{
					{Kind: AccessAdded, User: "ann2", Email: "ann@example.com", Field: "role", After: "custom"},
					{Kind: AccessRemoved, User: "ann", Email: "ann@example.com", Field: "role", Before: "custom"},
				},
			},
		},
		{
			"an id that comes twice counts once", nil, storeRead(complete, proven, bob, bob), true,
			AccessDiff{Put: []org.StoreUser{bob}, Logins: []org.StoreUser{bob}},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := DiffAccesses(c.held, c.read, c.baseline); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestDiffIdentity(t *testing.T) {
	was := org.Identity{APIID: "u", Email: "Jörg@example.com", FirstName: "Jörg", LastName: "Maß", Locale: "de"}
	cases := []struct {
		name string
		edit func(*org.Identity)
		want []Change
	}{
		{"same", func(*org.Identity) {}, nil},
		{"case only", func(i *org.Identity) { i.Email = "JÖRG@EXAMPLE.COM" }, nil},
		{"locale only", func(i *org.Identity) { i.Locale = "en" }, nil},
		{"blanks around a name", func(i *org.Identity) { i.FirstName = " Jörg " }, nil},
		{"both at once", func(i *org.Identity) { i.Email, i.LastName = "j@example.com", "Klein" }, []Change{
			{Kind: EmailChanged, User: "u", Email: "j@example.com", Field: "email", Before: "Jörg@example.com", After: "j@example.com"},
			{Kind: UserRenamed, User: "u", Email: "j@example.com", Field: "name", Before: "Jörg Maß", After: "Jörg Klein"},
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			now := was
			c.edit(&now)
			if got := DiffIdentity(was, now); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestDiffPeopleFollowsTheRulesOfAccesses(t *testing.T) {
	ann, bob := user("ann").Identity, user("bob").Identity
	read := func(absence org.Absence, people ...org.Identity) org.AccountRead {
		return org.AccountRead{People: people, Absence: absence, Read: org.FacetRead{State: org.FacetComplete}}
	}
	cases := []struct {
		name string
		held []HeldPerson
		read org.AccountRead
		want [3]int // put, end, unseen
	}{
		{"new", nil, read(org.AbsenceProven, ann), [3]int{1, 0, 0}},
		{"same", []HeldPerson{{Identity: ann}}, read(org.AbsenceProven, ann), [3]int{}},
		{"gone", []HeldPerson{{Identity: ann}, {Identity: bob}}, read(org.AbsenceProven, ann), [3]int{0, 1, 0}},
		{"perhaps gone", []HeldPerson{{Identity: bob}}, read(org.AbsenceLikely), [3]int{0, 0, 1}},
		{"still not seen", []HeldPerson{{Identity: bob, Unseen: true}}, read(org.AbsenceLikely), [3]int{0, 1, 0}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := DiffPeople(c.held, c.read, false)
			if got := [3]int{len(d.Put), len(d.End), len(d.Unseen)}; got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestDiffStores(t *testing.T) {
	store := func(hash, name string) org.RemoteStore {
		return org.RemoteStore{APIID: "id/" + hash, Hash: hash, Name: name}
	}
	one, two := store("one", "One"), store("two", "Two")
	read := func(state org.FacetState, absence org.Absence, stores ...org.RemoteStore) org.AccountRead {
		return org.AccountRead{Stores: stores, Absence: absence, Read: org.FacetRead{State: state}}
	}
	full := func(stores ...org.RemoteStore) org.AccountRead {
		return read(org.FacetComplete, org.AbsenceLikely, stores...)
	}
	cases := []struct {
		name     string
		held     []HeldStore
		read     org.AccountRead
		baseline bool
		want     StoreDiff
	}{
		{"the first list is a baseline", nil, full(one), true, StoreDiff{Put: []org.RemoteStore{one}}},
		{"added", []HeldStore{{RemoteStore: one}}, full(one, two), false, StoreDiff{
			Put: []org.RemoteStore{two}, Changes: []Change{{Kind: StoreAdded, Store: "two", Field: "store", After: "Two"}},
		}},
		{"added by a partial list", nil, read(org.FacetIncomplete, org.AbsenceNone, two), false, StoreDiff{
			Put: []org.RemoteStore{two}, Changes: []Change{{Kind: StoreAdded, Store: "two", Field: "store", After: "Two"}},
		}},
		{
			"missing once",
			[]HeldStore{{RemoteStore: one}, {RemoteStore: two}},
			full(one), false,
			StoreDiff{Missing: []org.RemoteStore{two}},
		},
		{"missing twice is gone", []HeldStore{{RemoteStore: one}, {RemoteStore: two, Missing: true}}, full(one), false, StoreDiff{
			Gone: []org.RemoteStore{two}, Changes: []Change{{Kind: StoreGone, Store: "two", Field: "store", Before: "Two"}},
		}},
		{
			"a list with gaps does not miss",
			[]HeldStore{{RemoteStore: two, Missing: true}},
			read(org.FacetIncomplete, org.AbsenceNone, one), true,
			StoreDiff{Put: []org.RemoteStore{one}},
		},
		{"seen again", []HeldStore{{RemoteStore: two, Missing: true}}, full(two), false, StoreDiff{Seen: []org.RemoteStore{two}}},
		{"gone stays gone", []HeldStore{{RemoteStore: two, Gone: true}}, full(), false, StoreDiff{}},
		{"back again", []HeldStore{{RemoteStore: two, Gone: true}}, full(two), false, StoreDiff{
			Put: []org.RemoteStore{two}, Changes: []Change{{Kind: StoreAdded, Store: "two", Field: "store", After: "Two"}},
		}},
		{"renamed", []HeldStore{{RemoteStore: one}}, full(store("one", "Uno")), false, StoreDiff{
			Put:     []org.RemoteStore{store("one", "Uno")},
			Changes: []Change{{Kind: StoreRenamed, Store: "one", Field: "name", Before: "One", After: "Uno"}},
		}},
		{
			"a failed list says nothing",
			[]HeldStore{{RemoteStore: one, Missing: true}},
			read(org.FacetFailed, org.AbsenceProven), false,
			StoreDiff{},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := DiffStores(c.held, c.read, c.baseline); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestDiffApps(t *testing.T) {
	mail, ship := org.App{APIID: "1", Name: "Mail"}, org.App{APIID: "2", Name: "Ship"}
	gained := []Change{{Kind: AppGained, Field: "app", After: "Ship", App: "2"}}
	lost := []Change{{Kind: AppLost, Field: "app", Before: "Mail", App: "1"}}
	cases := []struct {
		name     string
		held     *AppList
		read     AppList
		baseline bool
		put      bool
		want     []Change
	}{
		{"first reading", nil, AppList{Apps: []org.App{mail}}, false, true, nil},
		{"no apps are a reading too", nil, AppList{}, false, true, nil},
		{"same", &AppList{Apps: []org.App{mail, ship}}, AppList{Apps: []org.App{ship, mail}}, false, false, nil},
		{"gained", &AppList{Apps: []org.App{mail}}, AppList{Apps: []org.App{mail, ship}}, false, true, gained},
		{"lost", &AppList{Apps: []org.App{mail}}, AppList{}, false, true, lost},
		{"a baseline writes none", &AppList{Apps: []org.App{mail}}, AppList{}, true, true, nil},
		{"what more hides is not lost", &AppList{Apps: []org.App{mail}}, AppList{Apps: []org.App{ship}, More: true}, false, true, gained},
		{"what more hid is not gained", &AppList{Apps: []org.App{mail}, More: true}, AppList{Apps: []org.App{ship}}, false, true, lost},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			put, got := DiffApps(c.held, c.read, c.baseline)
			if put != c.put || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v %+v, want %v %+v", put, got, c.put, c.want)
			}
		})
	}
}

func TestAnUnreadStatusKeepsTheKnownOne(t *testing.T) {
	held := Held{StoreUser: org.StoreUser{Identity: org.Identity{APIID: "u1"}, RightsRead: true, Status: org.StatusInactive}}
	read := org.StoreRead{
		Users: []org.StoreUser{{Identity: org.Identity{APIID: "u1"}, RightsRead: true, StatusUnread: true}},
		Read:  org.FacetRead{State: org.FacetComplete}, Absence: org.AbsenceProven,
	}
	if d := DiffAccesses([]Held{held}, read, false); len(d.Put) != 0 || len(d.Changes) != 0 {
		t.Errorf("got %+v", d)
	}
}
