package views

import (
	"strconv"

	"github.com/a-h/templ"

	"rollcall/internal/org"
)

// AppMatrix shows which apps are in which stores, one window of apps and stores at a time.
type AppMatrix struct {
	Shell
	Head       Head
	Views      []Tab
	Filter     Filter
	Stores     []MatrixStore
	Rows       []AppMatrixRow
	Apps       Pager
	StorePager Pager
	Basis      string
	Stale      bool // the apps of a store of the window were not read to the end, or not this time
	Empty      *Empty
}

// AppMatrixRow is one app with a cell for each store of the window.
type AppMatrixRow struct {
	App   Link
	ID    string
	Cells []MatrixMark
}

// NewAppMatrix makes the page from one window. The parameter stores-from moves the window over the stores.
func NewAppMatrix(s Shell, m org.AppMatrix, q org.Query, choices org.FilterChoices) AppMatrix {
	s.Title, s.Nav = "Apps over stores", "apps"
	l := list{shell: s, path: s.Path("apps", "matrix"), query: q, first: "name", choices: choices}
	p := AppMatrix{
		Shell: s, Basis: s.Basis(), Apps: l.pager(len(m.Apps), 0, m.AppsTotal, m.Prev, m.Next), Views: appViews(l, true), Filter: appFilter(l, choices),
		StorePager: storeWindow(l, org.Matrix{Stores: m.Stores, StoresFrom: m.StoresFrom, StoresAll: m.StoresAll}),
	}
	p.Apps.Words += " apps"
	keepWindow(&p.Apps, m.StoresFrom)
	p.Head = Head{
		Title: "Apps over stores", Question: "Which store has which app, and how many of its users may open it?",
		Actions: []templ.Component{downloadMenu([]DownloadGroup{s.downloads("These "+Counted(m.AppsTotal, "app"), "apps", q)})},
	}
	for _, store := range m.Stores {
		head := appMatrixStore(s, store)
		p.Stores = append(p.Stores, head)
		p.Stale = p.Stale || head.Stale
	}
	for _, a := range m.Apps {
		row := AppMatrixRow{App: Link{Text: firstOf(a.Name, a.APIID), Href: s.appHref(a.ID)}, ID: a.APIID}
		for _, store := range m.Stores {
			cell, known := m.Cells[a.ID][store.ID]
			if !known { // read, and neither there nor in anybody's hands
				cell.Has = org.No
			}
			row.Cells = append(row.Cells, appMark(s, a, store, cell))
		}
		p.Rows = append(p.Rows, row)
	}
	switch {
	case len(m.Apps) == 0:
		p.Empty = appsEmpty(s, org.AppPage{Known: len(m.Stores)}, l)
	case len(m.Stores) == 0:
		e := storesEmpty(s, l)
		p.Empty = &e
	}
	return p
}

// Component renders the page.
func (p AppMatrix) Component() templ.Component { return p.frame(appMatrixPage(p)) }

// appMatrixStore heads the column of a store with how its apps are known.
func appMatrixStore(s Shell, store org.Store) MatrixStore {
	name := firstOf(store.Name, store.Hash)
	head := MatrixStore{Link: Link{Text: name, Href: s.storeHref(store.ID)}, Title: name}
	switch read := store.Facet(org.FacetApps); {
	case read.ReadAt.IsZero():
		head.Title, head.Stale = name+": its apps were never read", true
	case read.State == org.FacetComplete:
	case read.State == org.FacetPending: // apps may follow the accesses by hours: that is no trouble
		head.Title = name + ": its apps are shown as read on " + s.Stamp(read.ReadAt).Full()
	default:
		head.Title, head.Stale = name+": "+staleApps[read.State]+"; shown as read on "+s.Stamp(read.ReadAt).Full(), true
	}
	return head
}

var staleApps = map[org.FacetState]string{
	org.FacetIncomplete: "its apps were not read to the end this time", org.FacetFailed: "its apps could not be read this time",
	org.FacetDenied: "the token may not read its apps",
}

// appMark is the cell of an app in a store: how many may open it there, a dot where nobody knows that, ? where it is not
// known whether the store has it.
func appMark(s Shell, a org.AppRow, store org.Store, cell org.AppCell) MatrixMark {
	where := firstOf(a.Name, a.APIID) + " in " + firstOf(store.Name, store.Hash)
	mark := MatrixMark{Href: s.appInStoreHref(a, store), Letter: shortCount(cell.Users), Tone: Teal}
	switch {
	case cell.Has == org.Unknown:
		mark.Letter, mark.Tone, mark.Text = "?", "", where+": unknown"
	case cell.Has == org.No && cell.Users > 0:
		mark.Tone, mark.Text = Warn, where+": not among the apps of the store, yet "+Counted(cell.Users, "user")+" may open it"
		return mark
	case cell.Has == org.No:
		return MatrixMark{}
	case cell.UsersRead == org.Unknown:
		mark.Letter, mark.Text = "•", where+": installed, who may open it was not read"
	case cell.Users == 0:
		mark.Tone, mark.Text = Quiet, where+": installed, 0 users may open it"
	default:
		mark.Text = where + ": installed, " + Counted(cell.Users, "user") + " may open it"
	}
	if cell.UsersRead == org.No && cell.Has == org.Yes {
		mark.Text += ", perhaps more"
	}
	if cell.Users > 999 {
		mark.Text += " (" + mark.Letter + ")"
	}
	return mark
}

// shortCount fits a number into a cell.
func shortCount(n int) string {
	if n > 999 {
		return strconv.Itoa(n/1000) + "k"
	}
	return strconv.Itoa(n)
}

// appInStoreHref leads to the users who may open an app in a store.
func (s Shell) appInStoreHref(a org.AppRow, store org.Store) string {
	return s.To(org.Query{Apps: []string{a.APIID}, Stores: []string{store.Hash}}, "users")
}
