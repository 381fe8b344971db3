package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// CredentialName is the name under which systemd hands over the master key: LoadCredential=rollcall-master-key:FILE.
const CredentialName = "rollcall-master-key"

// Credential reads the master key that systemd hands over in a folder ($CREDENTIALS_DIRECTORY); empty when there is no
// such folder or no such credential in it. One that is empty or cannot be read is an error.
func Credential(folder string) (string, error) {
	if folder == "" {
		return "", nil
	}
	text, err := os.ReadFile(filepath.Join(folder, CredentialName))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("the systemd credential %s cannot be read: check its line in the unit", CredentialName)
	}
	if strings.TrimSpace(string(text)) == "" {
		return "", fmt.Errorf("the systemd credential %s is empty: check the file that LoadCredential names", CredentialName)
	}
	return string(text), nil
}

// staged is where a new key waits beside the key file until the data are sealed with it.
func staged(path string) string { return path + ".new" }

// WriteKey writes a key into a new file that only its owner may read; a file that is there is fs.ErrExist.
func WriteKey(path string, key Key) error { return writeKeyFile(path, key) }

// StageKey writes the new key beside the key file, where Load finds it if the data are sealed with it already.
func StageKey(path string, key Key) error {
	if err := os.Remove(staged(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("write key file: %w", err)
	}
	return writeKeyFile(staged(path), key)
}

// PlaceKey gives the staged key the name of the key file. The old key stays beside it, named by its ID, because backups
// made before need it; PlaceKey returns that name.
func PlaceKey(path, oldID string) (kept string, err error) {
	kept = path + ".old-" + oldID
	if err := os.Link(path, kept); err != nil && !errors.Is(err, fs.ErrExist) {
		if err := copyKey(path, kept); err != nil { // a file system without links
			return "", fmt.Errorf("keep the old key file: %w", err)
		}
	}
	if err := os.Rename(staged(path), path); err != nil {
		return "", fmt.Errorf("place the new key file: %w", err)
	}
	if folder, err := os.Open(filepath.Dir(path)); err == nil { // names survive a power cut, where the system can do that
		_ = folder.Sync()
		folder.Close()
	}
	return kept, nil
}

func copyKey(path, kept string) error {
	key, err := readKeyFile(path)
	if err != nil {
		return err
	}
	if err := writeKeyFile(kept, key); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// finishChange ends a change of the key that was cut off after the data were sealed anew.
func finishChange(path, oldID, known string) (*Vault, bool) {
	key, err := readKeyFile(staged(path))
	if err != nil || New(key).ID() != known {
		return nil, false
	}
	if _, err := PlaceKey(path, oldID); err != nil {
		return nil, false
	}
	return New(key), true
}
