package signin

import (
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// TooManyError says that somebody must wait before the next try.
type TooManyError struct {
	Until time.Time
	Again bool // the same wait was told before
}

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
	told  bool // that it must wait
}

// forget is how long a key without a further failure is remembered; keysMax bounds the memory.
const (
	forget  = time.Hour
	keysMax = 10_000
)

func newBackoff(free int, longest time.Duration) *backoff {
	return &backoff{free: free, cap: longest, keys: map[string]*failures{}}
}

// wait is the moment until which the key is refused, zero when it may try; again says that it was told so before.
func (b *backoff) wait(key string, now time.Time) (until time.Time, again bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.keys[key]
	if f == nil || !now.Before(f.until) {
		return time.Time{}, false
	}
	again, f.told = f.told, true
	return f.until, again
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
	f.count, f.last, f.told = f.count+1, now, false
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

// counter is a key of a backoff.
type counter struct {
	of  *backoff
	key string
}

// familiar remembers from where members signed in, so that others' guesses do not shut them out there. It lives in
// memory, which it bounds by forgetting all.
type familiar struct {
	mu    sync.Mutex
	pairs map[string]bool
}

func (f *familiar) add(pair string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pairs == nil || len(f.pairs) >= keysMax {
		f.pairs = map[string]bool{}
	}
	f.pairs[pair] = true
}

func (f *familiar) has(pair string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pairs[pair]
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
