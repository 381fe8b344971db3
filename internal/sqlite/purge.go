package sqlite

import (
	"context"
	"database/sql"
	"time"

	"rollcall/internal/org"
)

// purgeRows bounds what one transaction of a purge deletes, so that nobody else waits long to write.
const purgeRows = 20_000

// ofStores and ofUsers are the tables whose rows belong to a store or to a user, by that column. They are emptied for a
// few stores or users at a time, because their rows have no number of their own.
var (
	qSomeStores   = query(`SELECT id FROM store WHERE account_id = ? ORDER BY id LIMIT 1`)
	ofStores      = dropBy("store_id", "foreign_client", "access_version", "access_seen", "sign_in", "user_app", "store_app", "store_version", "store_label")
	qDropStoreRow = query(`DELETE FROM store WHERE id = ?`)

	qSomeUsers   = query(`SELECT id FROM user WHERE account_id = ? ORDER BY id LIMIT 1000`)
	ofUsers      = dropBy("user_id", "account_user", "user_summary", "user_login", "user_now")
	qDropUserRow = query(`DELETE FROM user WHERE id = ?`)

	qSomeHooks    = query(`SELECT id FROM hook WHERE account_id = ? ORDER BY id LIMIT 1000`)
	ofHooks       = dropBy("hook_id", "hook_version")
	qDropHookRow  = query(`DELETE FROM hook WHERE id = ?`)
	qSomeEntries  = query(`SELECT id FROM api_account WHERE account_id = ? ORDER BY id LIMIT 1000`)
	ofEntries     = dropBy("api_account_id", "api_account_version", "hook_admin")
	qDropEntryRow = query(`DELETE FROM api_account WHERE id = ?`)

	qSomeFindings   = query(`SELECT id FROM finding WHERE account_id = ? ORDER BY id LIMIT 1000`)
	ofFindings      = dropBy("finding_id", "finding_step", "finding_version", "finding_text")
	qDropFindingRow = query(`DELETE FROM finding WHERE id = ?`)
)

func dropBy(column string, tables ...string) []string {
	list := make([]string, len(tables))
	for i, table := range tables {
		list[i] = query(`DELETE FROM ` + table + ` WHERE ` + column + ` = ?`)
	}
	return list
}

// ofAccount deletes rows by the account, some at a time; ofAccountWhole what is little.
var (
	ofAccount = []string{
		query(`DELETE FROM change WHERE id IN (SELECT id FROM change WHERE account_id = ?1 LIMIT ?2)`),
		query(`DELETE FROM facet_read WHERE snapshot_id IN (SELECT id FROM snapshot s WHERE account_id = ?1
			AND EXISTS (SELECT 1 FROM facet_read f WHERE f.snapshot_id = s.id) LIMIT ?2 / 4000)`),
	}
	ofAccountWhole = []string{
		query(`DELETE FROM app_in_set WHERE set_id IN (SELECT id FROM app_set WHERE account_id = ?)`),
		query(`DELETE FROM app_set WHERE account_id = ?`),
		query(`DELETE FROM app_name WHERE app_id IN (SELECT id FROM app WHERE account_id = ?)`),
		query(`DELETE FROM app WHERE account_id = ?`),
		query(`DELETE FROM account_name WHERE account_id = ?`),
		query(`DELETE FROM subscription_version WHERE subscription_id IN (SELECT id FROM subscription WHERE account_id = ?)`),
		query(`DELETE FROM subscription WHERE account_id = ?`),
		query(`DELETE FROM facet_now WHERE account_id = ?`),
		query(`DELETE FROM snapshot WHERE account_id = ?`),
		query(`DELETE FROM lease WHERE account_id = ?`),
		query(`DELETE FROM approved_host WHERE account_id = ?`),
		query(`DELETE FROM expected_hooks WHERE account_id = ?`),
		query(`DELETE FROM register_mark WHERE account_id = ?`),
		query(`DELETE FROM finding_turn WHERE account_id = ?`),
		query(`DELETE FROM policy_version WHERE account_id = ?`),
		query(`DELETE FROM roster WHERE account_id = ?`),
		query(`DELETE FROM baseline WHERE account_id = ?`),
		query(`DELETE FROM export_file WHERE account_id = ?`),
		query(`UPDATE member SET last_account = NULL WHERE last_account = ?`),
		query(`DELETE FROM account WHERE id = ?`),
	}
	// What versions share goes when nothing uses it any more.
	orphans = []string{
		query(`DELETE FROM person WHERE id NOT IN (SELECT person_id FROM user) AND id NOT IN (SELECT person_id FROM access_version)
			AND id NOT IN (SELECT person_id FROM account_user) AND id NOT IN (SELECT person_id FROM user_summary)`),
		query(`DELETE FROM permission_in_set WHERE set_id NOT IN (SELECT set_id FROM access_version WHERE set_id IS NOT NULL)`),
		query(`DELETE FROM permission_set WHERE id NOT IN (SELECT set_id FROM access_version WHERE set_id IS NOT NULL)`),
		query(`DELETE FROM rights_list WHERE id NOT IN (SELECT gained FROM change WHERE gained IS NOT NULL)
			AND id NOT IN (SELECT lost FROM change WHERE lost IS NOT NULL)`),
	}
)

// purgeOwner holds the account's lease while its history is deleted, so that no sync begins meanwhile.
const purgeOwner = "purge"

// PurgeAccount deletes an account with its whole history, in many small transactions. A purge that was interrupted
// leaves the account disconnected and can be repeated. A Busy error while a sync runs. Files of exports are the
// caller's; the activity log keeps its entries.
func (db *DB) PurgeAccount(ctx context.Context, id org.AccountID) error {
	if _, err := db.Account(ctx, id); err != nil {
		return err
	}
	if held, err := db.Acquire(ctx, id, purgeOwner, time.Minute); err != nil || !held {
		return firstError(err, org.Problem(org.KindBusy, "A sync of this account is running. Cancel it first.", nil))
	}
	defer db.known.forget(id)
	defer db.pasts.put(id, nil)
	defer db.Release(context.WithoutCancel(ctx), id, purgeOwner) // gone with the account when all went well
	if err := db.DisconnectAccount(ctx, id); err != nil {
		return err
	}
	if err := db.purgeOf(ctx, id, qSomeFindings, ofFindings, qDropFindingRow); err != nil {
		return err
	}
	if err := db.purgeOf(ctx, id, qSomeHooks, ofHooks, qDropHookRow); err != nil {
		return err
	}
	if err := db.purgeOf(ctx, id, qSomeEntries, ofEntries, qDropEntryRow); err != nil {
		return err
	}
	if err := db.purgeOf(ctx, id, qSomeStores, ofStores, qDropStoreRow); err != nil {
		return err
	}
	if err := db.purgeOf(ctx, id, qSomeUsers, ofUsers, qDropUserRow); err != nil {
		return err
	}
	for _, text := range ofAccount {
		if err := db.purgeRows(ctx, id, text); err != nil {
			return err
		}
	}
	return db.write(ctx, func(tx *sql.Tx) error {
		for _, text := range ofAccountWhole {
			if _, err := tx.ExecContext(ctx, text, id); err != nil {
				return err
			}
		}
		for _, text := range orphans {
			if _, err := tx.ExecContext(ctx, text); err != nil {
				return err
			}
		}
		return nil
	})
}

// purgeOf deletes some parents of the account with their rows, a transaction for each batch, until none is left.
func (db *DB) purgeOf(ctx context.Context, account org.AccountID, some string, tables []string, parent string) error {
	for left := true; left; {
		err := db.write(ctx, func(tx *sql.Tx) error {
			ids, err := all(ctx, tx, scalar[int64], some, account)
			if err != nil {
				return err
			}
			left = len(ids) > 0
			for _, text := range append(tables[:len(tables):len(tables)], parent) {
				statement, err := tx.PrepareContext(ctx, text)
				if err != nil {
					return err
				}
				defer statement.Close()
				for _, id := range ids {
					if _, err := statement.ExecContext(ctx, id); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if _, err := db.Acquire(ctx, account, purgeOwner, time.Minute); err != nil {
			return err
		}
	}
	return nil
}

// purgeRows repeats a bounded deletion until it finds nothing.
func (db *DB) purgeRows(ctx context.Context, account org.AccountID, text string) error {
	for deleted := int64(1); deleted > 0; {
		err := db.write(ctx, func(tx *sql.Tx) error {
			result, err := tx.ExecContext(ctx, text, account, purgeRows)
			if err == nil {
				deleted, err = result.RowsAffected()
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
