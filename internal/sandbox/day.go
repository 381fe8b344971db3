package sandbox

import (
	"strings"
	"time"
)

// advance lets one day pass. What happens depends on the seed and on the world as it stands, on nothing else.
func (w *World) advance() {
	before := w.now
	w.now = w.now.Add(24 * time.Hour)
	w.day++
	d := w.daily
	changes := d.ChangeRate * float64(len(w.accesses))
	w.times(changes*0.34, w.somebodyJoins)
	w.times(changes*0.20, w.somebodyLeaves)
	w.times(changes*0.32, w.rightsChange)
	w.times(changes*0.14, w.statusChanges)
	w.times(d.PersonRate*float64(len(w.people)), w.personChanges)
	w.times(d.AppRate*float64(len(w.accesses)+10*len(w.stores)), w.appsChange)
	w.times(d.StoreRate*float64(len(w.stores)), w.storesChange)
	w.times(d.SignInRate*float64(len(w.accesses)), func() { w.somebodySignsIn(before) })
	w.shopsDay()
}

// times does something as often as a share says on average.
func (w *World) times(expected float64, do func()) {
	if expected <= 0 {
		return
	}
	count := int(expected)
	if w.rng.Float64() < expected-float64(count) {
		count++
	}
	for range count {
		do()
	}
}

func (w *World) anyAccess() *access {
	if len(w.accesses) == 0 {
		return nil
	}
	return w.accesses[w.rng.IntN(len(w.accesses))]
}

func (w *World) anyStore() *store {
	if len(w.stores) == 0 {
		return nil
	}
	return w.stores[w.rng.IntN(len(w.stores))]
}

func (w *World) isOwner(a *access) bool { return a.set == w.owner }

// somebodyJoins is a new colleague, or one who is let into one more store. Full stores attract more people.
func (w *World) somebodyJoins() {
	s := w.anyStore()
	if a := w.anyAccess(); a != nil && w.rng.IntN(3) > 0 {
		s = a.store
	}
	if s == nil {
		return
	}
	var p *person
	if len(w.people) > 0 && w.rng.IntN(10) < 6 {
		p = w.people[w.rng.IntN(len(w.people))]
	} else {
		p = w.hire()
		p.inAccount = w.rng.IntN(25) > 0
		w.listed = nil
	}
	if _, found := s.find(p.num); !found {
		w.giveApps(w.grant(s, p, w.anyRights()))
	}
}

// somebodyLeaves ends one access, or all of somebody who leaves the company; who was in one store only mostly does.
func (w *World) somebodyLeaves() {
	a := w.anyAccess()
	if a == nil || w.isOwner(a) {
		return
	}
	if len(a.person.accesses) > 1 && w.rng.IntN(10) < 9 || w.rng.IntN(20) == 0 {
		w.revoke(a)
		return
	}
	for _, other := range a.person.accesses {
		if w.isOwner(other) {
			return
		}
	}
	w.dropPerson(a.person)
}

func (w *World) rightsChange() {
	a := w.anyAccess()
	if a == nil {
		return
	}
	if w.isOwner(a) {
		w.handOver(a)
		return
	}
	switch w.rng.IntN(6) {
	case 0:
		w.setPermissions(a, w.anyRights())
	default:
		w.setPermissions(a, w.sets.of(w.deviate(a.set.raw, 1+w.rng.IntN(4))))
	}
}

// handOver makes somebody else of the store its owner.
func (w *World) handOver(owner *access) {
	heir := owner.store.accesses[w.rng.IntN(len(owner.store.accesses))]
	if heir == owner {
		return
	}
	w.setPermissions(heir, owner.set)
	w.setPermissions(owner, w.sets.of(presets.admin))
}

func (w *World) statusChanges() {
	if a := w.anyAccess(); a != nil {
		w.setInactive(a, !a.inactive)
	}
}

// personChanges renames somebody, gives a new address, one that differs in case only, or hires the person again under
// a new id.
func (w *World) personChanges() {
	p := w.people[w.rng.IntN(len(w.people))]
	switch dice := w.rng.IntN(100); {
	case dice < 35:
		w.setName(p, p.first, lastNames[w.rng.IntN(len(lastNames))])
	case dice < 65:
		_, domain, _ := strings.Cut(p.email, "@")
		w.setEmail(p, w.freshEmail(or(p.first, "user"), or(p.last, "new"), domain))
	case dice < 85:
		w.setEmail(p, swapCase(p.email))
	default:
		w.rehire(p)
	}
}

func swapCase(email string) string {
	if upper := strings.ToUpper(email[:1]); upper != email[:1] {
		return upper + email[1:]
	}
	return strings.ToLower(email)
}

// rehire replaces a person by one with the same address and a new id, in the same stores.
func (w *World) rehire(p *person) *person {
	type place struct {
		store *store
		set   *permissionSet
	}
	var places []place
	for _, a := range p.accesses {
		places = append(places, place{a.store, a.set})
	}
	w.dropPerson(p)
	again := w.addPerson(p.first, p.last, p.email, p.locale)
	again.inAccount = p.inAccount
	for _, at := range places {
		w.grant(at.store, again, at.set)
	}
	return again
}

func (w *World) appsChange() {
	s, a := w.anyStore(), w.anyAccess()
	switch {
	case s != nil && w.rng.IntN(4) == 0:
		w.storeAppsChange(s)
	case a != nil && len(a.store.apps) > 0:
		w.toggleApp(a, a.store.apps[w.rng.IntN(len(a.store.apps))])
	}
}

// storeAppsChange installs or removes an app; a removed one also leaves the users of the store.
func (w *World) storeAppsChange(s *store) {
	chosen := w.anyApp()
	had := len(s.apps)
	if s.apps = dropApp(s.apps, chosen); len(s.apps) == had {
		s.apps = insertApp(s.apps, chosen)
		w.record(Change{Kind: StoreAppGained, StoreHash: s.hash, After: chosen.name})
		return
	}
	w.record(Change{Kind: StoreAppLost, StoreHash: s.hash, Before: chosen.name})
	for _, a := range s.accesses {
		if hasApp(a.apps, chosen) {
			w.toggleApp(a, chosen)
		}
	}
}

func hasApp(apps []*app, wanted *app) bool {
	for _, a := range apps {
		if a == wanted {
			return true
		}
	}
	return false
}

func (w *World) toggleApp(a *access, chosen *app) {
	change := Change{Kind: AppGained, StoreHash: a.store.hash, UserID: a.person.id, Email: a.person.email, After: chosen.name}
	if hasApp(a.apps, chosen) {
		a.apps = dropApp(a.apps, chosen)
		change.Kind, change.Before, change.After = AppLost, chosen.name, ""
	} else {
		a.apps = insertApp(a.apps, chosen)
	}
	w.record(change)
}

func (w *World) storesChange() {
	s := w.anyStore()
	switch dice := w.rng.IntN(100); {
	case dice < 35:
		w.openStore()
	case dice < 60 && len(w.stores) > 2:
		w.removeStore(s)
	default:
		w.renameStore(s, w.freshStoreName())
	}
}

// openStore adds a store with as many users as a small one has.
func (w *World) openStore() {
	model := w.anyStore()
	s := w.addStore(w.freshStoreName())
	s.apps = model.apps
	if len(w.people) == 0 {
		return
	}
	for range min(1+w.rng.IntN(12), 1+len(model.accesses), len(w.people)) {
		w.grant(s, w.pickFor(s, w.people), w.anyRights())
	}
	w.setPermissions(s.accesses[w.rng.IntN(len(s.accesses))], w.sets.of(presets.owner))
}

func (w *World) somebodySignsIn(since time.Time) {
	a := w.anyAccess()
	if a == nil || a.inactive || (a.dormant && w.rng.IntN(400) > 0) {
		return
	}
	seconds := int64(w.now.Sub(since) / time.Second)
	w.signIn(a, since.Add(time.Duration(1+w.rng.Int64N(seconds-1))*time.Second))
}
