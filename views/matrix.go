package views

import (
	"strconv"

	"github.com/a-h/templ"

	"rollcall/internal/org"
)

// MatrixStores is how many stores one window of the access matrix shows.
const MatrixStores = 30

// Matrix shows who is in which store with which role, one window of users and stores at a time.
type Matrix struct {
	Shell
	Head       Head
	Filter     Filter
	Stores     []MatrixStore
	Rows       []MatrixRow
	Key        []MatrixKey
	Users      Pager
	StorePager Pager
	Basis      string
	Empty      *Empty
	Stale      bool // a store of the window was not read to the end
}

// MatrixStore heads the column of a store.
type MatrixStore struct {
	Link

	Title string
	Stale bool // the snapshot did not read it to the end
}

// MatrixRow is one user with a cell for each store of the window.
type MatrixRow struct {
	User  Link
	Email string
	Cells []MatrixMark
}

// MatrixMark is the letter of a role, ? where it is not known; without a letter there is no access.
type MatrixMark struct {
	Letter, Href, Text string
	Tone               Tone
	Privileged         bool
}

// MatrixKey explains one letter.
type MatrixKey struct {
	Letter, Text string
	Tone         Tone
}

// NewMatrix makes the page from one window. The parameter stores-from moves the window over the stores.
func NewMatrix(s Shell, m org.Matrix, q org.Query, choices org.FilterChoices) Matrix {
	s.Title, s.Nav = "Access matrix", "matrix"
	l := list{shell: s, path: s.Path("matrix"), query: q, first: "name", choices: choices}
	p := Matrix{Shell: s, Basis: s.Basis(), Users: l.pager(len(m.Users), 0, m.UsersTotal, m.Prev, m.Next), StorePager: storeWindow(l, m)}
	p.Users.Words += " users"
	keepWindow(&p.Users, m.StoresFrom)
	p.Head = Head{
		Title: "Access matrix", Question: "Who is in which store, and in which role?",
		Actions: []templ.Component{downloadMenu([]DownloadGroup{s.downloads("The whole matrix of this filter", "matrix", q)})},
	}
	p.Filter = l.filter("Search users by name or e-mail", choose("label", "Store label", "Any label", q.Labels, choices.Labels),
		choose("role", "Role (derived)", "Any role", words(q.Roles), roleChoices()), yesNo("privileged", "Privileged", q.Privileged, "Yes", "No"),
		choose("permission", "Permission held", "Any permission", q.Permissions, choices.Permissions), l.loginSelect())
	p.Filter.Live = true
	for _, store := range m.Stores {
		p.Stores = append(p.Stores, matrixStore(s, store))
		p.Stale = p.Stale || store.Facet(org.FacetAccesses).State != org.FacetComplete
	}
	for _, u := range m.Users {
		p.Rows = append(p.Rows, matrixRow(s, u, m))
	}
	for _, r := range org.Roles() {
		p.Key = append(p.Key, MatrixKey{roleLooks[r].letter, roleLooks[r].text, roleLooks[r].tone})
	}
	switch {
	case len(m.Users) == 0:
		p.Empty = usersEmpty(s, org.UserPage{}, l)
	case len(m.Stores) == 0:
		e := storesEmpty(s, l)
		p.Empty = &e
	}
	return p
}

// Component renders the page.
func (p Matrix) Component() templ.Component { return p.frame(matrixPage(p)) }

func matrixRow(s Shell, u org.UserRow, m org.Matrix) MatrixRow {
	row := MatrixRow{User: Link{Text: u.Name(), Href: s.userHref(u.ID)}, Email: u.Email}
	for _, store := range m.Stores {
		cell, ok := m.Cells[u.ID][store.ID]
		if !ok {
			row.Cells = append(row.Cells, noAccess(s, store))
			continue
		}
		look := roleLooks[cell.Role]
		mark := MatrixMark{
			Letter: look.letter, Tone: look.tone, Href: s.userHref(u.ID), Privileged: cell.Privileged,
			Text: u.Name() + " in " + firstOf(store.Name, store.Hash) + ": " + look.text + ", last sign-in " + cell.Login.String(),
		}
		if cell.Privileged {
			mark.Text += ", privileged"
		}
		row.Cells = append(row.Cells, mark)
	}
	return row
}

// noAccess is the cell of a store that shows no access: empty, unless no read of the store ever came to its end.
func noAccess(s Shell, store org.Store) MatrixMark {
	text := ""
	switch read := store.Facet(org.FacetAccesses); {
	case read.ReadAt.IsZero():
		text = " was never read"
	case read.Partial:
		text = " was only read in part"
	default:
		return MatrixMark{}
	}
	look := roleLooks[org.RoleUnknown]
	return MatrixMark{Letter: look.letter, Tone: look.tone, Href: s.storeHref(store.ID), Text: firstOf(store.Name, store.Hash) + text}
}

// matrixStore heads a column. A store that this snapshot did not read to the end shows what was known before, with its
// date.
func matrixStore(s Shell, store org.Store) MatrixStore {
	name := firstOf(store.Name, store.Hash)
	head := MatrixStore{Link: Link{Text: name, Href: s.storeHref(store.ID)}, Title: name}
	read := store.Facet(org.FacetAccesses)
	if head.Stale = read.State != org.FacetComplete; !head.Stale {
		return head
	}
	switch {
	case read.ReadAt.IsZero():
		head.Title += ": never read"
	case read.Partial:
		head.Title += ": only read in part, on " + s.Stamp(read.ReadAt).Full()
	default:
		head.Title += ": " + staleWords[read.State] + "; shown as read on " + s.Stamp(read.ReadAt).Full()
	}
	return head
}

var staleWords = map[org.FacetState]string{
	org.FacetIncomplete: "not read to the end this time", org.FacetFailed: "could not be read this time",
	org.FacetDenied: "the token may not read it", org.FacetPending: "not read in this snapshot",
}

// storeWindow moves over the stores; users stay where they are.
func storeWindow(l list, m org.Matrix) Pager {
	p := Pager{Words: "Stores " + Count(m.StoresFrom+1) + "–" + Count(m.StoresFrom+len(m.Stores)) + " of " + Count(m.StoresAll)}
	at := func(from int) string {
		v := l.query.Values()
		if from > 0 {
			v.Set("stores-from", strconv.Itoa(from))
		}
		return withValues(l.path, v)
	}
	if m.StoresFrom > 0 {
		p.Prev = at(max(0, m.StoresFrom-MatrixStores))
	}
	if next := m.StoresFrom + len(m.Stores); next < m.StoresAll {
		p.Next = at(next)
	}
	return p
}

// keepWindow keeps the stores in view while moving over the users.
func keepWindow(p *Pager, from int) {
	if from == 0 {
		return
	}
	for _, href := range []*string{&p.Prev, &p.Next} {
		if *href != "" {
			*href += "&stores-from=" + strconv.Itoa(from)
		}
	}
}
