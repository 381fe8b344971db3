package signin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"sync"
	"time"
)

// KnownLasts is how long a network or a device without a sign-in stays known.
const KnownLasts = 90 * 24 * time.Hour

// From tells what is known of where a try comes from.
type From struct{ Place, Device bool }

// Known remembers the networks and devices from which members signed in. A device is the hash of its token.
type Known interface {
	// KnownFrom tells what is known; member 0 is known from nowhere, and finding that out takes as long.
	KnownFrom(ctx context.Context, id MemberID, place string, device []byte) (From, error)
	RememberFrom(ctx context.Context, id MemberID, place string, device []byte) error
}

// DeviceHash is the form in which a device's token is kept.
func DeviceHash(token string) []byte {
	sum := sha256.Sum256([]byte(token[:min(len(token), 256)]))
	return sum[:]
}

func hashWord(hash []byte) string { return hex.EncodeToString(hash[:8]) }

// remember notes the place and the device; a device that is not the member's yet gets a new token, so that nobody can
// prepare one for somebody else.
func (d *Door) remember(ctx context.Context, m Member, address, device string) (newDevice string, err error) {
	place := network(address)
	from, err := d.known.KnownFrom(ctx, m.ID, place, DeviceHash(device))
	if err != nil {
		return "", err
	}
	if !from.Device {
		newDevice = rand.Text()
		device = newDevice
	}
	return newDevice, d.known.RememberFrom(ctx, m.ID, place, DeviceHash(device))
}

// familiar is Known in memory, for stores that cannot. It is bounded by forgetting all.
type familiar struct {
	mu   sync.Mutex
	seen map[string]bool
}

// KnownFrom is that of Known.
func (f *familiar) KnownFrom(_ context.Context, id MemberID, place string, device []byte) (From, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return From{Place: f.seen[familiarKey(id, place)], Device: f.seen[familiarKey(id, string(device))]}, nil
}

// RememberFrom is that of Known.
func (f *familiar) RememberFrom(_ context.Context, id MemberID, place string, device []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seen == nil || len(f.seen) >= keysMax {
		f.seen = map[string]bool{}
	}
	f.seen[familiarKey(id, place)], f.seen[familiarKey(id, string(device))] = true, true
	return nil
}

func familiarKey(id MemberID, of string) string { return strconv.FormatInt(int64(id), 10) + " " + of }
