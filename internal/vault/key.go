package vault

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Key is the master key. Printed or logged it does not show itself.
type Key [32]byte

func (Key) String() string   { return "[master key]" }
func (Key) GoString() string { return "[master key]" }

// LogValue keeps the key out of logs.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// NewKey makes a random key.
func NewKey() Key {
	var k Key
	rand.Read(k[:]) // never fails: it ends the program instead
	return k
}

// ParseKey reads 32 bytes written as 64 hexadecimal digits or as base64.
func ParseKey(text string) (Key, error) {
	text = strings.TrimSpace(text)
	decoders := []func(string) ([]byte, error){
		hex.DecodeString,
		base64.StdEncoding.DecodeString, base64.RawStdEncoding.DecodeString,
		base64.URLEncoding.DecodeString, base64.RawURLEncoding.DecodeString,
	}
	for _, decode := range decoders {
		if raw, err := decode(text); err == nil && len(raw) == len(Key{}) {
			return Key(raw), nil
		}
	}
	return Key{}, errors.New("the master key must be 32 bytes, written as 64 hexadecimal digits or as base64; " +
		"make one with: openssl rand -hex 32")
}

// Load opens the vault at the start of the program. given is the key from the environment or from Credential, empty when
// there is none: then the file at path holds it and is made if it is missing. known is the ID of the key that sealed the
// data, empty for new data; with another key Load refuses in one sentence, and it never makes a new key for data that need
// the old one. made tells that the file is new, which deserves a warning.
func Load(given, path, known string) (v *Vault, made bool, err error) {
	key, made, err := masterKey(given, path, known != "")
	if err != nil {
		return nil, false, err
	}
	v = New(key)
	if known == "" || v.ID() == known {
		return v, made, nil
	}
	if strings.TrimSpace(given) == "" {
		if staged, found := finishChange(path, v.ID(), known); found {
			return staged, false, nil
		}
	}
	return nil, false, fmt.Errorf("the master key is not the one that sealed the stored tokens: this is key %s, "+
		"needed is key %s; set ROLLCALL_MASTER_KEY to the old key or put back the old %s", v.ID(), known, path)
}

func masterKey(given, path string, mustExist bool) (key Key, made bool, err error) {
	if strings.TrimSpace(given) != "" {
		key, err = ParseKey(given)
		return key, false, err
	}
	key, err = readKeyFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, false, err
	}
	if mustExist {
		return Key{}, false, fmt.Errorf("the master key is missing: the stored tokens were sealed with a key that is neither "+
			"in ROLLCALL_MASTER_KEY nor in a systemd credential nor in %s; put it back", path)
	}
	key = NewKey()
	err = writeKeyFile(path, key)
	if errors.Is(err, fs.ErrExist) { // another process was faster, and seals with its key
		key, err = readKeyFile(path)
		return key, false, err
	}
	return key, true, err
}

func readKeyFile(path string) (Key, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Key{}, fmt.Errorf("key file: %w", err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return Key{}, fmt.Errorf("the key file %s can be read by other users of this machine: run chmod 600 on it", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return Key{}, fmt.Errorf("key file: %w", err)
	}
	key, err := ParseKey(string(text))
	if err != nil {
		return Key{}, fmt.Errorf("key file %s: %w", path, err)
	}
	return key, nil
}

// writeKeyFile never replaces a file: fs.ErrExist when there is one. The file appears whole or not at all, so that
// neither a full disk nor a reader at the same moment meets half a key.
func writeKeyFile(path string, key Key) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".master-*.part")
	if err != nil {
		return fmt.Errorf("make key file: %w", err)
	}
	defer os.Remove(file.Name())
	_, err = fmt.Fprintln(file, hex.EncodeToString(key[:]))
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("write key file: %w", err)
	}
	if err := placeFile(file.Name(), path); err != nil {
		return fmt.Errorf("write key file: %w", err)
	}
	return nil
}

// placeFile gives a file its name unless that is taken.
func placeFile(file, name string) error {
	err := os.Link(file, name)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(name); err == nil { // a file system without links
		return fs.ErrExist
	}
	return os.Rename(file, name)
}
