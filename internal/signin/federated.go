package signin

import (
	"context"
	"slices"

	"rollcall/internal/org"
)

// Identities keeps who is who by the provider.
type Identities interface {
	MembersStore
	// MemberByIdentity finds by issuer and subject, else KindNotFound.
	MemberByIdentity(ctx context.Context, issuer, subject string) (Member, error)
	// CreateByIdentity adds a member without a password; KindConflict when the e-mail is taken.
	CreateByIdentity(ctx context.Context, m Member, issuer, subject string) (MemberID, error)
	// LinkIdentity lets a member sign in by an identity as well; KindConflict when it is somebody else's.
	LinkIdentity(ctx context.Context, id MemberID, issuer, subject string) error
	// AccountsByUUID are the numbers of those accounts that are known.
	AccountsByUUID(ctx context.Context, uuids []string) ([]org.AccountID, error)
}

// Federation lets in whom a provider vouches for.
type Federation struct {
	Config *OIDCConfig
	Store  Identities
	Door   *Door
	Desk   Members
}

// Admission is what came of an identity.
type Admission struct {
	Entry

	// Changes are what the groups changed: a new member, another role, other accounts. They belong into the activity log.
	Changes []org.Activity
}

func errNoGroup() error {
	return org.Problem(org.KindForbidden, "None of your groups has a role in Rollcall. Ask an admin.", nil)
}

// Admit finds the member of an identity by issuer and subject, never by e-mail, so that nobody becomes somebody else by
// claiming an address. Who is new gets a member with what the groups give. Members without a password follow their
// groups at each sign-in; members who have one keep what admins gave them. Who is disabled, or in no group with a role,
// is refused, in the latter case with every session.
func (f Federation) Admit(ctx context.Context, address, device string, id Identity) (Admission, error) {
	m, err := f.Store.MemberByIdentity(ctx, id.Issuer, id.Subject)
	known := err == nil
	if err != nil && org.KindOf(err) != org.KindNotFound {
		return Admission{}, err
	}
	if known && m.Disabled {
		return Admission{}, org.Problem(org.KindUnsigned, "Your access to Rollcall is disabled. Ask an admin.", nil)
	}
	a := Admission{}
	if known && m.HasPassword {
		err = f.admit(ctx, &a, m, address, device)
		return a, err
	}
	g := f.Config.grantOf(id.Groups)
	if g.role == NoRole {
		return f.turnAway(ctx, m)
	}
	reach, err := f.reach(ctx, g)
	if err != nil {
		return a, err
	}
	if known {
		m, err = f.follow(ctx, &a, m, g.role, reach)
	} else {
		m, err = f.create(ctx, &a, id, g.role, reach)
	}
	if err == nil {
		err = f.admit(ctx, &a, m, address, device)
	}
	return a, err
}

// admit asks for a code if the member set a second factor up here. The policy makes nobody set one up who comes by the
// provider: providers have factors of their own.
func (f Federation) admit(ctx context.Context, a *Admission, m Member, address, device string) (err error) {
	a.Member, a.Next = m, Done
	if m.TOTP {
		a.Next = Code
		return nil
	}
	a.Device, err = f.Door.remember(ctx, m, address, device)
	return err
}

// turnAway ends what somebody who lost every group still has open.
func (f Federation) turnAway(ctx context.Context, m Member) (Admission, error) {
	if m.ID == 0 {
		return Admission{}, errNoGroup()
	}
	_, change, err := f.Desk.EndSessions(ctx, m.ID, "")
	if err != nil {
		return Admission{}, err
	}
	return Admission{Changes: []org.Activity{change}}, errNoGroup()
}

// reach is what a grant lets somebody see. Accounts that are not connected are left out.
func (f Federation) reach(ctx context.Context, g grant) (Reach, error) {
	if !g.limited {
		return Reach{}, nil
	}
	ids, err := f.Store.AccountsByUUID(ctx, g.accounts)
	slices.Sort(ids)
	return Reach{Limited: true, Accounts: slices.Compact(ids)}, err
}

// follow gives a member what the groups give now.
func (f Federation) follow(ctx context.Context, a *Admission, m Member, role Role, reach Reach) (Member, error) {
	if m.Role != role {
		change, err := f.Desk.SetRole(ctx, m.ID, role)
		if err != nil {
			return m, err
		}
		a.Changes = append(a.Changes, change)
	}
	if m.Reach.Limited != reach.Limited || !slices.Equal(m.Reach.Accounts, reach.Accounts) {
		change, err := f.Desk.SetReach(ctx, m.ID, reach)
		if err != nil {
			return m, err
		}
		a.Changes = append(a.Changes, change)
	}
	return f.Store.Member(ctx, m.ID)
}

func (f Federation) create(ctx context.Context, a *Admission, id Identity, role Role, reach Reach) (Member, error) {
	name := id.Name
	if _, err := cleanName(name); err != nil {
		name = clip(id.Email, 200)
	}
	m, err := NewMember(name, id.Email, role)
	if err != nil {
		return m, org.Problem(org.KindForbidden, "The provider gives no e-mail address that Rollcall can use. Ask an admin.", err)
	}
	m.Reach = reach
	m.ID, err = f.Store.CreateByIdentity(ctx, m, id.Issuer, id.Subject)
	if org.KindOf(err) == org.KindConflict {
		return m, org.Problem(org.KindForbidden, "A member with your e-mail address signs in by another way. Sign in that way and "+
			"connect the provider there, or ask an admin.", err)
	}
	if err == nil {
		a.Changes = append(a.Changes, org.Activity{Action: "member.create", Subject: m.Email, After: "role " + role.String() + ", " + reach.String() + ", by the provider"})
	}
	return m, err
}

// Connect lets a member who signed in by password sign in by the provider as well, with an identity that a flow of the
// same session brought.
func (f Federation) Connect(ctx context.Context, m Member, id Identity) (org.Activity, error) {
	a := org.Activity{Action: "member.identity", Subject: m.Email, After: id.Issuer}
	return a, f.Store.LinkIdentity(ctx, m.ID, id.Issuer, id.Subject)
}

// Proves tells whether an identity that Begin asked for again is the member's, which is a proof for dangerous actions.
func (f Federation) Proves(ctx context.Context, m Member, id Identity) (bool, error) {
	found, err := f.Store.MemberByIdentity(ctx, id.Issuer, id.Subject)
	if org.KindOf(err) == org.KindNotFound {
		return false, nil
	}
	return err == nil && found.ID == m.ID && !found.Disabled, err
}
