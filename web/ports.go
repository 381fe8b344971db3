package web

import (
	"context"
	"time"

	"rollcall/internal/audit"
	"rollcall/internal/export"
	"rollcall/internal/org"
	"rollcall/internal/signin"
	"rollcall/views"
)

// Reader reads the history. Every read applies the scope and the query, as of the snapshot that the query names.
type Reader interface {
	export.Source
	AppReader

	// AsOf finds the closed snapshot that shows a moment; a day means its end in the zone. For the zero AsOf it is the
	// newest closed one, and the zero Snapshot when there is none yet. A moment before the history is KindNotFound.
	AsOf(ctx context.Context, scope org.Scope, at org.AsOf, zone *time.Location) (org.Snapshot, error)
	Overview(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.Overview, error)
	Users(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.UserPage, error)
	User(ctx context.Context, scope org.Scope, id org.UserID, q org.Query, s org.Settings) (org.UserDetail, error)
	Stores(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.StorePage, error)
	Store(ctx context.Context, scope org.Scope, id org.StoreID, q org.Query, s org.Settings) (org.StoreDetail, error)
	Accesses(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.AccessPage, error)
	Matrix(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, storesFrom, stores int) (org.Matrix, error)
	Permissions(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) ([]org.PermissionRow, error)
	Changes(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.ChangePage, error)
	Snapshots(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.SnapshotPage, error)
	Compare(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.Compare, error)
	// WrongTotals are the lists whose total never matches (design 4.4).
	WrongTotals(ctx context.Context, scope org.Scope, q org.Query) ([]audit.WrongTotal, error)
	AccountFacets(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) ([]org.FacetRead, error)
	Choices(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.FilterChoices, error)
}

// House keeps what belongs to the installation.
type House interface {
	// Accounts lists all accounts, disconnected ones as well.
	Accounts(ctx context.Context) ([]org.Account, error)
	Account(ctx context.Context, id org.AccountID) (org.Account, error)
	// SetLastAccount remembers the account that the member used last.
	SetLastAccount(ctx context.Context, m signin.MemberID, id org.AccountID) error
	// SetLabels cleans, checks and replaces a store's labels.
	SetLabels(ctx context.Context, id org.AccountID, store org.StoreID, labels []string) error

	// AcceptTotals records whether totals that never match are accepted for the account.
	AcceptTotals(ctx context.Context, id org.AccountID, accept bool) error

	Settings(ctx context.Context) (org.Settings, error)
	SaveSettings(ctx context.Context, s org.Settings) error

	// AddActivity appends to the activity log; the store adds the time.
	AddActivity(ctx context.Context, a org.Activity) error
	// ActivityPage lists what concerns the account and what concerns none.
	ActivityPage(ctx context.Context, id org.AccountID, q org.Query) (org.ActivityPage, error)
	// ActivityChoices are who acted and what was done in what concerns the account and in what concerns none.
	ActivityChoices(ctx context.Context, id org.AccountID) (actors, actions []org.Choice, err error)
	// ActivityProof is the newest walk over the chain of the log; the zero one when there was none.
	ActivityProof(ctx context.Context) (org.ActivityProof, error)

	AddExport(ctx context.Context, f org.ExportFile) (org.ExportFile, error)
	// ExportPage lists made files, the newest first, from the place that After and Before name.
	ExportPage(ctx context.Context, id org.AccountID, q org.Query) (org.ExportPage, error)
	Export(ctx context.Context, id org.AccountID, file int64) (org.ExportFile, error)

	// Progress is that of the running sync, in whichever process it runs; ok is false when none runs.
	Progress(ctx context.Context, id org.AccountID) (p org.Progress, ok bool, err error)
	RequestCancel(ctx context.Context, id org.AccountID) error
}

// Syncs runs syncs in the background.
type Syncs interface {
	// StartSync begins a sync; one that runs already is no error. by is recorded as who asked for it.
	StartSync(ctx context.Context, id org.AccountID, by string) error
	// StartSweep begins to read the registered tokens alone, which spends no account requests; a sync or sweep that runs
	// already is no error.
	StartSweep(ctx context.Context, id org.AccountID, by string) error
	// Running tells whether this process syncs the account, also in the moment before the database shows it.
	Running(id org.AccountID) bool
	// Problem is why this process's last try came to nothing, in plain words; empty when it did not.
	Problem(id org.AccountID) string
	Quota(ctx context.Context, id org.AccountID) (org.Quota, error)
}

// Connector connects accounts. Tokens are sealed before they are stored and never come back.
type Connector interface {
	// CheckToken asks BigCommerce what the token of an account may read, spending a few requests. It stores nothing.
	CheckToken(ctx context.Context, uuid, token string) (views.Check, error)
	// CheckAccount does the same with the stored token.
	CheckAccount(ctx context.Context, id org.AccountID) (views.Check, error)
	Connect(ctx context.Context, uuid, token string) (org.Account, error)
	ReplaceToken(ctx context.Context, id org.AccountID, token string) error
	// Disconnect forgets the token and keeps the history.
	Disconnect(ctx context.Context, id org.AccountID) error
}
