package sqlite

import (
	"context"
	"database/sql"
	"slices"
	"strconv"

	"rollcall/internal/org"
)

var (
	qCountActivity = query(`SELECT count(*) FROM activity WHERE ?1 = 0 OR account_id = ?1 OR account_id IS NULL`)
	qNewerActivity = query(`
		SELECT id, at, actor, action, subject, address, request, outcome, before, after
		FROM activity WHERE id > ?1 AND (?2 = 0 OR account_id = ?2 OR account_id IS NULL) ORDER BY id LIMIT ?3`)
)

// ActivityPage is a page of the activity log, newest first, as Activity selects it. The query's After and Before say
// where in the log it is; its filters do not apply.
func (db *DB) ActivityPage(ctx context.Context, account org.AccountID, q org.Query) (page org.ActivityPage, err error) {
	limit := q.Limit
	if limit == 0 {
		limit = org.PageSize
	}
	rows, more, err := db.activityAt(ctx, account, q, limit)
	if err != nil {
		return page, err
	}
	page.Rows = rows
	if len(rows) > 0 {
		if q.Before != "" && more || q.After != "" {
			page.Prev = strconv.FormatInt(rows[0].ID, 10)
		}
		if q.Before != "" || more {
			page.Next = strconv.FormatInt(rows[len(rows)-1].ID, 10)
		}
	}
	page.Total, err = one(ctx, db.reader, scalar[int], qCountActivity, account)
	return page, err
}

// activityAt reads the rows of a page, newest first, and whether there are more in the direction of reading.
func (db *DB) activityAt(ctx context.Context, account org.AccountID, q org.Query, limit int) (rows []org.ActivityRow, more bool, err error) {
	if q.Before == "" {
		place, err := activityPlace(q.After)
		if err != nil {
			return nil, false, err
		}
		rows, err := db.Activity(ctx, account, place, limit+1)
		return rows[:min(limit, len(rows))], len(rows) > limit, err
	}
	place, err := activityPlace(q.Before)
	if err != nil {
		return nil, false, err
	}
	rows, err = all(ctx, db.reader, scanActivity, qNewerActivity, place, account, limit+1)
	more = len(rows) > limit
	rows = rows[:min(limit, len(rows))]
	slices.Reverse(rows)
	return rows, more, err
}

func activityPlace(cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	place, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil || place < 1 {
		return 0, org.Invalid("after", "This place in the list does not exist. Begin at the first page.")
	}
	return place, nil
}

func scanActivity(rows *sql.Rows) (a org.ActivityRow, err error) {
	var at sql.NullInt64
	err = rows.Scan(&a.ID, &at, &a.Actor, &a.Action, &a.Subject, &a.Address, &a.Request, &a.Outcome, &a.Before, &a.After)
	a.At = moment(at)
	return a, err
}
