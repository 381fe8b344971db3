package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rollcall/internal/org"
)

// appWorld is an account whose stores have apps; nil apps of a store stand for "not read".
type appWorld struct {
	*world
	db      *DB
	account org.AccountID
	in      map[string][]string            // apps by store
	more    map[string]bool                // of the store there are more than these
	held    map[string]map[string][]string // apps by store and user
}

func appsNamed(names ...string) []org.App {
	apps := []org.App{}
	for _, name := range names {
		apps = append(apps, org.App{APIID: "bc/account/app/" + strings.ToLower(name), Name: name})
	}
	return apps
}

func newAppWorld(t *testing.T, users map[string][]org.StoreUser) *appWorld {
	db := openTest(t)
	return &appWorld{world: small(users), db: db, account: connect(t, db, testUUID), in: map[string][]string{}, more: map[string]bool{}, held: map[string]map[string][]string{}}
}

func (w *appWorld) nextDay(t *testing.T) org.Snapshot {
	t.Helper()
	w.at = w.at.AddDate(0, 0, 1)
	run := w.save(t, w.db, w.account)
	var step org.Step
	for _, store := range w.stores {
		read := org.FacetRead{Facet: org.FacetApps, State: org.FacetComplete, Expected: -1, ReadAt: w.at}
		if w.more[store.Hash] {
			read.State = org.FacetIncomplete
		}
		if apps, known := w.in[store.Hash]; known {
			step.Stores = append(step.Stores, org.StoreRead{Store: store, Absence: org.AbsenceProven, Read: read, Apps: appsNamed(apps...)})
		}
		if held, known := w.held[store.Hash]; known {
			read.Facet, read.State = org.FacetUserApps, org.FacetComplete
			users := org.StoreRead{Store: store, Absence: org.AbsenceProven, Read: read}
			for _, u := range w.users[store.Hash] {
				users.UserApps = append(users.UserApps, org.UserApps{User: u.APIID, Apps: appsNamed(held[u.APIID]...)})
			}
			step.Stores = append(step.Stores, users)
		}
	}
	ctx := context.Background()
	if err := w.db.Save(ctx, run.Snapshot.ID, step); err != nil {
		t.Fatal(err)
	}
	snapshot, err := w.db.History().Close(ctx, run.Snapshot.ID, org.Complete, "")
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

func (w *appWorld) apps(t *testing.T, q org.Query) (org.AppPage, string) {
	t.Helper()
	page, err := w.db.Apps(context.Background(), org.Scope{Account: w.account}, q, org.DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, a := range page.Rows {
		lines = append(lines, fmt.Sprintf("%s %d/%d ?%d users %d %s", a.Name, a.Stores, a.Known, a.Unknown, a.Users, a.UsersRead))
	}
	return page, strings.Join(lines, "; ")
}

func TestAppsOverStores(t *testing.T) {
	ann, bob := named1("ann", "A"), named1("bob", "A")
	w := newAppWorld(t, map[string][]org.StoreUser{"a": {ann, bob}, "b": {ann}, "c": {bob}, "d": {}})
	w.in["a"], w.in["b"], w.in["c"] = []string{"Mail", "Ship"}, []string{"Mail"}, []string{"Tax"}
	w.more["c"] = true // Tax is there, others may be too; d was never read
	w.held["a"] = map[string][]string{ann.APIID: {"Mail"}, bob.APIID: {"Mail", "Ship"}}
	w.held["b"] = map[string][]string{ann.APIID: {"Mail"}}
	first := w.nextDay(t)

	page, got := w.apps(t, org.Query{})
	if want := "Mail 2/2 ?2 users 2 no; Ship 1/2 ?2 users 1 no; Tax 1/3 ?1 users 0 unknown"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if page.Known != 2 || page.Unknown != 2 || page.AccessesUnread != 1 || page.Accesses != 4 {
		t.Errorf("got %+v", page)
	}
	for query, want := range map[string]string{
		"q=MAI":                        "Mail 2/2 ?2 users 2 no",
		"store=b":                      "Mail 1/1 ?0 users 1 yes",
		"state=some-stores&sort=-name": "Tax 1/3 ?1 users 0 unknown; Ship 1/2 ?2 users 1 no; Mail 2/2 ?2 users 2 no",
		"sort=-users&app=bc/account/app/mail,bc/account/app/ship": "Mail 2/2 ?2 users 2 no; Ship 1/2 ?2 users 1 no",
	} {
		q, err := org.ParseQueryString(query)
		if err != nil {
			t.Fatal(err)
		}
		if _, got := w.apps(t, q); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", query, got, want)
		}
	}

	delete(w.more, "c")
	w.in["a"], w.in["c"], w.in["d"] = []string{"Mail"}, []string{"Mail", "Tax"}, []string{"Mail"}
	w.held["a"][bob.APIID] = []string{"Mail"}
	w.held["c"] = map[string][]string{bob.APIID: {"Mail", "Ship"}} // Ship was just taken away there
	w.nextDay(t)
	_, got = w.apps(t, org.Query{})
	if want := "Mail 4/4 ?0 users 2 yes; Ship 0/4 ?0 users 1 yes; Tax 1/4 ?0 users 0 yes"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	w.users["d"], w.in["d"] = []org.StoreUser{named1("eve", "A")}, []string{} // unread users of a store without apps leave nothing open
	w.nextDay(t)
	if _, got := w.apps(t, org.Query{Search: "tax"}); got != "Tax 1/4 ?0 users 0 yes" {
		t.Errorf("unread users elsewhere: %s", got)
	}
	if _, got := w.apps(t, org.Query{States: []string{org.AppNowhere}}); got != "Ship 0/4 ?0 users 1 yes" {
		t.Errorf("nowhere: %s", got)
	}
	if _, got := w.apps(t, org.Query{AsOf: org.AsOf{Snapshot: first.ID}, Apps: []string{"bc/account/app/tax"}}); got != "Tax 1/3 ?1 users 0 unknown" {
		t.Errorf("in the past: %s", got)
	}
	if _, err := w.db.Apps(context.Background(), org.Scope{Account: w.account}, org.Query{States: []string{"nowhere"}}, org.DefaultSettings()); org.KindOf(err) != org.KindInvalid {
		t.Errorf("unknown state: %v", err)
	}
}

func TestOneApp(t *testing.T) {
	ann, bob := named1("ann", "A"), named1("bob", "A")
	w := newAppWorld(t, map[string][]org.StoreUser{"a": {ann, bob}, "b": {ann}, "c": {bob}})
	ctx, scope, s := context.Background(), org.Scope{Account: w.account}, org.DefaultSettings()
	w.in["a"], w.in["b"] = []string{"Mail"}, []string{"Ship"}
	w.held["a"] = map[string][]string{ann.APIID: {"Mail"}, bob.APIID: {"Mail"}}
	w.nextDay(t)
	w.in["b"] = []string{"Mail", "Ship"}
	w.held["a"][bob.APIID] = nil
	second := w.nextDay(t)
	page, _ := w.apps(t, org.Query{Search: "mail"})
	mail := page.Rows[0]
	if !mail.FirstSeen.Equal(start.AddDate(0, 0, 1)) || !mail.Changed.Equal(w.at) {
		t.Errorf("first seen %s, changed %s", mail.FirstSeen, mail.Changed)
	}
	d, err := w.db.App(ctx, scope, mail.ID, org.Query{}, s)
	if err != nil {
		t.Fatal(err)
	}
	var stores []string
	for _, r := range d.List.Rows {
		stores = append(stores, fmt.Sprintf("%s %s %d %s", r.Hash, r.Has, r.Users, strings.Join(r.Names, ",")))
	}
	if want := []string{"b yes 0 ", "a yes 1 ann Smith", "c unknown 0 "}; d.With != 2 || d.Without != 0 || !slices.Equal(stores, want) {
		t.Errorf("got %q (with %d, without %d), want %q", stores, d.With, d.Without, want)
	}
	if b := d.List.Rows[0]; !b.Since.Equal(w.at) {
		t.Errorf("b has it since %s, want %s", b.Since, w.at)
	}
	if a := d.List.Rows[1]; !a.Since.IsZero() {
		t.Errorf("a has it since %s, want none: it was there from the beginning", a.Since)
	}
	if len(d.Timeline) != 2 || d.Timeline[0].Snapshot != second.ID {
		t.Errorf("timeline %+v", d.Timeline)
	}
	if d, err = w.db.App(ctx, scope, mail.ID, org.Query{States: []string{"unknown"}}, s); err != nil || len(d.List.Rows) != 1 || d.List.Rows[0].Hash != "c" {
		t.Errorf("unknown: %+v %v", d.List.Rows, err)
	}
	if _, err := w.db.App(ctx, org.Scope{Account: w.account + 1}, mail.ID, org.Query{}, s); org.KindOf(err) != org.KindNotFound {
		t.Errorf("another account: %v", err)
	}
	if _, err := w.db.App(ctx, org.Scope{Account: w.account, Stores: []org.StoreID{}}, mail.ID, org.Query{}, s); org.KindOf(err) != org.KindNotFound {
		t.Errorf("a scope without stores: %v", err)
	}
}

func TestAppMatrix(t *testing.T) {
	ann := named1("ann", "A")
	w := newAppWorld(t, map[string][]org.StoreUser{"a": {ann}, "b": {ann}, "c": {ann}})
	w.in["a"], w.in["b"] = []string{"Mail"}, []string{}
	w.held["a"] = map[string][]string{ann.APIID: {"Mail"}}
	w.held["b"] = map[string][]string{ann.APIID: {"Mail"}}
	w.nextDay(t)
	m, err := w.db.AppMatrix(context.Background(), org.Scope{Account: w.account}, org.Query{}, org.DefaultSettings(), 0, 30)
	if err != nil || len(m.Apps) != 1 || len(m.Stores) != 3 || m.StoresAll != 3 {
		t.Fatalf("got %+v %v", m, err)
	}
	var cells []string
	for _, store := range m.Stores {
		cell, shown := m.Cells[m.Apps[0].ID][store.ID]
		cells = append(cells, fmt.Sprintf("%s %v %s %d %s", store.Hash, shown, cell.Has, cell.Users, cell.UsersRead))
	}
	if want := []string{"a true yes 1 yes", "b true no 1 yes", "c true unknown 0 unknown"}; !slices.Equal(cells, want) {
		t.Errorf("got %q, want %q", cells, want)
	}
}
