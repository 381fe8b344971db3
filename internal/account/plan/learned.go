package plan

import "rollcall/internal/org"

// Bounds that hold whatever was learned.
const (
	startUsers  = 2500      // users of stores in one request (design 4.2)
	leastUsers  = 50        // below this, failures are not blamed on size
	maxAliases  = 400       // parts of one request
	maxBody     = 200 << 10 // bytes of text of one request
	firstSize   = 50        // page size while nothing is known
	smallSize   = 10        // page size that is believed to work everywhere (facts 1.4)
	mostSize    = 1000      // whatever a database may hold
	leastSize   = 2         // smallest page with a cursor for the seam (design 4.4)
	keepMargin  = 0.995     // share of a known limit that is used
	guessMargin = 0.97      // the same of a limit that is guessed
	wordless    = 29_000    // by the prior: 2,500 nodes in the formula that counts nodes only
	learnFirst  = 5         // refusals that the first sync may spend to learn (design 8)
	learnLater  = 1         // and later ones
	retestEvery = 10        // syncs between retests of what costs a request to test
	forgetEvery = 30        // syncs after which limits are found out anew, for they may have been raised
)

// limits that other APIs of the vendor have (facts 1.10).
var limits = []float64{10_000, 4_500, 2_500, 1_000}

// Learned is what is known of the API of one account. The zero value knows nothing. It is kept as JSON.
type Learned struct {
	Syncs     int                  `json:",omitempty"` // syncs that began
	Starting  bool                 `json:",omitempty"` // the sync's first question is not answered yet
	Refusals  int                  `json:",omitempty"` // of this sync
	Caps      map[org.ListKind]Cap `json:",omitempty"` // of page sizes
	Model     Model                `json:",omitzero"`
	Limit     int                  `json:",omitempty"` // of complexity, as the API said it
	Largest   []float64            `json:",omitempty"` // features of the costliest request that worked
	Refused   []float64            `json:",omitempty"` // features of the cheapest request that was too complex
	Users     int                  `json:",omitempty"` // users per request after time-outs; 0: as many as at the start
	SlowAt    int                  `json:",omitempty"` // users of the smallest request that timed out
	Strikes   int                  `json:",omitempty"` // time-outs that are not forgiven yet
	Calm      int                  `json:",omitempty"` // requests in a row that worked
	Aliases   int                  `json:",omitempty"` // most parts of a request, if fewer than usual
	Apps      Access               `json:",omitempty"`
	NoNest    bool                 `json:",omitempty"` // users nested in the store list made stores fail in this sync
	NoInfo    bool                 `json:",omitempty"` // the account's name cannot be read
	HeavyApps bool                 `json:",omitempty"` // apps of users made a request too complex
	Billing   Access               `json:",omitempty"` // whether subscriptions can be read
	Token     string               `json:",omitempty"` // end of the token that was used last
}

// fitting leaves out what a version learned that counted other things.
func (l Learned) fitting() Learned {
	if len(l.Largest) != features {
		l.Largest = nil
	}
	if len(l.Refused) != features {
		l.Refused = nil
	}
	return l
}

// Access tells whether apps or subscriptions can be read.
type Access string

// Values of Access; empty is unknown.
const (
	Works     Access = "works"
	Suspected Access = "suspected" // a request that asked for apps was refused as a whole
	DeniedOne Access = "denied"    // apps alone were refused
	DeniedAll Access = "refused"   // asking for apps costs the whole request
)

// Denied tells whether the token is known not to be allowed to read a kind of list.
func (l Learned) Denied(kind org.ListKind) bool {
	return isApps(kind) && (l.Apps == DeniedOne || l.Apps == DeniedAll) || kind == org.ListSubscriptions && l.Billing == DeniedAll
}

func isApps(kind org.ListKind) bool { return kind == org.ListStoreApps || kind == org.ListUserApps }

// limited tells whether complexity is known to be bounded.
func (l Learned) limited() bool { return l.Limit > 0 || l.Refused != nil }

// cursorsCost tells whether users are cheaper without their cursors.
func (l Learned) cursorsCost() bool {
	with := vector{perRequest: 1, perUser: 1000, perCursor: 1000}
	without := with
	without[perCursor] = 0
	return l.limited() && l.Model.score(with) > 1.02*l.Model.score(without)
}

// cost is the predicted score with a margin for what the model does not know. While a refusal can be afforded there is
// none: it would teach the model what it lacks.
func (l Learned) cost(x vector) float64 {
	score := l.Model.score(x)
	if l.mayLearn() {
		return score
	}
	return score + min(l.Model.deviation(x), 0.1*score)
}

// budget is a bound of scores by some formula; the zero budget is none.
type budget struct {
	most    float64
	byNodes bool // counted by nodes, because no score was ever seen and only that explains what worked
}

// within tells whether a request stays within a budget.
func (l Learned) within(x vector, b budget) bool {
	switch {
	case b.most == 0:
		return true
	case b.byNodes:
		return byNodes.times(x) <= b.most
	}
	return l.Model.score(x) <= b.most && l.cost(x) <= b.most
}

// half tells whether half of the budget is used.
func (l Learned) half(x vector, b budget) bool {
	b.most /= 2
	return !l.within(x, b)
}

// budget is what a request may cost.
func (l Learned) budget() budget {
	switch {
	case l.Limit > 0:
		return budget{most: keepMargin * float64(l.Limit)}
	case l.Refused == nil:
		return budget{}
	case l.Model.Seen == 0 && l.countsNodes():
		return budget{most: keepMargin * limits[2], byNodes: true}
	}
	return budget{most: l.guess(l.plain(l.Largest), l.plain(l.Refused))}
}

// countsNodes tells whether to suppose a limit of 2,500 nodes where neither scores nor limits can be seen: when
// something worked that no known limit allows by fields, or when it is time to find out.
func (l Learned) countsNodes() bool {
	if len(l.Refused) != features || byNodes.times(vector(l.Refused)) <= limits[2] {
		return false
	}
	worked := l.plain(l.Largest)
	return worked > 1.05*limits[0] || worked > 0 && l.mayLearn()
}

// plain is the predicted score without a margin; 0 for no features.
func (l Learned) plain(x []float64) float64 {
	if len(x) != features {
		return 0
	}
	return l.Model.score(vector(x))
}

// guess is the budget when the limit lies somewhere between the cost of a request that worked and one that was refused.
// Limits that the vendor uses elsewhere are tried first, the largest that fits; then what worked, and now and then more.
func (l Learned) guess(worked, refused float64) float64 {
	for _, limit := range limits {
		if guessMargin*limit < 0.99*refused && limit > worked {
			return guessMargin * limit
		}
	}
	switch {
	case worked == 0:
		return 0.4 * refused
	case worked < 0.85*refused && l.Calm > 20 && l.mayLearn():
		return (worked + refused) / 2
	}
	return worked
}

// mayLearn tells whether another refusal can be afforded.
func (l Learned) mayLearn() bool {
	if l.Syncs <= 1 {
		return l.Refusals < learnFirst
	}
	return l.Refusals < learnLater
}

// users is how many users of stores a request may ask for.
func (l Learned) users() int {
	if l.Users > 0 {
		return min(l.Users, startUsers)
	}
	return startUsers
}

// aliases is how many parts a request may have.
func (l Learned) aliases() int {
	if l.Aliases > 0 {
		return min(l.Aliases, maxAliases)
	}
	return maxAliases
}

// Cap is what is known of the largest page of one kind of list.
type Cap struct {
	Exact   int `json:",omitempty"` // said or shown by the API
	Assumed int `json:",omitempty"` // said of a request that asked for several kinds of lists
	Worked  int `json:",omitempty"` // largest size that was not refused
	Refused int `json:",omitempty"` // smallest size that was
}

// ladder are page sizes worth trying, largest first.
var ladder = []int{250, 100, 50, 10, 2}

// size is the page size that is believed to work.
func (c Cap) size() int {
	if c.Exact > 0 {
		return c.Exact
	}
	size := max(c.Worked, firstSize)
	if c.Assumed > 0 {
		size = max(c.Worked, c.Assumed)
	}
	if c.Refused > 0 && size >= c.Refused {
		size = max(c.Worked, below(c.Refused))
	}
	return size
}

// larger is a page size worth trying where large pages save requests: the largest that was not refused for this or a
// similar list.
func (c Cap) larger(size, refused int) int {
	if c.Exact > 0 {
		return size
	}
	for _, step := range ladder {
		if step > size && (refused == 0 || step < refused) && (c.Assumed == 0 || step <= firstSize) {
			return step
		}
	}
	return size
}

func below(size int) int {
	for _, step := range ladder {
		if step < size {
			return step
		}
	}
	return 1
}

// cap is what is known of pages of a kind; users with and without their apps are the same connection.
func (l Learned) cap(kind org.ListKind) Cap {
	if kind == org.ListUserApps {
		kind = org.ListAccesses
	}
	return l.Caps[kind]
}

// size is the page size for a list of which left items remain (-1: unknown).
func (l Learned) size(kind org.ListKind, left int) int {
	size := l.cap(kind).size()
	if kind == org.ListSubscriptions { // more than 50 is documented not to be given (facts 1.4)
		if size = min(size, firstSize); left >= 0 {
			size = min(size, left)
		}
		return max(1, size)
	}
	if (left > 3*firstSize || left > size && (l.workedElsewhere(kind) > size || l.limited())) && l.mayLearn() && l.trusts(kind) {
		size = l.cap(kind).larger(size, l.refused(kind))
	}
	if c := l.cap(kind); left > size && c.Exact+c.Assumed+c.Refused == 0 {
		size = max(size, l.workedElsewhere(kind))
	}
	if left >= 0 {
		size = min(size, left)
	}
	return max(1, min(size, mostSize))
}

// trusts tells whether trying a larger page of a kind is promising: no other kind has shown a smaller cap.
func (l Learned) trusts(kind org.ListKind) bool {
	for other, c := range l.Caps {
		if other != kind && c.Exact > 0 && c.Exact <= firstSize && other != org.ListStoreApps && other != org.ListSubscriptions {
			return false
		}
	}
	return true
}

// workedElsewhere is the largest page that worked for the other list of users, or is known of stores.
func (l Learned) workedElsewhere(kind org.ListKind) int {
	stores := l.Caps[org.ListStores].Exact
	switch kind {
	case org.ListAccesses, org.ListUserApps:
		return max(l.Caps[org.ListAccountUsers].Worked, l.Caps[org.ListAccountUsers].Exact, stores)
	case org.ListAccountUsers:
		return max(l.Caps[org.ListAccesses].Worked, l.Caps[org.ListAccesses].Exact, stores)
	}
	return 0
}

// refused is the smallest page size that was refused for lists like this one, or that is beyond the cap of one.
func (l Learned) refused(kind org.ListKind) int {
	least := l.cap(kind).Refused
	for other, c := range l.Caps {
		if c.Exact > 0 {
			c.Refused = c.Exact + 1
		}
		if other != kind && other != org.ListStoreApps && other != org.ListSubscriptions && c.Refused > 0 && (least == 0 || c.Refused < least) {
			least = c.Refused
		}
	}
	return least
}

// pages is how many pages remain of a list; the repeated item at each seam makes pages shorter by one (design 4.4).
func (l Learned) pages(w org.Want) int {
	if w.Left < 0 {
		return 2
	}
	size := l.size(w.List.Kind, w.Left)
	if w.Left <= size {
		return 1
	}
	step := max(1, size-1)
	return 1 + (w.Left-size+step-1)/step
}
