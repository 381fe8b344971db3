package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"

	"rollcall/internal/account"
	"rollcall/internal/org"
	"rollcall/internal/refresh"
	"rollcall/internal/stores"
	"rollcall/internal/throttle"
	"rollcall/internal/vault"
)

// shopClient makes the client of single stores.
func (h *house) shopClient() *stores.Client {
	cfg := stores.Config{URL: h.api.APIURL, Version: versionText(), Now: h.now}
	if h.wire != http.DefaultTransport {
		cfg.Transport = h.wire
	}
	return stores.New(cfg)
}

// sealAPIAccount encrypts the credentials of an API account for the entry that will hold them. An empty token or secret
// is not kept.
func (h *house) sealAPIAccount(token, secret string) func(org.APIAccountID) (org.SealedSecrets, error) {
	if token == "" && secret == "" {
		return nil
	}
	return func(id org.APIAccountID) (s org.SealedSecrets, err error) {
		if token != "" {
			s.TokenLast4 = org.Last4(token)
			if s.Token, err = h.vault.Seal(vault.APIAccountToken, int64(id), token); err != nil {
				return s, err
			}
			if s.Print, err = h.vault.Print(vault.APIAccountToken, token); err != nil {
				return s, err
			}
		}
		if secret != "" {
			s.SecretLast4 = org.Last4(secret)
			s.Secret, err = h.vault.Seal(vault.APIAccountSecret, int64(id), secret)
		}
		return s, err
	}
}

// tokenOf opens the token of an API account.
func (h *house) tokenOf(ctx context.Context, a org.APIAccount) (stores.Token, error) {
	sealed, err := h.db.APIAccountToken(ctx, a.Account, a.ID)
	if err != nil {
		return stores.Token{}, err
	}
	token, err := h.vault.Open(vault.APIAccountToken, int64(a.ID), sealed)
	if err != nil {
		return stores.Token{}, org.Problem(org.KindStorage, "The stored token of "+a.Label()+" does not open with this master key. "+
			"Put the old key back, or replace the token on the page of the API account.", err)
	}
	return stores.Token{StoreHash: a.StoreHash, Secret: token}, nil
}

// verify asks BigCommerce about the token of an entry and keeps what it said.
func (h *house) verify(ctx context.Context, whole org.Account, a org.APIAccount) (org.Proof, error) {
	if !a.HasToken {
		return org.Proof{State: org.ProofNoToken}, org.Conflict("No token is kept for " + a.Label() + ". Replace its token first: paste the credentials that BigCommerce showed when it was made.")
	}
	sealed, err := h.db.APIAccountToken(ctx, a.Account, a.ID)
	if err != nil {
		return org.Proof{}, err
	}
	token, err := h.tokenOf(ctx, a)
	if err != nil {
		return org.Proof{}, err
	}
	proof := h.prove(ctx, whole, a, token)
	if err := ctx.Err(); err != nil {
		return proof, err
	}
	now, err := h.db.APIAccountToken(ctx, a.Account, a.ID)
	if err != nil {
		return proof, err
	}
	if !bytes.Equal(now, sealed) {
		return proof, org.Conflict("The token of " + a.Label() + " was replaced while the old one was checked. Verify it again.")
	}
	return proof, h.db.SetProof(ctx, a.Account, a.ID, proof)
}

func (h *house) prove(ctx context.Context, whole org.Account, a org.APIAccount, token stores.Token) org.Proof {
	if !a.AccountLevel() {
		return h.shops.Verify(ctx, token, a.Proof, whole.UUID)
	}
	client := account.New(account.Config{
		URL: h.api.APIURL, UUID: whole.UUID, Token: token.Secret, Version: versionText(), Account: whole.ID, HTTP: h.http(whole.ID), Now: h.now,
	})
	check, err := client.Check(throttle.ForMember(ctx))
	return h.wholeProof(a.Proof, whole, check, err)
}

// wholeProof is what a check of an account-level token proves.
func (h *house) wholeProof(last org.Proof, whole org.Account, check account.Check, err error) org.Proof {
	p := last
	p.CheckedAt, p.Cause = h.now(), check.Problem
	switch org.KindOf(err) {
	case org.KindUnauthorized:
		p.State = org.ProofRevoked
	case org.KindScope:
		p.State = org.ProofWrongAccount
	case org.KindLimited:
		p.State = org.ProofBusy
	default:
		p.State = org.ProofUnreadable
	}
	if err != nil {
		if p.Cause == "" {
			p.Cause = org.TextOf(err)
		}
		return p
	}
	p.State, p.Cause, p.WorkedAt, p.AccountUUID = org.ProofValid, "", p.CheckedAt, whole.UUID
	p.Scopes, p.ScopesBy, p.ScopesAt = nil, org.ScopesByProbes, p.CheckedAt
	for _, ability := range check.Abilities {
		if ability.Can == org.Yes {
			p.Scopes = append(p.Scopes, parameterOf(ability.Scope))
		}
	}
	return p
}

// parameterOf is the scope's parameter, which stands in brackets behind its name.
func parameterOf(scope string) string {
	if _, rest, ok := strings.Cut(scope, "("); ok {
		return strings.TrimSuffix(rest, ")")
	}
	return scope
}

// tokenReader lets a sync read stores through registered tokens.
type tokenReader struct {
	h     *house
	whole org.Account
}

// ReadToken never fails: a token that does not open is a proof that says so.
func (r tokenReader) ReadToken(ctx context.Context, t org.SweepToken, due refresh.Due) org.TokenRead {
	token, err := r.h.tokenOf(ctx, t.APIAccount)
	if err != nil {
		proof := t.Last
		proof.State, proof.Cause, proof.CheckedAt = org.ProofUnreadable, org.TextOf(err), r.h.now()
		return org.TokenRead{APIAccount: t.APIAccount.ID, Proof: proof, ReadAt: proof.CheckedAt}
	}
	read := r.h.shops.Read(ctx, token, t.Last, r.whole.UUID, stores.Options{Clients: due.Clients, Scopes: due.Scopes})
	read.APIAccount = t.APIAccount.ID
	return read
}

// entryOf is the entry that a credentials file asks for.
func entryOf(whole org.Account, c stores.Credentials, by string) (org.APIAccount, error) {
	if c.AccountUUID != "" && c.AccountUUID != whole.UUID {
		return org.APIAccount{}, org.Invalid("credentials", fmt.Sprintf("These credentials belong to the account %s, not to %s. Switch to that account first.", c.AccountUUID, whole.Label()))
	}
	a := org.APIAccount{Account: whole.ID, StoreHash: c.StoreHash, Name: c.Name, Kind: c.Kind, ClientID: c.ClientID, AddedBy: by}
	if len([]rune(strings.TrimSpace(a.Name))) < org.APIAccountNameMin {
		a.Name = "Unnamed, token ends in " + org.Last4(c.Token)
	}
	return a, nil
}

// register puts the credentials of one file into the register and verifies them. known tells that they were there
// before, with a token; an entry that was registered without one gets it.
func (h *house) register(ctx context.Context, whole org.Account, c stores.Credentials, by string) (a org.APIAccount, known bool, err error) {
	if a, err = entryOf(whole, c, by); err != nil {
		return a, false, err
	}
	print, err := h.vault.Print(vault.APIAccountToken, c.Token)
	if err != nil {
		return a, false, err
	}
	if found, err := h.db.RegisteredAs(ctx, whole.ID, a.StoreHash, "", print); err == nil {
		return found, true, nil
	}
	found, err := h.db.RegisteredAs(ctx, whole.ID, a.StoreHash, a.ClientID, nil)
	if org.KindOf(err) == org.KindNotFound {
		found, err = h.registeredByName(ctx, a)
	}
	switch {
	case err == nil && found.HasToken:
		return found, false, org.Conflict(fmt.Sprintf("The register has this client ID already, with another token: %q, whose token ends in %s. "+
			"Nothing was changed. If the new token is the right one, replace the token there.", found.Label(), found.TokenLast4))
	case err == nil:
		a, err = found, h.db.ReplaceAPIAccountToken(ctx, whole.ID, found.ID, h.sealAPIAccount(c.Token, c.Secret))
		a.HasToken, a.TokenLast4 = true, org.Last4(c.Token)
	case org.KindOf(err) == org.KindNotFound:
		a, err = h.db.AddAPIAccount(ctx, a, h.sealAPIAccount(c.Token, c.Secret))
	}
	if err != nil {
		return a, false, err
	}
	a.Proof, err = h.verify(ctx, whole, a)
	return a, false, err
}

// registeredByName is the entry of a store of which only the name is known, as a list gave it, now with its client ID; a
// NotFound error when there is none.
func (h *house) registeredByName(ctx context.Context, a org.APIAccount) (org.APIAccount, error) {
	found, err := h.db.RegisteredUnder(ctx, a.Account, a.StoreHash, a.Name)
	if err == nil && (found.HasToken || found.ClientID != "") {
		err = org.NotFound("API account")
	}
	if err != nil || a.ClientID == "" {
		return found, err
	}
	found.ClientID = a.ClientID
	return found, h.db.UpdateAPIAccount(ctx, found)
}

// addListed adds an entry of a register file. One without a client ID is taken for the entry of its store that has the
// same name: else a list that is imported again would double what it names.
func (h *house) addListed(ctx context.Context, a org.APIAccount) (org.APIAccount, error) {
	a, err := a.Cleaned()
	if err != nil {
		return a, err
	}
	if a.ClientID == "" {
		found, err := h.db.RegisteredUnder(ctx, a.Account, a.StoreHash, a.Name)
		if err == nil {
			return found, org.Conflict(fmt.Sprintf("The register has an API account of this name for this store already: %q. The line names no client ID by which another one could be told apart.", found.Label()))
		}
		if org.KindOf(err) != org.KindNotFound {
			return a, err
		}
	}
	return h.db.AddAPIAccount(ctx, a, nil)
}
