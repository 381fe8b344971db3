package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/refresh"
	"rollcall/internal/schedule"
)

// syncs runs syncs in the background for the dashboard and remembers why the last try came to nothing.
type syncs struct {
	h      *house
	runner *refresh.Runner

	mu       sync.Mutex
	problems map[org.AccountID]string
	watched  sync.WaitGroup
}

func newSyncs(h *house) *syncs {
	s := &syncs{h: h, problems: map[org.AccountID]string{}}
	s.runner = refresh.NewRunner(s.open, h.log)
	return s
}

// open makes the sync of one run, so that a replaced token counts from the next run on.
func (s *syncs) open(ctx context.Context, id org.AccountID) (refresh.Sync, org.Account, error) {
	a, err := s.h.db.Account(ctx, id)
	if err != nil {
		return refresh.Sync{}, a, err
	}
	run, err := s.h.sync(ctx, a, fmt.Sprintf("serve/%d", os.Getpid()))
	return run, a, err
}

// StartSync begins a sync in the background; one that runs already is no error. Its outcome is recorded as done by
// whoever asked.
func (s *syncs) StartSync(ctx context.Context, id org.AccountID, by string) error {
	started, err := s.runner.Start(id)
	if started {
		s.watch(ctx, id, by)
	}
	return err
}

// StartSweep begins to read the registered tokens alone, which spends no account requests; a sync or sweep that runs
// already is no error.
func (s *syncs) StartSweep(ctx context.Context, id org.AccountID, by string) error {
	started, err := s.runner.StartSweep(id)
	if started {
		ctx = context.WithoutCancel(ctx)
		s.watched.Go(func() { s.finishSweep(ctx, id, by) })
	}
	return err
}

// finishSweep waits for the end of a sweep, and records how it ended.
func (s *syncs) finishSweep(ctx context.Context, id org.AccountID, by string) {
	result, err := s.runner.Sweep(ctx, id)
	s.remember(id, result, err)
	if a, readErr := s.h.db.Account(ctx, id); readErr == nil {
		act := syncActivity(a, result, err)
		act.Actor, act.Action = by, "sync.webhooks"
		if err := s.h.db.AddActivity(ctx, act); err != nil {
			s.h.log.Error("activity not recorded", "action", act.Action, "error", err)
		}
	}
}

// watch records how a sync that was started ends, even when whoever asked for it is gone.
func (s *syncs) watch(ctx context.Context, id org.AccountID, by string) {
	ctx = context.WithoutCancel(ctx)
	s.watched.Go(func() { _ = s.finish(ctx, id, by) })
}

// stop ends all syncs, whose runs stay open, and waits until that is recorded.
func (s *syncs) stop(patience time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := s.runner.Stop(ctx)
	if err == nil {
		s.watched.Wait()
	}
	return err
}

// finish waits until the accesses of the account are settled, and records how. When the program ends first, the sync
// is recorded as stopped: it goes on after the next start.
func (s *syncs) finish(ctx context.Context, id org.AccountID, by string) error {
	result, err := s.runner.Sync(ctx, id)
	if ctx.Err() == nil {
		s.remember(id, result, err)
	}
	ctx = context.WithoutCancel(ctx)
	if a, readErr := s.h.db.Account(ctx, id); readErr == nil {
		act := syncActivity(a, result, err)
		act.Actor = by
		if err := s.h.db.AddActivity(ctx, act); err != nil {
			s.h.log.Error("activity not recorded", "action", act.Action, "error", err)
		}
	}
	return err
}

func (s *syncs) remember(id org.AccountID, result refresh.Result, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.problems, id)
	switch {
	case err != nil:
		s.problems[id] = org.TextOf(err)
	case result.Resumable:
		s.problems[id] = result.Reason
	}
}

// Running tells whether this process syncs the account.
func (s *syncs) Running(id org.AccountID) bool { return s.runner.Running(id) }

// Problem is why the last try of this process came to nothing, empty when it did not.
func (s *syncs) Problem(id org.AccountID) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.problems[id]
}

// Quota is the state of the account's request quota.
func (s *syncs) Quota(ctx context.Context, id org.AccountID) (org.Quota, error) {
	return s.h.limits.Quota(ctx, id)
}

// daily is the job that syncs every connected account once a day, at the time that the settings name.
func (s *syncs) daily() schedule.Job {
	return schedule.Job{
		Name: "daily sync",
		When: func(ctx context.Context) (schedule.Daily, error) {
			settings, err := s.h.db.Settings(ctx)
			return schedule.DailySync(settings), err
		},
		Run: func(ctx context.Context) error {
			accounts, err := s.h.db.Accounts(ctx)
			for _, a := range accounts {
				if a.Connected && ctx.Err() == nil {
					_ = s.finish(ctx, a.ID, "daily sync") // recorded and remembered there
				}
			}
			return err
		},
	}
}
