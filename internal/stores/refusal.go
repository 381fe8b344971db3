package stores

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"rollcall/internal/org"
)

// cause is why a request brought no data, told apart by what answered (facts 2.12 to 2.14).
type cause uint8

const (
	causeUnknown cause = iota
	causeNoToken
	causeMalformed // the gateway cannot read the token
	causeRefused   // 401
	causeScope     // 403 that names a scope
	causeForbidden // any other 403
	causeRoute     // 404 as text: no such path, decided before the token
	causeNotFound  // 404 of a service, or of a wrong hash
	causeRejected  // 400, 405 to 423 and the like
	causeBusy      // 429, or 5xx with the headers of a used-up window
	causeDown      // 503
	causeServer    // other 5xx
	causeRedirect
	causeHTML
	causeText
	causeCut
	causeEmpty
	causeShape // JSON that is no list, object or error that we know
	causeLarge
	causeTimeout
	causeUnreachable
	causeStopped // the caller's context ended
)

// refusal is a request that brought no data. Its texts hold no secret.
type refusal struct {
	cause  cause
	status int
	said   string    // what the answer says, one line
	until  time.Time // of busy: when it is worth trying again
	err    error     // for the log
}

func (r *refusal) Error() string {
	if r.said != "" {
		return r.text() + " BigCommerce says: " + r.said
	}
	return r.text()
}

func (r *refusal) Unwrap() error { return r.err }

// problem is the refusal as an error for people.
func (r *refusal) problem() error {
	if r.cause == causeStopped {
		return r.err
	}
	text := r.Error()
	if r.cause == causeBusy && !r.until.IsZero() {
		text += " Try again after " + r.until.UTC().Format("15:04:05 UTC") + "."
	}
	return org.Problem(r.kind(), text, r.err)
}

func (r *refusal) kind() org.Kind {
	switch r.cause {
	case causeNoToken, causeMalformed, causeRefused:
		return org.KindUnauthorized
	case causeScope, causeForbidden:
		return org.KindScope
	case causeRoute, causeNotFound:
		return org.KindNotFound
	case causeRejected:
		return org.KindRejected
	case causeBusy:
		return org.KindLimited
	case causeDown, causeServer, causeTimeout, causeUnreachable:
		return org.KindUnavailable
	case causeRedirect, causeHTML, causeText, causeCut, causeEmpty, causeShape, causeLarge:
		return org.KindBroken
	}
	return org.KindUnexpected
}

var causeTexts = map[cause]string{
	causeNoToken:     "BigCommerce got no token. A proxy on the way may drop the header X-Auth-Token.",
	causeMalformed:   "BigCommerce cannot read the token. Copy it again from the credentials file.",
	causeRefused:     "BigCommerce refuses the token: its API account was deleted, the token is mistyped, or it belongs to another store. Import the credentials again, or make a new API account.",
	causeScope:       "The token lacks the scope for this. Scopes of an API account cannot be changed: make a new one with the scope ticked.",
	causeForbidden:   "BigCommerce accepts the token, but not for this: the token belongs to another store, or the store's owner or limits changed.",
	causeRoute:       "BigCommerce does not know this address. Check the setting for the address of the API.",
	causeNotFound:    "BigCommerce does not find it: it is gone, or the store hash is wrong.",
	causeRejected:    "BigCommerce rejected the request.",
	causeBusy:        "BigCommerce asked to come back later: the store's request quota is used up, or the platform is busy.",
	causeDown:        "The store is down, being upgraded or suspended. Look at it in the control panel; the token is not at fault.",
	causeServer:      "BigCommerce had an error of its own (status %d). Try again later.",
	causeRedirect:    "The address of the API points elsewhere. It was not followed, for the token would go along. Check the setting for the address of the API.",
	causeHTML:        "A web page came instead of data. A proxy, a firewall or a maintenance page is in the way.",
	causeText:        "Something other than data came. A proxy or firewall may be in the way.",
	causeCut:         "The answer broke off. Try again later.",
	causeEmpty:       "The answer was empty. Try again later.",
	causeShape:       "The answer has a form that Rollcall cannot read. Try again later, or update Rollcall.",
	causeLarge:       "The answer is larger than Rollcall accepts.",
	causeTimeout:     "The store did not answer in time. Try again later.",
	causeUnreachable: "BigCommerce cannot be reached. Check the network and the setting for the address of the API.",
	causeStopped:     "The check was stopped, or its time ran out, before its end.",
	causeUnknown:     "BigCommerce answered with a status that makes no sense here (%d).",
}

// text says what happened and what to do. It names no time, for it is kept.
func (r *refusal) text() string {
	return strings.Replace(causeTexts[r.cause], "%d", strconv.Itoa(r.status), 1)
}

// moment tells whether the refusal is about the moment rather than about token, store or request.
func (r *refusal) moment() bool {
	switch r.cause {
	case causeBusy, causeDown, causeServer, causeTimeout, causeUnreachable, causeStopped, causeCut, causeEmpty, causeHTML, causeText, causeLarge, causeShape:
		return true
	}
	return false
}

// tries is how often a request is sent at most before its refusal is believed.
func (r *refusal) tries() int {
	switch r.cause {
	case causeBusy:
		return 6
	case causeServer, causeDown:
		if r.status == http.StatusNotImplemented || r.status == http.StatusHTTPVersionNotSupported || r.status == http.StatusInsufficientStorage {
			return 1
		}
		return 4
	case causeUnreachable, causeCut, causeEmpty, causeHTML, causeText:
		return 3
	case causeTimeout:
		return 2
	}
	return 1
}
