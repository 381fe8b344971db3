package stores

import (
	"context"
	"slices"
	"strings"
	"time"

	"rollcall/internal/org"
)

// probeAge is how long scopes found by probes are believed.
const probeAge = 7 * 24 * time.Hour

// Verify finds out whether a token works, whose it is, for which store and account, and what it may do, by the least
// intrusive reading calls. last is the newest proof of the same token: what a call does not tell anew stays as it was,
// and scopes found by probes are not probed again within a week. accountUUID is the account that the store should
// belong to, empty when not known. What went wrong is the state, with a plain cause. It obeys ctx.
func (c *Client) Verify(ctx context.Context, t Token, last org.Proof, accountUUID string) org.Proof {
	v := c.visit(t)
	if p, done := v.unsent(last); done {
		return p
	}
	first, refused := v.page(ctx, walk{path: hooksPath, limit: 1}, 1)
	if refused != nil && refused.cause == causeRejected {
		first, refused = v.page(ctx, walk{path: hooksPath, bare: true}, 1)
	}
	seen := newHookSet(t.StoreHash)
	for _, item := range first.items {
		seen.take(item)
	}
	return named(v.prove(ctx, refused, last, accountUUID, true), seen.hooks)
}

// unsent is the proof of a token for which nothing can be sent.
func (v *visit) unsent(last org.Proof) (org.Proof, bool) {
	p := last
	p.CheckedAt = v.client.now()
	switch t := v.token; {
	case t.Secret == "":
		p.State, p.Cause = org.ProofNoToken, "No token is kept for this API account, so nothing can be checked. Import its credentials."
	case t.StoreHash == "":
		p.State, p.Cause = org.ProofUnreadable, "This API account names no store. A token of the account level is checked together with the account."
	case !t.sendable():
		p.State, p.Cause = org.ProofRevoked, causeTexts[causeMalformed]
	case !hashPattern.MatchString(t.StoreHash):
		p.State, p.Cause = org.ProofWrongStore, "The store hash is malformed. It stands in the API path after /stores/."
	default:
		return p, false
	}
	return p, true
}

// prove judges a token by how /v3/hooks, which needs no scope, answered; then it finds out the rest.
func (v *visit) prove(ctx context.Context, hooks *refusal, last org.Proof, accountUUID string, due bool) org.Proof {
	p := last
	p.CheckedAt, p.Cause = v.client.now(), ""
	p.Scopes = slices.Clone(last.Scopes)
	state, cause, id := v.standing(ctx, hooks)
	p.State, p.Cause = state, cause
	if !state.Works() {
		return p
	}
	v.learn(ctx, &p, id, last, due, hooks == nil)
	if v.tie(&p, accountUUID); p.State.Works() {
		p.WorkedAt = p.CheckedAt
	}
	if lost := lostScopes(last, p); p.State == org.ProofValid && lost != "" {
		p.State, p.Cause = org.ProofScopeLost, lost
	}
	return p
}

// standing tells how a token stands. A refusal is cross-checked before it is believed (facts 2.10).
func (v *visit) standing(ctx context.Context, hooks *refusal) (org.ProofState, string, *identity) {
	if hooks == nil {
		return org.ProofValid, "", nil
	}
	switch hooks.cause {
	case causeRejected: // past the check of the token
		return org.ProofValid, "The token works, but its webhooks cannot be read. " + hooks.Error(), nil
	case causeMalformed:
		return org.ProofRevoked, hooks.text(), nil
	case causeRefused:
		return v.refused(ctx, hooks)
	case causeScope, causeForbidden:
		return v.forbidden(ctx, hooks)
	case causeNotFound:
		return org.ProofWrongStore, wrongStoreText, nil
	}
	return v.momentary(hooks), hooks.Error(), nil
}

const wrongStoreText = "BigCommerce knows the token, but not for this store: the token belongs to another store, or the store hash is wrong. Compare the API path in the credentials file."

// momentary is the state of a refusal that says nothing about the token.
func (v *visit) momentary(r *refusal) org.ProofState {
	switch {
	case r.cause == causeBusy, r.cause == causeDown && v.client.pulse.platformDown():
		return org.ProofBusy
	case r.cause == causeDown:
		return org.ProofSuspended
	}
	return org.ProofUnreadable
}

// refused looks at a 401 again: the identity request tells a wrong store hash (404) from a wrong token (401).
func (v *visit) refused(ctx context.Context, hooks *refusal) (org.ProofState, string, *identity) {
	id, again := v.identify(ctx)
	switch {
	case again == nil:
		return org.ProofValid, "The token works, but its webhooks were refused.", &id
	case again.cause == causeNotFound:
		return org.ProofWrongStore, wrongStoreText, nil
	}
	return org.ProofRevoked, hooks.text(), nil
}

// forbidden looks at a 403 again: /v2/time needs no scope, so a token that may nothing else passes there.
func (v *visit) forbidden(ctx context.Context, hooks *refusal) (org.ProofState, string, *identity) {
	_, again := v.get(ctx, timePath, nil)
	switch {
	case again == nil:
		return org.ProofValid, "The token works, but has no scope that lets it read webhooks. Make a new API account with a scope ticked.", nil
	case again.moment():
		return v.momentary(again), again.Error(), nil
	case again.cause == causeRefused || again.cause == causeMalformed:
		return org.ProofRevoked, again.text(), nil
	}
	id, third := v.identify(ctx)
	switch {
	case third == nil:
		return org.ProofValid, "The token works, but its webhooks were refused.", &id
	case third.cause == causeRefused:
		return org.ProofRevoked, third.text(), nil
	}
	return org.ProofWrongStore, wrongStoreText, nil
}

// learn fills identity, scopes and store. Scopes come from the identity request, else from probes, which prove nothing
// in a store that refuses webhooks too.
func (v *visit) learn(ctx context.Context, p *org.Proof, id *identity, last org.Proof, due, sound bool) {
	var refused *refusal
	settled := last.State == org.ProofValid || last.State == org.ProofScopeLost // else an alarm may be over, or one is new
	ask := due || !settled || !last.ScopesKnown() || last.ClientID == ""
	if id == nil && ask {
		var asked identity
		if asked, refused = v.identify(ctx); refused == nil {
			id = &asked
		}
	}
	if id != nil {
		fillIdentity(p, *id)
	}
	switch {
	case id != nil && id.told:
		p.Scopes, p.ScopesBy, p.ScopesWhole, p.ScopesAt = id.scopes, org.ScopesByGraphQL, id.whole, p.CheckedAt
	case ask && sound && v.probesDue(last, refused):
		v.learnByProbes(ctx, p, last, refused)
		return
	}
	if p.ScopesKnown() && p.ScopesWhole && !mayRead(p.Scopes, "store_v2_information") {
		return
	}
	if body, refused := v.get(ctx, storePath, nil); refused == nil {
		fillStore(p, body)
	}
}

// probesDue tells whether to probe although the identity request told nothing. What it told before outlives a bad moment;
// what probes found is believed for a week, unless they were cut short.
func (v *visit) probesDue(last org.Proof, identity *refusal) bool {
	switch {
	case !last.ScopesKnown():
		return true
	case last.ScopesBy == org.ScopesByGraphQL && identity != nil && identity.moment():
		return false
	}
	age := v.client.now().Sub(last.ScopesAt)
	return last.ScopesAt.IsZero() || age >= probeAge || age < -time.Hour // a clock was wrong
}

// learnByProbes keeps what was known when the probes did not get through. ScopesAt stays zero until they did; what was
// found until then is not asked for again.
func (v *visit) learnByProbes(ctx context.Context, p *org.Proof, last org.Proof, why *refusal) {
	var known []string
	if last.ScopesBy == org.ScopesByProbes && last.ScopesAt.IsZero() && v.client.now().Sub(last.CheckedAt) < probeAge {
		known = last.Scopes
	}
	found := v.probe(ctx, known)
	fillStore(p, found.store)
	if found.open == 0 || len(known) > 0 || !p.ScopesKnown() && len(found.scopes) > 0 {
		p.Scopes, p.ScopesBy, p.ScopesWhole, p.ScopesAt = found.scopes, org.ScopesByProbes, false, time.Time{}
	}
	if found.open == 0 {
		p.ScopesAt = p.CheckedAt
	} else if !p.ScopesKnown() && p.Cause == "" && why != nil {
		p.Cause = "The token works. What it may do could not be found out: " + why.Error()
	}
}

func fillIdentity(p *org.Proof, id identity) {
	for field, value := range map[*string]string{&p.ClientID: id.clientID, &p.StoreHash: id.storeHash, &p.AccountUUID: id.accountUUID} {
		if value != "" {
			*field = value
		}
	}
}

// tie compares store and account with those that were expected.
func (v *visit) tie(p *org.Proof, accountUUID string) {
	expected := uuidIn(accountUUID)
	switch {
	case p.StoreHash != "" && !strings.EqualFold(p.StoreHash, v.token.StoreHash):
		p.State, p.Cause = org.ProofWrongStore, "The token belongs to the store "+tidy(p.StoreHash)+", not to this one. Register it there."
	case expected != "" && p.AccountUUID != "" && !strings.EqualFold(p.AccountUUID, expected):
		p.State, p.Cause = org.ProofWrongAccount, "The store belongs to another BigCommerce account ("+p.AccountUUID+") than the one it is registered under. Somebody moved the store, or it was registered under the wrong account."
	}
}

// mayRead tells whether scopes hold one, read-only or not.
func mayRead(scopes []string, base string) bool {
	return slices.ContainsFunc(scopes, func(scope string) bool {
		scope = org.FoldScope(scope)
		return scope == base || scope == base+"_read_only"
	})
}
