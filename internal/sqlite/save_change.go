package sqlite

import (
	"crypto/sha256"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

var qAddChange = query(`
	INSERT INTO change (account_id, snapshot_id, seen_at, previous_at, kind, store_id, user_id, linked_user, email, field,
	                        before, after, gained, lost, app_id)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)

// kindNumber are the numbers that stand for kinds of changes in the database.
var kindNumber = func() map[audit.Kind]int {
	numbers := map[audit.Kind]int{}
	for i, kind := range audit.Kinds() {
		numbers[kind] = i + 1
	}
	return numbers
}()

// change writes one change. store and user may be 0.
func (s *saver) change(f facetNow, read org.FacetRead, store org.StoreID, user org.UserID, c audit.Change) error {
	linked, err := s.link(c, user)
	if err != nil {
		return err
	}
	before, lost, err := s.rights(c.Kind == audit.RightsLost, c.Before)
	if err != nil {
		return err
	}
	after, gained, err := s.rights(c.Kind == audit.RightsGained, c.After)
	if err != nil {
		return err
	}
	app, err := s.appOf(c.App)
	if err != nil {
		return err
	}
	seen := read.ReadAt
	if read.ReadTo.After(seen) { // it may have happened while the list was being read
		seen = read.ReadTo
	}
	return s.exec(qAddChange, s.snapshot.Account, s.snapshot.ID, seen.UnixMilli(), millis(f.readAt), kindNumber[c.Kind],
		orNull(store), orNull(user), orNull(linked), c.Email, c.Field, before, after, orNull(gained), orNull(lost),
		orNull(app))
}

func orNull[T ~int64](id T) any {
	if id == 0 {
		return nil
	}
	return int64(id)
}

var (
	qFindRights = query(`SELECT id FROM rights_list WHERE hash = ?`)
	qAddRights  = query(`INSERT INTO rights_list (hash, names) VALUES (?, ?)`)
)

// rights gives a text of a change back as it is, or as the id of a stored list when listed says that it is one.
func (s *saver) rights(listed bool, text string) (string, int64, error) {
	if !listed {
		return text, 0, nil
	}
	hash := sha256.Sum256([]byte(text))
	if id, met := s.lists[hash]; met {
		return "", id, nil
	}
	id, err := one(s.ctx, s, scalar[int64], qFindRights, hash[:])
	if err == errNone {
		id, err = s.insert(qAddRights, hash[:], text)
	}
	if err == nil {
		s.lists[hash] = id
	}
	return "", id, err
}

var (
	qOthers = query(`
		SELECT u.id FROM person p CROSS JOIN user u ON u.person_id = p.id -- few share an e-mail, so that way round
		WHERE p.email_fold = ? AND +u.account_id = ? AND u.id <> ?
		  AND EXISTS (SELECT 1 FROM change c WHERE c.user_id = u.id AND c.kind = ?)
		ORDER BY u.id DESC LIMIT 1`)
	qLinkBack = query(`
		UPDATE change SET linked_user = ?1 WHERE user_id = ?2 AND kind = ?3 AND snapshot_id = ?4 AND linked_user IS NULL`)
)

// link finds the other user of a removed + added pair: the same e-mail under a new user id. The half that was
// written first in this snapshot is linked as well.
func (s *saver) link(c audit.Change, user org.UserID) (org.UserID, error) {
	counterpart := map[audit.Kind]audit.Kind{
		audit.AccessAdded: audit.AccessRemoved, audit.AccessRemoved: audit.AccessAdded,
	}[c.Kind]
	mail := org.FoldEmail(c.Email)
	if counterpart == "" || mail == "" {
		return 0, nil
	}
	other, err := one(s.ctx, s, scalar[org.UserID], qOthers, mail, s.snapshot.Account, user, kindNumber[counterpart])
	if err == errNone {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return other, s.exec(qLinkBack, user, other, kindNumber[counterpart], s.snapshot.ID)
}
