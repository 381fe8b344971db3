package sqlite

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"rollcall/internal/org"
)

// Texts of the long read of accesses. ?4 limits the permission sets (0: not read); NULL means all.
var (
	qStreamUsers  = query(`SELECT u.id, u.api_id FROM user u WHERE u.account_id = ?1 AND ?2 > 0` + usersInScope)
	qStreamPeople = query(`SELECT id, email, first_name, last_name, locale FROM person`)
	qPeopleIn     = query(`SELECT id, email, first_name, last_name, locale FROM person WHERE id IN (
    SELECT person_id FROM access_version WHERE store_id IN ` + storesInScope + ` AND valid_from <= ?2 AND valid_to > ?2)`)
	qAccountCount = query(`SELECT count(*) FROM account`)
	qApps         = query(`SELECT id, api_id, coalesce((SELECT n.name FROM app_name n WHERE n.app_id = app.id AND n.valid_from <= ?2
    ORDER BY n.valid_from DESC LIMIT 1), name) FROM app WHERE account_id = ?1`)
	qAppLists = query(`SELECT id, (SELECT group_concat(value) FROM json_each(app_ids)), more FROM app_set
  WHERE account_id = ?1 AND (?2 IS NULL OR id IN (SELECT value FROM json_each(?2)))`)

	qStream = query(streamSelect + `FROM access_version a WHERE a.store_id IN ` + storesInScope + streamEnd)
	// The same for counting, where neither sign-ins nor apps matter.
	qStreamBare = query(`SELECT a.store_id, a.user_id, a.person_id, coalesce(a.set_id, 0), a.status, 0, 0, 0, 0
  FROM access_version a WHERE a.store_id IN ` + storesInScope + streamEnd)
	// The same for a few users (?5).
	qStreamOf = query(streamSelect + `FROM access_version a INDEXED BY access_user
  WHERE a.user_id IN (SELECT value FROM json_each(?5)) AND +a.store_id IN ` + storesInScope + streamEnd)
)

// streamSelect reads an access. Sign-in and update time come as one number, because each column would cost a search of
// its own.
const (
	streamSelect = `SELECT a.store_id, a.user_id, a.person_id, coalesce(a.set_id, 0), a.status, a.unseen > 0,
  coalesce((SELECT (coalesce(at, -1) + 1) << 32 | (coalesce(updated, -1) + 1) FROM sign_in i
    WHERE i.store_id = a.store_id AND i.user_id = a.user_id AND i.valid_from <= ?2 ORDER BY i.valid_from DESC LIMIT 1), 0),
  coalesce((SELECT set_id FROM user_app p WHERE p.store_id = a.store_id AND p.user_id = a.user_id
    AND p.valid_from <= ?2 AND p.valid_to > ?2), 0),
  coalesce((SELECT first_seen_at FROM access_seen f WHERE f.store_id = a.store_id AND f.user_id = a.user_id), 0) `
	streamEnd = ` AND a.valid_from <= ?2 AND a.valid_to > ?2
  AND (?4 IS NULL OR coalesce(a.set_id, 0) IN (SELECT value FROM json_each(?4))) ORDER BY a.store_id, a.user_id`
)

// ref is an access on its way through a read.
type ref struct {
	org.AccessRef
	unseen bool // the last read did not show it, but did not prove its end either
}

// stream is one read of accesses.
type stream struct {
	*view
	tx     querier
	q      org.Query
	sink   org.AccessSink
	stores *storeTable
	wanted []org.StoreID       // stores of the query; nil: any
	sets   []int64             // nil: any
	apps   map[int32]bool      // nil: any
	people func(int64) bool    // names that match; nil: any
	users  map[org.UserID]bool // those that match; nil: any
	words  lexicon             // without people
	names  func(int64) *person // set when the list may be sorted by them
	bare   bool                // sign-ins, apps and first sight are not needed
}

// EachAccessRef hands the sink what accesses may point to, and then the accesses that meet the query, ordered by store
// and user or by the query's sort. Search, domains and users are judged by the names that the access shows; a sign-in
// by the time at which its store was read. Memory does not grow with the rows, except for a sorted list.
func (db *DB) EachAccessRef(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, sink org.AccessSink) error {
	order, err := columnOf(refColumns, q.Sort)
	if err != nil {
		return err
	}
	return db.stream(ctx, scope, q, s, sink, func(st *stream) error {
		if order.key == nil {
			return st.rows(ctx, func(a *ref) error { return sink.Row(a.AccessRef) })
		}
		return st.sortedRows(ctx, order)
	})
}

// CountAccess counts what EachAccessRef hands out.
func (db *DB) CountAccess(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (n int, err error) {
	err = db.stream(ctx, scope, q, s, org.AccessSink{}, func(st *stream) error {
		if !q.FiltersAccess() && len(q.Login) == 0 && q.InAccount == org.Unknown && newPersonFilter(q).any() && scope.Stores == nil {
			n = st.snapshot.Accesses // the snapshot knows
			return nil
		}
		st.bare = len(q.Login)+len(q.Apps) == 0
		return st.rows(ctx, func(*ref) error { n++; return nil })
	})
	return n, err
}

func (db *DB) stream(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, sink org.AccessSink, work func(*stream) error) error {
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil || v.snapshot.ID == 0 {
		return err
	}
	return db.export(ctx, func(tx *sql.Tx) error {
		st := &stream{view: v, tx: tx, q: q, sink: sink}
		for _, step := range []func(context.Context) error{st.prepareStores, st.prepareSets, st.prepareApps, st.prepareUsers, st.preparePeople} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return work(st)
	})
}

func (st *stream) args() []any {
	stores := only(st.scope)
	if st.wanted != nil {
		stores = idList(st.wanted)
	}
	return []any{st.scope.Account, st.snapshot.ID, stores}
}

// store is a store of the snapshot, nil when it has none of that number.
func (st *stream) store(id org.StoreID) *storeEntry {
	if i := st.stores.index(id); i >= 0 {
		return &st.stores.rows[i]
	}
	return nil
}

func (st *stream) prepareStores(ctx context.Context) (err error) {
	if st.stores, err = st.view.stores(ctx); err != nil {
		return err
	}
	marks, err := st.storeFilter(ctx, st.q)
	if err != nil {
		return err
	}
	if marks != nil {
		st.wanted = []org.StoreID{}
	}
	for i := range st.stores.rows {
		s := &st.stores.rows[i]
		if marks != nil && !marks[i] {
			continue
		}
		if marks != nil {
			st.wanted = append(st.wanted, s.ID)
		}
		if st.sink.Store != nil {
			st.sink.Store(s.Store)
		}
	}
	return nil
}

func (st *stream) prepareSets(ctx context.Context) error {
	last, err := one(ctx, st.tx, scalar[int64], qLastSet)
	if err != nil {
		return err
	}
	words, err := st.db.lexicon(ctx, st.tx, -1, last)
	if err != nil {
		return err
	}
	st.words = words
	if st.sink.Set != nil {
		for id, r := range words.rights {
			if r.read {
				st.sink.Set(int64(id), words.set(int64(id)), r.role, r.privileged)
			}
		}
	}
	marks := setFilter(st.q, words)
	if marks != nil {
		st.sets = []int64{}
	}
	for id, wanted := range marks {
		if wanted {
			st.sets = append(st.sets, int64(id))
		}
	}
	return nil
}

var qLastSet = query(`SELECT coalesce(max(id), 0) FROM permission_set`)

func (st *stream) prepareApps(ctx context.Context) error {
	if len(st.q.Apps) > 0 {
		var err error
		if st.apps, err = st.appSets(ctx, st.q.Apps); err != nil {
			return err
		}
	}
	if st.sink.Apps == nil {
		return nil
	}
	lists, err := appLists(ctx, st.tx, st.snapshot, nil)
	for _, list := range lists {
		st.sink.Apps(list.id, list.apps, list.more)
	}
	return err
}

// appList is a set of apps, by name.
type appList struct {
	id   int64
	apps []org.App
	more bool
}

// appLists reads the sets of apps of an account, only those of a list of ids unless it is nil. Apps have the names that
// they had in the snapshot.
func appLists(ctx context.Context, q querier, snapshot org.Snapshot, sets any) ([]appList, error) {
	byID := map[string]org.App{}
	err := each(ctx, q, func(rows *sql.Rows) error {
		var id string
		var app org.App
		err := rows.Scan(&id, &app.APIID, &app.Name)
		byID[id] = app
		return err
	}, qApps, snapshot.Account, snapshot.ID)
	if err != nil {
		return nil, err
	}
	return all(ctx, q, func(rows *sql.Rows) (list appList, err error) {
		var ids sql.NullString
		err = rows.Scan(&list.id, &ids, &list.more)
		for id := range strings.SplitSeq(ids.String, ",") {
			if app, known := byID[id]; known {
				list.apps = append(list.apps, app)
			}
		}
		slices.SortFunc(list.apps, func(a, b org.App) int {
			return strings.Compare(a.Name+"\x00"+a.APIID, b.Name+"\x00"+b.APIID)
		})
		return list, err
	}, qAppLists, snapshot.Account, sets)
}

// prepareUsers hands out the users; the account list is asked only when the query filters by it.
func (st *stream) prepareUsers(ctx context.Context) error {
	if len(st.q.Users) > 0 {
		st.users = map[org.UserID]bool{}
		for _, id := range st.q.Users {
			st.users[id] = true
		}
	}
	if st.q.InAccount != org.Unknown {
		if err := st.filterAccountList(ctx); err != nil {
			return err
		}
	}
	if st.sink.User == nil {
		return nil
	}
	return each(ctx, st.tx, func(rows *sql.Rows) error {
		var id org.UserID
		var apiID string
		err := rows.Scan(&id, &apiID)
		st.sink.User(id, apiID)
		return err
	}, qStreamUsers, st.scope.Account, st.snapshot.ID, only(st.scope))
}

func (st *stream) filterAccountList(ctx context.Context) error {
	before := st.users
	st.users = map[org.UserID]bool{}
	return each(ctx, st.tx, func(rows *sql.Rows) error {
		u, err := scanUser(rows)
		if u.inAccount == st.q.InAccount && (before == nil || before[u.id]) {
			st.users[u.id] = true
		}
		return err
	}, qUsersThen, st.scope.Account, st.snapshot.ID, only(st.scope))
}

// preparePeople hands out names and notes which of them the query looks for.
func (st *stream) preparePeople(ctx context.Context) error {
	filter := newPersonFilter(st.q)
	filter.users = nil
	matching, names := map[int64]bool{}, map[int64]person{}
	st.names = func(id int64) *person { p := names[id]; return &p }
	byName := st.q.Sort == "name" || st.q.Sort == "email"
	if !filter.any() {
		st.people = func(id int64) bool { return matching[id] }
	} else if st.sink.Person == nil {
		return nil
	}
	accounts, err := one(ctx, st.tx, scalar[int], qAccountCount)
	if err != nil {
		return err
	}
	text, args := qStreamPeople, []any{}
	if accounts > 1 || st.scope.Stores != nil { // else looking for those who are meant costs more than it saves
		text, args = qPeopleIn, st.args()
	}
	return each(ctx, st.tx, func(rows *sql.Rows) error {
		var id int64
		var who org.Identity
		if err := rows.Scan(&id, &who.Email, &who.FirstName, &who.LastName, &who.Locale); err != nil {
			return err
		}
		p := newPerson(who)
		if st.people != nil {
			if !filter.match(0, &p) {
				return nil
			}
			matching[id] = true
		}
		if byName {
			names[id] = person{name: p.name, mail: p.mail}
		}
		if st.sink.Person != nil {
			st.sink.Person(id, who)
		}
		return nil
	}, text, args...)
}

// rows reads the accesses and hands out those that meet the query.
func (st *stream) rows(ctx context.Context, row func(*ref) error) error {
	var sets any
	if st.sets != nil {
		sets = idList(st.sets)
	}
	text, args := qStream, append(st.args(), sets)
	if st.bare {
		text = qStreamBare
	} else if n := len(st.q.Users); n > 0 && n <= fewFound {
		text, args = qStreamOf, append(args, idList(st.q.Users))
	}
	statuses := map[string]org.Status{}
	var a ref
	var status sql.RawBytes
	var times int64
	return each(ctx, st.tx, func(rows *sql.Rows) error {
		err := rows.Scan(&a.Store, &a.User, &a.Person, &a.Set, &status, &a.unseen, &times, &a.Apps, &a.FirstSeen)
		if err != nil {
			return err
		}
		word, known := statuses[string(status)]
		if !known {
			word = org.Status(string(status))
			statuses[string(word)] = word
		}
		a.Status, a.FirstSeen, a.Unseen = word, a.FirstSeen/1000, a.unseen
		a.LastLogin, a.Updated = int64(uint64(times)>>32)-1, int64(uint32(times))-1
		if !st.match(&a) {
			return nil
		}
		return row(&a)
	}, text, args...)
}

func (st *stream) match(a *ref) bool {
	store := st.store(a.Store)
	return store != nil && (st.users == nil || st.users[a.User]) && (st.people == nil || st.people(a.Person)) &&
		(len(st.q.Statuses) == 0 || hasStatus(st.q.Statuses, a.Status)) &&
		(st.apps == nil || st.apps[int32(a.Apps)]) &&
		(len(st.q.Login) == 0 || slices.Contains(st.q.Login, loginState(a.LastLogin, store.since(st.q.Threshold(st.settings)))))
}

// placedRef is an access on its way to its place in a sorted list.
type placedRef struct {
	*stream
	*ref
}

// refColumns are the columns by which accesses can be handed out. Those without a key mean the order of store and
// user; the account list says nothing about a single access.
var refColumns = []column[placedRef]{
	{"default", []string{"in-account", "in_account"}, nil},
	{"name", nil, func(r placedRef) sortKey { return sortKey{text: r.names(r.Person).name} }},
	{"email", nil, func(r placedRef) sortKey { return sortKey{text: r.names(r.Person).mail} }},
	{"store", []string{"stores"}, func(r placedRef) sortKey {
		return sortKey{text: r.stores.rows[r.stores.index(r.Store)].name}
	}},
	{"role", nil, func(r placedRef) sortKey { return sortKey{num: int64(r.words.rights[r.Set].role)} }},
	{"privileged", nil, func(r placedRef) sortKey { return sortKey{num: number(r.words.rights[r.Set].privileged)} }},
	{"sensitive", nil, func(r placedRef) sortKey { return sortKey{num: number(r.words.rights[r.Set].sensitive)} }},
	{"status", nil, func(r placedRef) sortKey { return sortKey{text: string(r.Status)} }},
	{"login", []string{"last_login", "last-login"}, func(r placedRef) sortKey { return sortKey{num: r.LastLogin} }},
	{"first-seen", []string{"first_seen"}, func(r placedRef) sortKey { return sortKey{num: r.FirstSeen} }},
}

// sortedRows collects the accesses and hands them out in the order of a column.
func (st *stream) sortedRows(ctx context.Context, order column[placedRef]) error {
	var list []ref
	if err := st.rows(ctx, func(a *ref) error { list = append(list, *a); return nil }); err != nil {
		return err
	}
	for _, i := range st.order(list, order) {
		if err := st.sink.Row(list[i].AccessRef); err != nil {
			return err
		}
	}
	return nil
}

// key is the place of an access in a list.
func (st *stream) key(a *ref, order column[placedRef]) (key sortKey) {
	if order.key != nil {
		key = order.key(placedRef{st, a})
	}
	key.id, key.more = int64(a.Store), int64(a.User)
	return key
}

// order lists the places of accesses in display order.
func (st *stream) order(list []ref, order column[placedRef]) []int32 {
	places := make([]int32, len(list))
	for i := range places {
		places[i] = int32(i)
	}
	sorted(places, column[int32]{key: func(i int32) sortKey { return st.key(&list[i], order) }}, st.q.Desc)
	return places
}
