package vault_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"rollcall/internal/vault"
)

func TestSealedSecretOpensOnlyInItsPlace(t *testing.T) {
	t.Parallel()
	v, other := vault.New(vault.NewKey()), vault.New(vault.NewKey())
	sealed, err := v.Seal(vault.AccountToken, 7, "abc123secret")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("abc123secret")) {
		t.Fatal("the sealed bytes show the secret")
	}
	damaged := bytes.Clone(sealed)
	damaged[len(damaged)-1] ^= 1
	tests := []struct {
		name    string
		vault   *vault.Vault
		purpose vault.Purpose
		row     int64
		sealed  []byte
		ok      bool
	}{
		{"same place", v, vault.AccountToken, 7, sealed, true},
		{"other row", v, vault.AccountToken, 8, sealed, false},
		{"other purpose", v, "webhook", 7, sealed, false},
		{"other key", other, vault.AccountToken, 7, sealed, false},
		{"damaged", v, vault.AccountToken, 7, damaged, false},
		{"cut", v, vault.AccountToken, 7, sealed[:5], false},
		{"empty", v, vault.AccountToken, 7, nil, false},
		{"other form", v, vault.AccountToken, 7, append([]byte{9}, sealed[1:]...), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.vault.Open(test.purpose, test.row, test.sealed)
			if test.ok && (err != nil || got != "abc123secret") {
				t.Errorf("got %q, %v", got, err)
			}
			if !test.ok && !errors.Is(err, vault.ErrCannotOpen) {
				t.Errorf("got %q, %v, want ErrCannotOpen", got, err)
			}
		})
	}
}

func TestSealingTwiceDiffers(t *testing.T) {
	t.Parallel()
	v := vault.New(vault.NewKey())
	a, _ := v.Seal(vault.AccountToken, 1, "same")
	b, _ := v.Seal(vault.AccountToken, 1, "same")
	if bytes.Equal(a, b) {
		t.Error("equal secrets give equal bytes")
	}
}

func TestParseKey(t *testing.T) {
	t.Parallel()
	raw := bytes.Repeat([]byte{0xfb}, 32)
	for name, text := range map[string]string{
		"hex": hex.EncodeToString(raw), "upper hex with newline": strings.ToUpper(hex.EncodeToString(raw)) + "\n",
		"base64": base64.StdEncoding.EncodeToString(raw), "raw url base64": base64.RawURLEncoding.EncodeToString(raw),
	} {
		if key, err := vault.ParseKey(text); err != nil || !bytes.Equal(key[:], raw) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{"", "secret", hex.EncodeToString(raw[:31]), base64.StdEncoding.EncodeToString(raw[:16])} {
		if _, err := vault.ParseKey(text); err == nil {
			t.Errorf("%q was taken", text)
		} else if text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("the error repeats the key: %v", err)
		}
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "master.key")
	first, made, err := vault.Load("", path, "")
	if err != nil || !made {
		t.Fatalf("first start: made %v, %v", made, err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode())
	}
	again, made, err := vault.Load("", path, first.ID())
	if err != nil || made || again.ID() != first.ID() {
		t.Fatalf("second start: made %v, %v", made, err)
	}
	other := strings.Repeat("ab", 32)
	if _, _, err := vault.Load(other, path, first.ID()); err == nil || !strings.Contains(err.Error(), first.ID()) {
		t.Errorf("another key: %v", err)
	} else if strings.Contains(err.Error(), other) {
		t.Errorf("the error shows the key: %v", err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := vault.Load("", path, first.ID()); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("readable key file: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, _, err := vault.Load("", path, first.ID()); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("lost key file: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a new key was made for data that need the old one")
	}
}

// Two programs that start at once in a new folder must end up with one key, or what one of them seals is lost.
func TestOneKeyForAllWhoStartAtOnce(t *testing.T) {
	t.Parallel()
	for range 20 {
		path := filepath.Join(t.TempDir(), "master.key")
		ids := make([]string, 8)
		var all sync.WaitGroup
		for i := range ids {
			all.Go(func() {
				v, _, err := vault.Load("", path, "")
				if err != nil {
					t.Error(err)
					return
				}
				ids[i] = v.ID()
			})
		}
		all.Wait()
		if slices.Sort(ids); ids[0] != ids[len(ids)-1] {
			t.Fatalf("several keys: %v", ids)
		}
		if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
			t.Fatalf("files left behind: %v", files)
		}
	}
}

func TestKeyDoesNotShowItself(t *testing.T) {
	t.Parallel()
	key := vault.NewKey()
	text := fmt.Sprintf("%v %+v %#v %s %v", key, key, key, key, struct{ K vault.Key }{key})
	if strings.Contains(text, hex.EncodeToString(key[:4])) || strings.Contains(text, fmt.Sprint(key[0], " ", key[1])) {
		t.Error(text)
	}
}

func TestPrintRecognisesAnEqualSecret(t *testing.T) {
	v := vault.New(vault.Key{1})
	one, err := v.Print(vault.APIAccountToken, "abc")
	if err != nil {
		t.Fatal(err)
	}
	same, _ := v.Print(vault.APIAccountToken, "abc")
	other, _ := v.Print(vault.APIAccountToken, "abd")
	purpose, _ := v.Print(vault.AccountToken, "abc")
	key, _ := vault.New(vault.Key{2}).Print(vault.APIAccountToken, "abc")
	if !bytes.Equal(one, same) {
		t.Error("equal secrets have different prints")
	}
	for name, print := range map[string][]byte{"another secret": other, "another purpose": purpose, "another key": key} {
		if bytes.Equal(one, print) {
			t.Errorf("%s has the same print", name)
		}
	}
}
