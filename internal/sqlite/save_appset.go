package sqlite

import (
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// appSet is a stored set of apps.
type appSet struct {
	ids  []int64 // sorted
	more bool
}

var (
	qAppByID = query(`SELECT api_id, name FROM app WHERE id = ?`)
	qPutApp  = query(`
		INSERT INTO app (account_id, api_id, name, first_seen_at) VALUES (?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET name = excluded.name RETURNING id`)
	qPutAppName = query(`
		INSERT INTO app_name (app_id, valid_from, name)
		SELECT ?1, ?2, ?3 WHERE ?3 IS NOT (SELECT name FROM app_name WHERE app_id = ?1 ORDER BY valid_from DESC LIMIT 1)
		ON CONFLICT DO UPDATE SET name = excluded.name`)
	qFindAppSet = query(`SELECT id FROM app_set WHERE account_id = ? AND hash = ?`)
	qAppSetByID = query(`SELECT app_ids, more FROM app_set WHERE id = ?`)
	qAddAppSet  = query(`INSERT INTO app_set (account_id, hash, app_ids, more) VALUES (?, ?, ?, ?)`)
	qAppInSet   = query(`INSERT INTO app_in_set (app_id, set_id) VALUES (?, ?)`)
)

// appList is the stored set of apps behind an id.
func (s *saver) appList(id int64) (*audit.AppList, error) {
	set, err := s.appSetByID(id)
	if err != nil {
		return nil, err
	}
	list := &audit.AppList{More: set.more, Apps: make([]org.App, len(set.ids))}
	for i, id := range set.ids {
		if list.Apps[i], err = s.appByID(id); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (s *saver) appSetByID(id int64) (appSet, error) {
	if set, met := s.appSet[id]; met {
		return set, nil
	}
	set, err := one(s.ctx, s, func(rows *sql.Rows) (set appSet, err error) {
		var text []byte
		if err = rows.Scan(&text, &set.more); err == nil {
			err = json.Unmarshal(text, &set.ids)
		}
		return set, err
	}, qAppSetByID, id)
	if err == nil {
		s.appSet[id] = set
	}
	return set, err
}

func (s *saver) appByID(id int64) (org.App, error) {
	if app, met := s.app[id]; met {
		return app, nil
	}
	app, err := one(s.ctx, s, func(rows *sql.Rows) (app org.App, err error) {
		err = rows.Scan(&app.APIID, &app.Name)
		return app, err
	}, qAppByID, id)
	if err == nil {
		s.app[id] = app
	}
	return app, err
}

// appID finds or makes the row of an app and keeps its name from this snapshot on.
func (s *saver) appID(app org.App) (int64, error) {
	if met := s.apps[app.APIID]; met.id != 0 && met.name == app.Name {
		return met.id, nil
	}
	id, err := one(s.ctx, s, scalar[int64], qPutApp, s.snapshot.Account, app.APIID, app.Name, s.readAt.UnixMilli())
	if err != nil {
		return 0, err
	}
	if err := s.exec(qPutAppName, id, s.snapshot.ID, app.Name); err != nil {
		return 0, err
	}
	s.apps[app.APIID], s.app[id] = knownApp{id, app.Name}, app
	return id, nil
}

var qAppByAPIID = query(`SELECT id, name FROM app WHERE account_id = ? AND api_id = ?`)

// appOf is the row of an app that was read before; 0 when there is none.
func (s *saver) appOf(apiID string) (int64, error) {
	if met := s.apps[apiID]; met.id != 0 || apiID == "" {
		return met.id, nil
	}
	app, err := one(s.ctx, s, func(rows *sql.Rows) (app knownApp, err error) {
		err = rows.Scan(&app.id, &app.name)
		return app, err
	}, qAppByAPIID, s.snapshot.Account, apiID)
	if err == errNone {
		return 0, nil
	}
	if err == nil {
		s.apps[apiID], s.app[app.id] = app, org.App{APIID: apiID, Name: app.name}
	}
	return app.id, err
}

// nameApps takes over the names of apps, which may change while who has them does not.
func (s *saver) nameApps(apps []org.App) error {
	for _, app := range apps {
		if _, err := s.appID(app); err != nil {
			return err
		}
	}
	return nil
}

// appSetID finds or makes the row of a set of apps.
func (s *saver) appSetID(list audit.AppList) (int64, error) {
	set := appSet{ids: make([]int64, len(list.Apps)), more: list.More}
	for i, app := range list.Apps {
		id, err := s.appID(app)
		if err != nil {
			return 0, err
		}
		set.ids[i] = id
	}
	slices.Sort(set.ids)
	set.ids = slices.Compact(set.ids)
	text, err := json.Marshal(set.ids)
	if err != nil {
		return 0, err
	}
	hash := sha256.Sum256(fmt.Appendf(nil, "%s %t", text, set.more))
	if id, met := s.appSets[hash]; met {
		return id, nil
	}
	id, err := one(s.ctx, s, scalar[int64], qFindAppSet, s.snapshot.Account, hash[:])
	if err == errNone {
		id, err = s.addAppSet(set, hash[:], string(text))
	}
	if err == nil {
		s.appSets[hash], s.appSet[id] = id, set
	}
	return id, err
}

func (s *saver) addAppSet(set appSet, hash []byte, text string) (int64, error) {
	id, err := s.insert(qAddAppSet, s.snapshot.Account, hash, text, set.more)
	if err != nil {
		return 0, err
	}
	for _, app := range set.ids {
		if err := s.exec(qAppInSet, app, id); err != nil {
			return 0, err
		}
	}
	return id, nil
}
