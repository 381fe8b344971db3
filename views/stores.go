package views

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"rollcall/internal/org"
)

// Stores lists the stores of an account.
type Stores struct {
	Shell
	Head   Head
	Filter Filter
	Table  Table
	Rows   []StoreLine
	Total  string
	Basis  string
	Pager  Pager
	Empty  *Empty
}

// StoreLine is a row of the list.
type StoreLine struct {
	Href, Name, Hash string
	Labels           []string
	Gone             string
	Accesses         string
	Owners           string
	Privileged       string
	Inactive, Never  string
	Changes          string
	ChangesHref      string
	Read             Badge
	ReadAt           Stamp
	UsersHref        string
}

// NewStores makes the page from one page of the list.
func NewStores(s Shell, page org.StorePage, q org.Query, choices org.FilterChoices) Stores {
	s.Title, s.Nav = "Stores", "stores"
	l := list{shell: s, path: s.Path("stores"), query: q, first: "name", choices: choices}
	p := Stores{Shell: s, Total: Counted(page.Total, "store"), Basis: s.Basis(), Pager: l.pager(len(page.Rows), page.From, page.Total, page.Prev, page.Next)}
	p.Head = Head{
		Title: "Stores", Question: "Which stores are there, who can enter them, and was each one read to the end?",
		Actions: []templ.Component{downloadMenu([]DownloadGroup{s.downloads("These "+Counted(page.Total, "store"), "stores", q)})},
	}
	p.Filter = l.filter("Search by store name or hash", choose("label", "Store label", "Any label", q.Labels, choices.Labels))
	p.Filter.Live = true
	p.Table = Table{Caption: "Stores", Cards: true, Page: true, Columns: []Column{
		l.sortable("Store", "name"),
		{Label: "Labels"},
		{Label: "Users read"},
		l.sortable("Accesses", "accesses").right(), l.sortable("Owner-like", "owners").right(), l.sortable("Privileged", "privileged").right(),
		l.sortable("Inactive", "inactive").right(), l.sortable("Never", "never").right(), l.sortable("Changes", "changes").right(),
	}}
	for _, store := range page.Rows {
		p.Rows = append(p.Rows, storeLine(s, store))
	}
	if len(page.Rows) == 0 {
		e := storesEmpty(s, l)
		p.Empty, p.Total = &e, ""
	}
	return p
}

// Component renders the page.
func (p Stores) Component() templ.Component { return p.frame(storesPage(p)) }

func storesEmpty(s Shell, l list) Empty {
	switch {
	case s.Snapshot.ID == 0:
		return neverSynced(s)
	case len(l.chips()) > 0:
		return nothingMatches("stores", l.cleared())
	case s.gaps():
		return partlyRead(s, "No stores are known", firstOf(s.Snapshot.Reason, "The list of stores could not be read to the end."))
	}
	return trulyNone("This account has no stores", "The list of stores was read to the end, and it is empty.")
}

func storeLine(s Shell, store org.Store) StoreLine {
	read := store.Facet(org.FacetAccesses)
	line := StoreLine{
		Href: s.storeHref(store.ID), Name: firstOf(store.Name, store.Hash), Hash: store.Hash, Labels: store.Labels,
		Accesses: Count(store.Accesses), Owners: Count(store.Owners), Privileged: Count(store.Privileged), Inactive: Count(store.Inactive),
		Never: Count(store.Never), Changes: Count(store.Changes30), Read: facetBadge(read), ReadAt: s.Stamp(read.ReadAt),
	}
	if read.ReadAt.IsZero() { // never read: zeros would be guesses
		for _, number := range []*string{&line.Accesses, &line.Owners, &line.Privileged, &line.Inactive, &line.Never} {
			*number = "unknown"
		}
		line.ReadAt = Stamp{Word: "never"}
	}
	if !store.GoneAt.IsZero() {
		line.Gone = "gone since " + s.Stamp(store.GoneAt).Day
	}
	line.UsersHref = s.To(org.Query{Stores: []string{store.Hash}}, "users")
	changes := sinceDays(s, 30)
	changes.Stores = []string{store.Hash}
	line.ChangesHref = withQuery(s.Path("changes"), changes)
	return line
}

// Store shows one store.
type Store struct {
	Shell
	Head       Head
	Callouts   []Callout
	Stats      []Stat
	Facets     []FacetLine
	Facts      []Fact
	Labels     Field
	LabelsPath string
	Table      Table
	Rows       []AccessLine
	Total      string
	Basis      string
	Pager      Pager
	Filter     Filter
	Timeline   []ChangeLine
	Changes    string
	Empty      *Empty
	Acts       *StoreActs // what acts on it; nil where no register is kept
}

// FacetLine is how completely one kind of data of a store is known.
type FacetLine struct {
	Name, Count, Error string
	Badge              Badge
	Read               Stamp
}

// NewStore makes the page of one store with one page of its accesses. problem is about the labels that were typed.
func NewStore(s Shell, store org.StoreDetail, page org.AccessPage, q org.Query, problem error) Store {
	s.Title, s.Nav = firstOf(store.Name, store.Hash), "stores"
	l := list{shell: s, path: s.Path("stores", strconv.FormatInt(int64(store.ID), 10)), query: q, first: "name"}
	p := Store{
		Shell: s, Facets: facetLines(s, store.Facets), Timeline: changeLines(s, store.Timeline, "store"), Total: Counted(page.Total, "access", "accesses"), Basis: s.Basis(),
		Pager: l.pager(len(page.Rows), page.From, page.Total, page.Prev, page.Next), LabelsPath: l.path + "/labels",
		Changes: withQuery(s.Path("changes"), org.Query{Stores: []string{store.Hash}}),
	}
	p.Head = storeHead(s, store, page.Total, q)
	p.Callouts = storeCallouts(s, store)
	p.Stats = storeStats(s, store, l)
	p.Facts = []Fact{{"Store hash", store.Hash, true}, {"Store ID", store.APIID, true}, {"First seen", s.Stamp(store.FirstSeen).Full(), false}}
	p.Labels = Field{Name: "labels", Label: "Labels", Value: strings.Join(store.Labels, ", "), Hint: "Separate with commas, for example: live, EMEA, brand A. Filters and exports can use them."}
	if problem != nil {
		p.Labels.Error = org.TextOf(problem)
	}
	p.Filter = l.filter("Search in this store", choose("role", "Role (derived)", "Any role", words(q.Roles), roleChoices()),
		yesNo("privileged", "Privileged", q.Privileged, "Yes", "No"), l.loginSelect())
	p.Filter.Live = true
	p.Table = Table{Caption: "Users of this store", Cards: true, Columns: []Column{
		l.sortable("User", "name"), l.sortable("Role (derived)", "role"),
		{Label: "Rights"},
		l.sortable("Status", "status"), l.sortable("Last sign-in ("+s.ZoneLabel()+")", "login"),
	}}
	for _, a := range page.Rows {
		line := accessLine(s, a)
		line.Href, line.Name, line.Note = s.userHref(a.User), a.Name(), a.Email
		p.Rows = append(p.Rows, line)
	}
	if len(page.Rows) == 0 {
		e := storeEmpty(store, l)
		p.Empty, p.Total = &e, ""
	}
	return p
}

// Component renders the page.
func (p Store) Component() templ.Component { return p.frame(storePage(p)) }

func storeHead(s Shell, store org.StoreDetail, total int, q org.Query) Head {
	h := Head{Crumb: Link{Text: "Stores", Href: s.To(org.Query{}, "stores")}, Title: firstOf(store.Name, store.Hash), Question: "Who can enter this store, what may they do here, and how complete is the picture?"}
	for _, label := range store.Labels {
		h.Badges = append(h.Badges, Badge{Text: label, Tone: Quiet})
	}
	if !store.GoneAt.IsZero() {
		h.Badges = append(h.Badges, Badge{Text: "Gone since " + s.Stamp(store.GoneAt).Day, Tone: Bad})
	}
	q.Stores = []string{store.Hash}
	h.Actions = []templ.Component{downloadMenu([]DownloadGroup{
		s.downloads("These "+Counted(total, "access", "accesses"), "access", q),
		s.downloads("Who holds which permission here", "permission-matrix", q),
	})}
	return h
}

func storeCallouts(s Shell, store org.StoreDetail) []Callout {
	var list []Callout
	switch read := store.Facet(org.FacetAccesses); {
	case read.State == org.FacetComplete:
	case read.ReadAt.IsZero():
		list = append(list, Callout{Tone: Warn, Title: "The users of this store have never been read", Text: firstOf(read.Error, "The next sync tries again.")})
	default:
		list = append(list, Callout{Tone: Warn, Title: "The last read did not reach the end", Text: read.Error + " What is shown was read " + s.Stamp(read.ReadAt).Full() + "."})
	}
	if store.Unseen > 0 {
		list = append(list, Callout{
			Tone: Warn, Title: Counted(store.Unseen, "access", "accesses") + " not seen by the last read",
			Text: "That read does not prove that they ended, so they count as still there.",
		})
	}
	return list
}

// storeStats count accesses of this store, whatever its users do elsewhere: sign-ins lead to the list below, not to Users,
// where somebody who never came here may have come to another store.
func storeStats(s Shell, store org.StoreDetail, l list) []Stat {
	if store.Facet(org.FacetAccesses).ReadAt.IsZero() {
		return nil
	}
	of := func(q org.Query) string { q.Stores = []string{store.Hash}; return s.To(q, "users") }
	here := func(state org.LoginState) string {
		return l.href(org.Query{Login: []org.LoginState{state}, AsOf: l.query.AsOf}) + "#results"
	}
	return []Stat{
		{Name: "Accesses", Value: Count(store.Accesses), Note: "users of this store", Href: of(org.Query{})},
		{Name: "Owner-like", Value: Count(store.Owners), Note: "derived; a store has one owner", Href: of(org.Query{Roles: []org.Role{org.RoleOwner}})},
		{Name: "Privileged", Value: Count(store.Privileged), Note: "hold high-risk rights here", Href: of(org.Query{Privileged: org.Yes})},
		{Name: "Inactive", Value: Count(store.Inactive), Note: "accesses, no sign-in here for " + Count(s.InactiveDays) + " days", Href: here(org.LoginInactive)},
		{Name: "Never signed in", Value: Count(store.Never), Note: "accesses of this store", Href: here(org.LoginNever)},
		{Name: "Changes", Value: Count(store.Changes30), Note: "in 30 days"},
	}
}

func storeEmpty(store org.StoreDetail, l list) Empty {
	read := store.Facet(org.FacetAccesses)
	switch {
	case read.State == org.FacetDenied:
		return notReadable("Not permitted", firstOf(read.Error, "The token may not read the users of this store."))
	case read.ReadAt.IsZero():
		return notReadable("Not read yet", "Whether this store has users is unknown until a sync has read it.")
	case len(l.chips()) > 0:
		return nothingMatches("users of this store", l.cleared())
	case read.State != org.FacetComplete:
		return notReadable("No users are known", "The last read did not reach the end, and the one before it found nobody.")
	}
	return trulyNone("This store has no users", "It was read to the end, and nobody can sign in here.")
}

var facetNames = map[org.Facet]string{
	org.FacetAccesses: "Users and rights", org.FacetUserApps: "Apps of each user", org.FacetApps: "Apps of the store",
	org.FacetAccountUsers: "Account list of users", org.FacetStores: "List of stores", org.FacetSubscriptions: "Subscriptions",
}

func facetLines(s Shell, reads []org.FacetRead) []FacetLine {
	var list []FacetLine
	for _, r := range reads {
		list = append(list, facetLine(s, r))
	}
	return list
}

func facetLine(s Shell, r org.FacetRead) FacetLine {
	line := FacetLine{Name: firstOf(facetNames[r.Facet], string(r.Facet)), Badge: facetBadge(r), Read: s.Stamp(r.ReadAt), Error: r.Error}
	switch {
	case r.ReadAt.IsZero():
		line.Read, line.Count = Stamp{Word: "never"}, "unknown"
	case r.State != org.FacetComplete && r.State != org.FacetIncomplete: // what is shown came from an earlier read
		line.Count = "not read in this snapshot"
	case r.Expected >= 0:
		line.Count = Count(r.Received) + " of " + Count(r.Expected)
	default:
		line.Count = Count(r.Received) + ", total not provided"
	}
	return line
}
