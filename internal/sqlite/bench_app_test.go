package sqlite

import (
	"context"
	"fmt"
	"testing"
	"time"

	"rollcall/internal/org"
)

// BenchmarkApps times the pages of apps at 100,000 accesses in 1,000 stores:
// go test ./internal/sqlite -run x -bench BenchmarkApps -benchtime 50x
func BenchmarkApps(b *testing.B) {
	db, w := openTest(b), newWorld(1000, 100, 20_000)
	w.apps = true
	account := connect(b, db, testUUID)
	w.sync(b, db, account)
	var bills []org.Subscription
	for i := range 500 {
		bills = append(bills, bill(i, fmt.Sprint(i%4), w.stores[i].Hash, "ACTIVE"))
	}
	ctx, scope, s := context.Background(), org.Scope{Account: account}, org.DefaultSettings()
	run, err := db.Begin(ctx, account, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	read := org.AccountRead{Subscriptions: bills, Read: org.FacetRead{Facet: org.FacetSubscriptions, State: org.FacetComplete, Expected: -1, ReadAt: w.at}}
	if err := db.Save(ctx, run.Snapshot.ID, org.Step{Subscribed: &read}); err != nil {
		b.Fatal(err)
	}
	if _, err := db.History().Close(ctx, run.Snapshot.ID, org.Complete, ""); err != nil {
		b.Fatal(err)
	}
	if err := db.Warm(ctx, scope); err != nil {
		b.Fatal(err)
	}
	page, err := db.Apps(ctx, scope, org.Query{}, s)
	if err != nil || len(page.Rows) == 0 {
		b.Fatal(err, len(page.Rows))
	}
	store := org.Query{Stores: []string{w.stores[3].Hash}}
	for name, get := range map[string]func() error{
		"list":          func() error { _, err := db.Apps(ctx, scope, org.Query{}, s); return err },
		"list-of-store": func() error { _, err := db.Apps(ctx, scope, store, s); return err },
		"app":           func() error { _, err := db.App(ctx, scope, page.Rows[0].ID, org.Query{}, s); return err },
		"matrix":        func() error { _, err := db.AppMatrix(ctx, scope, org.Query{}, s, 30, 30); return err },
		"subscriptions": func() error { _, err := db.Subscriptions(ctx, scope, org.Query{}, s); return err },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := get(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
