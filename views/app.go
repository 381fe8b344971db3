package views

import (
	"strconv"

	"github.com/a-h/templ"

	"rollcall/internal/org"
)

// App shows one app: the stores with and without it, who may open it there, and what changed.
type App struct {
	Shell
	Head     Head
	Stats    []Stat
	Facts    []Fact
	Billed   []BillLine
	Filter   Filter
	Table    Table
	Rows     []AppStoreLine
	Total    string
	Basis    string
	Pager    Pager
	Timeline []ChangeLine
	Changes  string
	Empty    *Empty
}

// AppStoreLine is a store under an app.
type AppStoreLine struct {
	Href, Name, Hash string
	Has              Badge
	Users, Names     string
	UsersHref        string
	Since            Stamp
	Read             Stamp
}

// NewApp makes the page of one app with one page of the stores.
func NewApp(s Shell, d org.AppDetail, q org.Query, choices org.FilterChoices) App {
	s.Title, s.Nav = firstOf(d.Name, d.APIID), "apps"
	l := list{shell: s, path: s.Path("apps", strconv.FormatInt(int64(d.ID), 10)), query: q, first: "has", desc: true, choices: choices}
	p := App{
		Shell: s, Total: Counted(d.List.Total, "store"), Basis: s.Basis(), Timeline: changeLines(s, d.Timeline, "app"),
		Pager:   l.pager(len(d.List.Rows), d.List.From, d.List.Total, d.List.Prev, d.List.Next),
		Changes: withQuery(s.Path("changes"), org.Query{Apps: []string{d.APIID}}),
	}
	p.Head = Head{
		Crumb: Link{Text: "Apps", Href: s.To(org.Query{}, "apps")}, Title: firstOf(d.Name, d.APIID),
		Question: "Which stores have this app, and who may open it there?",
		Actions: []templ.Component{downloadMenu([]DownloadGroup{
			s.downloads("Accesses that may open it", "access", org.Query{Apps: []string{d.APIID}, AsOf: q.AsOf}),
			s.downloads("The app with its stores", "apps", org.Query{Apps: []string{d.APIID}, AsOf: q.AsOf}),
		})},
	}
	if d.AppRow.Stores == 0 {
		p.Head.Badges = []Badge{{Text: "On no store", Tone: Quiet, Title: "Every store whose apps are known lacks it"}}
	}
	p.Stats, p.Facts = appStats(s, d, l), appFacts(s, d)
	for _, b := range d.Billed {
		p.Billed = append(p.Billed, billLine(s, b))
	}
	p.Filter = l.filter("Search by store name or hash", choose("state", "Has it", "Any", q.States, hasChoices()),
		choose("label", "Store label", "Any label", q.Labels, choices.Labels))
	p.Filter.Live = true
	p.Table = Table{Caption: "Stores", Cards: true, Columns: []Column{
		l.sortable("Store", "name"), l.sortable("Has it", "has"), l.sortable("Users who may open it", "users"),
		l.sortable("Since", "since"),
		{Label: "Apps read"},
	}}
	for _, store := range d.List.Rows {
		p.Rows = append(p.Rows, appStoreLine(s, d.AppRow, store))
	}
	if len(d.List.Rows) == 0 {
		e := nothingMatches("stores", l.cleared())
		p.Empty, p.Total = &e, ""
	}
	return p
}

// Component renders the page.
func (p App) Component() templ.Component { return p.frame(appPage(p)) }

func hasChoices() []org.Choice {
	var list []org.Choice
	for _, word := range []string{"yes", "no", "unknown"} {
		list = append(list, org.Choice{Value: word, Label: placeNames[word]})
	}
	return list
}

func appStats(s Shell, d org.AppDetail, l list) []Stat {
	in := func(state string) string {
		return l.href(org.Query{States: []string{state}, AsOf: l.query.AsOf}) + "#results"
	}
	users, note := appUsers(d.AppRow)
	stats := []Stat{
		{Name: "Stores with it", Value: Count(d.With), Note: "of " + Count(d.AppRow.Known) + " whose apps are known", Href: in("yes")},
		{Name: "Stores without it", Value: Count(d.Without), Note: "read, and it was not there", Href: in("no")},
		{Name: "Unknown", Value: Count(d.AppRow.Unknown), Note: "stores whose apps are not known", Href: in("unknown")},
		{Name: "Users who may open it", Value: users, Note: firstOf(note, "in no store")},
	}
	if d.Users > 0 {
		stats[3].Href = s.To(org.Query{Apps: []string{d.APIID}}, "users")
	}
	return stats
}

func appFacts(s Shell, d org.AppDetail) []Fact {
	changed := "none seen"
	if !d.Changed.IsZero() {
		changed = s.Stamp(d.Changed).Full()
	}
	return []Fact{
		{Name: "App ID", Value: d.APIID, Code: true}, {Name: "First seen", Value: s.Stamp(d.FirstSeen).Full()}, {Name: "Last change", Value: changed},
	}
}

func appStoreLine(s Shell, a org.AppRow, store org.AppStore) AppStoreLine {
	line := AppStoreLine{
		Href: s.storeHref(store.ID), Name: firstOf(store.Name, store.Hash), Hash: store.Hash, Has: hasBadge(store),
		Users: Count(store.Users), Names: firstNames(store.Names, store.Users), Since: Stamp{Word: "not seen coming"}, Read: s.Stamp(store.Read.ReadAt),
	}
	if store.Users > 0 {
		line.UsersHref = s.appInStoreHref(a, store.Store)
	}
	switch {
	case store.UsersRead == org.Unknown:
		line.Users = "unknown"
	case store.UsersRead == org.No:
		line.Users = "at least " + line.Users
	}
	switch {
	case !store.Since.IsZero():
		line.Since = s.Stamp(store.Since)
	case store.Has == org.Yes:
		line.Since = Stamp{Word: "the first read"}
	default:
		line.Since = Stamp{Word: "–"}
	}
	if store.Read.ReadAt.IsZero() {
		line.Read = Stamp{Word: "never"}
	}
	return line
}

func hasBadge(store org.AppStore) Badge {
	switch {
	case store.Has == org.Yes:
		return Badge{Text: "Has it", Tone: Good, Icon: "check"}
	case store.Has == org.Unknown:
		return Badge{Text: "Unknown", Dashed: true, Title: firstOf(store.Read.Error, "The apps of this store were never read, or not to the end")}
	case store.Users > 0:
		return Badge{Text: "Not listed", Tone: Warn, Title: "The app is not among the apps of the store, yet some of its users may open it"}
	}
	return Badge{Text: "Does not have it", Tone: Quiet}
}
