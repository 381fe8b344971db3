package sqlite

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// Sizes of the register: three tokens a store, five webhooks a token, a year of daily sweeps.
const hookStores, hookTokens, hookEach, hookDays = 1000, 3, 5, 365

// hooksDB is a database with as many webhooks as a large account has, each with a few versions.
func hooksDB(tb testing.TB) *DB {
	tb.Helper()
	db, err := Open(context.Background(), tb.TempDir(), Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	start := time.Now().UTC().AddDate(0, 0, -hookDays).UnixMilli()
	run := func(text string, args ...any) {
		if _, err := db.writer.Exec(text, args...); err != nil {
			tb.Fatalf("%v\n%s", err, text)
		}
	}
	run(`PRAGMA synchronous = OFF`)
	run(`INSERT INTO account (id, uuid, name, created_at) VALUES (1, '00000000-0000-0000-0000-000000000001', 'Big', 0)`)
	run(`CREATE TABLE n (n INTEGER PRIMARY KEY)`)
	run(`INSERT INTO n WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < 14999) SELECT n FROM n`)
	run(`INSERT INTO snapshot (id, account_id, started_at, finished_at, state, stores) SELECT n + 1, 1, ?1 + n * 86400000,
	  ?1 + n * 86400000 + 3600000, 'complete', 1000 FROM n WHERE n < ?2`, start, hookDays)
	run(`INSERT INTO store (id, account_id, api_id, hash, first_seen_at) SELECT n + 1, 1, 'bc/store/' || n, printf('h%06x', n * 7919 % 1000003), ?1 FROM n WHERE n < ?2`, start, hookStores)
	run(`INSERT INTO store_version SELECT n + 1, 1, 9223372036854775807, 'Store ' || (n * 7919 % 1009) || ' of the region ' || (n % 12) FROM n WHERE n < ?`, hookStores)
	run(`INSERT INTO store_label SELECT n + 1, 'region ' || (n % 12) FROM n WHERE n < ?`, hookStores)
	proof := `json_object('State', iif(n % 50 = 7, 'revoked', 'valid'), 'CheckedAt', '2026-01-05T02:00:00Z', 'WorkedAt', '2026-01-04T02:00:00Z',
	  'Scopes', json_array('store_v2_default', 'store_v2_orders', 'store_v2_products_read_only', 'store_v2_customers', 'store_v2_information_read_only'),
	  'ScopesBy', 'graphql', 'ScopesWhole', json('true'), 'ScopesAt', '2026-01-05T02:00:00Z', 'ClientID', printf('client%026d', n), 'AdminEmail', 'owner@example.com')`
	run(`INSERT INTO api_account (id, account_id, store_hash, name, kind, client_id, token, token_last4, secret_last4, token_print, declared, owner, purpose,
	  system, notes, created_on, rotated_on, review_due, added_at, added_by, proof, hooks_tried, hooks_read, swept)
	  SELECT n + 1, 1, (SELECT hash FROM store WHERE id = 1 + n / ?2), 'Integration ' || (n % 40) || ' of ' || (n / ?2), 'token', printf('client%026d', n), x'00',
	  'wxyz', 'abcd', randomblob(32), '["store_v2_orders"]', 'Owner ' || (n % 30), iif(n % 9 = 0, '', 'purpose'), 'System ' || (n % 12), '', '2025-01-01', '', '2026-12-31',
	  ?1, 'bench', `+proof+`, ?1, ?1, ?3 FROM n WHERE n < ?4`, start, hookTokens, hookDays, hookStores*hookTokens)
	run(`INSERT INTO api_account_version SELECT n + 1, 1, 9223372036854775807, `+proof+` FROM n WHERE n < ?`, hookStores*hookTokens)
	run(`INSERT INTO hook (id, account_id, store_id, api_id, client_id, api_account_id, first_seen_at)
	  SELECT n + 1, 1, 1 + n / ?2 / ?3, 20000000 + n, printf('client%026d', n / ?3), 1 + n / ?3, ?1 FROM n`, start, hookTokens, hookEach)
	run(`INSERT INTO hook_version SELECT h.n + 1, 1 + v.n * 60, CASE v.n WHEN 5 THEN 9223372036854775807 ELSE 61 + v.n * 60 END,
	  'store/' || (CASE h.n % 4 WHEN 0 THEN 'order' WHEN 1 THEN 'product' WHEN 2 THEN 'customer' ELSE 'cart' END) || '/event' || (h.n % 9),
	  'https://hooks' || (h.n / 15 * 7 % 80) || '.example.com/in/' || (h.n % 90), 'hooks' || (h.n / 15 * 7 % 80) || '.example.com', 'X-Key', 2,
	  CASE (h.n * 7 + v.n) % 25 WHEN 0 THEN 'deactivated' WHEN 1 THEN 'inactive' ELSE 'active' END, ?1 / 1000 - 8640000, ?1 / 1000 + v.n * 5184000, ?1 + v.n * 5184000000
	  FROM n h CROSS JOIN n v WHERE v.n < 6 ORDER BY 1, 2`, start)
	run(`INSERT INTO hook_admin SELECT n + 1, 1, 9223372036854775807, iif(n % 11 = 0, '[]', '["ops@example.com"]'),
	  iif(n % 100 = 3, json_array(json_object('Destination', 'hooks' || (n / 3 * 7 % 80) || '.example.com', 'Until', '2026-01-05T02:03:00Z')), '[]') FROM n WHERE n < ?`, hookStores*hookTokens)
	run(`INSERT INTO foreign_client SELECT 1 + n, 'stranger' || (n % 40), '["products"]', 3, ?1, ?1, 1, 9223372036854775807 FROM n WHERE n < 300`, start)
	run(`INSERT INTO approved_host SELECT 1, 'hooks' || n || '.example.com', 'note', 'bench', ?1 FROM n WHERE n < 70`, start)
	run(`INSERT INTO facet_read (snapshot_id, facet, store_id, state, expected, received, at, error)
	  SELECT 1 + n, 6, 0, 2, 3000, 2940, ?1 + n * 86400000, NULL FROM n WHERE n < ?2`, start, hookDays)
	run(`INSERT INTO expected_hooks (account_id, integration, host, scopes, stores, by, at) SELECT 1, 'Integration ' || n, 'hooks' || n || '.example.com',
	  '["store/order/event0","store/product/event1"]', '[]', 'bench', ?1 FROM n WHERE n < 3`, start)
	run(`DROP TABLE n`)
	run(`ANALYZE`)
	return db
}

func hookPages() []pageKind {
	s := org.DefaultSettings()
	past := func(r *rand.Rand) org.AsOf { return org.AsOf{Snapshot: org.SnapshotID(1 + r.IntN(hookDays-1))} }
	hooks := func(query func(*rand.Rand) org.Query) func(context.Context, *DB, *rand.Rand) error {
		return func(ctx context.Context, db *DB, r *rand.Rand) error {
			q := query(r)
			page, err := db.Webhooks(ctx, bigScope, q, s)
			if err == nil && page.Next != "" {
				q.After = page.Next
				_, err = db.Webhooks(ctx, bigScope, q, s)
			}
			return err
		}
	}
	return []pageKind{
		{"webhooks two pages", hooks(func(r *rand.Rand) org.Query {
			return org.Query{Sort: hookColumns[r.IntN(len(hookColumns))].name, Desc: r.IntN(2) == 0}
		})},
		{"webhooks search", hooks(func(r *rand.Rand) org.Query {
			return org.Query{Search: oneOf(r, "hooks7", "order event3", "region 5", "nobody", "integration 12 cart")}
		})},
		{"webhooks filter", hooks(func(r *rand.Rand) org.Query {
			return oneOf(r, org.Query{States: []string{"deactivated"}}, org.Query{Hosts: []string{"hooks3.example.com"}}, org.Query{Approved: org.No},
				org.Query{Labels: []string{"region 3"}}, org.Query{States: []string{"blocked"}, Labels: []string{"region 3"}}, org.Query{Events: []string{"store/order/event0"}})
		})},
		{"webhook", func(ctx context.Context, db *DB, r *rand.Rand) error {
			_, err := db.Webhook(ctx, bigScope, org.WebhookID(1+r.IntN(15000)), org.Query{}, s)
			return err
		}},
		{"hosts", func(ctx context.Context, db *DB, r *rand.Rand) error {
			_, err := db.HookHosts(ctx, bigScope, org.Query{Search: oneOf(r, "", "7")}, s)
			return err
		}},
		{"events", func(ctx context.Context, db *DB, r *rand.Rand) error {
			_, err := db.HookEvents(ctx, bigScope, org.Query{}, s)
			return err
		}},
		{"coverage", func(ctx context.Context, db *DB, r *rand.Rand) error {
			_, err := db.StoreCoverages(ctx, bigScope, org.Query{}, s)
			return err
		}},
		{"api accounts", func(ctx context.Context, db *DB, r *rand.Rand) error {
			_, err := db.APIAccounts(ctx, bigScope, org.Query{Sort: entrySorts[r.IntN(len(entrySorts))].name, Search: oneOf(r, "", "owner 7")}, s)
			return err
		}},
		{"api account", func(ctx context.Context, db *DB, r *rand.Rand) error {
			id := org.APIAccountID(1 + r.IntN(3000))
			_, err := db.APIAccount(ctx, bigScope, id, org.Query{}, s)
			if err == nil {
				_, err = db.StoreFindings(ctx, bigScope, org.Query{}, s, audit.Subject{APIAccount: id})
			}
			return err
		}},
		{"all findings", func(ctx context.Context, db *DB, r *rand.Rand) error {
			_, err := db.StoreFindings(ctx, bigScope, org.Query{}, s, audit.Subject{})
			return err
		}},
		{"expected", func(ctx context.Context, db *DB, r *rand.Rand) error {
			_, err := db.ExpectedGaps(ctx, bigScope, org.Query{}, s)
			return err
		}},
		{"past webhooks", hooks(func(r *rand.Rand) org.Query { return org.Query{AsOf: past(r), Sort: oneOf(r, "", "host", "store")} })},
		{"after an edit", func(ctx context.Context, db *DB, r *rand.Rand) error {
			err := db.ApproveHost(ctx, 1, org.ApprovedHost{Host: "hooks" + strconv.Itoa(r.IntN(80)) + ".example.com", By: "bench"})
			if err == nil {
				_, err = db.Webhooks(ctx, bigScope, org.Query{}, s)
			}
			return err
		}},
	}
}

// BenchmarkHookPages opens each kind of page about webhooks and API accounts from eight goroutines at once, with 1,000
// stores, 3,000 API accounts and 15,000 webhooks, and reports what BenchmarkPages does.
//
//	go test -run '^$' -bench HookPages -benchtime 400x ./internal/sqlite
func BenchmarkHookPages(b *testing.B) {
	db := hooksDB(b)
	if err := db.Warm(context.Background(), bigScope); err != nil {
		b.Fatal(err)
	}
	for _, kind := range hookPages() {
		b.Run(strings.ReplaceAll(kind.name, " ", "_"), func(b *testing.B) { openPages(b, db, kind) })
	}
}

// BenchmarkHookWarm takes the newest snapshot of the same account into memory, and tells how much it holds.
func BenchmarkHookWarm(b *testing.B) {
	db := hooksDB(b)
	held := func() float64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / (1 << 20)
	}
	before := held()
	for b.Loop() {
		db.images, db.registers = images{}, registries{}
		if _, err := db.Webhooks(context.Background(), bigScope, org.Query{}, org.DefaultSettings()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(held()-before, "pages-MB")
	if _, err := db.StoreFindings(context.Background(), bigScope, org.Query{}, org.DefaultSettings(), audit.Subject{}); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(held()-before, "with-findings-MB")
	err := db.EachWebhook(context.Background(), bigScope, org.Query{}, org.DefaultSettings(), func(org.WebhookRow) error { return nil })
	if err != nil {
		b.Fatal(fmt.Errorf("export: %w", err))
	}
	b.ReportMetric(held()-before, "with-files-MB")
}
