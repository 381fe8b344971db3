package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"rollcall/internal/org"
)

// open is the valid_to of a version that still holds.
const open = math.MaxInt64

var (
	qRunning     = query(`SELECT id FROM snapshot WHERE account_id = ? AND state = 'running'`)
	qNewSnapshot = query(`INSERT INTO snapshot (account_id, started_at, state) VALUES (?, ?, 'running')`)
	qNewRun      = query(`INSERT INTO sync_run (snapshot_id, state, progress) VALUES (?, x'', '{}')`)
	qRunState    = query(`SELECT state FROM sync_run WHERE snapshot_id = ?`)
)

// Begin continues the account's open run when it is younger than maxAge, closing an older one as partial, or starts
// a new one.
func (db *DB) Begin(ctx context.Context, account org.AccountID, maxAge time.Duration) (run org.Run, err error) {
	db.known.forget(account)
	err = db.write(ctx, func(tx *sql.Tx) error {
		now := db.now()
		id, err := one(ctx, tx, scalar[org.SnapshotID], qRunning, account)
		if err != nil && err != errNone {
			return err
		}
		if err == nil {
			if run.Snapshot, err = one(ctx, tx, scanSnapshot, qSnapshot, id); err != nil {
				return err
			}
			if run.Resumed = now.Sub(run.Snapshot.Started) < maxAge; !run.Resumed {
				reason := fmt.Sprintf("The sync was interrupted and not continued within %s.", hours(maxAge))
				if err := db.closeRun(ctx, tx, run.Snapshot, org.Partial, reason); err != nil {
					return err
				}
			}
		}
		if run.Resumed {
			return resume(ctx, tx, &run)
		}
		return begin(ctx, tx, account, now, &run)
	})
	return run, err
}

func hours(d time.Duration) string {
	if d%time.Hour == 0 {
		return fmt.Sprintf("%d hours", int(d.Hours()))
	}
	return d.String()
}

func begin(ctx context.Context, tx *sql.Tx, account org.AccountID, now time.Time, run *org.Run) error {
	result, err := tx.ExecContext(ctx, qNewSnapshot, account, now.UnixMilli())
	if err != nil {
		return err
	}
	id, err := result.LastInsertId()
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, qNewRun, id); err != nil {
		return err
	}
	if run.Snapshot, err = one(ctx, tx, scanSnapshot, qSnapshot, id); err != nil {
		return err
	}
	return holdings(ctx, tx, run)
}

func resume(ctx context.Context, tx *sql.Tx, run *org.Run) (err error) {
	if run.State, err = one(ctx, tx, scalar[[]byte], qRunState, run.Snapshot.ID); err != nil {
		return err
	}
	if len(run.State) == 0 { // killed before the first Save
		run.State = nil
	}
	if run.Staged, err = stagedPages(ctx, tx, run.Snapshot.ID); err != nil {
		return err
	}
	return holdings(ctx, tx, run)
}

// An access that was not seen but not proven to have ended still counts.
var (
	qKnownStores = query(`
		SELECT s.api_id, s.hash, v.name, coalesce(c.accesses, 0), f.baseline IS NOT NULL,
		       coalesce(json_array_length(g.app_ids), -1), s.missing_since IS NOT NULL,
		       coalesce(f.total_off, 0)
		FROM store s
		JOIN store_version v ON v.store_id = s.id AND v.valid_to = 9223372036854775807
		LEFT JOIN (SELECT store_id, count(*) accesses FROM access_version
		           WHERE valid_to = 9223372036854775807 GROUP BY store_id) c ON c.store_id = s.id
		LEFT JOIN facet_now f ON f.account_id = s.account_id AND f.store_id = s.id AND f.facet = 1
		LEFT JOIN store_app b ON b.store_id = s.id AND b.valid_to = 9223372036854775807
		LEFT JOIN app_set g ON g.id = b.set_id
		WHERE s.account_id = ? ORDER BY s.id`)
	qKnownPeople = query(`
		SELECT CASE WHEN (SELECT baseline FROM facet_now WHERE account_id = ?1 AND store_id = 0 AND facet = 4) IS NULL
		            THEN -1
		            ELSE (SELECT count(*) FROM account_user a JOIN user u ON u.id = a.user_id
		                  WHERE u.account_id = ?1 AND a.valid_to = 9223372036854775807) END`)
)

var qKnownSubscribed = query(`
	SELECT CASE WHEN (SELECT baseline FROM facet_now WHERE account_id = ?1 AND store_id = 0 AND facet = 7) IS NULL
	            THEN -1
	            ELSE (SELECT count(*) FROM subscription s JOIN subscription_version v ON v.subscription_id = s.id
	                  WHERE s.account_id = ?1 AND v.valid_to = 9223372036854775807) END`)

// holdings fills in what history holds when the run goes on.
func holdings(ctx context.Context, tx *sql.Tx, run *org.Run) (err error) {
	run.Known, err = all(ctx, tx, func(rows *sql.Rows) (s org.KnownStore, err error) {
		err = rows.Scan(&s.APIID, &s.Hash, &s.Name, &s.Accesses, &s.Read, &s.Apps, &s.Missing, &s.TotalOff)
		if !s.Read {
			s.Accesses = -1
		}
		return s, err
	}, qKnownStores, run.Snapshot.Account)
	if err != nil {
		return err
	}
	if run.AccountUsers, err = one(ctx, tx, scalar[int], qKnownPeople, run.Snapshot.Account); err != nil {
		return err
	}
	run.Subscriptions, err = one(ctx, tx, scalar[int], qKnownSubscribed, run.Snapshot.Account)
	return err
}

var (
	qCancel    = query(`UPDATE sync_run SET cancel = 1 WHERE snapshot_id = (SELECT id FROM snapshot WHERE account_id = ? AND state = 'running')`)
	qCancelled = query(`SELECT cancel FROM sync_run WHERE snapshot_id = ?`)
	qProgress  = query(`
		SELECT s.id, s.started_at, r.progress, r.cancel FROM sync_run r JOIN snapshot s ON s.id = r.snapshot_id
		WHERE s.account_id = ? AND s.state = 'running'`)
)

// RequestCancel asks the account's running sync to end; a NotFound error when none runs.
func (db *DB) RequestCancel(ctx context.Context, account org.AccountID) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		return changed("running sync")(tx.ExecContext(ctx, qCancel, account))
	})
}

// Cancelled tells whether somebody asked for the end of the run. An ended run is not cancelled.
func (db *DB) Cancelled(ctx context.Context, snapshot org.SnapshotID) (bool, error) {
	cancelled, err := one(ctx, db.reader, scalar[bool], qCancelled, snapshot)
	if err == errNone {
		return false, nil
	}
	return cancelled, err
}

// Progress is what the last Save of the running snapshot said; ok is false when none runs.
func (db *DB) Progress(ctx context.Context, account org.AccountID) (p org.Progress, ok bool, err error) {
	p, err = one(ctx, db.reader, func(rows *sql.Rows) (p org.Progress, err error) {
		var id org.SnapshotID
		var started sql.NullInt64
		var text []byte
		var cancel bool
		if err = rows.Scan(&id, &started, &text, &cancel); err != nil {
			return p, err
		}
		err = json.Unmarshal(text, &p)
		p.Account, p.Snapshot, p.Started, p.Cancelling = account, id, moment(started), cancel
		return p, err
	}, qProgress, account)
	if err == errNone {
		return org.Progress{}, false, nil
	}
	if err == nil {
		err = db.countTokens(ctx, &p)
	}
	return p, err == nil, err
}

// snapshotColumns are what scanSnapshot reads, of a table named s.
const snapshotColumns = `s.id, s.account_id, s.started_at, s.finished_at, s.state, s.reason, s.requests, s.repeated,
	s.stores, s.stores_failed, s.accesses, s.users, s.changes, s.read_from, s.read_to,
	coalesce((SELECT n.name FROM account_name n WHERE n.account_id = s.account_id AND n.valid_from <= s.id
	          ORDER BY n.valid_from DESC LIMIT 1), '')`

var qSnapshot = query(`SELECT ` + snapshotColumns + ` FROM snapshot s WHERE s.id = ?`)

func scanSnapshot(rows *sql.Rows) (s org.Snapshot, err error) {
	var started, finished, from, to sql.NullInt64
	err = rows.Scan(&s.ID, &s.Account, &started, &finished, &s.State, &s.Reason, &s.Requests, &s.Repeated,
		&s.Stores, &s.StoresFailed, &s.Accesses, &s.Users, &s.Changes, &from, &to, &s.AccountName)
	s.Started, s.Finished, s.ReadFrom, s.ReadTo = moment(started), moment(finished), moment(from), moment(to)
	return s, err
}

// Snapshot is the state of one snapshot; a NotFound error when there is none of that number.
func (db *DB) Snapshot(ctx context.Context, id org.SnapshotID) (org.Snapshot, error) {
	s, err := one(ctx, db.reader, scanSnapshot, qSnapshot, id)
	return s, named("snapshot", err)
}
