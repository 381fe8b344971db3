package audit

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rollcall/internal/org"
)

func hookOf(id int64, change ...func(*org.Webhook)) org.Webhook {
	h := org.Webhook{
		APIID: id, ClientID: "client", Scope: "store/order/created", Destination: "https://erp.example.com/in", Active: org.Yes,
		Status: "active", CreatedAt: org.At(time.Unix(1_700_000_000, 0)), UpdatedAt: org.At(time.Unix(1_700_000_000, 0)),
	}
	for _, c := range change {
		c(&h)
	}
	return h
}

func status(word string, active org.Tri) func(*org.Webhook) {
	return func(h *org.Webhook) { h.Status, h.Active = word, active }
}

func TestDiffHooks(t *testing.T) {
	moved := func(h *org.Webhook) { h.Destination = "https://crm.example.com/in" }
	headed := func(h *org.Webhook) { h.Headers = []string{"X-Key"} }
	updated := func(h *org.Webhook) { h.UpdatedAt = org.At(time.Unix(1_700_000_100, 0)) }
	unread := func(h *org.Webhook) { h.CreatedAt, h.UpdatedAt, h.Status = org.Moment{}, org.Moment{}, "" }
	mine := func(h org.Webhook) []HeldHook { return []HeldHook{{h, true}} }
	for _, c := range []struct {
		name     string
		held     []HeldHook
		read     org.HookRead
		baseline bool
		put, end int
		changes  string
	}{
		{
			name: "first read", read: org.HookRead{Hooks: []org.Webhook{hookOf(1)}, Whole: true}, baseline: true, put: 1,
		},
		{
			name: "new", read: org.HookRead{Hooks: []org.Webhook{hookOf(1)}, Whole: true}, put: 1,
			changes: "webhook_added 1 store/order/created:  -> active, to https://erp.example.com/in",
		},
		{
			name: "new in a part", read: org.HookRead{Hooks: []org.Webhook{hookOf(1)}}, put: 1,
			changes: "webhook_added 1 store/order/created:  -> active, to https://erp.example.com/in",
		},
		{name: "as it was", held: mine(hookOf(1)), read: org.HookRead{Hooks: []org.Webhook{hookOf(1)}, Whole: true}},
		{name: "shown twice", held: mine(hookOf(1)), read: org.HookRead{Hooks: []org.Webhook{hookOf(1), hookOf(1, moved)}, Whole: true}},
		{
			name: "gone", held: mine(hookOf(1)), read: org.HookRead{Whole: true}, end: 1,
			changes: "webhook_gone 1 store/order/created: active, to https://erp.example.com/in -> ",
		},
		{name: "gone before a baseline", held: mine(hookOf(1)), read: org.HookRead{Whole: true}, baseline: true, end: 1},
		{name: "not seen in a part", held: mine(hookOf(1)), read: org.HookRead{}},
		{name: "of another client", held: []HeldHook{{hookOf(1), false}}, read: org.HookRead{Whole: true}},
		{
			name: "deactivated", held: mine(hookOf(1)),
			read: org.HookRead{Hooks: []org.Webhook{hookOf(1, status("deactivated", org.No))}, Whole: true}, put: 1,
			changes: "webhook_state 1 store/order/created: active -> deactivated",
		},
		{
			name: "deactivated, without the list that says so", held: mine(hookOf(1)),
			read: org.HookRead{Hooks: []org.Webhook{hookOf(1, status("", org.No))}}, put: 1,
			changes: "webhook_state 1 store/order/created: active -> off",
		},
		{
			name: "learned who switched it off", held: mine(hookOf(1, status("", org.No))),
			read: org.HookRead{Hooks: []org.Webhook{hookOf(1, status("deactivated", org.No))}, Whole: true}, put: 1,
		},
		{
			name: "still deactivated, without the list that says so", held: mine(hookOf(1, status("deactivated", org.No))),
			read: org.HookRead{Hooks: []org.Webhook{hookOf(1, unread, status("", org.No))}},
		},
		{
			name: "active again, without the list that says so", held: mine(hookOf(1, status("deactivated", org.No))),
			read: org.HookRead{Hooks: []org.Webhook{hookOf(1, status("", org.Yes))}}, put: 1,
			changes: "webhook_state 1 store/order/created: deactivated -> active",
		},
		{
			name: "a word nobody knows", held: mine(hookOf(1)),
			read: org.HookRead{Hooks: []org.Webhook{hookOf(1, status("paused", org.No))}, Whole: true}, put: 1,
			changes: "webhook_state 1 store/order/created: active -> paused",
		},
		{
			name: "another destination and a header", held: mine(hookOf(1)),
			read: org.HookRead{Hooks: []org.Webhook{hookOf(1, moved, headed)}, Whole: true}, put: 1,
			changes: "webhook_changed 1 store/order/created: store/order/created to https://erp.example.com/in -> " +
				"store/order/created to https://crm.example.com/in, headers X-Key",
		},
		{name: "updated only", held: mine(hookOf(1)), read: org.HookRead{Hooks: []org.Webhook{hookOf(1, updated)}, Whole: true}, put: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := DiffHooks(c.held, c.read, c.baseline)
			if len(d.Put) != c.put || len(d.End) != c.end || texts(d.Changes) != c.changes {
				t.Errorf("put %d, end %d, changes %q; want %d, %d, %q", len(d.Put), len(d.End), texts(d.Changes), c.put, c.end, c.changes)
			}
		})
	}
}

func texts(changes []Change) string {
	text := ""
	for i, c := range changes {
		if i > 0 {
			text += "; "
		}
		text += fmt.Sprintf("%s %s: %s -> %s", c.Kind, c.Field, c.Before, c.After)
	}
	return text
}

// TestHooksFollowReads applies random reads one after the other: a whole read of the own client leaves exactly what it
// showed of it, any other takes nothing away, and reading the same again changes nothing.
func TestHooksFollowReads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		held := map[int64]HeldHook{}
		for range rapid.IntRange(1, 6).Draw(t, "reads") {
			read := org.HookRead{Whole: rapid.Bool().Draw(t, "whole")}
			for _, id := range rapid.SliceOfNDistinct(rapid.Int64Range(1, 6), 0, 6, rapid.ID[int64]).Draw(t, "ids") {
				word := rapid.SampledFrom([]string{"", "active", "inactive", "deactivated"}).Draw(t, "status")
				read.Hooks = append(read.Hooks, hookOf(id, status(word, rapid.SampledFrom([]org.Tri{org.Unknown, org.No, org.Yes}).Draw(t, "active"))))
			}
			before := list(held)
			d := DiffHooks(before, read, false)
			for _, h := range d.Put {
				held[h.APIID] = HeldHook{h, held[h.APIID].APIID == 0 || held[h.APIID].Mine}
			}
			for _, h := range d.End {
				delete(held, h.APIID)
			}
			for _, h := range before {
				shown := slices.ContainsFunc(read.Hooks, func(s org.Webhook) bool { return s.APIID == h.APIID })
				if _, is := held[h.APIID]; !is && (shown || !read.Whole || !h.Mine) {
					t.Fatalf("webhook %d ended without proof", h.APIID)
				} else if is && !shown && read.Whole && h.Mine {
					t.Fatalf("webhook %d did not end", h.APIID)
				}
			}
			if again := DiffHooks(list(held), read, false); len(again.Put)+len(again.End)+len(again.Changes) > 0 {
				t.Fatalf("the same read again: %+v", again)
			}
		}
	})
}

func list(held map[int64]HeldHook) []HeldHook {
	var list []HeldHook
	for id := int64(1); id <= 6; id++ {
		if h, found := held[id]; found {
			list = append(list, h)
		}
	}
	return list
}

func TestDiffHookAdmin(t *testing.T) {
	account := org.APIAccount{ID: 7, Name: "ERP sync"}
	now := time.Unix(1_700_000_000, 0)
	block := func(until time.Duration, count int) []org.BlockedDomain {
		return []org.BlockedDomain{{Destination: "https://erp.example.com", Until: now.Add(until), Reasons: []org.BlockReason{{Text: "HTTP 500", Count: count, At: now}}}}
	}
	for _, c := range []struct {
		name    string
		held    *HookAdmin
		now     HookAdmin
		put     bool
		changes string
	}{
		{name: "first", now: HookAdmin{Emails: []string{"a@x.test"}}, put: true},
		{name: "same in another order", held: &HookAdmin{Emails: []string{"a@x.test", "b@x.test"}}, now: HookAdmin{Emails: []string{"b@x.test", "a@x.test"}}},
		{
			name: "other addresses", held: &HookAdmin{Emails: []string{"a@x.test"}}, now: HookAdmin{Emails: []string{"c@x.test", "b@x.test"}}, put: true,
			changes: "webhook_emails 7 ERP sync: a@x.test -> b@x.test;c@x.test",
		},
		{name: "blocked", held: &HookAdmin{}, now: HookAdmin{Blocked: block(time.Minute, 3)}, put: true, changes: "webhook_blocked 7 ERP sync:  -> https://erp.example.com"},
		{name: "released", held: &HookAdmin{Blocked: block(time.Minute, 3)}, put: true, changes: "webhook_blocked 7 ERP sync: https://erp.example.com -> "},
		{name: "still blocked", held: &HookAdmin{Blocked: block(time.Minute, 3)}, now: HookAdmin{Blocked: block(62*time.Second, 3)}},
		{name: "blocked longer", held: &HookAdmin{Blocked: block(time.Minute, 3)}, now: HookAdmin{Blocked: block(3*time.Minute, 9)}, put: true},
	} {
		put, changes := DiffHookAdmin(c.held, c.now, account)
		if put != c.put || texts(changes) != c.changes {
			t.Errorf("%s: put %v, changes %q", c.name, put, texts(changes))
		}
	}
}

func TestChangesKeepWhatMayBeSecretOfADestination(t *testing.T) {
	held := org.Webhook{APIID: 1, ClientID: "c", Scope: "store/order/created", Destination: "https://h.example/x?key=SESAME", Active: org.Yes}
	moved := held
	moved.Destination = "https://h.example/x?key=OPEN"
	d := DiffHooks([]HeldHook{{Webhook: held}}, org.HookRead{Whole: true, Hooks: []org.Webhook{moved}}, false)
	if len(d.Changes) != 1 || d.Changes[0].Kind != HookChanged || d.Changes[0].Before == d.Changes[0].After {
		t.Fatalf("another query gives %+v", d.Changes)
	}
	d = DiffHooks(nil, org.HookRead{Whole: true, Hooks: []org.Webhook{held}}, false)
	for _, c := range append(d.Changes, DiffHooks([]HeldHook{{Webhook: held}}, org.HookRead{Whole: true, Hooks: []org.Webhook{moved}}, false).Changes...) {
		for _, secret := range []string{"SESAME", "OPEN"} {
			if strings.Contains(c.Before+c.After+c.Field, secret) {
				t.Errorf("%s tells %s", c.Kind, secret)
			}
		}
	}
}
