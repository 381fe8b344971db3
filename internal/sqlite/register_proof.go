package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"rollcall/internal/org"
)

var (
	qEntryToken1 = query(`SELECT token FROM api_account WHERE account_id = ? AND id = ? AND token IS NOT NULL AND removed_at IS NULL`)
	qSetProof    = query(`UPDATE api_account SET proof = ? WHERE account_id = ? AND id = ? AND removed_at IS NULL`)
	qLearnClient = query(`UPDATE api_account AS e SET client_id = ?3 WHERE account_id = ?1 AND id = ?2 AND client_id = '' AND NOT EXISTS (
    SELECT 1 FROM api_account o WHERE o.account_id = ?1 AND o.store_hash = e.store_hash AND o.client_id = ?3 AND o.removed_at IS NULL)`)
)

// APIAccountToken is the sealed token of an entry; a NotFound error when the register holds none.
func (db *DB) APIAccountToken(ctx context.Context, account org.AccountID, id org.APIAccountID) ([]byte, error) {
	token, err := one(ctx, db.reader, scalar[[]byte], qEntryToken1, account, id)
	return token, named("token", err)
}

// SetProof keeps the outcome of a verification outside a sync. An entry without a client ID takes the one that the
// API gave, unless another entry of the store has it.
func (db *DB) SetProof(ctx context.Context, account org.AccountID, id org.APIAccountID, p org.Proof) error {
	text, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("proof of API account %d: %w", id, err)
	}
	return db.write(ctx, func(tx *sql.Tx) error {
		if err := changed("API account")(tx.ExecContext(ctx, qSetProof, string(text), account, id)); err != nil {
			return err
		}
		if p.ClientID == "" {
			return nil
		}
		_, err := tx.ExecContext(ctx, qLearnClient, account, id, p.ClientID)
		return err
	})
}
