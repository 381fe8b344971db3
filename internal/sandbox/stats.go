package sandbox

import (
	"maps"
	"sync"
	"time"
)

// Outcome says how a request ended.
type Outcome string

// The outcomes.
const (
	OK           Outcome = "ok"
	Partial      Outcome = "partial" // 200 with errors
	Invalid      Outcome = "invalid" // not a valid request
	TooComplex   Outcome = "too_complex"
	BadPageSize  Outcome = "page_size"
	Unauthorized Outcome = "unauthorized"
	Forbidden    Outcome = "forbidden"
	Limited      Outcome = "limited"
	ServerError  Outcome = "server_error"
	Dropped      Outcome = "dropped"
	Broken       Outcome = "broken" // 200 that is no good JSON
	TimedOut     Outcome = "timeout"
)

// Stats is what a server, or one account of it, has been asked for.
type Stats struct {
	Requests       int             `json:"requests"`
	Outcomes       map[Outcome]int `json:"outcomes"`
	UsersServed    int             `json:"users_served"`
	StoresServed   int             `json:"stores_served"`
	UsersRequested int             `json:"users_requested"` // by page sizes
	Score          int             `json:"score"`           // of the requests that were executed
}

// RequestRecord is one request as it was seen.
type RequestRecord struct {
	Number         int       `json:"number"`
	At             time.Time `json:"at"` // by the clock of the rate limiter
	UUID           string    `json:"account"`
	Outcome        Outcome   `json:"outcome"`
	Status         int       `json:"status"`
	Fault          FaultKind `json:"fault,omitempty"`
	Aliases        int       `json:"aliases"`
	StoresAsked    int       `json:"stores_asked"`
	UsersAsked     int       `json:"users_asked"`
	UsersServed    int       `json:"users_served"`
	Score          int       `json:"score"`
	AnsweredInTime bool      `json:"-"`

	storesServed int
}

// keptRecords is how many requests are remembered one by one.
const keptRecords = 10_000

// counters collects what was served. Safe for concurrent use.
type counters struct {
	mu      sync.Mutex
	all     Stats
	byUUID  map[string]*Stats
	records []RequestRecord
}

func newCounters() *counters {
	return &counters{all: Stats{Outcomes: map[Outcome]int{}}, byUUID: map[string]*Stats{}}
}

func (c *counters) add(r RequestRecord) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all.add(r)
	if c.byUUID[r.UUID] == nil {
		c.byUUID[r.UUID] = &Stats{Outcomes: map[Outcome]int{}}
	}
	c.byUUID[r.UUID].add(r)
	if len(c.records) >= keptRecords {
		c.records = append(c.records[:0], c.records[keptRecords/2:]...)
	}
	c.records = append(c.records, r)
}

func (s *Stats) add(r RequestRecord) {
	s.Requests++
	s.Outcomes[r.Outcome]++
	s.UsersServed += r.UsersServed
	s.StoresServed += r.storesServed
	s.UsersRequested += r.UsersAsked
	if r.Outcome == OK || r.Outcome == Partial {
		s.Score += r.Score
	}
}

// Stats tells what the server has served since its start or the last ResetStats.
func (s *Server) Stats() Stats {
	s.counters.mu.Lock()
	defer s.counters.mu.Unlock()
	return s.counters.all.clone()
}

// AccountStats tells what was served under one UUID.
func (s *Server) AccountStats(uuid string) Stats {
	s.counters.mu.Lock()
	defer s.counters.mu.Unlock()
	if stats := s.counters.byUUID[uuid]; stats != nil {
		return stats.clone()
	}
	return Stats{Outcomes: map[Outcome]int{}}
}

func (s *Stats) clone() Stats {
	out := *s
	out.Outcomes = maps.Clone(s.Outcomes)
	return out
}

// Requests lists the requests one by one, oldest first; the last 5,000 at least.
func (s *Server) Requests() []RequestRecord {
	s.counters.mu.Lock()
	defer s.counters.mu.Unlock()
	return append([]RequestRecord(nil), s.counters.records...)
}

// ResetStats begins counting anew; the quota stays used.
func (s *Server) ResetStats() {
	s.counters.mu.Lock()
	defer s.counters.mu.Unlock()
	fresh := newCounters()
	s.counters.all, s.counters.byUUID, s.counters.records = fresh.all, fresh.byUUID, nil
	s.restCounters.reset()
}
