package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"rollcall/internal/sandbox"
)

var (
	kinds   = []string{"access", "users", "changes", "permission-matrix", "matrix", "stores", "permissions", "snapshots", "apps", "subscriptions"}
	formats = []string{"csv", "xlsx", "json", "jsonl"}
)

// newHistory is an account with a few days behind it.
func newHistory(t testing.TB) *place {
	cfg := sandbox.Config{Shape: sandbox.Shape{Seed: 3, Stores: 6, Users: 45, AccessesPerUser: 3, EmptyStores: 1}, KeepTruth: true}
	cfg.Daily = sandbox.Daily{ChangeRate: 0.1, PersonRate: 0.1, SignInRate: 0.3}
	p := newPlace(t, cfg)
	p.add()
	p.sync(exitOK)
	for range 2 {
		p.world.AdvanceDay()
		p.sync(exitOK)
	}
	return p
}

// TestEveryKindInEveryFormat: all formats of a kind hold equal data, on standard output and in a file.
func TestEveryKindInEveryFormat(t *testing.T) {
	t.Parallel()
	p := newHistory(t)
	for _, kind := range kinds {
		var first sheet
		for _, format := range formats {
			out := p.run("export", kind, "--format="+format).must(t, exitOK).out
			got := readSheet(t, format, out)
			if first.header == nil {
				first = got
				if len(got.rows) == 0 {
					t.Errorf("%s has no rows", kind)
				}
			}
			if !slices.Equal(got.header, first.header) {
				t.Errorf("%s as %s: columns %q, want %q", kind, format, got.header, first.header)
			}
			mustBeEqual(t, kind+" as "+format, got, first)
			p.mustWriteFile(kind, format, out, len(got.rows))
		}
		t.Logf("%s: %d rows, %d columns", kind, len(first.rows), len(first.header))
	}
}

func mustBeEqual(t testing.TB, what string, got, want sheet) {
	t.Helper()
	if len(got.rows) != len(want.rows) {
		t.Errorf("%s: %d rows, want %d", what, len(got.rows), len(want.rows))
		return
	}
	for i, row := range got.rows {
		for _, name := range want.header {
			if row[name] != want.rows[i][name] {
				t.Errorf("%s: row %d, %s is %q, want %q", what, i, name, row[name], want.rows[i][name])
			}
		}
	}
}

// manifest is what is read of a manifest here.
type manifest struct {
	File, Kind, Format, Filters, SHA256 string
	Bytes                               int64
	Complete                            bool
	Completeness                        string
	InactiveDays                        int `json:"inactive_days"`
	Snapshot                            struct{ ID int }
	Rows                                struct{ Delivered int }
	Account                             struct{ UUID string }
	MadeBy                              string `json:"made_by"`
}

// mustWriteFile writes the same to a file and checks the file and its manifest.
func (p *place) mustWriteFile(kind, format, want string, rows int) {
	p.t.Helper()
	path := filepath.Join(p.t.TempDir(), "out."+format)
	p.run("export", kind, "--format="+format, "-o", path).must(p.t, exitOK)
	data, m := p.readFile(path)
	if data != want {
		p.t.Errorf("%s as %s: the file differs from standard output", kind, format)
	}
	if m.Kind != kind || m.Format != format || m.Rows.Delivered != rows || !m.Complete || m.Account.UUID != sandbox.DefaultUUID ||
		!strings.HasPrefix(m.MadeBy, "local:") || m.InactiveDays != 90 {
		p.t.Errorf("%s as %s: manifest %+v, %d rows", kind, format, m, rows)
	}
}

// readFile reads an export with its manifest and checks that they belong together and nothing else is left.
func (p *place) readFile(path string) (string, manifest) {
	p.t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		p.t.Fatal(err)
	}
	text, err := os.ReadFile(path + ".manifest.json")
	if err != nil {
		p.t.Fatal(err)
	}
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil {
		p.t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	if m.SHA256 != hex.EncodeToString(sum[:]) || m.Bytes != int64(len(data)) || m.File != filepath.Base(path) {
		p.t.Errorf("%s: the manifest says %+v, the file has SHA-256 %x", path, m, sum)
	}
	if parts, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".rollcall*")); len(parts) > 0 {
		p.t.Errorf("left behind: %q", parts)
	}
	return string(data), m
}

// TestOldSnapshotsKeepTheirBytes: what a closed snapshot says does not change with later syncs.
func TestOldSnapshotsKeepTheirBytes(t *testing.T) {
	t.Parallel()
	p := newHistory(t)
	before := map[string]string{}
	for _, kind := range kinds {
		for _, format := range formats {
			for n := 1; n <= 3; n++ {
				before[fmt.Sprint(kind, format, n)] = p.run("export", kind, "--format="+format, "--as-of="+strconv.Itoa(n)).must(t, exitOK).out
			}
		}
	}
	for range 2 {
		p.world.AdvanceDay()
		p.sync(exitOK)
	}
	for _, kind := range kinds {
		for _, format := range formats {
			for n := 1; n <= 3; n++ {
				path := filepath.Join(t.TempDir(), "again."+format)
				p.run("export", kind, "--format="+format, "--as-of="+strconv.Itoa(n), "-o", path).must(t, exitOK)
				if data, m := p.readFile(path); data != before[fmt.Sprint(kind, format, n)] || m.Snapshot.ID != n {
					t.Errorf("%s as %s of snapshot %d has other bytes after later syncs", kind, format, n)
				}
			}
		}
	}
}

// TestAsOf names past moments in each way.
func TestAsOf(t *testing.T) {
	t.Parallel()
	p := newHistory(t)
	today, tomorrow := time.Now().UTC().Format(time.DateOnly), time.Now().UTC().AddDate(0, 0, 1).Format(time.DateOnly)
	later := time.Now().UTC().Add(time.Second).Format(time.RFC3339)
	for asOf, want := range map[string]string{
		"": "3", "1": "1", "2": "2", "3": "3", today: "3", tomorrow: "3", later: "3",
		"2999-01-01T00:00:00+02:00": "3",
	} {
		rows := readSheet(t, "csv", p.run("export", "access", "--as-of="+asOf).must(t, exitOK).out).rows
		if rows[0]["snapshot_id"] != want {
			t.Errorf("as of %q shows snapshot %s, want %s", asOf, rows[0]["snapshot_id"], want)
		}
	}
	for n, day := range map[string]int{"1": 0, "2": 1, "3": 2} {
		truth, _ := p.world.TruthAt(sandbox.DefaultUUID, day)
		got, want := map[string]string{}, map[string]string{}
		for _, row := range readSheet(t, "csv", p.run("export", "access", "--as-of="+n).must(t, exitOK).out).rows {
			got[row["store_hash"]+" "+row["user_id"]] = row["email"] + row["permissions"] + row["last_login_at"]
		}
		for _, a := range truth.Accesses() {
			at := ""
			if !a.LastLoginAt.IsZero() {
				at = rfc(a.LastLoginAt)
			}
			want[a.StoreHash+" "+a.ID] = a.Email + strings.Join(a.Permissions, ";") + at
		}
		// An e-mail that differs in case only is no change, so the older spelling may stand.
		for key := range want {
			if !strings.EqualFold(got[key], want[key]) {
				t.Errorf("snapshot %s: %s is %q, want %q", n, key, got[key], want[key])
			}
		}
		if len(got) != len(want) {
			t.Errorf("snapshot %s: %d rows, want %d", n, len(got), len(want))
		}
	}
	p.run("export", "access", "--as-of=2001-01-01").must(t, exitError).says(t, "history of this account begins on")
	p.run("export", "access", "--as-of=2001-01-01T00:00:00Z").must(t, exitError).says(t, "history of this account begins on")
	p.run("export", "access", "--as-of=99").must(t, exitError).says(t, "99")
	p.run("export", "access", "--as-of=yesterday").must(t, exitUsage).says(t, "yesterday", "2026-03-31")
	p.run("export", "access", "--as-of=2026-02-30").must(t, exitUsage).says(t, "2026-02-30")
}

// TestWrongExports are refused with a sentence that names what is wrong, and write nothing.
func TestWrongExports(t *testing.T) {
	t.Parallel()
	p := newHistory(t)
	for _, c := range []struct {
		args []string
		says []string
	}{
		{[]string{"access", "--where=rolle=owner-like"}, []string{`"rolle"`}},
		{[]string{"access", "--where=role=boss"}, []string{`"boss"`, "owner-like"}},
		{[]string{"access", "--where=login=yesterday"}, []string{`"yesterday"`, "never"}},
		{[]string{"access", "--where=days=0"}, []string{"1 to 3650"}},
		{[]string{"access", "--where=privileged=maybe"}, []string{"yes or no"}},
		{[]string{"access", "--where=sort=shoe-size"}, []string{"shoe-size"}},
		{[]string{"access", "--where=%zz"}, []string{"query string"}},
		{[]string{"changes", "--where=kind=explosion"}, []string{"explosion"}},
		{[]string{"changes", "--where=since=soon"}, []string{"soon"}},
		{[]string{"shoes"}, []string{`"shoes"`, "permission-matrix"}},
		{[]string{"access", "--format=pdf"}, []string{`"pdf"`, "xlsx"}},
		{[]string{"access", "-o", t.TempDir()}, []string{"no plain file"}},
		{[]string{"access", "-o", "/dev/full"}, []string{"no plain file"}},
	} {
		done := p.run(append([]string{"export"}, c.args...)...)
		if done.code != exitUsage || done.out != "" {
			t.Errorf("%q: exit code %d, out %.100q, err %q", c.args, done.code, done.out, done.err)
			continue
		}
		done.says(t, c.says...)
	}
	missing := filepath.Join(t.TempDir(), "nowhere", "out.csv")
	p.run("export", "access", "-o", missing).must(t, exitError).says(t, missing, "Make it first")
}

// TestFilteredExport: the rows of a filter are those that the whole file shows for it.
func TestFilteredExport(t *testing.T) {
	t.Parallel()
	p := newHistory(t)
	all := readSheet(t, "csv", p.run("export", "access").must(t, exitOK).out).rows
	store := all[0]["store_hash"]
	for where, keep := range map[string]func(map[string]string) bool{
		"":                        func(map[string]string) bool { return true },
		"role=owner-like":         func(r map[string]string) bool { return r["role"] == "owner-like" },
		"?login=never":            func(r map[string]string) bool { return r["login_state"] == "never" },
		"login=inactive":          func(r map[string]string) bool { return r["login_state"] == "inactive" },
		"store=" + store:          func(r map[string]string) bool { return r["store_hash"] == store },
		"status=inactive":         func(r map[string]string) bool { return r["status"] == "inactive" },
		"privileged=yes":          func(r map[string]string) bool { return r["privileged"] == "yes" },
		"role=custom,none":        func(r map[string]string) bool { return r["role"] == "custom" || r["role"] == "none" },
		"q=%40northlight":         func(r map[string]string) bool { return strings.Contains(strings.ToLower(r["email"]), "@northlight") },
		"role=custom&sort=-email": func(r map[string]string) bool { return r["role"] == "custom" },
		"permission=Manage_Users": func(r map[string]string) bool {
			return slices.Contains(strings.Split(r["permissions"], ";"), "Manage_Users")
		},
	} {
		want := map[string]bool{}
		for _, row := range all {
			if keep(row) {
				want[row["store_id"]+row["user_id"]] = true
			}
		}
		got := readSheet(t, "csv", p.run("export", "access", "--where="+where).must(t, exitOK).out).rows
		for _, row := range got {
			if !want[row["store_id"]+row["user_id"]] {
				t.Errorf("%q: %v does not belong here", where, row)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%q: %d rows, want %d", where, len(got), len(want))
		}
	}
}
