package sandbox

import (
	"context"
	"errors"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// The resolvers are structs whose plain fields the engine reads by itself; only what has arguments or can fail is a
// method. A call is one request being executed; it travels in the context down to the root and in the nodes from there.

type call struct {
	cfg    *Config
	world  *World
	scopes []string
	fault  Fault
	number int

	userApps *pageArgs // the one page of apps that is asked for of every user; nil when there is none or several

	usersServed, storesServed atomic.Int64

	seamsLock sync.Mutex
	seams     []seam
}

type callKey struct{}

func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

// root has one resolver for queries and one for mutations. U is the form of a store's user: storeUser, or readyUser for
// requests that ask for the same apps of every user (see readyUser).
type root[U any] struct{}

func (*root[U]) Query() *queryRoot[U]    { return &queryRoot[U]{} }
func (*root[U]) Mutation() *mutationRoot { return &mutationRoot{} }

type queryRoot[U any] struct{}

func (*queryRoot[U]) Account(ctx context.Context) *accountNode[U] {
	c := callOf(ctx)
	return &accountNode[U]{call: c, ID: c.id(c.world.accountID())}
}

func (*queryRoot[U]) System(ctx context.Context) *systemNode {
	c := callOf(ctx)
	return &systemNode{long{c.world.now.UnixMilli(), c.cfg.TextLongs}}
}

// Node finds subscriptions only: a store or user is no Node (facts 1.2).
func (*queryRoot[U]) Node(ctx context.Context, args struct{ ID id }) *anyNode {
	for _, s := range callOf(ctx).subscriptions() {
		if s.ID == args.ID {
			return &anyNode{s}
		}
	}
	return nil
}

func (q *queryRoot[U]) Nodes(ctx context.Context, args struct{ IDs []id }) []*anyNode {
	out := make([]*anyNode, len(args.IDs))
	for i, wanted := range args.IDs {
		out[i] = q.Node(ctx, struct{ ID id }{wanted})
	}
	return out
}

type systemNode struct{ Time long }

type accountNode[U any] struct {
	call *call
	ID   id
}

type accountInfo struct{ Name string }

func (w *World) accountID() string { return "bc/account/account/" + w.uuid }

// id gives an ID as it goes out: text, or the number at its end.
func (c *call) id(text string) id {
	if !c.cfg.NumericIDs {
		return id(text)
	}
	number := lastPart(text)
	if _, err := strconv.ParseUint(number, 10, 63); err != nil {
		return id(text)
	}
	return id(markedNumber(number))
}

// lastPart is what follows the last slash.
func lastPart(text string) string {
	for i := len(text) - 1; i >= 0; i-- {
		if text[i] == '/' {
			return text[i+1:]
		}
	}
	return text
}

var errPermission = errors.New("You do not have permission to perform this operation")

// need is an error when the token lacks a scope.
func (c *call) need(scope string) error {
	if slices.Contains(c.scopes, scope) {
		return nil
	}
	return errPermission
}

func (a *accountNode[U]) AccountInfo() (*accountInfo, error) {
	return &accountInfo{a.call.world.name}, a.call.need("account_read")
}

type storeFilter struct {
	IDs         *[]id
	StoreHashes *[]string
}

type storesArgs struct {
	Filter        *storeFilter
	Before, After *string
	First, Last   *int32
}

type storeConnection[U any] struct {
	PageInfo pageInfo
	Edges    *[]*storeEdge[U]
}

type storeEdge[U any] struct {
	Node   *storeNode[U]
	Cursor string
}

func (a *accountNode[U]) Stores(args storesArgs) (*storeConnection[U], error) {
	c := a.call
	if err := c.need("account_stores_read"); err != nil {
		return nil, err
	}
	stores, err := c.filtered(args.Filter)
	if err != nil {
		return nil, err
	}
	r := rows{"s", len(stores), func(i int) int64 { return stores[i].num }}
	p, err := c.page(r, pageArgs{args.Before, args.After, args.First, args.Last}, c.cfg.StoresPageCap)
	if err != nil {
		return nil, err
	}
	edges := []*storeEdge[U]{}
	if !p.empty {
		for i := p.lo; i < p.hi; i++ {
			edges = append(edges, &storeEdge[U]{newStoreNode[U](c, stores[i], args.Filter != nil), c.cursor(r, i)})
		}
	}
	c.storesServed.Add(int64(len(edges)))
	return &storeConnection[U]{p.info, edgesOrNull(c, edges, false)}, nil
}

// filtered gives the stores that a filter means, in the order of the list (facts 1.4).
func (c *call) filtered(f *storeFilter) ([]*store, error) {
	if f == nil || f.IDs == nil && f.StoreHashes == nil {
		return c.world.stores, nil
	}
	var ids *[]string
	if f.IDs != nil {
		list := make([]string, len(*f.IDs))
		for i, one := range *f.IDs {
			list[i] = string(one)
		}
		ids = &list
	}
	byID, err := c.storesOf(ids, c.storeWithID)
	if err != nil {
		return nil, err
	}
	byHash, err := c.storesOf(f.StoreHashes, func(hash string) *store { return c.world.byHash[hash] })
	if err != nil {
		return nil, err
	}
	var out []*store
	for _, s := range c.world.stores {
		inIDs, inHashes := byID[s], byHash[s]
		switch {
		case f.IDs == nil && inHashes, f.StoreHashes == nil && inIDs, inIDs && inHashes,
			c.cfg.FilterBoth == "or" && (inIDs || inHashes):
			out = append(out, s)
		}
	}
	return out, nil
}

func (c *call) storesOf(wanted *[]string, find func(string) *store) (map[*store]bool, error) {
	if wanted == nil {
		return nil, nil
	}
	found := map[*store]bool{}
	for _, one := range *wanted {
		if s := find(one); s != nil {
			found[s] = true
		} else if c.cfg.UnknownStore == "error" {
			return nil, errors.New("Not Found: no store '" + one + "' in this account")
		}
	}
	return found, nil
}

// storeWithID takes IDs as they were given out, and the bare number when IDs are numbers.
func (c *call) storeWithID(text string) *store {
	prefix := "bc/account/store/"
	if !strings.HasPrefix(text, prefix) && !c.cfg.NumericIDs {
		return nil
	}
	num, err := strconv.ParseInt(strings.TrimPrefix(text, prefix), 10, 64)
	i := sort.Search(len(c.world.stores), func(i int) bool { return c.world.stores[i].num >= num })
	if err != nil || i == len(c.world.stores) || c.world.stores[i].num != num {
		return nil
	}
	return c.world.stores[i]
}

type storeNode[U any] struct {
	call      *call
	store     *store
	ID        id
	Name      string
	StoreHash string
}

// newStoreNode is nil for a store that fails, which the engine turns into a null edge and an error.
func newStoreNode[U any](c *call, s *store, filtered bool) *storeNode[U] {
	if s.failing || c.fault.hits(FaultNullStore, s.tag()) {
		return nil
	}
	if filtered && c.fault.hits(FaultForeignStore, s.tag()) {
		s = c.world.stores[(s.index+1)%len(c.world.stores)]
	}
	return &storeNode[U]{c, s, c.id(s.id), s.name, s.hash}
}

// tag names the users of a store in cursors and faults.
func (s *store) tag() string { return "u" + itoa(s.num) }

type collectionInfo struct{ TotalItems *long }

func (c *call) total(n int) *collectionInfo {
	switch {
	case c.cfg.NullCollection:
		return nil
	case c.cfg.NullTotals:
		return &collectionInfo{}
	}
	return &collectionInfo{&long{int64(n + c.cfg.WrongTotals), c.cfg.TextLongs}}
}

// edgesOrNull applies Answers.NullEdges to a list of edges.
func edgesOrNull[E any](c *call, edges []E, storeUsers bool) *[]E {
	if len(edges) == 0 && c.cfg.NullEdges == "empty" || storeUsers && c.cfg.NullEdges == "users" {
		return nil
	}
	return &edges
}

type userConnection struct {
	PageInfo       pageInfo
	Edges          *[]*userEdge
	CollectionInfo *collectionInfo
}

type userEdge struct {
	Node   *user
	Cursor string
}

type user struct {
	ID                                 id
	Email, FirstName, LastName, Locale string
}

func (a *accountNode[U]) Users(args pageArgs) (*userConnection, error) {
	c := a.call
	if err := c.need("account_users_read"); err != nil {
		return nil, err
	}
	list := c.world.listed
	r := rows{"a", len(list), func(i int) int64 { return list[i].num }}
	p, err := c.page(r, args, c.cfg.UsersPageCap)
	if err != nil {
		return nil, err
	}
	edges := []*userEdge{}
	for i := p.lo; i < p.hi && !p.empty; i++ {
		u := list[i]
		edges = append(edges, &userEdge{&user{c.id(u.id), u.email, u.first, u.last, u.locale}, c.cursor(r, i)})
	}
	c.usersServed.Add(int64(len(edges)))
	return &userConnection{p.info, edgesOrNull(c, edges, false), c.total(len(list))}, nil
}
