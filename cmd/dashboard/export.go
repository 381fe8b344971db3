package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"rollcall/internal/export"
	"rollcall/internal/org"
)

// exportCmd has no environment variables: what changes a file stands on its command line.
type exportCmd struct {
	Kind    string `arg:"" help:"access, users, changes, permission-matrix, matrix, stores, permissions, snapshots, apps, subscriptions, webhooks, api-accounts, findings or activity."`
	Account string `help:"UUID of the account; may be left out when there is only one." placeholder:"UUID"`
	Format  string `help:"csv, xlsx, json or jsonl." default:"csv"`
	AsOf    string `help:"Day (its end in the display zone), RFC 3339 time or snapshot number; the newest snapshot otherwise." placeholder:"T"`
	Where   string `help:"Filter: the query string of the page that lists the kind, for example \"role=owner-like&login=never\"." placeholder:"QUERY"`
	Out     string `short:"o" help:"File to write, with FILE.manifest.json beside it; standard output otherwise." placeholder:"FILE" type:"path"`
	BOM     bool   `name:"bom" help:"Start a CSV with a byte order mark, for old spreadsheet programs."`
}

// Run writes the file. It fails with errPartial when the snapshot that it shows is not complete.
func (c *exportCmd) Run(ctx context.Context, g *Global, std streams) error {
	job, err := c.parse()
	if err != nil {
		return err
	}
	h, err := openHouse(ctx, g, API{AccountQuota: "70/1h"}, std, "export")
	if err != nil {
		return err
	}
	defer h.Close()
	if err := h.fill(ctx, &job, c.Account); err != nil {
		return err
	}
	err = c.write(ctx, g, h, job, std)
	h.record(ctx, exportActivity(job, err))
	if err == nil && job.Snapshot.State == org.Partial {
		fmt.Fprintf(std.err, "Snapshot %d is partial: %s\n", job.Snapshot.ID, job.Snapshot.Reason)
		return errPartial
	}
	return err
}

// parse reads the flags. The filter may name a day as well; --as-of wins.
func (c *exportCmd) parse() (job export.Job, err error) {
	if job.Kind, err = export.ParseKind(c.Kind); err != nil {
		return job, err
	}
	if job.Format, err = export.ParseFormat(c.Format); err != nil {
		return job, err
	}
	if job.Query, err = org.ParseQueryString(c.Where); err != nil {
		return job, err
	}
	if c.AsOf != "" {
		job.Query.AsOf, err = org.ParseAsOf(c.AsOf)
	}
	job.BOM, job.By, job.Version = c.BOM, localActor(), versionText()
	return job, err
}

// fill finds what the job leaves open: account, settings and snapshot.
func (h *house) fill(ctx context.Context, job *export.Job, uuid string) (err error) {
	if job.Account, err = h.find(ctx, uuid); err != nil {
		return err
	}
	if job.Settings, err = h.db.Settings(ctx); err != nil {
		return err
	}
	job.Scope, job.At = org.Scope{Account: job.Account.ID}, h.now()
	job.Snapshot, err = h.db.AsOf(ctx, job.Scope, job.Query.AsOf, job.Settings.Zone)
	if err == nil && job.Kind.Timeless() {
		if !job.Query.AsOf.IsZero() {
			return org.Invalid("as-of", "The activity log has no snapshots. Use --where with from and to, for example from=2026-03-01&to=2026-03-31.")
		}
		return nil
	}
	if err == nil && job.Kind == export.Findings {
		_, err = h.db.EvaluateFindings(ctx, job.Account.ID)
	}
	if err == nil && job.Snapshot.ID == 0 {
		err = org.Conflict(job.Account.Label() + " was never synced. Run \"dashboard sync\" first.")
	}
	return err
}

func (c *exportCmd) write(ctx context.Context, g *Global, h *house, job export.Job, std streams) error {
	if c.Out == "" {
		return h.sendExport(ctx, g.spool(), job, std)
	}
	m, err := export.WriteFile(ctx, h.db, job, c.Out)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.err, "%s: %d rows%s, SHA-256 %s\n", c.Out, m.Rows.Delivered, ofSnapshot(job), m.SHA256)
	return err
}

// sendExport writes to standard output. The file is made beside the data first, so that an error leaves no part of it in
// the hands of the next program.
func (h *house) sendExport(ctx context.Context, folder string, job export.Job, std streams) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return org.Problem(org.KindStorage, "The folder "+folder+" cannot be made.", err)
	}
	made, err := export.Spool(ctx, h.db, job, folder)
	if err != nil {
		return err
	}
	defer os.Remove(made.Path)
	file, err := os.Open(made.Path)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := io.Copy(std.out, file); err != nil {
		return org.Problem(org.KindStorage, "The export could not be written to standard output: "+err.Error(), err)
	}
	return nil
}

// ofSnapshot names the snapshot whose rows a file holds.
func ofSnapshot(job export.Job) string {
	if job.Kind.Timeless() {
		return ""
	}
	return fmt.Sprintf(" of snapshot %d", job.Snapshot.ID)
}

func exportActivity(job export.Job, err error) org.Activity {
	act := org.Activity{
		Account: job.Account.ID, Action: "export", Subject: string(job.Kind) + "." + string(job.Format), Outcome: "done",
		After: fmt.Sprintf("rows%s, filter %q", ofSnapshot(job), job.Query.Encode()),
	}
	if err != nil {
		act.Outcome, act.After = "failed", org.TextOf(err)
	}
	return act
}
