package plan

import (
	"cmp"
	"slices"
	"sort"

	"rollcall/internal/org"
)

// Next makes the request that serves as many of the wants as were learned to fit: chains of pages first, the longest
// before the others, because a chain costs one request a page whatever rides along; then what fills the rest.
// It has no ops when nothing needs to be sent.
func Next(l Learned, wants []org.Want) Request {
	s := l.sort(wants)
	if s.empty() {
		return Request{Denied: s.denied}
	}
	b := build(l, s, true)
	if !b.complete() {
		b = build(l, s, false) // no room for a page larger than what history lets expect
	}
	return Request{Ops: b.ops, Denied: s.denied}
}

// sorted are the wants that one request may serve, by what is done with them.
type sorted struct {
	list, people *org.Want
	accesses     []org.Want
	apps         []org.Want
	holders      []org.Want
	denied       []org.Want
	probe        bool // find out whether apps can be read
	tries        int  // most failures among them
}

func (s sorted) empty() bool {
	return s.list == nil && s.people == nil && len(s.accesses)+len(s.apps)+len(s.holders) == 0
}

// sort leaves out what has to wait, and keeps wants that failed apart from those that did not.
func (l Learned) sort(wants []org.Want) sorted {
	var s sorted
	starting := slices.ContainsFunc(wants, func(w org.Want) bool { return w.List.Kind == org.ListStores && w.After == "" })
	appsWanted := slices.ContainsFunc(wants, func(w org.Want) bool { return isApps(w.List.Kind) })
	onlyApps := !slices.ContainsFunc(wants, func(w org.Want) bool { return !isApps(w.List.Kind) })
	retest := starting && (l.Apps == DeniedOne || l.Apps == DeniedAll && l.Syncs%retestEvery == 0)
	s.probe = appsWanted && !onlyApps && (l.Apps == "" || retest)
	var ready []org.Want
	for _, w := range wants {
		switch {
		case !isApps(w.List.Kind) || l.Apps == Works || onlyApps && l.Apps == "":
			ready = append(ready, w)
		case !retest && l.Denied(w.List.Kind):
			s.denied = append(s.denied, w)
		}
	}
	ready, s.tries = peers(ready)
	if s.tries > 0 {
		s.probe = false
	}
	for _, w := range ready {
		switch w.List.Kind {
		case org.ListStores:
			s.list = &w
		case org.ListAccountUsers:
			s.people = &w
		case org.ListAccesses:
			s.accesses = append(s.accesses, w)
		case org.ListStoreApps:
			s.apps = append(s.apps, w)
		case org.ListUserApps:
			s.holders = append(s.holders, w)
		}
	}
	return s
}

// peers are the wants that may share a request with the most urgent one. What failed is not asked together with what
// did not, in ever smaller company, and alone at last.
func peers(wants []org.Want) (_ []org.Want, tries int) {
	if len(wants) == 0 {
		return nil, 0
	}
	first := wants[0]
	if first.Tries >= alone {
		return wants[:1], first.Tries
	}
	return slices.DeleteFunc(slices.Clone(wants), func(w org.Want) bool {
		return (w.Tries > 0) != (first.Tries > 0) || w.Tries >= alone
	}), first.Tries
}

// alone is from how many failures on a want is asked for alone.
const alone = 4

// builder fills one request.
type builder struct {
	l       Learned
	s       sorted
	roomy   bool // ask for a little more than history lets expect, if everything fits
	free    bool // apps of users cost nothing
	ops     []Op
	x       vector
	users   int
	bytes   int
	left    []org.Want // accesses that are not served yet
	skipped bool       // something did not fit
	limit   int        // of users
}

func build(l Learned, s sorted, roomy bool) *builder {
	b := &builder{l: l, s: s, roomy: roomy, limit: l.users() >> (2 * s.tries), x: vector{perRequest: 1}, bytes: 3000}
	b.limit = max(1, b.limit)
	b.free = l.Apps == Works && !l.limited() && !l.HeavyApp
	long, short := l.chains(s.accesses)
	b.left = short
	for _, w := range long {
		b.single(w)
	}
	b.people()
	b.list()
	b.accesses()
	b.storeApps()
	b.userApps()
	if s.probe {
		b.add(Op{Kind: org.ListStoreApps, First: 1, Probe: true})
	}
	return b
}

// complete tells whether every want is served.
func (b *builder) complete() bool { return !b.skipped }

// pages is how many pages remain of a list; the repeated item at each seam makes pages shorter by one.
func (l Learned) pages(w org.Want) int {
	if w.Left < 0 {
		return 2
	}
	size := l.size(w.List.Kind, -1)
	if w.Left <= size {
		return 1
	}
	return 1 + (w.Left-size+max(1, size-1)-1)/max(1, size-1)
}

// longChain is from how many pages on a list goes before the list of stores.
const longChain = 4

// chains splits wants into long chains and the rest, the longest first.
func (l Learned) chains(wants []org.Want) (long, short []org.Want) {
	all := slices.Clone(wants)
	slices.SortStableFunc(all, func(a, b org.Want) int {
		return cmp.Or(cmp.Compare(l.pages(b), l.pages(a)), cmp.Compare(b.Left, a.Left))
	})
	n := sort.Search(len(all), func(i int) bool { return l.pages(all[i]) < longChain })
	return all[:n], all[n:]
}

// fits tells whether the op finds room.
func (b *builder) fits(op Op) bool {
	if len(b.ops) >= b.l.aliases() || b.users+op.users() > b.limit || b.bytes+bytesOf(op) > maxBody {
		return false
	}
	x := b.x
	x.add(op.features())
	return b.l.cost(x) <= b.l.budget()
}

// bytesOf is about the length of the op's text.
func bytesOf(op Op) int {
	n := 100 + len(op.After)
	for _, store := range op.Stores {
		n += len(store) + 3
	}
	return n
}

// add takes the op in if it fits. The first op is taken in any case, or nothing would ever be asked.
func (b *builder) add(op Op) bool {
	if !b.fits(op) && len(b.ops) > 0 {
		b.skipped = true
		return false
	}
	b.ops = append(b.ops, op)
	b.x.add(op.features())
	b.users += op.users()
	b.bytes += bytesOf(op)
	return true
}

// most is the largest n from 1 to high for which the op fits, 0 if none does.
func (b *builder) most(high int, op func(n int) Op) int {
	return sort.Search(high, func(n int) bool { return !b.fits(op(n + 1)) })
}

// single asks for the next page of one list of a store, as much of it as fits.
func (b *builder) single(w org.Want) bool {
	want := b.sizeOf(w)
	op := func(n int) Op {
		return Op{Kind: w.List.Kind, Stores: []string{w.List.Store}, First: n, After: w.After, Apps: b.rides(w)}
	}
	n := b.most(want, op)
	if n < want {
		b.skipped = true
	}
	if n < want && len(b.ops) > 0 && n < max(smallSize, want/2) {
		return false
	}
	return b.add(op(max(1, n)))
}

// sizeOf is the page size for a want. What history says of a first page may be outdated: if there is room for
// everything, a few more are asked for.
func (b *builder) sizeOf(w org.Want) int {
	left := w.Left
	if left < 0 && w.After == "" && (isApps(w.List.Kind) || b.l.limited()) && w.List.Kind != org.ListAccountUsers {
		return b.l.size(w.List.Kind, smallSize) // of a larger page most would be asked, and paid, in vain
	}
	if b.roomy && left >= 0 && w.After == "" {
		left += 1 + left/20
	}
	return b.l.size(w.List.Kind, left)
}

// rides tells whether the apps of the users come along, which somebody must have asked for.
func (b *builder) rides(w org.Want) bool {
	if !b.free || w.List.Kind != org.ListAccesses {
		return false
	}
	i := slices.IndexFunc(b.s.holders, func(h org.Want) bool { return h.List.Store == w.List.Store && h.After == w.After })
	return i >= 0
}

// people asks for the next page of the account's own list of users.
func (b *builder) people() {
	if b.s.people == nil {
		return
	}
	w := *b.s.people
	size := b.sizeOf(w)
	if c := b.l.cap(org.ListAccountUsers); w.Left < 0 && c == (Cap{}) && b.l.mayLearn() && b.l.trusts(org.ListAccountUsers) {
		size = ladder[0] // cheap entries: shows the largest page at the cost of one request at most
	}
	b.add(Op{Kind: org.ListAccountUsers, First: size, After: w.After})
}

// list asks for the next page of the store list. While the sizes of the stores are unknown their first users come along.
func (b *builder) list() {
	if b.s.list == nil {
		return
	}
	w := *b.s.list
	left := w.Left
	if left >= 0 {
		left += 2 + left/50
	}
	size := b.l.size(org.ListStores, left)
	op := func(n int) Op {
		return Op{Kind: org.ListStores, First: n, After: w.After, Users: b.nested(w), Apps: b.free && b.nested(w) > 0,
			Info: w.After == "" && !b.l.NoInfo}
	}
	if n := b.most(size, op); n >= min(size, 5) || len(b.ops) == 0 {
		b.add(op(max(1, n)))
		return
	}
	b.skipped = true
	plain := op(0)
	plain.Users, plain.Apps = 0, false
	n := b.most(size, func(n int) Op { plain.First = n; return plain })
	if plain.First = n; n > 0 {
		b.add(plain)
	}
}

// nested is how many users of each store come with the store list, 0 when their sizes are known.
func (b *builder) nested(w org.Want) int {
	known := slices.ContainsFunc(b.s.accesses, func(a org.Want) bool { return a.After == "" && a.Left >= 0 })
	if w.Left >= 0 || known || b.l.NoNest || b.s.tries > 1 {
		return 0
	}
	size := b.l.size(org.ListAccesses, firstSize)
	if b.l.limited() {
		size = min(size, smallSize) // most of a larger page would be asked, and paid, in vain
	}
	return size
}

// accesses asks for the users of stores: further pages one by one, first pages of about the same size together.
func (b *builder) accesses() {
	var firsts, rest []org.Want
	for _, w := range b.left {
		switch {
		case w.After == "" && (w.Left < 0 || b.l.pages(w) == 1):
			firsts = append(firsts, w)
		case !b.single(w):
			rest = append(rest, w)
		}
	}
	rest = append(rest, b.groups(firsts)...)
	b.fill(rest)
}

// groups puts first pages, given largest first, into ops of equal size. It gives back those that found no room.
func (b *builder) groups(wants []org.Want) (rest []org.Want) {
	most := b.l.size(org.ListStores, -1)
	for len(wants) > 0 {
		n := b.group(wants, most)
		op := b.groupOp(wants[:n])
		fit := b.most(n, func(k int) Op { return b.groupOp(wants[:k]) })
		if fit == 0 && len(b.ops) > 0 {
			b.skipped = true
			rest = append(rest, wants[0])
			wants = wants[1:]
			continue
		}
		if fit < n {
			op = b.groupOp(wants[:max(1, fit)])
		}
		b.add(op)
		wants = wants[len(op.Stores):]
	}
	return rest
}

// group is how many of the wants share an op: their sizes differ little, more where parts of a request are scarce.
func (b *builder) group(wants []org.Want, most int) int {
	size := b.sizeOf(wants[0])
	slack := size / 20
	if len(b.ops) > b.l.aliases()/2 {
		slack = size / 4
	}
	n := 1
	for n < len(wants) && n < most && b.sizeOf(wants[n]) >= size-slack && b.rides(wants[n]) == b.rides(wants[0]) {
		n++
	}
	return n
}

func (b *builder) groupOp(wants []org.Want) Op {
	op := Op{Kind: wants[0].List.Kind, First: b.sizeOf(wants[0]), Apps: b.rides(wants[0])}
	for _, w := range wants {
		op.Stores = append(op.Stores, w.List.Store)
	}
	return op
}

// fill uses the room that is left for a part of a page, of the shortest list that is waiting.
func (b *builder) fill(rest []org.Want) {
	for _, w := range slices.Backward(rest) {
		op := func(n int) Op {
			return Op{Kind: w.List.Kind, Stores: []string{w.List.Store}, First: n, After: w.After, Apps: b.rides(w)}
		}
		if n := b.most(b.sizeOf(w), op); n >= smallSize+2 {
			b.add(op(n))
			return
		}
	}
}

// storeApps asks for the apps of stores with what room is left.
func (b *builder) storeApps() { b.rideAlong(b.s.apps) }

// userApps asks for the apps of users that do not come with the accesses, once all of those are under way.
func (b *builder) userApps() {
	if b.skipped && len(b.s.accesses) > 0 {
		return
	}
	var wants []org.Want
	for _, w := range b.s.holders {
		if !b.carried(w) {
			wants = append(wants, w)
		}
	}
	b.rideAlong(wants)
}

// carried tells whether an op for accesses brings the apps that are wanted, now or when its turn comes.
func (b *builder) carried(w org.Want) bool {
	return b.free && slices.ContainsFunc(b.s.accesses, func(a org.Want) bool {
		return a.List.Store == w.List.Store && a.After == w.After
	})
}

func (b *builder) rideAlong(wants []org.Want) {
	long, short := b.l.chains(wants)
	var firsts []org.Want
	for _, w := range slices.Concat(long, short) {
		if w.After == "" && (w.Left < 0 || b.l.pages(w) == 1) {
			firsts = append(firsts, w)
			continue
		}
		b.single(w)
	}
	b.groups(firsts)
}
