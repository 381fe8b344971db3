package audit

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"rollcall/internal/org"
)

// HeldHook is a webhook as history holds it when a token was read.
type HeldHook struct {
	org.Webhook
	Mine bool // made by the client of that token, which therefore must show it
}

// HookDiff is what a read of one token means for the webhooks that history holds of its store.
type HookDiff struct {
	Put     []org.Webhook // new or changed versions; what was not read is filled with what was known
	End     []org.Webhook // gone, as last known
	Changes []Change
}

// DiffHooks compares the webhooks held of a store with those that one token showed. Only a whole read ends a hook, and
// only one of the token's own client: hooks of other clients are invisible to it (facts 2.1). baseline says that nothing
// was read through this token to the end before, so differences are no changes.
func DiffHooks(held []HeldHook, read org.HookRead, baseline bool) HookDiff {
	var d HookDiff
	before := make(map[int64]HeldHook, len(held))
	for _, h := range held {
		before[h.APIID] = h
	}
	shown := make(map[int64]bool, len(read.Hooks))
	for _, hook := range read.Hooks {
		if shown[hook.APIID] {
			continue
		}
		shown[hook.APIID] = true
		if h, known := before[hook.APIID]; known {
			d.compare(h.Webhook, hook)
		} else {
			d.Put = append(d.Put, hook)
			d.add(HookAdded, hook, "", hookText(hook))
		}
	}
	for _, h := range held {
		if read.Whole && h.Mine && !shown[h.APIID] {
			d.End = append(d.End, h.Webhook)
			d.add(HookGone, h.Webhook, hookText(h.Webhook), "")
		}
	}
	if baseline {
		d.Changes = nil
	}
	return d
}

func (d *HookDiff) add(kind Kind, hook org.Webhook, before, after string) {
	d.Changes = append(d.Changes, Change{Kind: kind, Field: HookField(hook), Before: before, After: after})
}

// HookField names a webhook in changes: its id at the API, then its event scope.
func HookField(hook org.Webhook) string {
	return strings.TrimSpace(strconv.FormatInt(hook.APIID, 10) + " " + hook.Scope)
}

// TokenField names an API account in changes: its local number, then its label.
func TokenField(a org.APIAccount) string {
	return strconv.FormatInt(int64(a.ID), 10) + " " + a.Label()
}

// hookText describes a webhook that came or went.
func hookText(hook org.Webhook) string {
	return string(hook.State()) + ", to " + org.ShownDestination(hook.Destination)
}

// compare adds what differs between a held webhook and its new reading.
func (d *HookDiff) compare(h, hook org.Webhook) {
	hook = fill(h, hook)
	if same(h.CreatedAt, hook.CreatedAt) && same(h.UpdatedAt, hook.UpdatedAt) && h.Active == hook.Active && h.Status == hook.Status &&
		h.ClientID == hook.ClientID && makeup(h) == makeup(hook) {
		return
	}
	d.Put = append(d.Put, hook)
	if was, is := h.State(), hook.State(); flipped(was, is) {
		d.add(HookState, hook, string(was), string(is))
	}
	if was, is := shownMakeup(h), shownMakeup(hook); was != is {
		d.add(HookChanged, hook, was, is)
	} else if makeup(h) != makeup(hook) { // what differs may be secret
		d.add(HookChanged, hook, was, is+", another query or password")
	}
}

// flipped tells whether a webhook is in another state for certain: to learn who switched it off is none.
func flipped(was, is org.HookState) bool {
	vague := was == org.HookUnknown || is == org.HookUnknown ||
		was.Down() && is.Down() && (was == org.HookOff || is == org.HookOff)
	return was != is && !vague
}

// fill takes over what a reading leaves open. A status of the past is kept only while nothing contradicts it.
func fill(h, hook org.Webhook) org.Webhook {
	if hook.Active == org.Unknown && (hook.Status == "" || hook.Status == h.Status) {
		hook.Active = h.Active
	}
	if hook.Status == "" && hook.Active == h.Active {
		hook.Status = h.Status
	}
	if hook.ClientID == "" {
		hook.ClientID = h.ClientID
	}
	if !hook.CreatedAt.Read {
		hook.CreatedAt = h.CreatedAt
	}
	if !hook.UpdatedAt.Read {
		hook.UpdatedAt = h.UpdatedAt
	}
	return hook
}

// shownMakeup is the makeup as it may be shown.
func shownMakeup(hook org.Webhook) string {
	hook.Destination = org.ShownDestination(hook.Destination)
	return makeup(hook)
}

// makeup is what somebody set up of a webhook, in words.
func makeup(hook org.Webhook) string {
	text := hook.Scope + " to " + hook.Destination
	if len(hook.Headers) > 0 {
		text += ", headers " + JoinList(hook.Headers)
	}
	return text
}

// HookAdmin is what belongs to all webhooks of one API account: who is told when they are switched off, and which
// destinations are blocked.
type HookAdmin struct {
	Emails  []string
	Blocked []org.BlockedDomain
}

// blockShift is how far two countdowns of one block may lie apart: they are read in whole seconds, minutes apart.
const blockShift = 5 * time.Second

// DiffHookAdmin compares that with a new reading of it; held is nil when there was none. put tells whether history needs
// another version.
func DiffHookAdmin(held *HookAdmin, now HookAdmin, account org.APIAccount) (put bool, changes []Change) {
	if held == nil {
		return true, nil
	}
	field := TokenField(account)
	if was, is := emailList(held.Emails), emailList(now.Emails); was != is {
		changes = append(changes, Change{Kind: NotifyChanged, Field: field, Before: was, After: is})
	}
	before, after := blockedAt(held.Blocked), blockedAt(now.Blocked)
	for _, b := range now.Blocked {
		if _, was := before[b.Destination]; !was {
			changes = append(changes, Change{Kind: HookBlocked, Field: field, After: org.ShownDestination(b.Destination)})
		}
	}
	for _, b := range held.Blocked {
		if _, is := after[b.Destination]; !is {
			changes = append(changes, Change{Kind: HookBlocked, Field: field, Before: org.ShownDestination(b.Destination)})
		}
	}
	return len(changes) > 0 || !slices.EqualFunc(held.Blocked, now.Blocked, sameBlock), changes
}

// emailList writes addresses in one order; the order in which they came means nothing.
func emailList(emails []string) string {
	return JoinList(slices.Sorted(slices.Values(emails)))
}

func blockedAt(list []org.BlockedDomain) map[string]bool {
	at := make(map[string]bool, len(list))
	for _, b := range list {
		at[b.Destination] = true
	}
	return at
}

func sameBlock(a, b org.BlockedDomain) bool {
	return a.Destination == b.Destination && a.Until.Sub(b.Until).Abs() <= blockShift &&
		slices.EqualFunc(a.Reasons, b.Reasons, func(x, y org.BlockReason) bool {
			return x.Text == y.Text && x.Count == y.Count && x.At.Equal(y.At)
		})
}
