package views

import "rollcall/internal/audit"

// kindLook is how a kind of change is told.
type kindLook struct {
	text, sign string
	tone       Tone
}

var kindLooks = map[audit.Kind]kindLook{
	audit.AccessAdded:   {"Access added", "+", Good},
	audit.AccessRemoved: {"Access removed", "−", Bad},
	audit.RightsGained:  {"Rights gained", "↑", Warn},
	audit.RightsLost:    {"Rights lost", "↓", Info},
	audit.StatusChanged: {"Status changed", "~", Violet},
	audit.EmailChanged:  {"E-mail changed", "~", Violet},
	audit.UserRenamed:   {"User renamed", "~", Quiet},
	audit.AppGained:     {"App gained", "+", Teal},
	audit.AppLost:       {"App lost", "−", Teal},
	audit.StoreAdded:    {"Store added", "+", Good},
	audit.StoreGone:     {"Store gone", "−", Bad},
	audit.StoreRenamed:  {"Store renamed", "~", Quiet},

	audit.SubscriptionAdded:   {"Subscription added", "+", Good},
	audit.SubscriptionGone:    {"Subscription gone", "−", Bad},
	audit.SubscriptionChanged: {"Subscription changed", "~", Violet},

	audit.HookAdded:      {"Webhook seen first", "+", Good},
	audit.HookGone:       {"Webhook gone", "−", Bad},
	audit.HookState:      {"Webhook changed its state", "~", Warn},
	audit.HookChanged:    {"Webhook changed", "~", Violet},
	audit.HookBlocked:    {"Destination blocked or released", "~", Warn},
	audit.NotifyChanged:  {"Notification e-mails changed", "~", Violet},
	audit.TokenState:     {"Verification changed", "~", Warn},
	audit.TokenScopes:    {"Scopes changed", "~", Violet},
	audit.OwnerChanged:   {"Owner e-mail of the store changed", "~", Violet},
	audit.ClientAppeared: {"Unknown client seen", "+", Warn},
}

func kindText(word string) string {
	if look, ok := kindLooks[audit.Kind(word)]; ok {
		return look.text
	}
	return word
}
