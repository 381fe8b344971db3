// Package sandbox is a local BigCommerce: the GraphQL Account API on a real GraphQL engine that executes the published
// schema, over accounts that are made up from a seed and live through days. Every unknown of the real service is a
// switch, every fault can be called for, and the server counts what it served and can tell the truth afterwards.
// It shares no code with the clients that are tested against it.
package sandbox

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/graph-gophers/graphql-go"
)

// Server is one local BigCommerce. It is an http.Handler and safe for concurrent use.
type Server struct {
	cfg         Config
	mux         *http.ServeMux
	engine      *graphql.Schema
	readyEngine *graphql.Schema // over readyUser
	worlds      map[string]*World
	first       string // UUID of the first account
	tokens      map[string]*Account
	limiters    map[string]*limiter
	faults      *faultSource
	counters    *counters
	number      atomic.Int64

	adminEngine  *graphql.Schema
	storeFaults  *storeFaultSource
	storeLimits  storeLimiters
	restCounters restCounters

	dayBegan atomic.Int64 // by Config.Clock, in nanoseconds; 0 until the first request to a store

	mu   sync.RWMutex // guards worlds and past
	past map[string][]Truth
}

// New builds the accounts and the server. It panics when Config.Validate finds an error; whoever takes a Config from a
// person calls that first.
func New(cfg Config) *Server {
	if err := cfg.Validate(); err != nil {
		panic("sandbox: " + err.Error())
	}
	cfg = cfg.withDefaults()
	s := &Server{
		cfg: cfg, engine: newEngine[storeUser](&cfg), readyEngine: newEngine[readyUser](&cfg), worlds: map[string]*World{}, tokens: map[string]*Account{}, limiters: map[string]*limiter{},
		faults: newFaultSource(&cfg), counters: newCounters(), past: map[string][]Truth{}, first: cfg.Accounts[0].UUID,
	}
	for i := range cfg.Accounts {
		s.open(&cfg.Accounts[i])
	}
	s.adminEngine, s.storeFaults = newAdminEngine(), newStoreFaultSource(&cfg)
	s.configureFaults()
	s.mux = s.routes()
	s.keepTruth()
	return s
}

// open builds one account.
func (s *Server) open(a *Account) {
	if a.Scopes == nil {
		a.Scopes = ReadScopes
	}
	shape := s.cfg.Shape
	if a.Shape != nil {
		shape = *a.Shape
	}
	w := generate(a.UUID, or(a.Name, DefaultName), shape, s.cfg.Daily, s.cfg.Start)
	for i := range min(s.cfg.FailingStores, len(w.stores)) {
		w.stores[i*len(w.stores)/s.cfg.FailingStores].failing = true
	}
	w.accountList()
	s.worlds[a.UUID] = w
	s.tokens[a.Token] = a
	s.limiters[a.UUID] = &limiter{rate: s.cfg.Rate, now: s.cfg.Clock}
}

// UUIDs lists the accounts in a fixed order.
func (s *Server) UUIDs() []string { return sortedUUIDs(s.worlds) }

// Now is the time in the sandbox: the start and the days that have passed.
func (s *Server) Now() time.Time {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.worlds[s.first].now
}

// AdvanceDay lets one day pass in every account.
func (s *Server) AdvanceDay() { s.Advance(1) }

// Advance lets days pass in every account.
func (s *Server) Advance(days int) {
	for range days {
		s.mu.Lock()
		for _, uuid := range sortedUUIDs(s.worlds) {
			w := s.worlds[uuid]
			w.advance()
			w.accountList()
		}
		s.mu.Unlock()
		s.keepTruth()
	}
	s.dayBegan.Store(s.cfg.Clock().UnixNano())
}

// Edit changes the first account while no request runs.
func (s *Server) Edit(change func(*World)) { s.EditAccount(s.first, change) }

// EditAccount changes one account while no request runs. It panics for an account that is not there.
func (s *Server) EditAccount(uuid string, change func(*World)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.worlds[uuid]
	if w == nil {
		panic("sandbox: no account " + uuid)
	}
	change(w)
	w.accountList()
}

// Truth tells what an account holds right now. An unknown UUID gives the zero Truth.
func (s *Server) Truth(uuid string) Truth {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if w := s.worlds[uuid]; w != nil {
		return w.truth(&s.cfg)
	}
	return Truth{}
}

// TruthAt tells what an account held at the end of a day, 0 being the start, when Config.KeepTruth is set and the day
// has come. Edits after the end of that day are not in it.
func (s *Server) TruthAt(uuid string, day int) (Truth, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if day < 0 || day >= len(s.past[uuid]) {
		return Truth{}, false
	}
	return s.past[uuid][day], true
}

func (s *Server) keepTruth() {
	if !s.cfg.KeepTruth {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for uuid, w := range s.worlds {
		s.past[uuid] = append(s.past[uuid], w.truth(&s.cfg))
	}
}

// Changes lists what has happened in an account since the start, oldest first, edits and shifting users included.
func (s *Server) Changes(uuid string) []Change {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if w := s.worlds[uuid]; w != nil {
		return append([]Change(nil), w.log...)
	}
	return nil
}

// Inject makes the next requests go wrong, one fault each, whatever Config says. A fault of kind NoFault lets one pass.
func (s *Server) Inject(faults ...Fault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.script = append(s.faults.script, faults...)
}

// InjectKinds is Inject for faults that need nothing but their kind.
func (s *Server) InjectKinds(kinds ...FaultKind) {
	for _, kind := range kinds {
		s.Inject(Fault{Kind: kind})
	}
}

// SpendForeign uses up quota of an account as another tool would.
func (s *Server) SpendForeign(uuid string, requests int) { s.limiters[uuid].spendForeign(requests) }
