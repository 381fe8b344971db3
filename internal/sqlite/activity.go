package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"rollcall/internal/org"
)

const activityColumns = `id, at, account_id, actor, session, action, subject, address, request, outcome, before, after, hash`

var (
	qAddActivity = query(`
		INSERT INTO activity (` + activityColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	qLastActivity = query(`
		SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'activity'), 0), coalesce(id, 0)), coalesce(hash, zeroblob(32))
		FROM (SELECT 1) LEFT JOIN (SELECT id, hash FROM activity ORDER BY id DESC LIMIT 1)`)
	qActivityAfter = query(`SELECT ` + activityColumns + ` FROM activity WHERE id > ? ORDER BY id LIMIT ?`)
	qFillHash      = query(`UPDATE activity SET hash = ? WHERE id = ?`)
)

// AddActivity appends to the activity log, as the next row of its chain. Entries are never changed, and deleted only by
// PruneActivity: the schema refuses everything else.
func (db *DB) AddActivity(ctx context.Context, a org.Activity) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		_, err := db.addActivity(ctx, tx, a)
		return err
	})
}

// addActivity does the same inside a writing transaction, so that what is recorded and its record come together.
func (db *DB) addActivity(ctx context.Context, tx *sql.Tx, a org.Activity) (org.ActivityRow, error) {
	head, err := one(ctx, tx, scanHead, qLastActivity)
	if err != nil {
		return org.ActivityRow{}, err
	}
	r := org.ActivityRow{
		ID: head.Count + 1, At: db.now().UTC(), Account: a.Account, Actor: a.Actor, Session: a.Session, Action: a.Action,
		Subject: a.Subject, Address: a.Address, Request: a.Request, Outcome: a.Outcome, Before: a.Before, After: a.After,
	}
	r.Hash = r.Chain(head.Hash)
	_, err = tx.ExecContext(ctx, qAddActivity, r.ID, r.At.UnixMilli(), orNull(r.Account), r.Actor, r.Session, r.Action,
		r.Subject, r.Address, r.Request, r.Outcome, r.Before, r.After, r.Hash[:])
	return r, err
}

func scanHead(rows *sql.Rows) (head org.ActivityHead, err error) {
	var hash []byte
	if err = rows.Scan(&head.Count, &hash); err != nil {
		return head, err
	}
	if len(hash) != len(head.Hash) {
		return head, errors.New("the last row of the activity log is damaged")
	}
	head.Hash = org.ActivityHash(hash)
	return head, nil
}

// ActivityHead is the newest state of the activity log; the zero head while nothing was written.
func (db *DB) ActivityHead(ctx context.Context) (org.ActivityHead, error) {
	return one(ctx, db.reader, scanHead, qLastActivity)
}

// ActivityAfter lists rows behind a row in the order in which they were written.
func (db *DB) ActivityAfter(ctx context.Context, id int64, limit int) ([]org.ActivityRow, error) {
	return all(ctx, db.reader, scanActivity, qActivityAfter, id, limit)
}

func scanActivity(rows *sql.Rows) (org.ActivityRow, error) { return readActivity(rows) }

func readActivity(row scanner) (a org.ActivityRow, err error) {
	var at, account sql.NullInt64
	var hash []byte
	err = row.Scan(&a.ID, &at, &account, &a.Actor, &a.Session, &a.Action, &a.Subject, &a.Address, &a.Request, &a.Outcome,
		&a.Before, &a.After, &hash)
	a.At, a.Account = moment(at), org.AccountID(account.Int64)
	copy(a.Hash[:], hash)
	return a, err
}

// chainActivity gives the rows of a log that was written without hashes their places in the chain. It is part of a
// migration; later nothing can change a row.
func chainActivity(ctx context.Context, tx *sql.Tx) error {
	var last org.ActivityRow
	for {
		rows, err := all(ctx, tx, scanActivity, qActivityAfter, last.ID, 500)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			r.Hash = r.Chain(last.Hash)
			if _, err := tx.ExecContext(ctx, qFillHash, r.Hash[:], r.ID); err != nil {
				return fmt.Errorf("chain row %d of the activity log: %w", r.ID, err)
			}
			last = r
		}
	}
}
