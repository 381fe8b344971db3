package signin

import (
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// TooManyError says that somebody must wait before the next try.
type TooManyError struct{ Until time.Time }

func (e *TooManyError) Error() string {
	return fmt.Sprintf("too many failed tries, refused until %s", e.Until.UTC().Format(time.RFC3339))
}

// backoff counts failed tries by key and makes each further one wait longer. It lives in memory.
type backoff struct {
	free int           // failures without a wait
	cap  time.Duration // longest wait

	mu   sync.Mutex
	keys map[string]*failures
}

type failures struct {
	count int
	last  time.Time
	until time.Time
}

// forget is how long a key without a further failure is remembered; keysMax bounds the memory.
const (
	forget  = time.Hour
	keysMax = 10_000
)

func newBackoff(free int, longest time.Duration) *backoff {
	return &backoff{free: free, cap: longest, keys: map[string]*failures{}}
}

// wait is the moment until which the key is refused, zero when it may try.
func (b *backoff) wait(key string, now time.Time) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if f := b.keys[key]; f != nil && now.Before(f.until) {
		return f.until
	}
	return time.Time{}
}

// failed counts a failure. It is called before the slow comparison, so that many tries at once count as well.
func (b *backoff) failed(key string, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.keys[key]
	if f == nil || now.Sub(f.last) > forget {
		b.prune(now)
		f = &failures{}
		b.keys[key] = f
	}
	f.count, f.last = f.count+1, now
	if over := f.count - b.free; over >= 0 {
		f.until = now.Add(min(b.cap, time.Second<<min(over, 20)))
	}
}

func (b *backoff) passed(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.keys, key)
}

// prune makes room: the forgotten go, and all of them when that is not enough.
func (b *backoff) prune(now time.Time) {
	if len(b.keys) < keysMax {
		return
	}
	for key, f := range b.keys {
		if now.Sub(f.last) > forget {
			delete(b.keys, key)
		}
	}
	if len(b.keys) >= keysMax {
		clear(b.keys)
	}
}

// network is the part of an address that one guesser holds: the whole of IPv4, a /64 of IPv6.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	prefix, err := ip.Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}
