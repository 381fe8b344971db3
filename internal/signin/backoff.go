package signin

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"sync"
	"time"

	"rollcall/internal/org"
)

// TooManyError says that somebody must wait before the next try.
type TooManyError struct {
	Until time.Time
	Again bool // the same wait was told before
}

func (e *TooManyError) Error() string {
	return fmt.Sprintf("too many failed tries, refused until %s", e.Until.UTC().Format(time.RFC3339))
}

// KeyKind says what a Key counts.
type KeyKind string

// Kinds of keys. A try from a known device counts against that device only; from a network where the member signed in
// before, against member and network together; from anywhere else against network, member and both together. So nobody
// who guesses elsewhere can shut members out where they are known.
const (
	KeyDevice  KeyKind = "device"  // a browser that holds a device's token
	KeyPair    KeyKind = "pair"    // one e-mail from one network
	KeyAccount KeyKind = "account" // one e-mail from networks where it is not known
	KeyAddress KeyKind = "address" // one network
	KeyCode    KeyKind = "code"    // second steps of one member from where the member is not known
	KeyProof   KeyKind = "proof"   // one member who signed in and shows again who they are
	keyOpened  KeyKind = "opened"  // an admin unlocked the e-mail: until then KeyAccount and KeyCode refuse nobody
)

// Key names what tries count against.
type Key struct {
	Kind KeyKind
	Of   string
}

// Tally is what is known of the failed tries under a key. The zero Tally is none.
type Tally struct {
	Count int
	Last  time.Time
	Until time.Time // refused until then
	Told  bool      // that it must wait
}

// Tries keeps tallies. Tally hands those of the keys to change, in one transaction, and keeps what change leaves; a
// tally with Count 0 and no Until is forgotten.
type Tries interface {
	Tally(ctx context.Context, keys []Key, change func([]Tally)) error
}

// Lock is a wait that is on, for those who may end it.
type Lock struct {
	Key
	Count int
	Until time.Time
}

const (
	freeTries   = 5                // failures without a wait
	lockTries   = 10               // failures that lock (PCI DSS 8.3.4: no more than ten)
	lockLasts   = 30 * time.Minute // PCI DSS 8.3.4: no less than thirty minutes
	openedLasts = 15 * time.Minute // how long an unlocked member may sign in from anywhere in spite of others' tries
)

// ForgetTries is how long a tally without a further failure is remembered.
const ForgetTries = 24 * time.Hour

// delay is the wait after so many failures: none, then seconds that double, then the lock.
func delay(count int) time.Duration {
	switch {
	case count < freeTries:
		return 0
	case count < lockTries:
		return time.Second << (count - freeTries)
	}
	return lockLasts
}

// failed counts one more failure.
func (t *Tally) failed(now time.Time) {
	if now.Sub(t.Last) > ForgetTries {
		*t = Tally{}
	}
	t.Count, t.Last, t.Told = t.Count+1, now, false
	if d := delay(t.Count); d > 0 {
		t.Until = now.Add(d)
	}
}

// refund takes one counted failure back, and the wait it brought.
func (t *Tally) refund() {
	t.Count = max(0, t.Count-1)
	t.Until, t.Told = time.Time{}, false
}

// begin counts a try as failed against every key before its slow comparison, so that many tries at once count as well;
// or it refuses, with KindLimited and a TooManyError inside, when one of the keys must wait. Then nothing is counted.
func (d *Door) begin(ctx context.Context, keys []Key) error {
	now := d.now()
	var wait TooManyError
	err := d.tries.Tally(ctx, keys, func(tallies []Tally) {
		opened := isOpened(keys, tallies, now)
		for i := range tallies {
			if k, t := keys[i].Kind, &tallies[i]; k != keyOpened && now.Before(t.Until) && !(opened && unlocks(k)) {
				if t.Until.After(wait.Until) {
					wait = TooManyError{t.Until, t.Told}
				}
				t.Told = true
			}
		}
		for i := range tallies {
			if k := keys[i].Kind; wait.Until.IsZero() && k != keyOpened && !(opened && unlocks(k)) {
				tallies[i].failed(now)
			}
		}
	})
	if err != nil || wait.Until.IsZero() {
		return err
	}
	return org.Problem(org.KindLimited, "Too many tries failed. Try again in "+waitWords(wait.Until.Sub(now))+".", &wait)
}

// unlocks tells whether an admin's unlocking sets the key aside for a while.
func unlocks(k KeyKind) bool { return k == KeyAccount || k == KeyCode }

func isOpened(keys []Key, tallies []Tally, now time.Time) bool {
	for i, k := range keys {
		if k.Kind == keyOpened && now.Before(tallies[i].Until) {
			return true
		}
	}
	return false
}

// passed clears what a right try counted. A network only gets this one try back, or somebody with one right password
// could go on guessing others' without end.
func (d *Door) passed(ctx context.Context, keys []Key) error {
	return d.tries.Tally(ctx, keys, func(tallies []Tally) {
		for i := range tallies {
			switch keys[i].Kind {
			case keyOpened:
			case KeyAddress:
				tallies[i].refund()
			default:
				tallies[i] = Tally{}
			}
		}
	})
}

// undone takes a try back that came to no answer, for example because the database failed. It works after its request
// has ended.
func (d *Door) undone(ctx context.Context, keys []Key) {
	_ = d.tries.Tally(context.WithoutCancel(ctx), keys, func(tallies []Tally) {
		for i := range tallies {
			if keys[i].Kind != keyOpened {
				tallies[i].refund()
			}
		}
	})
}

func waitWords(d time.Duration) string {
	seconds := int(d.Seconds()) + 1
	switch {
	case seconds == 1:
		return "a second"
	case seconds < 90:
		return fmt.Sprintf("%d seconds", seconds)
	}
	return fmt.Sprintf("%d minutes", (seconds+59)/60)
}

// memory keeps tallies for stores that cannot. It is bounded by forgetting all.
type memory struct {
	mu   sync.Mutex
	keys map[Key]Tally
}

// keysMax bounds the memory.
const keysMax = 10_000

func newMemory() *memory { return &memory{keys: map[Key]Tally{}} }

// Tally is that of Tries.
func (m *memory) Tally(_ context.Context, keys []Key, change func([]Tally)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	tallies := make([]Tally, len(keys))
	for i, k := range keys {
		tallies[i] = m.keys[k]
	}
	change(tallies)
	if len(m.keys) >= keysMax {
		maps.DeleteFunc(m.keys, func(_ Key, t Tally) bool { return t.Count < lockTries })
	}
	if len(m.keys) >= keysMax {
		clear(m.keys)
	}
	for i, k := range keys {
		if t := tallies[i]; t.Count == 0 && t.Until.IsZero() {
			delete(m.keys, k)
		} else {
			m.keys[k] = t
		}
	}
	return nil
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
