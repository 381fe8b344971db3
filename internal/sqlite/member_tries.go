package sqlite

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"rollcall/internal/signin"
)

// triesMax bounds the rows of failed tries: strangers can make them.
const triesMax = 100_000

var (
	qTally    = query(`SELECT count, last_at, until_at, told FROM failed_try WHERE kind = ? AND key = ?`)
	qPutTally = query(`
		INSERT INTO failed_try (kind, key, count, last_at, until_at, told) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET count = excluded.count, last_at = excluded.last_at, until_at = excluded.until_at, told = excluded.told`)
	qDropTally   = query(`DELETE FROM failed_try WHERE kind = ? AND key = ?`)
	qDropTallies = query(`DELETE FROM failed_try WHERE last_at < ?1 AND coalesce(until_at, 0) < ?2`)
	qManyTallies = query(`SELECT count(*) FROM failed_try`)
	// Locks outlive the rest, or somebody could wash one away with many names.
	qThinTallies = query(`
		DELETE FROM failed_try WHERE (kind, key) IN (
			SELECT kind, key FROM failed_try ORDER BY coalesce(until_at, 0) > ?, count, last_at LIMIT ?)`)
	qLocks = query(`
		SELECT kind, key, count, until_at FROM failed_try WHERE until_at > ? AND count >= 10 ORDER BY until_at DESC LIMIT 500`)
	qUnlock = query(`DELETE FROM failed_try WHERE kind IN ('account', 'code', 'proof') AND key = ?1
		OR kind IN ('pair', 'device') AND substr(key, 1, length(?1) + 1) = ?1 || ' '`)
)

func scanTally(rows *sql.Rows) (t signin.Tally, err error) {
	var last, until sql.NullInt64
	err = rows.Scan(&t.Count, &last, &until, &t.Told)
	t.Last, t.Until = moment(last), moment(until)
	return t, err
}

// Tally hands the tallies of failed tries to change, in one writing transaction, and keeps what change leaves. Tries at
// the same time, in other processes as well, come one after the other.
func (db *DB) Tally(ctx context.Context, keys []signin.Key, change func([]signin.Tally)) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		tallies := make([]signin.Tally, len(keys))
		for i, k := range keys {
			t, err := one(ctx, tx, scanTally, qTally, k.Kind, k.Of)
			if err != nil && err != errNone {
				return err
			}
			tallies[i] = t
		}
		before := slices.Clone(tallies)
		change(tallies)
		if slices.Equal(before, tallies) { // somebody knocks on during a wait: nothing to write
			return nil
		}
		for i, k := range keys {
			if err := putTally(ctx, tx, k, tallies[i]); err != nil {
				return err
			}
		}
		return db.thinTallies(ctx, tx)
	})
}

func putTally(ctx context.Context, tx *sql.Tx, k signin.Key, t signin.Tally) error {
	if t.Count == 0 && t.Until.IsZero() {
		_, err := tx.ExecContext(ctx, qDropTally, k.Kind, k.Of)
		return err
	}
	_, err := tx.ExecContext(ctx, qPutTally, k.Kind, k.Of, t.Count, t.Last.UnixMilli(), millis(t.Until), t.Told)
	return err
}

// thinTallies keeps the table small.
func (db *DB) thinTallies(ctx context.Context, tx *sql.Tx) error {
	n, err := one(ctx, tx, scalar[int], qManyTallies)
	if err != nil || n <= triesMax {
		return err
	}
	now := db.now()
	if _, err := tx.ExecContext(ctx, qDropTallies, now.Add(-signin.ForgetTries).UnixMilli(), now.UnixMilli()); err != nil {
		return err
	}
	if n, err = one(ctx, tx, scalar[int], qManyTallies); err != nil || n <= triesMax {
		return err
	}
	_, err = tx.ExecContext(ctx, qThinTallies, now.UnixMilli(), triesMax/10)
	return err
}

// Locks lists who is locked out at the moment, the longest wait first.
func (db *DB) Locks(ctx context.Context) ([]signin.Lock, error) {
	return all(ctx, db.reader, func(rows *sql.Rows) (l signin.Lock, err error) {
		var until sql.NullInt64
		err = rows.Scan(&l.Kind, &l.Of, &l.Count, &until)
		l.Until = moment(until)
		return l, err
	}, qLocks, db.now().UnixMilli())
}

// Unlock forgets the failed tries of an e-mail (folded), wherever they came from, and sets aside until then what comes
// from networks where the member is not known.
func (db *DB) Unlock(ctx context.Context, emailFold string, opened signin.Key, until time.Time) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, qUnlock, strings.TrimSpace(emailFold)); err != nil {
			return err
		}
		return putTally(ctx, tx, opened, signin.Tally{Last: db.now(), Until: until})
	})
}

// ForgetTries removes failed tries, known networks and devices, and links that no longer count. It belongs beside
// Sessions.DeleteExpired.
func (db *DB) ForgetTries(ctx context.Context) error {
	now := db.now()
	return db.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, qDropTallies, now.Add(-signin.ForgetTries).UnixMilli(), now.UnixMilli()); err != nil {
			return err
		}
		for _, text := range []string{qOldPlaces, qOldDevices} {
			if _, err := tx.ExecContext(ctx, text, now.Add(-signin.KnownLasts).UnixMilli()); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, qOldLinks, now.UnixMilli())
		return err
	})
}
