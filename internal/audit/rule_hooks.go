package audit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"rollcall/internal/org"
)

// hookLimitNear is from how many webhooks of one store, client and event scope on the limit is near.
const hookLimitNear = org.HooksPerScope - 2

// Rules about several webhooks together.
var (
	HookUnwatched = Rule{
		ID: "webhook-nobody-notified", Title: "Nobody is told when webhooks stop", Severity: Medium,
		Means: "The API account has webhooks and no notification e-mail, so nobody chosen by you hears when BigCommerce blocks or deactivates one. " +
			"For an app BigCommerce then writes to the address registered for the app; for store-level API accounts it is not documented who is told.",
		Why: "Webhooks stop silently. Without a mail the first sign is missing data in another system.",
		Do:  "Set a notification e-mail that a team reads, on the page of the API account; several API accounts can be set at once.",
		Refs: []string{
			"SOC 2 CC7.2", "ISO 27001 A.8.16",
		},
	}
	HostUnapproved = Rule{
		ID: "host-not-approved", Title: "Host receives events without approval", Severity: Medium,
		Means: "A host outside receives events of your stores and is not on the list of approved hosts. The rule is silent while that list is empty.",
		Why:   "Events tell outsiders about orders, customers and stock. A host nobody knows may be a former supplier, a forgotten test, or theft of data.",
		Do:    "Find out who runs it and why it may have the events. Then approve it with a note, or have its webhooks deleted.",
		Refs:  []string{"PCI DSS 12.8.1", "SOC 2 CC9.2", "ISO 27001 A.5.19", "ISO 27001 A.5.14"},
	}
	HookNearLimit = Rule{
		ID: "webhook-near-limit", Title: "Few webhooks left for this event", Severity: Low,
		Means: fmt.Sprintf("One client has %d or more webhooks for one event in one store; BigCommerce allows %d.", hookLimitNear, org.HooksPerScope),
		Why:   "At the limit the next one is refused, often in the middle of a release. Many webhooks for one event mostly mean that old ones are never deleted.",
		Do:    "Delete the ones that nobody needs, through the API account that made them.",
		Refs:  []string{"ISO 27001 A.5.9"},
	}
)

func findUnwatched(r *Rule, e Estate) (list []Finding) {
	counts, emails := map[org.APIAccountID]int{}, map[org.APIAccountID]*org.WebhookRow{}
	for i := range e.Hooks {
		h := &e.Hooks[i]
		counts[h.Through.ID]++
		if h.EmailsRead && len(h.Emails) == 0 {
			emails[h.Through.ID] = h
		}
	}
	for i := range e.Accounts {
		a := &e.Accounts[i]
		h := emails[a.ID]
		if h == nil {
			continue
		}
		f := Finding{Rule: r, Severity: r.Severity, Subject: tokenSubject(a)}
		f.Says = fmt.Sprintf("No e-mail is set for %s of %s.", counted(counts[a.ID], "webhook"), a.Label())
		if a.Kind == org.APIAccountApp {
			f.Severity = Low
		}
		f.Evidence = []Evidence{{"notification e-mails", "none"}, {"webhooks", number(int64(counts[a.ID]))}, seen(h)}
		list = append(list, f)
	}
	return list
}

// telling are the parts of event scopes whose events lead to persons or orders.
var telling = []string{"store/order", "store/customer", "store/subscriber", "store/cart", "store/shipment"}

// tellsOfPeople tells whether an event scope leads to personal data.
func tellsOfPeople(scope string) bool {
	return slices.ContainsFunc(telling, func(prefix string) bool { return strings.HasPrefix(scope, prefix) })
}

func findUnapproved(r *Rule, e Estate) (list []Finding) {
	byHost := map[string][]*org.WebhookRow{}
	for i := range e.Hooks {
		if h := &e.Hooks[i]; h.Approved == org.No && h.Host != "" {
			byHost[h.Host] = append(byHost[h.Host], h)
		}
	}
	for host, hooks := range byHost {
		f := Finding{Rule: r, Severity: r.Severity, Subject: Subject{Kind: OfHost, Key: host, Label: host}}
		stores, events, clients := distinct(hooks, storeOf), distinct(hooks, eventOf), distinct(hooks, clientOf)
		if slices.ContainsFunc(events, tellsOfPeople) {
			f.Severity = High
		}
		if len(stores) == 1 {
			f.Subject.Store, f.Subject.StoreName = hooks[0].Store, stores[0]
		}
		f.Says = fmt.Sprintf("%s receives events of %s and is not approved.", host, counted(len(stores), "store"))
		f.Evidence = []Evidence{
			{"webhooks", number(int64(len(hooks)))},
			{"stores", some(stores, 5)},
			{"events", some(events, 5)},
			{"clients", some(clients, 3)},
			{"read", day(latestRead(hooks))},
		}
		list = append(list, f)
	}
	return list
}

func storeOf(h *org.WebhookRow) string  { return cmp.Or(h.StoreName, h.StoreHash) }
func eventOf(h *org.WebhookRow) string  { return h.Scope }
func clientOf(h *org.WebhookRow) string { return cmp.Or(h.Through.Label, h.ClientID) }

// distinct are the different values of some webhooks, sorted.
func distinct(hooks []*org.WebhookRow, of func(*org.WebhookRow) string) []string {
	known := map[string]bool{}
	for _, h := range hooks {
		known[of(h)] = true
	}
	list := make([]string, 0, len(known))
	for text := range known {
		list = append(list, text)
	}
	slices.Sort(list)
	return list
}

// slot is what BigCommerce counts against its limit.
type slot struct{ store, client, scope string }

func findNearLimit(r *Rule, e Estate) (list []Finding) {
	slots := map[slot][]*org.WebhookRow{}
	for i := range e.Hooks {
		if h := &e.Hooks[i]; h.ClientID != "" {
			at := slot{h.StoreHash, h.ClientID, h.Scope}
			slots[at] = append(slots[at], h)
		}
	}
	for at, hooks := range slots {
		if len(hooks) < hookLimitNear {
			continue
		}
		h := hooks[0]
		f := Finding{Rule: r, Severity: r.Severity, Subject: Subject{
			Kind: OfAPIAccount, Key: at.store + "/" + at.client + "/" + at.scope, Label: clientOf(h), Store: h.Store, StoreName: storeOf(h),
			APIAccount: h.Through.ID,
		}}
		f.Says = fmt.Sprintf("%s has %d of %d possible webhooks for %s.", clientOf(h), len(hooks), org.HooksPerScope, at.scope)
		if len(hooks) >= org.HooksPerScope {
			f.Severity = Medium
			f.Says = fmt.Sprintf("%s has %s for %s: BigCommerce allows %d and will take no more.", clientOf(h), counted(len(hooks), "webhook"), at.scope, org.HooksPerScope)
		}
		f.Evidence = []Evidence{{"event", at.scope}, {"client", at.client}, {"webhooks", number(int64(len(hooks)))}, {"read", day(latestRead(hooks))}}
		list = append(list, f)
	}
	return list
}
