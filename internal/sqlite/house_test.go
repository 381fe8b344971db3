package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"

	"rollcall/internal/org"
	"rollcall/internal/refresh"
	"rollcall/internal/signin"
	"rollcall/internal/throttle"
)

// Whom the database serves.
var (
	_ refresh.History      = History{}
	_ refresh.Lease        = (*DB)(nil)
	_ throttle.Ledger      = (*DB)(nil)
	_ signin.Store         = (*DB)(nil)
	_ scs.CtxStore         = Sessions{}
	_ scs.IterableCtxStore = Sessions{}
)

// clocked opens a database whose clock the test moves.
func clocked(t *testing.T) (*DB, *time.Time) {
	t.Helper()
	now := start
	db, err := Open(context.Background(), t.TempDir(), Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db, &now
}

// twice opens one data folder as two processes do.
func twice(t *testing.T) [2]*DB {
	t.Helper()
	folder := t.TempDir()
	var dbs [2]*DB
	for i := range dbs {
		db, err := openIn(t, folder)
		if err != nil {
			t.Fatal(err)
		}
		dbs[i] = db
	}
	return dbs
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	seal := func(id org.AccountID) ([]byte, error) { return fmt.Appendf(nil, "sealed for %d", id), nil }
	a, err := db.ConnectAccount(ctx, testUUID, "wxyz", seal)
	if err != nil || !a.Connected || a.TokenLast4 != "wxyz" || a.UUID != testUUID || a.CreatedAt.IsZero() {
		t.Fatalf("connected %+v, %v", a, err)
	}
	_, err = db.ConnectAccount(ctx, testUUID, "wxyz", seal)
	wantProblem(t, err, org.KindConflict, "connected already")
	if token, err := db.SealedToken(ctx, a.ID); err != nil || string(token) != "sealed for 1" {
		t.Errorf("token %q, %v", token, err)
	}
	if err := db.Learn(ctx, a.ID, []byte(`{"cap":50}`)); err != nil {
		t.Error(err)
	}
	if learned, err := db.Learned(ctx, a.ID); err != nil || string(learned) != `{"cap":50}` {
		t.Errorf("learned %q, %v", learned, err)
	}
	if err := db.ReplaceToken(ctx, a.ID, "abcd", seal); err != nil {
		t.Error(err)
	}
	if err := db.AcceptTotals(ctx, a.ID, true); err != nil {
		t.Error(err)
	}
	if a, err = db.AccountByUUID(ctx, testUUID); err != nil || a.TokenLast4 != "abcd" || !a.AcceptTotals {
		t.Errorf("account %+v, %v", a, err)
	}
	if err := db.DisconnectAccount(ctx, a.ID); err != nil {
		t.Error(err)
	}
	_, err = db.SealedToken(ctx, a.ID)
	wantProblem(t, err, org.KindNotFound, "no such token")
	if again, err := db.ConnectAccount(ctx, testUUID, "efgh", seal); err != nil || again.ID != a.ID || !again.Connected {
		t.Errorf("connected again: %+v, %v", again, err)
	}
	_, err = db.Account(ctx, 99)
	wantProblem(t, err, org.KindNotFound, "no such account")
	wantProblem(t, db.Learn(ctx, 99, nil), org.KindNotFound, "no such account")
}

func TestFailedSealConnectsNothing(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	_, err := db.ConnectAccount(ctx, testUUID, "wxyz", func(org.AccountID) ([]byte, error) { return nil, context.Canceled })
	if list, listErr := db.Accounts(ctx); err == nil || listErr != nil || len(list) != 0 {
		t.Errorf("got %v, accounts %v %v", err, list, listErr)
	}
}

func TestPurgeDeletesOneAccountAndNothingElse(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	w, other := newWorld(3, 20, 30), newWorld(2, 10, 15)
	w.apps, other.apps = true, true
	id, kept := connect(t, db, testUUID), connect(t, db, strings.Replace(testUUID, "0", "f", 1))
	for range 3 {
		w.sync(t, db, id)
		w.churn(60)
		other.sync(t, db, kept)
		other.churn(30)
	}
	left := db.History()
	last := other.sync(t, db, kept)
	before := shown(t, db, last.ID)
	if held, err := db.Acquire(ctx, id, "somebody", time.Minute); err != nil || !held {
		t.Fatal(held, err)
	}
	wantProblem(t, db.PurgeAccount(ctx, id), org.KindBusy, "sync of this account is running")
	if err := db.Release(ctx, id, "somebody"); err != nil {
		t.Fatal(err)
	}
	if err := db.PurgeAccount(ctx, id); err != nil {
		t.Fatal(err)
	}
	if problems, err := db.Check(ctx); err != nil || len(problems) > 0 {
		t.Errorf("check: %v %v", problems, err)
	}
	if list, err := left.Accounts(ctx); err != nil || len(list) != 1 || list[0].ID != kept {
		t.Errorf("accounts %+v, %v", list, err)
	}
	if got := shown(t, db, last.ID); len(got) != len(before) || len(got) == 0 {
		t.Errorf("the other account shows %d accesses, want %d", len(got), len(before))
	}
	if err := db.PurgeAccount(ctx, kept); err != nil {
		t.Fatal(err)
	}
	for _, table := range dump(t, db, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
		AND name NOT IN ('permission', 'setting', 'member', 'activity')`) {
		if n := numberOf(t, db, `SELECT count(*) FROM `+table); n != 0 {
			t.Errorf("%s still has %d rows", table, n)
		}
	}
}

func TestSaveSurvivesAPurgeInAnotherProcess(t *testing.T) {
	t.Parallel()
	dbs, ctx := twice(t), context.Background()
	w := newWorld(2, 10, 15)
	a, b := connect(t, dbs[0], testUUID), connect(t, dbs[0], strings.Replace(testUUID, "0", "f", 1))
	w.sync(t, dbs[0], b)
	run, err := dbs[0].Begin(ctx, a, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	step := org.Step{StoreList: w.list(), Stores: []org.StoreRead{w.read(w.stores[0])}}
	if err := dbs[0].Save(ctx, run.Snapshot.ID, step); err != nil {
		t.Fatal(err)
	}
	if err := dbs[1].PurgeAccount(ctx, b); err != nil {
		t.Fatal(err)
	}
	if err := dbs[0].Save(ctx, run.Snapshot.ID, org.Step{Stores: []org.StoreRead{w.read(w.stores[1])}}); err != nil {
		t.Fatal(err)
	}
	s, err := dbs[0].History().Close(ctx, run.Snapshot.ID, org.Complete, "")
	if err != nil || s.Accesses != 20 {
		t.Fatalf("closed %+v, %v", s, err)
	}
	if got := shown(t, dbs[0], s.ID); len(got) != 20 {
		t.Errorf("%d accesses have all their parts, want 20", len(got))
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	if s, err := db.Settings(ctx); err != nil || s != org.DefaultSettings() {
		t.Errorf("at first %+v, %v", s, err)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	want := org.Settings{Zone: berlin, InactiveDays: 45, DailySync: false, SyncAt: "23:30"}
	if err := db.SaveSettings(ctx, want); err != nil {
		t.Fatal(err)
	}
	if got, err := db.Settings(ctx); err != nil || got.Zone.String() != "Europe/Berlin" || got.InactiveDays != 45 || got.DailySync || got.SyncAt != "23:30" {
		t.Errorf("saved %+v, %v", got, err)
	}
	for field, edit := range map[string]func(*org.Settings){
		"zone":          func(s *org.Settings) { s.Zone = nil },
		"inactive_days": func(s *org.Settings) { s.InactiveDays = 0 },
		"sync_at":       func(s *org.Settings) { s.SyncAt = "2:00" },
	} {
		s := want
		edit(&s)
		if err := db.SaveSettings(ctx, s); org.KindOf(err) != org.KindInvalid {
			t.Errorf("%s: got %v, want an invalid setting", field, err)
		}
	}
	if err := db.SetKeyID(ctx, "k1"); err != nil {
		t.Fatal(err)
	}
	if id, err := db.KeyID(ctx); err != nil || id != "k1" {
		t.Errorf("key %q, %v", id, err)
	}
}

func TestLabels(t *testing.T) {
	t.Parallel()
	db, w, ctx := openTest(t), newWorld(2, 1, 1), context.Background()
	account := connect(t, db, testUUID)
	w.sync(t, db, account)
	if err := db.SetLabels(ctx, account, 1, []string{" live ", "EU", "live", "", "two  words"}); err != nil {
		t.Fatal(err)
	}
	if err := db.SetLabels(ctx, account, 2, []string{"test"}); err != nil {
		t.Fatal(err)
	}
	if labels, err := db.Labels(ctx, account); err != nil || !slices.Equal(labels, []string{"EU", "live", "test", "two words"}) {
		t.Errorf("labels %q, %v", labels, err)
	}
	if err := db.SetLabels(ctx, account, 1, nil); err != nil {
		t.Fatal(err)
	}
	if labels, err := db.Labels(ctx, account); err != nil || !slices.Equal(labels, []string{"test"}) {
		t.Errorf("labels %q, %v", labels, err)
	}
	wantProblem(t, db.SetLabels(ctx, account, 9, []string{"x"}), org.KindNotFound, "no such store")
	wantProblem(t, db.SetLabels(ctx, account+1, 1, []string{"x"}), org.KindNotFound, "no such store")
	wantProblem(t, db.SetLabels(ctx, account, 1, []string{strings.Repeat("x", 41)}), org.KindInvalid, "40 characters")
}

func TestMembers(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	admin := signin.Member{Name: "Ann", Email: "Ann@Example.com", Role: signin.Admin}
	id, err := db.CreateFirstMember(ctx, admin, "hash")
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.CreateFirstMember(ctx, signin.Member{Name: "Eve", Email: "eve@example.com", Role: signin.Admin}, "hash")
	wantProblem(t, err, org.KindConflict, "set up already")
	_, err = db.CreateMember(ctx, signin.Member{Name: "Ann", Email: "ann@example.com", Role: signin.Viewer}, "hash")
	wantProblem(t, err, org.KindConflict, "this e-mail address")
	m, hash, err := db.MemberByEmail(ctx, "ann@example.com")
	if err != nil || m.ID != id || m.Email != "Ann@Example.com" || m.Role != signin.Admin || hash != "hash" || m.CreatedAt.IsZero() {
		t.Errorf("member %+v %q, %v", m, hash, err)
	}
	_, _, err = db.MemberByEmail(ctx, "nobody@example.com")
	wantProblem(t, err, org.KindNotFound, "no such member")
	if err := db.SetLastAccount(ctx, id, 7); err != nil {
		t.Error(err)
	}
	if err := db.SetPassword(ctx, id, "other"); err != nil {
		t.Error(err)
	}
	_, _, err = db.ChangeMember(ctx, id, func(m *signin.Member, _ int) error { m.Disabled = true; return nil })
	if err != nil {
		t.Error(err)
	}
	if list, err := db.Members(ctx); err != nil || len(list) != 1 || list[0].LastAccount != 7 || !list[0].Disabled {
		t.Errorf("members %+v, %v", list, err)
	}
	wantProblem(t, db.SetPassword(ctx, 99, "x"), org.KindNotFound, "no such member")
}

func TestSessions(t *testing.T) {
	t.Parallel()
	db, now := clocked(t)
	ctx, sessions := context.Background(), db.Sessions()
	data := func(member signin.MemberID, note string) []byte {
		name, text := signin.MemberValue(member)
		raw, err := signin.Codec{}.Encode(start, map[string]any{name: text, "note": note})
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	commit := func(token string, raw []byte, expiry time.Time) {
		t.Helper()
		if err := sessions.CommitCtx(ctx, token, raw, expiry); err != nil {
			t.Fatal(err)
		}
	}
	expiry := func() string { return dump(t, db, `SELECT expires_at FROM session WHERE token = 'one'`)[0] }
	commit("one", data(1, "a"), start.Add(time.Hour))
	first := expiry()
	commit("one", data(1, "a"), start.Add(time.Hour+30*time.Second))
	if expiry() != first {
		t.Error("a commit that only moves the expiry a little was written")
	}
	commit("one", data(1, "a"), start.Add(time.Hour+2*time.Minute))
	if expiry() == first {
		t.Error("a commit that moves the expiry far was not written")
	}
	commit("one", data(1, "b"), start.Add(time.Hour+2*time.Minute))
	if raw, found, err := sessions.FindCtx(ctx, "one"); err != nil || !found || string(raw) != string(data(1, "b")) {
		t.Errorf("found %q %v %v", raw, found, err)
	}
	commit("two", data(2, ""), start.Add(time.Minute))
	commit("three", data(1, ""), start.Add(24*time.Hour))
	if list, err := sessions.AllCtx(ctx); err != nil || len(list) != 3 {
		t.Errorf("all: %v %v", list, err)
	}
	*now = start.Add(time.Minute)
	if _, found, err := sessions.FindCtx(ctx, "two"); err != nil || found {
		t.Errorf("an expired session was found: %v", err)
	}
	if _, found, err := sessions.FindCtx(ctx, "four"); err != nil || found {
		t.Errorf("a session that never was: %v %v", found, err)
	}
	if err := sessions.DeleteExpired(ctx); err != nil {
		t.Error(err)
	}
	if n := numberOf(t, db, `SELECT count(*) FROM session`); n != 2 {
		t.Errorf("%d sessions left, want 2", n)
	}
	if err := sessions.DeleteOf(ctx, 1); err != nil {
		t.Error(err)
	}
	if list, err := sessions.AllCtx(ctx); err != nil || list == nil || len(list) != 0 {
		t.Errorf("after signing out everywhere: %v %v", list, err)
	}
	if err := sessions.DeleteCtx(ctx, "one"); err != nil {
		t.Error(err)
	}
}

func TestActivityIsAppendOnly(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	account := connect(t, db, testUUID)
	for i := range 5 {
		a := org.Activity{Actor: "Ann", Action: "export", Outcome: "done", Subject: fmt.Sprint(i)}
		if i%2 == 0 {
			a.Account = account
		}
		if err := db.AddActivity(ctx, a); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.AddActivity(ctx, org.Activity{Account: account + 1, Actor: "Eve", Action: "look", Outcome: "done"}); err != nil {
		t.Fatal(err)
	}
	page, err := db.Activity(ctx, account, 0, 3)
	if err != nil || len(page) != 3 || page[0].Subject != "4" || page[0].At.IsZero() {
		t.Fatalf("first page %+v, %v", page, err)
	}
	rest, err := db.Activity(ctx, account, page[2].ID, 10)
	if err != nil || len(rest) != 2 || rest[1].Subject != "0" {
		t.Errorf("second page %+v, %v", rest, err)
	}
	for _, text := range []string{`UPDATE activity SET actor = 'x'`, `DELETE FROM activity`} {
		if _, err := db.writer.Exec(text); err == nil {
			t.Errorf("%s was accepted", text)
		}
	}
}

func TestExportFiles(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	f, err := db.AddExport(ctx, org.ExportFile{
		Account: 1, Kind: "access", Format: "csv", Name: "a.csv", By: "Ann", Rows: 3, Bytes: 99, SHA256: "00", Manifest: []byte("{}"),
	})
	if err != nil || f.ID == 0 || f.Made.IsZero() {
		t.Fatalf("added %+v, %v", f, err)
	}
	if got, err := db.Export(ctx, 1, f.ID); err != nil || got.Name != "a.csv" || got.Rows != 3 || string(got.Manifest) != "{}" {
		t.Errorf("found %+v, %v", got, err)
	}
	if list, err := db.Exports(ctx, 1, 0, 10); err != nil || len(list) != 1 {
		t.Errorf("list %+v, %v", list, err)
	}
	_, err = db.Export(ctx, 2, f.ID)
	wantProblem(t, err, org.KindNotFound, "no such export")
	if err := db.DeleteExport(ctx, 1, f.ID); err != nil {
		t.Error(err)
	}
	wantProblem(t, db.DeleteExport(ctx, 1, f.ID), org.KindNotFound, "no such export")
}

func TestPagesOfExports(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	for i := range 7 {
		for _, account := range []org.AccountID{1, 2} {
			if _, err := db.AddExport(ctx, org.ExportFile{Account: account, Name: fmt.Sprint(i)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := []string{"6,5,4", "3,2,1", "0"}
	look := func(q org.Query, i int) org.ExportPage {
		q.Limit = 3
		page, err := db.ExportPage(ctx, 1, q)
		var names []string
		for _, f := range page.Rows {
			names = append(names, f.Name)
		}
		if got := strings.Join(names, ","); err != nil || got != want[i] || page.Total != 7 || page.From != i*3+1 ||
			(page.Prev != "") != (i > 0) || (page.Next != "") != (i < len(want)-1) {
			t.Errorf("page %d: %s, %d of %d, from %q to %q, %v", i, got, page.From, page.Total, page.Prev, page.Next, err)
		}
		return page
	}
	second := look(org.Query{After: look(org.Query{}, 0).Next}, 1)
	third := look(org.Query{After: second.Next}, 2)
	look(org.Query{Before: look(org.Query{Before: third.Prev}, 1).Prev}, 0)
	_, err := db.ExportPage(ctx, 1, org.Query{After: "x"})
	wantProblem(t, err, org.KindInvalid, "place")
	if page, err := db.ExportPage(ctx, 3, org.Query{}); err != nil || page.Total != 0 || page.From != 0 || len(page.Rows) != 0 {
		t.Errorf("an account without files: %+v, %v", page, err)
	}
}

func TestASlotRunsOnce(t *testing.T) {
	t.Parallel()
	dbs, ctx := twice(t), context.Background()
	var mu sync.Mutex
	var group sync.WaitGroup
	claims := 0
	for i := range 8 {
		group.Go(func() {
			claimed, err := dbs[i%2].ClaimSlot(ctx, "sync", "2026-01-05")
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if claimed {
				claims++
			}
		})
	}
	group.Wait()
	if claims != 1 {
		t.Errorf("the slot was claimed %d times", claims)
	}
	if err := dbs[0].SetSlotResult(ctx, "sync", "2026-01-05", "complete"); err != nil {
		t.Error(err)
	}
	if slot, err := dbs[1].LastSlot(ctx, "sync"); err != nil || slot != "2026-01-05" {
		t.Errorf("last slot %q, %v", slot, err)
	}
	if slot, err := dbs[1].LastSlot(ctx, "backup"); err != nil || slot != "" {
		t.Errorf("last slot of another job %q, %v", slot, err)
	}
}

func TestLease(t *testing.T) {
	t.Parallel()
	db, now := clocked(t)
	ctx, account := context.Background(), connect(t, db, testUUID)
	try := func(owner string, want bool) {
		t.Helper()
		if held, err := db.Acquire(ctx, account, owner, time.Minute); err != nil || held != want {
			t.Errorf("%s: got %v %v, want %v", owner, held, err, want)
		}
	}
	try("a", true)
	try("b", false)
	*now = now.Add(59 * time.Second)
	try("a", true) // a heartbeat
	*now = now.Add(59 * time.Second)
	try("b", false)
	*now = now.Add(2 * time.Second)
	try("b", true)
	try("a", false)
	if err := db.Release(ctx, account, "a"); err != nil { // not a's any more
		t.Error(err)
	}
	try("a", false)
	if err := db.Release(ctx, account, "b"); err != nil {
		t.Error(err)
	}
	try("a", true)
	*now = now.Add(-time.Hour) // the clock was wrong
	try("b", true)
}

func TestLedgerBooksOnceForAllProcesses(t *testing.T) {
	t.Parallel()
	dbs, ctx := twice(t), context.Background()
	account := connect(t, dbs[0], testUUID)
	const limit = 10
	decide := func(spent []time.Time, _ throttle.Seen) time.Time {
		if len(spent) >= limit {
			return spent[0].Add(time.Hour)
		}
		return time.Time{}
	}
	var mu sync.Mutex
	var group sync.WaitGroup
	sent := 0
	for i := range 24 {
		group.Go(func() {
			until, err := dbs[i%2].Reserve(ctx, account, start.Add(time.Duration(i)*time.Second), time.Hour, decide)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if until.IsZero() && err == nil {
				sent++
			}
		})
	}
	group.Wait()
	spent, seen, err := dbs[1].Spent(ctx, account, start.Add(time.Minute), time.Hour)
	if sent != limit || err != nil || len(spent) != limit || !slices.IsSortedFunc(spent, time.Time.Compare) || seen != (throttle.Seen{}) {
		t.Errorf("sent %d, booked %v, seen %+v, %v", sent, spent, seen, err)
	}
	newer := throttle.Seen{At: start.Add(time.Minute), Quota: 70, Left: 3, Reset: start.Add(time.Hour), Window: time.Hour}
	older := throttle.Seen{At: start, Quota: 70, Left: 60, Reset: start.Add(time.Hour)}
	for i, s := range []throttle.Seen{newer, older} {
		if err := dbs[i].Saw(ctx, account, s); err != nil {
			t.Fatal(err)
		}
	}
	spent, seen, err = dbs[0].Spent(ctx, account, start.Add(2*time.Hour), time.Hour)
	if err != nil || len(spent) != 0 || seen != newer {
		t.Errorf("two hours later: %v %+v %v", spent, seen, err)
	}
	if _, err := dbs[0].Reserve(ctx, account, start.AddDate(0, 0, 3), time.Hour, decide); err != nil {
		t.Fatal(err)
	}
	if n := numberOf(t, dbs[0], `SELECT count(*) FROM quota_spend`); n != 1 {
		t.Errorf("%d bookings are kept, want the newest only", n)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	dbs, ctx := twice(t), context.Background()
	account := connect(t, dbs[0], testUUID)
	wantProblem(t, dbs[1].RequestCancel(ctx, account), org.KindNotFound, "no such running sync")
	if _, ok, err := dbs[1].Progress(ctx, account); ok || err != nil {
		t.Errorf("progress of nothing: %v %v", ok, err)
	}
	run, err := dbs[0].Begin(ctx, account, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := dbs[0].Cancelled(ctx, run.Snapshot.ID); c || err != nil {
		t.Errorf("cancelled at once: %v", err)
	}
	if err := dbs[1].RequestCancel(ctx, account); err != nil {
		t.Fatal(err)
	}
	if c, err := dbs[0].Cancelled(ctx, run.Snapshot.ID); !c || err != nil {
		t.Errorf("not cancelled: %v", err)
	}
	if p, ok, err := dbs[0].Progress(ctx, account); !ok || err != nil || !p.Cancelling {
		t.Errorf("progress %+v %v %v", p, ok, err)
	}
	s, err := dbs[0].History().Close(ctx, run.Snapshot.ID, org.Partial, "Cancelled.")
	if err != nil || s.State != org.Partial || s.Reason != "Cancelled." || s.Finished.IsZero() {
		t.Errorf("closed %+v, %v", s, err)
	}
	_, err = dbs[1].History().Close(ctx, run.Snapshot.ID, org.Complete, "")
	wantProblem(t, err, org.KindConflict, "has ended")
}
