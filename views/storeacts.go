package views

import (
	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// StoreActs is what acts on one store, as far as the registered tokens show.
type StoreActs struct {
	State    Badge
	Says     string
	Facts    []Fact
	Accounts []APIAccountLine
	Hooks    []HookLine
	Findings []FindingLine
	Links    []Link
	Stats    []Stat // for the row of numbers of the store
}

// AddActs puts what acts on the store onto its page.
func (p Store) AddActs(acts *StoreActs) Store {
	if p.Acts = acts; acts != nil && len(p.Stats) > 0 {
		p.Stats = append(p.Stats, acts.Stats...)
	}
	return p
}

func actStats(c org.StoreCoverage) []Stat {
	hooks := Stat{Name: "Webhooks seen", Value: Count(c.Hooks), Note: Count(c.Down) + " down", Href: "#acts"}
	if c.Down > 0 {
		hooks.Tone = Warn
	}
	if c.ReadAt.IsZero() {
		hooks.Value, hooks.Note = "unknown", "no token was read"
	}
	return []Stat{hooks, {Name: "API accounts", Value: Count(c.Registered), Note: "in the register", Href: "#acts"}}
}

// shownActs is how many API accounts and webhooks the page of a store names.
const shownActs = 5

// NewStoreActs makes the panel of a store from the first rows of its lists.
func NewStoreActs(s Shell, c org.StoreCoverage, accounts org.APIAccountPage, hooks org.WebhookPage, findings []audit.Finding) *StoreActs {
	of := org.Query{Stores: []string{c.StoreHash}}
	p := &StoreActs{State: seenBadge(c), Findings: findingLines(s, findings, 0, 0), Links: []Link{
		{Text: Counted(hooks.Total, "webhook") + " of this store", Href: s.hooksHref(of)}, {Text: Counted(accounts.Total, "API account") + " of this store", Href: s.To(of, "api-accounts")},
	}}
	p.Says = "Seen through " + Count(c.TokensRead) + " of " + Counted(c.Tokens, "token") + " of this store. " + blind
	if c.Tokens == 0 {
		p.Says = "No token of this store is in the register, so nobody knows what receives its events."
	}
	p.Facts = []Fact{{Name: "API accounts", Value: Count(c.Registered) + " registered of " + Count(org.APIAccountsPerStore) + " possible"}}
	if !c.ReadAt.IsZero() {
		p.Facts = append(p.Facts, Fact{Name: "Webhooks", Value: Count(c.Hooks) + " seen, " + Count(c.Down) + " down"}, Fact{Name: "Read", Value: s.Stamp(c.ReadAt).Full()})
	}
	if c.Foreign > 0 {
		p.Facts = append(p.Facts, Fact{Name: "Unknown clients", Value: Counted(c.Foreign, "client ID") + " in metafields"})
		p.Links = append(p.Links, Link{Text: "Unknown clients", Href: s.To(of, "api-accounts", "clients")})
	}
	for _, a := range accounts.Rows[:min(shownActs, len(accounts.Rows))] {
		p.Accounts = append(p.Accounts, apiAccountLine(s, a))
	}
	for _, h := range hooks.Rows[:min(shownActs, len(hooks.Rows))] {
		p.Hooks = append(p.Hooks, hookLine(s, h))
	}
	p.Stats = actStats(c)
	if c.Tokens == 0 && s.Can.Configure {
		p.Links = append(p.Links, Link{Text: "Add API accounts", Href: s.Path("api-accounts", "add")})
	}
	return p
}

// IntegrationLine is what the overview says of webhooks and tokens; nil when everything works or no token is registered.
func IntegrationLine(s Shell, c org.Coverage) *Callout {
	if c.Tokens == 0 {
		return nil
	}
	call := Callout{Tone: Good, Title: "All " + Counted(c.Hooks, "webhook") + " that are seen deliver", Text: coverageLine(s, c)}
	if c.Down+c.Blocked+c.Failing > 0 {
		call.Tone = Warn
		call.Title = Count(c.Down) + " of " + Counted(c.Hooks, "webhook") + " seen are down, " + Count(c.Blocked) + " blocked; " + Count(c.Failing) + " of " + Counted(c.Tokens, "token") + " not working"
		if c.Down > 0 {
			call.Links = append(call.Links, Link{Text: "Webhooks that are down", Href: s.hooksHref(org.Query{States: downStates()})})
		}
		if c.Failing > 0 {
			call.Links = append(call.Links, Link{Text: "Tokens not working", Href: s.To(org.Query{States: failingStates()}, "api-accounts")})
		}
	}
	call.Links = append(call.Links, Link{Text: "Webhooks", Href: s.hooksHref(org.Query{})})
	return &call
}

// AddIntegrations puts a line about webhooks and tokens onto the overview.
func (p Overview) AddIntegrations(c org.Coverage) Overview {
	if call := IntegrationLine(p.Shell, c); call != nil && p.Empty == nil {
		p.Callouts = append(p.Callouts, *call)
	}
	return p
}
