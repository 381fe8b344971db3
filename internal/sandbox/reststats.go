package sandbox

import (
	"maps"
	"sync"
	"time"
)

// RestRequest is one request to a store as it was seen.
type RestRequest struct {
	At       time.Time        `json:"at"` // by Config.Clock
	Method   string           `json:"method"`
	Route    string           `json:"route"` // method and path pattern below the store, such as "GET /v3/hooks/{id}"; empty: no such path
	URL      string           `json:"url"`   // path and query as sent
	Store    string           `json:"store"` // hash as sent
	ClientID string           `json:"client_id"`
	Status   int              `json:"status"` // 0: the connection was dropped
	Faults   []StoreFaultKind `json:"faults,omitempty"`
	Writes   bool             `json:"writes"` // it would have changed something, had it been let in
}

// RestStats is what the stores have been asked for since the start or the last ResetStats.
type RestStats struct {
	Requests int            `json:"requests"`
	Writes   int            `json:"writes"`  // requests that change something; reading must leave this at 0
	GraphQL  int            `json:"graphql"` // POST requests that only read
	ByMethod map[string]int `json:"by_method"`
	ByStatus map[int]int    `json:"by_status"`
	ByRoute  map[string]int `json:"by_route"`
	ByStore  map[string]int `json:"by_store"`
}

// restCounters collects what was served to stores. Safe for concurrent use.
type restCounters struct {
	mu      sync.Mutex
	stats   RestStats
	records []RestRequest
}

func newRestStats() RestStats {
	return RestStats{ByMethod: map[string]int{}, ByStatus: map[int]int{}, ByRoute: map[string]int{}, ByStore: map[string]int{}}
}

func (c *restCounters) add(r RestRequest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stats.ByRoute == nil {
		c.stats = newRestStats()
	}
	c.stats.Requests++
	switch {
	case r.Route == graphQLRoute:
		c.stats.GraphQL++
	case r.Writes || r.Method != "GET" && r.Method != "HEAD":
		c.stats.Writes++
	}
	c.stats.ByMethod[r.Method]++
	c.stats.ByStatus[r.Status]++
	c.stats.ByRoute[r.Route]++
	c.stats.ByStore[r.Store]++
	if len(c.records) >= keptRecords {
		c.records = append(c.records[:0], c.records[keptRecords/2:]...)
	}
	c.records = append(c.records, r)
}

func (c *restCounters) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats, c.records = newRestStats(), nil
}

// RestStats tells what the stores have been asked for.
func (s *Server) RestStats() RestStats {
	s.restCounters.mu.Lock()
	defer s.restCounters.mu.Unlock()
	out := s.restCounters.stats
	out.ByMethod, out.ByStatus = maps.Clone(out.ByMethod), maps.Clone(out.ByStatus)
	out.ByRoute, out.ByStore = maps.Clone(out.ByRoute), maps.Clone(out.ByStore)
	return out
}

// RestRequests lists the requests to stores one by one, oldest first; the last 5,000 at least.
func (s *Server) RestRequests() []RestRequest {
	s.restCounters.mu.Lock()
	defer s.restCounters.mu.Unlock()
	return append([]RestRequest(nil), s.restCounters.records...)
}
