package sqlite

import (
	"context"
	"database/sql"

	"rollcall/internal/org"
)

// History is the database as a sync sees it: its Close ends a run, not the database.
type History struct{ *DB }

// History gives the database as a sync sees it.
func (db *DB) History() History { return History{db} }

// Close ends the run: pages show its snapshot from then on. Stores that it did not read, or not to the end, keep what
// was known of them. Closing an ended run is a Conflict error.
func (h History) Close(
	ctx context.Context, id org.SnapshotID, state org.SnapshotState, reason string,
) (snapshot org.Snapshot, err error) {
	db := h.DB
	err = db.write(ctx, func(tx *sql.Tx) error {
		if snapshot, err = one(ctx, tx, scanSnapshot, qSnapshot, id); err != nil {
			return named("snapshot", err)
		}
		if snapshot.Closed() {
			return org.Conflict("This sync has ended already.")
		}
		if err := db.closeRun(ctx, tx, snapshot, state, reason); err != nil {
			return err
		}
		snapshot, err = one(ctx, tx, scanSnapshot, qSnapshot, id)
		return err
	})
	db.known.forget(snapshot.Account)
	return snapshot, err
}

var (
	// A run that reads only what a sync left over did not try the accesses: how they stand is as the sync left them.
	qFacetAccesses = query(`
		INSERT INTO facet_read (snapshot_id, facet, store_id, state, expected, received, at, error, partial)
		SELECT ?1, 1, s.id, iif(f.tried >= r.since, f.state, 5), iif(f.tried >= r.since, f.expected, -1),
		       coalesce(f.received, 0), f.read_at, iif(f.tried >= r.since, f.error, NULL),
		       f.read_at IS NOT NULL AND f.baseline IS NULL
		FROM (SELECT iif(max(json_extract(progress, '$.Rest')), 0, ?1) since FROM sync_run WHERE snapshot_id = ?1) r, store s
		JOIN store_version v ON v.store_id = s.id AND v.valid_to = 9223372036854775807
		LEFT JOIN facet_now f ON f.account_id = s.account_id AND f.store_id = s.id AND f.facet = 1
		WHERE s.account_id = ?2 ORDER BY s.id`)
	qFacetOthers = query(`
		INSERT INTO facet_read (snapshot_id, facet, store_id, state, expected, received, at, error, partial)
		SELECT ?1, facet, store_id, state, expected, received, read_at, error, read_at IS NOT NULL AND baseline IS NULL
		FROM facet_now WHERE account_id = ?2 AND facet <> 1 AND tried = ?1 ORDER BY facet, store_id`)
	qCloseSnapshot = query(`
		WITH run AS (SELECT coalesce(max(json_extract(progress, '$.StoresLost')), 0) lost FROM sync_run WHERE snapshot_id = ?1)
		UPDATE snapshot SET finished_at = ?2, state = ?3, reason = ?4,
			(stores, stores_failed, read_from, read_to) = (
				SELECT count(*) + (SELECT lost FROM run), coalesce(sum(r.state <> 1), 0) + (SELECT lost FROM run), min(r.at),
				       max(max(r.at, coalesce(n.read_to, r.at)))
				FROM facet_read r LEFT JOIN facet_now n
				  ON n.account_id = snapshot.account_id AND n.store_id = r.store_id AND n.facet = r.facet
				WHERE r.snapshot_id = ?1 AND r.facet = 1),
			(users, accesses, privileged, inactive) = (
				SELECT count(*), coalesce(sum(stores), 0), coalesce(sum(privileged), 0),
				       coalesce(sum(last_login > 0 AND last_login < ?5 AND NOT EXISTS (` + maybeActive + `)), 0)
				FROM user_now WHERE account_id = snapshot.account_id),
			changes = (SELECT count(*) FROM change c WHERE c.account_id = snapshot.account_id AND c.snapshot_id = ?1)
		WHERE id = ?1`)
	qReadTo      = query(`SELECT coalesce(max(at), ?) FROM facet_read WHERE snapshot_id = ? AND facet = 1`)
	qDropRun     = query(`DELETE FROM sync_run WHERE snapshot_id = ?`)
	qDropPages   = query(`DELETE FROM sync_page WHERE snapshot_id = ?`)
	qForgetTouch = query(`DELETE FROM sync_touched WHERE snapshot_id = ?`)
)

// maybeActive are the accesses of a user of user_now that keep it from counting as inactive: each is judged by the read of its
// own store (?6: the threshold in seconds), and one whose sign-in was not read may have been used.
const maybeActive = `SELECT 1 FROM access_version a
	JOIN facet_read f ON f.snapshot_id = ?1 AND f.facet = 1 AND f.store_id = a.store_id
	LEFT JOIN sign_in g ON g.store_id = a.store_id AND g.user_id = a.user_id AND g.valid_from =
		(SELECT max(valid_from) FROM sign_in WHERE store_id = a.store_id AND user_id = a.user_id)
	WHERE a.user_id = user_now.user_id AND a.valid_to = 9223372036854775807
	  AND (g.at IS NULL OR g.at > 0 AND g.at >= f.at / 1000 - ?6)`

// closeRun ends a run inside a transaction.
func (db *DB) closeRun(ctx context.Context, tx *sql.Tx, s org.Snapshot, state org.SnapshotState, reason string) error {
	if err := sumUpSweep(ctx, tx, s); err != nil {
		return err
	}
	for _, text := range []string{qFacetAccesses, qFacetOthers} {
		if _, err := tx.ExecContext(ctx, text, s.ID, s.Account); err != nil {
			return err
		}
	}
	if err := summarize(ctx, tx, s.ID); err != nil {
		return err
	}
	days, err := inactiveDays(ctx, tx)
	if err != nil {
		return err
	}
	now := db.now()
	newest, err := one(ctx, tx, scalar[int64], qReadTo, now.UnixMilli(), s.ID)
	if err != nil {
		return err
	}
	threshold := int64(days) * 24 * 60 * 60
	if _, err := tx.ExecContext(ctx, qCloseSnapshot, s.ID, now.UnixMilli(), string(state), reason, newest/1000-threshold, threshold); err != nil {
		return err
	}
	for _, text := range []string{qDropRun, qDropPages, qForgetTouch} {
		if _, err := tx.ExecContext(ctx, text, s.ID); err != nil {
			return err
		}
	}
	return nil
}
