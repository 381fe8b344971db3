package audit

import (
	"fmt"
	"time"

	"rollcall/internal/org"
)

// Documented limits of webhooks (facts 2.3).
const (
	hookIdleDays = 90             // without activity a hook is deactivated
	hookRetries  = 48 * time.Hour // all retries together
)

// Siblings counts the other webhooks of the same client to the same host.
type Siblings struct{ Active, Deactivated int }

// Likely names the documented rule that probably explains why a webhook does not deliver (facts 2.3). BigCommerce does
// not tell which rule it applied, so the text says likely wherever it concludes. Empty when nothing needs explaining.
func Likely(h org.WebhookRow, others Siblings) string {
	text := ""
	switch h.State() {
	case org.HookDeactivated:
		text = likelyDeactivated(h, others)
	case org.HookInactive:
		text = "Likely switched off on purpose, through the API by whoever holds a token of its client: " +
			"when BigCommerce switches a webhook off itself, the status is deactivated."
	case org.HookOff:
		text = "Either switched off through the API or deactivated by BigCommerce: the list that tells which was not read."
	}
	if h.Blocked == nil {
		return text
	}
	if text != "" {
		text += " "
	}
	return text + "Likely fewer than 90 % of at least 100 deliveries within two minutes succeeded: " +
		"BigCommerce then holds back what this client sends to the domain for three minutes, and tries again."
}

func likelyDeactivated(h org.WebhookRow, others Siblings) string {
	const (
		retries = "Likely its retries ran out: BigCommerce deactivates a webhook after 11 failed tries in about 48 hours"
		idle    = "Likely it had no activity for 90 days, after which BigCommerce deactivates a webhook"
	)
	age, known := ageWhenDeactivated(h)
	switch {
	case known && age < hookIdleDays*24*time.Hour:
		return fmt.Sprintf("%s. The rule of 90 days without activity does not explain it: it was changed last %s after it was made.", retries, spell(age))
	case others.Deactivated > 0 && others.Active == 0:
		return fmt.Sprintf("%s. All %d webhooks of its client to this host are deactivated.", retries, others.Deactivated+1)
	case others.Active > 0 && known:
		return fmt.Sprintf("%s. The host still answers for %s of its client.", idle, counted(others.Active, "other webhook"))
	}
	return "Likely one of two documented rules: 11 failed tries in about 48 hours, or 90 days without activity. Which one is not told."
}

// ageWhenDeactivated is how old the webhook was when it was changed last; unknown when one of the times is.
func ageWhenDeactivated(h org.WebhookRow) (time.Duration, bool) {
	if h.CreatedAt.At.IsZero() || h.UpdatedAt.At.IsZero() || h.UpdatedAt.At.Before(h.CreatedAt.At) {
		return 0, false
	}
	return h.UpdatedAt.At.Sub(h.CreatedAt.At), true
}

// spell tells a duration in whole days, or in hours below two days.
func spell(d time.Duration) string {
	if d < hookRetries {
		return counted(int(d/time.Hour), "hour")
	}
	return counted(int(d/(24*time.Hour)), "day")
}
