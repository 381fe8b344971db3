package sqlite

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rollcall/internal/org"
)

// TestEverySealedColumnIsKnown: a column that a migration calls sealed is sealed anew with the others.
func TestEverySealedColumnIsKnown(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, c := range sealedColumns {
		known[c.Name()] = true
	}
	steps, err := migrations.ReadDir("migration")
	if err != nil {
		t.Fatal(err)
	}
	table, column := regexp.MustCompile(`^CREATE TABLE (\w+)|^ALTER TABLE (\w+) ADD COLUMN (\w+)`), regexp.MustCompile(`^\s+(\w+)\s.*-- sealed`)
	found := 0
	for _, step := range steps {
		text, err := migrations.ReadFile("migration/" + step.Name())
		if err != nil {
			t.Fatal(err)
		}
		in := ""
		for line := range strings.Lines(string(text)) {
			name := ""
			if m := table.FindStringSubmatch(line); m != nil {
				in = m[1] + m[2]
				if m[3] != "" && strings.Contains(line, "-- sealed") {
					name = m[3]
				}
			} else if m := column.FindStringSubmatch(line); m != nil {
				name = m[1]
			}
			if name == "" {
				continue
			}
			if found++; !known[in+"."+name] {
				t.Errorf("%s: %s.%s is sealed and would not be sealed anew", step.Name(), in, name)
			}
		}
	}
	if found < 2 {
		t.Errorf("only %d sealed columns were found", found)
	}
}

func TestRekey(t *testing.T) {
	t.Parallel()
	db := openTest(t)
	a, err := db.ConnectAccount(t.Context(), testUUID, "wxyz", func(org.AccountID) ([]byte, error) { return []byte("sealed by the old key"), nil })
	if err != nil {
		t.Fatal(err)
	}
	tamper(t, db, `INSERT INTO api_account (account_id, store_hash, name, kind, client_id, token, secret, token_last4, secret_last4, token_print, owner, purpose, system, notes, created_on, rotated_on, review_due, added_at, added_by, hooks_print)
		VALUES (1, 's', 'n', 'k', 'c', CAST('old token' AS BLOB), CAST('old secret' AS BLOB), '', '', CAST('old print' AS BLOB), '', '', '', '', '', '', '', 0, 'ann', CAST('old print' AS BLOB))`)
	refuse := errors.New("does not open")
	_, err = db.Rekey(t.Context(), "new", func(c SealedColumn, _ int64, sealed []byte) ([]byte, []byte, error) {
		if c.Name() == "api_account.secret" {
			return nil, nil, refuse
		}
		return []byte("half done"), nil, nil
	}, org.Activity{Actor: "local:x", Action: "key.rotate", Outcome: "done"})
	if token, _ := db.SealedToken(t.Context(), a.ID); !errors.Is(err, refuse) || string(token) != "sealed by the old key" {
		t.Errorf("one that does not open: %q, %v", token, err)
	}
	if id, _ := db.KeyID(t.Context()); id == "new" {
		t.Error("the key is recorded although nothing was sealed")
	}
	n, err := db.Rekey(t.Context(), "new", func(_ SealedColumn, row int64, sealed []byte) ([]byte, []byte, error) {
		if row != 1 {
			t.Errorf("row %d", row)
		}
		return bytes.ReplaceAll(sealed, []byte("old"), []byte("new")), []byte("new print"), nil
	}, org.Activity{Actor: "local:x", Action: "key.rotate", Outcome: "done", After: "key new"})
	if n != 3 || err != nil {
		t.Fatalf("%d secrets, %v", n, err)
	}
	got, err := one(t.Context(), db.reader, scalar[string], `SELECT group_concat(CAST(v AS TEXT), ', ') FROM (
		SELECT token v FROM account UNION ALL SELECT token FROM api_account UNION ALL SELECT secret FROM api_account
		UNION ALL SELECT token_print FROM api_account UNION ALL SELECT hooks_print FROM api_account)`)
	if err != nil || got != "sealed by the new key, new token, new secret, new print, new print" {
		t.Errorf("%q, %v", got, err)
	}
	if rows, err := db.Activity(t.Context(), 0, 0, 1); err != nil || rows[0].Action != "key.rotate" || rows[0].After != "key new, 3 secrets sealed anew" {
		t.Errorf("%+v, %v", rows, err)
	}
	for _, suffix := range []string{"", "-wal"} {
		raw, err := os.ReadFile(filepath.Clean(db.file + suffix))
		if err != nil || bytes.Contains(raw, []byte("by the old key")) || bytes.Contains(raw, []byte("old secret")) {
			t.Errorf("what the old key sealed is still in the file%s, %v", suffix, err)
		}
	}
}
