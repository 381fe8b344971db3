package sqlite

import (
	"context"
	"database/sql"
	"strconv"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// hookList are the places of the webhooks that a query wants, in its order.
func (db *DB) hookList(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, fixed bool) (*acting, []int32, column[*hookRow], error) {
	c, err := columnOf(hookColumns, q.Sort)
	if err != nil {
		return nil, nil, c, err
	}
	v, a, err := db.actingView(ctx, scope, q, s, fixed)
	if err != nil {
		return nil, nil, c, err
	}
	f, err := v.actingFilter(ctx, q)
	if err != nil {
		return nil, nil, c, err
	}
	return a, a.hooks.in(c, q.Desc, a.marks(&f, q)), c, nil
}

// Webhooks lists the webhooks that the registered tokens show: those that are down first, unless the query sorts by
// state, event, host, destination, store, client, through, approved, told, created, updated, first-seen, read or
// down-since. Filters: search, store, label, host, event, state (also blocked and down), client, through, approved.
// A webhook of a token that cannot be read any more keeps its last data: Current is false then, and ReadAt tells since
// when. Webhooks of entries that were taken out of the register are shown on the days when they were in it.
func (db *DB) Webhooks(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.WebhookPage, error) {
	a, list, c, err := db.hookList(ctx, scope, q, s, false)
	if err != nil {
		return org.WebhookPage{}, err
	}
	p, err := pageOf(len(list), func(i int) sortKey { return c.key(&a.hooks.rows[list[i]]) }, "webhooks."+c.name, q)
	if err != nil {
		return org.WebhookPage{}, err
	}
	page := org.WebhookPage{Total: len(list), From: p.first(), Next: p.next, Prev: p.prev, Coverage: a.coverage}
	for _, at := range list[p.from:p.to] {
		page.Rows = append(page.Rows, a.hooks.rows[at].WebhookRow)
	}
	return page, nil
}

// EachWebhook hands out what Webhooks lists, as the snapshot knew it when it was closed: its bytes never change while
// the register does not.
func (db *DB) EachWebhook(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, row func(org.WebhookRow) error) error {
	a, list, _, err := db.hookList(ctx, scope, q, s, true)
	if err != nil {
		return err
	}
	for _, at := range list {
		if err := row(a.hooks.rows[at].WebhookRow); err != nil {
			return err
		}
	}
	return nil
}

// CountWebhooks counts what EachWebhook hands out.
func (db *DB) CountWebhooks(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (int, error) {
	_, list, _, err := db.hookList(ctx, scope, q, s, true)
	return len(list), err
}

var qHookOnce = query(`SELECT h.id, h.store_id, h.api_id, h.client_id, h.api_account_id, h.first_seen_at, v.scope, v.destination, v.host,
    v.headers, v.active, v.status, v.created, v.updated, coalesce((SELECT finished_at FROM snapshot WHERE id = v.valid_to), 0)
  FROM hook h JOIN hook_version v ON v.hook_id = h.id AND v.valid_from <= ?2
  WHERE h.account_id = ?1 AND (?3 IS NULL OR h.store_id IN (SELECT value FROM json_each(?3))) AND h.id = ?4
  ORDER BY v.valid_from DESC LIMIT 1`)

// Webhook shows one webhook with its newest changes. One that was gone by the snapshot is shown as it was last, with
// GoneAt; one that did not exist yet is a NotFound error, like one outside the scope.
func (db *DB) Webhook(ctx context.Context, scope org.Scope, id org.WebhookID, q org.Query, s org.Settings) (d org.WebhookDetail, err error) {
	v, a, err := db.actingView(ctx, scope, q, s, false)
	if err != nil {
		return d, err
	}
	if at, there := a.places[id]; there {
		d.WebhookRow = a.hooks.rows[at].WebhookRow
	} else if err := v.goneHook(ctx, a, id, &d); err != nil {
		return d, err
	}
	d.Timeline, err = v.timelineOf(ctx, d.StoreHash, hookKinds, strconv.FormatInt(d.APIID, 10))
	return d, err
}

// goneHook fills in a webhook that the snapshot does not show any more.
func (v *view) goneHook(ctx context.Context, a *acting, id org.WebhookID, d *org.WebhookDetail) error {
	var gone int64
	words := interned{}
	h, err := one(ctx, v.db.reader, func(rows *sql.Rows) (hookThen, error) { return words.scanHook(rows, &gone) },
		qHookOnce, v.scope.Account, v.snapshot.ID, only(v.scope), id)
	if err != nil {
		return named("webhook", err)
	}
	stores, err := v.stores(ctx)
	if err != nil {
		return err
	}
	d.WebhookRow = org.WebhookRow{
		ID: h.id, Webhook: h.Webhook, Store: h.store, Host: h.host, FirstSeen: fromMillis(h.firstSeen),
		Approved: org.Approves(a.reg.hosts, h.host),
	}
	if place := stores.index(h.store); place >= 0 {
		d.StoreHash, d.StoreName = stores.rows[place].Hash, stores.rows[place].Name
	}
	if e := a.reg.entry(h.entry); e != nil {
		d.Through, d.ReadAt = tokenRef(e.APIAccount), e.read
		if d.StoreHash == "" {
			d.StoreHash = e.StoreHash
		}
	}
	if d.GoneAt = fromMillis(gone); !d.GoneAt.IsZero() {
		d.ReadAt = d.GoneAt
	} else if d.ReadAt.After(v.snapshot.Finished) {
		d.ReadAt = v.snapshot.Finished
	}
	return nil
}

// Kinds of changes that name a webhook, or an API account, first in their field.
var (
	hookKinds  = []audit.Kind{audit.HookAdded, audit.HookGone, audit.HookState, audit.HookChanged}
	tokenKinds = []audit.Kind{audit.HookBlocked, audit.NotifyChanged, audit.TokenState, audit.TokenScopes}
)

// changeField is the condition on changes whose field begins with a number, see audit.HookField and audit.TokenField.
const changeField = `(c.field || ' ') GLOB ?`

var _ = dynamic(func() []string {
	c := changeQuery{index: "change_store", args: []any{1, 2, 3}}
	c.and(changeStore, nil)
	c.and(changeField, nil)
	return []string{c.page(newestFirst, 50)}
})

// timelineOf are the newest changes of some kinds whose field begins with a number, in a store or in all.
func (v *view) timelineOf(ctx context.Context, hash string, kinds []audit.Kind, number string) ([]org.ChangeRow, error) {
	q := org.Query{Limit: timelineShown}
	if hash != "" {
		q.Stores = []string{hash}
	}
	for _, kind := range kinds {
		q.Kinds = append(q.Kinds, string(kind))
	}
	c, err := v.changeQuery(ctx, q)
	if err != nil {
		return nil, err
	}
	c.and(changeField, number+" *")
	page, err := v.changePage(ctx, q, c)
	return page.Rows, err
}
