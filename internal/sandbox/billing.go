package sandbox

import (
	"slices"
	"time"
)

// Billing is what the account pays for apps: one store in three has a subscription or two, in small accounts two, nobody has a checkout.

type subscriptionConnection struct {
	PageInfo pageInfo
	Edges    *[]*subscriptionEdge
}

type subscriptionEdge struct {
	Node   *subscription
	Cursor string
}

type subscription struct {
	num                       int64
	ID, AccountID             id
	ActivationDate, CreatedAt dateTime
	UpdatedAt                 dateTime
	BillingInterval           string
	CurrentPeriodEnd          *dateTime
	PricePerInterval          *money
	Product                   *subscriptionProduct
	Status                    *string
	Scope                     *subscriptionScope
}

type money struct {
	CurrencyCode string
	Value        bigDecimal
}

type subscriptionProduct struct {
	ID           id
	Type         *string
	ProductLevel string
}

type subscriptionScope struct {
	ID   id
	Type *string
}

type subscriptionFilters struct {
	IDs          *[]id
	ProductID    *id
	ProductType  *string
	ScopeID      *id
	ScopeType    *string
	Status       *string
	UpdatedAfter *dateTime
}

type subscriptionsArgs struct {
	Filters       *subscriptionFilters
	Before, After *string
	First, Last   *int32
}

func (a *accountNode[U]) Subscriptions(args subscriptionsArgs) (*subscriptionConnection, error) {
	c := a.call
	if err := c.need("account_subscriptions_read"); err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(c.subscriptions(), func(s *subscription) bool { return !args.Filters.keeps(s) })
	r := rows{"b", len(list), func(i int) int64 { return list[i].num }}
	p, err := c.page(r, pageArgs{args.Before, args.After, args.First, args.Last}, 50)
	if err != nil {
		return nil, err
	}
	edges := []*subscriptionEdge{}
	for i := p.lo; i < p.hi && !p.empty; i++ {
		edges = append(edges, &subscriptionEdge{list[i], c.cursor(r, i)})
	}
	return &subscriptionConnection{p.info, edgesOrNull(c, edges, false)}, nil
}

// keeps says whether a subscription passes; no filter passes all.
func (f *subscriptionFilters) keeps(s *subscription) bool {
	differs := func(wanted, has *string) bool { return wanted != nil && (has == nil || *wanted != *has) }
	switch {
	case f == nil:
		return true
	case f.IDs != nil && !slices.Contains(*f.IDs, s.ID),
		f.ProductID != nil && *f.ProductID != s.Product.ID, differs(f.ProductType, s.Product.Type),
		f.ScopeID != nil && *f.ScopeID != s.Scope.ID, differs(f.ScopeType, s.Scope.Type), differs(f.Status, s.Status),
		f.UpdatedAfter != nil && s.UpdatedAt <= *f.UpdatedAfter:
		return false
	}
	return true
}

// subscriptions shows what is billed.
func (c *call) subscriptions() []*subscription {
	var out []*subscription
	for _, b := range c.world.bills() {
		out = append(out, c.subscription(b))
	}
	return out
}

func (c *call) subscription(b bill) *subscription {
	text := func(at time.Time) dateTime { return formatTime("millis", at.Unix()) }
	application, scope := "APPLICATION", "STORE"
	s := &subscription{
		num: b.num, ID: id(b.ID), AccountID: c.id(c.world.accountID()),
		ActivationDate: text(b.Activated), CreatedAt: text(b.Activated), UpdatedAt: text(b.Updated), BillingInterval: b.Interval,
		Product: &subscriptionProduct{id("bc/account/product/" + itoa(b.app.num)), &application, b.Level},
		Scope:   &subscriptionScope{id("bc/account/scope/" + b.StoreHash), &scope},
	}
	if b.Price != "" {
		s.PricePerInterval = &money{"USD", bigDecimal(b.Price)}
	}
	if !b.PeriodEnd.IsZero() {
		end := text(b.PeriodEnd)
		s.CurrentPeriodEnd = &end
	}
	if b.Status != "" {
		s.Status = &b.Status
	}
	return s
}

// anyNode is a Node: a subscription, for checkouts there are none.
type anyNode struct{ subscription *subscription }

func (n *anyNode) ID() id                                { return n.subscription.ID }
func (n *anyNode) ToSubscription() (*subscription, bool) { return n.subscription, true }
func (n *anyNode) ToCheckout() (*checkout, bool)         { return nil, false }

type checkout struct {
	ID, AccountID id
	CheckoutURL   string
	Status        *string
}

type checkoutItemConnection struct {
	PageInfo pageInfo
	Edges    *[]*checkoutItemEdge
}

type checkoutItemEdge struct {
	Node   *checkoutItem
	Cursor string
}

type checkoutItem struct {
	Description, RedirectURL, Status *string
	PricingPlan                      *checkoutPlan
	Product, Scope                   *checkoutPart
	SubscriptionID                   *id
}

type checkoutPlan struct {
	Interval  *string
	Price     *money
	TrialDays *int32
}

// checkoutPart serves as product and as scope of an item.
type checkoutPart struct {
	ID           *id
	ProductLevel *string
	Type         *string
}

// Checkout never finds one.
func (a *accountNode[U]) Checkout(struct{ ID id }) (*checkout, error) {
	return nil, a.call.need("account_checkouts_read")
}

func (*checkout) Items(pageArgs) *checkoutItemConnection { return &checkoutItemConnection{} }
