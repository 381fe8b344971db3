package audit

import (
	"cmp"
	"fmt"
	"slices"

	"rollcall/internal/org"
)

// Gather makes People out of the stream of accesses in one pass:
//
//	g := audit.NewGather(frame)
//	err := db.EachAccessRef(ctx, scope, asOf, settings, g.Sink())
//	g.List(...) // for each user of the account
//	people := g.People()
//
// It is for one goroutine.
type Gather struct {
	p        *People
	stores   map[org.StoreID]int32
	users    map[org.UserID]int32
	names    map[int64]int32
	sets     map[int64]int32
	same     map[[32]byte]int32 // sets by content: equal ones may come under two numbers
	nameRead []int64            // per user: when the store whose names are shown was read
}

// NewGather begins with what belongs to no access.
func NewGather(f Frame) *Gather {
	return &Gather{
		p:      &People{Frame: f, rights: make([]rights, 1), names: make([]org.Identity, 1)},
		stores: map[org.StoreID]int32{}, users: map[org.UserID]int32{}, names: map[int64]int32{}, sets: map[int64]int32{},
		same: map[[32]byte]int32{},
	}
}

// Sink receives the accesses. Apps are not asked for.
func (g *Gather) Sink() org.AccessSink {
	return org.AccessSink{Store: g.store, User: g.user, Person: g.person, Set: g.set, Row: g.row}
}

func (g *Gather) store(s org.Store) {
	e := storeEntry{id: s.ID, hash: s.Hash, name: s.Name, labels: s.Labels, read: s.Facet(org.FacetAccesses)}
	if more := g.p.Labels[s.ID]; more != nil {
		e.labels = more
	}
	if !e.read.ReadAt.IsZero() {
		e.readAt = e.read.ReadAt.Unix()
	}
	g.stores[s.ID] = int32(len(g.p.stores))
	g.p.stores = append(g.p.stores, e)
}

func (g *Gather) user(id org.UserID, _ string) { g.userAt(id) }

func (g *Gather) userAt(id org.UserID) int32 {
	at, known := g.users[id]
	if !known {
		at = int32(len(g.p.users))
		g.users[id] = at
		g.p.users = append(g.p.users, userEntry{id: id})
		g.nameRead = append(g.nameRead, -1)
	}
	return at
}

func (g *Gather) person(id int64, who org.Identity) {
	g.names[id] = int32(len(g.p.names))
	g.p.names = append(g.p.names, who)
}

func (g *Gather) set(id int64, set org.PermissionSet, _ org.Role, _ bool) {
	hash := set.Hash()
	at, known := g.same[hash]
	if !known {
		at = int32(len(g.p.rights))
		g.same[hash] = at
		g.p.rights = append(g.p.rights, newRights(set))
	}
	g.sets[id] = at
}

// row adds an access. It refuses one that points to something which was not handed out.
func (g *Gather) row(r org.AccessRef) error {
	store, known := g.stores[r.Store]
	if !known {
		return fmt.Errorf("gather accesses: store %d was not named", r.Store)
	}
	name, known := g.names[r.Person]
	if !known {
		return fmt.Errorf("gather accesses: person %d was not named", r.Person)
	}
	a := access{store: store, user: g.userAt(r.User), state: statusKindOf(r.Status), word: g.word(r.Status), unseen: r.Unseen, login: r.LastLogin, firstSeen: r.FirstSeen}
	if r.Set != 0 {
		if a.right, known = g.sets[r.Set]; !known {
			return fmt.Errorf("gather accesses: permission set %d was not named", r.Set)
		}
	}
	u := &g.p.users[a.user]
	u.to++
	if read := g.p.stores[store].readAt; read > g.nameRead[a.user] {
		g.nameRead[a.user], u.name = read, name
	}
	if u.seen == 0 || r.FirstSeen < u.seen {
		u.seen = r.FirstSeen
	}
	g.p.accesses = append(g.p.accesses, a)
	return nil
}

// word is the place of a status. There are two of them today; a flood of new ones ends in one word.
func (g *Gather) word(s org.Status) uint8 {
	at := slices.Index(g.p.words, s)
	switch {
	case at >= 0:
		return uint8(at)
	case len(g.p.words) == 255:
		s = "another word"
	case len(g.p.words) > 255:
		return 255
	}
	g.p.words = append(g.p.words, s)
	return uint8(len(g.p.words) - 1)
}

// ListedUser is what the account-level list says of a user.
type ListedUser struct {
	ID        org.UserID
	InAccount org.Tri
	Who       org.Identity // used when the user has no access
	FirstSeen int64        // unix seconds when the list showed the user first; 0: unknown
}

// List adds what the account-level list says. Users without an access are people too.
func (g *Gather) List(l ListedUser) {
	at := g.userAt(l.ID)
	u := &g.p.users[at]
	u.inAccount, u.listed = l.InAccount, l.FirstSeen
	if l.FirstSeen != 0 && (u.seen == 0 || l.FirstSeen < u.seen) {
		u.seen = l.FirstSeen
	}
	if u.name == 0 {
		u.name = int32(len(g.p.names))
		g.p.names = append(g.p.names, l.Who)
	}
}

// People finishes the gathering; the Gather is of no use afterwards. Users who have no access and are not in the
// account-level list are left out.
func (g *Gather) People() *People {
	p := g.p
	var stores, users []int32
	p.stores, stores = ordered(p.stores, nil, func(a, b storeEntry) int { return cmp.Compare(a.id, b.id) })
	p.users, users = ordered(p.users, func(u userEntry) bool { return u.to > 0 || u.inAccount == org.Yes },
		func(a, b userEntry) int { return cmp.Compare(a.id, b.id) })
	for i := range p.accesses {
		a := &p.accesses[i]
		a.store, a.user = stores[a.store], users[a.user]
	}
	order := func(a, b access) int { return cmp.Or(cmp.Compare(a.store, b.store), cmp.Compare(a.user, b.user)) }
	if !slices.IsSortedFunc(p.accesses, order) {
		slices.SortFunc(p.accesses, order)
	}
	p.place()
	return p
}

// place tells each store and each user which accesses are theirs. Until then the end of a user's is their number.
func (p *People) place() {
	from := int32(0)
	for i := range p.users {
		u := &p.users[i]
		u.from, from = from, from+u.to
		u.to = u.from
	}
	p.byUser = make([]int32, len(p.accesses))
	next := int32(0) // the first store that has no place yet
	for i := range p.accesses {
		a := &p.accesses[i]
		for ; next <= a.store; next++ {
			p.stores[next].from = int32(i)
		}
		p.stores[a.store].to = int32(i) + 1
		u := &p.users[a.user]
		p.byUser[u.to] = int32(i)
		u.to++
	}
	for i := range p.stores {
		if s := &p.stores[i]; s.to < s.from || int32(i) >= next {
			s.from, s.to = 0, 0 // no accesses
		}
	}
}

// ordered sorts what is kept of a list and tells for each old place the new one; -1 for what is left out.
func ordered[T any](list []T, keep func(T) bool, order func(a, b T) int) (sorted []T, moved []int32) {
	moved = make([]int32, len(list))
	places := make([]int32, 0, len(list))
	for i := range list {
		moved[i] = -1
		if keep == nil || keep(list[i]) {
			places = append(places, int32(i))
		}
	}
	slices.SortStableFunc(places, func(a, b int32) int { return order(list[a], list[b]) })
	for to, from := range places {
		sorted = append(sorted, list[from])
		moved[from] = int32(to)
	}
	return sorted, moved
}
