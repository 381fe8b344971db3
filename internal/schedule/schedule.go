// Package schedule runs jobs once a day at a time of the local clock. Which days ran is kept by the Slots it is given,
// so neither a restart nor a second process runs a day twice.
package schedule

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"rollcall/internal/org"
)

// Slots remembers what ran.
type Slots interface {
	// ClaimSlot takes the slot of a job for the caller; false when it was taken before, by anybody.
	ClaimSlot(ctx context.Context, job, slot string) (bool, error)
}

// Daily is a time of the local clock. The zero Daily never comes.
type Daily struct {
	On   bool
	At   string // HH:MM
	Zone *time.Location
}

// DailySync is the schedule of syncs that the settings ask for.
func DailySync(s org.Settings) Daily { return Daily{On: s.DailySync, At: s.SyncAt, Zone: s.Zone} }

// slot is the newest local day whose time has come at the moment now. Comparing clocks instead of adding hours makes
// it right when clocks change: a time that is left out counts as come right after the gap, one that comes twice counts
// at its first coming.
func (d Daily) slot(now time.Time) string {
	local := now.In(d.zone())
	if local.Format("15:04") < d.At {
		local = time.Date(local.Year(), local.Month(), local.Day()-1, 12, 0, 0, 0, d.zone())
	}
	return local.Format(time.DateOnly)
}

func (d Daily) zone() *time.Location {
	if d.Zone == nil {
		return time.UTC
	}
	return d.Zone
}

// Job is something to do once a day.
type Job struct {
	Name string
	When func(ctx context.Context) (Daily, error) // asked again and again, so that a changed setting counts soon
	Run  func(ctx context.Context) error
}

// Loop runs jobs until its context ends.
type Loop struct {
	Slots Slots
	Log   *slog.Logger
	Now   func() time.Time // nil means time.Now
	Every time.Duration    // how often the clock is looked at; 0 means 30 seconds
}

// Run blocks until the context ends and all jobs have come to their end. A job that takes long holds up no other.
// The newest slot that was missed while nothing ran is caught up once.
func (l Loop) Run(ctx context.Context, jobs ...Job) {
	var all sync.WaitGroup
	for _, job := range jobs {
		all.Go(func() { l.watch(ctx, job) })
	}
	all.Wait()
}

func (l Loop) watch(ctx context.Context, job Job) {
	every := l.Every
	if every == 0 {
		every = 30 * time.Second
	}
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	var seen turn
	for {
		seen = l.runOnce(ctx, job, seen)
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}

// turn is what a look at the clock leaves for the next one.
type turn struct {
	when Daily
	slot string // the newest slot that is dealt with; empty before the first look
}

// runOnce looks at the clock and runs the job when its slot has come and nobody took it. Errors are logged: the next
// look tries again what was not claimed.
func (l Loop) runOnce(ctx context.Context, job Job, seen turn) turn {
	when, err := job.When(ctx)
	if err != nil {
		l.Log.ErrorContext(ctx, "schedule not read", "job", job.Name, "error", err)
		return seen
	}
	slot := when.slot(l.now())
	// A schedule that was switched on or moved waits for its next time: the slot it finds was not missed.
	changed := seen.slot != "" && seen.when != when
	slot = laterOf(slot, seen.slot)
	if !when.On || slot == seen.slot && !changed {
		return turn{when, slot}
	}
	mine, err := l.Slots.ClaimSlot(ctx, job.Name, slot)
	if err != nil {
		l.Log.ErrorContext(ctx, "slot not claimed", "job", job.Name, "slot", slot, "error", err)
		return seen
	}
	if mine && !changed {
		l.run(ctx, job, slot)
	}
	return turn{when, slot}
}

// laterOf keeps the slot that is dealt with when a clock is set back by a day at most, as in autumn: that makes no new
// day. One that is set back further was wrong before.
func laterOf(slot, seen string) string {
	day, err := time.Parse(time.DateOnly, slot)
	if err == nil && day.AddDate(0, 0, 1).Format(time.DateOnly) >= seen {
		return max(slot, seen)
	}
	return slot
}

func (l Loop) run(ctx context.Context, job Job, slot string) {
	began := l.now()
	err := job.Run(ctx)
	took := l.now().Sub(began)
	if err != nil {
		l.Log.ErrorContext(ctx, "job failed", "job", job.Name, "slot", slot, "took", took, "error", err)
		return
	}
	l.Log.InfoContext(ctx, "job ran", "job", job.Name, "slot", slot, "took", took)
}

func (l Loop) now() time.Time {
	if l.Now == nil {
		return time.Now()
	}
	return l.Now()
}
