package throttle

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"rollcall/internal/org"
)

// Quota is how many requests may be sent in a window. BigCommerce documents 70 an hour for an account (facts 1.9).
type Quota struct {
	Requests int
	Window   time.Duration
}

// ParseQuota reads a quota like 70/1h: requests, a slash, a duration.
func ParseQuota(text string) (Quota, error) {
	count, length, _ := strings.Cut(strings.TrimSpace(text), "/")
	requests, countErr := strconv.Atoi(strings.TrimSpace(count))
	window, lengthErr := time.ParseDuration(strings.TrimSpace(length))
	if countErr != nil || lengthErr != nil || requests < 1 || window < time.Second || window > 24*time.Hour {
		return Quota{}, org.Invalid("account-quota", fmt.Sprintf("%q is no quota. Use requests and a window between one second and a day, like 70/1h.", text))
	}
	return Quota{requests, window}, nil
}

func (q Quota) String() string { return fmt.Sprintf("%d/%s", q.Requests, q.Window) }

// Reserve is what a sync leaves for members' actions: a tenth, six at most (design 4.1).
func (q Quota) Reserve() int { return min(6, q.Requests/10) }

// sliding is how long a booked request counts while no headers tell: the window, and a little for its way to the server.
func (q Quota) sliding() time.Duration { return q.Window + min(5*time.Second, q.Window/20) }

// believed is the quota by the newest headers, or the configured one where they are missing or old.
func (q Quota) believed(seen Seen, now time.Time) Quota {
	if seen.At.IsZero() || now.Sub(seen.At) > 24*time.Hour {
		return q
	}
	if seen.Quota > 0 {
		q.Requests = seen.Quota
	}
	if seen.Window >= time.Second && seen.Window <= 24*time.Hour {
		q.Window = seen.Window
	}
	return q
}

// standing is where the quota stands at a moment, as far as ledger and headers tell.
type standing struct {
	used  int
	reset time.Time // when requests become free again; zero when all are
	probe bool      // the window that headers told of is over and nothing was sent since: one request will tell
	await bool      // it is over, and an answer that is under way will tell
}

// pending is how long an answer may be under way before it is given up.
const pending = 90 * time.Second

// stand judges headers over the own count. Without fresh headers the window is taken as sliding, which is right for
// fixed windows too, only slower.
func (q Quota) stand(spent []time.Time, seen Seen, now time.Time) standing {
	spent = q.credible(spent, now)
	fresh := !seen.At.IsZero() && !seen.Reset.IsZero() && !now.Before(seen.At)
	if fresh && now.Before(seen.Reset) {
		own := sentAfter(spent, seen.Reset.Add(-q.sliding())) // answers of these may be under way still
		return standing{used: max(0, q.Requests-seen.Left+sentAfter(spent, seen.At), own), reset: seen.Reset}
	}
	recent := sentAfter(spent, now.Add(-q.sliding()))
	s := standing{used: recent}
	if fresh {
		s.await = sentAfter(spent, latest(seen.At, now.Add(-pending))) > 0
		s.probe = !s.await && sentAfter(spent, seen.Reset.Add(-time.Millisecond)) == 0
	}
	if recent > 0 {
		s.reset = spent[len(spent)-recent].Add(q.sliding())
	}
	return s
}

// until is the moment until which to wait before the next request, zero to send now. keep requests are left for others.
func (q Quota) until(spent []time.Time, seen Seen, now time.Time, keep int) time.Time {
	q = q.believed(seen, now)
	spent = q.credible(spent, now)
	s := q.stand(spent, seen, now)
	if s.probe || s.used+keep < q.Requests {
		return time.Time{}
	}
	if !seen.Reset.IsZero() && s.reset.Equal(seen.Reset) {
		return s.reset
	}
	// The request whose end of window makes enough room: all before it must be out of the window as well.
	index := len(spent) - max(1, q.Requests-keep)
	until := spent[max(0, index)].Add(q.sliding())
	if soon := now.Add(min(5*time.Second, q.Window/20)); s.await && soon.Before(until) {
		return soon
	}
	return until
}

// credible leaves out requests that were booked more than a window ahead: by a clock that was wrong. Fewer may be from
// one that was set back a little, and count.
func (q Quota) credible(spent []time.Time, now time.Time) []time.Time {
	return spent[:len(spent)-sentAfter(spent, now.Add(q.sliding()))]
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// sentAfter counts the requests after a moment; spent is ordered, oldest first.
func sentAfter(spent []time.Time, moment time.Time) int {
	n := 0
	for i := len(spent) - 1; i >= 0 && spent[i].After(moment); i-- {
		n++
	}
	return n
}
