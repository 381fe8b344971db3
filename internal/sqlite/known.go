package sqlite

import (
	"sync"

	"rollcall/internal/org"
)

// memory holds what a sync need not look up for every user again, by account.
type memory struct {
	mu   sync.Mutex
	list map[org.AccountID]*known
}

// of gives the account's part, empty at first.
func (m *memory) of(account org.AccountID) *known {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.list[account] == nil {
		if m.list == nil {
			m.list = map[org.AccountID]*known{}
		}
		m.list[account] = newKnown()
	}
	return m.list[account]
}

// forget empties the account's part. It is called when a sync begins and ends, and whenever a transaction fails:
// what was learned in that transaction does not exist.
func (m *memory) forget(account org.AccountID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.list, account)
}

// known are ids of things that never change. Whoever holds the writing transaction may use it.
type known struct {
	loaded  bool // users and their people
	users   map[string]*knownUser
	byID    map[org.UserID]*knownUser
	people  map[org.Identity]int64 // without APIID
	person  map[int64]org.Identity
	sets    map[[32]byte]int64
	set     map[int64]org.PermissionSet
	lists   map[[32]byte]int64  // of rights gained or lost
	apps    map[string]knownApp // by API id
	app     map[int64]org.App
	appSets map[[32]byte]int64
	appSet  map[int64]appSet
	stores  map[string]org.StoreID // by hash
	touched map[touch]bool
}

// touch is a user whose summary may differ when a snapshot closes.
type touch struct {
	snapshot org.SnapshotID
	user     org.UserID
}

type knownUser struct {
	id     org.UserID
	apiID  string
	since  org.SnapshotID // that saw the user first
	person int64          // newest identity
}

type knownApp struct {
	id   int64
	name string
}

func newKnown() *known {
	return &known{
		users: map[string]*knownUser{}, byID: map[org.UserID]*knownUser{},
		people: map[org.Identity]int64{}, person: map[int64]org.Identity{},
		sets: map[[32]byte]int64{}, set: map[int64]org.PermissionSet{},
		lists: map[[32]byte]int64{},
		apps:  map[string]knownApp{}, app: map[int64]org.App{},
		appSets: map[[32]byte]int64{}, appSet: map[int64]appSet{},
		stores: map[string]org.StoreID{}, touched: map[touch]bool{},
	}
}

func (k *known) addUser(u *knownUser) {
	k.users[u.apiID], k.byID[u.id] = u, u
}

func (k *known) addPerson(id int64, who org.Identity) {
	who.APIID = ""
	k.people[who], k.person[id] = id, who
}

// identity is the newest identity of a user.
func (k *known) identity(u *knownUser) org.Identity {
	who := k.person[u.person]
	who.APIID = u.apiID
	return who
}
