package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"

	"rollcall/internal/org"
)

// Matrix is a window of users by stores: the users by the query's filter, sort and place, the stores that the query
// wants by name, from position storesFrom (0 is the first) on, no more than stores.
func (db *DB) Matrix(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, storesFrom, stores int) (m org.Matrix, err error) {
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil {
		return m, err
	}
	list, err := v.userList(ctx, q)
	if err != nil {
		return m, err
	}
	p, err := list.window(q)
	if err != nil {
		return m, err
	}
	places := list.places[p.from:p.to]
	if m.Users, err = v.userRows(ctx, list.userTable, places, q); err != nil {
		return m, err
	}
	shown, err := v.matrixStores(ctx, q, storesFrom, stores, &m)
	if err != nil {
		return m, err
	}
	m.UsersTotal, m.Next, m.Prev = len(list.places), p.next, p.prev
	m.Cells, err = v.cells(ctx, places, shown, q)
	return m, err
}

// matrixStores chooses the columns and returns them by their place in the store table.
func (v *view) matrixStores(ctx context.Context, q org.Query, from, n int, m *org.Matrix) (map[int32]bool, error) {
	table, err := v.stores(ctx)
	if err != nil {
		return nil, err
	}
	marks, err := v.storeFilter(ctx, q)
	if err != nil {
		return nil, err
	}
	var list []org.Store
	for i := range table.rows {
		if marks == nil || marks[i] {
			list = append(list, table.rows[i].Store)
		}
	}
	sorted(list, storeColumns[0], false)
	m.StoresAll = len(list)
	m.StoresFrom = min(max(0, from), max(0, len(list)-1))
	m.Stores = list[m.StoresFrom:min(len(list), m.StoresFrom+max(0, n))]
	shown := map[int32]bool{}
	for _, s := range m.Stores {
		shown[int32(table.index(s.ID))] = true
	}
	return shown, v.label(ctx, m.Stores)
}

// cells fills in what the users of the window may do in its stores.
func (v *view) cells(ctx context.Context, users []int32, shown map[int32]bool, q org.Query) (map[org.UserID]map[org.StoreID]org.MatrixCell, error) {
	accesses, err := v.accesses(ctx)
	if err != nil {
		return nil, err
	}
	stores, err := v.stores(ctx)
	if err != nil {
		return nil, err
	}
	var rows []int32
	for _, user := range users {
		for _, at := range accesses.of(int(user)) {
			if shown[accesses.rows[at].store] {
				rows = append(rows, at)
			}
		}
	}
	logins, err := v.loginsOf(ctx, rows)
	if err != nil {
		return nil, err
	}
	cells := map[org.UserID]map[org.StoreID]org.MatrixCell{}
	for i, at := range rows {
		a := &accesses.rows[at]
		store, r := &stores.rows[a.store], accesses.words.rights[a.set]
		if cells[a.id] == nil {
			cells[a.id] = map[org.StoreID]org.MatrixCell{}
		}
		cells[a.id][store.ID] = org.MatrixCell{
			Role: r.role, Privileged: r.privileged,
			Login: loginState(logins[i], store.since(q.Threshold(v.settings))),
		}
	}
	return cells, nil
}

var qLoginsOf = query(`SELECT ` + lastLogin + ` FROM
  (SELECT key, value ->> 0 store_id, value ->> 1 user_id FROM json_each(?1)) a WHERE ?2 > 0 ORDER BY a.key`)

// loginsOf are the last sign-ins of some rows of the access table.
func (v *view) loginsOf(ctx context.Context, rows []int32) ([]int64, error) {
	logins := make([]int64, len(rows))
	if v.newest || v.image.logins.loaded() {
		all, err := v.logins(ctx)
		for i, at := range rows {
			if err == nil {
				logins[i] = all[at]
			}
		}
		return logins, err
	}
	accesses, err := v.accesses(ctx)
	if err != nil {
		return nil, err
	}
	stores, err := v.stores(ctx)
	if err != nil {
		return nil, err
	}
	pairs := make([][2]int64, len(rows))
	for i, at := range rows {
		pairs[i] = [2]int64{int64(stores.rows[accesses.rows[at].store].ID), int64(accesses.rows[at].id)}
	}
	text, err := json.Marshal(pairs)
	if err != nil {
		return nil, err
	}
	list, err := all(ctx, v.db.reader, scalar[sql.NullInt64], qLoginsOf, string(text), v.snapshot.ID)
	for i, at := range list {
		logins[i] = loginSeconds(at)
	}
	return logins, err
}
