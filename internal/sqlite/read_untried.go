package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"rollcall/internal/org"
)

var (
	// Facets other than accesses have a row only where a snapshot tried them.
	qFacetsTried = query(`SELECT store_id, facet, tried, read_at FROM facet_now WHERE account_id = ?1
  AND facet IN (SELECT value FROM json_each(?4)) AND tried <> ?2 AND (store_id = 0 OR store_id IN ` + storesInScope + `)`)
	qFacetBefore = query(`SELECT f.at FROM snapshot s CROSS JOIN facet_read f
    ON f.snapshot_id = s.id AND f.facet = ?3 AND f.store_id = ?4
  WHERE s.account_id = ?1 AND s.id < ?2 ORDER BY s.id DESC LIMIT 1`)
	qFacetsBefore = query(`SELECT f.store_id, f.at FROM snapshot s CROSS JOIN facet_read f ON f.snapshot_id = s.id AND f.facet = ?3
  WHERE s.account_id = ?1 AND s.id < ?2 ORDER BY s.id DESC LIMIT ?4`)
)

// untriedFacet is a facet that a snapshot did not try, and its newest try.
type untriedFacet struct {
	store    org.StoreID
	code     int
	snapshot org.SnapshotID
	at       sql.NullInt64
	read     *org.FacetRead
}

// untried adds the facets that the snapshot did not try: pending, with the date of the data that is shown for them.
func (v *view) untried(ctx context.Context, q querier, args []any, t *storeTable, reads *facetReads) error {
	tries, err := all(ctx, q, func(rows *sql.Rows) (u untriedFacet, err error) {
		err = rows.Scan(&u.store, &u.code, &u.snapshot, &u.at)
		return u, err
	}, qFacetsTried, append(args, idList(reads.missing()))...)
	if err != nil {
		return err
	}
	since := map[int]map[org.StoreID]*untriedFacet{} // tried again since, by number and store
	for i := range tries {
		u := &tries[i]
		if u.read = reads.slot(t, u.store, u.code); u.read == nil || u.read.Facet != "" {
			continue
		}
		*u.read = org.FacetRead{Facet: facetCodes[u.code-1], State: org.FacetPending, Expected: -1, ReadAt: moment(u.at)}
		if u.snapshot > v.snapshot.ID {
			if since[u.code] == nil {
				since[u.code] = map[org.StoreID]*untriedFacet{}
			}
			since[u.code][u.store] = u
		}
	}
	for code, list := range since {
		if err := v.triedBefore(ctx, q, code, list); err != nil {
			return err
		}
	}
	return nil
}

// triedBefore dates the facets that were tried again since by the try before the snapshot. Most stores were tried
// together, so the newest tries are read at once, and those that are not among them one by one.
func (v *view) triedBefore(ctx context.Context, q querier, code int, list map[org.StoreID]*untriedFacet) error {
	err := each(ctx, q, func(rows *sql.Rows) error {
		var store org.StoreID
		var at sql.NullInt64
		if err := rows.Scan(&store, &at); err != nil {
			return err
		}
		if u := list[store]; u != nil {
			u.read.ReadAt = moment(at)
			delete(list, store)
		}
		return nil
	}, qFacetsBefore, v.scope.Account, v.snapshot.ID, code, 2*len(list))
	if err != nil {
		return err
	}
	for _, u := range list {
		at, err := one(ctx, q, scalar[sql.NullInt64], qFacetBefore, v.scope.Account, v.snapshot.ID, code, u.store)
		if err != nil && !errors.Is(err, errNone) {
			return err
		}
		u.read.ReadAt = moment(at)
	}
	return nil
}
