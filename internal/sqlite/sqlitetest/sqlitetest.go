// Package sqlitetest gives tests of other packages a real database.
package sqlitetest

import (
	"context"
	"testing"

	"rollcall/internal/org"
	"rollcall/internal/sqlite"
)

// Open opens a migrated database in a folder of its own and closes it when the test ends.
func Open(tb testing.TB) *sqlite.DB { return OpenWith(tb, tb.TempDir(), sqlite.Options{}) }

// OpenWith is Open for a given folder and options, for tests with a clock or with two processes.
func OpenWith(tb testing.TB, folder string, opts sqlite.Options) *sqlite.DB {
	tb.Helper()
	db, err := sqlite.Open(context.Background(), folder, opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	return db
}

// Account connects an account whose token is never used.
func Account(tb testing.TB, db *sqlite.DB, uuid string) org.Account {
	tb.Helper()
	a, err := db.ConnectAccount(context.Background(), uuid, "test",
		func(org.AccountID) ([]byte, error) { return []byte("sealed"), nil })
	if err != nil {
		tb.Fatal(err)
	}
	return a
}
