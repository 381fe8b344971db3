package views

import (
	"strings"

	"github.com/a-h/templ"

	"rollcall/internal/org"
)

// Clients lists client IDs that metafields name and the register lacks.
type Clients struct {
	Shell
	Head   Head
	Limits Callout
	Views  []Tab
	Filter Filter
	Table  Table
	Rows   []ClientLine
	Total  string
	Pager  Pager
	Empty  *Empty
}

// ClientLine is one unknown client in one store.
type ClientLine struct {
	ClientID, App string
	Store, Href   string
	Where, Items  string
	First, ReadAt Stamp
}

// NewClients makes the page.
func NewClients(s Shell, clients []org.ForeignClient, c org.Coverage, q org.Query, choices org.FilterChoices) Clients {
	s.Title, s.Nav = "Unknown clients", "api-accounts"
	l := list{shell: s, path: s.Path("api-accounts", "clients"), query: q, first: "first-seen", desc: true, choices: choices}
	p := Clients{Shell: s, Views: registerTabs(s, "clients"), Total: Counted(distinctClients(clients), "client ID") + " in " + Counted(len(clients), "row")}
	p.Head = Head{Crumb: Link{Text: "API accounts", Href: s.To(org.Query{}, "api-accounts")}, Title: "Unknown clients", Question: "Which client IDs left traces in a store without being in the register?"}
	p.Limits = Callout{
		Tone: Info, Title: "Traces, not a list of clients",
		Text: "Metafields name the client that owns them. A client that writes no metafields, or keeps them private, leaves no trace; only stores whose tokens may read metafields are searched, " +
			"and only the first pages of each list. A client ID here may be an app, an API account that nobody registered, or one that is gone.",
	}
	p.Filter = l.filter("Search by client ID or app",
		choose("store", "Store", "Any store", q.Stores, choices.Stores), choose("label", "Store label", "Any label", q.Labels, choices.Labels))
	p.Filter.Live = true
	p.Table = Table{Caption: "Client IDs without a registered API account", Cards: true, Page: true, Columns: []Column{
		l.sortable("Client ID", "client"), l.sortable("Store", "store"), {Label: "Seen in"}, l.sortable("Metafields", "items").right(), l.sortable("First seen", "first-seen"), l.sortable("Read", "read"),
	}}
	rows, pager := window(l, sorted(l, clients, map[string]func(a, b org.ForeignClient) int{
		"client": byKey(func(f org.ForeignClient) string { return f.ClientID }), "store": byKey(func(f org.ForeignClient) string { return f.StoreName }),
		"items": byKey(func(f org.ForeignClient) int { return f.Items }), "read": func(a, b org.ForeignClient) int { return a.ReadAt.Compare(b.ReadAt) },
		"first-seen": func(a, b org.ForeignClient) int { return a.FirstSeen.Compare(b.FirstSeen) },
	}))
	p.Pager = pager
	for _, f := range rows {
		p.Rows = append(p.Rows, clientLine(s, f))
	}
	if len(clients) == 0 {
		e := clientsEmpty(s, c, l)
		p.Empty, p.Total = &e, ""
	}
	return p
}

// Component renders the page.
func (p Clients) Component() templ.Component { return p.frame(clientsPage(p)) }

func distinctClients(clients []org.ForeignClient) int {
	seen := map[string]bool{}
	for _, c := range clients {
		seen[c.ClientID] = true
	}
	return len(seen)
}

func clientLine(s Shell, f org.ForeignClient) ClientLine {
	line := ClientLine{
		ClientID: f.ClientID, App: f.App, Store: firstOf(f.StoreName, f.StoreHash), Where: strings.Join(f.Where, ", "),
		Items: Count(f.Items), First: s.Stamp(f.FirstSeen), ReadAt: s.Stamp(f.ReadAt),
	}
	if f.Store != 0 {
		line.Href = s.storeHref(f.Store)
	}
	return line
}

func clientsEmpty(s Shell, c org.Coverage, l list) Empty {
	switch {
	case c.Tokens == 0:
		return noRegister(s)
	case len(l.chips()) > 0:
		return nothingMatches("client IDs", l.cleared())
	}
	return trulyNone("No unknown client was seen", "Every client ID in the metafields that were read belongs to a registered API account. That is no proof that there are no others.")
}
