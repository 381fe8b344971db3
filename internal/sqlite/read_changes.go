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

// changeQuery is a query for changes as SQL: where to look, and what must hold. ?1 is the account, ?2 the newest
// snapshot, ?3 the snapshot after which it begins.
type changeQuery struct {
	index string
	where []string
	args  []any
}

const changeBase = `c.account_id = ?1 AND c.snapshot_id <= ?2 AND c.snapshot_id > ?3`

const changeSelect = `SELECT c.id, c.snapshot_id, c.seen_at, c.previous_at, c.kind, coalesce(c.store_id, 0),
  coalesce(s.hash, ''), coalesce((SELECT name FROM store_version n WHERE n.store_id = c.store_id AND n.valid_from <= ?2
    ORDER BY n.valid_from DESC LIMIT 1), ''),
  coalesce(c.user_id, 0), coalesce(u.api_id, ''), c.email, coalesce(p.email, ''), coalesce(p.first_name, ''),
  coalesce(p.last_name, ''), c.field, coalesce(lost.names, c.before), coalesce(gained.names, c.after), coalesce(c.linked_user, 0)
  FROM change c `

const changeJoin = ` LEFT JOIN store s ON s.id = c.store_id LEFT JOIN user u ON u.id = c.user_id
  LEFT JOIN person p ON p.id = u.person_id
  LEFT JOIN rights_list gained ON gained.id = c.gained LEFT JOIN rights_list lost ON lost.id = c.lost `

func (c *changeQuery) and(condition string, arg any) {
	c.args = append(c.args, arg)
	c.where = append(c.where, strings.Replace(condition, "json_each(?)", "json_each(?"+strconv.Itoa(len(c.args))+")", 1))
}

func (c *changeQuery) from() string {
	if c.index == "" {
		return ""
	}
	return "INDEXED BY " + c.index
}

func (c *changeQuery) conditions() string { return " WHERE " + strings.Join(c.where, " AND ") }

// rows is the text that reads rows, ended by order and limit.
func (c *changeQuery) rows(end string) string {
	return changeSelect + c.from() + changeJoin + c.conditions() + end
}

func (c *changeQuery) count() string {
	return `SELECT count(*) FROM change c ` + c.from() + c.conditions()
}

const newestFirst = ` ORDER BY c.snapshot_id DESC, c.id DESC`

// Every index with every condition that can come with it.
var _ = dynamic(func() (list []string) {
	for _, index := range []string{"change_account", "change_kind", "change_store", "change_user", ""} {
		c := changeQuery{index: index, where: []string{changeBase}, args: []any{1, 2, 3}}
		c.and(changeKinds, nil)
		c.and(changeStores, nil)
		c.and(changeLabels, nil)
		c.and(changeUsers, nil)
		c.and(changeScope, nil)
		list = append(list, c.rows(newestFirst), c.count())
	}
	return list
})

// Conditions on changes; each has one parameter, a list for json_each.
const (
	changeKinds  = `c.kind IN (SELECT value FROM json_each(?))`
	changeUsers  = `c.user_id IN (SELECT value FROM json_each(?))`
	changeScope  = `c.store_id IN (SELECT value FROM json_each(?))`
	changeStores = `c.store_id IN (SELECT id FROM store WHERE account_id = ?1 AND hash IN (SELECT value FROM json_each(?)))`
	changeLabels = `c.store_id IN (SELECT store_id FROM store_label WHERE label IN (SELECT value FROM json_each(?)))`
	changeSearch = `(c.user_id IN (SELECT value FROM json_each(?)) OR c.store_id IN (SELECT value FROM json_each(?)))`
)

// changeQuery turns a query into SQL. Of the filters it knows kinds, stores, labels, users, search and since.
func (v *view) changeQuery(ctx context.Context, q org.Query) (*changeQuery, error) {
	if q.Sort != "" && q.Sort != "newest" {
		return nil, org.Invalid("sort", "Changes are always listed newest first.")
	}
	since, err := v.since(ctx, q.Since)
	if err != nil {
		return nil, err
	}
	c := &changeQuery{index: "change_account", where: []string{changeBase}, args: []any{v.scope.Account, v.snapshot.ID, since}}
	if v.scope.Stores != nil {
		c.and(changeScope, idList(v.scope.Stores))
	}
	if len(q.Kinds) > 0 {
		codes, err := kindCodes(q.Kinds)
		if err != nil {
			return nil, err
		}
		c.index = "change_kind"
		c.and(changeKinds, idList(codes))
	}
	if len(q.Labels) > 0 {
		c.and(changeLabels, idList(q.Labels))
	}
	if len(q.Stores) > 0 {
		c.index = "change_store"
		c.and(changeStores, idList(q.Stores))
	}
	if len(q.Users) > 0 {
		c.index = "change_user"
		c.and(changeUsers, idList(q.Users))
	}
	return c, v.searchChanges(ctx, q.Search, c)
}

// since is the snapshot after which changes are wanted; a moment before the history means all of it.
func (v *view) since(ctx context.Context, at org.AsOf) (org.SnapshotID, error) {
	if at.IsZero() {
		return 0, nil
	}
	s, err := v.db.AsOf(ctx, v.scope, at, v.settings.Zone)
	if at.Snapshot == 0 && org.KindOf(err) == org.KindNotFound {
		return 0, nil
	}
	return s.ID, err
}

func kindCodes(words []string) ([]int, error) {
	known := audit.Kinds()
	codes := make([]int, len(words))
	for i, word := range words {
		at := slices.Index(known, audit.Kind(word))
		if at < 0 {
			return nil, org.Invalid("kind", strconv.Quote(word)+" is no kind of change.")
		}
		codes[i] = at + 1
	}
	return codes, nil
}

// fewFound is up to how many users and stores a search looks at the changes of each instead of at all changes.
const fewFound = 500

var (
	qPeopleOf = query(`SELECT u.id, u.person_id FROM user u WHERE u.account_id = ?1`)
	qNamesOf  = query(`SELECT s.id, s.hash, v.name FROM store s JOIN store_version v ON v.store_id = s.id
  WHERE s.account_id = ?1 AND v.valid_from <= ?2`)
)

// searchChanges limits changes to users and stores whose name, e-mail or hash is looked for.
func (v *view) searchChanges(ctx context.Context, search string, c *changeQuery) error {
	filter := newPersonFilter(org.Query{Search: search})
	if filter.any() {
		return nil
	}
	words, err := v.db.everything(ctx, v.db.reader)
	if err != nil {
		return err
	}
	users, stores := []int64{}, []int64{}
	err = each(ctx, v.db.reader, func(rows *sql.Rows) error {
		var id, person int64
		err := rows.Scan(&id, &person)
		if filter.match(0, &words.people[person]) {
			users = append(users, id)
		}
		return err
	}, qPeopleOf, v.scope.Account)
	if err != nil {
		return err
	}
	text := strings.ToLower(strings.TrimSpace(search))
	err = each(ctx, v.db.reader, func(rows *sql.Rows) error {
		var id int64
		var hash, name string
		err := rows.Scan(&id, &hash, &name)
		if strings.Contains(hash, text) || strings.Contains(strings.ToLower(name), text) {
			stores = append(stores, id)
		}
		return err
	}, qNamesOf, v.scope.Account, v.snapshot.ID)
	c.found(users, stores)
	return err
}

// found adds what a search found and chooses the way to it.
func (c *changeQuery) found(users, stores []int64) {
	switch {
	case c.index == "change_store" || c.index == "change_user" || len(users)+len(stores) > fewFound:
	case len(stores) == 0:
		c.index = "change_user"
	default:
		c.index = "" // both indexes at once; the signs keep SQLite from the others
		c.where[0] = strings.NewReplacer("c.account_id", "+c.account_id", "c.snapshot_id", "+c.snapshot_id").Replace(changeBase)
	}
	if len(stores) == 0 {
		c.and(changeUsers, idList(users))
		return
	}
	c.args = append(c.args, idList(users), idList(stores))
	condition := strings.Replace(changeSearch, "?", "?"+strconv.Itoa(len(c.args)-1), 1)
	c.where = append(c.where, strings.Replace(condition, "json_each(?)", "json_each(?"+strconv.Itoa(len(c.args))+")", 1))
}

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
	page, err := v.changePage(ctx, q, *c)
	page.Total = total
	return page, err
}

// changesList names the list in cursors. A cursor holds the snapshot and id of the change, its position counted from
// 1, and for which newest snapshot that position is true.
const changesList = "changes"

func (v *view) changePage(ctx context.Context, q org.Query, c changeQuery) (page org.ChangePage, err error) {
	limit, order, text := q.Limit, newestFirst, q.After
	if limit <= 0 {
		limit = org.PageSize
	}
	condition, start := "(c.snapshot_id, c.id) < (", int64(1)
	if q.Before != "" && q.After == "" {
		condition, order, text = "(c.snapshot_id, c.id) > (", " ORDER BY c.snapshot_id, c.id", q.Before
	}
	if text != "" {
		at, err := parseCursor(text, changesList, false)
		if err != nil {
			return page, err
		}
		c.where = append(slices.Clone(c.where), condition+strconv.FormatInt(at.num, 10)+", "+strconv.FormatInt(at.id, 10)+")")
		if start = at.more + 1; at.text != v.snapshotText() {
			start = 0
		}
	}
	rows, err := all(ctx, v.db.reader, scanChange, c.rows(order+" LIMIT "+strconv.Itoa(limit+1)), c.args...)
	if err != nil {
		return page, err
	}
	more := len(rows) > limit
	rows = rows[:min(limit, len(rows))]
	behind, ahead := more, text != ""
	if order != newestFirst {
		slices.Reverse(rows)
		behind, ahead = true, more
		start = max(0, start-1-int64(len(rows)))
	}
	page.Rows = rows
	if len(rows) == 0 {
		return page, nil
	}
	page.From = int(start)
	if ahead {
		page.Prev = v.changeCursor(rows[0], start)
	}
	if behind {
		page.Next = v.changeCursor(rows[len(rows)-1], start+int64(len(rows))-1)
	}
	return page, nil
}

func (v *view) snapshotText() string { return strconv.FormatInt(int64(v.snapshot.ID), 10) }

func (v *view) changeCursor(c org.ChangeRow, position int64) string {
	return cursorOf(changesList, false, sortKey{text: v.snapshotText(), num: int64(c.Snapshot), id: c.ID, more: position})
}

// countChanges counts what a query finds; the answer for a snapshot never changes, so it is remembered.
func (v *view) countChanges(ctx context.Context, q org.Query, c *changeQuery) (int, error) {
	q = q.FirstPage()
	key := q.Encode()
	if n, known := v.image.totals.get(key); known {
		return n, nil
	}
	n, err := one(ctx, v.db.reader, scalar[int], c.count(), c.args...)
	if err == nil && len(q.Labels) == 0 { // labels can change at any time
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
	}, c.rows(newestFirst), c.args...)
}
