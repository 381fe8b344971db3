package plan

import (
	"slices"
	"sort"

	"rollcall/internal/org"
)

// Next makes the request that serves as many of the wants as were learned to fit: long chains of pages first, because
// a chain costs one request a page whatever rides along; then what fills the rest. It has no ops when nothing needs
// to be sent.
func Next(l Learned, wants []org.Want) Request {
	l = l.fitting()
	s := l.sort(wants)
	if s.empty() {
		return Request{Denied: s.denied}
	}
	b := build(l, s, true)
	if b.skipped {
		b = build(l, s, false) // no room for more than history lets expect
	}
	return Request{Ops: b.ops, Denied: s.denied}
}

// builder fills one request.
type builder struct {
	l     Learned
	s     sorted
	roomy bool // ask for a little more than history lets expect
	free  bool // apps of users cost nothing
	held  map[string]string

	budget  budget
	limit   int // of users
	ops     []Op
	x       vector
	users   int
	bytes   int
	skipped bool // something found no room
	room    int  // no page of more users of one store fits any longer
}

func build(l Learned, s sorted, roomy bool) *builder {
	b := &builder{
		l: l, s: s, roomy: roomy, x: vector{perRequest: 1}, bytes: 3000, budget: l.budget(),
		limit: max(1, l.users()>>(2*s.tries)), room: startUsers, held: map[string]string{},
	}
	b.free = l.Apps == Works && !l.limited() && !l.HeavyApps
	for _, w := range s.holders {
		b.held[w.List.Store] = w.After
	}
	long, short := b.items(s.accesses)
	b.people()
	for len(long) > 0 && 2*b.users < b.limit && !b.l.half(b.x, b.budget) && b.single(long[0]) {
		long = long[1:]
	}
	b.list()
	b.serve(slices.Concat(long, short))
	b.bills()
	b.storeApps()
	b.userApps()
	if s.probe {
		b.add(Op{Kind: org.ListStoreApps, First: 1, Probe: true})
	}
	return b
}

// item is a want and what it takes to serve it.
type item struct {
	org.Want
	size  int  // of its next page
	pages int  // that remain
	apps  bool // the apps of the users come along, because somebody wants them and they cost nothing
	final bool // the page that reaches the expected end does without cursors, for they cost what others need
}

// longChain is from how many pages on a list goes before the list of stores, in half of the request at most.
const longChain = 4

// items prepares wants, those with the most pages first, and splits off the long chains.
func (b *builder) items(wants []org.Want) (long, short []item) {
	all := make([]item, 0, len(wants))
	for _, w := range wants {
		it := item{Want: w, size: b.sizeOf(w), pages: b.l.pages(w)}
		after, wanted := b.held[w.List.Store]
		it.final = !b.roomy && b.l.cursorsCost() && w.List.Kind == org.ListAccesses && w.Tries == 0 && w.Left >= 0
		if it.final && w.After == "" && it.pages > 1 {
			it.size = min(it.size, max(smallSize, w.Left-(it.pages-1)*(it.size-1)+leastSize)) // full pages last: the last needs no cursors
		}
		it.apps = b.free && wanted && w.List.Kind == org.ListAccesses && after == w.After
		all = append(all, it)
	}
	slices.SortStableFunc(all, func(x, y item) int {
		if x.pages != y.pages {
			return y.pages - x.pages
		}
		return y.size - x.size
	})
	n := sort.Search(len(all), func(i int) bool { return all[i].pages < longChain })
	return all[:n], all[n:]
}

// sizeOf is the page size for a want. What history says of a first page may be outdated: if there is room for
// everything, a few more are asked for.
func (b *builder) sizeOf(w org.Want) int {
	left := w.Left
	switch {
	case left < 0 && w.After == "" && (isApps(w.List.Kind) || b.l.limited() && w.List.Kind == org.ListAccesses):
		left = smallSize // of a larger page most would be asked, and paid, in vain
	case b.roomy && left >= 0 && w.After == "":
		left += 1 + left/20
	}
	return b.l.size(w.List.Kind, left)
}

// fits tells whether the op finds room.
func (b *builder) fits(op Op) bool {
	if len(b.ops) >= b.l.aliases() || b.users+op.users() > b.limit || b.bytes+bytesOf(op) > maxBody {
		return false
	}
	x := b.x
	x.add(op.features())
	return b.l.within(x, b.budget)
}

// bytesOf is about the length of the op's text.
func bytesOf(op Op) int {
	n := 200 + len(op.After)
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
	if b.fits(op(high)) {
		return high
	}
	return sort.Search(high-1, func(n int) bool { return !b.fits(op(n + 1)) })
}

// people asks for the next page of the account's own list of users.
func (b *builder) people() {
	if b.s.people == nil {
		return
	}
	w := *b.s.people
	size := b.sizeOf(w)
	if b.l.Caps[w.List.Kind] == (Cap{}) && w.Left < 0 && b.l.mayLearn() && b.l.trusts(w.List.Kind) {
		size = ladder[0] // cheap entries: shows the largest page at the cost of one request at most
	}
	op := func(n int) Op { return Op{Kind: w.List.Kind, First: n, After: w.After} }
	if n := b.most(size, op); n > min(size, smallSize)-1 || len(b.ops) == 0 {
		b.add(op(max(1, n)))
	}
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
	users := b.nested(w)
	op := func(n int) Op {
		return Op{Kind: w.List.Kind, First: n, After: w.After, Users: users, Apps: b.free && users > 0, Info: w.After == "" && !b.l.NoInfo}
	}
	n := b.most(size, op)
	if n < min(size, 5) {
		users = 0
		n = b.most(size, op)
	}
	if n > 0 || len(b.ops) == 0 {
		b.add(op(max(1, n)))
	}
}

// nested is how many users of each store come with the store list, 0 when their sizes are known.
func (b *builder) nested(w org.Want) int {
	known := slices.ContainsFunc(b.s.accesses, func(a org.Want) bool { return a.After == "" && a.Left >= 0 })
	if w.Left >= 0 || known || b.l.NoNest || b.s.tries > 1 {
		return 0
	}
	size := b.l.size(org.ListAccesses, firstSize)
	if !b.l.limited() {
		return size
	}
	// Most of a larger page would be asked, and paid, in vain; and the sooner all sizes are known the better.
	size = min(size, smallSize)
	for size > leastSize {
		op := Op{Kind: w.List.Kind, First: b.l.size(org.ListStores, -1), Users: size}
		if !b.l.half(op.features(), b.budget) {
			break
		}
		size--
	}
	return size
}

// serve asks for pages of stores: further pages one by one, first pages of about the same size together, and a part
// of a page where no whole one fits.
func (b *builder) serve(items []item) {
	var firsts, rest []item
	for _, it := range items {
		switch {
		case it.After == "" && (it.Left < 0 || it.pages == 1):
			firsts = append(firsts, it)
		case !b.single(it):
			rest = append(rest, it)
		}
	}
	slices.SortStableFunc(firsts, func(x, y item) int { return y.size - x.size })
	b.fill(append(rest, b.groups(firsts)...))
}

func (it item) op(n int) Op {
	return Op{Kind: it.List.Kind, Stores: []string{it.List.Store}, First: n, After: it.After, Apps: it.apps, Final: it.final && n >= it.Left}
}

// single asks for the next page of one list of a store, or for most of it.
func (b *builder) single(it item) bool {
	least := max(min(it.size, smallSize), it.size/2)
	if it.pages < longChain {
		least = it.size // a shorter page would only be one page more
	}
	if b.room < least && len(b.ops) > 0 {
		b.skipped = true
		return false
	}
	n := b.most(it.size, it.op)
	if n < it.size {
		b.room, b.skipped = n, true
	}
	if n < least && len(b.ops) > 0 {
		return false
	}
	return b.add(it.op(max(1, n)))
}

// groups puts first pages, given largest first, into ops of equal size. It gives back those that found no room.
func (b *builder) groups(items []item) (rest []item) {
	most := b.l.size(org.ListStores, -1)
	for len(items) > 0 {
		if items[0].size > b.room && len(b.ops) > 0 {
			b.skipped = true
			rest, items = append(rest, items[0]), items[1:]
			continue
		}
		n := b.group(items, most)
		fit := b.most(n, func(k int) Op { return groupOp(items[:k]) })
		if fit > 0 {
			b.add(groupOp(items[:fit]))
			items = items[fit:]
			continue
		}
		b.room = b.most(items[0].size, items[0].op)
		if len(b.ops) == 0 {
			b.add(items[0].op(max(1, b.room))) // a part of a page, where no whole one ever fits
			items = items[1:]
		}
	}
	return rest
}

// group is how many of the items share an op: their sizes differ little, more where parts of a request are scarce.
func (b *builder) group(items []item, most int) int {
	slack := items[0].size / 20
	if len(b.ops) > b.l.aliases()/2 {
		slack = items[0].size / 4
	}
	n := 1
	for n < min(len(items), most) && items[n].size >= items[0].size-slack && items[n].apps == items[0].apps && items[n].final == items[0].final {
		n++
	}
	return n
}

func groupOp(items []item) Op {
	op := items[0].op(items[0].size)
	for _, it := range items[1:] {
		op.Stores = append(op.Stores, it.List.Store)
	}
	return op
}

// fill uses the room that is left for a part of a page of a list that is waiting, the shortest list first.
func (b *builder) fill(rest []item) {
	for _, it := range slices.Backward(rest) {
		if b.room < smallSize {
			return
		}
		if n := b.most(it.size, it.op); n >= smallSize {
			b.add(it.op(n))
			return
		}
	}
}

// storeApps asks for the apps of stores with what room is left.
func (b *builder) storeApps() {
	long, short := b.items(b.s.apps)
	b.room = startUsers
	b.serve(slices.Concat(long, short))
}

// userApps asks for the apps of users that do not come with the accesses, once all of those are under way.
func (b *builder) userApps() {
	if b.skipped && len(b.s.accesses) > 0 {
		return
	}
	wants := b.s.holders
	if b.free {
		carried := map[org.Want]bool{} // they come with the accesses, now or when their turn comes
		for _, a := range b.s.accesses {
			carried[org.Want{List: org.List{Store: a.List.Store}, After: a.After}] = true
		}
		wants = slices.DeleteFunc(slices.Clone(wants), func(w org.Want) bool {
			return carried[org.Want{List: org.List{Store: w.List.Store}, After: w.After}]
		})
	}
	long, short := b.items(wants)
	b.room = startUsers
	b.serve(slices.Concat(long, short))
}
