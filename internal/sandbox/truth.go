package sandbox

import (
	"sort"
	"time"
)

// Truth is everything an account held at one moment, as plain values that share nothing with the server.
type Truth struct {
	UUID      string
	AccountID string
	Name      string
	Day       int // days passed since the start
	At        time.Time
	Stores    []TruthStore // in the order of the API
	Users     []TruthUser  // the account's own list, in the order of the API
}

// TruthStore is one store with everybody in it.
type TruthStore struct {
	ID, Hash, Name string
	Failing        bool // the API cannot read it
	Apps           []TruthApp
	Accesses       []TruthAccess // in the order of the API
}

// TruthUser is one entry of the account's own list.
type TruthUser struct {
	ID, Email, FirstName, LastName, Locale string
}

// TruthAccess is one user in one store.
type TruthAccess struct {
	StoreID, StoreHash, StoreName string
	TruthUser
	InAccount      bool
	Status         string    // ACTIVE, INACTIVE or the configured unseen word; what is true, even when it is served as null
	LastLoginAt    time.Time // zero: never
	UpdatedAt      time.Time
	Permissions    []string // sorted, each once, without No_Permission_Required
	RawPermissions []string // as served
	Apps           []TruthApp
}

// TruthApp is an app in a store or in the hands of a user.
type TruthApp struct{ ID, Name string }

// Accesses lists the accesses of all stores, by store and user in the order of the API.
func (t Truth) Accesses() []TruthAccess {
	var all []TruthAccess
	for _, s := range t.Stores {
		all = append(all, s.Accesses...)
	}
	return all
}

// Store gives the store of that hash, or nil.
func (t *Truth) Store(hash string) *TruthStore {
	for i := range t.Stores {
		if t.Stores[i].Hash == hash {
			return &t.Stores[i]
		}
	}
	return nil
}

func (w *World) truth(cfg *Config) Truth {
	t := Truth{UUID: w.uuid, AccountID: w.accountID(), Name: w.name, Day: w.day, At: w.now}
	for _, s := range w.stores {
		t.Stores = append(t.Stores, w.truthStore(cfg, s))
	}
	for _, p := range w.accountList() {
		t.Users = append(t.Users, truthUser(p))
	}
	return t
}

func (w *World) truthStore(cfg *Config, s *store) TruthStore {
	t := TruthStore{ID: s.id, Hash: s.hash, Name: s.name, Failing: s.failing, Apps: truthApps(s.apps)}
	t.Accesses = make([]TruthAccess, 0, len(s.accesses))
	for _, a := range s.accesses {
		t.Accesses = append(t.Accesses, truthAccess(cfg, a))
	}
	return t
}

func truthAccess(cfg *Config, a *access) TruthAccess {
	t := TruthAccess{
		StoreID: a.store.id, StoreHash: a.store.hash, StoreName: a.store.name, TruthUser: truthUser(a.person),
		InAccount: a.person.inAccount, Status: *statusOf(cfg, a), UpdatedAt: time.Unix(a.updated, 0).UTC(),
		Permissions: a.set.names, RawPermissions: a.set.raw, Apps: truthApps(a.apps),
	}
	if a.lastLogin != 0 {
		t.LastLoginAt = time.Unix(a.lastLogin, 0).UTC()
	}
	return t
}

func truthUser(p *person) TruthUser {
	return TruthUser{ID: p.id, Email: p.email, FirstName: p.first, LastName: p.last, Locale: p.locale}
}

func truthApps(apps []*app) []TruthApp {
	var out []TruthApp
	for _, a := range apps {
		out = append(out, TruthApp{a.id, a.name})
	}
	return out
}

// ChangeKind names what happened.
type ChangeKind string

// The kinds of changes.
const (
	AccessAdded    ChangeKind = "access added"
	AccessRemoved  ChangeKind = "access removed"
	RightsChanged  ChangeKind = "rights changed"
	StatusChanged  ChangeKind = "status changed"
	UserRenamed    ChangeKind = "user renamed"
	EmailChanged   ChangeKind = "e-mail changed"
	AppGained      ChangeKind = "app gained"
	AppLost        ChangeKind = "app lost"
	StoreAppGained ChangeKind = "store app gained"
	StoreAppLost   ChangeKind = "store app lost"
	StoreAdded     ChangeKind = "store added"
	StoreGone      ChangeKind = "store gone" // after an AccessRemoved for each of its users
	StoreRenamed   ChangeKind = "store renamed"
)

// Change is one thing that happened in an account after it was generated. Sign-ins are not recorded.
type Change struct {
	At                time.Time
	Day               int
	Kind              ChangeKind
	StoreHash         string
	UserID, Email     string // e-mail before the change
	Before, After     string
	PermissionsBefore []string // as in TruthAccess.Permissions
	PermissionsAfter  []string
}

func (w *World) record(c Change) {
	if !w.writingLog {
		return
	}
	c.At, c.Day = w.now, w.day
	w.log = append(w.log, c)
}

// sortedUUIDs gives the accounts in a fixed order.
func sortedUUIDs(worlds map[string]*World) []string {
	uuids := make([]string, 0, len(worlds))
	for uuid := range worlds {
		uuids = append(uuids, uuid)
	}
	sort.Strings(uuids)
	return uuids
}
