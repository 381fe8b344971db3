package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"rollcall/internal/org"
)

// wantProblem checks that an error is of a kind and that its sentence contains the words.
func wantProblem(t *testing.T, err error, kind org.Kind, words string) {
	t.Helper()
	if org.KindOf(err) != kind || !strings.Contains(org.TextOf(err), words) {
		t.Errorf("got %v error %q, want %v with %q", org.KindOf(err), org.TextOf(err), kind, words)
	}
}

func openIn(t *testing.T, folder string) (*DB, error) {
	t.Helper()
	db, err := Open(context.Background(), folder, Options{Command: "dashboard test"})
	if err == nil {
		t.Cleanup(func() { db.Close() })
	}
	return db, err
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	garbage := func(t *testing.T, folder string) {
		if err := os.WriteFile(filepath.Join(folder, FileName), []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	newer := func(t *testing.T, folder string) {
		db, err := openIn(t, folder)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.writer.Exec(`PRAGMA user_version = 9999`); err != nil {
			t.Fatal(err)
		}
		db.Close()
	}
	occupied := func(t *testing.T, folder string) {
		if err := os.Mkdir(filepath.Join(folder, FileName), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cases := []struct {
		name  string
		spoil func(*testing.T, string)
		words string
	}{
		{"damaged", garbage, "damaged"},
		{"newer", newer, "made by a newer Rollcall"},
		{"a folder in the way", occupied, "cannot be opened"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			folder := t.TempDir()
			c.spoil(t, folder)
			_, err := openIn(t, folder)
			wantProblem(t, err, org.KindStorage, c.words)
		})
	}
	t.Run("the folder is a file", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "data")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := openIn(t, file)
		wantProblem(t, err, org.KindStorage, "is a file, not a folder")
	})
	t.Run("a folder that may not be written", func(t *testing.T) {
		if os.Getuid() == 0 {
			t.Skip("root may write everywhere")
		}
		folder := t.TempDir()
		if err := os.Chmod(folder, 0o500); err != nil {
			t.Fatal(err)
		}
		_, err := openIn(t, folder)
		wantProblem(t, err, org.KindStorage, "may not read and write it")
	})
}

func TestDamageFoundWhileReadingIsSaid(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	db, err := openIn(t, folder)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(10, 50, 400)
	w.sync(t, db, connect(t, db, testUUID))
	db.Close()
	file := filepath.Join(folder, FileName)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4096 * 10; i < len(data); i++ {
		data[i] = 0x5a
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if db, err = openIn(t, folder); err == nil {
		_, err = db.Check(context.Background())
		if err == nil {
			_, err = all(context.Background(), db.reader, scalar[int], `SELECT store_id FROM access_version`)
		}
	}
	wantProblem(t, err, org.KindStorage, "dashboard backup")
}

func TestFullDiskLosesNothing(t *testing.T) {
	t.Parallel()
	db, w := openTest(t), newWorld(4, 100, 400)
	ctx, account := context.Background(), connect(t, db, testUUID)
	first := w.sync(t, db, account)
	before := shown(t, db, first.ID)
	run, err := db.Begin(ctx, account, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	pages := numberOf(t, db, `PRAGMA page_count`)
	limit := func(n int) {
		if _, err := one(ctx, db.writer, scalar[int], `PRAGMA max_page_count = `+strconv.Itoa(n)); err != nil {
			t.Fatal(err)
		}
	}
	limit(pages)
	w.stores = append(w.stores, newWorld(30, 100, 3000).stores[4:]...)
	for hash, users := range newWorld(30, 100, 3000).users {
		w.users[hash] = users
	}
	step := org.Step{StoreList: w.list(), State: []byte("here")}
	for _, store := range w.stores {
		step.Stores = append(step.Stores, w.read(store))
	}
	wantProblem(t, db.Save(ctx, run.Snapshot.ID, step), org.KindStorage, "The disk is full")
	if got := shown(t, db, first.ID); len(got) != len(before) {
		t.Errorf("%d accesses are left, want %d", len(got), len(before))
	}
	if problems, err := db.Check(ctx); err != nil || len(problems) > 0 {
		t.Errorf("check: %v %v", problems, err)
	}
	limit(1 << 20)
	if err := db.Save(ctx, run.Snapshot.ID, step); err != nil {
		t.Fatalf("with space again: %v", err)
	}
	s, err := db.History().Close(ctx, run.Snapshot.ID, org.Complete, "")
	if err != nil || s.Accesses != 3000 {
		t.Errorf("closed %+v, %v", s, err)
	}
}

// TestKilledSyncGoesOn copies the files of an open database, as a kill leaves them, and opens the copy.
func TestKilledSyncGoesOn(t *testing.T) {
	t.Parallel()
	db, w := openTest(t), newWorld(3, 10, 20)
	ctx, account := context.Background(), connect(t, db, testUUID)
	run, err := db.Begin(ctx, account, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	page := org.Page{
		List: org.List{Kind: org.ListAccesses, Store: w.stores[1].APIID}, First: 10, Total: 20, HasNext: true,
		Cursors: []string{"c1", "c2"}, Users: w.users[w.stores[1].Hash][:2],
	}
	gone := org.List{Kind: org.ListStores}
	steps := []org.Step{
		{State: []byte("one"), Stage: []org.Page{{List: gone, Total: -1, Stores: w.stores}}},
		{
			State: []byte("two"), StoreList: w.list(), Unstage: []org.List{gone}, Stores: []org.StoreRead{w.read(w.stores[0])},
			Stage: []org.Page{page}, Progress: org.Progress{StoresDone: 1, Requests: 2, Phase: "users"}, AccountName: "Example",
		},
	}
	for _, step := range steps {
		if err := db.Save(ctx, run.Snapshot.ID, step); err != nil {
			t.Fatal(err)
		}
	}
	folder := t.TempDir()
	for _, end := range []string{"", "-wal"} {
		data, err := os.ReadFile(db.file + end)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, FileName+end), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again, err := openIn(t, folder)
	if err != nil {
		t.Fatal(err)
	}
	resumed, err := again.Begin(ctx, account, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if !resumed.Resumed || string(resumed.State) != "two" || resumed.Snapshot.ID != run.Snapshot.ID || len(resumed.Known) != 3 {
		t.Errorf("resumed %+v", resumed)
	}
	if len(resumed.Staged) != 1 || stateText(resumed.Staged[0].Users[1]) != stateText(page.Users[1]) || resumed.Staged[0].Cursors[1] != "c2" {
		t.Errorf("staged %+v, want %+v", resumed.Staged, page)
	}
	if p, ok, err := again.Progress(ctx, account); err != nil || !ok || p.StoresDone != 1 || p.Phase != "users" || p.Started.IsZero() {
		t.Errorf("progress %+v %v %v", p, ok, err)
	}
	step := org.Step{Stores: []org.StoreRead{w.read(w.stores[1]), w.read(w.stores[2])}}
	if err := again.Save(ctx, run.Snapshot.ID, step); err != nil {
		t.Fatal(err)
	}
	s, err := again.History().Close(ctx, run.Snapshot.ID, org.Complete, "")
	if err != nil || s.Accesses != 30 || s.State != org.Complete {
		t.Errorf("closed %+v, %v", s, err)
	}
	if a, err := again.Account(ctx, account); err != nil || a.Name != "Example" {
		t.Errorf("account %+v, %v", a, err)
	}
	wantProblem(t, again.Save(ctx, run.Snapshot.ID, step), org.KindConflict, "has ended")
}

func TestOldRunIsClosedAsPartial(t *testing.T) {
	t.Parallel()
	now := start
	db, err := Open(context.Background(), t.TempDir(), Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	w := newWorld(2, 5, 10)
	ctx, account := context.Background(), connect(t, db, testUUID)
	old, err := db.Begin(ctx, account, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	step := org.Step{State: []byte("x"), StoreList: w.list(), Stores: []org.StoreRead{w.read(w.stores[0])}}
	if err := db.Save(ctx, old.Snapshot.ID, step); err != nil {
		t.Fatal(err)
	}
	now = now.Add(25 * time.Hour)
	run, err := db.Begin(ctx, account, 24*time.Hour)
	if err != nil || run.Resumed || run.State != nil || run.Snapshot.ID == old.Snapshot.ID {
		t.Fatalf("begun %+v, %v", run, err)
	}
	s, err := db.Snapshot(ctx, old.Snapshot.ID)
	if err != nil || s.State != org.Partial || s.Accesses != 5 || s.StoresFailed != 1 || !strings.Contains(s.Reason, "24 hours") {
		t.Errorf("the old run: %+v, %v", s, err)
	}
	states := dump(t, db, `SELECT store_id, state, received, at IS NULL FROM facet_read WHERE facet = 1 ORDER BY 1`)
	if strings.Join(states, " ") != "1|1|5|0 2|5|0|1" {
		t.Errorf("facets %v, want a complete and a pending one", states)
	}
}

func TestFolderLockNamesTheHolder(t *testing.T) {
	ctx, folder := context.Background(), t.TempDir()
	defer func(old time.Duration) { lockPatience = old }(lockPatience)
	lockPatience = 0
	first, err := LockFolder(ctx, folder, Shared, "dashboard serve")
	if err != nil {
		t.Fatal(err)
	}
	second, err := LockFolder(ctx, folder, Shared, "dashboard sync")
	if err != nil {
		t.Fatalf("serve and sync share the folder: %v", err)
	}
	second.Release()
	_, err = LockFolder(ctx, folder, Exclusive, "dashboard restore")
	wantProblem(t, err, org.KindBusy, "in use by dashboard serve (process "+strconv.Itoa(os.Getpid()))
	first.Release()
	first.Release()
	alone, err := LockFolder(ctx, folder, Exclusive, "dashboard restore")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Open(ctx, folder, Options{Command: "dashboard serve"})
	wantProblem(t, err, org.KindBusy, "in use by dashboard restore (process ")
	alone.Release()
}

func TestTwoProcessesOpenANewFolderAtOnce(t *testing.T) {
	t.Parallel()
	folder, errs := t.TempDir(), make(chan error)
	for range 4 {
		go func() {
			db, err := Open(context.Background(), folder, Options{})
			if err == nil {
				_, err = db.Accounts(context.Background())
				db.Close()
			}
			errs <- err
		}()
	}
	for range 4 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestSettingsReachEveryConnection(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "a b?c#d%41ü")
	db, err := openIn(t, folder)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(folder, FileName)); err != nil {
		t.Fatalf("the file is not where it was asked for: %v", err)
	}
	for text, want := range map[string]string{
		"PRAGMA journal_mode": "wal", "PRAGMA busy_timeout": "5000", "PRAGMA foreign_keys": "1", "PRAGMA synchronous": "1",
		"PRAGMA mmap_size": "2147418112",
	} {
		for name, pool := range map[string]querier{"writer": db.writer, "reader": db.reader, "exports": db.exports} {
			if got, err := one(context.Background(), pool, scalar[string], text); err != nil || got != want {
				t.Errorf("%s: %s is %s (%v), want %s", name, text, got, err, want)
			}
		}
	}
	if _, err := db.reader.Exec(`DELETE FROM account`); err == nil {
		t.Error("a reading connection wrote")
	}
	if _, err := db.writer.Exec(`SELECT "no_such_column" FROM account`); err == nil {
		t.Error("a misspelt column passed as text")
	}
}

// TestDriverHasItsOwnLibc guards a silent change: the driver must be built with the very libc that it names.
func TestDriverHasItsOwnLibc(t *testing.T) {
	t.Parallel()
	list := func(format, module string) string {
		out, err := exec.Command("go", "list", "-m", "-f", format, module).Output()
		if err != nil {
			t.Skipf("no go command: %v", err)
		}
		return strings.TrimSpace(string(out))
	}
	text, err := os.ReadFile(list("{{.GoMod}}", "modernc.org/sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	if libc := list("{{.Path}} {{.Version}}", "modernc.org/libc"); !strings.Contains(string(text), libc) {
		t.Errorf("the build uses %s, which is not what the driver's go.mod names", libc)
	}
}

func TestBackupIsACompleteCopy(t *testing.T) {
	t.Parallel()
	db, w := openTest(t), newWorld(3, 20, 40)
	ctx := context.Background()
	s := w.sync(t, db, connect(t, db, testUUID))
	folder := t.TempDir()
	file := filepath.Join(folder, FileName)
	if err := db.Backup(ctx, file); err != nil {
		t.Fatal(err)
	}
	wantProblem(t, db.Backup(ctx, file), org.KindConflict, "exists already")
	copied, err := openIn(t, folder)
	if err != nil {
		t.Fatal(err)
	}
	if problems, err := copied.Check(ctx); err != nil || len(problems) > 0 {
		t.Errorf("check: %v %v", problems, err)
	}
	if got, want := shown(t, copied, s.ID), shown(t, db, s.ID); len(got) != len(want) || len(got) != 60 {
		t.Errorf("the copy shows %d accesses, want %d", len(got), len(want))
	}
	if left, _ := filepath.Glob(filepath.Join(folder, "*.part")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestAnEndedContextIsSaidSo(t *testing.T) {
	t.Parallel()
	db := openTest(t)
	endless := `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n`
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	if _, err := one(ctx, db.reader, scalar[int], endless); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("read: got %v", err)
	}
	err := db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, qSetSetting, "a", "b")
		return err
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("write: got %v", err)
	}
	if err := db.SetKeyID(context.Background(), "k"); err != nil {
		t.Errorf("the next write: %v", err)
	}
}

// TestUnchangedSnapshotGrowsLittle is BenchmarkGrowthUnchanged at a fifth of the stores and few users: what grows is
// a row for each store and facet.
func TestUnchangedSnapshotGrowsLittle(t *testing.T) {
	t.Parallel()
	db, w := openTest(t), newWorld(200, 5, 300)
	w.apps = true
	account := connect(t, db, testUUID)
	for range 2 {
		w.sync(t, db, account)
	}
	const rounds = 5
	before := fileSize(t, db)
	for range rounds {
		w.at = w.at.AddDate(0, 0, 1)
		w.sync(t, db, account)
	}
	if grown := (fileSize(t, db) - before) / rounds; grown > 20_000 {
		t.Errorf("a snapshot without changes adds %d bytes for 200 stores, want 20,000 at most", grown)
	}
}
