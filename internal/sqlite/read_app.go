package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"rollcall/internal/org"
)

// appTable holds the apps that a snapshot knows, in the order of their ids, and where they are.
type appTable struct {
	rows        []appEntry
	places      map[int64]int32 // of rows by app id
	sets        map[int32]*appsHeld
	stores      []*appsHeld // by place in the store table; nil: its apps were never read, or the query does not want it
	wanted      []bool      // stores that the query wants; nil: all
	org.AppPage             // the counts
}

type appEntry struct {
	org.AppRow
	name string // folded
}

// appsHeld is a set of apps by their places in the table.
type appsHeld struct {
	apps []int32 // sorted
	more bool    // there are more than these
}

func (h *appsHeld) has(app int32) org.Tri {
	switch {
	case h == nil:
		return org.Unknown
	case slices.Contains(h.apps, app):
		return org.Yes
	case h.more:
		return org.Unknown
	}
	return org.No
}

var (
	qAppsSeen = query(`SELECT a.id, a.api_id, coalesce((SELECT n.name FROM app_name n WHERE n.app_id = a.id AND n.valid_from <= ?2
      ORDER BY n.valid_from DESC LIMIT 1), a.name), a.first_seen_at,
    (SELECT c.seen_at FROM change c INDEXED BY change_app WHERE c.app_id = a.id AND c.snapshot_id <= ?2
       AND (?3 IS NULL OR c.store_id IN (SELECT value FROM json_each(?3))) ORDER BY c.snapshot_id DESC LIMIT 1)
  FROM app a WHERE a.account_id = ?1 AND a.first_seen_at <= ?4 ORDER BY a.id`)
	qAppSetsAll = query(`SELECT id, app_ids, more FROM app_set WHERE account_id = ?`)
	qStoreSets  = query(`SELECT store_id, set_id FROM store_app
  WHERE store_id IN ` + storesInScope + ` AND valid_from <= ?2 AND valid_to > ?2 ORDER BY store_id`)
)

// appTable gives the table for the stores that a query wants by hash or label. That of all stores is made once.
func (v *view) appTable(ctx context.Context, q org.Query) (*appTable, error) {
	if len(q.Stores)+len(q.Labels) > 0 {
		return v.makeAppTable(ctx, q)
	}
	return v.image.appTable.get(func() (*appTable, error) {
		return v.makeAppTable(context.WithoutCancel(ctx), org.Query{}) // others wait for the same piece
	})
}

func (v *view) makeAppTable(ctx context.Context, q org.Query) (*appTable, error) {
	t := &appTable{places: map[int64]int32{}, sets: map[int32]*appsHeld{}}
	stores, err := v.stores(ctx)
	if err != nil {
		return nil, err
	}
	if t.wanted, err = v.storeFilter(ctx, q); err != nil {
		return nil, err
	}
	err = v.db.read(ctx, func(tx *sql.Tx) error {
		if err := v.readAppNames(ctx, tx, t, stores); err != nil {
			return err
		}
		if err := v.readAppSets(ctx, tx, t); err != nil {
			return err
		}
		return v.readStoreSets(ctx, tx, t, stores)
	})
	if err != nil {
		return nil, err
	}
	t.countStores()
	t.Denied = deniedApps(stores)
	if err := v.countHolders(ctx, t); err != nil {
		return nil, err
	}
	t.dropForeign(v.scope)
	return t, nil
}

// deniedApps is why the apps of a store may not be read, the same for all stores; empty when they may.
func deniedApps(stores *storeTable) string {
	for i := range stores.rows {
		if read := stores.rows[i].Facet(org.FacetApps); read.State == org.FacetDenied {
			return read.Error
		}
	}
	return ""
}

// wants tells whether the store at a place is asked for.
func (t *appTable) wants(place int) bool { return t.wanted == nil || t.wanted[place] }

func (v *view) readAppNames(ctx context.Context, q querier, t *appTable, stores *storeTable) error {
	of := only(v.scope)
	if t.wanted != nil {
		ids := []org.StoreID{}
		for i := range stores.rows {
			if t.wanted[i] {
				ids = append(ids, stores.rows[i].ID)
			}
		}
		of = idList(ids)
	}
	return each(ctx, q, func(rows *sql.Rows) error {
		var a appEntry
		var first int64
		var changed sql.NullInt64
		err := rows.Scan(&a.ID, &a.APIID, &a.Name, &first, &changed)
		a.FirstSeen, a.Changed, a.name = time.UnixMilli(first).UTC(), moment(changed), strings.ToLower(a.Name)
		t.places[int64(a.ID)] = int32(len(t.rows))
		t.rows = append(t.rows, a)
		return err
	}, qAppsSeen, v.scope.Account, v.snapshot.ID, of, v.snapshot.Finished.UnixMilli())
}

func (v *view) readAppSets(ctx context.Context, q querier, t *appTable) error {
	return each(ctx, q, func(rows *sql.Rows) error {
		var id int32
		var text []byte
		var ids []int64
		held := &appsHeld{}
		if err := rows.Scan(&id, &text, &held.more); err != nil {
			return err
		}
		if err := json.Unmarshal(text, &ids); err != nil {
			return err
		}
		for _, app := range ids {
			if place, known := t.places[app]; known {
				held.apps = append(held.apps, place)
			}
		}
		t.sets[id] = held
		return nil
	}, qAppSetsAll, v.scope.Account)
}

func (v *view) readStoreSets(ctx context.Context, q querier, t *appTable, stores *storeTable) error {
	t.stores = make([]*appsHeld, len(stores.rows))
	return each(ctx, q, func(rows *sql.Rows) error {
		var id org.StoreID
		var set int32
		err := rows.Scan(&id, &set)
		if place := stores.index(id); place >= 0 && t.wants(place) {
			t.stores[place] = t.sets[set]
		}
		return err
	}, qStoreSets, v.scope.Account, v.snapshot.ID, only(v.scope))
}

// countStores counts for each app the stores that have it, have it not, or may have it.
func (t *appTable) countStores() {
	for place, held := range t.stores {
		switch {
		case !t.wants(place):
			continue
		case held == nil || held.more:
			t.Unknown++
		default:
			t.Known++
		}
		if held != nil {
			for _, app := range held.apps {
				t.rows[app].Stores++
				if held.more {
					t.rows[app].Known++ // known of this app, though not of others
				}
			}
		}
	}
	for i := range t.rows {
		partly := t.rows[i].Known
		t.rows[i].Known, t.rows[i].Unknown = t.Known+partly, t.Unknown-partly
	}
}

// dropForeign leaves out apps that are nothing to the stores which are asked for.
func (t *appTable) dropForeign(scope org.Scope) {
	for i := range t.rows {
		a := &t.rows[i]
		if (t.wanted != nil || scope.Stores != nil) && a.Stores+a.Accesses == 0 && a.Changed.IsZero() {
			a.ID = 0 // stays in place, for sets point to places
		}
	}
}
