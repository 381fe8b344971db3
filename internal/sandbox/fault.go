package sandbox

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// FaultKind names one way in which a request goes wrong.
type FaultKind string

// Faults of the transport. Those marked "before" do not execute the request.
const (
	NoFault         FaultKind = ""
	FaultLimited    FaultKind = "429"         // before; with rate headers that say to wait for Fault.Delay or a second
	FaultLimitedRaw FaultKind = "429-bare"    // before; without rate headers
	FaultLimitedNil FaultKind = "429-empty"   // before; without headers and body
	Fault500        FaultKind = "500"         // before; JSON
	Fault502        FaultKind = "502"         // before; HTML
	Fault503        FaultKind = "503"         // before; empty
	Fault504        FaultKind = "504"         // before; HTML
	FaultHTML       FaultKind = "html"        // 200 with an HTML page
	FaultEmpty      FaultKind = "empty"       // 200 without a body
	FaultCut        FaultKind = "cut"         // 200 with half the JSON, correctly ended
	FaultDropBefore FaultKind = "drop-before" // connection dropped, nothing executed
	FaultDropAfter  FaultKind = "drop-after"  // connection dropped after executing, before the answer
	FaultDropBody   FaultKind = "drop-body"   // connection dropped in the middle of the body
	FaultSlow       FaultKind = "slow"        // the answer comes late
	FaultHang       FaultKind = "hang"        // no answer until the client gives up
	FaultDataNull   FaultKind = "data-null"   // 200 with data null and an error
)

// Faults of the data: the answer is well formed and wrong. They hit the users of stores, unless Fault.List says more.
const (
	FaultShift        FaultKind = "shift"         // after answering, the first user of each page goes and one joins at the end
	FaultShiftRemove  FaultKind = "shift-remove"  // after answering, the first user of each page goes
	FaultRepeatCursor FaultKind = "repeat-cursor" // the end cursor is the one that was sent
	FaultNullCursor   FaultKind = "null-cursor"   // hasNextPage without an end cursor
	FaultPageOne      FaultKind = "page-one"      // cursors are ignored
	FaultEmptyPage    FaultKind = "empty-page"    // no edges, hasNextPage and a new cursor
	FaultNullUser     FaultKind = "null-user"     // one edge is null
	FaultNullStore    FaultKind = "null-store"    // the store's edge is null
	FaultNullEdges    FaultKind = "null-edges"    // edges is null
	FaultForeignStore FaultKind = "foreign-store" // a filter answers another store
	FaultZeroUsers    FaultKind = "zero-users"    // the store has no users, but its total stands
)

// AllFaults lists every kind.
var AllFaults = []FaultKind{
	FaultLimited, FaultLimitedRaw, FaultLimitedNil, Fault500, Fault502, Fault503, Fault504, FaultHTML, FaultEmpty,
	FaultCut, FaultDropBefore, FaultDropAfter, FaultDropBody, FaultSlow, FaultHang, FaultDataNull, FaultShift, FaultShiftRemove, FaultRepeatCursor,
	FaultNullCursor, FaultPageOne, FaultEmptyPage, FaultNullUser, FaultNullStore, FaultNullEdges, FaultForeignStore, FaultZeroUsers,
}

// Fault makes one request go wrong.
type Fault struct {
	Kind   FaultKind
	Stores []string      // hashes of the stores that a data fault hits; all when empty
	List   string        // the list that a page fault hits: "" users of stores, "stores" or "account"
	OneIn  uint64        // a data fault hits one store in so many, by chance; 0 is all
	Delay  time.Duration // of a slow answer, 0 is Faults.SlowBy; of the reset that a 429 names, 0 is a second

	tags []string // of Stores
	salt uint64
}

// RequestInfo is what is known of a request before it is executed.
type RequestInfo struct {
	Number    int // counts all requests from 1
	UUID      string
	Query     string
	Variables map[string]any
	Aliases   int // fields directly under account
	Stores    int // asked for, by page sizes
	Users     int
	Score     int
}

// hits says whether a data fault of that kind concerns a list.
func (f *Fault) hits(kind FaultKind, tag string) bool {
	if f.Kind != kind {
		return false
	}
	switch {
	case f.List == "stores":
		return tag == "s"
	case f.List == "account":
		return tag == "a"
	case tag[0] != 'u':
		return false
	case len(f.tags) > 0:
		return slices.Contains(f.tags, tag)
	}
	return f.OneIn <= 1 || (hashText(tag)^f.salt)*0x9E3779B97F4A7C15>>32%f.OneIn == 0
}

// faultSource decides which request goes wrong: first the script, then the hook, then chance.
type faultSource struct {
	mu     sync.Mutex
	script []Fault
	rng    *rand.Rand
	kinds  []FaultKind // of the configured rates, in a fixed order
}

func newFaultSource(cfg *Config) *faultSource {
	source := &faultSource{rng: rand.New(rand.NewPCG(cfg.Seed, 0xfa017))}
	for kind, share := range cfg.FaultRates {
		if share > 0 {
			source.kinds = append(source.kinds, FaultKind(kind))
		}
	}
	slices.Sort(source.kinds)
	return source
}

func (f *faultSource) pick(cfg *Config, info *RequestInfo) Fault {
	f.mu.Lock()
	if len(f.script) > 0 {
		next := f.script[0]
		f.script = f.script[1:]
		f.mu.Unlock()
		return next
	}
	f.mu.Unlock()
	if cfg.Fault != nil {
		if fault := cfg.Fault(info); fault.Kind != NoFault {
			return fault
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, kind := range f.kinds {
		if f.rng.Float64() < cfg.FaultRates[string(kind)] {
			return Fault{Kind: kind, OneIn: 3, salt: f.rng.Uint64()}
		}
	}
	return Fault{}
}
