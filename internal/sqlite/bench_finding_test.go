package sqlite

import (
	"context"
	"testing"
	"time"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// BenchmarkEvaluateFindings applies the rules to 100,000 accesses of 20,000 users in 1,000 stores and keeps what they
// find: first (nothing is kept yet), changed (1 % of the accesses and 10 % of the sign-ins differ) and unchanged, for which
// it reports how much the file grows by findings. Budget: well under 2 s for changed on 2 cores.
//
//	go test -run '^$' -bench EvaluateFindings -benchtime 3x ./internal/sqlite
func BenchmarkEvaluateFindings(b *testing.B) {
	ctx := context.Background()
	db, w := openTest(b), newWorld(1000, 100, 20000)
	for _, users := range w.users { // most may do little
		for i := 16; i < len(users); i++ {
			users[i].Permissions = rightsOf(2)
		}
	}
	account := connect(b, db, testUUID)
	if _, err := db.SaveAuditPolicy(ctx, account, audit.Policy{CompanyDomains: []string{"example.com"}, Owners: []audit.Holder{{Email: "@example.com"}}}, "bench"); err != nil {
		b.Fatal(err)
	}
	evaluate := func() time.Duration {
		began := time.Now()
		if _, err := db.EvaluateFindings(ctx, account); err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	}
	w.sync(b, db, account)
	first := evaluate()
	page, err := db.Findings(ctx, org.Scope{Account: account}, org.Query{}, org.DefaultSettings())
	if err != nil {
		b.Fatal(err)
	}
	var changed, unchanged time.Duration
	grown, changedGrown, rounds := int64(0), int64(0), 0
	for b.Loop() {
		w.day(10, 100)
		w.sync(b, db, account)
		before := fileSize(b, db)
		changed += evaluate()
		changedGrown += fileSize(b, db) - before
		w.at = w.at.AddDate(0, 0, 1)
		w.sync(b, db, account)
		evaluate()
		w.sync(b, db, account)
		before = fileSize(b, db)
		unchanged += evaluate()
		grown += fileSize(b, db) - before
		rounds++
	}
	n := float64(rounds)
	b.ReportMetric(float64(first.Milliseconds()), "first-ms")
	b.ReportMetric(float64(page.Total), "findings")
	b.ReportMetric(float64(changed.Milliseconds())/n, "changed-ms")
	b.ReportMetric(float64(unchanged.Milliseconds())/n, "unchanged-ms")
	b.ReportMetric(float64(changedGrown)/1000/n, "KB/changed")
	b.ReportMetric(float64(grown)/1000/n, "KB/unchanged")
}
