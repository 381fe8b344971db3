package sqlite

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"

	"rollcall/internal/org"
)

// userPlace is a row of a user table.
type userPlace struct {
	*userTable
	at int32
}

func (p userPlace) entry() *userEntry { return &p.rows[p.at] }

func byNumber(number func(*userEntry) int64) func(userPlace) sortKey {
	return func(p userPlace) sortKey {
		u := p.entry()
		return sortKey{num: number(u), id: int64(u.id)}
	}
}

var userColumns = []column[userPlace]{
	{"name", nil, func(p userPlace) sortKey { return sortKey{text: p.person(p.at).name, id: int64(p.entry().id)} }},
	{"email", nil, func(p userPlace) sortKey { return sortKey{text: p.person(p.at).mail, id: int64(p.entry().id)} }},
	{"stores", nil, byNumber(func(u *userEntry) int64 { return int64(u.stores) })},
	{"role", nil, byNumber(func(u *userEntry) int64 { return int64(u.role) })},
	{"login", []string{"last_login", "last-login"}, func(p userPlace) sortKey {
		return sortKey{num: p.signIns[p.at].seconds(), id: int64(p.entry().id)}
	}},
	{"first-seen", []string{"first_seen"}, byNumber(func(u *userEntry) int64 { return u.first })},
	{"privileged", nil, byNumber(func(u *userEntry) int64 { return number(u.privileged) })},
	{"sensitive", nil, byNumber(func(u *userEntry) int64 { return number(u.sensitive) })},
	{"in-account", []string{"in_account"}, byNumber(func(u *userEntry) int64 { return int64(u.inAccount) })},
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// order is the table's rows in the order of a column, ascending. The caller must not change it.
func (t *userTable) order(c column[userPlace]) []int32 {
	list, _ := t.orders[c.name].get(func() (*[]int32, error) {
		places := make([]userPlace, len(t.rows))
		for i := range places {
			places[i] = userPlace{t, int32(i)}
		}
		sorted(places, c, false)
		order := make([]int32, len(places))
		for i, p := range places {
			order[i] = p.at
		}
		return &order, nil
	})
	return *list
}

// some are the rows that match, in the order of a column, ascending. The caller must not change them.
func (t *userTable) some(c column[userPlace], match func(int32) bool) []int32 {
	if match == nil {
		return t.order(c)
	}
	var list []int32
	if t.orders[c.name].loaded() {
		for _, at := range t.order(c) {
			if match(at) {
				list = append(list, at)
			}
		}
		return list
	}
	var places []userPlace // ordering those who match is less work than ordering all
	for i := range t.rows {
		if match(int32(i)) {
			places = append(places, userPlace{t, int32(i)})
		}
	}
	sorted(places, c, false)
	for _, p := range places {
		list = append(list, p.at)
	}
	return list
}

// userList is the answer to a query: places in the table in display order.
type userList struct {
	*userTable
	places []int32
	column column[userPlace]
	desc   bool
}

// userList filters and sorts the users of the snapshot.
func (v *view) userList(ctx context.Context, q org.Query) (*userList, error) {
	c, err := columnOf(userColumns, q.Sort)
	if err != nil {
		return nil, err
	}
	t, err := v.usersFor(ctx, q, c)
	if err != nil {
		return nil, err
	}
	match, err := v.userMatch(ctx, q, t)
	if err != nil {
		return nil, err
	}
	if v.newest {
		t.order(c) // worth keeping
	}
	list := &userList{userTable: t, places: t.some(c, match), column: c, desc: q.Desc}
	if q.Desc {
		list.places = slices.Clone(list.places)
		slices.Reverse(list.places)
	}
	return list, nil
}

// usersFor are the users with what a filter and an order need of them.
func (v *view) usersFor(ctx context.Context, q org.Query, c column[userPlace]) (*userTable, error) {
	if c.name == "login" || len(q.Login) > 0 {
		return v.usersSignedIn(ctx)
	}
	return v.users(ctx)
}

// userMatch prepares the conditions of a query on users; nil when there are none.
func (v *view) userMatch(ctx context.Context, q org.Query, t *userTable) (func(int32) bool, error) {
	who, days := newPersonFilter(q), q.Threshold(v.settings)
	var hasAccess func(int32) bool
	if q.FiltersAccess() {
		var err error
		if hasAccess, err = v.hasAccess(ctx, q); err != nil {
			return nil, err
		}
	} else if who.any() && q.InAccount == org.Unknown && len(q.Login) == 0 {
		return nil, nil
	}
	return func(at int32) bool {
		u := &t.rows[at]
		return (q.InAccount == org.Unknown || u.inAccount == q.InAccount) &&
			(len(q.Login) == 0 || slices.Contains(q.Login, t.signIns[at].state(days))) &&
			(who.any() || who.match(u.id, t.person(at))) &&
			(hasAccess == nil || hasAccess(at))
	}, nil
}

// hasAccess tells of a user whether one access meets all conditions on accesses.
func (v *view) hasAccess(ctx context.Context, q org.Query) (func(int32) bool, error) {
	accesses, err := v.accesses(ctx)
	if err != nil {
		return nil, err
	}
	f, err := v.accessFilter(ctx, q, accesses.words)
	if err != nil {
		return nil, err
	}
	if f.appSets != nil {
		if f.apps, err = v.apps(ctx); err != nil {
			return nil, err
		}
	}
	return func(user int32) bool {
		return slices.ContainsFunc(accesses.of(int(user)), func(at int32) bool { return f.at(accesses, at) })
	}, nil
}

// window finds the page of the list that a query wants.
func (l *userList) window(q org.Query) (page, error) {
	return pageOf(len(l.places), func(i int) sortKey { return l.column.key(userPlace{l.userTable, l.places[i]}) },
		"users."+l.column.name, q)
}

// Users lists users. Columns to sort by: name, email, stores, role, login, first-seen, privileged, sensitive,
// in-account. A user's sign-in is the latest of all accesses; for its state see signIns.
func (db *DB) Users(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.UserPage, error) {
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil {
		return org.UserPage{}, err
	}
	list, err := v.userList(ctx, q)
	if err != nil {
		return org.UserPage{}, err
	}
	p, err := list.window(q)
	if err != nil {
		return org.UserPage{}, err
	}
	rows, err := v.userRows(ctx, list.userTable, list.places[p.from:p.to], q)
	return org.UserPage{Rows: rows, Total: len(list.places), From: p.first(), Next: p.next, Prev: p.prev}, err
}

// CountUsers counts what Users lists.
func (db *DB) CountUsers(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (int, error) {
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil {
		return 0, err
	}
	list, err := v.userList(ctx, q)
	if err != nil {
		return 0, err
	}
	return len(list.places), nil
}

// namesShown is how many stores a row of a list names.
const namesShown = 3

// userRows fills the rows of a page.
func (v *view) userRows(ctx context.Context, t *userTable, places []int32, q org.Query) ([]org.UserRow, error) {
	rows := make([]org.UserRow, len(places))
	ids := make([]org.UserID, len(places))
	for i, at := range places {
		rows[i], ids[i] = t.row(at), t.rows[at].id
	}
	logins, err := v.signInsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i, id := range ids {
		logins[id].show(&rows[i], q.Threshold(v.settings))
	}
	if !v.cheap() && !v.image.accesses.loaded() { // for a page it is not worth reading all accesses
		return rows, v.nameStores(ctx, rows)
	}
	stores, err := v.stores(ctx)
	if err != nil {
		return nil, err
	}
	accesses, err := v.accesses(ctx)
	if err != nil {
		return nil, err
	}
	for i, at := range places {
		for _, access := range accesses.of(int(at))[:min(namesShown, len(accesses.of(int(at))))] {
			rows[i].Stores = append(rows[i].Stores, stores.rows[accesses.rows[access].store].Name)
		}
	}
	return rows, nil
}

var qFirstStores = query(`SELECT (SELECT group_concat(store_id) FROM (SELECT a.store_id FROM access_version a INDEXED BY access_user
    WHERE a.user_id = j.value AND a.valid_from <= ?2 AND a.valid_to > ?2 AND +a.store_id IN ` + storesInScope + `
    ORDER BY a.store_id LIMIT ?5))
  FROM json_each(?4) j ORDER BY j.key`)

// nameStores names the first stores of users.
func (v *view) nameStores(ctx context.Context, rows []org.UserRow) error {
	stores, err := v.stores(ctx)
	if err != nil {
		return err
	}
	ids := make([]org.UserID, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	lists, err := all(ctx, v.db.reader, scalar[sql.NullString], qFirstStores, v.scope.Account, v.snapshot.ID, only(v.scope), idList(ids), namesShown)
	for i, list := range lists {
		for text := range strings.SplitSeq(list.String, ",") {
			id, _ := strconv.ParseInt(text, 10, 64)
			if at := stores.index(org.StoreID(id)); at >= 0 {
				rows[i].Stores = append(rows[i].Stores, stores.rows[at].Name)
			}
		}
	}
	return err
}

// EachUser hands out what Users lists, every row with the hashes of all its stores.
func (db *DB) EachUser(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, row func(org.UserRow) error) error {
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil {
		return err
	}
	list, err := v.userList(ctx, q)
	if err != nil {
		return err
	}
	stores, err := v.stores(ctx)
	if err != nil {
		return err
	}
	accesses, err := v.accesses(ctx)
	if err != nil {
		return err
	}
	full, err := v.usersSignedIn(ctx)
	if err != nil {
		return err
	}
	for _, at := range list.places {
		u := full.row(at)
		full.signIns[at].show(&u, q.Threshold(v.settings))
		for _, access := range accesses.of(int(at)) {
			s := &stores.rows[accesses.rows[access].store]
			u.Unread = u.Unread || accesses.rows[access].set == 0
			u.Stores, u.Hashes = append(u.Stores, s.Name), append(u.Hashes, s.Hash)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := row(u); err != nil {
			return err
		}
	}
	return nil
}
