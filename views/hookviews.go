package views

import (
	"cmp"

	"github.com/a-h/templ"

	"rollcall/internal/org"
)

// HookEvents lists the events to which webhooks listen.
type HookEvents struct {
	Shell
	Head     Head
	Coverage string
	Views    []Tab
	Filter   Filter
	Table    Table
	Rows     []EventLine
	Total    string
	Pager    Pager
	Empty    *Empty
}

// EventLine is one event scope.
type EventLine struct {
	Event, Href          string
	Hooks, Stores, Hosts string
	Down                 string
	DownHref             string
}

// NewHookEvents makes the page.
func NewHookEvents(s Shell, events []org.EventRow, c org.Coverage, q org.Query) HookEvents {
	s.Title, s.Nav = "Events", "webhooks"
	l := list{shell: s, path: s.Path("webhooks", "events"), query: q, first: "event"}
	p := HookEvents{Shell: s, Views: hookTabs(s, "events"), Total: Counted(len(events), "event"), Coverage: coverageLine(s, c)}
	p.Head = Head{Crumb: Link{Text: "Webhooks", Href: s.hooksHref(org.Query{})}, Title: "Events", Question: "Which events leave the stores, and to how many hosts?"}
	p.Filter = l.filter("Search by event")
	p.Filter.Live = true
	p.Table = Table{Caption: "Events to which webhooks listen", Cards: true, Page: true, Columns: []Column{
		l.sortable("Event", "event"), l.sortable("Webhooks", "hooks").right(), l.sortable("Down", "down").right(),
		l.sortable("Stores", "stores").right(), l.sortable("Hosts", "hosts").right(),
	}}
	rows, pager := window(l, sorted(l, events, map[string]func(a, b org.EventRow) int{
		"event": byKey(func(e org.EventRow) string { return e.Scope }), "hooks": byKey(func(e org.EventRow) int { return e.Hooks }),
		"down": byKey(func(e org.EventRow) int { return e.Down }), "stores": byKey(func(e org.EventRow) int { return e.Stores }),
		"hosts": byKey(func(e org.EventRow) int { return e.Hosts }),
	}))
	p.Pager = pager
	for _, e := range rows {
		of := org.Query{Events: []string{e.Scope}}
		line := EventLine{Event: firstOf(e.Scope, "unknown event"), Href: s.hooksHref(of), Hooks: Count(e.Hooks), Stores: Count(e.Stores), Hosts: Count(e.Hosts), Down: Count(e.Down)}
		if of.States = downStates(); e.Down > 0 {
			line.DownHref = s.hooksHref(of)
		}
		p.Rows = append(p.Rows, line)
	}
	if len(events) == 0 {
		e := hostsEmpty(s, c, l)
		if c.TokensRead > 0 && len(l.chips()) == 0 {
			e.Title = "No event is seen to leave a store"
		}
		p.Empty, p.Total = &e, ""
	}
	return p
}

// Component renders the page.
func (p HookEvents) Component() templ.Component { return p.frame(hookEventsPage(p)) }

// HookStores says for each store how much the registered tokens show of it.
type HookStores struct {
	Shell
	Head     Head
	Coverage string
	Views    []Tab
	Filter   Filter
	Table    Table
	Rows     []CoverageRow
	Total    string
	Pager    Pager
	Empty    *Empty
}

// CoverageRow is the coverage of one store.
type CoverageRow struct {
	Name, Hash, Href string
	State            Badge
	Registered       string
	Headroom         Badge
	AccountsHref     string
	Tokens           string
	Hooks, Down      string
	HooksHref        string
	DownHref         string
	Foreign          string
	ForeignHref      string
	Read             Stamp
}

// NewHookStores makes the page.
func NewHookStores(s Shell, stores []org.StoreCoverage, c org.Coverage, q org.Query, choices org.FilterChoices) HookStores {
	s.Title, s.Nav = "Coverage", "webhooks"
	l := list{shell: s, path: s.Path("webhooks", "stores"), query: q, first: "seen", choices: choices}
	p := HookStores{Shell: s, Views: hookTabs(s, "stores"), Total: Counted(len(stores), "store"), Coverage: coverageLine(s, c)}
	p.Head = Head{Crumb: Link{Text: "Webhooks", Href: s.hooksHref(org.Query{})}, Title: "Coverage", Question: "Into which stores can we see, through how many tokens, and where are we blind?"}
	p.Filter = l.filter("Search by store name or hash", choose("label", "Store label", "Any label", q.Labels, choices.Labels))
	p.Filter.Live = true
	p.Table = Table{Caption: "Coverage of each store", Cards: true, Page: true, Columns: []Column{
		l.sortable("Store", "name"), l.sortable("Seen", "seen"), l.sortable("API accounts", "registered").right(), l.sortable("Tokens read", "tokens").right(),
		l.sortable("Webhooks", "hooks").right(), l.sortable("Down", "down").right(), l.sortable("Unknown clients", "foreign").right(), l.sortable("Read", "read"),
	}}
	rows, pager := window(l, sorted(l, stores, coverageOrders))
	p.Pager = pager
	for _, store := range rows {
		p.Rows = append(p.Rows, coverageRow(s, store))
	}
	if len(stores) == 0 {
		e := storesEmpty(s, l)
		p.Empty, p.Total = &e, ""
	}
	return p
}

// Component renders the page.
func (p HookStores) Component() templ.Component { return p.frame(hookStoresPage(p)) }

var coverageOrders = map[string]func(a, b org.StoreCoverage) int{
	"name": byKey(func(c org.StoreCoverage) string { return c.StoreName }),
	"seen": func(a, b org.StoreCoverage) int {
		return cmp.Or(cmp.Compare(seenRank(a), seenRank(b)), cmp.Compare(a.StoreName, b.StoreName))
	},
	"registered": byKey(func(c org.StoreCoverage) int { return c.Registered }),
	"tokens":     byKey(func(c org.StoreCoverage) int { return c.TokensRead }),
	"hooks":      byKey(func(c org.StoreCoverage) int { return c.Hooks }),
	"down":       byKey(func(c org.StoreCoverage) int { return c.Down }),
	"foreign":    byKey(func(c org.StoreCoverage) int { return c.Foreign }),
	"read":       func(a, b org.StoreCoverage) int { return a.ReadAt.Compare(b.ReadAt) },
}

// seenRank puts the stores first of which the least is seen.
func seenRank(c org.StoreCoverage) int {
	switch {
	case c.Tokens == 0:
		return 0
	case c.TokensRead == 0:
		return 1
	case c.TokensRead < c.Tokens:
		return 2
	}
	return 3
}

func seenBadge(c org.StoreCoverage) Badge {
	return []Badge{
		{Text: "Blind", Tone: Bad, Title: "No token of this store is in the register: whatever receives its events is unknown"},
		{Text: "Not read", Tone: Warn, Title: "No token of this store was read in the newest try"},
		{Text: "In part", Tone: Warn, Title: "Some tokens were not read in the newest try"},
		{Text: "Every token read", Tone: Good, Icon: "check", Title: "Of the registered ones. " + blind},
	}[seenRank(c)]
}

// headroom says how near the store is to the most API accounts that it can have, as far as the register knows.
func headroom(registered int) (b Badge, ok bool) {
	left := org.APIAccountsPerStore - registered
	switch {
	case left <= 0:
		return Badge{Text: "no room", Tone: Bad, Title: "A store can have " + Count(org.APIAccountsPerStore) + " API accounts"}, true
	case left <= 10:
		return Badge{Text: "room for " + Count(left), Tone: Warn, Title: "At most: there may be API accounts that nobody registered"}, true
	}
	return b, false
}

func coverageRow(s Shell, c org.StoreCoverage) CoverageRow {
	of := func(q org.Query) string { q.Stores = []string{c.StoreHash}; return s.hooksHref(q) }
	row := CoverageRow{
		Name: firstOf(c.StoreName, c.StoreHash), Hash: c.StoreHash, State: seenBadge(c), Registered: Count(c.Registered) + " of " + Count(org.APIAccountsPerStore),
		Tokens: Count(c.TokensRead) + " of " + Count(c.Tokens), Hooks: Count(c.Hooks), Down: Count(c.Down), Foreign: Count(c.Foreign), Read: s.Stamp(c.ReadAt),
		AccountsHref: s.To(org.Query{Stores: []string{c.StoreHash}}, "api-accounts"), HooksHref: of(org.Query{}),
	}
	if c.Store != 0 {
		row.Href = s.storeHref(c.Store)
	}
	row.Headroom, _ = headroom(c.Registered)
	if c.Down > 0 {
		row.DownHref = of(org.Query{States: downStates()})
	}
	if c.Foreign > 0 {
		row.ForeignHref = s.To(org.Query{Stores: []string{c.StoreHash}}, "api-accounts", "clients")
	}
	if c.ReadAt.IsZero() { // nothing was read: zeros would be guesses
		row.Hooks, row.Down, row.HooksHref, row.Read = "unknown", "unknown", "", Stamp{Word: "never"}
	}
	return row
}
