package export_test

import (
	"context"

	"rollcall/internal/org"
)

func (f *fake) EachApp(_ context.Context, _ org.Scope, _ org.Query, _ org.Settings, row func(org.AppRow) error) error {
	seen := at("2025-12-01T02:00:00Z")
	return eachOf([]org.AppRow{
		{
			ID: 1, App: org.App{APIID: "bc/account/app/7", Name: "=Mail & Co"}, Stores: 1, Known: 2, Unknown: 1, Users: 2, Accesses: 3, UsersRead: org.Yes,
			FirstSeen: seen, Changed: at("2026-03-30T02:10:09Z"), Hashes: []string{"a1b2c3"}, Doubtful: []string{"zz9"},
		},
		{ID: 2, App: org.App{APIID: "bc/account/app/8", Name: "Ship"}, Known: 3, UsersRead: org.Unknown, FirstSeen: seen},
	}, row, f.fail)
}

func (f *fake) CountApps(context.Context, org.Scope, org.Query, org.Settings) (int, error) {
	return 2, nil
}

func (f *fake) AppsRead(context.Context, org.Scope, org.Query, org.Settings) (org.FacetRead, error) {
	return org.FacetRead{State: org.FacetIncomplete, Expected: 3, Received: 2, Error: "The apps of 1 store are not known."}, nil
}

func (f *fake) EachSubscription(_ context.Context, _ org.Scope, _ org.Query, _ org.Settings, row func(org.SubscriptionRow) error) error {
	activated := org.At(at("2025-12-24T10:00:00Z"))
	return eachOf([]org.SubscriptionRow{
		{
			ID: 1, App: 1, AppAPIID: "bc/account/app/7", AppName: "=Mail & Co", Store: 1, StoreName: `Acme, "North"`, FirstSeen: at("2026-01-01T02:00:00Z"),
			Subscription: org.Subscription{
				APIID: "bc/account/subscription/1", Product: "bc/account/product/7", ProductType: "APPLICATION", Level: "Standard",
				Scope: "bc/account/scope/a1b2c3", ScopeType: "STORE", Status: "ACTIVE", Interval: "MONTH", Price: "19.90", Currency: "USD",
				PeriodEnd: org.At(at("2026-04-24T10:00:00Z")), Activated: activated, Created: activated, Updated: activated,
			},
		},
		{
			ID: 2, FirstSeen: at("2026-01-01T02:00:00Z"), Unseen: true,
			Subscription: org.Subscription{
				APIID: "bc/account/subscription/2", Product: "bc/account/product/99", Scope: "bc/account/scope/unknown0",
				Interval: "FORTNIGHT", PeriodEnd: org.Never(), Activated: activated,
			},
		},
	}, row, f.fail)
}

func (f *fake) CountSubscriptions(context.Context, org.Scope, org.Query, org.Settings) (int, error) {
	return 2, nil
}

func (f *fake) SubscriptionsRead(context.Context, org.Scope, org.Query, org.Settings) (org.FacetRead, error) {
	return org.FacetRead{State: org.FacetDenied, Expected: -1, ReadAt: at("2026-03-29T02:10:09Z"), Error: "The token lacks a scope."}, nil
}
