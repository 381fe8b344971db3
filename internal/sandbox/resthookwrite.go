package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
)

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
