package sandbox

import (
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// limiter counts the requests of one account in a fixed or sliding window. Safe for concurrent use.
type limiter struct {
	rate Rate
	now  func() time.Time

	mu    sync.Mutex
	since time.Time   // fixed: beginning of the window
	used  int         // fixed: requests in it
	times []time.Time // sliding: requests of the last window, oldest first
	next  time.Time   // sliding: when other tools use their share again
}

// verdict is what the limiter says of one request.
type verdict struct {
	allowed bool
	left    int
	reset   time.Duration // until the window ends, or until a place is free
}

// take counts one request, if there is room.
func (l *limiter) take() verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.roll(now)
	if l.rate.Quota < 0 {
		return verdict{allowed: true, left: 1 << 30, reset: l.rate.Window}
	}
	allowed := l.count() < l.rate.Quota
	if allowed {
		l.spend(now, 1)
	}
	return verdict{allowed, max(0, l.rate.Quota-l.count()), l.reset(now)}
}

// spendForeign counts requests that another tool has made just now.
func (l *limiter) spendForeign(count int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.roll(now)
	l.spend(now, count)
}

// roll forgets what has left the window, and lets the other tools take their share of a new one.
func (l *limiter) roll(now time.Time) {
	if !l.rate.Sliding {
		if l.since.IsZero() || now.Sub(l.since) >= l.rate.Window {
			l.since, l.used = now, l.rate.Foreign
		}
		return
	}
	gone := 0
	for gone < len(l.times) && now.Sub(l.times[gone]) >= l.rate.Window {
		gone++
	}
	l.times = l.times[gone:]
	if l.rate.Foreign > 0 && !now.Before(l.next) {
		l.next = now.Add(l.rate.Window)
		l.spend(now, l.rate.Foreign)
	}
}

func (l *limiter) count() int {
	if l.rate.Sliding {
		return len(l.times)
	}
	return l.used
}

func (l *limiter) spend(now time.Time, count int) {
	l.used += count
	for range count {
		l.times = append(l.times, now)
	}
	if !l.rate.Sliding {
		l.times = nil
	}
}

func (l *limiter) reset(now time.Time) time.Duration {
	switch {
	case !l.rate.Sliding:
		return l.since.Add(l.rate.Window).Sub(now)
	case len(l.times) == 0:
		return 0
	}
	return l.times[0].Add(l.rate.Window).Sub(now)
}

// headers tell the client how much is left (facts 2.11).
func (l *limiter) headers(h http.Header, v verdict) {
	if !l.rate.NoRateHeaders && l.rate.Quota >= 0 {
		l.setHeaders(h, v)
	}
}

// retryAfter adds the other header of a refused request, rounded up.
func (l *limiter) retryAfter(h http.Header, v verdict) {
	switch l.rate.RetryAfter {
	case "whole":
		h.Set("X-Retry-After", itoa(int64((v.reset+time.Second-1)/time.Second)))
	case "fraction":
		h.Set("X-Retry-After", strconv.FormatFloat(math.Ceil(v.reset.Seconds()*10)/10, 'f', 1, 64))
	}
}

func (l *limiter) setHeaders(h http.Header, v verdict) {
	h.Set("X-Rate-Limit-Time-Window-Ms", itoa(l.rate.Window.Milliseconds()))
	h.Set("X-Rate-Limit-Time-Reset-Ms", itoa(max(0, (v.reset+time.Millisecond-1).Milliseconds())))
	h.Set("X-Rate-Limit-Requests-Quota", strconv.Itoa(max(1, l.rate.Quota)))
	h.Set("X-Rate-Limit-Requests-Left", strconv.Itoa(v.left))
}
