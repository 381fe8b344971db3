package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

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

// hookChange is the body of POST and PUT; nil is not given.
type hookChange struct {
	Scope       *string            `json:"scope"`
	Destination *string            `json:"destination"`
	IsActive    *bool              `json:"is_active"`
	Headers     *map[string]string `json:"headers"`
}

// readHook reads the body of POST and PUT, or answers by itself.
func (x *restCall) readHook() (c hookChange, ok bool) {
	if !x.readJSON(&c) {
		return c, false
	}
	wrong := object{}
	if c.Destination != nil && !goodDestination(*c.Destination) {
		wrong["destination"] = "must be an https url on port 443"
	}
	if c.Scope != nil && !strings.HasPrefix(*c.Scope, "store/") {
		wrong["scope"] = "is not a known scope"
	}
	if len(wrong) > 0 {
		x.problem(422, badJSON, wrong)
	}
	return c, len(wrong) == 0
}

const badJSON = "JSON data is missing or invalid"

// readJSON reads a JSON object, or answers by itself: 400 for what is no JSON, 422 for fields of the wrong type.
func (x *restCall) readJSON(into any) bool {
	body, err := io.ReadAll(io.LimitReader(x.http.Body, 1<<20))
	if err != nil || !json.Valid(body) {
		x.problem(400, "Input is invalid.", nil)
		return false
	}
	if err := json.Unmarshal(body, into); err != nil {
		x.problem(422, badJSON, object{"body": "error.expected"})
		return false
	}
	return true
}

func goodDestination(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return strings.HasPrefix(text, "arn:aws:") || strings.HasPrefix(text, "projects/")
	}
	return u.Scheme == "https" && (u.Port() == "" || u.Port() == "443")
}

func (x *restCall) createHook() {
	c, ok := x.readHook()
	if !ok {
		return
	}
	missing := object{}
	if c.Scope == nil {
		missing["scope"] = "error.path.missing."
	}
	if c.Destination == nil {
		missing["destination"] = "error.path.missing."
	}
	if len(missing) > 0 {
		x.problem(422, badJSON, missing)
		return
	}
	if fault := x.api.noRoom(*c.Scope, *c.Destination, nil); fault != "" {
		x.problem(422, fault, object{"scope": fault})
		return
	}
	h := x.world.addHook(x.api, *c.Scope, *c.Destination, x.at)
	h.headers = nil
	x.change(h, c)
}

// noRoom says why a webhook may not be (facts 2.3), beside itself.
func (a *apiAccount) noRoom(scope, destination string, itself *hook) string {
	same := 0
	for _, h := range a.hooks {
		if h == itself || h.scope != scope {
			continue
		}
		if same++; h.destination == destination {
			return "A webhook with this scope and destination already exists"
		}
	}
	if same >= 10 {
		return fmt.Sprintf("No more than %d webhooks may have the same scope", 10)
	}
	return ""
}

func (x *restCall) updateHook() {
	h := x.pathHook()
	if h == nil {
		return
	}
	c, ok := x.readHook()
	if !ok {
		return
	}
	if c == (hookChange{}) {
		x.problem(422, badJSON, object{"body": "at least one field is required"})
		return
	}
	scope, destination := h.scope, h.destination
	if c.Scope != nil {
		scope = *c.Scope
	}
	if c.Destination != nil {
		destination = *c.Destination
	}
	if fault := x.api.noRoom(scope, destination, h); fault != "" && (scope != h.scope || destination != h.destination) {
		x.problem(422, fault, object{"destination": fault})
		return
	}
	h.scope, h.destination = scope, destination
	x.change(h, c)
}

// change applies what is left of a body and answers with the webhook.
func (x *restCall) change(h *hook, c hookChange) {
	if c.Headers != nil {
		h.headers = *c.Headers
	}
	h.updated = x.at.Unix()
	if c.IsActive != nil {
		h.setActive(*c.IsActive, x.at)
	}
	x.json(200, object{"data": x.hookBody(h), "meta": object{}})
}

// hooksAdmin lists addresses, webhooks with their status and blocked domains of the calling API account (facts 2.2).
func (x *restCall) hooksAdmin() {
	hooks, ok := x.wantedHooks()
	if !ok {
		return
	}
	limit := x.rest.AdminPage
	if x.rest.AdminWhole {
		limit = max(1, len(hooks))
	}
	l, ok := x.listing(len(hooks), len(x.api.hooks), limit)
	if !ok {
		return
	}
	if x.rest.AdminWhole {
		l = listing{page: 1, limit: limit, total: len(hooks), hi: len(hooks), unfiltered: len(x.api.hooks)}
	}
	list := []hookBody{}
	for _, h := range hooks[l.lo:l.hi] {
		b := x.hookBody(h)
		b.Status = h.status()
		if x.odd(StoreUnknownWords) {
			b.Status = "suspended_by_platform"
		}
		list = append(list, b)
	}
	x.list(object{"emails": append([]string{}, x.api.emails...), "hooks_list": list, "blocked_domains": x.blockedDomains()}, l)
}

func (x *restCall) blockedDomains() []object {
	domains := []object{}
	if x.odd(StoreBlocklistEmpty) {
		return domains
	}
	for _, b := range x.api.blocks(x.dayBegan, x.at) {
		reasons := []object{}
		for _, f := range b.failures {
			reasons = append(reasons, object{"failure_description": f.text, "count": f.count, "timestamp": f.at})
		}
		domains = append(domains, object{"destination": "https://" + b.host, "time_left": b.left, "reasons": reasons})
	}
	return domains
}

// setEmails replaces the addresses that are told of trouble.
func (x *restCall) setEmails() {
	var body struct {
		Emails *[]string `json:"emails"`
	}
	if !x.readJSON(&body) {
		return
	}
	switch {
	case body.Emails == nil:
		x.problem(422, badJSON, object{"emails": "error.path.missing."})
	case slices.ContainsFunc(*body.Emails, func(address string) bool { return !goodAddress(address) }):
		x.problem(422, badJSON, object{"emails": "must be valid email addresses"})
	default:
		x.api.emails = slices.Clone(*body.Emails)
		x.nothing(204)
	}
}

func goodAddress(address string) bool {
	name, domain, found := strings.Cut(address, "@")
	return found && name != "" && strings.Contains(domain, ".") && !strings.ContainsAny(address, " \t\r\n")
}
