package views

import (
	"strconv"

	"github.com/a-h/templ"

	"rollcall/internal/org"
)

// Snapshots lists the states of an account.
type Snapshots struct {
	Shell
	Head  Head
	Table Table
	Rows  []SnapshotLine
	Total string
	Pager Pager
	Empty *Empty
}

// SnapshotLine is one state.
type SnapshotLine struct {
	Href, ID, Number string
	Finished         Stamp
	State            Badge
	Stores           string
	Users, Accesses  string
	Changes          string
	ChangesHref      string
	Requests         string
	Took             string
	From, To         bool // preselected for comparing
}

// NewSnapshots makes the page from one page of the list, newest first.
func NewSnapshots(s Shell, page org.SnapshotPage, q org.Query) Snapshots {
	s.Title, s.Nav = "Snapshots", "snapshots"
	l := list{shell: s, path: s.Path("snapshots"), query: q}
	p := Snapshots{Shell: s, Total: Counted(page.Total, "snapshot"), Pager: l.pager(len(page.Rows), 0, page.Total, page.Prev, page.Next)}
	p.Head = Head{Title: "Snapshots", Question: "Which states of the account are kept, how complete is each, and how do two of them differ?"}
	p.Table = Table{Caption: "Snapshots", Cards: true, Columns: []Column{
		{Label: "Snapshot"},
		{Label: "State"},
		{Label: "Stores read"},
		{Label: "Users", Right: true},
		{Label: "Accesses", Right: true},
		{Label: "Changes", Right: true},
		{Label: "Requests", Right: true},
		{Label: "Compare from"},
		{Label: "to"},
	}}
	for i, snap := range page.Rows {
		line := snapshotLine(s, snap, i == 1, i == 0)
		if i+1 < len(page.Rows) {
			line.ChangesHref = compareHref(s, page.Rows[i+1].ID, snap.ID)
		}
		p.Rows = append(p.Rows, line)
	}
	if len(page.Rows) == 0 {
		e := neverSynced(s)
		p.Empty, p.Total = &e, ""
	}
	return p
}

// Component renders the page.
func (p Snapshots) Component() templ.Component { return p.frame(snapshotsPage(p)) }

func snapshotLine(s Shell, snap org.Snapshot, from, to bool) SnapshotLine {
	line := SnapshotLine{
		Href: s.snapshotHref(snap.ID), ID: strconv.FormatInt(int64(snap.ID), 10), Number: "Snapshot " + Count(int(snap.ID)), Finished: s.Stamp(snap.Finished),
		State: snapshotBadge(snap), Stores: completeness(snap), Users: Count(snap.Users), Accesses: Count(snap.Accesses), Changes: Count(snap.Changes), Requests: Count(snap.Requests),
		From: from, To: to,
	}
	if snap.Repeated > 0 {
		line.Took = Count(snap.Repeated) + " repeated"
	}
	return line
}

func compareHref(s Shell, from, to org.SnapshotID) string {
	return withQuery(s.Path("compare"), org.Query{Since: org.AsOf{Snapshot: from}, AsOf: org.AsOf{Snapshot: to}})
}

// SnapshotDetail shows how one state was read.
type SnapshotDetail struct {
	Shell
	Head     Head
	Stats    []Stat
	Callouts []Callout
	Account  []FacetLine
	Table    Table
	Rows     []SnapshotStore
	Total    string
	Pager    Pager
}

// SnapshotStore is one store with the outcome of each facet.
type SnapshotStore struct {
	Href, Name, Hash string
	Cells            []FacetLine
	Problem          string
}

var storeFacets = []org.Facet{org.FacetAccesses, org.FacetUserApps, org.FacetApps}

// NewSnapshot makes the page of one snapshot: previous is the account's snapshot before it (0: none), account are the
// facets of the whole account, page its stores.
func NewSnapshot(s Shell, snap org.Snapshot, previous org.SnapshotID, account []org.FacetRead, page org.StorePage, q org.Query) SnapshotDetail {
	s.Title, s.Nav = "Snapshot "+Count(int(snap.ID)), "snapshots"
	l := list{shell: s, path: s.snapshotHref(snap.ID), query: q}
	p := SnapshotDetail{Shell: s, Account: facetLines(s, account), Total: Counted(page.Total, "store"), Pager: l.pager(len(page.Rows), page.From, page.Total, page.Prev, page.Next)}
	p.Head = Head{
		Crumb: Link{Text: "Snapshots", Href: s.Path("snapshots")}, Title: "Snapshot " + Count(int(snap.ID)), Question: "What was read, when, and what could not be read?",
		Badges: []Badge{snapshotBadge(snap)},
	}
	p.Head.Actions = []templ.Component{linkButton(Link{Text: "See the account as of then", Href: withQuery(s.Path("users"), org.Query{AsOf: org.AsOf{Snapshot: snap.ID}}), Icon: "users"})}
	if previous != 0 {
		p.Head.Actions = append(p.Head.Actions, linkButton(Link{Text: "Compare with the one before", Icon: "git-compare-arrows", Href: compareHref(s, previous, snap.ID)}))
	}
	p.Stats = snapshotStats(s, snap)
	if snap.State == org.Partial {
		p.Callouts = []Callout{{Tone: Warn, Title: "This snapshot is partial", Text: firstOf(snap.Reason, "The reason was not recorded.") + " What could not be read keeps its last known data."}}
	}
	p.Table = Table{Caption: "Stores in this snapshot", Cards: true, Columns: []Column{{Label: "Store"}}}
	for _, f := range storeFacets {
		p.Table.Columns = append(p.Table.Columns, Column{Label: facetNames[f]})
	}
	for _, store := range page.Rows {
		p.Rows = append(p.Rows, snapshotStore(s, store))
	}
	return p
}

// Component renders the page.
func (p SnapshotDetail) Component() templ.Component { return p.frame(snapshotPage(p)) }

func snapshotStats(s Shell, snap org.Snapshot) []Stat {
	took := "unknown"
	if !snap.Finished.IsZero() {
		took = Span(snap.Finished.Sub(snap.Started))
	}
	return []Stat{
		{Name: "Took", Value: took, Note: "until " + s.Stamp(snap.Finished).Full()},
		{Name: "Stores read", Value: Count(snap.Stores - snap.StoresFailed), Note: "of " + Count(snap.Stores)},
		{Name: "Users", Value: Count(snap.Users), Note: "in stores or in the account list"},
		{Name: "Accesses", Value: Count(snap.Accesses), Note: "one user in one store each"},
		{Name: "Changes", Value: Count(snap.Changes), Note: "since the snapshot before"},
		{Name: "Requests", Value: Count(snap.Requests), Note: Count(snap.Repeated) + " of these repeated"},
	}
}

func snapshotStore(s Shell, store org.Store) SnapshotStore {
	row := SnapshotStore{Href: s.storeHref(store.ID), Name: firstOf(store.Name, store.Hash), Hash: store.Hash}
	for _, f := range storeFacets {
		row.Cells = append(row.Cells, facetLine(s, store.Facet(f)))
	}
	return row
}
