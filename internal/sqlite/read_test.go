package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// modelRow is an access as text, to compare what reads return with the truth.
func modelRow(hash string, u org.StoreUser, apps []org.App) string {
	u.UpdatedAt = org.Moment{}
	if len(u.Permissions) == 0 {
		u.Permissions = nil
	}
	return fmt.Sprintf("%s %+v %v", hash, u, apps)
}

func (m *modelWorld) accesses(d modelDay, q org.Query, s org.Settings) []string {
	var rows []modelAccess
	for _, a := range d.accesses {
		if m.wantsAccess(q, a) && m.wantsPerson(q, a.Identity) && (q.InAccount == org.Unknown || d.inAccount(a.APIID) == q.InAccount) &&
			(len(q.Login) == 0 || slices.Contains(q.Login, a.LastLogin.Login(a.readAt, q.Threshold(s)))) {
			rows = append(rows, a)
		}
	}
	slices.SortFunc(rows, func(a, b modelAccess) int {
		return cmp.Or(cmp.Compare(m.stores[a.store.Hash], m.stores[b.store.Hash]), cmp.Compare(m.ids[a.APIID], m.ids[b.APIID]))
	})
	var texts []string
	for _, a := range rows {
		texts = append(texts, modelRow(a.store.Hash, a.StoreUser, a.apps))
	}
	return texts
}

func TestAccessesEqualThePlainModel(t *testing.T) {
	m := newModelWorld(t, 5)
	s, scope, ctx := org.DefaultSettings(), org.Scope{Account: m.account}, context.Background()
	rapid.Check(t, func(t *rapid.T) {
		day := m.days[rapid.IntRange(0, 4).Draw(t, "day")]
		q := drawQuery(t)
		q.AsOf, q.Desc = org.AsOf{Snapshot: day.snapshot.ID}, false
		q.Limit *= 3
		want := m.accesses(day, q, s)
		pages := walk(t, q, func(q org.Query) ([]string, int, int, string, string, error) {
			p, err := m.db.Accesses(ctx, scope, q, s)
			return accessTexts(p.Rows), p.Total, p.From, p.Next, p.Prev, err
		})
		var rows []org.AccessRow
		if err := m.db.EachAccess(ctx, scope, q, s, func(a org.AccessRow) error { rows = append(rows, a); return nil }); err != nil {
			t.Fatal(err)
		}
		refs, err := m.readRefs(ctx, scope, q, s)
		if err != nil {
			t.Fatal(err)
		}
		for name, got := range map[string][]string{"pages": pages, "rows": accessTexts(rows), "refs": refs} {
			if !slices.Equal(got, want) {
				t.Fatalf("%s:\n got %s\nwant %s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
		if n, err := m.db.CountAccess(ctx, scope, q, s); err != nil || n != len(want) {
			t.Fatalf("counted %d, want %d, error %v", n, len(want), err)
		}
		for _, c := range refColumns { // every order holds the same rows
			q.Sort, q.Desc = c.name, true
			sorted, err := m.readRefs(ctx, scope, q, s)
			slices.Sort(sorted)
			if again := slices.Sorted(slices.Values(want)); err != nil || !slices.Equal(sorted, again) {
				t.Fatalf("sorted by %s: %d rows, want %d, error %v", c.name, len(sorted), len(want), err)
			}
		}
	})
}

func accessTexts(rows []org.AccessRow) []string {
	var texts []string
	for _, a := range rows {
		texts = append(texts, modelRow(a.StoreHash, a.StoreUser, a.Apps))
	}
	return texts
}

// readRefs puts the rows of the fast way together again.
func (m *modelWorld) readRefs(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (rows []string, err error) {
	stores, users, people := map[org.StoreID]org.Store{}, map[org.UserID]string{}, map[int64]org.Identity{}
	sets, apps := map[int64]org.PermissionSet{}, map[int64][]org.App{}
	err = m.db.EachAccessRef(ctx, scope, q, s, org.AccessSink{
		Store:  func(s org.Store) { stores[s.ID] = s },
		User:   func(id org.UserID, key string) { users[id] = key },
		Person: func(id int64, who org.Identity) { people[id] = who },
		Set:    func(id int64, set org.PermissionSet, _ org.Role, _ bool) { sets[id] = set },
		Apps:   func(id int64, list []org.App, _ bool) { apps[id] = list },
		Row: func(a org.AccessRef) error {
			u := org.StoreUser{Identity: people[a.Person], RightsRead: a.Set > 0, Permissions: sets[a.Set], Status: a.Status, LastLogin: loginMoment(a.LastLogin)}
			u.APIID = users[a.User]
			rows = append(rows, modelRow(stores[a.Store].Hash, u, apps[a.Apps]))
			return nil
		},
	})
	return rows, err
}

func TestAsOf(t *testing.T) {
	m := newModelWorld(t, 1)
	zone := time.FixedZone("east", 10*3600)
	scope, other := org.Scope{Account: m.account}, org.Scope{Account: m.account + 1}
	second := m.days[1].snapshot
	for name, c := range map[string]struct {
		at    org.AsOf
		scope org.Scope
		want  org.SnapshotID
		text  string
	}{
		"newest":                     {scope: scope, want: m.days[4].snapshot.ID},
		"number":                     {at: org.AsOf{Snapshot: second.ID}, scope: scope, want: second.ID},
		"the very moment":            {at: org.AsOf{Time: second.Finished}, scope: scope, want: second.ID},
		"a moment before":            {at: org.AsOf{Time: second.Finished.Add(-time.Millisecond)}, scope: scope, want: m.days[0].snapshot.ID},
		"a day in the zone":          {at: org.AsOf{Day: second.Finished.In(zone).Format(time.DateOnly)}, scope: scope, want: second.ID},
		"the day before in the zone": {at: org.AsOf{Day: second.Finished.In(zone).AddDate(0, 0, -1).Format(time.DateOnly)}, scope: scope, want: m.days[0].snapshot.ID},
		"too early":                  {at: org.AsOf{Day: "2025-12-31"}, scope: scope, text: "The history of this account begins on 5 January 2026 at 12:00 east."},
		"no such number":             {at: org.AsOf{Snapshot: 99}, scope: scope, text: "There is no finished snapshot 99 of this account."},
		"number of another account":  {at: org.AsOf{Snapshot: second.ID}, scope: other, text: "This account has no history yet. It begins with the first finished sync."},
		"nothing yet":                {scope: other},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := m.db.AsOf(context.Background(), c.scope, c.at, zone)
			if c.text != "" {
				if org.KindOf(err) != org.KindNotFound || org.TextOf(err) != c.text {
					t.Fatalf("got error %v, want %q", err, c.text)
				}
				return
			}
			if err != nil || got.ID != c.want {
				t.Fatalf("got snapshot %d, error %v, want %d", got.ID, err, c.want)
			}
		})
	}
}

func TestReadsSeeTheirScopeOnly(t *testing.T) {
	m := newModelWorld(t, 2)
	s, ctx := org.DefaultSettings(), context.Background()
	whole := org.Scope{Account: m.account}
	some := org.Scope{Account: m.account, Stores: []org.StoreID{m.stores["h1"], m.stores["h2"]}}
	for _, day := range m.days {
		part := day
		part.accesses = slices.DeleteFunc(slices.Clone(day.accesses), func(a modelAccess) bool { return a.store.Hash != "h1" && a.store.Hash != "h2" })
		q := org.Query{AsOf: org.AsOf{Snapshot: day.snapshot.ID}}
		want := slices.DeleteFunc(m.users(part, q, s), func(u org.UserRow) bool { return u.StoreCount == 0 })
		page, err := m.db.Users(ctx, some, q, s)
		if err != nil || page.Total != len(want) {
			t.Fatalf("%d users in scope, want %d, error %v", page.Total, len(want), err)
		}
		for _, u := range page.Rows {
			at := slices.IndexFunc(want, func(w org.UserRow) bool { return w.ID == u.ID })
			u.Stores, want[at].FirstSeen = nil, u.FirstSeen
			for _, known := range m.users(day, q, s) { // names are those of the whole account
				if known.ID == u.ID {
					want[at].Identity = known.Identity
				}
			}
			if !reflect.DeepEqual(u, want[at]) {
				t.Errorf("user in scope:\n got %+v\nwant %+v", u, want[at])
			}
		}
		for _, each := range []func() (int, error){
			func() (int, error) { p, err := m.db.Stores(ctx, some, q, s); return p.Total - 2, err },
			func() (int, error) {
				p, err := m.db.Accesses(ctx, some, q, s)
				return p.Total - len(part.accesses), err
			},
			func() (int, error) {
				o, err := m.db.Overview(ctx, some, q, s)
				return o.Accesses - len(part.accesses), err
			},
			func() (int, error) { c, err := m.db.Choices(ctx, some, q, s); return len(c.Stores) - 2, err },
		} {
			if extra, err := each(); extra != 0 || err != nil {
				t.Errorf("snapshot %d: %d too many, error %v", day.snapshot.ID, extra, err)
			}
		}
	}
	if _, err := m.db.Store(ctx, some, m.stores["h0"], org.Query{}, s); org.KindOf(err) != org.KindNotFound {
		t.Errorf("store outside the scope: %v", err)
	}
	for name, scope := range map[string]org.Scope{"no store": {Account: m.account, Stores: []org.StoreID{}}, "another account": {Account: m.account + 1}} {
		if page, err := m.db.Users(ctx, scope, org.Query{}, s); err != nil || page.Total != 0 {
			t.Errorf("%s: %d users, error %v", name, page.Total, err)
		}
		if page, err := m.db.Changes(ctx, scope, org.Query{}, s); err != nil || page.Total != 0 || len(page.Rows) != 0 {
			t.Errorf("%s: %d changes, error %v", name, page.Total, err)
		}
		if page, err := m.db.Changes(ctx, scope, org.Query{Users: []org.UserID{1, 2, 3}}, s); err != nil || page.Total != 0 {
			t.Errorf("%s: %d changes of users, error %v", name, page.Total, err)
		}
		if _, err := m.db.User(ctx, scope, 1, org.Query{}, s); org.KindOf(err) != org.KindNotFound {
			t.Errorf("%s: user: %v", name, err)
		}
	}
	page, err := m.db.Changes(ctx, some, org.Query{Limit: 1000}, s)
	if err != nil || page.Total != len(page.Rows) || page.Total == 0 {
		t.Fatalf("%d of %d changes, error %v", len(page.Rows), page.Total, err)
	}
	for _, c := range page.Rows {
		if c.StoreHash != "h1" && c.StoreHash != "h2" {
			t.Errorf("change of %q in scope", c.StoreHash)
		}
	}
	if all, err := m.db.Changes(ctx, whole, org.Query{}, s); err != nil || all.Total <= page.Total {
		t.Errorf("whole account has %d changes, error %v", all.Total, err)
	}
}

func TestStoresAreCounted(t *testing.T) {
	m := newModelWorld(t, 3)
	s, ctx, scope := org.DefaultSettings(), context.Background(), org.Scope{Account: m.account}
	for _, day := range m.days {
		q := org.Query{AsOf: org.AsOf{Snapshot: day.snapshot.ID}}
		for _, c := range storeColumns { // counted columns read whole snapshots, others one store after the other
			q.Sort = c.name
			page, err := m.db.Stores(ctx, scope, q, s)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.IsSortedFunc(page.Rows, func(a, b org.Store) int { return c.key(a).compare(c.key(b)) }) {
				t.Errorf("not sorted by %s", c.name)
			}
			for _, got := range page.Rows {
				want := org.Store{}
				read := got.Facet(org.FacetAccesses).ReadAt
				for _, a := range day.accesses {
					if a.store.Hash == got.Hash {
						want.Accesses++
						want.Privileged += int(number(len(a.Permissions.Privileged()) > 0))
						want.Owners += int(number(a.RightsRead && org.RoleOf(a.Permissions) == org.RoleOwner))
						want.Inactive += int(number(a.LastLogin.Login(read, 90) == org.LoginInactive))
						want.Never += int(number(a.LastLogin.Login(read, 90) == org.LoginNever))
					}
				}
				if got.Accesses != want.Accesses || got.Privileged != want.Privileged || got.Owners != want.Owners || got.Inactive != want.Inactive || got.Never != want.Never {
					t.Errorf("snapshot %d, %s by %s: got %+v, want %+v", day.snapshot.ID, got.Hash, c.name, got, want)
				}
				if !slices.Equal(got.Labels, m.labels[got.Hash]) {
					t.Errorf("labels %v, want %v", got.Labels, m.labels[got.Hash])
				}
			}
		}
	}
	gone, err := m.db.Store(ctx, scope, m.stores["h5"], org.Query{}, s)
	if err != nil || !gone.GoneAt.Equal(m.days[4].snapshot.Finished) || gone.Accesses != 0 || len(gone.Timeline) == 0 {
		t.Errorf("gone store: %+v, error %v", gone.Store, err)
	}
	missing, err := m.db.Store(ctx, scope, m.stores["h5"], org.Query{AsOf: org.AsOf{Snapshot: m.days[3].snapshot.ID}}, s)
	if read := missing.Facet(org.FacetAccesses); err != nil || read.State == org.FacetComplete || !read.ReadAt.Equal(m.days[2].at) || missing.Accesses == 0 {
		t.Errorf("missing store: %+v, error %v", missing.Store, err)
	}
}

func TestUserShowsEveryAccess(t *testing.T) {
	m := newModelWorld(t, 4)
	s, ctx, scope := org.DefaultSettings(), context.Background(), org.Scope{Account: m.account}
	for _, day := range m.days {
		q := org.Query{AsOf: org.AsOf{Snapshot: day.snapshot.ID}}
		for _, want := range m.users(day, q, s) {
			d, err := m.db.User(ctx, scope, want.ID, q, s)
			if err != nil || len(d.Accesses) != want.StoreCount {
				t.Fatalf("user %d has %d accesses, want %d, error %v", want.ID, len(d.Accesses), want.StoreCount, err)
			}
			d.UserRow.Stores, d.UserRow.Hashes = nil, nil
			if !reflect.DeepEqual(d.UserRow, want) {
				t.Errorf("got %+v\nwant %+v", d.UserRow, want)
			}
			texts := accessTexts(d.Accesses)
			slices.Sort(texts)
			model := m.accesses(day, org.Query{Users: []org.UserID{want.ID}}, s)
			if slices.Sort(model); !slices.Equal(texts, model) {
				t.Errorf("accesses\n got %v\nwant %v", texts, model)
			}
		}
	}
}

func TestCompareIsTheNetEffect(t *testing.T) {
	m := newModelWorld(t, 6)
	s, ctx, scope := org.DefaultSettings(), context.Background(), org.Scope{Account: m.account}
	last := m.days[4].snapshot.ID
	same, err := m.db.Compare(ctx, scope, org.Query{AsOf: org.AsOf{Snapshot: last}, Since: org.AsOf{Snapshot: last}}, s)
	if err != nil || same.Changes.Total != 0 {
		t.Errorf("a snapshot differs from itself by %v, error %v", same.Counts, err)
	}
	for from := range 4 {
		for to := from + 1; to < 5; to++ {
			q := org.Query{Since: org.AsOf{Snapshot: m.days[from].snapshot.ID}, AsOf: org.AsOf{Snapshot: m.days[to].snapshot.ID}, Limit: 10_000}
			c, err := m.db.Compare(ctx, scope, q, s)
			if err != nil {
				t.Fatal(err)
			}
			added, removed := m.netAccesses(from, to)
			if c.Counts[string(audit.AccessAdded)] != added || c.Counts[string(audit.AccessRemoved)] != removed || len(c.Changes.Rows) != c.Changes.Total {
				t.Errorf("%d to %d: %v, want %d added and %d removed", from, to, c.Counts, added, removed)
			}
			if to == from+1 { // one step: the changes that the sync wrote
				written, err := m.db.Changes(ctx, scope, q, s)
				if got, want := changeTexts(c.Changes.Rows), changeTexts(written.Rows); err != nil || !slices.Equal(got, want) {
					extra := slices.DeleteFunc(slices.Clone(got), func(c string) bool { return slices.Contains(want, c) })
					lacks := slices.DeleteFunc(want, func(c string) bool { return slices.Contains(got, c) })
					t.Errorf("%d to %d: too much %q, missing %q, error %v", from, to, extra, lacks, err)
				}
			}
		}
	}
}

func changeTexts(rows []org.ChangeRow) []string {
	var list []string
	for _, c := range rows {
		list = append(list, fmt.Sprint(c.Kind, " ", c.StoreHash, " ", c.User, " ", c.Field, " ", c.Before, " ", c.After))
	}
	slices.Sort(list)
	return list
}

// netAccesses counts accesses that one day has and another lacks, in stores that both have.
func (m *modelWorld) netAccesses(from, to int) (added, removed int) {
	count := func(a, b modelDay) (n int) {
		for _, x := range a.accesses {
			here := slices.ContainsFunc(b.accesses, func(y modelAccess) bool { return x.store.Hash == y.store.Hash })
			same := slices.ContainsFunc(b.accesses, func(y modelAccess) bool { return x.store.Hash == y.store.Hash && x.APIID == y.APIID })
			n += int(number(here && !same))
		}
		return n
	}
	return count(m.days[to], m.days[from]), count(m.days[from], m.days[to])
}

func TestCursorsOfOtherListsAreRefused(t *testing.T) {
	m := newModelWorld(t, 1)
	s, ctx, scope := org.DefaultSettings(), context.Background(), org.Scope{Account: m.account}
	page, err := m.db.Users(ctx, scope, org.Query{Limit: 2}, s)
	if err != nil || page.Next == "" {
		t.Fatal(page, err)
	}
	for name, q := range map[string]org.Query{
		"another sort":      {After: page.Next, Sort: "email"},
		"another direction": {After: page.Next, Desc: true},
		"no cursor":         {After: "nonsense"},
		"cut":               {Before: page.Next[:5]},
	} {
		if _, err := m.db.Users(ctx, scope, q, s); org.KindOf(err) != org.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := m.db.Stores(ctx, scope, org.Query{After: page.Next}, s); org.KindOf(err) != org.KindInvalid {
		t.Errorf("another list: %v", err)
	}
	if _, err := m.db.Users(ctx, scope, org.Query{Sort: "shoe size"}, s); org.KindOf(err) != org.KindInvalid {
		t.Errorf("unknown column: %v", err)
	}
}

func TestPagesStayWhileASyncWrites(t *testing.T) {
	w := newWorld(3, 10, 20)
	db := openTest(t)
	scope, s, ctx := org.Scope{Account: connect(t, db, testUUID)}, org.DefaultSettings(), context.Background()
	first := w.sync(t, db, scope.Account)
	read := func() string {
		users, err := db.Users(ctx, scope, org.Query{Sort: "login", Limit: 100}, s)
		stores, err2 := db.Stores(ctx, scope, org.Query{}, s)
		accesses, err3 := db.Accesses(ctx, scope, org.Query{Limit: 100}, s)
		if err := errors.Join(err, err2, err3); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(users, stores, accesses)
	}
	before := read()
	w.day(500, 500)
	run, err := db.Begin(ctx, scope.Account, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	step := org.Step{StoreList: w.list()}
	for _, store := range w.stores {
		step.Stores = append(step.Stores, w.read(store))
	}
	if err := db.Save(ctx, run.Snapshot.ID, step); err != nil {
		t.Fatal(err)
	}
	db.images = images{} // as another process would read
	if read() != before {
		t.Error("pages show what an unfinished sync wrote")
	}
	if _, err := db.History().Close(ctx, run.Snapshot.ID, org.Complete, ""); err != nil {
		t.Fatal(err)
	}
	if read() == before {
		t.Error("pages do not show the finished sync")
	}
	db.images = images{}
	past, err := db.Users(ctx, scope, org.Query{Sort: "login", Limit: 100, AsOf: org.AsOf{Snapshot: first.ID}}, s)
	if err != nil || !strings.HasPrefix(before, "{"+fmt.Sprint(past)[1:]) {
		t.Errorf("the past changed, error %v", err)
	}
}

func TestPermissionsChoicesAndMatrixCountTheSame(t *testing.T) {
	m := newModelWorld(t, 8)
	s, ctx, scope := org.DefaultSettings(), context.Background(), org.Scope{Account: m.account}
	for _, day := range m.days {
		for _, q := range []org.Query{{}, {Stores: []string{"h1"}}, {Roles: []org.Role{org.RoleAdministrator}}, {InAccount: org.Yes, Search: "a"}} {
			q.AsOf = org.AsOf{Snapshot: day.snapshot.ID}
			rows, err := m.db.Permissions(ctx, scope, q, s)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, r := range rows {
				got[r.Name] = fmt.Sprint(r.Accesses, r.Users, r.Stores)
			}
			if want := m.permissions(day, q, s); !reflect.DeepEqual(got, want) {
				t.Errorf("permissions of %q\n got %v\nwant %v", q.Encode(), got, want)
			}
		}
		q := org.Query{AsOf: org.AsOf{Snapshot: day.snapshot.ID}}
		choices, err := m.db.Choices(ctx, scope, q, s)
		if err != nil {
			t.Fatal(err)
		}
		statuses, accesses := 0, 0
		for _, c := range choices.Statuses {
			statuses += c.Count
		}
		for _, c := range choices.Stores {
			accesses += c.Count
		}
		if statuses != len(day.accesses) || accesses != len(day.accesses) {
			t.Errorf("statuses count %d and stores %d accesses, want %d", statuses, accesses, len(day.accesses))
		}
		m.checkMatrix(t, day, q, s)
	}
	hits, err := m.db.Search(ctx, scope, org.Query{Search: "éto"}, s)
	if err != nil || hits.StoresTotal != 2 || len(hits.Stores) != 2 || hits.UsersTotal != 0 {
		t.Errorf("hits %+v, error %v", hits, err)
	}
	snapshots, err := m.db.Snapshots(ctx, scope, org.Query{Limit: 2}, s)
	if err != nil || snapshots.Total != 5 || len(snapshots.Rows) != 2 || snapshots.Rows[0].ID != m.days[4].snapshot.ID || snapshots.Next == "" || snapshots.Prev != "" {
		t.Errorf("snapshots %+v, error %v", snapshots, err)
	}
}

// permissions counts holders as text, by name.
func (m *modelWorld) permissions(d modelDay, q org.Query, s org.Settings) map[string]string {
	accesses, users, stores := map[string]int{}, map[string]map[string]bool{}, map[string]map[string]bool{}
	onUser := q
	onUser.Stores, onUser.Roles = nil, nil
	wanted := map[org.UserID]bool{}
	for _, u := range m.users(d, onUser, s) {
		wanted[u.ID] = true
	}
	for _, a := range d.accesses {
		if !wanted[m.ids[a.APIID]] || !m.wantsAccess(q, a) {
			continue
		}
		for _, name := range a.Permissions {
			if accesses[name]++; users[name] == nil {
				users[name], stores[name] = map[string]bool{}, map[string]bool{}
			}
			users[name][a.APIID], stores[name][a.store.Hash] = true, true
		}
	}
	counts := map[string]string{}
	for name, n := range accesses {
		counts[name] = fmt.Sprint(n, len(users[name]), len(stores[name]))
	}
	return counts
}

func (m *modelWorld) checkMatrix(t *testing.T, day modelDay, q org.Query, s org.Settings) {
	t.Helper()
	matrix, err := m.db.Matrix(context.Background(), org.Scope{Account: m.account}, q, s, 1, 3)
	if err != nil || len(matrix.Stores) != 3 || matrix.StoresFrom != 1 || matrix.UsersTotal != len(m.users(day, q, s)) {
		t.Fatalf("matrix of %d stores from %d, %d users, error %v", len(matrix.Stores), matrix.StoresFrom, matrix.UsersTotal, err)
	}
	for _, u := range matrix.Users {
		for _, store := range matrix.Stores {
			got, held := matrix.Cells[u.ID][store.ID]
			at := slices.IndexFunc(day.accesses, func(a modelAccess) bool { return a.APIID == u.APIID && a.store.Hash == store.Hash })
			if held != (at >= 0) {
				t.Fatalf("cell of %s in %s: %v", u.APIID, store.Hash, held)
			}
			if !held {
				continue
			}
			a := day.accesses[at]
			want := org.MatrixCell{Privileged: len(a.Permissions.Privileged()) > 0, Login: a.LastLogin.Login(store.Facet(org.FacetAccesses).ReadAt, s.InactiveDays)}
			if a.RightsRead {
				want.Role = org.RoleOf(a.Permissions)
			}
			if got != want {
				t.Errorf("cell of %s in %s: got %+v, want %+v", u.APIID, store.Hash, got, want)
			}
		}
	}
}

func TestOverviewCountsUsersAndAccesses(t *testing.T) {
	m := newModelWorld(t, 9)
	s, ctx, scope := org.DefaultSettings(), context.Background(), org.Scope{Account: m.account}
	for _, day := range m.days {
		o, err := m.db.Overview(ctx, scope, org.Query{AsOf: org.AsOf{Snapshot: day.snapshot.ID}}, s)
		if err != nil {
			t.Fatal(err)
		}
		want := org.Overview{Accesses: len(day.accesses)}
		for _, u := range m.users(day, org.Query{}, s) {
			want.Users++
			want.Privileged += int(number(u.Privileged))
			want.Inactive += int(number(u.Login == org.LoginInactive))
			want.Never += int(number(u.Login == org.LoginNever))
		}
		for _, a := range day.accesses {
			want.OwnerLike += int(number(a.RightsRead && org.RoleOf(a.Permissions) == org.RoleOwner))
		}
		got := org.Overview{Accesses: o.Accesses, Users: o.Users, Privileged: o.Privileged, Inactive: o.Inactive, Never: o.Never, OwnerLike: o.OwnerLike}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v\nwant %+v", got, want)
		}
		if last := o.Trend[len(o.Trend)-1]; last.Snapshot != day.snapshot.ID || last.Users != want.Users || last.Accesses != want.Accesses || last.Privileged != want.Privileged || last.Inactive != want.Inactive {
			t.Errorf("trend ends with %+v, want %+v", last, want)
		}
		facets, err := m.db.AccountFacets(ctx, scope, org.Query{AsOf: org.AsOf{Snapshot: day.snapshot.ID}}, s)
		if err != nil || len(facets) != 2 || (facets[0].State == org.FacetComplete) != (day.account != nil) {
			t.Errorf("facets of the account %+v, error %v", facets, err)
		}
	}
	if days := m.days[4].snapshot; days.Changes == 0 {
		t.Error("a day without changes tests nothing")
	}
}

// TestManyReadersAndASync opens pages from many goroutines, with few connections, while snapshots close.
func TestManyReadersAndASync(t *testing.T) {
	w := newWorld(5, 20, 40)
	db := openTest(t)
	scope, s, ctx := org.Scope{Account: connect(t, db, testUUID)}, org.DefaultSettings(), context.Background()
	w.sync(t, db, scope.Account)
	done := make(chan struct{})
	var readers sync.WaitGroup
	for reader := range 8 {
		readers.Go(func() {
			for n := reader; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				q := org.Query{Search: []string{"", "first1"}[n%2], AsOf: []org.AsOf{{}, {Snapshot: 1}}[n/2%2]}
				_, err := db.Users(ctx, scope, q, s)
				_, err2 := db.Accesses(ctx, scope, q, s)
				_, err3 := db.Changes(ctx, scope, q, s)
				_, err4 := db.Stores(ctx, scope, q, s)
				if err := errors.Join(err, err2, err3, err4); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 5 {
		w.day(300, 500)
		for i := range w.stores {
			w.users[w.stores[i].Hash] = append(w.users[w.stores[i].Hash], w.user(1000+w.random.IntN(1e6)))
		}
		w.sync(t, db, scope.Account)
	}
	close(done)
	readers.Wait()
}

func TestTimesThatNobodyCouldHaveSpoilOnlyThemselves(t *testing.T) {
	db, w := openTest(t), small(map[string][]org.StoreUser{"a": {named1("ann"), named1("bob"), named1("eve"), named1("joe")}})
	ctx, account := context.Background(), connect(t, db, testUUID)
	last := org.At(w.at.AddDate(0, -1, 0))
	users := w.users["a"]
	users[0].LastLogin, users[0].UpdatedAt = last, org.At(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC))
	users[1].LastLogin, users[1].UpdatedAt = org.Never(), org.At(time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC))
	users[2].LastLogin, users[2].UpdatedAt = org.At(time.Unix(0, 0)), last
	users[3].LastLogin, users[3].UpdatedAt = org.At(time.Date(1969, 12, 31, 23, 59, 50, 0, time.UTC)), org.Never()
	w.sync(t, db, account)
	again := w.sync(t, db, account)
	if n := numberOf(t, db, `SELECT count(*) FROM sign_in WHERE valid_from = ?`, again.ID); n != 0 {
		t.Errorf("%d sign-ins were written again although nothing changed", n)
	}
	page, err := db.Accesses(ctx, org.Scope{Account: account}, org.Query{Sort: "name"}, org.DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	want := [][2]org.Moment{{last, {}}, {org.Never(), {}}, {{}, last}, {{}, org.Never()}}
	for i, row := range page.Rows {
		if got := [2]org.Moment{row.LastLogin, row.UpdatedAt}; got != want[i] {
			t.Errorf("%s: got %v, want %v", row.APIID, got, want[i])
		}
	}
	list, err := db.Users(ctx, org.Scope{Account: account}, org.Query{Sort: "name"}, org.DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	for i, u := range list.Rows {
		if u.LastLogin != want[i][0] {
			t.Errorf("user %s: got %v, want %v", u.APIID, u.LastLogin, want[i][0])
		}
	}
}

func TestAppsThatWereReadBeforeTheAccessAreNotNone(t *testing.T) {
	db, w := openTest(t), small(map[string][]org.StoreUser{"a": {named1("ann"), named1("bob")}})
	ctx, account := context.Background(), connect(t, db, testUUID)
	run, err := db.Begin(ctx, account, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	apps := w.readUserApps(w.stores[0]) // bob holds one app, but his access is not known yet
	early := org.Step{StoreList: w.list(), Stores: []org.StoreRead{apps}}
	for _, step := range []org.Step{early, {Stores: []org.StoreRead{w.read(w.stores[0])}}} {
		if err := db.Save(ctx, run.Snapshot.ID, step); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.History().Close(ctx, run.Snapshot.ID, org.Complete, ""); err != nil {
		t.Fatal(err)
	}
	page, err := db.Accesses(ctx, org.Scope{Account: account}, org.Query{Sort: "name"}, org.DefaultSettings())
	if err != nil || len(page.Rows) != 2 {
		t.Fatal(page.Rows, err)
	}
	for _, row := range page.Rows {
		if row.AppsState == org.FacetComplete && len(row.Apps) == 0 {
			t.Errorf("%s is said to have no apps", row.APIID)
		}
	}
	w.apps = true
	w.sync(t, db, account)
	if page, err = db.Accesses(ctx, org.Scope{Account: account}, org.Query{Sort: "name"}, org.DefaultSettings()); err != nil {
		t.Fatal(err)
	}
	for i, row := range page.Rows {
		if row.AppsState != org.FacetComplete || len(row.Apps) != i {
			t.Errorf("%s: %s with %d apps, want %d", row.APIID, row.AppsState, len(row.Apps), i)
		}
	}
}

func TestCompareTakesAPartlyReadStoreForABaseline(t *testing.T) {
	ann, bob := named1("ann", "A"), named1("bob", "A")
	w := small(map[string][]org.StoreUser{"a": {ann}})
	db := openTest(t)
	ctx, account := context.Background(), connect(t, db, testUUID)
	save := func(state org.FacetState, users ...org.StoreUser) org.SnapshotID {
		t.Helper()
		w.users["a"] = users
		run, err := db.Begin(ctx, account, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		read := w.read(w.stores[0])
		read.Read.State = state
		if state != org.FacetComplete {
			read.Absence = org.AbsenceNone
		}
		if err := db.Save(ctx, run.Snapshot.ID, org.Step{StoreList: w.list(), Stores: []org.StoreRead{read}}); err != nil {
			t.Fatal(err)
		}
		if _, err := db.History().Close(ctx, run.Snapshot.ID, org.Partial, ""); err != nil {
			t.Fatal(err)
		}
		return run.Snapshot.ID
	}
	partly, failed := save(org.FacetIncomplete, ann), save(org.FacetFailed)
	first := save(org.FacetComplete, ann, bob)
	later := save(org.FacetIncomplete, ann)
	last := save(org.FacetComplete, bob)
	for _, c := range []struct {
		from, to org.SnapshotID
		want     int
	}{{partly, first, 0}, {failed, first, 0}, {partly, last, 0}, {first, last, 1}, {later, last, 1}} {
		got, err := db.Compare(ctx, org.Scope{Account: account}, org.Query{Since: org.AsOf{Snapshot: c.from}, AsOf: org.AsOf{Snapshot: c.to}}, org.DefaultSettings())
		if err != nil || got.Changes.Total != c.want {
			t.Errorf("%d to %d: %v, want %d changes, error %v", c.from, c.to, changeTexts(got.Changes.Rows), c.want, err)
		}
	}
}

func TestStatusesOfAnyCaseCanBeLookedFor(t *testing.T) {
	ann, bob, eve := named1("ann"), named1("bob"), named1("eve")
	ann.Status, bob.Status, eve.Status = "PendingReview", org.StatusActive, ""
	db, w := openTest(t), small(map[string][]org.StoreUser{"a": {ann, bob, eve}})
	ctx, account := context.Background(), connect(t, db, testUUID)
	w.sync(t, db, account)
	scope, s := org.Scope{Account: account}, org.DefaultSettings()
	for _, u := range w.users["a"] {
		q, err := org.ParseQueryString("status=" + u.Status.Text()) // as pages write it
		if err != nil {
			t.Fatal(err)
		}
		users, err := db.Users(ctx, scope, q, s)
		if err != nil || len(users.Rows) != 1 || users.Rows[0].APIID != u.APIID {
			t.Errorf("status %s: users %+v, error %v", u.Status, users.Rows, err)
		}
		accesses, err := db.Accesses(ctx, scope, q, s)
		if err != nil || len(accesses.Rows) != 1 || accesses.Rows[0].APIID != u.APIID {
			t.Errorf("status %s: accesses %+v, error %v", u.Status, accesses.Rows, err)
		}
	}
}

func TestTheSameMailIsThatOfTheDay(t *testing.T) {
	ann, bob := named1("ann"), named1("bob")
	db, w := openTest(t), small(map[string][]org.StoreUser{"a": {ann, bob}})
	ctx, account := context.Background(), connect(t, db, testUUID)
	scope, s := org.Scope{Account: account}, org.DefaultSettings()
	first := w.sync(t, db, account)
	bob.Email = "ANN@example.com"
	w.users["a"] = []org.StoreUser{ann, bob}
	run := w.save(t, db, account)
	same := func(at org.SnapshotID) int {
		t.Helper()
		users, err := db.Users(ctx, scope, org.Query{Search: "ann"}, s)
		if err != nil {
			t.Fatal(err)
		}
		d, err := db.User(ctx, scope, users.Rows[0].ID, org.Query{AsOf: org.AsOf{Snapshot: at}}, s)
		if err != nil {
			t.Fatal(err)
		}
		return len(d.SameMail)
	}
	if n := same(first.ID); n != 0 {
		t.Errorf("while the sync runs %d others have ann's e-mail", n)
	}
	if _, err := db.History().Close(ctx, run.Snapshot.ID, org.Complete, ""); err != nil {
		t.Fatal(err)
	}
	if n, past := same(run.Snapshot.ID), same(first.ID); n != 1 || past != 0 {
		t.Errorf("%d others have ann's e-mail afterwards, %d before, want 1 and 0", n, past)
	}
}
