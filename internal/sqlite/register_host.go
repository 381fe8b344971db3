package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"

	"rollcall/internal/org"
)

var (
	qApprovedHosts = query(`SELECT host, note, by, at FROM approved_host WHERE account_id = ? ORDER BY host`)
	qApproveHost   = query(`INSERT INTO approved_host (account_id, host, note, by, at) SELECT id, ?2, ?3, ?4, ?5 FROM account WHERE id = ?1
  ON CONFLICT DO UPDATE SET note = excluded.note, by = excluded.by, at = excluded.at`)
	qForgetHost = query(`DELETE FROM approved_host WHERE account_id = ? AND host = ?`)
)

// ApprovedHosts lists the hosts that may receive events of an account's stores. The list is a setting: it is that of
// today on past days too.
func (db *DB) ApprovedHosts(ctx context.Context, account org.AccountID) ([]org.ApprovedHost, error) {
	return all(ctx, db.reader, scanApproved, qApprovedHosts, account)
}

func scanApproved(rows *sql.Rows) (a org.ApprovedHost, err error) {
	var at sql.NullInt64
	err = rows.Scan(&a.Host, &a.Note, &a.By, &at)
	a.At = moment(at)
	return a, err
}

// ApproveHost puts a host on the list, or gives the one there another note. A host that is none is an Invalid error.
func (db *DB) ApproveHost(ctx context.Context, account org.AccountID, a org.ApprovedHost) error {
	a, err := a.Cleaned()
	if err != nil {
		return err
	}
	return db.write(ctx, func(tx *sql.Tx) error {
		return changed("account")(tx.ExecContext(ctx, qApproveHost, account, a.Host, a.Note, a.By, db.now().UnixMilli()))
	})
}

// ForgetHost takes a host off the list; a NotFound error when it is not on it.
func (db *DB) ForgetHost(ctx context.Context, account org.AccountID, host string) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		return changed("approved host")(tx.ExecContext(ctx, qForgetHost, account, host))
	})
}

var (
	qExpected = query(`SELECT id, integration, host, scopes, stores, by, at FROM expected_hooks WHERE account_id = ?
  ORDER BY integration, host, id`)
	qExpect = query(`INSERT INTO expected_hooks (account_id, integration, host, scopes, stores, by, at)
  SELECT id, ?2, ?3, ?4, ?5, ?6, ?7 FROM account WHERE id = ?1`)
	qForgetExpected = query(`DELETE FROM expected_hooks WHERE account_id = ? AND id = ?`)
)

// ExpectedHooks lists what the account's integrations should have. It is a setting, as ApprovedHosts.
func (db *DB) ExpectedHooks(ctx context.Context, account org.AccountID) ([]org.ExpectedHooks, error) {
	return all(ctx, db.reader, func(rows *sql.Rows) (e org.ExpectedHooks, err error) {
		var at sql.NullInt64
		var scopes, stores []byte
		if err = rows.Scan(&e.ID, &e.Integration, &e.Host, &scopes, &stores, &e.By, &at); err != nil {
			return e, err
		}
		e.At = moment(at)
		return e, firstError(json.Unmarshal(scopes, &e.Scopes), json.Unmarshal(stores, &e.Stores))
	}, qExpected, account)
}

// AddExpectedHooks keeps what an integration should have and returns it with its number. Invalid errors as
// org.ExpectedHooks.Cleaned tells.
func (db *DB) AddExpectedHooks(ctx context.Context, account org.AccountID, e org.ExpectedHooks) (org.ExpectedHooks, error) {
	e, err := e.Cleaned()
	if err != nil {
		return e, err
	}
	e.At = db.now().UTC()
	err = db.write(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, qExpect, account, e.Integration, e.Host, idList(e.Scopes), idList(e.Stores), e.By, e.At.UnixMilli())
		if err := changed("account")(result, err); err != nil {
			return err
		}
		e.ID, err = result.LastInsertId()
		return err
	})
	return e, err
}

// RemoveExpectedHooks forgets an expectation; a NotFound error when there is none of the number.
func (db *DB) RemoveExpectedHooks(ctx context.Context, account org.AccountID, id int64) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		return changed("expectation")(tx.ExecContext(ctx, qForgetExpected, account, id))
	})
}
