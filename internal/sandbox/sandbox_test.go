package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// small is an account of four stores with a dozen users each, pages of five and no quota.
func small(changes ...func(*Config)) Config {
	cfg := Config{Shape: Shape{Stores: 4, UsersPerStore: 12, Users: 30}, Limits: Limits{PageCap: 5}, Rate: Rate{Quota: -1}, Start: start}
	for _, change := range changes {
		change(&cfg)
	}
	return cfg
}

// wireAnswer is one answer as it came over the wire.
type wireAnswer struct {
	status int
	header http.Header
	body   string
	err    error
}

// post sends a query in-process with the right token and UUID; pairs of header names and values may follow.
func post(t testing.TB, s *Server, query string, headers ...string) wireAnswer {
	t.Helper()
	return postTo(t, s.Transport(), "http://sandbox", s.first, query, nil, headers...)
}

func postTo(t testing.TB, transport http.RoundTripper, base, uuid, query string, variables map[string]any, headers ...string) wireAnswer {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", base+"/accounts/"+uuid+"/graphql", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Auth-Token", DefaultToken)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "-" {
			r.Header.Del(headers[i])
		}
	}
	response, err := transport.RoundTrip(r)
	if err != nil {
		return wireAnswer{err: err}
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return wireAnswer{response.StatusCode, response.Header, string(text), err}
}

// The parts of an answer that the tests look at.
type (
	wireData struct {
		Data   *struct{ Account *wireAccount }
		Errors []struct {
			Message    string
			Path       []any
			Extensions any
		}
	}
	wireAccount struct {
		ID          any
		AccountInfo struct{ Name string }
		Stores      wireList[wireStore]
		Users       wireList[wireUser]
	}
	wireList[T any] struct {
		PageInfo struct {
			HasNextPage bool
			EndCursor   *string
		}
		CollectionInfo *struct{ TotalItems any }
		Edges          *[]*struct {
			Cursor string
			Node   T
		}
	}
	wireStore struct {
		ID              any
		Name, StoreHash string
		Users           wireList[wireUser]
		Apps            wireList[wireApp]
	}
	wireUser struct {
		ID                                 any
		Email, FirstName, LastName, Locale string
		Permissions                        []string
		Status, LastLoginAt, UpdatedAt     *string
		Apps                               wireList[wireApp]
	}
	wireApp struct {
		ID   any
		Name string
	}
)

// ask sends a query and decodes its answer, whatever the status.
func ask(t testing.TB, s *Server, query string, args ...any) wireData {
	t.Helper()
	a := post(t, s, fmt.Sprintf(query, args...))
	if a.err != nil {
		t.Fatal(a.err)
	}
	return decode(t, a)
}

func decode(t testing.TB, a wireAnswer) wireData {
	t.Helper()
	var out wireData
	if err := json.Unmarshal([]byte(a.body), &out); err != nil {
		t.Fatalf("status %d, %v in %s", a.status, err, a.body)
	}
	return out
}

const (
	onward     = `pageInfo { hasNextPage endCursor }`
	userFields = `id email firstName lastName locale permissions status lastLoginAt updatedAt`
	storeUsers = `{ ` + onward + ` collectionInfo { totalItems } edges { cursor node { ` + userFields + ` } } }`
	firstPages = `{ account { stores(first: 5) { ` + onward + ` edges { cursor node { id name storeHash users(first: 5) ` + storeUsers + ` } } } } }`
)

// quoted gives an argument list with or without a cursor.
func pageOf(first int, after *string) string {
	if after == nil {
		return fmt.Sprintf("first: %d", first)
	}
	return fmt.Sprintf("first: %d, after: %q", first, *after)
}

// readUsers pages through the users of one store by the filter, as long as there are pages.
func readUsers(t testing.TB, s *Server, hash string, size int) []wireUser {
	t.Helper()
	var users []wireUser
	var after *string
	for range 1000 {
		data := ask(t, s, `{ account { stores(filter: {storeHashes: [%q]}, first: 1) { edges { node { id storeHash users(%s) %s } } } } }`,
			hash, pageOf(size, after), storeUsers)
		list := (*data.Data.Account.Stores.Edges)[0].Node.Users
		for _, edge := range *list.Edges {
			users = append(users, edge.Node)
		}
		if !list.PageInfo.HasNextPage {
			return users
		}
		after = list.PageInfo.EndCursor
	}
	t.Fatal("endless pages")
	return nil
}

// readStores pages through the list of stores, with their apps.
func readStores(t testing.TB, s *Server, size int) []wireStore {
	t.Helper()
	var stores []wireStore
	var after *string
	for {
		data := ask(t, s, `{ account { stores(%s) { %s edges { node { id name storeHash apps(first: 5) { edges { node { id name } } } } } } } }`, pageOf(size, after), onward)
		for _, edge := range *data.Data.Account.Stores.Edges {
			stores = append(stores, edge.Node)
		}
		if !data.Data.Account.Stores.PageInfo.HasNextPage {
			return stores
		}
		after = data.Data.Account.Stores.PageInfo.EndCursor
	}
}

func text(value *string) string {
	if value == nil {
		return ""
	}
	return *value
}

func stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Format(time.RFC3339)
}
