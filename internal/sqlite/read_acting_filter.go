package sqlite

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"rollcall/internal/org"
)

// actingView is the view of a query with what acts on its stores.
func (db *DB) actingView(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, fixed bool) (*view, *acting, error) {
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil {
		return nil, nil, err
	}
	a, err := v.acting(ctx, fixed)
	return v, a, err
}

// actingFilter holds the conditions that webhooks, API accounts and unknown clients share.
type actingFilter struct {
	words  []string
	stores []bool // by place; nil: any, also none
}

func (v *view) actingFilter(ctx context.Context, q org.Query) (f actingFilter, err error) {
	f.words = strings.Fields(strings.ToLower(q.Search))
	f.stores, err = v.storeFilter(ctx, q)
	return f, err
}

func (f *actingFilter) inStore(place int32) bool {
	return f.stores == nil || place >= 0 && f.stores[place]
}

// found tells whether every word that is searched occurs in a folded text.
func (f *actingFilter) found(text string) bool {
	for _, word := range f.words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// wanted tells whether a list of a query wants an item; an empty one wants all.
func wanted[T comparable](list []T, item T) bool {
	return len(list) == 0 || slices.Contains(list, item)
}

// marks marks the webhooks that a query wants; nil when it wants all. Search looks into destination, event scope, store,
// client and token.
func (a *acting) marks(f *actingFilter, q org.Query) []bool {
	states, blocked := a.stateMarks(q.States)
	hosts, events, clients := a.names.hosts.marks(q.Hosts), a.names.events.marks(q.Events), a.names.clients.marks(q.Clients)
	entries := a.entryMarks(q.Through)
	if f.stores == nil && len(f.words) == 0 && states == nil && hosts == nil && events == nil && clients == nil && entries == nil &&
		q.Approved == org.Unknown {
		return nil
	}
	has := func(list []bool, n int32) bool { return list == nil || list[n] }
	marked := make([]bool, len(a.keys))
	for i := range a.keys {
		k := &a.keys[i]
		marked[i] = f.inStore(k.place) && (has(states, k.state) || blocked && k.blocked) && has(hosts, k.host) && has(events, k.event) &&
			has(clients, k.client) && has(entries, k.entry) && (q.Approved == org.Unknown || k.approved == q.Approved) &&
			(len(f.words) == 0 || f.found(a.hooks.rows[i].text))
	}
	return marked
}

// marks marks the names in a list, in which hosts are folded; nil when the list is empty.
func (n *numbering) marks(wanted []string) []bool {
	if len(wanted) == 0 {
		return nil
	}
	marked := make([]bool, len(n.list))
	for i, name := range n.list {
		marked[i] = slices.Contains(wanted, name) || slices.Contains(wanted, strings.ToLower(name))
	}
	return marked
}

// stateMarks marks the states that a query names, and tells whether blocked webhooks are wanted in any state.
func (a *acting) stateMarks(words []string) (marked []bool, blocked bool) {
	if marked = a.names.states.marks(words); marked == nil {
		return nil, false
	}
	for i, state := range a.names.states.list {
		marked[i] = marked[i] || slices.Contains(words, org.StateDown) && org.HookState(state).Down()
	}
	return marked, slices.Contains(words, org.StateBlocked)
}

func (a *acting) entryMarks(ids []org.APIAccountID) []bool {
	if len(ids) == 0 {
		return nil
	}
	marked := make([]bool, len(a.entries.rows))
	for i := range a.entries.rows {
		marked[i] = slices.Contains(ids, a.entries.rows[i].ID)
	}
	return marked
}

// matchEntry tells which API accounts a query wants: by words of their columns, store, label, state, client, number,
// and kind.
func (f *actingFilter) matchEntry(q org.Query) func(*entryRow) bool {
	return func(e *entryRow) bool {
		return f.inStore(e.place) && wanted(q.States, e.Proof.State.Word()) && wanted(q.Clients, e.ClientID) &&
			wanted(q.Through, e.ID) && wanted(q.Kinds, string(e.Kind)) && f.found(e.text)
	}
}

// stateOrder puts what needs a look first.
var stateOrder = []org.HookState{org.HookDeactivated, org.HookInactive, org.HookOff}

func hookUrgency(h *hookRow) int64 {
	if i := slices.Index(stateOrder, h.State()); i >= 0 {
		return int64(i)
	}
	switch {
	case h.Blocked != nil:
		return 3
	case h.State() == org.HookActive:
		return 6
	case h.State() == org.HookUnknown:
		return 5
	}
	return 4 // a word that is new to Rollcall
}

func hookText(text func(*hookRow) string) func(*hookRow) sortKey {
	return func(h *hookRow) sortKey { return sortKey{text: strings.ToLower(text(h)), id: int64(h.ID)} }
}

func hookNumber(n func(*hookRow) int64) func(*hookRow) sortKey {
	return func(h *hookRow) sortKey { return sortKey{num: n(h), id: int64(h.ID)} }
}

// hookColumns are those to sort webhooks by.
var hookColumns = []column[*hookRow]{
	{"state", nil, hookNumber(hookUrgency)},
	{"event", []string{"scope"}, hookText(func(h *hookRow) string { return h.Scope })},
	{"host", nil, hookText(func(h *hookRow) string { return h.Host })},
	{"destination", nil, hookText(func(h *hookRow) string { return h.Destination })},
	{"store", nil, hookText(func(h *hookRow) string { return h.StoreName })},
	{"client", nil, hookText(func(h *hookRow) string { return h.ClientID })},
	{"through", nil, hookText(func(h *hookRow) string { return h.Through.Label })},
	{"approved", nil, hookNumber(func(h *hookRow) int64 { return int64(h.Approved) })},
	{"told", []string{"emails"}, hookNumber(func(h *hookRow) int64 { return int64(len(h.Emails)) })},
	{"created", nil, hookNumber(func(h *hookRow) int64 { return h.CreatedAt.At.Unix() })},
	{"updated", nil, hookNumber(func(h *hookRow) int64 { return h.UpdatedAt.At.Unix() })},
	{"first-seen", []string{"first_seen"}, hookNumber(func(h *hookRow) int64 { return h.FirstSeen.UnixMilli() })},
	{"read", []string{"read-at", "read_at"}, hookNumber(func(h *hookRow) int64 { return h.ReadAt.UnixMilli() })},
	{"down-since", []string{"down_since"}, hookNumber(func(h *hookRow) int64 { return h.DownSince.UnixMilli() })},
}

func entryText(text func(*entryRow) string) func(*entryRow) sortKey {
	return func(e *entryRow) sortKey { return sortKey{text: strings.ToLower(text(e)), id: int64(e.ID)} }
}

func entryNumber(n func(*entryRow) int64) func(*entryRow) sortKey {
	return func(e *entryRow) sortKey { return sortKey{num: n(e), id: int64(e.ID)} }
}

// entrySorts are the columns to sort API accounts by.
var entrySorts = []column[*entryRow]{
	{"name", nil, entryText(func(e *entryRow) string { return e.Label() })},
	{"store", nil, entryText(func(e *entryRow) string { return cmp.Or(e.StoreName, e.StoreHash) })},
	{"kind", nil, entryText(func(e *entryRow) string { return string(e.Kind) })},
	{"client", nil, entryText(func(e *entryRow) string { return e.ClientID })},
	{"state", nil, entryText(func(e *entryRow) string { return e.Proof.State.Word() })},
	{"hooks", []string{"webhooks"}, entryNumber(func(e *entryRow) int64 { return int64(e.Hooks) })},
	{"down", nil, entryNumber(func(e *entryRow) int64 { return int64(e.HooksDown) })},
	{"scopes", nil, entryNumber(func(e *entryRow) int64 { return int64(len(e.Proof.Scopes)) })},
	{"owner", nil, entryText(func(e *entryRow) string { return e.Owner })},
	{"purpose", nil, entryText(func(e *entryRow) string { return e.Purpose })},
	{"system", nil, entryText(func(e *entryRow) string { return e.System })},
	{"created", nil, entryText(func(e *entryRow) string { return e.Created })},
	{"rotated", nil, entryText(func(e *entryRow) string { return e.Rotated })},
	{"review", []string{"review-due", "review_due"}, entryText(func(e *entryRow) string { return e.ReviewDue })},
	{"checked", []string{"verified"}, entryNumber(func(e *entryRow) int64 { return e.Proof.CheckedAt.UnixMilli() })},
	{"worked", nil, entryNumber(func(e *entryRow) int64 { return e.Proof.WorkedAt.UnixMilli() })},
	{"added", nil, entryNumber(func(e *entryRow) int64 { return e.AddedAt.UnixMilli() })},
}
