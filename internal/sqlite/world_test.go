package sqlite

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"rollcall/internal/org"
)

// world is an account as BigCommerce might hold it; tests change it from day to day and write its reads.
type world struct {
	stores []org.RemoteStore
	users  map[string][]org.StoreUser // by store hash
	at     time.Time
	random *rand.Rand
	apps   bool // syncs read apps too
}

var start = time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC)

// rightsOf are a few different permission sets.
func rightsOf(n int) org.PermissionSet {
	sets := []org.PermissionSet{
		org.Preset(org.RoleOwner), org.Preset(org.RoleAdministrator), org.Preset(org.RoleSalesStaff), {},
	}
	if n < len(sets) {
		return sets[n]
	}
	names := append([]string{}, org.Preset(org.RoleAdministrator)...)
	return org.NewPermissionSet(append(names[:len(names)-1-n%40], fmt.Sprintf("Future_Right_%d", n%7)))
}

// newWorld makes stores with users each; people work in several stores.
func newWorld(stores, users, people int) *world {
	w := &world{users: map[string][]org.StoreUser{}, at: start, random: rand.New(rand.NewPCG(1, 2))}
	for i := range stores {
		hash := fmt.Sprintf("hash%04d", i)
		w.stores = append(w.stores, org.RemoteStore{
			APIID: "bc/account/store/" + hash, Hash: hash, Name: fmt.Sprintf("Store %d", i),
		})
		for j := range users {
			w.users[hash] = append(w.users[hash], w.user((i*users+j*7)%people))
		}
	}
	return w
}

func (w *world) user(n int) org.StoreUser {
	u := org.StoreUser{
		Identity: org.Identity{
			APIID: fmt.Sprintf("bc/account/user/%08d", n), Email: fmt.Sprintf("user%d@example.com", n),
			FirstName: fmt.Sprintf("First%d", n), LastName: fmt.Sprintf("Last%d", n), Locale: "en",
		},
		Permissions: rightsOf(w.random.IntN(40)), RightsRead: true, Status: org.StatusActive,
		LastLogin: org.At(w.at.Add(-time.Duration(w.random.IntN(200*24)) * time.Hour)), UpdatedAt: org.At(w.at.AddDate(0, -1, 0)),
	}
	if w.random.IntN(10) == 0 {
		u.LastLogin = org.Never()
	}
	return u
}

// read is a complete read of one store.
func (w *world) read(store org.RemoteStore) org.StoreRead {
	users := append([]org.StoreUser{}, w.users[store.Hash]...)
	return org.StoreRead{Store: store, Users: users, Absence: org.AbsenceProven, Read: org.FacetRead{
		Facet: org.FacetAccesses, State: org.FacetComplete, Expected: len(users), Received: len(users), ReadAt: w.at,
	}}
}

func (w *world) readUserApps(store org.RemoteStore) org.StoreRead {
	read := org.StoreRead{Store: store, Absence: org.AbsenceProven, Read: org.FacetRead{
		Facet: org.FacetUserApps, State: org.FacetComplete, Expected: -1, ReadAt: w.at,
	}}
	for i, u := range w.users[store.Hash] {
		read.UserApps = append(read.UserApps, org.UserApps{User: u.APIID, Apps: appsOf(i % 5)})
	}
	read.Read.Received = len(read.UserApps)
	return read
}

func (w *world) readApps(store org.RemoteStore) org.StoreRead {
	return org.StoreRead{Store: store, Absence: org.AbsenceProven, Apps: appsOf(4), Read: org.FacetRead{
		Facet: org.FacetApps, State: org.FacetComplete, Expected: -1, Received: 4, ReadAt: w.at,
	}}
}

func appsOf(n int) []org.App {
	var apps []org.App
	for i := range n {
		apps = append(apps, org.App{APIID: fmt.Sprintf("bc/account/app/%d", i), Name: fmt.Sprintf("App %d", i)})
	}
	return apps
}

// list is a complete read of the store list.
func (w *world) list() *org.AccountRead {
	return &org.AccountRead{Stores: w.stores, Absence: org.AbsenceProven, Read: org.FacetRead{
		Facet: org.FacetStores, State: org.FacetComplete, Expected: -1, Received: len(w.stores), ReadAt: w.at,
	}}
}

// day lets a share of accesses change (per mille) and of users sign in.
func (w *world) day(changed, signedIn int) {
	w.at = w.at.AddDate(0, 0, 1)
	for _, store := range w.stores {
		users := w.users[store.Hash]
		for i := range users {
			if w.random.IntN(1000) < changed {
				users[i].Permissions = rightsOf(w.random.IntN(40))
				users[i].UpdatedAt = org.At(w.at)
			}
			if w.random.IntN(1000) < signedIn {
				users[i].LastLogin = org.At(w.at.Add(-time.Duration(w.random.IntN(86400)) * time.Second))
			}
		}
	}
}

// sync writes the whole world as one snapshot, some stores a Save.
func (w *world) sync(tb testing.TB, db *DB, account org.AccountID) org.Snapshot {
	tb.Helper()
	run := w.save(tb, db, account)
	snapshot, err := db.History().Close(context.Background(), run.Snapshot.ID, org.Complete, "")
	if err != nil {
		tb.Fatal(err)
	}
	return snapshot
}

// save is sync without its end.
func (w *world) save(tb testing.TB, db *DB, account org.AccountID) org.Run {
	tb.Helper()
	ctx := context.Background()
	run, err := db.Begin(ctx, account, 24*time.Hour)
	if err != nil {
		tb.Fatal(err)
	}
	for i := 0; i < len(w.stores); i += 50 {
		step := org.Step{State: []byte("state")}
		if i == 0 {
			step.StoreList = w.list()
		}
		for _, store := range w.stores[i:min(i+50, len(w.stores))] {
			step.Stores = append(step.Stores, w.read(store))
			if w.apps {
				step.Stores = append(step.Stores, w.readUserApps(store), w.readApps(store))
			}
		}
		if err := db.Save(ctx, run.Snapshot.ID, step); err != nil {
			tb.Fatal(err)
		}
	}
	return run
}

const testUUID = "01234567-89ab-cdef-0123-456789abcdef"

func connect(tb testing.TB, db *DB, uuid string) org.AccountID {
	tb.Helper()
	a, err := db.ConnectAccount(context.Background(), uuid, "wxyz",
		func(org.AccountID) ([]byte, error) { return []byte("sealed"), nil })
	if err != nil {
		tb.Fatal(err)
	}
	return a.ID
}
