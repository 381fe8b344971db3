package account

import (
	"rollcall/internal/account/plan"
	"rollcall/internal/org"
)

func (p SubscriptionPage) into(page *org.Page) {
	p.PageInfo.into(page)
	page.NoEdges = p.Edges == nil
	for _, edge := range p.Edges {
		if edge == nil || edge.Node.Id == "" {
			page.NullEdges++
			continue
		}
		page.Subscriptions = append(page.Subscriptions, edge.Node.subscription())
		page.Cursors = append(page.Cursors, string(edge.Cursor))
	}
}

func (b Billed) subscription() org.Subscription {
	s := org.Subscription{
		APIID: string(b.Id), Product: string(b.Product.Id), ProductType: string(b.Product.Type), Level: string(b.Product.ProductLevel),
		Scope: string(b.Scope.Id), ScopeType: string(b.Scope.Type), Status: string(b.Status), Interval: string(b.BillingInterval),
		PeriodEnd: org.Moment(b.CurrentPeriodEnd), Activated: org.Moment(b.ActivationDate), Created: org.Moment(b.CreatedAt),
		Updated: org.Moment(b.UpdatedAt),
	}
	if b.PricePerInterval != nil {
		s.Price, s.Currency = string(b.PricePerInterval.Value), string(b.PricePerInterval.CurrencyCode)
	}
	return s
}

// spoilSubscriptions takes no period end for absent that an error may have emptied.
func (p part) spoilSubscriptions(list []org.Subscription) {
	if len(list) == 0 || !p.spoilt("currentPeriodEnd") {
		return
	}
	for i := range list {
		if list[i].PeriodEnd.At.IsZero() {
			list[i].PeriodEnd = org.Moment{}
		}
	}
}

// aside replaces the error of a request in which subscriptions rode along: an error of theirs fails the whole answer,
// because no field above them may be null (facts 1.3). They are then asked for alone, so that nothing else waits for them.
func aside(outcome plan.Outcome, err error) error {
	switch {
	case err == nil || !outcome.BlamesSubscriptions():
		return err
	case outcome.Request.OnlySubscriptions() && org.KindOf(err) == org.KindScope:
		return org.Problem(org.KindScope, noSubscriptions, err)
	case outcome.Kind == org.KindScope:
		return org.Problem(org.KindTooComplex, "BigCommerce refused a request that also asked for subscriptions. Rollcall asks without them.", err)
	}
	return err
}

// noSubscriptions says why subscriptions cannot be read.
const noSubscriptions = "The token lacks the scope account_subscriptions_read (Account Subscriptions, read-only)."
