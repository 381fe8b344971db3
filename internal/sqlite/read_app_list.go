package sqlite

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"rollcall/internal/org"
)

var appColumns = []column[appEntry]{
	{"name", nil, func(a appEntry) sortKey { return sortKey{text: a.name, id: int64(a.ID)} }},
	{"stores", nil, byApp(func(a appEntry) int64 { return int64(a.Stores) })},
	{"users", nil, byApp(func(a appEntry) int64 { return int64(a.Users) })},
	{"first-seen", []string{"first_seen"}, byApp(func(a appEntry) int64 { return a.FirstSeen.UnixMilli() })},
	{"changed", nil, byApp(func(a appEntry) int64 { return max(0, a.Changed.UnixMilli()) })},
}

func byApp(count func(appEntry) int64) func(appEntry) sortKey {
	return func(a appEntry) sortKey { return sortKey{num: count(a), text: "", id: int64(a.ID)} }
}

var appPlaces = []string{org.AppEverywhere, org.AppSomewhere, org.AppNowhere}

// Apps lists the apps that were seen up to the snapshot, those that are on no store any more included. Store and label
// limit the stores that are counted and leave out apps that have nothing to do with them; search (name or id), app and
// state (every-store, some-stores, no-store) filter. Columns to sort by: name, stores, users, first-seen, changed.
func (db *DB) Apps(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.AppPage, error) {
	t, list, c, err := db.appList(ctx, scope, q, s)
	if err != nil {
		return org.AppPage{}, err
	}
	p, err := pageOf(len(list), func(i int) sortKey { return c.key(list[i]) }, "apps."+c.name, q)
	if err != nil {
		return org.AppPage{}, err
	}
	page := t.AppPage
	page.Total, page.From, page.Next, page.Prev = len(list), p.first(), p.next, p.prev
	for _, a := range list[p.from:p.to] {
		page.Rows = append(page.Rows, a.AppRow)
	}
	return page, nil
}

// EachApp hands out what Apps lists, with the stores of each.
func (db *DB) EachApp(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, row func(org.AppRow) error) error {
	t, list, _, err := db.appList(ctx, scope, q, s)
	if err != nil {
		return err
	}
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil {
		return err
	}
	stores, err := v.stores(ctx)
	if err != nil {
		return err
	}
	for _, a := range list {
		place := t.places[int64(a.ID)]
		for i := range stores.rows {
			if !t.wants(i) {
				continue
			}
			switch t.stores[i].has(place) {
			case org.Yes:
				a.Hashes = append(a.Hashes, stores.rows[i].Hash)
			case org.Unknown:
				a.Doubtful = append(a.Doubtful, stores.rows[i].Hash)
			}
		}
		if err := row(a.AppRow); err != nil {
			return err
		}
	}
	return nil
}

// CountApps counts what Apps lists.
func (db *DB) CountApps(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (int, error) {
	_, list, _, err := db.appList(ctx, scope, q, s)
	return len(list), err
}

// appList is the sorted list of the apps that a query wants, with the table behind it.
func (db *DB) appList(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (t *appTable, list []appEntry, c column[appEntry], err error) {
	if c, err = columnOf(appColumns, q.Sort); err != nil {
		return nil, nil, c, err
	}
	if err := knownStates(q.States, appPlaces); err != nil {
		return nil, nil, c, err
	}
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil {
		return nil, nil, c, err
	}
	if t, err = v.appTable(ctx, q); err != nil {
		return nil, nil, c, err
	}
	search := strings.ToLower(strings.TrimSpace(q.Search))
	for _, a := range t.rows {
		if a.ID != 0 && (strings.Contains(a.name, search) || strings.Contains(strings.ToLower(a.APIID), search)) &&
			(len(q.Apps) == 0 || slices.Contains(q.Apps, a.APIID)) && (len(q.States) == 0 || slices.Contains(q.States, a.Place())) {
			list = append(list, a)
		}
	}
	sorted(list, c, q.Desc)
	return t, list, c, nil
}

// knownStates refuses words that name no state of a list: a mistyped filter must not silently show nothing.
func knownStates(words, known []string) error {
	for _, word := range words {
		if !slices.Contains(known, word) {
			return org.Invalid("state", "There is no state "+word+" here. Use one of "+strings.Join(known, ", ")+".")
		}
	}
	return nil
}

// AppsRead sums up of how many stores the apps are known.
func (db *DB) AppsRead(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.FacetRead, error) {
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil {
		return org.FacetRead{}, err
	}
	t, err := v.appTable(ctx, q)
	if err != nil {
		return org.FacetRead{}, err
	}
	read := org.FacetRead{Facet: org.FacetApps, State: org.FacetComplete, Expected: t.Known + t.Unknown, Received: t.Known}
	switch {
	case t.Unknown == 1:
		read.State, read.Error = org.FacetIncomplete, "The apps of 1 store are not known."
	case t.Unknown > 1:
		read.State, read.Error = org.FacetIncomplete, "The apps of "+strconv.Itoa(t.Unknown)+" stores are not known."
	}
	return read, nil
}
