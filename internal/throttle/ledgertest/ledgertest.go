// Package ledgertest checks that a throttle.Ledger keeps its promises.
package ledgertest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"rollcall/internal/throttle"
)

// Run checks an empty ledger that knows account 1. open may be called once; the ledgers that it returns share one book,
// as several processes do.
func Run(t *testing.T, open func(t *testing.T) []throttle.Ledger) {
	ctx, now := context.Background(), time.Now().Truncate(time.Millisecond)
	ledgers := open(t)
	first, last := ledgers[0], ledgers[len(ledgers)-1]

	spent, seen, err := first.Spent(ctx, 1, now, time.Hour)
	if err != nil || len(spent) != 0 || !seen.At.IsZero() {
		t.Fatalf("an empty ledger holds %v, %+v, %v", spent, seen, err)
	}
	later := now.Add(time.Minute)
	refuse := func([]time.Time, throttle.Seen) time.Time { return later }
	if until, err := first.Reserve(ctx, 1, now, time.Hour, refuse); err != nil || !until.Equal(later) {
		t.Errorf("a refused reservation gives %v, %v", until, err)
	}
	agree := func([]time.Time, throttle.Seen) time.Time { return time.Time{} }
	for _, at := range []time.Time{now.Add(-2 * time.Hour), now.Add(-time.Minute), now} {
		if until, err := first.Reserve(ctx, 1, at, time.Hour, agree); err != nil || !until.IsZero() {
			t.Errorf("a reservation gives %v, %v", until, err)
		}
	}
	spent, _, err = last.Spent(ctx, 1, now, time.Hour)
	if err != nil || len(spent) != 2 || !spent[0].Equal(now.Add(-time.Minute)) || !spent[1].Equal(now) {
		t.Errorf("of the last hour there are %v, %v; want two moments, oldest first", spent, err)
	}
	headers(ctx, t, first, last, now)
	ahead := throttle.Seen{At: now.AddDate(0, 1, 0), Quota: 70, Left: 1, Reset: now.AddDate(0, 1, 1)}
	right := throttle.Seen{At: now.Add(time.Second), Quota: 70, Left: 60, Reset: now.Add(time.Hour)}
	if err := errors.Join(first.Saw(ctx, 1, ahead), first.Saw(ctx, 1, right)); err != nil {
		t.Fatal(err)
	}
	if _, seen, err := last.Spent(ctx, 1, now, time.Hour); err != nil || seen.Left != right.Left {
		t.Errorf("after a clock that ran ahead the headers are %+v, %v; want %+v", seen, err, right)
	}
	race(ctx, t, ledgers, now.Add(3*time.Hour))
}

// headers are replaced by newer ones only.
func headers(ctx context.Context, t *testing.T, first, last throttle.Ledger, now time.Time) {
	want := throttle.Seen{At: now, Quota: 70, Left: 12, Reset: now.Add(time.Minute), Window: time.Hour}
	older := want
	older.At, older.Left = now.Add(-time.Second), 13
	if err := errors.Join(first.Saw(ctx, 1, want), first.Saw(ctx, 1, older)); err != nil {
		t.Fatal(err)
	}
	_, seen, err := last.Spent(ctx, 1, now, time.Hour)
	if err != nil || !seen.At.Equal(want.At) || seen.Left != want.Left || seen.Quota != want.Quota || !seen.Reset.Equal(want.Reset) || seen.Window != want.Window {
		t.Errorf("the newest headers are %+v, %v; want %+v", seen, err, want)
	}
}

// race lets many ask at once for the last ten places.
func race(ctx context.Context, t *testing.T, ledgers []throttle.Ledger, now time.Time) {
	const places, asking = 10, 40
	errs, booked := make([]error, asking), make([]bool, asking)
	var wg sync.WaitGroup
	for i := range asking {
		wg.Go(func() {
			until, err := ledgers[i%len(ledgers)].Reserve(ctx, 1, now, time.Hour, func(spent []time.Time, _ throttle.Seen) time.Time {
				if len(spent) >= places {
					return now.Add(time.Hour)
				}
				return time.Time{}
			})
			errs[i], booked[i] = err, err == nil && until.IsZero()
		})
	}
	wg.Wait()
	count := 0
	for _, b := range booked {
		if b {
			count++
		}
	}
	if err := errors.Join(errs...); err != nil || count != places {
		t.Errorf("%d of %d places were booked, %v", count, places, err)
	}
}
