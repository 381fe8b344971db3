package sandbox

type storeUserConnection[U any] struct {
	PageInfo       pageInfo
	Edges          *[]*storeUserEdge[U]
	CollectionInfo *collectionInfo
}

type storeUserEdge[U any] struct {
	Node   *U
	Cursor string
}

type storeUser struct {
	call                               *call
	access                             *access
	ID                                 id
	Email, FirstName, LastName, Locale string
	Permissions                        []string
	Status                             *string
	LastLoginAt, UpdatedAt             *dateTime
}

// readyUser is a store's user whose apps are there already. The engine starts a goroutine for each field of an object in
// which one field has arguments, which costs more than all the rest; it takes a plain struct field as it is. So a
// request that asks for the same first apps of every user is executed by an engine over this form.
type readyUser struct {
	storeUser
	Apps *appsConnection
}

func (s *storeNode[U]) Users(args pageArgs) (*storeUserConnection[U], error) {
	c := s.call
	if err := c.need("account_users_read"); err != nil {
		return nil, err
	}
	list, tag := s.store.accesses, s.store.tag()
	total := c.total(len(list))
	if c.fault.hits(FaultZeroUsers, tag) {
		list = nil
	}
	r := rows{tag, len(list), func(i int) int64 { return list[i].person.num }}
	p, err := c.page(r, args, c.cfg.UsersPageCap)
	if err != nil {
		return nil, err
	}
	if c.fault.hits(FaultNullEdges, tag) {
		return &storeUserConnection[U]{p.info, nil, total}, nil
	}
	c.noteSeam(s.store, list, p)
	edges := []*storeUserEdge[U]{}
	if !p.empty {
		edges = storeUserEdges[U](c, r, p, list)
	}
	if len(edges) > 0 && c.fault.hits(FaultNullUser, tag) {
		edges[len(edges)/2].Node = nil
	}
	c.usersServed.Add(int64(len(edges)))
	return &storeUserConnection[U]{p.info, edgesOrNull(c, edges, true), total}, nil
}

func storeUserEdges[U any](c *call, r rows, p page, list []*access) []*storeUserEdge[U] {
	count := p.hi - p.lo
	pointers, edges, nodes := make([]*storeUserEdge[U], count), make([]storeUserEdge[U], count), make([]U, count)
	for i := range count {
		switch node := any(&nodes[i]).(type) {
		case *storeUser:
			node.fill(c, list[p.lo+i])
		case *readyUser:
			node.fill(c, list[p.lo+i])
			node.Apps, _ = node.storeUser.Apps(*c.userApps) // the scope was looked at before
		}
		edges[i] = storeUserEdge[U]{&nodes[i], c.cursor(r, p.lo+i)}
		pointers[i] = &edges[i]
	}
	return pointers
}

func (u *storeUser) fill(c *call, a *access) {
	*u = storeUser{
		call: c, access: a, ID: c.id(a.person.id), Email: a.person.email, FirstName: a.person.first, LastName: a.person.last,
		Locale: a.person.locale, Permissions: a.set.mark,
	}
	if !c.cfg.NullStatuses {
		u.Status = statusOf(c.cfg, a)
	}
	if c.cfg.NullTimes {
		return
	}
	updated := formatTime(c.cfg.Times, a.updated)
	u.UpdatedAt = &updated
	if a.lastLogin != 0 {
		last := formatTime(c.cfg.Times, a.lastLogin)
		u.LastLoginAt = &last
	}
}

var active, inactive = "ACTIVE", "INACTIVE"

func (a *access) status() *string {
	if a.inactive {
		return &inactive
	}
	return &active
}

// statusOf is the word that is served for an access.
func statusOf(cfg *Config, a *access) *string {
	if cfg.UnseenStatus != "" && (a.person.num+a.store.num)%20 == 0 {
		return &cfg.UnseenStatus
	}
	return a.status()
}
