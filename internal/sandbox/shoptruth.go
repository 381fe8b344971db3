package sandbox

import (
	"maps"
	"slices"
	"time"
)

// TruthShop is what a store is besides its users, at one moment. Its values share nothing with the server.
type TruthShop struct {
	Hash, Name, AdminEmail string
	Plan, Status           string
	Suspended              bool
	Accounts               []TruthAPIAccount // by age, deleted ones included
	MetafieldClients       []string          // client IDs that its metafields name, except those only for their owners; sorted
}

// TruthAPIAccount is an API account and everything it made.
type TruthAPIAccount struct {
	Credential
	Emails  []string
	Hooks   []TruthHook // by id
	Blocked []string    // hosts that fail, and are blocked for three minutes out of every four
}

// TruthHook is one webhook.
type TruthHook struct {
	ID                 int64
	Scope, Destination string
	Headers            map[string]string
	Active             bool
	Status             string // active, inactive or deactivated
	Created, Updated   time.Time
	QuietSince         time.Time // zero: it has events every day
}

// TruthShops tells what every store of an account holds right now, in the order of the API; nil for an unknown UUID.
func (s *Server) TruthShops(uuid string) []TruthShop {
	s.mu.RLock()
	defer s.mu.RUnlock()
	w := s.worlds[uuid]
	if w == nil {
		return nil
	}
	var shops []TruthShop
	for _, st := range w.stores {
		shops = append(shops, w.truthShop(st, s.cfg.Start))
	}
	return shops
}

func (w *World) truthShop(s *store, began time.Time) TruthShop {
	t := TruthShop{
		Hash: s.hash, Name: s.name, AdminEmail: w.adminOf(s), Plan: s.shop.plan.name, Status: s.shop.status, Suspended: s.shop.suspended,
		MetafieldClients: s.metafieldClients(began),
	}
	for _, a := range s.shop.accounts {
		one := TruthAPIAccount{Credential: a.credential(w), Emails: slices.Clone(a.emails)}
		for _, h := range a.hooks {
			one.Hooks = append(one.Hooks, h.truth())
		}
		for _, trouble := range a.troubles {
			if a.sendsTo(trouble.host) {
				one.Blocked = append(one.Blocked, trouble.host)
			}
		}
		t.Accounts = append(t.Accounts, one)
	}
	return t
}

func (s *store) metafieldClients(began time.Time) []string {
	clients := map[string]bool{}
	for _, list := range metafieldLists {
		for _, m := range s.metafields(list.resource, began) {
			if m.visibility != ownersOnly {
				clients[m.ownedByID] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(clients))
}

func (h *hook) truth() TruthHook {
	t := TruthHook{
		ID: h.id, Scope: h.scope, Destination: h.destination, Headers: maps.Clone(h.headers), Active: h.active, Status: h.status(),
		Created: time.Unix(h.created, 0).UTC(), Updated: time.Unix(h.updated, 0).UTC(),
	}
	if h.quietSince > 0 {
		t.QuietSince = time.Unix(h.quietSince, 0).UTC()
	}
	return t
}

// Secrets lists every text of an account that must never show: the account's token, the tokens and secrets of API
// accounts, deleted ones included, and the values of webhook headers. The word "bigcommerce", which is the value of
// some header, is not among them.
func (s *Server) Secrets(uuid string) []string {
	var secrets []string
	if s.worlds[uuid] != nil {
		account := s.AccountCredential(uuid)
		secrets = append(secrets, account.Token, account.Secret)
	}
	for _, shop := range s.TruthShops(uuid) {
		for _, a := range shop.Accounts {
			secrets = append(secrets, a.Token, a.Secret)
			for _, h := range a.Hooks {
				for _, value := range h.Headers {
					if value != headerSource {
						secrets = append(secrets, value)
					}
				}
			}
		}
	}
	slices.Sort(secrets)
	return secrets
}

// TrustedHosts lists the hosts to which the company and its partners send events: what somebody would approve.
func (w *World) TrustedHosts() []string {
	hosts := map[string]bool{"hooks." + w.domain: true, "ops." + w.domain: true, BlockedHost: true}
	for _, j := range append(slices.Clone(jobs), appJobs...) {
		if j.host != "" {
			hosts[w.hostOf(j.host)] = true
		}
	}
	return slices.Sorted(maps.Keys(hosts))
}
