package sqlite

import (
	"context"
	"database/sql"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rollcall/internal/org"
)

// older makes a database as the first migrations left it, with some rows.
func older(t *testing.T, migrationsDone int, rows string) string {
	t.Helper()
	folder := t.TempDir()
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(filepath.Join(folder, FileName)))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	steps, err := migrations.ReadDir("migration")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Builder{}
	for _, step := range steps[:migrationsDone] {
		sql, err := migrations.ReadFile("migration/" + step.Name())
		if err != nil {
			t.Fatal(err)
		}
		text.Write(sql)
		text.WriteByte('\n')
	}
	if _, err := db.Exec(text.String() + rows + "; PRAGMA user_version = 3"); err != nil {
		t.Fatal(err)
	}
	return folder
}

// TestNamesAndGapsOfOlderDatabases: what was there keeps its names, and what was only read in part is marked.
func TestNamesAndGapsOfOlderDatabases(t *testing.T) {
	t.Parallel()
	folder := older(t, 3, `
		INSERT INTO account (id, uuid, name, created_at) VALUES (1, 'u', 'Acme', 0);
		INSERT INTO app (id, account_id, api_id, name) VALUES (1, 1, 'app/1', 'Mailer');
		INSERT INTO snapshot (id, account_id, started_at, finished_at, state) VALUES (1, 1, 1, 2, 'partial'), (2, 1, 3, 4, 'partial'), (3, 1, 5, 6, 'partial');
		INSERT INTO store (id, account_id, api_id, hash, first_seen_at) VALUES (1, 1, 's1', 'part', 0), (2, 1, 's2', 'whole', 0), (3, 1, 's3', 'never', 0);
		INSERT INTO facet_read (snapshot_id, facet, store_id, state, received, at) VALUES
			(1, 1, 1, 2, 5, 1), (1, 1, 2, 1, 5, 1), (1, 1, 3, 3, 0, NULL),
			(2, 1, 1, 3, 5, 1), (2, 1, 2, 3, 5, 1), (2, 1, 3, 3, 0, NULL),
			(3, 1, 1, 1, 6, 5), (3, 1, 2, 2, 3, 1), (3, 1, 3, 3, 0, NULL);
		INSERT INTO person (id, email, first_name, last_name, locale, email_fold, domain, name_key) VALUES (1, '', '', '', '', '', '', '');
		INSERT INTO user (id, account_id, api_id, first_seen_at, person_id) VALUES (1, 1, 'a', 0, 1), (2, 1, 'b', 0, 1), (3, 1, 'c', 0, 1);
		INSERT INTO access_version (store_id, user_id, valid_from, valid_to, person_id, status) VALUES
			(2, 1, 1, 9223372036854775807, 1, ''), (2, 2, 1, 2, 1, '');
		INSERT INTO user_app (store_id, user_id, valid_from, valid_to, set_id) VALUES
			(2, 1, 1, 9223372036854775807, 1), (2, 2, 1, 9223372036854775807, 1), (2, 2, 3, 9223372036854775807, 1), (2, 3, 2, 9223372036854775807, 1)`)
	db, err := Open(context.Background(), folder, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	snapshot, err := db.Snapshot(context.Background(), org.SnapshotID(1))
	if err != nil || snapshot.AccountName != "Acme" {
		t.Errorf("snapshot 1 is of %q, %v", snapshot.AccountName, err)
	}
	for text, want := range map[string][]string{
		`SELECT name FROM app_name WHERE valid_from = 0`:                                                        {"Mailer"},
		`SELECT snapshot_id, store_id FROM facet_read WHERE partial ORDER BY 1, 2`:                              {"1|1", "2|1"},
		`SELECT user_id, valid_from, valid_to = 9223372036854775807 FROM user_app ORDER BY user_id, valid_from`: {"1|1|1", "2|1|0"},
	} {
		if got := dump(t, db, text); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}
