package stores

import (
	"sync"
	"time"
)

// pulse tells a store that is down from a platform that is: 503 of one store while others answer is the store's state
// (facts 2.13), 503 of several while none answers is not.
type pulse struct {
	mu     sync.Mutex
	down   map[string]time.Time // stores that answered 503 last, and when
	hung   map[string]time.Time // stores that did not answer in time, and when
	lively time.Time            // when any store last answered well
}

const (
	pulseAge   = 2 * time.Minute
	pulseMany  = 3 // stores down at the same time that make a platform
	pulseBound = 64
)

// saw notes how a store answered: with 503 or well.
func (p *pulse) saw(store string, down bool) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !down {
		p.lively = now
		delete(p.down, store)
		delete(p.hung, store)
		return
	}
	if p.down == nil {
		p.down = map[string]time.Time{}
	}
	if len(p.down) < pulseBound {
		p.down[store] = now
	}
}

// hangs notes that a store did not answer in time, and tells whether that is nothing new: then a further try is wasted.
func (p *pulse) hangs(store string) (known bool) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hung == nil {
		p.hung = map[string]time.Time{}
	}
	known = now.Sub(p.hung[store]) < pulseAge
	if len(p.hung) > 64*pulseBound {
		clear(p.hung)
	}
	p.hung[store] = now
	return known
}

// platformDown tells whether several stores are down and none is alive.
func (p *pulse) platformDown() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, many := time.Now(), 0
	for store, at := range p.down {
		if now.Sub(at) > pulseAge {
			delete(p.down, store)
			continue
		}
		many++
	}
	return many >= pulseMany && now.Sub(p.lively) > pulseAge
}
