package sqlite

import (
	"database/sql"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

var (
	qHeldPeople = query(`
		SELECT a.user_id, a.person_id, a.unseen > 0 FROM account_user a JOIN user u ON u.id = a.user_id
		WHERE u.account_id = ? AND a.valid_to = 9223372036854775807`)
	qEndMember = query(`
		UPDATE account_user SET valid_to = ?1
		WHERE user_id = ?2 AND valid_from < ?1 AND valid_to = 9223372036854775807`)
	qDropMember = query(`DELETE FROM account_user WHERE user_id = ? AND valid_from = ?`)
	qPutMember  = query(`
		INSERT INTO account_user (user_id, valid_from, valid_to, person_id, unseen) VALUES (?, ?, 9223372036854775807, ?, ?)
		ON CONFLICT DO UPDATE SET valid_to = excluded.valid_to, person_id = excluded.person_id, unseen = excluded.unseen`)
	qTouchUnknown = query(`
		INSERT INTO sync_touched (snapshot_id, user_id)
		SELECT ?, user_id FROM user_now WHERE account_id = ? AND in_account = 0 ON CONFLICT DO NOTHING`)
)

// saveAccountUsers writes a finished read of the account-level user list.
func (s *saver) saveAccountUsers(read org.AccountRead) error {
	s.date(&read.Read)
	f, err := s.facet(0, org.FacetAccountUsers)
	if err != nil {
		return err
	}
	if shows(read.Read.State) {
		if err := s.applyPeople(f, read); err != nil {
			return err
		}
	}
	if read.Read.State == org.FacetComplete { // now it is known of everybody who is in the account
		if err := s.exec(qTouchUnknown, s.snapshot.ID, s.snapshot.Account); err != nil {
			return err
		}
	}
	return s.saveFacet(0, f, read.Read, read.Absence)
}

func (s *saver) applyPeople(f facetNow, read org.AccountRead) error {
	held, err := s.heldPeople()
	if err != nil {
		return err
	}
	before := make(map[string]*org.Identity, len(held))
	for i := range held {
		before[held[i].APIID] = &held[i].Identity
	}
	diff := audit.DiffPeople(held, read, f.first(read.Read))
	for _, who := range diff.Put {
		seen := sighting{now: who, before: before[who.APIID], quiet: f.first(read.Read)}
		user, person, err := s.see(f, read.Read, seen)
		if err != nil {
			return err
		}
		if err := s.putMember(user, person, 0); err != nil {
			return err
		}
	}
	for _, who := range diff.Unseen {
		person, err := s.personID(who)
		if err != nil {
			return err
		}
		if err := s.putMember(s.users[who.APIID].id, person, s.snapshot.ID); err != nil {
			return err
		}
	}
	for _, who := range diff.End {
		if err := s.endMember(s.users[who.APIID].id); err != nil {
			return err
		}
	}
	return nil
}

func (s *saver) heldPeople() ([]audit.HeldPerson, error) {
	if err := s.loadUsers(); err != nil {
		return nil, err
	}
	type row struct {
		user   org.UserID
		person int64
		unseen bool
	}
	list, err := all(s.ctx, s, func(rows *sql.Rows) (r row, err error) {
		err = rows.Scan(&r.user, &r.person, &r.unseen)
		return r, err
	}, qHeldPeople, s.snapshot.Account)
	if err != nil {
		return nil, err
	}
	held := make([]audit.HeldPerson, len(list))
	for i, r := range list {
		if held[i].Identity, err = s.personOf(r.person); err != nil {
			return nil, err
		}
		held[i].APIID, held[i].Unseen = s.byID[r.user].apiID, r.unseen
	}
	return held, nil
}

func (s *saver) putMember(user org.UserID, person int64, unseen org.SnapshotID) error {
	if err := s.touch(user); err != nil {
		return err
	}
	if err := s.exec(qEndMember, s.snapshot.ID, user); err != nil {
		return err
	}
	return s.exec(qPutMember, user, s.snapshot.ID, person, unseen)
}

func (s *saver) endMember(user org.UserID) error {
	if err := s.touch(user); err != nil {
		return err
	}
	if err := s.exec(qEndMember, s.snapshot.ID, user); err != nil {
		return err
	}
	return s.exec(qDropMember, user, s.snapshot.ID)
}
