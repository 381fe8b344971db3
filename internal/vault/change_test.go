package vault_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rollcall/internal/vault"
)

func TestCredential(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, none := range []string{"", folder} {
		if key, err := vault.Credential(none); key != "" || err != nil {
			t.Errorf("no credential in %q: %q, %v", none, key, err)
		}
	}
	file := filepath.Join(folder, vault.CredentialName)
	if err := os.WriteFile(file, []byte(strings.Repeat("ab", 32)+"\n"), 0o400); err != nil {
		t.Fatal(err)
	}
	key, err := vault.Credential(folder)
	if err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(folder, "master.key")
	if v, made, err := vault.Load(key, missing, ""); err != nil || made || v == nil {
		t.Errorf("made %v, %v", made, err)
	}
	if _, err := os.Stat(missing); err == nil {
		t.Error("a key file was made although there is a credential")
	}
	os.Remove(file)
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := vault.Credential(folder); err == nil || !strings.Contains(err.Error(), "rollcall-master-key") {
		t.Errorf("one that cannot be read: %v", err)
	}
	os.Remove(file)
	if err := os.WriteFile(file, []byte(" \n"), 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := vault.Credential(folder); err == nil || !strings.Contains(err.Error(), "empty") {
		t.Errorf("an empty one: %v", err)
	}
}

// TestChangeOfKeyCutOff: whenever the process dies, the next start finds the key that sealed the data.
func TestChangeOfKeyCutOff(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "master.key")
	old, _, err := vault.Load("", path, "")
	if err != nil {
		t.Fatal(err)
	}
	next := vault.NewKey()
	for range 2 { // what a change left that was cut off even sooner is no hindrance
		if err := vault.StageKey(path, next); err != nil {
			t.Fatal(err)
		}
	}
	if v, made, err := vault.Load("", path, old.ID()); err != nil || made || v.ID() != old.ID() {
		t.Errorf("before the data are sealed anew: %v", err)
	}
	wanted := vault.New(next).ID()
	if _, _, err := vault.Load("", path, "0123456789abcdef"); err == nil {
		t.Error("a key that fits nothing opens the vault")
	}
	v, _, err := vault.Load("", path, wanted)
	if err != nil || v.ID() != wanted {
		t.Fatalf("after the data are sealed anew: %v", err)
	}
	if v, _, err = vault.Load("", path, wanted); err != nil || v.ID() != wanted {
		t.Errorf("the next start: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file %v, %v", info, err)
	}
	if v, _, err := vault.Load("", path+".old-"+old.ID(), old.ID()); err != nil || v.ID() != old.ID() {
		t.Errorf("the old key is not kept: %v", err)
	}
	if _, err := os.Stat(path + ".new"); err == nil {
		t.Error("the staged key is still there")
	}
}

func FuzzParseKey(f *testing.F) {
	for _, text := range []string{"", strings.Repeat("ab", 32), "q83vq83vq83vq83vq83vq83vq83vq83vq83vq83vq80=", "\x00", strings.Repeat("=", 44)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := vault.ParseKey(text)
		if err != nil && key != (vault.Key{}) {
			t.Errorf("%q is no key and gives one", text)
		}
		if err != nil && len(text) > 12 && strings.Contains(err.Error(), text) {
			t.Errorf("the error shows what was given: %v", err)
		}
	})
}
