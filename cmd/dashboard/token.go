package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"rollcall/internal/org"
	"rollcall/internal/stores"
	"rollcall/web"
)

type tokenCmd struct {
	Import tokenImportCmd `cmd:"" help:"Register API accounts from credentials files (.txt) or from a register without secrets (.csv), and verify them."`
	Add    tokenAddCmd    `cmd:"" help:"Register one API account; its token comes from standard input, ROLLCALL_STORE_TOKEN or ROLLCALL_STORE_TOKEN_FILE."`
	List   tokenListCmd   `cmd:"" help:"List the registered API accounts."`
	Remove tokenRemoveCmd `cmd:"" help:"Take an API account out of the register; what was seen through it stays in the history."`
}

// importCap bounds a file that is read whole.
const importCap = 16 << 20

type tokenImportCmd struct {
	API `embed:""`

	Account string   `help:"UUID of the account; may be left out when there is only one." placeholder:"UUID"`
	Files   []string `arg:"" help:"Credentials files of the control panel, or a register as .csv; - is standard input." placeholder:"FILE"`
}

// Run imports file after file. A file that cannot be used stops none of the others; it makes the command fail at the end.
func (c *tokenImportCmd) Run(ctx context.Context, g *Global, std streams) error {
	h, whole, err := openFor(ctx, g, c.API, std, "token import", c.Account)
	if err != nil {
		return err
	}
	defer h.Close()
	failed := 0
	for i, name := range c.Files {
		shown := fmt.Sprintf("file %d", i+1) // names of credentials files may hold a client ID (facts 3.5)
		if err := h.importFile(ctx, whole, name, shown, std); err != nil {
			fmt.Fprintf(std.err, "%s: %s\n", shown, org.TextOf(err))
			failed++
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if failed > 0 {
		text := fmt.Sprintf("%d of %d files could not be used; see above.", failed, len(c.Files))
		if failed < len(c.Files) {
			text += " The others are registered."
		}
		return org.Invalid("files", text)
	}
	return nil
}

// openFor opens the data folder and finds the account that a command is about.
func openFor(ctx context.Context, g *Global, api API, std streams, command, uuid string) (*house, org.Account, error) {
	h, err := openHouse(ctx, g, api, std, command)
	if err != nil {
		return nil, org.Account{}, err
	}
	whole, err := h.find(ctx, uuid)
	if err != nil {
		return nil, whole, errors.Join(err, h.Close())
	}
	return h, whole, nil
}

func (h *house) importFile(ctx context.Context, whole org.Account, name, shown string, std streams) error {
	data, err := readImport(name, std)
	if err != nil {
		return err
	}
	if strings.EqualFold(filepath.Ext(name), ".csv") {
		return h.importRegister(ctx, whole, data, shown, std)
	}
	all, err := stores.ParseCredentialFiles(data)
	if err != nil {
		return err
	}
	for _, one := range all {
		a, known, err := h.register(ctx, whole, one, localActor())
		if err != nil {
			return err
		}
		if !known {
			h.record(ctx, registered(a))
		}
		fmt.Fprintf(std.out, "%s: %s\n", shown, printable(importLine(a, known)))
	}
	return nil
}

func readImport(name string, std streams) ([]byte, error) {
	in := std.in
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, org.Invalid("files", "The file cannot be opened: "+reasonOf(err)+".")
		}
		defer file.Close()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, importCap+1))
	switch {
	case err != nil:
		return nil, org.Invalid("files", "The file cannot be read: "+reasonOf(err)+".")
	case len(data) > importCap:
		return nil, org.Invalid("files", "The file is too large to be a credentials file or a register.")
	}
	return data, nil
}

// reasonOf is why a file cannot be used, without its name.
func reasonOf(err error) string {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

func importLine(a org.APIAccount, known bool) string {
	where := "account level"
	if a.StoreHash != "" {
		where = "store " + a.StoreHash
	}
	what := "registered"
	if known {
		what = "already registered"
	}
	line := fmt.Sprintf("%s (%s) is %s", a.Label(), where, what)
	switch {
	case a.Proof.State == org.ProofNone:
		return line + "."
	case a.Proof.State == org.ProofValid:
		return line + "; its token works."
	}
	return line + ". " + a.Proof.Cause
}

// registered is what the activity log holds of a new entry.
func registered(a org.APIAccount) org.Activity {
	return org.Activity{
		Account: a.Account, Action: "api-account.add", Subject: a.Label(), Outcome: "done",
		After: strings.TrimSpace(a.StoreHash + " " + tokenEnds(a.TokenLast4)),
	}
}

// importRegister adds the lines of a register that are not there yet.
func (h *house) importRegister(ctx context.Context, whole org.Account, data []byte, shown string, std streams) error {
	entries, err := stores.ParseRegister(strings.NewReader(string(data)))
	if err != nil {
		return err
	}
	added, known := 0, 0
	for i, entry := range entries {
		entry.Account, entry.AddedBy = whole.ID, localActor()
		a, err := h.addListed(ctx, entry)
		switch {
		case err == nil:
			added++
			h.record(ctx, registered(a))
		case org.KindOf(err) == org.KindConflict:
			known++
		default:
			return org.Invalid("files", fmt.Sprintf("Entry %d: %s %d entries before it are registered.", i+1, org.TextOf(err), added))
		}
	}
	_, err = fmt.Fprintf(std.out, "%s: %d API accounts registered, %d were there already. A register holds no tokens: import the credentials files too, or add them in the browser.\n", shown, added, known)
	return err
}

type tokenAddCmd struct {
	API `embed:""`

	Account  string   `help:"UUID of the account; may be left out when there is only one." placeholder:"UUID"`
	Store    string   `help:"Hash of the store: the part of the API path after /stores/. Left out for an account-level API account." placeholder:"HASH"`
	Name     string   `help:"Name of the API account at BigCommerce." required:""`
	Kind     string   `help:"token, stencil, app or account." default:"token" enum:"token,stencil,app,account"`
	ClientID string   `help:"Client ID." placeholder:"ID"`
	Scopes   []string `help:"Scopes that it was given, by parameter." placeholder:"SCOPE"`
	Owner    string   `help:"Who answers for it."`
	Purpose  string   `help:"What it is for."`
	System   string   `help:"Which system uses it."`
	NoToken  bool     `help:"Register it without a token: nothing can be verified then."`
}

// Run registers one API account and verifies it.
func (c *tokenAddCmd) Run(ctx context.Context, g *Global, std streams) error {
	h, whole, err := openFor(ctx, g, c.API, std, "token add", c.Account)
	if err != nil {
		return err
	}
	defer h.Close()
	token, err := c.token(ctx, std)
	if err != nil {
		return err
	}
	a := org.APIAccount{
		Account: whole.ID, StoreHash: c.Store, Name: c.Name, Kind: org.APIAccountKind(c.Kind), ClientID: c.ClientID, Declared: c.Scopes,
		Owner: c.Owner, Purpose: c.Purpose, System: c.System, AddedBy: localActor(),
	}
	if a, err = h.db.AddAPIAccount(ctx, a, h.sealAPIAccount(token, "")); err != nil {
		return err
	}
	h.record(ctx, registered(a))
	if a.HasToken {
		if a.Proof, err = h.verify(ctx, whole, a); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(std.out, printable(importLine(a, false)))
	return err
}

func (c *tokenAddCmd) token(ctx context.Context, std streams) (string, error) {
	if c.NoToken {
		return "", nil
	}
	token, err := secretFromEnv("ROLLCALL_STORE_TOKEN")
	if err == nil && token == "" {
		token, err = secretFromInput(ctx, std, "Token: ")
	}
	if err == nil {
		_, err = usable(web.Secrets{Token: token})
	}
	if err == nil && token == "" {
		err = org.Invalid("token", "No token was given. Pipe it to standard input, set ROLLCALL_STORE_TOKEN or ROLLCALL_STORE_TOKEN_FILE, or say --no-token.")
	}
	return token, err
}

type tokenListCmd struct {
	Account string `help:"UUID of the account; may be left out when there is only one." placeholder:"UUID"`
}

// Run prints a table of the register.
func (c *tokenListCmd) Run(ctx context.Context, g *Global, std streams) error {
	h, whole, err := openFor(ctx, g, API{AccountQuota: "70/1h"}, std, "token list", c.Account)
	if err != nil {
		return err
	}
	defer h.Close()
	settings, err := h.db.Settings(ctx)
	if err != nil {
		return err
	}
	all := org.Query{Limit: math.MaxInt32} // files show what the newest snapshot knew, this list what was verified since
	page, err := h.db.APIAccounts(ctx, org.Scope{Account: whole.ID}, all, settings)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(std.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "NUMBER\tSTORE\tNAME\tKIND\tCLIENT ID\tTOKEN\tCHECKED\tSTATE")
	for _, a := range page.Rows {
		fmt.Fprintln(table, strings.Join(tokenLine(a), "\t")) // kept until Flush, which tells what fails
	}
	return table.Flush()
}

func tokenLine(a org.APIAccount) []string {
	token, checked, state := "none", "never", "not verified"
	if a.HasToken {
		token = "…" + a.TokenLast4
	}
	if !a.Proof.CheckedAt.IsZero() {
		checked = a.Proof.CheckedAt.UTC().Format("2006-01-02 15:04 UTC")
	}
	if a.Proof.State != org.ProofNone {
		state = strings.ReplaceAll(string(a.Proof.State), "_", " ")
	}
	store := a.StoreHash
	if store == "" {
		store = "(account)"
	}
	return []string{strconv.FormatInt(int64(a.ID), 10), store, printable(a.Name), string(a.Kind), a.ClientID, token, checked, state}
}

type tokenRemoveCmd struct {
	Account string `help:"UUID of the account; may be left out when there is only one." placeholder:"UUID"`
	Number  string `arg:"" help:"Number of the entry, as \"dashboard token list\" shows it."`
}

// Run takes the entry out of the register.
func (c *tokenRemoveCmd) Run(ctx context.Context, g *Global, std streams) error {
	number, err := strconv.ParseInt(c.Number, 10, 64)
	if err != nil {
		return org.Invalid("number", "Name the entry by its number, as \"dashboard token list\" shows it.")
	}
	h, whole, err := openFor(ctx, g, API{AccountQuota: "70/1h"}, std, "token remove", c.Account)
	if err != nil {
		return err
	}
	defer h.Close()
	id := org.APIAccountID(number)
	err = h.db.RemoveAPIAccount(ctx, whole.ID, id)
	h.record(ctx, org.Activity{Account: whole.ID, Action: "api-account.remove", Subject: "API account " + c.Number, Outcome: outcome(err)})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(std.out, "The API account is out of the register, and its token is forgotten here. It still exists at BigCommerce: delete it there if nobody needs it.")
	return err
}
