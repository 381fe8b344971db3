package sqlite

import (
	"context"
	"database/sql"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/throttle"
)

var (
	qSpent     = query(`SELECT at FROM quota_spend WHERE account_id = ? AND at > ? ORDER BY at, id`)
	qSpend     = query(`INSERT INTO quota_spend (account_id, at) VALUES (?, ?)`)
	qPrune     = query(`DELETE FROM quota_spend WHERE account_id = ? AND at <= ?`)
	qQuotaSeen = query(`SELECT quota, remaining, reset_at, window_ms, seen_at FROM quota_seen WHERE account_id = ?`)
	qSaw       = query(`
		INSERT INTO quota_seen (account_id, quota, remaining, reset_at, window_ms, seen_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET quota = excluded.quota, remaining = excluded.remaining, reset_at = excluded.reset_at,
			window_ms = excluded.window_ms, seen_at = excluded.seen_at
		WHERE excluded.seen_at >= quota_seen.seen_at OR excluded.seen_at < quota_seen.seen_at - ?`)
)

// spendKept is how long booked requests are kept at least, whatever window is asked for.
const spendKept = 48 * time.Hour

// Reserve books one request at the moment now if decide agrees: see throttle.Ledger. decide runs inside the writing
// transaction, so no other process can book in between; it must be quick.
func (db *DB) Reserve(
	ctx context.Context, account org.AccountID, now time.Time, window time.Duration,
	decide func(spent []time.Time, seen throttle.Seen) time.Time,
) (until time.Time, err error) {
	err = db.write(ctx, func(tx *sql.Tx) error {
		spent, seen, err := book(ctx, tx, account, now, window)
		if err != nil {
			return err
		}
		if until = decide(spent, seen); !until.IsZero() {
			return nil
		}
		if _, err := tx.ExecContext(ctx, qPrune, account, now.Add(-max(window, spendKept)).UnixMilli()); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, qSpend, account, now.UnixMilli())
		return err
	})
	return until, err
}

// Spent returns what decide would see, without booking anything.
func (db *DB) Spent(
	ctx context.Context, account org.AccountID, now time.Time, window time.Duration,
) (spent []time.Time, seen throttle.Seen, err error) {
	err = db.read(ctx, func(tx *sql.Tx) error {
		spent, seen, err = book(ctx, tx, account, now, window)
		return err
	})
	return spent, seen, err
}

func book(ctx context.Context, q querier, account org.AccountID, now time.Time, window time.Duration) ([]time.Time, throttle.Seen, error) {
	spent, err := all(ctx, q, func(rows *sql.Rows) (time.Time, error) {
		at, err := scalar[int64](rows)
		return time.UnixMilli(at).UTC(), err
	}, qSpent, account, now.Add(-window).UnixMilli())
	if err != nil {
		return nil, throttle.Seen{}, err
	}
	seen, err := one(ctx, q, scanSeen, qQuotaSeen, account)
	if err == errNone {
		err = nil
	}
	return spent, seen, err
}

func scanSeen(rows *sql.Rows) (s throttle.Seen, err error) {
	var reset, at sql.NullInt64
	var window int64
	err = rows.Scan(&s.Quota, &s.Left, &reset, &window, &at)
	s.Reset, s.At, s.Window = moment(reset), moment(at), time.Duration(window)*time.Millisecond
	return s, err
}

// Saw records the headers of an answer. Headers older than those on record are ignored, unless a clock ran ahead.
func (db *DB) Saw(ctx context.Context, account org.AccountID, seen throttle.Seen) error {
	return db.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, qSaw, account, seen.Quota, seen.Left, seen.Reset.UnixMilli(), seen.Window.Milliseconds(),
			seen.At.UnixMilli(), throttle.WrongClock.Milliseconds())
		return err
	})
}
