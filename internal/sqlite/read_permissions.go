package sqlite

import (
	"context"
	"slices"
	"strings"

	"rollcall/internal/org"
)

// Permissions tells for every permission that the accesses of a query hold how many accesses, users and stores hold
// it, by name. Conditions on users hold for the user of an access.
func (db *DB) Permissions(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) ([]org.PermissionRow, error) {
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil {
		return nil, err
	}
	users, err := v.usersFor(ctx, q, column[userPlace]{})
	if err != nil {
		return nil, err
	}
	accesses, err := v.accesses(ctx)
	if err != nil {
		return nil, err
	}
	if !q.FiltersAccess() && newPersonFilter(q).any() && q.InAccount == org.Unknown && len(q.Login) == 0 {
		return v.permissions(accesses), nil
	}
	f, err := v.accessFilter(ctx, q, accesses.words)
	if err != nil {
		return nil, err
	}
	onUser := q
	onUser.Stores, onUser.Labels, onUser.Roles, onUser.Statuses, onUser.Permissions, onUser.Apps = nil, nil, nil, nil, nil, nil
	onUser.Privileged, onUser.Sensitive = org.Unknown, org.Unknown
	if f.appSets != nil {
		if f.apps, err = v.apps(ctx); err != nil {
			return nil, err
		}
	}
	match, err := v.userMatch(ctx, onUser, users)
	if err != nil {
		return nil, err
	}
	rows := countPermissions(accesses, func(at int32) bool {
		a := &accesses.rows[at]
		return (match == nil || a.user >= 0 && match(a.user)) && f.at(accesses, at)
	})
	return rows, nil
}

// permissions are those of all accesses, counted once. They are the caller's.
func (v *view) permissions(accesses *accessTable) []org.PermissionRow {
	rows, _ := v.image.permissions.get(func() (*[]org.PermissionRow, error) {
		rows := countPermissions(accesses, func(int32) bool { return true })
		return &rows, nil
	})
	return slices.Clone(*rows)
}

// EachPermission hands out what Permissions lists.
func (db *DB) EachPermission(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, row func(org.PermissionRow) error) error {
	rows, err := db.Permissions(ctx, scope, q, s)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := row(r); err != nil {
			return err
		}
	}
	return nil
}

// countPermissions counts for each permission the accesses that want tells, their users and their stores.
func countPermissions(t *accessTable, want func(int32) bool) []org.PermissionRow {
	wanted := make([]bool, len(t.rows))
	bySet := make([]int, len(t.words.rights))
	for at := range t.rows {
		if wanted[at] = want(int32(at)); wanted[at] {
			bySet[t.rows[at].set]++
		}
	}
	rows := make([]org.PermissionRow, len(t.words.names))
	for set, n := range bySet {
		for _, name := range t.words.rights[set].names {
			rows[name].Accesses += n
		}
	}
	holders := newHolders(t.words)
	for user := range len(t.byUser) - 1 {
		for _, at := range t.of(user) {
			if wanted[at] {
				holders.hold(t.rows[at].set, func(name uint16) { rows[name].Users++ })
			}
		}
		holders.next()
	}
	for store := range len(t.byStore) - 1 {
		for at := t.byStore[store]; at < t.byStore[store+1]; at++ {
			if wanted[at] {
				holders.hold(t.rows[at].set, func(name uint16) { rows[name].Stores++ })
			}
		}
		holders.next()
	}
	for i := range rows {
		rows[i].Name, rows[i].Area = t.words.names[i], org.AreaOf(t.words.names[i])
	}
	rows = slices.DeleteFunc(rows, func(r org.PermissionRow) bool { return r.Accesses == 0 })
	slices.SortFunc(rows, func(a, b org.PermissionRow) int { return strings.Compare(a.Name, b.Name) })
	return rows
}

// holders notes which sets and permissions one holder, a user or a store, was already counted for.
type holders struct {
	words       lexicon
	round       int32
	sets, names []int32 // round in which each was met last
}

func newHolders(words lexicon) *holders {
	return &holders{words: words, round: 1, sets: make([]int32, len(words.rights)), names: make([]int32, len(words.names))}
}

func (h *holders) next() { h.round++ }

// hold calls first for the permissions of a set that the holder was not counted for.
func (h *holders) hold(set int32, first func(name uint16)) {
	if h.sets[set] == h.round {
		return
	}
	h.sets[set] = h.round
	for _, name := range h.words.rights[set].names {
		if h.names[name] != h.round {
			h.names[name] = h.round
			first(name)
		}
	}
}
