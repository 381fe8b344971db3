package sqlite

import (
	"database/sql"
	"strings"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

var (
	qLoadUsers = query(`
		SELECT u.id, u.api_id, u.since, p.id, p.email, p.first_name, p.last_name, p.locale
		FROM user u JOIN person p ON p.id = u.person_id WHERE u.account_id = ?`)
	qPersonByID = query(`SELECT email, first_name, last_name, locale FROM person WHERE id = ?`)
	qFindPerson = query(`SELECT id FROM person WHERE email = ? AND first_name = ? AND last_name = ? AND locale = ?`)
	qAddPerson  = query(`
		INSERT INTO person (email, first_name, last_name, locale, email_fold, domain, name_key) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`)
	qAddUser   = query(`INSERT INTO user (account_id, api_id, first_seen_at, since, person_id) VALUES (?, ?, ?, ?, ?)`)
	qSetPerson = query(`UPDATE user SET person_id = ? WHERE id = ?`)
	qShown     = query(`
		SELECT EXISTS (SELECT 1 FROM access_version
		               WHERE user_id = ? AND person_id = ? AND store_id <> ? AND valid_to = 9223372036854775807)`)
	qTouch = query(`INSERT INTO sync_touched (snapshot_id, user_id) VALUES (?, ?) ON CONFLICT DO NOTHING`)
)

// loadUsers fills the memory of users once.
func (s *saver) loadUsers() error {
	if s.loaded {
		return nil
	}
	s.loaded = true
	return each(s.ctx, s, func(rows *sql.Rows) error {
		var u knownUser
		var who org.Identity
		if err := rows.Scan(&u.id, &u.apiID, &u.since, &u.person, &who.Email, &who.FirstName, &who.LastName, &who.Locale); err != nil {
			return err
		}
		s.addPerson(u.person, who)
		s.addUser(&u)
		return nil
	}, qLoadUsers, s.snapshot.Account)
}

// personOf is the identity behind a person id.
func (s *saver) personOf(id int64) (org.Identity, error) {
	if who, met := s.person[id]; met {
		return who, nil
	}
	who, err := one(s.ctx, s, func(rows *sql.Rows) (who org.Identity, err error) {
		err = rows.Scan(&who.Email, &who.FirstName, &who.LastName, &who.Locale)
		return who, err
	}, qPersonByID, id)
	if err == nil {
		s.addPerson(id, who)
	}
	return who, err
}

// personID finds or makes the person of an identity.
func (s *saver) personID(who org.Identity) (int64, error) {
	who.APIID = ""
	if id, met := s.people[who]; met {
		return id, nil
	}
	id, err := s.insert(qAddPerson, who.Email, who.FirstName, who.LastName, who.Locale,
		org.FoldEmail(who.Email), org.EmailDomain(who.Email), strings.ToLower(who.Name()))
	if err == nil && id == 0 {
		id, err = one(s.ctx, s, scalar[int64], qFindPerson, who.Email, who.FirstName, who.LastName, who.Locale)
	}
	if err == nil {
		s.addPerson(id, who)
	}
	return id, err
}

// touch notes that the user's summary may differ when the snapshot closes.
func (s *saver) touch(user org.UserID) error {
	key := touch{s.snapshot.ID, user}
	if s.touched[key] {
		return nil
	}
	s.touched[key] = true
	return s.exec(qTouch, s.snapshot.ID, user)
}

// sighting is a user as a facet shows it. before is what the same facet showed last, nil when it is new there.
type sighting struct {
	now    org.Identity
	before *org.Identity
	store  org.StoreID // that shows the user; 0: the account's list
	quiet  bool        // write no change
}

// see finds or makes the user of a sighting and returns its id and person. A new name or e-mail is written as a change
// of the user, once, whichever store shows it first; stores that keep an old spelling cannot undo it. The first complete
// read of a store or of the account's list writes none. A user whom this very snapshot saw first cannot have changed.
func (s *saver) see(f facetNow, read org.FacetRead, seen sighting) (org.UserID, int64, error) {
	person, err := s.personID(seen.now)
	if err != nil {
		return 0, 0, err
	}
	u := s.users[seen.now.APIID]
	if u == nil {
		id, err := s.insert(qAddUser, s.snapshot.Account, seen.now.APIID, read.ReadAt.UnixMilli(), s.snapshot.ID,
			person)
		if err != nil {
			return 0, 0, err
		}
		u = &knownUser{id: org.UserID(id), apiID: seen.now.APIID, since: s.snapshot.ID, person: person}
		s.addUser(u)
		return u.id, person, nil
	}
	if u.person == person || seen.before != nil && *seen.before == seen.now {
		return u.id, person, nil
	}
	if seen.quiet && (seen.store == 0 || u.since != s.snapshot.ID) { // a quiet sighting must not take a change away from the stores that will show it
		if shown, err := one(s.ctx, s, scalar[bool], qShown, u.id, u.person, seen.store); err != nil || shown {
			return u.id, person, err
		}
	}
	for _, c := range audit.DiffIdentity(s.identity(u), seen.now) {
		if seen.quiet || u.since == s.snapshot.ID {
			break
		}
		if err := s.change(f, read, 0, u.id, c); err != nil {
			return 0, 0, err
		}
	}
	u.person = person
	return u.id, person, s.exec(qSetPerson, person, u.id)
}
