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

// slowly makes every request take a while.
func (h *house) slowly(d time.Duration) {
	reader := h.Sync.Reader
	h.Sync.Reader = readerFunc(func(ctx context.Context, wants []org.Want) (org.Reading, error) {
		time.Sleep(d)
		return reader.Read(ctx, wants)
	})
}

func TestSecondSyncAttaches(t *testing.T) {
	for name, opt := range map[string]refresh.Options{"waiting": {}, "without waiting": {NoWait: true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := setup(6, 25)
				h.slowly(time.Minute)
				var wg sync.WaitGroup
				var first refresh.Result
				wg.Go(func() { first = h.run(t, refresh.Options{}) })
				time.Sleep(90 * time.Second)
				second := h.run(t, opt)
				wg.Wait()
				if !second.Attached || second.Snapshot != first.Snapshot || second.State != org.Complete || len(h.snapshots) != 1 {
					t.Errorf("first %+v, second %+v", first, second)
				}
			})
		})
	}
}

func TestDeadHolderIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(6, 25)
		h.Sync.History = &mortal{memory: h.memory, saves: 3}
		h.Sync.Lease = undying{h.memory}
		if _, err := h.Sync.Run(t.Context(), testAccount, refresh.Options{}); err == nil {
			t.Fatal("want the error of the kill")
		}
		h.Sync.History, h.Sync.Lease = h.memory, h.memory
		start := time.Now()
		result := h.run(t, refresh.Options{})
		h.mustHold(t)
		if result.Attached || result.Snapshot != 1 || time.Since(start) < 55*time.Second || time.Since(start) > 90*time.Second {
			t.Errorf("took over after %s: %+v", time.Since(start), result)
		}
	})
}

// undying keeps a lease that a killed process cannot give back.
type undying struct{ refresh.Lease }

func (undying) Release(context.Context, org.AccountID, string) error { return nil }

func TestLongRunKeepsItsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(6, 25)
		h.slowly(3 * time.Minute)
		var wg sync.WaitGroup
		wg.Go(func() { h.run(t, refresh.Options{}) })
		defer wg.Wait()
		time.Sleep(5 * time.Minute)
		if held, _ := h.Acquire(t.Context(), 1, "another", time.Minute); held {
			t.Error("the lease of a living sync was free")
		}
	})
}

func TestLostLeaseStopsWithoutClosing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(6, 25)
		h.slowly(time.Minute)
		go func() {
			time.Sleep(70 * time.Second)
			h.memory.mu.Lock()
			defer h.memory.mu.Unlock()
			h.owner, h.beat = "thief", time.Now().Add(time.Hour)
		}()
		_, err := h.Sync.Run(t.Context(), testAccount, refresh.Options{})
		if org.KindOf(err) != org.KindBusy {
			t.Errorf("got %v", err)
		}
		saves := len(h.saves)
		time.Sleep(10 * time.Minute)
		if h.snapshots[0].Closed() || len(h.saves) != saves || h.owner != "thief" {
			t.Error("a sync without its lease went on writing")
		}
	})
}

// TestRestFollowsTheSnapshot: when only apps and the account's list are left and the quota is used up, the snapshot is
// closed; what is left becomes the next one.
func TestRestFollowsTheSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, release := limitedToAccesses()
		start := time.Now()
		var closed []refresh.Result
		result := h.run(t, refresh.Options{Rest: true, Closed: func(r refresh.Result) {
			closed = append(closed, r)
			if time.Since(start) > time.Minute {
				t.Errorf("closed after %s: what is left delayed the snapshot", time.Since(start))
			}
		}})
		h.mustHold(t)
		if len(closed) != 1 || closed[0].Snapshot != result.Snapshot || result.State != org.Complete || result.Snapshot != 1 {
			t.Fatalf("got %+v, closed %+v", result, closed)
		}
		if len(h.snapshots) != 2 || h.snapshots[1].State != org.Complete || time.Now().Before(*release) {
			t.Fatalf("snapshots %+v", h.snapshots)
		}
		if got := h.lists[org.FacetAccountUsers]; got.Read.State != org.FacetComplete || len(got.People) != 90 {
			t.Errorf("account list %+v", got.Read)
		}
		for id, reads := range h.reads {
			if reads[org.FacetUserApps].Read.State != org.FacetComplete {
				t.Errorf("%s: %+v", id, reads[org.FacetUserApps].Read)
			}
		}
		pages := map[string]int{}
		for _, wants := range h.wants {
			for _, want := range wants {
				if want.List.Kind == org.ListAccountUsers {
					pages[want.After]++
				}
			}
		}
		for after, n := range pages {
			if n > 2 { // the page that was refused for quota is asked for again
				t.Errorf("page %q of the account's list was read %d times: it was not carried over", after, n)
			}
		}
	})
}

// limitedToAccesses is an account whose quota ends with its accesses, for three hours.
func limitedToAccesses() (house, *time.Time) {
	h := setup(3, 90)
	h.size = 30
	until := time.Now().Add(3 * time.Hour)
	h.before = func(call int, wants []org.Want) error {
		for _, want := range wants {
			if want.List.Kind == org.ListStores || want.List.Kind == org.ListAccesses {
				return nil
			}
		}
		if time.Now().Before(until) {
			return &org.LimitError{Until: until}
		}
		return nil
	}
	h.perCall = 3
	return h, &until
}

func TestNoWaitLeavesTheRestAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := limitedToAccesses()
		start := time.Now()
		result := h.run(t, refresh.Options{NoWait: true, Rest: true})
		if result.State != org.Complete || result.Resumable || len(h.snapshots) != 1 || time.Since(start) > time.Second {
			t.Errorf("got %+v with %d snapshots", result, len(h.snapshots))
		}
	})
}

// TestFullSyncTakesOverTheRest: somebody asks for a sync while the rest of the last one waits for quota.
func TestFullSyncTakesOverTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := limitedToAccesses()
		var wg sync.WaitGroup
		wg.Go(func() { h.run(t, refresh.Options{Rest: true}) })
		time.Sleep(time.Hour)
		synctest.Wait() // the run waits for quota now, and the account may change
		h.remove("store/001", 7)
		start := time.Now()
		result := h.run(t, refresh.Options{NoWait: true})
		h.mustHold(t)
		if result.State != org.Complete || result.Attached || result.Snapshot != 2 || time.Since(start) > time.Minute {
			t.Errorf("got %+v after %s", result, time.Since(start))
		}
		wg.Wait()
		if len(h.snapshots) != 2 {
			t.Errorf("%d snapshots", len(h.snapshots))
		}
	})
}
