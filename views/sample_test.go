package views

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"rollcall/internal/org"
)

var sampleNow = time.Date(2026, 11, 20, 9, 12, 0, 0, time.UTC)

func berlin() *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return time.UTC
	}
	return zone
}

// sampleShell is a shell of an account with 214 stores, two of which failed.
func sampleShell(path string) Shell {
	here, err := url.Parse(path)
	if err != nil {
		panic(err)
	}
	snap := sampleSnapshot(312, 0)
	account := org.Account{
		ID: 1, UUID: "01234567-89ab-cdef-0123-456789abcdef", Name: "Northwind Outfitters Group", TokenLast4: "9f3c", Connected: true,
		CreatedAt: sampleNow.AddDate(0, -8, 0),
	}
	other := org.Account{ID: 2, UUID: "fedcba98-7654-3210-fedc-ba9876543210", Name: "Donaudampfschifffahrtsgesellschaft Handels- und Beteiligungs-GmbH", TokenLast4: "77aa", Connected: true}
	return Shell{
		Account: account, Accounts: []org.Account{account, other}, Member: "admin@northwind.example", Zone: berlin(), Now: sampleNow,
		InactiveDays: 90, Here: *here, Snapshot: snap, Quota: org.Quota{Limit: 70, Used: 18, Reserve: 6, ResetAt: sampleNow.Add(34 * time.Minute)},
		Sync: Sync{Last: snap}, Version: "v0.1.0",
	}
}

func sampleSnapshot(id org.SnapshotID, daysAgo int) org.Snapshot {
	start := sampleNow.AddDate(0, 0, -daysAgo).Add(-8 * time.Hour)
	s := org.Snapshot{
		ID: id, Account: 1, Started: start, Finished: start.Add(14 * time.Minute), State: org.Complete, Requests: 41, Stores: 214, Accesses: 9871,
		Users: 1418, Changes: 17 + daysAgo%5*9, ReadFrom: start.Add(time.Minute), ReadTo: start.Add(13 * time.Minute),
	}
	if id%6 == 0 {
		s.State, s.StoresFailed, s.Reason, s.Repeated = org.Partial, 2, "Two stores did not answer to the end.", 3
	}
	return s
}

var (
	sampleFirst = []string{"Amélie", "Bo", "Chidi", "Dagmar", "Émile-Auguste", "Fatima", "Győző", "Hiroshi", "İpek", "Jörg", "Klára", "Lê", "María José", "Nguyễn", "Ольга", "Père", "Quentin", "R.", "Søren", "Þóra", "王", "أحمد", "", "<b>Xaver</b>"}
	sampleLast  = []string{"O'Brien", "van der Meer-Oosterhout", "Ng", "Wolfeschlegelsteinhausenbergerdorff", "Müller", "Ivanova", "小明", "García y Vega", "Smith", "", "de la Cruz", "Żółć", "=SUM(A1)", "Lindqvist"}
	sampleRoles = []org.Role{org.RoleOwner, org.RoleAdministrator, org.RoleCustom, org.RoleSalesStaff, org.RoleCustom, org.RoleAdministrator, org.RoleNone, org.RoleUnknown, org.RoleSalesStaff, org.RoleSalesManager}
)

func sampleUsers(n int) []org.UserRow {
	random := rand.New(rand.NewPCG(7, 11))
	list := make([]org.UserRow, n)
	for i := range list {
		first, last := sampleFirst[random.IntN(len(sampleFirst))], sampleLast[random.IntN(len(sampleLast))]
		u := org.UserRow{ID: org.UserID(i + 1), Identity: org.Identity{FirstName: first, LastName: last, Email: fmt.Sprintf("%s.%d@northwind.example", []string{"anna", "support+emea", "bo", "marketplace.operations.team.lead"}[i%4], i)}}
		if i == 3 {
			u.Email = "a.very.long.mailbox.name.that.never.seems.to.end.at.all@subsidiary.of.a.subsidiary.northwind-outfitters-international.example"
		}
		u.StoreCount = 1 + random.IntN(12)*random.IntN(18)
		u.Stores = []string{"Northwind DE", "Northwind FR Outlet & Clearance", "Trail & Peak UK"}[:min(3, u.StoreCount)]
		u.Highest = sampleRoles[i%len(sampleRoles)]
		u.Privileged = u.Highest == org.RoleOwner || i%7 == 0
		u.Sensitive = u.Privileged || u.Highest == org.RoleAdministrator || i%5 == 0
		u.InAccount = []org.Tri{org.Yes, org.Yes, org.Yes, org.No, org.Unknown}[i%5]
		u.FirstSeen = sampleNow.AddDate(0, 0, -3-random.IntN(200))
		at := sampleNow.Add(-time.Duration(random.IntN(240*24)) * time.Hour)
		u.LastLogin = org.At(at)
		if i%9 == 4 {
			u.LastLogin = org.Never()
		}
		if i%17 == 6 {
			u.LastLogin = org.Moment{}
		}
		if i%13 == 12 {
			u.StoreCount, u.Stores, u.Highest, u.LastLogin, u.Privileged, u.Sensitive = 0, nil, org.RoleUnknown, org.Moment{}, false, false
		}
		u.Login = u.LastLogin.Login(sampleNow, 90)
		list[i] = u
	}
	return list
}

func sampleChoices() org.FilterChoices { return choicesOf(12) }

// choicesOf offers n stores.
func choicesOf(n int) org.FilterChoices {
	c := org.FilterChoices{
		Labels:      []org.Choice{{Value: "live", Count: 180}, {Value: "test", Count: 34}, {Value: "EMEA, north", Count: 61}},
		Domains:     []org.Choice{{Value: "northwind.example", Count: 1290}, {Value: "agency.example", Count: 128}},
		Permissions: []org.Choice{{Value: "Manage_Users", Label: "Manage users", Count: 44}, {Value: "Refund_Orders", Label: "Refund orders", Count: 801}},
		Apps:        []org.Choice{{Value: "bc/app/1", Label: "Klaviyo-like mailer", Count: 212}},
		Statuses:    []org.Choice{{Value: "ACTIVE", Count: 9100}, {Value: "INACTIVE", Count: 700}, {Value: "PENDING_REVIEW", Count: 3}, {Value: "", Count: 2}},
	}
	for _, s := range sampleStores(n) {
		c.Stores = append(c.Stores, org.Choice{Value: s.Hash, Label: s.Name})
	}
	return c
}

func sampleStores(n int) []org.Store {
	random := rand.New(rand.NewPCG(3, 5))
	list := make([]org.Store, n)
	names := []string{"Northwind", "Trail & Peak", "Blue Heron", "Kaufhaus am Großen Markt", "Øst", "Little Fox Toys and Games Outlet"}
	for i := range list {
		s := org.Store{
			ID: org.StoreID(i + 1), Hash: fmt.Sprintf("s%09x", i*7919+4096), Name: fmt.Sprintf("%s %s %d", names[i%len(names)], []string{"DE", "FR", "UK", "US", "JP"}[i%5], i+1),
			Labels: []string{"live"}, FirstSeen: sampleNow.AddDate(0, -8, 0), Accesses: 4 + random.IntN(90), Changes30: random.IntN(20),
		}
		s.Privileged, s.Owners, s.Inactive, s.Never = random.IntN(6), 1+random.IntN(3), random.IntN(20), random.IntN(9)
		s.Facets = []org.FacetRead{
			{Facet: org.FacetAccesses, State: org.FacetComplete, Expected: s.Accesses, Received: s.Accesses, ReadAt: sampleNow.Add(-8 * time.Hour)},
			{Facet: org.FacetUserApps, State: org.FacetDenied, Expected: -1, Error: "The token lacks the scope to read apps."},
			{Facet: org.FacetApps, State: org.FacetComplete, Expected: 7, Received: 7, ReadAt: sampleNow.Add(-8 * time.Hour)},
		}
		if i%5 == 1 {
			s.Labels = []string{"test", "EMEA, north"}
		}
		if i == 4 {
			s.Facets[0] = org.FacetRead{Facet: org.FacetAccesses, State: org.FacetIncomplete, Expected: 120, Received: 98, ReadAt: sampleNow.AddDate(0, 0, -2), Error: "Page 3 did not begin where page 2 ended."}
			s.Unseen = 2
		}
		if i == 9 {
			s.Facets[0] = org.FacetRead{Facet: org.FacetAccesses, State: org.FacetFailed, Expected: -1, Error: "BigCommerce answered 502 five times."}
		}
		list[i] = s
	}
	return list
}

// samples are all pages with their states, by file name.
func samples() map[string]Page {
	pages := map[string]Page{}
	add := func(name string, p Page) {
		if _, twice := pages[name]; twice {
			panic("two samples named " + name)
		}
		pages[name] = p
	}
	sampleUsersPages(add)
	sampleDoorPages(add)
	sampleAccessPages(add)
	sampleHistoryPages(add)
	sampleHousePages(add)
	sampleAppPages(add)
	sampleHookPages(add)
	sampleRegisterPages(add)
	sampleActPages(add)
	return pages
}

func sampleUsersPages(add func(string, Page)) {
	s := sampleShell("/a/1/users")
	page := org.UserPage{Rows: sampleUsers(50), Total: 1418, From: 1, Next: "n50"}
	add("users", NewUsers(s, page, org.Query{}, choicesOf(1000)))
	q := org.Query{Search: "anna", Roles: []org.Role{org.RoleOwner, org.RoleCustom}, Login: []org.LoginState{org.LoginInactive}, Days: 45, Labels: []string{"EMEA, north"}, Sort: "login", Desc: true}
	past := sampleShell("/a/1/users?" + q.Encode() + "&as-of=2026-09-03")
	past.AsOf, past.Snapshot = org.AsOf{Day: "2026-09-03"}, sampleSnapshot(234, 78)
	past.Sync.Progress = &org.Progress{StoresAll: 214, StoresDone: 112}
	q.AsOf = past.AsOf
	add("users-filtered-past", NewUsers(past, org.UserPage{Rows: sampleUsers(12), Total: 62, From: 51, Prev: "p"}, q, sampleChoices()))
	add("users-no-match", NewUsers(s, org.UserPage{}, org.Query{Search: strings.Repeat("nobody ", 4)}, sampleChoices()))
	never := sampleShell("/a/1/users")
	never.Snapshot, never.Sync, never.Quota = org.Snapshot{}, Sync{}, org.Quota{}
	add("users-never-synced", NewUsers(never, org.UserPage{}, org.Query{}, org.FilterChoices{}))
}
