package sqlite

import (
	"context"
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

// BenchmarkClose closes the first snapshot of 100,000 accesses, which touches everybody.
func BenchmarkClose(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		db, w := openTest(b), newWorld(1000, 100, 20000)
		account := connect(b, db, testUUID)
		run, err := db.Begin(context.Background(), account, time.Hour)
		if err != nil {
			b.Fatal(err)
		}
		step := org.Step{StoreList: w.list()}
		for _, store := range w.stores {
			step.Stores = append(step.Stores, w.read(store))
		}
		if err := db.Save(context.Background(), run.Snapshot.ID, step); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if _, err := db.History().Close(context.Background(), run.Snapshot.ID, org.Complete, ""); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		db.Close()
		b.StartTimer()
	}
}
