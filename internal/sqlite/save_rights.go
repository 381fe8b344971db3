package sqlite

import (
	"strings"

	"rollcall/internal/org"
)

var (
	qSetByID = query(`SELECT names FROM permission_set WHERE id = ?`)
	qFindSet = query(`SELECT id FROM permission_set WHERE hash = ?`)
	qAddSet  = query(`
		INSERT INTO permission_set (hash, names, size, role, privileged, sensitive) VALUES (?, ?, ?, ?, ?, ?)`)
	qAddPermission   = query(`INSERT INTO permission (name) VALUES (?) ON CONFLICT DO NOTHING`)
	qPermissionInSet = query(`INSERT INTO permission_in_set (permission_id, set_id) SELECT id, ? FROM permission WHERE name = ?`)
)

// setOf is the permission set behind an id.
func (s *saver) setOf(id int64) (org.PermissionSet, error) {
	if set, met := s.set[id]; met {
		return set, nil
	}
	names, err := one(s.ctx, s, scalar[string], qSetByID, id)
	if err != nil {
		return nil, err
	}
	var set org.PermissionSet
	if names != "" {
		set = strings.Split(names, "\n")
	}
	s.set[id], s.sets[set.Hash()] = set, id
	return set, nil
}

// setID finds or makes the row of a permission set.
func (s *saver) setID(set org.PermissionSet) (int64, error) {
	hash := set.Hash()
	if id, met := s.sets[hash]; met {
		return id, nil
	}
	id, err := one(s.ctx, s, scalar[int64], qFindSet, hash[:])
	if err == errNone {
		id, err = s.addSet(set, hash)
	}
	if err == nil {
		s.sets[hash], s.set[id] = id, set
	}
	return id, err
}

func (s *saver) addSet(set org.PermissionSet, hash [32]byte) (int64, error) {
	id, err := s.insert(qAddSet, hash[:], strings.Join(set, "\n"), len(set), int(org.RoleOf(set)),
		len(set.Privileged()) > 0, len(set.Sensitive()) > 0)
	if err != nil {
		return 0, err
	}
	for _, name := range set {
		if err := s.exec(qAddPermission, name); err != nil {
			return 0, err
		}
		if err := s.exec(qPermissionInSet, id, name); err != nil {
			return 0, err
		}
	}
	return id, nil
}
