package sqlite

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"time"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

func scanChange(rows *sql.Rows) (c org.ChangeRow, err error) {
	var seen int64
	var previous sql.NullInt64
	var kind int
	var who org.Identity
	err = rows.Scan(&c.ID, &c.Snapshot, &seen, &previous, &kind, &c.Store, &c.StoreHash, &c.StoreName, &c.User, &c.UserAPIID,
		&c.Email, &who.Email, &who.FirstName, &who.LastName, &c.Field, &c.Before, &c.After, &c.LinkedUser)
	c.SeenAt, c.PreviousReadAt = time.UnixMilli(seen).UTC(), moment(previous)
	c.UserName = who.Name()
	if kinds := audit.Kinds(); kind >= 1 && kind <= len(kinds) {
		c.Kind = string(kinds[kind-1])
	}
	return c, err
}

// Changes lists changes, newest first, up to the snapshot that the query names and after Since. Stores that are gone
// and users that were removed are found as well.
func (db *DB) Changes(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.ChangePage, error) {
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil {
		return org.ChangePage{}, err
	}
	c, err := v.changeQuery(ctx, q)
	if err != nil {
		return org.ChangePage{}, err
	}
	total, err := v.countChanges(ctx, q, c)
	if err != nil {
		return org.ChangePage{}, err
	}
	c.many = total > manyChanges
	page, err := v.changePage(ctx, q, c)
	page.Total = total
	return page, err
}

// changesList names the list in cursors. A cursor holds the snapshot and id of the change, its position counted from
// 1, and for which newest snapshot that position is true.
const changesList = "changes"

func (v *view) changePage(ctx context.Context, q org.Query, c *changeQuery) (page org.ChangePage, err error) {
	limit, order, sign, text := q.Limit, newestFirst, "<", q.After
	if limit <= 0 {
		limit = org.PageSize
	}
	if q.Before != "" && q.After == "" {
		order, sign, text = strings.ReplaceAll(newestFirst, " DESC", ""), ">", q.Before
	}
	var conditions []string
	start := int64(1)
	if text != "" {
		at, err := parseCursor(text, changesList, false)
		if err != nil {
			return page, err
		}
		conditions = append(conditions, behind(at, sign))
		if start = at.more + 1; at.text != v.snapshotText() {
			start = 0
		}
	}
	rows, err := all(ctx, v.db.reader, scanChange, c.page(order, limit+1, conditions...), c.args...)
	if err != nil {
		return page, err
	}
	more := len(rows) > limit
	rows = rows[:min(limit, len(rows))]
	older, newer := more, text != ""
	if order != newestFirst {
		slices.Reverse(rows)
		older, newer = true, more
		start = max(0, start-1-int64(len(rows)))
	}
	page.Rows = rows
	if len(rows) == 0 {
		return page, nil
	}
	page.From = int(start)
	if newer {
		page.Prev = v.changeCursor(rows[0], start)
	}
	if older {
		page.Next = v.changeCursor(rows[len(rows)-1], start+int64(len(rows))-1)
	}
	return page, nil
}

// timelineShown is how many changes a detail page shows.
const timelineShown = 50

// timeline are the newest changes of a user or store.
func (v *view) timeline(ctx context.Context, q org.Query) ([]org.ChangeRow, error) {
	q.Limit = timelineShown
	c, err := v.changeQuery(ctx, q)
	if err != nil {
		return nil, err
	}
	page, err := v.changePage(ctx, q, c)
	return page.Rows, err
}

func (v *view) snapshotText() string { return strconv.FormatInt(int64(v.snapshot.ID), 10) }

func (v *view) changeCursor(c org.ChangeRow, position int64) string {
	return cursorOf(changesList, false, sortKey{text: v.snapshotText(), num: int64(c.Snapshot), id: c.ID, more: position})
}

var qChangesBetween = query(`SELECT coalesce(sum(changes), 0) FROM snapshot
  WHERE account_id = ?1 AND id <= ?2 AND id > ?3 AND state <> 'running'`)

// countChanges counts what a query finds; the answer for a snapshot never changes, so it is remembered.
func (v *view) countChanges(ctx context.Context, q org.Query, c *changeQuery) (int, error) {
	q = q.FirstPage()
	key := q.Encode()
	if len(q.Labels) > 0 { // stores may get and lose labels at any time
		key += c.ids
	}
	if n, known := v.image.totals.get(key); known {
		return n, nil
	}
	text := c.count()
	if c.bare { // snapshots know their own
		text = qChangesBetween
	}
	n, err := one(ctx, v.db.reader, scalar[int], text, c.args...)
	if err == nil {
		v.image.totals.put(key, n)
	}
	return n, err
}

// CountChanges counts what Changes lists.
func (db *DB) CountChanges(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (int, error) {
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil {
		return 0, err
	}
	c, err := v.changeQuery(ctx, q)
	if err != nil {
		return 0, err
	}
	return v.countChanges(ctx, q, c)
}

// EachChange hands out what Changes lists.
func (db *DB) EachChange(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, row func(org.ChangeRow) error) error {
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil {
		return err
	}
	c, err := v.changeQuery(ctx, q)
	if err != nil {
		return err
	}
	return each(ctx, db.exports, func(rows *sql.Rows) error {
		change, err := scanChange(rows)
		if err != nil {
			return err
		}
		return row(change)
	}, c.all(), c.args...)
}
