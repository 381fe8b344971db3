package sandbox

import (
	"context"
	"slices"
	"strconv"
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

var errPermission = said("You do not have permission to perform this operation")

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

type collectionInfo struct{ TotalItems *long }

func (c *call) total(n int) *collectionInfo {
	switch {
	case c.cfg.NullCollection:
		return nil
	case c.cfg.NullTotals:
		return &collectionInfo{}
	}
	return &collectionInfo{&long{int64(max(0, n+c.cfg.WrongTotals)), c.cfg.TextLongs}}
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
