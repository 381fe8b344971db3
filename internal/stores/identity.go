package stores

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"rollcall/internal/org"
)

const graphqlPath = "/graphql"

// identity is what the Admin GraphQL API tells of a token (facts 2.10). Every part of it may be missing.
type identity struct {
	clientID    string
	storeHash   string
	accountUUID string
	scopes      []string
	told        bool // scopes were listed
	whole       bool // to their end, none left out
}

const (
	identityQuery = `{ client { clientId scopes(first: 50) { pageInfo { hasNextPage endCursor } edges { node } } } store { id storeHash storeReferenceId account { id } } }`
	clientQuery   = `{ client { clientId scopes(first: 50) { pageInfo { hasNextPage endCursor } edges { node } } } }`
	nextQuery     = `{ client { scopes(first: 50, after: %s) { pageInfo { hasNextPage endCursor } edges { node } } } }`
	scopePages    = 20
)

// identify asks for client, scopes, store and account, with a smaller question when the large one is rejected.
func (v *visit) identify(ctx context.Context) (identity, *refusal) {
	data, refused := v.graphql(ctx, identityQuery)
	if refused != nil && refused.cause == causeRejected {
		data, refused = v.graphql(ctx, clientQuery)
	}
	if refused != nil {
		return identity{}, refused
	}
	client, store := data.object("client"), data.object("store")
	id := identity{clientID: client.text("clientId"), storeHash: strings.ToLower(store.text("storeHash")), accountUUID: uuidIn(store.object("account").text("id"))}
	v.scopes(ctx, &id, client.object("scopes"))
	slices.Sort(id.scopes)
	return id, nil
}

// scopes reads the list of scopes to its end. A null edge is a scope that we do not know.
func (v *visit) scopes(ctx context.Context, id *identity, connection object) {
	null := false
	for range scopePages {
		edges := connection.list("edges")
		if edges == nil {
			return
		}
		id.told = true
		fresh := 0
		for _, raw := range edges {
			edge, _ := asObject(raw)
			scope := strings.TrimSpace(edge.text("node"))
			if scope == "" {
				null = true
			} else if !slices.Contains(id.scopes, scope) {
				id.scopes = append(id.scopes, scope)
				fresh++
			}
		}
		info := connection.object("pageInfo")
		if info.truth("hasNextPage") == org.No {
			id.whole = !null
			return
		}
		cursor, _ := json.Marshal(info.text("endCursor"))
		if fresh == 0 || len(cursor) <= 2 || info.truth("hasNextPage") != org.Yes {
			return
		}
		data, refused := v.graphql(ctx, strings.Replace(nextQuery, "%s", string(cursor), 1))
		if refused != nil {
			return
		}
		connection = data.object("client").object("scopes")
	}
}

// graphql asks one question. Errors beside data are left to the nulls that they made; errors alone are a rejection.
func (v *visit) graphql(ctx context.Context, query string) (object, *refusal) {
	body, _ := json.Marshal(map[string]string{"query": query})
	raw, refused := v.send(ctx, request{method: http.MethodPost, path: graphqlPath, body: body})
	if refused != nil {
		return nil, refused
	}
	answer, ok := asObject(raw)
	if !ok {
		return nil, &refusal{cause: causeShape, status: http.StatusOK}
	}
	data, ok := asObject(answer["data"])
	if ok {
		return data, nil
	}
	if errors := answer.list("errors"); len(errors) > 0 {
		return nil, &refusal{cause: causeRejected, status: http.StatusOK, said: v.clean(tidy(sentence(answer["errors"])))}
	}
	return nil, &refusal{cause: causeShape, status: http.StatusOK, said: v.clean(saidBy(raw))}
}

var uuidPattern = regexp.MustCompile(`(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// uuidIn finds the UUID in an ID such as bc/account/account/{uuid} (facts 1.5), folded; empty when there is none.
func uuidIn(id string) string { return strings.ToLower(uuidPattern.FindString(id)) }
