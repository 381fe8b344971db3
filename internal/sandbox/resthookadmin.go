package sandbox

import (
	"slices"
	"strings"
)

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
