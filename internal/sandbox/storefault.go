package sandbox

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// StoreFaultKind names one way in which requests to a store go wrong, or one peculiarity of its answers.
type StoreFaultKind string

// Answers instead of data; a token is not looked at.
const (
	StoreLimited     StoreFaultKind = "429"          // with rate headers and X-Retry-After of StoreFault.Delay or a second
	StoreDecimal     StoreFaultKind = "429-decimal"  // X-Retry-After with a fraction
	StorePlatform    StoreFaultKind = "429-platform" // without rate headers: the platform is busy
	StoreEmptyLimit  StoreFaultKind = "429-empty"    // without headers and body
	StoreLimitAs500  StoreFaultKind = "500-limit"    // rate headers that say none is left, as 500
	StoreDropped     StoreFaultKind = "drop"
	StoreHanging     StoreFaultKind = "hang"
	StoreSlow        StoreFaultKind = "slow"          // by StoreFault.Delay or Rest.SlowBy
	StoreRedirect    StoreFaultKind = "redirect"      // 301 to another host
	StoreRedirectOwn StoreFaultKind = "redirect-loop" // 302 to itself
)

// Peculiarities of what is answered.
const (
	StoreCut            StoreFaultKind = "cut"       // 200 with two thirds of the JSON
	StoreDropBody       StoreFaultKind = "drop-body" // connection dropped in the middle of the body
	StoreOldMeta        StoreFaultKind = "old-meta"  // pagination of 2021: offset, limit, total_items
	StoreNoMeta         StoreFaultKind = "no-meta"
	StoreNoLinks        StoreFaultKind = "no-links"
	StoreLinksSame      StoreFaultKind = "links-same"      // previous, current and next are the same
	StoreLinksOn        StoreFaultKind = "links-on"        // a next link even on the last and on an empty page
	StoreUnfiltered     StoreFaultKind = "unfiltered"      // the total is that of the list without filter
	StoreZeroPages      StoreFaultKind = "zero-pages"      // total_pages is 0 for an empty list
	StoreRepeat         StoreFaultKind = "repeat"          // each page begins with the last entry of the page before
	StoreFirstAgain     StoreFaultKind = "first-again"     // page is ignored: always page 1
	StoreHeadersNull    StoreFaultKind = "headers-null"    // of every webhook
	StoreHeadersObject  StoreFaultKind = "headers-object"  // an empty object in place of null
	StoreLargeIDs       StoreFaultKind = "large-ids"       // beyond 53 bits
	StoreUnknownWords   StoreFaultKind = "unknown-words"   // statuses that nobody documented
	StoreBareStore      StoreFaultKind = "bare-store"      // /v2/store as in older recordings, keys missing
	StoreLogoArray      StoreFaultKind = "logo-array"      // the logo is []
	StoreLogoObject     StoreFaultKind = "logo-object"     // the logo is {}
	StoreBareScripts    StoreFaultKind = "bare-scripts"    // scripts as in older recordings
	StoreEmptyV2        StoreFaultKind = "v2-404"          // an empty V2 list is 404 in place of 204
	StoreClientNull     StoreFaultKind = "client-null"     // GraphQL: client is null
	StoreClientIDNull   StoreFaultKind = "client-id-null"  // GraphQL: clientId is null
	StoreScopesNull     StoreFaultKind = "scopes-null"     // GraphQL: scopes is null
	StoreEdgesNull      StoreFaultKind = "edges-null"      // GraphQL: edges is null
	StoreEdgeNull       StoreFaultKind = "edge-null"       // GraphQL: one edge is null
	StoreAccountNull    StoreFaultKind = "account-null"    // GraphQL: store.account is null
	StoreManyScopes     StoreFaultKind = "many-scopes"     // GraphQL: so many unknown scopes that they take two pages
	StoreOtherAccount   StoreFaultKind = "other-account"   // account_uuid is another one
	StoreBlocklistEmpty StoreFaultKind = "blocklist-empty" // hooks/admin without blocked domains, whatever is true
)

// AllStoreFaults lists every kind.
var AllStoreFaults = append([]StoreFaultKind{
	StoreLimited, StoreDecimal, StorePlatform, StoreEmptyLimit, StoreLimitAs500, StoreDropped, StoreHanging, StoreSlow, StoreRedirect, StoreRedirectOwn,
	StoreCut, StoreDropBody, StoreOldMeta, StoreNoMeta, StoreNoLinks, StoreLinksSame, StoreLinksOn, StoreUnfiltered, StoreZeroPages, StoreRepeat,
	StoreFirstAgain, StoreHeadersNull, StoreHeadersObject, StoreLargeIDs, StoreUnknownWords, StoreBareStore, StoreLogoArray, StoreLogoObject,
	StoreBareScripts, StoreEmptyV2, StoreClientNull, StoreClientIDNull, StoreScopesNull, StoreEdgesNull, StoreEdgeNull, StoreAccountNull,
	StoreManyScopes, StoreOtherAccount, StoreBlocklistEmpty,
}, cannedKinds()...)

// StoreFault makes requests to one store go wrong.
type StoreFault struct {
	Kind     StoreFaultKind
	Path     string        // only paths below the store that begin with this, such as "/v3/hooks"; all when empty
	ClientID string        // only this client; all when empty. A fault that comes before the token is looked at hits all.
	Times    int           // so many requests, then no more; 0 is for ever
	Delay    time.Duration // see the kinds
}

// storeFaultSource keeps the faults of each store. Safe for concurrent use.
type storeFaultSource struct {
	mu     sync.Mutex
	byHash map[string][]*StoreFault // "*" is every store
	rng    *rand.Rand
	kinds  []StoreFaultKind // of the configured rates, in a fixed order
}

func newStoreFaultSource(cfg *Config) *storeFaultSource {
	source := &storeFaultSource{byHash: map[string][]*StoreFault{}, rng: rand.New(rand.NewPCG(cfg.Seed, 0x5707e))}
	for kind, share := range cfg.Rest.FaultRates {
		if share > 0 {
			source.kinds = append(source.kinds, StoreFaultKind(kind))
		}
	}
	slices.Sort(source.kinds)
	return source
}

// FaultStore gives a store these faults in place of those it had; none heals it. The hash "*" means every store.
func (s *Server) FaultStore(hash string, faults ...StoreFault) {
	s.storeFaults.mu.Lock()
	defer s.storeFaults.mu.Unlock()
	list := make([]*StoreFault, len(faults))
	for i, fault := range faults {
		list[i] = &fault
	}
	s.storeFaults.byHash[hash] = list
}

// FaultStoreKinds is FaultStore for faults that need nothing but their kind.
func (s *Server) FaultStoreKinds(hash string, kinds ...StoreFaultKind) {
	faults := make([]StoreFault, len(kinds))
	for i, kind := range kinds {
		faults[i] = StoreFault{Kind: kind}
	}
	s.FaultStore(hash, faults...)
}

// configureFaults applies Rest.Faults, where a store may be named by its number.
func (s *Server) configureFaults() {
	for target, list := range s.cfg.Rest.Faults {
		stores := s.worlds[s.first].stores
		if n, err := strconv.Atoi(target); err == nil && n >= 1 && n <= len(stores) {
			target = stores[n-1].hash
		}
		s.FaultStoreKinds(target, splitKinds(list)...)
	}
}

// pick gives the faults of one request and counts them.
func (f *storeFaultSource) pick(x *restCall) map[StoreFaultKind]StoreFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	var picked map[StoreFaultKind]StoreFault
	hit := func(fault StoreFault) {
		if picked == nil {
			picked = map[StoreFaultKind]StoreFault{}
		}
		picked[fault.Kind] = fault
		x.seen.Faults = append(x.seen.Faults, fault.Kind)
	}
	for _, hash := range []string{x.seen.Store, "*"} {
		for _, fault := range f.byHash[hash] {
			if !strings.HasPrefix(x.route.path, fault.Path) || !x.server.sentBy(x.http, fault.ClientID) || fault.Times < 0 {
				continue
			}
			hit(*fault)
			if fault.Times == 1 {
				fault.Times = -1
			} else if fault.Times > 1 {
				fault.Times--
			}
		}
	}
	for _, kind := range f.kinds {
		if f.rng.Float64() < x.rest.FaultRates[string(kind)] {
			hit(StoreFault{Kind: kind})
		}
	}
	return picked
}

// sentBy says whether a request carries the token of a client.
func (s *Server) sentBy(r *http.Request, clientID string) bool {
	if clientID == "" {
		return true
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	a := s.apiAccountOf(r.Header.Get("X-Auth-Token"))
	return a != nil && a.clientID == clientID
}

func (x *restCall) odd(kind StoreFaultKind) bool {
	_, odd := x.faults[kind]
	return odd
}
