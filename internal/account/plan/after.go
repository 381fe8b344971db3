package plan

import (
	"maps"
	"slices"

	"rollcall/internal/org"
)

// Outcome is what became of a request.
type Outcome struct {
	Request Request
	Failed  bool
	Kind    org.Kind // of the failure
	Slow    bool     // it failed in a way that large requests do: 502, 504, time-out
	Score   int      // that the API counted; 0 when it did not say
	Refused Refused  // numbers of a refusal
	Parts   []Part   // one for each op, when it did not fail
}

// Refused is what a refusal said in numbers; zero values were not said.
type Refused struct {
	Score, Limit int // of complexity
	Cap          int // of page sizes
}

// Part is what the answer to one op showed.
type Part struct {
	Answered bool // something came
	Denied   bool // by permission
	Full     int  // most items of a page that had a next one
	Nested   int  // the same of pages of users nested in the store list
	Nulls    int  // entries that failed
}

// PartOf reads what matters from the pages that answered one op.
func PartOf(pages []org.Page) Part {
	var part Part
	for i, page := range pages {
		part.Answered = part.Answered || page.Problem == ""
		part.Denied = part.Denied || page.Kind == org.KindScope
		full := 0
		if page.HasNext {
			full = page.Len() + page.NullEdges
		}
		switch {
		case i > 0 && pages[0].List.Kind == org.ListStores:
			part.Nested = max(part.Nested, full)
		default:
			part.Full = max(part.Full, full)
			part.Nulls += page.NullEdges
		}
	}
	return part
}

// SuspectsApps tells whether a request was refused that also asked for apps, which nobody may have to be allowed.
func (o Outcome) SuspectsApps() bool {
	return o.Failed && o.Kind == org.KindScope && slices.ContainsFunc(o.Request.Ops, asksApps) && !o.BlamesSubscriptions()
}

func asksApps(op Op) bool { return op.Apps || isApps(op.Kind) }

// After is what is known once the outcome is.
func (l Learned) After(o Outcome) Learned {
	l = l.fitting()
	l.Caps = maps.Clone(l.Caps)
	if l.Caps == nil {
		l.Caps = map[org.ListKind]Cap{}
	}
	l = l.begin(o.Request).clearBills(o)
	if o.Score > 0 {
		l.Model = l.Model.observe(o.Request.features(), o.Score)
	}
	if !o.Failed {
		return l.succeeded(o)
	}
	l.Calm = 0
	switch {
	case o.Kind == org.KindTooComplex:
		l = l.tooComplex(o)
	case o.Kind == org.KindPageSize:
		l = l.pageRefused(o)
	case o.BlamesSubscriptions():
		l = l.withoutBills(o)
	case o.SuspectsApps():
		l = l.suspect(o.Request)
	case o.Kind == org.KindScope && l.Apps == Suspected:
		l.Apps = ""
	case o.Kind == org.KindRejected && len(o.Request.Ops) > 1:
		l.Aliases = max(1, len(o.Request.Ops)/2)
		l.Refusals++
	case o.Slow:
		l = l.slow(o.Request.UserSlots())
	}
	return l
}

// begin notices a new sync by its first question, and then tests again what may have changed.
func (l Learned) begin(r Request) Learned {
	starts := slices.ContainsFunc(r.Ops, func(op Op) bool { return op.Kind == org.ListStores && op.After == "" })
	if !starts || l.Starting {
		return l
	}
	if l.Billing == DeniedAll && l.retestsBills() {
		l.Billing = ""
	}
	l.Syncs++
	l.Starting, l.Refusals, l.NoNest, l.Calm = true, 0, false, 0
	if l.Syncs%forgetEvery == 0 {
		l.Limit, l.Refused, l.HeavyApps, l.Aliases = 0, nil, false, 0
	}
	return l
}

func (l Learned) succeeded(o Outcome) Learned {
	l.Calm++
	x := o.Request.features()
	if now := l.plain(x[:]); now > l.plain(l.Largest) {
		l.Largest = x[:]
	}
	if l.Refused != nil && l.plain(l.Refused) <= l.plain(l.Largest) {
		l.Refused = nil // what was refused once works now
	}
	if slices.ContainsFunc(o.Request.Ops, func(op Op) bool { return op.Kind == org.ListStores }) {
		l.Starting = false
	}
	if l.Apps == Suspected {
		l.Apps = DeniedAll // without apps the request was let through
	}
	for i, op := range o.Request.Ops {
		if i < len(o.Parts) {
			l = l.part(op, o.Parts[i])
		}
	}
	return l.recover(o.Request.UserSlots())
}

// part learns from the answer to one op.
func (l Learned) part(op Op, p Part) Learned {
	if isApps(op.Kind) || op.Apps {
		switch {
		case p.Denied:
			l.Apps = DeniedOne
		case p.Answered:
			l.Apps = Works
		}
	}
	if op.Kind == org.ListSubscriptions {
		l = l.bills(p)
	}
	if p.Answered && !op.Probe {
		l.Caps[capKind(op.Kind)] = l.cap(op.Kind).shown(op.First, p.Full)
	}
	if op.Kind == org.ListStores && op.Users > 0 {
		l.Caps[org.ListAccesses] = l.cap(org.ListAccesses).shown(op.Users, p.Nested)
		l.NoNest = l.NoNest || p.Nulls > 0
	}
	return l
}

func capKind(kind org.ListKind) org.ListKind {
	if kind == org.ListUserApps {
		return org.ListAccesses
	}
	return kind
}

// shown learns from a page of size asked that was accepted. A shorter page with a next one was clamped.
func (c Cap) shown(asked, full int) Cap {
	switch {
	case full >= asked:
		c.Worked = max(c.Worked, full)
		if c.Exact > 0 {
			c.Exact = max(c.Exact, full)
		}
	case full >= smallSize:
		c.Exact = full
	case full == 0 && asked <= firstSize && c.Exact == 0:
		c.Worked = max(c.Worked, asked) // not refused, though not filled either
	}
	return c
}

// pageRefused lowers the size of the lists that may be meant: those above the number that was said, else the largest.
func (l Learned) pageRefused(o Outcome) Learned {
	l.Refusals++
	if o.Refused.Cap > 0 && o.Refused.Cap < HeldApps && !l.HeavyApps && o.Request.carriesApps() {
		l.HeavyApps = true // the apps of a user may be the page that is meant: they must not stop the users
		return l
	}
	sizes := map[org.ListKind]int{}
	for _, op := range o.Request.Ops {
		sizes[capKind(op.Kind)] = max(sizes[capKind(op.Kind)], op.First)
		if op.Users > 0 {
			sizes[org.ListAccesses] = max(sizes[org.ListAccesses], op.Users)
		}
	}
	largest, above := 0, 0
	for _, size := range sizes {
		largest = max(largest, size)
		if size > o.Refused.Cap {
			above++
		}
	}
	for kind, size := range sizes {
		c := l.Caps[kind]
		switch {
		case o.Refused.Cap > 0 && size > o.Refused.Cap && above == 1:
			c = Cap{Exact: o.Refused.Cap}
		case o.Refused.Cap > 0 && size > o.Refused.Cap && c.Assumed == o.Refused.Cap:
			c = Cap{Exact: o.Refused.Cap}
		case o.Refused.Cap > 0 && size > o.Refused.Cap:
			c = Cap{Assumed: o.Refused.Cap}
		case o.Refused.Cap == 0 && size == largest:
			c = Cap{Refused: size, Worked: c.Worked}
			if c.Worked >= size {
				c.Worked = 0
			}
		}
		l.Caps[kind] = c
	}
	return l
}

// carriesApps tells whether the apps of users ride along.
func (r Request) carriesApps() bool {
	return slices.ContainsFunc(r.Ops, func(op Op) bool { return op.Apps })
}

func (l Learned) tooComplex(o Outcome) Learned {
	l.Refusals++
	x := o.Request.features()
	if o.Refused.Score > 0 && o.Refused.Limit > 0 {
		l.Model = l.Model.observe(x, o.Refused.Score)
		l.Limit = o.Refused.Limit
	}
	if x[perUserWithApps] > 0 && !l.HeavyApps {
		l.HeavyApps = true // without the apps it may well work
		return l
	}
	if l.Limit > 0 && o.Refused.Limit == 0 {
		l.Limit = 0 // the API no longer says it
	}
	if l.Refused == nil || l.plain(x[:]) < l.plain(l.Refused) {
		l.Refused = x[:]
	}
	if l.plain(l.Largest) >= l.plain(l.Refused) {
		l.Largest = nil
	}
	return l
}

// suspect holds a refusal against the apps that were asked for: for good when nothing else was, and other requests
// are let through; else the next request does without them.
func (l Learned) suspect(r Request) Learned {
	l.Refusals++
	mixed := slices.ContainsFunc(r.Ops, func(op Op) bool { return !asksApps(op) })
	switch {
	case mixed:
		l.Apps = Suspected
	case l.Largest != nil:
		l.Apps = DeniedAll
	}
	return l
}

// slow shrinks requests after a time-out.
func (l Learned) slow(users int) Learned {
	if users <= leastUsers {
		return l
	}
	if l.SlowAt == 0 || users < l.SlowAt {
		l.SlowAt = users
	}
	l.Strikes++
	l.Users = max(leastUsers, users/2)
	return l
}

// recover grows requests again. Time-outs are forgiven one by one, each after ten requests that worked.
func (l Learned) recover(users int) Learned {
	if l.Calm%10 == 0 && l.Strikes > 0 {
		l.Strikes--
	}
	if l.Strikes == 0 {
		l.SlowAt = 0
	}
	if l.Users == 0 || users < l.Users*4/5 {
		return l
	}
	l.Users = l.Users * 5 / 4
	if l.SlowAt > 0 {
		l.Users = min(l.Users, l.SlowAt*9/10)
	}
	if l.Users >= startUsers {
		l.Users = 0
	}
	return l
}
