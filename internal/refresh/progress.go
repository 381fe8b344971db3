package refresh

import (
	"fmt"
	"time"

	"rollcall/internal/org"
)

// progress is where the run stands, for every process to show (design 4.8).
func (r *run) progress() org.Progress {
	p := r.m.count()
	p.Account, p.Snapshot, p.Started = r.account.ID, r.snapshot.ID, r.snapshot.Started
	p.WaitUntil, p.WaitReason, p.Cancelling = r.waitUntil, r.waitFor, r.cancelled
	p.EstimatedEnd = r.estimate(p)
	if p.Sweep = r.m.Sweep; r.m.Rest && r.m.openLists() == 0 && r.sweep.active() {
		p.Phase = "Reading webhooks"
	}
	return p
}

// count sums up the lists.
func (m *machine) count() org.Progress {
	p := org.Progress{Requests: m.Requests, Repeated: m.Repeated, Waited: m.Waited, Rest: m.Rest, Phase: m.phase(), StoresLost: m.Lost}
	if m.Listed {
		p.StoresAll = len(m.Stores)
	}
	for _, t := range m.Tasks {
		if t.List.Kind != org.ListAccesses {
			continue
		}
		switch {
		case t.State == org.FacetComplete:
			p.StoresDone++
		case !t.open():
			p.StoresFailed++
		}
		p.Accesses += t.Count
		if l := m.listings[t.List]; l != nil {
			p.Accesses += l.now().size()
		}
	}
	return p
}

// phase says in plain words what is being read.
func (m *machine) phase() string {
	open := map[org.ListKind]int{}
	for _, t := range m.Tasks {
		if t.open() {
			open[t.List.Kind]++
		}
	}
	switch {
	case m.Ending != nil:
		return "Closing the snapshot"
	case open[org.ListStores] > 0:
		return "Reading the list of stores"
	case open[org.ListAccesses] == 1:
		return "Reading the users of the last store"
	case open[org.ListAccesses] > 1:
		return fmt.Sprintf("Reading the users of %d stores", open[org.ListAccesses])
	case open[org.ListAccountUsers] > 0:
		return "Reading the account's own user list"
	case open[org.ListSubscriptions] > 0:
		return "Reading the subscriptions"
	}
	return "Reading apps"
}

// estimate is when the accesses will be done if they go on as they did; zero while that is not known.
func (r *run) estimate(p org.Progress) time.Time {
	const least = 2 * time.Second
	left, known := r.m.accessesLeft()
	done, now := p.Accesses-r.sinceDone, r.Now()
	spent := now.Sub(r.since)
	if !known || done <= 0 || spent < least {
		return time.Time{}
	}
	end := now.Add(time.Duration(float64(spent) * float64(left) / float64(done)))
	if end.Before(r.waitUntil) {
		return r.waitUntil
	}
	return end
}

// accessesLeft adds up what remains; known is false while a store of unknown size is open or the list of stores is.
func (m *machine) accessesLeft() (left int, known bool) {
	if !m.Listed {
		return 0, false
	}
	for _, t := range m.Tasks {
		if t.List.Kind != org.ListAccesses || !t.open() {
			continue
		}
		n := m.listing(t.List).left()
		if n < 0 {
			return 0, false
		}
		left += n
	}
	return left, true
}
