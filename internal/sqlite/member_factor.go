package sqlite

import (
	"context"
	"database/sql"

	"rollcall/internal/signin"
)

var (
	qFactor = query(`
		SELECT secret, pending, step, (SELECT count(*) FROM recovery_code r WHERE r.member_id = t.member_id AND used_at IS NULL)
		FROM totp t WHERE member_id = ?`)
	qSetPending = query(`
		INSERT INTO totp (member_id, pending) VALUES (?, ?) ON CONFLICT DO UPDATE SET pending = excluded.pending`)
	qConfirmPending = query(`UPDATE totp SET secret = pending, pending = NULL, step = ? WHERE member_id = ? AND pending = ?`)
	qUseStep        = query(`UPDATE totp SET step = ?1 WHERE member_id = ?2 AND step < ?1 AND secret IS NOT NULL`)
	qUseRecovery    = query(`UPDATE recovery_code SET used_at = ? WHERE member_id = ? AND hash = ? AND used_at IS NULL`)
	qAddRecovery    = query(`INSERT INTO recovery_code (member_id, hash) VALUES (?, ?)`)
	qDropRecovery   = query(`DELETE FROM recovery_code WHERE member_id = ?`)
	qDropTOTP       = query(`DELETE FROM totp WHERE member_id = ?`)
)

// Factor is what is stored of a member's second factor, the zero one when there is none.
func (db *DB) Factor(ctx context.Context, id signin.MemberID) (signin.Factor, error) {
	f, err := one(ctx, db.reader, func(rows *sql.Rows) (f signin.Factor, err error) {
		err = rows.Scan(&f.Secret, &f.Pending, &f.Step, &f.Codes)
		return f, err
	}, qFactor, id)
	if err == errNone {
		err = nil
	}
	return f, err
}

// SetPending keeps a new secret that does not count yet, in the place of an earlier one.
func (db *DB) SetPending(ctx context.Context, id signin.MemberID, sealed []byte) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, qSetPending, id, sealed)
		return err
	})
}

// ConfirmPending makes the pending secret count, if it is still the given one, and replaces all recovery codes.
func (db *DB) ConfirmPending(ctx context.Context, id signin.MemberID, sealed []byte, step int64, codes [][]byte) (ok bool, err error) {
	err = db.write(ctx, func(tx *sql.Tx) error {
		if ok, err = didChange(tx.ExecContext(ctx, qConfirmPending, step, id, sealed)); err != nil || !ok {
			return err
		}
		return replaceRecovery(ctx, tx, id, codes)
	})
	return ok, err
}

// UseStep notes that the code of a step was used, false when it or a newer one was used before.
func (db *DB) UseStep(ctx context.Context, id signin.MemberID, step int64) (ok bool, err error) {
	err = db.write(ctx, func(tx *sql.Tx) error {
		ok, err = didChange(tx.ExecContext(ctx, qUseStep, step, id))
		return err
	})
	return ok, err
}

// UseRecovery uses a recovery code up, false when it was used before or never was.
func (db *DB) UseRecovery(ctx context.Context, id signin.MemberID, code []byte) (ok bool, err error) {
	err = db.write(ctx, func(tx *sql.Tx) error {
		ok, err = didChange(tx.ExecContext(ctx, qUseRecovery, db.now().UnixMilli(), id, code))
		return err
	})
	return ok, err
}

// ReplaceRecovery replaces all recovery codes.
func (db *DB) ReplaceRecovery(ctx context.Context, id signin.MemberID, codes [][]byte) error {
	return db.write(ctx, func(tx *sql.Tx) error { return replaceRecovery(ctx, tx, id, codes) })
}

func replaceRecovery(ctx context.Context, tx *sql.Tx, id signin.MemberID, codes [][]byte) error {
	if _, err := tx.ExecContext(ctx, qDropRecovery, id); err != nil {
		return err
	}
	for _, code := range codes {
		if _, err := tx.ExecContext(ctx, qAddRecovery, id, code); err != nil {
			return err
		}
	}
	return nil
}

// DropFactor removes a member's second factor and recovery codes, ends the member's sessions and forgets from where the
// member signed in: what held the second factor may be in other hands.
func (db *DB) DropFactor(ctx context.Context, id signin.MemberID) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		for _, text := range []string{qDropTOTP, qDropRecovery, qEndSessions, qDropPlaces, qDropDevices} {
			if _, err := tx.ExecContext(ctx, text, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// didChange tells whether a statement changed a row.
func didChange(result sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}
