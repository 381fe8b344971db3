package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rollcall/internal/org"
)

// modelDay is the truth about an account on one day, kept in the plainest way.
type modelDay struct {
	snapshot org.Snapshot
	at       time.Time
	accesses []modelAccess
	account  map[string]org.Identity // the account-level list; nil: not read yet
}

type modelAccess struct {
	store org.RemoteStore
	org.StoreUser
	apps   []org.App
	readAt time.Time // of the store
}

// stale tells of stores whose read failed on a day: what was known of them stays.
func stale(day int, hash string) bool { return day == 2 && hash == "h0" || day == 4 && hash == "h2" }

// modelWorld is a history whose truth is known.
type modelWorld struct {
	db      *DB
	account org.AccountID
	days    []modelDay
	labels  map[string][]string // by store hash
	ids     map[string]org.UserID
	stores  map[string]org.StoreID // by hash
}

var awkward = [][2]string{
	{"Anna", "Smith"},
	{"anna", "smith"},
	{"Дмитрий", "Иванов"},
	{"王", "小明"},
	{"", ""},
	{"Ñusta", "O'Neill|7"},
	{"ÅSA", "Öberg"},
	{"Zoë", ""},
	{"", "de la Cruz"},
	{"Max", "100%_"},
}

// identity n of a world; generation changes when somebody is renamed.
func awkwardIdentity(n, generation int) org.Identity {
	name := awkward[(n+generation*3)%len(awkward)]
	return org.Identity{
		APIID: fmt.Sprintf("bc/account/user/%d", n), FirstName: name[0], LastName: name[1], Locale: "en",
		Email: fmt.Sprintf("%s%d@%s", []string{"Anna", "ünal", "x"}[n%3], n, []string{"Example.com", "agency.test"}[(n+generation)%2]),
	}
}

// newModelWorld lives through a few days with joiners, leavers, new rights, sign-ins, names and a store that goes.
func newModelWorld(t *testing.T, seed uint64) *modelWorld {
	t.Helper()
	w := newWorld(0, 0, 1)
	w.random = rand.New(rand.NewPCG(seed, 1))
	db, err := Open(context.Background(), t.TempDir(), Options{Now: func() time.Time { return w.at }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	m := &modelWorld{db: db, account: connect(t, db, testUUID), labels: map[string][]string{}, ids: map[string]org.UserID{}, stores: map[string]org.StoreID{}}
	for i := range 6 {
		hash := fmt.Sprintf("h%d", i)
		w.stores = append(w.stores, org.RemoteStore{APIID: "bc/store/" + hash, Hash: hash, Name: []string{"Étoile", "étoile", "Beta", "Zed", "10 Downing", "Beta"}[i]})
	}
	for day := range 5 {
		w.at = start.AddDate(0, 0, day*20)
		if day == 3 {
			w.stores = w.stores[:5]
		}
		m.live(t, w, day)
	}
	if seed%2 == 1 { // past days come from memory
		if err := db.Warm(context.Background(), org.Scope{Account: m.account}); err != nil {
			t.Fatal(err)
		}
	}
	m.readIDs(t)
	for i, hash := range []string{"h0", "h1", "h3"} {
		m.labels[hash] = []string{"live", "region, north"}[:1+i%2]
		for _, label := range m.labels[hash] {
			if _, err := db.writer.Exec(`INSERT INTO store_label VALUES (?, ?)`, m.stores[hash], label); err != nil {
				t.Fatal(err)
			}
		}
	}
	return m
}

// live makes one day, writes it as a sync and notes the truth.
func (m *modelWorld) live(t *testing.T, w *world, day int) {
	t.Helper()
	apps := map[string][]org.App{}
	generation := make([]int, 14)
	for n := range generation {
		generation[n] = day / 2 * (n % 2)
	}
	for _, store := range w.stores {
		var users []org.StoreUser
		for n := range generation {
			if w.random.IntN(3) == 0 {
				continue
			}
			u := org.StoreUser{
				Identity: awkwardIdentity(n, generation[n]), RightsRead: w.random.IntN(8) > 0,
				Status: []org.Status{org.StatusActive, org.StatusInactive, "", "LOCKED"}[w.random.IntN(4)], UpdatedAt: org.At(w.at),
			}
			if u.RightsRead {
				u.Permissions = rightsOf(w.random.IntN(7))
			}
			switch w.random.IntN(4) {
			case 0:
				u.LastLogin = org.Never()
			case 1, 2:
				u.LastLogin = org.At(w.at.Add(-time.Duration(w.random.IntN(200*24)) * time.Hour))
			}
			if before := m.held(day, store.Hash, u.APIID); before != nil { // what is not read keeps its last value
				if !u.RightsRead {
					u.RightsRead, u.Permissions = before.RightsRead, before.Permissions
				}
				if !u.LastLogin.Read {
					u.LastLogin = before.LastLogin
				}
			}
			users = append(users, u)
		}
		w.users[store.Hash] = users
	}
	today := modelDay{at: w.at}
	if day > 0 {
		today.account = map[string]org.Identity{}
		for n := 0; n < 10; n++ {
			today.account[awkwardIdentity(n, 0).APIID] = awkwardIdentity(n, generation[n])
		}
		only := org.Identity{APIID: "bc/account/user/only", Email: "only@listed.test", FirstName: "Only", LastName: "Listed", Locale: "en"}
		today.account[only.APIID] = only
	}
	for i, store := range w.stores {
		if stale(day, store.Hash) {
			today.accesses = append(today.accesses, m.days[day-1].of(store.Hash)...)
			continue
		}
		for j, u := range w.users[store.Hash] {
			a := modelAccess{store: store, StoreUser: u, readAt: w.at}
			a.apps = appsOf((i + j) % 4)
			apps[store.Hash+u.APIID] = a.apps
			today.accesses = append(today.accesses, a)
		}
	}
	if day == 3 { // the list lacks a store for the first time: its accesses still count
		today.accesses = append(today.accesses, m.days[2].of("h5")...)
	}
	today.snapshot = m.sync(t, w, today, apps)
	m.days = append(m.days, today)
}

// of are the accesses in a store.
func (d modelDay) of(hash string) (list []modelAccess) {
	for _, a := range d.accesses {
		if a.store.Hash == hash {
			list = append(list, a)
		}
	}
	return list
}

func (m *modelWorld) held(day int, hash, user string) *org.StoreUser {
	if day == 0 {
		return nil
	}
	for i, a := range m.days[day-1].accesses {
		if a.store.Hash == hash && a.APIID == user {
			return &m.days[day-1].accesses[i].StoreUser
		}
	}
	return nil
}

func (m *modelWorld) sync(t *testing.T, w *world, today modelDay, apps map[string][]org.App) org.Snapshot {
	t.Helper()
	ctx := context.Background()
	run, err := m.db.Begin(ctx, m.account, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	step := org.Step{State: []byte("x"), StoreList: w.list()}
	for _, store := range w.stores {
		if stale(len(m.days), store.Hash) {
			step.Stores = append(step.Stores, org.StoreRead{Store: store, Read: org.FacetRead{
				Facet: org.FacetAccesses, State: org.FacetFailed, Expected: -1, Error: "The store did not answer.",
			}})
			continue
		}
		read := org.StoreRead{Store: store, Absence: org.AbsenceProven, Read: org.FacetRead{Facet: org.FacetUserApps, State: org.FacetComplete, Expected: -1, ReadAt: w.at}}
		for _, u := range w.users[store.Hash] {
			read.UserApps = append(read.UserApps, org.UserApps{User: u.APIID, Apps: apps[store.Hash+u.APIID]})
		}
		step.Stores = append(step.Stores, w.read(store), read)
	}
	if today.account != nil {
		step.AccountUsers = &org.AccountRead{Absence: org.AbsenceProven, Read: org.FacetRead{Facet: org.FacetAccountUsers, State: org.FacetComplete, Expected: -1, ReadAt: w.at}}
		for _, who := range today.account {
			step.AccountUsers.People = append(step.AccountUsers.People, who)
		}
	}
	if err := m.db.Save(ctx, run.Snapshot.ID, step); err != nil {
		t.Fatal(err)
	}
	snapshot, err := m.db.History().Close(ctx, run.Snapshot.ID, org.Complete, "")
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

func (m *modelWorld) readIDs(t *testing.T) {
	t.Helper()
	for text, put := range map[string]func(string, int64){
		`SELECT api_id, id FROM user`: func(key string, id int64) { m.ids[key] = org.UserID(id) },
		`SELECT hash, id FROM store`:  func(key string, id int64) { m.stores[key] = org.StoreID(id) },
	} {
		err := each(context.Background(), m.db.reader, func(rows *sql.Rows) error {
			var key string
			var id int64
			err := rows.Scan(&key, &id)
			put(key, id)
			return err
		}, text)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// loginOf sorts a user in the plainest way: by the states that the accesses have where they are listed.
func loginOf(accesses []modelAccess, days int) org.LoginState {
	has := map[org.LoginState]bool{org.LoginUnknown: len(accesses) == 0}
	for _, a := range accesses {
		has[a.LastLogin.Login(a.readAt, days)] = true
	}
	for _, state := range []org.LoginState{org.LoginActive, org.LoginUnknown, org.LoginInactive} {
		if has[state] {
			return state
		}
	}
	return org.LoginNever
}

func (m *modelWorld) wantsAccess(q org.Query, a modelAccess) bool {
	role := org.RoleUnknown
	if a.RightsRead {
		role = org.RoleOf(a.Permissions)
	}
	tri := func(want org.Tri, is bool) bool {
		return want == org.Unknown || a.RightsRead && is == (want == org.Yes)
	}
	return (len(q.Stores) == 0 || slices.Contains(q.Stores, a.store.Hash)) &&
		(len(q.Labels) == 0 || slices.ContainsFunc(q.Labels, func(l string) bool { return slices.Contains(m.labels[a.store.Hash], l) })) &&
		(len(q.Roles) == 0 || slices.Contains(q.Roles, role)) &&
		(len(q.Statuses) == 0 || slices.Contains(q.Statuses, a.Status)) &&
		(len(q.Permissions) == 0 || a.Permissions.HasAny(q.Permissions)) &&
		(len(q.Apps) == 0 || slices.ContainsFunc(a.apps, func(app org.App) bool { return slices.Contains(q.Apps, app.APIID) })) &&
		tri(q.Privileged, len(a.Permissions.Privileged()) > 0) && tri(q.Sensitive, len(a.Permissions.Sensitive()) > 0)
}

func (m *modelWorld) wantsPerson(q org.Query, who org.Identity) bool {
	for _, word := range strings.Fields(strings.ToLower(q.Search)) {
		if !strings.Contains(strings.ToLower(who.Name()), word) && !strings.Contains(org.FoldEmail(who.Email), word) {
			return false
		}
	}
	return (len(q.Domains) == 0 || slices.Contains(q.Domains, org.EmailDomain(who.Email))) &&
		(len(q.Users) == 0 || slices.Contains(q.Users, m.ids[who.APIID]))
}

func (d modelDay) inAccount(user string) org.Tri {
	if d.account == nil {
		return org.Unknown
	}
	_, listed := d.account[user]
	return org.TriOf(listed)
}

// users are the rows that a query should list, by id.
func (m *modelWorld) users(d modelDay, q org.Query, s org.Settings) []org.UserRow {
	byUser := map[string][]modelAccess{}
	people := map[string]org.Identity{}
	for _, a := range d.accesses {
		byUser[a.APIID] = append(byUser[a.APIID], a)
		if _, known := people[a.APIID]; !known || a.readAt.Equal(d.at) { // other stores show old names
			people[a.APIID] = a.Identity
		}
	}
	for key, who := range d.account {
		people[key] = who
	}
	var rows []org.UserRow
	for key, who := range people {
		u := org.UserRow{ID: m.ids[key], Identity: who, InAccount: d.inAccount(key), StoreCount: len(byUser[key])}
		latest, unread, wanted := org.Moment{}, false, !q.FiltersAccess()
		for _, a := range byUser[key] {
			if a.RightsRead {
				u.Highest = max(u.Highest, org.RoleOf(a.Permissions))
			}
			u.Privileged = u.Privileged || len(a.Permissions.Privileged()) > 0
			u.Sensitive = u.Sensitive || len(a.Permissions.Sensitive()) > 0
			unread = unread || !a.LastLogin.Read
			if a.LastLogin.At.After(latest.At) {
				latest = a.LastLogin
			}
			wanted = wanted || m.wantsAccess(q, a)
		}
		if latest.At.IsZero() && !unread && len(byUser[key]) > 0 {
			latest = org.Never()
		}
		u.LastLogin, u.Login = latest, loginOf(byUser[key], q.Threshold(s))
		for _, earlier := range m.days {
			if earlier.knows(key) {
				u.FirstSeen = earlier.at
				break
			}
		}
		if wanted && m.wantsPerson(q, who) && (q.InAccount == org.Unknown || q.InAccount == u.InAccount) &&
			(len(q.Login) == 0 || slices.Contains(q.Login, u.Login)) {
			rows = append(rows, u)
		}
	}
	slices.SortFunc(rows, func(a, b org.UserRow) int { return cmp.Compare(a.ID, b.ID) })
	return rows
}

func (d modelDay) knows(user string) bool {
	_, listed := d.account[user]
	return listed || slices.ContainsFunc(d.accesses, func(a modelAccess) bool { return a.APIID == user })
}

// modelSorts compare users by each column.
var modelSorts = map[string]func(a, b org.UserRow) int{
	"name": func(a, b org.UserRow) int {
		return strings.Compare(strings.ToLower(a.Name()), strings.ToLower(b.Name()))
	},
	"email":  func(a, b org.UserRow) int { return strings.Compare(org.FoldEmail(a.Email), org.FoldEmail(b.Email)) },
	"stores": func(a, b org.UserRow) int { return cmp.Compare(a.StoreCount, b.StoreCount) },
	"role":   func(a, b org.UserRow) int { return cmp.Compare(a.Highest, b.Highest) },
	"login": func(a, b org.UserRow) int {
		return cmp.Or(cmp.Compare(number(a.LastLogin.Read), number(b.LastLogin.Read)), a.LastLogin.At.Compare(b.LastLogin.At))
	},
	"first-seen": func(a, b org.UserRow) int { return a.FirstSeen.Compare(b.FirstSeen) },
	"privileged": func(a, b org.UserRow) int { return cmp.Compare(number(a.Privileged), number(b.Privileged)) },
	"sensitive":  func(a, b org.UserRow) int { return cmp.Compare(number(a.Sensitive), number(b.Sensitive)) },
	"in-account": func(a, b org.UserRow) int { return cmp.Compare(a.InAccount, b.InAccount) },
}

// some draws up to two of a list, often none.
func some[T any](t *rapid.T, name string, list []T) []T {
	if rapid.IntRange(0, 3).Draw(t, name+"?") > 0 {
		return nil
	}
	return rapid.SliceOfN(rapid.SampledFrom(list), 1, 2).Draw(t, name)
}

func drawQuery(t *rapid.T) org.Query {
	tri := rapid.SampledFrom([]org.Tri{org.Unknown, org.Unknown, org.Unknown, org.Unknown, org.Yes, org.No})
	return org.Query{
		Search:      rapid.SampledFrom([]string{"", "", "", "a", "AN", "смит", "王", "ив дм", "example", "o'n", "ö", "|", "%", "_", "zz"}).Draw(t, "search"),
		Stores:      some(t, "stores", []string{"h0", "h1", "h5", "none"}),
		Labels:      some(t, "labels", []string{"live", "region, north", "none"}),
		Roles:       some(t, "roles", org.Roles()),
		Privileged:  tri.Draw(t, "privileged"),
		Sensitive:   tri.Draw(t, "sensitive"),
		Login:       some(t, "login", []org.LoginState{org.LoginUnknown, org.LoginNever, org.LoginInactive, org.LoginActive}),
		Days:        rapid.SampledFrom([]int{0, 30, 150}).Draw(t, "days"),
		Statuses:    some(t, "statuses", []org.Status{org.StatusActive, org.StatusInactive, "", "LOCKED"}),
		Domains:     some(t, "domains", []string{"example.com", "agency.test", "listed.test"}),
		Permissions: some(t, "permissions", []string{"Manage_Users", "Edit_Orders", "Future_Right_4", "None_Such"}),
		Apps:        some(t, "apps", []string{"bc/account/app/0", "bc/account/app/2", "none"}),
		InAccount:   tri.Draw(t, "in account"),
		Users:       some(t, "users", []org.UserID{1, 3, 5, 99}),
		Desc:        rapid.Bool().Draw(t, "desc"),
		Limit:       rapid.IntRange(1, 6).Draw(t, "limit"),
	}
}

// walk collects a list page by page, forwards and then backwards, and checks positions and totals on the way.
func walk[T any](t *rapid.T, q org.Query, open func(org.Query) (rows []T, total, from int, next, prev string, err error)) []T {
	var all []T
	last := ""
	for {
		rows, total, from, next, prev, err := open(q)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) > 0 && from != len(all)+1 {
			t.Fatalf("page starts at %d, want %d", from, len(all)+1)
		}
		if (prev != "") != (len(all) > 0 && len(rows) > 0) {
			t.Fatalf("previous page %q at position %d", prev, len(all))
		}
		all = append(all, rows...)
		if last = prev; next == "" {
			if total != len(all) {
				t.Fatalf("total %d, walked %d", total, len(all))
			}
			break
		}
		q.After = next
	}
	for end := len(all) - (len(all)-1)%q.Limit - 1; last != ""; end -= q.Limit {
		back := q
		back.After, back.Before = "", last
		rows, _, from, next, prev, err := open(back)
		if err != nil || len(rows) != q.Limit || from != end-q.Limit+1 || next == "" {
			t.Fatalf("backwards from %d: %d rows from %d, next %q, error %v", end, len(rows), from, next, err)
		}
		if got, want := fmt.Sprint(rows), fmt.Sprint(all[from-1:from-1+q.Limit]); got != want {
			t.Fatalf("backwards: got %s\nwant %s", got, want)
		}
		last = prev
	}
	return all
}

func TestUsersEqualThePlainModel(t *testing.T) {
	for seed := range uint64(3) {
		m := newModelWorld(t, seed)
		s := org.DefaultSettings()
		scope := org.Scope{Account: m.account}
		rapid.Check(t, func(t *rapid.T) {
			day := m.days[rapid.IntRange(0, len(m.days)-1).Draw(t, "day")]
			q := drawQuery(t)
			q.AsOf = org.AsOf{Snapshot: day.snapshot.ID}
			q.Sort = rapid.SampledFrom([]string{"name", "email", "stores", "role", "login", "first-seen", "privileged", "sensitive", "in-account"}).Draw(t, "sort")
			want := m.users(day, q, s)
			slices.SortStableFunc(want, modelSorts[q.Sort])
			if q.Desc {
				slices.Reverse(want)
			}
			got := walk(t, q, func(q org.Query) ([]org.UserRow, int, int, string, string, error) {
				p, err := m.db.Users(context.Background(), scope, q, s)
				return p.Rows, p.Total, p.From, p.Next, p.Prev, err
			})
			compareUsers(t, got, want)
			var exported []org.UserRow
			if err := m.db.EachUser(context.Background(), scope, q, s, func(u org.UserRow) error { exported = append(exported, u); return nil }); err != nil {
				t.Fatal(err)
			}
			compareUsers(t, exported, want)
			if n, err := m.db.CountUsers(context.Background(), scope, q, s); err != nil || n != len(want) {
				t.Fatalf("counted %d, want %d, error %v", n, len(want), err)
			}
		})
	}
}

func compareUsers(t *rapid.T, got, want []org.UserRow) {
	t.Helper()
	line := func(u org.UserRow) string {
		u.Stores, u.Hashes, u.Unread = nil, nil, false
		return fmt.Sprintf("%+v", u)
	}
	if len(got) != len(want) {
		t.Fatalf("got %d users, want %d\n%+v\n%+v", len(got), len(want), got, want)
	}
	for i := range got {
		if line(got[i]) != line(want[i]) {
			t.Fatalf("user %d:\n got %s\nwant %s", i, line(got[i]), line(want[i]))
		}
	}
}
