package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

const identity = `{ client { clientId scopes(%s) { pageInfo { hasNextPage endCursor } edges { node } } }
	store { id storeHash storeReferenceId account { id } } }`

// identityAnswer is what a token is told of itself.
type identityAnswer struct {
	Data *struct {
		Client *struct {
			ClientID *string
			Scopes   *struct {
				PageInfo struct {
					HasNextPage bool
					EndCursor   *string
				}
				Edges *[]*struct{ Node string }
			}
		}
		Store struct {
			ID, StoreHash, StoreReferenceID string
			Account                         *struct{ ID string }
		}
	}
	Errors []struct{ Message string }
}

func whoIs(t *testing.T, s *Server, c Credential, query string) (restAnswer, identityAnswer) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	a := visit(t, s, c.Token, "POST", "/stores/"+c.StoreHash+"/graphql", string(body))
	var out identityAnswer
	if err := json.Unmarshal([]byte(a.body), &out); err != nil {
		t.Fatalf("%d %v %s", a.status, err, a.body)
	}
	return a, out
}

func TestIdentityOfAToken(t *testing.T) {
	s := New(small())
	c := named(t, s, "Banner widget")
	s.FaultStoreKinds(c.StoreHash, StoreManyScopes)
	var scopes []string
	args := "first: 50"
	for {
		a, who := whoIs(t, s, c, fmt.Sprintf(identity, args))
		if a.status != 200 || *who.Data.Client.ClientID != c.ClientID || who.Data.Store.StoreHash != c.StoreHash {
			t.Fatalf("%d %s", a.status, a.body)
		}
		if id := who.Data.Store.ID; id != "bc/store/store/"+who.Data.Store.StoreReferenceID || who.Data.Store.Account.ID != "bc/account/account/"+DefaultUUID {
			t.Errorf("%+v", who.Data.Store)
		}
		for _, edge := range *who.Data.Client.Scopes.Edges {
			scopes = append(scopes, edge.Node)
		}
		if !who.Data.Client.Scopes.PageInfo.HasNextPage {
			break
		}
		args = fmt.Sprintf("first: 50, after: %q", *who.Data.Client.Scopes.PageInfo.EndCursor)
	}
	for _, want := range append(slices.Clone(c.Scopes), implicitScopes...) {
		if !slices.Contains(scopes, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if len(scopes) != len(c.Scopes)+2+60 {
		t.Errorf("%d scopes", len(scopes))
	}
	if _, who := whoIs(t, s, c, fmt.Sprintf(identity, "first: 500")); len(*who.Data.Client.Scopes.Edges) != 50 {
		t.Errorf("a page of %d scopes", len(*who.Data.Client.Scopes.Edges))
	}
	if got := s.RestStats(); got.Writes != 0 || got.GraphQL == 0 {
		t.Errorf("counted %+v", got)
	}
}

func TestIdentityWithNulls(t *testing.T) {
	s := New(small(func(c *Config) { c.Rest.ScopePage = 3 }))
	c := named(t, s, "Banner widget")
	ask := func(kinds ...StoreFaultKind) identityAnswer {
		s.FaultStoreKinds(c.StoreHash, kinds...)
		_, who := whoIs(t, s, c, fmt.Sprintf(identity, "first: 50"))
		return who
	}
	if ask(StoreClientNull).Data.Client != nil || ask(StoreClientIDNull).Data.Client.ClientID != nil || ask(StoreScopesNull).Data.Client.Scopes != nil ||
		ask(StoreEdgesNull).Data.Client.Scopes.Edges != nil || ask(StoreAccountNull).Data.Store.Account != nil {
		t.Error("something is not null")
	}
	if !slices.Contains(*ask(StoreEdgeNull).Data.Client.Scopes.Edges, nil) {
		t.Error("no edge is null")
	}
	_, who := whoIs(t, s, c, `{ client { clientId scopes { pageInfo { hasNextPage endCursor } edges { node } } } }`)
	if list := who.Data.Client.Scopes; len(*list.Edges) == 3 && list.PageInfo.HasNextPage {
		return
	}
	t.Error("without a page size the list is not cut")
}

func TestGraphQLRefusals(t *testing.T) {
	s := New(small())
	c := named(t, s, "Rollcall audit")
	for _, query := range []string{`{ client { secret } }`, `{ client { scopes { edges { node { name } } } } }`, `mutation { x }`} {
		if a, who := whoIs(t, s, c, query); a.status != 400 || who.Data != nil || len(who.Errors) == 0 || strings.Contains(who.Errors[0].Message, `"`) {
			t.Errorf("%s: %d %s", query, a.status, a.body)
		}
	}
	if a, who := whoIs(t, s, c, `{ client { scopes(first: 2, after: "junk") { edges { node } } } }`); a.status != 200 || len(who.Errors) != 1 {
		t.Errorf("bad cursor: %d %s", a.status, a.body)
	}
	other := named(t, s, "Franchise feed")
	if _, who := whoIs(t, s, other, fmt.Sprintf(identity, "first: 50")); who.Data.Store.Account.ID == "bc/account/account/"+DefaultUUID {
		t.Error("the token of another account names this one")
	}
}
