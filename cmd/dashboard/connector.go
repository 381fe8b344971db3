package main

import (
	"context"

	"rollcall/internal/account"
	"rollcall/internal/org"
	"rollcall/internal/throttle"
	"rollcall/views"
)

// connector connects accounts for the dashboard.
type connector struct{ h *house }

// CheckToken asks BigCommerce what a token may read. It stores nothing.
func (c connector) CheckToken(ctx context.Context, uuid, token string) (views.Check, error) {
	check, err := c.h.check(ctx, uuid, token)
	return c.shown(check, org.Account{UUID: uuid}), err
}

// CheckAccount does the same with the stored token.
func (c connector) CheckAccount(ctx context.Context, id org.AccountID) (views.Check, error) {
	a, err := c.h.db.Account(ctx, id)
	if err != nil {
		return views.Check{}, err
	}
	client, err := c.h.client(ctx, a)
	if err != nil {
		return views.Check{}, err
	}
	check, err := client.Check(throttle.ForMember(ctx))
	return c.shown(check, a), err
}

// Connect stores the account with its sealed token.
func (c connector) Connect(ctx context.Context, uuid, token string) (org.Account, error) {
	return c.h.db.ConnectAccount(ctx, uuid, org.Last4(token), c.h.seal(token))
}

// ReplaceToken gives the account another token.
func (c connector) ReplaceToken(ctx context.Context, id org.AccountID, token string) error {
	return c.h.db.ReplaceToken(ctx, id, org.Last4(token), c.h.seal(token))
}

// Disconnect forgets the token and keeps the history.
func (c connector) Disconnect(ctx context.Context, id org.AccountID) error {
	return c.h.db.DisconnectAccount(ctx, id)
}

// shown turns what the client found into what the page shows.
func (c connector) shown(check account.Check, a org.Account) views.Check {
	if a.Name == "" {
		a.Name = check.AccountName
	}
	page := views.Check{
		Account: a, CheckedAt: c.h.now(), Stores: check.Stores, Error: check.Problem, Requests: check.Requests,
	}
	if check.MoreStores || check.LostStores > 0 {
		page.Stores = -1
	}
	for _, ability := range check.Abilities {
		page.Abilities = append(page.Abilities, views.Ability{
			What: ability.What, Can: ability.Can, Scope: ability.Scope, Without: ability.Without, Required: ability.Required,
		})
	}
	return page
}
