package refresh_test

import (
	"context"
	"testing"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/refresh"
	"rollcall/internal/sandbox"
)

func TestQuotaOfTheSandboxIsWaitedFor(t *testing.T) {
	for name, rate := range map[string]sandbox.Rate{
		"fixed window":   {Quota: 3, Window: 700 * time.Millisecond},
		"sliding window": {Quota: 3, Window: 700 * time.Millisecond, Sliding: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := sandbox.Config{Shape: sandbox.Shape{Seed: 5, Stores: 9, UsersPerStore: 45}, Rate: rate}
			cfg.PageCap, cfg.ComplexityLimit = 10, 3000
			w := newWorld(t, cfg)
			stopped := w.run(refresh.Options{NoWait: true})
			if stopped.State != org.Partial || !stopped.Resumable || stopped.Kind != org.KindLimited {
				t.Fatalf("without waiting: %+v", stopped)
			}
			result := w.run(refresh.Options{})
			w.mustHoldTruth(false)
			if result.State != org.Complete || result.Waited == 0 || result.Snapshot != stopped.Snapshot {
				t.Errorf("got %+v", result)
			}
		})
	}
}

// TestRestIsASnapshotOfItsOwn: apps and the account's list that the quota leaves no room for become the next snapshot,
// which shows the accesses as the first one left them.
func TestRestIsASnapshotOfItsOwn(t *testing.T) {
	cfg := sandbox.Config{Shape: sandbox.Shape{Seed: 5, Stores: 4, UsersPerStore: 20, Users: 60, AccountUsers: 60}}
	cfg.UsersPageCap = 10
	w := newWorld(t, cfg)
	var limited bool
	reader := w.sync.Reader
	w.sync.Reader = readerFunc(func(ctx context.Context, wants []org.Want) (org.Reading, error) {
		for _, want := range wants {
			if want.List.Kind == org.ListStores || want.List.Kind == org.ListAccesses {
				return reader.Read(ctx, wants)
			}
		}
		if !limited {
			limited = true
			return org.Reading{}, &org.LimitError{Until: time.Now().Add(time.Second)}
		}
		return reader.Read(ctx, wants)
	})
	result := w.run(refresh.Options{Rest: true})
	if !limited || result.State != org.Complete || result.Snapshot != 1 {
		t.Fatalf("got %+v, limited %v", result, limited)
	}
	second, err := w.db.Snapshot(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	if second.State != org.Complete || second.StoresFailed != 0 || second.Stores != 4 || second.Accesses != result.Access {
		t.Errorf("the rest became %+v", second)
	}
	w.mustHoldTruth(false)
	known, err := w.db.Begin(t.Context(), w.acct.ID, time.Hour)
	if err != nil || known.AccountUsers != 60 {
		t.Errorf("history holds %d of the account's users, want 60 (%v)", known.AccountUsers, err)
	}
}
