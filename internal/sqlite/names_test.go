package sqlite

import (
	"context"
	"slices"
	"testing"
	"time"

	"rollcall/internal/org"
)

// syncNamed is a sync in which BigCommerce gives the account this name.
func (w *world) syncNamed(t *testing.T, db *DB, account org.AccountID, name string) org.Snapshot {
	t.Helper()
	ctx := context.Background()
	run := w.save(t, db, account)
	if err := db.Save(ctx, run.Snapshot.ID, org.Step{AccountName: name}); err != nil {
		t.Fatal(err)
	}
	snapshot, err := db.History().Close(ctx, run.Snapshot.ID, org.Complete, "")
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

func TestTheAccountKeepsItsNameInOldSnapshots(t *testing.T) {
	t.Parallel()
	w := small(map[string][]org.StoreUser{"a": {named1("ann", "A")}})
	db := openTest(t)
	ctx, account := context.Background(), connect(t, db, testUUID)
	names := []string{"", "Old", "Old", "New", "Old"}
	var snapshots []org.Snapshot
	for _, name := range names {
		snapshots = append(snapshots, w.syncNamed(t, db, account, name))
	}
	run := w.save(t, db, account)
	if err := db.Save(ctx, run.Snapshot.ID, org.Step{AccountName: "Running"}); err != nil {
		t.Fatal(err)
	}
	for i, s := range snapshots {
		got, err := db.AsOf(ctx, org.Scope{Account: account}, org.AsOf{Snapshot: s.ID}, time.UTC)
		if err != nil || got.AccountName != names[i] || s.AccountName != names[i] {
			t.Errorf("snapshot %d is of %q, closed as %q, want %q, %v", s.ID, got.AccountName, s.AccountName, names[i], err)
		}
	}
	if a, err := db.Account(ctx, account); err != nil || a.Name != "Running" {
		t.Errorf("the account is %q now, %v", a.Name, err)
	}
	if rows := dump(t, db, `SELECT valid_from, name FROM account_name ORDER BY 1`); len(rows) != 4 {
		t.Errorf("versions %v", rows)
	}
}

func TestAppsKeepTheirNamesInOldSnapshots(t *testing.T) {
	t.Parallel()
	ann := named1("ann", "A")
	w := small(map[string][]org.StoreUser{"a": {ann}})
	db := openTest(t)
	ctx, account := context.Background(), connect(t, db, testUUID)
	scope := org.Scope{Account: account}
	read := func(name string) org.Snapshot {
		run := w.save(t, db, account)
		apps := []org.UserApps{{User: "ann", Apps: []org.App{{APIID: "app/1", Name: name}}}}
		step := org.Step{Stores: []org.StoreRead{{Store: w.stores[0], UserApps: apps, Read: org.FacetRead{
			Facet: org.FacetUserApps, State: org.FacetComplete, Expected: -1, Received: 1, ReadAt: w.at,
		}}}}
		if err := db.Save(ctx, run.Snapshot.ID, step); err != nil {
			t.Fatal(err)
		}
		snapshot, err := db.History().Close(ctx, run.Snapshot.ID, org.Complete, "")
		if err != nil {
			t.Fatal(err)
		}
		return snapshot
	}
	first, second := read("Mailer"), read("Mailer Pro")
	for snapshot, want := range map[org.SnapshotID]string{first.ID: "Mailer", second.ID: "Mailer Pro"} {
		q := org.Query{AsOf: org.AsOf{Snapshot: snapshot}}
		page, err := db.Accesses(ctx, scope, q, org.DefaultSettings())
		if err != nil || len(page.Rows) != 1 || !slices.Equal(page.Rows[0].Apps, []org.App{{APIID: "app/1", Name: want}}) {
			t.Errorf("snapshot %d shows %+v, want %q, %v", snapshot, page.Rows, want, err)
		}
		choices, err := db.Choices(ctx, scope, q, org.DefaultSettings())
		if err != nil || len(choices.Apps) != 1 || choices.Apps[0].Label != want {
			t.Errorf("snapshot %d offers %+v, want %q, %v", snapshot, choices.Apps, want, err)
		}
	}
	if err := db.PurgeAccount(ctx, account); err != nil {
		t.Error(err)
	}
	if rows := dump(t, db, `SELECT name FROM app_name UNION ALL SELECT name FROM account_name`); len(rows) != 0 {
		t.Errorf("left over: %v", rows)
	}
}

func TestTheFirstReadOfAStoreRenamesNobody(t *testing.T) {
	t.Parallel()
	ann := named1("ann", "A")
	w := small(map[string][]org.StoreUser{"a": {ann}})
	db := openTest(t)
	account := connect(t, db, testUUID)
	w.sync(t, db, account)
	other := ann
	other.LastName = "Smyth"
	w.stores = append(w.stores, org.RemoteStore{APIID: "id/b", Hash: "b", Name: "B"})
	w.users["b"] = []org.StoreUser{other}
	want := []string{"store_added b - [] [B]"}
	if got := changesOf(t, db, w.sync(t, db, account).ID); !slices.Equal(got, want) {
		t.Errorf("changes %v, want %v", got, want)
	}
	if s := w.sync(t, db, account); s.Changes != 0 {
		t.Errorf("nothing happened, yet: %v", changesOf(t, db, s.ID))
	}
	names := dump(t, db, `SELECT p.last_name FROM user_now n JOIN person p ON p.id = n.person_id`)
	if !slices.Equal(names, []string{"Smith"}) {
		t.Errorf("the list of users names %v", names)
	}
	checkSummaries(t, db)
}

// TestABaselineMayCorrectANameItShowedItself reads a store in part first: when no other store shows the old name any
// more, the new one counts.
func TestABaselineMayCorrectANameItShowedItself(t *testing.T) {
	t.Parallel()
	ann := named1("ann", "A")
	w := small(map[string][]org.StoreUser{"a": {ann}, "b": {ann}})
	db := openTest(t)
	ctx, account := context.Background(), connect(t, db, testUUID)
	for _, state := range []org.FacetState{org.FacetIncomplete, org.FacetComplete} {
		run, err := db.Begin(ctx, account, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		step := org.Step{StoreList: w.list()}
		for _, store := range w.stores {
			read := w.read(store)
			if read.Read.State = state; state == org.FacetIncomplete {
				read.Absence = org.AbsenceNone
			}
			step.Stores = append(step.Stores, read)
		}
		if err := db.Save(ctx, run.Snapshot.ID, step); err != nil {
			t.Fatal(err)
		}
		s, err := db.History().Close(ctx, run.Snapshot.ID, org.Complete, "")
		if err != nil || s.Changes != 0 {
			t.Fatalf("%v, changes %v", err, changesOf(t, db, s.ID))
		}
		ann.LastName = "Miller"
		w.users["a"], w.users["b"] = []org.StoreUser{ann}, []org.StoreUser{ann}
	}
	names := dump(t, db, `SELECT p.last_name FROM user_now n JOIN person p ON p.id = n.person_id`)
	if !slices.Equal(names, []string{"Miller"}) {
		t.Errorf("the list of users names %v", names)
	}
}

func TestAppsEndWithTheAccess(t *testing.T) {
	t.Parallel()
	ann, bob := named1("ann", "A"), named1("bob", "A")
	w := small(map[string][]org.StoreUser{"a": {ann, bob}})
	w.apps = true
	db := openTest(t)
	ctx, account := context.Background(), connect(t, db, testUUID)
	w.sync(t, db, account)
	w.users["a"] = []org.StoreUser{ann}
	run := w.save(t, db, account)
	late := w.readUserApps(w.stores[0]) // read before bob left, finished after
	late.UserApps = append(late.UserApps, org.UserApps{User: "bob", Apps: appsOf(2)})
	if err := db.Save(ctx, run.Snapshot.ID, org.Step{Stores: []org.StoreRead{late}}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.History().Close(ctx, run.Snapshot.ID, org.Complete, ""); err != nil {
		t.Fatal(err)
	}
	open := dump(t, db, `SELECT u.api_id FROM user_app a JOIN user u ON u.id = a.user_id WHERE a.valid_to = 9223372036854775807`)
	if !slices.Equal(open, []string{"ann"}) {
		t.Errorf("apps are held of %v", open)
	}
}

// TestAStoreReadInPartStaysSo tells for every snapshot whether what it shows of a store ever was the whole of it.
func TestAStoreReadInPartStaysSo(t *testing.T) {
	t.Parallel()
	w := small(map[string][]org.StoreUser{"a": {named1("ann", "A")}})
	db := openTest(t)
	ctx, account := context.Background(), connect(t, db, testUUID)
	want := []struct {
		state   org.FacetState
		partial bool
	}{
		{org.FacetFailed, false}, // nothing is shown
		{org.FacetIncomplete, true},
		{org.FacetFailed, true},
		{org.FacetComplete, false},
		{org.FacetIncomplete, false},
		{org.FacetDenied, false},
	}
	for i, step := range want {
		run, err := db.Begin(ctx, account, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		read := w.read(w.stores[0])
		read.Read.State, read.Absence = step.state, org.AbsenceNone
		if err := db.Save(ctx, run.Snapshot.ID, org.Step{StoreList: w.list(), Stores: []org.StoreRead{read}}); err != nil {
			t.Fatal(err)
		}
		if _, err := db.History().Close(ctx, run.Snapshot.ID, org.Partial, ""); err != nil {
			t.Fatal(err)
		}
		for j, earlier := range want[:i+1] {
			q := org.Query{AsOf: org.AsOf{Snapshot: org.SnapshotID(j + 1)}}
			page, err := db.Stores(ctx, org.Scope{Account: account}, q, org.DefaultSettings())
			if err != nil || len(page.Rows) != 1 {
				t.Fatal(page, err)
			}
			if got := page.Rows[0].Facet(org.FacetAccesses); got.Partial != earlier.partial || got.State != earlier.state {
				t.Errorf("after %d snapshots, %d shows %+v, want %+v", i+1, j+1, got, earlier)
			}
		}
	}
}

// TestALongReadIsDatedByItsFirstPage shows nothing newer than it is, and lets changes lie anywhere in the time of the
// read.
func TestALongReadIsDatedByItsFirstPage(t *testing.T) {
	t.Parallel()
	ann, bob, cleo := named1("ann", "A"), named1("bob", "A"), named1("cleo", "A")
	w := small(map[string][]org.StoreUser{"a": nil})
	db := openTest(t)
	ctx, account := context.Background(), connect(t, db, testUUID)
	scope := org.Scope{Account: account}
	read := func(hour int, users ...org.StoreUser) (org.Snapshot, org.FacetRead) {
		t.Helper()
		w.users["a"], w.at = users, start.Add(time.Duration(hour)*time.Hour)
		run, err := db.Begin(ctx, account, 24*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		long := w.read(w.stores[0])
		long.Read.ReadTo = w.at.Add(30 * time.Minute)
		if err := db.Save(ctx, run.Snapshot.ID, org.Step{StoreList: w.list(), Stores: []org.StoreRead{long}}); err != nil {
			t.Fatal(err)
		}
		snapshot, err := db.History().Close(ctx, run.Snapshot.ID, org.Complete, "")
		if err != nil {
			t.Fatal(err)
		}
		page, err := db.Stores(ctx, scope, org.Query{}, org.DefaultSettings())
		if err != nil || len(page.Rows) != 1 {
			t.Fatal(page, err)
		}
		return snapshot, page.Rows[0].Facet(org.FacetAccesses)
	}
	read(1, ann)
	read(2, ann, bob)
	snapshot, facet := read(3, ann, bob, cleo)
	if from, to := start.Add(3*time.Hour), start.Add(3*time.Hour+30*time.Minute); !facet.ReadAt.Equal(from) || !snapshot.ReadFrom.Equal(from) || !snapshot.ReadTo.Equal(to) {
		t.Errorf("the store is as of %v, the snapshot from %v to %v", facet.ReadAt, snapshot.ReadFrom, snapshot.ReadTo)
	}
	changes, err := db.Changes(ctx, scope, org.Query{}, org.DefaultSettings())
	if err != nil || len(changes.Rows) != 2 {
		t.Fatal(changes, err)
	}
	newest := changes.Rows[0]
	if !newest.PreviousReadAt.Equal(start.Add(2*time.Hour)) || !newest.SeenAt.Equal(start.Add(3*time.Hour+30*time.Minute)) {
		t.Errorf("the change lies between %v and %v", newest.PreviousReadAt, newest.SeenAt)
	}
}
