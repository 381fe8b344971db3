package signin

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"rollcall/internal/org"
)

// MinPassword and MaxPassword bound a password's length in characters. Composition is free: length protects, rules
// about digits and signs only make people write passwords down.
const (
	MinPassword = 12
	MaxPassword = 256
)

// Cost is what one hash takes.
type Cost struct {
	Memory  uint32 // KiB
	Time    uint32 // passes
	Threads uint8
}

// DefaultCost is 64 MiB in three passes.
var DefaultCost = Cost{Memory: 64 * 1024, Time: 3, Threads: 2}

// Hasher hashes passwords with argon2id, two at a time at most so that memory stays bounded. Safe for concurrent use.
type Hasher struct {
	cost  Cost
	slots chan struct{} // who hashes
	queue chan struct{} // who hashes or waits to
	count atomic.Int64  // hashes computed
	decoy string        // hash of nothing anybody knows, compared for unknown members so that they take the same time
}

// NewHasher makes a hasher; the zero Cost means DefaultCost.
func NewHasher(cost Cost) *Hasher {
	if cost == (Cost{}) {
		cost = DefaultCost
	}
	salt, hash := make([]byte, saltSize), make([]byte, hashSize)
	rand.Read(salt)
	rand.Read(hash)
	return &Hasher{cost: cost, slots: make(chan struct{}, 2), queue: make(chan struct{}, 64), decoy: encodePHC(cost, salt, hash)}
}

const saltSize, hashSize = 16, 32

// Hash makes the PHC string of a password with a new salt.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltSize)
	rand.Read(salt)
	hash, err := h.derive(ctx, h.cost, composed(password), salt)
	if err != nil {
		return "", err
	}
	return encodePHC(h.cost, salt, hash), nil
}

// composed is the form that is hashed: the same password typed on another keyboard may arrive composed differently, or
// with letters of another width.
func composed(password string) []byte { return norm.NFKC.AppendString(nil, password) }

// Verify tells whether the password belongs to the PHC string.
func (h *Hasher) Verify(ctx context.Context, phc, password string) (bool, error) {
	right, _, err := h.verify(ctx, phc, password)
	return right, err
}

// verify also tells whether the hash should be made anew: its cost is another than the present one, or it was made of
// the form that was hashed before. The work depends on the password and the cost only, never on whether it is right.
func (h *Hasher) verify(ctx context.Context, phc, password string) (right, stale bool, err error) {
	cost, salt, want, err := decodePHC(phc)
	if err != nil {
		return false, false, err
	}
	forms := [][]byte{composed(password)}
	if old := norm.NFC.AppendString(nil, password); !bytes.Equal(old, forms[0]) {
		forms = append(forms, old)
	}
	for i, form := range forms {
		got, err := h.derive(ctx, cost, form, salt)
		if err != nil {
			return false, false, err
		}
		if subtle.ConstantTimeCompare(got, want) == 1 {
			right, stale = true, i > 0 || cost != h.cost
		}
	}
	return right, stale, nil
}

// Count is how many hashes were computed so far.
func (h *Hasher) Count() int64 { return h.count.Load() }

// derive waits for one of the two places; a caller who goes away gives up his place in the queue. When too many wait
// already it refuses at once, with KindBusy.
func (h *Hasher) derive(ctx context.Context, c Cost, form, salt []byte) ([]byte, error) {
	select {
	case h.queue <- struct{}{}:
	default:
		return nil, org.Problem(org.KindBusy, "Too many people sign in at this moment. Try again in a few seconds.", nil)
	}
	defer func() { <-h.queue }()
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to hash: %w", ctx.Err())
	}
	defer h.done(c)
	h.count.Add(1)
	return argon2.IDKey(form, salt, c.Time, c.Memory, c.Threads, hashSize), nil
}

// largeCost is the memory, in KiB, from which a hash is worth giving back at once.
const largeCost = 16 * 1024

// done gives the place back. The last one out returns the memory, which the program would else hold for minutes.
func (h *Hasher) done(c Cost) {
	<-h.slots
	if len(h.slots) == 0 && c.Memory >= largeCost {
		go debug.FreeOSMemory()
	}
}

var raw64 = base64.RawStdEncoding

func encodePHC(c Cost, salt, hash []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.Memory, c.Time, c.Threads,
		raw64.EncodeToString(salt), raw64.EncodeToString(hash))
}

var errPHC = errors.New("the stored password hash has an unknown form")

func decodePHC(text string) (c Cost, salt, hash []byte, err error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, errPHC
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.Memory, &c.Time, &c.Threads); err != nil {
		return c, nil, nil, errPHC
	}
	if parts[3] != fmt.Sprintf("m=%d,t=%d,p=%d", c.Memory, c.Time, c.Threads) {
		return c, nil, nil, errPHC
	}
	salt, saltErr := raw64.DecodeString(parts[4])
	hash, hashErr := raw64.DecodeString(parts[5])
	if saltErr != nil || hashErr != nil || len(hash) != hashSize || c.Time < 1 || c.Threads < 1 || c.Memory > 1<<20 || c.Time > 64 || len(salt) > 64 {
		return c, nil, nil, errPHC
	}
	return c, salt, hash, nil
}

// CheckPassword applies the policy: long enough, not the e-mail address, not one character repeated, and not what
// everybody tries first. Everything else is free: no rules about digits or signs.
func CheckPassword(password, email string) error {
	if len(password) > 4*MaxPassword {
		return errLong
	}
	form := composed(password)
	length := utf8.RuneCount(form)
	switch {
	case !utf8.ValidString(password):
		return org.Invalid("password", "The password has characters that cannot be read. Type it again.")
	case length < MinPassword:
		return org.Invalid("password", fmt.Sprintf("Use at least %d characters. A few words in a row are fine.", MinPassword))
	case length > MaxPassword:
		return errLong
	case strings.EqualFold(strings.TrimSpace(password), strings.TrimSpace(email)):
		return org.Invalid("password", "The password must differ from the e-mail address.")
	case strings.Trim(password, string([]rune(password)[0])) == "":
		return org.Invalid("password", "Use more than one character repeated.")
	case common(string(form), email):
		return org.Invalid("password", "This password is among the first that others try. Use a few words that do not belong together.")
	}
	return nil
}

var errLong = org.Invalid("password", fmt.Sprintf("Use at most %d characters.", MaxPassword))
