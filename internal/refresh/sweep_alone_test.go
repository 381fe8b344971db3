package refresh_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/refresh"
)

var onlyTokens = refresh.Options{Rest: true, SweepOnly: true}

func TestASweepAloneSpendsNoRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(5, 10)
		r := h.withTokens(2, time.Second)
		h.before = func(int, []org.Want) error { return nil }
		h.run(t, refresh.Options{})
		requests := h.requests
		result := h.run(t, onlyTokens)
		if result.State != org.Complete || result.Snapshot != 2 || result.Requests != 0 || h.requests != requests || r.in(2) != 10 {
			t.Errorf("%+v, %d requests, %d tokens", result, h.requests-requests, r.in(2))
		}
		if p := h.memory.saves[len(h.memory.saves)-1].Progress; !p.Rest || p.Sweep != 2 || p.StoresAll != 5 {
			t.Errorf("progress %+v", p)
		}
	})
}

func TestASweepAloneBeforeAnySync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(2, 3)
		r := h.withTokens(1, 100*time.Millisecond)
		result := h.run(t, onlyTokens)
		if result.State != org.Partial || result.Resumable || result.Reason == "" || r.in(1) != 2 {
			t.Errorf("%+v, %d tokens", result, r.in(1))
		}
		if result = h.run(t, refresh.Options{}); result.State != org.Complete || r.in(2) == 0 {
			t.Errorf("the sync after it: %+v", result)
		}
	})
}

// TestASweepTakesOverTheRest: apps wait for quota for hours; the tokens are read at once, and the apps are not lost.
func TestASweepTakesOverTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, release := limitedToAccesses()
		r := h.withTokens(2, time.Second)
		var wg sync.WaitGroup
		wg.Go(func() { h.run(t, refresh.Options{Rest: true}) })
		time.Sleep(30 * time.Minute)
		synctest.Wait()
		start := time.Now()
		var closed time.Duration
		opt := onlyTokens
		opt.Closed = func(result refresh.Result) {
			closed = time.Since(start)
			if result.Snapshot != 3 || result.State != org.Complete || r.in(3) != 6 {
				t.Errorf("%+v, %d tokens", result, r.in(3))
			}
		}
		h.run(t, opt)
		wg.Wait()
		if closed > 10*time.Second || time.Now().Before(*release) {
			t.Errorf("closed after %s", closed)
		}
		if got := h.lists[org.FacetAccountUsers]; got.Read.State != org.FacetComplete || len(got.People) != 90 {
			t.Errorf("account list %+v", got.Read)
		}
		for i, s := range h.snapshots {
			if s.State != org.Complete {
				t.Errorf("snapshot %d: %+v", i+1, s)
			}
		}
	})
}

// TestASweepLeavesAnOpenSyncOpen: it is not its to close.
func TestASweepLeavesAnOpenSyncOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(4, 40)
		r := h.withTokens(2, time.Second)
		h.Sync.Sweep, r.house.known["store/000"] = nil, org.KnownStore{RemoteStore: h.stores[0]}
		h.before = func(call int, _ []org.Want) error {
			if call > 1 {
				return &org.LimitError{Until: time.Now().Add(time.Hour)}
			}
			return nil
		}
		h.run(t, refresh.Options{NoWait: true})
		h.Sync.Sweep = &refresh.Sweep{Reader: r, History: r}
		result := h.run(t, onlyTokens)
		if !result.Resumable || result.Snapshot != 1 || result.Reason == "" || r.in(1) != 8 || h.snapshots[0].Closed() {
			t.Errorf("%+v, %d tokens", result, r.in(1))
		}
		h.before = nil
		if result = h.run(t, refresh.Options{}); result.State != org.Complete || result.Snapshot != 1 || r.read() != 8 {
			t.Errorf("%+v after %d reads", result, r.read())
		}
		h.mustHold(t)
	})
}

func TestAKilledSweepAloneIsContinued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(10, 3)
		r := h.withTokens(4, time.Second)
		h.Sync.Sweep.Parallel = 4
		h.run(t, refresh.Options{})
		before := r.read()
		ctx, kill := context.WithTimeout(t.Context(), 5500*time.Millisecond)
		defer kill()
		if _, err := h.Sync.Run(ctx, testAccount, onlyTokens); err == nil {
			t.Fatal("want an error")
		}
		done := r.in(2)
		result := h.run(t, onlyTokens)
		if result.Snapshot != 2 || result.State != org.Complete || r.in(2) != 40 || r.read()-before != 44 || done != 20 {
			t.Errorf("%+v: %d tokens, then %d, after %d reads", result, done, r.in(2), r.read()-before)
		}
	})
}

func TestRunnerSweeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(6, 25)
		reg := h.withTokens(3, 20*time.Second)
		r := h.runner()
		if result, err := r.Sync(t.Context(), 1); err != nil || result.State != org.Complete {
			t.Fatalf("%+v, %v", result, err)
		}
		time.Sleep(time.Hour)
		if started, err := r.StartSweep(1); !started || err != nil {
			t.Fatalf("%v, %v", started, err)
		}
		synctest.Wait()
		if again, _ := r.StartSweep(1); again || r.Running(1) || !r.Sweeping(1) {
			t.Errorf("a second one started: %v; running %v, sweeping %v", again, r.Running(1), r.Sweeping(1))
		}
		time.Sleep(5 * time.Second)
		full, err := r.Sync(t.Context(), 1) // a sync does not wait for the sweep
		if err != nil || full.State != org.Complete {
			t.Errorf("%+v, %v", full, err)
		}
		joined, err := r.Sweep(t.Context(), 1)
		if err != nil || joined.State != org.Complete {
			t.Errorf("%+v, %v", joined, err)
		}
		if err := r.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		if reg.in(joined.Snapshot) != 18 {
			t.Errorf("%d tokens in snapshot %d", reg.in(joined.Snapshot), joined.Snapshot)
		}
	})
}

// TestManyStoresThatHangHoldUpNobody: more tokens hang than are read at the same time.
func TestManyStoresThatHangHoldUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(60, 1)
		r := h.withTokens(3, time.Second)
		h.Sync.Sweep.Parallel = 8
		h.run(t, refresh.Options{})
		quick, start := r.answer, time.Now()
		r.answer = func(ctx context.Context, token org.SweepToken) org.TokenRead {
			if token.APIAccount.ID > 30 {
				return quick(ctx, token)
			}
			<-ctx.Done()
			return org.TokenRead{}
		}
		h.run(t, onlyTokens)
		for _, save := range r.saves {
			for _, id := range save.ids {
				if took := save.at.Sub(start); save.snapshot == 2 && id > 30 && took > time.Minute {
					t.Errorf("token %d was read after %s", id, took)
				}
			}
		}
		if r.in(2) != 180 || r.most > 8+32 || time.Since(start) > 6*time.Minute {
			t.Errorf("%d tokens, %d at once, after %s", r.in(2), r.most, time.Since(start))
		}
	})
}
