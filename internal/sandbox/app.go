package sandbox

type appsConnection struct {
	PageInfo pageInfo
	Edges    *[]*appsEdge
}

type appsEdge struct {
	Node   *appNode
	Cursor string
}

type appNode struct {
	call *call
	ID   id
	Name string
}

type eventSourcesConnection struct {
	PageInfo pageInfo
	Edges    *[]*eventSourceEdge
}

type eventSourceEdge struct {
	Node   *eventSource
	Cursor string
}

type eventSource struct {
	ID                                                  id
	AwsAccount, EventSourceName, EventSourceRegion, Arn string
	WebhooksCount                                       long
}

// Apps lists the apps that the account owns, not those in its stores: an account has two of its own.
func (a *accountNode[U]) Apps(args pageArgs) (*appsConnection, error) {
	owned := a.call.world.apps
	return a.call.apps("o", owned[max(0, len(owned)-2):], args)
}

// Apps lists what is installed in a store.
func (s *storeNode[U]) Apps(args pageArgs) (*appsConnection, error) {
	return s.call.apps("i"+itoa(s.store.num), s.store.apps, args)
}

// Apps lists what a user may open in a store.
func (u *storeUser) Apps(args pageArgs) (*appsConnection, error) {
	return u.call.apps("g", u.access.apps, args)
}

func (c *call) apps(tag string, list []*app, args pageArgs) (*appsConnection, error) {
	if err := c.need("account_apps_read"); err != nil {
		return nil, err
	}
	r := rows{tag, len(list), func(i int) int64 { return list[i].num }}
	p, err := c.page(r, args, c.cfg.AppsPageCap)
	if err != nil {
		return nil, err
	}
	edges := make([]*appsEdge, 0, p.hi-p.lo)
	for i := p.lo; i < p.hi && !p.empty; i++ {
		edges = append(edges, &appsEdge{&appNode{c, c.id(list[i].id), list[i].name}, c.cursor(r, i)})
	}
	return &appsConnection{p.info, edgesOrNull(c, edges, false)}, nil
}

// EventSources gives the last app of the account one source and all others none.
func (a *appNode) EventSources(args pageArgs) (*eventSourcesConnection, error) {
	var list []*eventSource
	if apps := a.call.world.apps; apps[len(apps)-1].name == a.Name {
		list = append(list, &eventSource{
			"bc/account/eventSource/1", "123456789012", "orders-feed", "EU_WEST_1",
			"arn:aws:events:eu-west-1::event-source/aws.partner/example/1/orders-feed",
			long{7, a.call.cfg.TextLongs},
		})
	}
	r := rows{"e", len(list), func(i int) int64 { return int64(i) + 1 }}
	p, err := a.call.page(r, args, a.call.cfg.PageCap)
	if err != nil {
		return nil, err
	}
	edges := []*eventSourceEdge{}
	for i := p.lo; i < p.hi && !p.empty; i++ {
		edges = append(edges, &eventSourceEdge{list[i], a.call.cursor(r, i)})
	}
	return &eventSourcesConnection{p.info, &edges}, nil
}
