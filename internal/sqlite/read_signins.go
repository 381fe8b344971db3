package sqlite

import (
	"context"
	"database/sql"
	"maps"

	"rollcall/internal/org"
)

// signIns is what the sign-ins of all accesses of a user add up to. The zero value is that of no access.
type signIns struct {
	latest   int64 // unix seconds; 0: none
	quiet    int64 // shortest time from a sign-in to the read of its store, in seconds, when there is one
	accesses int32
	unread   int32 // accesses whose sign-in was not read
}

// add adds an access: its last sign-in (0: never; -1: not read) and when its store was read, in unix seconds.
func (s *signIns) add(at, readAt int64) {
	s.accesses++
	switch {
	case at < 0:
		s.unread++
	case at > 0:
		quiet := readAt - at
		if s.latest == 0 {
			s.quiet = quiet
		}
		s.latest, s.quiet = max(s.latest, at), min(s.quiet, quiet)
	}
}

// state sorts the user. Stores may have been read on different days, so every access is judged by the read of its own
// store, as it is where accesses are listed: a user is active while one of the accesses is. The others are inactive or
// never used only when that was read of every access: where it was not, there may be a sign-in.
func (s signIns) state(days int) org.LoginState {
	switch {
	case s.latest > 0 && s.quiet <= int64(days)*24*60*60:
		return org.LoginActive
	case s.unread > 0 || s.accesses == 0:
		return org.LoginUnknown
	case s.latest == 0:
		return org.LoginNever
	}
	return org.LoginInactive
}

// seconds is the latest sign-in that is known; 0: never in every store; -1: not read.
func (s signIns) seconds() int64 {
	if s.latest == 0 && (s.unread > 0 || s.accesses == 0) {
		return -1
	}
	return s.latest
}

// show fills in the sign-in of a user for people.
func (s signIns) show(u *org.UserRow, days int) {
	u.LastLogin, u.Login = loginMoment(s.seconds()), s.state(days)
}

// usersSignedIn are the users of the snapshot with their sign-ins.
func (v *view) usersSignedIn(ctx context.Context) (*userTable, error) {
	t, err := v.users(ctx)
	if err != nil {
		return nil, err
	}
	accesses, err := v.accesses(ctx)
	if err != nil {
		return nil, err
	}
	stores, err := v.stores(ctx)
	if err != nil {
		return nil, err
	}
	logins, err := v.logins(ctx)
	if err != nil {
		return nil, err
	}
	return v.image.signedIn.get(func() (*userTable, error) {
		full := &userTable{rows: t.rows, words: t.words, orders: maps.Clone(t.orders), signIns: make([]signIns, len(t.rows))}
		full.orders["login"] = &part[[]int32]{}
		for i := range accesses.rows {
			if a := &accesses.rows[i]; a.user >= 0 {
				full.signIns[a.user].add(logins[i], stores.rows[a.store].readAt)
			}
		}
		return full, nil
	})
}

// fewUsers is for how many users of a past day it is not worth making all sign-ins.
const fewUsers = 5

var qUserSignIns = query(`SELECT a.user_id, a.store_id, ` + lastLogin + ` FROM access_version a INDEXED BY access_user
  WHERE a.user_id IN (SELECT value FROM json_each(?4)) AND a.valid_from <= ?2 AND a.valid_to > ?2 AND +a.store_id IN ` + storesInScope)

// signInsOf are the sign-ins of a few users, read from the file unless memory has them all.
func (v *view) signInsOf(ctx context.Context, ids []org.UserID) (map[org.UserID]signIns, error) {
	found := make(map[org.UserID]signIns, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	if v.image.logins.loaded() || len(ids) > fewUsers && v.past() != nil {
		t, err := v.usersSignedIn(ctx)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			if at := t.index(id); at >= 0 {
				found[id] = t.signIns[at]
			}
		}
		return found, nil
	}
	stores, err := v.stores(ctx)
	if err != nil {
		return nil, err
	}
	err = each(ctx, v.db.reader, func(rows *sql.Rows) error {
		var user org.UserID
		var store org.StoreID
		var at sql.NullInt64
		err := rows.Scan(&user, &store, &at)
		if place := stores.index(store); place >= 0 {
			s := found[user]
			s.add(loginSeconds(at), stores.rows[place].readAt)
			found[user] = s
		}
		return err
	}, qUserSignIns, v.scope.Account, v.snapshot.ID, only(v.scope), idList(ids))
	return found, err
}
