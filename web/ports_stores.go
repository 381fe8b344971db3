package web

import (
	"context"

	"rollcall/internal/audit"
	"rollcall/internal/org"
	"rollcall/views"
)

// Inventory reads what acts on stores, and keeps what people decided about it. Reads apply scope and query, as of the
// snapshot that the query names, as those of Reader do.
type Inventory interface {
	Webhooks(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.WebhookPage, error)
	Webhook(ctx context.Context, scope org.Scope, id org.WebhookID, q org.Query, s org.Settings) (org.WebhookDetail, error)
	EachWebhook(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, row func(org.WebhookRow) error) error
	HookHosts(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) ([]org.HostRow, error)
	HookEvents(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) ([]org.EventRow, error)
	StoreCoverages(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) ([]org.StoreCoverage, error)
	ForeignClients(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) ([]org.ForeignClient, error)
	APIAccounts(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.APIAccountPage, error)
	APIAccount(ctx context.Context, scope org.Scope, id org.APIAccountID, q org.Query, s org.Settings) (org.APIAccountDetail, error)

	ApprovedHosts(ctx context.Context, id org.AccountID) ([]org.ApprovedHost, error)
	// ApproveHost puts a host on the list, or gives the one there another note.
	ApproveHost(ctx context.Context, id org.AccountID, h org.ApprovedHost) error
	ForgetHost(ctx context.Context, id org.AccountID, host string) error
	ExpectedHooks(ctx context.Context, id org.AccountID) ([]org.ExpectedHooks, error)
	AddExpectedHooks(ctx context.Context, id org.AccountID, e org.ExpectedHooks) (org.ExpectedHooks, error)
	RemoveExpectedHooks(ctx context.Context, id org.AccountID, expected int64) error
}

// Judge applies the rules of the audit to what acts on stores.
type Judge interface {
	// StoreFindings are what the rules find, gravest first. about narrows them to one webhook, API account or store, by
	// the one number of it that is not 0; the zero Subject wants all.
	StoreFindings(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, about audit.Subject) ([]audit.Finding, error)
	// ExpectedGaps are the differences between what is expected and what is seen, the gravest first.
	ExpectedGaps(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) ([]org.ExpectedGap, error)
}

// Register keeps API accounts and acts through them. Secrets are sealed before they are stored and never come back, in
// no error either. What calls BigCommerce obeys the context; errors are fit for people.
type Register interface {
	// Import registers what credentials files hold and verifies each at once: one outcome for each, in their order, and
	// more where one file holds several. A file that cannot be used is an outcome, not an error.
	Import(ctx context.Context, id org.AccountID, by string, files []NamedText) ([]views.ImportOutcome, error)
	// ImportRegister adds the entries of a CSV file without secrets: one outcome for each line. A file that cannot be
	// read is an Invalid error, and nothing is added.
	ImportRegister(ctx context.Context, id org.AccountID, by string, csv []byte) ([]views.ImportOutcome, error)
	// Add registers what was typed in. With a token it is verified at once; the entry returned carries the proof. A
	// duplicate is a Conflict error that names the entry.
	Add(ctx context.Context, a org.APIAccount, s Secrets) (org.APIAccount, error)
	// Update replaces what people know of an entry: everything but secrets and proof.
	Update(ctx context.Context, a org.APIAccount) error
	// ReplaceToken seals another token, and another client secret unless that is empty, and verifies it.
	ReplaceToken(ctx context.Context, id org.AccountID, entry org.APIAccountID, s Secrets) (org.Proof, error)
	// Remove takes an entry out of the register and forgets its secrets. Its history stays.
	Remove(ctx context.Context, id org.AccountID, entry org.APIAccountID) error
	// Verify asks BigCommerce about the token of an entry and keeps what it learned.
	Verify(ctx context.Context, id org.AccountID, entry org.APIAccountID) (org.Proof, error)

	// PreviewReactivate is exactly what Reactivate sends, without the token. It calls nobody.
	PreviewReactivate(ctx context.Context, h org.WebhookRow) (views.Request, error)
	// Reactivate switches a webhook on, through the token by which it was seen last, and gives it as BigCommerce then
	// showed it.
	Reactivate(ctx context.Context, id org.AccountID, h org.WebhookRow) (org.Webhook, error)
	// PreviewEmails is exactly what SetEmails sends, without the token. It calls nobody.
	PreviewEmails(ctx context.Context, a org.APIAccount, emails []string) (views.Request, error)
	// SetEmails replaces the notification e-mails of an API account.
	SetEmails(ctx context.Context, id org.AccountID, entry org.APIAccountID, emails []string) error
}

// NamedText is a file that somebody sent. Its name may hold a client ID or a token, so it goes into no log (facts 3.5).
type NamedText struct {
	Name string
	Text []byte
}

// Secrets are credentials as typed; they show in no text.
type Secrets struct{ Token, Secret string }

func (Secrets) String() string { return "[hidden]" }

// GoString is the same for %#v.
func (Secrets) GoString() string { return "[hidden]" }
