package refresh

import (
	"slices"

	"rollcall/internal/org"
)

// Limits of patience with one list.
const (
	maxTriesRejected = 3
	fewLists         = 5 // so few open lists are given up one by one; more mean that BigCommerce is down
)

// refused is a request that the token may not make. Kinds that do not decide the snapshot are put aside and asked for
// alone once everything else is read, so that one missing scope is found out once and spoils nothing else.
func (m *machine) refused(asked []org.List, reason string) {
	kinds := kindsOf(asked)
	switch {
	case m.putAside(asked):
	case essential(kinds[0]):
		m.halt(reason)
	default:
		m.denyKind(kinds[0], reason)
	}
}

// putAside sets the kinds that do not decide the snapshot apart when several kinds were asked for together. It gives
// false when there is nothing left to set apart.
func (m *machine) putAside(asked []org.List) bool {
	kinds := kindsOf(asked)
	optional := slices.DeleteFunc(slices.Clone(kinds), essential)
	if len(kinds) < 2 || len(optional) == 0 {
		return false
	}
	for _, kind := range optional {
		m.doubt(kind)
	}
	return true
}

// kindsOf lists the kinds of lists, each once.
func kindsOf(lists []org.List) []org.ListKind {
	var kinds []org.ListKind
	for _, list := range lists {
		if !slices.Contains(kinds, list.Kind) {
			kinds = append(kinds, list.Kind)
		}
	}
	return kinds
}

func (m *machine) doubt(kind org.ListKind) {
	if m.Doubtful == nil {
		m.Doubtful = map[org.ListKind]bool{}
	}
	m.Doubtful[kind] = true
}

// rejected is a request that BigCommerce does not accept as it is. The tries let the reader ask for each list alone.
func (m *machine) rejected(asked []org.List, reason string) {
	if m.putAside(asked) {
		return
	}
	for _, list := range asked {
		t := m.tasks[list]
		if t == nil || !t.open() {
			continue
		}
		if t.Tries++; len(asked) == 1 {
			page := org.Page{List: list, After: m.listing(list).now().next, Total: -1, Problem: reason, Kind: org.KindRejected}
			t.Tries--
			m.trouble(t, page)
		} else if t.Tries >= maxTriesRejected {
			m.giveUpList(list, reason)
		}
	}
}

// failedTogether notes that a request for these lists was not answered, and gives up those that failed too often.
// The store list is never given up for that: without an answer to it BigCommerce is down.
func (m *machine) failedTogether(asked []org.List, reason string) (gaveUp bool) {
	for _, list := range asked {
		t := m.tasks[list]
		if t == nil || !t.open() {
			continue
		}
		t.Tries++
		enough := t.Tries >= maxTriesMany || len(asked) == 1 && t.Tries >= triesOf(list)
		if enough && list.Kind != org.ListStores {
			m.giveUpList(list, reason)
			gaveUp = true
		}
	}
	return gaveUp
}

// triesOf is how often a list is asked for alone. Subscriptions are the last of a sync: it does not wait long for them.
func triesOf(list org.List) int {
	if list.Kind == org.ListSubscriptions {
		return 2
	}
	return maxTries
}

// manyOpen tells whether so much is still to be read that silence means an outage.
func (m *machine) manyOpen() bool {
	stores := m.tasks[org.List{Kind: org.ListStores}]
	return m.openLists() > fewLists || stores != nil && stores.open()
}

// patient tells whether BigCommerce works so far and only few lists are left: then it is they that fail.
func (m *machine) patient() bool { return len(m.Answered) > 0 && m.openLists() <= fewLists }

func (m *machine) openLists() int {
	open := 0
	for _, t := range m.Tasks {
		if t.open() {
			open++
		}
	}
	return open
}

func (m *machine) giveUpList(list org.List, reason string) {
	t := m.tasks[list]
	if t == nil || !t.open() {
		return
	}
	l := m.listing(list)
	l.giveUp(reason)
	m.finish(t, l)
}
