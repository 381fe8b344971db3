package audit

import (
	"cmp"
	"slices"
	"time"

	"rollcall/internal/org"
)

// Estate is what acts on an account's stores in one snapshot, as far as registered tokens show it: what the rules about
// webhooks and API accounts look at. The rules change nothing of it.
type Estate struct {
	At          time.Time // the moment of the judgement: when the snapshot was closed
	AccountUUID string
	Hooks       []org.WebhookRow
	Accounts    []org.APIAccount
	Stores      []org.StoreCoverage
	Foreign     []org.ForeignClient
	Owners      []OwnerMove
}

// OwnerMove is a change of the administrator's e-mail of a store, newest first.
type OwnerMove struct {
	Store         org.StoreID
	StoreHash     string
	StoreName     string
	Before, After string
	SeenAt        time.Time
}

// storeRule is a rule with the function that looks for it.
type storeRule struct {
	*Rule
	find func(*Rule, Estate) []Finding
}

// storeRules are the rules about what acts on stores, in the order of their pages.
var storeRules = []storeRule{
	{&HookDeactivated, findDeactivated},
	{&HookHeldBack, findBlocked},
	{&HookUnwatched, findUnwatched},
	{&HostUnapproved, findUnapproved},
	{&HookInsecure, findInsecure},
	{&HookDuplicate, findDuplicates},
	{&HookNearLimit, findNearLimit},
	{&TokenRevoked, findRevoked},
	{&TokenWrongAccount, findWrongAccount},
	{&TokenOverScoped, findOverScoped},
	{&TokenShared, findShared},
	{&TokenUnused, findUnused},
	{&TokenReviewOverdue, findOverdue},
	{&StoreNearCap, findNearCap},
	{&ClientUnknown, findUnknownClients},
	{&OwnerMoved, findOwnerMoved},
}

// StoreRules lists the rules about webhooks, API accounts and unknown clients.
func StoreRules() []*Rule {
	list := make([]*Rule, len(storeRules))
	for i, r := range storeRules {
		list[i] = r.Rule
	}
	return list
}

// JudgeStores applies these rules, all or those that are named. Equal estates give equal findings, the gravest first. A
// finding rests on what was read last: what a token could not read this time is judged by what is known of it, and its
// evidence tells the date.
func JudgeStores(e Estate, rules ...*Rule) []Finding {
	var list []Finding
	for _, r := range storeRules {
		if len(rules) == 0 || slices.Contains(rules, r.Rule) {
			list = append(list, r.find(r.Rule, e)...)
		}
	}
	SortFindings(list)
	return list
}

// SortFindings puts the gravest first, then those of one rule together, by the name and key of their subjects.
func SortFindings(list []Finding) {
	slices.SortStableFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Rule.ID, b.Rule.ID),
			cmp.Compare(a.Subject.StoreName, b.Subject.StoreName), cmp.Compare(a.Subject.Label, b.Subject.Label),
			cmp.Compare(a.Subject.Key, b.Subject.Key))
	})
}

// About tells whether a finding concerns a webhook, an API account or a store by its number: the one of about that is not
// 0. The zero Subject concerns everything.
func (f Finding) About(about Subject) bool {
	switch s := f.Subject; {
	case about.Webhook != 0:
		return s.Webhook == about.Webhook
	case about.APIAccount != 0:
		return s.APIAccount == about.APIAccount
	case about.Store != 0:
		return s.Store == about.Store
	}
	return true
}

// hookSubject names a webhook; its key is its place at the API.
func hookSubject(h *org.WebhookRow) Subject {
	return Subject{
		Kind: OfWebhook, Key: h.StoreHash + "/" + number(h.APIID), Label: h.Scope + " to " + cmp.Or(h.Host, org.ShownDestination(h.Destination)),
		Store: h.Store, StoreName: cmp.Or(h.StoreName, h.StoreHash), APIAccount: h.Through.ID, Webhook: h.ID,
	}
}

// tokenSubject names an API account.
func tokenSubject(a *org.APIAccount) Subject {
	return Subject{
		Kind: OfAPIAccount, Key: number(int64(a.ID)), Label: a.Label(), Store: a.Store, StoreName: cmp.Or(a.StoreName, a.StoreHash), APIAccount: a.ID,
	}
}

// seen is the evidence of when a webhook was read.
func seen(h *org.WebhookRow) Evidence {
	if h.Current {
		return Evidence{"read", day(h.ReadAt)}
	}
	return Evidence{"last read", day(h.ReadAt) + "; the newest try failed"}
}
