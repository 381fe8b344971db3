package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/refresh"
)

type syncCmd struct {
	API `embed:""`

	Account string `help:"UUID of one account; every connected one otherwise." placeholder:"UUID"`
	JSON    bool   `help:"One JSON object a line for each account, on standard output."`
	NoWait  bool   `help:"Stop when the quota is used up; the next sync goes on from there."`
}

// Run syncs one account after the other. It fails with errPartial when one of them did not end complete.
func (c *syncCmd) Run(ctx context.Context, g *Global, std streams) error {
	h, err := openHouse(ctx, g, c.API, std, "sync")
	if err != nil {
		return err
	}
	defer h.Close()
	if err := h.connectFromEnv(ctx); err != nil {
		return err
	}
	accounts, err := c.accounts(ctx, h)
	if err != nil {
		return err
	}
	var worst error
	for _, a := range accounts {
		result, err := c.one(ctx, h, a, std)
		if err != nil {
			return err
		}
		if result.State != org.Complete {
			worst = errPartial
		}
	}
	return worst
}

func (c *syncCmd) accounts(ctx context.Context, h *house) ([]org.Account, error) {
	if c.Account != "" {
		a, err := h.find(ctx, c.Account)
		return []org.Account{a}, err
	}
	all, err := h.db.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	var connected []org.Account
	for _, a := range all {
		if a.Connected {
			connected = append(connected, a)
		}
	}
	if len(connected) == 0 {
		return nil, org.Conflict("No account is connected yet. Connect one with \"dashboard account add UUID\" or in the browser.")
	}
	return connected, nil
}

// one syncs an account, showing its progress. It prints how the accesses ended as soon as they are settled; what is
// left over, apps and the account's own list, may take until the quota allows it.
func (c *syncCmd) one(ctx context.Context, h *house, a org.Account, std streams) (refresh.Result, error) {
	s, err := h.sync(ctx, a, fmt.Sprintf("sync/%d", os.Getpid()))
	if err != nil {
		return refresh.Result{}, err
	}
	quiet := h.showProgress(ctx, a, std)
	told := false
	tell := func(r refresh.Result) { told, err = true, c.tell(a, r, std) }
	result, runErr := s.Run(ctx, a, refresh.Options{NoWait: c.NoWait, Rest: true, Closed: tell})
	quiet()
	switch {
	case runErr == nil || ctx.Err() == nil:
	case told: // what is left over is read by the next sync
		runErr = nil
	default:
		runErr = org.Problem(org.KindBusy, "The sync was stopped. What was read is kept, and the next sync goes on from there.", runErr)
	}
	h.record(context.WithoutCancel(ctx), syncActivity(a, result, runErr))
	if runErr == nil && !told {
		tell(result)
	}
	return result, errors.Join(runErr, err)
}

// tell prints how a sync ended: a sentence, or one line of JSON.
func (c *syncCmd) tell(a org.Account, r refresh.Result, std streams) error {
	if c.JSON {
		return json.NewEncoder(std.out).Encode(r)
	}
	_, err := fmt.Fprintln(std.out, printable(resultLine(a, r)))
	return err
}

func syncActivity(a org.Account, r refresh.Result, err error) org.Activity {
	act := org.Activity{
		Account: a.ID, Action: "sync", Subject: a.Label(), Outcome: "done",
		After: fmt.Sprintf("snapshot %d %s, %d requests", r.Snapshot, r.State, r.Requests),
	}
	switch {
	case errors.Is(err, context.Canceled):
		act.Outcome, act.After = "stopped", "The next sync goes on from there."
	case err != nil:
		act.Outcome, act.After = "failed", org.TextOf(err)
	}
	return act
}

func resultLine(a org.Account, r refresh.Result) string {
	line := fmt.Sprintf("%s: snapshot %d is %s: %d stores, %d users, %d accesses, %d requests", a.Label(), r.Snapshot, r.State,
		r.Stores, r.Users, r.Access, r.Requests)
	if r.StoresFailed > 0 {
		line += fmt.Sprintf(", not read completely: %d", r.StoresFailed)
	}
	if r.Reason != "" {
		line += ". " + r.Reason
	}
	if r.Resumable {
		line += " The next sync goes on from here."
	}
	return line
}

// showProgress keeps one line on a terminal up to date until the returned function is called.
func (h *house) showProgress(ctx context.Context, a org.Account, std streams) (stop func()) {
	if !isTerminal(std.err) {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.drawProgress(ctx, a, std)
	}()
	return func() {
		cancel()
		<-done
	}
}

func (h *house) drawProgress(ctx context.Context, a org.Account, std streams) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			fmt.Fprint(std.err, "\r\x1b[K")
			return
		case <-tick.C:
			if p, running, err := h.db.Progress(ctx, a.ID); err == nil && running {
				fmt.Fprint(std.err, "\r\x1b[K"+printable(progressLine(p)))
			}
		}
	}
}

func progressLine(p org.Progress) string {
	stores := fmt.Sprintf("%d stores", p.StoresDone)
	if p.StoresAll > 0 {
		stores = fmt.Sprintf("%d of %d stores", p.StoresDone, p.StoresAll)
	}
	line := fmt.Sprintf("%s, %d accesses, %d requests", stores, p.Accesses, p.Requests)
	if p.Rest {
		line = p.Phase
	}
	if p.TokensAll > 0 {
		line += fmt.Sprintf(", %d of %d API accounts", p.TokensDone, p.TokensAll)
	}
	if !p.WaitUntil.IsZero() {
		line += fmt.Sprintf(", waiting until %s: %s", p.WaitUntil.Local().Format("15:04"), p.WaitReason)
	}
	return line
}
