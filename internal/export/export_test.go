package export_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rollcall/internal/export"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, kind := range export.Kinds() {
		for _, format := range []export.Format{export.CSV, export.JSON, export.JSONL} {
			t.Run(string(kind)+"."+string(format), func(t *testing.T) {
				got, m, err := written(testJob(kind, format), newFake())
				if err != nil {
					t.Fatal(err)
				}
				golden(t, string(kind)+"."+string(format), got)
				golden(t, string(kind)+"."+string(format)+export.ManifestSuffix, string(m.JSON()))
			})
		}
	}
}

// TestMatrixOfAStoreReadInPart leaves open who else is in a store that no read ever showed whole.
func TestMatrixOfAStoreReadInPart(t *testing.T) {
	t.Parallel()
	source := newFake()
	source.stores[1].Facets[0].Partial = true
	got := output(t, source, testJob(export.Matrix, export.JSONL))
	if n := strings.Count(got, `"=d4e5f6":"unknown"`); n != len(source.users) {
		t.Errorf("%d of %d users are unknown in the store that was read in part:\n%s", n, len(source.users), got)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs.\ngot:\n%s\nwant:\n%s", name, got, want)
	}
}

func TestFileName(t *testing.T) {
	t.Parallel()
	names := map[string]string{
		"Acmé & Söhne (Test)": "rollcall-access-acme-sohne-test-2026-03-31-snapshot7.csv",
		"../../etc/passwd":    "rollcall-access-etc-passwd-2026-03-31-snapshot7.csv",
		"李":                   "rollcall-access-account-2026-03-31-snapshot7.csv",
		"":                    "rollcall-access-01234567-89ab-cdef-0123-456789abcdef-2026-03-31-snapshot7.csv",
	}
	for name, want := range names {
		job := testJob(export.Access, export.CSV)
		job.Snapshot.AccountName = name
		if got := job.FileName(); got != want {
			t.Errorf("FileName with account %q = %q, want %q", name, got, want)
		}
	}
}
