package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"rollcall/internal/org"
)

// SealedColumn is a column that holds sealed secrets.
type SealedColumn struct {
	Table, Key, Column string
	Print              string // column of the secret's keyed print; empty: it has none
}

// sealedColumns are all columns that hold sealed secrets: changing the master key seals each anew.
var sealedColumns = []SealedColumn{
	{"account", "id", "token", ""},
	{"api_account", "id", "token", "token_print"},
	{"api_account", "id", "secret", ""},
	{"totp", "member_id", "secret", ""},
	{"totp", "member_id", "pending", ""},
}

// Name is the column as messages name it, for example account.token.
func (c SealedColumn) Name() string { return c.Table + "." + c.Column }

func (c SealedColumn) read() string {
	return fmt.Sprintf(`SELECT %s, %s FROM %s WHERE %[2]s IS NOT NULL`, c.Key, c.Column, c.Table)
}

func (c SealedColumn) write() string {
	if c.Print == "" {
		return fmt.Sprintf(`UPDATE %s SET %s = ?1 WHERE %s = ?3 AND ?2 IS ?2`, c.Table, c.Column, c.Key)
	}
	return fmt.Sprintf(`UPDATE %s SET hooks_print = iif(hooks_print = %[3]s, ?2, hooks_print), %[2]s = ?1, %[3]s = ?2 WHERE %[4]s = ?3`, c.Table, c.Column, c.Print, c.Key)
}

var _ = dynamic(func() (list []string) {
	for _, c := range sealedColumns {
		list = append(list, c.read(), c.write())
	}
	return list
})

// Reseal opens a secret of a row with the old key and seals it with the new one; print is its new print, nil where the
// column has none.
type Reseal func(c SealedColumn, row int64, sealed []byte) (again, print []byte, err error)

var qEraseOld = query(`PRAGMA secure_delete = ON`)

// Alone takes the data folder alone until Close: a KindBusy error names who else uses it.
func (db *DB) Alone(ctx context.Context, command string) error {
	return db.lock.Change(ctx, Exclusive, command)
}

// Rekey seals every secret anew and records the ID of the new key, in one transaction with the row of the activity log.
// It returns how many secrets there are. Nothing of what the old key sealed stays in the file. The caller holds the
// folder alone.
func (db *DB) Rekey(ctx context.Context, keyID string, reseal Reseal, record org.Activity) (count int, err error) {
	if err := each(ctx, db.writer, func(*sql.Rows) error { return nil }, qEraseOld); err != nil {
		return 0, err
	}
	err = db.write(ctx, func(tx *sql.Tx) error {
		for _, c := range sealedColumns {
			n, err := rekeyColumn(ctx, tx, c, reseal)
			if err != nil {
				return err
			}
			count += n
		}
		if _, err := tx.ExecContext(ctx, qSetSetting, settingKeyID, keyID); err != nil {
			return err
		}
		record.After = fmt.Sprintf("%s, %d secrets sealed anew", record.After, count)
		_, err := db.addActivity(ctx, tx, record)
		return err
	})
	if err != nil {
		return 0, err
	}
	return count, each(ctx, db.writer, func(*sql.Rows) error { return nil }, qFlushLog)
}

func rekeyColumn(ctx context.Context, tx *sql.Tx, c SealedColumn, reseal Reseal) (int, error) {
	type secret struct {
		row    int64
		sealed []byte
	}
	secrets, err := all(ctx, tx, func(rows *sql.Rows) (s secret, err error) {
		err = rows.Scan(&s.row, &s.sealed)
		return s, err
	}, c.read())
	if err != nil {
		return 0, err
	}
	for _, s := range secrets {
		again, print, err := reseal(c, s.row, s.sealed)
		if err != nil {
			return 0, fmt.Errorf("%s of row %d: %w", c.Name(), s.row, err)
		}
		if _, err := tx.ExecContext(ctx, c.write(), again, print, s.row); err != nil {
			return 0, err
		}
	}
	return len(secrets), nil
}
