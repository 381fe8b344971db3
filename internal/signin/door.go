package signin

import (
	"context"
	"log/slog"
	"time"

	"rollcall/internal/org"
)

// Door lets members in. It is safe for concurrent use.
//
// What it keeps besides members is up to the store: one that is also Tries, Known, Factors, Policies or Links keeps
// those; without, failed tries live in memory and there are no second factors.
type Door struct {
	store  Store
	hasher *Hasher
	code   *SetupCode
	now    func() time.Time

	tries    Tries
	known    Known
	factors  Factors  // nil: no member has a second factor
	policies Policies // nil: DefaultPolicy
	links    Links    // nil: nobody can use a link

	// Seal keeps second factors; it must be set before the first one is made or used.
	Seal Sealer
	// Provider says that members normally sign in through OpenID Connect: a password then is the way in when the
	// provider fails, and each use of one is said loudly. It must be set before the door is used.
	Provider *OIDCConfig
	// Log gets what an operator must see at once; nil means nothing is logged.
	Log *slog.Logger
}

// New makes the door. code may be nil: then nobody can set up the first admin over the web.
func New(store Store, hasher *Hasher, code *SetupCode, now func() time.Time) *Door {
	d := &Door{store: store, hasher: hasher, code: code, now: now, tries: newMemory(), known: &familiar{}}
	if t, ok := store.(Tries); ok {
		d.tries = t
	}
	if k, ok := store.(Known); ok {
		d.known = k
	}
	d.factors, _ = store.(Factors)
	d.policies, _ = store.(Policies)
	d.links, _ = store.(Links)
	return d
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
	keys := []Key{{KeyAddress, network(address)}}
	if err := d.begin(ctx, keys); err != nil {
		return Member{}, err
	}
	if d.code == nil || !d.code.Matches(s.Code) {
		return Member{}, org.Invalid("code", "This is not the set-up code. It stands in the terminal that started Rollcall; each start makes a new one.")
	}
	d.undone(ctx, keys)
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
	return m, nil
}

func (s Setup) member() (Member, error) {
	m, err := NewMember(s.Name, s.Email, Admin)
	if err != nil {
		return m, err
	}
	m.HasPassword = true
	return m, CheckPassword(s.Password, m.Email)
}

// Member is the member of a session; a member who was removed or disabled since is KindUnsigned. Role and reach are
// read each time, so that a change of them acts at once.
func (d *Door) Member(ctx context.Context, id MemberID) (Member, error) {
	m, err := d.store.Member(ctx, id)
	if org.KindOf(err) == org.KindNotFound || err == nil && m.Disabled {
		return Member{}, org.Problem(org.KindUnsigned, "Sign in again.", err)
	}
	return m, err
}

// Policy is the policy that counts now.
func (d *Door) Policy(ctx context.Context) (Policy, error) {
	if d.policies == nil {
		return DefaultPolicy(), nil
	}
	return d.policies.Policy(ctx)
}

func (d *Door) log(ctx context.Context, level slog.Level, text string, m Member, address string) {
	if d.Log != nil {
		d.Log.LogAttrs(ctx, level, text, slog.Int64("member", int64(m.ID)), slog.String("address", address))
	}
}
