package sandbox

import (
	"fmt"
	"math/rand/v2"
	"sort"
	"strconv"
	"strings"
	"time"
)

// World is one account with everything in it. It is changed by the passing of days and inside Server.Edit, nowhere else.
// The exported methods are scripted edits; they panic when they are given a store or user that is not there, for a
// script that misses its target is a mistake of the script. A user is named by API id, number or e-mail.
type World struct {
	uuid string
	name string
	day  int
	now  time.Time
	rng  *rand.Rand

	stores     []*store // by number
	byHash     map[string]*store
	people     []*person
	byID       map[int64]*person
	byEmail    map[string]*person // lower case
	accesses   []*access
	sets       permissionSets
	apps       []*app
	profiles   []*permissionSet // pool of custom rights
	listed     []*person        // the account's own list, by number; nil when it must be built again
	domain     string
	nextStore  int64
	nextUser   int64
	writingLog bool
	log        []Change
	daily      Daily
	shape      Shape

	clients  map[string]*apiAccount // by client ID, deleted ones included
	tokens   map[string]*apiAccount
	owner    *permissionSet // the rights of a store owner
	nextHook int64
	scenes   map[string]*store // where each remarkable thing is shown
}

// store is one shop of the account.
type store struct {
	num      int64
	id       string
	hash     string
	name     string
	accesses []*access // by number of the person
	apps     []*app    // by number
	failing  bool
	index    int
	shop     *shop
}

// person is one control-panel user.
type person struct {
	num       int64
	id        string
	email     string
	first     string
	last      string
	locale    string
	inAccount bool
	outsider  bool
	accesses  []*access
	index     int
}

// access is one person in one store.
type access struct {
	person    *person
	store     *store
	set       *permissionSet
	inactive  bool
	dormant   bool  // hardly ever signs in
	lastLogin int64 // unix seconds; 0 is never
	updated   int64
	apps      []*app // by number
	index     int
}

type app struct {
	num  int64
	id   string
	name string
}

func newWorld(uuid, name string, seed uint64, start time.Time) *World {
	w := &World{
		uuid: uuid, name: name, now: start,
		rng:    rand.New(rand.NewPCG(seed, hashText(uuid))),
		byHash: map[string]*store{}, byID: map[int64]*person{}, byEmail: map[string]*person{},
		clients: map[string]*apiAccount{}, tokens: map[string]*apiAccount{}, scenes: map[string]*store{}, nextHook: 27400311,
		sets: newPermissionSets(), nextStore: 1000184207, nextUser: 20481377,
	}
	w.owner = w.sets.of(presets.owner)
	return w
}

// hashText is FNV-1a, for seeds that depend on a name.
func hashText(text string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	return h
}

func (w *World) addStore(name string) *store {
	w.nextStore += 1 + w.rng.Int64N(900)
	s := &store{num: w.nextStore, name: name, hash: w.freshHash(), index: len(w.stores)}
	s.id = "bc/account/store/" + strconv.FormatInt(s.num, 10)
	w.stores = append(w.stores, s)
	w.byHash[s.hash] = s
	w.record(Change{Kind: StoreAdded, StoreHash: s.hash, After: name})
	w.furnish(s)
	return s
}

func (w *World) freshHash() string {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	for {
		var text [10]byte
		for i := range text {
			text[i] = letters[w.rng.IntN(len(letters))]
		}
		if hash := string(text[:]); w.byHash[hash] == nil {
			return hash
		}
	}
}

func (w *World) removeStore(s *store) {
	for len(s.accesses) > 0 {
		w.revoke(s.accesses[len(s.accesses)-1])
	}
	w.stores = append(w.stores[:s.index], w.stores[s.index+1:]...)
	for i := s.index; i < len(w.stores); i++ {
		w.stores[i].index = i
	}
	delete(w.byHash, s.hash)
	w.closeShop(s)
	w.record(Change{Kind: StoreGone, StoreHash: s.hash, Before: s.name})
}

func (w *World) renameStore(s *store, name string) {
	w.record(Change{Kind: StoreRenamed, StoreHash: s.hash, Before: s.name, After: name})
	s.name = name
}

func (w *World) addPerson(first, last, email, locale string) *person {
	w.nextUser += 1 + w.rng.Int64N(40)
	p := &person{num: w.nextUser, first: first, last: last, email: email, locale: locale, inAccount: true, index: len(w.people)}
	p.id = "bc/account/user/" + strconv.FormatInt(p.num, 10)
	w.people = append(w.people, p)
	w.byID[p.num] = p
	w.byEmail[strings.ToLower(email)] = p
	w.listed = nil
	return p
}

// dropPerson takes a person out of every store and of the account.
func (w *World) dropPerson(p *person) {
	for len(p.accesses) > 0 {
		w.revoke(p.accesses[len(p.accesses)-1])
	}
	last := len(w.people) - 1
	w.people[p.index] = w.people[last]
	w.people[p.index].index = p.index
	w.people = w.people[:last]
	delete(w.byID, p.num)
	if email := strings.ToLower(p.email); w.byEmail[email] == p {
		delete(w.byEmail, email)
	}
	w.listed = nil
}

// find gives where the access of a person stands, or would stand, in a store.
func (s *store) find(num int64) (int, bool) {
	i := sort.Search(len(s.accesses), func(i int) bool { return s.accesses[i].person.num >= num })
	return i, i < len(s.accesses) && s.accesses[i].person.num == num
}

// grant gives a person access to a store. A person who has it already keeps it, with the new rights.
func (w *World) grant(s *store, p *person, set *permissionSet) *access {
	i, found := s.find(p.num)
	if found {
		w.setPermissions(s.accesses[i], set)
		return s.accesses[i]
	}
	a := &access{person: p, store: s, set: set, updated: w.now.Unix(), index: len(w.accesses)}
	a.dormant = (uint64(p.num)*2654435761+uint64(s.num))%100 < 22
	if w.shape.PersonSignIn && len(p.accesses) > 0 {
		a.lastLogin = p.accesses[0].lastLogin
	}
	s.accesses = append(s.accesses, nil)
	copy(s.accesses[i+1:], s.accesses[i:])
	s.accesses[i] = a
	p.accesses = append(p.accesses, a)
	w.accesses = append(w.accesses, a)
	w.record(Change{Kind: AccessAdded, StoreHash: s.hash, UserID: p.id, Email: p.email, PermissionsAfter: set.names})
	return a
}

func (w *World) revoke(a *access) {
	i, _ := a.store.find(a.person.num)
	a.store.accesses = append(a.store.accesses[:i], a.store.accesses[i+1:]...)
	for i, other := range a.person.accesses {
		if other == a {
			a.person.accesses = append(a.person.accesses[:i], a.person.accesses[i+1:]...)
			break
		}
	}
	last := len(w.accesses) - 1
	w.accesses[a.index] = w.accesses[last]
	w.accesses[a.index].index = a.index
	w.accesses[last] = nil
	w.accesses = w.accesses[:last]
	w.record(Change{Kind: AccessRemoved, StoreHash: a.store.hash, UserID: a.person.id, Email: a.person.email, PermissionsBefore: a.set.names})
}

func (w *World) setPermissions(a *access, set *permissionSet) {
	if a.set == set {
		return
	}
	w.record(Change{
		Kind: RightsChanged, StoreHash: a.store.hash, UserID: a.person.id, Email: a.person.email,
		PermissionsBefore: a.set.names, PermissionsAfter: set.names,
	})
	a.set = set
	a.updated = w.now.Unix()
}

func (w *World) setInactive(a *access, inactive bool) {
	if a.inactive == inactive {
		return
	}
	before := *a.status()
	a.inactive = inactive
	a.updated = w.now.Unix()
	w.record(Change{Kind: StatusChanged, StoreHash: a.store.hash, UserID: a.person.id, Email: a.person.email, Before: before, After: *a.status()})
}

func (w *World) setEmail(p *person, email string) {
	w.record(Change{Kind: EmailChanged, UserID: p.id, Email: p.email, Before: p.email, After: email})
	if w.byEmail[strings.ToLower(p.email)] == p {
		delete(w.byEmail, strings.ToLower(p.email))
	}
	p.email = email
	w.byEmail[strings.ToLower(email)] = p
	w.touch(p)
}

func (w *World) setName(p *person, first, last string) {
	w.record(Change{Kind: UserRenamed, UserID: p.id, Email: p.email, Before: p.first + " " + p.last, After: first + " " + last})
	p.first, p.last = first, last
	w.touch(p)
}

func (w *World) touch(p *person) {
	for _, a := range p.accesses {
		a.updated = w.now.Unix()
	}
}

func (w *World) signIn(a *access, at time.Time) {
	if !w.shape.PersonSignIn {
		a.lastLogin = at.Unix()
		return
	}
	for _, other := range a.person.accesses {
		other.lastLogin = at.Unix()
	}
}

// accountList is the account's own user list, by number.
func (w *World) accountList() []*person {
	if w.listed == nil {
		w.listed = make([]*person, 0, len(w.people))
		for _, p := range w.people {
			if p.inAccount {
				w.listed = append(w.listed, p)
			}
		}
		sort.Slice(w.listed, func(i, j int) bool { return w.listed[i].num < w.listed[j].num })
	}
	return w.listed
}

// insertApp and dropApp keep a list of apps ordered by number; the list given is never altered, for it may be shared.
func insertApp(apps []*app, a *app) []*app {
	i := sort.Search(len(apps), func(i int) bool { return apps[i].num >= a.num })
	if i < len(apps) && apps[i] == a {
		return apps
	}
	out := make([]*app, 0, len(apps)+1)
	out = append(append(append(out, apps[:i]...), a), apps[i:]...)
	return out
}

func dropApp(apps []*app, a *app) []*app {
	out := make([]*app, 0, len(apps))
	for _, other := range apps {
		if other != a {
			out = append(out, other)
		}
	}
	return out
}

func (w *World) mustStore(hash string) *store {
	s := w.byHash[hash]
	if s == nil {
		panic(fmt.Sprintf("sandbox: no store %q", hash))
	}
	return s
}

func (w *World) mustPerson(user string) *person {
	if p := w.byEmail[strings.ToLower(user)]; p != nil {
		return p
	}
	if num, err := strconv.ParseInt(user[strings.LastIndexByte(user, '/')+1:], 10, 64); err == nil && w.byID[num] != nil {
		return w.byID[num]
	}
	panic(fmt.Sprintf("sandbox: no user %q", user))
}

func (w *World) mustAccess(hash, user string) *access {
	s, p := w.mustStore(hash), w.mustPerson(user)
	i, found := s.find(p.num)
	if !found {
		panic(fmt.Sprintf("sandbox: user %q is not in store %q", user, hash))
	}
	return s.accesses[i]
}
