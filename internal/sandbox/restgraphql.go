package sandbox

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"strconv"

	"github.com/graph-gophers/graphql-go"
)

// adminSchema is the part of the store-level Admin API that says who a token is (facts 2.10).
const adminSchema = `
schema { query: Query }

type Query {
  client: Client
  store: Store!
  system: System!
}

type Client {
  clientId: String
  scopes(before: String, after: String, first: Int, last: Int): ScopeConnection
}

type ScopeConnection {
  pageInfo: PageInfo!
  edges: [ScopeEdge]
}

type ScopeEdge {
  node: String!
  cursor: String!
}

type PageInfo {
  hasNextPage: Boolean!
  hasPreviousPage: Boolean!
  startCursor: String
  endCursor: String
}

type Store {
  id: ID!
  storeHash: String!
  storeReferenceId: String!
  account: Account
}

type Account { id: ID! }

type System { time: Long! }

scalar Long
`

func newAdminEngine() *graphql.Schema {
	return graphql.MustParseSchema(adminSchema, &adminRoot{}, graphql.UseFieldResolvers(), graphql.MaxDepth(16))
}

type adminRoot struct{}

type adminKey struct{}

func adminCall(ctx context.Context) *restCall { return ctx.Value(adminKey{}).(*restCall) }

type (
	adminClient struct {
		call     *restCall
		ClientID *string `graphql:"clientId"`
	}
	scopeConnection struct {
		PageInfo pageInfo
		Edges    *[]*scopeEdge
	}
	scopeEdge  struct{ Node, Cursor string }
	adminStore struct {
		ID                          id
		StoreHash, StoreReferenceID string
		Account                     *adminAccount
	}
	adminAccount struct{ ID id }
	adminSystem  struct{ Time long }
)

// Client is the caller.
func (*adminRoot) Client(ctx context.Context) *adminClient {
	x := adminCall(ctx)
	if x.odd(StoreClientNull) {
		return nil
	}
	c := &adminClient{call: x, ClientID: &x.api.clientID}
	if x.odd(StoreClientIDNull) {
		c.ClientID = nil
	}
	return c
}

// Store is the store of the path.
func (*adminRoot) Store(ctx context.Context) *adminStore {
	x := adminCall(ctx)
	number := itoa(x.store.num)
	s := &adminStore{ID: id("bc/store/store/" + number), StoreHash: x.store.hash, StoreReferenceID: number}
	if !x.odd(StoreAccountNull) {
		s.Account = &adminAccount{id("bc/account/account/" + x.accountUUID())}
	}
	return s
}

// System tells the time.
func (*adminRoot) System(ctx context.Context) *adminSystem {
	return &adminSystem{long{value: adminCall(ctx).at.UnixMilli()}}
}

// scopeNames lists what a token may do, with what every token may.
func (x *restCall) scopeNames() []string {
	names := append(append([]string{}, x.api.scopes...), implicitScopes...)
	if x.odd(StoreManyScopes) {
		for i := range 60 {
			names = append(names, "store_future_"+strconv.Itoa(i+1)+"_read_only")
		}
	}
	return names
}

// Scopes is a connection of plain strings.
func (c *adminClient) Scopes(args pageArgs) (*scopeConnection, error) {
	x := c.call
	if x.odd(StoreScopesNull) {
		return nil, nil
	}
	names := x.scopeNames()
	lo, hi, err := x.scopePage(len(names), args)
	if err != nil {
		return nil, err
	}
	edges := []*scopeEdge{}
	for i := lo; i < hi; i++ {
		edges = append(edges, &scopeEdge{names[i], scopeCursor(i)})
	}
	out := &scopeConnection{Edges: &edges, PageInfo: pageInfo{HasNextPage: hi < len(names), HasPreviousPage: lo > 0}}
	if hi > lo {
		out.PageInfo.StartCursor, out.PageInfo.EndCursor = &edges[0].Cursor, &edges[hi-lo-1].Cursor
	}
	switch {
	case x.odd(StoreEdgesNull):
		out.Edges = nil
	case x.odd(StoreEdgeNull) && len(edges) > 0:
		edges[len(edges)/2] = nil
	}
	return out, nil
}

// scopePage cuts a page; without a size it is Rest.ScopePage, a silent cut.
func (x *restCall) scopePage(total int, args pageArgs) (lo, hi int, err error) {
	hi = total
	if args.After != nil {
		if lo, err = scopeIndex(*args.After); err != nil {
			return 0, 0, err
		}
		lo = min(lo+1, total)
	}
	if args.Before != nil {
		if hi, err = scopeIndex(*args.Before); err != nil {
			return 0, 0, err
		}
		hi = max(lo, min(hi, total))
	}
	size := or(x.rest.ScopePage, total)
	switch {
	case args.First != nil:
		size = int(*args.First)
	case args.Last != nil:
		return max(lo, hi-min(50, int(*args.Last))), hi, nil
	}
	if size < 0 {
		return 0, 0, said("Argument 'first' must be a non-negative integer")
	}
	if args.First != nil {
		size = min(size, 50)
	}
	return lo, min(hi, lo+size), nil
}

func scopeCursor(i int) string {
	return base64.RawURLEncoding.EncodeToString([]byte("scope:" + strconv.Itoa(i)))
}

func scopeIndex(cursor string) (int, error) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(raw) < 7 {
		return 0, errCursor
	}
	i, err := strconv.Atoi(string(raw[6:]))
	if err != nil {
		return 0, errCursor
	}
	return i, nil
}

// adminGraphQL is POST /stores/{hash}/graphql. Like every GraphQL API here it is 400 without data for what is not
// valid and 200 otherwise (facts 1.8).
func (x *restCall) adminGraphQL() {
	var request graphQLRequest
	body, err := io.ReadAll(io.LimitReader(x.http.Body, 1<<20))
	if err != nil || json.Unmarshal(body, &request) != nil || request.Query == "" {
		x.endErrors(Invalid, 400, gqlError{Message: "The body is not a GraphQL request"})
		return
	}
	ctx := context.WithValue(context.Background(), adminKey{}, x)
	response := x.server.adminEngine.Exec(ctx, request.Query, request.OperationName, request.Variables)
	var errs []gqlError
	for _, e := range response.Errors {
		errs = append(errs, gqlError{wording(e.Message, response.Data != nil), e.Path, e.Locations})
	}
	switch {
	case response.Data == nil:
		x.endErrors(Invalid, 400, errs...)
		return
	case len(errs) > 0:
		x.json(200, object{"data": response.Data, "errors": errs})
	default:
		x.json(200, object{"data": response.Data})
	}
	x.answer.header.Set("X-Bc-Graphql-Complexity", "12")
}
