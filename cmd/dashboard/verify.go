package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"rollcall/internal/org"
	"rollcall/internal/sqlite"
)

type verifyCmd struct {
	Head string `help:"A head that was kept outside, for example activity_head of a manifest: proves that nothing before it was cut off the end." placeholder:"HASH"`
}

// Run walks the chain of the activity log. It needs no master key, and others may go on working.
func (c *verifyCmd) Run(ctx context.Context, g *Global, std streams) error {
	var published *org.ActivityHash
	if c.Head != "" {
		head, err := org.ParseActivityHash(c.Head)
		if err != nil {
			return err
		}
		published = &head
	}
	file := filepath.Join(g.folder(), sqlite.FileName)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return org.NotFound("database: " + file)
	}
	db, err := sqlite.Open(ctx, g.folder(), sqlite.Options{Command: "dashboard verify"})
	if err != nil {
		return err
	}
	defer db.Close()
	proof, err := db.ProveActivity(ctx, published)
	if err != nil {
		return err
	}
	if err := tellProof(std, proof); err != nil {
		return err
	}
	h := &house{db: db, log: g.logger(std.err)}
	return h.keepProof(ctx, proof)
}

// tellProof prints what was proven: rows, head and what was pruned.
func tellProof(std streams, p org.ActivityProof) error {
	pruned := ""
	if p.Pruned > 0 {
		pruned = fmt.Sprintf(" (%d kept, %d pruned)", p.Head.Count-p.Pruned, p.Pruned)
	}
	word := "The activity log is whole."
	if !p.Whole() {
		word = "The activity log is NOT whole; rows and head say how far it is."
	}
	_, err := fmt.Fprintf(std.out, "rows %d%s\nhead %s\n%s\n", p.Head.Count, pruned, p.Head.Hash, word)
	return err
}

// keepProof keeps the proof for the page of the log and records it; a broken chain is an error that names the row. A log
// that is damaged may take no more rows, which is no reason to say nothing.
func (h *house) keepProof(ctx context.Context, p org.ActivityProof) error {
	if err := h.db.SaveActivityProof(ctx, p); err != nil {
		h.log.Warn("the proof is not kept for the activity page", "error", err)
	}
	act := org.Activity{Action: "activity.verify", Subject: fmt.Sprintf("%d rows", p.Head.Count), Outcome: "done", After: "head " + p.Head.Hash.String()}
	if p.Whole() {
		h.record(ctx, act)
		return nil
	}
	act.Outcome, act.After = "failed", fmt.Sprintf("row %d: %s", p.Broken, p.Why)
	h.record(ctx, act)
	return org.Problem(org.KindStorage, fmt.Sprintf("The activity log is broken at row %d: %s. Keep a copy of the data folder as evidence and compare it with a backup.", p.Broken, p.Why), nil)
}
