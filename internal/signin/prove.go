package signin

import (
	"context"

	"rollcall/internal/org"
)

// Prove is for members who signed in and are about to do something dangerous: they show again who they are, by their
// password, a code of their second factor or a recovery code. When it returns no error, note the time in the session
// (Facts.Proof). Wrong is Invalid for the field proof; too many tries are KindLimited, and then the session should end.
func (d *Door) Prove(ctx context.Context, id MemberID, typed string) error {
	m, err := d.Member(ctx, id)
	if err != nil {
		return err
	}
	keys := []Key{{KeyProof, org.FoldEmail(m.Email)}}
	if err := d.begin(ctx, keys); err != nil {
		return err
	}
	right, err := d.provedBy(ctx, m, typed)
	if err != nil {
		d.undone(ctx, keys)
		return err
	}
	if !right {
		return org.Invalid("proof", "This is neither your password nor a code that is good now.")
	}
	return d.passed(ctx, keys)
}

func (d *Door) provedBy(ctx context.Context, m Member, typed string) (bool, error) {
	if right, err := d.codeRight(ctx, m, typed); right || err != nil {
		return right, err
	}
	if !m.HasPassword {
		return false, nil
	}
	return d.passwordRight(ctx, m, typed)
}

func (d *Door) passwordRight(ctx context.Context, m Member, typed string) (bool, error) {
	_, hash, err := d.store.MemberByEmail(ctx, org.FoldEmail(m.Email))
	if err != nil || hash == "" {
		return false, err
	}
	return d.hasher.Verify(ctx, hash, limited(typed))
}

// Links keeps one-time links for a new password, and passwords.
type Links interface {
	// AddLink replaces the member's earlier links.
	AddLink(ctx context.Context, id MemberID, hash []byte) error
	// UseLink uses the link up, sets the password and ends the member's sessions, all or nothing; KindNotFound when the
	// link was used, is too old or never was.
	UseLink(ctx context.Context, hash []byte, passwordHash string) (Member, error)
	// LinkMember is whom the link is for, KindNotFound as above.
	LinkMember(ctx context.Context, hash []byte) (Member, error)
	SetPassword(ctx context.Context, id MemberID, passwordHash string) error
	// Rehash stores another form of the same password.
	Rehash(ctx context.Context, id MemberID, old, passwordHash string) error
}

// rehash stores the password under the present cost; failing changes nothing for the member.
func (d *Door) rehash(ctx context.Context, m Member, password string) {
	if d.links == nil {
		return
	}
	_, old, err := d.store.MemberByEmail(ctx, org.FoldEmail(m.Email))
	if err != nil {
		return
	}
	if hash, err := d.hasher.Hash(ctx, password); err == nil {
		_ = d.links.Rehash(ctx, m.ID, old, hash)
	}
}

// LinkHolder is the member for whom a one-time link is, so that its page can say so. address counts wrong ones.
func (d *Door) LinkHolder(ctx context.Context, address, token string) (Member, error) {
	return d.withLink(ctx, address, func() (Member, error) { return d.links.LinkMember(ctx, linkHash(token)) })
}

// ChooseByLink sets the password by a one-time link, which is used up by it. The member then signs in as always: a
// second factor still counts.
func (d *Door) ChooseByLink(ctx context.Context, address, token, password string) (Member, error) {
	m, err := d.LinkHolder(ctx, address, token)
	if err != nil {
		return Member{}, err
	}
	if err := CheckPassword(password, m.Email); err != nil {
		return Member{}, err
	}
	hash, err := d.hasher.Hash(ctx, password)
	if err != nil {
		return Member{}, err
	}
	return d.links.UseLink(ctx, linkHash(token), hash)
}

func (d *Door) withLink(ctx context.Context, address string, look func() (Member, error)) (Member, error) {
	keys := []Key{{KeyAddress, network(address)}}
	if d.links == nil {
		return Member{}, org.NotFound("link")
	}
	if err := d.begin(ctx, keys); err != nil {
		return Member{}, err
	}
	m, err := look()
	if err == nil && m.Disabled {
		err = org.NotFound("link")
	}
	if org.KindOf(err) != org.KindNotFound {
		d.undone(ctx, keys)
	}
	if org.KindOf(err) == org.KindNotFound {
		err = org.Problem(org.KindNotFound, "This link was used already or is too old. Ask an admin for a new one.", nil)
	}
	return m, err
}

// ChangePassword is for members themselves: the old password, then a new one. Every session of the member ends, so the
// caller opens a new one afterwards.
func (d *Door) ChangePassword(ctx context.Context, id MemberID, old, password string) error {
	m, err := d.Member(ctx, id)
	if err != nil {
		return err
	}
	if d.links == nil || !m.HasPassword {
		return org.Conflict("You sign in through the provider and have no password here.")
	}
	if err := CheckPassword(password, m.Email); err != nil {
		return err
	}
	keys := []Key{{KeyProof, org.FoldEmail(m.Email)}}
	if err := d.begin(ctx, keys); err != nil {
		return err
	}
	right, err := d.passwordRight(ctx, m, old)
	if err != nil {
		d.undone(ctx, keys)
		return err
	}
	if !right {
		return org.Invalid("old", "This is not your present password.")
	}
	hash, err := d.hasher.Hash(ctx, password)
	if err != nil {
		return err
	}
	if err := d.passed(ctx, keys); err != nil {
		return err
	}
	return d.links.SetPassword(ctx, id, hash)
}
