package schedule

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestSlot(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, at, now, want string // now in UTC
	}{
		{"before the time: yesterday", "02:00", "2026-05-10T23:59:00Z", "2026-05-10"},
		{"at the time: today", "02:00", "2026-05-11T00:00:00Z", "2026-05-11"},
		{"first of a month before the time", "02:00", "2026-04-30T23:00:00Z", "2026-04-30"},
		{"spring: 02:30 does not exist, before the gap", "02:30", "2026-03-29T00:59:00Z", "2026-03-28"},
		{"spring: right after the gap", "02:30", "2026-03-29T01:00:00Z", "2026-03-29"},
		{"autumn: first 02:30", "02:30", "2026-10-25T00:30:00Z", "2026-10-25"},
		{"autumn: 02:10 again, an hour later, still the slot of before", "02:30", "2026-10-25T00:10:00Z", "2026-10-24"},
		{"autumn: second 02:30", "02:30", "2026-10-25T01:30:00Z", "2026-10-25"},
	}
	for _, test := range tests {
		now, err := time.Parse(time.RFC3339, test.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := (Daily{On: true, At: test.at, Zone: berlin}).slot(now); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}

// slots is a table of slots in memory.
type slots struct {
	mu    sync.Mutex
	taken map[string]bool
	fail  int // how many claims fail first
}

func (s *slots) ClaimSlot(_ context.Context, job, slot string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail > 0 {
		s.fail--
		return false, errors.New("database is busy")
	}
	if s.taken == nil {
		s.taken = map[string]bool{}
	}
	taken := s.taken[job+slot]
	s.taken[job+slot] = true
	return !taken, nil
}

// setting is a schedule that can change while the loop runs.
type setting struct {
	mu sync.Mutex
	d  Daily
}

func (s *setting) set(d Daily) { s.mu.Lock(); s.d = d; s.mu.Unlock() }

func (s *setting) read(context.Context) (Daily, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.d, nil
}

// ranAt runs loops over shared slots while script lets time pass, and returns when the job ran.
func ranAt(t *testing.T, s *slots, when *setting, loops int, script func()) (ran []string) {
	t.Helper()
	var mu sync.Mutex
	job := Job{Name: "sync", When: when.read, Run: func(context.Context) error {
		mu.Lock()
		defer mu.Unlock()
		ran = append(ran, time.Now().UTC().Format("02 15:04"))
		return nil
	}}
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range loops {
		all.Go(func() { Loop{Slots: s, Log: slog.New(slog.DiscardHandler)}.Run(ctx, job) })
	}
	script()
	cancel()
	all.Wait()
	return ran
}

// The clock of a synctest bubble starts at 2000-01-01 00:00 UTC.
var daily = Daily{On: true, At: "02:00"}

func TestRunsOnceADayHoweverManyProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slots{taken: map[string]bool{"sync1999-12-31": true}}
		got := ranAt(t, s, &setting{d: daily}, 3, func() { time.Sleep(72 * time.Hour) })
		if want := []string{"01 02:00", "02 02:00", "03 02:00"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestMissedSlotIsCaughtUpOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(5*24*time.Hour + 10*time.Hour) // nothing runs for five days
		s := &slots{}
		got := ranAt(t, s, &setting{d: daily}, 1, func() { time.Sleep(6 * time.Hour) })
		got = append(got, ranAt(t, s, &setting{d: daily}, 1, func() { time.Sleep(time.Hour) })...) // a restart
		if want := []string{"06 10:00"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestSwitchingOnWaitsForTheNextTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		when := &setting{d: Daily{At: "02:00"}}
		got := ranAt(t, &slots{}, when, 1, func() {
			time.Sleep(34 * time.Hour) // off: nothing runs
			when.set(daily)            // on at 10:00
			time.Sleep(24 * time.Hour)
			when.set(Daily{At: "02:00"})
			time.Sleep(48 * time.Hour)
		})
		if want := []string{"03 02:00"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestClockThatRanAheadStopsNothing(t *testing.T) {
	s, now := &slots{}, time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC)
	ran := 0
	loop := Loop{Slots: s, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }}
	job := Job{Name: "sync", When: (&setting{d: daily}).read, Run: func(context.Context) error { ran++; return nil }}
	var seen turn
	look := func(at time.Time, want int) {
		t.Helper()
		now = at
		seen = loop.runOnce(t.Context(), job, seen)
		if ran != want {
			t.Errorf("at %v it ran %d times, want %d", at, ran, want)
		}
	}
	look(now, 1)
	look(now.AddDate(0, 1, 0), 2)  // the clock is set a month ahead,
	look(now.AddDate(0, -1, 0), 2) // and right again
	look(now.AddDate(0, 0, 1), 3)
	look(now.AddDate(0, 0, 1), 4)
	look(now.Add(-2*time.Hour), 4) // set back by a little: no new day
}

func TestFailedClaimIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slots{fail: 3, taken: map[string]bool{"sync1999-12-31": true}}
		got := ranAt(t, s, &setting{d: daily}, 1, func() { time.Sleep(3 * time.Hour) })
		if len(got) != 1 {
			t.Errorf("ran %v, want once", got)
		}
	})
}
