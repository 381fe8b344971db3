package sqlite

import (
	"context"
	"database/sql"

	"rollcall/internal/org"
)

const accountColumns = `id, uuid, name, token_last4, connected, accept_totals, created_at`

var (
	qAccounts      = query(`SELECT ` + accountColumns + ` FROM account ORDER BY id`)
	qAccount       = query(`SELECT ` + accountColumns + ` FROM account WHERE id = ?`)
	qAccountByUUID = query(`SELECT ` + accountColumns + ` FROM account WHERE uuid = ?`)
)

func scanAccount(rows *sql.Rows) (a org.Account, err error) {
	var made sql.NullInt64
	err = rows.Scan(&a.ID, &a.UUID, &a.Name, &a.TokenLast4, &a.Connected, &a.AcceptTotals, &made)
	a.CreatedAt = moment(made)
	return a, err
}

// Accounts lists every account, the disconnected ones too.
func (db *DB) Accounts(ctx context.Context) ([]org.Account, error) {
	return all(ctx, db.reader, scanAccount, qAccounts)
}

// Account finds an account by its local number, else a NotFound error.
func (db *DB) Account(ctx context.Context, id org.AccountID) (org.Account, error) {
	a, err := one(ctx, db.reader, scanAccount, qAccount, id)
	return a, named("account", err)
}

// AccountByUUID finds an account by its UUID in lower case, else a NotFound error.
func (db *DB) AccountByUUID(ctx context.Context, uuid string) (org.Account, error) {
	a, err := one(ctx, db.reader, scanAccount, qAccountByUUID, uuid)
	return a, named("account", err)
}

// Seal encrypts an account's token for the row that will hold it.
type Seal func(account org.AccountID) ([]byte, error)

var (
	qAddAccount   = query(`INSERT INTO account (uuid, created_at, connected) VALUES (?, ?, 0) ON CONFLICT (uuid) DO NOTHING`)
	qSetToken     = query(`UPDATE account SET token = ?, token_last4 = ?, connected = 1 WHERE id = ?`)
	qToken        = query(`SELECT token FROM account WHERE id = ? AND token IS NOT NULL`)
	qDisconnect   = query(`UPDATE account SET token = NULL, token_last4 = '', connected = 0 WHERE id = ?`)
	qRename       = query(`UPDATE account SET name = ? WHERE id = ? AND name <> ?`)
	qAcceptTotals = query(`UPDATE account SET accept_totals = ? WHERE id = ?`)

	qPutAccountName = query(`
		INSERT INTO account_name (account_id, valid_from, name)
		SELECT ?1, ?2, ?3
		WHERE ?3 IS NOT (SELECT name FROM account_name WHERE account_id = ?1 ORDER BY valid_from DESC LIMIT 1)
		ON CONFLICT DO UPDATE SET name = excluded.name`)
)

// ConnectAccount adds an account, or connects a disconnected one again with its history. A connected one is a
// Conflict error.
func (db *DB) ConnectAccount(ctx context.Context, uuid, last4 string, seal Seal) (a org.Account, err error) {
	err = db.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, qAddAccount, uuid, db.now().UnixMilli()); err != nil {
			return err
		}
		if a, err = one(ctx, tx, scanAccount, qAccountByUUID, uuid); err != nil {
			return err
		}
		if a.Connected {
			return org.Conflict("This account is connected already. To use another token, replace it in Settings.")
		}
		if err := setToken(ctx, tx, a.ID, last4, seal); err != nil {
			return err
		}
		a, err = one(ctx, tx, scanAccount, qAccount, a.ID)
		return err
	})
	return a, err
}

func setToken(ctx context.Context, tx *sql.Tx, id org.AccountID, last4 string, seal Seal) error {
	sealed, err := seal(id)
	if err != nil {
		return err
	}
	return changed("account")(tx.ExecContext(ctx, qSetToken, sealed, last4, id))
}

// changed turns the result of a statement that must hit a row into a NotFound error when it hit none.
func changed(what string) func(sql.Result, error) error {
	return func(result sql.Result, err error) error {
		if err != nil {
			return failure(err)
		}
		if n, err := result.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return org.NotFound(what)
	}
}

// ReplaceToken gives a connected or disconnected account another token.
func (db *DB) ReplaceToken(ctx context.Context, id org.AccountID, last4 string, seal Seal) error {
	return db.write(ctx, func(tx *sql.Tx) error { return setToken(ctx, tx, id, last4, seal) })
}

// SealedToken is the account's sealed token; a NotFound error when it is disconnected.
func (db *DB) SealedToken(ctx context.Context, id org.AccountID) ([]byte, error) {
	token, err := one(ctx, db.reader, scalar[[]byte], qToken, id)
	return token, named("token", err)
}

// DisconnectAccount forgets the token and keeps the history.
func (db *DB) DisconnectAccount(ctx context.Context, id org.AccountID) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		return changed("account")(tx.ExecContext(ctx, qDisconnect, id))
	})
}

// AcceptTotals records whether totals that never match are accepted for the account (design 4.4).
func (db *DB) AcceptTotals(ctx context.Context, id org.AccountID, accept bool) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		return changed("account")(tx.ExecContext(ctx, qAcceptTotals, accept, id))
	})
}

var (
	qLearned = query(`SELECT learned FROM account WHERE id = ?`)
	qLearn   = query(`UPDATE account SET learned = ? WHERE id = ?`)
)

// Learned is what the planner saved of the account's API with Learn, empty at first.
func (db *DB) Learned(ctx context.Context, id org.AccountID) ([]byte, error) {
	learned, err := one(ctx, db.reader, scalar[[]byte], qLearned, id)
	return learned, named("account", err)
}

// Learn replaces what Learned returns.
func (db *DB) Learn(ctx context.Context, id org.AccountID, learned []byte) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		return changed("account")(tx.ExecContext(ctx, qLearn, string(learned), id))
	})
}
