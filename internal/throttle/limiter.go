package throttle

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"rollcall/internal/org"
)

// Limiter keeps the requests of accounts within their quota. It is safe for concurrent use, and several processes on
// one ledger share the quota.
type Limiter struct {
	ledger Ledger
	quota  Quota
	now    func() time.Time

	mu      sync.Mutex
	refused map[org.AccountID]int // answers 429 in a row
}

// New makes a Limiter. quota counts until headers tell otherwise; now is the clock.
func New(ledger Ledger, quota Quota, now func() time.Time) *Limiter {
	return &Limiter{ledger: ledger, quota: quota, now: now, refused: map[org.AccountID]int{}}
}

// lookback is how far back booked requests are looked at: the longest window and a little.
const lookback = 25 * time.Hour

type memberKey struct{}

// ForMember marks the requests of a context as a member's action, which may use what syncs leave in reserve.
func ForMember(ctx context.Context) context.Context {
	return context.WithValue(ctx, memberKey{}, true)
}

func (l *Limiter) keep(ctx context.Context, quota Quota) int {
	if ctx.Value(memberKey{}) != nil {
		return 0
	}
	return quota.Reserve()
}

// Quota is where the account's quota stands now.
func (l *Limiter) Quota(ctx context.Context, account org.AccountID) (org.Quota, error) {
	now := l.now()
	spent, seen, err := l.ledger.Spent(ctx, account, now, lookback)
	if err != nil {
		return org.Quota{}, err
	}
	quota := l.quota.believed(seen, now)
	s := quota.stand(spent, seen, now)
	if s.probe {
		s = standing{}
	}
	return org.Quota{Limit: quota.Requests, Used: min(s.used, quota.Requests), Reserve: quota.Reserve(), ResetAt: s.reset}, nil
}

// Transport sends an account's requests through base, each booked in the ledger before it leaves. When the quota is
// used up it sends nothing and returns a LimitError; an answer 429 becomes a LimitError too, caused by ErrAnswered.
// Account 0 stands for one that is not stored yet: its requests are only watched for 429.
func (l *Limiter) Transport(account org.AccountID, base http.RoundTripper) http.RoundTripper {
	return transport{limiter: l, account: account, base: base}
}

type transport struct {
	limiter *Limiter
	account org.AccountID
	base    http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(request *http.Request) (*http.Response, error) {
	booked, err := t.limiter.reserve(request.Context(), t.account)
	if err != nil {
		closeBody(request)
		return nil, err
	}
	response, err := t.base.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	return t.limiter.answered(request.Context(), t.account, booked, response)
}

func closeBody(request *http.Request) {
	if request.Body != nil {
		request.Body.Close()
	}
}

// reserve books one request and gives the moment, or tells until when there is no room.
func (l *Limiter) reserve(ctx context.Context, account org.AccountID) (booked time.Time, err error) {
	now := l.now()
	if account == 0 {
		return now, nil
	}
	until, err := l.ledger.Reserve(ctx, account, now, lookback, func(spent []time.Time, seen Seen) time.Time {
		return l.quota.until(spent, seen, now, l.keep(ctx, l.quota.believed(seen, now)))
	})
	if err == nil && !until.IsZero() {
		err = &org.LimitError{Until: until}
	}
	return now, err
}

// answered learns from the headers of an answer and turns a refusal into a LimitError. What headers say holds for the
// moment at which their request was booked: whatever was booked later may not be counted in them.
func (l *Limiter) answered(ctx context.Context, account org.AccountID, booked time.Time, response *http.Response) (*http.Response, error) {
	now := l.now()
	seen, told := readHeaders(response.Header, now)
	if response.StatusCode != http.StatusTooManyRequests {
		l.count(account, false)
		if !told {
			return response, nil
		}
		seen.At = booked
		if err := l.saw(ctx, account, seen); err != nil {
			response.Body.Close()
			return nil, err
		}
		return response, nil
	}
	response.Body.Close()
	seen.At, seen.Left, seen.Reset = now, 0, l.pause(account, response.Header, now)
	if err := l.saw(ctx, account, seen); err != nil {
		return nil, err
	}
	return nil, &org.LimitError{Until: seen.Reset, Err: ErrAnswered}
}

// saw records headers even when the request's context ends: the answer was paid for.
func (l *Limiter) saw(ctx context.Context, account org.AccountID, seen Seen) error {
	if account == 0 {
		return nil
	}
	return l.ledger.Saw(context.WithoutCancel(ctx), account, seen)
}

// pause is when to try again after a 429: by its headers, else a minute that doubles with each refusal in a row, up to
// a quarter of an hour, with jitter so that several tools do not come back together.
func (l *Limiter) pause(account org.AccountID, header http.Header, now time.Time) time.Time {
	in := l.count(account, true)
	if tellsWhen(header) {
		return Until(header, now)
	}
	wait := min(defaultWait<<min(in-1, 10), 15*time.Minute)
	return now.Add(wait + rand.N(wait/4))
}

// count keeps the number of refusals in a row.
func (l *Limiter) count(account org.AccountID, refused bool) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !refused {
		delete(l.refused, account)
		return 0
	}
	l.refused[account]++
	return l.refused[account]
}

// tellsWhen reports whether headers say when to come back.
func tellsWhen(header http.Header) bool {
	for _, name := range []string{"X-Retry-After", "Retry-After", "X-Rate-Limit-Time-Reset-Ms"} {
		if strings.TrimSpace(header.Get(name)) != "" {
			return true
		}
	}
	return false
}

// readHeaders reads the rate headers of an answer (facts 2.11); told is false when they are missing or make no sense.
func readHeaders(header http.Header, now time.Time) (seen Seen, told bool) {
	quota, quotaErr := number(header, "X-Rate-Limit-Requests-Quota")
	left, leftErr := number(header, "X-Rate-Limit-Requests-Left")
	reset := milliseconds(header.Get("X-Rate-Limit-Time-Reset-Ms"))
	seen = Seen{At: now, Quota: quota, Left: left, Window: milliseconds(header.Get("X-Rate-Limit-Time-Window-Ms"))}
	if reset > 0 {
		seen.Reset = now.Add(min(reset, 24*time.Hour))
	}
	return seen, quotaErr == nil && leftErr == nil && reset > 0
}

// errNoNumber stands for a header that is missing, negative or absurd.
var errNoNumber = errors.New("no number")

func number(header http.Header, name string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(header.Get(name)))
	if err != nil || n < 0 || n > 1e9 {
		return 0, errNoNumber
	}
	return n, nil
}
