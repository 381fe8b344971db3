package refresh_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/refresh"
)

func (h house) runner() *refresh.Runner {
	return refresh.NewRunner(func(context.Context, org.AccountID) (refresh.Sync, org.Account, error) {
		return h.Sync, testAccount, nil
	}, slog.New(slog.DiscardHandler))
}

func TestRunnerRunsOneSyncAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(6, 25)
		h.slowly(time.Minute)
		r := h.runner()
		if started, err := r.Start(1); !started || err != nil {
			t.Fatalf("got %v, %v", started, err)
		}
		time.Sleep(90 * time.Second)
		if started, err := r.Start(1); started || err != nil || !r.Running(1) {
			t.Errorf("a second sync: %v, %v", started, err)
		}
		result, err := r.Sync(t.Context(), 1)
		if err != nil || result.State != org.Complete || len(h.snapshots) != 1 || r.Running(1) {
			t.Errorf("got %+v, %v, %d snapshots", result, err, len(h.snapshots))
		}
		h.mustHold(t)
		if err := r.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestRunnerStopsAndContinues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(6, 25)
		h.slowly(time.Minute)
		r := h.runner()
		if _, err := r.Start(1); err != nil {
			t.Fatal(err)
		}
		time.Sleep(90 * time.Second)
		if err := r.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Start(1); org.KindOf(err) != org.KindBusy {
			t.Errorf("start after stop: %v", err)
		}
		if h.snapshots[0].Closed() || h.owner != "" {
			t.Error("the stop closed the run or kept the lease")
		}
		again := h.runner()
		connected := testAccount
		connected.Connected = true
		if err := again.Continue(t.Context(), h.memory, []org.Account{connected}); err != nil {
			t.Fatal(err)
		}
		result, err := again.Sync(t.Context(), 1)
		if err != nil || result.Snapshot != 1 || result.State != org.Complete {
			t.Errorf("got %+v, %v", result, err)
		}
		h.mustHold(t)
		if err := again.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestRunnerLetsTheRestGiveWay: what is left over waits for quota for hours; a new sync must not wait for it.
func TestRunnerLetsTheRestGiveWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := limitedToAccesses()
		r := h.runner()
		first, err := r.Sync(t.Context(), 1)
		if err != nil || first.Snapshot != 1 {
			t.Fatalf("got %+v, %v", first, err)
		}
		time.Sleep(time.Minute)
		start := time.Now()
		second, err := r.Sync(t.Context(), 1)
		if err != nil || second.Snapshot != 2 || second.State != org.Complete || time.Since(start) > time.Minute {
			t.Errorf("got %+v, %v after %s", second, err, time.Since(start))
		}
		time.Sleep(4 * time.Hour)
		if err := r.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		if got := h.lists[org.FacetAccountUsers].Read; got.State != org.FacetComplete {
			t.Errorf("the rest of the second sync: %+v", got)
		}
	})
}

func TestRunnerTellsWhatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(1, 1)
		broken := errors.New("disk full")
		h.failSave = broken
		r := h.runner()
		if _, err := r.Sync(t.Context(), 1); !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
		if err := r.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
