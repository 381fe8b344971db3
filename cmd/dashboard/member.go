package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"rollcall/internal/org"
	"rollcall/internal/signin"
)

type memberCmd struct {
	Create memberCreateCmd `cmd:"" help:"Create a member; the password comes from standard input or ROLLCALL_MEMBER_PASSWORD."`
	Reset  memberResetCmd  `cmd:"" help:"Give a member a new password and end the member's sessions."`
	List   memberListCmd   `cmd:"" help:"List the members."`

	Role    memberRoleCmd    `cmd:"" help:"Give a member another role and end the member's sessions."`
	Limit   memberLimitCmd   `cmd:"" help:"Let a member see some accounts only, or all again."`
	Disable memberDisableCmd `cmd:"" help:"Shut a member out and end the member's sessions."`
	Enable  memberEnableCmd  `cmd:"" help:"Let a disabled member in again."`
	Unlock  memberUnlockCmd  `cmd:"" help:"End every wait after failed tries to sign in."`
}

type memberCreateCmd struct {
	Email string `arg:"" help:"E-mail to sign in with."`
	Name  string `help:"Name that the activity log shows." required:""`
	Role  string `help:"viewer, auditor, operator or admin." default:"admin"`
}

// Run creates the member.
func (c *memberCreateCmd) Run(ctx context.Context, g *Global, std streams) error {
	role, err := signin.ParseRole(c.Role)
	if err != nil {
		return err
	}
	return withMembers(ctx, g, std, "member create", func(h *house) error {
		hash, err := newPassword(ctx, std, c.Email)
		if err != nil {
			return err
		}
		member, err := signin.NewMember(c.Name, c.Email, role)
		if err != nil {
			return err
		}
		_, err = h.db.CreateMember(ctx, member, hash)
		h.record(ctx, org.Activity{Action: "member.create", Subject: c.Email, Outcome: outcome(err), After: role.String()})
		return err
	})
}

type memberResetCmd struct {
	Email string `arg:"" help:"E-mail of the member."`
	TOTP  bool   `name:"totp" help:"Also remove the second factor, for somebody who lost it with the recovery codes."`
}

// Run replaces the password.
func (c *memberResetCmd) Run(ctx context.Context, g *Global, std streams) error {
	return withMember(ctx, g, std, "member reset", c.Email, func(h *house, member signin.Member) error {
		hash, err := newPassword(ctx, std, c.Email)
		if err != nil {
			return err
		}
		err = h.db.SetPassword(ctx, member.ID, hash)
		h.record(ctx, org.Activity{Action: "member.password", Subject: member.Email, Outcome: outcome(err)})
		if err != nil || !c.TOTP {
			return err
		}
		return h.recorded(ctx)(h.desk().DropTOTP(ctx, member.ID))
	})
}

type memberListCmd struct{}

// Run prints a table of all members.
func (memberListCmd) Run(ctx context.Context, g *Global, std streams) error {
	return withMembers(ctx, g, std, "member list", func(h *house) error {
		members, err := h.db.Members(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(std.out, 0, 4, 2, ' ', 0)
		locked, err := lockedEmails(ctx, h)
		if err != nil {
			return err
		}
		fmt.Fprintln(table, "E-MAIL\tNAME\tROLE\tSEES\tSIGNS IN BY\tSTATE")
		for _, m := range members {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", printable(m.Email), printable(m.Name), m.Role, m.Reach, waysIn(m),
				stateOf(m, locked[org.FoldEmail(m.Email)]))
		}
		return table.Flush()
	})
}

func stateOf(m signin.Member, locked bool) string {
	switch {
	case m.Disabled:
		return "disabled"
	case locked:
		return "locked"
	}
	return "active"
}

func waysIn(m signin.Member) string {
	switch {
	case m.HasPassword && m.TOTP:
		return "password, code"
	case m.HasPassword:
		return "password"
	case m.TOTP:
		return "provider, code"
	}
	return "provider or link"
}

// lockedEmails are the e-mails with a lock somewhere; others' tries may have brought it.
func lockedEmails(ctx context.Context, h *house) (map[string]bool, error) {
	locks, err := h.db.Locks(ctx)
	emails := map[string]bool{}
	for _, lock := range locks {
		if lock.Kind != signin.KeyAddress {
			email, _, _ := strings.Cut(lock.Of, " ")
			emails[email] = true
		}
	}
	return emails, err
}

// withMembers opens the data folder for a command about members.
func withMembers(ctx context.Context, g *Global, std streams, command string, work func(*house) error) error {
	h, err := openHouse(ctx, g, API{AccountQuota: "70/1h"}, std, command)
	if err != nil {
		return err
	}
	defer h.Close()
	return work(h)
}

// withMember is withMembers for a command about one member.
func withMember(ctx context.Context, g *Global, std streams, command, email string, work func(*house, signin.Member) error) error {
	return withMembers(ctx, g, std, command, func(h *house) error {
		member, _, err := h.db.MemberByEmail(ctx, org.FoldEmail(email))
		if err != nil {
			return err
		}
		return work(h, member)
	})
}

// newPassword reads, checks and hashes a password.
func newPassword(ctx context.Context, std streams, email string) (string, error) {
	password, err := secretFromEnv("ROLLCALL_MEMBER_PASSWORD")
	if err == nil && password == "" {
		password, err = secretFromInput(ctx, std, "New password (12 characters or more): ")
	}
	if err != nil {
		return "", err
	}
	if err := signin.CheckPassword(password, email); err != nil {
		return "", err
	}
	return signin.NewHasher(signin.DefaultCost).Hash(ctx, password)
}
