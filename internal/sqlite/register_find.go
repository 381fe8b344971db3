package sqlite

import (
	"context"

	"rollcall/internal/org"
)

// RegisteredAs is the entry of a store that has the client ID or the token with the print; a NotFound error when the
// register has neither. An empty client ID and an empty print match nothing.
func (db *DB) RegisteredAs(ctx context.Context, account org.AccountID, store, client string, print []byte) (org.APIAccount, error) {
	a, err := one(ctx, db.reader, scanEntry, qEntryClient, account, store, client, 0)
	if err == errNone && len(print) > 0 {
		a, err = one(ctx, db.reader, scanEntry, qEntryToken, account, store, print, 0)
	}
	return a, named("API account", err)
}

// Registered is an entry of the register as it stands now; a NotFound error when it was removed.
func (db *DB) Registered(ctx context.Context, account org.AccountID, id org.APIAccountID) (org.APIAccount, error) {
	return keptEntry(ctx, db.reader, account, id)
}

var qEntryName = query(`SELECT ` + entryColumns + ` WHERE e.account_id = ? AND e.store_hash = ? AND e.name = ? AND e.removed_at IS NULL ORDER BY e.id LIMIT 1`)

// RegisteredUnder is the first entry of a store that has the name; a NotFound error when none has it.
func (db *DB) RegisteredUnder(ctx context.Context, account org.AccountID, store, name string) (org.APIAccount, error) {
	a, err := one(ctx, db.reader, scanEntry, qEntryName, account, store, name)
	return a, named("API account", err)
}
