package web

import (
	"context"

	"rollcall/internal/org"
)

func (f *fake) Apps(_ context.Context, _ org.Scope, q org.Query, _ org.Settings) (org.AppPage, error) {
	row := org.AppRow{ID: 1, App: org.App{APIID: "bc/account/app/7", Name: "Mailer"}, Stores: 2, Known: 3}
	return org.AppPage{Rows: []org.AppRow{row}, Total: 1, From: 1, Known: 3}, f.note(q)
}

func (f *fake) App(_ context.Context, _ org.Scope, id org.AppID, q org.Query, _ org.Settings) (org.AppDetail, error) {
	if id != 1 {
		return org.AppDetail{}, org.NotFound("app")
	}
	return org.AppDetail{AppRow: org.AppRow{ID: id, App: org.App{APIID: "bc/account/app/7", Name: "Mailer"}}}, f.note(q)
}

func (f *fake) AppMatrix(_ context.Context, _ org.Scope, q org.Query, _ org.Settings, _, _ int) (org.AppMatrix, error) {
	return org.AppMatrix{}, f.note(q)
}

func (f *fake) Subscriptions(_ context.Context, _ org.Scope, q org.Query, _ org.Settings) (org.SubscriptionPage, error) {
	read := org.FacetRead{State: org.FacetDenied, Error: "The token lacks the scope account_subscriptions_read."}
	return org.SubscriptionPage{Read: read}, f.note(q)
}

func (f *fake) EachApp(context.Context, org.Scope, org.Query, org.Settings, func(org.AppRow) error) error {
	return f.fail
}

func (f *fake) EachSubscription(context.Context, org.Scope, org.Query, org.Settings, func(org.SubscriptionRow) error) error {
	return f.fail
}

func (f *fake) CountApps(context.Context, org.Scope, org.Query, org.Settings) (int, error) {
	return 0, nil
}

func (f *fake) CountSubscriptions(context.Context, org.Scope, org.Query, org.Settings) (int, error) {
	return 0, nil
}

func (f *fake) AppsRead(context.Context, org.Scope, org.Query, org.Settings) (org.FacetRead, error) {
	return org.FacetRead{State: org.FacetComplete}, nil
}

func (f *fake) SubscriptionsRead(context.Context, org.Scope, org.Query, org.Settings) (org.FacetRead, error) {
	return org.FacetRead{State: org.FacetComplete}, nil
}
