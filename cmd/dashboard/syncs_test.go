package main

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/sandbox"
)

// openHere opens the place's data folder as a command does.
func (p *place) openHere() *house {
	p.t.Helper()
	std := streams{in: &bytes.Buffer{}, out: &bytes.Buffer{}, err: &bytes.Buffer{}}
	h, err := openHouse(p.t.Context(), &Global{Data: p.folder, LogLevel: "error"}, API{APIURL: p.url, AccountQuota: "1000/1h"}, std, "test")
	if err != nil {
		p.t.Fatal(err)
	}
	h.log = slog.New(slog.DiscardHandler)
	p.t.Cleanup(func() { h.Close() })
	return h
}

// activity lists the log of an account, newest first.
func (p *place) activity(h *house, id org.AccountID) []org.ActivityRow {
	p.t.Helper()
	page, err := h.db.ActivityPage(context.Background(), id, org.Query{})
	if err != nil {
		p.t.Fatal(err)
	}
	return page.Rows
}

func TestDailySyncThatIsCutOffIsRecorded(t *testing.T) {
	t.Parallel()
	p := newPlace(t, sandbox.Config{Limits: sandbox.Limits{Latency: time.Minute}})
	h := p.openHere()
	a, err := h.connect(t.Context(), sandbox.DefaultUUID, p.token)
	if err != nil {
		t.Fatal(err)
	}
	s := newSyncs(h)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- s.daily().Run(ctx) }()
	p.wait(func() bool { return s.Running(a.ID) })
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := s.stop(20 * time.Second); err != nil {
		t.Error(err)
	}
	row := p.activity(h, a.ID)[0]
	if row.Actor != "daily sync" || row.Action != "sync" || row.Outcome != "stopped" {
		t.Errorf("recorded %+v", row)
	}
	if problem := s.Problem(a.ID); problem != "" {
		t.Errorf("the end of the program is a problem of the sync: %s", problem)
	}
}

func TestDaysOfTheDemoAreRecorded(t *testing.T) {
	t.Parallel()
	h, d := openDemo(t)
	if err := d.live(t.Context(), h, 0); err != nil {
		t.Fatal(err)
	}
	d.recordDay(t.Context(), d.nextDay(t.Context()))
	p := &place{t: t}
	if row := p.activity(h, d.account.ID)[0]; row.Actor != "demo" || row.Action != "demo.next-day" || row.Outcome != "done" {
		t.Errorf("recorded %+v", row)
	}
}
