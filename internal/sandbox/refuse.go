package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
)

// check refuses what is not valid or too much, before anything is executed.
func (x *exchange) check() bool {
	if x.doc == nil || x.measure.score > 0 && x.tooMuch() {
		if invalid := x.server.engine.ValidateWithVariables(x.request.Query, x.request.Variables); len(invalid) > 0 {
			var errs []gqlError
			for _, e := range invalid {
				errs = append(errs, gqlError{wording(e.Message, false), nil, e.Locations})
			}
			return x.endErrors(Invalid, 400, errs...)
		}
	}
	return x.refuseIntrospection() || x.refuseDepth() || x.refusePages() || x.refuseComplexity() || x.refuseScopes() || x.timeOut()
}

func (x *exchange) tooMuch() bool {
	m := &x.measure
	return m.pageProblem != nil || x.cfg.ComplexityLimit > 0 && m.score > x.cfg.ComplexityLimit
}

func (x *exchange) refuseIntrospection() bool {
	return x.measure.introspection && x.cfg.NoIntrospection &&
		x.endErrors(Invalid, 400, gqlError{Message: "Introspection is not allowed."})
}

func (x *exchange) refuseDepth() bool {
	switch {
	case x.cfg.MaxDepth > 0 && x.measure.depth > x.cfg.MaxDepth && !x.measure.introspection:
		return x.endErrors(Invalid, 400, gqlError{Message: fmt.Sprintf("Max query depth %d is reached.", x.cfg.MaxDepth)})
	case x.cfg.MaxAliases > 0 && x.measure.aliases > x.cfg.MaxAliases:
		return x.endErrors(TooComplex, 400, gqlError{Message: fmt.Sprintf("Too many aliases: at most %d are allowed.", x.cfg.MaxAliases)})
	}
	return false
}

func (x *exchange) refusePages() bool {
	p := x.measure.pageProblem
	if p == nil {
		return false
	}
	e := gqlError{Message: p.message(x.cfg.OverCap == "words")}
	if x.cfg.OverCap == "error200" {
		e.Path = []any{"account"}
		return x.endErrors(BadPageSize, 200, e)
	}
	return x.endErrors(BadPageSize, 400, e)
}

// refuseComplexity answers as recorded, or in one of the other words that have been seen (facts 1.8).
func (x *exchange) refuseComplexity() bool {
	limit := x.cfg.ComplexityLimit
	if limit <= 0 || x.measure.score <= limit {
		return false
	}
	message := fmt.Sprintf("The query is too complex as it has a complexity score of %d out of %d. Please remove some elements and try again",
		x.measure.score, limit)
	switch x.cfg.ComplexityAnswer {
	case "wrapped":
		body, _ := json.Marshal(map[string]any{"error": map[string]string{"error": message}})
		return x.end(TooComplex, 400, jsonType, string(body))
	case "words":
		message = "Query complexity exceeds what is allowed. Please request less."
	}
	return x.endErrors(TooComplex, 400, gqlError{Message: message})
}

// scopeOf names the scope that a field needs (facts 1.6).
var scopeOf = map[string]string{
	"accountInfo": "account_read", "stores": "account_stores_read", "users": "account_users_read",
	"apps": "account_apps_read", "subscriptions": "account_subscriptions_read", "checkout": "account_checkouts_read",
}

// refuseScopes refuses the whole request when a scope is missing, unless the field alone is to fail.
func (x *exchange) refuseScopes() bool {
	if x.cfg.MissingScope != "403" && x.cfg.MissingScope != "200" || x.measure.operation != "query" {
		return false
	}
	for field, scope := range scopeOf {
		if !x.measure.fields[field] || slices.Contains(x.account.Scopes, scope) {
			continue
		}
		if x.cfg.MissingScope == "403" {
			return x.endProblem(Forbidden, 403, "You don't have a required scope to access the endpoint")
		}
		return x.endErrors(Forbidden, 200, gqlError{Message: errPermission.Error(), Path: []any{"account"}})
	}
	return false
}

// timeOut fails requests that ask for more than the server can do in time.
func (x *exchange) timeOut() bool {
	if x.cfg.TimeoutAbove <= 0 || x.measure.users <= x.cfg.TimeoutAbove {
		return false
	}
	x.record.Outcome = TimedOut
	switch x.cfg.TimeoutKind {
	case "hang":
		return x.hang()
	case "502":
		return x.end(TimedOut, 502, htmlType, htmlPage("502 Bad Gateway"))
	}
	return x.end(TimedOut, 504, htmlType, htmlPage("504 Gateway Time-out"))
}

func htmlPage(title string) string {
	return "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title + "</h1></center>\r\n</body>\r\n</html>\r\n"
}
