package sqlite

import (
	"database/sql"
	"math"
	"slices"
	"time"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// heldAccess is an open access with the ids behind its values.
type heldAccess struct {
	audit.Held
	user org.UserID
}

var qHeld = query(`
	SELECT a.user_id, a.person_id, a.set_id, a.status, a.unseen > 0, g.at, g.updated
	FROM access_version a
	LEFT JOIN sign_in g ON g.store_id = a.store_id AND g.user_id = a.user_id AND g.valid_from =
		(SELECT max(valid_from) FROM sign_in WHERE store_id = a.store_id AND user_id = a.user_id)
	WHERE a.store_id = ? AND a.valid_to = 9223372036854775807`)

// held reads the open accesses of a store.
func (s *saver) held(store org.StoreID) ([]heldAccess, error) {
	if err := s.loadUsers(); err != nil {
		return nil, err
	}
	type row struct {
		heldAccess
		person int64
		set    sql.NullInt64
	}
	list, err := all(s.ctx, s, func(rows *sql.Rows) (r row, err error) {
		var at, updated sql.NullInt64
		err = rows.Scan(&r.user, &r.person, &r.set, &r.Status, &r.Unseen, &at, &updated)
		r.LastLogin, r.UpdatedAt = seconds(at), seconds(updated)
		return r, err
	}, qHeld, store)
	if err != nil {
		return nil, err
	}
	accesses := make([]heldAccess, len(list))
	for i, r := range list { // after the rows are closed: values may have to be looked up
		if r.Identity, err = s.personOf(r.person); err != nil {
			return nil, err
		}
		r.APIID = s.byID[r.user].apiID
		if r.RightsRead = r.set.Valid; r.RightsRead {
			if r.Permissions, err = s.setOf(r.set.Int64); err != nil {
				return nil, err
			}
		}
		accesses[i] = r.heldAccess
	}
	return accesses, nil
}

// seconds reads a moment as sign_in holds it, toSeconds writes it.
func seconds(n sql.NullInt64) org.Moment {
	switch {
	case !n.Valid:
		return org.Moment{}
	case n.Int64 == 0:
		return org.Never()
	}
	return org.Moment{Read: true, At: time.Unix(n.Int64, 0).UTC()}
}

func toSeconds(m org.Moment) any {
	switch {
	case !m.Read:
		return nil
	case m.At.IsZero():
		return 0
	}
	return m.At.Unix()
}

// credible is a moment as history can hold it: one outside of 1970 to 2106 was never a sign-in or an update and counts
// as not read (readers pack both times of an access into one number).
func credible(m org.Moment) org.Moment {
	if at := m.At.Unix(); !m.At.IsZero() && (at <= 0 || at >= math.MaxUint32) {
		return org.Moment{}
	}
	return m
}

func (s *saver) saveAccesses(store org.StoreID, f facetNow, read org.StoreRead) error {
	read.Users = slices.Clone(read.Users)
	for i := range read.Users {
		u := &read.Users[i]
		u.LastLogin, u.UpdatedAt = credible(u.LastLogin), credible(u.UpdatedAt)
	}
	held, err := s.held(store)
	if err != nil {
		return err
	}
	before := make(map[string]*heldAccess, len(held))
	accesses := make([]audit.Held, len(held))
	for i := range held {
		before[held[i].APIID], accesses[i] = &held[i], held[i].Held
	}
	diff := audit.DiffAccesses(accesses, read, f.first(read.Read))
	for _, u := range diff.Put {
		if err := s.putAccess(store, f, read.Read, u, before[u.APIID]); err != nil {
			return err
		}
	}
	for _, u := range diff.Logins {
		if err := s.putLogin(store, s.users[u.APIID].id, u); err != nil {
			return err
		}
	}
	for _, u := range diff.End {
		if err := s.endAccess(store, before[u.APIID].user); err != nil {
			return err
		}
	}
	for _, u := range diff.Unseen {
		if err := s.putVersion(store, before[u.APIID].user, u, s.snapshot.ID); err != nil {
			return err
		}
	}
	for _, c := range diff.Changes {
		if err := s.change(f, read.Read, store, s.users[c.User].id, c); err != nil {
			return err
		}
	}
	return nil
}

var (
	qEndVersion = query(`
		UPDATE access_version SET valid_to = ?1
		WHERE store_id = ?2 AND user_id = ?3 AND valid_from < ?1 AND valid_to = 9223372036854775807`)
	qDropVersion = query(`DELETE FROM access_version WHERE store_id = ? AND user_id = ? AND valid_from = ?`)
	qPutVersion  = query(`
		INSERT INTO access_version (store_id, user_id, valid_from, valid_to, person_id, set_id, status, unseen)
		VALUES (?, ?, ?, 9223372036854775807, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET valid_to = excluded.valid_to, person_id = excluded.person_id,
			set_id = excluded.set_id, status = excluded.status, unseen = excluded.unseen`)
	qFirstSeen = query(`
		INSERT INTO access_seen (store_id, user_id, first_seen_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`)
	qPutLogin = query(`
		INSERT INTO sign_in (store_id, user_id, valid_from, at, updated) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET at = excluded.at, updated = excluded.updated`)
	qEndUserApps = query(`
		UPDATE user_app SET valid_to = ?1
		WHERE store_id = ?2 AND user_id = ?3 AND valid_from < ?1 AND valid_to = 9223372036854775807`)
	qDropUserApps = query(`DELETE FROM user_app WHERE store_id = ? AND user_id = ? AND valid_from = ?`)
)

func (s *saver) putAccess(store org.StoreID, f facetNow, read org.FacetRead, u org.StoreUser, before *heldAccess) error {
	seen := sighting{now: u.Identity, store: store, quiet: f.first(read)}
	if before != nil {
		seen.before = &before.Identity
	}
	user, _, err := s.see(f, read, seen)
	if err != nil {
		return err
	}
	if before == nil {
		if err := s.exec(qFirstSeen, store, user, read.ReadAt.UnixMilli()); err != nil {
			return err
		}
	} else if err := s.exec(qEndVersion, s.snapshot.ID, store, user); err != nil {
		return err
	}
	if err := s.touch(user); err != nil {
		return err
	}
	return s.writeVersion(store, user, u, 0)
}

// putVersion ends the version that holds and begins another.
func (s *saver) putVersion(store org.StoreID, user org.UserID, u org.StoreUser, unseen org.SnapshotID) error {
	if err := s.exec(qEndVersion, s.snapshot.ID, store, user); err != nil {
		return err
	}
	return s.writeVersion(store, user, u, unseen)
}

func (s *saver) writeVersion(store org.StoreID, user org.UserID, u org.StoreUser, unseen org.SnapshotID) error {
	person, err := s.personID(u.Identity)
	if err != nil {
		return err
	}
	var set any
	if u.RightsRead {
		if set, err = s.setID(u.Permissions); err != nil {
			return err
		}
	}
	return s.exec(qPutVersion, store, user, s.snapshot.ID, person, set, string(u.Status), unseen)
}

func (s *saver) putLogin(store org.StoreID, user org.UserID, u org.StoreUser) error {
	if err := s.touch(user); err != nil {
		return err
	}
	return s.exec(qPutLogin, store, user, s.snapshot.ID, toSeconds(u.LastLogin), toSeconds(u.UpdatedAt))
}

// endAccess ends an access and the apps that went with it. A version of this very snapshot was never visible.
func (s *saver) endAccess(store org.StoreID, user org.UserID) error {
	if err := s.touch(user); err != nil {
		return err
	}
	for _, text := range []string{qEndVersion, qEndUserApps} {
		if err := s.exec(text, s.snapshot.ID, store, user); err != nil {
			return err
		}
	}
	for _, text := range []string{qDropVersion, qDropUserApps} {
		if err := s.exec(text, store, user, s.snapshot.ID); err != nil {
			return err
		}
	}
	return nil
}
