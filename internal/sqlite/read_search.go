package sqlite

import (
	"context"
	"strings"

	"rollcall/internal/org"
)

// hitsShown is how many users and how many stores a search over everything names.
const hitsShown = 8

// Search finds the first users by name or e-mail and the first stores by name or hash, each in the order of names,
// and counts them all. An empty search finds nothing.
func (db *DB) Search(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (hits org.Hits, err error) {
	if strings.TrimSpace(q.Search) == "" {
		return hits, nil
	}
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil {
		return hits, err
	}
	list, err := v.userList(ctx, org.Query{Search: q.Search})
	if err != nil {
		return hits, err
	}
	hits.UsersTotal = len(list.places)
	if hits.Users, err = v.userRows(ctx, list.userTable, list.places[:min(hitsShown, len(list.places))], q); err != nil {
		return hits, err
	}
	stores, err := v.stores(ctx)
	if err != nil {
		return hits, err
	}
	search := strings.ToLower(strings.TrimSpace(q.Search))
	for i := range stores.rows {
		if entry := &stores.rows[i]; strings.Contains(entry.name, search) || strings.Contains(entry.Hash, search) {
			hits.Stores = append(hits.Stores, entry.Store)
		}
	}
	sorted(hits.Stores, storeColumns[0], false)
	hits.StoresTotal = len(hits.Stores)
	hits.Stores = hits.Stores[:min(hitsShown, len(hits.Stores))]
	return hits, nil
}
