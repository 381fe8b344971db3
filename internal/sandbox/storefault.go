package sandbox

import (
	"fmt"
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

// Faults of stores; DescribeStoreFaults says what each does. Beside these every kind of cannedAnswers is one.
const (
	StoreLimited        StoreFaultKind = "429"
	StoreDecimal        StoreFaultKind = "429-decimal"
	StorePlatform       StoreFaultKind = "429-platform"
	StoreEmptyLimit     StoreFaultKind = "429-empty"
	StoreLimitAs500     StoreFaultKind = "500-limit"
	StoreDropped        StoreFaultKind = "drop"
	StoreHanging        StoreFaultKind = "hang"
	StoreSlow           StoreFaultKind = "slow"
	StoreRedirect       StoreFaultKind = "redirect"
	StoreRedirectOwn    StoreFaultKind = "redirect-loop"
	StoreCut            StoreFaultKind = "cut"
	StoreDropBody       StoreFaultKind = "drop-body"
	StoreOldMeta        StoreFaultKind = "old-meta"
	StoreNoMeta         StoreFaultKind = "no-meta"
	StoreNoLinks        StoreFaultKind = "no-links"
	StoreLinksSame      StoreFaultKind = "links-same"
	StoreLinksOn        StoreFaultKind = "links-on"
	StoreUnfiltered     StoreFaultKind = "unfiltered"
	StoreZeroPages      StoreFaultKind = "zero-pages"
	StoreRepeat         StoreFaultKind = "repeat"
	StoreFirstAgain     StoreFaultKind = "first-again"
	StoreHeadersNull    StoreFaultKind = "headers-null"
	StoreHeadersObject  StoreFaultKind = "headers-object"
	StoreLargeIDs       StoreFaultKind = "large-ids"
	StoreUnknownWords   StoreFaultKind = "unknown-words"
	StoreBareStore      StoreFaultKind = "bare-store"
	StoreLogoArray      StoreFaultKind = "logo-array"
	StoreLogoObject     StoreFaultKind = "logo-object"
	StoreBareScripts    StoreFaultKind = "bare-scripts"
	StoreEmptyV2        StoreFaultKind = "v2-404"
	StoreClientNull     StoreFaultKind = "client-null"
	StoreClientIDNull   StoreFaultKind = "client-id-null"
	StoreScopesNull     StoreFaultKind = "scopes-null"
	StoreEdgesNull      StoreFaultKind = "edges-null"
	StoreEdgeNull       StoreFaultKind = "edge-null"
	StoreAccountNull    StoreFaultKind = "account-null"
	StoreManyScopes     StoreFaultKind = "many-scopes"
	StoreOtherAccount   StoreFaultKind = "other-account"
	StoreBlocklistEmpty StoreFaultKind = "blocklist-empty"
)

// storeFaults says what each kind does. The first ten come before the token is looked at.
var storeFaults = []struct {
	kind StoreFaultKind
	help string
}{
	{StoreLimited, "429 with rate headers and an X-Retry-After of a second"},
	{StoreDecimal, "429 with rate headers and an X-Retry-After with a fraction"},
	{StorePlatform, "429 without rate headers: the platform is busy"},
	{StoreEmptyLimit, "429 without headers and body"},
	{StoreLimitAs500, "500 with rate headers that say that none is left"},
	{StoreDropped, "the connection is dropped before an answer"},
	{StoreHanging, "no answer until the client gives up"},
	{StoreSlow, "the answer is late by --rest-slow-by"},
	{StoreRedirect, "301 to another host"},
	{StoreRedirectOwn, "302 to itself"},
	{StoreCut, "200 with two thirds of the JSON"},
	{StoreDropBody, "connection dropped in the middle of the body"},
	{StoreOldMeta, "pagination of 2021: offset, limit, total_items"},
	{StoreNoMeta, "lists without meta"},
	{StoreNoLinks, "pagination without links"},
	{StoreLinksSame, "previous, current and next are the same"},
	{StoreLinksOn, "a next link even on the last and on an empty page"},
	{StoreUnfiltered, "the total is that of the list without filter"},
	{StoreZeroPages, "total_pages is 0 for an empty list"},
	{StoreRepeat, "each page begins with the last entry of the page before"},
	{StoreFirstAgain, "page is ignored: always page 1"},
	{StoreHeadersNull, "the headers of every webhook are null"},
	{StoreHeadersObject, "webhooks without headers have an empty object in place of null"},
	{StoreLargeIDs, "webhook ids beyond 53 bits"},
	{StoreUnknownWords, "statuses of webhooks and stores that nobody documented"},
	{StoreBareStore, "/v2/store as in older recordings, keys missing"},
	{StoreLogoArray, "the logo is []"},
	{StoreLogoObject, "the logo is {}"},
	{StoreBareScripts, "scripts as in older recordings"},
	{StoreEmptyV2, "an empty V2 list is 404 in place of 204"},
	{StoreClientNull, "GraphQL: client is null"},
	{StoreClientIDNull, "GraphQL: clientId is null"},
	{StoreScopesNull, "GraphQL: scopes is null"},
	{StoreEdgesNull, "GraphQL: edges is null"},
	{StoreEdgeNull, "GraphQL: one edge is null"},
	{StoreAccountNull, "GraphQL: store.account is null"},
	{StoreManyScopes, "GraphQL: so many unknown scopes that they take two pages"},
	{StoreOtherAccount, "account_uuid is another one"},
	{StoreBlocklistEmpty, "hooks/admin without blocked domains, whatever is true"},
}

// AllStoreFaults lists every kind.
var AllStoreFaults = allStoreFaults()

func allStoreFaults() []StoreFaultKind {
	var kinds []StoreFaultKind
	for _, fault := range storeFaults {
		kinds = append(kinds, fault.kind)
	}
	return append(kinds, cannedKinds()...)
}

// DescribeStoreFaults tells in one indented line each what the kinds of store faults do.
func DescribeStoreFaults() string {
	var text strings.Builder
	for _, fault := range storeFaults {
		fmt.Fprintf(&text, "  %-16s %s\n", fault.kind, fault.help)
	}
	for _, kind := range cannedKinds() {
		c := cannedAnswers[kind]
		body, _, _ := strings.Cut(or(c.body, "nothing"), "\n")
		fmt.Fprintf(&text, "  %-16s %d %s\n", kind, c.status, strings.ReplaceAll(body, statusCodes, "…"))
	}
	return text.String()
}

// StoreFault makes requests to one store go wrong.
type StoreFault struct {
	Kind     StoreFaultKind
	Path     string        // only paths below the store that begin with this, such as "/v3/hooks"; all when empty
	ClientID string        // only requests with the token of this client; all when empty
	Times    int           // so many requests, then no more; 0 is for ever
	Delay    time.Duration // how late a slow answer is, 0 is Rest.SlowBy; how long a 429 says to wait, 0 is a second
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
