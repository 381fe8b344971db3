package sandbox

import "sort"

// seam is where a page of a store's users has ended with more to come.
type seam struct {
	store  *store
	person *person // the first of the page
}

// noteSeam remembers a page that a shift will concern. Lists are executed side by side.
func (c *call) noteSeam(s *store, list []*access, p page) {
	if !p.info.HasNextPage || p.hi == p.lo || !c.fault.hits(FaultShift, s.tag()) && !c.fault.hits(FaultShiftRemove, s.tag()) {
		return
	}
	c.seamsLock.Lock()
	defer c.seamsLock.Unlock()
	c.seams = append(c.seams, seam{s, list[p.lo].person})
}

// takeSeams gives the seams in an order that does not depend on chance.
func (c *call) takeSeams() []seam {
	sort.Slice(c.seams, func(i, j int) bool {
		a, b := c.seams[i], c.seams[j]
		return a.store.num < b.store.num || a.store.num == b.store.num && a.person.num < b.person.num
	})
	return c.seams
}
