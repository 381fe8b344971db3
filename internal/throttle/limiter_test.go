package throttle

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rollcall/internal/org"
)

// server counts requests as an API might: in a fixed or sliding window, with or without headers.
type server struct {
	quota   Quota
	sliding bool
	headers bool
	empty   bool // 429 says nothing at all
	now     func() time.Time
	start   time.Time // of the fixed window
	sent    []time.Time
	refused int
}

func (s *server) RoundTrip(*http.Request) (*http.Response, error) {
	now := s.now()
	for !s.sliding && !now.Before(s.start.Add(s.quota.Window)) {
		s.start, s.sent = s.start.Add(s.quota.Window), nil
	}
	recent := s.sent
	if s.sliding {
		recent = s.sent[len(s.sent)-sentAfter(s.sent, now.Add(-s.quota.Window)):]
	}
	response := &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody}
	if len(recent) >= s.quota.Requests {
		s.refused++
		response.StatusCode = http.StatusTooManyRequests
	} else {
		s.sent, recent = append(s.sent, now), append(recent, now)
	}
	reset := s.start.Add(s.quota.Window)
	if s.sliding {
		reset = recent[0].Add(s.quota.Window)
	}
	if s.headers && (response.StatusCode == 200 || !s.empty) {
		for name, value := range map[string]any{
			"Time-Window-Ms": s.quota.Window.Milliseconds(), "Time-Reset-Ms": reset.Sub(now).Milliseconds(),
			"Requests-Quota": s.quota.Requests, "Requests-Left": s.quota.Requests - len(recent),
		} {
			response.Header.Set("X-Rate-Limit-"+name, fmt.Sprint(value))
		}
	}
	return response, nil
}

func send(l *Limiter, s http.RoundTripper, account org.AccountID, ctx context.Context) error {
	request, _ := http.NewRequestWithContext(ctx, http.MethodPost, "http://api.invalid/", strings.NewReader("{}"))
	response, err := l.Transport(account, s).RoundTrip(request)
	if err == nil {
		response.Body.Close()
	}
	return err
}

// TestTheServerNeverHasToRefuse sends as fast as it may, in bursts, through two limiters on one ledger.
func TestTheServerNeverHasToRefuse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		clock := func() time.Time { return now }
		quota := Quota{rapid.IntRange(1, 90).Draw(t, "quota"), time.Hour}
		s := &server{
			quota: quota, now: clock, sliding: rapid.Bool().Draw(t, "sliding"), headers: rapid.Bool().Draw(t, "headers"),
			start: now.Add(-time.Duration(rapid.IntRange(0, 3599).Draw(t, "into the window")) * time.Second),
		}
		ledger := &Memory{}
		limiters := []*Limiter{New(ledger, quota, clock), New(ledger, quota, clock)}
		sent, end := 0, now.Add(6*time.Hour)
		for now.Before(end) {
			err := send(limiters[rapid.IntRange(0, 1).Draw(t, "process")], s, 1, t.Context())
			now = now.Add(time.Duration(rapid.IntRange(1, 20_000).Draw(t, "pause")) * time.Millisecond)
			var limit *org.LimitError
			switch {
			case err == nil:
				sent++
			case !errors.As(err, &limit):
				t.Fatal(err)
			case limit.Until.After(now):
				now = limit.Until
			}
		}
		if s.refused > 0 {
			t.Fatalf("%d of %d requests were refused", s.refused, sent+s.refused)
		}
		if room := quota.Requests - quota.Reserve(); sent < 5*room {
			t.Fatalf("only %d requests in six hours, %d an hour would be possible", sent, room)
		}
	})
}

func TestForeignUseIsSeenInHeaders(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	s := &server{quota: Quota{70, time.Hour}, headers: true, now: clock, start: now}
	for range 60 { // other tools
		s.sent = append(s.sent, now)
	}
	l := New(&Memory{}, Quota{70, time.Hour}, clock)
	sent := 0
	for ; send(l, s, 1, t.Context()) == nil; sent++ {
		now = now.Add(time.Second)
	}
	if sent != 4 || s.refused != 0 { // 10 were left, 6 of them in reserve
		t.Errorf("sent %d, refused %d", sent, s.refused)
	}
	if err := send(l, s, 1, ForMember(t.Context())); err != nil {
		t.Errorf("a member's action could not use the reserve: %v", err)
	}
	if q, _ := l.Quota(t.Context(), 1); q.Left() != 5 || q.Reserve != 6 || !q.ResetAt.Equal(s.start.Add(time.Hour)) {
		t.Errorf("got %+v", q)
	}
}

func TestRefusalsWithoutAWordAreWaitedOutLongerEachTime(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := &server{quota: Quota{0, time.Hour}, sliding: false, now: func() time.Time { return now }, start: now}
	l := New(&Memory{}, Quota{70, time.Hour}, s.now)
	var last time.Duration
	for i := range 6 {
		var limit *org.LimitError
		if err := send(l, s, 1, t.Context()); !errors.As(err, &limit) || !errors.Is(err, ErrAnswered) {
			t.Fatalf("got %v", err)
		}
		wait := limit.Until.Sub(now)
		if wait < last || wait > 19*time.Minute {
			t.Errorf("refusal %d: wait %v after %v", i, wait, last)
		}
		if err := send(l, s, 1, t.Context()); errors.Is(err, ErrAnswered) || err == nil {
			t.Errorf("refusal %d: a request was sent although the wait is not over", i)
		}
		last, now = wait-wait/4, limit.Until
	}
}

// Requests that were booked while the clock ran a month ahead must not count for a month.
func TestClockThatRanAheadBlocksNothing(t *testing.T) {
	for _, headers := range []bool{false, true} {
		right := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		now := right.AddDate(0, 1, 0)
		s := &server{quota: Quota{70, time.Hour}, sliding: true, headers: headers, now: func() time.Time { return now }, start: now}
		l := New(&Memory{}, s.quota, s.now)
		for send(l, s, 1, t.Context()) == nil {
			now = now.Add(time.Second)
		}
		now, s.sent = right, nil
		for i := range 64 {
			if err := send(l, s, 1, t.Context()); err != nil {
				t.Fatalf("headers %v: request %d: %v", headers, i+1, err)
			}
			now = now.Add(time.Second)
		}
		if err := send(l, s, 1, t.Context()); err == nil || s.refused > 0 {
			t.Errorf("headers %v: the quota no longer counts: %v, %d refused", headers, err, s.refused)
		}
	}
}

func TestAccountsDoNotShareAQuota(t *testing.T) {
	l := New(&Memory{}, Quota{1, time.Hour}, time.Now)
	ok := roundTrip(func() *http.Response {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody}
	})
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wg.Go(func() { errs[i] = send(l, ok, org.AccountID(i/2+1), t.Context()) })
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || (errs[2] == nil) == (errs[3] == nil) {
		t.Errorf("got %v", errs)
	}
}

type roundTrip func() *http.Response

func (f roundTrip) RoundTrip(*http.Request) (*http.Response, error) { return f(), nil }

func TestParseQuota(t *testing.T) {
	if q, err := ParseQuota(" 70 / 1h "); err != nil || q.String() != "70/1h0m0s" || q.Reserve() != 6 {
		t.Errorf("got %v, %v", q, err)
	}
	for _, text := range []string{"", "70", "70/", "0/1h", "-1/1h", "70/1", "70/1ms", "x/1h"} {
		if _, err := ParseQuota(text); org.KindOf(err) != org.KindInvalid {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

func FuzzReadHeaders(f *testing.F) {
	f.Add("70", "12", "360000", "3600000", "1.5")
	f.Add("-1", "99999999999999999999", "NaN", "Inf", "1e400")
	f.Fuzz(func(t *testing.T, quota, left, reset, window, retry string) {
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		header := http.Header{}
		for name, value := range map[string]string{
			"X-Rate-Limit-Requests-Quota": quota, "X-Rate-Limit-Requests-Left": left, "X-Rate-Limit-Time-Reset-Ms": reset,
			"X-Rate-Limit-Time-Window-Ms": window, "X-Retry-After": retry,
		} {
			header[name] = []string{value}
		}
		if seen, told := readHeaders(header, now); told && (seen.Quota < 0 || seen.Left < 0 || seen.Reset.Before(now) || seen.Reset.After(now.Add(24*time.Hour))) {
			t.Errorf("believed %+v", seen)
		}
		if until := Until(header, now); until.Before(now) || until.After(now.Add(maxWait)) {
			t.Errorf("wait until %v", until)
		}
	})
}
