package audit

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"rollcall/internal/org"
)

// Frame is what the rules need of a snapshot beside its accesses.
type Frame struct {
	Snapshot    org.Snapshot
	Account     org.Account
	StoreList   org.FacetRead // how the list of stores was read in this snapshot
	AccountList org.FacetRead // the newest read of the account-level list of users
	Labels      map[org.StoreID][]string
	Changes     []org.ChangeRow // of this snapshot and of the Policy's RecentDays before it, in any order
	Roster      *Roster         // the newest one as of the snapshot; nil: the rules about it rest
}

// People is who can sign in where in one snapshot, and what they may do there, packed for rules that look at every
// access. A Gather makes it; nothing changes it afterwards, so several may read it at once.
type People struct {
	Frame
	stores   []storeEntry // by number
	users    []userEntry  // by number
	names    []org.Identity
	rights   []rights     // the first stands for permissions that were not read
	accesses []access     // by store, then user
	words    []org.Status // statuses as given; from the 256th on they share a place
	byUser   []int32      // places in accesses, by user, then store
}

// storeEntry is a store with where its accesses are.
type storeEntry struct {
	id       org.StoreID
	hash     string
	name     string
	labels   []string
	read     org.FacetRead
	readAt   int64 // unix seconds of the read that is shown; 0: never
	from, to int32 // places in accesses
}

// fresh tells whether the store was read to the end in the snapshot.
func (s *storeEntry) fresh() bool { return s.read.State == org.FacetComplete }

func (s *storeEntry) label() string { return cmp.Or(s.name, s.hash) }

// userEntry is a user with where the accesses are.
type userEntry struct {
	id        org.UserID
	name      int32 // place in names: as shown by the store that was read last
	inAccount org.Tri
	listed    int64 // unix seconds when the account-level list showed the user first; 0: unknown
	seen      int64 // unix seconds when an access, or the list, showed the user first; 0: unknown
	from, to  int32 // places in byUser
}

// access is one user in one store.
type access struct {
	store, user int32 // places
	right       int32 // place in rights
	state       statusKind
	word        uint8 // place in words
	unseen      bool
	login       int64 // unix seconds; 0: never; -1: not read
	firstSeen   int64 // unix seconds
}

// statusKind is the status of an access as rules need it.
type statusKind uint8

const (
	statusUnknown statusKind = iota // not provided
	statusActive
	statusInactive
	statusOther // a word that Rollcall does not know
)

func statusKindOf(s org.Status) statusKind {
	switch {
	case s == "":
		return statusUnknown
	case strings.EqualFold(string(s), string(org.StatusActive)):
		return statusActive
	case strings.EqualFold(string(s), string(org.StatusInactive)):
		return statusInactive
	}
	return statusOther
}

// rights is a permission set with what follows from it. All accesses that hold it share it.
type rights struct {
	read       bool
	set        org.PermissionSet
	role       org.Role
	privileged org.PermissionSet
	highRisk   org.PermissionSet
	code       org.PermissionSet
	export     org.PermissionSet
	unknown    org.PermissionSet
}

func newRights(set org.PermissionSet) rights {
	return rights{
		read: true, set: set, role: org.RoleOf(set), privileged: set.Privileged(), highRisk: holding(set, highRisk),
		code: holding(set, changesCode), export: holding(set, exportsData), unknown: set.Unknown(),
	}
}

// holding lists the names that a set holds.
func holding(set org.PermissionSet, names []string) (list org.PermissionSet) {
	for _, name := range names {
		if set.Has(name) {
			list = append(list, name)
		}
	}
	return list
}

// Accesses, Users and Stores count what there is.
func (p *People) Accesses() int { return len(p.accesses) }

// Users counts the people, those without an access included.
func (p *People) Users() int { return len(p.users) }

// Stores counts the stores.
func (p *People) Stores() int { return len(p.stores) }

// at is the moment as of which the rules judge: when the snapshot was closed.
func (p *People) at() time.Time { return p.Snapshot.Finished }

func (p *People) findStore(id org.StoreID) (int32, bool) {
	i, found := slices.BinarySearchFunc(p.stores, id, func(s storeEntry, id org.StoreID) int { return cmp.Compare(s.id, id) })
	return int32(i), found
}

func (p *People) findUser(id org.UserID) (int32, bool) {
	i, found := slices.BinarySearchFunc(p.users, id, func(u userEntry, id org.UserID) int { return cmp.Compare(u.id, id) })
	return int32(i), found
}

// accessAt is the access of a user in a store, nil when there is none.
func (p *People) accessAt(store, user int32) *access {
	s := &p.stores[store]
	list := p.accesses[s.from:s.to]
	i, found := slices.BinarySearchFunc(list, user, func(a access, user int32) int { return cmp.Compare(a.user, user) })
	if !found {
		return nil
	}
	return &list[i]
}

// of lists the accesses of a user, by store.
func (p *People) of(u *userEntry) []int32 { return p.byUser[u.from:u.to] }

// status is the word of an access for people.
func (p *People) status(a *access) string { return p.words[a.word].Text() }

func (p *People) who(user int32) *org.Identity { return &p.names[p.users[user].name] }
