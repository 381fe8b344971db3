package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"rollcall/internal/org"
	"rollcall/internal/signin"
	"rollcall/internal/sqlite"
	"rollcall/internal/vault"
)

type keyCmd struct {
	Rotate keyRotateCmd `cmd:"" help:"Seal every stored secret with a new master key. Stop serve first."`
	Show   keyShowCmd   `cmd:"" help:"Print the ID of the master key, never the key."`
}

type keyRotateCmd struct {
	Stdin bool   `help:"Read the new key from standard input; otherwise ROLLCALL_NEW_MASTER_KEY or ROLLCALL_NEW_MASTER_KEY_FILE has it, or one is made."`
	Out   string `help:"New file for a key that is made, when the present one comes from the environment or a systemd credential." type:"path" placeholder:"FILE"`
}

// purposes say for which purpose the secrets of a column are sealed.
var purposes = map[string]vault.Purpose{
	"account.token": vault.AccountToken, "api_account.token": vault.APIAccountToken, "api_account.secret": vault.APIAccountSecret,
	"totp.secret": signin.SealPurpose, "totp.pending": signin.SealPurpose,
}

// keyFile is where the master key lies when nothing else holds it.
func keyFile(folder string) string { return filepath.Join(folder, "master.key") }

// givenKey is the master key from the environment or from systemd, empty when neither has one.
func givenKey() (string, error) {
	given, err := secretFromEnv("ROLLCALL_MASTER_KEY")
	if err != nil || given != "" {
		return given, err
	}
	given, err = vault.Credential(os.Getenv("CREDENTIALS_DIRECTORY"))
	if err != nil {
		return "", org.Problem(org.KindStorage, "The master key cannot be used: "+err.Error()+".", err)
	}
	return given, nil
}

// Run seals everything anew. With a key file, the new key waits beside it until the data are sealed; whenever the process
// dies, the next start finds the key that fits.
func (c *keyRotateCmd) Run(ctx context.Context, g *Global, std streams) error {
	h, err := openHouse(ctx, g, API{AccountQuota: "70/1h"}, std, "key rotate")
	if err != nil {
		return err
	}
	defer h.Close()
	if err := h.db.Alone(ctx, "dashboard key rotate"); err != nil {
		return err
	}
	given, err := givenKey()
	if err != nil {
		return err
	}
	key, made, err := c.newKey(ctx, std)
	if err != nil {
		return err
	}
	before, after := h.vault, vault.New(key)
	if before.ID() == after.ID() {
		return org.Invalid("key", "The new master key is the one in use. Give another one.")
	}
	path := keyFile(g.folder())
	if err := c.putAway(path, key, given != "", made); err != nil {
		return err
	}
	count, err := h.rekey(ctx, before, after)
	if err != nil {
		return org.Problem(org.KindStorage, "The master key was not changed: "+sentence(err)+" Everything is as it was.", err)
	}
	return tellRotation(std, path, c.Out, before.ID(), after.ID(), count, given != "", made)
}

// newKey is the key that was given, or a new one.
func (c *keyRotateCmd) newKey(ctx context.Context, std streams) (key vault.Key, made bool, err error) {
	text, err := secretFromEnv("ROLLCALL_NEW_MASTER_KEY")
	if err == nil && c.Stdin {
		if text != "" {
			return key, false, org.Invalid("stdin", "The new key is in ROLLCALL_NEW_MASTER_KEY already. Give it once.")
		}
		if text, err = secretFromInput(ctx, std, "New master key: "); err == nil && text == "" {
			err = org.Invalid("stdin", "Standard input holds no key.")
		}
	}
	if err != nil {
		return key, false, err
	}
	if text == "" {
		return vault.NewKey(), true, nil
	}
	if key, err = vault.ParseKey(text); err != nil {
		err = org.Invalid("key", "The new key cannot be used: "+err.Error()+".")
	}
	return key, false, err
}

// putAway makes sure that the new key is on the disk, or in the hands of whoever gave it, before anything needs it.
func (c *keyRotateCmd) putAway(path string, key vault.Key, given, made bool) error {
	switch {
	case !given:
		return vault.StageKey(path, key)
	case !made:
		return nil
	case c.Out == "":
		return org.Invalid("out", "The present key is not in a file, so name one for the new key with --out, or give the new key.")
	}
	err := vault.WriteKey(c.Out, key)
	if errors.Is(err, fs.ErrExist) {
		err = org.Conflict("The file " + c.Out + " exists already. Choose another name.")
	}
	return err
}

// rekey seals every secret with the new key.
func (h *house) rekey(ctx context.Context, before, after *vault.Vault) (int, error) {
	return h.db.Rekey(ctx, after.ID(), func(c sqlite.SealedColumn, row int64, sealed []byte) (again, print []byte, err error) {
		purpose, known := purposes[c.Name()]
		if !known {
			return nil, nil, errors.New("nobody knows what it is sealed for")
		}
		secret, err := before.Open(purpose, row, sealed)
		if err != nil {
			return nil, nil, err
		}
		if c.Print != "" {
			if print, err = after.Print(purpose, secret); err != nil {
				return nil, nil, err
			}
		}
		again, err = after.Seal(purpose, row, secret)
		return again, print, err
	}, org.Activity{
		Actor: localActor(), Address: "local", Action: "key.rotate", Outcome: "done", Before: "key " + before.ID(), After: "key " + after.ID(),
	})
}

// tellRotation places the key file and says what is to do now.
func tellRotation(std streams, path, out, before, after string, count int, given, made bool) error {
	fmt.Fprintf(std.out, "Sealed %d secrets with master key %s.\n", count, after)
	switch {
	case !given:
		kept, err := vault.PlaceKey(path, before)
		if err != nil {
			return org.Problem(org.KindStorage, fmt.Sprintf("The data need key %s now, which is in %s.new: give it the name %s.", after, path, path), err)
		}
		_, err = fmt.Fprintf(std.out, "The new key is in %s. Backups made before need the old one, kept as %s: move it away from the data.\n", path, kept)
		return err
	case made:
		fmt.Fprintf(std.out, "The new key is in %s.\n", out)
	}
	_, err := fmt.Fprintf(std.out, "Give the new key to Rollcall in the place of key %s before the next start, and keep the old one for backups made before.\n", before)
	return err
}

type keyShowCmd struct{}

// Run prints the ID of the key that sealed the data.
func (keyShowCmd) Run(ctx context.Context, g *Global, std streams) error {
	h, err := openHouse(ctx, g, API{AccountQuota: "70/1h"}, std, "key show")
	if err != nil {
		return err
	}
	defer h.Close()
	_, err = fmt.Fprintln(std.out, h.vault.ID())
	return err
}
