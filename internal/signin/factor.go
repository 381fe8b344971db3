package signin

import (
	"context"
	"errors"
	"log/slog"

	"rollcall/internal/org"
)

// SealPurpose names what second factors are sealed for; the row is the member's number.
const SealPurpose = "member totp"

// Sealer seals secrets before they are stored, under SealPurpose and the member's number.
type Sealer struct {
	Seal func(id MemberID, secret string) ([]byte, error)
	Open func(id MemberID, sealed []byte) (string, error)
}

// Factor is what is stored of a second factor.
type Factor struct {
	Secret  []byte // sealed, nil when there is none
	Pending []byte // sealed, waits for its first code
	Step    int64  // the newest step whose code was used
	Codes   int    // recovery codes left
}

// Factors keeps second factors. What uses something up returns false when it was used before, or is not there.
type Factors interface {
	Factor(ctx context.Context, id MemberID) (Factor, error)
	SetPending(ctx context.Context, id MemberID, sealed []byte) error
	// ConfirmPending makes the pending secret the one that counts if it is still this one, and replaces all recovery codes.
	ConfirmPending(ctx context.Context, id MemberID, sealed []byte, step int64, codes [][]byte) (bool, error)
	// UseStep notes that the step's code was used, if no newer or equal one was.
	UseStep(ctx context.Context, id MemberID, step int64) (bool, error)
	UseRecovery(ctx context.Context, id MemberID, code []byte) (bool, error)
	ReplaceRecovery(ctx context.Context, id MemberID, codes [][]byte) error
}

// CodeTry is one try of the second step.
type CodeTry struct {
	Address string
	Device  string // the token of the device's cookie
	Member  MemberID
	Code    string // of the app, or a recovery code

	ByProvider bool // the first step was the provider's, not a password
}

func errCode() error {
	return org.Problem(org.KindUnsigned, "This code is wrong or was used already. Wait for the next one, or use a recovery code.", nil)
}

// EnterCode is the second step, for the member that Pending names. Errors are those of Enter.
func (d *Door) EnterCode(ctx context.Context, t CodeTry) (Entry, error) {
	m, err := d.Member(ctx, t.Member)
	if err != nil {
		return Entry{}, err
	}
	keys, err := d.codeKeys(ctx, m, t)
	if err != nil {
		return Entry{}, err
	}
	if err := d.check(ctx, keys, m, t.Code, errCode); err != nil {
		return Entry{}, err
	}
	e := Entry{Member: m, BreakGlass: d.Provider != nil && !t.ByProvider}
	e.Device, err = d.remember(ctx, m, t.Address, t.Device)
	if e.BreakGlass {
		d.log(ctx, slog.LevelWarn, "a password was used although members sign in through a provider", m, t.Address)
	}
	return e, err
}

// codeKeys are what a second step counts against. Who was vouched for by the provider meets no counter that strangers
// can drive up.
func (d *Door) codeKeys(ctx context.Context, m Member, t CodeTry) ([]Key, error) {
	email := org.FoldEmail(m.Email)
	if t.ByProvider {
		return []Key{{KeyProof, email}}, nil
	}
	keys, err := d.keys(ctx, m.ID, email, t.Address, t.Device)
	if len(keys) > 1 { // from where the member is not known, tries from everywhere count together
		keys = append(keys, Key{KeyCode, email})
	}
	return keys, err
}

// check compares a code under the given counters.
func (d *Door) check(ctx context.Context, keys []Key, m Member, code string, wrong func() error) error {
	if err := d.begin(ctx, keys); err != nil {
		return err
	}
	right, err := d.codeRight(ctx, m, code)
	if err != nil {
		d.undone(ctx, keys)
		return err
	}
	if !right {
		return wrong()
	}
	return d.passed(ctx, keys)
}

// codeRight compares a code and uses it up.
func (d *Door) codeRight(ctx context.Context, m Member, code string) (bool, error) {
	if d.factors == nil || !m.TOTP {
		return false, nil
	}
	if isRecovery(code) {
		used, err := d.factors.UseRecovery(ctx, m.ID, recoveryHash(code))
		if used {
			d.log(ctx, slog.LevelWarn, "a recovery code was used", m, "")
		}
		return used, err
	}
	f, err := d.factors.Factor(ctx, m.ID)
	if err != nil || f.Secret == nil {
		return false, err
	}
	step, err := d.match(m.ID, f.Secret, code)
	if err != nil || step == 0 {
		return false, err
	}
	return d.factors.UseStep(ctx, m.ID, step)
}

func (d *Door) match(id MemberID, sealed []byte, code string) (int64, error) {
	if d.Seal.Open == nil {
		return 0, errNoSeal
	}
	secret, err := d.Seal.Open(id, sealed)
	if err != nil {
		return 0, org.Problem(org.KindStorage, "The second factor does not open with this master key. Put the old key back, "+
			"or let an admin remove the second factor.", err)
	}
	return matchTOTP(secret, code, d.now())
}

var errNoSeal = errors.New("second factors need a sealer")

// BeginTOTP makes a new secret, which counts only after ConfirmTOTP. The old one counts until then.
func (d *Door) BeginTOTP(ctx context.Context, m Member) (Enrollment, error) {
	if d.factors == nil || d.Seal.Seal == nil {
		return Enrollment{}, errNoSeal
	}
	secret := newTOTPSecret()
	sealed, err := d.Seal.Seal(m.ID, secret)
	if err != nil {
		return Enrollment{}, err
	}
	return newEnrollment(secret, m.Email), d.factors.SetPending(ctx, m.ID, sealed)
}

// PendingTOTP is the enrolment that BeginTOTP began, so that its page can be shown again; KindNotFound when there is none.
func (d *Door) PendingTOTP(ctx context.Context, m Member) (Enrollment, error) {
	if d.factors == nil || d.Seal.Open == nil {
		return Enrollment{}, errNoSeal
	}
	f, err := d.factors.Factor(ctx, m.ID)
	if err != nil {
		return Enrollment{}, err
	}
	if f.Pending == nil {
		return Enrollment{}, org.NotFound("second factor that waits for its first code")
	}
	secret, err := d.Seal.Open(m.ID, f.Pending)
	return newEnrollment(secret, m.Email), err
}

// ConfirmTOTP makes the new secret count once a code shows that the app has it, and returns the recovery codes, which
// nobody can show again. A wrong code is Invalid for the field code.
func (d *Door) ConfirmTOTP(ctx context.Context, m Member, code string) (codes []string, err error) {
	if d.factors == nil {
		return nil, errNoSeal
	}
	f, err := d.factors.Factor(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	if f.Pending == nil {
		return nil, org.Conflict("Begin again: no second factor waits for its first code.")
	}
	step, err := d.match(m.ID, f.Pending, code)
	if err != nil {
		return nil, err
	}
	if step == 0 {
		return nil, org.Invalid("code", "This code does not fit. Check that the clock of your phone is right, and type the code that the app shows now.")
	}
	codes, hashes := newRecoveryCodes()
	ok, err := d.factors.ConfirmPending(ctx, m.ID, f.Pending, step, hashes)
	if err == nil && !ok {
		err = org.Conflict("Another second factor was begun meanwhile. Begin again.")
	}
	if err != nil {
		return nil, err
	}
	return codes, nil
}

// RenewRecovery replaces the recovery codes, used or not.
func (d *Door) RenewRecovery(ctx context.Context, m Member) ([]string, error) {
	if d.factors == nil || !m.TOTP {
		return nil, org.Conflict("Set up a second factor first.")
	}
	codes, hashes := newRecoveryCodes()
	if err := d.factors.ReplaceRecovery(ctx, m.ID, hashes); err != nil {
		return nil, err
	}
	return codes, nil
}

// RecoveryLeft is how many recovery codes are not used yet.
func (d *Door) RecoveryLeft(ctx context.Context, id MemberID) (int, error) {
	if d.factors == nil {
		return 0, nil
	}
	f, err := d.factors.Factor(ctx, id)
	return f.Codes, err
}
