package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/sqlite"
	"rollcall/internal/vault"
)

type restoreCmd struct {
	File       string `arg:"" help:"File made with \"dashboard backup\"." type:"path"`
	WithoutKey bool   `name:"without-key" help:"Restore although the master key of the backup is not here: its tokens stay closed until the key is."`
}

// Run checks the backup, says which master key it needs, and puts it into the place of the database, which is kept
// beside it. Nobody else may use the folder meanwhile.
func (c *restoreCmd) Run(ctx context.Context, g *Global, std streams) error {
	r, err := sqlite.PrepareRestore(ctx, g.folder(), c.File, "dashboard restore")
	if err != nil {
		return err
	}
	defer r.Close()
	if err := c.tellKey(g, std, r.KeyID); err != nil {
		return err
	}
	kept, err := r.Replace(ctx, time.Now())
	if err != nil {
		return err
	}
	if kept != "" {
		fmt.Fprintf(std.out, "The database that was here is kept as %s.\n", kept)
	}
	if err := r.Close(); err != nil {
		return err
	}
	return c.record(ctx, g, std, kept)
}

// tellKey names the key that the backup needs before anything is replaced, and refuses when another one or none is here.
func (c *restoreCmd) tellKey(g *Global, std streams, needed string) error {
	if needed == "" {
		_, err := fmt.Fprintln(std.out, "The backup holds no sealed token: any master key fits.")
		return err
	}
	fmt.Fprintf(std.out, "The backup needs master key %s.\n", needed)
	given, err := givenKey()
	if err != nil {
		return err
	}
	path := keyFile(g.folder())
	_, err = os.Stat(path)
	if given == "" && errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("the master key is missing: it is neither in ROLLCALL_MASTER_KEY nor in a systemd credential nor in %s", path)
	} else {
		_, _, err = vault.Load(given, path, needed)
	}
	if err == nil || c.WithoutKey {
		return nil
	}
	return org.Problem(org.KindStorage, "Nothing was restored: "+err.Error()+". Put key "+needed+" there, or restore with --without-key and connect the accounts with their tokens again.", err)
}

// record brings the restored database to the newest schema and writes down where it came from.
func (c *restoreCmd) record(ctx context.Context, g *Global, std streams, kept string) error {
	db, err := sqlite.Open(ctx, g.folder(), sqlite.Options{Command: "dashboard restore"})
	if err != nil {
		return err
	}
	defer db.Close()
	h := &house{db: db, log: g.logger(std.err)}
	h.record(ctx, org.Activity{Action: "restore", Subject: c.File, Outcome: "done", Before: kept})
	_, err = fmt.Fprintf(std.out, "Restored %s. Everybody must sign in again.\n", c.File)
	return err
}
