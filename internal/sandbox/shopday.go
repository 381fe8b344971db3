package sandbox

import "time"

// shopsDay lets a day pass over everything that API accounts have made: webhooks fall silent, hosts fail, and people
// change this and that.
func (w *World) shopsDay() {
	for _, s := range w.stores {
		if s.shop.rng.Float64() < w.daily.ShopRate {
			w.shopChanges(s)
		}
		for _, a := range s.shop.accounts {
			a.age(w.now)
		}
	}
	w.noteOwners()
	w.playScenes()
}

// shopChanges is one thing that somebody does, or that happens, to the API accounts of a store.
func (w *World) shopChanges(s *store) {
	rng := s.shop.rng
	a := s.shop.anyAccount()
	if a == nil {
		return
	}
	at := w.now.Add(-time.Duration(4+rng.IntN(18)) * time.Hour)
	switch dice := rng.IntN(100); {
	case dice < 12:
		w.employ(s, jobs[rng.IntN(len(jobs))], at)
	case dice < 20 && a.job.name != auditJob.name:
		w.deleteAPIAccount(a)
	case dice < 24:
		a.emails = []string{"webhooks-" + s.hash + "@" + w.domain}
	case dice < 42:
		w.addHook(a, "store/cart/abandoned", "https://"+w.hostOf(or(a.job.host, "own"))+"/more/"+randomText(rng, base36, 4), at)
	case dice < 48:
		w.addHook(a, "store/order/statusUpdated", "https://hooks."+agencies[rng.IntN(len(agencies))]+"/try/"+randomText(rng, base36, 4), at)
	default:
		if h := a.anyHook(rng.IntN); h != nil {
			w.hookChanges(a, h, at)
		}
	}
}

func (w *World) hookChanges(a *apiAccount, h *hook, at time.Time) {
	rng := a.store.shop.rng
	switch dice := rng.IntN(100); {
	case h.deactivated: // somebody has noticed
		a.troubles = nil
		h.setActive(true, at)
		h.quietSince = 0
	case dice < 15:
		a.removeHook(h)
	case dice < 35:
		h.setActive(!h.active, at)
	case dice < 50:
		h.quietSince = at.Unix() - 60*24*60*60
	case dice < 70:
		w.beginTrouble(a, hostOf(h.destination), at, false, 2)
	default:
		w.beginTrouble(a, hostOf(h.destination), at, true, 4)
	}
}

// beginTrouble makes a host fail for some days; 0 is without end.
func (w *World) beginTrouble(a *apiAccount, host string, at time.Time, deadly bool, days int) {
	t := &trouble{host: host, since: at.Unix(), deadly: deadly, failures: []string{"Response code 503", "Connection timed out"}}
	if days > 0 {
		t.until = at.Add(time.Duration(days) * day).Unix()
	}
	a.troubles = append(a.troubles, t)
}

// anyAccount gives an API account that lives and belongs to no scene, or nil.
func (s *shop) anyAccount() *apiAccount {
	if len(s.accounts) == 0 {
		return nil
	}
	first := s.rng.IntN(len(s.accounts))
	for i := range s.accounts {
		if a := s.accounts[(first+i)%len(s.accounts)]; a.live() && !a.staged {
			return a
		}
	}
	return nil
}

func (a *apiAccount) anyHook(pick func(int) int) *hook {
	if len(a.hooks) == 0 {
		return nil
	}
	return a.hooks[pick(len(a.hooks))]
}
