package sqlite

import (
	"database/sql"
	"slices"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

var (
	qHeldUserApps = query(`
		SELECT user_id, set_id FROM user_app WHERE store_id = ? AND valid_to = 9223372036854775807`)
	qPutUserApps = query(`
		INSERT INTO user_app (store_id, user_id, valid_from, valid_to, set_id) VALUES (?, ?, ?, 9223372036854775807, ?)
		ON CONFLICT DO UPDATE SET valid_to = excluded.valid_to, set_id = excluded.set_id`)
	qHeldStoreApps = query(`SELECT set_id FROM store_app WHERE store_id = ? AND valid_to = 9223372036854775807`)
	qPutStoreApps  = query(`
		INSERT INTO store_app (store_id, valid_from, valid_to, set_id) VALUES (?, ?, 9223372036854775807, ?)
		ON CONFLICT DO UPDATE SET valid_to = excluded.valid_to, set_id = excluded.set_id`)
)

var qInStore = query(`SELECT user_id FROM access_version WHERE store_id = ? AND valid_to = 9223372036854775807 ORDER BY user_id`)

// saveUserApps writes the apps of a store's users. Users without an access to the store are left out: one that is new
// will come, and its apps with the next read; one that ended must not leave its apps to the next one.
func (s *saver) saveUserApps(store org.StoreID, f facetNow, read org.StoreRead) error {
	held, err := s.heldUserApps(store)
	if err != nil {
		return err
	}
	inside, err := all(s.ctx, s, scalar[org.UserID], qInStore, store)
	if err != nil {
		return err
	}
	for _, apps := range read.UserApps {
		user := s.users[apps.User]
		if user == nil {
			continue
		}
		if _, found := slices.BinarySearch(inside, user.id); !found {
			continue
		}
		if err := s.nameApps(apps.Apps); err != nil {
			return err
		}
		now := audit.AppList{Apps: apps.Apps, More: apps.More}
		put, changes := audit.DiffApps(held[user.id], now, f.first(read.Read))
		if put {
			if err := s.putUserApps(store, user.id, now); err != nil {
				return err
			}
		}
		for _, c := range changes {
			c.Email = s.identity(user).Email
			if err := s.change(f, read.Read, store, user.id, c); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *saver) heldUserApps(store org.StoreID) (map[org.UserID]*audit.AppList, error) {
	if err := s.loadUsers(); err != nil {
		return nil, err
	}
	sets := map[org.UserID]int64{}
	err := each(s.ctx, s, func(rows *sql.Rows) error {
		var user org.UserID
		var set int64
		err := rows.Scan(&user, &set)
		sets[user] = set
		return err
	}, qHeldUserApps, store)
	if err != nil {
		return nil, err
	}
	held := make(map[org.UserID]*audit.AppList, len(sets))
	for user, set := range sets {
		if held[user], err = s.appList(set); err != nil {
			return nil, err
		}
	}
	return held, nil
}

func (s *saver) putUserApps(store org.StoreID, user org.UserID, apps audit.AppList) error {
	set, err := s.appSetID(apps)
	if err != nil {
		return err
	}
	if err := s.exec(qEndUserApps, s.snapshot.ID, store, user); err != nil {
		return err
	}
	return s.exec(qPutUserApps, store, user, s.snapshot.ID, set)
}

// saveStoreApps writes the apps of a store.
func (s *saver) saveStoreApps(store org.StoreID, f facetNow, read org.StoreRead) error {
	var held *audit.AppList
	set, err := one(s.ctx, s, scalar[int64], qHeldStoreApps, store)
	if err == nil {
		held, err = s.appList(set)
	}
	if err != nil && err != errNone {
		return err
	}
	if err := s.nameApps(read.Apps); err != nil {
		return err
	}
	now := audit.AppList{Apps: read.Apps, More: read.Read.State != org.FacetComplete}
	put, changes := audit.DiffApps(held, now, f.first(read.Read))
	if put {
		set, err := s.appSetID(now)
		if err != nil {
			return err
		}
		if err := s.exec(qEndStoreApps, s.snapshot.ID, store); err != nil {
			return err
		}
		if err := s.exec(qPutStoreApps, store, s.snapshot.ID, set); err != nil {
			return err
		}
	}
	for _, c := range changes {
		if err := s.change(f, read.Read, store, 0, c); err != nil {
			return err
		}
	}
	return nil
}
