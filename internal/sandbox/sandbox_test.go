package sandbox

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// small is an account of four stores with a dozen users each.
func small() Config {
	return Config{Shape: Shape{Stores: 4, UsersPerStore: 12, Users: 30}, Limits: Limits{PageCap: 5}, Rate: Rate{Quota: -1}, Start: start}
}

// wireAnswer is one answer as it came over the wire.
type wireAnswer struct {
	status int
	header http.Header
	body   string
	err    error
}

// post sends a query in-process.
func post(t testing.TB, s *Server, query string, headers ...string) wireAnswer {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", "http://sandbox/accounts/"+s.first+"/graphql", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Auth-Token", DefaultToken)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := s.Transport().RoundTrip(r)
	if err != nil {
		return wireAnswer{err: err}
	}
	text := make([]byte, max(0, response.ContentLength))
	_, err = io.ReadFull(response.Body, text)
	return wireAnswer{response.StatusCode, response.Header, string(text), err}
}

const userFields = `id email firstName lastName locale permissions status lastLoginAt updatedAt`

func TestReadsAWholeAccount(t *testing.T) {
	s := New(small())
	a := post(t, s, `{ account { id accountInfo { name } stores(first: 5) { pageInfo { hasNextPage endCursor } edges { cursor node { id name storeHash
		users(first: 5) { pageInfo { hasNextPage endCursor } collectionInfo { totalItems } edges { cursor node { `+userFields+` apps(first: 5) { edges { node { id name } } } } } } } } }
		users(first: 5) { edges { node { email } } } } system { time } }`)
	t.Log(a.status, a.header, a.body)
	if a.status != 200 {
		t.Fatal(a.body)
	}
}

func BenchmarkAnswer(b *testing.B) {
	for _, bench := range []struct {
		name, query string
		shape       Shape
		users       int
	}{
		{"demo-1200", `{ account { stores(first: 24) { edges { node { id name storeHash users(first: 250) { pageInfo { hasNextPage endCursor } collectionInfo { totalItems } edges { cursor node { ` + userFields + ` } } } } } } } }`,
			Shape{}, 1200},
		{"demo-1200-apps", `{ account { stores(first: 24) { edges { node { id name storeHash users(first: 250) { pageInfo { hasNextPage endCursor } collectionInfo { totalItems } edges { cursor node { ` + userFields + ` apps(first: 10) { edges { node { id name } } } } } } } } } } }`,
			Shape{}, 1200},
		{"2500", `{ account { stores(first: 50) { edges { node { id name storeHash users(first: 50) { pageInfo { hasNextPage endCursor } collectionInfo { totalItems } edges { cursor node { ` + userFields + ` } } } } } } } }`,
			Shape{Stores: 50, UsersPerStore: 50}, 2500},
	} {
		b.Run(bench.name, func(b *testing.B) {
			s := New(Config{Shape: bench.shape, Limits: Limits{PageCap: 250}, Rate: Rate{Quota: -1}, Start: start})
			body, _ := json.Marshal(map[string]any{"query": bench.query})
			for b.Loop() {
				r, _ := http.NewRequest("POST", "http://sandbox/accounts/"+DefaultUUID+"/graphql", bytes.NewReader(body))
				r.Header.Set("X-Auth-Token", DefaultToken)
				if a, err := s.Transport().RoundTrip(r); err != nil || a.StatusCode != 200 {
					b.Fatal(a, err)
				}
			}
			b.ReportMetric(float64(s.Stats().UsersServed)/float64(s.Stats().Requests), "users/answer")
		})
	}
}

func BenchmarkDays(b *testing.B) {
	for b.Loop() {
		New(Config{Start: start}).Advance(120)
	}
}
