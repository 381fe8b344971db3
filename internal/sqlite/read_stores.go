package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"rollcall/internal/org"
)

var storeColumns = []column[org.Store]{
	{"name", nil, func(s org.Store) sortKey { return sortKey{text: strings.ToLower(s.Name), id: int64(s.ID)} }},
	{"hash", nil, func(s org.Store) sortKey { return sortKey{text: s.Hash, id: int64(s.ID)} }},
	{"first-seen", []string{"first_seen"}, func(s org.Store) sortKey {
		return sortKey{num: s.FirstSeen.UnixMilli(), id: int64(s.ID)}
	}},
	{"read", []string{"read-at", "read_at"}, func(s org.Store) sortKey {
		return sortKey{num: s.Facet(org.FacetAccesses).ReadAt.UnixMilli(), id: int64(s.ID)}
	}},
	{"accesses", nil, byCount(func(s org.Store) int { return s.Accesses })},
	{"privileged", nil, byCount(func(s org.Store) int { return s.Privileged })},
	{"owners", nil, byCount(func(s org.Store) int { return s.Owners })},
	{"inactive", nil, byCount(func(s org.Store) int { return s.Inactive })},
	{"never", nil, byCount(func(s org.Store) int { return s.Never })},
	{"unseen", nil, byCount(func(s org.Store) int { return s.Unseen })},
	{"changes", nil, byCount(func(s org.Store) int { return s.Changes30 })},
}

// uncounted tells whether stores can be put in order before anything of them is counted, signless whether before their
// sign-ins are.
func uncounted(c column[org.Store]) bool {
	return slices.Contains([]string{"name", "hash", "first-seen", "read"}, c.name)
}

func signless(c column[org.Store]) bool { return c.name != "inactive" && c.name != "never" }

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
	if signless(c) {
		if err := v.countStores(ctx, rows, q); err != nil {
			return org.StorePage{}, err
		}
	}
	err = v.label(ctx, rows)
	return org.StorePage{Rows: rows, Total: len(list), From: p.first(), Next: p.next, Prev: p.prev}, err
}

// EachStore hands out what Stores lists.
func (db *DB) EachStore(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, row func(org.Store) error) error {
	v, list, c, err := db.storeList(ctx, scope, q, s)
	if err != nil {
		return err
	}
	if signless(c) {
		if err := v.countStores(ctx, list, q); err != nil {
			return err
		}
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

// storeList is the sorted list of the stores that a query wants, counted when the order needs it.
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
	if !signless(c) {
		err = v.countStores(ctx, list, q)
	} else if !uncounted(c) {
		err = v.countRights(ctx, list, c)
	}
	if err != nil {
		return nil, nil, c, err
	}
	sorted(list, c, q.Desc)
	return v, list, c, nil
}

// matchingStores are the stores that a query wants, without their counts.
func (v *view) matchingStores(ctx context.Context, q org.Query) ([]org.Store, error) {
	stores, err := v.stores(ctx)
	if err != nil {
		return nil, err
	}
	marks, err := v.storeFilter(ctx, q)
	if err != nil {
		return nil, err
	}
	search := strings.ToLower(strings.TrimSpace(q.Search))
	var list []org.Store
	for i := range stores.rows {
		s := &stores.rows[i]
		if (marks == nil || marks[i]) && (strings.Contains(s.name, search) || strings.Contains(s.Hash, search)) {
			list = append(list, s.Store)
		}
	}
	return list, nil
}

// storesCounted is for how many stores of a past snapshot the accesses are read one store after the other. For more,
// and for the newest snapshot, all are taken into memory.
const storesCounted = 100

// fewStores is for how many stores of a past day it is not worth making all accesses.
const fewStores = 5

// countStores fills in what the accesses and the changes of stores add up to.
func (v *view) countStores(ctx context.Context, list []org.Store, q org.Query) error {
	if v.newest || v.image.logins.loaded() || len(list) > storesCounted || len(list) > fewStores && v.past() != nil {
		return v.countInMemory(ctx, list, q.Threshold(v.settings))
	}
	hashes, places := make([]string, len(list)), map[org.StoreID]int{}
	for i, s := range list {
		hashes[i], places[s.ID] = s.Hash, i
	}
	if len(list) == 0 {
		return nil
	}
	st, refs, err := v.collect(ctx, org.Query{Stores: hashes, Days: q.Days})
	if err != nil {
		return err
	}
	for from, to := 0, 0; from < len(refs); from = to {
		var entries []accessEntry
		var logins []int64
		for to = from; to < len(refs) && refs[to].Store == refs[from].Store; to++ {
			entries = append(entries, accessEntry{set: int32(refs[to].Set), unseen: refs[to].unseen})
			logins = append(logins, refs[to].LastLogin)
		}
		count(&list[places[refs[from].Store]], entries, logins, st.words, st.store(refs[from].Store).since(q.Threshold(v.settings)))
	}
	changes, err := v.readChanges30(ctx, st.wanted)
	for i := range list {
		list[i].Changes30 = changes[list[i].ID]
	}
	return err
}

// countRights is countStores without sign-ins, and without changes unless they are the column to sort by.
func (v *view) countRights(ctx context.Context, list []org.Store, c column[org.Store]) error {
	stores, err := v.stores(ctx)
	if err != nil {
		return err
	}
	accesses, err := v.accesses(ctx)
	if err != nil {
		return err
	}
	var changes map[org.StoreID]int
	if c.name == "changes" {
		changes, err = v.changes30(ctx)
	}
	for i := range list {
		at := stores.index(list[i].ID)
		count(&list[i], accesses.rows[accesses.byStore[at]:accesses.byStore[at+1]], nil, accesses.words, 0)
		list[i].Changes30 = changes[list[i].ID]
	}
	return err
}

func (v *view) countInMemory(ctx context.Context, list []org.Store, days int) error {
	stores, err := v.stores(ctx)
	if err != nil {
		return err
	}
	accesses, err := v.accesses(ctx)
	if err != nil {
		return err
	}
	logins, err := v.logins(ctx)
	if err != nil {
		return err
	}
	changes, err := v.changesOfStores(ctx, list)
	if err != nil {
		return err
	}
	for i := range list {
		s := &list[i]
		at := stores.index(s.ID)
		from, to := accesses.byStore[at], accesses.byStore[at+1]
		count(s, accesses.rows[from:to], logins[from:to], accesses.words, stores.rows[at].since(days))
		s.Changes30 = changes[s.ID]
	}
	return nil
}

// count adds up the accesses of a store, without sign-ins when there are none.
func count(s *org.Store, accesses []accessEntry, logins []int64, words lexicon, since int64) {
	s.Accesses, s.Privileged, s.Owners, s.Unseen, s.Never, s.Inactive = len(accesses), 0, 0, 0, 0, 0
	for i := range accesses {
		r := &words.rights[accesses[i].set]
		s.Privileged += int(number(r.privileged))
		s.Owners += int(number(r.role == org.RoleOwner))
		s.Unseen += int(number(accesses[i].unseen))
	}
	for _, at := range logins {
		switch loginState(at, since) {
		case org.LoginNever:
			s.Never++
		case org.LoginInactive:
			s.Inactive++
		}
	}
}

var qStoreChanges = query(`SELECT store_id, count(*) FROM change INDEXED BY change_store
  WHERE store_id IN (SELECT value FROM json_each(?1)) AND snapshot_id > ?2 AND snapshot_id <= ?3 GROUP BY store_id`)

// changes30 counts the changes of each store in the 30 days before the snapshot.
func (v *view) changes30(ctx context.Context) (map[org.StoreID]int, error) {
	stores, err := v.stores(ctx)
	if err != nil {
		return nil, err
	}
	counts, err := v.image.changes.get(func() (*map[org.StoreID]int, error) {
		ids := make([]org.StoreID, len(stores.rows))
		for i := range stores.rows {
			ids[i] = stores.rows[i].ID
		}
		counts, err := v.readChanges30(context.WithoutCancel(ctx), ids)
		return &counts, err
	})
	if err != nil {
		return nil, err
	}
	return *counts, nil
}

// changesOfStores is changes30 for some stores.
func (v *view) changesOfStores(ctx context.Context, list []org.Store) (map[org.StoreID]int, error) {
	if v.newest || len(list) > storesCounted || v.image.changes.loaded() {
		return v.changes30(ctx)
	}
	ids := make([]org.StoreID, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	return v.readChanges30(ctx, ids)
}

func (v *view) readChanges30(ctx context.Context, stores []org.StoreID) (map[org.StoreID]int, error) {
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
	}, qStoreChanges, idList(stores), after, v.snapshot.ID)
	return counts, err
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
		stores, err := v.stores(ctx)
		if err != nil {
			return d, err
		}
		d.Store = stores.rows[stores.index(id)].Store
	}
	list := []org.Store{d.Store}
	if err := v.label(ctx, list); err != nil {
		return d, err
	}
	if d.GoneAt.IsZero() {
		if err := v.countStores(ctx, list, q); err != nil {
			return d, err
		}
	}
	d.Store = list[0]
	d.Timeline, err = v.timeline(ctx, org.Query{Stores: []string{d.Hash}})
	return d, err
}
