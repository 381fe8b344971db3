package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/schedule"
	"rollcall/internal/trail"
)

// activityFlags say how long the activity log is kept and who gets it as well.
type activityFlags struct {
	Months int    `help:"Whole months for which rows of the activity log are kept, at least 13." default:"25" env:"ROLLCALL_ACTIVITY_MONTHS"`
	File   string `help:"File to which every new row of the activity log is appended as a line of JSON." env:"ROLLCALL_ACTIVITY_FILE" type:"path" placeholder:"FILE"`
	Syslog string `help:"Syslog server that gets every new row: tls://HOST:6514, tcp://HOST:601, udp://HOST:514 or unix:///dev/log." env:"ROLLCALL_ACTIVITY_SYSLOG" placeholder:"ADDRESS"`
}

// syslogQueue is how many rows may wait for a syslog server that is away.
const syslogQueue = 100_000

// check reads the flags; nothing is opened yet.
func (f activityFlags) check() (receivers []trail.Trail, err error) {
	if f.Months < org.MinActivityMonths {
		return nil, org.Invalid("activity-months", fmt.Sprintf("The activity log is kept for at least %d months.", org.MinActivityMonths))
	}
	if f.File != "" {
		receivers = append(receivers, trail.Trail{Receiver: trail.File{Path: f.File}})
	}
	if f.Syslog != "" {
		server, err := trail.ParseSyslog(strings.TrimSpace(f.Syslog))
		if err != nil {
			return nil, err
		}
		receivers = append(receivers, trail.Trail{Receiver: server, Queue: syslogQueue})
	}
	return receivers, nil
}

// keepLog passes the activity log on, prunes it and proves it, until the function that it returns is called.
func (h *house) keepLog(ctx context.Context, receivers []trail.Trail, months int) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var others sync.WaitGroup
	for i := range receivers {
		t := &receivers[i]
		t.Source, t.Log = h.db, h.log
		others.Go(func() { t.Run(ctx) })
	}
	others.Go(func() {
		h.proveIfOld(ctx)
		schedule.Loop{Slots: h.db, Log: h.log, Now: h.now}.Run(ctx, schedule.Job{
			Name: "prune and verify the activity log",
			When: func(context.Context) (schedule.Daily, error) { return schedule.Daily{On: true, At: "00:40"}, nil },
			Run:  func(ctx context.Context) error { return h.tendLog(ctx, months) },
		})
	})
	return func() {
		cancel()
		others.Wait()
	}
}

// proveIfOld proves the log at the start when nobody did so within a day.
func (h *house) proveIfOld(ctx context.Context) {
	last, err := h.db.ActivityProof(ctx)
	if err == nil && h.now().Sub(last.At) > 24*time.Hour {
		err = h.proveLog(ctx)
	}
	if err != nil && ctx.Err() == nil {
		h.log.Error("activity log not proven", "error", err)
	}
}

// tendLog prunes what is old enough and proves the rest.
func (h *house) tendLog(ctx context.Context, months int) error {
	pruned, err := h.db.PruneActivity(ctx, months, "schedule")
	if err != nil {
		h.log.Error("activity log not pruned", "error", err)
	} else if pruned > 0 {
		h.log.Info("activity log pruned", "rows", pruned, "months", months)
	}
	return h.proveLog(ctx)
}

// proveLog walks the chain and keeps the result for the page of the log. A broken chain is logged loudly and recorded.
func (h *house) proveLog(ctx context.Context) error {
	proof, err := h.db.ProveActivity(ctx, nil)
	if err != nil {
		return err
	}
	before, err := h.db.ActivityProof(ctx)
	if err != nil {
		return err
	}
	if err := h.db.SaveActivityProof(ctx, proof); err != nil || proof.Whole() {
		return err
	}
	h.log.Error("THE ACTIVITY LOG IS BROKEN", "row", proof.Broken, "why", proof.Why)
	if before.Broken == proof.Broken { // recorded when it was found
		return nil
	}
	return h.db.AddActivity(ctx, org.Activity{
		Actor: "schedule", Address: "local", Action: "activity.verify", Outcome: "failed", After: fmt.Sprintf("row %d: %s", proof.Broken, proof.Why),
	})
}
