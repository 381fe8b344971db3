//go:build unix

package export_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"rollcall/internal/export"
	"rollcall/internal/org"
	"rollcall/internal/sqlite"
)

// BenchmarkAccessCSV exports a million accesses from a database file, against the sqlite3 shell giving the same
// columns, both to a file.
//
//	go test -run '^$' -bench AccessCSV -benchtime 3x ./internal/export
func BenchmarkAccessCSV(b *testing.B) {
	folder := b.TempDir()
	if kept := os.Getenv("ROLLCALL_BENCH_FOLDER"); kept != "" {
		folder = kept // build once, measure often
	}
	million(b, folder)
	b.Run("rollcall", func(b *testing.B) { benchRollcall(b, folder) })
	b.Run("shell", func(b *testing.B) { benchShell(b, folder) })
}

func benchRollcall(b *testing.B, folder string) {
	db, err := sqlite.Open(context.Background(), folder, sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	job := testJob(export.Access, export.CSV)
	if job.Snapshot, err = db.AsOf(context.Background(), job.Scope, org.AsOf{}, time.UTC); err != nil {
		b.Fatal(err)
	}
	debug.FreeOSMemory()
	before := anonymous(b)
	peak := before
	b.ReportAllocs()
	used := processTime()
	for b.Loop() {
		out := create(b)
		m, err := export.Write(context.Background(), db, job, &alsoWatching{out, watching{b: b, peak: &peak}})
		if err != nil || !m.Complete || m.Rows.Delivered != 1_000_000 {
			b.Fatal(m.Completeness, err)
		}
		b.SetBytes(m.Bytes)
		out.Close()
	}
	b.ReportMetric((processTime()-used).Seconds()/float64(b.N), "cpu-s/op")
	b.ReportMetric(float64(peak-before)/1024, "MB-more-RssAnon")
}

type alsoWatching struct {
	*os.File
	watching
}

func (w *alsoWatching) Write(p []byte) (int, error) {
	w.watching.Write(p)
	return w.File.Write(p)
}

// processTime is the processor time that this process has used; other programs on the machine do not change it much.
func processTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func create(b *testing.B) *os.File {
	out, err := os.Create(filepath.Join(b.TempDir(), "out.csv"))
	if err != nil {
		b.Fatal(err)
	}
	return out
}

func benchShell(b *testing.B, folder string) {
	shell, err := exec.LookPath("sqlite3")
	if err != nil {
		b.Skip("there is no sqlite3 here to compare with")
	}
	var used time.Duration
	for b.Loop() {
		out := create(b)
		command := exec.Command(shell, "-readonly", "-csv", "-header", filepath.Join(folder, sqlite.FileName), shellQuery)
		command.Stdout, command.Stderr = out, os.Stderr
		if err := command.Run(); err != nil {
			b.Fatal(err)
		}
		used += command.ProcessState.UserTime() + command.ProcessState.SystemTime()
		info, err := out.Stat()
		if err != nil || info.Size() < 100_000_000 {
			b.Fatal(info.Size(), err)
		}
		b.SetBytes(info.Size())
		out.Close()
	}
	b.ReportMetric(used.Seconds()/float64(b.N), "cpu-s/op")
}

// shellQuery gives the columns of the kind access.
const shellQuery = `
WITH lists AS MATERIALIZED (SELECT x.id, (SELECT group_concat(p.name, ';') FROM json_each(x.app_ids) j JOIN app p ON p.id = j.value) AS names
  FROM app_set x)
SELECT c.uuid AS account_uuid, c.name AS account_name, s.hash AS store_hash, v.name AS store_name, s.api_id AS store_id,
  u.api_id AS user_id, p.email, p.first_name, p.last_name, p.locale, lower(a.status) AS status,
  CASE r.role WHEN 1 THEN 'none' WHEN 4 THEN 'custom' WHEN 6 THEN 'owner-like' ELSE 'unknown' END AS role,
  iif(r.privileged, 'yes', 'no') AS privileged, r.size AS permission_count, replace(r.names, char(10), ';') AS permissions,
  coalesce(l.names, '') AS apps, strftime('%Y-%m-%dT%H:%M:%SZ', i.at, 'unixepoch') AS last_login_at,
  iif(i.at < f.at / 1000 - 90 * 86400, 'inactive', 'active') AS login_state,
  strftime('%Y-%m-%dT%H:%M:%SZ', i.updated, 'unixepoch') AS updated_at,
  strftime('%Y-%m-%dT%H:%M:%SZ', n.first_seen_at / 1000, 'unixepoch') AS first_seen_at,
  strftime('%Y-%m-%dT%H:%M:%SZ', f.at / 1000, 'unixepoch') AS read_at, 1 AS snapshot_id
FROM access_version a JOIN store s ON s.id = a.store_id JOIN account c ON c.id = s.account_id
JOIN store_version v ON v.store_id = s.id AND v.valid_from <= 1 AND v.valid_to > 1
JOIN user u ON u.id = a.user_id JOIN person p ON p.id = a.person_id JOIN permission_set r ON r.id = a.set_id
JOIN sign_in i ON i.store_id = a.store_id AND i.user_id = a.user_id AND i.valid_from <= 1
JOIN access_seen n ON n.store_id = a.store_id AND n.user_id = a.user_id
LEFT JOIN user_app g ON g.store_id = a.store_id AND g.user_id = a.user_id AND g.valid_from <= 1 AND g.valid_to > 1
LEFT JOIN lists l ON l.id = g.set_id
JOIN facet_read f ON f.snapshot_id = 1 AND f.facet = 1 AND f.store_id = s.id
WHERE s.account_id = 1 AND a.valid_from <= 1 AND a.valid_to > 1 ORDER BY a.store_id, a.user_id`

// million fills a database with 1,000 stores, 20,000 users and 1,000,000 accesses, if the folder holds none.
func million(b *testing.B, folder string) {
	path := filepath.Join(folder, sqlite.FileName)
	if _, err := os.Stat(path); err == nil {
		return
	}
	db, err := sqlite.Open(context.Background(), folder, sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	db.Close()
	raw, err := sql.Open("sqlite", "file:"+path+"?_pragma=synchronous(off)&_pragma=cache_size(-262144)")
	if err != nil {
		b.Fatal(err)
	}
	defer raw.Close()
	raw.SetMaxOpenConns(1)
	run := func(text string, args ...any) {
		if _, err := raw.Exec(text, args...); err != nil {
			b.Fatal(err, text)
		}
	}
	run("BEGIN")
	run(`INSERT INTO account (id, uuid, name, created_at) VALUES (1, '01234567-89ab-cdef-0123-456789abcdef', 'Crowd', 0)`)
	run(`INSERT INTO snapshot (id, account_id, started_at, finished_at, state, stores, accesses, users)
    VALUES (1, 1, 1775008800000, 1775009000000, 'complete', 1000, 1000000, 20000)`)
	count := `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) `
	run(fmt.Sprintf(count+`INSERT INTO store SELECT i, 1, 'bc/account/store/' || i, printf('s%%07x', i * 7919), 0, NULL FROM n`, 1000))
	run(`INSERT INTO store_version SELECT id, 1, 9223372036854775807, 'Store ' || id || ', Europe' FROM store`)
	run(`INSERT INTO facet_read (snapshot_id, facet, store_id, state, expected, received, at)
    SELECT 1, 1, id, 1, 1000, 1000, 1775008900000 FROM store`)
	run(fmt.Sprintf(count+`INSERT INTO person SELECT i, 'person.' || i || '@example.test', 'First', 'Last ' || i, 'en',
    'person.' || i || '@example.test', 'example.test', 'first last ' || i FROM n`, 20_000))
	run(fmt.Sprintf(count+`INSERT INTO user (id, account_id, api_id, first_seen_at, person_id) SELECT i, 1, printf('bc/account/user/01234567-89ab-cdef-0123-%%012d', i), 0, i FROM n`, 20_000))
	for id, set := range newCrowd(0, 0, 0).sets {
		hash := set.Hash()
		run(`INSERT INTO permission_set VALUES (?, ?, ?, ?, ?, ?, 0)`, id, hash[:], strings.Join(set, "\n"), len(set),
			org.RoleOf(set), len(set.Privileged()) > 0)
	}
	run(fmt.Sprintf(count+`INSERT INTO access_version SELECT s.id, (i * 20 + s.id * 7) %% 20000 + 1, 1, 9223372036854775807,
    (i * 20 + s.id * 7) %% 20000 + 1, (i + s.id) %% 300 + 1, 'ACTIVE', 0 FROM store s, n ORDER BY 1, 2`, 1000))
	run(`INSERT INTO access_seen SELECT store_id, user_id, (1775000000 - user_id * 997 % 70000000) * 1000 FROM access_version`)
	run(`INSERT INTO sign_in SELECT store_id, user_id, 1, 1775000000 - user_id * store_id % 31000000, 1775000000 - user_id * 31 FROM access_version`)
	run(fmt.Sprintf(count+`INSERT INTO app SELECT i, 1, 'bc/account/app/' || i, 'Shipping helper ' || i FROM n`, 10))
	run(fmt.Sprintf(count+`INSERT INTO app_set SELECT i, 1, randomblob(32),
    (SELECT json_group_array(id) FROM app WHERE (id * i) %% 3 = 1), 0 FROM n`, 50))
	run(`INSERT INTO user_app SELECT store_id, user_id, 1, 9223372036854775807, user_id % 50 + 1 FROM access_version`)
	run("COMMIT")
	run("ANALYZE")
}
