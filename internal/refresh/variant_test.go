package refresh_test

import (
	"strings"
	"testing"
	"time"

	"rollcall/internal/audit"
	"rollcall/internal/org"
	"rollcall/internal/refresh"
	"rollcall/internal/sandbox"
)

func kindWord(n int) string { return string(audit.Kinds()[n-1]) }

// variant is one way in which the real service may differ from our picture.
type variant struct {
	name    string
	change  func(*sandbox.Config)
	partial string                     // why the sync may end partial: part of the reason
	mask    func(*sandbox.TruthAccess) // what the variant hides of the truth
}

func variants() []variant {
	noApps := []string{"account_read", "account_stores_read", "account_users_read"}
	return []variant{
		{name: "friendly", change: func(*sandbox.Config) {}},
		{name: "page cap 10 as error", change: func(c *sandbox.Config) { c.PageCap = 10 }},
		{name: "page cap 10 in other words", change: func(c *sandbox.Config) { c.PageCap, c.OverCap = 10, "words" }},
		{name: "page cap 10 as error with status 200", change: func(c *sandbox.Config) { c.PageCap, c.OverCap = 10, "error200" }},
		{name: "page cap 10 clamped", change: func(c *sandbox.Config) { c.PageCap, c.OverCap = 10, "clamp" }},
		{name: "page cap 50 clamped", change: func(c *sandbox.Config) { c.OverCap = "clamp" }},
		{name: "page cap 100", change: func(c *sandbox.Config) { c.PageCap = 100 }},
		{name: "page cap 250", change: func(c *sandbox.Config) { c.PageCap = 250 }},
		{name: "caps differ", change: func(c *sandbox.Config) { c.StoresPageCap, c.UsersPageCap, c.AppsPageCap = 10, 25, 5 }},
		{name: "complexity 10000", change: func(c *sandbox.Config) { c.ComplexityLimit = 10_000 }},
		{name: "complexity 4500 wrapped", change: func(c *sandbox.Config) { c.ComplexityLimit, c.ComplexityAnswer = 4500, "wrapped" }},
		{name: "complexity 2500 in other words, no header", change: func(c *sandbox.Config) {
			c.ComplexityLimit, c.ComplexityAnswer, c.HideScore = 2500, "words", true
		}},
		{name: "complexity 2500 by nodes", change: func(c *sandbox.Config) { c.ComplexityLimit, c.ScoreFormula = 2500, "nodes" }},
		{name: "few aliases", change: func(c *sandbox.Config) { c.MaxAliases = 5 }},
		{name: "large requests time out", change: func(c *sandbox.Config) { c.TimeoutAbove = 120 }},
		{name: "large requests fail as 502", change: func(c *sandbox.Config) { c.TimeoutAbove, c.TimeoutKind = 120, "502" }},
		{name: "offset cursors", change: func(c *sandbox.Config) { c.Cursors = "offset" }},
		{name: "unreadable cursors give page 1", change: func(c *sandbox.Config) { c.BadCursor = "page1" }},
		{name: "totals null", change: func(c *sandbox.Config) { c.NullTotals = true }},
		{name: "collection info null", change: func(c *sandbox.Config) { c.NullCollection = true }},
		{name: "totals too high", change: func(c *sandbox.Config) { c.WrongTotals = 2 }},
		{name: "totals too low", change: func(c *sandbox.Config) { c.WrongTotals = -1 }},
		{
			name: "statuses null", change: func(c *sandbox.Config) { c.NullStatuses = true },
			mask: func(a *sandbox.TruthAccess) { a.Status = "" },
		},
		{
			name: "times null", change: func(c *sandbox.Config) { c.NullTimes = true },
			mask: func(a *sandbox.TruthAccess) { a.LastLoginAt = time.Time{} },
		},
		{name: "edges null for empty lists", change: func(c *sandbox.Config) { c.NullEdges, c.EmptyStores = "empty", 2 }},
		{
			name: "edges null for empty lists without totals", partial: "could not be read completely",
			change: func(c *sandbox.Config) { c.NullEdges, c.EmptyStores, c.NullTotals = "empty", 2, true },
		},
		{name: "empty stores without totals", change: func(c *sandbox.Config) { c.EmptyStores, c.NullTotals = 2, true }},
		{name: "unseen status", change: func(c *sandbox.Config) { c.UnseenStatus = "SUSPENDED" }},
		{name: "ids are numbers", change: func(c *sandbox.Config) { c.NumericIDs = true }},
		{name: "longs are text", change: func(c *sandbox.Config) { c.TextLongs = true }},
		{name: "times with milliseconds", change: func(c *sandbox.Config) { c.Times = "millis" }},
		{name: "times with an offset", change: func(c *sandbox.Config) { c.Times = "offset" }},
		{name: "both filters mean or", change: func(c *sandbox.Config) { c.FilterBoth = "or" }},
		{name: "unknown store is an error", change: func(c *sandbox.Config) { c.UnknownStore = "error" }},
		{name: "no apps scope, as null", change: func(c *sandbox.Config) { c.Scopes, c.MissingScope = noApps, "null" }},
		{name: "no apps scope, as 403", change: func(c *sandbox.Config) { c.Scopes, c.MissingScope = noApps, "403" }},
		{name: "no apps scope, as data null", change: func(c *sandbox.Config) { c.Scopes, c.MissingScope = noApps, "200" }},
		{name: "new permissions", change: func(c *sandbox.Config) { c.NewPermissions = true }},
		{name: "stores that always fail", change: func(c *sandbox.Config) { c.FailingStores = 2 }, partial: "2 entries of the list failed"},
	}
}

func TestVariants(t *testing.T) {
	for _, v := range variants() {
		t.Run(strings.ReplaceAll(v.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			cfg := sandbox.Config{Shape: sandbox.Shape{Seed: 7, Stores: 11, Zipf: true, LargestStore: 130}}
			cfg.ChangeRate, cfg.StoreRate, cfg.SignInRate = 0.06, 0.1, 0.2
			v.change(&cfg)
			w := newWorld(t, cfg)
			w.mask = v.mask
			for day := range 3 {
				if day > 0 {
					w.server.AdvanceDay()
				}
				first := w.run(refresh.Options{})
				w.mustAllow(first, v.partial)
				w.mustHoldTruth(true)
				second := w.run(refresh.Options{})
				w.mustAllow(second, v.partial)
				w.mustHoldTruth(false)
				t.Logf("day %d: %d requests (%d repeated), then %d (%d)", day, first.Requests, first.Repeated, second.Requests, second.Repeated)
			}
			w.mustHaveRemovedOnlyTheRemoved()
		})
	}
}

// mustAllow checks that a sync is complete, or partial for the reason that its variant gives.
func (w *world) mustAllow(result refresh.Result, partial string) {
	w.t.Helper()
	switch {
	case result.Resumable:
		w.t.Errorf("the run stayed open: %+v", result)
	case partial == "" && result.State != org.Complete:
		w.t.Errorf("got %s: %s", result.State, result.Reason)
	case result.State == org.Partial && !strings.Contains(result.Reason, partial):
		w.t.Errorf("partial: %q, want %q", result.Reason, partial)
	}
}

func TestStoresThatNeverLoadAreCounted(t *testing.T) {
	cfg := sandbox.Config{Shape: sandbox.Shape{Seed: 7, Stores: 11, UsersPerStore: 5}, Answers: sandbox.Answers{FailingStores: 2}}
	w := newWorld(t, cfg)
	for range 2 {
		if r := w.run(refresh.Options{}); r.State != org.Partial || r.Stores != 11 || r.StoresFailed != 2 {
			t.Errorf("got %s, %d stores, %d failed: %s", r.State, r.Stores, r.StoresFailed, r.Reason)
		}
	}
}
