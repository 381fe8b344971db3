package throttle

import (
	"context"
	"net/http"
	"sync"
	"time"

	"rollcall/internal/org"
)

// Stores keeps the requests to each store within that store's own window, which all its tokens and other clients share
// (facts 2.11). It lives in memory: a window is half a minute. Stores never wait for each other. It is safe for
// concurrent use; the zero value is ready.
type Stores struct {
	mu      sync.Mutex
	windows map[string]*window
}

// window is what is known of one store. Zero times mean that nothing is known.
type window struct {
	quota, left int
	reset       time.Time // until when left counts
	paused      time.Time // nothing is sent before
	refused     int       // refusals in a row
	flying      int
	touched     time.Time
	changed     chan struct{} // closed when somebody may have room now
}

const (
	storeFlying = 3                     // requests to one store at the same time
	storesKept  = 4096                  // windows in memory before old ones are dropped
	storeGrace  = time.Hour             // after which an unused window may go
	storePad    = 25 * time.Millisecond // beyond a reset, for clocks that differ
)

// Enter waits until a request may go to a store, and books it; each Enter that gave nil needs a Leave. A gentle request
// leaves half of the window to others instead of a tenth. When room comes later than after patience it gives a
// LimitError at once.
func (s *Stores) Enter(ctx context.Context, store string, gentle bool, patience time.Duration) error {
	deadline := time.Now().Add(patience)
	for {
		until, changed := s.room(store, gentle)
		if until.IsZero() && changed == nil {
			return nil
		}
		if until.After(deadline) {
			return &org.LimitError{Until: until}
		}
		if err := sleepUntil(ctx, until, changed); err != nil {
			return err
		}
	}
}

// sleepUntil waits for a moment, for a sign or for the end of the context. A zero moment waits for the sign alone.
func sleepUntil(ctx context.Context, until time.Time, sign <-chan struct{}) error {
	var due <-chan time.Time
	if !until.IsZero() {
		timer := time.NewTimer(time.Until(until))
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-due:
	case <-sign:
	}
	return nil
}

// room books a request when there is room (zero and nil), else tells until when there is none, or what to wait for.
func (s *Stores) room(store string, gentle bool) (time.Time, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, w := time.Now(), s.of(store)
	if !w.reset.After(now) {
		w.reset = time.Time{}
	}
	keep := w.quota / 10
	if gentle {
		keep = w.quota / 2
	}
	switch {
	case w.paused.After(now):
		return w.paused, w.changed
	case !w.reset.IsZero() && w.left <= keep:
		return w.reset.Add(storePad), w.changed
	case w.flying >= storeFlying:
		return time.Time{}, w.changed
	}
	w.flying++
	w.left--
	return time.Time{}, nil
}

// of finds the window of a store; the caller holds the lock.
func (s *Stores) of(store string) *window {
	now := time.Now()
	w := s.windows[store]
	if w == nil {
		if s.windows == nil {
			s.windows = map[string]*window{}
		}
		s.drop(now)
		w = &window{changed: make(chan struct{})}
		s.windows[store] = w
	}
	w.touched = now
	return w
}

// drop forgets windows that nobody used for long, so that memory stays bounded.
func (s *Stores) drop(now time.Time) {
	if len(s.windows) < storesKept {
		return
	}
	for store, w := range s.windows {
		if w.flying == 0 && now.Sub(w.touched) > storeGrace {
			delete(s.windows, store)
		}
	}
}

// Leave ends what Enter began and learns from the answer; status 0 is none. It gives the moment before which nothing
// else goes to this store when the answer was a refusal for the rate, else zero. A refusal may come as 5xx (facts 2.11).
func (s *Stores) Leave(store string, status int, header http.Header) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, w := time.Now(), s.of(store)
	w.flying--
	close(w.changed)
	w.changed = make(chan struct{})
	seen, told := readHeaders(header, now)
	if told {
		w.quota, w.left, w.reset = seen.Quota, seen.Left-w.flying, seen.Reset
	}
	switch {
	case !Refused(status, header):
		if status > 0 && status < http.StatusInternalServerError {
			w.refused = 0
		}
		return time.Time{}
	case tellsWhen(header):
		w.paused = later(w.paused, Until(header, now))
	default:
		w.paused = later(w.paused, now.Add(Backoff(w.refused+1, nil)))
	}
	w.refused++
	return w.paused
}

// Refused tells whether an answer refuses a request for the rate: 429, or 5xx with the headers of a used-up window.
func Refused(status int, header http.Header) bool {
	if status == http.StatusTooManyRequests {
		return true
	}
	left, err := number(header, "X-Rate-Limit-Requests-Left")
	return status >= http.StatusInternalServerError && (header.Get("X-Retry-After") != "" || err == nil && left == 0)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
