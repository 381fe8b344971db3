package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"math"

	"rollcall/internal/org"
)

// packedLogins is the sign-ins of some accesses as a row of sign_in_day holds them: for each store, in the order of
// ids, its id and the number of its accesses, then for each of these the user's id and the sign-in. Ids are written as
// the distance from the one before, sign-ins as the seconds before the newest of all; the numbers are varints. The
// first number of all is the newest sign-in.
type packedLogins []byte

// packedLogin is one of them.
type packedLogin struct {
	store org.StoreID
	user  org.UserID
	at    int64 // unix seconds; 0: never; -1: not read
}

// How a sign-in is written that is no time; times come behind.
const (
	packedUnread = iota
	packedNever
	packedTime
)

// packLogins packs sign-ins that are in the order of store and user.
func packLogins(list []packedLogin) packedLogins {
	if len(list) == 0 {
		return packedLogins{}
	}
	newest := int64(0)
	for _, l := range list {
		newest = max(newest, l.at)
	}
	text := binary.AppendUvarint(make([]byte, 0, 6*len(list)), uint64(newest))
	store := org.StoreID(0)
	for from, to := 0, 0; from < len(list); from = to {
		for to = from; to < len(list) && list[to].store == list[from].store; to++ {
		}
		text = binary.AppendUvarint(text, uint64(list[from].store-store))
		text = binary.AppendUvarint(text, uint64(to-from))
		store = list[from].store
		user := org.UserID(0)
		for _, l := range list[from:to] {
			text = binary.AppendUvarint(text, uint64(l.user-user))
			text = binary.AppendUvarint(text, packedAt(l.at, newest))
			user = l.user
		}
	}
	return text
}

func packedAt(at, newest int64) uint64 {
	switch {
	case at < 0:
		return packedUnread
	case at == 0:
		return packedNever
	}
	return packedTime + uint64(newest-at)
}

// errPacked says that a row of sign_in_day is none that was written here.
var errPacked = errors.New("packed sign-ins cannot be read")

// each unpacks them in order. inStore is called with every store, of whose accesses the function that it returns is
// called with each.
func (p packedLogins) each(inStore func(org.StoreID) func(user org.UserID, at int64)) error {
	if len(p) == 0 {
		return nil
	}
	wrong := false
	next := func() int64 {
		n, size := binary.Uvarint(p)
		if wrong = wrong || size <= 0 || n > math.MaxInt64; wrong {
			return 0
		}
		p = p[size:]
		return int64(n)
	}
	newest, store := next(), org.StoreID(0)
	for len(p) > 0 && !wrong {
		store += org.StoreID(next())
		visit, user := inStore(store), org.UserID(0)
		for left := next(); left > 0 && !wrong; left-- {
			user += org.UserID(next())
			at := next() - packedTime
			switch at {
			case packedUnread - packedTime:
				at = -1
			case packedNever - packedTime:
				at = 0
			default:
				at = newest - at
			}
			visit(user, at)
		}
	}
	if wrong {
		return errPacked
	}
	return nil
}

// mergeLogins is the state known before with what is new, both in the order of store and user.
func mergeLogins(known, news []packedLogin) []packedLogin {
	merged := make([]packedLogin, 0, len(known)+len(news)/8)
	for _, l := range news {
		for len(known) > 0 && before(known[0].store, known[0].user, l.store, l.user) {
			merged, known = append(merged, known[0]), known[1:]
		}
		if len(known) > 0 && known[0].store == l.store && known[0].user == l.user {
			known = known[1:]
		}
		merged = append(merged, l)
	}
	return append(merged, known...)
}

// The rows from the last whole one on that a snapshot's sign-ins are made of.
var qPackedLogins = query(`SELECT snapshot_id, data FROM sign_in_day WHERE account_id = ?1 AND snapshot_id <= ?2 AND snapshot_id >=
    (SELECT snapshot_id FROM sign_in_day WHERE account_id = ?1 AND snapshot_id <= ?2 AND whole = 1 ORDER BY snapshot_id DESC LIMIT 1)
  ORDER BY snapshot_id`)

// eachPacked hands out the rows that a snapshot's sign-ins are made of, the oldest first; false when it was not packed.
func (db *DB) eachPacked(ctx context.Context, q querier, account org.AccountID, snapshot org.SnapshotID, row func(packedLogins) error) (bool, error) {
	last := org.SnapshotID(0)
	err := each(ctx, q, func(rows *sql.Rows) error {
		var text sql.RawBytes
		if err := rows.Scan(&last, &text); err != nil {
			return err
		}
		return row(packedLogins(text))
	}, qPackedLogins, account, snapshot)
	return err == nil && last == snapshot && snapshot > 0, err
}

// unpackLogins fills in the sign-ins of the rows of an access table; false when the snapshot was not packed.
func (v *view) unpackLogins(ctx context.Context, accesses *accessTable, stores *storeTable) ([]int64, bool, error) {
	list := make([]int64, len(accesses.rows))
	for i := range list {
		list[i] = -1
	}
	packed, err := v.db.eachPacked(ctx, v.db.reader, v.scope.Account, v.snapshot.ID, func(p packedLogins) error {
		return accesses.fill(list, stores, p)
	})
	return list, packed, err
}

// fill puts packed sign-ins into a list of those of all rows.
func (t *accessTable) fill(list []int64, stores *storeTable, p packedLogins) error {
	place, row, end := 0, int32(0), int32(0)
	visit := func(user org.UserID, at int64) {
		for row < end && t.rows[row].id < user {
			row++
		}
		if row < end && t.rows[row].id == user {
			list[row] = at
		}
	}
	return p.each(func(store org.StoreID) func(org.UserID, int64) {
		for place < len(stores.rows) && stores.rows[place].ID < store {
			place++
		}
		row, end = 0, 0
		if place < len(stores.rows) && stores.rows[place].ID == store {
			row, end = t.byStore[place], t.byStore[place+1]
		}
		return visit
	})
}
