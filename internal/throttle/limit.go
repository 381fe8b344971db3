package throttle

import (
	"errors"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ErrAnswered is the cause of a LimitError when the API itself refused a request that was sent: it counts.
// Without it nothing was sent.
var ErrAnswered = errors.New("the API answered 429")

// defaultWait is how long a 429 without any header holds requests back.
const defaultWait = time.Minute

// maxWait caps what headers may ask for.
const maxWait = 2 * time.Hour

// Until is the moment until which an answer 429 asks to wait: the longest of its headers, or a minute (facts 2.11).
func Until(header http.Header, now time.Time) time.Time {
	wait := max(retryAfter(header, now), milliseconds(header.Get("X-Rate-Limit-Time-Reset-Ms")))
	if wait <= 0 {
		wait = defaultWait
	}
	return now.Add(min(wait, maxWait))
}

// retryAfter reads X-Retry-After, which may be a decimal, and Retry-After, which may be a date.
func retryAfter(header http.Header, now time.Time) time.Duration {
	var wait time.Duration
	for _, name := range []string{"X-Retry-After", "Retry-After"} {
		value := strings.TrimSpace(header.Get(name))
		if seconds, err := strconv.ParseFloat(value, 64); err == nil && seconds > 0 && !math.IsInf(seconds, 0) {
			wait = max(wait, time.Duration(math.Ceil(min(seconds, 1e6)))*time.Second)
		} else if at, err := http.ParseTime(value); err == nil {
			wait = max(wait, at.Sub(now))
		}
	}
	return wait
}

func milliseconds(value string) time.Duration {
	n, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || !(n > 0) {
		return 0
	}
	return time.Duration(min(n, 1e11)) * time.Millisecond
}

// Backoff is how long to wait before a request is repeated for the attempt-th time, counted from 0: a second, doubled
// each time up to a minute, of which a random half is left off so that waiting processes do not come back together.
// Without a source of its own it uses the shared one.
func Backoff(attempt int, rng *rand.Rand) time.Duration {
	wait := min(time.Minute, time.Second<<max(0, min(attempt, 6)))
	random := rand.Int64N
	if rng != nil {
		random = rng.Int64N
	}
	return wait/2 + time.Duration(random(int64(wait/2)+1))
}
