package sandbox

import "strconv"

// largeIDs is added to IDs that shall not fit into a double.
const largeIDs = int64(1)<<53 + 1

// hookBody is a webhook as /v3/hooks shows it: without its status (facts 2.1).
type hookBody struct {
	ID          int64             `json:"id"`
	ClientID    string            `json:"client_id"`
	StoreHash   string            `json:"store_hash"`
	Scope       string            `json:"scope"`
	Destination string            `json:"destination"`
	Headers     map[string]string `json:"headers"`
	IsActive    bool              `json:"is_active"`
	CreatedAt   int64             `json:"created_at"`
	UpdatedAt   int64             `json:"updated_at"`
	Status      string            `json:"status,omitempty"`
}

func (x *restCall) hookBody(h *hook) hookBody {
	b := hookBody{h.id, x.api.clientID, x.store.hash, h.scope, h.destination, h.headers, h.active, h.created, h.updated, ""}
	if x.odd(StoreLargeIDs) {
		b.ID += largeIDs
	}
	switch {
	case x.odd(StoreHeadersNull):
		b.Headers = nil
	case x.odd(StoreHeadersObject) && b.Headers == nil:
		b.Headers = map[string]string{}
	}
	return b
}

// wantedHooks applies the filters of the query. It answers by itself, and gives false, when is_active is no boolean.
func (x *restCall) wantedHooks() ([]*hook, bool) {
	q := x.http.URL.Query()
	active, filtered := false, q.Has("is_active")
	if filtered {
		var err error
		if active, err = strconv.ParseBool(q.Get("is_active")); err != nil {
			x.problem(422, "The filter(s): is_active are not valid filter parameter(s).", nil)
			return nil, false
		}
	}
	var out []*hook
	for _, h := range x.api.hooks {
		if (!filtered || h.active == active) && (!q.Has("scope") || h.scope == q.Get("scope")) &&
			(!q.Has("destination") || h.destination == q.Get("destination")) {
			out = append(out, h)
		}
	}
	return out, true
}

func (x *restCall) listHooks() {
	hooks, ok := x.wantedHooks()
	if !ok {
		return
	}
	l, ok := x.listing(len(hooks), len(x.api.hooks), x.rest.HookPage)
	if !ok {
		return
	}
	data := []hookBody{}
	for _, h := range hooks[l.lo:l.hi] {
		data = append(data, x.hookBody(h))
	}
	x.list(data, l)
}

// pathHook gives the webhook that the path names, or answers by itself.
func (x *restCall) pathHook() *hook {
	text := x.http.PathValue("id")
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		x.problem(400, "Input is invalid.", nil)
		return nil
	}
	if x.odd(StoreLargeIDs) {
		id -= largeIDs
	}
	h := x.api.hook(id)
	if h == nil {
		x.problem(404, "Webhook with id ["+text+"] not found", nil)
	}
	return h
}

func (x *restCall) oneHook() {
	if h := x.pathHook(); h != nil {
		x.json(200, object{"data": x.hookBody(h), "meta": object{}})
	}
}

func (x *restCall) deleteHook() {
	if h := x.pathHook(); h != nil {
		x.api.removeHook(h)
		x.json(200, object{"data": x.hookBody(h), "meta": object{}})
	}
}
