package sqlite

import (
	"context"
	"database/sql"
)

var (
	qClaimSlot  = query(`INSERT INTO schedule_slot (job, slot, ran_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`)
	qSlotResult = query(`UPDATE schedule_slot SET result = ? WHERE job = ? AND slot = ?`)
	qLastSlot   = query(`SELECT slot FROM schedule_slot WHERE job = ? ORDER BY ran_at DESC, slot DESC LIMIT 1`)
)

// ClaimSlot takes a slot of a job for this process; false when it was taken before, by whichever process.
func (db *DB) ClaimSlot(ctx context.Context, job, slot string) (claimed bool, err error) {
	err = db.write(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, qClaimSlot, job, slot, db.now().UnixMilli())
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		claimed = n > 0
		return err
	})
	return claimed && err == nil, err
}

// SetSlotResult notes how the run of a claimed slot ended.
func (db *DB) SetSlotResult(ctx context.Context, job, slot, result string) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		return changed("run")(tx.ExecContext(ctx, qSlotResult, result, job, slot))
	})
}

// LastSlot is the slot of a job that ran last, empty when none did.
func (db *DB) LastSlot(ctx context.Context, job string) (string, error) {
	slot, err := one(ctx, db.reader, scalar[string], qLastSlot, job)
	if err == errNone {
		return "", nil
	}
	return slot, err
}
