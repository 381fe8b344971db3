package sqlite

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// changeQuery is a query for changes as SQL: the index to walk along, and what must hold. Every index holds the columns
// that conditions speak of, so counting and finding a page read no rows.
type changeQuery struct {
	index string // change_account, change_kind, change_store or change_user
	where []string
	args  []any
	found *found // what the search found; nil when nothing is searched
	bare  bool   // no condition but the range of snapshots
	exact bool   // the index is asked for one id and gives the order too
	many  bool   // so many changes match that looking through all of them, newest first, soon meets a page of them
	ids   string // of the stores that labels stand for
}

// manyChanges is from how many matches on this is so. Up to it, all matches are put in order.
const manyChanges = 10_000

// found are the users and stores whose changes a search wants.
type found struct {
	users, stores string
	noStore       bool
}

// Parameters of every text: the account, the newest snapshot, and the snapshot after which changes are wanted.
const (
	changeAccount = `c.account_id = ?1`
	changeRange   = `c.snapshot_id <= ?2 AND c.snapshot_id > ?3`
)

const changeSelect = `SELECT c.id, c.snapshot_id, c.seen_at, c.previous_at, c.kind, coalesce(c.store_id, 0),
  coalesce(s.hash, ''), coalesce((SELECT name FROM store_version n WHERE n.store_id = c.store_id AND n.valid_from <= ?2
    ORDER BY n.valid_from DESC LIMIT 1), ''),
  coalesce(c.user_id, 0), coalesce(u.api_id, ''), c.email, coalesce(p.email, ''), coalesce(p.first_name, ''),
  coalesce(p.last_name, ''), c.field, coalesce((SELECT names FROM rights_list WHERE id = c.lost), c.before),
  coalesce((SELECT names FROM rights_list WHERE id = c.gained), c.after), coalesce(c.linked_user, 0) FROM `

// changeJoin names people as the snapshot did: the newest identity may be that of a running sync.
const changeJoin = ` LEFT JOIN store s ON s.id = c.store_id LEFT JOIN user u ON u.id = c.user_id
  LEFT JOIN person p ON p.id = coalesce((SELECT n.person_id FROM user_summary n
    WHERE n.user_id = c.user_id AND n.valid_from <= ?2 ORDER BY n.valid_from DESC LIMIT 1), u.person_id) `

const newestFirst = ` ORDER BY c.snapshot_id DESC, c.id DESC`

// Conditions on changes; each has one parameter, an id or a list for json_each. Equality with one id lets an index
// give the order too.
const (
	changeKind   = `c.kind = ?`
	changeStore  = `c.store_id = ?`
	changeUser   = `c.user_id = ?`
	changeKinds  = `c.kind IN (SELECT value FROM json_each(?))`
	changeStores = `c.store_id IN (SELECT value FROM json_each(?))`
	changeUsers  = `c.user_id IN (SELECT value FROM json_each(?))`
	changeApp    = `c.app_id = ?`
	changeApps   = `c.app_id IN (SELECT value FROM json_each(?))`
)

func (c *changeQuery) and(condition string, arg any) {
	c.args = append(c.args, arg)
	c.where = append(c.where, strings.ReplaceAll(condition, "?", "?"+strconv.Itoa(len(c.args))))
}

// anyOf adds the condition for one id or for several.
func anyOf[T any](c *changeQuery, single, several string, ids []T) {
	if c.exact = len(ids) == 1; c.exact {
		c.and(single, ids[0])
		return
	}
	c.and(several, idList(ids))
}

// along is the table c along an index with everything that must hold, and more.
func (c *changeQuery) along(index string, more ...string) string {
	conditions := append([]string{changeRange}, c.where...)
	if index == "change_account" || index == "change_kind" {
		conditions = append([]string{changeAccount}, conditions...)
	}
	return "change c INDEXED BY " + index + " WHERE " + strings.Join(append(conditions, more...), " AND ")
}

// rows is the table c with everything that must hold, the search included.
func (c *changeQuery) rows(more ...string) string {
	if c.found != nil {
		more = append(more, "("+c.found.users+" OR "+c.found.stores+")")
	}
	return c.along(c.index, more...)
}

// page is the text that reads the first rows behind a condition. All else than ids is looked up for these only.
func (c *changeQuery) page(order string, limit int, behind ...string) string {
	return changeSelect + "(SELECT c.id FROM " + c.source(behind...) + order + " LIMIT " + strconv.Itoa(limit) +
		") k CROSS JOIN change c ON c.id = k.id" + changeJoin + order
}

// source is where a page is taken from.
func (c *changeQuery) source(behind ...string) string {
	switch {
	case c.found != nil && !c.many:
		const ids = "SELECT c.id, c.snapshot_id FROM "
		return "(" + ids + c.along("change_user", append(behind, c.found.users)...) +
			" UNION " + ids + c.along("change_store", append(behind, c.found.stores)...) + ") c"
	case c.many && !c.exact:
		newest := *c
		newest.index = "change_account"
		return newest.rows(behind...)
	}
	return c.rows(behind...)
}

// all is the text that reads every row.
func (c *changeQuery) all() string {
	table, conditions, _ := strings.Cut(c.rows(), " WHERE ")
	return changeSelect + table + changeJoin + " WHERE " + conditions + newestFirst
}

// count is the text that counts. What a search found is counted along the users and along the stores.
func (c *changeQuery) count() string {
	if c.found == nil || c.index == "change_store" {
		return "SELECT count(*) FROM " + c.rows()
	}
	if c.found.noStore {
		return "SELECT count(*) FROM " + c.along("change_user", c.found.users)
	}
	return "SELECT (SELECT count(*) FROM " + c.along("change_user", c.found.users, "("+c.found.stores+") IS NOT TRUE") +
		") + (SELECT count(*) FROM " + c.along("change_store", c.found.stores) + ")"
}

// Every index with every condition that can come with it.
var _ = dynamic(func() (list []string) {
	for _, index := range []string{"change_account", "change_kind", "change_store", "change_user", "change_app"} {
		c := changeQuery{index: index, args: []any{1, 2, 3}}
		for _, condition := range []string{changeKinds, changeStores, changeUsers, changeApps, changeKind, changeStore, changeUser, changeApp} {
			c.and(condition, nil)
		}
		list = append(list, c.page(newestFirst, 50, behind(sortKey{}, "<")), c.all(), c.count())
		c.find([]int64{1}, []int64{2})
		list = append(list, c.page(newestFirst, 50), c.all(), c.count())
		c.many, c.exact = true, false
		list = append(list, c.page(newestFirst, 50, behind(sortKey{}, "<")))
	}
	return list
})

// behind is the condition for what comes after a place in the order of snapshots and ids; sign is < or >.
func behind(at sortKey, sign string) string {
	return "(c.snapshot_id, c.id) " + sign + " (" + strconv.FormatInt(at.num, 10) + ", " + strconv.FormatInt(at.id, 10) + ")"
}

// changeQuery turns a query into SQL. Of the filters it knows kinds, stores, labels, users, apps, search and since.
func (v *view) changeQuery(ctx context.Context, q org.Query) (*changeQuery, error) {
	if q.Sort != "" && q.Sort != "newest" {
		return nil, org.Invalid("sort", "Changes are always listed newest first.")
	}
	since, err := v.since(ctx, q.Since)
	if err != nil {
		return nil, err
	}
	c := &changeQuery{index: "change_account", args: []any{v.scope.Account, v.snapshot.ID, since}}
	if len(q.Kinds) > 0 {
		codes, err := kindCodes(q.Kinds)
		if err != nil {
			return nil, err
		}
		c.index = "change_kind"
		anyOf(c, changeKind, changeKinds, codes)
	}
	if err := v.changesOf(ctx, q, c); err != nil {
		return nil, err
	}
	c.bare = len(c.where) == 0 && q.Search == ""
	return c, v.searchChanges(ctx, q.Search, c)
}

var (
	qChangeStores = query(`SELECT id FROM store WHERE account_id = ?1 AND (?3 IS NULL OR id IN (SELECT value FROM json_each(?3)))
  AND (?2 = '[]' OR hash IN (SELECT value FROM json_each(?2)))
  AND (?4 = '[]' OR id IN (SELECT store_id FROM store_label WHERE label IN (SELECT value FROM json_each(?4))))`)
	qChangeUsers = query(`SELECT id FROM user WHERE +account_id = ? AND id IN (SELECT value FROM json_each(?))`)
	qChangeApps  = query(`SELECT id FROM app WHERE account_id = ? AND api_id IN (SELECT value FROM json_each(?))`)
)

// changesOf limits changes to users, stores and apps. The ids come from the account and the scope, so their indexes
// need not ask again whose they are.
func (v *view) changesOf(ctx context.Context, q org.Query, c *changeQuery) error {
	if len(q.Apps) > 0 {
		ids, err := all(ctx, v.db.reader, scalar[org.AppID], qChangeApps, v.scope.Account, idList(q.Apps))
		if err != nil {
			return err
		}
		c.index = "change_app"
		anyOf(c, changeApp, changeApps, ids)
	}
	if len(q.Stores)+len(q.Labels) > 0 || v.scope.Stores != nil {
		ids, err := all(ctx, v.db.reader, scalar[org.StoreID], qChangeStores, v.scope.Account, idList(q.Stores), only(v.scope), idList(q.Labels))
		if err != nil {
			return err
		}
		c.index, c.ids = "change_store", idList(ids)
		anyOf(c, changeStore, changeStores, ids)
	}
	if len(q.Users) > 0 {
		ids, err := all(ctx, v.db.reader, scalar[org.UserID], qChangeUsers, v.scope.Account, idList(q.Users))
		if err != nil {
			return err
		}
		c.index = "change_user"
		anyOf(c, changeUser, changeUsers, ids)
	}
	return nil
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
