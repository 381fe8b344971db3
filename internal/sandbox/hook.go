package sandbox

import (
	"net/url"
	"sort"
	"strings"
	"time"
)

// hook is one webhook. It is active, inactive (switched off by its owner) or deactivated (by the platform), which
// shows as not active with a status that only the admin endpoint tells (facts 2.1 and 2.2).
type hook struct {
	id                 int64
	scope, destination string
	headers            map[string]string // nil: none
	active             bool
	deactivated        bool
	created, updated   int64
	quietSince         int64 // unix seconds of its last event when it has none any more; 0: it has some every day
}

// trouble is a host that does not answer as it should. It is blocked now and then for three minutes; after two days of
// retries the webhooks that lead there are deactivated, unless the trouble is only so bad that retries succeed.
type trouble struct {
	host     string
	since    int64
	until    int64 // 0: no end
	deadly   bool
	failures []string
}

const (
	quietLimit = 90 * 24 * time.Hour // without events (facts 2.3)
	retryLimit = 48 * time.Hour      // from the first to the last retry
	blockTime  = 180                 // seconds
)

func (h *hook) status() string {
	switch {
	case h.active:
		return "active"
	case h.deactivated:
		return "deactivated"
	}
	return "inactive"
}

// headerSource is a header value that is no secret.
const headerSource = "bigcommerce"

// addHook makes a webhook. Some carry a password in their headers, as the docs recommend.
func (w *World) addHook(a *apiAccount, scope, destination string, at time.Time) *hook {
	rng := a.store.shop.rng
	w.nextHook += 1 + rng.Int64N(90)
	h := &hook{id: w.nextHook, scope: scope, destination: destination, active: true, created: at.Unix(), updated: at.Unix()}
	switch rng.IntN(3) {
	case 0:
		h.headers = map[string]string{"Authorization": "Bearer " + randomText(rng, base36, 40)}
	case 1:
		h.headers = map[string]string{"X-Hook-Key": randomText(rng, base36, 24), "X-Source": headerSource}
	}
	a.hooks = append(a.hooks, h)
	return h
}

func (a *apiAccount) hook(id int64) *hook {
	i := sort.Search(len(a.hooks), func(i int) bool { return a.hooks[i].id >= id })
	if i < len(a.hooks) && a.hooks[i].id == id {
		return a.hooks[i]
	}
	return nil
}

func (a *apiAccount) removeHook(h *hook) {
	for i, other := range a.hooks {
		if other == h {
			a.hooks = append(a.hooks[:i:i], a.hooks[i+1:]...)
			return
		}
	}
}

// deactivate is the platform giving up on a webhook.
func (h *hook) deactivate(at time.Time) {
	if h.active {
		h.active, h.deactivated, h.updated = false, true, at.Unix()
	}
}

// setActive is the owner switching a webhook; switching it on begins its time without events anew.
func (h *hook) setActive(active bool, at time.Time) {
	h.active, h.deactivated, h.updated = active, false, at.Unix()
	if active && h.quietSince > 0 {
		h.quietSince = at.Unix()
	}
}

// hostOf gives the host of a destination in lower case, without its port.
func hostOf(destination string) string {
	u, err := url.Parse(destination)
	if err != nil || u.Hostname() == "" {
		return strings.ToLower(destination)
	}
	return strings.ToLower(u.Hostname())
}

// age lets a day pass over the webhooks of an API account.
func (a *apiAccount) age(now time.Time) {
	kept := a.troubles[:0]
	for _, t := range a.troubles {
		if t.until == 0 || t.until > now.Unix() {
			kept = append(kept, t)
		}
	}
	a.troubles = kept
	for _, h := range a.hooks {
		switch {
		case h.quietSince > 0 && now.Unix()-h.quietSince >= int64(quietLimit/time.Second):
			h.deactivate(now)
		case a.failsFor(hostOf(h.destination), now, retryLimit):
			h.deactivate(now)
		}
	}
}

// failsFor says whether the deliveries to a host have all failed for so long.
func (a *apiAccount) failsFor(host string, now time.Time, long time.Duration) bool {
	for _, t := range a.troubles {
		if t.host == host && t.deadly && now.Unix()-t.since >= int64(long/time.Second) {
			return true
		}
	}
	return false
}

// blocked is a domain that gets no events for the moment.
type blocked struct {
	host     string
	left     int64 // seconds
	failures []failure
}

type failure struct {
	text  string
	count int
	at    int64
}

// blocks lists the blocked domains at one moment. A host in trouble is blocked for three minutes out of every four as
// long as some webhook still sends there.
func (a *apiAccount) blocks(dayBegan, at time.Time) []blocked {
	var out []blocked
	for _, t := range a.troubles {
		offset := int64(hashText(t.host+a.clientID) % 120)
		left := blockTime - (at.Unix()-dayBegan.Unix()+offset)%240
		if left <= 0 || !a.sendsTo(t.host) {
			continue
		}
		b := blocked{host: t.host, left: left}
		for i, text := range t.failures {
			b.failures = append(b.failures, failure{text, 137 + int(offset)*(i+1), at.Unix() - (blockTime - left) - int64(7*i)})
		}
		out = append(out, b)
	}
	return out
}

func (a *apiAccount) sendsTo(host string) bool {
	for _, h := range a.hooks {
		if h.active && hostOf(h.destination) == host {
			return true
		}
	}
	return false
}
