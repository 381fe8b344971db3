package sqlite

import (
	"context"
	"database/sql"
	"time"

	"rollcall/internal/org"
)

var (
	qAcquire = query(`
		INSERT INTO lease (account_id, owner, heartbeat) VALUES (?1, ?2, ?3)
		ON CONFLICT DO UPDATE SET owner = excluded.owner, heartbeat = excluded.heartbeat
		WHERE lease.owner = excluded.owner OR lease.heartbeat <= ?4 OR lease.heartbeat > ?5`)
	qRelease = query(`DELETE FROM lease WHERE account_id = ? AND owner = ?`)
)

// Acquire takes or renews the lease for owner; false when another owner's heartbeat is younger than ttl. A heartbeat
// from far in the future comes from a clock that was wrong and counts for nothing.
func (db *DB) Acquire(ctx context.Context, account org.AccountID, owner string, ttl time.Duration) (held bool, err error) {
	err = db.write(ctx, func(tx *sql.Tx) error {
		now := db.now()
		result, err := tx.ExecContext(ctx, qAcquire, account, owner, now.UnixMilli(),
			now.Add(-ttl).UnixMilli(), now.Add(ttl).UnixMilli())
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		held = n > 0
		return err
	})
	return held && err == nil, err
}

// Release gives the lease back; releasing what is not held is no error.
func (db *DB) Release(ctx context.Context, account org.AccountID, owner string) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, qRelease, account, owner)
		return err
	})
}
