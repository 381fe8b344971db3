package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"rollcall/internal/org"
)

var (
	// qPrunable is the last row before the first one that must be kept, at most some rows at a time.
	qPrunable = query(`
		SELECT id, hash FROM activity
		WHERE id < coalesce((SELECT min(id) FROM activity WHERE at >= ?1), ?2) AND id < (SELECT min(id) FROM activity) + ?3
		ORDER BY id DESC LIMIT 1`)
	qAddAnchor     = query(`INSERT INTO activity_anchor (row_id, last_id, hash, count) VALUES (?, ?, ?, ?)`)
	qPruneActivity = query(`DELETE FROM activity WHERE id <= ?`)
	qLostRows      = query(`SELECT max(0, coalesce((SELECT min(id) FROM activity), 1) - 1 - ?)`)
)

// pruneRows bounds what one transaction prunes, so that nobody else waits long to write.
const pruneRows = 20_000

// PruneActivity deletes rows of the activity log that are older than whole months, at least org.MinActivityMonths. Each
// step is sealed: a row of the log holds the number and the hash of the last row that went, so that the chain stays
// provable from there on. by is who prunes. A log that is not whole stays as it is, because what is left of it is
// evidence: a Conflict error.
func (db *DB) PruneActivity(ctx context.Context, months int, by string) (pruned int64, err error) {
	from := org.KeepActivityFrom(db.now(), months)
	if some, err := db.prunable(ctx, db.reader, from); err != nil || some.Count == 0 {
		return 0, err
	}
	proof, err := db.ProveActivity(ctx, nil)
	if err != nil {
		return 0, err
	}
	if !proof.Whole() {
		return 0, org.Conflict(fmt.Sprintf("The activity log is not whole at row %d: %s. Nothing was pruned.", proof.Broken, proof.Why))
	}
	for before := proof.Pruned; ; {
		last, err := db.pruneSome(ctx, from, by)
		if err != nil || last == 0 {
			return pruned, err
		}
		pruned, before = pruned+last-before, last
	}
}

// prunable is the last row that may go, the zero head when none may.
func (db *DB) prunable(ctx context.Context, q querier, from time.Time) (org.ActivityHead, error) {
	head, err := one(ctx, q, scanHead, qPrunable, from.UnixMilli(), int64(open), pruneRows)
	if errors.Is(err, errNone) {
		err = nil
	}
	return head, err
}

func (db *DB) pruneSome(ctx context.Context, from time.Time, by string) (last int64, err error) {
	err = db.write(ctx, func(tx *sql.Tx) error {
		gone, err := db.prunable(ctx, tx, from)
		if err != nil || gone.Count == 0 {
			return err
		}
		anchor := org.ActivityAnchor{Last: gone.Count, Hash: gone.Hash, Count: gone.Count, Until: from.Format(time.DateOnly)}
		text, err := json.Marshal(anchor)
		if err != nil {
			return err
		}
		record, err := db.addActivity(ctx, tx, org.Activity{
			Actor: by, Address: "local", Action: org.ActivityPrune, Outcome: "done", After: string(text),
			Subject: "rows up to " + fmt.Sprint(anchor.Last),
		})
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, qAddAnchor, record.ID, anchor.Last, anchor.Hash[:], anchor.Count); err != nil {
			return err
		}
		last = gone.Count
		_, err = tx.ExecContext(ctx, qPruneActivity, last)
		return err
	})
	return last, err
}

var (
	qPlace    = query(`SELECT last_id FROM activity_place WHERE receiver = ?`)
	qSetPlace = query(`INSERT INTO activity_place (receiver, last_id) VALUES (?, ?) ON CONFLICT DO UPDATE SET last_id = excluded.last_id`)
)

// ActivityPlace is the last row that a receiver outside got, 0 when it got none, and how many rows behind it were pruned
// before it could get them.
func (db *DB) ActivityPlace(ctx context.Context, receiver string) (last, lost int64, err error) {
	last, err = one(ctx, db.reader, scalar[int64], qPlace, receiver)
	if errors.Is(err, errNone) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	lost, err = one(ctx, db.reader, scalar[int64], qLostRows, last)
	return last, lost, err
}

// SetActivityPlace remembers the last row that a receiver outside got.
func (db *DB) SetActivityPlace(ctx context.Context, receiver string, last int64) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, qSetPlace, receiver, last)
		return err
	})
}
