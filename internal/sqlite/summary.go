package sqlite

import (
	"context"
	"database/sql"

	"rollcall/internal/org"
)

// The summary of a user: the newest identity, what the open accesses add up to, and whether the account's list holds
// the user: it is known not to only when it was read whole in or after the snapshot that saw the user first. A sign-in
// counts as never only when every access was read and none was ever used (design 7).
const userNowText = `
	INSERT INTO user_now (user_id, account_id, person_id, name_key, email_fold, domain, stores, role, privileged, sensitive,
	                      in_account, last_login, first_seen)
	SELECT u.id, u.account_id, u.person_id, p.name_key, p.email_fold, p.domain, count(a.store_id),
	       coalesce(max(s.role), 0), coalesce(max(s.privileged), 0), coalesce(max(s.sensitive), 0),
	       CASE WHEN m.user_id IS NOT NULL THEN 2 WHEN f.baseline IS NOT NULL AND EXISTS (
		SELECT 1 FROM snapshot n JOIN facet_read r ON r.snapshot_id = n.id AND r.facet = 4 AND r.store_id = 0 AND r.state = 1
		WHERE n.account_id = u.account_id AND n.id >= u.since) THEN 1 ELSE 0 END,
	       CASE WHEN max(g.at) > 0 THEN max(g.at) WHEN count(a.store_id) = 0 OR count(g.at) < count(a.store_id) THEN -1 ELSE 0 END,
	       u.first_seen_at
	FROM user u
	JOIN person p ON p.id = u.person_id
	LEFT JOIN account_user m ON m.user_id = u.id AND m.valid_to = 9223372036854775807
	LEFT JOIN facet_now f ON f.account_id = u.account_id AND f.store_id = 0 AND f.facet = 4
	LEFT JOIN access_version a ON a.user_id = u.id AND a.valid_to = 9223372036854775807
	LEFT JOIN permission_set s ON s.id = a.set_id
	LEFT JOIN sign_in g ON g.store_id = a.store_id AND g.user_id = a.user_id AND g.valid_from =
		(SELECT max(valid_from) FROM sign_in WHERE store_id = a.store_id AND user_id = a.user_id)`

const userNowGroup = `
	GROUP BY u.id HAVING count(a.store_id) > 0 OR m.user_id IS NOT NULL`

var (
	qDropTouched = query(`
		DELETE FROM user_now WHERE user_id IN (SELECT user_id FROM sync_touched WHERE snapshot_id = ?)`)
	qFillTouched = query(userNowText + `
		WHERE u.id IN (SELECT user_id FROM sync_touched WHERE snapshot_id = ?)` + userNowGroup)
	qEndSummaries = query(`
		UPDATE user_summary SET valid_to = ?1
		WHERE valid_to = 9223372036854775807
		  AND user_id IN (SELECT user_id FROM sync_touched WHERE snapshot_id = ?1)
		  AND NOT EXISTS (SELECT 1 FROM user_now n WHERE n.user_id = user_summary.user_id
		      AND (n.person_id, n.stores, n.role, n.privileged, n.sensitive, n.in_account)
		        = (user_summary.person_id, user_summary.stores, user_summary.role, user_summary.privileged,
		           user_summary.sensitive, user_summary.in_account))`)
	qNewSummaries = query(`
		INSERT INTO user_summary (user_id, valid_from, valid_to, person_id, stores, role, privileged, sensitive, in_account)
		SELECT n.user_id, ?1, 9223372036854775807, n.person_id, n.stores, n.role, n.privileged, n.sensitive, n.in_account
		FROM sync_touched t JOIN user_now n ON n.user_id = t.user_id
		WHERE t.snapshot_id = ?1 AND NOT EXISTS (
			SELECT 1 FROM user_summary s WHERE s.user_id = n.user_id AND s.valid_to = 9223372036854775807)
		ORDER BY t.user_id`)
	qNewLogins = query(`
		INSERT INTO user_login (user_id, valid_from, at)
		SELECT n.user_id, ?1, n.last_login FROM sync_touched t JOIN user_now n ON n.user_id = t.user_id
		WHERE t.snapshot_id = ?1 AND n.last_login IS NOT
			(SELECT at FROM user_login l WHERE l.user_id = n.user_id ORDER BY valid_from DESC LIMIT 1)
		ORDER BY t.user_id`)
)

// summarize makes the summaries of the users that the snapshot touched anew.
func summarize(ctx context.Context, tx *sql.Tx, snapshot org.SnapshotID) error {
	for _, text := range []string{qDropTouched, qFillTouched, qEndSummaries, qNewSummaries, qNewLogins} {
		if _, err := tx.ExecContext(ctx, text, snapshot); err != nil {
			return err
		}
	}
	return nil
}

var (
	qDropNow     = query(`DELETE FROM user_now`)
	qFillNow     = query(userNowText + userNowGroup)
	qAnyoneSyncs = query(`SELECT count(*) FROM snapshot WHERE state = 'running'`)
)

// RebuildUsers makes the table behind the user lists anew from the history. A Conflict error while a sync is open,
// because its unfinished findings would show.
func (db *DB) RebuildUsers(ctx context.Context) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		if n, err := one(ctx, tx, scalar[int], qAnyoneSyncs); err != nil || n > 0 {
			return firstError(err, org.Conflict("A sync is open. Let it finish first."))
		}
		for _, text := range []string{qDropNow, qFillNow} {
			if _, err := tx.ExecContext(ctx, text); err != nil {
				return err
			}
		}
		return nil
	})
}
