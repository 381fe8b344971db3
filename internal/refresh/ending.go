package refresh

import (
	"fmt"
	"strings"

	"rollcall/internal/org"
)

// halt closes the sync as partial before everything was read. The first decision stands.
func (m *machine) halt(reason string) {
	m.end(ending{State: org.Partial, Reason: reason, Halted: true})
}

// end decides how the sync closes; a run for the rest closes as the snapshot before it.
func (m *machine) end(e ending) {
	if m.Rest && m.Inherit != nil {
		e.State, e.Reason = m.Inherit.State, m.Inherit.Reason
	}
	if m.Ending == nil {
		m.Ending = &e
	}
}

// verdict is how a sync closes that has read everything it could.
func (m *machine) verdict() ending {
	var reasons []string
	if t := m.tasks[org.List{Kind: org.ListStores}]; t != nil && t.State != org.FacetComplete {
		reasons = append(reasons, "The store list could not be read completely: "+t.Error)
	}
	if failed := m.failedStores(); len(failed) > 0 {
		reasons = append(reasons, failedText(failed))
	}
	if len(reasons) == 0 {
		return ending{State: org.Complete}
	}
	return ending{State: org.Partial, Reason: strings.Join(reasons, " ")}
}

// failedStores are the stores whose accesses are settled but not complete.
func (m *machine) failedStores() []org.RemoteStore {
	var failed []org.RemoteStore
	for _, store := range m.Stores {
		t := m.tasks[org.List{Kind: org.ListAccesses, Store: store.APIID}]
		if t != nil && !t.open() && t.State != org.FacetComplete {
			failed = append(failed, store)
		}
	}
	return failed
}

// failedText names the first of the stores that failed.
func failedText(failed []org.RemoteStore) string {
	const shown = 5
	var names []string
	for i, store := range failed {
		if i == shown {
			names = append(names, fmt.Sprintf("and %d more", len(failed)-shown))
			break
		}
		names = append(names, store.Name)
	}
	what := "1 store could not be read completely: "
	if len(failed) > 1 {
		what = fmt.Sprintf("%d stores could not be read completely: ", len(failed))
	}
	return what + strings.Join(names, ", ") + "."
}

// settleOpen writes down what came of lists that were not finished. keep leaves those alone that a run for the rest
// goes on with.
func (m *machine) settleOpen(keep bool) {
	for _, t := range m.Tasks {
		if !t.open() || keep && !essential(t.List.Kind) || !m.listing(t.List).started() {
			continue
		}
		l := m.listing(t.List)
		l.giveUp("The sync ended before this list did.")
		m.finish(t, l)
	}
}

// leftover is what a run for the rest goes on with.
type leftover struct {
	stores   []org.RemoteStore
	tasks    []*task
	pages    []org.Page
	denied   map[org.ListKind]string
	doubtful map[org.ListKind]bool
	ending   ending
	lost     int
	sweep    bool           // tokens are left that were not tried
	since    org.SnapshotID // in or after this snapshot
}

// carry gathers the lists that are still open when the accesses are settled, with the pages that came of them.
func (m *machine) carry() leftover {
	switch {
	case m.Ending == nil:
		return leftover{}
	case m.Ending.Halted:
		return leftover{stores: m.Stores, ending: *m.Ending, lost: m.Lost}
	}
	rest := leftover{stores: m.Stores, denied: m.Denied, doubtful: m.Doubtful, ending: *m.Ending, lost: m.Lost}
	for _, t := range m.Tasks {
		if t.open() && !essential(t.List.Kind) {
			rest.tasks = append(rest.tasks, &task{List: t.List})
			rest.pages = append(rest.pages, m.kept[t.List]...)
		}
	}
	return rest
}

// adopt makes this machine go on with the rest of another run.
func (m *machine) adopt(rest leftover) {
	m.Rest, m.Inherit, m.Lost = true, &rest.ending, rest.lost
	m.Stores, m.Tasks, m.Denied, m.Doubtful, m.Listed = rest.stores, rest.tasks, rest.denied, rest.doubtful, true
	m.Sweep = rest.since
	m.index()
	for _, page := range rest.pages {
		if l := m.listing(page.List); l.expects(page) {
			m.addTo(l, page)
		}
	}
}
