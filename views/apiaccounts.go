package views

import (
	"github.com/a-h/templ"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// APIAccounts lists the register.
type APIAccounts struct {
	Shell
	Head      Head
	Knows     string
	Coverage  string
	Views     []Tab
	Stats     []Stat
	Filter    Filter
	Downloads []DownloadGroup
	Table     Table
	Rows      []APIAccountLine
	Total     string
	Pager     Pager
	Empty     *Empty
	Findings  []FindingLine
}

// APIAccountLine is a row of the register.
type APIAccountLine struct {
	Href, Name, Kind, Client string
	Store, StoreHref         string
	Token                    string
	Proof                    Badge
	Verified                 Stamp
	Cause                    string
	Scopes, Declared         string
	Extra                    *Badge
	Hooks, HooksHref         string
	Down                     *Badge
	Owner, Purpose           string
	Review                   *Badge
}

// knows says what the register can and cannot know, in one sentence.
const knows = "BigCommerce lists API accounts nowhere, so the register holds what people entered: what it says of their tokens is checked, but there may be API accounts that nobody registered."

// NewAPIAccounts makes the page from one page of the register. findings are about the register as a whole.
func NewAPIAccounts(s Shell, page org.APIAccountPage, q org.Query, choices org.FilterChoices, findings []audit.Finding) APIAccounts {
	s.Title, s.Nav = "API accounts", "api-accounts"
	l := list{shell: s, path: s.Path("api-accounts"), query: q, first: "name", choices: choices}
	p := APIAccounts{Shell: s, Knows: knows, Views: registerTabs(s, "register"), Total: Counted(page.Total, "API account"), Findings: findingLines(s, findings, 0, 0)}
	p.Head = Head{Title: "API accounts", Question: "Which credentials act on our stores, do they still work, and do they hold more than they should?"}
	p.Head.Actions = registerActions(s, q)
	none := page.Total == 0 && len(l.chips()) == 0
	if none {
		e := noRegister(s)
		p.Empty, p.Total, p.Head.Actions = &e, "", nil
		return p
	}
	p.Coverage = coverageLine(s, page.Coverage)
	p.Stats = registerStats(s, page.Coverage)
	p.Filter = l.filter("Search by name, kind, client ID, owner or purpose",
		choose("state", "Newest verification", "Any outcome", q.States, proofChoices()),
		choose("kind", "Kind", "Any kind", q.Kinds, apiAccountKinds()),
		choose("store", "Store", "Any store", q.Stores, choices.Stores), choose("label", "Store label", "Any label", q.Labels, choices.Labels))
	p.Filter.Live = true
	p.Downloads = []DownloadGroup{s.allFormats("These "+Counted(page.Total, "API account")+", without secrets", "api-accounts", q)}
	p.Table = Table{Caption: "Registered API accounts", Cards: true, Page: true, Columns: []Column{
		l.sortable("API account", "name"), l.sortable("Store", "store"), l.sortable("Newest verification", "state"),
		{Label: "Scopes"},
		l.sortable("Webhooks", "hooks").right(), l.sortable("Owner and purpose", "owner"), l.sortable("Review due", "review"),
	}}
	for _, a := range page.Rows {
		p.Rows = append(p.Rows, apiAccountLine(s, a))
	}
	p.Pager = l.pager(len(page.Rows), page.From, page.Total, page.Prev, page.Next)
	if len(page.Rows) == 0 {
		e := nothingMatches("API accounts", l.cleared())
		p.Empty, p.Total = &e, ""
	}
	return p
}

// Component renders the page.
func (p APIAccounts) Component() templ.Component { return p.frame(apiAccountsPage(p)) }

func apiAccountKinds() (list []org.Choice) {
	for _, k := range org.APIAccountKinds() {
		list = append(list, org.Choice{Value: string(k), Label: kindName(k)})
	}
	return list
}

// registerActions offer what a member may do with the rows of a filter.
func registerActions(s Shell, q org.Query) (list []templ.Component) {
	if s.Can.Operate && !s.Past() {
		list = append(list, linkButton(Link{Text: "Notification e-mails", Href: withQuery(s.Path("api-accounts", "emails"), q.FirstPage()), Icon: "send"}))
	}
	if s.Can.Configure {
		list = append(list, linkButton(Link{Text: "Add API accounts", Href: s.Path("api-accounts", "add"), Icon: "plus", Primary: true}))
	}
	return list
}

// registerStats count the whole register, whatever the filter keeps.
func registerStats(s Shell, c org.Coverage) []Stat {
	failing := Stat{Name: "Tokens not working", Value: Count(c.Failing), Note: "by their newest verification", Href: s.To(org.Query{States: failingStates()}, "api-accounts")}
	if c.Failing > 0 {
		failing.Tone = Bad
	}
	unknown := Stat{Name: "Unknown clients", Value: Count(c.Foreign), Note: "client IDs in metafields", Href: s.To(org.Query{}, "api-accounts", "clients")}
	if c.Foreign > 0 {
		unknown.Tone = Warn
	}
	return []Stat{
		failing,
		{Name: "Tokens read", Value: Count(c.TokensRead) + " of " + Count(c.Tokens), Note: "in the newest sweep"},
		{Name: "Stores with a token", Value: Count(c.WithToken) + " of " + Count(c.Stores), Note: "room for " + Count(org.APIAccountsPerStore) + " in each store", Href: s.To(org.Query{}, "webhooks", "stores")},
		unknown,
	}
}

// failingStates are the outcomes in which a token did not work.
func failingStates() []string {
	return []string{
		string(org.ProofRevoked), string(org.ProofWrongStore), string(org.ProofSuspended), string(org.ProofUnreadable),
	}
}

func apiAccountLine(s Shell, a org.APIAccount) APIAccountLine {
	line := APIAccountLine{
		Href: s.apiAccountHref(a.ID), Name: a.Label(), Kind: kindName(a.Kind), Client: shortID(a.ClientID), Store: storeOf(a), Token: ", no token",
		Proof: proofBadge(a.Proof), Verified: s.Stamp(a.Proof.CheckedAt), Cause: a.Proof.Cause, Hooks: Count(a.Hooks), Owner: a.Owner, Purpose: a.Purpose,
	}
	if a.Store != 0 {
		line.StoreHref = s.storeHref(a.Store)
	}
	if a.HasToken {
		line.Token = " …" + a.TokenLast4
	}
	if a.Proof.CheckedAt.IsZero() {
		line.Verified = Stamp{Word: "never"}
	}
	line.Scopes, line.Declared, line.Extra = scopesSummary(a)
	if a.Hooks > 0 {
		line.HooksHref = s.hooksHref(org.Query{Through: []org.APIAccountID{a.ID}})
	}
	if a.HooksDown > 0 {
		line.Down = &Badge{Text: Count(a.HooksDown) + " down", Tone: Bad}
	}
	if b, ok := reviewBadge(s, a.ReviewDue); ok {
		line.Review = &b
	}
	return line
}

// storeOf names where an API account acts.
func storeOf(a org.APIAccount) string {
	if a.AccountLevel() {
		return "every store"
	}
	return firstOf(a.StoreName, a.StoreHash)
}
