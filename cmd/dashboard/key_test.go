package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rollcall/internal/sandbox"
	"rollcall/internal/sqlite"
	"rollcall/internal/vault"
)

// stocked is a folder with an account, a registered API account with token and secret, and a sync.
func stocked(t *testing.T) *place {
	t.Helper()
	p := newPlace(t, sandbox.Config{})
	p.add()
	p.sync(exitOK)
	return p
}

func (p *place) keyText() string {
	p.t.Helper()
	text, err := os.ReadFile(keyFile(p.folder))
	if err != nil {
		p.t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// elsewhere is another data folder with the same BigCommerce.
func (p *place) elsewhere(folder string) *place {
	return &place{t: p.t, world: p.world, url: p.url, token: p.token, api: p.api, folder: folder}
}

func TestKeyRotate(t *testing.T) {
	p := stocked(t)
	before := p.keyText()
	id := strings.TrimSpace(p.run("key", "show").must(t, exitOK).out)
	done := p.run("key", "rotate").must(t, exitOK)
	after := p.keyText()
	if after == before || strings.Contains(done.out+done.err, after) || strings.Contains(done.out+done.err, before) || !strings.Contains(done.out, ".old-"+id) {
		t.Fatalf("the key was not changed, or was shown: %s%s", done.out, done.err)
	}
	p.sync(exitOK) // the token opens
	if text, err := os.ReadFile(keyFile(p.folder) + ".old-" + id); err != nil || strings.TrimSpace(string(text)) != before {
		t.Errorf("the old key is not kept: %v", err)
	}
	given := strings.Repeat("5a", 32)
	p.feed(given+"\n", "key", "rotate", "--stdin").must(t, exitOK)
	if p.keyText() != given {
		t.Error("the given key is not in the key file")
	}
	p.sync(exitOK)
	p.feed(given+"\n", "key", "rotate", "--stdin").must(t, exitUsage).says(t, "the one in use")
	p.feed("hello\n", "key", "rotate", "--stdin").must(t, exitUsage).says(t, "32 bytes")
	p.feed("\n", "key", "rotate", "--stdin").must(t, exitUsage).says(t, "holds no key")
	log := p.run("export", "activity", "--format=jsonl", "--where=action=key.rotate").must(t, exitOK).out
	if strings.Count(log, "\n") != 2 || strings.Contains(log, given) || !strings.Contains(log, "secrets sealed anew") {
		t.Errorf("activity: %s", log)
	}
	p.run("verify").must(t, exitOK)
}

// TestKeyRotateWithGivenKeys: where the key is no file, the new one must be somewhere before the data need it.
func TestKeyRotateWithGivenKeys(t *testing.T) {
	t.Setenv("ROLLCALL_MASTER_KEY", strings.Repeat("1e", 32))
	p := stocked(t)
	p.run("key", "rotate").must(t, exitUsage).says(t, "--out")
	p.sync(exitOK)
	out := filepath.Join(t.TempDir(), "next.key")
	p.run("key", "rotate", "--out="+out).must(t, exitOK)
	p.ask("sync").must(t, exitError).says(t, "master key is not the one")
	text, err := os.ReadFile(out)
	if info, statErr := os.Stat(out); err != nil || statErr != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("new key file: %v, %v", err, statErr)
	}
	t.Setenv("ROLLCALL_MASTER_KEY", strings.TrimSpace(string(text)))
	p.sync(exitOK)
	p.run("key", "rotate", "--out="+out).must(t, exitError).says(t, "exists already")
	t.Setenv("ROLLCALL_NEW_MASTER_KEY", strings.Repeat("2f", 32))
	p.feed("x", "key", "rotate", "--stdin").must(t, exitUsage).says(t, "Give it once")
	p.run("key", "rotate").must(t, exitOK)
	t.Setenv("ROLLCALL_NEW_MASTER_KEY", "")
	t.Setenv("ROLLCALL_MASTER_KEY", "")
	p.ask("sync").must(t, exitError).says(t, "master key is missing")
	folder := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", folder)
	if err := os.WriteFile(filepath.Join(folder, vault.CredentialName), []byte(strings.Repeat("2f", 32)), 0o400); err != nil {
		t.Fatal(err)
	}
	p.sync(exitOK)
	if err := os.Truncate(filepath.Join(folder, vault.CredentialName), 0); err != nil {
		t.Fatal(err)
	}
	p.ask("sync").must(t, exitError).says(t, "credential rollcall-master-key is empty")
	if _, err := os.Stat(keyFile(p.folder)); err == nil {
		t.Error("a key file was made although the key comes from elsewhere")
	}
}

// TestKeyRotateNeedsTheFolderAlone: while anything runs, nothing is sealed anew.
func TestKeyRotateNeedsTheFolderAlone(t *testing.T) {
	p := stocked(t)
	before := p.keyText()
	db, err := sqlite.Open(t.Context(), p.folder, sqlite.Options{Command: "dashboard serve"})
	if err != nil {
		t.Fatal(err)
	}
	p.run("key", "rotate").must(t, exitError).says(t, "in use by dashboard serve")
	backup := filepath.Join(t.TempDir(), "b.db")
	p.run("backup", backup).must(t, exitOK)
	p.run("restore", backup).must(t, exitError).says(t, "in use by dashboard serve")
	db.Close()
	if p.keyText() != before {
		t.Error("the key was changed")
	}
	p.run("key", "rotate").must(t, exitOK)
}

func TestRestoreCommand(t *testing.T) {
	p := stocked(t)
	id := strings.TrimSpace(p.run("key", "show").must(t, exitOK).out)
	backup := filepath.Join(t.TempDir(), "b.db")
	if made := p.run("backup", backup).must(t, exitOK); !strings.Contains(made.out, id) {
		t.Errorf("the backup does not name its key: %s", made.out)
	}
	if raw, err := os.ReadFile(backup); err != nil || strings.Contains(string(raw), p.keyText()) {
		t.Errorf("the backup holds the key, %v", err)
	}
	first := p.run("export", "access").must(t, exitOK).out
	p.run("account", "remove", sandbox.DefaultUUID).must(t, exitOK)
	done := p.run("restore", backup).must(t, exitOK)
	if key, replaced := strings.Index(done.out, "needs master key "+id), strings.Index(done.out, ".before-restore-"); key < 0 || replaced < key {
		t.Errorf("the key is not named first: %s", done.out)
	}
	if again := p.run("export", "access").must(t, exitOK).out; again != first {
		t.Error("the restored data differ")
	}
	p.sync(exitOK)
	p.run("verify").must(t, exitOK)

	other := p.elsewhere(filepath.Join(t.TempDir(), "new"))
	other.run("restore", backup).must(t, exitError).says(t, "master key is missing", id, "--without-key")
	if _, err := os.Stat(filepath.Join(other.folder, sqlite.FileName)); err == nil {
		t.Error("it was restored without its key")
	}
	if err := os.WriteFile(keyFile(other.folder), []byte(strings.Repeat("ab", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	other.run("restore", backup).must(t, exitError).says(t, "not the one", id)
	other.run("restore", "--without-key", backup).must(t, exitOK)
	other.ask("sync").must(t, exitError).says(t, "master key is not the one")
	if err := os.WriteFile(keyFile(other.folder), []byte(p.keyText()), 0o600); err != nil {
		t.Fatal(err)
	}
	other.sync(exitOK)
	log := other.run("export", "activity", "--format=jsonl", "--where=action=restore").must(t, exitOK).out
	if strings.Count(log, "\n") != 1 {
		t.Errorf("activity: %s", log)
	}
}

func TestVerifyCommand(t *testing.T) {
	p := stocked(t)
	done := p.run("verify").must(t, exitOK)
	_, head, _ := strings.Cut(done.out, "head ")
	head, _, _ = strings.Cut(head, "\n")
	if !strings.HasPrefix(done.out, "rows ") || len(head) != 64 || !strings.Contains(done.out, "is whole") {
		t.Fatalf("%s", done.out)
	}
	p.run("verify", "--head="+head).must(t, exitOK)
	p.run("verify", "--head="+strings.ToUpper(head)).must(t, exitOK)
	p.run("verify", "--head="+strings.Repeat("0", 64)).must(t, exitError).says(t, "published head")
	p.run("verify", "--head=xyz").must(t, exitUsage).says(t, "64 hexadecimal digits")
	p.elsewhere(t.TempDir()).run("verify").must(t, exitError).says(t, "rollcall.db")

	file := filepath.Join(p.folder, sqlite.FileName)
	raw, err := os.ReadFile(file)
	at := strings.Index(string(raw), "account.connect")
	if err != nil || at < 0 {
		t.Fatalf("no row to change: %v", err)
	}
	raw[at]++
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	broken := p.run("verify").must(t, exitError)
	broken.says(t, "broken at row 1")
	if !strings.Contains(broken.out, "rows 0") || !strings.Contains(broken.out, "NOT whole") {
		t.Errorf("%s", broken.out)
	}
	if h, err := sqlite.Open(context.Background(), p.folder, sqlite.Options{}); err != nil {
		t.Error(err)
	} else {
		proof, err := h.ActivityProof(t.Context())
		if err != nil || proof.Broken != 1 {
			t.Errorf("kept for the page: %+v, %v", proof, err)
		}
		h.Close()
	}
}
