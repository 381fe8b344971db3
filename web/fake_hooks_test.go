package web

import (
	"context"

	"rollcall/internal/org"
)

// EachWebhook and its like hand out nothing: pages of made files are tested with other kinds.
func (f *fake) EachWebhook(_ context.Context, _ org.Scope, q org.Query, _ org.Settings, _ func(org.WebhookRow) error) error {
	return f.note(q)
}

func (f *fake) CountWebhooks(context.Context, org.Scope, org.Query, org.Settings) (int, error) {
	return 0, nil
}

func (f *fake) EachAPIAccount(_ context.Context, _ org.Scope, q org.Query, _ org.Settings, _ func(org.APIAccount) error) error {
	return f.note(q)
}

func (f *fake) CountAPIAccounts(context.Context, org.Scope, org.Query, org.Settings) (int, error) {
	return 0, nil
}

func (f *fake) HooksRead(context.Context, org.Scope, org.Query, org.Settings) (org.Coverage, []org.StoreCoverage, error) {
	return org.Coverage{}, nil, nil
}
