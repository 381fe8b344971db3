package sqlite

import (
	"context"
	"errors"
	"slices"
	"strings"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

var qSnapshotPrevious = query(closedSnapshots + ` AND s.id < ?2 ORDER BY s.id DESC LIMIT 1`)

// Compare tells what differs between two closed snapshots: Since names the older one (nothing: the one before the
// newer), AsOf the newer one. It is the net effect, judged by the rules of the changes: what came and went in between
// does not show, and what was never read by the older snapshot is a baseline and no change. Kinds, stores, labels,
// users and search filter; rows are ordered by kind, store and user.
func (db *DB) Compare(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (c org.Compare, err error) {
	newer, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil || newer.snapshot.ID == 0 {
		return c, err
	}
	older, err := db.olderView(ctx, newer, q.Since)
	if err != nil {
		return c, err
	}
	if older.snapshot.ID > newer.snapshot.ID {
		older, newer = newer, older
	}
	c.From, c.To = older.snapshot, newer.snapshot
	rows, err := difference(ctx, older, newer)
	if err != nil {
		return c, err
	}
	if rows, err = newer.filterDifference(ctx, q, rows); err != nil {
		return c, err
	}
	c.Counts = map[string]int{}
	for _, r := range rows {
		c.Counts[r.Kind]++
	}
	p, err := pageOf(len(rows), func(i int) sortKey { return sortKey{id: int64(i)} },
		"compare."+older.snapshotText()+"."+newer.snapshotText(), org.Query{After: q.After, Before: q.Before, Limit: q.Limit})
	c.Changes = org.ChangePage{Rows: rows[p.from:p.to], Total: len(rows), From: p.first(), Next: p.next, Prev: p.prev}
	return c, err
}

func (db *DB) olderView(ctx context.Context, newer *view, at org.AsOf) (*view, error) {
	if at.IsZero() {
		previous, err := one(ctx, db.reader, scanSnapshot, qSnapshotPrevious, newer.scope.Account, newer.snapshot.ID)
		if errors.Is(err, errNone) {
			return newer, nil
		}
		if err != nil {
			return nil, err
		}
		at.Snapshot = previous.ID
	}
	return db.view(ctx, newer.scope, at, newer.settings)
}

// side is one of the two snapshots that are compared.
type side struct {
	stores   *storeTable
	users    *userTable
	accesses *accessTable
	apps     []int32
}

func (v *view) side(ctx context.Context) (s side, err error) {
	if s.stores, err = v.stores(ctx); err != nil {
		return s, err
	}
	if s.users, err = v.users(ctx); err != nil {
		return s, err
	}
	if s.accesses, err = v.accesses(ctx); err != nil {
		return s, err
	}
	s.apps, err = v.apps(ctx)
	return s, err
}

// differ collects what differs between two sides.
type differ struct {
	was, is side
	unread  map[org.StoreID]bool // stores that the older side or any before it never read completely
	newer   *view
	apps    map[int64]audit.AppList
	rows    []org.ChangeRow
}

func difference(ctx context.Context, older, newer *view) ([]org.ChangeRow, error) {
	was, err := older.side(ctx)
	if err != nil {
		return nil, err
	}
	is, err := newer.side(ctx)
	if err != nil {
		return nil, err
	}
	unread, err := older.neverWhole(ctx, was.stores)
	if err != nil {
		return nil, err
	}
	d := &differ{was: was, is: is, unread: unread, newer: newer, apps: map[int64]audit.AppList{0: {}}}
	lists, err := appLists(ctx, newer.db.reader, newer.snapshot, nil)
	if err != nil {
		return nil, err
	}
	for _, list := range lists {
		d.apps[list.id] = audit.AppList{Apps: list.apps, More: list.more}
	}
	d.stores()
	d.identities()
	d.name()
	order := map[string]int{}
	for i, kind := range audit.Kinds() {
		order[string(kind)] = i
	}
	slices.SortStableFunc(d.rows, func(a, b org.ChangeRow) int {
		return sortKey{num: int64(order[a.Kind]), id: int64(a.Store), more: int64(a.User)}.compare(
			sortKey{num: int64(order[b.Kind]), id: int64(b.Store), more: int64(b.User)})
	})
	return d.rows, nil
}

var qReadWhole = query(`SELECT EXISTS (SELECT 1 FROM snapshot s JOIN facet_read f
    ON f.snapshot_id = s.id AND f.facet = 1 AND f.store_id = ?3 AND f.state = 1 WHERE s.account_id = ?1 AND s.id <= ?2)`)

// neverWhole are the stores whose accesses were never read completely up to the snapshot: what it shows of them, if
// anything, has gaps, and what a later read adds is a baseline.
func (v *view) neverWhole(ctx context.Context, stores *storeTable) (map[org.StoreID]bool, error) {
	unread := map[org.StoreID]bool{}
	for i := range stores.rows {
		s := &stores.rows[i]
		if s.Facet(org.FacetAccesses).State == org.FacetComplete {
			continue
		}
		whole, err := one(ctx, v.db.reader, scalar[bool], qReadWhole, v.scope.Account, v.snapshot.ID, s.ID)
		if err != nil {
			return nil, err
		}
		unread[s.ID] = !whole
	}
	return unread, nil
}

// stores compares the stores and, of those that both sides have read, the accesses.
func (d *differ) stores() {
	for i := range d.is.stores.rows {
		store := &d.is.stores.rows[i]
		at := d.was.stores.index(store.ID)
		if at < 0 {
			d.add(store, nil, audit.Change{Kind: audit.StoreAdded, Field: "store", After: store.Name})
			continue
		}
		before := &d.was.stores.rows[at]
		if before.Name != store.Name {
			d.add(store, before, audit.Change{Kind: audit.StoreRenamed, Field: "name", Before: before.Name, After: store.Name})
		}
		if !d.unread[store.ID] {
			d.store(at, i)
		}
	}
	for i := range d.was.stores.rows {
		if d.is.stores.index(d.was.stores.rows[i].ID) < 0 {
			d.gone(i)
		}
	}
}

// gone notes a store that is gone, and everybody whose access ended with it.
func (d *differ) gone(was int) {
	store := &d.was.stores.rows[was]
	d.add(store, store, audit.Change{Kind: audit.StoreGone, Field: "store", Before: store.Name})
	for at := d.was.accesses.byStore[was]; at < d.was.accesses.byStore[was+1]; at++ {
		a := &d.was.accesses.rows[at]
		u := d.was.accesses.user(a)
		d.add(store, store, audit.Change{Kind: audit.StoreGone, Email: u.Email, Field: "role", Before: audit.RoleWord(u)}).User = a.id
	}
}

// store compares the accesses of one store.
func (d *differ) store(was, is int) {
	before, after := &d.was.stores.rows[was], &d.is.stores.rows[is]
	a, aEnd := d.was.accesses.byStore[was], d.was.accesses.byStore[was+1]
	b, bEnd := d.is.accesses.byStore[is], d.is.accesses.byStore[is+1]
	for a < aEnd || b < bEnd {
		x, y := (*accessEntry)(nil), (*accessEntry)(nil)
		if a < aEnd {
			x = &d.was.accesses.rows[a]
		}
		if b < bEnd {
			y = &d.is.accesses.rows[b]
		}
		switch {
		case y == nil || x != nil && x.id < y.id:
			d.access(before, after, x, nil)
			a++
		case x == nil || y.id < x.id:
			d.access(before, after, nil, y)
			b++
		default:
			if x.set != y.set || x.status != y.status {
				d.access(before, after, x, y)
			}
			d.appsOf(before, after, y, d.was.apps[a], d.is.apps[b])
			a, b = a+1, b+1
		}
	}
}

// access judges one access that differs; nil where it was not there.
func (d *differ) access(before, after *storeEntry, x, y *accessEntry) {
	var held []audit.Held
	read := org.StoreRead{Absence: org.AbsenceProven, Read: org.FacetRead{State: org.FacetComplete}}
	id := org.UserID(0)
	if x != nil {
		id = x.id
		held = append(held, audit.Held{StoreUser: d.was.accesses.user(x)})
	}
	if y != nil {
		id = y.id
		read.Users = append(read.Users, d.is.accesses.user(y))
	}
	for _, c := range audit.DiffAccesses(held, read, false).Changes {
		d.add(after, before, c).User = id
	}
}

func (d *differ) appsOf(before, after *storeEntry, y *accessEntry, was, is int32) {
	if was == is || was == 0 || is == 0 {
		return
	}
	held := d.apps[int64(was)]
	_, changes := audit.DiffApps(&held, d.apps[int64(is)], false)
	for _, c := range changes {
		c.Email = d.is.accesses.words.people[y.person].email
		d.add(after, before, c).User = y.id
	}
}

// user is an access as the rules see it. Both sides of a comparison call the user by the local number.
func (t *accessTable) user(a *accessEntry) org.StoreUser {
	r := t.words.rights[a.set]
	u := org.StoreUser{Identity: org.Identity{Email: t.words.people[a.person].email}, RightsRead: r.read, Status: t.words.statuses[a.status]}
	if r.read {
		u.Permissions = t.words.set(int64(a.set))
	}
	return u
}

// identities compares the names and e-mails of the users that both sides have.
func (d *differ) identities() {
	for i := range d.is.users.rows {
		u := &d.is.users.rows[i]
		at := d.was.users.index(u.id)
		if at < 0 || d.was.users.rows[at].person == u.person {
			continue
		}
		before, after := d.was.users.person(int32(at)), d.is.users.person(int32(i))
		for _, c := range audit.DiffIdentity(before.identity(u.apiID), after.identity(u.apiID)) {
			d.add(nil, nil, c).User = u.id
		}
	}
}

// add notes a change. store is nil when it concerns none; before is the store on the older side.
func (d *differ) add(store, before *storeEntry, c audit.Change) *org.ChangeRow {
	row := org.ChangeRow{
		Snapshot: d.newer.snapshot.ID, SeenAt: d.newer.snapshot.Finished, Kind: string(c.Kind), Email: c.Email,
		Field: c.Field, Before: c.Before, After: c.After,
	}
	if store != nil {
		row.Store, row.StoreHash, row.StoreName = store.ID, store.Hash, store.Name
		row.SeenAt = store.Facet(org.FacetAccesses).ReadAt
	}
	if before != nil {
		row.PreviousReadAt = before.Facet(org.FacetAccesses).ReadAt
	}
	d.rows = append(d.rows, row)
	return &d.rows[len(d.rows)-1]
}

// name fills in who is meant by the rows, by the newer side where both know the user.
func (d *differ) name() {
	for i := range d.rows {
		r := &d.rows[i]
		users, at := d.is.users, d.is.users.index(r.User)
		if at < 0 {
			users, at = d.was.users, d.was.users.index(r.User)
		}
		if r.User != 0 && at >= 0 {
			who := users.person(int32(at)).identity(users.rows[at].apiID)
			r.UserName, r.UserAPIID = who.Name(), who.APIID
		}
	}
}

// filterDifference keeps the rows that a query wants.
func (v *view) filterDifference(ctx context.Context, q org.Query, rows []org.ChangeRow) ([]org.ChangeRow, error) {
	if _, err := kindCodes(q.Kinds); err != nil {
		return nil, err
	}
	labelled, err := v.labelled(ctx, q.Labels)
	if err != nil {
		return nil, err
	}
	filter, search := newPersonFilter(q), strings.ToLower(strings.TrimSpace(q.Search))
	filter.domains = nil
	return slices.DeleteFunc(rows, func(r org.ChangeRow) bool {
		switch {
		case len(q.Kinds) > 0 && !slices.Contains(q.Kinds, r.Kind),
			len(q.Stores) > 0 && !slices.Contains(q.Stores, r.StoreHash),
			len(q.Labels) > 0 && !labelled[r.Store]:
			return true
		case filter.any():
			return false
		case r.Store != 0 && search != "" && len(q.Users) == 0 &&
			(strings.Contains(strings.ToLower(r.StoreName), search) || strings.Contains(r.StoreHash, search)):
			return false
		}
		who := person{name: strings.ToLower(r.UserName), mail: org.FoldEmail(r.Email)}
		return r.User == 0 || !filter.match(r.User, &who)
	}), nil
}
