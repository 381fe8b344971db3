package sandbox

import (
	"math/rand/v2"
	"time"
)

// shop is a store as the REST API shows it: its settings, its API accounts and what these have made. Everything random
// about it comes from the seed and the hash of the store, never from the generator that moves people about.
type shop struct {
	rng        *rand.Rand
	plan       plan
	status     string
	country    int  // index into countries
	suspended  bool // answers 503
	adminEmail string
	pinned     bool // adminEmail stays as it is, whoever owns the store
	accounts   []*apiAccount
	founders   int // the first accounts, which metafields may name
	many       bool
}

// plan is what a store pays for, with its requests in 30 seconds; below 0 none are counted (facts 2.11).
type plan struct {
	name, level string
	quota       int
}

var plans = []plan{
	{"Standard", "Standard", 150},
	{"Plus", "Plus", 150},
	{"Pro", "Pro", 450},
	{"Enterprise", "Enterprise", -1},
	{"Partner Sandbox", "Sandbox Store", 150},
	{"Enterprise-Test", "Enterprise-Test", 450},
}

// country is where a store sells.
type country struct {
	name, code, language, currency, symbol, zone string
	offset                                       int // seconds east of UTC in winter
}

var countries = []country{
	{"United States", "US", "en", "USD", "$", "America/Chicago", -21600},
	{"United Kingdom", "GB", "en", "GBP", "£", "Europe/London", 0},
	{"Germany", "DE", "de", "EUR", "€", "Europe/Berlin", 3600},
	{"France", "FR", "fr", "EUR", "€", "Europe/Paris", 3600},
	{"Australia", "AU", "en", "AUD", "$", "Australia/Sydney", 36000},
}

// furnish gives a new store its settings and first API accounts.
func (w *World) furnish(s *store) {
	rng := rand.New(rand.NewPCG(w.shape.Seed^0x5e11, hashText(w.uuid+s.hash)))
	s.shop = &shop{rng: rng, plan: plans[rng.IntN(len(plans))], status: "live", country: rng.IntN(len(countries))}
	s.shop.adminEmail = "owner." + s.hash + "@" + or(w.domain, "company.example")
	if rng.IntN(9) == 0 {
		s.shop.status = "prelaunch"
	}
	if w.shape.APIAccounts < 0 {
		return
	}
	w.staff(s)
	s.shop.founders = len(s.shop.accounts)
}

// staff makes the first API accounts of a store: one that reads for audits, a few integrations and now and then an app.
func (w *World) staff(s *store) {
	rng := s.shop.rng
	count := or(w.shape.APIAccounts, 2+rng.IntN(4))
	first := rng.IntN(len(jobs))
	for i := range count {
		j := auditJob
		if i > 0 {
			j = jobs[(first+i)%len(jobs)]
		}
		w.employ(s, j, w.now.Add(-time.Duration(30+rng.IntN(700))*day))
	}
	if w.shape.APIAccounts == 0 && rng.IntN(3) == 0 {
		w.employ(s, appJobs[rng.IntN(len(appJobs))], w.now.Add(-time.Duration(30+rng.IntN(500))*day))
	}
}

const day = 24 * time.Hour

// closeShop ends every API account of a store that is no more.
func (w *World) closeShop(s *store) {
	for _, a := range s.shop.accounts {
		w.deleteAPIAccount(a)
	}
}

// noteOwners lets each store name its owner as administrator, unless the address was set by hand.
func (w *World) noteOwners() {
	for _, s := range w.stores {
		if owner := w.ownerOf(s); owner != nil && !s.shop.pinned {
			s.shop.adminEmail = owner.person.email
		}
	}
}

// ownerOf gives the first access with the rights of an owner, or nil.
func (w *World) ownerOf(s *store) *access {
	for _, a := range s.accesses {
		if w.isOwner(a) {
			return a
		}
	}
	return nil
}

// adminOf is the address that a store names now: of the owner, or of the last one there was.
func (w *World) adminOf(s *store) string {
	if owner := w.ownerOf(s); owner != nil && !s.shop.pinned {
		return owner.person.email
	}
	return s.shop.adminEmail
}
