// Package trail passes the activity log on to receivers outside: a file of JSON lines and a syslog server. Rows are read
// from the log behind the last one that a receiver got, so that nothing that happens in Rollcall waits for a receiver and
// a restart leaves no gap. Every row is passed on at least once; its number tells repeated ones.
package trail

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"rollcall/internal/org"
)

// Source is the activity log.
type Source interface {
	// ActivityAfter lists rows behind a row in the order in which they were written.
	ActivityAfter(ctx context.Context, id int64, limit int) ([]org.ActivityRow, error)
	ActivityHead(ctx context.Context) (org.ActivityHead, error)
	// ActivityPlace is the last row that a receiver got, and how many behind it were pruned before it could get them.
	ActivityPlace(ctx context.Context, receiver string) (last, lost int64, err error)
	SetActivityPlace(ctx context.Context, receiver string, last int64) error
	AddActivity(ctx context.Context, a org.Activity) error
}

// Receiver takes rows. Send says how many of them arrived, which may be fewer together with an error.
type Receiver interface {
	Name() string // under which its place in the log is remembered; it holds no secret
	Send(ctx context.Context, rows []org.ActivityRow) (sent int, err error)
	Close() error
}

// batch is how many rows are read and sent at a time.
const batch = 200

// Trail passes the log on to one receiver.
type Trail struct {
	Source   Source
	Receiver Receiver
	Log      *slog.Logger
	Every    time.Duration // how often to look for new rows; zero means each second
	Queue    int64         // rows that may wait for the receiver; when more do, those before the newest half are dropped and counted. Zero: all wait

	failing bool
}

// longestPause is between two tries when a receiver keeps failing.
const longestPause = time.Minute

// Run passes rows on until the context ends.
func (t *Trail) Run(ctx context.Context) {
	every := t.Every
	if every <= 0 {
		every = time.Second
	}
	pause := every
	for {
		if err := t.runOnce(ctx); err == nil {
			t.told(nil)
			pause = every
		} else if ctx.Err() == nil {
			t.told(err)
			pause = min(2*pause, max(longestPause, every))
		}
		select {
		case <-ctx.Done():
			t.Receiver.Close()
			return
		case <-time.After(pause):
		}
	}
}

// told logs when a receiver begins and when it ends to fail, not each try between.
func (t *Trail) told(err error) {
	switch {
	case err != nil && !t.failing:
		t.Log.Warn("activity is not passed on; it waits in the log", "receiver", t.Receiver.Name(), "error", err)
	case err == nil && t.failing:
		t.Log.Info("activity is passed on again", "receiver", t.Receiver.Name())
	}
	t.failing = err != nil
}

// runOnce passes on all rows that are there.
func (t *Trail) runOnce(ctx context.Context) error {
	for {
		last, err := t.place(ctx)
		if err != nil {
			return err
		}
		rows, err := t.Source.ActivityAfter(ctx, last, batch)
		if err != nil || len(rows) == 0 {
			return err
		}
		sent, sendErr := t.Receiver.Send(ctx, rows)
		if sent > 0 {
			if err := t.Source.SetActivityPlace(ctx, t.Receiver.Name(), rows[sent-1].ID); err != nil {
				return err
			}
		}
		if sendErr != nil {
			return sendErr
		}
	}
}

// place is the row behind which to go on. When more rows wait than may, the oldest are dropped; how many is written into
// the log, which passes it on as well.
func (t *Trail) place(ctx context.Context) (int64, error) {
	last, lost, err := t.Source.ActivityPlace(ctx, t.Receiver.Name())
	if err != nil {
		return 0, err
	}
	if last == 0 { // a new receiver gets all that there is; what was pruned before is no loss
		return last, nil
	}
	from := last + lost
	head, err := t.Source.ActivityHead(ctx)
	if err != nil {
		return 0, err
	}
	if waiting := head.Count - from; t.Queue > 0 && waiting > t.Queue {
		from = head.Count - t.Queue/2 // not one by one: each time adds a row
	}
	if from == last {
		return last, nil
	}
	if err := t.Source.SetActivityPlace(ctx, t.Receiver.Name(), from); err != nil {
		return 0, err
	}
	t.Log.Warn("activity was dropped: the receiver was away for too long", "receiver", t.Receiver.Name(), "rows", from-last)
	return from, t.Source.AddActivity(ctx, org.Activity{
		Actor: "rollcall", Address: "local", Action: org.ActivityDropped, Subject: t.Receiver.Name(), Outcome: "failed",
		After: fmt.Sprintf("%d rows, %d to %d", from-last, last+1, from),
	})
}
