package sqlite

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func openTest(t testing.TB) *DB {
	t.Helper()
	db, err := Open(context.Background(), t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestEveryQueryPrepares(t *testing.T) {
	db := openTest(t)
	list := texts
	for _, examples := range samples {
		list = append(list, examples()...)
	}
	for _, text := range list {
		statement, err := db.writer.Prepare(text)
		if err != nil {
			t.Errorf("%v\n%s", err, text)
			continue
		}
		statement.Close()
	}
}

func TestDatabaseIsForItsOwnerOnly(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("permissions of Unix")
	}
	folder := t.TempDir()
	private := func(when string) {
		t.Helper()
		db, err := Open(t.Context(), folder, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := db.SetKeyID(t.Context(), when); err != nil { // the log beside the database is there now
			t.Fatal(err)
		}
		for _, suffix := range []string{"", "-wal", "-shm"} {
			info, err := os.Stat(db.file + suffix)
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %s%s: %v, %v", when, FileName, suffix, info.Mode(), err)
			}
		}
	}
	private("a new one")
	if err := os.Chmod(filepath.Join(folder, FileName), 0o644); err != nil {
		t.Fatal(err)
	}
	private("an older one that others could read")
}
