package sandbox

import (
	"sort"
	"time"
)

// TruthSubscription is one subscription as it stands.
type TruthSubscription struct {
	ID, AppID, AppName, StoreHash  string
	Level, Status, Interval, Price string // a price or status that is empty is null
	Activated, Updated, PeriodEnd  time.Time
}

// bill is a subscription with what only the sandbox knows of it.
type bill struct {
	TruthSubscription
	num int64
	app *app
}

const billDay = 24 * time.Hour

// bills derives what is billed from the stores and the day: equal worlds have equal subscriptions, and each of them has a
// fixed beginning, periods that follow each other, and a fate.
func (w *World) bills() []bill {
	var out []bill
	share := int64(0) // one store in three; two in a small account, so that there is something to see
	if w.shape.Stores < 50 {
		share = 1
	}
	for _, s := range w.stores {
		chance := lot(s)
		if chance%3 > share || len(s.apps) == 0 {
			continue
		}
		out = append(out, w.bill(s, s.apps[0]))
		if last := s.apps[len(s.apps)-1]; chance%2 == 0 && last != s.apps[0] {
			out = append(out, w.bill(s, last))
		}
	}
	return out
}

// lot is a number that is the store's own, for what differs from store to store.
func lot(s *store) int64 { return int64(hashText(s.hash) % 3_000) }

func (w *World) bill(s *store, a *app) bill {
	begin := w.now.Add(-time.Duration(w.day) * billDay)
	place := sort.Search(len(w.apps), func(i int) bool { return w.apps[i].num >= a.num })
	chance := lot(s)
	fate := (chance/3 + a.num) % 12
	b := bill{num: s.num*100 + int64(place), app: a, TruthSubscription: TruthSubscription{
		AppID: a.id, AppName: a.name, StoreHash: s.hash, Level: [...]string{"Standard", "Plus", "Enterprise"}[(a.num+chance)%3],
		Status: "ACTIVE", Interval: [...]string{"MONTH", "MONTH", "MONTH", "QUARTER", "ANNUAL", "ONCE"}[a.num%6],
		Price: itoa(9+a.num%40) + ".90", Activated: begin.Add(-time.Duration(20+(chance*7+a.num)%400) * billDay),
	}}
	b.ID = "bc/account/subscription/00000000-0000-4000-8000-" + pad12(b.num)
	b.Updated = b.Activated
	turn := func(day int64) bool { // what happens on a day of the world, from that day on
		at := begin.Add(time.Duration(day) * billDay)
		if at.After(w.now) {
			return false
		}
		b.Updated = at
		return true
	}
	switch day := 10 + (chance+a.num)%100; {
	case fate == 0 && turn(day):
		b.Status = "SUSPENDED"
	case fate == 1 && turn(day):
		b.Status = "CANCELLED"
	case fate == 2 && turn(day):
		b.Price = itoa(12+a.num%40) + ".50"
	case fate == 3 && turn(day):
		b.Level = "Enterprise"
	case fate == 4:
		b.Price = "" // given by nobody
	}
	b.PeriodEnd = b.period(w.now)
	return b
}

// period is the end of the current period; a cancelled subscription has no next one, one that is paid once has none.
func (b *bill) period(now time.Time) time.Time {
	months := map[string]int{"MONTH": 1, "QUARTER": 3, "ANNUAL": 12}[b.Interval]
	if months == 0 {
		return time.Time{}
	}
	if b.Status == "CANCELLED" {
		now = b.Updated
	}
	end := b.Activated
	for n := months; !end.After(now); n += months {
		end = b.Activated.AddDate(0, n, 0)
	}
	return end
}

func pad12(n int64) string {
	text := itoa(n)
	return "000000000000"[min(len(text), 12):] + text
}

// Subscriptions are what an account pays for at present, in the order of their numbers.
func (s *Server) Subscriptions(uuid string) []TruthSubscription {
	s.mu.RLock()
	defer s.mu.RUnlock()
	w := s.worlds[uuid]
	if w == nil {
		return nil
	}
	var list []TruthSubscription
	for _, b := range w.bills() {
		list = append(list, b.TruthSubscription)
	}
	return list
}
