package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// state is what one snapshot shows, by store hash and user id, as comparable text.
type state map[string]string

func stateText(u org.StoreUser) string {
	rights := "unread"
	if u.RightsRead {
		rights = strings.Join(u.Permissions, "\n")
	}
	return fmt.Sprintf("%v|%s|%s|%v|%v", u.Identity, u.Status, rights, toSeconds(u.LastLogin), toSeconds(u.UpdatedAt))
}

// shown reads a snapshot by the rule that readers follow: validity by numbers.
func shown(t *testing.T, db *DB, snapshot org.SnapshotID) state {
	t.Helper()
	list := state{}
	err := each(context.Background(), db.reader, func(rows *sql.Rows) error {
		var hash string
		var u org.StoreUser
		var names sql.NullString
		var at, updated sql.NullInt64
		err := rows.Scan(&hash, &u.APIID, &u.Email, &u.FirstName, &u.LastName, &u.Locale, &names, &u.Status, &at, &updated)
		if u.RightsRead = names.Valid; names.String != "" {
			u.Permissions = strings.Split(names.String, "\n")
		}
		u.LastLogin, u.UpdatedAt = seconds(at), seconds(updated)
		list[hash+" "+u.APIID] = stateText(u)
		return err
	}, `SELECT s.hash, u.api_id, p.email, p.first_name, p.last_name, p.locale, r.names, a.status, g.at, g.updated
		FROM access_version a JOIN store s ON s.id = a.store_id JOIN user u ON u.id = a.user_id JOIN person p ON p.id = a.person_id
		LEFT JOIN permission_set r ON r.id = a.set_id
		LEFT JOIN sign_in g ON g.store_id = a.store_id AND g.user_id = a.user_id AND g.valid_from =
			(SELECT max(valid_from) FROM sign_in WHERE store_id = a.store_id AND user_id = a.user_id AND valid_from <= ?1)
		WHERE a.valid_from <= ?1 AND ?1 < a.valid_to AND s.account_id = (SELECT account_id FROM snapshot WHERE id = ?1)`, snapshot)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// truth is what a snapshot must show after reading the stores of the world that read names.
func (w *world) truth(before state, read func(hash string) bool) state {
	list := state{}
	for _, store := range w.stores {
		if !read(store.Hash) {
			for key, text := range before {
				if strings.HasPrefix(key, store.Hash+" ") {
					list[key] = text
				}
			}
			continue
		}
		for _, u := range w.users[store.Hash] {
			list[store.Hash+" "+u.APIID] = stateText(u)
		}
	}
	return list
}

// churn lets users join, leave, change and sign in.
func (w *world) churn(people int) {
	w.day(30, 100)
	for _, store := range w.stores {
		users := w.users[store.Hash]
		if len(users) > 0 && w.random.IntN(3) == 0 {
			users = slices.Delete(users, 0, 1)
		}
		if u := w.user(w.random.IntN(people)); w.random.IntN(3) == 0 && !slices.ContainsFunc(users, func(o org.StoreUser) bool { return o.APIID == u.APIID }) {
			users = append(users, u)
		}
		w.users[store.Hash] = users
	}
}

func TestHistoryShowsEverySnapshotAsItWas(t *testing.T) {
	db, w := openTest(t), newWorld(6, 8, 20)
	ctx, account := context.Background(), connect(t, db, testUUID)
	want := map[org.SnapshotID]state{}
	last := state{}
	random := rand.New(rand.NewPCG(3, 4))
	for day := range 25 {
		if day > 0 {
			w.churn(40)
		}
		run, err := db.Begin(ctx, account, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		failed := map[string]bool{}
		step := org.Step{StoreList: w.list()}
		for _, store := range w.stores {
			read := w.read(store)
			if day > 0 && random.IntN(5) == 0 {
				failed[store.Hash] = true
				read = org.StoreRead{Store: store, Read: org.FacetRead{
					Facet: org.FacetAccesses, State: org.FacetFailed, Expected: -1, ReadAt: w.at, Error: "The store did not answer.",
				}}
			}
			step.Stores = append(step.Stores, read)
		}
		if err := db.Save(ctx, run.Snapshot.ID, step); err != nil {
			t.Fatal(err)
		}
		for id, state := range want {
			if got := shown(t, db, id); !maps.Equal(got, state) {
				t.Fatalf("snapshot %d changed while %d was running", id, run.Snapshot.ID)
			}
		}
		snapshot, err := db.History().Close(ctx, run.Snapshot.ID, org.Complete, "")
		if err != nil {
			t.Fatal(err)
		}
		last = w.truth(last, func(hash string) bool { return !failed[hash] })
		want[snapshot.ID] = last
		for id, state := range want {
			if got := shown(t, db, id); !maps.Equal(got, state) {
				t.Fatalf("day %d: snapshot %d shows %d accesses, want %d\ngot  %v\nwant %v", day, id, len(got), len(state), got, state)
			}
		}
		if snapshot.Accesses != len(last) || snapshot.StoresFailed != len(failed) || snapshot.Stores != len(w.stores) {
			t.Errorf("snapshot counts %+v, want %d accesses and %d failed of %d stores", snapshot, len(last), len(failed), len(w.stores))
		}
		checkSummaries(t, db)
	}
	if n := numberOf(t, db, `SELECT count(*) FROM access_version a JOIN access_version b ON a.store_id = b.store_id AND a.user_id = b.user_id
		AND a.valid_from < b.valid_from AND a.valid_to > b.valid_from`); n != 0 {
		t.Errorf("%d versions overlap", n)
	}
}

// checkSummaries compares what Close keeps up to date with a full computation.
func checkSummaries(t *testing.T, db *DB) {
	t.Helper()
	kept := dump(t, db, `SELECT * FROM user_now ORDER BY user_id`)
	if err := db.RebuildUsers(context.Background()); err != nil {
		t.Fatal(err)
	}
	if fresh := dump(t, db, `SELECT * FROM user_now ORDER BY user_id`); !slices.Equal(kept, fresh) {
		t.Fatalf("user_now differs from a rebuilt one\nkept  %v\nfresh %v", kept, fresh)
	}
	summaries := dump(t, db, `SELECT s.user_id, s.person_id, s.stores, s.role, s.privileged, s.sensitive, s.in_account,
		(SELECT at FROM user_login l WHERE l.user_id = s.user_id ORDER BY valid_from DESC LIMIT 1)
		FROM user_summary s WHERE valid_to = 9223372036854775807 ORDER BY 1`)
	users := dump(t, db, `SELECT user_id, person_id, stores, role, privileged, sensitive, in_account, last_login FROM user_now ORDER BY 1`)
	if !slices.Equal(summaries, users) {
		t.Fatalf("user_summary differs from user_now\n%v\n%v", summaries, users)
	}
}

func dump(t *testing.T, db *DB, text string) []string {
	t.Helper()
	list, err := all(context.Background(), db.reader, func(rows *sql.Rows) (string, error) {
		columns, _ := rows.Columns()
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		err := rows.Scan(values...)
		texts := make([]string, len(values))
		for i, v := range values {
			texts[i] = fmt.Sprint(*v.(*any))
		}
		return strings.Join(texts, "|"), err
	}, text)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func numberOf(t *testing.T, db *DB, text string, args ...any) int {
	t.Helper()
	n, err := one(context.Background(), db.reader, scalar[int], text, args...)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// changesOf lists the changes of a snapshot: kind, store, user, before, after.
func changesOf(t *testing.T, db *DB, snapshot org.SnapshotID) []string {
	t.Helper()
	list, err := all(context.Background(), db.reader, func(rows *sql.Rows) (string, error) {
		var kind int
		var store, user, before, after, linked string
		err := rows.Scan(&kind, &store, &user, &before, &after, &linked)
		text := fmt.Sprintf("%s %s %s [%s] [%s]", audit.Kinds()[kind-1], store, user, before, after)
		if linked != "" {
			text += " linked to " + linked
		}
		return text, err
	}, `SELECT c.kind, coalesce(s.hash, '-'), coalesce(u.api_id, '-'), coalesce(l.names, c.before), coalesce(g.names, c.after),
		       coalesce(x.api_id, '')
		FROM change c LEFT JOIN store s ON s.id = c.store_id LEFT JOIN user u ON u.id = c.user_id LEFT JOIN user x ON x.id = c.linked_user
		LEFT JOIN rights_list g ON g.id = c.gained LEFT JOIN rights_list l ON l.id = c.lost
		WHERE c.snapshot_id = ? ORDER BY c.id`, snapshot)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// small is a world of named users in a few stores.
func small(users map[string][]org.StoreUser) *world {
	w := &world{users: users, at: start, random: rand.New(rand.NewPCG(1, 2))}
	for _, hash := range slices.Sorted(maps.Keys(users)) {
		w.stores = append(w.stores, org.RemoteStore{APIID: "id/" + hash, Hash: hash, Name: strings.ToUpper(hash)})
	}
	return w
}

func named1(id string, rights ...string) org.StoreUser {
	return org.StoreUser{
		Identity:    org.Identity{APIID: id, Email: id + "@example.com", FirstName: id, LastName: "Smith"},
		Permissions: org.NewPermissionSet(rights), RightsRead: true, Status: org.StatusActive,
	}
}

func TestChangesAreWrittenOnce(t *testing.T) {
	ann, bob := named1("ann", "A"), named1("bob", "A", "B")
	w := small(map[string][]org.StoreUser{"a": {ann, bob}, "b": {ann}})
	db := openTest(t)
	account := connect(t, db, testUUID)
	if first := w.sync(t, db, account); first.Changes != 0 {
		t.Errorf("the baseline wrote changes: %v", changesOf(t, db, first.ID))
	}
	if again := w.sync(t, db, account); again.Changes != 0 {
		t.Errorf("nothing happened, yet: %v", changesOf(t, db, again.ID))
	}
	married := ann
	married.LastName, married.Email = "Miller", "ann.miller@example.com"
	again := bob
	again.APIID, again.Permissions = "bob2", org.PermissionSet{"B"}
	w.users["a"], w.users["b"] = []org.StoreUser{married, again}, []org.StoreUser{married}
	w.stores = append(w.stores, org.RemoteStore{APIID: "id/c", Hash: "c", Name: "C"})
	w.users["c"] = []org.StoreUser{named1("eve"), married}
	third := w.sync(t, db, account)
	want := []string{
		"store_added c - [] [C]",
		"email_changed - ann [ann@example.com] [ann.miller@example.com]",
		"user_renamed - ann [ann Smith] [ann Miller]",
		"access_added a bob2 [] [custom] linked to bob",
		"access_removed a bob [custom] [] linked to bob2",
	}
	if got := changesOf(t, db, third.ID); !slices.Equal(got, want) {
		t.Errorf("changes:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if third.Changes != len(want) || third.Stores != 3 || third.Accesses != 5 {
		t.Errorf("counted %+v", third)
	}
	married.Permissions = org.PermissionSet{"B", "C"}
	married.Status = org.StatusInactive
	w.users["b"] = []org.StoreUser{married}
	w.stores[0].Name = "Alpha"
	want = []string{
		"store_renamed a - [A] [Alpha]",
		"status_changed b ann [active] [inactive]",
		"rights_gained b ann [] [B;C]",
		"rights_lost b ann [A] []",
	}
	if got := changesOf(t, db, w.sync(t, db, account).ID); !slices.Equal(got, want) {
		t.Errorf("changes:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestRenameShownFirstByANewStoreIsAChange(t *testing.T) {
	ann := named1("ann", "A")
	w := small(map[string][]org.StoreUser{"b": {ann}})
	db := openTest(t)
	account := connect(t, db, testUUID)
	w.sync(t, db, account)
	ann.LastName = "Miller"
	w.stores = append([]org.RemoteStore{{APIID: "id/a", Hash: "a", Name: "A"}}, w.stores...)
	w.users["a"], w.users["b"] = []org.StoreUser{ann}, []org.StoreUser{ann}
	want := []string{"store_added a - [] [A]", "user_renamed - ann [ann Smith] [ann Miller]"}
	if got := changesOf(t, db, w.sync(t, db, account).ID); !slices.Equal(got, want) {
		t.Errorf("changes %v, want %v", got, want)
	}
}

func TestStoresThatNameAUserDifferentlyAreNoChange(t *testing.T) {
	one, other := named1("ann", "A"), named1("ann", "A")
	other.LastName = "Smith-Miller"
	w := small(map[string][]org.StoreUser{"a": {one}, "b": {other}})
	db := openTest(t)
	account := connect(t, db, testUUID)
	for range 3 {
		if s := w.sync(t, db, account); s.Changes != 0 {
			t.Fatalf("changes %v", changesOf(t, db, s.ID))
		}
	}
	other.LastName = "Miller"
	w.users["b"] = []org.StoreUser{other}
	want := []string{"user_renamed - ann [ann Smith-Miller] [ann Miller]"}
	if got := changesOf(t, db, w.sync(t, db, account).ID); !slices.Equal(got, want) {
		t.Errorf("changes %v, want %v", got, want)
	}
}

func TestStoreIsGoneAfterTwoListsAndABaselineWhenBack(t *testing.T) {
	ann, bob := named1("ann", "A"), named1("bob", "A")
	w := small(map[string][]org.StoreUser{"a": {ann}, "b": {ann, bob}})
	db := openTest(t)
	account := connect(t, db, testUUID)
	before := w.sync(t, db, account)
	gone := w.stores[1]
	w.stores = w.stores[:1]
	if missed := w.sync(t, db, account); missed.Changes != 0 || missed.Stores != 2 || missed.Accesses != 3 {
		t.Errorf("one list lacks it: %+v, want everything still there", missed)
	}
	second := w.sync(t, db, account)
	want := []string{"store_gone b ann [custom] []", "store_gone b bob [custom] []", "store_gone b - [B] []"}
	if got := changesOf(t, db, second.ID); !slices.Equal(got, want) {
		t.Errorf("changes %v, want %v", got, want)
	}
	if second.Stores != 1 || second.Accesses != 1 || second.Users != 1 {
		t.Errorf("counted %+v, want one store, access and user", second)
	}
	if got := len(shown(t, db, before.ID)); got != 3 {
		t.Errorf("the first snapshot shows %d accesses, want 3", got)
	}
	w.stores = append(w.stores, gone)
	back := w.sync(t, db, account)
	if got := changesOf(t, db, back.ID); !slices.Equal(got, []string{"store_added b - [] [B]"}) {
		t.Errorf("back: %v", got)
	}
	if back.Accesses != 3 || back.Users != 2 {
		t.Errorf("back: %+v", back)
	}
	checkSummaries(t, db)
}

func TestAFailedReadOfAMissingStoreDoesNotBringItBack(t *testing.T) {
	w := small(map[string][]org.StoreUser{"a": {named1("ann")}, "b": {named1("bob")}})
	db := openTest(t)
	ctx, account := context.Background(), connect(t, db, testUUID)
	w.sync(t, db, account)
	missing := w.stores[1]
	w.stores = w.stores[:1]
	for range 2 {
		run, err := db.Begin(ctx, account, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		failed := org.StoreRead{Store: missing, Read: org.FacetRead{Facet: org.FacetAccesses, State: org.FacetFailed, Expected: -1}}
		step := org.Step{StoreList: w.list(), Stores: []org.StoreRead{w.read(w.stores[0]), failed}}
		if err := db.Save(ctx, run.Snapshot.ID, step); err != nil {
			t.Fatal(err)
		}
		if _, err := db.History().Close(ctx, run.Snapshot.ID, org.Partial, ""); err != nil {
			t.Fatal(err)
		}
	}
	if n := numberOf(t, db, `SELECT count(*) FROM store_version WHERE valid_to = 9223372036854775807`); n != 1 {
		t.Errorf("%d stores are there, want 1", n)
	}
}

func TestUnprovenAbsence(t *testing.T) {
	ann, bob := named1("ann", "A"), named1("bob", "A")
	w := small(map[string][]org.StoreUser{"a": {ann, bob}})
	db := openTest(t)
	ctx, account := context.Background(), connect(t, db, testUUID)
	w.sync(t, db, account)
	w.users["a"] = []org.StoreUser{ann}
	read := func(absence org.Absence) org.Snapshot {
		t.Helper()
		run, err := db.Begin(ctx, account, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		r := w.read(w.stores[0])
		r.Absence = absence
		if err := db.Save(ctx, run.Snapshot.ID, org.Step{Stores: []org.StoreRead{r}}); err != nil {
			t.Fatal(err)
		}
		s, err := db.History().Close(ctx, run.Snapshot.ID, org.Complete, "")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	unseen := read(org.AbsenceLikely)
	if unseen.Accesses != 2 || unseen.Changes != 0 {
		t.Errorf("not seen once: %+v, want both still counted", unseen)
	}
	if n := numberOf(t, db, `SELECT count(*) FROM access_version WHERE unseen = ? AND valid_from = unseen`, unseen.ID); n != 1 {
		t.Errorf("%d accesses are marked as not seen, want 1", n)
	}
	if s := read(org.AbsenceNone); s.Accesses != 2 {
		t.Errorf("a read with gaps ended an access: %+v", s)
	}
	ended := read(org.AbsenceLikely)
	if got := changesOf(t, db, ended.ID); ended.Accesses != 1 || !slices.Equal(got, []string{"access_removed a bob [custom] []"}) {
		t.Errorf("not seen again: %+v %v", ended, got)
	}
}

func TestDeniedFacetsComeBackWithoutChanges(t *testing.T) {
	ann := named1("ann", "A")
	w := small(map[string][]org.StoreUser{"a": {ann}})
	w.apps = true
	db := openTest(t)
	ctx, account := context.Background(), connect(t, db, testUUID)
	w.sync(t, db, account)
	save := func(reads ...org.StoreRead) org.Snapshot {
		t.Helper()
		run, err := db.Begin(ctx, account, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Save(ctx, run.Snapshot.ID, org.Step{Stores: append(reads, w.read(w.stores[0]))}); err != nil {
			t.Fatal(err)
		}
		s, err := db.History().Close(ctx, run.Snapshot.ID, org.Complete, "")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	apps := func(n int) org.StoreRead {
		read := w.readUserApps(w.stores[0])
		read.UserApps[0].Apps = appsOf(n)
		return read
	}
	denied := apps(0)
	denied.Read.State, denied.UserApps = org.FacetDenied, nil
	if s := save(apps(2)); !slices.Equal(changesOf(t, db, s.ID), []string{
		"app_gained a ann [] [App 0]", "app_gained a ann [] [App 1]",
	}) {
		t.Errorf("gained: %v", changesOf(t, db, s.ID))
	}
	if s := save(denied); s.Changes != 0 || s.StoresFailed != 0 {
		t.Errorf("a denied facet: %+v", s)
	}
	if s := save(apps(1)); s.Changes != 0 {
		t.Errorf("readable again: %v", changesOf(t, db, s.ID))
	}
	if s := save(apps(0)); !slices.Equal(changesOf(t, db, s.ID), []string{"app_lost a ann [App 0] []"}) {
		t.Errorf("lost: %v", changesOf(t, db, s.ID))
	}
}

func TestAccountListJoinsTheUsers(t *testing.T) {
	ann, bob, eve := named1("ann", "A"), named1("bob", "A"), named1("eve")
	w := small(map[string][]org.StoreUser{"a": {ann, bob}})
	db := openTest(t)
	ctx, account := context.Background(), connect(t, db, testUUID)
	inAccount := func() []string {
		return dump(t, db, `SELECT u.api_id, n.in_account, n.stores, n.last_login FROM user_now n JOIN user u ON u.id = n.user_id ORDER BY 1`)
	}
	w.sync(t, db, account)
	if got := inAccount(); !slices.Equal(got, []string{"ann|0|1|-1", "bob|0|1|-1"}) {
		t.Errorf("before the list was read: %v", got)
	}
	save := func(people ...org.Identity) {
		t.Helper()
		run, err := db.Begin(ctx, account, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		step := org.Step{Stores: []org.StoreRead{w.read(w.stores[0])}, AccountUsers: &org.AccountRead{
			People: people, Absence: org.AbsenceProven,
			Read: org.FacetRead{Facet: org.FacetAccountUsers, State: org.FacetComplete, Expected: len(people), Received: len(people), ReadAt: w.at},
		}}
		if err := db.Save(ctx, run.Snapshot.ID, step); err != nil {
			t.Fatal(err)
		}
		if _, err := db.History().Close(ctx, run.Snapshot.ID, org.Complete, ""); err != nil {
			t.Fatal(err)
		}
		checkSummaries(t, db)
	}
	save(ann.Identity, eve.Identity)
	if got := inAccount(); !slices.Equal(got, []string{"ann|2|1|-1", "bob|1|1|-1", "eve|2|0|-1"}) {
		t.Errorf("after the list was read: %v", got)
	}
	save(ann.Identity)
	if got := inAccount(); !slices.Equal(got, []string{"ann|2|1|-1", "bob|1|1|-1"}) {
		t.Errorf("after eve left: %v", got)
	}
	joe := named1("joe", "A")
	w.users["a"] = []org.StoreUser{ann, bob, joe}
	w.sync(t, db, account)
	if got := inAccount(); !slices.Equal(got, []string{"ann|2|1|-1", "bob|1|1|-1", "joe|0|1|-1"}) {
		t.Errorf("joe came after the list was read: %v", got)
	}
	checkSummaries(t, db)
	save(ann.Identity)
	if got := inAccount(); !slices.Equal(got, []string{"ann|2|1|-1", "bob|1|1|-1", "joe|1|1|-1"}) {
		t.Errorf("the list was read again and lacks joe: %v", got)
	}
	w.sync(t, db, account)
	if got := inAccount(); !slices.Equal(got, []string{"ann|2|1|-1", "bob|1|1|-1", "joe|1|1|-1"}) {
		t.Errorf("a sync that does not read the list forgot what is known: %v", got)
	}
	checkSummaries(t, db)
}

func TestPartialReadCountsOnlyWhileNothingCompleteIsHeld(t *testing.T) {
	ann, bob := named1("ann", "A"), named1("bob", "A")
	w := small(map[string][]org.StoreUser{"a": {ann}})
	db := openTest(t)
	ctx, account := context.Background(), connect(t, db, testUUID)
	save := func(state org.FacetState) (org.Run, org.Snapshot) {
		t.Helper()
		run, err := db.Begin(ctx, account, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		read := w.read(w.stores[0])
		if read.Read.State = state; state != org.FacetComplete {
			read.Absence = org.AbsenceNone
		}
		if err := db.Save(ctx, run.Snapshot.ID, org.Step{Stores: []org.StoreRead{read}}); err != nil {
			t.Fatal(err)
		}
		s, err := db.History().Close(ctx, run.Snapshot.ID, org.Partial, "")
		if err != nil {
			t.Fatal(err)
		}
		return run, s
	}
	if _, s := save(org.FacetIncomplete); s.Accesses != 1 || s.StoresFailed != 1 || s.Changes != 0 {
		t.Errorf("the first, partial read: %+v", s)
	}
	if run, s := save(org.FacetComplete); s.Changes != 0 || run.Known[0].Read || run.Known[0].Accesses != -1 {
		t.Errorf("the first complete read: %+v, known %+v", s, run.Known)
	}
	w.users["a"] = []org.StoreUser{bob}
	if run, s := save(org.FacetIncomplete); s.Accesses != 1 || s.Changes != 0 || !run.Known[0].Read || run.Known[0].Accesses != 1 {
		t.Errorf("a later partial read: %+v, known %+v", s, run.Known)
	}
}

func TestStoreReadTwiceInOneSync(t *testing.T) {
	ann, bob := named1("ann", "A"), named1("bob", "A")
	w := small(map[string][]org.StoreUser{"a": {ann}})
	db := openTest(t)
	ctx, account := context.Background(), connect(t, db, testUUID)
	w.sync(t, db, account)
	run, err := db.Begin(ctx, account, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for _, users := range [][]org.StoreUser{{ann, bob}, {bob}, {ann, bob}, {ann}} {
		w.users["a"] = users
		if err := db.Save(ctx, run.Snapshot.ID, org.Step{Stores: []org.StoreRead{w.read(w.stores[0])}}); err != nil {
			t.Fatal(err)
		}
	}
	s, err := db.History().Close(ctx, run.Snapshot.ID, org.Complete, "")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := shown(t, db, s.ID), w.truth(nil, func(string) bool { return true }); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	checkSummaries(t, db)
}

func TestTheFirstAccountListSwallowsNoRename(t *testing.T) {
	ann, bob := named1("ann", "A"), named1("bob", "A")
	w := small(map[string][]org.StoreUser{"a": {ann, bob}})
	db := openTest(t)
	ctx, account := context.Background(), connect(t, db, testUUID)
	w.sync(t, db, account)
	w.users["a"] = []org.StoreUser{ann}
	w.sync(t, db, account) // bob has left
	ann.LastName, bob.LastName = "Married", "Back"
	w.users["a"] = []org.StoreUser{ann}
	run, err := db.Begin(ctx, account, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	list := &org.AccountRead{
		People: []org.Identity{ann.Identity, bob.Identity}, Absence: org.AbsenceProven,
		Read: org.FacetRead{Facet: org.FacetAccountUsers, State: org.FacetComplete, Expected: 2, Received: 2, ReadAt: w.at},
	}
	for _, step := range []org.Step{{AccountUsers: list}, {Stores: []org.StoreRead{w.read(w.stores[0])}}} {
		if err := db.Save(ctx, run.Snapshot.ID, step); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.History().Close(ctx, run.Snapshot.ID, org.Complete, ""); err != nil {
		t.Fatal(err)
	}
	if got, want := changesOf(t, db, run.Snapshot.ID), []string{"user_renamed - ann [ann Smith] [ann Married]"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	got := dump(t, db, `SELECT u.api_id, p.last_name FROM user_now n JOIN user u ON u.id = n.user_id JOIN person p ON p.id = n.person_id ORDER BY 1`)
	if want := []string{"ann|Married", "bob|Back"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	checkSummaries(t, db)
}
