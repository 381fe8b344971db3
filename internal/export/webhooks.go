package export

import (
	"context"

	"rollcall/internal/org"
)

// Kinds of files about what acts on stores. No secret is in them: of tokens and client secrets the last four
// characters, of headers the names.
const (
	Webhooks    Kind = "webhooks"
	APIAccounts Kind = "api-accounts"
)

// HookSource hands out webhooks and API accounts, as Source does: as they were known when the snapshot was closed.
type HookSource interface {
	EachWebhook(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, row func(org.WebhookRow) error) error
	CountWebhooks(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (int, error)
	EachAPIAccount(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, row func(org.APIAccount) error) error
	CountAPIAccounts(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (int, error)
	// HooksRead tells how much the registered tokens showed, and of which of the stores that the query names not every
	// token was read.
	HooksRead(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.Coverage, []org.StoreCoverage, error)
}

var webhookColumns = concat(
	columns(Text, "account_uuid", "account_name", "store_hash", "store_name", "webhook_id", "event", "destination", "host",
		"host_approved", "insecure", "state", "active", "status", "likely_cause"),
	columns(Time, "down_since"), columns(Text, "blocked"), columns(Time, "blocked_until"), columns(List, "block_reasons"),
	columns(List, "notified_emails", "header_names"),
	columns(Text, "client_id", "seen_through"), columns(Number, "api_account_id"),
	columns(Time, "created_at", "updated_at", "first_seen_at", "read_at"), columns(Text, "current"),
	columns(Number, "snapshot_id"))

var apiAccountColumns = concat(
	columns(Text, "account_uuid", "account_name"), columns(Number, "api_account_id"),
	columns(Text, "store_hash", "store_name", "name", "kind", "client_id", "token_kept", "token_last4", "secret_last4",
		"owner", "purpose", "system", "notes", "created_on", "rotated_on", "review_due"),
	columns(Time, "added_at"), columns(Text, "added_by", "state", "cause"), columns(Time, "state_since", "last_worked_at"),
	columns(List, "declared_scopes", "proven_scopes", "extra_scopes"), columns(Text, "scopes_by", "scopes_whole"),
	columns(Text, "told_client_id", "told_store_hash", "told_account_uuid", "told_admin_email", "told_store_status", "told_plan"),
	columns(Number, "webhook_count", "webhooks_down"), columns(List, "shared_with"), columns(Number, "snapshot_id"))

func writeWebhooks(ctx context.Context, source Source, job Job, t table) (int, error) {
	each := func(row func(org.WebhookRow) error) error {
		return source.EachWebhook(ctx, job.Scope, job.query(), job.Settings, row)
	}
	return writeRows(t, webhookColumns, each, func(r *row, h org.WebhookRow) {
		r.text(job.Account.UUID)
		r.text(job.account().Name)
		r.text(h.StoreHash)
		r.text(h.StoreName)
		r.textNumber(h.APIID)
		r.text(h.Scope)
		r.text(org.ShownDestination(h.Destination))
		r.text(h.Host)
		r.text(h.Approved.String())
		r.text(h.Insecure())
		r.text(string(h.State()))
		r.text(h.Active.String())
		r.text(given(h.Status))
		r.text(h.Likely)
		r.time(h.DownSince)
		hookNotices(r, h)
		r.list(h.Headers)
		r.text(h.ClientID)
		r.text(h.Through.Label)
		r.number(int64(h.Through.ID))
		r.instant(h.CreatedAt)
		r.instant(h.UpdatedAt)
		r.time(h.FirstSeen)
		r.time(h.ReadAt)
		r.yes(h.Current)
		r.number(int64(job.Snapshot.ID))
	})
}

// hookNotices writes what belongs to all webhooks of a client: blocks and who is told. It is unknown where it was not
// read.
func hookNotices(r *row, h org.WebhookRow) {
	if !h.EmailsRead {
		r.text(unknown)
		r.blank()
		r.unknownList()
		r.unknownList()
		return
	}
	r.yes(h.Blocked != nil)
	var reasons []string
	if h.Blocked != nil {
		r.time(h.Blocked.Until)
		for _, reason := range h.Blocked.Reasons {
			reasons = append(reasons, reason.Text)
		}
	} else {
		r.blank()
	}
	r.list(reasons)
	r.list(h.Emails)
}

func writeAPIAccounts(ctx context.Context, source Source, job Job, t table) (int, error) {
	each := func(row func(org.APIAccount) error) error {
		return source.EachAPIAccount(ctx, job.Scope, job.query(), job.Settings, row)
	}
	return writeRows(t, apiAccountColumns, each, func(r *row, a org.APIAccount) {
		r.text(job.Account.UUID)
		r.text(job.account().Name)
		r.number(int64(a.ID))
		r.text(a.StoreHash)
		r.text(a.StoreName)
		r.text(a.Name)
		r.text(string(a.Kind))
		r.text(a.ClientID)
		r.yes(a.HasToken)
		for _, text := range []string{a.TokenLast4, a.SecretLast4, a.Owner, a.Purpose, a.System, a.Notes, a.Created, a.Rotated, a.ReviewDue} {
			r.text(text)
		}
		r.time(a.AddedAt)
		r.text(a.AddedBy)
		proofCells(r, a)
		r.count(a.Hooks)
		r.count(a.HooksDown)
		r.list(sharedWith(a))
		r.number(int64(job.Snapshot.ID))
	})
}

// proofCells writes what verifying showed.
func proofCells(r *row, a org.APIAccount) {
	p := a.Proof
	r.text(p.State.Word())
	r.text(p.Cause)
	r.time(p.CheckedAt)
	r.time(p.WorkedAt)
	r.knownList(a.Declared, a.Declared != nil)
	r.knownList(p.Scopes, p.ScopesKnown())
	r.knownList(a.ExtraScopes(), a.Declared != nil && p.ScopesKnown())
	r.text(given(p.ScopesBy))
	if p.ScopesKnown() {
		r.yes(p.ScopesWhole)
	} else {
		r.text(unknown)
	}
	for _, text := range []string{p.ClientID, p.StoreHash, p.AccountUUID, p.AdminEmail, p.StoreStatus, p.Plan} {
		r.text(text)
	}
}

func sharedWith(a org.APIAccount) []string {
	names := make([]string, len(a.Shared))
	for i, other := range a.Shared {
		names[i] = other.Label
	}
	return names
}
