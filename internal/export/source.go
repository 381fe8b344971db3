package export

import (
	"context"

	"rollcall/internal/org"
)

// Source hands out rows. Every method applies the scope and the query's filters and sort, shows the snapshot that
// Query.AsOf names by number, keeps a stable order, obeys the context, and stops at the first error that the function
// returns, which it passes on.
type Source interface {
	AppSource
	HookSource
	FindingSource
	ActivitySource

	// EachAccessRef hands the sink its tables and then the accesses.
	EachAccessRef(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, sink org.AccessSink) error
	// EachUser fills UserRow.Hashes with every store of the user.
	EachUser(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, row func(org.UserRow) error) error
	// EachChange fills ChangeRow.UserAPIID.
	EachChange(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, row func(org.ChangeRow) error) error
	// EachStore fills Store.Facets.
	EachStore(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, row func(org.Store) error) error
	EachPermission(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, row func(org.PermissionRow) error) error
	// EachSnapshot hands out closed snapshots only.
	EachSnapshot(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, row func(org.Snapshot) error) error
	// CountAccess counts what EachAccessRef hands out, likewise CountUsers and CountChanges: the manifest compares it
	// with what arrived.
	CountAccess(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (int, error)
	CountUsers(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (int, error)
	CountChanges(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (int, error)
}
