package main

import (
	"context"
	"errors"

	"rollcall/internal/org"
	"rollcall/internal/signin"
	"rollcall/internal/vault"
)

// desk changes members.
func (h *house) desk() signin.Members { return signin.Members{Store: h.db, Now: h.now} }

// factorSeal keeps second factors sealed.
func (h *house) factorSeal() signin.Sealer {
	const purpose = vault.Purpose(signin.SealPurpose)
	return signin.Sealer{
		Seal: func(id signin.MemberID, secret string) ([]byte, error) {
			return h.vault.Seal(purpose, int64(id), secret)
		},
		Open: func(id signin.MemberID, sealed []byte) (string, error) {
			return h.vault.Open(purpose, int64(id), sealed)
		},
	}
}

// forget removes ended sessions, and failed tries, places and links that no longer count.
func (h *house) forget(ctx context.Context) error {
	return errors.Join(h.db.Sessions().DeleteExpired(ctx), h.db.ForgetTries(ctx))
}

// recorded writes a change to the activity log, whatever came of it, and hands its error on.
func (h *house) recorded(ctx context.Context) func(org.Activity, error) error {
	return func(a org.Activity, err error) error {
		a.Outcome = outcome(err)
		h.record(ctx, a)
		return err
	}
}

type memberRoleCmd struct {
	Email string `arg:"" help:"E-mail of the member."`
	Role  string `arg:"" help:"viewer, auditor, operator or admin."`
}

// Run changes the role.
func (c *memberRoleCmd) Run(ctx context.Context, g *Global, std streams) error {
	role, err := signin.ParseRole(c.Role)
	if err != nil {
		return err
	}
	return withMember(ctx, g, std, "member role", c.Email, func(h *house, m signin.Member) error {
		return h.recorded(ctx)(h.desk().SetRole(ctx, m.ID, role))
	})
}

type memberLimitCmd struct {
	Email    string   `arg:"" help:"E-mail of the member."`
	Accounts []string `arg:"" optional:"" help:"UUIDs of the accounts that the member sees."`
	All      bool     `help:"Lift the limit: the member sees all accounts, later ones too."`
}

// Run limits the member to the accounts, or lifts the limit.
func (c *memberLimitCmd) Run(ctx context.Context, g *Global, std streams) error {
	if c.All == (len(c.Accounts) > 0) {
		return org.Invalid("accounts", "Name the accounts that the member sees by their UUID, or give --all.")
	}
	return withMember(ctx, g, std, "member limit", c.Email, func(h *house, m signin.Member) error {
		reach := signin.Reach{Limited: !c.All}
		for _, uuid := range c.Accounts {
			a, err := h.find(ctx, uuid)
			if err != nil {
				return err
			}
			reach.Accounts = append(reach.Accounts, a.ID)
		}
		return h.recorded(ctx)(h.desk().SetReach(ctx, m.ID, reach))
	})
}

type memberDisableCmd struct {
	Email string `arg:"" help:"E-mail of the member."`
}

// Run shuts the member out.
func (c *memberDisableCmd) Run(ctx context.Context, g *Global, std streams) error {
	return withMember(ctx, g, std, "member disable", c.Email, func(h *house, m signin.Member) error {
		return h.recorded(ctx)(h.desk().SetDisabled(ctx, m.ID, true))
	})
}

type memberEnableCmd struct {
	Email string `arg:"" help:"E-mail of the member."`
}

// Run lets the member in again.
func (c *memberEnableCmd) Run(ctx context.Context, g *Global, std streams) error {
	return withMember(ctx, g, std, "member enable", c.Email, func(h *house, m signin.Member) error {
		return h.recorded(ctx)(h.desk().SetDisabled(ctx, m.ID, false))
	})
}

type memberUnlockCmd struct {
	Email string `arg:"" help:"E-mail of the member."`
}

// Run ends the waits.
func (c *memberUnlockCmd) Run(ctx context.Context, g *Global, std streams) error {
	return withMember(ctx, g, std, "member unlock", c.Email, func(h *house, m signin.Member) error {
		return h.recorded(ctx)(h.desk().Unlock(ctx, m.ID))
	})
}
