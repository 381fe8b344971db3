package sqlite

import (
	"context"
	"database/sql"
	"time"

	"rollcall/internal/org"
)

var qLastIDs = query(`SELECT (SELECT coalesce(max(id), 0) FROM person), (SELECT coalesce(max(id), 0) FROM permission_set)`)

// everything is a lexicon that reaches to the newest ids.
func (db *DB) everything(ctx context.Context, q querier) (lexicon, error) {
	last, err := one(ctx, q, func(rows *sql.Rows) (ids [2]int64, err error) {
		err = rows.Scan(&ids[0], &ids[1])
		return ids, err
	}, qLastIDs)
	if err != nil {
		return lexicon{}, err
	}
	return db.lexicon(ctx, q, last[0], last[1])
}

// prepare readies a read of accesses whose names come from memory.
func (v *view) prepare(ctx context.Context, q org.Query) (*stream, error) {
	st := &stream{view: v, tx: v.db.reader, q: q}
	words, err := v.db.everything(ctx, st.tx)
	if err != nil {
		return nil, err
	}
	filter := newPersonFilter(q)
	filter.users = nil
	st.names = func(id int64) *person { return &words.people[id] }
	if !filter.any() {
		st.people = func(id int64) bool { return filter.match(0, &words.people[id]) }
	}
	for _, step := range []func(context.Context) error{st.prepareStores, st.prepareSets, st.prepareApps, st.prepareUsers} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return st, nil
}

// collect reads the accesses that meet a query, in the order of store and user.
func (v *view) collect(ctx context.Context, q org.Query) (st *stream, list []ref, err error) {
	if st, err = v.prepare(ctx, q); err != nil {
		return nil, nil, err
	}
	err = st.rows(ctx, func(a *ref) error { list = append(list, *a); return nil })
	return st, list, err
}

// Accesses lists accesses, usually those of one store: every condition of the query must hold for the access itself,
// a sign-in counted back from the time at which its store was read. Columns to sort by: default (store and user),
// name, email, store, role, privileged, sensitive, status, login, first-seen.
func (db *DB) Accesses(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.AccessPage, error) {
	order, err := columnOf(refColumns, q.Sort)
	if err != nil {
		return org.AccessPage{}, err
	}
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil || v.snapshot.ID == 0 {
		return org.AccessPage{}, err
	}
	st, list, err := v.collect(ctx, q)
	if err != nil {
		return org.AccessPage{}, err
	}
	places := st.order(list, order)
	p, err := pageOf(len(places), func(i int) sortKey { return st.key(&list[places[i]], order) }, "accesses."+order.name, q)
	if err != nil {
		return org.AccessPage{}, err
	}
	shown := make([]ref, 0, p.to-p.from)
	for _, place := range places[p.from:p.to] {
		shown = append(shown, list[place])
	}
	rows, err := st.accessRows(ctx, shown)
	return org.AccessPage{Rows: rows, Total: len(list), From: p.first(), Next: p.next, Prev: p.prev}, err
}

// EachAccess hands out whole rows of the accesses that meet the query; EachAccessRef is the faster way.
func (db *DB) EachAccess(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, row func(org.AccessRow) error) error {
	order, err := columnOf(refColumns, q.Sort)
	if err != nil {
		return err
	}
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil || v.snapshot.ID == 0 {
		return err
	}
	st, err := v.prepare(ctx, q)
	if err != nil {
		return err
	}
	fill, err := st.filler(ctx, nil)
	if err != nil {
		return err
	}
	if order.key == nil {
		st.tx = db.exports
		return st.rows(ctx, func(a *ref) error { return row(fill(a)) })
	}
	var list []ref
	if err := st.rows(ctx, func(a *ref) error { list = append(list, *a); return nil }); err != nil {
		return err
	}
	for _, i := range st.order(list, order) {
		if err := row(fill(&list[i])); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// accessRows fills the rows of a page.
func (st *stream) accessRows(ctx context.Context, list []ref) ([]org.AccessRow, error) {
	fill, err := st.filler(ctx, list)
	if err != nil {
		return nil, err
	}
	rows := make([]org.AccessRow, len(list))
	for i := range list {
		rows[i] = fill(&list[i])
	}
	return rows, nil
}

var (
	qUserKeys   = query(`SELECT id, api_id FROM user WHERE account_id = ?1 AND ?2 IS NULL`)
	qUserKeysOf = query(`SELECT id, api_id FROM user WHERE +account_id = ?1 AND id IN (SELECT value FROM json_each(?2))`)
)

// filler turns accesses into rows. list names those that will come, nil when any may.
func (st *stream) filler(ctx context.Context, list []ref) (func(*ref) org.AccessRow, error) {
	var ids, sets any
	if list != nil {
		users, appSets := make([]org.UserID, len(list)), make([]int64, len(list))
		for i := range list {
			users[i], appSets[i] = list[i].User, list[i].Apps
		}
		ids, sets = idList(users), idList(appSets)
	}
	keys, text := map[org.UserID]string{}, qUserKeys
	if ids != nil {
		text = qUserKeysOf
	}
	err := each(ctx, st.tx, func(rows *sql.Rows) error {
		var id org.UserID
		var key string
		err := rows.Scan(&id, &key)
		keys[id] = key
		return err
	}, text, st.scope.Account, ids)
	if err != nil {
		return nil, err
	}
	lists, err := appLists(ctx, st.tx, st.snapshot, sets)
	if err != nil {
		return nil, err
	}
	apps := map[int64]appList{}
	for _, list := range lists {
		apps[list.id] = list
	}
	return func(a *ref) org.AccessRow { return st.accessRow(a, keys[a.User], apps[a.Apps]) }, nil
}

// appsState tells how well the apps of the access are known. Even who may open none has a set, so where none is recorded
// the store's read did not hold this user: they are no more known than before it.
func (a *ref) appsState(store *storeEntry) org.FacetState {
	state := store.Facet(org.FacetUserApps).State
	if a.Apps == 0 && state == org.FacetComplete {
		return org.FacetPending
	}
	return state
}

func (st *stream) accessRow(a *ref, key string, apps appList) org.AccessRow {
	store, r := st.store(a.Store), &st.words.rights[a.Set]
	row := org.AccessRow{
		User: a.User, Store: a.Store, StoreHash: store.Hash, StoreName: store.Name, StoreAPIID: store.APIID,
		Role: r.role, Apps: apps.apps, AppsMore: apps.more, AppsState: a.appsState(store),
		Login: loginState(a.LastLogin, store.since(st.q.Threshold(st.settings))), ReadAt: store.Facet(org.FacetAccesses).ReadAt, Unseen: a.unseen,
	}
	row.StoreUser = org.StoreUser{
		Identity: st.names(a.Person).identity(key), RightsRead: r.read, Status: a.Status,
		LastLogin: loginMoment(a.LastLogin), UpdatedAt: loginMoment(a.Updated),
	}
	if r.read {
		row.Permissions = st.words.set(a.Set)
	}
	if a.FirstSeen > 0 {
		row.FirstSeen = time.UnixMilli(a.FirstSeen * 1000).UTC()
	}
	return row
}
