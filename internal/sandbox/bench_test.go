package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// BenchmarkAnswer measures one answer from request to body, in-process.
func BenchmarkAnswer(b *testing.B) {
	const head, tail = `{ account { stores(first: 50) { edges { node { id name storeHash users(first: 250) { ` + onward + ` collectionInfo { totalItems } edges { cursor node { ` + userFields, ` } } } } } } } }`
	demo, large := Shape{}, Shape{Stores: 50, UsersPerStore: 50}
	for _, bench := range []struct {
		name, query string
		shape       Shape
	}{
		{"1200", head + tail, demo},
		{"1200-apps", head + ` apps(first: 10) { edges { node { id name } } }` + tail, demo},
		{"2500", head + tail, large},
		{"2500-apps", head + ` apps(first: 10) { edges { node { id name } } }` + tail, large},
	} {
		b.Run(bench.name, func(b *testing.B) {
			s := New(Config{Shape: bench.shape, Limits: Limits{PageCap: 250}, Rate: Rate{Quota: -1}, Start: start})
			body, _ := json.Marshal(map[string]any{"query": bench.query})
			b.ReportAllocs()
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

// BenchmarkAliases measures a batch: one further page of each of 50 stores.
func BenchmarkAliases(b *testing.B) {
	s := New(Config{Shape: Shape{Stores: 1000, UsersPerStore: 100}, Rate: Rate{Quota: -1}, Start: start})
	var query strings.Builder
	query.WriteString("{ account {")
	for i, store := range s.Truth(s.first).Stores[:50] {
		fmt.Fprintf(&query, `s%d: stores(filter: {ids: [%q]}, first: 1) { edges { node { id storeHash users(first: 50) { %s edges { cursor node { %s } } } } } }`, i, store.ID, onward, userFields)
	}
	query.WriteString("} }")
	for b.Loop() {
		if a := post(b, s, query.String()); a.status != 200 {
			b.Fatal(a.body)
		}
	}
	b.ReportMetric(float64(s.Stats().UsersServed)/float64(s.Stats().Requests), "users/answer")
}

// BenchmarkDay measures one day; BenchmarkNew the making of an account.
func BenchmarkDay(b *testing.B) {
	for name, shape := range map[string]Shape{"1200": {}, "9600": {UsersPerStore: 400}, "100000": {Stores: 1000, UsersPerStore: 100, Users: 20_000}} {
		b.Run(name, func(b *testing.B) {
			s := New(Config{Shape: shape, Start: start})
			for b.Loop() {
				s.AdvanceDay()
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	for name, shape := range map[string]Shape{"1200": {}, "100000": {Stores: 1000, UsersPerStore: 100, Users: 20_000}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				New(Config{Shape: shape, Start: start})
			}
		})
	}
}
