package signin

import (
	"context"
	"log/slog"
	"net/mail"

	"rollcall/internal/org"
)

// Try is one try to sign in.
type Try struct {
	Address  string // where the request came from
	Device   string // the token of the device's cookie, empty when there is none
	Email    string
	Password string
}

// Step is what a member must do next.
type Step uint8

// Steps. Only Done opens a session; until then the session may hold no more than Pending.
const (
	Done   Step = iota
	Code        // show a code of the second factor
	Enroll      // set up a second factor first, because the policy wants one
)

// Entry is what a right step led to.
type Entry struct {
	Member Member
	Next   Step
	Device string // a new token for the device's cookie; empty: the old one stays
	// BreakGlass: a password was used although members sign in through a provider. It belongs into the activity log
	// under an action of its own.
	BreakGlass bool
}

// errDoor is the one answer to whoever may not come in.
func errDoor() error {
	return org.Problem(org.KindUnsigned, "The e-mail address or the password is wrong.", nil)
}

// Enter is the first step: e-mail and password. Unknown, disabled, without a password and wrong give the same
// KindUnsigned error after the same work; too many tries give KindLimited with a TooManyError inside, and too many at
// once KindBusy.
func (d *Door) Enter(ctx context.Context, t Try) (Entry, error) {
	email := typedEmail(t.Email)
	m, hash, err := d.store.MemberByEmail(ctx, email)
	if err != nil && org.KindOf(err) != org.KindNotFound {
		return Entry{}, err
	}
	welcome := err == nil && !m.Disabled && hash != "" && d.mayUsePassword(m)
	keys, err := d.keys(ctx, m.ID, email, t.Address, t.Device)
	if err != nil {
		return Entry{}, err
	}
	if err := d.begin(ctx, keys); err != nil {
		return Entry{}, err
	}
	if !welcome {
		hash = d.hasher.decoy
	}
	right, stale, err := d.hasher.verify(ctx, hash, limited(t.Password))
	if err != nil {
		d.undone(ctx, keys)
		return Entry{}, err
	}
	if !right || !welcome {
		return Entry{}, errDoor()
	}
	if stale {
		d.rehash(ctx, m, t.Password)
	}
	return d.step(ctx, m, keys, t)
}

// mayUsePassword: beside a provider that alone counts, only those keep a password who can open when it fails.
func (d *Door) mayUsePassword(m Member) bool {
	return d.Provider == nil || !d.Provider.Only || m.breaksGlass()
}

// step says what comes after the right password.
func (d *Door) step(ctx context.Context, m Member, keys []Key, t Try) (Entry, error) {
	e := Entry{Member: m, BreakGlass: d.Provider != nil}
	policy, err := d.Policy(ctx)
	if err != nil {
		return Entry{}, err
	}
	switch {
	case m.TOTP:
		e.Next = Code // the counters stay until the code is right as well
		return e, nil
	case d.factors != nil && policy.WantsTOTP(m.Role):
		e.Next = Enroll
	}
	e.Device, err = d.welcome(ctx, m, keys, t.Address, t.Device)
	if e.BreakGlass {
		d.log(ctx, slog.LevelWarn, "a password was used although members sign in through a provider", m, t.Address)
	}
	return e, err
}

// welcome clears what counted against the member here, and remembers the place and the device.
func (d *Door) welcome(ctx context.Context, m Member, keys []Key, address, device string) (newDevice string, err error) {
	if err := d.passed(ctx, keys); err != nil {
		return "", err
	}
	return d.remember(ctx, m, address, device)
}

// SignIn is Enter for callers who know one step only: whoever needs another one is refused (KindForbidden).
func (d *Door) SignIn(ctx context.Context, address, email, password string) (Member, error) {
	e, err := d.Enter(ctx, Try{Address: address, Email: email, Password: password})
	if err == nil && e.Next != Done {
		err = org.Problem(org.KindForbidden, "This member needs a second factor to sign in.", nil)
	}
	if err != nil {
		return Member{}, err
	}
	return e.Member, nil
}

// keys are what a try counts against.
func (d *Door) keys(ctx context.Context, id MemberID, email, address, device string) ([]Key, error) {
	place, hash := network(address), DeviceHash(device)
	from, err := d.known.KnownFrom(ctx, id, place, hash)
	switch {
	case err != nil:
		return nil, err
	case email == "": // no address, so nobody to protect: only the network counts
		return []Key{{KeyAddress, place}}, nil
	case from.Device:
		return []Key{{KeyDevice, email + " " + hashWord(hash)}}, nil
	case from.Place:
		return []Key{{KeyPair, email + " " + place}}, nil
	}
	return []Key{{KeyPair, email + " " + place}, {KeyAccount, email}, {KeyAddress, place}, {keyOpened, email}}, nil
}

// typedEmail is the folded address that was typed. What is no address becomes empty: it belongs to nobody, and it could
// be a password typed into the wrong field, which must not be kept as a key.
func typedEmail(text string) string {
	if len(text) > 320 { // no address is longer
		return ""
	}
	fold := org.FoldEmail(text)
	if a, err := mail.ParseAddress(fold); err != nil || a.Address != fold {
		return ""
	}
	return fold
}

// limited keeps absurdly long input from costing more than a password can.
func limited(password string) string { return password[:min(len(password), 4*MaxPassword+1)] }
