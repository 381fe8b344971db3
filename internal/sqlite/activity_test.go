package sqlite

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"rollcall/internal/org"
)

// logged opens a database with some rows in its activity log; columns are filled in different ways.
func logged(t *testing.T, rows int) (*DB, *time.Time) {
	t.Helper()
	db, now := clocked(t)
	for i := range rows {
		*now = now.Add(time.Minute)
		a := org.Activity{Actor: "ann@example.com", Action: "download", Outcome: "done", Subject: fmt.Sprintf("file %d", i)}
		if i%2 == 0 {
			a.Account, a.Session, a.Address, a.Request, a.Before, a.After = 1, "5e55", "192.0.2.7", "req", "was", "is"
		}
		if err := db.AddActivity(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	return db, now
}

// tamper does what only somebody can do who opens the file outside Rollcall.
func tamper(t *testing.T, db *DB, statements ...string) {
	t.Helper()
	guards, err := all(t.Context(), db.writer, func(rows *sql.Rows) (g [2]string, err error) {
		err = rows.Scan(&g[0], &g[1])
		return g, err
	}, `SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'activity%'`)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range guards {
		statements = append([]string{"DROP TRIGGER " + g[0]}, statements...)
	}
	for _, g := range guards {
		statements = append(statements, g[1])
	}
	for _, text := range statements {
		if _, err := db.writer.ExecContext(t.Context(), text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}

func prove(t *testing.T, db *DB, published *org.ActivityHash) org.ActivityProof {
	t.Helper()
	proof, err := db.ProveActivity(t.Context(), published)
	if err != nil {
		t.Fatal(err)
	}
	return proof
}

func wantBroken(t *testing.T, what string, proof org.ActivityProof, row int64) {
	t.Helper()
	if proof.Whole() || proof.Broken != row {
		t.Errorf("%s: the proof says row %d: %q, want row %d", what, proof.Broken, proof.Why, row)
	}
}

func TestWholeChain(t *testing.T) {
	t.Parallel()
	db, _ := logged(t, 0)
	if proof := prove(t, db, nil); !proof.Whole() || proof.Head != (org.ActivityHead{}) {
		t.Errorf("empty log: %+v", proof)
	}
	db, _ = logged(t, 7)
	head, err := db.ActivityHead(t.Context())
	proof := prove(t, db, &head.Hash)
	if err != nil || !proof.Whole() || proof.Head != head || head.Count != 7 {
		t.Errorf("%+v, head %+v, %v", proof, head, err)
	}
	rows, err := db.ActivityAfter(t.Context(), 3, 1)
	if err != nil || len(rows) != 1 || !prove(t, db, &rows[0].Hash).Whole() {
		t.Errorf("an older head is no proof: %v, %v", rows, err)
	}
}

// TestEveryColumnCounts changes each column of some rows, one at a time, by one byte or as little as it can.
func TestEveryColumnCounts(t *testing.T) {
	t.Parallel()
	columns, err := all(t.Context(), openTest(t).reader, scalar[string], `SELECT name FROM pragma_table_info('activity')`)
	if err != nil || len(columns) != 13 {
		t.Fatalf("columns %v, %v", columns, err)
	}
	for _, column := range columns {
		for _, id := range []int64{1, 2, 4, 5} {
			change := column + ` = ` + column + ` || ' '`
			broken := id
			switch column {
			case "id":
				change = `id = 1000 - id`
			case "at":
				change = `at = at + 1`
			case "account_id":
				change = `account_id = coalesce(account_id + 1, 0)`
			case "hash":
				change = `hash = unhex(iif(hex(hash) LIKE '00%', '01', '00') || substr(hex(hash), 3))`
			}
			db, _ := logged(t, 5)
			tamper(t, db, fmt.Sprintf(`UPDATE activity SET %s WHERE id = %d`, change, id))
			wantBroken(t, fmt.Sprintf("%s of row %d", column, id), prove(t, db, nil), broken)
		}
	}
}

// TestFieldsCannotSwap: the same bytes in other fields are another row.
func TestFieldsCannotSwap(t *testing.T) {
	t.Parallel()
	db, _ := logged(t, 3)
	tamper(t, db, `UPDATE activity SET before = '', after = before || after WHERE id = 1`)
	wantBroken(t, "moved text", prove(t, db, nil), 1)
	db, _ = logged(t, 3)
	tamper(t, db, `UPDATE activity SET hash = (SELECT hash FROM activity WHERE id = 1) WHERE id = 2`)
	wantBroken(t, "hash of another row", prove(t, db, nil), 2)
}

func TestMissingRowsAreNoticed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		remove string
		broken int64
	}{
		{"first", `DELETE FROM activity WHERE id = 1`, 1},
		{"middle", `DELETE FROM activity WHERE id IN (3, 4)`, 3},
		{"last", `DELETE FROM activity WHERE id = 6`, 6},
		{"all", `DELETE FROM activity`, 1},
	} {
		db, _ := logged(t, 6)
		head, err := db.ActivityHead(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		tamper(t, db, test.remove)
		wantBroken(t, test.name, prove(t, db, nil), test.broken)
		if err := db.AddActivity(t.Context(), org.Activity{Actor: "eve", Action: "look", Outcome: "done"}); err != nil {
			t.Fatal(err)
		}
		wantBroken(t, test.name+" and written on", prove(t, db, nil), test.broken)
		tamper(t, db, `DELETE FROM activity WHERE id > 6`, `UPDATE sqlite_sequence SET seq = (SELECT coalesce(max(id), 0) FROM activity) WHERE name = 'activity'`)
		if proof := prove(t, db, &head.Hash); proof.Whole() {
			t.Errorf("%s: cut off with care, and the published head says nothing: %+v", test.name, proof)
		}
	}
}

// TestEndWrittenAnewIsNoticed: who cuts the end off and chains other rows to what is left cannot make the published head.
func TestEndWrittenAnewIsNoticed(t *testing.T) {
	t.Parallel()
	db, _ := logged(t, 6)
	head, err := db.ActivityHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tamper(t, db, `DELETE FROM activity WHERE id > 4`, `UPDATE sqlite_sequence SET seq = 4 WHERE name = 'activity'`)
	for range 4 {
		if err := db.AddActivity(t.Context(), org.Activity{Actor: "eve", Action: "look", Outcome: "done"}); err != nil {
			t.Fatal(err)
		}
	}
	if proof := prove(t, db, nil); !proof.Whole() {
		t.Errorf("the chain by itself: %+v", proof)
	}
	if proof := prove(t, db, &head.Hash); proof.Whole() || !strings.Contains(proof.Why, "published head") {
		t.Errorf("with the published head: %+v", proof)
	}
}

// TestBytesOfTheFileCount changes bytes of rows in the database file itself.
func TestBytesOfTheFileCount(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"marked-actor", "marked-subject", "marked-after"} {
		db, _ := logged(t, 2)
		if err := db.AddActivity(t.Context(), org.Activity{Actor: "marked-actor", Action: "x", Outcome: "done", Subject: "marked-subject", After: "marked-after"}); err != nil {
			t.Fatal(err)
		}
		folder := strings.TrimSuffix(db.file, FileName)
		db.Close()
		raw, err := os.ReadFile(db.file)
		if err != nil || bytes.Count(raw, []byte(word)) != 1 {
			t.Fatalf("%s is there %d times, %v", word, bytes.Count(raw, []byte(word)), err)
		}
		raw[bytes.Index(raw, []byte(word))+3] ^= 1
		if err := os.WriteFile(db.file, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		again, err := openIn(t, folder)
		if err != nil {
			t.Fatal(err)
		}
		wantBroken(t, word, prove(t, again, nil), 3)
	}
}

func TestGuardsOfTheLog(t *testing.T) {
	t.Parallel()
	db, now := logged(t, 4)
	*now = now.AddDate(5, 0, 0)
	seal := func(row, last int, count int) string {
		return fmt.Sprintf(`INSERT INTO activity_anchor SELECT %d, %d, hash, %d FROM activity WHERE id = %[2]d`, row, last, count)
	}
	for _, text := range []string{
		`UPDATE activity SET actor = 'x'`, `DELETE FROM activity`, `DELETE FROM activity WHERE id = 1`,
		`INSERT INTO activity (at, actor, action, outcome) VALUES (1, 'a', 'b', 'done')`,
		`INSERT OR REPLACE INTO activity SELECT * FROM activity WHERE id = 2`,
		`REPLACE INTO activity (id, at, actor, action, outcome, hash) VALUES (2, 1, 'a', 'b', 'done', zeroblob(32))`,
		seal(4, 2, 2), seal(5, 2, 2),
	} {
		if _, err := db.writer.ExecContext(t.Context(), text); err == nil {
			t.Errorf("allowed: %s", text)
		}
	}
	if proof := prove(t, db, nil); !proof.Whole() || proof.Head.Count != 4 {
		t.Errorf("afterwards %+v", proof)
	}
}

func TestPruningKeepsTheChainProvable(t *testing.T) {
	t.Parallel()
	db, now := logged(t, 6)
	old, err := db.ActivityHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	*now = now.AddDate(0, 10, 0)
	for range 3 {
		if err := db.AddActivity(t.Context(), org.Activity{Actor: "bob", Action: "sync", Outcome: "done"}); err != nil {
			t.Fatal(err)
		}
	}
	young, _ := db.ActivityHead(t.Context())
	*now = now.AddDate(0, 3, 0)
	if n, err := db.PruneActivity(t.Context(), 1, "local:test"); n != 0 || err != nil {
		t.Errorf("after 13 months %d rows went, %v", n, err)
	}
	*now = now.AddDate(0, 2, 0)
	n, err := db.PruneActivity(t.Context(), 1, "local:test")
	if n != 6 || err != nil {
		t.Fatalf("after 15 months %d rows went, %v", n, err)
	}
	proof := prove(t, db, &young.Hash)
	if !proof.Whole() || proof.Pruned != 6 || proof.Head.Count != 10 {
		t.Errorf("%+v", proof)
	}
	if !prove(t, db, &old.Hash).Whole() {
		t.Error("the head of the last row that was pruned is not known any more")
	}
	page, err := db.ActivityPage(t.Context(), 0, org.Query{})
	if err != nil || len(page.Rows) != 4 || page.Rows[0].Action != org.ActivityPrune || !strings.Contains(page.Rows[0].After, old.Hash.String()) || page.Rows[0].Actor != "local:test" {
		t.Errorf("%+v, %v", page.Rows, err)
	}
	if n, err := db.PruneActivity(t.Context(), 25, "local:test"); n != 0 || err != nil {
		t.Errorf("a second time %d rows went, %v", n, err)
	}
	*now = now.AddDate(0, 12, 0)
	if n, err := db.PruneActivity(t.Context(), 13, "local:test"); n != 3 || err != nil || !prove(t, db, nil).Whole() {
		t.Errorf("the next time %d rows went, %v", n, err)
	}
}

// TestPrunedLogThatIsTamperedWith: neither the anchor nor the rows around it can change unnoticed.
func TestPrunedLogThatIsTamperedWith(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text   string
		broken int64
	}{
		{`UPDATE activity_anchor SET hash = zeroblob(32)`, 7},
		{`UPDATE activity_anchor SET count = 4`, 7},
		{`UPDATE activity_anchor SET last_id = 4, count = 4, hash = zeroblob(32)`, 7},
		{`DELETE FROM activity_anchor`, 1},
		{`DELETE FROM activity WHERE id = 6`, 6},
		{`DELETE FROM activity WHERE id = 7`, 7},
		{`UPDATE activity SET after = replace(after, ':5', ':4') WHERE id = 7`, 7},
		{`UPDATE activity SET actor = 'x' WHERE id = 6`, 6},
		{`INSERT INTO activity SELECT 5, at, account_id, actor, action, subject, address, request, outcome, before, after, session, hash FROM activity WHERE id = 6`, 5},
	} {
		db, now := logged(t, 5)
		*now = now.AddDate(2, 0, 0)
		if err := db.AddActivity(t.Context(), org.Activity{Actor: "bob", Action: "sync", Outcome: "done"}); err != nil {
			t.Fatal(err)
		}
		if n, err := db.PruneActivity(t.Context(), 13, "x"); n != 5 || err != nil {
			t.Fatalf("%d rows went, %v", n, err)
		}
		tamper(t, db, test.text)
		wantBroken(t, test.text, prove(t, db, nil), test.broken)
	}
}

func TestBrokenLogIsNotPruned(t *testing.T) {
	t.Parallel()
	db, now := logged(t, 5)
	tamper(t, db, `UPDATE activity SET actor = 'x' WHERE id = 3`)
	*now = now.AddDate(4, 0, 0)
	n, err := db.PruneActivity(t.Context(), 13, "x")
	var e *org.Error
	if n != 0 || !errors.As(err, &e) || e.Kind != org.KindConflict || !strings.Contains(e.Text, "row 3") {
		t.Errorf("%d rows went, %v", n, err)
	}
}

// TestOlderLogIsChained: rows from before the chain get their places in it.
func TestOlderLogIsChained(t *testing.T) {
	t.Parallel()
	folder := older(t, 3, `
		INSERT INTO activity (at, account_id, actor, action, outcome) VALUES (1, NULL, 'ann', 'sign-in', 'done');
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
		INSERT INTO activity (at, account_id, actor, action, outcome, after) SELECT i, 1, 'ann', 'sync', 'done', 'run ' || i FROM n`)
	db, err := openIn(t, folder)
	if err != nil {
		t.Fatal(err)
	}
	if proof := prove(t, db, nil); !proof.Whole() || proof.Head.Count != 1201 {
		t.Errorf("%+v", proof)
	}
	tamper(t, db, `UPDATE activity SET after = 'run 7' WHERE id = 700`)
	wantBroken(t, "an older row", prove(t, db, nil), 700)
}

// TestTwoProcessesShareTheChain: who writes at the same time stands in one chain.
func TestTwoProcessesShareTheChain(t *testing.T) {
	t.Parallel()
	dbs := twice(t)
	fails := make(chan error)
	for i, db := range dbs {
		go func() {
			var err error
			for n := range 30 {
				err = errors.Join(err, db.AddActivity(t.Context(), org.Activity{Actor: fmt.Sprint(i), Action: "a", Outcome: "done", Subject: fmt.Sprint(n)}))
			}
			fails <- err
		}()
	}
	if err := errors.Join(<-fails, <-fails); err != nil {
		t.Fatal(err)
	}
	if proof := prove(t, dbs[0], nil); !proof.Whole() || proof.Head.Count != 60 {
		t.Errorf("%+v", proof)
	}
}

func TestActivityFilters(t *testing.T) {
	t.Parallel()
	db, now := clocked(t)
	*now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for i, a := range []org.Activity{
		{Actor: "ann", Action: "sign-in", Outcome: "done", Address: "192.0.2.1"},
		{Actor: "bob", Action: "sign-in", Outcome: "refused", Subject: "Bob@Example.com"},
		{Actor: "ann", Action: "sync", Outcome: "done", Account: 1, After: "214 of 214 stores"},
		{Actor: "ann", Action: "download", Outcome: "failed", Account: 1, Subject: "rollcall-access.csv"},
		{Actor: "ann", Action: "sync", Outcome: "done", Account: 2},
	} {
		*now = time.Date(2026, 3, 1+i, 12, 0, 0, 0, time.UTC)
		if err := db.AddActivity(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	for query, want := range map[string]string{
		"":                               "4 3 2 1",
		"actor=ann":                      "4 3 1",
		"actor=ann&actor=bob":            "4 3 2 1",
		"action=sync":                    "3",
		"outcome=refused&outcome=failed": "4 2",
		"about=account":                  "4 3",
		"about=installation":             "2 1",
		"q=EXAMPLE.com":                  "2",
		"q=of+214":                       "3",
		"q=192.0.2.1":                    "1",
		"q=%25":                          "",
		"from=2026-03-02&to=2026-03-03":  "3 2",
		"from=2026-03-04":                "4",
		"to=2026-03-01":                  "1",
		"from=2026-03-05":                "",
	} {
		q, err := org.ParseQueryString(query)
		if err != nil {
			t.Fatal(err)
		}
		page, err := db.ActivityPage(t.Context(), 1, q)
		var got []string
		for _, r := range page.Rows {
			got = append(got, fmt.Sprint(r.ID))
		}
		if err != nil || strings.Join(got, " ") != want || page.Total != len(got) {
			t.Errorf("%q: rows %v of %d, %v, want %s", query, got, page.Total, err, want)
		}
		var file []string
		err = db.EachActivity(t.Context(), org.Scope{Account: 1}, q, org.DefaultSettings(), func(r org.ActivityRow) error {
			file = append([]string{fmt.Sprint(r.ID)}, file...)
			return nil
		})
		if err != nil || strings.Join(file, " ") != want {
			t.Errorf("%q: file %v, %v, want %s", query, file, err, want)
		}
	}
}

func TestActivityChoices(t *testing.T) {
	t.Parallel()
	db, _ := logged(t, 5)
	if err := db.AddActivity(t.Context(), org.Activity{Account: 2, Actor: "eve", Action: "sync", Outcome: "done"}); err != nil {
		t.Fatal(err)
	}
	actors, actions, err := db.ActivityChoices(t.Context(), 1)
	if err != nil || len(actors) != 1 || actors[0] != (org.Choice{Value: "ann@example.com", Count: 5}) || len(actions) != 1 || actions[0].Value != "download" {
		t.Errorf("%v, %v, %v", actors, actions, err)
	}
}
