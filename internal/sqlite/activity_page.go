package sqlite

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"time"

	"rollcall/internal/org"
)

// activityFilter selects rows as a query's filters say; the names of its parameters are those of the SQL text.
const activityFilter = `
	WHERE id > :after AND id < :before AND at >= :from AND at < :to
	  AND CASE :about WHEN 'account' THEN account_id = :account WHEN 'installation' THEN account_id IS NULL
	      ELSE :account = 0 OR account_id = :account OR account_id IS NULL END
	  AND (:actors IS NULL OR actor IN (SELECT value FROM json_each(:actors)))
	  AND (:actions IS NULL OR action IN (SELECT value FROM json_each(:actions)))
	  AND (:outcomes IS NULL OR outcome IN (SELECT value FROM json_each(:outcomes)))
	  AND (:search = '' OR instr(lower(subject), :search) OR instr(lower(before), :search) OR instr(lower(after), :search)
	      OR instr(lower(actor), :search) OR address = :search OR session = :search OR lower(request) = :search)`

var (
	qActivityOlder  = query(`SELECT ` + activityColumns + ` FROM activity` + activityFilter + ` ORDER BY id DESC LIMIT :limit`)
	qActivityNewer  = query(`SELECT ` + activityColumns + ` FROM activity` + activityFilter + ` ORDER BY id LIMIT :limit`)
	qCountActivity  = query(`SELECT count(*) FROM activity` + activityFilter)
	qActivityActors = query(`
		SELECT actor, count(*) FROM (SELECT actor, account_id FROM activity ORDER BY id DESC LIMIT 20000) WHERE :account = 0 OR account_id = :account OR account_id IS NULL
		GROUP BY actor ORDER BY count(*) DESC, actor LIMIT 200`)
	qActivityActions = query(`
		SELECT action, count(*) FROM (SELECT action, account_id FROM activity ORDER BY id DESC LIMIT 20000) WHERE :account = 0 OR account_id = :account OR account_id IS NULL
		GROUP BY action ORDER BY action LIMIT 200`)
)

// activityArgs are the values of activityFilter for rows between two numbers, both excluded.
func activityArgs(account org.AccountID, q org.Query, zone *time.Location, after, before int64, limit int) []any {
	from, to := q.Span(zone)
	until := int64(open)
	if !to.IsZero() {
		until = to.UnixMilli()
	}
	since := int64(0)
	if !from.IsZero() {
		since = from.UnixMilli()
	}
	return []any{
		sql.Named("after", after), sql.Named("before", before), sql.Named("from", since), sql.Named("to", until),
		sql.Named("about", string(q.About)), sql.Named("account", int64(account)),
		sql.Named("actors", orNone(q.Actors)), sql.Named("actions", orNone(q.Actions)), sql.Named("outcomes", orNone(q.Outcomes)),
		sql.Named("search", strings.ToLower(q.Search)), sql.Named("limit", limit),
	}
}

// orNone is a list as JSON, NULL when it is empty.
func orNone(list []string) any {
	if len(list) == 0 {
		return nil
	}
	return idList(list)
}

// Activity lists entries older than the entry before (0: from the newest), newest first: those of the account and
// those that concern none; account 0 means all.
func (db *DB) Activity(ctx context.Context, account org.AccountID, before int64, limit int) ([]org.ActivityRow, error) {
	if before <= 0 {
		before = open
	}
	return all(ctx, db.reader, scanActivity, qActivityOlder, activityArgs(account, org.Query{}, time.UTC, 0, before, limit)...)
}

// ActivityPage is a page of the activity log, newest first: the rows that the query's filters select among those of the
// account and those that concern none. Its days are days of the display zone.
func (db *DB) ActivityPage(ctx context.Context, account org.AccountID, q org.Query) (page org.ActivityPage, err error) {
	set, err := db.Settings(ctx)
	if err != nil {
		return page, err
	}
	if q.Limit == 0 {
		q.Limit = org.PageSize
	}
	rows, more, err := db.activityAt(ctx, account, q, set.Zone)
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
	page.Total, err = one(ctx, db.reader, scalar[int], qCountActivity, activityArgs(account, q, set.Zone, 0, open, 0)...)
	return page, err
}

// activityAt reads the rows of a page, newest first, and whether there are more in the direction of reading.
func (db *DB) activityAt(ctx context.Context, account org.AccountID, q org.Query, zone *time.Location) (rows []org.ActivityRow, more bool, err error) {
	text, after, before := qActivityOlder, int64(0), int64(open)
	if q.Before != "" {
		text = qActivityNewer
		after, err = activityPlace(q.Before)
	} else if q.After != "" {
		before, err = activityPlace(q.After)
	}
	if err != nil {
		return nil, false, err
	}
	rows, err = all(ctx, db.reader, scanActivity, text, activityArgs(account, q, zone, after, before, q.Limit+1)...)
	more = len(rows) > q.Limit
	rows = rows[:min(q.Limit, len(rows))]
	if q.Before != "" {
		slices.Reverse(rows)
	}
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

// EachActivity hands out the rows that a query selects in the order in which they were written, for files.
func (db *DB) EachActivity(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, row func(org.ActivityRow) error) error {
	return each(ctx, db.exports, func(rows *sql.Rows) error {
		a, err := scanActivity(rows)
		if err != nil {
			return err
		}
		return row(a)
	}, qActivityNewer, activityArgs(scope.Account, q, s.Zone, 0, open, -1)...)
}

// ActivityChoices are the actors and actions among the newest 20,000 rows, as far as they concern an account or the
// installation.
func (db *DB) ActivityChoices(ctx context.Context, account org.AccountID) (actors, actions []org.Choice, err error) {
	if actors, err = all(ctx, db.reader, scanCounted, qActivityActors, sql.Named("account", int64(account))); err != nil {
		return nil, nil, err
	}
	actions, err = all(ctx, db.reader, scanCounted, qActivityActions, sql.Named("account", int64(account)))
	return actors, actions, err
}

func scanCounted(rows *sql.Rows) (c org.Choice, err error) {
	err = rows.Scan(&c.Value, &c.Count)
	return c, err
}
