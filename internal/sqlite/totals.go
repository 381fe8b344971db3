package sqlite

import (
	"context"
	"database/sql"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// totalsLooked is how many snapshots are searched for the newest reads of a list: some may not have read it to its end.
const totalsLooked = 30

var (
	qTotalReads = query(`
		SELECT s.id, f.at, coalesce(f.expected, f.received), f.received
		FROM (SELECT id FROM snapshot WHERE account_id = ?1 AND id <= ?2 AND state <> 'running' ORDER BY id DESC LIMIT ?3) s
		JOIN facet_read f ON f.snapshot_id = s.id AND f.facet = ?4 AND f.store_id = ?5
		WHERE f.state = 1 ORDER BY s.id DESC`)
	qStoreEntries = query(`
		SELECT coalesce(group_concat(user_id), '') FROM (
			SELECT user_id FROM access_version
			WHERE store_id = ?1 AND valid_from <= ?2 AND valid_to > ?2 AND unseen = 0 ORDER BY user_id)`)
	qPeopleEntries = query(`
		SELECT coalesce(group_concat(user_id), '') FROM (
			SELECT a.user_id FROM account_user a JOIN user u ON u.id = a.user_id
			WHERE u.account_id = ?1 AND a.valid_from <= ?2 AND a.valid_to > ?2 AND a.unseen = 0 ORDER BY a.user_id)`)
	qListEntries = query(`
		SELECT coalesce(group_concat(store_id), '') FROM (
			SELECT v.store_id FROM store_version v JOIN store s ON s.id = v.store_id
			WHERE s.account_id = ?1 AND v.valid_from <= ?2 AND v.valid_to > ?2 ORDER BY v.store_id)`)
)

// WrongTotals lists what the snapshot knows of totals that never match their lists (design 4.4): first the lists of the
// account, then those of stores by name.
func (db *DB) WrongTotals(ctx context.Context, scope org.Scope, q org.Query) ([]audit.WrongTotal, error) {
	v, err := db.view(ctx, scope, q.AsOf, org.Settings{})
	if err != nil || v.snapshot.ID == 0 {
		return nil, err
	}
	list, err := v.image.wrongTotals.get(func() (*[]audit.WrongTotal, error) {
		list, err := v.wrongTotals(context.WithoutCancel(ctx)) // others wait for the same piece
		return &list, err
	})
	if err != nil {
		return nil, err
	}
	return *list, nil
}

func (v *view) wrongTotals(ctx context.Context) (list []audit.WrongTotal, err error) {
	table, err := v.stores(ctx)
	if err != nil {
		return nil, err
	}
	for _, facet := range []org.Facet{org.FacetStores, org.FacetAccountUsers} {
		if v.scope.Stores != nil {
			break
		}
		if list, err = v.judgeTotal(ctx, facet, org.Store{}, list); err != nil {
			return nil, err
		}
	}
	stores := make([]org.Store, 0, len(table.rows))
	for i := range table.rows {
		read := table.rows[i].Facet(org.FacetAccesses)
		if read.State != org.FacetComplete || read.Expected >= 0 && read.Expected != read.Received {
			stores = append(stores, table.rows[i].Store)
		}
	}
	sorted(stores, storeColumns[0], false)
	for _, store := range stores {
		if list, err = v.judgeTotal(ctx, org.FacetAccesses, store, list); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// judgeTotal appends the list when its total never matches.
func (v *view) judgeTotal(ctx context.Context, facet org.Facet, store org.Store, list []audit.WrongTotal) ([]audit.WrongTotal, error) {
	reads, err := v.totalReads(ctx, facet, store.ID)
	if err != nil {
		return nil, err
	}
	wrong, never := audit.NeverMatches(reads)
	if !never {
		return list, nil
	}
	wrong.Facet, wrong.Store, wrong.StoreName = facet, store.ID, store.Name
	if wrong.StoreName == "" {
		wrong.StoreName = store.Hash
	}
	return append(list, wrong), nil
}

// totalReads are the newest reads of a list, newest first, with their entries where the totals alone raise the question.
func (v *view) totalReads(ctx context.Context, facet org.Facet, store org.StoreID) ([]audit.TotalRead, error) {
	var snapshots []org.SnapshotID
	reads, err := all(ctx, v.db.reader, func(rows *sql.Rows) (r audit.TotalRead, err error) {
		var id org.SnapshotID
		var at sql.NullInt64
		err = rows.Scan(&id, &at, &r.Expected, &r.Received)
		r.At, snapshots = moment(at), append(snapshots, id)
		return r, err
	}, qTotalReads, v.scope.Account, v.snapshot.ID, totalsLooked, facetNumber[facet], store)
	if err != nil {
		return nil, err
	}
	if _, never := audit.NeverMatches(reads); !never {
		return nil, nil // whatever the entries are
	}
	needed := audit.TotalReads
	for i := range reads {
		if i > 0 && !reads[i].At.Equal(reads[i-1].At) {
			needed--
		}
		if needed == 0 {
			return reads[:i], nil
		}
		if reads[i].Entries, err = v.entries(ctx, facet, store, snapshots[i]); err != nil {
			return nil, err
		}
	}
	return reads, nil
}

// entries stands for what a snapshot shows of a list.
func (v *view) entries(ctx context.Context, facet org.Facet, store org.StoreID, at org.SnapshotID) (string, error) {
	text, of := qStoreEntries, int64(store)
	switch facet {
	case org.FacetAccountUsers:
		text, of = qPeopleEntries, int64(v.scope.Account)
	case org.FacetStores:
		text, of = qListEntries, int64(v.scope.Account)
	}
	return one(ctx, v.db.reader, scalar[string], text, of, at)
}
