package refresh

import (
	"cmp"
	"slices"
	"time"

	"rollcall/internal/org"
)

// Tries of one page before its list is given up.
const (
	maxTries     = 5 // when it was asked for alone, or when other lists were answered beside it
	maxTriesMany = 9 // when it only ever failed together with others
)

// absorb takes an answer: pages that were waited for are added and staged, finished lists become reads. It tells whether
// anything came of it.
func (m *machine) absorb(reading org.Reading) (moved bool) {
	m.moved = false
	m.Requests += reading.Requests
	m.AccountID = cmp.Or(reading.AccountID, m.AccountID)
	if !reading.ReadAt.IsZero() { // what is known to be denied comes without a request
		m.at = reading.ReadAt
	}
	m.step.AccountName = reading.AccountName
	pages := slices.Clone(reading.Pages)
	slices.SortStableFunc(pages, func(a, b org.Page) int {
		return cmp.Compare(rank[a.List.Kind], rank[b.List.Kind])
	})
	m.fresh = map[org.ListKind]bool{}
	for _, page := range pages {
		if page.Problem == "" {
			m.answered(page.List.Kind)
		}
	}
	for _, page := range pages {
		m.take(page)
	}
	return m.moved
}

func (m *machine) answered(kind org.ListKind) {
	if m.Answered == nil {
		m.Answered = map[org.ListKind]bool{}
	}
	m.Answered[kind] = true
	m.fresh[kind] = true
	delete(m.Doubtful, kind)
}

// take adds one page to its list. Pages that nobody waits for any more are left alone.
func (m *machine) take(page org.Page) {
	t := m.tasks[page.List]
	if t == nil || !t.open() {
		return
	}
	l := m.listing(page.List)
	if !l.expects(page) {
		return
	}
	if page.Problem != "" {
		m.trouble(t, page)
		return
	}
	t.Tries = 0
	m.addTo(l, page)
	for _, store := range page.Stores {
		m.include(store)
	}
	m.finish(t, l)
}

func (m *machine) addTo(l *listing, page org.Page) {
	page.At = m.at
	l.add(page)
	m.step.Stage = append(m.step.Stage, page)
	m.keep(page)
	m.moved = true
}

// trouble is a page that could not be read while others could.
func (m *machine) trouble(t *task, page org.Page) {
	l := m.listing(page.List)
	if page.Kind == org.KindNotFound && m.fresh[page.List.Kind] {
		return // fewer stores came than were asked for at once: their turn comes
	}
	t.Tries++
	switch {
	case page.Kind == org.KindScope:
		m.deny(t, page.Problem)
	case page.Kind == org.KindRejected && page.After != "" && !l.again():
		t.Tries = 0
		m.addTo(l, page) // the cursor may have grown stale: a gap, so the list begins anew
	case page.Kind == org.KindRejected, page.Kind == org.KindNotFound && t.Tries > 1,
		t.Tries >= maxTries && (len(m.fresh) > 0 || m.patient()):
		l.giveUp(page.Problem)
		m.finish(t, l)
	}
}

// deny settles what the token may not read. While nothing of a kind was ever answered the whole kind is denied.
func (m *machine) deny(t *task, reason string) {
	if m.Answered[t.List.Kind] {
		m.settle(t, outcome{state: org.FacetDenied, expected: -1, reason: reason})
		return
	}
	m.denyKind(t.List.Kind, reason)
}

func (m *machine) denyKind(kind org.ListKind, reason string) {
	if m.Denied == nil {
		m.Denied = map[org.ListKind]string{}
	}
	m.Denied[kind] = reason
	delete(m.Doubtful, kind)
	if essential(kind) {
		m.halt(reason)
		return
	}
	for _, t := range m.Tasks {
		if t.open() && t.List.Kind == kind {
			m.settle(t, outcome{state: org.FacetDenied, expected: -1, reason: reason})
		}
	}
}

// finish turns a list that needs no further page into a read for the history.
func (m *machine) finish(t *task, l *listing) {
	if !l.done() {
		return
	}
	out := l.outcome()
	if out.state == org.FacetFailed {
		out.from, out.to = time.Time{}, time.Time{}
	} else if out.from.IsZero() { // pages from before their times were kept
		out.from, out.to = m.at, m.at
	}
	m.settle(t, out)
	switch {
	case t.List.Kind != org.ListStores:
	case t.State == org.FacetComplete:
		m.storesListed(out.items.Stores)
	default: // a known store that was not listed may be one of those that failed
		m.Lost = max(0, l.now().failed-max(0, len(m.Stores)-len(out.items.Stores)))
	}
}

// storesListed lets go of known stores that the complete list lacks. One list is no proof (design 4.4), so when a store
// is missing for the first time the list is read once more.
func (m *machine) storesListed(listed []org.RemoteStore) {
	found := map[string]bool{}
	for _, store := range listed {
		found[store.APIID] = true
	}
	if !m.Relisted && slices.ContainsFunc(m.Stores, func(s org.RemoteStore) bool { return !found[s.APIID] && m.expected(s) }) {
		m.Relisted = true
		m.reopen(org.List{Kind: org.ListStores})
		return
	}
	m.Listed = true
	for _, store := range slices.Clone(m.Stores) {
		if !found[store.APIID] {
			m.drop(store.APIID)
		}
	}
}

// settle closes a task with what is known of its list.
func (m *machine) settle(t *task, out outcome) {
	m.moved = true
	t.State, t.Tries, t.Error, t.Count = out.state, 0, out.reason, out.items.Len()
	m.unstage(t.List)
	facet := org.FacetRead{
		Facet: facetOf[t.List.Kind], State: out.state, Expected: out.expected, Received: out.items.Len(),
		ReadAt: out.from, ReadTo: out.to, Error: out.reason,
	}
	switch t.List.Kind {
	case org.ListStores:
		m.step.StoreList = &org.AccountRead{Read: facet, Absence: out.absence, Stores: out.items.Stores}
	case org.ListAccountUsers:
		m.step.AccountUsers = &org.AccountRead{Read: facet, Absence: out.absence, People: out.items.People}
	case org.ListSubscriptions:
		m.step.Subscribed = &org.AccountRead{Read: facet, Absence: out.absence, Subscriptions: out.items.Subscriptions}
	default:
		m.step.Stores = append(m.step.Stores, org.StoreRead{
			Store: m.stores[t.List.Store], Read: facet, Absence: out.absence,
			Users: out.items.Users, UserApps: out.items.UserApps, Apps: out.items.Apps,
		})
	}
}

// countRepeat counts a request that only read lists for the second time. Requests that failed are counted as they fail.
func (m *machine) countRepeat(reading org.Reading) {
	for _, list := range reading.Asked {
		if l := m.listings[list]; l == nil || !l.again() {
			return
		}
	}
	if len(reading.Asked) > 0 {
		m.Repeated += reading.Requests
	}
}
