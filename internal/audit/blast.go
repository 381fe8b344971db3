package audit

import (
	"fmt"
	"slices"

	"rollcall/internal/org"
)

// AccountBlast is the rule that tells what dies with an API account. It finds nothing by itself: pages ask for it.
var AccountBlast = Rule{
	ID: "api-account-blast-radius", Title: "What dies with it", Severity: Note,
	Means: "Deleting the API account at BigCommerce ends its token at once and its webhooks for good; its metafields and scripts lose their owner. Listed is what registered tokens show.",
	Why:   "A deletion cannot be undone, and systems stop that nobody thought of.",
	Do:    "Tell the owners of the hosts first. To rotate: make a new API account, let the integration make its webhooks again with it, check them here, then delete the old one.",
	Refs:  []string{"ISO 27001 A.5.18", "SOC 2 CC8.1"},
}

// Blast is what ends when an API account is deleted (facts 2.3, 3.5).
type Blast struct {
	Hooks   []org.WebhookRow
	Hosts   []string // that receive events through it
	Silent  []string // of these, hosts that would receive nothing any more, as far as is seen
	Stores  []string // whose events stop
	Events  []string
	Working int // webhooks that deliver now
}

// BlastRadius tells what dies with an API account. An account-level one has no webhooks of its own.
func BlastRadius(id org.APIAccountID, hooks []org.WebhookRow) Blast {
	var b Blast
	var mine []*org.WebhookRow
	others := map[string]bool{}
	for i := range hooks {
		h := &hooks[i]
		if h.Through.ID != id {
			others[h.Host] = others[h.Host] || delivers(h)
			continue
		}
		mine, b.Hooks = append(mine, h), append(b.Hooks, *h)
		if delivers(h) {
			b.Working++
		}
	}
	b.Hosts, b.Stores, b.Events = distinct(mine, func(h *org.WebhookRow) string { return target(h) }), distinct(mine, storeOf), distinct(mine, eventOf)
	for _, host := range b.Hosts {
		if !others[host] {
			b.Silent = append(b.Silent, host)
		}
	}
	return b
}

// delivers tells whether a webhook was seen to deliver in the newest try: the token of a deleted API account shows none
// of its webhooks any more, and they are gone with it.
func delivers(h *org.WebhookRow) bool { return h.Current && !h.State().Down() }

// Finding puts it into words for the page of the API account; ok is false when nothing dies with it.
func (b Blast) Finding(a org.APIAccount) (f Finding, ok bool) {
	if len(b.Hooks) == 0 {
		return f, false
	}
	f = Finding{Rule: &AccountBlast, Severity: AccountBlast.Severity, Subject: tokenSubject(&a)}
	f.Says = fmt.Sprintf("If %s is deleted, %s to %s of %s %s.", a.Label(), counted(len(b.Hooks), "webhook"), counted(len(b.Hosts), "host"),
		counted(len(b.Stores), "store"), map[bool]string{true: "ends", false: "end"}[len(b.Hooks) == 1])
	f.Evidence = []Evidence{
		{"webhooks", fmt.Sprintf("%d, of which %d deliver now", len(b.Hooks), b.Working)}, {"hosts", some(b.Hosts, 8)}, {"events", some(b.Events, 8)},
	}
	if len(b.Silent) > 0 {
		f.Evidence = append(f.Evidence, Evidence{"hosts that would receive nothing more", some(slices.Clone(b.Silent), 8)})
	}
	return f, true
}
