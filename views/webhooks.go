package views

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"rollcall/internal/org"
)

// Webhooks lists the webhooks that the registered tokens show.
type Webhooks struct {
	Shell
	Head      Head
	Coverage  string
	Gaps      *Callout
	Stats     []Stat
	Views     []Tab
	Filter    Filter
	Downloads []DownloadGroup
	Table     Table
	Rows      []HookLine
	Total     string
	Pager     Pager
	Empty     *Empty
}

// HookLine is a row of the list.
type HookLine struct {
	Href, Event, Headers string
	Host, Path, HostHref string
	HostFlags            []Badge
	Store, StoreHref     string
	States               []Badge
	Since, Note          string // since when it is down, and the likely reason
	Told                 string
	NotTold              *Badge
	Through, ThroughHref string
	Client               string
	Read                 Stamp
	Old                  *Badge
}

// HookChoices are what the filters of webhooks offer beside those of stores.
type HookChoices struct{ Hosts, Events, Clients, Through []org.Choice }

// NewWebhooks makes the page from one page of the list.
func NewWebhooks(s Shell, page org.WebhookPage, q org.Query, choices org.FilterChoices, hooks HookChoices) Webhooks {
	s.Title, s.Nav = "Webhooks", "webhooks"
	l := list{shell: s, path: s.Path("webhooks"), query: q, first: "state", choices: choices, hooks: hooks}
	p := Webhooks{Shell: s, Views: hookTabs(s, "webhooks"), Total: Counted(page.Total, "webhook"), Coverage: coverageLine(s, page.Coverage)}
	p.Head = Head{Title: "Webhooks", Question: "What receives this account's events, and is it working?"}
	if s.Can.Operate && s.AsOf.IsZero() && page.Coverage.Tokens > 0 {
		p.Head.Actions = []templ.Component{postButton(Link{Text: "Read webhooks now", Href: s.Path("webhooks", "read"), Icon: "refresh-cw"}, "")}
	}
	if page.Coverage.Tokens == 0 && len(page.Rows) == 0 {
		e := noRegister(s)
		p.Empty, p.Coverage, p.Total = &e, "", ""
		return p
	}
	p.Gaps = coverageCallout(s, page.Coverage)
	p.Stats = hookStats(s, page.Coverage)
	p.Filter = hookFilter(l)
	p.Downloads = []DownloadGroup{s.allFormats("These "+Counted(page.Total, "webhook"), "webhooks", q)}
	p.Table = Table{Caption: "Webhooks", Cards: true, Page: true, Columns: []Column{
		l.sortable("Event", "event"), l.sortable("Delivers to", "host"), l.sortable("Store", "store"), l.sortable("State", "state"),
		l.sortable("Told when it stops", "told"), l.sortable("Seen through", "through"),
	}}
	for _, h := range page.Rows {
		p.Rows = append(p.Rows, hookLine(s, h))
	}
	p.Pager = l.pager(len(page.Rows), page.From, page.Total, page.Prev, page.Next)
	if len(page.Rows) == 0 {
		e := hooksEmpty(page.Coverage, l)
		p.Empty, p.Total = &e, ""
	}
	return p
}

// Component renders the page.
func (p Webhooks) Component() templ.Component { return p.frame(webhooksPage(p)) }

// hookStats count everything that is seen, whatever the filter keeps.
func hookStats(s Shell, c org.Coverage) []Stat {
	down := Stat{Name: "Down", Value: Count(c.Down), Note: "webhooks, deliver nothing", Href: s.hooksHref(org.Query{States: downStates()})}
	if c.Down > 0 {
		down.Tone = Bad
	}
	blocked := Stat{Name: "Blocked", Value: Count(c.Blocked), Note: "webhooks, held back when last read", Href: s.hooksHref(org.Query{States: []string{org.StateBlocked}})}
	if c.Blocked > 0 {
		blocked.Tone = Warn
	}
	return []Stat{
		down, blocked,
		{Name: "Webhooks seen", Value: Count(c.Hooks), Note: "through " + Counted(c.Clients, "client ID"), Href: s.hooksHref(org.Query{})},
		{Name: "Stores seen into", Value: Count(c.WithToken) + " of " + Count(c.Stores), Note: Count(c.StoresRead) + " with every token read", Href: s.To(org.Query{}, "webhooks", "stores")},
	}
}

func hookLine(s Shell, h org.WebhookRow) HookLine {
	line := HookLine{
		Href: s.hookHref(h.ID), Event: firstOf(h.Scope, "unknown event"), Headers: headerText(h.Headers),
		Host: h.Host, Path: pathOf(h.Destination), HostHref: s.hostHref(h.Host),
		Store: firstOf(h.StoreName, h.StoreHash), States: []Badge{hookStateBadge(h.State())},
		Through: firstOf(h.Through.Label, "API account "+strconv.FormatInt(int64(h.Through.ID), 10)), ThroughHref: s.apiAccountHref(h.Through.ID),
		Client: throughLine(h.Through), Read: s.Stamp(h.ReadAt), Note: h.Likely, Since: since(s, h),
	}
	if h.Store != 0 {
		line.StoreHref = s.storeHref(h.Store)
	}
	if h.Host == "" {
		line.Host, line.Path, line.HostHref = firstOf(org.ShownDestination(h.Destination), "no destination"), "", ""
	}
	if b, ok := blockedBadge(s, h); ok {
		line.States = append(line.States, b)
	}
	if b, ok := approvedBadge(h.Approved); ok && h.Approved == org.No {
		line.HostFlags = append(line.HostFlags, b)
	}
	if why := h.Insecure(); why != "" {
		line.HostFlags = append(line.HostFlags, Badge{Text: "Not HTTPS on 443", Tone: Warn, Title: why})
	}
	line.Told, line.NotTold = told(h)
	if !h.Current {
		line.Old = &Badge{Text: "last seen then", Tone: Warn, Title: "The newest try to read it failed. This is what was known then."}
	}
	return line
}

// since says since when it is down, or when its block ends.
func since(s Shell, h org.WebhookRow) string {
	var list []string
	if !h.DownSince.IsZero() && h.State().Down() {
		list = append(list, "seen down since "+s.Stamp(h.DownSince).Day)
	}
	if h.Blocked != nil && h.Blocked.Until.After(s.Now) {
		list = append(list, "the block ends "+s.Stamp(h.Blocked.Until).Relative)
	}
	return strings.Join(list, "; ")
}

func headerText(names []string) string {
	if len(names) == 0 {
		return ""
	}
	noun := "headers "
	if len(names) == 1 {
		noun = "header "
	}
	return noun + strings.Join(names, ", ")
}

func hookFilter(l list) Filter {
	q := l.query
	through := make([]string, len(q.Through))
	for i, id := range q.Through {
		through[i] = strconv.FormatInt(int64(id), 10)
	}
	f := l.filter("Search by host, path, event or store",
		choose("state", "State", "Any state", q.States, hookStateChoices()),
		choose("host", "Host", "Any host", q.Hosts, l.hooks.Hosts),
		choose("event", "Event", "Any event", q.Events, l.hooks.Events),
		choose("store", "Store", "Any store", q.Stores, l.choices.Stores),
		choose("label", "Store label", "Any label", q.Labels, l.choices.Labels),
		choose("client", "Client", "Any client", q.Clients, l.hooks.Clients),
		choose("through", "Seen through", "Any API account", through, l.hooks.Through),
		yesNo("approved", "Host approved", q.Approved, "Yes", "No"))
	f.Live = true
	return f
}

func hookStateChoices() []org.Choice {
	list := []org.Choice{{Value: org.StateDown, Label: "Down, for whatever reason"}, {Value: org.StateBlocked, Label: "Blocked when last read"}}
	for _, state := range []org.HookState{org.HookDeactivated, org.HookInactive, org.HookOff, org.HookActive, org.HookUnknown} {
		list = append(list, org.Choice{Value: string(state), Label: hookStateLooks[state].Text})
	}
	return list
}

func hooksEmpty(c org.Coverage, l list) Empty {
	switch {
	case len(l.chips()) > 0:
		return nothingMatches("webhooks", l.cleared())
	case c.TokensRead == 0:
		return notReadable("No webhook has been read yet", "The register has "+Counted(c.Tokens, "token")+", but none of them has been read. The next sync reads them.")
	}
	return trulyNone("No webhook is seen", Counted(c.TokensRead, "token")+" of the register were read to the end, and their clients have none. "+blind)
}

// allFormats offers rows in every format.
func (s Shell) allFormats(title, kind string, q org.Query) DownloadGroup {
	g := s.downloads(title, kind, q)
	g.Links = append(g.Links, Link{Text: formatNames["jsonl"], Href: s.To(q.FirstPage(), "download", kind+".jsonl")})
	return g
}
