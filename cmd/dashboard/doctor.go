package main

import (
	"context"
	"fmt"

	"rollcall/internal/account"
	"rollcall/internal/org"
	"rollcall/internal/throttle"
)

// doctorRequests is the most that a doctor run spends of an account's quota.
const doctorRequests = 10

type doctorCmd struct {
	API `embed:""`

	Account string `help:"UUID of one account; every connected one otherwise." placeholder:"UUID"`
	Offline bool   `help:"Check only what is on this machine; send no request."`
}

// Run checks the installation from the inside out and prints a line for each thing. It fails with errPartial when
// something needs attention.
func (c *doctorCmd) Run(ctx context.Context, g *Global, std streams) error {
	r := &report{std: std}
	h, err := openHouse(ctx, g, c.API, std, "doctor")
	if err != nil {
		return err
	}
	defer h.Close()
	r.good("data folder %s, database and master key %s", g.folder(), h.vault.ID())
	r.database(h.db.Check(ctx))
	settings, err := h.db.Settings(ctx)
	r.check(fmt.Sprintf("settings: zone %s, inactive after %d days, daily sync %v at %s", settings.Zone, settings.InactiveDays, settings.DailySync, settings.SyncAt), err)
	accounts, err := (&syncCmd{Account: c.Account}).accounts(ctx, h)
	if err != nil {
		r.check("connected accounts", err)
		return r.end()
	}
	for _, a := range accounts {
		c.account(throttle.ForMember(ctx), h, a, r)
		h.record(ctx, org.Activity{Account: a.ID, Action: "doctor", Subject: a.UUID, Outcome: "done", After: fmt.Sprintf("%d findings need attention", r.bad)})
	}
	return r.end()
}

// account checks one account against the live API.
func (c *doctorCmd) account(ctx context.Context, h *house, a org.Account, r *report) {
	client, err := h.client(ctx, a)
	r.check("token of "+printable(a.Label())+" opens, it ends in "+a.TokenLast4, err)
	if err != nil || c.Offline {
		return
	}
	quota, err := h.limits.Quota(ctx, a.ID)
	r.check(fmt.Sprintf("quota: %d of %d requests left; this check spends %d at most", quota.Left(), quota.Limit, doctorRequests), err)
	found, err := client.Ask(ctx, doctorRequests)
	r.check("connection to "+h.api.APIURL, err)
	if err == nil {
		r.findings(found)
	}
}

// findings prints what the API answered. Only what keeps a sync from running counts as bad.
func (r *report) findings(found account.Findings) {
	for _, line := range found.Check.Lines() {
		r.note(line)
	}
	if !found.Check.Usable() {
		r.bad++
	}
	for _, f := range found.Answers {
		r.note(f.Question + " " + f.Answer)
	}
	for _, line := range found.Schema {
		r.note("schema: " + line)
	}
	if found.Stopped != "" {
		r.note(found.Stopped)
	}
	r.note(fmt.Sprintf("%d requests were spent", found.Requests))
}

// report prints what was checked and counts what needs attention.
type report struct {
	std streams
	bad int
}

func (r *report) note(line string) { fmt.Fprintln(r.std.out, "     "+printable(line)) }

func (r *report) good(format string, args ...any) {
	fmt.Fprintf(r.std.out, "ok   "+format+"\n", args...)
}

func (r *report) check(what string, err error) {
	if err == nil {
		r.good("%s", what)
		return
	}
	r.bad++
	fmt.Fprintf(r.std.out, "BAD  %s: %s\n", what, printable(sentence(err)))
}

func (r *report) database(problems []string, err error) {
	r.check("database can be read whole", err)
	for _, problem := range problems {
		r.bad++
		fmt.Fprintf(r.std.out, "BAD  database: %s. Restore the newest backup.\n", problem)
	}
}

func (r *report) end() error {
	if r.bad == 0 {
		fmt.Fprintln(r.std.out, "Everything is fine.")
		return nil
	}
	fmt.Fprintf(r.std.out, "%d of these need attention.\n", r.bad)
	return errPartial
}
