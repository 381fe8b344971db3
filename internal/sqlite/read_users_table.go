package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"rollcall/internal/org"
)

// userTable holds the users of a snapshot in the order of their ids.
type userTable struct {
	rows    []userEntry
	words   lexicon
	signIns []signIns                 // of the rows; nil: not read
	orders  map[string]*part[[]int32] // places of rows in the order of a column
}

type userEntry struct {
	id                    org.UserID
	apiID                 string
	person                int32
	stores                int32
	role                  org.Role // highest
	privileged, sensitive bool
	inAccount             org.Tri
	first                 int64 // unix milliseconds
}

// userSelect reads a user with a summary n. The small numbers come as one, because every column costs time.
const userSelect = `SELECT u.id, u.api_id, n.person_id, n.stores * 256 + n.role * 16 + n.privileged * 8 + n.sensitive * 4 + n.in_account, u.first_seen_at`

var (
	qUsersNow = query(userSelect + ` FROM user_now n CROSS JOIN user u ON u.id = n.user_id
  WHERE n.account_id = ?1 AND ?2 > 0 AND (n.stores > 0 OR n.in_account = 2)` + usersInScope)
	qUsersThen = query(userSelect + ` FROM user_summary n CROSS JOIN user u ON u.id = n.user_id AND u.account_id = ?1
  WHERE n.valid_from <= ?2 AND n.valid_to > ?2 AND (n.stores > 0 OR n.in_account = 2)` + usersInScope)
)

// usersInScope keeps the users with an access that a limited scope (?3) may see.
const usersInScope = ` AND (?3 IS NULL OR u.id IN (SELECT user_id FROM access_version
    WHERE store_id IN ` + storesInScope + ` AND valid_from <= ?2 AND valid_to > ?2))`

// users are the users of the snapshot, without their sign-ins.
func (v *view) users(ctx context.Context) (*userTable, error) {
	return v.image.users.get(func() (*userTable, error) {
		ctx := context.WithoutCancel(ctx)
		if known := v.past(); known != nil && v.scope.Stores == nil {
			return v.pastUsers(ctx, known)
		}
		t, err := v.readUsers(ctx)
		if err != nil || v.scope.Stores == nil {
			return t, err
		}
		return t, v.resummarise(ctx, t)
	})
}

// pastUsers makes the table of a past day from memory.
func (v *view) pastUsers(ctx context.Context, known *past) (*userTable, error) {
	t := newUserTable()
	last := int64(0)
	t.rows, last = known.usersOn(v.snapshot.ID)
	var err error
	t.words, err = v.db.lexicon(ctx, v.db.reader, last, 0)
	return t, err
}

func newUserTable() *userTable {
	t := &userTable{orders: map[string]*part[[]int32]{}}
	for _, column := range userColumns {
		t.orders[column.name] = &part[[]int32]{}
	}
	return t
}

func (v *view) readUsers(ctx context.Context) (*userTable, error) {
	t := newUserTable()
	err := v.db.read(ctx, func(tx *sql.Tx) (err error) {
		newest, err := one(ctx, tx, scanSnapshot, qSnapshotNewest, v.scope.Account)
		if err != nil && !errors.Is(err, errNone) {
			return err
		}
		text := qUsersThen
		if newest.ID == v.snapshot.ID { // the table user_now speaks of this very snapshot
			text = qUsersNow
		}
		t.rows, err = all(ctx, tx, scanUser, text, v.scope.Account, v.snapshot.ID, only(v.scope))
		return err
	})
	if err != nil {
		return nil, err
	}
	last := int64(0)
	for _, u := range t.rows {
		last = max(last, int64(u.person))
	}
	t.words, err = v.db.lexicon(ctx, v.db.reader, last, 0)
	slices.SortFunc(t.rows, func(a, b userEntry) int { return cmp.Compare(a.id, b.id) })
	return t, err
}

func scanUser(rows *sql.Rows) (u userEntry, err error) {
	var packed int64
	err = rows.Scan(&u.id, &u.apiID, &u.person, &packed, &u.first)
	u.unpack(packed)
	return u, err
}

// unpack reads the small numbers of userSelect.
func (u *userEntry) unpack(packed int64) {
	u.stores, u.role = int32(packed>>8), org.Role(packed>>4&15)
	u.privileged, u.sensitive, u.inAccount = packed>>3&1 == 1, packed>>2&1 == 1, tri(packed&3)
}

// resummarise makes the summaries anew from the accesses that a limited scope may see.
func (v *view) resummarise(ctx context.Context, t *userTable) error {
	stores, err := v.stores(ctx)
	if err != nil {
		return err
	}
	accesses, err := v.readAccesses(ctx, stores, t)
	if err != nil {
		return err
	}
	v.image.accesses.offer(accesses)
	for i := range t.rows {
		u := &t.rows[i]
		u.stores, u.role, u.privileged, u.sensitive = 0, org.RoleUnknown, false, false
		for _, at := range accesses.of(i) {
			r := accesses.words.rights[accesses.rows[at].set]
			u.stores++
			u.role = max(u.role, r.role)
			u.privileged, u.sensitive = u.privileged || r.privileged, u.sensitive || r.sensitive
		}
	}
	return nil
}

// index finds a user by id, -1 when the snapshot has none.
func (t *userTable) index(id org.UserID) int {
	i, found := slices.BinarySearchFunc(t.rows, id, func(u userEntry, id org.UserID) int { return cmp.Compare(u.id, id) })
	if !found {
		return -1
	}
	return i
}

func (t *userTable) person(i int32) *person { return &t.words.people[t.rows[i].person] }

// row is the user as lists show it, without stores and sign-in.
func (t *userTable) row(i int32) org.UserRow {
	u := &t.rows[i]
	return org.UserRow{
		ID: u.id, Identity: t.person(i).identity(u.apiID), InAccount: u.inAccount, StoreCount: int(u.stores),
		Highest: u.role, Privileged: u.privileged, Sensitive: u.sensitive,
		FirstSeen: time.UnixMilli(u.first).UTC(),
	}
}
