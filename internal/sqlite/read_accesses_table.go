package sqlite

import (
	"context"
	"database/sql"

	"rollcall/internal/org"
)

// accessTable holds the accesses of a snapshot in the order of store and user.
type accessTable struct {
	rows    []accessEntry
	words   lexicon
	byStore []int32 // rows of store i: byStore[i] to byStore[i+1]
	byUser  []int32 // places in userRows of user i: byUser[i] to byUser[i+1]
	userRow []int32 // rows ordered by user and store
}

type accessEntry struct {
	store  int32 // place in the store table
	user   int32 // place in the user table; -1: the user has no summary
	id     org.UserID
	person int32
	set    int32 // permission set; 0: permissions were not read
	status int32 // position in lexicon.statuses
	unseen bool
}

const accessWhere = ` FROM access_version a WHERE a.store_id IN ` + storesInScope + `
  AND a.valid_from <= ?2 AND a.valid_to > ?2 ORDER BY a.store_id, a.user_id`

// lastLogin is the sign-in of access a that snapshot ?2 shows.
const lastLogin = `(SELECT at FROM sign_in i WHERE i.store_id = a.store_id AND i.user_id = a.user_id AND i.valid_from <= ?2
  ORDER BY i.valid_from DESC LIMIT 1)`

var (
	// Numbers come in pairs, because every column costs time.
	qAccesses = query(`SELECT (a.store_id << 40) + a.user_id, (a.person_id << 32) + coalesce(a.set_id, 0) * 2 + (a.unseen > 0), a.status` + accessWhere)
	qLogins   = query(`SELECT ` + lastLogin + accessWhere)
	qUserApps = query(`SELECT store_id, user_id, set_id FROM user_app
  WHERE store_id IN ` + storesInScope + ` AND valid_from <= ?2 AND valid_to > ?2 ORDER BY store_id, user_id`)
)

func (v *view) accesses(ctx context.Context) (*accessTable, error) {
	stores, err := v.stores(ctx)
	if err != nil {
		return nil, err
	}
	users, err := v.users(ctx)
	if err != nil {
		return nil, err
	}
	return v.image.accesses.get(func() (*accessTable, error) {
		return v.readAccesses(context.WithoutCancel(ctx), stores, users)
	})
}

func (v *view) readAccesses(ctx context.Context, stores *storeTable, users *userTable) (*accessTable, error) {
	t := &accessTable{rows: make([]accessEntry, 0, v.snapshot.Accesses)}
	if known := v.past(); known != nil {
		person, set := known.accessesOn(t, v.snapshot.ID, stores, users)
		var err error
		t.words, err = v.db.lexicon(ctx, v.db.reader, person, set)
		t.group(len(stores.rows), len(users.rows))
		return t, err
	}
	code := v.db.words.statusReader()
	places := make(map[org.UserID]int32, len(users.rows))
	for i, u := range users.rows {
		places[u.id] = int32(i)
	}
	store, people, sets := 0, int64(0), int64(0)
	err := each(ctx, v.db.reader, func(rows *sql.Rows) error {
		var place, content int64
		var status sql.RawBytes
		if err := rows.Scan(&place, &content, &status); err != nil {
			return err
		}
		a := accessEntry{id: org.UserID(place & (1<<40 - 1)), person: int32(content >> 32), set: int32(content & (1<<32 - 1) >> 1), unseen: content&1 == 1}
		storeID := org.StoreID(place >> 40)
		for stores.rows[store].ID < storeID {
			store++
		}
		a.store, a.user, a.status = int32(store), -1, code(status)
		if at, known := places[a.id]; known {
			a.user = at
		}
		people, sets = max(people, int64(a.person)), max(sets, int64(a.set))
		t.rows = append(t.rows, a)
		return nil
	}, qAccesses, v.scope.Account, v.snapshot.ID, stores.ids())
	if err != nil {
		return nil, err
	}
	t.words, err = v.db.lexicon(ctx, v.db.reader, people, sets)
	t.group(len(stores.rows), len(users.rows))
	return t, err
}

// group notes which rows belong to which store and user.
func (t *accessTable) group(stores, users int) {
	t.byStore, t.byUser = make([]int32, stores+1), make([]int32, users+1)
	for _, a := range t.rows {
		t.byStore[a.store+1]++
		if a.user >= 0 {
			t.byUser[a.user+1]++
		}
	}
	for i := range stores {
		t.byStore[i+1] += t.byStore[i]
	}
	for i := range users {
		t.byUser[i+1] += t.byUser[i]
	}
	next := append([]int32(nil), t.byUser...)
	t.userRow = make([]int32, t.byUser[users])
	for at, a := range t.rows {
		if a.user >= 0 {
			t.userRow[next[a.user]] = int32(at)
			next[a.user]++
		}
	}
}

// of lists the rows of a user, by store.
func (t *accessTable) of(user int) []int32 { return t.userRow[t.byUser[user]:t.byUser[user+1]] }

// logins are the last sign-ins of the rows of the access table.
func (v *view) logins(ctx context.Context) ([]int64, error) {
	accesses, err := v.accesses(ctx)
	if err != nil {
		return nil, err
	}
	stores, err := v.stores(ctx)
	if err != nil {
		return nil, err
	}
	list, err := v.image.logins.get(func() (*[]int64, error) {
		return v.readLogins(context.WithoutCancel(ctx), accesses, stores)
	})
	if err != nil {
		return nil, err
	}
	return *list, nil
}

func (v *view) readLogins(ctx context.Context, accesses *accessTable, stores *storeTable) (*[]int64, error) {
	list, packed, err := v.unpackLogins(ctx, accesses, stores)
	if err != nil || packed {
		return &list, err
	}
	list = make([]int64, 0, len(accesses.rows))
	err = each(ctx, v.db.reader, func(rows *sql.Rows) error {
		var at sql.NullInt64
		err := rows.Scan(&at)
		list = append(list, loginSeconds(at))
		return err
	}, qLogins, v.scope.Account, v.snapshot.ID, stores.ids())
	if err == nil && len(list) != len(accesses.rows) { // retention took versions away in between
		err = errPruned
	}
	return &list, err
}

// errPruned says that the versions of a snapshot went away while they were read.
var errPruned = org.Problem(org.KindNotFound, "The history of this moment was just removed by the retention rule.", nil)

// apps are the app sets of the rows of the access table.
func (v *view) apps(ctx context.Context) ([]int32, error) {
	accesses, err := v.accesses(ctx)
	if err != nil {
		return nil, err
	}
	stores, err := v.stores(ctx)
	if err != nil {
		return nil, err
	}
	list, err := v.image.apps.get(func() (*[]int32, error) {
		return v.readApps(context.WithoutCancel(ctx), accesses, stores)
	})
	if err != nil {
		return nil, err
	}
	return *list, nil
}

func (v *view) readApps(ctx context.Context, accesses *accessTable, stores *storeTable) (*[]int32, error) {
	list := make([]int32, len(accesses.rows))
	at := 0
	err := each(ctx, v.db.reader, func(rows *sql.Rows) error {
		var store org.StoreID
		var user org.UserID
		var set int32
		if err := rows.Scan(&store, &user, &set); err != nil {
			return err
		}
		for at < len(list) && before(stores.rows[accesses.rows[at].store].ID, accesses.rows[at].id, store, user) {
			at++
		}
		if at < len(list) && stores.rows[accesses.rows[at].store].ID == store && accesses.rows[at].id == user {
			list[at] = set
		}
		return nil
	}, qUserApps, v.scope.Account, v.snapshot.ID, stores.ids())
	return &list, err
}

func before(store org.StoreID, user org.UserID, otherStore org.StoreID, otherUser org.UserID) bool {
	return store < otherStore || store == otherStore && user < otherUser
}
