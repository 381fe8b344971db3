package signin

import (
	"context"
	"crypto/rand"
	"time"

	"rollcall/internal/org"
)

// LinkLasts is how long a one-time link for a new password is good.
const LinkLasts = 24 * time.Hour

// Edit changes a member inside the transaction that keeps the change. others counts the other members who can always
// let people in again; an error keeps everything as it was.
type Edit func(m *Member, others int) error

// MembersStore keeps what Members does.
type MembersStore interface {
	Store
	Links
	Tries
	CreateMember(ctx context.Context, m Member, passwordHash string) (MemberID, error)
	// ChangeMember lets edit change name, e-mail, role, reach and Disabled. A member whose role changed or who was
	// disabled loses every session in the same transaction.
	ChangeMember(ctx context.Context, id MemberID, edit Edit) (before, after Member, err error)
	// DropFactor removes the second factor and the recovery codes, and ends the member's sessions.
	DropFactor(ctx context.Context, id MemberID) error
	Unlock(ctx context.Context, emailFold string, opened Key, until time.Time) error
	// EndSession ends one session of a member by its handle; KindNotFound when there is none.
	EndSession(ctx context.Context, id MemberID, handle string) error
	// EndSessions ends all of a member's but the one that is to stay, and counts them.
	EndSessions(ctx context.Context, id MemberID, stays string) (int, error)
}

// Members changes members. Every method returns what the activity log needs: action, subject, before and after, also
// when it fails; the caller adds actor, address, request and outcome. Whoever calls must have the right People.
type Members struct {
	Store MembersStore
	Now   func() time.Time
}

// errLastAdmin keeps somebody who can let the others in.
var errLastAdmin = org.Conflict("This is the last active admin over all accounts who has a password. Make another one first.")

// keepAdmin is the rule that one admin must remain who needs neither a provider nor another member to sign in.
func keepAdmin(before, after Member, others int) error {
	if before.breaksGlass() && !after.breaksGlass() && others == 0 {
		return errLastAdmin
	}
	return nil
}

// change runs an edit under the rule of the last admin and describes it.
func (c Members) change(ctx context.Context, id MemberID, action string, edit func(*Member) error, show func(Member) string) (org.Activity, error) {
	var was Member
	before, after, err := c.Store.ChangeMember(ctx, id, func(m *Member, others int) error {
		was = *m
		if err := edit(m); err != nil {
			return err
		}
		return keepAdmin(was, *m, others)
	})
	if err != nil {
		a := org.Activity{Action: action, Subject: was.Email}
		if was.ID != 0 {
			a.Before = show(was)
		}
		return a, err
	}
	return org.Activity{Action: action, Subject: before.Email, Before: show(before), After: show(after)}, nil
}

// SetRole changes the role. The member's sessions end, so that the new role begins with a new token.
func (c Members) SetRole(ctx context.Context, id MemberID, role Role) (org.Activity, error) {
	return c.change(ctx, id, "member.role", func(m *Member) error {
		if role < Viewer || role > Admin {
			return org.Invalid("role", "Choose a role.")
		}
		m.Role = role
		return nil
	}, func(m Member) string { return "role " + m.Role.String() })
}

// SetDisabled shuts a member out with every session, or lets the member in again.
func (c Members) SetDisabled(ctx context.Context, id MemberID, disabled bool) (org.Activity, error) {
	action := "member.enable"
	if disabled {
		action = "member.disable"
	}
	return c.change(ctx, id, action, func(m *Member) error { m.Disabled = disabled; return nil }, func(m Member) string {
		if m.Disabled {
			return "disabled"
		}
		return "active"
	})
}

// SetReach limits the member to some accounts, or lifts the limit. It acts with the next request.
func (c Members) SetReach(ctx context.Context, id MemberID, reach Reach) (org.Activity, error) {
	return c.change(ctx, id, "member.limit", func(m *Member) error { m.Reach = reach; return nil },
		func(m Member) string { return m.Reach.String() })
}

// Rename changes name and e-mail.
func (c Members) Rename(ctx context.Context, id MemberID, name, email string) (org.Activity, error) {
	return c.change(ctx, id, "member.rename", func(m *Member) error {
		clean, err := NewMember(name, email, m.Role)
		m.Name, m.Email = clean.Name, clean.Email
		return err
	}, func(m Member) string { return m.Name + ", " + m.Email })
}

// Invite adds a member without a password and makes the link by which the member chooses one. The token is shown once.
func (c Members) Invite(ctx context.Context, name, email string, role Role, reach Reach) (id MemberID, token string, a org.Activity, err error) {
	a = org.Activity{Action: "member.create", Subject: typedEmail(email), After: "role " + role.String() + ", " + reach.String()}
	m, err := NewMember(name, email, role)
	if err != nil {
		return 0, "", a, err
	}
	m.Reach = reach
	if id, err = c.Store.CreateMember(ctx, m, ""); err != nil {
		return 0, "", a, err
	}
	token = rand.Text()
	return id, token, a, c.Store.AddLink(ctx, id, linkHash(token))
}

// ResetLink makes a one-time link for a new password, good for LinkLasts; earlier ones are dead. The old password goes
// on to work until the link is used. The token is shown once.
func (c Members) ResetLink(ctx context.Context, id MemberID) (token string, a org.Activity, err error) {
	a = org.Activity{Action: "member.link"}
	m, err := c.Store.Member(ctx, id)
	if err != nil {
		return "", a, err
	}
	a.Subject, token = m.Email, rand.Text()
	return token, a, c.Store.AddLink(ctx, id, linkHash(token))
}

func linkHash(token string) []byte { return DeviceHash("link " + token) }

// DropTOTP removes a member's second factor, for somebody who lost the phone and the recovery codes.
func (c Members) DropTOTP(ctx context.Context, id MemberID) (org.Activity, error) {
	a := org.Activity{Action: "member.totp", Before: "second factor", After: "none"}
	m, err := c.Store.Member(ctx, id)
	if err != nil {
		return a, err
	}
	a.Subject = m.Email
	return a, c.Store.DropFactor(ctx, id)
}

// Unlock ends every wait of a member, and for a quarter of an hour others' tries elsewhere refuse the member nowhere.
func (c Members) Unlock(ctx context.Context, id MemberID) (org.Activity, error) {
	a := org.Activity{Action: "member.unlock"}
	m, err := c.Store.Member(ctx, id)
	if err != nil {
		return a, err
	}
	a.Subject = m.Email
	email := org.FoldEmail(m.Email)
	return a, c.Store.Unlock(ctx, email, Key{keyOpened, email}, c.Now().Add(openedLasts))
}

// UnlockNetwork ends the wait of a network, by the words of its Lock.
func (c Members) UnlockNetwork(ctx context.Context, place string) (org.Activity, error) {
	a := org.Activity{Action: "network.unlock", Subject: clip(place, 64)}
	return a, c.Store.Tally(ctx, []Key{{KeyAddress, place}}, func(tallies []Tally) { tallies[0] = Tally{} })
}

// EndSession ends one session of a member, by its handle.
func (c Members) EndSession(ctx context.Context, id MemberID, handle string) (org.Activity, error) {
	a := org.Activity{Action: "session.end"}
	m, err := c.Store.Member(ctx, id)
	if err != nil {
		return a, err
	}
	a.Subject = m.Email
	return a, c.Store.EndSession(ctx, id, handle)
}

// EndSessions ends all of a member's sessions but the one with the handle stays, which may be empty.
func (c Members) EndSessions(ctx context.Context, id MemberID, stays string) (ended int, a org.Activity, err error) {
	a = org.Activity{Action: "session.end all"}
	m, err := c.Store.Member(ctx, id)
	if err != nil {
		return 0, a, err
	}
	a.Subject = m.Email
	ended, err = c.Store.EndSessions(ctx, id, stays)
	return ended, a, err
}
