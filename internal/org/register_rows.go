package org

import (
	"net/url"
	"strings"
)

// Word is the state as filters, files and addresses have it: unverified when no verification was made.
func (s ProofState) Word() string {
	if s == ProofNone {
		return "unverified"
	}
	return string(s)
}

// Words of webhook filters beside the states themselves.
const (
	StateBlocked = "blocked" // the destination was blocked when it was last read
	StateDown    = "down"    // one of the states that deliver nothing
)

// In tells whether a webhook is in one of the states that a query names; none named means any.
func (h WebhookRow) In(states []string) bool {
	state := h.State()
	for _, word := range states {
		if word == string(state) || word == StateBlocked && h.Blocked != nil || word == StateDown && state.Down() {
			return true
		}
	}
	return len(states) == 0
}

// ShownDestination is a destination as pages and files show it: without what may be secret, a password and the values
// of its query.
func ShownDestination(destination string) string {
	u, err := url.Parse(strings.TrimSpace(destination))
	if err != nil || u.Host == "" {
		return shownText(destination)
	}
	u.User, u.Fragment = nil, ""
	if u.RawQuery == "" {
		return u.String()
	}
	u.RawQuery = ""
	return u.String() + "?…"
}

// shownText is the same for a destination that is no address of a host, or none at all.
func shownText(destination string) string {
	scheme, rest, full := strings.Cut(destination, "://")
	if !full {
		scheme, rest = "", destination
	} else {
		scheme += "://"
	}
	before, _, query := strings.Cut(rest, "?")
	if authority, _, _ := strings.Cut(before, "/"); full && strings.Contains(authority, "@") {
		before = before[strings.LastIndex(authority, "@")+1:]
	}
	if query {
		before += "?…"
	}
	return scheme + before
}
