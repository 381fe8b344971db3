package export_test

import (
	"context"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

func (f *fake) EachFinding(_ context.Context, _ org.Scope, _ org.Query, _ org.Settings, row func(audit.KeptFinding) error) error {
	seen := audit.Turn{Snapshot: 10, At: at("2026-03-01T02:00:00Z")}
	accepted := audit.FindingState{
		Rule: audit.AccessInactive.ID, Severity: audit.Medium, Status: audit.FindingAccepted,
		Subject:   audit.Subject{Kind: audit.OfAccess, Key: "7/a1b2c3", Label: "=ann@example.com", User: 7, Store: 1, StoreName: `Acme, "North"`},
		Says:      "=ann@example.com has not signed in for 91 days.",
		Evidence:  []audit.Evidence{{Name: "last sign-in", Value: "2025-11-30 02:00 UTC"}, {Name: "role", Value: "custom; 3 more"}},
		FirstSeen: seen.At, LastSeen: at("2026-03-31T02:10:09Z"),
		Decision: &audit.Decision{
			Status: audit.FindingAccepted, Owner: "Olga", Reason: "Needed for the\nyearly closing", By: "Ben", At: at("2026-04-02T09:00:00Z"), Until: at("2026-07-01T00:00:00Z"),
		},
	}
	open := audit.FindingState{
		Rule: "rule-of-old", Severity: audit.High, Status: audit.FindingOpen, Subject: audit.Subject{Kind: audit.OfAccount, Key: "x", Label: "Acme"},
		Says: "Something is wrong.", FirstSeen: seen.At, LastSeen: seen.At, Doubt: audit.DoubtStoreList,
	}
	return eachOf([]audit.KeptFinding{
		{ID: 1, FindingState: accepted, StoreHash: "a1b2c3", Text: seen, Later: true},
		{ID: 2, FindingState: open, Text: seen},
	}, row, f.fail)
}

func (f *fake) CountFindings(context.Context, org.Scope, org.Query, org.Settings) (int, error) {
	return 2, nil
}
