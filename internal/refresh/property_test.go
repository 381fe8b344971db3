package refresh_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"rollcall/internal/org"
	"rollcall/internal/refresh"
	"rollcall/internal/sandbox"
)

// faults that a sync may meet in the property test; those that only take time are left out.
var faults = []sandbox.FaultKind{
	sandbox.FaultShift, sandbox.FaultShift, sandbox.FaultShiftRemove, sandbox.FaultShiftRemove, sandbox.FaultLimited,
	sandbox.Fault500, sandbox.Fault502, sandbox.Fault503, sandbox.Fault504, sandbox.FaultHTML, sandbox.FaultEmpty, sandbox.FaultCut,
	sandbox.FaultDropBefore, sandbox.FaultDropAfter, sandbox.FaultDropBody, sandbox.FaultDataNull, sandbox.FaultRepeatCursor,
	sandbox.FaultNullCursor, sandbox.FaultPageOne, sandbox.FaultEmptyPage, sandbox.FaultNullUser, sandbox.FaultNullStore,
	sandbox.FaultNullEdges, sandbox.FaultForeignStore, sandbox.FaultZeroUsers,
}

// drawConfig makes a small account on a server with peculiarities.
func drawConfig(t *rapid.T) sandbox.Config {
	cfg := sandbox.Config{Shape: sandbox.Shape{Seed: rapid.Uint64Range(0, 1000).Draw(t, "seed"), Zipf: rapid.Bool().Draw(t, "zipf")}}
	cfg.Stores = rapid.IntRange(1, 7).Draw(t, "stores")
	cfg.UsersPerStore = rapid.IntRange(1, 14).Draw(t, "users of a store")
	cfg.EmptyStores = rapid.IntRange(0, 1).Draw(t, "empty stores")
	cfg.ChangeRate, cfg.StoreRate, cfg.PersonRate, cfg.SignInRate = 0.15, 0.1, 0.03, 0.1
	cfg.PageCap = rapid.SampledFrom([]int{2, 3, 5, 50}).Draw(t, "page cap")
	cfg.AppsPageCap = 50
	cfg.OverCap = rapid.SampledFrom([]string{"error", "clamp", "words"}).Draw(t, "over the cap")
	cfg.Cursors = rapid.SampledFrom([]string{"keyset", "offset"}).Draw(t, "cursors")
	cfg.BadCursor = rapid.SampledFrom([]string{"error", "page1"}).Draw(t, "bad cursor")
	cfg.NullTotals = rapid.Bool().Draw(t, "totals null")
	cfg.WrongTotals = rapid.SampledFrom([]int{0, 0, 0, 1, -1}).Draw(t, "totals wrong by")
	if !cfg.NullTotals && cfg.WrongTotals == 0 && rapid.Bool().Draw(t, "edges null for empty lists") {
		cfg.NullEdges = "empty"
	}
	cfg.ComplexityLimit = rapid.SampledFrom([]int{0, 0, 2500}).Draw(t, "complexity")
	cfg.FailingStores = rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "failing stores")
	return cfg
}

// TestHistoryEqualsTruth lets random accounts live through days while syncs meet faults, lists that shift, quotas and
// kills. Whatever happens, nobody is recorded as removed who was not, and nobody who stayed is lost; and when the
// trouble is over the history equals what the sandbox holds.
func TestHistoryEqualsTruth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := drawConfig(t)
		chance := rapid.SampledFrom([]float64{0, 0.1, 0.3}).Draw(t, "share of faults")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "fault seed"), 1))
		var trouble atomic.Bool
		cfg.Fault = func(*sandbox.RequestInfo) sandbox.Fault {
			if !trouble.Load() || rng.Float64() >= chance {
				return sandbox.Fault{}
			}
			kind := faults[rng.IntN(len(faults))]
			if kind == sandbox.FaultZeroUsers && cfg.WrongTotals != 0 {
				return sandbox.Fault{} // an empty list with a wrong total of 0 looks like proof (design 4.4)
			}
			return sandbox.Fault{Kind: kind, OneIn: uint64(1 + rng.IntN(3)), List: []string{"", "", "stores", "account"}[rng.IntN(4)]}
		}
		folder, err := os.MkdirTemp("", "refresh")
		if err != nil {
			t.Fatalf("%v", err)
		}
		defer os.RemoveAll(folder)
		w, closeWorld := buildWorld(t, folder, cfg)
		defer closeWorld()

		for range rapid.IntRange(1, 3).Draw(t, "days") {
			trouble.Store(true)
			w.troubled(t)
			trouble.Store(false)
			w.server.AdvanceDay()
		}
		for range 3 { // two lists to lose a store, two reads to lose an access that no total proves gone
			if result := w.run(refresh.Options{}); result.State != org.Complete && cfg.FailingStores == 0 {
				t.Fatalf("without trouble: %s %s", result.State, result.Reason)
			}
		}
		w.mustHoldTruth(cfg.FailingStores > 0) // a store that fails spoils the store list, so no other is proven gone
		w.mustHaveRemovedOnlyTheRemoved()
	})
}

// troubled syncs until a snapshot closes, killed and stopped for quota on the way, and checks that nobody is lost.
func (w *world) troubled(t *rapid.T) {
	before, stored := w.keys(), w.stored()
	happened := len(w.server.Changes(w.acct.UUID))
	for kills := rapid.IntRange(0, 2).Draw(t, "kills"); ; kills-- {
		if kills > 0 {
			w.sync.History = &dying{History: w.db.History(), saves: rapid.IntRange(0, 12).Draw(t, "saves before the kill")}
		}
		result, err := w.sync.Run(context.Background(), w.acct, refresh.Options{NoWait: true})
		if err != nil && !errors.Is(err, errKilled) {
			t.Fatalf("sync: %v", err)
		}
		if err != nil {
			w.db.Close()
			w.open()
			continue
		}
		w.sync.History = w.db.History()
		if !result.Resumable {
			break
		}
	}
	removed := map[string]bool{}
	for _, c := range w.server.Changes(w.acct.UUID)[happened:] {
		if c.Kind == sandbox.AccessRemoved {
			removed[c.StoreHash+" "+c.UserID[strings.LastIndexByte(c.UserID, '/')+1:]] = true
		}
	}
	after := w.stored()
	for key := range before {
		if _, was := stored[key]; was && !removed[key] {
			if _, is := after[key]; !is {
				t.Fatalf("%s was there all the time and is lost", key)
			}
		}
	}
	w.mustHaveRemovedOnlyTheRemoved()
}

// keys are the accesses that the sandbox holds.
func (w *world) keys() map[string]bool {
	keys := map[string]bool{}
	truth := w.server.Truth(w.acct.UUID)
	for _, a := range truth.Accesses() {
		keys[a.StoreHash+" "+a.ID[strings.LastIndexByte(a.ID, '/')+1:]] = true
	}
	return keys
}

// dying is a history whose process dies at a save.
type dying struct {
	refresh.History
	saves int
}

func (d *dying) Save(ctx context.Context, id org.SnapshotID, step org.Step) error {
	if d.saves--; d.saves < 0 {
		return errKilled
	}
	return d.History.Save(ctx, id, step)
}

func (d *dying) Close(ctx context.Context, id org.SnapshotID, state org.SnapshotState, reason string) (org.Snapshot, error) {
	if d.saves--; d.saves < 0 {
		return org.Snapshot{}, errKilled
	}
	return d.History.Close(ctx, id, state, reason)
}
