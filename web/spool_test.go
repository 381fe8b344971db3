package web

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// put makes a file of the folder of made files that was made so long ago.
func (b *bench) put(t *testing.T, name string, size int, age time.Duration) {
	t.Helper()
	path, made := filepath.Join(b.server.Spool, name), time.Now().Add(-age)
	if err := errors.Join(os.WriteFile(path, bytes.Repeat([]byte("x"), size), 0o600), os.Chtimes(path, made, made)); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) files(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(b.server.Spool)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func TestTheOldestFilesMakeRoom(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config) { c.SpoolMax = 5000 })
	b.put(t, "oldest.csv", 3000, 3*time.Hour)
	b.put(t, "older.csv", 3000, 2*time.Hour)
	b.put(t, "young.csv", 1000, time.Hour)
	b.put(t, ".rollcall-1.part", 9000, time.Minute) // an export that is being made
	if res := b.admin(t).get("/a/1/download/users.csv"); res.Code != http.StatusOK {
		t.Fatalf("status %d", res.Code)
	}
	newest := b.exports[0].KeptAs()
	want := []string{".rollcall-1.part", newest, "older.csv", "young.csv"}
	if slices.Sort(want); !slices.Equal(b.files(t), want) {
		t.Errorf("left are %v, want %v", b.files(t), want)
	}
	if got := b.recorded(); !slices.ContainsFunc(got, func(row string) bool { return strings.Contains(row, "export.remove") }) {
		t.Errorf("activity %q", got)
	}
}

func TestTheNewestFileStaysWhateverItsSize(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config) { c.SpoolMax = 1 })
	v := b.admin(t)
	for _, kind := range []string{"users.csv", "users.jsonl"} {
		if res := v.get("/a/1/download/" + kind); res.Code != http.StatusOK {
			t.Fatalf("%s: status %d", kind, res.Code)
		}
	}
	if got := b.files(t); !slices.Equal(got, []string{b.exports[1].KeptAs()}) {
		t.Errorf("left are %v of %+v", got, b.exports)
	}
	gone := v.get("/a/1/exports/1/file")
	if gone.Code != http.StatusNotFound || !strings.Contains(gone.Body.String(), "the oldest go first") {
		t.Errorf("a file that made room: status %d", gone.Code)
	}
}
