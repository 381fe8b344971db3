package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rollcall/internal/org"
)

// backedUp makes a backup whose key ID is a mark, with a session in it.
func backedUp(t *testing.T, mark string) string {
	t.Helper()
	db := openTest(t)
	if err := db.SetKeyID(t.Context(), mark); err != nil {
		t.Fatal(err)
	}
	if err := db.AddActivity(t.Context(), org.Activity{Actor: "ann", Action: "backup", Outcome: "done"}); err != nil {
		t.Fatal(err)
	}
	if err := db.Sessions().Commit("token", []byte("{}"), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "backup.db")
	if err := db.Backup(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	return file
}

// markOf is the key ID in the database of a folder, which must be sound.
func markOf(t *testing.T, folder string) string {
	t.Helper()
	db, err := openIn(t, folder)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if problems, err := db.Check(t.Context()); err != nil || len(problems) > 0 {
		t.Errorf("damaged: %v, %v", problems, err)
	}
	mark, err := db.KeyID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return mark
}

func restore(ctx context.Context, folder, file string) (string, error) {
	r, err := PrepareRestore(ctx, folder, file, "dashboard restore")
	if err != nil {
		return "", err
	}
	defer r.Close()
	return r.Replace(ctx, time.Now())
}

func TestRestore(t *testing.T) {
	t.Parallel()
	file := backedUp(t, "new")
	folder := filepath.Join(t.TempDir(), "deep", "empty")
	r, err := PrepareRestore(t.Context(), folder, file, "dashboard restore")
	if err != nil || r.KeyID != "new" {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := openIn(t, folder); org.KindOf(err) != org.KindBusy || !strings.Contains(org.TextOf(err), "dashboard restore") {
		t.Errorf("opened meanwhile: %v", err)
	}
	kept, err := r.Replace(t.Context(), time.Now())
	r.Close()
	if err != nil || kept != "" || markOf(t, folder) != "new" {
		t.Fatalf("into an empty folder: kept %q, %v", kept, err)
	}
	db, err := openIn(t, folder)
	if err != nil {
		t.Fatal(err)
	}
	if list, err := db.Sessions().AllCtx(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("sessions came back: %v, %v", list, err)
	}
	if err := db.SetKeyID(t.Context(), "old"); err != nil {
		t.Fatal(err)
	}
	if _, err := restore(t.Context(), folder, file); org.KindOf(err) != org.KindBusy || !strings.Contains(org.TextOf(err), "dashboard test") {
		t.Errorf("while others use the folder: %v", err)
	}
	db.Close()
	if kept, err = restore(t.Context(), folder, file); err != nil || markOf(t, folder) != "new" {
		t.Fatal(err)
	}
	again := t.TempDir()
	if err := os.Rename(kept, filepath.Join(again, FileName)); err != nil || !strings.Contains(kept, ".before-restore-") || markOf(t, again) != "old" {
		t.Errorf("kept %s, %v", kept, err)
	}
	names, err := filepath.Glob(filepath.Join(folder, "*"))
	for _, name := range names {
		if base := filepath.Base(name); base != FileName && !strings.HasPrefix(base, "rollcall.lock") {
			t.Errorf("%s is left behind, %v", base, err)
		}
	}
}

// TestRestoreKeepsTheLog: what stands only in the log of the replaced database is kept with it, and does not flow into
// the restored one.
func TestRestoreKeepsTheLog(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	db, err := openIn(t, folder)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.SetKeyID(t.Context(), "only in the log"); err != nil {
		t.Fatal(err)
	}
	killed := t.TempDir() // as after a kill: the log is not in the database yet
	for _, suffix := range []string{"", "-wal"} {
		if err := copyFile(db.file+suffix, filepath.Join(killed, FileName+suffix)); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := restore(t.Context(), killed, backedUp(t, "new"))
	if err != nil || markOf(t, killed) != "new" {
		t.Fatal(err)
	}
	again := t.TempDir()
	if err := os.Rename(kept, filepath.Join(again, FileName)); err != nil || markOf(t, again) != "only in the log" {
		t.Errorf("kept %s, %v", kept, err)
	}
}

func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	good := backedUp(t, "new")
	raw, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	spoilt := func(change func([]byte) []byte) string {
		file := filepath.Join(t.TempDir(), "spoilt.db")
		if err := os.WriteFile(file, change(bytes.Clone(raw)), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	sqlOn := func(text string) string {
		file := spoilt(func(b []byte) []byte { return b })
		db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(file))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec(text); err != nil {
			t.Fatal(err)
		}
		return file
	}
	used := spoilt(func(b []byte) []byte { return b })
	if err := os.WriteFile(used+"-wal", []byte("rows"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, file, words string }{
		{"missing", filepath.Join(t.TempDir(), "nothing"), "nothing"},
		{"a folder", t.TempDir(), "no plain file"},
		{"in use", used, "-wal"},
		{"empty", spoilt(func([]byte) []byte { return nil }), "no database of Rollcall"},
		{"text", spoilt(func([]byte) []byte { return bytes.Repeat([]byte("hello "), 2000) }), "no sound database"},
		{"cut off", spoilt(func(b []byte) []byte { return b[:len(b)/2] }), "no sound database"},
		{"damaged", spoilt(func(b []byte) []byte { copy(b[4096*3:], bytes.Repeat([]byte{0xff}, 4096*4)); return b }), "no sound database"},
		{"other tables", sqlOn(`PRAGMA foreign_keys = 0; DROP TABLE setting`), "no database of Rollcall"},
		{"newer", sqlOn(`PRAGMA user_version = 9999`), "newer Rollcall"},
	} {
		folder := t.TempDir()
		db, err := openIn(t, folder)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.SetKeyID(t.Context(), "old"); err != nil {
			t.Fatal(err)
		}
		db.Close()
		if _, err := restore(t.Context(), folder, test.file); err == nil || !strings.Contains(org.TextOf(err), test.words) {
			t.Errorf("%s: %v", test.name, err)
		}
		if mark := markOf(t, folder); mark != "old" {
			t.Errorf("%s: the database is %q", test.name, mark)
		}
		if rest, _ := filepath.Glob(filepath.Join(folder, "*restor*")); len(rest) > 0 {
			t.Errorf("%s: left behind %v", test.name, rest)
		}
	}
}

// TestRestoreOfDamagedDatabase: that the present database cannot be read is the best reason to restore.
func TestRestoreOfDamagedDatabase(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for suffix, text := range map[string]string{"": "no database at all", "-wal": "and a log", "-shm": "x"} {
		if err := os.WriteFile(filepath.Join(folder, FileName+suffix), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := restore(t.Context(), folder, backedUp(t, "new"))
	if err != nil || markOf(t, folder) != "new" {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(kept); err != nil || string(text) != "no database at all" {
		t.Errorf("kept %q, %v", text, err)
	}
}

// init is the process that TestKilledRestore kills.
func init() {
	if folder := os.Getenv("ROLLCALL_TEST_RESTORE"); folder != "" {
		fmt.Println("ready")
		for {
			if _, err := restore(context.Background(), folder, os.Getenv("ROLLCALL_TEST_RESTORE_FILE")); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
		}
	}
}

// TestKilledRestore kills a process that restores again and again: the old database or the new one is in place.
func TestKilledRestore(t *testing.T) {
	t.Parallel()
	file := backedUp(t, "new")
	rounds := 12
	if testing.Short() {
		rounds = 4
	}
	for round := range rounds {
		folder := t.TempDir()
		db, err := openIn(t, folder)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.SetKeyID(t.Context(), "old"); err != nil {
			t.Fatal(err)
		}
		db.Close()
		cmd := exec.Command(os.Args[0], "-test.run=^$")
		cmd.Env = append(os.Environ(), "ROLLCALL_TEST_RESTORE="+folder, "ROLLCALL_TEST_RESTORE_FILE="+file)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, 16)); err != nil {
			t.Fatal(err)
		}
		<-time.After(rand.N(150 * time.Millisecond))
		cmd.Process.Kill()
		cmd.Wait()
		if mark := markOf(t, folder); mark != "old" && mark != "new" {
			t.Errorf("round %d: the database is %q", round, mark)
		}
	}
}
