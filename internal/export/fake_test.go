package export_test

import (
	"context"
	"slices"
	"strings"
	"time"

	"rollcall/internal/export"
	"rollcall/internal/org"
)

// fake is a source in memory with the awkward texts that real accounts hold.
type fake struct {
	stores  []org.Store
	users   []org.UserRow
	people  map[int64]org.Identity
	sets    map[int64]org.PermissionSet
	apps    map[int64][]org.App
	more    map[int64]bool
	refs    []org.AccessRef
	changes []org.ChangeRow
	fail    error // returned after the first row
}

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func newFake() *fake {
	read := func(state org.FacetState, at time.Time, expected, received int, text string) org.FacetRead {
		return org.FacetRead{Facet: org.FacetAccesses, State: state, ReadAt: at, Expected: expected, Received: received, Error: text}
	}
	apps := org.FacetRead{Facet: org.FacetUserApps, State: org.FacetComplete, ReadAt: at("2026-03-31T02:11:00Z")}
	return &fake{
		stores: []org.Store{
			{
				ID: 1, APIID: "bc/account/store/a1", Hash: "a1b2c3", Name: `Acme, "North"`, Labels: []string{"EU", `a;b\c`},
				FirstSeen: at("2025-12-01T02:00:00Z"), Accesses: 4, Privileged: 1, Owners: 1, Inactive: 1, Never: 1, Changes30: 2,
				Facets: []org.FacetRead{read(org.FacetComplete, at("2026-03-31T02:10:09Z"), 4, 4, ""), apps},
			},
			{
				ID: 2, APIID: "bc/account/store/a2", Hash: "=d4e5f6", Name: "+Süd 李", FirstSeen: at("2025-12-02T02:00:00Z"), Accesses: 2,
				Unseen: 1, Facets: []org.FacetRead{read(org.FacetIncomplete, at("2026-03-30T02:10:10Z"), -1, 1, "The list stopped\nin the middle.")},
			},
			{
				ID: 3, APIID: "bc/account/store/a3", Hash: "zz9", Name: "Never read", FirstSeen: at("2026-03-31T02:00:00Z"),
				Facets: []org.FacetRead{{Facet: org.FacetAccesses, State: org.FacetFailed, Expected: -1}},
			},
		},
		users: []org.UserRow{
			user(11, org.Identity{APIID: "bc/account/user/u1", Email: `=HYPERLINK("http://x.test","y")`, FirstName: "@Ann", LastName: "O'Neil", Locale: "en"},
				[]string{"a1b2c3", "=d4e5f6"}, org.RoleOwner, true, org.At(at("2026-03-30T10:11:12Z")), org.LoginActive, org.Yes),
			user(12, org.Identity{APIID: "bc/account/user/u2", Email: "li@example.test", FirstName: "李", LastName: "line\nbreak\r\nname", Locale: "zh"},
				[]string{"a1b2c3"}, org.RoleNone, false, org.Never(), org.LoginNever, org.No),
			user(13, org.Identity{APIID: "-u3", Email: "\tTab@Example.test", FirstName: "\x00nul", LastName: "_x0041_ <&>", Locale: ""},
				[]string{"a1b2c3"}, org.RoleCustom, false, org.At(at("2025-06-01T00:00:00Z")), org.LoginInactive, org.Unknown),
			user(14, org.Identity{APIID: "bc/account/user/u4", Email: "noone@example.test", FirstName: " Space ", LastName: `quote"d`, Locale: "en-US"},
				nil, org.RoleUnknown, false, org.Moment{}, org.LoginUnknown, org.Yes),
		},
		people: map[int64]org.Identity{},
		sets: map[int64]org.PermissionSet{
			1: org.NewPermissionSet([]string{"Manage_Users", "Manage_Orders", "=Odd;right", `back\slash`}),
			2: {},
			3: org.NewPermissionSet([]string{"Manage_Orders", "New, right"}),
		},
		apps: map[int64][]org.App{1: {{APIID: "app/1", Name: "Semi;colon"}, {APIID: "app/2", Name: `Back\slash, Inc`}, {APIID: "app/3"}}, 2: {}},
		more: map[int64]bool{1: true},
		refs: []org.AccessRef{
			{Store: 1, User: 11, Person: 11, Set: 1, Apps: 1, Status: "ACTIVE", LastLogin: at("2026-03-30T10:11:12Z").Unix(), Updated: at("2026-01-01T23:59:59Z").Unix(), FirstSeen: at("2025-12-01T02:00:00Z").Unix()},
			{Store: 1, User: 12, Person: 12, Set: 2, Apps: 2, Status: "INACTIVE", LastLogin: 0, Updated: 0, FirstSeen: at("2025-12-01T02:00:00Z").Unix()},
			{Store: 1, User: 13, Person: 13, Set: 3, Status: "", LastLogin: at("2025-06-01T00:00:00Z").Unix(), Updated: -1, FirstSeen: at("2026-02-28T02:00:01Z").Unix()},
			{Store: 2, User: 11, Person: 11, Set: 0, Status: "SUSPENDED", LastLogin: -1, Updated: -1, FirstSeen: at("2025-12-02T02:00:00Z").Unix()},
		},
		changes: []org.ChangeRow{
			{
				Snapshot: 7, SeenAt: at("2026-03-31T02:10:09Z"), PreviousReadAt: at("2026-03-30T02:10:09Z"), Kind: "rights_gained", StoreHash: "a1b2c3", StoreName: `Acme, "North"`,
				UserAPIID: "bc/account/user/u1", Email: `=HYPERLINK("http://x.test","y")`, Field: "permissions", After: "Manage_Users",
			},
			{Snapshot: 6, SeenAt: at("2026-03-30T02:10:09Z"), Kind: "store_renamed", StoreHash: "=d4e5f6", StoreName: "+Süd 李", Field: "name", Before: "-Süd", After: "+Süd 李"},
		},
	}
}

func user(id org.UserID, who org.Identity, hashes []string, role org.Role, privileged bool, login org.Moment, state org.LoginState, in org.Tri) org.UserRow {
	return org.UserRow{
		ID: id, Identity: who, InAccount: in, StoreCount: len(hashes), Hashes: hashes, Highest: role,
		Privileged: privileged, LastLogin: login, Login: state, FirstSeen: at("2025-12-01T02:00:00Z"),
	}
}

func (f *fake) EachAccessRef(_ context.Context, _ org.Scope, _ org.Query, _ org.Settings, sink org.AccessSink) error {
	for _, s := range f.stores {
		sink.Store(s)
	}
	for _, u := range f.users {
		sink.User(u.ID, u.APIID)
		sink.Person(int64(u.ID), u.Identity)
	}
	for id, set := range f.sets {
		sink.Set(id, set, org.RoleOf(set), len(set.Privileged()) > 0)
	}
	for id, apps := range f.apps {
		sink.Apps(id, apps, f.more[id])
	}
	return eachOf(f.refs, sink.Row, f.fail)
}

func (f *fake) EachUser(_ context.Context, _ org.Scope, _ org.Query, _ org.Settings, row func(org.UserRow) error) error {
	return eachOf(f.users, row, f.fail)
}

func (f *fake) EachChange(_ context.Context, _ org.Scope, _ org.Query, _ org.Settings, row func(org.ChangeRow) error) error {
	return eachOf(f.changes, row, f.fail)
}

func (f *fake) EachStore(_ context.Context, _ org.Scope, _ org.Query, _ org.Settings, row func(org.Store) error) error {
	return eachOf(f.stores, row, nil)
}

func (f *fake) EachPermission(_ context.Context, _ org.Scope, _ org.Query, _ org.Settings, row func(org.PermissionRow) error) error {
	names := []string{}
	for _, set := range f.sets {
		names = append(names, set...)
	}
	slices.Sort(names)
	return eachOf(slices.Compact(names), func(name string) error {
		return row(org.PermissionRow{Name: name, Area: org.AreaOf(name), Accesses: len(name), Users: 2, Stores: 1})
	}, f.fail)
}

func (f *fake) EachSnapshot(_ context.Context, _ org.Scope, _ org.Query, _ org.Settings, row func(org.Snapshot) error) error {
	return eachOf([]org.Snapshot{testSnapshot}, row, f.fail)
}

func (f *fake) CountAccess(context.Context, org.Scope, org.Query, org.Settings) (int, error) {
	return len(f.refs), nil
}

func (f *fake) CountUsers(context.Context, org.Scope, org.Query, org.Settings) (int, error) {
	return len(f.users), nil
}

func (f *fake) CountChanges(context.Context, org.Scope, org.Query, org.Settings) (int, error) {
	return len(f.changes), nil
}

func eachOf[T any](list []T, row func(T) error, fail error) error {
	for _, item := range list {
		if err := row(item); err != nil {
			return err
		}
		if fail != nil {
			return fail
		}
	}
	return nil
}

var testSnapshot = org.Snapshot{
	ID: 7, Account: 1, AccountName: "Acmé & Söhne (Test)", State: org.Partial, Reason: "2 of 3 stores could not be read to the end",
	Started: at("2026-03-31T02:00:00Z"), Finished: at("2026-03-31T02:12:00Z"), ReadFrom: at("2026-03-30T02:10:10Z"),
	ReadTo: at("2026-03-31T02:10:09Z"), Stores: 3, StoresFailed: 2, Accesses: 4, Users: 4, Changes: 2, Requests: 9, Repeated: 1,
}

func testJob(kind export.Kind, format export.Format) export.Job {
	return export.Job{
		Kind: kind, Format: format, Snapshot: testSnapshot, Settings: org.DefaultSettings(),
		Scope: org.Scope{Account: 1}, By: "Test Member", At: at("2026-04-01T09:00:00Z"), Version: "0.0.0-test",
		Account: org.Account{ID: 1, UUID: "01234567-89ab-cdef-0123-456789abcdef", Name: "Renamed since"},
	}
}

func written(job export.Job, source export.Source) (string, export.Manifest, error) {
	var b strings.Builder
	m, err := export.Write(context.Background(), source, job, &b)
	return b.String(), m, err
}
