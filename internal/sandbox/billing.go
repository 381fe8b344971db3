package sandbox

import "slices"

// Billing is there so that every query of the schema runs; one store in three has a subscription, nobody has a checkout.

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
	switch {
	case f == nil:
		return true
	case f.IDs != nil && !slices.Contains(*f.IDs, s.ID),
		f.ProductID != nil && *f.ProductID != s.Product.ID,
		f.ProductType != nil && *f.ProductType != *s.Product.Type,
		f.ScopeID != nil && *f.ScopeID != s.Scope.ID,
		f.ScopeType != nil && *f.ScopeType != *s.Scope.Type,
		f.Status != nil && *f.Status != *s.Status,
		f.UpdatedAfter != nil && s.UpdatedAt <= *f.UpdatedAfter:
		return false
	}
	return true
}

// subscriptions derives what is billed from the stores; equal worlds have equal subscriptions.
func (c *call) subscriptions() []*subscription {
	var out []*subscription
	for _, s := range c.world.stores {
		if s.num%3 == 0 && len(s.apps) > 0 {
			out = append(out, c.subscription(s))
		}
	}
	return out
}

func (c *call) subscription(s *store) *subscription {
	const day = 24 * 60 * 60
	application, scope, status, interval := "APPLICATION", "STORE", "ACTIVE", "MONTH"
	if s.num%7 == 0 {
		status, interval = "SUSPENDED", "ANNUAL"
	}
	created := c.world.now.Unix() - (30+s.num%400)*day
	end := formatTime("millis", c.world.now.Unix()+(s.num%30)*day)
	return &subscription{
		num: s.num, ID: id("bc/account/subscription/00000000-0000-4000-8000-" + pad12(s.num)), AccountID: c.id(c.world.accountID()),
		ActivationDate: formatTime("millis", created), CreatedAt: formatTime("millis", created), UpdatedAt: formatTime("millis", created),
		BillingInterval: interval, CurrentPeriodEnd: &end, PricePerInterval: &money{"USD", bigDecimal(itoa(9+s.num%40) + ".99")},
		Product: &subscriptionProduct{id("bc/account/product/" + itoa(s.apps[0].num)), &application, "Standard"},
		Status:  &status, Scope: &subscriptionScope{id("bc/account/scope/" + s.hash), &scope},
	}
}

func pad12(n int64) string {
	text := itoa(n)
	return "000000000000"[min(len(text), 12):] + text
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
