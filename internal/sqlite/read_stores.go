package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"rollcall/internal/org"
)

var storeColumns = []column[org.Store]{
	{"name", nil, func(s org.Store) sortKey { return sortKey{text: strings.ToLower(s.Name), id: int64(s.ID)} }},
	{"hash", nil, func(s org.Store) sortKey { return sortKey{text: s.Hash, id: int64(s.ID)} }},
	{"accesses", nil, byCount(func(s org.Store) int { return s.Accesses })},
	{"privileged", nil, byCount(func(s org.Store) int { return s.Privileged })},
	{"owners", nil, byCount(func(s org.Store) int { return s.Owners })},
	{"inactive", nil, byCount(func(s org.Store) int { return s.Inactive })},
	{"never", nil, byCount(func(s org.Store) int { return s.Never })},
	{"unseen", nil, byCount(func(s org.Store) int { return s.Unseen })},
	{"changes", nil, byCount(func(s org.Store) int { return s.Changes30 })},
	{"first-seen", []string{"first_seen"}, func(s org.Store) sortKey {
		return sortKey{num: s.FirstSeen.UnixMilli(), id: int64(s.ID)}
	}},
	{"read", []string{"read-at", "read_at"}, func(s org.Store) sortKey {
		return sortKey{num: s.Facet(org.FacetAccesses).ReadAt.UnixMilli(), id: int64(s.ID)}
	}},
}

func byCount(count func(org.Store) int) func(org.Store) sortKey {
	return func(s org.Store) sortKey { return sortKey{num: int64(count(s)), id: int64(s.ID)} }
}

// Stores lists the stores that were there in the snapshot; store, label and search (name or hash) filter them.
// Columns to sort by: name, hash, accesses, privileged, owners, inactive, never, unseen, changes, first-seen, read.
func (db *DB) Stores(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.StorePage, error) {
	v, list, c, err := db.storeList(ctx, scope, q, s)
	if err != nil {
		return org.StorePage{}, err
	}
	p, err := pageOf(len(list), func(i int) sortKey { return c.key(list[i]) }, "stores."+c.name, q)
	if err != nil {
		return org.StorePage{}, err
	}
	rows := list[p.from:p.to:p.to]
	err = v.label(ctx, rows)
	return org.StorePage{Rows: rows, Total: len(list), From: p.first(), Next: p.next, Prev: p.prev}, err
}

// EachStore hands out what Stores lists.
func (db *DB) EachStore(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, row func(org.Store) error) error {
	v, list, _, err := db.storeList(ctx, scope, q, s)
	if err != nil {
		return err
	}
	if err := v.label(ctx, list); err != nil {
		return err
	}
	for _, store := range list {
		if err := row(store); err != nil {
			return err
		}
	}
	return nil
}

func (db *DB) storeList(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (v *view, list []org.Store, c column[org.Store], err error) {
	if c, err = columnOf(storeColumns, q.Sort); err != nil {
		return nil, nil, c, err
	}
	if v, err = db.view(ctx, scope, q.AsOf, s); err != nil {
		return nil, nil, c, err
	}
	if list, err = v.matchingStores(ctx, q); err != nil {
		return nil, nil, c, err
	}
	sorted(list, c, q.Desc)
	return v, list, c, nil
}

// matchingStores are the stores that a query wants, with their counts.
func (v *view) matchingStores(ctx context.Context, q org.Query) ([]org.Store, error) {
	marks, err := v.storeFilter(ctx, q)
	if err != nil {
		return nil, err
	}
	counted, err := v.countedStores(ctx, q.Threshold(v.settings))
	if err != nil {
		return nil, err
	}
	search := strings.ToLower(strings.TrimSpace(q.Search))
	var list []org.Store
	for i, s := range counted {
		if (marks == nil || marks[i]) && (strings.Contains(strings.ToLower(s.Name), search) || strings.Contains(s.Hash, search)) {
			list = append(list, s)
		}
	}
	return list, nil
}

// countedStores are all stores with what their accesses add up to, in the order of the store table.
func (v *view) countedStores(ctx context.Context, days int) ([]org.Store, error) {
	stores, err := v.stores(ctx)
	if err != nil {
		return nil, err
	}
	accesses, err := v.accesses(ctx)
	if err != nil {
		return nil, err
	}
	logins, err := v.logins(ctx)
	if err != nil {
		return nil, err
	}
	changes, err := v.changes30(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]org.Store, len(stores.rows))
	for i := range list {
		entry := &stores.rows[i]
		list[i] = entry.Store
		list[i].Changes30 = changes[entry.ID]
		from, to := accesses.byStore[i], accesses.byStore[i+1]
		count(&list[i], accesses.rows[from:to], logins[from:to], accesses.words, entry.since(days))
	}
	return list, nil
}

// count adds up the accesses of a store.
func count(s *org.Store, accesses []accessEntry, logins []int64, words lexicon, since int64) {
	s.Accesses = len(accesses)
	for i := range accesses {
		r := &words.rights[accesses[i].set]
		s.Privileged += int(number(r.privileged))
		s.Owners += int(number(r.role == org.RoleOwner))
		s.Unseen += int(number(accesses[i].unseen))
		switch loginState(logins[i], since) {
		case org.LoginNever:
			s.Never++
		case org.LoginInactive:
			s.Inactive++
		}
	}
}

var qStoreChanges = query(`SELECT store_id, count(*) FROM change
  WHERE account_id = ?1 AND snapshot_id > ?4 AND snapshot_id <= ?2 AND store_id IN ` + storesInScope + ` GROUP BY store_id`)

// changes30 counts the changes of each store in the 30 days before the snapshot.
func (v *view) changes30(ctx context.Context) (map[org.StoreID]int, error) {
	stores, err := v.stores(ctx)
	if err != nil {
		return nil, err
	}
	counts, err := v.image.changes.get(func() (*map[org.StoreID]int, error) {
		ctx := context.WithoutCancel(ctx)
		after, err := v.before(ctx, 30)
		if err != nil {
			return nil, err
		}
		counts := map[org.StoreID]int{}
		err = each(ctx, v.db.reader, func(rows *sql.Rows) error {
			var id org.StoreID
			var n int
			err := rows.Scan(&id, &n)
			counts[id] = n
			return err
		}, qStoreChanges, v.scope.Account, v.snapshot.ID, stores.ids(), after)
		return &counts, err
	})
	if err != nil {
		return nil, err
	}
	return *counts, nil
}

// before is the newest snapshot that was finished a number of days before this one, 0 when there is none.
func (v *view) before(ctx context.Context, days int) (org.SnapshotID, error) {
	s, err := one(ctx, v.db.reader, scanSnapshot, qSnapshotBefore, v.scope.Account, v.snapshot.Finished.AddDate(0, 0, -days).UnixMilli())
	if err != nil && !errors.Is(err, errNone) {
		return 0, err
	}
	return s.ID, nil
}

var qLabelsOf = query(`SELECT store_id, label FROM store_label WHERE store_id IN (SELECT value FROM json_each(?)) ORDER BY store_id, label`)

// label fills in the labels of stores, as they are now: labels have no history.
func (v *view) label(ctx context.Context, list []org.Store) error {
	ids := make([]org.StoreID, len(list))
	places := map[org.StoreID]int{}
	for i := range list {
		ids[i], places[list[i].ID] = list[i].ID, i
	}
	return each(ctx, v.db.reader, func(rows *sql.Rows) error {
		var id org.StoreID
		var label string
		err := rows.Scan(&id, &label)
		s := &list[places[id]]
		s.Labels = append(s.Labels, label)
		return err
	}, qLabelsOf, idList(ids))
}

var qStoreOnce = query(`SELECT s.id, s.api_id, s.hash, s.first_seen_at, v.name, v.valid_to,
    (SELECT finished_at FROM snapshot WHERE id = v.valid_to)
  FROM store s JOIN store_version v ON v.store_id = s.id
  WHERE s.account_id = ?1 AND s.id = ?4 AND s.id IN ` + storesInScope + ` AND v.valid_from <= ?2
  ORDER BY v.valid_from DESC LIMIT 1`)

// Store shows one store with its newest changes. A store that was gone by the snapshot is shown with GoneAt and
// without accesses; one that did not exist yet is a NotFound error, like one outside the scope.
func (db *DB) Store(ctx context.Context, scope org.Scope, id org.StoreID, q org.Query, s org.Settings) (d org.StoreDetail, err error) {
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil {
		return d, err
	}
	var validTo int64
	d.Store, err = one(ctx, db.reader, func(rows *sql.Rows) (s org.Store, err error) {
		var first int64
		var gone sql.NullInt64
		err = rows.Scan(&s.ID, &s.APIID, &s.Hash, &first, &s.Name, &validTo, &gone)
		s.FirstSeen, s.GoneAt = time.UnixMilli(first).UTC(), moment(gone)
		return s, err
	}, qStoreOnce, scope.Account, v.snapshot.ID, only(scope), id)
	if err != nil {
		return d, named("store", err)
	}
	if validTo > int64(v.snapshot.ID) {
		if d.Store, err = v.store(ctx, id, q); err != nil {
			return d, err
		}
	}
	labelled := []org.Store{d.Store}
	if err := v.label(ctx, labelled); err != nil {
		return d, err
	}
	d.Store = labelled[0]
	d.Timeline, err = v.timeline(ctx, org.Query{Stores: []string{d.Hash}})
	return d, err
}

// store is one store with its counts. A past snapshot that is not in memory need not be read whole for it.
func (v *view) store(ctx context.Context, id org.StoreID, q org.Query) (org.Store, error) {
	stores, err := v.stores(ctx)
	if err != nil {
		return org.Store{}, err
	}
	i := stores.index(id)
	if i < 0 {
		return org.Store{}, org.NotFound("store")
	}
	if v.newest || v.image.logins.loaded() {
		list, err := v.countedStores(ctx, q.Threshold(v.settings))
		if err != nil {
			return org.Store{}, err
		}
		return list[i], nil
	}
	s := stores.rows[i].Store
	err = v.countStore(ctx, &s, stores.rows[i].since(q.Threshold(v.settings)))
	return s, err
}

// countStore adds up the accesses of one store by reading only these.
func (v *view) countStore(ctx context.Context, s *org.Store, since int64) error {
	changes, err := v.changes30(ctx)
	if err != nil {
		return err
	}
	s.Changes30 = changes[s.ID]
	list, words, err := v.refs(ctx, org.Query{Stores: []string{s.Hash}})
	if err != nil {
		return err
	}
	entries, logins := make([]accessEntry, len(list)), make([]int64, len(list))
	for i, a := range list {
		entries[i], logins[i] = accessEntry{set: int32(a.Set), unseen: a.unseen}, a.LastLogin
	}
	count(s, entries, logins, words, since)
	return nil
}
