package main

import (
	"context"
	"fmt"

	"rollcall/internal/org"
)

type backupCmd struct {
	File string `arg:"" help:"New file for the copy. It never holds the master key." type:"path"`
}

// Run copies the database while others go on using it.
func (c *backupCmd) Run(ctx context.Context, g *Global, std streams) error {
	h, err := openHouse(ctx, g, API{AccountQuota: "70/1h"}, std, "backup")
	if err != nil {
		return err
	}
	defer h.Close()
	err = h.db.Backup(ctx, c.File)
	h.record(ctx, org.Activity{Action: "backup", Subject: c.File, Outcome: outcome(err)})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s is a copy of the database. Its tokens open with master key %s, which is not in it: keep that elsewhere.\n", c.File, h.vault.ID())
	return err
}
