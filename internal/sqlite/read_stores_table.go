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

// storeTable holds the stores of a snapshot in the order of their ids.
type storeTable struct {
	rows    []storeEntry
	account org.FacetRead // the account-level list of users
}

type storeEntry struct {
	org.Store        // without labels and counts
	name      string // folded
	readAt    int64  // unix seconds of the accesses shown; 0: never read
}

var (
	qStores = query(`SELECT s.id, s.api_id, s.hash, s.first_seen_at, v.name
  FROM store s JOIN store_version v ON v.store_id = s.id AND v.valid_from <= ?2 AND v.valid_to > ?2
  WHERE s.account_id = ?1 AND (?3 IS NULL OR s.id IN (SELECT value FROM json_each(?3))) ORDER BY s.id`)
	qFacets = query(`SELECT store_id, facet, state, coalesce(expected, received), received, at, coalesce(error, ''), partial
  FROM facet_read WHERE snapshot_id = ?2 AND (store_id = 0 OR store_id IN ` + storesInScope + `)`)
	// Facets other than accesses have a row only where a snapshot tried them.
	qFacetsTried = query(`SELECT store_id, facet, tried, read_at FROM facet_now WHERE account_id = ?1
  AND facet IN (2, 3, 4) AND tried <> ?2 AND (store_id = 0 OR store_id IN ` + storesInScope + `)`)
	qFacetBefore = query(`SELECT f.at FROM snapshot s CROSS JOIN facet_read f
    ON f.snapshot_id = s.id AND f.facet = ?3 AND f.store_id = ?4
  WHERE s.account_id = ?1 AND s.id < ?2 ORDER BY s.id DESC LIMIT 1`)
)

// facets in the numbers of the table facet_read, counted from 1, and their states.
var (
	facetCodes      = []org.Facet{org.FacetAccesses, org.FacetUserApps, org.FacetApps, org.FacetAccountUsers, org.FacetStores}
	facetStateCodes = []org.FacetState{org.FacetComplete, org.FacetIncomplete, org.FacetFailed, org.FacetDenied, org.FacetPending}
)

func (v *view) stores(ctx context.Context) (*storeTable, error) {
	return v.image.stores.get(func() (*storeTable, error) {
		t := &storeTable{}
		ctx := context.WithoutCancel(ctx) // others wait for the same piece
		err := v.db.read(ctx, func(tx *sql.Tx) error { return v.readStores(ctx, tx, t) })
		return t, err
	})
}

func (v *view) readStores(ctx context.Context, q querier, t *storeTable) error {
	args := []any{v.scope.Account, v.snapshot.ID, only(v.scope)}
	var err error
	if t.rows, err = all(ctx, q, scanStore, qStores, args...); err != nil {
		return err
	}
	facets, err := v.readFacets(ctx, q, args)
	if err != nil {
		return err
	}
	for i := range t.rows {
		s := &t.rows[i]
		for _, facet := range facetCodes[:3] {
			if read, ok := facets[facetKey{s.ID, facet}]; ok {
				s.Facets = append(s.Facets, read)
			}
		}
		if at := s.Facet(org.FacetAccesses).ReadAt; !at.IsZero() {
			s.readAt = at.Unix()
		}
	}
	t.account = org.FacetRead{Facet: org.FacetAccountUsers, State: org.FacetPending, Expected: -1}
	if read, ok := facets[facetKey{0, org.FacetAccountUsers}]; ok {
		t.account = read
	}
	return nil
}

func scanStore(rows *sql.Rows) (s storeEntry, err error) {
	var first int64
	err = rows.Scan(&s.ID, &s.APIID, &s.Hash, &first, &s.Name)
	s.FirstSeen, s.name = time.UnixMilli(first).UTC(), strings.ToLower(s.Name)
	return s, err
}

type facetKey struct {
	store org.StoreID
	facet org.Facet
}

// readFacets tells for every facet how its read in the snapshot ended, and when the data shown was read.
func (v *view) readFacets(ctx context.Context, q querier, args []any) (map[facetKey]org.FacetRead, error) {
	reads := map[facetKey]org.FacetRead{}
	err := each(ctx, q, func(rows *sql.Rows) error {
		var key facetKey
		var read org.FacetRead
		var facet, state int
		var at sql.NullInt64
		err := rows.Scan(&key.store, &facet, &state, &read.Expected, &read.Received, &at, &read.Error, &read.Partial)
		key.facet = facetCodes[facet-1]
		read.Facet, read.State, read.ReadAt = key.facet, facetStateCodes[state-1], moment(at)
		reads[key] = read
		return err
	}, qFacets, args...)
	if err != nil {
		return nil, err
	}
	return reads, v.untried(ctx, q, args, reads)
}

// untried adds the facets that the snapshot did not try: pending, with the date of the data that is shown for them.
func (v *view) untried(ctx context.Context, q querier, args []any, reads map[facetKey]org.FacetRead) error {
	type try struct {
		facetKey
		code     int
		snapshot org.SnapshotID
		at       sql.NullInt64
	}
	tries, err := all(ctx, q, func(rows *sql.Rows) (t try, err error) {
		err = rows.Scan(&t.store, &t.code, &t.snapshot, &t.at)
		t.facet = facetCodes[t.code-1]
		return t, err
	}, qFacetsTried, args...)
	if err != nil {
		return err
	}
	for _, t := range tries {
		if _, tried := reads[t.facetKey]; tried {
			continue
		}
		if t.snapshot > v.snapshot.ID { // tried again since: look for the try before
			t.at, err = one(ctx, q, scalar[sql.NullInt64], qFacetBefore, v.scope.Account, v.snapshot.ID, t.code, t.store)
			if err != nil && !errors.Is(err, errNone) {
				return err
			}
		}
		reads[t.facetKey] = org.FacetRead{Facet: t.facet, State: org.FacetPending, Expected: -1, ReadAt: moment(t.at)}
	}
	return nil
}

// index finds a store by its id, -1 when the snapshot has none.
func (t *storeTable) index(id org.StoreID) int {
	i, found := slices.BinarySearchFunc(t.rows, id, func(s storeEntry, id org.StoreID) int { return int(s.ID - id) })
	if !found {
		return -1
	}
	return i
}

// since is the oldest sign-in in a store that counts as active, in unix seconds.
func (s *storeEntry) since(days int) int64 { return s.readAt - int64(days)*24*60*60 }

// ids lists the stores as the parameter of a query.
func (t *storeTable) ids() string {
	list := make([]org.StoreID, len(t.rows))
	for i := range t.rows {
		list[i] = t.rows[i].ID
	}
	return idList(list)
}
