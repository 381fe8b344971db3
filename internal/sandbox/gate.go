package sandbox

import "strings"

// authenticate compares token and account (facts 1.8 and 2.12).
func (x *exchange) authenticate() bool {
	given, present := x.http.Header["X-Auth-Token"]
	switch {
	case !present:
		return x.end(Unauthorized, 401, textType, "X-Auth-Token header is required")
	case given[0] == "":
		return x.end(Unauthorized, 401, textType, "X-Auth-Token header should have correct format")
	}
	x.account = x.server.tokens[given[0]]
	switch {
	case x.account == nil && x.cfg.PlainUnauthorized:
		return x.end(Unauthorized, 401, textType, "Unauthorized")
	case x.account == nil:
		return x.endProblem(Unauthorized, 401, "Unauthorized")
	case !strings.EqualFold(x.account.UUID, x.record.UUID):
		return x.wrongAccount()
	}
	x.record.UUID = x.account.UUID
	return false
}

func (x *exchange) wrongAccount() bool {
	switch x.cfg.WrongAccount {
	case "403":
		return x.endProblem(Forbidden, 403, "You do not have permission to access this account")
	case "200":
		return x.endErrors(Forbidden, 200, gqlError{Message: errPermission.Error(), Path: []any{"account"}})
	}
	return x.endErrors(Unauthorized, 401, gqlError{Message: errPermission.Error()})
}

// meter counts the request against the quota of its account.
func (x *exchange) meter() bool {
	limiter := x.server.limiters[x.account.UUID]
	v := limiter.take()
	limiter.headers(x.answer.header, v)
	if v.allowed {
		return false
	}
	limiter.retryAfter(x.answer.header, v)
	return x.limited(x.cfg.EmptyLimited)
}

func (x *exchange) limited(empty bool) bool {
	if empty {
		return x.end(Limited, 429, "", "")
	}
	return x.endProblem(Limited, 429, "Too many requests")
}
