package sandbox

import (
	"fmt"
	"strings"
	"time"
)

func (w *World) makePeople(sizes []int) {
	most, total := 0, 0
	for _, size := range sizes {
		most, total = max(most, size), total+size
	}
	count := max(w.shape.Users, most, w.shape.AccountUsers)
	if w.shape.Users == 0 {
		count = max(count, int(float64(total)/w.shape.AccessesPerUser))
	}
	for range count {
		w.hire()
	}
}

// nameAwkwardly gives some people who are in a store names that break naive files, tables and layouts.
func (w *World) nameAwkwardly() {
	if w.shape.Plain || len(w.people) <= 30 {
		return
	}
	at := 2
	for _, name := range awkwardNames {
		for at < len(w.people)-1 && len(w.people[at].accesses) == 0 {
			at++
		}
		w.people[at].first, w.people[at].last = name[0], name[1]
		at = min(at+1+len(w.people)/25, len(w.people)-1)
	}
}

// hire makes a new person: mostly of the company, sometimes of an agency or with a private address.
func (w *World) hire() *person {
	first, last := firstNames[w.rng.IntN(len(firstNames))], lastNames[w.rng.IntN(len(lastNames))]
	domain, outsider := w.domain, true
	switch dice := w.rng.IntN(100); {
	case dice < 8:
		domain = agencies[w.rng.IntN(len(agencies))]
	case dice < 12:
		domain = freeMail[w.rng.IntN(len(freeMail))]
	default:
		outsider = false
	}
	p := w.addPerson(first, last, w.freshEmail(first, last, domain), locales[w.rng.IntN(len(locales))])
	p.outsider = outsider
	return p
}

func (w *World) freshEmail(first, last, domain string) string {
	name := plainLetters(first) + "." + plainLetters(last)
	email := name + "@" + domain
	for try := 2; w.byEmail[strings.ToLower(email)] != nil; try++ {
		if try > 4 {
			try = 5 + w.rng.IntN(100_000)
		}
		email = fmt.Sprintf("%s%d@%s", name, try, domain)
	}
	if w.rng.IntN(25) == 0 {
		email = strings.ToUpper(email[:1]) + email[1:]
	}
	return email
}

var folds = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ø", "o", "é", "e", "è", "e", "ë", "e", "í", "i", "á", "a", "ã", "a", "ó", "o",
	"ł", "l", "ń", "n", "ć", "c", "ı", "i", "ñ", "n", "ß", "ss", "š", "s", "ž", "z", "č", "c")

// plainLetters keeps what may stand in an address.
func plainLetters(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, folds.Replace(strings.ToLower(text)))
}

// fillStores gives every store its users: first each person finds one store, then the remaining places go to a few
// people who work in many stores and to chance.
func (w *World) fillStores(sizes []int) {
	if len(w.people) == 0 || len(w.stores) == 0 {
		return
	}
	idle := 3 * len(w.people) / 100 // in the account, in no store
	pool := append([]*person(nil), w.people...)
	w.rng.Shuffle(len(pool), func(i, j int) { pool[i], pool[j] = pool[j], pool[i] })
	most := 0
	for _, size := range sizes {
		most = max(most, size)
	}
	pool = pool[:max(len(pool)-idle, min(most, len(pool)))]
	left := append([]int(nil), sizes...)
	w.placeEverybody(pool, left)
	for i, s := range w.stores {
		for left[i] > 0 {
			w.grant(s, w.pickFor(s, pool), w.sets.raw(nil))
			left[i]--
		}
	}
}

// placeEverybody gives each person one place, as long as there are places.
func (w *World) placeEverybody(pool []*person, left []int) {
	var places []int
	for store, size := range left {
		for range size {
			places = append(places, store)
		}
	}
	w.rng.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
	for i := range min(len(pool), len(places)) {
		w.grant(w.stores[places[i]], pool[i], w.sets.raw(nil))
		left[places[i]]--
	}
}

// pickFor gives somebody of the pool who is not in the store yet; the front of the pool is picked more often.
func (w *World) pickFor(s *store, pool []*person) *person {
	f := w.rng.Float64()
	i := int(f * f * f * float64(len(pool)))
	for {
		if _, found := s.find(pool[i].num); !found {
			return pool[i]
		}
		i = (i + 1) % len(pool)
	}
}

// giveRights hands out the roles of one store: exactly one owner mostly, a few administrators, many sales staff.
func (w *World) giveRights(s *store) {
	for _, a := range s.accesses {
		a.set = w.anyRights()
		w.giveApps(a)
	}
	if len(s.accesses) == 0 || w.rng.IntN(50) == 0 {
		return
	}
	owners := 1
	if w.rng.IntN(50) == 0 {
		owners = 2
	}
	for range owners {
		a := s.accesses[w.rng.IntN(len(s.accesses))]
		a.set = w.sets.of(presets.owner)
		a.apps = s.apps
	}
}

// anyRights is what somebody who is not the owner may do.
func (w *World) anyRights() *permissionSet {
	switch dice := w.rng.IntN(100); {
	case dice < 9:
		return w.sets.of(presets.admin)
	case dice < 56:
		return w.sets.of(presets.staff)
	case dice < 91:
		return w.profiles[w.rng.IntN(len(w.profiles))]
	case dice < 97:
		return w.sets.raw([]string{filler})
	}
	return w.sets.raw(nil)
}

func (w *World) giveApps(a *access) {
	if len(a.store.apps) == 0 || w.rng.IntN(10) < 4 {
		return
	}
	for range 1 + w.rng.IntN(3) {
		a.apps = insertApp(a.apps, a.store.apps[w.rng.IntN(len(a.store.apps))])
	}
}

// giveHistory sets status, last sign-in and last change to something that happened before now.
func (w *World) giveHistory(a *access) {
	const day = 24 * 60 * 60
	now := w.now.Unix()
	a.updated = now - day*3 - w.rng.Int64N(600*day)
	a.inactive = w.rng.IntN(100) < 5
	age := int64(-1)
	switch dice := w.rng.IntN(100); {
	case a.person.index%41 == 3 || dice < 6: // never signed in
	case a.dormant:
		age = 30*day + w.rng.Int64N(700*day)
	case dice < 60:
		age = w.rng.Int64N(7 * day)
	default:
		age = w.rng.Int64N(45 * day)
	}
	if age >= 0 {
		w.signIn(a, time.Unix(now-age, 0))
	}
}

// listAccount decides who is in the account's own list: nearly everybody, or just as many as asked for.
func (w *World) listAccount() {
	for _, p := range w.people {
		p.inAccount = len(p.accesses) == 0 || p.num%25 != 7
	}
	in := 0
	for _, p := range w.people {
		if p.inAccount {
			in++
		}
	}
	want := w.shape.AccountUsers
	for i := 0; want > 0 && in != want && i < len(w.people); i++ {
		if p := w.people[i]; p.inAccount && in > want {
			p.inAccount = false
			in--
		} else if !p.inAccount && in < want {
			p.inAccount = true
			in++
		}
	}
	w.listed = nil
}
