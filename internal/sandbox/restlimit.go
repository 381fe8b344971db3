package sandbox

import "sync"

// storeLimiters keeps a quota for each store that was ever asked.
type storeLimiters struct {
	mu     sync.Mutex
	byHash map[string]*limiter
}

func (s *Server) storeLimiter(of *store) *limiter {
	s.storeLimits.mu.Lock()
	defer s.storeLimits.mu.Unlock()
	if s.storeLimits.byHash == nil {
		s.storeLimits.byHash = map[string]*limiter{}
	}
	l := s.storeLimits.byHash[of.hash]
	if l == nil {
		l = &limiter{rate: s.cfg.Rest.rate(of.shop.plan), now: s.cfg.Clock}
		s.storeLimits.byHash[of.hash] = l
	}
	return l
}

// SpendStore uses up quota of a store as its other clients would. It panics for a store that is not there.
func (s *Server) SpendStore(hash string, requests int) {
	s.mu.RLock()
	of := s.mustShop(hash)
	s.mu.RUnlock()
	s.storeLimiter(of).spendForeign(requests)
}

// mustShop finds a store in any account; the caller holds the lock.
func (s *Server) mustShop(hash string) *store {
	for _, w := range s.worlds {
		if found := w.byHash[hash]; found != nil {
			return found
		}
	}
	panic("sandbox: no store " + hash)
}
