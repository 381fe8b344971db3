package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"

	"rollcall/internal/org"
)

// holdersNamed is how many of those who may open an app are named for each store.
const holdersNamed = 3

var appStoreColumns = []column[org.AppStore]{
	{"name", nil, func(s org.AppStore) sortKey { return sortKey{text: strings.ToLower(s.Name), id: int64(s.ID)} }},
	{"users", nil, func(s org.AppStore) sortKey { return sortKey{num: int64(s.Users), id: int64(s.ID)} }},
	{"has", nil, func(s org.AppStore) sortKey { return sortKey{num: int64(s.Has), id: int64(s.ID)} }},
	{"since", nil, func(s org.AppStore) sortKey { return sortKey{num: max(0, s.Since.UnixMilli()), id: int64(s.ID)} }},
}

// App shows one app with one page of stores: those that have it first, unless the query sorts by name, has, users or
// since. Store, label, search (name or hash) and state (yes, no, unknown) filter the stores. An app that was not seen by
// the snapshot is a NotFound error, like one outside the scope.
func (db *DB) App(ctx context.Context, scope org.Scope, id org.AppID, q org.Query, s org.Settings) (d org.AppDetail, err error) {
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil {
		return d, err
	}
	t, err := v.appTable(ctx, org.Query{})
	if err != nil {
		return d, err
	}
	place, known := t.places[int64(id)]
	if !known || t.rows[place].ID == 0 {
		return d, org.NotFound("app")
	}
	d.AppRow = t.rows[place].AppRow
	all, err := v.appStores(ctx, t, place)
	if err != nil {
		return d, err
	}
	for _, store := range all {
		d.With += int(number(store.Has == org.Yes))
		d.Without += int(number(store.Has == org.No))
	}
	if d.List, err = v.appStorePage(ctx, t, place, all, q); err != nil {
		return d, err
	}
	if d.Billed, err = v.billed(ctx, d.APIID); err != nil {
		return d, err
	}
	d.Timeline, err = v.timeline(ctx, org.Query{Apps: []string{d.APIID}})
	return d, err
}

// appStores are all stores with whether they have an app and how many may open it there.
func (v *view) appStores(ctx context.Context, t *appTable, app int32) ([]org.AppStore, error) {
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
	list := make([]org.AppStore, len(stores.rows))
	for i := range stores.rows {
		s := &list[i]
		s.Store, s.Has, s.Read = stores.rows[i].Store, t.stores[i].has(app), stores.rows[i].Facet(org.FacetApps)
		of := t.usersOf(accesses, sets, i, func(held int32) { s.Users += int(number(held == app)) })
		s.UsersRead = of.usersRead()
	}
	return list, nil
}

// appStorePage is the page of stores that a query wants.
func (v *view) appStorePage(ctx context.Context, t *appTable, app int32, all []org.AppStore, q org.Query) (page org.AppStorePage, err error) {
	if q.Sort == "" {
		q.Sort, q.Desc = "has", true
	}
	c, err := columnOf(appStoreColumns, q.Sort)
	if err != nil {
		return page, err
	}
	if err := knownStates(q.States, []string{"yes", "no", "unknown"}); err != nil {
		return page, err
	}
	marks, err := v.storeFilter(ctx, q)
	if err != nil {
		return page, err
	}
	if err := v.appSince(ctx, t.rows[app].ID, all); err != nil {
		return page, err
	}
	search := strings.ToLower(strings.TrimSpace(q.Search))
	var list []org.AppStore
	for i, s := range all {
		if (marks == nil || marks[i]) && (strings.Contains(strings.ToLower(s.Name), search) || strings.Contains(s.Hash, search)) &&
			(len(q.States) == 0 || slices.Contains(q.States, s.Has.String())) {
			list = append(list, s)
		}
	}
	sorted(list, c, q.Desc)
	p, err := pageOf(len(list), func(i int) sortKey { return c.key(list[i]) }, "app."+c.name, q)
	if err != nil {
		return page, err
	}
	page = org.AppStorePage{Rows: list[p.from:p.to], Total: len(list), From: p.first(), Next: p.next, Prev: p.prev}
	return page, v.nameHolders(ctx, t, app, page.Rows)
}

var qAppCame = query(`SELECT c.store_id, max(c.seen_at) FROM change c INDEXED BY change_app
  WHERE c.app_id = ?1 AND c.snapshot_id <= ?2 AND c.user_id IS NULL AND c.kind = ?3 GROUP BY c.store_id`)

// appSince fills in when stores were seen to have got an app.
func (v *view) appSince(ctx context.Context, app org.AppID, list []org.AppStore) error {
	places := map[org.StoreID]int{}
	for i := range list {
		if list[i].Has == org.Yes {
			places[list[i].ID] = i
		}
	}
	err := each(ctx, v.db.reader, func(rows *sql.Rows) error {
		var store sql.NullInt64
		var at sql.NullInt64
		err := rows.Scan(&store, &at)
		if i, wanted := places[org.StoreID(store.Int64)]; wanted && err == nil {
			list[i].Since = moment(at)
		}
		return err
	}, qAppCame, app, v.snapshot.ID, kindNumber["app_gained"])
	return err
}

// nameHolders names the first of those who may open an app in some stores.
func (v *view) nameHolders(ctx context.Context, t *appTable, app int32, list []org.AppStore) error {
	stores, err := v.stores(ctx)
	if err != nil {
		return err
	}
	accesses, err := v.accesses(ctx)
	if err != nil {
		return err
	}
	sets, err := v.apps(ctx)
	if err != nil {
		return err
	}
	for i := range list {
		s := &list[i]
		var people []int32
		place := stores.index(s.ID)
		for at := accesses.byStore[place]; at < accesses.byStore[place+1]; at++ {
			if t.sets[sets[at]].has(app) == org.Yes {
				people = append(people, accesses.rows[at].person)
			}
		}
		slices.SortFunc(people, func(a, b int32) int {
			return cmp.Compare(accesses.words.people[a].name, accesses.words.people[b].name)
		})
		for _, person := range people[:min(holdersNamed, len(people))] {
			who := accesses.words.people[person].identity("")
			s.Names = append(s.Names, who.Name())
		}
	}
	return nil
}
