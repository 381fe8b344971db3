package views

import (
	"cmp"
	"strings"

	"github.com/a-h/templ"

	"rollcall/internal/org"
)

// Hosts lists the outside hosts that receive events, and which of them somebody approved.
type Hosts struct {
	Shell
	Head     Head
	Coverage string
	Views    []Tab
	Stats    []Stat
	Filter   Filter
	Table    Table
	Rows     []HostLine
	Total    string
	Pager    Pager
	Empty    *Empty
	Approved []ApprovedLine
	Action   string // where approvals are posted
	Forget   string
	Fields   []Field
	Error    string
	MayNot   string
}

// HostLine is a host that receives events.
type HostLine struct {
	Host, Href     string
	Badge          Badge
	Note           string
	Stores, Hooks  string
	States         []Badge
	Events         string
	Clients        []Link
	MoreClients    string
	First          Stamp
	Approve        string // the host to approve with one press; empty when it is approved already or may not be
	ForgetApproval string // the entry to forget
}

// ApprovedLine is an entry of the list of approved hosts.
type ApprovedLine struct {
	Host, Note, By string
	At             Stamp
	Covers         string
}

// NewHosts makes the page. form and problem are about a host that somebody tried to approve.
func NewHosts(s Shell, hosts []org.HostRow, approved []org.ApprovedHost, c org.Coverage, q org.Query, form org.ApprovedHost, problem error) Hosts {
	s.Title, s.Nav = "Hosts", "webhooks"
	l := list{shell: s, path: s.Path("webhooks", "hosts"), query: q, first: "approved"}
	p := Hosts{Shell: s, Views: hookTabs(s, "hosts"), Total: Counted(len(hosts), "host"), Coverage: coverageLine(s, c), Action: l.path, Forget: l.path + "/forget"}
	p.Head = Head{Crumb: Link{Text: "Webhooks", Href: s.hooksHref(org.Query{})}, Title: "Hosts", Question: "Which hosts outside receive events of our stores, and did somebody approve each?"}
	p.Filter = l.filter("Search by host", yesNo("approved", "Approved", q.Approved, "Yes", "No"))
	p.Filter.Live = true
	p.Table = Table{Caption: "Hosts that receive events", Cards: true, Page: true, Columns: []Column{
		l.sortable("Host", "host"), l.sortable("Approved", "approved"), l.sortable("Webhooks", "hooks").right(), l.sortable("Stores", "stores").right(),
		{Label: "Events"},
		{Label: "Clients"},
		l.sortable("First seen", "first-seen"),
		{Label: "Actions", Hidden: true},
	}}
	rows, pager := window(l, sorted(l, hosts, map[string]func(a, b org.HostRow) int{
		"approved": func(a, b org.HostRow) int {
			return cmp.Or(cmp.Compare(questioned(a), questioned(b)), cmp.Compare(a.Host, b.Host))
		},
		"host": byKey(func(h org.HostRow) string { return h.Host }), "hooks": byKey(func(h org.HostRow) int { return h.Hooks }),
		"stores": byKey(func(h org.HostRow) int { return h.Stores }), "first-seen": func(a, b org.HostRow) int { return a.FirstSeen.Compare(b.FirstSeen) },
	}))
	p.Pager = pager
	for _, h := range rows {
		p.Rows = append(p.Rows, hostLine(s, h, approved))
	}
	for _, a := range approved {
		p.Approved = append(p.Approved, approvedLine(s, a, hosts))
	}
	if len(hosts) == 0 {
		e := hostsEmpty(s, c, l)
		p.Empty, p.Total = &e, ""
	}
	p.Fields = []Field{
		{Name: "host", Label: "Host", Value: form.Host, Code: true, Required: true, Auto: "off", Hint: "Like hooks.example.com, or *.example.com for everything below it."},
		{Name: "note", Label: "Note", Value: form.Note, Auto: "off", Hint: "Who runs it, and why it may have the events."},
	}
	p.Error = placeError(p.Fields, problem)
	if !s.Can.Operate {
		p.MayNot = needsRole("Approving hosts", "operator")
	}
	return p
}

// Component renders the page.
func (p Hosts) Component() templ.Component { return p.frame(hostsPage(p)) }

func hostLine(s Shell, h org.HostRow, approved []org.ApprovedHost) HostLine {
	line := HostLine{
		Host: firstOf(h.Host, "no host"), Hooks: Count(h.Hooks), Stores: Count(h.Stores), Events: eventsText(h.Events), Note: h.Note, First: s.Stamp(h.FirstSeen),
		Badge: Badge{Text: "Nothing approved yet", Dashed: true, Title: "No host is on the list of approved hosts"},
	}
	if h.Host != "" {
		line.Href = s.hostHref(h.Host)
	}
	if b, ok := approvedBadge(h.Approved); ok {
		line.Badge = b
	} else if len(approved) > 0 {
		line.Badge = Badge{Text: "No host", Dashed: true, Title: "A cloud bus or another destination without a host: nothing to approve"}
	}
	if h.Down > 0 {
		line.States = append(line.States, Badge{Text: Count(h.Down) + " down", Tone: Bad})
	}
	if h.Blocked > 0 {
		line.States = append(line.States, Badge{Text: Count(h.Blocked) + " blocked", Tone: Warn})
	}
	line.Clients, line.MoreClients = clientLinks(s, h.Clients)
	if host, err := org.ParseHost(h.Host, false); err == nil && host == h.Host && s.Can.Operate && !s.Past() {
		line.Approve, line.ForgetApproval = approvals(h, approved)
	}
	return line
}

// clientLinks name the first API accounts behind a host; those of one name, as in many stores, are named once.
func clientLinks(s Shell, clients []org.TokenRef) (links []Link, more string) {
	const shown = 3
	var names []string
	byName := map[string][]org.TokenRef{}
	for _, c := range clients {
		name := firstOf(c.Label, shortID(c.ClientID))
		if byName[name] == nil {
			names = append(names, name)
		}
		byName[name] = append(byName[name], c)
	}
	for _, name := range names[:min(shown, len(names))] {
		link := Link{Text: name, Href: s.apiAccountHref(byName[name][0].ID)}
		if n := len(byName[name]); n > 1 {
			link = Link{Text: name + " (" + Count(n) + ")", Href: s.To(org.Query{Search: name}, "api-accounts")}
		}
		links = append(links, link)
	}
	if len(names) > shown {
		more = "and " + Count(len(names)-shown) + " more"
	}
	return links, more
}

// questioned puts hosts first that nobody approved.
func questioned(h org.HostRow) int {
	return map[org.Tri]int{org.No: 0, org.Unknown: 1, org.Yes: 2}[h.Approved]
}

// approvals say what can be done about a host: approve it, or forget the entry that is exactly it.
func approvals(h org.HostRow, approved []org.ApprovedHost) (approve, forget string) {
	for _, a := range approved {
		if a.Host == h.Host {
			return "", a.Host
		}
		if a.Covers(h.Host) {
			return "", ""
		}
	}
	return h.Host, ""
}

// eventsText names the first events and how many more there are.
func eventsText(events []string) string { return firstNames(events, len(events)) }

func approvedLine(s Shell, a org.ApprovedHost, hosts []org.HostRow) ApprovedLine {
	covers := 0
	for _, h := range hosts {
		if a.Covers(h.Host) {
			covers++
		}
	}
	line := ApprovedLine{Host: a.Host, Note: a.Note, By: a.By, At: s.Stamp(a.At), Covers: "covers " + Counted(covers, "host") + " of this list"}
	if covers == 0 {
		line.Covers = "receives nothing that is seen"
	}
	if !strings.HasPrefix(a.Host, "*.") && covers == 1 {
		line.Covers = ""
	}
	return line
}

func hostsEmpty(s Shell, c org.Coverage, l list) Empty {
	switch {
	case c.Tokens == 0:
		return noRegister(s)
	case len(l.chips()) > 0:
		return nothingMatches("hosts", l.cleared())
	case c.TokensRead == 0:
		return notReadable("No webhook has been read yet", "Hosts are known once the next sync has read the registered tokens.")
	}
	return trulyNone("No outside host is seen", "The tokens that were read have no webhooks. "+blind)
}
