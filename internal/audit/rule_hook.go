package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rollcall/internal/org"
)

// Rules about single webhooks.
var (
	HookDeactivated = Rule{
		ID: "webhook-deactivated", Title: "Webhook deactivated", Severity: High,
		Means: "BigCommerce switched the webhook off, or it is not active and nobody knows who did it. Events that happen meanwhile are lost to its receiver. " +
			"A webhook that somebody switched off on purpose is not reported.",
		Why: "The system behind it works with old data and rarely says so: orders, stock or customer data are missing there.",
		Do: "Mend the receiver first: it must answer 2xx within about ten seconds. Then reactivate the webhook on its page and catch up on what was missed. " +
			"If nobody needs it, ask the owner of its API account to delete it.",
		Refs: []string{"SOC 2 CC7.2", "ISO 27001 A.8.16"},
	}
	HookHeldBack = Rule{
		ID: "webhook-blocked", Title: "Deliveries held back", Severity: Medium,
		Means: "When it was last read, BigCommerce held back what this client sends to the domain. A block ends by itself after about three minutes, so it may be over by now.",
		Why:   "A receiver that fails so often loses time now and its webhooks later: when the retries run out, BigCommerce deactivates them.",
		Do:    "Ask who runs the receiver to look at its errors and its load. A receiver should put events in a queue and answer at once.",
		Refs:  []string{"SOC 2 CC7.2", "ISO 27001 A.8.16"},
	}
	HookInsecure = Rule{
		ID: "webhook-insecure-destination", Title: "Destination is not HTTPS on port 443", Severity: High,
		Means: "Events go to an address that BigCommerce would not accept for a new webhook: not HTTPS, another port, or a bare address.",
		Why:   "Over plain http anybody on the way can read or change events, and some name customers and orders. Other ports and bare addresses often mean a forgotten test.",
		Do:    "Let the integration make the webhook again with an https address on port 443, then delete this one.",
		Refs:  []string{"PCI DSS 4.2.1", "ISO 27001 A.8.24", "NIST SC-8"},
	}
	HookDuplicate = Rule{
		ID: "webhook-duplicate", Title: "Same webhook twice", Severity: Low,
		Means: "The store has an older webhook of the same client for the same event and destination. BigCommerce accepts no such pair any more, older ones stay.",
		Why:   "The receiver gets each event twice and may count, ship or charge twice. Each one takes a place of the limit too.",
		Do:    "Check that the receiver ignores events with a hash it has seen, then delete one of the two through its API account.",
		Refs:  []string{"ISO 27001 A.5.9"},
	}
)

func findDeactivated(r *Rule, e Estate) (list []Finding) {
	for i := range e.Hooks {
		h := &e.Hooks[i]
		f := Finding{Rule: r, Severity: r.Severity, Subject: hookSubject(h)}
		switch h.State() {
		case org.HookDeactivated:
			f.Says = fmt.Sprintf("BigCommerce deactivated the webhook for %s to %s.", h.Scope, target(h))
		case org.HookOff:
			f.Severity = Medium
			f.Says = fmt.Sprintf("The webhook for %s to %s is not active, and the list that tells why was not read.", h.Scope, target(h))
		default:
			continue
		}
		f.Evidence = []Evidence{{"state", string(h.State())}, {"destination", org.ShownDestination(h.Destination)}}
		if !h.DownSince.IsZero() {
			f.Evidence = append(f.Evidence, Evidence{"seen down since", day(h.DownSince)})
		}
		if h.Likely != "" {
			f.Evidence = append(f.Evidence, Evidence{"likely cause", h.Likely})
		}
		f.Evidence = append(f.Evidence, seen(h))
		list = append(list, f)
	}
	return list
}

// target is where a webhook delivers, for sentences.
func target(h *org.WebhookRow) string {
	if h.Host != "" {
		return h.Host
	}
	return org.ShownDestination(h.Destination)
}

func findBlocked(r *Rule, e Estate) (list []Finding) {
	for i := range e.Hooks {
		h := &e.Hooks[i]
		if h.Blocked == nil {
			continue
		}
		f := Finding{Rule: r, Severity: r.Severity, Subject: hookSubject(h)}
		f.Says = fmt.Sprintf("BigCommerce held back deliveries to %s until %s.", target(h), day(h.Blocked.Until))
		for _, reason := range h.Blocked.Reasons {
			f.Evidence = append(f.Evidence, Evidence{"reason", fmt.Sprintf("%s (%s)", reason.Text, counted(reason.Count, "time"))})
		}
		f.Evidence = append(f.Evidence, Evidence{"blocked", org.ShownDestination(h.Blocked.Destination)}, seen(h))
		list = append(list, f)
	}
	return list
}

func findInsecure(r *Rule, e Estate) (list []Finding) {
	for i := range e.Hooks {
		h := &e.Hooks[i]
		why := h.Insecure()
		if why == "" {
			continue
		}
		f := Finding{Rule: r, Severity: r.Severity, Subject: hookSubject(h)}
		if !strings.HasPrefix(strings.ToLower(strings.TrimSpace(h.Destination)), "http:") {
			f.Severity = Medium
		}
		if h.State().Down() {
			f.Severity = Low // it sends nothing now, but would again once reactivated
		}
		f.Says = fmt.Sprintf("The webhook for %s goes to %s: %s.", h.Scope, org.ShownDestination(h.Destination), why)
		f.Evidence = []Evidence{{"destination", org.ShownDestination(h.Destination)}, {"state", string(h.State())}, seen(h)}
		list = append(list, f)
	}
	return list
}

// twin is what makes two webhooks the same.
type twin struct{ store, client, scope, destination string }

func findDuplicates(r *Rule, e Estate) (list []Finding) {
	first := make(map[twin]*org.WebhookRow, len(e.Hooks))
	for i := range e.Hooks {
		h := &e.Hooks[i]
		key := twin{h.StoreHash, h.ClientID, h.Scope, strings.TrimSpace(h.Destination)}
		if before := first[key]; before == nil || h.APIID < before.APIID {
			first[key] = h
		}
	}
	for i := range e.Hooks {
		h := &e.Hooks[i]
		older := first[twin{h.StoreHash, h.ClientID, h.Scope, strings.TrimSpace(h.Destination)}]
		if older.APIID == h.APIID || h.ClientID == "" {
			continue
		}
		list = append(list, Finding{
			Rule: r, Severity: r.Severity, Subject: hookSubject(h),
			Says: fmt.Sprintf("Webhook %d does the same as webhook %d: %s to %s.", h.APIID, older.APIID, h.Scope, org.ShownDestination(h.Destination)),
			Evidence: []Evidence{
				{"webhook", number(h.APIID) + ", " + string(h.State())}, {"the same as", number(older.APIID) + ", " + string(older.State())}, seen(h),
			},
		})
	}
	return list
}

// latestRead is when the newest of some webhooks was read.
func latestRead(hooks []*org.WebhookRow) time.Time {
	return slices.MaxFunc(hooks, func(a, b *org.WebhookRow) int { return a.ReadAt.Compare(b.ReadAt) }).ReadAt
}
