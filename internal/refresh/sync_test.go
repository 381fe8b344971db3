package refresh_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/refresh"
)

var testAccount = org.Account{ID: 1, UUID: "01234567-89ab-cdef-0123-456789abcdef"}

// house is a sync with a history in memory and a small BigCommerce.
type house struct {
	*memory
	*remote
	refresh.Sync
}

func setup(stores, users int) house {
	h := house{memory: newMemory(time.Now), remote: newRemote(time.Now, stores, users)}
	h.Sync = refresh.Sync{Reader: h.remote, History: h.memory, Lease: h.memory, Log: slog.New(slog.DiscardHandler), Owner: "test"}
	return h
}

func (h house) run(t *testing.T, opt refresh.Options) refresh.Result {
	t.Helper()
	result, err := h.Sync.Run(t.Context(), testAccount, opt)
	if err != nil {
		t.Error(err)
	}
	return result
}

// mustHold checks that history holds exactly the users of every store.
func (h house) mustHold(t *testing.T) {
	t.Helper()
	for _, store := range h.stores {
		read := h.reads[store.APIID][org.FacetAccesses]
		var got []string
		for _, user := range read.Users {
			got = append(got, user.APIID)
		}
		slices.Sort(got)
		if read.Read.State != org.FacetComplete || !slices.Equal(got, h.users[store.APIID]) {
			t.Errorf("%s: %s with %d users, want complete with %d (%s)", store.APIID, read.Read.State, len(got), len(h.users[store.APIID]), read.Read.Error)
		}
	}
}

func TestFirstSyncReadsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(24, 33)
		result := h.run(t, refresh.Options{})
		h.mustHold(t)
		if result.State != org.Complete || result.Resumable || result.Stores != 24 || result.Access != 24*33 || result.Requests != h.requests {
			t.Errorf("got %+v after %d requests", result, h.requests)
		}
		if got := h.lists[org.FacetAccountUsers]; got.Read.State != org.FacetComplete || len(got.People) != 33 {
			t.Errorf("account list: %+v", got.Read)
		}
		if got := h.lists[org.FacetStores]; got.Read.State != org.FacetComplete || len(got.Stores) != 24 {
			t.Errorf("store list: %+v", got.Read)
		}
		for id, reads := range h.reads {
			if len(reads[org.FacetApps].Apps) != 2 || len(reads[org.FacetUserApps].UserApps) != 33 {
				t.Errorf("%s: apps %+v, user apps %+v", id, reads[org.FacetApps].Read, reads[org.FacetUserApps].Read)
			}
		}
	})
}

func TestSecondSyncAsksForKnownStoresAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(5, 12)
		h.run(t, refresh.Options{})
		first := len(h.wants)
		h.remove("store/002", 4)
		h.run(t, refresh.Options{})
		h.mustHold(t)
		asked := map[org.ListKind]int{}
		for _, want := range h.wants[first] {
			asked[want.List.Kind]++
			if want.List.Kind == org.ListAccesses && want.Left != 12 {
				t.Errorf("%s left %d, want 12", want.List.Store, want.Left)
			}
		}
		if asked[org.ListStores] != 1 || asked[org.ListAccountUsers] != 1 || asked[org.ListAccesses] != 5 {
			t.Errorf("first request asked for %v", asked)
		}
	})
}

func TestQuotaIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(10, 40)
		until := time.Now().Add(time.Hour)
		h.before = func(call int, _ []org.Want) error {
			if call > 3 && time.Now().Before(until) {
				return &org.LimitError{Until: until}
			}
			return nil
		}
		result := h.run(t, refresh.Options{})
		h.mustHold(t)
		if result.State != org.Complete || result.Waited < 59*time.Minute || result.Waited > 61*time.Minute {
			t.Errorf("got %+v", result)
		}
	})
}

func TestNoWaitLeavesTheRunOpenForTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(10, 40)
		until := time.Now().Add(time.Hour)
		h.before = func(call int, _ []org.Want) error {
			if call > 3 && time.Now().Before(until) {
				return &org.LimitError{Until: until}
			}
			return nil
		}
		result := h.run(t, refresh.Options{NoWait: true})
		if result.State != org.Partial || !result.Resumable || result.Kind != org.KindLimited || result.FinishedAt != nil {
			t.Errorf("got %+v", result)
		}
		time.Sleep(2 * time.Hour)
		again := h.run(t, refresh.Options{NoWait: true})
		h.mustHold(t)
		if again.State != org.Complete || again.Snapshot != result.Snapshot || again.Requests != h.requests {
			t.Errorf("got %+v after %d requests", again, h.requests)
		}
	})
}

func TestStopKeepsWhatWasRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(10, 40)
		ctx, stop := context.WithCancel(t.Context())
		h.before = func(call int, _ []org.Want) error {
			if call == 4 {
				stop()
			}
			return ctx.Err()
		}
		if _, err := h.Sync.Run(ctx, testAccount, refresh.Options{}); err == nil {
			t.Fatal("a stopped run gave no error")
		}
		h.before = nil
		h.run(t, refresh.Options{})
		h.mustHold(t)
		if len(h.snapshots) != 1 {
			t.Errorf("%d snapshots, want the first to be continued", len(h.snapshots))
		}
	})
}
