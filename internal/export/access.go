package export

import (
	"context"
	"fmt"
	"time"

	"rollcall/internal/org"
)

// moreApps is the last item of a list of apps that goes on at BigCommerce (design 4.3).
const moreApps = "(and more)"

// Places of the access columns where a run of cells begins that is made once.
const (
	colAccount, colStore, colUser, colPerson = 0, 2, 5, 6
	colStatus, colSet, colApps               = 10, 11, 15
	colLogin, colReadAt                      = 16, 20
)

// accessWriter writes accesses from cells that were made once for each store, user, person, permission set and app
// set: encoding them per row would take most of the time of a long file.
type accessWriter struct {
	row
	job                             Job
	days                            int
	account, snapshot, noSet, noApp []byte
	stores                          map[org.StoreID]*storeCells
	last                            *storeCells // rows come store by store, mostly
	lastID                          org.StoreID
	users, people, sets, apps       cellStore
	statuses                        map[org.Status][]byte
	states                          [4][]byte // cells of the login states
	count                           int
}

// storeCells are the cells of one store and what its reading says of its rows.
type storeCells struct {
	cells, readAt []byte
	cutoff        int64 // unix seconds: an older sign-in makes inactive
}

func writeAccess(ctx context.Context, source Source, job Job, t table) (int, error) {
	if err := t.begin(accessColumns); err != nil {
		return 0, err
	}
	a := newAccessWriter(job, t)
	err := source.EachAccessRef(ctx, job.Scope, job.query(), job.Settings, org.AccessSink{
		Store: a.addStore, User: a.addUser, Person: a.addPerson, Set: a.addSet, Apps: a.addApps, Row: a.add,
	})
	if err != nil {
		return a.count, err
	}
	return a.count, t.end(a.b)
}

func newAccessWriter(job Job, t table) *accessWriter {
	a := &accessWriter{
		row: row{t: t}, job: job, days: job.Query.Threshold(job.Settings), stores: map[org.StoreID]*storeCells{},
		statuses: map[org.Status][]byte{},
	}
	a.account = a.cells(colAccount, func(r *row) { r.text(job.Account.UUID); r.text(job.account().Name) })
	a.snapshot = a.cells(len(accessColumns)-1, func(r *row) { r.number(int64(job.Snapshot.ID)) })
	a.noSet = a.cells(colSet, func(r *row) {
		r.text(org.RoleUnknown.String())
		r.text(unknown)
		r.blank()
		r.unknownList()
	})
	a.noApp = a.cells(colApps, (*row).unknownList)
	for i := range a.states {
		a.states[i] = a.cells(colLogin+1, func(r *row) { r.text(org.LoginState(i).String()) })
	}
	return a
}

// cells makes the cells that fill writes from column col on.
func (a *accessWriter) cells(col int, fill func(*row)) []byte {
	r := row{t: a.t, col: col}
	fill(&r)
	if r.b == nil {
		return []byte{} // nothing to write is not the same as not made
	}
	return r.b
}

func (a *accessWriter) addStore(s org.Store) {
	readAt := s.Facet(org.FacetAccesses).ReadAt
	a.stores[s.ID] = &storeCells{
		cells:  a.cells(colStore, func(r *row) { r.text(s.Hash); r.text(s.Name); r.text(s.APIID) }),
		readAt: a.cells(colReadAt, func(r *row) { r.time(readAt) }),
		cutoff: readAt.Truncate(time.Second).AddDate(0, 0, -a.days).Unix(),
	}
}

func (a *accessWriter) addUser(id org.UserID, apiID string) {
	a.users.put(int64(id), a.cells(colUser, func(r *row) { r.text(apiID) }))
}

func (a *accessWriter) addPerson(id int64, who org.Identity) {
	a.people.put(id, a.cells(colPerson, func(r *row) {
		r.text(who.Email)
		r.text(who.FirstName)
		r.text(who.LastName)
		r.text(who.Locale)
	}))
}

func (a *accessWriter) addSet(id int64, set org.PermissionSet, role org.Role, privileged bool) {
	a.sets.put(id, a.cells(colSet, func(r *row) {
		r.text(role.String())
		r.yes(privileged)
		r.count(len(set))
		r.list(set)
	}))
}

func (a *accessWriter) addApps(id int64, apps []org.App, more bool) {
	a.apps.put(id, a.cells(colApps, func(r *row) { r.list(appNames(apps, more)) }))
}

// appNames lists apps by name, by API id where the name is empty.
func appNames(apps []org.App, more bool) []string {
	names := make([]string, 0, len(apps)+1)
	for _, app := range apps {
		if app.Name == "" {
			app.Name = app.APIID
		}
		names = append(names, app.Name)
	}
	if more {
		names = append(names, moreApps)
	}
	return names
}

func (a *accessWriter) add(ref org.AccessRef) error {
	store, err := a.store(ref.Store)
	if err != nil {
		return err
	}
	user, person := a.users.get(int64(ref.User)), a.people.get(ref.Person)
	set, apps := a.setCells(ref), a.appCells(ref)
	if user == nil || person == nil || set == nil || apps == nil {
		return fmt.Errorf("access of user %d in store %d points to data that was not handed out", ref.User, ref.Store)
	}
	a.begin()
	a.b = append(append(append(append(a.b, a.account...), store.cells...), user...), person...)
	a.b = append(append(append(a.b, a.status(ref.Status)...), set...), apps...)
	a.col = colLogin
	a.unix(ref.LastLogin)
	a.copy(a.states[login(ref.LastLogin, store.cutoff)], 1)
	a.unix(ref.Updated)
	a.unix(ref.FirstSeen)
	a.b = append(append(a.b, store.readAt...), a.snapshot...)
	a.count++
	return a.end()
}

func (a *accessWriter) store(id org.StoreID) (*storeCells, error) {
	if a.last == nil || a.lastID != id {
		store := a.stores[id]
		if store == nil {
			return nil, fmt.Errorf("access points to store %d, which was not handed out", id)
		}
		a.last, a.lastID = store, id
	}
	return a.last, nil
}

// status makes the cells of each status once; there are few.
func (a *accessWriter) status(s org.Status) []byte {
	cells, ok := a.statuses[s]
	if !ok {
		cells = a.cells(colStatus, func(r *row) { r.text(s.Text()) })
		a.statuses[s] = cells
	}
	return cells
}

func (a *accessWriter) setCells(ref org.AccessRef) []byte {
	if ref.Set == 0 {
		return a.noSet
	}
	return a.sets.get(ref.Set)
}

// appCells are the apps of an access. Who may open none has a set too: without one the apps were not read.
func (a *accessWriter) appCells(ref org.AccessRef) []byte {
	if ref.Apps == 0 {
		return a.noApp
	}
	return a.apps.get(ref.Apps)
}

// login is Moment.Login for a sign-in and a cutoff in unix seconds.
func login(at, cutoff int64) org.LoginState {
	switch {
	case at < 0:
		return org.LoginUnknown
	case at == 0:
		return org.LoginNever
	case at < cutoff:
		return org.LoginInactive
	}
	return org.LoginActive
}
