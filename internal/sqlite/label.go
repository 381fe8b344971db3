package sqlite

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"unicode"

	"rollcall/internal/org"
)

var (
	qSetLabel   = query(`INSERT INTO store_label (store_id, label) SELECT id, ? FROM store WHERE id = ? AND account_id = ?`)
	qDropLabels = query(`DELETE FROM store_label WHERE store_id = (SELECT id FROM store WHERE id = ? AND account_id = ?)`)
	qHasStore   = query(`SELECT count(*) FROM store WHERE id = ? AND account_id = ?`)
	qLabels     = query(`
		SELECT DISTINCT l.label FROM store_label l JOIN store s ON s.id = l.store_id WHERE s.account_id = ? ORDER BY l.label`)
)

// SetLabels replaces a store's labels. Labels are cleaned and sorted; a strange one is an Invalid error.
func (db *DB) SetLabels(ctx context.Context, account org.AccountID, store org.StoreID, labels []string) error {
	labels, err := cleanLabels(labels)
	if err != nil {
		return err
	}
	return db.write(ctx, func(tx *sql.Tx) error {
		if n, err := one(ctx, tx, scalar[int], qHasStore, store, account); err != nil || n == 0 {
			return firstError(err, org.NotFound("store"))
		}
		if _, err := tx.ExecContext(ctx, qDropLabels, store, account); err != nil {
			return err
		}
		for _, label := range labels {
			if _, err := tx.ExecContext(ctx, qSetLabel, label, store, account); err != nil {
				return err
			}
		}
		return nil
	})
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Labels lists the labels that the account's stores carry.
func (db *DB) Labels(ctx context.Context, account org.AccountID) ([]string, error) {
	return all(ctx, db.reader, scalar[string], qLabels, account)
}

// Bounds of labels.
const (
	labelLength = 40
	labelCount  = 20
)

func cleanLabels(labels []string) ([]string, error) {
	var clean []string
	for _, label := range labels {
		label = strings.Join(strings.Fields(label), " ")
		if len([]rune(label)) > labelLength || strings.ContainsFunc(label, unicode.IsControl) {
			return nil, org.Invalid("labels", "A label is at most 40 characters long.")
		}
		if label != "" {
			clean = append(clean, label)
		}
	}
	slices.Sort(clean)
	if clean = slices.Compact(clean); len(clean) > labelCount {
		return nil, org.Invalid("labels", "A store carries at most 20 labels.")
	}
	return clean, nil
}
