package sqlite

import (
	"context"
	"slices"
	"sync"
	"time"

	"rollcall/internal/org"
)

// acting is what acts on the stores of a snapshot as far as the register lets us see it: webhooks, API accounts and how
// much of each store is covered. It never changes; another register makes another one.
type acting struct {
	reg      *registry
	until    time.Time // when the snapshot stopped being the newest; zero: it is
	hooks    ordered[hookRow]
	keys     []hookKey // of hooks, in their order
	entries  ordered[entryRow]
	places   map[org.WebhookID]int // of hooks
	stores   []org.StoreCoverage   // in the order of the store table
	byName   []int32               // of stores
	foreign  []foreignRow
	coverage org.Coverage
	names    names
	judged   judged
}

// names number the hosts, events, clients and states that occur, so that filters and counts need no texts.
type names struct{ hosts, events, clients, states numbering }

type numbering struct {
	list []string
	at   map[string]int32
}

func (n *numbering) of(text string) int32 {
	i, known := n.at[text]
	if !known {
		if n.at == nil {
			n.at = map[string]int32{}
		}
		i = int32(len(n.list))
		n.at[text], n.list = i, append(n.list, text)
	}
	return i
}

// hookRow is a webhook with its text for searches, folded.
type hookRow struct {
	org.WebhookRow
	text string
}

// hookKey is a webhook as numbers: all of them together fit into a processor's cache, the rows do not.
type hookKey struct {
	place, entry               int32 // in the store table, and in the entries
	host, event, client, state int32 // in names
	approved                   org.Tri
	down, blocked              bool
}

// entryRow is an entry of the register with what filters need.
type entryRow struct {
	org.APIAccount
	text   string
	place  int32 // in the store table, -1: none
	readAt time.Time
	read   bool // in the newest try
}

type foreignRow struct {
	org.ForeignClient
	place int32
}

// ordered keeps rows with the orders in which they were asked for.
type ordered[T any] struct {
	rows   []T
	mu     sync.Mutex
	orders map[string][]int32
}

// by is the ascending order of a column.
func (o *ordered[T]) by(c column[*T]) []int32 {
	o.mu.Lock()
	defer o.mu.Unlock()
	if order, known := o.orders[c.name]; known {
		return order
	}
	keys, order := make([]sortKey, len(o.rows)), make([]int32, len(o.rows))
	for i := range o.rows {
		keys[i], order[i] = c.key(&o.rows[i]), int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return keys[a].compare(keys[b]) })
	if o.orders == nil {
		o.orders = map[string][]int32{}
	}
	o.orders[c.name] = order
	return order
}

// in are the places of the marked rows in the order of a column; nil marks mean all. The list is not to be changed.
func (o *ordered[T]) in(c column[*T], desc bool, marked []bool) []int32 {
	order := o.by(c)
	if marked == nil && !desc {
		return order
	}
	list := make([]int32, 0, len(order))
	for _, at := range order {
		if marked == nil || marked[at] {
			list = append(list, at)
		}
	}
	if desc {
		slices.Reverse(list)
	}
	return list
}

// matching are the rows that match, in the order of a column.
func (o *ordered[T]) matching(c column[*T], desc bool, match func(*T) bool) []*T {
	order := o.by(c)
	list := make([]*T, 0, len(order))
	for i := range order {
		if desc {
			i = len(order) - 1 - i
		}
		if row := &o.rows[order[i]]; match(row) {
			list = append(list, row)
		}
	}
	return list
}

// acting reads what acts on the stores of the view's snapshot. fixed leaves out what verifications and sweeps showed
// after it was closed, for files; so do all snapshots but the newest.
func (v *view) acting(ctx context.Context, fixed bool) (*acting, error) {
	reg, err := v.register(ctx)
	if err != nil {
		return nil, err
	}
	if fixed && v.newest { // for a file, now and then: not worth the memory
		return v.makeActing(ctx, reg, true)
	}
	parts := &v.image.acting
	parts.mu.Lock()
	defer parts.mu.Unlock()
	if known := parts.made; known != nil && known.reg == reg {
		return known, nil
	}
	a, err := v.makeActing(context.WithoutCancel(ctx), reg, !v.newest) // others wait for the same piece
	if err == nil {
		parts.made = a
	}
	return a, err
}

func (v *view) makeActing(ctx context.Context, reg *registry, fixed bool) (*acting, error) {
	stores, err := v.stores(ctx)
	if err != nil {
		return nil, err
	}
	base, err := v.hookBase(ctx)
	if err != nil {
		return nil, err
	}
	a := &acting{reg: reg, places: map[org.WebhookID]int{}}
	if a.until, err = v.shownUntil(ctx); err != nil {
		return nil, err
	}
	var then map[org.APIAccountID]org.Proof
	if fixed {
		if then, err = v.proofsThen(ctx); err != nil {
			return nil, err
		}
	}
	m := &maker{acting: a, view: v, stores: stores, base: base, then: then, byHash: map[string]int32{}, rows: map[org.APIAccountID]int{}, client: map[clientKey]int{}}
	m.makeStores()
	m.makeEntries()
	m.makeHooks()
	m.makeForeign()
	m.sum()
	return a, nil
}
