package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/user"
	"time"

	"rollcall/internal/account"
	"rollcall/internal/org"
	"rollcall/internal/refresh"
	"rollcall/internal/sqlite"
	"rollcall/internal/stores"
	"rollcall/internal/throttle"
	"rollcall/internal/vault"
)

// API says where BigCommerce is and how often it may be asked.
type API struct {
	APIURL       string `name:"api-url" help:"Where the BigCommerce APIs are." default:"https://api.bigcommerce.com" env:"ROLLCALL_API_URL"`
	AccountQuota string `help:"Requests that an account may send in a window." default:"70/1h" env:"ROLLCALL_ACCOUNT_QUOTA"`
}

// house is an open data folder with everything that commands need of it.
type house struct {
	db     *sqlite.DB
	vault  *vault.Vault
	log    *slog.Logger
	api    API
	limits *throttle.Limiter
	shops  *stores.Client
	now    func() time.Time
	wire   http.RoundTripper // to BigCommerce, below the quota
	delay  time.Duration     // first delay before a repeat; zero takes the default
}

// furnishing changes what a house is made of; demo uses it.
type furnishing func(*house)

// safe refuses an address of the API to which tokens would travel in the clear. None is right for commands that ask
// nothing.
func (a API) safe() error {
	if a == demoAPI || a.APIURL == "" {
		return nil
	}
	u, err := url.Parse(a.APIURL)
	switch {
	case err != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http":
		return org.Invalid("api-url", "The address of the API must look like https://api.bigcommerce.com.")
	case u.Scheme == "http" && !isLoopback(net.JoinHostPort(u.Hostname(), "0")):
		return org.Invalid("api-url", "The address of the API must begin with https, or the token would travel in the clear. Only a local BigCommerce on this machine may do with http.")
	}
	return nil
}

// openHouse opens the data folder: database, master key and quota. command is what others are told while it is held.
func openHouse(ctx context.Context, g *Global, api API, std streams, command string, furnish ...furnishing) (*house, error) {
	h := &house{log: g.logger(std.err), api: api, now: time.Now, wire: http.DefaultTransport}
	for _, change := range furnish {
		change(h)
	}
	quota, err := throttle.ParseQuota(api.AccountQuota)
	if err != nil {
		return nil, err
	}
	if err := api.safe(); err != nil {
		return nil, err
	}
	if h.db, err = sqlite.Open(ctx, g.folder(), sqlite.Options{Command: "dashboard " + command, Now: h.now}); err != nil {
		return nil, err
	}
	h.limits, h.shops = throttle.New(h.db, quota, h.now), h.shopClient()
	if err := h.unlock(ctx, g.folder()); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// unlock loads the master key and remembers which one seals the data.
func (h *house) unlock(ctx context.Context, folder string) error {
	given, err := givenKey()
	if err != nil {
		return err
	}
	known, err := h.db.KeyID(ctx)
	if err != nil {
		return err
	}
	path := keyFile(folder)
	opened, made, err := vault.Load(given, path, known)
	if err != nil {
		return org.Problem(org.KindStorage, err.Error(), nil)
	}
	if made {
		h.log.Warn("a master key was made beside the data: whoever copies the folder has both; keep a copy of the key elsewhere", "file", path)
	}
	h.vault = opened
	if known != "" {
		return nil
	}
	return h.db.SetKeyID(ctx, opened.ID())
}

// Close gives the data folder back.
func (h *house) Close() error { return h.db.Close() }

// client is the Account API client of a connected account, under its quota.
func (h *house) client(ctx context.Context, a org.Account) (*account.Client, error) {
	if !a.Connected {
		return nil, org.Conflict("The account " + a.Label() + " is not connected. Connect it with its token first.")
	}
	sealed, err := h.db.SealedToken(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	token, err := h.vault.Open(vault.AccountToken, int64(a.ID), sealed)
	if err != nil {
		return nil, org.Problem(org.KindStorage, "The stored token of "+a.Label()+" does not open with this master key. "+
			"Put the old key back, or replace the token in Settings.", err)
	}
	return account.New(account.Config{
		URL: h.api.APIURL, UUID: a.UUID, Token: token, Version: versionText(), Account: a.ID, Memory: h.db,
		HTTP: h.http(a.ID), Now: h.now,
	}), nil
}

// http sends requests of an account under its quota. It follows no redirect: the token would go along to wherever that
// leads.
func (h *house) http(id org.AccountID) *http.Client {
	return &http.Client{
		Transport:     h.limits.Transport(id, h.wire),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// seal encrypts a token for the account that will hold it.
func (h *house) seal(token string) sqlite.Seal {
	return func(id org.AccountID) ([]byte, error) { return h.vault.Seal(vault.AccountToken, int64(id), token) }
}

// sync is ready to read one account.
func (h *house) sync(ctx context.Context, a org.Account, owner string) (refresh.Sync, error) {
	client, err := h.client(ctx, a)
	return refresh.Sync{
		Reader: client, History: h.db.History(), Lease: h.db, Log: h.log, Now: h.now, Owner: owner, Delay: h.delay,
		Sweep: &refresh.Sweep{Reader: tokenReader{h, a}, History: h.db},
	}, err
}

// find is the account of a UUID, or the only one when the UUID is empty.
func (h *house) find(ctx context.Context, uuid string) (org.Account, error) {
	if uuid != "" {
		uuid, err := org.ParseUUID(uuid)
		if err != nil {
			return org.Account{}, err
		}
		a, err := h.db.AccountByUUID(ctx, uuid)
		if org.KindOf(err) == org.KindNotFound {
			err = org.NotFound("account: " + uuid + " was never connected")
		}
		return a, err
	}
	accounts, err := h.db.Accounts(ctx)
	switch {
	case err != nil:
		return org.Account{}, err
	case len(accounts) == 1:
		return accounts[0], nil
	case len(accounts) == 0:
		return org.Account{}, org.Conflict("No account is connected yet. Connect one with \"dashboard account add UUID\" or in the browser.")
	}
	return org.Account{}, org.Invalid("account", "Several accounts are known. Name one with --account UUID; \"dashboard account list\" lists them.")
}

// record writes an action of the command line to the activity log.
func (h *house) record(ctx context.Context, a org.Activity) {
	a.Actor, a.Address = localActor(), "local"
	if err := h.db.AddActivity(ctx, a); err != nil {
		h.log.Error("activity not recorded", "action", a.Action, "error", err)
	}
}

// localActor names the user of the machine who runs a command.
func localActor() string {
	if u, err := user.Current(); err == nil {
		return "local:" + u.Username
	}
	return "local:" + os.Getenv("USER")
}
