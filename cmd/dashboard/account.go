package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"unicode"

	"rollcall/internal/account"
	"rollcall/internal/org"
	"rollcall/internal/throttle"
	"rollcall/internal/vault"
)

type accountCmd struct {
	Add    accountAddCmd    `cmd:"" help:"Connect an account; the token comes from standard input, ROLLCALL_ACCOUNT_TOKEN or ROLLCALL_ACCOUNT_TOKEN_FILE."`
	List   accountListCmd   `cmd:"" help:"List the accounts."`
	Check  accountCheckCmd  `cmd:"" help:"Ask BigCommerce what the stored token may read; spends up to four requests."`
	Remove accountRemoveCmd `cmd:"" help:"Forget an account's token; its history is kept unless --purge is given."`
}

type accountAddCmd struct {
	API `embed:""`

	UUID    string `arg:"" help:"The account UUID, or the API path that contains it."`
	NoCheck bool   `help:"Do not ask BigCommerce whether the token works."`
}

// Run checks the token and connects the account.
func (c *accountAddCmd) Run(ctx context.Context, g *Global, std streams) error {
	uuid, err := org.ParseUUID(c.UUID)
	if err != nil {
		return err
	}
	token, err := tokenFor(ctx, std)
	if err != nil {
		return err
	}
	h, err := openHouse(ctx, g, c.API, std, "account add")
	if err != nil {
		return err
	}
	defer h.Close()
	if !c.NoCheck {
		if err := h.try(ctx, uuid, token, std); err != nil {
			h.record(ctx, org.Activity{Action: "account.connect", Subject: uuid, Outcome: outcome(err), After: tokenEnds(org.Last4(token))})
			return err
		}
	}
	a, err := h.connect(ctx, uuid, token)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s is connected. \"dashboard sync\" reads it now; \"dashboard serve\" does so daily.\n", a.UUID)
	return err
}

// try checks a token that is not stored and prints what it can.
func (h *house) try(ctx context.Context, uuid, token string, std streams) error {
	check, err := h.check(ctx, uuid, token)
	if err != nil {
		return err
	}
	printCheck(std, check)
	if !check.Usable() {
		return org.Problem(org.KindScope, "The account is not connected: the token cannot read what is needed.", nil)
	}
	return nil
}

// tokenEnds is what the activity log holds of a token.
func tokenEnds(last4 string) string {
	if last4 == "" {
		return ""
	}
	return "token ends in " + last4
}

// tokenFor takes the token from the environment or standard input.
func tokenFor(ctx context.Context, std streams) (string, error) {
	token, err := secretFromEnv("ROLLCALL_ACCOUNT_TOKEN")
	if err == nil && token == "" {
		token, err = secretFromInput(ctx, std, "Token: ")
	}
	if err == nil && token == "" {
		err = org.Invalid("token", "No token was given. Pipe it to standard input, or set ROLLCALL_ACCOUNT_TOKEN or ROLLCALL_ACCOUNT_TOKEN_FILE.")
	}
	return token, err
}

// connect seals the token and stores the account.
func (h *house) connect(ctx context.Context, uuid, token string) (org.Account, error) {
	a, err := h.db.ConnectAccount(ctx, uuid, org.Last4(token), h.seal(token))
	h.record(ctx, org.Activity{Account: a.ID, Action: "account.connect", Subject: uuid, Outcome: outcome(err), After: tokenEnds(org.Last4(token))})
	return a, err
}

// connectFromEnv connects the account that the environment names, once; a changed token replaces the stored one.
func (h *house) connectFromEnv(ctx context.Context) error {
	uuid, err := secretFromEnv("ROLLCALL_ACCOUNT_UUID")
	if err != nil || uuid == "" {
		return err
	}
	if uuid, err = org.ParseUUID(uuid); err != nil {
		return err
	}
	token, err := secretFromEnv("ROLLCALL_ACCOUNT_TOKEN")
	if err != nil {
		return err
	}
	if token == "" {
		return org.Invalid("ROLLCALL_ACCOUNT_TOKEN", "ROLLCALL_ACCOUNT_UUID is set without a token. Set ROLLCALL_ACCOUNT_TOKEN or ROLLCALL_ACCOUNT_TOKEN_FILE too.")
	}
	a, err := h.db.AccountByUUID(ctx, uuid)
	switch {
	case org.KindOf(err) == org.KindNotFound || err == nil && !a.Connected:
		_, err = h.connect(ctx, uuid, token)
	case err == nil && !h.holds(ctx, a, token):
		err = h.db.ReplaceToken(ctx, a.ID, org.Last4(token), h.seal(token))
		h.record(ctx, org.Activity{
			Account: a.ID, Action: "account.token", Subject: uuid, Outcome: outcome(err),
			Before: tokenEnds(a.TokenLast4), After: tokenEnds(org.Last4(token)),
		})
	}
	return err
}

// holds tells whether the stored token is this one.
func (h *house) holds(ctx context.Context, a org.Account, token string) bool {
	sealed, err := h.db.SealedToken(ctx, a.ID)
	if err != nil {
		return false
	}
	stored, err := h.vault.Open(vault.AccountToken, int64(a.ID), sealed)
	return err == nil && stored == token
}

type accountListCmd struct{}

// Run prints a table of all accounts.
func (accountListCmd) Run(ctx context.Context, g *Global, std streams) error {
	h, err := openHouse(ctx, g, API{AccountQuota: "70/1h"}, std, "account list")
	if err != nil {
		return err
	}
	defer h.Close()
	accounts, err := h.db.Accounts(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(std.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "UUID\tNAME\tTOKEN\tSTATE")
	for _, a := range accounts {
		state, token := "connected", "…"+a.TokenLast4
		if !a.Connected {
			state, token = "disconnected, history kept", "none"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", a.UUID, printable(a.Name), token, state)
	}
	return table.Flush()
}

// printable keeps characters of names that steer a terminal away from it.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, text)
}

type accountCheckCmd struct {
	API `embed:""`

	UUID string `arg:"" optional:"" help:"Which account; may be left out when there is only one."`
}

// Run asks BigCommerce and prints what the token can and lacks; it fails with errPartial when something is missing.
func (c *accountCheckCmd) Run(ctx context.Context, g *Global, std streams) error {
	h, err := openHouse(ctx, g, c.API, std, "account check")
	if err != nil {
		return err
	}
	defer h.Close()
	a, err := h.find(ctx, c.UUID)
	if err != nil {
		return err
	}
	client, err := h.client(ctx, a)
	if err != nil {
		return err
	}
	check, err := client.Check(throttle.ForMember(ctx))
	h.record(ctx, org.Activity{Account: a.ID, Action: "account.check", Subject: a.UUID, Outcome: outcome(err)})
	if err != nil {
		return err
	}
	printCheck(std, check)
	if !check.Usable() {
		return errPartial
	}
	return nil
}

// check tries a token that is not stored. Its requests count against the account when it is known.
func (h *house) check(ctx context.Context, uuid, token string) (account.Check, error) {
	var id org.AccountID
	if a, err := h.db.AccountByUUID(ctx, uuid); err == nil {
		id = a.ID
	}
	client := account.New(account.Config{URL: h.api.APIURL, UUID: uuid, Token: token, Version: versionText(), HTTP: h.http(id)})
	return client.Check(throttle.ForMember(ctx))
}

func printCheck(std streams, check account.Check) {
	for _, line := range check.Lines() {
		fmt.Fprintln(std.out, printable(line))
	}
}

type accountRemoveCmd struct {
	UUID  string `arg:"" help:"Which account."`
	Purge bool   `help:"Delete its history as well. Asks for the account's name, or its UUID when it has none."`
}

// Run forgets the token; with --purge it deletes everything after the name was typed.
func (c *accountRemoveCmd) Run(ctx context.Context, g *Global, std streams) error {
	h, err := openHouse(ctx, g, API{AccountQuota: "70/1h"}, std, "account remove")
	if err != nil {
		return err
	}
	defer h.Close()
	a, err := h.find(ctx, c.UUID)
	if err != nil {
		return err
	}
	if !c.Purge {
		err = h.db.DisconnectAccount(ctx, a.ID)
		h.record(ctx, org.Activity{Account: a.ID, Action: "account.disconnect", Subject: a.UUID, Outcome: outcome(err), Before: tokenEnds(a.TokenLast4)})
		return err
	}
	typed, err := lineFromInput(ctx, std, fmt.Sprintf("This deletes the whole history of %s. Type %q to go on: ", printable(a.Label()), printable(a.Label())))
	if err != nil {
		return err
	}
	if typed != printable(a.Label()) {
		return org.Conflict("Nothing was deleted: the name that was typed is not the account's.")
	}
	err = h.purge(ctx, a.ID, g.spool())
	h.record(ctx, org.Activity{Account: a.ID, Action: "account.purge", Subject: a.UUID, Outcome: outcome(err)})
	return err
}

// purge deletes an account's history and the files that were made of it.
func (h *house) purge(ctx context.Context, id org.AccountID, spool string) error {
	files, err := h.db.Exports(ctx, id, 0, math.MaxInt32)
	if err != nil {
		return err
	}
	if err := h.db.PurgeAccount(ctx, id); err != nil {
		return err
	}
	kept, err := h.keptFiles(ctx)
	if err != nil {
		return err
	}
	for _, f := range files {
		if kept[f.KeptAs()] {
			continue
		}
		if err := os.Remove(filepath.Join(spool, f.KeptAs())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return org.Problem(org.KindStorage, "The history is deleted, but files that were made of it are still in "+spool+". Delete them by hand.", err)
		}
	}
	return nil
}

// keptFiles names the files that accounts still have: equal files of two accounts are kept once.
func (h *house) keptFiles(ctx context.Context) (map[string]bool, error) {
	accounts, err := h.db.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	kept := map[string]bool{}
	for _, a := range accounts {
		files, err := h.db.Exports(ctx, a.ID, 0, math.MaxInt32)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			kept[f.KeptAs()] = true
		}
	}
	return kept, nil
}

// outcome is the activity log's word for how an action ended.
func outcome(err error) string {
	if err != nil {
		return "failed"
	}
	return "done"
}
