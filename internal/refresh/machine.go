package refresh

import (
	"cmp"
	"slices"
	"time"

	"rollcall/internal/org"
)

// facets of one store in the order in which a sync cares for them, with the lists that hold them.
var storeKinds = []org.ListKind{org.ListAccesses, org.ListStoreApps, org.ListUserApps}

// facetOf tells which facet a list fills.
var facetOf = map[org.ListKind]org.Facet{
	org.ListStores: org.FacetStores, org.ListAccesses: org.FacetAccesses, org.ListAccountUsers: org.FacetAccountUsers,
	org.ListStoreApps: org.FacetApps, org.ListUserApps: org.FacetUserApps, org.ListSubscriptions: org.FacetSubscriptions,
}

// essential lists decide how the snapshot closes; the others never delay it (design 3).
func essential(kind org.ListKind) bool { return kind == org.ListStores || kind == org.ListAccesses }

// machine turns pages into finished reads and says what is wanted next. It does no input or output: everything that
// must be saved is gathered in step.
type machine struct {
	state
	accept   bool
	known    map[string]org.KnownStore
	people   int // length of the account's own list as history holds it; -1 unknown
	bills    int // the same of the subscriptions
	tasks    map[org.List]*task
	stores   map[string]org.RemoteStore
	listings map[org.List]*listing
	kept     map[org.List][]org.Page // pages of lists that a run for the rest may have to go on with
	at       time.Time               // when the newest answer came
	moved    bool                    // the answer brought something
	fresh    map[org.ListKind]bool   // kinds of which the answer brought a page
	step     org.Step
}

// newMachine takes up a run where it stands.
func newMachine(run org.Run, accept bool) (*machine, error) {
	m := &machine{
		accept: accept, people: run.AccountUsers, bills: run.Subscriptions, known: map[string]org.KnownStore{}, tasks: map[org.List]*task{},
		stores: map[string]org.RemoteStore{}, listings: map[org.List]*listing{}, kept: map[org.List][]org.Page{},
	}
	for _, store := range run.Known {
		m.known[store.APIID] = store
	}
	var err error
	if m.state, err = decodeState(run.State); err != nil {
		return nil, err
	}
	m.index()
	for _, page := range run.Staged {
		if t := m.tasks[page.List]; t != nil && t.open() && m.listing(page.List).expects(page) {
			m.listing(page.List).add(page)
			m.keep(page)
		}
	}
	return m, nil
}

// index finds tasks and stores by name. Failures before the process began are forgotten.
func (m *machine) index() {
	for _, t := range m.Tasks {
		t.Tries = 0
		m.tasks[t.List] = t
	}
	for _, store := range m.Stores {
		m.stores[store.APIID] = store
	}
}

func (m *machine) keep(page org.Page) {
	if !essential(page.List.Kind) {
		m.kept[page.List] = append(m.kept[page.List], page)
	}
}

// plan opens the lists that this sync has to read and does not know of yet.
func (m *machine) plan(run org.Run) {
	if m.Rest { // a full sync takes over a run for the rest
		m.Rest, m.Inherit, m.Ending, m.Listed = false, nil, nil, false
	}
	m.need(org.List{Kind: org.ListAccountUsers})
	m.need(org.List{Kind: org.ListStores})
	m.need(org.List{Kind: org.ListSubscriptions})
	if !m.Listed {
		for _, store := range run.Known {
			m.include(store.RemoteStore)
		}
	}
}

// include makes a store part of the sync. A name that changed since is taken over.
func (m *machine) include(store org.RemoteStore) {
	if known, found := m.stores[store.APIID]; !found {
		m.Stores = append(m.Stores, store)
	} else if known != store {
		m.Stores[slices.Index(m.Stores, known)] = store
	}
	m.stores[store.APIID] = store
	for _, kind := range storeKinds {
		m.need(org.List{Kind: kind, Store: store.APIID})
	}
}

func (m *machine) need(list org.List) {
	if m.tasks[list] != nil {
		return
	}
	t := &task{List: list}
	m.tasks[list] = t
	m.Tasks = append(m.Tasks, t)
	if reason := m.Denied[list.Kind]; reason != "" {
		m.settle(t, outcome{state: org.FacetDenied, expected: -1, reason: reason})
	}
}

// listing is the assembled part of a list.
func (m *machine) listing(list org.List) *listing {
	l := m.listings[list]
	if l == nil {
		l = newListing(list, m.had(list), m.accept)
		l.off = list.Kind == org.ListAccesses && m.known[list.Store].TotalOff
		m.listings[list] = l
	}
	return l
}

// had is how many items history holds of a list.
func (m *machine) had(list org.List) int {
	known, found := m.known[list.Store]
	switch {
	case list.Kind == org.ListAccountUsers:
		return m.people
	case list.Kind == org.ListSubscriptions:
		return m.bills
	case list.Kind == org.ListStores && len(m.known) > 0:
		return len(m.known)
	case !found:
		return -1
	case list.Kind == org.ListStoreApps:
		return known.Apps
	case list.Kind == org.ListUserApps || list.Kind == org.ListAccesses:
		return known.Accesses
	}
	return -1
}

// rank orders the kinds of lists: the account's own list is small but long to page through, so it rides along early.
var rank = map[org.ListKind]int{
	org.ListStores: 0, org.ListAccountUsers: 1, org.ListAccesses: 2, org.ListSubscriptions: 3, org.ListStoreApps: 4, org.ListUserApps: 5,
}

// wants are the pages that are due, the most urgent first; lists with the most left come before others of their kind.
func (m *machine) wants() []org.Want {
	var wants []org.Want
	for _, t := range m.Tasks {
		if t.open() && !m.Doubtful[t.List.Kind] {
			wants = append(wants, m.want(t))
		}
	}
	if len(wants) == 0 {
		wants = m.doubtfulWants()
	}
	slices.SortStableFunc(wants, func(a, b org.Want) int {
		return cmp.Or(cmp.Compare(rank[a.List.Kind], rank[b.List.Kind]), cmp.Compare(a.Tries, b.Tries), cmp.Compare(b.Left, a.Left))
	})
	return wants
}

func (m *machine) want(t *task) org.Want {
	want := m.listing(t.List).want()
	want.Tries = t.Tries
	return want
}

// doubtfulWants asks for one kind at a time, so that a refusal tells which kind is meant.
func (m *machine) doubtfulWants() []org.Want {
	var wants []org.Want
	for _, t := range m.Tasks {
		if t.open() && (len(wants) == 0 || wants[0].List.Kind == t.List.Kind) {
			wants = append(wants, m.want(t))
		}
	}
	return wants
}

// due tells whether essential lists are still open.
func (m *machine) due() bool {
	return slices.ContainsFunc(m.Tasks, func(t *task) bool { return t.open() && essential(t.List.Kind) })
}

// expected tells whether history counts on a store to be listed.
func (m *machine) expected(store org.RemoteStore) bool {
	known, ours := m.known[store.APIID]
	return ours && !known.Missing
}

// reopen makes a settled list be read anew.
func (m *machine) reopen(list org.List) {
	delete(m.tasks, list)
	m.Tasks = slices.DeleteFunc(m.Tasks, func(t *task) bool { return t.List == list })
	m.need(list)
}

// drop forgets a store that the complete store list lacks. Whether it is gone is for the history to say, which needs
// two such lists (design 4.4).
func (m *machine) drop(store string) {
	for _, kind := range storeKinds {
		list := org.List{Kind: kind, Store: store}
		if t := m.tasks[list]; t != nil && t.open() {
			delete(m.tasks, list)
			m.unstage(list)
		}
	}
	m.Tasks = slices.DeleteFunc(m.Tasks, func(t *task) bool { return m.tasks[t.List] != t })
	m.Stores = slices.DeleteFunc(m.Stores, func(s org.RemoteStore) bool { return s.APIID == store })
	delete(m.stores, store)
}

// unstage lets go of the pages of a list.
func (m *machine) unstage(list org.List) {
	delete(m.listings, list)
	delete(m.kept, list)
	m.step.Unstage = append(m.step.Unstage, list)
	m.step.Stage = slices.DeleteFunc(m.step.Stage, func(p org.Page) bool { return p.List == list })
}

// takeStep gives what changed since the last call.
func (m *machine) takeStep() org.Step {
	step := m.step
	m.step = org.Step{}
	return step
}
