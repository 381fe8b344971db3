package sqlite

import (
	"context"

	"rollcall/internal/org"
)

// AppMatrix is a window of apps by stores: the apps by the query's filter, sort and place, the stores that the query
// wants by name, from position storesFrom (0 is the first) on, no more than stores.
func (db *DB) AppMatrix(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, storesFrom, stores int) (m org.AppMatrix, err error) {
	t, list, c, err := db.appList(ctx, scope, q, s)
	if err != nil {
		return m, err
	}
	p, err := pageOf(len(list), func(i int) sortKey { return c.key(list[i]) }, "apps."+c.name, q)
	if err != nil {
		return m, err
	}
	for _, a := range list[p.from:p.to] {
		m.Apps = append(m.Apps, a.AppRow)
	}
	m.AppsTotal, m.Next, m.Prev = len(list), p.next, p.prev
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil {
		return m, err
	}
	var window org.Matrix
	if _, err = v.matrixStores(ctx, q, storesFrom, stores, &window); err != nil {
		return m, err
	}
	m.Stores, m.StoresFrom, m.StoresAll = window.Stores, window.StoresFrom, window.StoresAll
	m.Cells, err = v.appCells(ctx, t, m)
	return m, err
}

// appCells fills in where the apps of the window are and how many may open them there.
func (v *view) appCells(ctx context.Context, t *appTable, m org.AppMatrix) (map[org.AppID]map[org.StoreID]org.AppCell, error) {
	stores, err := v.stores(ctx)
	if err != nil {
		return nil, err
	}
	accesses, err := v.accesses(ctx)
	if err != nil {
		return nil, err
	}
	sets, err := v.apps(ctx)
	if err != nil {
		return nil, err
	}
	cells := map[org.AppID]map[org.StoreID]org.AppCell{}
	for _, app := range m.Apps {
		cells[app.ID] = map[org.StoreID]org.AppCell{}
	}
	for _, store := range m.Stores {
		place := stores.index(store.ID)
		users, read := t.holdersIn(accesses, sets, place)
		for _, app := range m.Apps {
			at := t.places[int64(app.ID)]
			cell := org.AppCell{Has: t.stores[place].has(at), Users: users[at], UsersRead: read}
			if cell.Has != org.No || cell.Users > 0 {
				cells[app.ID][store.ID] = cell
			}
		}
	}
	return cells, nil
}

// holdersIn counts by the place of an app who may open it in a store, and tells whether the apps of all its users were read.
func (t *appTable) holdersIn(accesses *accessTable, sets []int32, store int) (map[int32]int, org.Tri) {
	users := map[int32]int{}
	of := t.usersOf(accesses, sets, store, func(app int32) { users[app]++ })
	return users, of.usersRead()
}
