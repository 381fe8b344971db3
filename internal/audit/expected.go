package audit

import (
	"cmp"
	"slices"
	"strings"

	"rollcall/internal/org"
)

// Kinds of differences between what is expected and what is seen, the gravest first.
const (
	GapMissing  = "missing"  // no registered token of the store shows it, though all of them were read
	GapInactive = "inactive" // it is there and delivers nothing
	GapExtra    = "extra"    // the host receives an event of the store that nobody expects
	GapUnseen   = "unseen"   // not seen, or not of late, but a token of the store was not read, or it has none
)

var gapRanks = map[string]int{GapMissing: 0, GapInactive: 1, GapExtra: 2, GapUnseen: 3}

// Covers tells whether a webhook for one event scope delivers what another one names: store/order/* delivers
// store/order/created.
func Covers(scope, wanted string) bool {
	prefix, wild := strings.CutSuffix(scope, "*")
	return scope == wanted || wild && strings.HasSuffix(prefix, "/") && strings.HasPrefix(wanted, prefix)
}

// hooksAt are the webhooks of a store to a host.
type hooksAt struct{ store, host string }

// CompareHooks compares what integrations should have with the webhooks that are seen, in the stores of the account.
// Missing means that no registered token shows it: a client without a registered token may still have it (facts 2.1).
// Only hosts that something is expected of are looked at for extra ones. The gravest come first.
func CompareHooks(expected []org.ExpectedHooks, hooks []org.WebhookRow, stores []org.StoreCoverage) []org.ExpectedGap {
	c := comparison{stores: map[string]*org.StoreCoverage{}, hooks: map[hooksAt][]*org.WebhookRow{}, wanted: map[hooksAt][]string{}, hosts: map[string]string{}}
	for i := range stores {
		c.stores[stores[i].StoreHash] = &stores[i]
	}
	for i := range expected {
		c.hosts[expected[i].Host] = cmp.Or(c.hosts[expected[i].Host], expected[i].Integration)
	}
	for i := range hooks {
		h := &hooks[i]
		if _, looked := c.hosts[h.Host]; looked {
			at := hooksAt{h.StoreHash, h.Host}
			c.hooks[at] = append(c.hooks[at], h)
		}
	}
	for i := range expected {
		c.expect(&expected[i], stores)
	}
	c.extras()
	slices.SortFunc(c.gaps, func(a, b org.ExpectedGap) int {
		if a.Kind != b.Kind {
			return cmp.Compare(gapRanks[a.Kind], gapRanks[b.Kind])
		}
		return cmp.Or(strings.Compare(a.Integration, b.Integration), strings.Compare(a.StoreName, b.StoreName), strings.Compare(a.StoreHash, b.StoreHash),
			strings.Compare(a.Scope, b.Scope), strings.Compare(a.Host, b.Host), cmp.Compare(a.Webhook, b.Webhook))
	})
	return c.gaps
}

type comparison struct {
	stores map[string]*org.StoreCoverage
	hooks  map[hooksAt][]*org.WebhookRow
	wanted map[hooksAt][]string
	hosts  map[string]string // integration by host
	gaps   []org.ExpectedGap
}

func (c *comparison) expect(e *org.ExpectedHooks, stores []org.StoreCoverage) {
	if len(e.Stores) > 0 {
		for _, hash := range e.Stores {
			c.expectIn(e, hash)
		}
		return
	}
	for i := range stores {
		c.expectIn(e, stores[i].StoreHash)
	}
}

func (c *comparison) expectIn(e *org.ExpectedHooks, hash string) {
	at := hooksAt{hash, e.Host}
	for _, scope := range e.Scopes {
		if slices.Contains(c.wanted[at], scope) { // by another expectation of the same host
			continue
		}
		c.wanted[at] = append(c.wanted[at], scope)
		gap := org.ExpectedGap{Integration: e.Integration, StoreHash: hash, Scope: scope, Host: e.Host}
		store := c.stores[hash]
		if store != nil {
			gap.StoreName = store.StoreName
		}
		if gap.Kind, gap.Webhook = judge(c.hooks[at], scope, store); gap.Kind != "" {
			c.gaps = append(c.gaps, gap)
		}
	}
}

// judge finds the webhook that delivers a scope; the kind is empty when one does.
func judge(hooks []*org.WebhookRow, scope string, store *org.StoreCoverage) (kind string, id org.WebhookID) {
	for _, h := range hooks {
		switch {
		case !Covers(h.Scope, scope):
		case !h.State().Down() && h.Current:
			return "", h.ID
		case !h.State().Down(): // it may be gone with its API account
			kind, id = GapUnseen, h.ID
		case kind == "":
			kind, id = GapInactive, h.ID
		}
	}
	switch {
	case kind != "":
		return kind, id
	case store == nil || store.Tokens == 0 || store.TokensRead < store.Tokens:
		return GapUnseen, 0
	}
	return GapMissing, 0
}

// extras adds what the hosts receive beyond that.
func (c *comparison) extras() {
	for at, hooks := range c.hooks {
		for _, h := range hooks {
			if slices.ContainsFunc(c.wanted[at], func(wanted string) bool { return Covers(h.Scope, wanted) }) {
				continue
			}
			c.gaps = append(c.gaps, org.ExpectedGap{
				Integration: c.hosts[at.host], Kind: GapExtra, StoreHash: h.StoreHash, StoreName: h.StoreName, Scope: h.Scope, Host: h.Host, Webhook: h.ID,
			})
		}
	}
}
