package sqlite

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/internal/org"
)

// Sizes of design 8: daily snapshots of two years, 1 % of the accesses changed and 10 % with a new sign-in each day.
const (
	bigStores, bigUsers, bigPerStore, bigDays, bigSets = 1000, 20_000, 100, 730, 200
	bigReaders                                         = 8
)

// bigDB opens the database of design 8. ROLLCALL_BENCH_DB names a folder in which it is kept for the next time.
func bigDB(tb testing.TB) *DB {
	folder := os.Getenv("ROLLCALL_BENCH_DB")
	if folder == "" {
		folder = tb.TempDir()
	}
	_, err := os.Stat(filepath.Join(folder, FileName))
	db, openErr := Open(context.Background(), folder, Options{})
	if openErr != nil {
		tb.Fatal(openErr)
	}
	tb.Cleanup(func() { db.Close() })
	if err != nil {
		fillBig(tb, db)
	}
	return db
}

// fillBig writes two years of history in the order of the keys, without going through 730 syncs.
func fillBig(tb testing.TB, db *DB) {
	start := time.Date(2024, 11, 20, 2, 0, 0, 0, time.UTC)
	run := func(text string, args ...any) {
		if _, err := db.writer.Exec(text, args...); err != nil {
			tb.Fatalf("%v\n%s", err, text)
		}
	}
	run(`PRAGMA synchronous = OFF`)
	run(`INSERT INTO account (id, uuid, name, created_at) VALUES (1, '00000000-0000-0000-0000-000000000001', 'Big', 0)`)
	run(`CREATE TABLE n (n INTEGER PRIMARY KEY)`)
	run(`INSERT INTO n WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 99999) SELECT n FROM n`)
	run(`INSERT INTO snapshot (id, account_id, started_at, finished_at, state, requests, stores, accesses, users, privileged,
	  inactive, changes, read_from, read_to) SELECT n + 1, 1, ?1 + n * 86400000, ?1 + n * 86400000 + 3600000, 'complete', 45,
	  1000, 100000, 20000, 4000, 6000, 1000, ?1 + n * 86400000, ?1 + n * 86400000 + 3000000 FROM n WHERE n < ?2`, start.UnixMilli(), bigDays)
	run(`INSERT INTO store (id, account_id, api_id, hash, first_seen_at)
	  SELECT n + 1, 1, 'bc/store/' || n, printf('h%06x', n * 7919 % 1000003), ?1 FROM n WHERE n < ?2`, start.UnixMilli(), bigStores)
	run(`INSERT INTO store_version SELECT n + 1, 1, 9223372036854775807, 'Store ' || (n * 7919 % 1009) || ' of the region ' || (n % 12)
	  FROM n WHERE n < ?`, bigStores)
	run(`INSERT INTO store_label SELECT n + 1, 'region ' || (n % 12) FROM n WHERE n < ?`, bigStores)
	fillBigPeople(tb, db, start)
	fillBigSets(tb, db)
	run(`CREATE TABLE base AS SELECT DISTINCT s.n + 1 store_id, CASE WHEN k.n < 2 THEN 19980 + (s.n + k.n * 10) % 20
	  ELSE 1 + (s.n * 100 + k.n) * 7919 % 19980 END user_id FROM n s CROSS JOIN n k WHERE s.n < ? AND k.n < ? ORDER BY 1, 2`, bigStores, bigPerStore)
	run(`INSERT INTO access_version SELECT store_id, user_id, CASE n WHEN 0 THEN 1 ELSE n * 100 - (store_id * 31 + user_id * 17) % 90 END,
	  CASE n WHEN 7 THEN 9223372036854775807 ELSE (n + 1) * 100 - (store_id * 31 + user_id * 17) % 90 END,
	  user_id, 1 + (store_id * 13 + user_id * 7 + n * 5) * 7919 % 1009 % ?, CASE (store_id + user_id) % 50 WHEN 0 THEN 'INACTIVE' ELSE 'ACTIVE' END, 0
	  FROM base CROSS JOIN n WHERE n < 8 ORDER BY 1, 2, 3`, bigSets)
	run(`INSERT INTO access_seen SELECT store_id, user_id, ? FROM base`, start.UnixMilli())
	// One access in ten is never used; the others have a sign-in every tenth day, one in five stopped long ago.
	run(`INSERT INTO sign_in SELECT store_id, user_id, CASE n WHEN 0 THEN 1 ELSE n * 10 + (store_id + user_id) % 10 END,
	  CASE (store_id * 3 + user_id) % 10 WHEN 0 THEN 0 ELSE ?1 / 1000 + (n * 10 + (store_id + user_id) % 10) * 86400 - 5000 END, ?1 / 1000
	  FROM base CROSS JOIN n WHERE n < CASE WHEN (store_id * 3 + user_id) % 10 = 0 THEN 1 WHEN user_id % 5 = 0 THEN 50 ELSE 73 END
	  ORDER BY 1, 2, 3`, start.UnixMilli())
	run(`INSERT INTO account_user SELECT n + 1, 1, 9223372036854775807, n + 1, 0 FROM n WHERE n < 15000`)
	run(`INSERT INTO user_app SELECT store_id, user_id, 1, 9223372036854775807, 1 + (store_id + user_id) % 50 FROM base ORDER BY 1, 2`)
	fillBigSummaries(run, start)
	run(`INSERT INTO facet_read SELECT d.n + 1, f.n + 1, s.n + 1, 1, NULL, 100, ?1 + d.n * 86400000, NULL
	  FROM n d CROSS JOIN n f CROSS JOIN n s WHERE d.n < ?2 AND f.n < 2 AND s.n < ?3 ORDER BY 1, 2, 3`, start.UnixMilli(), bigDays, bigStores)
	run(`INSERT INTO facet_now (account_id, store_id, facet, baseline, tried, state, received, read_at)
	  SELECT 1, s.n + 1, f.n + 1, 1, ?2, 1, 100, ?1 + (?2 - 1) * 86400000 FROM n f CROSS JOIN n s WHERE f.n < 2 AND s.n < ?3`, start.UnixMilli(), bigDays, bigStores)
	run(`INSERT INTO change (account_id, snapshot_id, seen_at, previous_at, kind, store_id, user_id, email, field, before, after)
	  SELECT 1, d.n + 1, ?1 + d.n * 86400000, ?1 + d.n * 86400000 - 86400000, 1 + (d.n * 7 + k.n * k.n) % 9, 1 + (d.n * 31 + k.n * 7919) % 1000,
	  1 + (d.n * 17 + k.n * 104729) % 19980, 'user' || k.n || '@example.com', 'permissions', 'Manage_Orders', 'Manage_Orders;Edit_Orders'
	  FROM n d CROSS JOIN n k WHERE d.n BETWEEN 1 AND ?2 - 1 AND k.n < 1000 ORDER BY 2`, start.UnixMilli(), bigDays)
	run(`DROP TABLE n`)
	run(`DROP TABLE base`)
	run(`PRAGMA wal_checkpoint(TRUNCATE)`)
}

func fillBigPeople(tb testing.TB, db *DB, start time.Time) {
	first := []string{"Anna", "Björn", "Chloé", "Дмитрий", "Eszter", "Fatima", "健", "Łukasz", "Ñusta", "Olu", "Priya", "Siobhán"}
	last := []string{"Smith", "Müller", "O'Neill", "Иванов", "Nagy", "王", "Wiśniewski", "Quispe", "Adeyemi", "Sharma", "de la Cruz", "Ng"}
	ctx := context.Background()
	tx, err := db.writer.BeginTx(ctx, nil)
	if err != nil {
		tb.Fatal(err)
	}
	defer tx.Rollback()
	for i := range bigUsers {
		who := org.Identity{
			FirstName: first[i*7%len(first)] + strconv.Itoa(i%97), LastName: last[i*5%len(last)],
			Email: fmt.Sprintf("User%d.Name@%s.example.com", i, []string{"brand", "agency", "shop"}[i%3]), Locale: "en-US",
		}
		p := newPerson(who)
		if _, err := tx.Exec(`INSERT INTO person (id, email, first_name, last_name, locale, email_fold, domain, name_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			i+1, who.Email, who.FirstName, who.LastName, who.Locale, p.mail, org.EmailDomain(p.mail), p.name); err != nil {
			tb.Fatal(err)
		}
		if _, err := tx.Exec(`INSERT INTO user (id, account_id, api_id, first_seen_at, person_id) VALUES (?, 1, ?, ?, ?)`,
			i+1, fmt.Sprintf("bc/account/user/%08d", i), start.UnixMilli()+int64(i)*1000, i+1); err != nil {
			tb.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		tb.Fatal(err)
	}
}

// fillBigSets writes permission sets and app sets: owners, administrators, staff, and many that differ a little.
func fillBigSets(tb testing.TB, db *DB) {
	var names []string
	for _, area := range org.Areas() {
		names = append(names, area.Names...)
	}
	random := rand.New(rand.NewPCG(1, 2))
	run := func(text string, args ...any) {
		if _, err := db.writer.Exec(text, args...); err != nil {
			tb.Fatal(err)
		}
	}
	for i, name := range names {
		run(`INSERT INTO permission VALUES (?, ?)`, i+1, name)
	}
	for i := range bigSets {
		preset := org.Preset([]org.Role{org.RoleOwner, org.RoleAdministrator, org.RoleSalesStaff, org.RoleSalesStaff}[i%4])
		if i%20 != 0 && i%4 == 0 {
			preset = org.Preset(org.RoleSalesStaff)
		}
		list := append([]string(nil), preset...)
		for range i / 4 {
			list = append(list[:len(list)-1:len(list)-1], names[random.IntN(len(names))])
		}
		set := org.NewPermissionSet(list)
		hash := set.Hash()
		run(`INSERT OR IGNORE INTO permission_set VALUES (?, ?, ?, ?, ?, ?, ?)`, i+1, hash[:], strings.Join(set, "\n"), len(set),
			org.RoleOf(set), len(set.Privileged()) > 0, len(set.Sensitive()) > 0)
	}
	for i := range 50 {
		run(`INSERT INTO app VALUES (?, 1, ?, ?)`, i+1, "bc/app/"+strconv.Itoa(i), "App "+strconv.Itoa(i))
		run(`INSERT INTO app_set VALUES (?, 1, ?, ?, 0)`, i+1, []byte{byte(i)}, fmt.Sprintf("[%d]", i+1))
		run(`INSERT INTO app_in_set VALUES (?, ?)`, i+1, i+1)
	}
}

func fillBigSummaries(run func(string, ...any), start time.Time) {
	run(`CREATE TABLE stores_of AS SELECT user_id, count(*) stores FROM base GROUP BY user_id`)
	run(`INSERT INTO user_summary SELECT user_id, CASE n WHEN 0 THEN 1 ELSE n * 70 + user_id % 60 END,
	  CASE n WHEN 9 THEN 9223372036854775807 ELSE (n + 1) * 70 + user_id % 60 END,
	  user_id, stores, 2 + (user_id + n) % 5, (user_id + n) % 5 = 0, (user_id + n) % 3 = 0, CASE WHEN user_id <= 15000 THEN 2 ELSE 1 END
	  FROM stores_of CROSS JOIN n WHERE n < 10 ORDER BY 1, 2`)
	run(`INSERT INTO user_login SELECT user_id, CASE n WHEN 0 THEN 1 ELSE n * 5 / 2 + user_id % 3 END,
	  CASE WHEN user_id % 7 = 0 THEN 0 ELSE ?1 / 1000 + (n * 5 / 2 + user_id % 3) * 86400 - 5000 END
	  FROM stores_of CROSS JOIN n WHERE n < CASE WHEN user_id % 7 = 0 THEN 1 WHEN user_id % 5 = 0 THEN 200 ELSE 290 END ORDER BY 1, 2`, start.UnixMilli())
	run(`INSERT INTO user_now SELECT s.user_id, 1, s.person_id, p.name_key, p.email_fold, p.domain, s.stores, s.role, s.privileged, s.sensitive,
	  s.in_account, (SELECT at FROM user_login l WHERE l.user_id = s.user_id ORDER BY valid_from DESC LIMIT 1), u.first_seen_at
	  FROM user_summary s JOIN user u ON u.id = s.user_id JOIN person p ON p.id = s.person_id WHERE s.valid_to = 9223372036854775807`)
	run(`DROP TABLE stores_of`)
}

// pageKind is one kind of page that the benchmark opens.
type pageKind struct {
	name string
	open func(ctx context.Context, db *DB, random *rand.Rand) error
}

var bigScope = org.Scope{Account: 1}

func usersPage(query func(random *rand.Rand) org.Query) func(context.Context, *DB, *rand.Rand) error {
	return func(ctx context.Context, db *DB, random *rand.Rand) error {
		q := query(random)
		page, err := db.Users(ctx, bigScope, q, org.DefaultSettings())
		if err == nil && page.Next != "" && random.IntN(2) == 0 {
			q.After = page.Next
			_, err = db.Users(ctx, bigScope, q, org.DefaultSettings())
		}
		return err
	}
}

func changesPage(query func(random *rand.Rand) org.Query) func(context.Context, *DB, *rand.Rand) error {
	return func(ctx context.Context, db *DB, random *rand.Rand) error {
		_, err := db.Changes(ctx, bigScope, query(random), org.DefaultSettings())
		return err
	}
}

func pastDay(random *rand.Rand) org.AsOf {
	return org.AsOf{Snapshot: org.SnapshotID(1 + random.IntN(bigDays))}
}

func oneOf[T any](random *rand.Rand, list ...T) T { return list[random.IntN(len(list))] }

func bigPages() []pageKind {
	s := org.DefaultSettings()
	return []pageKind{
		{"users", usersPage(func(r *rand.Rand) org.Query {
			return org.Query{Sort: userColumns[r.IntN(len(userColumns))].name, Desc: r.IntN(2) == 0}
		})},
		{"users search 1-2", usersPage(func(r *rand.Rand) org.Query {
			return org.Query{Search: oneOf(r, "a", "ü", "ng", "王", "7", "sm", "er", "Д")}
		})},
		{"users search 3+", usersPage(func(r *rand.Rand) org.Query {
			return org.Query{Search: oneOf(r, "smith", "user19", "brand", "wiśniewski", "nobody here", "chloé1 o'n")}
		})},
		{"users filter", usersPage(func(r *rand.Rand) org.Query {
			return oneOf(r, org.Query{Roles: []org.Role{org.RoleOwner}}, org.Query{Privileged: org.Yes},
				org.Query{Login: []org.LoginState{org.LoginInactive}}, org.Query{Login: []org.LoginState{org.LoginNever}},
				org.Query{InAccount: org.No}, org.Query{Labels: []string{"region 3"}}, org.Query{Statuses: []org.Status{org.StatusInactive}},
				org.Query{Permissions: []string{"Manage_Users"}}, org.Query{Apps: []string{"bc/app/3"}}, org.Query{Domains: []string{"agency.example.com"}},
				org.Query{Roles: []org.Role{org.RoleAdministrator}, Labels: []string{"region 1"}, Sensitive: org.Yes, Search: "a"})
		})},
		{"user", func(ctx context.Context, db *DB, r *rand.Rand) error {
			_, err := db.User(ctx, bigScope, org.UserID(1+r.IntN(19_900)), org.Query{}, s)
			return err
		}},
		{"stores", func(ctx context.Context, db *DB, r *rand.Rand) error {
			_, err := db.Stores(ctx, bigScope, org.Query{Sort: oneOf(r, "", "accesses", "inactive"), Search: oneOf(r, "", "7")}, s)
			return err
		}},
		{"store", func(ctx context.Context, db *DB, r *rand.Rand) error {
			d, err := db.Store(ctx, bigScope, org.StoreID(1+r.IntN(bigStores)), org.Query{}, s)
			if err == nil {
				_, err = db.Accesses(ctx, bigScope, org.Query{Stores: []string{d.Hash}, Sort: oneOf(r, "", "name", "login")}, s)
			}
			return err
		}},
		{"matrix", func(ctx context.Context, db *DB, r *rand.Rand) error {
			_, err := db.Matrix(ctx, bigScope, org.Query{Sort: oneOf(r, "", "stores")}, s, 30*r.IntN(30), 30)
			return err
		}},
		{"permissions", func(ctx context.Context, db *DB, r *rand.Rand) error {
			_, err := db.Permissions(ctx, bigScope, org.Query{}, s)
			return err
		}},
		{"changes", func(ctx context.Context, db *DB, r *rand.Rand) error {
			page, err := db.Changes(ctx, bigScope, org.Query{}, s)
			if err == nil {
				_, err = db.Changes(ctx, bigScope, org.Query{After: page.Next}, s)
			}
			return err
		}},
		{"changes kind", changesPage(func(r *rand.Rand) org.Query {
			return org.Query{Kinds: []string{oneOf(r, "rights_gained", "access_added", "store_gone")}, AsOf: oneOf(r, org.AsOf{}, pastDay(r))}
		})},
		{"changes search", changesPage(func(r *rand.Rand) org.Query {
			return org.Query{Search: oneOf(r, "smith", "王", "user19", "name@brand"), AsOf: oneOf(r, org.AsOf{}, pastDay(r))}
		})},
		{"changes since", changesPage(func(r *rand.Rand) org.Query { return org.Query{Since: pastDay(r)} })},
		{"changes user", changesPage(func(r *rand.Rand) org.Query { return org.Query{Users: []org.UserID{org.UserID(1 + r.IntN(19_900))}} })},
		{"changes label", changesPage(func(r *rand.Rand) org.Query {
			return org.Query{Labels: []string{"region " + strconv.Itoa(r.IntN(12))}}
		})},
		{"overview", func(ctx context.Context, db *DB, r *rand.Rand) error {
			_, err := db.Overview(ctx, bigScope, org.Query{}, s)
			return err
		}},
		{"choices", func(ctx context.Context, db *DB, r *rand.Rand) error {
			_, err := db.Choices(ctx, bigScope, org.Query{}, s)
			return err
		}},
		{"past users", usersPage(func(r *rand.Rand) org.Query {
			return org.Query{AsOf: pastDay(r), Sort: userColumns[r.IntN(len(userColumns))].name, Search: oneOf(r, "", "", "smi")}
		})},
		{"past filter", usersPage(func(r *rand.Rand) org.Query {
			return org.Query{AsOf: pastDay(r), Roles: []org.Role{org.RoleOwner}, Labels: []string{"region 3"}}
		})},
		{"past any filter", usersPage(func(r *rand.Rand) org.Query {
			return oneOf(r, org.Query{AsOf: pastDay(r), Login: []org.LoginState{org.LoginInactive}, Privileged: org.Yes},
				org.Query{AsOf: pastDay(r), Permissions: []string{"Manage_Users"}, Sort: "login", Desc: true},
				org.Query{AsOf: pastDay(r), Statuses: []org.Status{org.StatusInactive}, Sort: "stores"},
				org.Query{AsOf: pastDay(r), Search: "an", Labels: []string{"region 1", "region 2"}, Sensitive: org.Yes})
		})},
		{"past days again", usersPage(func(r *rand.Rand) org.Query { // a handful, as people look at them
			at := org.AsOf{Snapshot: oneOf[org.SnapshotID](r, 723, 700, 640, 365)}
			return oneOf(r, org.Query{AsOf: at}, org.Query{AsOf: at, Sort: "login"}, org.Query{AsOf: at, Roles: []org.Role{org.RoleOwner}}, org.Query{AsOf: at, Search: "smi"})
		})},
		{"past overview", func(ctx context.Context, db *DB, r *rand.Rand) error {
			_, err := db.Overview(ctx, bigScope, org.Query{AsOf: pastDay(r)}, s)
			return err
		}},
		{"past user", func(ctx context.Context, db *DB, r *rand.Rand) error {
			_, err := db.User(ctx, bigScope, org.UserID(1+r.IntN(19_900)), org.Query{AsOf: pastDay(r)}, s)
			if org.KindOf(err) == org.KindNotFound { // the first day was closed before some were seen
				return nil
			}
			return err
		}},
		{"past store", func(ctx context.Context, db *DB, r *rand.Rand) error {
			at := pastDay(r)
			d, err := db.Store(ctx, bigScope, org.StoreID(1+r.IntN(bigStores)), org.Query{AsOf: at}, s)
			if err == nil {
				_, err = db.Accesses(ctx, bigScope, org.Query{AsOf: at, Stores: []string{d.Hash}, Sort: "name"}, s)
			}
			return err
		}},
		{"past stores", func(ctx context.Context, db *DB, r *rand.Rand) error {
			_, err := db.Stores(ctx, bigScope, org.Query{AsOf: pastDay(r), Sort: oneOf(r, "", "", "accesses", "privileged")}, s)
			return err
		}},
	}
}

// BenchmarkPages opens each kind of page from eight goroutines at once, at the sizes of design 8, and reports the
// median and the 99th percentile in milliseconds, and the processor time of a page. The database takes a few minutes to make and is kept in the folder
// that ROLLCALL_BENCH_DB names:
//
//	ROLLCALL_BENCH_DB=$HOME/rollcall-bench go test -run '^$' -bench BenchmarkPages -benchtime 400x -timeout 1h ./internal/sqlite
func BenchmarkPages(b *testing.B) {
	db := bigDB(b)
	if err := db.Warm(context.Background(), bigScope); err != nil {
		b.Fatal(err)
	}
	for _, kind := range bigPages() {
		b.Run(strings.ReplaceAll(kind.name, " ", "_"), func(b *testing.B) { openPages(b, db, kind) })
	}
}

func openPages(b *testing.B, db *DB, kind pageKind) {
	var mu sync.Mutex
	var took []time.Duration
	var wait sync.WaitGroup
	before := cpuTime()
	for reader := range bigReaders {
		wait.Go(func() {
			random := rand.New(rand.NewPCG(uint64(reader), uint64(b.N)))
			for range (b.N + bigReaders - 1) / bigReaders {
				start := time.Now()
				if err := kind.open(context.Background(), db, random); err != nil {
					b.Error(err)
					return
				}
				mu.Lock()
				took = append(took, time.Since(start))
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	slices.Sort(took)
	if len(took) == 0 {
		return
	}
	b.ReportMetric((cpuTime()-before).Seconds()*1000/float64(len(took)), "cpu-ms/page")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkStream reads every access of the newest snapshot the fast way, as exports do. The command is that of
// BenchmarkPages with -bench BenchmarkStream.
func BenchmarkStream(b *testing.B) {
	db := bigDB(b)
	for b.Loop() {
		rows, before := 0, cpuTime()
		err := db.EachAccessRef(context.Background(), bigScope, org.Query{}, org.DefaultSettings(), org.AccessSink{
			Store: func(org.Store) {}, User: func(org.UserID, string) {}, Person: func(int64, org.Identity) {},
			Set: func(int64, org.PermissionSet, org.Role, bool) {}, Apps: func(int64, []org.App, bool) {},
			Row: func(org.AccessRef) error { rows++; return nil },
		})
		if err != nil || rows == 0 {
			b.Fatal(rows, err)
		}
		b.ReportMetric((cpuTime()-before).Seconds()*1e6/float64(rows), "cpu-us/row")
	}
}

// BenchmarkMemory tells what the process holds, not counting mapped files, in megabytes: after the history was loaded,
// at most while people look at 320 pages of random past days, and when they have stopped.
func BenchmarkMemory(b *testing.B) {
	db := bigDB(b)
	for b.Loop() {
		db.images, db.words, db.pasts = images{}, lexicons{}, pasts{}
		if err := db.Warm(context.Background(), bigScope); err != nil {
			b.Fatal(err)
		}
		debug.FreeOSMemory()
		b.ReportMetric(ownMemory(b), "warm-MB")
		stop, peak := make(chan struct{}), make(chan float64)
		go func() {
			most := 0.0
			for {
				select {
				case <-stop:
					peak <- most
					return
				case <-time.After(5 * time.Millisecond):
					most = max(most, ownMemory(b))
				}
			}
		}()
		var wait sync.WaitGroup
		for reader := range bigReaders {
			wait.Go(func() {
				random := rand.New(rand.NewPCG(uint64(reader), 7))
				for i := range 40 {
					kinds := bigPages()[17:]
					if err := kinds[i%len(kinds)].open(context.Background(), db, random); err != nil {
						b.Error(err)
					}
				}
			})
		}
		wait.Wait()
		close(stop)
		b.ReportMetric(<-peak, "peak-MB")
		db.images.dropPast(0)
		b.ReportMetric(ownMemory(b), "idle-MB")
	}
}

// ownMemory is the RssAnon of this process in megabytes.
func ownMemory(tb testing.TB) float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		tb.Skip("needs Linux")
	}
	_, rest, _ := strings.Cut(string(text), "RssAnon:")
	kb, _ := strconv.Atoi(strings.Fields(rest)[0])
	return float64(kb) / 1024
}
