package org

import (
	"strings"
	"time"
)

// SubscriptionID is the local number of a subscription.
type SubscriptionID int64

// Subscription is what the account pays for an app in a store, as the Account API names it (facts 1.5, 1.6). Words and
// amounts stand as they were given; empty ones were not provided.
type Subscription struct {
	APIID       string // opaque
	Product     string // API id of the product
	ProductType string
	Level       string // the plan, by the app's own name for it
	Scope       string // API id of what it is for
	ScopeType   string
	Status      string
	Interval    string // of billing
	Price       string // for an interval, as written; empty: none was given
	Currency    string
	PeriodEnd   Moment // end of the current period; a read one without a time was null
	Activated   Moment
	Created     Moment
	Updated     Moment
}

// Statuses of the published schema; others are kept as they come (design law 6).
const (
	SubscriptionActive    = "ACTIVE"
	SubscriptionSuspended = "SUSPENDED"
	SubscriptionCancelled = "CANCELLED"
)

// Cost is the price with its currency as given, "unknown" when no price came.
func (s Subscription) Cost() string {
	if s.Price == "" {
		return "unknown"
	}
	return strings.TrimSpace(s.Price + " " + s.Currency)
}

// lastPart is what stands behind the last slash of an API id.
func lastPart(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

// AppNumber is the end of the product's API id, which is documented to be the number of the app (facts 1.5). It serves
// to find the app among those that were read and is never sent.
func (s Subscription) AppNumber() string { return lastPart(s.Product) }

// StoreHash is the end of the scope's API id, which is documented to be the hash of the store (facts 1.5).
func (s Subscription) StoreHash() string { return lastPart(s.Scope) }

// Number is the end of the app's API id.
func (a App) Number() string { return lastPart(a.APIID) }

// SubscriptionRow is a subscription as lists and files show it.
type SubscriptionRow struct {
	Subscription
	ID        SubscriptionID
	App       AppID  // 0: no app of that number was ever read
	AppAPIID  string // of that app
	AppName   string
	Store     StoreID // 0: no store of that hash is known
	StoreName string
	FirstSeen time.Time
	Unseen    bool // the last read did not show it, but did not prove its end either
}

// Label names a subscription for people: the app, or the end of the product's id, and the plan.
func (s SubscriptionRow) Label() string { return SubscriptionLabel(s.Subscription, s.AppName) }

// SubscriptionLabel is the app, or the end of the product's id where its name is not known, and the plan.
func SubscriptionLabel(s Subscription, app string) string {
	if app == "" {
		app = "product " + s.AppNumber()
	}
	if s.Level != "" {
		app += ", " + s.Level
	}
	return app
}

// SubscriptionPage is a page of subscriptions. Read is how their list is known: a missing scope is told there.
type SubscriptionPage struct {
	Rows       []SubscriptionRow
	Read       FacetRead
	Total      int
	From       int
	Next, Prev string
	Statuses   []Choice // that occur
	Apps       []Choice // value: app API id
}
