package sqlite

import (
	"context"
	"strings"
	"time"

	"rollcall/internal/org"
)

// sum counts what is covered, of each store and of all.
func (m *maker) sum() {
	m.sumHooks()
	c, clients := &m.coverage, map[string]bool{}
	c.Stores = len(m.acting.stores)
	for i := range m.entries.rows {
		e := &m.entries.rows[i]
		if e.place >= 0 {
			m.acting.stores[e.place].Registered++
		}
		if !e.HasToken || e.AccountLevel() {
			continue
		}
		c.Tokens++
		if !e.readAt.IsZero() {
			clients[clientOf(e)] = true
			c.ReadFrom, c.ReadTo = earliest(c.ReadFrom, e.readAt), latest(c.ReadTo, e.readAt)
		}
		if e.read {
			c.TokensRead++
		}
		if failing(e.Proof.State) {
			c.Failing++
		}
		if e.place >= 0 {
			addToken(&m.acting.stores[e.place], e)
		}
	}
	c.Clients = len(clients)
	m.sumStores()
}

func (m *maker) sumHooks() {
	for i := range m.keys {
		k := &m.keys[i]
		e, s := &m.entries.rows[k.entry], &m.acting.stores[k.place]
		down := int(number(k.down))
		e.Hooks++
		s.Hooks++
		m.coverage.Hooks++
		e.HooksDown += down
		s.Down += down
		m.coverage.Down += down
		m.coverage.Blocked += int(number(k.blocked))
	}
}

func (m *maker) sumStores() {
	clients := map[string]bool{}
	for _, f := range m.foreign {
		m.acting.stores[f.place].Foreign++
		clients[f.ClientID] = true
	}
	m.coverage.Foreign = len(clients)
	for i := range m.acting.stores {
		if s := &m.acting.stores[i]; s.Tokens > 0 {
			m.coverage.WithToken++
			m.coverage.StoresRead += int(number(s.TokensRead == s.Tokens))
		}
	}
}

func addToken(s *org.StoreCoverage, e *entryRow) {
	s.Tokens++
	s.TokensRead += int(number(e.read))
	s.ReadAt = earliest(s.ReadAt, e.readAt)
}

// clientOf tells clients apart, also those whose ID nobody knows.
func clientOf(e *entryRow) string {
	switch {
	case e.ClientID != "":
		return e.ClientID
	case e.Proof.ClientID != "":
		return e.Proof.ClientID
	}
	return "\x00" + e.StoreHash + "\x00" + e.Name
}

// failing are the outcomes of a verification in which the token did not work.
func failing(s org.ProofState) bool {
	switch s {
	case org.ProofRevoked, org.ProofWrongStore, org.ProofSuspended, org.ProofUnreadable:
		return true
	}
	return false
}

// earliest and latest leave zero times out.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// HookCoverage says how much of the snapshot's truth the registered tokens show, whatever the query filters.
func (db *DB) HookCoverage(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.Coverage, error) {
	_, a, err := db.actingView(ctx, scope, q, s, false)
	if err != nil {
		return org.Coverage{}, err
	}
	return a.coverage, nil
}

// HooksRead is HookCoverage as files have it, with the stores that the query names of which not every token was read.
func (db *DB) HooksRead(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.Coverage, []org.StoreCoverage, error) {
	v, a, err := db.actingView(ctx, scope, q, s, true)
	if err != nil {
		return org.Coverage{}, nil, err
	}
	f, err := v.actingFilter(ctx, org.Query{Stores: q.Stores, Labels: q.Labels})
	if err != nil {
		return org.Coverage{}, nil, err
	}
	var failed []org.StoreCoverage
	for i, store := range a.stores {
		if f.inStore(int32(i)) && (store.Tokens == 0 || store.TokensRead < store.Tokens) {
			failed = append(failed, store)
		}
	}
	return a.coverage, failed, nil
}

// StoreCoverages says the same for each store, by name; search (name or hash), store and label filter them.
func (db *DB) StoreCoverages(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) ([]org.StoreCoverage, error) {
	v, a, err := db.actingView(ctx, scope, q, s, false)
	if err != nil {
		return nil, err
	}
	f, err := v.actingFilter(ctx, q)
	if err != nil {
		return nil, err
	}
	list := make([]org.StoreCoverage, 0, len(a.stores))
	for _, place := range a.byName {
		s := &a.stores[place]
		if f.inStore(place) && (len(f.words) == 0 || f.found(strings.ToLower(s.StoreName+"\n"+s.StoreHash))) {
			list = append(list, *s)
		}
	}
	return list, nil
}

// ForeignClients lists the client IDs that metafields name and no entry of the register has, by store; search (client
// or store), store, label and client filter them. Known apps are not told apart: the API does not name them.
func (db *DB) ForeignClients(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) ([]org.ForeignClient, error) {
	v, a, err := db.actingView(ctx, scope, q, s, false)
	if err != nil {
		return nil, err
	}
	f, err := v.actingFilter(ctx, q)
	if err != nil {
		return nil, err
	}
	var list []org.ForeignClient
	for i := range a.foreign {
		row := &a.foreign[i]
		text := strings.ToLower(strings.Join([]string{row.ClientID, row.App, row.StoreName, row.StoreHash}, "\n"))
		if f.inStore(row.place) && f.found(text) && wanted(q.Clients, row.ClientID) {
			list = append(list, row.ForeignClient)
		}
	}
	return list, nil
}
