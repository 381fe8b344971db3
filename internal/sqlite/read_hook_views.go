package sqlite

import (
	"cmp"
	"context"
	"math/bits"
	"slices"
	"strings"

	"rollcall/internal/org"
)

// marks is a set of small numbers.
type marks []uint64

// add puts a number into the set and tells whether it is new there.
func (m *marks) add(i int32) bool {
	for int(i)/64 >= len(*m) {
		*m = append(*m, 0)
	}
	bit := uint64(1) << (i % 64)
	added := (*m)[i/64]&bit == 0
	(*m)[i/64] |= bit
	return added
}

func (m marks) count() (n int) {
	for _, word := range m {
		n += bits.OnesCount64(word)
	}
	return n
}

// each visits the numbers in ascending order.
func (m marks) each(visit func(int32)) {
	for i, word := range m {
		for ; word != 0; word &= word - 1 {
			visit(int32(i*64 + bits.TrailingZeros64(word)))
		}
	}
}

// tally is what the webhooks of a host, or of an event, add up to.
type tally struct {
	hooks, down, blocked           int
	stores, hosts, events, clients marks
	first                          *hookRow
	through                        []*hookRow // the first webhook of each client
}

func (t *tally) add(h *hookRow) {
	if t.hooks++; t.first == nil {
		t.first = h
	}
	t.down += int(number(h.State().Down()))
	t.blocked += int(number(h.Blocked != nil))
	t.stores.add(h.place)
	t.hosts.add(h.host)
	t.events.add(h.event)
	if t.clients.add(h.client) {
		t.through = append(t.through, h)
	}
}

// tallies sums up the webhooks that match by a number of theirs.
func (a *acting) tallies(groups int, match func(*hookRow) bool, group func(*hookRow) int32) []tally {
	list := make([]tally, groups)
	for i := range a.hooks.rows {
		if h := &a.hooks.rows[i]; match(h) {
			list[group(h)].add(h)
		}
	}
	return list
}

// HookHosts lists the hosts outside that receive events, by name; destinations without a host, such as cloud buses,
// stand for themselves. Search looks into the host; the other filters are those of Webhooks.
func (db *DB) HookHosts(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) ([]org.HostRow, error) {
	v, a, err := db.actingView(ctx, scope, q, s, false)
	if err != nil {
		return nil, err
	}
	f, err := v.actingFilter(ctx, org.Query{Stores: q.Stores, Labels: q.Labels})
	if err != nil {
		return nil, err
	}
	seen, err := v.hostsSeen(ctx)
	if err != nil {
		return nil, err
	}
	search, list := actingFilter{words: strings.Fields(strings.ToLower(q.Search))}, []org.HostRow{}
	for i, t := range a.tallies(len(a.names.hosts.list), f.matchHook(q), func(h *hookRow) int32 { return h.host }) {
		if name := a.names.hosts.list[i]; t.hooks > 0 && search.found(strings.ToLower(name)) {
			list = append(list, a.hostRow(name, t, seen))
		}
	}
	slices.SortFunc(list, func(a, b org.HostRow) int { return cmp.Compare(a.Host, b.Host) })
	return list, nil
}

func (a *acting) hostRow(name string, t tally, seen map[string]int64) org.HostRow {
	row := org.HostRow{
		Host: name, Stores: t.stores.count(), Hooks: t.hooks, Down: t.down, Blocked: t.blocked,
		Approved: t.first.Approved, FirstSeen: fromMillis(seen[t.first.Host]),
	}
	if t.first.Host == "" || row.FirstSeen.IsZero() {
		row.FirstSeen = t.first.FirstSeen
	}
	for _, approved := range a.reg.hosts {
		if approved.Covers(name) && row.Note == "" {
			row.Note = approved.Note
		}
	}
	t.events.each(func(event int32) { row.Events = append(row.Events, a.names.events.list[event]) })
	slices.Sort(row.Events)
	for _, h := range t.through {
		row.Clients = append(row.Clients, h.Through)
	}
	return row
}

// HookEvents lists the event scopes to which webhooks listen, by name. Search looks into the event; the other filters
// are those of Webhooks.
func (db *DB) HookEvents(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) ([]org.EventRow, error) {
	v, a, err := db.actingView(ctx, scope, q, s, false)
	if err != nil {
		return nil, err
	}
	f, err := v.actingFilter(ctx, org.Query{Stores: q.Stores, Labels: q.Labels})
	if err != nil {
		return nil, err
	}
	search, list := actingFilter{words: strings.Fields(strings.ToLower(q.Search))}, []org.EventRow{}
	for i, t := range a.tallies(len(a.names.events.list), f.matchHook(q), func(h *hookRow) int32 { return h.event }) {
		if name := a.names.events.list[i]; t.hooks > 0 && search.found(strings.ToLower(name)) {
			list = append(list, org.EventRow{Scope: name, Hooks: t.hooks, Stores: t.stores.count(), Hosts: t.hosts.count(), Down: t.down})
		}
	}
	slices.SortFunc(list, func(a, b org.EventRow) int { return cmp.Compare(a.Scope, b.Scope) })
	return list, nil
}
