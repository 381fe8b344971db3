package views

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

func sampleDoorPages(add func(string, Page)) {
	d := Door{Version: "v0.1.0"}
	add("sign-in", NewSignIn(d, "", "/a/1/", ""))
	add("sign-in-refused", NewSignIn(d, "admin@northwind.example", "/a/1/", "E-mail or password are not right. After 5 tries the door stays shut for 30 seconds."))
	add("setup", NewSetup(d, SetupForm{}, nil))
	add("setup-error", NewSetup(d, SetupForm{Name: "Amélie O'Brien", Email: "amelie@northwind.example"},
		org.Invalid("code", "This is not the set-up code. It stands in the terminal that started Rollcall; each start makes a new one.")))
	add("connect", NewConnect(d, "", "", nil))
	add("connect-error", NewConnect(d, "01234567", "/a/1/settings", org.Invalid("account UUID", "The account UUID must look like 01234567-89ab-cdef-0123-456789abcdef.")))
	s := sampleShell("/a/1/check")
	abilities := []Ability{
		{What: "Stores of the account", Can: org.Yes, Scope: "Accounts: read-only", Required: true},
		{What: "Users and their rights in each store", Can: org.Yes, Scope: "Store users: read-only", Required: true},
		{What: "Users of the account", Can: org.No, Scope: "Account users: read-only", Without: "Rollcall cannot tell who is in the account's own list of users."},
		{What: "Apps of each user", Can: org.Unknown, Scope: "Apps: read-only"},
	}
	add("checked", NewChecked(s, Check{Account: s.Account, CheckedAt: sampleNow, Stores: 214, Abilities: abilities, Requests: 3, CanWrite: []string{"create, change and remove users of every store", "delete users of the account"}}))
	add("checked-refused", NewChecked(s, Check{Account: s.Account, CheckedAt: sampleNow, Stores: -1, Requests: 1, Error: "BigCommerce does not accept this token. It may have been deleted, or it was copied in part."}))
	add("problem", NewProblem(Shell{}, d, 500, errors.New("boom"), "3f9c2a7e51"))
	add("problem-in-account", NewProblem(s, d, 404, org.NotFound("store"), "3f9c2a7e52"))
}

func sampleAccesses(n int) []org.AccessRow {
	staff, admin := org.Preset(org.RoleSalesStaff), org.Preset(org.RoleAdministrator)
	odd := org.NewPermissionSet(append([]string{"Read_Webhooks", "Manage_Users", "Refund_Orders"}, staff[3:]...))
	list := make([]org.AccessRow, n)
	for i, store := range sampleStores(n) {
		a := org.AccessRow{User: org.UserID(i + 1), Store: store.ID, StoreHash: store.Hash, StoreName: store.Name, FirstSeen: sampleNow.AddDate(0, -3, 0), ReadAt: sampleNow.Add(-8 * time.Hour), AppsState: org.FacetComplete}
		u := sampleUsers(n)[i]
		a.Identity, a.Status, a.RightsRead, a.LastLogin, a.Login = u.Identity, org.StatusActive, true, u.LastLogin, u.Login
		a.Permissions = staff
		switch {
		case i%11 == 3:
			a.Permissions, a.Status = admin, org.StatusInactive
		case i%11 == 5:
			a.Permissions = odd
		case i%11 == 7:
			a.RightsRead, a.Permissions, a.AppsState, a.Unseen = false, nil, org.FacetDenied, true
		case i%11 == 8:
			a.Status, a.Permissions = "PENDING_REVIEW", staff[:len(staff)-4]
		}
		a.Role = org.RoleOf(a.Permissions)
		if !a.RightsRead {
			a.Role = org.RoleUnknown
		}
		if i%4 == 0 {
			a.Apps = []org.App{{APIID: "1", Name: "Mailer & Newsletter Pro"}, {APIID: "2", Name: "ERP bridge"}}
		}
		list[i] = a
	}
	return list
}

func sampleChanges(n int) []org.ChangeRow {
	kinds := audit.Kinds()
	users, stores := sampleUsers(n), sampleStores(n)
	list := make([]org.ChangeRow, n)
	for i := range list {
		at := sampleNow.Add(-8*time.Hour).AddDate(0, 0, -i/9)
		c := org.ChangeRow{
			ID: int64(n - i), Snapshot: org.SnapshotID(312 - i/9), SeenAt: at, PreviousReadAt: at.AddDate(0, 0, -1), Kind: string(kinds[i%len(kinds)]),
			Store: stores[i].ID, StoreHash: stores[i].Hash, StoreName: stores[i].Name, User: users[i].ID, Email: users[i].Email, UserName: users[i].Name(),
		}
		switch audit.Kind(c.Kind) {
		case audit.RightsGained:
			c.Field, c.Before, c.After = "permissions", "Manage_Orders", "Create_Store_API_Tokens;Manage_Orders;Manage_Users;Statistics_JirafeAbandonedCarts"
			if i > 12 {
				c.After = strings.Join(org.Preset(org.RoleAdministrator), ";")
			}
		case audit.RightsLost:
			c.Field, c.Before, c.After = "permissions", "Manage_Orders;Refund_Orders", "Manage_Orders"
		case audit.StatusChanged:
			c.Field, c.Before, c.After = "status", "active", "inactive"
		case audit.EmailChanged:
			c.Field, c.Before, c.After, c.Store = "email", "bo@old.example", users[i].Email, 0
		case audit.AccessAdded:
			c.LinkedUser = 7
		case audit.AppGained:
			c.After = "ERP bridge"
		case audit.StoreAdded, audit.StoreGone:
			c.User = 0
		case audit.StoreRenamed:
			c.User, c.Before, c.After = 0, "Old name", stores[i].Name
		}
		list[i] = c
	}
	return list
}

func sampleAccessPages(add func(string, Page)) {
	s := sampleShell("/a/1/")
	o := org.Overview{
		Users: 1418, Stores: 214, Accesses: 9871, AccountUsers: org.FacetRead{Facet: org.FacetAccountUsers, State: org.FacetComplete, Received: 1390, Expected: 1390, ReadAt: sampleNow.Add(-8 * time.Hour)},
		OwnerLike: 231, Privileged: 96, Inactive: 402, Never: 77, Changes7: 41, Changes30: 198, Outcome: s.Snapshot, UnknownPermissions: []string{"Read_Webhooks", "Manage_B2B_Edition"},
	}
	for i, u := range sampleUsers(8) {
		o.Worst = append(o.Worst, org.WorstRow{User: u, Reason: []string{"Owner-like in 12 stores, last sign-in more than 90 days ago", "Privileged in 3 stores, has never signed in", "Manages users in 61 stores, only in stores, not in the account list"}[i%3]})
	}
	o.Failed = []org.Store{sampleStores(10)[4], sampleStores(10)[9]}
	for i := range 60 {
		o.Trend = append(o.Trend, org.TrendPoint{Snapshot: org.SnapshotID(253 + i), At: sampleNow.AddDate(0, 0, i-60), Users: 1380 + i, Accesses: 9700 + i*3 - i%7*4, Privileged: 110 - i/4, Inactive: 380 + i%9*4})
	}
	add("overview", NewOverview(s, o))
	fresh := sampleShell("/a/1/")
	fresh.Snapshot, fresh.Sync, fresh.Quota, fresh.Demo = org.Snapshot{}, Sync{}, org.Quota{}, true
	add("overview-never-synced", NewOverview(fresh, org.Overview{}))

	s = sampleShell("/a/1/users/4")
	u := sampleUsers(5)[3]
	u.APIID = "bc/account/user/MTIzNDU2Nzg5"
	add("user", NewUser(s, org.UserDetail{UserRow: u, Accesses: sampleAccesses(24), Timeline: sampleChanges(14), SameMail: sampleUsers(1)}))
	add("user-one-store", NewUser(s, org.UserDetail{UserRow: sampleUsers(1)[0], Accesses: sampleAccesses(1)}))

	s = sampleShell("/a/1/stores")
	add("stores", NewStores(s, org.StorePage{Rows: sampleStores(16), Total: 1000, From: 51, Next: "n", Prev: "p"}, org.Query{Labels: []string{"live"}}, sampleChoices()))
	s = sampleShell("/a/1/stores/5")
	store := sampleStores(5)[4]
	store.APIID = "bc/account/scope/1002"
	add("store", NewStore(s, org.StoreDetail{Store: store, Timeline: sampleChanges(6)}, org.AccessPage{Rows: sampleAccesses(16), Total: 98, From: 1, Next: "n"}, org.Query{}, nil))
	unread := sampleStores(10)[9]
	add("store-not-read", NewStore(s, org.StoreDetail{Store: unread}, org.AccessPage{}, org.Query{}, org.Invalid("labels", "A label can have 40 characters at most.")))
	add("matrix", NewMatrix(sampleShell("/a/1/matrix"), sampleMatrix(), org.Query{Labels: []string{"live"}}, sampleChoices()))
	add("permissions", NewPermissions(sampleShell("/a/1/permissions"), samplePermissions(), org.Query{}, sampleChoices()))
	add("permissions-filtered", NewPermissions(sampleShell("/a/1/permissions"), samplePermissions(), org.Query{Roles: []org.Role{org.RoleOwner}, Login: []org.LoginState{org.LoginNever}}, sampleChoices()))
}

func sampleMatrix() org.Matrix {
	m := org.Matrix{Users: sampleUsers(18), Stores: sampleStores(60)[30:], Cells: map[org.UserID]map[org.StoreID]org.MatrixCell{}, UsersTotal: 1418, Next: "n", StoresFrom: 30, StoresAll: 1000}
	for i, u := range m.Users {
		m.Cells[u.ID] = map[org.StoreID]org.MatrixCell{}
		for j, store := range m.Stores {
			if (i*7+j*3)%5 < 2 {
				m.Cells[u.ID][store.ID] = org.MatrixCell{Role: sampleRoles[(i+j/9)%len(sampleRoles)], Privileged: (i+j)%6 == 0, Login: org.LoginActive}
			}
		}
	}
	return m
}

func samplePermissions() []org.PermissionRow {
	var rows []org.PermissionRow
	for i, a := range org.Areas() {
		for j, name := range a.Names {
			rows = append(rows, org.PermissionRow{Name: name, Area: a.Name, Users: 1418 / (i + j + 1), Accesses: 9871 / (i + j + 1), Stores: 214 - i})
		}
	}
	return append(rows, org.PermissionRow{Name: "Read_Webhooks", Users: 3, Accesses: 17, Stores: 9})
}

func sampleHistoryPages(add func(string, Page)) {
	s := sampleShell("/a/1/changes")
	add("changes", NewChanges(s, org.ChangePage{Rows: sampleChanges(22), Total: 198, From: 1, Next: "n"}, org.Query{Since: org.AsOf{Day: "2026-10-21"}, Kinds: []string{"access_added"}}, sampleChoices()))
	add("changes-none", NewChanges(s, org.ChangePage{}, org.Query{}, sampleChoices()))
	s = sampleShell("/a/1/snapshots")
	var snaps []org.Snapshot
	for i := range 14 {
		snaps = append(snaps, sampleSnapshot(org.SnapshotID(312-i), i))
	}
	add("snapshots", NewSnapshots(s, org.SnapshotPage{Rows: snaps, Total: 312, Next: "n"}, org.Query{}))
	account := []org.FacetRead{
		{Facet: org.FacetStores, State: org.FacetComplete, Expected: 214, Received: 214, ReadAt: sampleNow.Add(-8 * time.Hour)},
		{Facet: org.FacetAccountUsers, State: org.FacetPending, Expected: -1, Received: 0},
	}
	add("snapshot", NewSnapshot(s, snaps[0], 311, account, org.StorePage{Rows: sampleStores(12), Total: 214, From: 1, Next: "n"}, org.Query{}))
	counts := map[string]int{"access_added": 12, "access_removed": 4, "rights_gained": 9, "rights_lost": 1, "user_renamed": 2}
	q := org.Query{Since: org.AsOf{Snapshot: 300}, AsOf: org.AsOf{Snapshot: 312}}
	add("compare", NewCompare(s, org.Compare{From: snaps[12], To: snaps[0], Changes: org.ChangePage{Rows: sampleChanges(28), Total: 28, From: 1}, Counts: counts}, q))
	add("compare-equal", NewCompare(s, org.Compare{From: snaps[1], To: snaps[0]}, q))
}

func sampleHousePages(add func(string, Page)) {
	s := sampleShell("/a/1/exports")
	var files []org.ExportFile
	for i := range 6 {
		kind := exportKinds[i%len(exportKinds)].Value
		files = append(files, org.ExportFile{
			ID: int64(i + 1), Kind: kind, Format: "csv", Name: fmt.Sprintf("northwind-%s-2026-11-%02d.csv", kind, 20-i), Made: sampleNow.AddDate(0, 0, -i), By: "admin@northwind.example", Rows: 9871 * (i + 1), Bytes: 1 << (10 + 4*i),
			SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		})
	}
	add("exports", NewExports(s, org.ExportPage{Rows: files, Total: 96, From: 51, Prev: "p", Next: "n"}, ExportForm{}, nil))
	add("exports-error", NewExports(s, org.ExportPage{}, ExportForm{Kind: "users", Format: "xlsx", Where: "rol=owner"}, org.Invalid("where", "There is no filter named \"rol\".")))
	var rows []org.ActivityRow
	for i := range 20 {
		rows = append(rows, org.ActivityRow{
			ID: int64(i), At: sampleNow.Add(-time.Duration(i*37) * time.Minute), Actor: []string{"admin@northwind.example", "local:root", "schedule"}[i%3],
			Action: []string{"sign-in", "download", "sync", "store.labels"}[i%4], Subject: []string{"admin@northwind.example", "northwind-access.csv", "Northwind", "abc123def4"}[i%4], Address: "2001:db8:85a3::8a2e:370:7334",
			Outcome: []string{"done", "done", "failed", "done", "refused"}[i%5], Before: []string{"", "", "", "live"}[i%4], After: []string{"", "", "", "live, EMEA"}[i%4],
		})
	}
	sampleActivity(add, rows)
	s = sampleShell("/a/1/settings")
	s.Flash = Flash{Tone: Good, Text: "The settings were saved."}
	set := org.DefaultSettings()
	set.Zone = berlin()
	wrong := []audit.WrongTotal{
		{Facet: org.FacetAccountUsers, Expected: 1392, Received: 1390, Since: sampleNow.AddDate(0, 0, -2), Until: sampleNow},
		{Facet: org.FacetAccesses, Store: 5, StoreName: "Northwind DE", Expected: 43, Received: 41, Since: sampleNow.AddDate(0, 0, -2), Until: sampleNow},
	}
	add("settings", NewSettings(s, set, sampleChoices().Labels, nil).WithTotals(wrong))
	s.Flash = Flash{}
	add("settings-error", NewSettings(s, set, nil, org.Invalid("zone", "There is no time zone named \"Mars\".")))
	s = sampleShell("/a/1/sync")
	s.Sync.Progress = &org.Progress{
		Account: 1, Started: sampleNow.Add(-7 * time.Minute), StoresDone: 112, StoresAll: 214, StoresFailed: 1, Accesses: 5120, Requests: 22, Repeated: 1, Waited: 90 * time.Second,
		WaitUntil: sampleNow.Add(11 * time.Minute), WaitReason: "the hourly quota of the account is used up", Phase: "Users and rights", EstimatedEnd: sampleNow.Add(19 * time.Minute),
	}
	add("sync-running", NewSyncPage(s))
	s = sampleShell("/a/1/sync")
	s.Demo = true
	s.Sync.Problem = "BigCommerce does not accept the token any more. Nothing was changed; the last data stays. Replace the token in Settings."
	add("sync-failed", NewSyncPage(s))
}
