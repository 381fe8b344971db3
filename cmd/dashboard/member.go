package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"rollcall/internal/org"
	"rollcall/internal/signin"
)

type memberCmd struct {
	Create memberCreateCmd `cmd:"" help:"Create a member; the password comes from standard input or ROLLCALL_MEMBER_PASSWORD."`
	Reset  memberResetCmd  `cmd:"" help:"Give a member a new password and end the member's sessions."`
	List   memberListCmd   `cmd:"" help:"List the members."`
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
}

// Run replaces the password.
func (c *memberResetCmd) Run(ctx context.Context, g *Global, std streams) error {
	return withMembers(ctx, g, std, "member reset", func(h *house) error {
		member, _, err := h.db.MemberByEmail(ctx, org.FoldEmail(c.Email))
		if err != nil {
			return err
		}
		hash, err := newPassword(ctx, std, c.Email)
		if err != nil {
			return err
		}
		err = h.db.SetPassword(ctx, member.ID, hash)
		h.record(ctx, org.Activity{Action: "member.password", Subject: c.Email, Outcome: outcome(err)})
		return err
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
		fmt.Fprintln(table, "E-MAIL\tNAME\tROLE\tSTATE")
		for _, m := range members {
			state := "active"
			if m.Disabled {
				state = "disabled"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", printable(m.Email), printable(m.Name), m.Role, state)
		}
		return table.Flush()
	})
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
