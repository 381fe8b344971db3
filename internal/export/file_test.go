package export_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"rollcall/internal/export"
	"rollcall/internal/org"
)

func TestWriteFileLeavesFileAndManifest(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "access.csv")
	if err := os.WriteFile(path, []byte("older"), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := export.WriteFile(context.Background(), newFake(), testJob(export.Access, export.CSV), path)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	if m.SHA256 != hex.EncodeToString(sum[:]) || m.Bytes != int64(len(data)) || m.Rows.Delivered != 4 || m.File != "access.csv" {
		t.Errorf("manifest %+v does not describe the file", m)
	}
	text, err := os.ReadFile(path + export.ManifestSuffix)
	if err != nil {
		t.Fatal(err)
	}
	var read export.Manifest
	if err := json.Unmarshal(text, &read); err != nil || !bytes.Equal(read.JSON(), m.JSON()) {
		t.Errorf("manifest beside the file is\n%s\n%v", text, err)
	}
	left(t, filepath.Dir(path), "access.csv", "access.csv.manifest.json")
}

func TestFailuresLeaveNothing(t *testing.T) {
	t.Parallel()
	full := &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	cases := []struct {
		name string
		fail error
		kind org.Kind
		says string
	}{
		{"disk full", full, org.KindStorage, "disk is full"},
		{"source breaks", errors.New("broken pipe in the source"), org.KindUnexpected, ""},
		{"shaped error", org.Problem(org.KindStorage, "The database is damaged.", nil), org.KindStorage, "database is damaged"},
		{"cancelled", context.Canceled, org.KindUnexpected, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			source := newFake()
			source.fail = c.fail
			folder := t.TempDir()
			_, err := export.WriteFile(context.Background(), source, testJob(export.Access, export.XLSX), filepath.Join(folder, "a.xlsx"))
			check(t, err, c.kind, c.says, c.fail)
			_, err = export.Spool(context.Background(), source, testJob(export.Users, export.JSON), folder)
			check(t, err, c.kind, c.says, c.fail)
			left(t, folder)
		})
	}
}

func check(t *testing.T, err error, kind org.Kind, says string, cause error) {
	t.Helper()
	if org.KindOf(err) != kind || !strings.Contains(org.TextOf(err), says) || !errors.Is(err, cause) {
		t.Errorf("error is %v of kind %s, want %s", err, org.KindOf(err), kind)
	}
}

func left(t *testing.T, folder string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if fmt.Sprint(names) != fmt.Sprint(want) {
		t.Errorf("folder holds %q, want %q", names, want)
	}
}

func TestTargetsThatAreNoFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "x.csv.manifest.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	for path, kind := range map[string]org.Kind{
		folder:                               org.KindInvalid,
		filepath.Join(folder, "x.csv"):       org.KindInvalid,
		os.DevNull:                           org.KindInvalid,
		filepath.Join(folder, "none", "a.x"): org.KindNotFound,
	} {
		_, err := export.WriteFile(context.Background(), newFake(), testJob(export.Access, export.CSV), path)
		if org.KindOf(err) != kind {
			t.Errorf("writing to %s gives %v, want kind %s", path, err, kind)
		}
	}
	left(t, folder, "x.csv.manifest.json")
}

func TestSpool(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	spooled, err := export.Spool(context.Background(), newFake(), testJob(export.Users, export.JSONL), folder)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(spooled.Path)
	if err != nil || info.Size() != spooled.Manifest.Bytes || info.Mode().Perm() != 0o600 {
		t.Errorf("spooled file: %v, %v", info, err)
	}
	if want := "rollcall-users-acme-sohne-test-2026-03-31-snapshot7.jsonl"; spooled.Name != want || spooled.Manifest.File != want {
		t.Errorf("name %q, want %q", spooled.Name, want)
	}
}

func TestManifest(t *testing.T) {
	t.Parallel()
	job := testJob(export.Access, export.CSV)
	job.Query = org.Query{Roles: []org.Role{org.RoleOwner}, Days: 30, AsOf: org.AsOf{Day: "2026-03-31"}, After: "cursor", Sort: "email"}
	_, m, err := written(job, newFake())
	if err != nil {
		t.Fatal(err)
	}
	if m.Filters != "as-of=2026-03-31&days=30&role=owner-like&sort=email" || m.InactiveDays != 30 {
		t.Errorf("filters %q, days %d", m.Filters, m.InactiveDays)
	}
	if m.Complete || m.Completeness != "1 of 3 stores, 4 of 4 rows" || len(m.Stores.Failed) != 2 {
		t.Errorf("completeness %t %q %+v", m.Complete, m.Completeness, m.Stores)
	}
	whole := newFake()
	whole.stores = whole.stores[:1]
	whole.refs = whole.refs[:3]
	job = testJob(export.Access, export.CSV)
	if _, m, err = written(job, whole); err != nil || m.Complete || m.Completeness != "1 of 1 stores, 3 of 4 rows" {
		t.Errorf("a missing row gives %+v, %v", m, err)
	}
	job.Snapshot.Accesses = 3
	if _, m, err = written(job, whole); err != nil || !m.Complete {
		t.Errorf("a complete snapshot gives %+v, %v", m, err)
	}
}

func TestBOM(t *testing.T) {
	t.Parallel()
	job := testJob(export.Users, export.CSV)
	plain := output(t, newFake(), job)
	job.BOM = true
	if marked := output(t, newFake(), job); marked != "\uFEFF"+plain {
		t.Error("the mark is not the only difference")
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	job := testJob(export.Access, export.CSV)
	job.Snapshot = org.Snapshot{}
	if _, _, err := written(job, newFake()); org.KindOf(err) != org.KindConflict {
		t.Errorf("without a snapshot: %v", err)
	}
	if _, err := export.ParseKind("acess"); org.KindOf(err) != org.KindInvalid {
		t.Errorf("mistyped kind: %v", err)
	}
	if f, err := export.ParseFormat(""); f != export.CSV || err != nil {
		t.Errorf("no format: %q, %v", f, err)
	}
	lost := newFake()
	lost.refs[0].Person = 999
	if _, _, err := written(testJob(export.Access, export.CSV), lost); err == nil {
		t.Error("an access without a person was written")
	}
}

// TestFullDevice writes where the system really refuses.
func TestFullDevice(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no device that is always full")
	}
	defer full.Close()
	for _, format := range export.Formats() {
		_, err := export.Write(context.Background(), newFake(), testJob(export.Access, format), full)
		if org.KindOf(err) != org.KindStorage || !strings.Contains(org.TextOf(err), "disk is full") {
			t.Errorf("%s: %v", format, err)
		}
	}
}
