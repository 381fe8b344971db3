package views

import (
	"strconv"

	"github.com/a-h/templ"

	"rollcall/internal/org"
)

// Apps lists the apps of an account.
type Apps struct {
	Shell
	Head     Head
	Callouts []Callout
	Views    []Tab
	Filter   Filter
	Table    Table
	Rows     []AppRowLine
	Total    string
	Basis    string
	Pager    Pager
	Empty    *Empty
}

// AppRowLine is a row of the list.
type AppRowLine struct {
	Href, Name, ID string
	Place          *Badge
	With, Known    int    // for the bar
	Stores, Doubt  string // 9 of 10; 1 unknown
	Users, UserSub string
	UsersHref      string
	First          Stamp
	Changed        Stamp
	ChangedHref    string
}

var placeNames = map[string]string{
	org.AppEverywhere: "On every store", org.AppSomewhere: "On some stores", org.AppNowhere: "On no store",
	"yes": "Has it", "no": "Does not have it", "unknown": "Unknown",
}

func placeChoices() []org.Choice {
	var list []org.Choice
	for _, word := range []string{org.AppEverywhere, org.AppSomewhere, org.AppNowhere} {
		list = append(list, org.Choice{Value: word, Label: placeNames[word]})
	}
	return list
}

// NewApps makes the page from one page of the list.
func NewApps(s Shell, page org.AppPage, q org.Query, choices org.FilterChoices) Apps {
	s.Title, s.Nav = "Apps", "apps"
	l := list{shell: s, path: s.Path("apps"), query: q, first: "name", choices: choices}
	p := Apps{
		Shell: s, Total: Counted(page.Total, "app"), Basis: s.Basis() + appsBasis(page), Callouts: appCallouts(page),
		Pager: l.pager(len(page.Rows), page.From, page.Total, page.Prev, page.Next), Views: appViews(l, false),
	}
	p.Head = Head{
		Title: "Apps", Question: "Which apps are in which stores, since when, and who may open them?",
		Actions: []templ.Component{downloadMenu([]DownloadGroup{s.downloads("These "+Counted(page.Total, "app"), "apps", q)})},
	}
	p.Filter = appFilter(l, choices)
	p.Table = Table{Caption: "Apps", Cards: true, Page: true, Columns: []Column{
		l.sortable("App", "name"), l.sortable("Stores with it", "stores"), l.sortable("Users who may open it", "users").right(),
		l.sortable("First seen", "first-seen"), l.sortable("Last change", "changed"),
	}}
	for _, a := range page.Rows {
		p.Rows = append(p.Rows, appRowLine(s, a))
	}
	if len(page.Rows) == 0 {
		p.Empty, p.Total = appsEmpty(s, page, l), ""
	}
	return p
}

// Component renders the page.
func (p Apps) Component() templ.Component { return p.frame(appsPage(p)) }

// appViews lead from the list to the stores and back, with the same filter.
func appViews(l list, matrix bool) []Tab {
	q := l.query.FirstPage()
	return []Tab{
		{Label: "List", Href: withQuery(l.shell.Path("apps"), q), Current: !matrix},
		{Label: "Over stores", Href: withQuery(l.shell.Path("apps", "matrix"), q), Current: matrix},
	}
}

func appFilter(l list, choices org.FilterChoices) Filter {
	q := l.query
	f := l.filter("Search by app name or ID", choose("state", "Place", "Anywhere", q.States, placeChoices()),
		choose("store", "Store", "Any store", q.Stores, choices.Stores), choose("label", "Store label", "Any label", q.Labels, choices.Labels))
	f.Live = true
	return f
}

// appsBasis says of how many stores the apps are known.
func appsBasis(page org.AppPage) string {
	return ". Apps are known of " + Count(page.Known) + " of " + Counted(page.Known+page.Unknown, "store")
}

// appCallouts say what is not known and why.
func appCallouts(page org.AppPage) []Callout {
	var list []Callout
	if page.Denied != "" {
		list = append(list, Callout{Tone: Warn, Title: "The token may not read apps", Text: page.Denied + " What was read before stays as it was."})
	}
	if page.Unknown > 0 && page.Known+page.Unknown > 0 && page.Denied == "" {
		list = append(list, Callout{
			Tone: Info, Title: "The apps of " + Counted(page.Unknown, "store") + " are not known",
			Text: "They were never read, or not to the end. Such stores count neither as having an app nor as lacking it.",
		})
	}
	if page.AccessesUnread > 0 && page.AccessesUnread < page.Accesses {
		list = append(list, Callout{
			Tone: Info, Title: "The apps of some users are not known",
			Text: "Of " + Count(page.AccessesUnread) + " of " + Counted(page.Accesses, "access", "accesses") + " nobody has read yet which apps they may open, so there may be more.",
		})
	}
	if page.Cut > 0 {
		list = append(list, Callout{
			Tone: Info, Title: Counted(page.Cut, "access has", "accesses have") + " more apps than were asked for",
			Text: "Rollcall reads the first 10 apps of a user in a store. What comes after them is not counted.",
		})
	}
	return list
}

func appsEmpty(s Shell, page org.AppPage, l list) *Empty {
	var e Empty
	switch {
	case s.Snapshot.ID == 0:
		e = neverSynced(s)
	case len(l.chips()) > 0:
		e = nothingMatches("apps", l.cleared())
	case page.Denied != "":
		e = notReadable("Not permitted", page.Denied)
	case page.Unknown > 0 || page.Known == 0:
		e = notReadable("Not read yet", "Whether the stores have apps is unknown until a sync has read them.")
	default:
		e = trulyNone("No store has an app", "The apps of every store were read to the end, and there are none.")
	}
	return &e
}

func (s Shell) appHref(id org.AppID) string {
	return s.To(org.Query{}, "apps", strconv.FormatInt(int64(id), 10))
}

func appRowLine(s Shell, a org.AppRow) AppRowLine {
	line := AppRowLine{
		Href: s.appHref(a.ID), Name: firstOf(a.Name, a.APIID), ID: a.APIID, With: a.Stores, Known: a.Known,
		Stores: Count(a.Stores) + " of " + Count(a.Known), First: s.Stamp(a.FirstSeen), Changed: Stamp{Word: "none seen"},
	}
	line.Users, line.UserSub = appUsers(a)
	if a.Unknown > 0 {
		line.Doubt = Count(a.Unknown) + " unknown"
	}
	if a.Users > 0 {
		line.UsersHref = s.To(org.Query{Apps: []string{a.APIID}}, "users")
	}
	if a.Stores == 0 {
		line.Place = &Badge{Text: "On no store", Tone: Quiet, Title: "Every store whose apps are known lacks it"}
	}
	if !a.Changed.IsZero() {
		line.Changed, line.ChangedHref = s.Stamp(a.Changed), withQuery(s.Path("changes"), org.Query{Apps: []string{a.APIID}})
	}
	return line
}

// appUsers says how many may open an app; where not all was read there may be more.
func appUsers(a org.AppRow) (users, sub string) {
	switch {
	case a.UsersRead == org.Unknown:
		return "unknown", "not read"
	case a.UsersRead == org.No:
		return Count(a.Users), "at least"
	case a.Users > 0:
		return Count(a.Users), "in " + Counted(a.Accesses, "access", "accesses")
	}
	return "0", ""
}
