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
	firsts                         []int32 // the first webhook of each client
}

func (t *tally) add(k *hookKey, at int32) {
	t.hooks++
	t.down += int(number(k.down))
	t.blocked += int(number(k.blocked))
	t.stores.add(k.place)
	t.hosts.add(k.host)
	t.events.add(k.event)
	if t.clients.add(k.client) {
		t.firsts = append(t.firsts, at)
	}
}

// tallies sums up the marked webhooks by a number of theirs; nil marks mean all.
func (a *acting) tallies(groups int, marked []bool, group func(*hookKey) int32) []tally {
	list := make([]tally, groups)
	for i := range a.keys {
		if marked == nil || marked[i] {
			k := &a.keys[i]
			list[group(k)].add(k, int32(i))
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
	for i, t := range a.tallies(len(a.names.hosts.list), a.marks(&f, q), func(k *hookKey) int32 { return k.host }) {
		if name := a.names.hosts.list[i]; t.hooks > 0 && search.found(strings.ToLower(name)) {
			list = append(list, a.hostRow(name, t, seen))
		}
	}
	slices.SortFunc(list, func(a, b org.HostRow) int { return cmp.Compare(a.Host, b.Host) })
	return list, nil
}

func (a *acting) hostRow(name string, t tally, seen map[string]int64) org.HostRow {
	first := &a.hooks.rows[t.firsts[0]]
	row := org.HostRow{
		Host: name, Stores: t.stores.count(), Hooks: t.hooks, Down: t.down, Blocked: t.blocked,
		Approved: first.Approved, FirstSeen: fromMillis(seen[first.Host]),
	}
	if first.Host == "" || row.FirstSeen.IsZero() {
		row.FirstSeen = first.FirstSeen
	}
	for _, approved := range a.reg.hosts {
		if approved.Covers(name) && row.Note == "" {
			row.Note = approved.Note
		}
	}
	t.events.each(func(event int32) { row.Events = append(row.Events, a.names.events.list[event]) })
	slices.Sort(row.Events)
	row.Clients = make([]org.TokenRef, len(t.firsts))
	for i, at := range t.firsts {
		row.Clients[i] = a.hooks.rows[at].Through
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
	for i, t := range a.tallies(len(a.names.events.list), a.marks(&f, q), func(k *hookKey) int32 { return k.event }) {
		if name := a.names.events.list[i]; t.hooks > 0 && search.found(strings.ToLower(name)) {
			list = append(list, org.EventRow{Scope: name, Hooks: t.hooks, Stores: t.stores.count(), Hosts: t.hosts.count(), Down: t.down})
		}
	}
	slices.SortFunc(list, func(a, b org.EventRow) int { return cmp.Compare(a.Scope, b.Scope) })
	return list, nil
}
