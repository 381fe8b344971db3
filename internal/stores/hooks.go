package stores

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"rollcall/internal/org"
)

const (
	hooksPath = "/v3/hooks"
	adminPath = "/v3/hooks/admin"
	pageLimit = 250 // the general maximum (facts 2.1)
	hookPages = 200 // at most
	adminMost = 200 // its pages hold ten (facts 2.2)
)

// hooks reads both lists and joins them by id. The refusal is that of the first page of /v3/hooks: nothing was read.
func (v *visit) hooks(ctx context.Context) (*org.HookRead, *refusal) {
	set, list := v.hookList(ctx)
	if list.refused != nil && list.pages == 0 {
		return nil, list.refused
	}
	read := &org.HookRead{Whole: list.whole()}
	if !read.Whole {
		read.Problem = list.problem("The list of webhooks", set.foreign)
	}
	v.admin(ctx, set, read)
	if read.Whole && list.items == 0 && !list.told() && (!read.AdminRead || len(set.hooks) > 0) {
		read.Whole = false
		read.Problem = addSentence("The list of webhooks is empty without saying so itself.", read.Problem)
	}
	read.Hooks = set.hooks
	slices.SortFunc(read.Hooks, func(a, b org.Webhook) int { return cmp.Compare(a.APIID, b.APIID) })
	return read, nil
}

// hookList reads /v3/hooks. A list that shifted while it was read, or is empty without saying so, is read again; a page
// size that is refused is made smaller.
func (v *visit) hookList(ctx context.Context) (*hookSet, walked) {
	limits := []int{pageLimit, 50, 0}
	empty := false
	for again := 0; ; {
		set := newHookSet(v.token.StoreHash)
		list := v.walk(ctx, walk{path: hooksPath, limit: limits[0], pages: hookPages, take: set.take})
		switch {
		case list.pages == 0 && (list.refused.cause == causeRejected || list.refused.cause == causeLarge) && len(limits) > 1:
			limits = limits[1:]
			continue
		case list.refused != nil:
		case list.shifted && again < 2, list.items == 0 && list.lost == 0 && !list.told() && !empty:
			empty = list.items == 0
			again++
			continue
		}
		return set, list
	}
}

// admin adds statuses, e-mails and blocked domains. Its list says no more of what exists than /v3/hooks does, so a
// failure takes nothing from that.
func (v *visit) admin(ctx context.Context, set *hookSet, read *org.HookRead) {
	at := v.client.now()
	mine := newHookSet(v.token.StoreHash)
	list := v.walk(ctx, walk{path: adminPath, pages: adminMost, within: "hooks_list", bare: true, take: mine.take, also: func(data object) {
		if !read.AdminRead {
			read.AdminRead, read.Emails, read.Blocked = true, emailsOf(data), blockedOf(data, at)
		}
	}})
	for _, hook := range mine.hooks {
		set.add(hook)
	}
	switch {
	case !read.AdminRead:
		read.Problem = addSentence(read.Problem, "E-mails, blocked domains and the reason of inactive webhooks are not known: "+list.refused.Error())
	case !list.whole():
		read.Problem = addSentence(read.Problem, list.problem("The list with statuses", mine.foreign))
	}
}

// problem says why a list is not whole.
func (w walked) problem(what string, foreign bool) string {
	switch {
	case w.refused != nil:
		return fmt.Sprintf("%s was read to page %d only: %s", what, w.pages, w.refused.Error())
	case foreign:
		return what + " holds entries of another store, which were left out."
	case w.lost > 0:
		return fmt.Sprintf("%s holds %d entries that cannot be read.", what, w.lost)
	case w.shifted:
		return what + " changed while it was read, three times in a row."
	case w.truncated:
		return fmt.Sprintf("%s has more than %d pages; the rest was not read.", what, w.pages)
	case w.total >= 0:
		return fmt.Sprintf("%s brought %d of the %d entries that it counts.", what, w.items, w.total)
	}
	return what + " has no clear end."
}

func emailsOf(data object) []string {
	emails := []string{}
	for _, raw := range data.list("emails") {
		var email string
		if json.Unmarshal(raw, &email) == nil && strings.TrimSpace(email) != "" {
			emails = append(emails, strings.TrimSpace(email))
		}
	}
	return emails
}

// blockedOf reads the blocked domains; at is when their countdown was read.
func blockedOf(data object, at time.Time) []org.BlockedDomain {
	var blocked []org.BlockedDomain
	for _, raw := range data.list("blocked_domains") {
		o, ok := asObject(raw)
		if !ok {
			continue
		}
		domain := org.BlockedDomain{Destination: withoutPassword(o.text("destination"))}
		if left, ok := o.number("time_left"); ok && left > 0 && left < 1e9 {
			domain.Until = at.Add(time.Duration(left) * time.Second).UTC()
		}
		for _, raw := range o.list("reasons") {
			if reason, ok := asObject(raw); ok {
				domain.Reasons = append(domain.Reasons, org.BlockReason{
					Text: tidy(reason.text("failure_description")), Count: max(0, reason.count("count")), At: reason.moment("timestamp").At,
				})
			}
		}
		blocked = append(blocked, domain)
	}
	return blocked
}

func addSentence(text, more string) string { return strings.TrimSpace(text + " " + more) }
