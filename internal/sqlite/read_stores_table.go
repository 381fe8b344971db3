package sqlite

import (
	"context"
	"database/sql"
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
	// A snapshot is of one account, and stores outside the scope are skipped when they are read. Numbers come together,
	// because every column costs time.
	qFacets = query(`SELECT (store_id << 8) + facet * 16 + state * 2 + partial, ((coalesce(expected, received) + 1) << 32) + received, at, error
  FROM facet_read WHERE snapshot_id = ?1`)
)

// facets in the numbers of the table facet_read, counted from 1, and their states.
var (
	facetCodes = []org.Facet{
		org.FacetAccesses, org.FacetUserApps, org.FacetApps, org.FacetAccountUsers, org.FacetStores, org.FacetWebhooks, org.FacetSubscriptions,
	}
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
	if known := v.past(); known != nil && v.scope.Stores == nil {
		t.rows = known.storesOn(v.snapshot.ID)
	} else {
		var err error
		if t.rows, err = all(ctx, q, scanStoreNow, qStores, args...); err != nil {
			return err
		}
	}
	reads, err := v.readFacets(ctx, q, t)
	if err != nil {
		return err
	}
	if err := v.untried(ctx, q, args, t, reads); err != nil {
		return err
	}
	for i := range t.rows {
		s := &t.rows[i]
		if list := slices.DeleteFunc(reads.of(i), func(r org.FacetRead) bool { return r.Facet == "" }); len(list) > 0 {
			s.Facets = list
		}
		if at := s.Facet(org.FacetAccesses).ReadAt; !at.IsZero() {
			s.readAt = at.Unix()
		}
	}
	if t.account = reads.account; t.account.Facet == "" {
		t.account = org.FacetRead{Facet: org.FacetAccountUsers, State: org.FacetPending, Expected: -1}
	}
	return nil
}

func scanStoreNow(rows *sql.Rows) (storeEntry, error) { return scanStore(rows) }

// scanStore reads a store and more columns behind it.
func scanStore(rows *sql.Rows, more ...any) (s storeEntry, err error) {
	var first int64
	err = rows.Scan(append([]any{&s.ID, &s.APIID, &s.Hash, &first, &s.Name}, more...)...)
	s.FirstSeen, s.name = time.UnixMilli(first).UTC(), strings.ToLower(s.Name)
	return s, err
}

// facetsPerStore is how many facets stores have: the first of facetCodes.
const facetsPerStore = 3

// facetReads are the facets of the stores of a table, and the account-level list. A read without a facet is none.
type facetReads struct {
	stores  []org.FacetRead // of store i: from i times facetsPerStore on, in the order of facetCodes
	account org.FacetRead
}

// of are the facets of the store at a place.
func (r *facetReads) of(place int) []org.FacetRead {
	return r.stores[place*facetsPerStore : (place+1)*facetsPerStore : (place+1)*facetsPerStore]
}

// missing are the facets, by number, that some store or the account lacks and that a snapshot need not try.
func (r *facetReads) missing() (codes []int) {
	for code := 2; code <= facetsPerStore; code++ {
		for i := code - 1; i < len(r.stores); i += facetsPerStore {
			if r.stores[i].Facet == "" {
				codes = append(codes, code)
				break
			}
		}
	}
	if r.account.Facet == "" {
		codes = append(codes, slices.Index(facetCodes, org.FacetAccountUsers)+1)
	}
	return codes
}

// slot is where a facet (its number) of a store has its place, nil when the table needs it not.
func (r *facetReads) slot(t *storeTable, store org.StoreID, code int) *org.FacetRead {
	switch {
	case store == 0 && facetCodes[code-1] == org.FacetAccountUsers:
		return &r.account
	case store == 0 || code > facetsPerStore:
		return nil
	}
	if place := t.index(store); place >= 0 {
		return &r.of(place)[code-1]
	}
	return nil
}

// readFacets tells for every facet how its read in the snapshot ended, and when the data shown was read.
func (v *view) readFacets(ctx context.Context, q querier, t *storeTable) (*facetReads, error) {
	reads := &facetReads{stores: make([]org.FacetRead, facetsPerStore*len(t.rows))}
	return reads, each(ctx, q, func(rows *sql.Rows) error {
		var key, counts int64
		var at sql.NullInt64
		var message sql.RawBytes
		if err := rows.Scan(&key, &counts, &at, &message); err != nil {
			return err
		}
		code := int(key >> 4 & 15)
		if read := reads.slot(t, org.StoreID(key>>8), code); read != nil {
			*read = org.FacetRead{
				Facet: facetCodes[code-1], State: facetStateCodes[(key>>1&7)-1], Partial: key&1 == 1, ReadAt: moment(at),
				Expected: int(counts>>32) - 1, Received: int(int32(counts)), Error: string(message),
			}
		}
		return nil
	}, qFacets, v.snapshot.ID)
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
