package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Scripted edits of what acts on a store. Like the others they panic when they are given what is not there.

// AddAPIAccount makes an API account in a store; what the credential leaves empty is made up. It gives all of it back.
func (w *World) AddAPIAccount(hash string, c Credential) Credential {
	s := w.mustStore(hash)
	a := w.employ(s, job{name: or(c.Name, "API account"), kind: or(c.Kind, KindToken), purpose: c.Purpose, scopes: c.Scopes}, w.now)
	delete(w.clients, a.clientID)
	delete(w.tokens, a.token)
	a.clientID, a.token, a.secret = or(c.ClientID, a.clientID), or(c.Token, a.token), or(c.Secret, a.secret)
	a.accountUUID = c.WrongUUID
	if c.Needs != nil {
		a.needs = slices.Clone(c.Needs)
	}
	if !c.Created.IsZero() {
		a.created = c.Created.Unix()
	}
	w.clients[a.clientID], w.tokens[a.token] = a, a
	return a.credential(w)
}

// DeleteAPIAccount ends an API account: its token dies and its webhooks vanish.
func (w *World) DeleteAPIAccount(clientID string) { w.deleteAPIAccount(w.mustClient(clientID)) }

// SetScopes gives an API account other scopes, as if it had been made with them.
func (w *World) SetScopes(clientID string, scopes ...string) {
	w.mustClient(clientID).scopes = slices.Clone(scopes)
}

// SetAccountUUID makes a store name another account to the token of one API account; empty is the true one again.
func (w *World) SetAccountUUID(clientID, uuid string) { w.mustClient(clientID).accountUUID = uuid }

// SetHookEmails sets who is told of trouble with the webhooks of an API account.
func (w *World) SetHookEmails(clientID string, emails ...string) {
	w.mustClient(clientID).emails = slices.Clone(emails)
}

// AddHook makes a webhook without headers, whatever the rules for new ones, and gives its id.
func (w *World) AddHook(clientID, scope, destination string) (id int64) {
	h := w.addHook(w.mustClient(clientID), scope, destination, w.now)
	h.headers = nil
	return h.id
}

// RemoveHook deletes a webhook.
func (w *World) RemoveHook(id int64) {
	a, h := w.mustHook(id)
	a.removeHook(h)
}

// SetHookHeaders replaces the headers of a webhook.
func (w *World) SetHookHeaders(id int64, headers map[string]string) {
	_, h := w.mustHook(id)
	h.headers, h.updated = headers, w.now.Unix()
}

// SwitchHook is the owner switching a webhook on or off.
func (w *World) SwitchHook(id int64, active bool) {
	_, h := w.mustHook(id)
	h.setActive(active, w.now)
}

// DeactivateHook is the platform switching a webhook off.
func (w *World) DeactivateHook(id int64) {
	_, h := w.mustHook(id)
	h.deactivate(w.now)
}

// QuietHook says since when a webhook has had no events. It is deactivated on the day that makes it 90 days.
func (w *World) QuietHook(id int64, since time.Time) {
	_, h := w.mustHook(id)
	h.quietSince = since.Unix()
}

// FailHost makes a host fail for the webhooks of an API account from now on: it is blocked now and then, and when
// every retry fails too its webhooks are deactivated after two days.
func (w *World) FailHost(clientID, host string, everyRetry bool) {
	w.beginTrouble(w.mustClient(clientID), host, w.now, everyRetry, 0)
}

// HealHost ends every failure of a host.
func (w *World) HealHost(clientID, host string) {
	a := w.mustClient(clientID)
	a.troubles = slices.DeleteFunc(a.troubles, func(t *trouble) bool { return t.host == host })
}

// SuspendStore makes a store answer 503, or opens it again.
func (w *World) SuspendStore(hash string, suspended bool) {
	w.mustStore(hash).shop.suspended = suspended
}

// SetAdminEmail makes a store name this address as its administrator, whoever owns it; empty is its owner again.
func (w *World) SetAdminEmail(hash, email string) {
	sh := w.mustStore(hash).shop
	if sh.pinned = email != ""; sh.pinned {
		sh.adminEmail = email
	}
}

// SetPlan puts a store on the plan of that name. Its quota stays what it was if it has been asked for anything.
func (w *World) SetPlan(hash, name string) {
	i := slices.IndexFunc(plans, func(p plan) bool { return strings.EqualFold(p.name, name) })
	if i < 0 {
		panic(fmt.Sprintf("sandbox: no plan %q", name))
	}
	w.mustStore(hash).shop.plan = plans[i]
}

// SetStoreStatus sets the word that a store says of its state.
func (w *World) SetStoreStatus(hash, status string) { w.mustStore(hash).shop.status = status }

func (w *World) mustClient(clientID string) *apiAccount {
	if a := w.clients[clientID]; a != nil {
		return a
	}
	panic(fmt.Sprintf("sandbox: no client %q", clientID))
}

func (w *World) mustHook(id int64) (*apiAccount, *hook) {
	for _, s := range w.stores {
		for _, a := range s.shop.accounts {
			if h := a.hook(id); h != nil {
				return a, h
			}
		}
	}
	panic(fmt.Sprintf("sandbox: no webhook %d", id))
}
