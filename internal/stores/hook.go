package stores

import (
	"encoding/json"
	"net/url"
	"strings"

	"rollcall/internal/org"
)

// hookSet collects webhooks by id, each once, in the order in which they came.
type hookSet struct {
	store   string
	byID    map[int64]int
	hooks   []org.Webhook
	foreign bool // an entry spoke of another store
}

func newHookSet(store string) *hookSet { return &hookSet{store: store, byID: map[int64]int{}} }

// take is for walk: an entry without an id, or of another store, counts as lost.
func (s *hookSet) take(raw json.RawMessage) (fresh, readable bool) {
	o, ok := asObject(raw)
	if !ok {
		return false, false
	}
	if hash := o.text("store_hash"); hash != "" && !strings.EqualFold(hash, s.store) {
		s.foreign = true
		return false, false
	}
	hook, ok := webhookOf(o)
	if !ok {
		return false, false
	}
	return s.add(hook), true
}

// add takes a webhook, or completes the one that is there.
func (s *hookSet) add(hook org.Webhook) (fresh bool) {
	at, known := s.byID[hook.APIID]
	if known {
		s.hooks[at] = joined(s.hooks[at], hook)
		return false
	}
	s.byID[hook.APIID] = len(s.hooks)
	s.hooks = append(s.hooks, hook)
	return true
}

// webhookOf reads one webhook. Values of headers end here (facts 2.1); so does a password in the destination.
func webhookOf(o object) (org.Webhook, bool) {
	id, ok := o.number("id")
	if !ok || id <= 0 {
		return org.Webhook{}, false
	}
	return org.Webhook{
		APIID: id, ClientID: o.text("client_id"), Scope: o.text("scope"), Destination: withoutPassword(o.text("destination")),
		Headers: sortedKeys(o.object("headers")), Active: o.truth("is_active"), Status: strings.ToLower(o.text("status")),
		CreatedAt: o.moment("created_at"), UpdatedAt: o.moment("updated_at"),
	}, true
}

func withoutPassword(destination string) string {
	u, err := url.Parse(destination)
	if err != nil || u.User == nil {
		return destination
	}
	if _, given := u.User.Password(); !given {
		return destination
	}
	u.User = url.UserPassword(u.User.Username(), "hidden")
	return u.String()
}

// joined completes a webhook by another sight of it: the admin list alone has the status (facts 2.2).
func joined(a, b org.Webhook) org.Webhook {
	pick := func(x *string, y string) {
		if *x == "" {
			*x = y
		}
	}
	pick(&a.Status, b.Status)
	pick(&a.ClientID, b.ClientID)
	pick(&a.Scope, b.Scope)
	pick(&a.Destination, b.Destination)
	if a.Active == org.Unknown {
		a.Active = b.Active
	}
	if len(a.Headers) == 0 {
		a.Headers = b.Headers
	}
	if !a.CreatedAt.Read {
		a.CreatedAt = b.CreatedAt
	}
	if !a.UpdatedAt.Read {
		a.UpdatedAt = b.UpdatedAt
	}
	return a
}
