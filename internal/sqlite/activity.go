package sqlite

import (
	"context"
	"database/sql"

	"rollcall/internal/org"
)

var (
	qAddActivity = query(`
		INSERT INTO activity (at, account_id, actor, action, subject, address, request, outcome, before, after)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	qActivity = query(`
		SELECT id, at, actor, action, subject, address, request, outcome, before, after
		FROM activity WHERE id < ?1 AND (?2 = 0 OR account_id = ?2 OR account_id IS NULL) ORDER BY id DESC LIMIT ?3`)
)

// AddActivity appends to the activity log. Entries are never changed or deleted: the schema refuses it.
func (db *DB) AddActivity(ctx context.Context, a org.Activity) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, qAddActivity, db.now().UnixMilli(), orNull(a.Account), a.Actor, a.Action, a.Subject,
			a.Address, a.Request, a.Outcome, a.Before, a.After)
		return err
	})
}

// Activity lists entries older than the entry before (0: from the newest), newest first: those of the account and
// those that concern none; account 0 means all.
func (db *DB) Activity(ctx context.Context, account org.AccountID, before int64, limit int) ([]org.ActivityRow, error) {
	if before <= 0 {
		before = open
	}
	return all(ctx, db.reader, scanActivity, qActivity, before, account, limit)
}
