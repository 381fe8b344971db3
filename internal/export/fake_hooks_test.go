package export_test

import (
	"context"
	"time"

	"rollcall/internal/org"
)

func (f *fake) hooks() []org.WebhookRow {
	seen := at("2026-03-01T02:00:00Z")
	return []org.WebhookRow{
		{
			ID: 1, Store: 1, StoreHash: "a1b2c3", StoreName: `Acme, "North"`, Host: "erp.example.test", EmailsRead: true,
			Webhook: org.Webhook{
				APIID: 27654321, ClientID: "client0001", Scope: "store/order/created", Destination: "https://erp.example.test/in?a=1", Active: org.No,
				Status: "deactivated", Headers: []string{"X-Key", "x;odd"}, CreatedAt: org.At(at("2025-01-01T00:00:00Z")), UpdatedAt: org.At(at("2026-03-20T00:00:00Z")),
			},
			Emails:  []string{"ops@example.test", "-dev@example.test"},
			Blocked: &org.BlockedDomain{Destination: "erp.example.test", Until: at("2026-03-31T02:13:09Z"), Reasons: []org.BlockReason{{Text: "=503", Count: 12}}},
			Through: org.TokenRef{ID: 5, Label: "Orders to ERP", ClientID: "client0001"}, Approved: org.Yes, FirstSeen: seen,
			ReadAt: at("2026-03-31T02:10:09Z"), Current: true, Likely: "Likely its retries ran out.", DownSince: at("2026-03-21T02:10:09Z"),
		},
		{
			ID: 2, Store: 2, StoreHash: "=d4e5f6", StoreName: "+Süd 李", Host: "old.example.test",
			Webhook: org.Webhook{APIID: 2, ClientID: "client0002", Scope: "store/cart/*", Destination: "http://old.example.test", CreatedAt: org.Never()},
			Through: org.TokenRef{ID: 6, Label: "@Old"}, Approved: org.No, FirstSeen: seen, ReadAt: at("2026-03-11T02:10:09Z"),
		},
	}
}

func (f *fake) EachWebhook(_ context.Context, _ org.Scope, _ org.Query, _ org.Settings, row func(org.WebhookRow) error) error {
	return eachOf(f.hooks(), row, f.fail)
}

func (f *fake) CountWebhooks(context.Context, org.Scope, org.Query, org.Settings) (int, error) {
	return len(f.hooks()), nil
}

func (f *fake) apiAccounts() []org.APIAccount {
	return []org.APIAccount{
		{
			ID: 5, Store: 1, StoreHash: "a1b2c3", StoreName: `Acme, "North"`, Name: "Orders to ERP", Kind: org.APIAccountToken, ClientID: "client0001",
			TokenLast4: "wxyz", SecretLast4: "9abc", HasToken: true, Declared: []string{"store_v2_orders"}, Owner: "=Ann", Purpose: "orders, both ways",
			System: "ERP", Notes: "two\nlines", Created: "2025-01-01", Rotated: "2026-01-01", ReviewDue: "2026-06-30",
			AddedAt: at("2026-03-01T09:00:00Z"), AddedBy: "local:ann", Hooks: 1, HooksDown: 1, Shared: []org.TokenRef{{ID: 6, Label: "@Old"}},
			Proof: org.Proof{
				State: org.ProofValid, CheckedAt: at("2026-03-31T02:10:09Z"), WorkedAt: at("2026-03-31T02:10:09Z"), Scopes: []string{"store_v2_orders", "store_v2_products"},
				ScopesBy: org.ScopesByGraphQL, ScopesWhole: true, ClientID: "client0001", StoreHash: "a1b2c3", AdminEmail: "owner@example.test", StoreStatus: "live", Plan: "Pro",
			},
		},
		{ID: 6, StoreHash: "zz9", Name: "@Old", Kind: org.APIAccountApp, AddedAt: time.Time{}, Proof: org.Proof{State: org.ProofNone}},
	}
}

func (f *fake) EachAPIAccount(_ context.Context, _ org.Scope, _ org.Query, _ org.Settings, row func(org.APIAccount) error) error {
	return eachOf(f.apiAccounts(), row, f.fail)
}

func (f *fake) CountAPIAccounts(context.Context, org.Scope, org.Query, org.Settings) (int, error) {
	return len(f.apiAccounts()), nil
}

func (f *fake) HooksRead(context.Context, org.Scope, org.Query, org.Settings) (org.Coverage, []org.StoreCoverage, error) {
	read := org.Coverage{
		Stores: 3, WithToken: 2, StoresRead: 1, Tokens: 2, TokensRead: 1, Clients: 2, Foreign: 1,
		ReadFrom: at("2026-03-11T02:10:09Z"), ReadTo: at("2026-03-31T02:10:09Z"),
	}
	failed := []org.StoreCoverage{
		{Store: 2, StoreHash: "=d4e5f6", StoreName: "+Süd 李", Registered: 1, Tokens: 1, ReadAt: at("2026-03-11T02:10:09Z")},
		{Store: 3, StoreHash: "zz9", StoreName: "Never read"},
	}
	return read, failed, nil
}
