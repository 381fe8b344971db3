package signin

import (
	"context"
	"fmt"
	"time"

	"rollcall/internal/org"
)

// Door lets members in. It is safe for concurrent use.
type Door struct {
	store  Store
	hasher *Hasher
	code   *SetupCode
	now    func() time.Time

	byAddress, byMember, byPair *backoff
	familiar                    familiar
}

// New makes the door. code may be nil: then nobody can set up the first admin over the web.
func New(store Store, hasher *Hasher, code *SetupCode, now func() time.Time) *Door {
	return &Door{
		store: store, hasher: hasher, code: code, now: now,
		byAddress: newBackoff(5, 15*time.Minute),
		// Anybody can make a member's name wait, so this wait stays short.
		byMember: newBackoff(5, 30*time.Second),
		// Where a member signed in before, only tries with that name from there count.
		byPair: newBackoff(5, 30*time.Second),
	}
}

// NeedsSetup tells whether there is no member yet.
func (d *Door) NeedsSetup(ctx context.Context) (bool, error) {
	n, err := d.store.CountMembers(ctx)
	return n == 0, err
}

// Setup is what the first-run form sends.
type Setup struct{ Code, Name, Email, Password string }

// CreateFirst makes the first admin if the code is right, and kills the code. address is where the request came from.
func (d *Door) CreateFirst(ctx context.Context, address string, s Setup) (Member, error) {
	if err := d.mayTry(counter{d.byAddress, network(address)}); err != nil {
		return Member{}, err
	}
	if d.code == nil || !d.code.Matches(s.Code) {
		d.byAddress.failed(network(address), d.now())
		return Member{}, org.Invalid("code", "This is not the set-up code. It stands in the terminal that started Rollcall; each start makes a new one.")
	}
	m, err := s.member()
	if err != nil {
		return Member{}, err
	}
	hash, err := d.hasher.Hash(ctx, s.Password)
	if err != nil {
		return Member{}, err
	}
	if m.ID, err = d.store.CreateFirstMember(ctx, m, hash); err != nil {
		return Member{}, err
	}
	d.code.use()
	d.byAddress.passed(network(address))
	return m, nil
}

func (s Setup) member() (Member, error) {
	m, err := NewMember(s.Name, s.Email, Admin)
	if err != nil {
		return m, err
	}
	return m, CheckPassword(s.Password, m.Email)
}

// SignIn finds the member of an e-mail and password. Unknown, disabled and wrong give the same KindUnsigned error
// after the same work; too many tries give KindLimited with a TooManyError inside.
func (d *Door) SignIn(ctx context.Context, address, email, password string) (Member, error) {
	email = org.FoldEmail(email[:min(len(email), 320)]) // no address is longer
	counters := d.counters(email, network(address))
	if err := d.mayTry(counters...); err != nil {
		return Member{}, err
	}
	for _, c := range counters {
		c.of.failed(c.key, d.now())
	}
	m, hash, err := d.store.MemberByEmail(ctx, email)
	known := err == nil && !m.Disabled
	if err != nil && org.KindOf(err) != org.KindNotFound {
		return Member{}, err
	}
	if !known {
		hash = d.hasher.decoy
	}
	right, err := d.hasher.Verify(ctx, hash, limited(password))
	if err != nil {
		return Member{}, err
	}
	if !right || !known {
		return Member{}, org.Problem(org.KindUnsigned, "The e-mail address or the password is wrong.", nil)
	}
	for _, c := range counters {
		c.of.passed(c.key)
	}
	d.familiar.add(pair(email, network(address)))
	return m, nil
}

// counters are what a try counts against.
func (d *Door) counters(email, place string) []counter {
	if d.familiar.has(pair(email, place)) {
		return []counter{{d.byPair, pair(email, place)}}
	}
	return []counter{{d.byAddress, place}, {d.byMember, email}}
}

func pair(email, place string) string { return email + " " + place }

// limited keeps absurdly long input from costing more than a password can.
func limited(password string) string { return password[:min(len(password), 4*MaxPassword+1)] }

// mayTry refuses who must wait for one of the counters.
func (d *Door) mayTry(counters ...counter) error {
	now := d.now()
	var wait TooManyError
	for _, c := range counters {
		if until, again := c.of.wait(c.key, now); until.After(wait.Until) {
			wait = TooManyError{until, again}
		}
	}
	if wait.Until.IsZero() {
		return nil
	}
	return org.Problem(org.KindLimited, "Too many tries failed. Try again in "+waitWords(wait.Until.Sub(now))+".", &wait)
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

// Member is the member of a session; a member who was removed or disabled since is KindUnsigned.
func (d *Door) Member(ctx context.Context, id MemberID) (Member, error) {
	m, err := d.store.Member(ctx, id)
	if org.KindOf(err) == org.KindNotFound || err == nil && m.Disabled {
		return Member{}, org.Problem(org.KindUnsigned, "Sign in again.", err)
	}
	return m, err
}
