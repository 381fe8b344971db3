package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"

	"rollcall/internal/org"
)

var (
	// One user as the snapshot or, when it ended before, the last summary knew it. The last column tells which.
	qUserOnce = query(`SELECT u.id, u.api_id, coalesce(n.person_id, u.person_id),
    coalesce(n.stores * 256 + n.role * 16 + n.privileged * 8 + n.sensitive * 4 + n.in_account, 0),
    u.first_seen_at, coalesce(n.valid_to, 0) > ?2
  FROM user u LEFT JOIN user_summary n ON n.user_id = u.id
    AND n.valid_from = (SELECT max(valid_from) FROM user_summary WHERE user_id = u.id AND valid_from <= ?2)
  WHERE u.account_id = ?1 AND u.id = ?4 AND (?3 IS NULL OR EXISTS (SELECT 1 FROM access_version a
    WHERE a.user_id = u.id AND a.store_id IN ` + storesInScope + `))`)
	qSameMail = query(`SELECT u.id FROM person p JOIN user u ON u.person_id = p.id
  WHERE p.email_fold = ?2 AND +u.account_id = ?1 AND u.id <> ?3 ORDER BY u.id`)
)

// userOnce reads one user without the others; a NotFound error when the account, the scope or the history up to the
// snapshot has none of that number.
func (v *view) userOnce(ctx context.Context, id org.UserID) (*userTable, error) {
	t := &userTable{}
	u, err := one(ctx, v.db.reader, func(rows *sql.Rows) (u userEntry, err error) {
		var packed int64
		var holds bool
		err = rows.Scan(&u.id, &u.apiID, &u.person, &packed, &u.first, &holds)
		u.unpack(packed)
		if !holds {
			u.stores, u.role, u.privileged, u.sensitive = 0, org.RoleUnknown, false, false
			u.inAccount = min(u.inAccount, org.No) // what it was while it was there
		}
		return u, err
	}, qUserOnce, v.scope.Account, v.snapshot.ID, only(v.scope), id)
	if err != nil {
		return nil, named("user", err)
	}
	if u.first > v.snapshot.Finished.UnixMilli() {
		return nil, org.NotFound("user")
	}
	t.rows = []userEntry{u}
	t.words, err = v.db.lexicon(ctx, v.db.reader, int64(u.person), 0)
	return t, err
}

// User shows one user with every access by store name, the newest changes, and others with the same e-mail. A user
// who has left is shown without accesses.
func (db *DB) User(ctx context.Context, scope org.Scope, id org.UserID, q org.Query, s org.Settings) (d org.UserDetail, err error) {
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil {
		return d, err
	}
	t, err := v.userOnce(ctx, id)
	if err != nil {
		return d, err
	}
	st, list, err := v.collect(ctx, org.Query{Users: []org.UserID{id}, Days: q.Days})
	if err != nil {
		return d, err
	}
	if d.Accesses, err = st.accessRows(ctx, list); err != nil {
		return d, err
	}
	if scope.Stores != nil {
		t.rows[0].addUp(list, st.words)
	}
	d.UserRow = t.row(0)
	var logins signIns
	for _, a := range list {
		logins.add(a.LastLogin, st.store(a.Store).readAt)
	}
	logins.show(&d.UserRow, q.Threshold(v.settings))
	slices.SortStableFunc(d.Accesses, func(a, b org.AccessRow) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.StoreName), strings.ToLower(b.StoreName)), cmp.Compare(a.Store, b.Store))
	})
	for _, a := range d.Accesses {
		d.Stores, d.Hashes = append(d.Stores, a.StoreName), append(d.Hashes, a.StoreHash)
	}
	if d.SameMail, err = v.sameMail(ctx, t, q); err != nil {
		return d, err
	}
	d.Timeline, err = v.timeline(ctx, org.Query{Users: []org.UserID{id}})
	return d, err
}

// addUp makes the summary of a user from accesses.
func (u *userEntry) addUp(list []ref, words lexicon) {
	u.stores, u.role, u.privileged, u.sensitive = int32(len(list)), org.RoleUnknown, false, false
	for _, a := range list {
		r := words.rights[a.Set]
		u.role = max(u.role, r.role)
		u.privileged, u.sensitive = u.privileged || r.privileged, u.sensitive || r.sensitive
	}
}

// sameMail are the other users with the e-mail of this one. For a limited scope they are only named.
func (v *view) sameMail(ctx context.Context, t *userTable, q org.Query) (others []org.UserRow, err error) {
	mail := t.person(0).mail
	if mail == "" {
		return nil, nil
	}
	ids, err := all(ctx, v.db.reader, scalar[org.UserID], qSameMail, v.scope.Account, mail, t.rows[0].id)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		other, err := v.userOnce(ctx, id)
		if org.KindOf(err) == org.KindNotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		if other.person(0).mail != mail { // not yet on the day that is looked at
			continue
		}
		if v.scope.Stores != nil {
			other.rows[0].addUp(nil, other.words)
		}
		others = append(others, other.row(0))
	}
	if v.scope.Stores != nil {
		return others, nil
	}
	logins, err := v.signInsOf(ctx, ids)
	for i := range others {
		logins[others[i].ID].show(&others[i], q.Threshold(v.settings))
	}
	return others, err
}
