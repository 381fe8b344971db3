package refresh_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"

	"rollcall/internal/org"
	"rollcall/internal/refresh"
)

func TestRunnerTellsWhyNothingCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := setup(2, 5)
		fail := org.Problem(org.KindStorage, "The stored token does not open.", errors.New("cause"))
		r := refresh.NewRunner(func(context.Context, org.AccountID) (refresh.Sync, org.Account, error) {
			return h.Sync, testAccount, fail
		}, slog.New(slog.DiscardHandler))
		if _, err := r.Start(1); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := r.Problem(1); got != "The stored token does not open." || r.Problem(2) != "" {
			t.Errorf("got %q", got)
		}
		fail = nil
		if _, err := r.Sync(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := r.Problem(1); got != "" {
			t.Errorf("after a sync that worked: %q", got)
		}
		if err := r.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
