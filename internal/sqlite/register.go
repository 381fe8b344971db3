package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"rollcall/internal/org"
)

// entryColumns are what scanEntry reads, of a table named e.
const entryColumns = `e.id, e.account_id, coalesce(s.id, 0), e.store_hash,
  coalesce((SELECT n.name FROM store_version n WHERE n.store_id = s.id ORDER BY n.valid_from DESC LIMIT 1), ''),
  e.name, e.kind, e.client_id, e.token IS NOT NULL, e.token_last4, e.secret_last4, e.declared, e.owner, e.purpose, e.system, e.notes,
  e.created_on, e.rotated_on, e.review_due, e.added_at, e.added_by, e.removed_at, e.proof
  FROM api_account e LEFT JOIN store s ON s.account_id = e.account_id AND s.hash = e.store_hash`

var (
	qEntry       = query(`SELECT ` + entryColumns + ` WHERE e.account_id = ? AND e.id = ?`)
	qEntryClient = query(`SELECT ` + entryColumns + `
  WHERE e.account_id = ? AND e.store_hash = ? AND e.client_id = ? AND e.client_id <> '' AND e.removed_at IS NULL AND e.id <> ?`)
	qEntryToken = query(`SELECT ` + entryColumns + `
  WHERE e.account_id = ? AND e.store_hash = ? AND e.token_print = ? AND e.removed_at IS NULL AND e.id <> ?`)
)

func scanEntry(rows *sql.Rows) (org.APIAccount, error) { return scanEntryWith(rows) }

// scanEntryWith reads an entry, and other columns before it.
func scanEntryWith(rows *sql.Rows, before ...any) (a org.APIAccount, err error) {
	var declared sql.NullString
	var added, removed sql.NullInt64
	var proof string
	err = rows.Scan(append(before, &a.ID, &a.Account, &a.Store, &a.StoreHash, &a.StoreName, &a.Name, &a.Kind, &a.ClientID,
		&a.HasToken, &a.TokenLast4, &a.SecretLast4, &declared, &a.Owner, &a.Purpose, &a.System, &a.Notes, &a.Created,
		&a.Rotated, &a.ReviewDue, &added, &a.AddedBy, &removed, &proof)...)
	if err != nil {
		return a, err
	}
	a.AddedAt, a.RemovedAt = moment(added), moment(removed)
	if declared.Valid {
		a.Declared = []string{}
		if err := json.Unmarshal([]byte(declared.String), &a.Declared); err != nil {
			return a, fmt.Errorf("declared scopes of API account %d: %w", a.ID, err)
		}
	}
	a.Proof, err = readProof(proof)
	if a.Proof.State == org.ProofNone && !a.HasToken {
		a.Proof.State = org.ProofNoToken
	}
	return a, err
}

// readProof reads a proof as columns hold it; the empty text is the zero Proof.
func readProof(text string) (p org.Proof, err error) {
	if text == "" {
		return p, nil
	}
	if err = json.Unmarshal([]byte(text), &p); err != nil {
		return p, fmt.Errorf("proof of an API account: %w", err)
	}
	return p, nil
}

var (
	qAddEntry = query(`INSERT INTO api_account (account_id, store_hash, name, kind, client_id, token_last4, secret_last4, declared,
    owner, purpose, system, notes, created_on, rotated_on, review_due, added_at, added_by)
  SELECT id, ?2, ?3, ?4, ?5, '', '', ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15 FROM account WHERE id = ?1`)
	qPutEntry = query(`UPDATE api_account SET name = ?3, kind = ?4, client_id = ?5, declared = ?6, owner = ?7, purpose = ?8, system = ?9,
    notes = ?10, created_on = ?11, rotated_on = ?12, review_due = ?13
  WHERE account_id = ?1 AND id = ?2 AND removed_at IS NULL`)
	qSealEntry = query(`UPDATE api_account SET token = ?, secret = ?, token_last4 = ?, secret_last4 = ?, token_print = ?
  WHERE account_id = ? AND id = ? AND removed_at IS NULL`)
	qRenewEntry = query(`UPDATE api_account SET proof = '', rotated_on = coalesce(?3, rotated_on), hooks_problem = '' WHERE account_id = ?1 AND id = ?2`)
	qPrint      = query(`SELECT token_print FROM api_account WHERE account_id = ? AND id = ?`)
	qEndEntry   = query(`UPDATE api_account SET removed_at = ?3, token = NULL, secret = NULL, token_print = NULL
  WHERE account_id = ?1 AND id = ?2 AND removed_at IS NULL`)
)

// AddAPIAccount puts an entry into the register and returns it with its number. seal gets that number and gives the
// credentials as they are stored; nil keeps none. The same client ID or the same token in one store is a Conflict
// error that names the entry that has it already; one that was removed from the register is in nobody's way.
func (db *DB) AddAPIAccount(ctx context.Context, a org.APIAccount, seal func(org.APIAccountID) (org.SealedSecrets, error)) (org.APIAccount, error) {
	a, err := a.Cleaned()
	if err != nil {
		return a, err
	}
	err = db.write(ctx, func(tx *sql.Tx) error {
		if err := freeClient(ctx, tx, a); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, qAddEntry, a.Account, a.StoreHash, a.Name, a.Kind, a.ClientID, declaredText(a),
			a.Owner, a.Purpose, a.System, a.Notes, a.Created, a.Rotated, a.ReviewDue, db.now().UnixMilli(), a.AddedBy)
		if err := changed("account")(result, err); err != nil {
			return err
		}
		id, err := result.LastInsertId()
		if err != nil {
			return err
		}
		a.ID = org.APIAccountID(id)
		if err := sealEntry(ctx, tx, a, seal); err != nil {
			return err
		}
		a, err = one(ctx, tx, scanEntry, qEntry, a.Account, a.ID)
		return err
	})
	return a, err
}

// declaredText is the column of declared scopes: NULL when nothing was declared.
func declaredText(a org.APIAccount) any {
	if a.Declared == nil {
		return nil
	}
	return idList(a.Declared)
}

// sealEntry stores the credentials of an entry; a nil seal keeps none.
func sealEntry(ctx context.Context, tx *sql.Tx, a org.APIAccount, seal func(org.APIAccountID) (org.SealedSecrets, error)) error {
	if seal == nil {
		return nil
	}
	s, err := seal(a.ID)
	if err != nil {
		return err
	}
	if len(s.Print) > 0 {
		twin, err := one(ctx, tx, scanEntry, qEntryToken, a.Account, a.StoreHash, s.Print, a.ID)
		if err == nil {
			return taken(twin, "token")
		}
		if err != errNone {
			return err
		}
	}
	return changed("API account")(tx.ExecContext(ctx, qSealEntry, blob(s.Token), blob(s.Secret), s.TokenLast4, s.SecretLast4,
		blob(s.Print), a.Account, a.ID))
}

// blob is NULL for no bytes.
func blob(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}

// freeClient tells by a Conflict error who has the client ID in the store already.
func freeClient(ctx context.Context, q querier, a org.APIAccount) error {
	twin, err := one(ctx, q, scanEntry, qEntryClient, a.Account, a.StoreHash, a.ClientID, a.ID)
	if err == nil {
		return taken(twin, "client ID")
	}
	if err == errNone {
		return nil
	}
	return err
}

func taken(a org.APIAccount, what string) error {
	where := "at account level"
	if a.StoreHash != "" {
		where = "of store " + a.StoreHash
	}
	return org.Conflict(fmt.Sprintf("The register has this %s already: %q %s, added on %s. Edit that entry, or replace its token there.",
		what, a.Label(), where, a.AddedAt.Format("2 January 2006")))
}

// UpdateAPIAccount changes what people enter: name, kind, client ID, declared scopes, owner, purpose, system, notes
// and days. The store, the credentials and the proof stay. Errors as AddAPIAccount; NotFound for a removed entry.
func (db *DB) UpdateAPIAccount(ctx context.Context, a org.APIAccount) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		held, err := keptEntry(ctx, tx, a.Account, a.ID)
		if err != nil {
			return err
		}
		a.StoreHash = held.StoreHash
		if a, err = a.Cleaned(); err != nil {
			return err
		}
		if err := freeClient(ctx, tx, a); err != nil {
			return err
		}
		return changed("API account")(tx.ExecContext(ctx, qPutEntry, a.Account, a.ID, a.Name, a.Kind, a.ClientID, declaredText(a),
			a.Owner, a.Purpose, a.System, a.Notes, a.Created, a.Rotated, a.ReviewDue))
	})
}

// ReplaceAPIAccountToken gives an entry other credentials. What was proven of the old ones is forgotten; today
// becomes the day of the last rotation.
func (db *DB) ReplaceAPIAccountToken(
	ctx context.Context, account org.AccountID, id org.APIAccountID, seal func(org.APIAccountID) (org.SealedSecrets, error),
) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		a, err := keptEntry(ctx, tx, account, id)
		if err != nil {
			return err
		}
		before, err := one(ctx, tx, scalar[[]byte], qPrint, account, id)
		if err != nil {
			return err
		}
		if err := sealEntry(ctx, tx, a, seal); err != nil {
			return err
		}
		after, err := one(ctx, tx, scalar[[]byte], qPrint, account, id)
		if err != nil {
			return err
		}
		var rotated any // the first token is no rotation, nor is the same one again
		if a.HasToken && !bytes.Equal(before, after) {
			rotated = db.now().UTC().Format(time.DateOnly)
		}
		_, err = tx.ExecContext(ctx, qRenewEntry, account, id, rotated)
		return err
	})
}

// keptEntry is an entry of the register, a NotFound error when it was removed.
func keptEntry(ctx context.Context, q querier, account org.AccountID, id org.APIAccountID) (org.APIAccount, error) {
	a, err := one(ctx, q, scanEntry, qEntry, account, id)
	if err == nil && !a.RemovedAt.IsZero() {
		err = errNone
	}
	return a, named("API account", err)
}

// RemoveAPIAccount takes an entry out of the register and forgets its credentials. What was seen through it stays in
// the history; its client ID and token can be registered again.
func (db *DB) RemoveAPIAccount(ctx context.Context, account org.AccountID, id org.APIAccountID) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		return changed("API account")(tx.ExecContext(ctx, qEndEntry, account, id, db.now().UnixMilli()))
	})
}
