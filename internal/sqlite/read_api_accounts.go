package sqlite

import (
	"context"
	"slices"
	"strconv"

	"rollcall/internal/org"
)

// entryList are the entries of the register that a query wants, in its order.
func (db *DB) entryList(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, fixed bool) (*acting, []*entryRow, column[*entryRow], error) {
	c, err := columnOf(entrySorts, q.Sort)
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
	return a, a.entries.matching(c, q.Desc, f.matchEntry(q)), c, nil
}

// APIAccounts lists the register by name, unless the query sorts by store, kind, client, state, hooks, down, scopes,
// owner, purpose, system, created, rotated, review, checked, worked or added. Filters: search, store, label, state (of
// the verification), client, through (number), kind. What people entered has no history: a past day shows the entries
// that were in the register then as they are described now, with the verification of that day. For the newest snapshot
// the verification is the newest, also one made since.
func (db *DB) APIAccounts(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.APIAccountPage, error) {
	a, list, c, err := db.entryList(ctx, scope, q, s, false)
	if err != nil {
		return org.APIAccountPage{}, err
	}
	p, err := pageOf(len(list), func(i int) sortKey { return c.key(list[i]) }, "api-accounts."+c.name, q)
	if err != nil {
		return org.APIAccountPage{}, err
	}
	page := org.APIAccountPage{Total: len(list), From: p.first(), Next: p.next, Prev: p.prev, Coverage: a.coverage}
	for _, e := range list[p.from:p.to] {
		page.Rows = append(page.Rows, e.APIAccount)
	}
	return page, nil
}

// EachAPIAccount hands out what APIAccounts lists, with the verifications that the snapshot knew when it was closed.
func (db *DB) EachAPIAccount(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, row func(org.APIAccount) error) error {
	_, list, _, err := db.entryList(ctx, scope, q, s, true)
	if err != nil {
		return err
	}
	for _, e := range list {
		if err := row(e.APIAccount); err != nil {
			return err
		}
	}
	return nil
}

// CountAPIAccounts counts what EachAPIAccount hands out.
func (db *DB) CountAPIAccounts(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (int, error) {
	_, list, _, err := db.entryList(ctx, scope, q, s, true)
	return len(list), err
}

// APIAccount shows one entry with the webhooks seen through it, those that are down first. One that was taken out of
// the register is shown with RemovedAt; one outside the scope is a NotFound error.
func (db *DB) APIAccount(ctx context.Context, scope org.Scope, id org.APIAccountID, q org.Query, s org.Settings) (d org.APIAccountDetail, err error) {
	v, a, err := db.actingView(ctx, scope, q, s, false)
	if err != nil {
		return d, err
	}
	shown := false
	for i := range a.entries.rows {
		if e := &a.entries.rows[i]; e.ID == id {
			d.APIAccount, shown = e.APIAccount, true
		}
	}
	if e := a.reg.entry(id); !shown && e != nil && (scope.Stores == nil || slices.Contains(scope.Stores, e.Store)) {
		d.APIAccount, shown = e.APIAccount, true
	}
	if !shown {
		return d, org.NotFound("API account")
	}
	for _, at := range a.hooks.in(hookColumns[0], false, a.marks(&actingFilter{}, org.Query{Through: []org.APIAccountID{id}})) {
		h := &a.hooks.rows[at]
		d.Hooks = append(d.Hooks, h.WebhookRow)
		if h.Host != "" {
			d.Hosts = append(d.Hosts, h.Host)
		}
	}
	slices.Sort(d.Hosts)
	d.Hosts = slices.Compact(d.Hosts)
	hash := ""
	if d.Store != 0 {
		hash = d.StoreHash
	}
	d.Timeline, err = v.timelineOf(ctx, hash, tokenKinds, strconv.FormatInt(int64(id), 10))
	return d, err
}
