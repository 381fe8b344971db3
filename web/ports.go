package web

import (
	"context"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/signin"
)

// Reader reads the history. Every read applies the scope and the query, as of the snapshot that the query names.
type Reader interface {
	// AsOf finds the closed snapshot that shows a moment; a day means its end in the zone. For the zero AsOf it is the
	// newest closed one, and the zero Snapshot when there is none yet. A moment before the history is KindNotFound.
	AsOf(ctx context.Context, scope org.Scope, at org.AsOf, zone *time.Location) (org.Snapshot, error)
	Overview(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.Overview, error)
	Users(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.UserPage, error)
	Choices(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.FilterChoices, error)
}

// Accounts keeps the connected accounts.
type Accounts interface {
	// Accounts lists all accounts, disconnected ones as well.
	Accounts(ctx context.Context) ([]org.Account, error)
	Account(ctx context.Context, id org.AccountID) (org.Account, error)
}

// House keeps what belongs to the installation.
type House interface {
	Settings(ctx context.Context) (org.Settings, error)
	Record(ctx context.Context, a org.Activity) error
	// UseAccount remembers the account that the member used last.
	UseAccount(ctx context.Context, m signin.MemberID, id org.AccountID) error
}

// Syncs tells where an account's syncs stand and starts and stops them.
type Syncs interface {
	// Progress is that of the running sync, in whichever process it runs; ok is false when none runs.
	Progress(ctx context.Context, id org.AccountID) (p org.Progress, ok bool, err error)
	Quota(ctx context.Context, id org.AccountID) (org.Quota, error)
}

// Exports makes files.
type Exports interface{}
