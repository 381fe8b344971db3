package sqlite

import (
	"context"
	"database/sql"
	"strings"
	"testing"
)

// TestHotQueriesUseIndexes keeps the plans of the queries that pages rest on: none may walk a whole table, and those
// with a forbidden step may not sort or choose another index.
func TestHotQueriesUseIndexes(t *testing.T) {
	db := openTest(t)
	changes := func(index string, conditions ...string) changeQuery {
		c := changeQuery{index: index, args: []any{1, 2, 3}}
		for _, condition := range conditions {
			c.and(condition, 1)
		}
		return c
	}
	all, kind, store, user := changes("change_account"), changes("change_kind", changeKind), changes("change_store", changeStore), changes("change_user", changeUser)
	for name, c := range map[string]struct {
		text    string
		want    string // a step that must occur
		without string // a step that must not occur
	}{
		"newest snapshot":   {qSnapshotNewest, "USING INDEX snapshot_account (account_id=?)", "B-TREE"},
		"snapshot by time":  {qSnapshotBefore, "USING INDEX snapshot_account (account_id=?)", "B-TREE"},
		"accesses":          {qAccesses, "SEARCH a USING PRIMARY KEY (store_id=?)", "B-TREE FOR ORDER"},
		"logins":            {qLogins, "SEARCH i USING PRIMARY KEY (store_id=? AND user_id=? AND valid_from<?)", "B-TREE FOR ORDER"},
		"accesses of users": {qStreamOf, "SEARCH a USING INDEX access_user (user_id=?)", ""},
		"long read":         {qStream, "SEARCH a USING PRIMARY KEY (store_id=?)", "B-TREE FOR ORDER"},
		"first stores":      {qFirstStores, "SEARCH a USING INDEX access_user (user_id=?)", "B-TREE FOR ORDER BY a"},
		"one user":          {qUserOnce, "SEARCH u USING INTEGER PRIMARY KEY (rowid=?)", ""},
		"same e-mail":       {qSameMail, "INDEX person_email (email_fold=?)", "sqlite_autoindex_user"},
		"user keys":         {qUserKeysOf, "USING INTEGER PRIMARY KEY (rowid=?)", ""},
		"facets":            {qFacets, "SEARCH facet_read USING PRIMARY KEY (snapshot_id=?)", ""},
		"changes":           {all.page(newestFirst, 50, behind(sortKey{}, "<")), "USING COVERING INDEX change_account", ""},
		"changes of a kind": {kind.page(newestFirst, 50, behind(sortKey{}, "<")), "USING COVERING INDEX change_kind", ""},
		"changes of store":  {store.page(newestFirst, 50), "USING COVERING INDEX change_store", ""},
		"changes of user":   {user.page(newestFirst, 50), "USING COVERING INDEX change_user", ""},
		"count of a kind":   {kind.count(), "USING COVERING INDEX change_kind", "B-TREE"},
		"count of a store":  {store.count(), "USING COVERING INDEX change_store", "B-TREE"},
	} {
		plan := planOf(t, db, c.text)
		if !strings.Contains(plan, c.want) || c.without != "" && strings.Contains(plan, c.without) {
			t.Errorf("%s: want %q and not %q in\n%s", name, c.want, c.without, plan)
		}
		for line := range strings.Lines(plan) {
			table, scan := strings.CutPrefix(line, "SCAN ")
			if scan && !strings.Contains(table, "VIRTUAL TABLE") && !strings.HasPrefix(table, "k\n") && !strings.HasPrefix(table, "(subquery") {
				t.Errorf("%s walks a whole table:\n%s", name, plan)
			}
		}
	}
}

func planOf(t *testing.T, db *DB, text string) string {
	t.Helper()
	statement := "EXPLAIN QUERY PLAN " + text
	var plan strings.Builder
	for n := range 12 { // as many parameters as it has
		plan.Reset()
		err := each(context.Background(), db.writer, func(rows *sql.Rows) error {
			var id, parent, unused int
			var detail string
			err := rows.Scan(&id, &parent, &unused, &detail)
			plan.WriteString(detail + "\n")
			return err
		}, statement, make([]any, n)...)
		if err == nil {
			return plan.String()
		}
	}
	t.Fatalf("no plan for\n%s", text)
	return ""
}
