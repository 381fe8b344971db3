package sqlite

import (
	"context"
	"database/sql"
	"slices"
	"strconv"

	"rollcall/internal/org"
)

var (
	qSnapshotsOlder = query(closedSnapshots + ` AND s.id <= ?2 AND s.id < ?3 ORDER BY s.id DESC LIMIT ?4`)
	qSnapshotsNewer = query(closedSnapshots + ` AND s.id <= ?2 AND s.id > ?3 ORDER BY s.id LIMIT ?4`)
	qSnapshotCount  = query(`SELECT count(*) FROM snapshot WHERE account_id = ?1 AND state <> 'running' AND id <= ?2`)
)

const snapshotsList = "snapshots"

// Snapshots lists closed snapshots, newest first, up to the one that the query names.
func (db *DB) Snapshots(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (page org.SnapshotPage, err error) {
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil {
		return page, err
	}
	limit := q.Limit
	if limit <= 0 {
		limit = org.PageSize
	}
	text, cursor, at := qSnapshotsOlder, q.After, sortKey{id: int64(v.snapshot.ID) + 1}
	if q.Before != "" && q.After == "" {
		text, cursor = qSnapshotsNewer, q.Before
	}
	if cursor != "" {
		if at, err = parseCursor(cursor, snapshotsList, false); err != nil {
			return page, err
		}
	}
	if page.Total, err = one(ctx, db.reader, scalar[int], qSnapshotCount, scope.Account, v.snapshot.ID); err != nil {
		return page, err
	}
	rows, err := all(ctx, db.reader, scanSnapshot, text, scope.Account, v.snapshot.ID, at.id, limit+1)
	if err != nil || len(rows) == 0 {
		return page, err
	}
	more := len(rows) > limit
	page.Rows = rows[:min(limit, len(rows))]
	ahead, behind := cursor != "", more
	if text == qSnapshotsNewer {
		slices.Reverse(page.Rows)
		ahead, behind = more, true
	}
	if ahead {
		page.Prev = cursorOf(snapshotsList, false, sortKey{id: int64(page.Rows[0].ID)})
	}
	if behind {
		page.Next = cursorOf(snapshotsList, false, sortKey{id: int64(page.Rows[len(page.Rows)-1].ID)})
	}
	return page, nil
}

// EachSnapshot hands out closed snapshots, newest first.
func (db *DB) EachSnapshot(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, row func(org.Snapshot) error) error {
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil {
		return err
	}
	return each(ctx, db.exports, func(rows *sql.Rows) error {
		s, err := scanSnapshot(rows)
		if err != nil {
			return err
		}
		return row(s)
	}, qSnapshotsOlder, scope.Account, v.snapshot.ID, v.snapshot.ID+1, -1)
}

var qAccountFacets = query(`SELECT facet, state, coalesce(expected, received), received, at, coalesce(error, '') FROM facet_read
  WHERE snapshot_id = ?2 AND store_id = 0 AND ?1 = (SELECT account_id FROM snapshot WHERE id = ?2) ORDER BY facet`)

// AccountFacets tells how the reads of the account itself ended in the snapshot: the list of its users, untried ones
// as pending, and the list of its stores.
func (db *DB) AccountFacets(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) ([]org.FacetRead, error) {
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil || v.snapshot.ID == 0 {
		return nil, err
	}
	reads, err := all(ctx, db.reader, func(rows *sql.Rows) (read org.FacetRead, err error) {
		var facet, state int
		var at sql.NullInt64
		err = rows.Scan(&facet, &state, &read.Expected, &read.Received, &at, &read.Error)
		read.Facet, read.State, read.ReadAt = facetCodes[facet-1], facetStateCodes[state-1], moment(at)
		return read, err
	}, qAccountFacets, scope.Account, v.snapshot.ID)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(reads, func(r org.FacetRead) bool { return r.Facet == org.FacetAccountUsers }) {
		stores, err := v.stores(ctx)
		if err != nil {
			return nil, err
		}
		reads = append([]org.FacetRead{stores.account}, reads...)
	}
	return reads, nil
}

// trendDays is how far back the charts of the overview look, trendPoints how many points they have at most.
const trendDays, trendPoints = 180, 90

var qTrend = query(`SELECT id, finished_at, users, accesses, privileged, inactive FROM snapshot
  WHERE account_id = ?1 AND state <> 'running' AND id <= ?2 AND finished_at >= ?3 ORDER BY id`)

// trend thins the snapshots of the last months to what a chart can show, the newest included.
func (v *view) trend(ctx context.Context) ([]org.TrendPoint, error) {
	points, err := all(ctx, v.db.reader, func(rows *sql.Rows) (p org.TrendPoint, err error) {
		var at sql.NullInt64
		err = rows.Scan(&p.Snapshot, &at, &p.Users, &p.Accesses, &p.Privileged, &p.Inactive)
		p.At = moment(at)
		return p, err
	}, qTrend, v.scope.Account, v.snapshot.ID, v.snapshot.Finished.AddDate(0, 0, -trendDays).UnixMilli())
	if err != nil || len(points) <= trendPoints {
		return points, err
	}
	thin := make([]org.TrendPoint, 0, trendPoints)
	for i := range trendPoints {
		thin = append(thin, points[i*(len(points)-1)/(trendPoints-1)])
	}
	return thin, nil
}

// days writes a number of days.
func days(n int) string {
	if n == 1 {
		return "1 day"
	}
	return strconv.Itoa(n) + " days"
}
