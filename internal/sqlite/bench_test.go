package sqlite

import (
	"context"
	"database/sql"
	"os"
	"testing"
	"time"

	"rollcall/internal/org"
)

// BenchmarkSaveUnchanged saves 50 stores of 50 users each that are as they were.
func BenchmarkSaveUnchanged(b *testing.B) {
	db, w := openTest(b), newWorld(50, 50, 500)
	account := connect(b, db, testUUID)
	w.sync(b, db, account)
	for range 10 {
		w.day(10, 100)
		w.sync(b, db, account)
	}
	run, err := db.Begin(context.Background(), account, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	step := org.Step{}
	for _, store := range w.stores {
		step.Stores = append(step.Stores, w.read(store))
	}
	for b.Loop() {
		if err := db.Save(context.Background(), run.Snapshot.ID, step); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSaveNew saves 50 stores of 50 users each that nobody knows.
func BenchmarkSaveNew(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		db, w := openTest(b), newWorld(50, 50, 2500)
		account := connect(b, db, testUUID)
		run, err := db.Begin(context.Background(), account, time.Hour)
		if err != nil {
			b.Fatal(err)
		}
		step := org.Step{StoreList: w.list()}
		for _, store := range w.stores {
			step.Stores = append(step.Stores, w.read(store))
		}
		b.StartTimer()
		if err := db.Save(context.Background(), run.Snapshot.ID, step); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		db.Close()
		b.StartTimer()
	}
}

// BenchmarkClose closes the first snapshot of 100,000 accesses, which touches everybody, and one a day later.
func BenchmarkClose(b *testing.B) {
	for _, c := range []struct {
		name string
		days int
	}{{"first", 0}, {"next", 1}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				db, w := openTest(b), newWorld(1000, 100, 20000)
				account := connect(b, db, testUUID)
				for range c.days {
					w.sync(b, db, account)
					w.day(10, 100)
				}
				run := w.save(b, db, account)
				b.StartTimer()
				if _, err := db.History().Close(context.Background(), run.Snapshot.ID, org.Complete, ""); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				db.Close()
				b.StartTimer()
			}
		})
	}
}

// BenchmarkGrowthUnchanged reports how much the file of 100,000 accesses in 1,000 stores grows by a snapshot without
// changes in which every facet was read. Budget: 100 KB.
func BenchmarkGrowthUnchanged(b *testing.B) {
	db, w := openTest(b), newWorld(1000, 100, 20000)
	w.apps = true
	account := connect(b, db, testUUID)
	for range 3 {
		s := w.sync(b, db, account)
		if err := db.packHistory(context.Background(), account, s.ID); err != nil {
			b.Fatal(err)
		}
	}
	before, rounds := fileSize(b, db), 0
	for b.Loop() {
		for range 5 {
			w.at = w.at.AddDate(0, 0, 1)
			s := w.sync(b, db, account)
			if err := db.packHistory(context.Background(), account, s.ID); err != nil {
				b.Fatal(err)
			}
			rounds++
		}
	}
	b.ReportMetric(float64(fileSize(b, db)-before)/1000/float64(rounds), "KB/snapshot")
}

// BenchmarkGrowthYear reports the size of a year of daily snapshots with 1 % changed accesses and 10 % new sign-ins a
// day, at a tenth of the size to design for: 10,000 accesses in 100 stores. Budget there: 40 MB.
func BenchmarkGrowthYear(b *testing.B) {
	for b.Loop() {
		db, w := openTest(b), newWorld(100, 100, 2000)
		w.apps = true
		account := connect(b, db, testUUID)
		for range 365 {
			w.day(10, 100)
			s := w.sync(b, db, account)
			if err := db.packHistory(context.Background(), account, s.ID); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(fileSize(b, db))/1e6, "MB")
		report(b, db)
	}
}

// fileSize is the size of the database file with everything in it.
func fileSize(tb testing.TB, db *DB) int64 {
	tb.Helper()
	if _, err := db.writer.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		tb.Fatal(err)
	}
	info, err := os.Stat(db.file)
	if err != nil {
		tb.Fatal(err)
	}
	return info.Size()
}

// report logs the largest tables and indexes.
func report(tb testing.TB, db *DB) {
	tb.Helper()
	err := each(context.Background(), db.writer, func(rows *sql.Rows) error {
		var name string
		var size, used int64
		err := rows.Scan(&name, &size, &used)
		tb.Logf("%-20s %6.2f MB, %d %% used", name, float64(size)/1e6, 100*used/size)
		return err
	}, `SELECT name, sum(pgsize), sum(payload) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 14`)
	if err != nil {
		tb.Fatal(err)
	}
}
