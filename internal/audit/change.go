// Package audit compares what was known with what was read and judges it: changes now, findings and rules.
// It is pure: values in, values out.
package audit

import "rollcall/internal/org"

// Kind names what changed. The words appear in files and addresses and never change their meaning.
type Kind string

// Kinds of changes (design 3).
const (
	AccessAdded   Kind = "access_added"
	AccessRemoved Kind = "access_removed"
	StatusChanged Kind = "status_changed"
	RightsGained  Kind = "rights_gained"
	RightsLost    Kind = "rights_lost"
	UserRenamed   Kind = "user_renamed"
	EmailChanged  Kind = "email_changed"
	AppGained     Kind = "app_gained"
	AppLost       Kind = "app_lost"
	StoreAdded    Kind = "store_added"
	StoreGone     Kind = "store_gone"
	StoreRenamed  Kind = "store_renamed"
)

// Kinds of changes of what acts on a store. Field names the webhook (its id and event scope) or the API account.
const (
	HookAdded      Kind = "webhook_added"
	HookGone       Kind = "webhook_gone"
	HookState      Kind = "webhook_state"   // before and after are states
	HookChanged    Kind = "webhook_changed" // another destination, event scope or set of headers
	HookBlocked    Kind = "webhook_blocked" // its destination was blocked or released
	NotifyChanged  Kind = "webhook_emails"  // who is told when hooks are switched off
	TokenState     Kind = "api_account_state"
	TokenScopes    Kind = "api_account_scopes"
	OwnerChanged   Kind = "store_owner_email" // the best hint for a new owner (facts 2.4)
	ClientAppeared Kind = "unknown_client"
)

// Kinds of changes of what the account pays for. Before and after name the app and the plan.
const (
	SubscriptionAdded   Kind = "subscription_added"
	SubscriptionGone    Kind = "subscription_gone"
	SubscriptionChanged Kind = "subscription_changed" // status, price, interval or plan
)

// Kinds lists every kind in the order in which filters offer them.
func Kinds() []Kind {
	return []Kind{
		AccessAdded, AccessRemoved, RightsGained, RightsLost, StatusChanged, EmailChanged, UserRenamed,
		AppGained, AppLost, StoreAdded, StoreGone, StoreRenamed,
		HookAdded, HookGone, HookState, HookChanged, HookBlocked, NotifyChanged, TokenState, TokenScopes, OwnerChanged,
		ClientAppeared,
		SubscriptionAdded, SubscriptionGone, SubscriptionChanged,
	}
}

// Change is one difference. User is the API id, empty when it concerns a store only.
type Change struct {
	Kind   Kind
	User   string
	Store  string // hash; only DiffStores fills it, other differences lie within one store
	Email  string // as of the change; for removals the last known one
	Field  string // what changed, for example permissions, status, name
	Before string
	After  string
	App    string // API id of the app that it is about; empty when it is about none
}

// Held is an access as history holds it when a read arrives.
type Held struct {
	org.StoreUser
	Unseen bool // the last complete read lacked it without proving its end
}
