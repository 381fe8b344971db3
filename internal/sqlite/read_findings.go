package sqlite

import (
	"context"
	"database/sql"
	"reflect"
	"slices"
	"strings"
	"sync"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// ownerDays is for how many days a change of a store's administrator is reported.
const ownerDays = 30

var (
	qOwnersMoved = query(`SELECT coalesce(c.store_id, 0), c.before, c.after, c.seen_at FROM change c INDEXED BY change_kind
  WHERE c.account_id = ?1 AND c.kind = ?4 AND c.snapshot_id <= ?2 AND c.snapshot_id > ?3 ORDER BY c.snapshot_id DESC, c.id DESC`)
	qUUID = query(`SELECT uuid FROM account WHERE id = ?`)
)

// judged are the findings about what acts on stores, made once for a snapshot and a register.
type judged struct {
	findings part[[]audit.Finding]
	estate   part[audit.Estate]

	mu       sync.Mutex
	expected []org.ExpectedHooks // what gaps was made of
	gaps     []org.ExpectedGap
}

// compare makes the differences from what is expected, again only when something else is expected than the last time.
// The caller does not change them.
func (j *judged) compare(expected []org.ExpectedHooks, e *audit.Estate) []org.ExpectedGap {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.expected == nil || !reflect.DeepEqual(expected, j.expected) {
		j.expected, j.gaps = expected, audit.CompareHooks(expected, e.Hooks, e.Stores)
	}
	return j.gaps
}

// estate is what the rules look at.
func (v *view) estate(ctx context.Context, a *acting) (*audit.Estate, error) {
	return a.judged.estate.get(func() (*audit.Estate, error) {
		ctx := context.WithoutCancel(ctx) // others wait for the same piece
		e := &audit.Estate{At: v.snapshot.Finished, Stores: a.stores}
		if v.newest {
			e.At = v.db.now().UTC()
		}
		var err error
		if e.AccountUUID, err = one(ctx, v.db.reader, scalar[string], qUUID, v.scope.Account); err != nil {
			return nil, named("account", err)
		}
		if e.Owners, err = v.ownersMoved(ctx); err != nil {
			return nil, err
		}
		e.Hooks, e.Accounts = make([]org.WebhookRow, len(a.hooks.rows)), make([]org.APIAccount, len(a.entries.rows))
		for i := range a.hooks.rows {
			e.Hooks[i] = a.hooks.rows[i].WebhookRow
		}
		for i := range a.entries.rows {
			e.Accounts[i] = a.entries.rows[i].APIAccount
		}
		for i := range a.foreign {
			e.Foreign = append(e.Foreign, a.foreign[i].ForeignClient)
		}
		return e, nil
	})
}

func (v *view) ownersMoved(ctx context.Context) ([]audit.OwnerMove, error) {
	stores, err := v.stores(ctx)
	if err != nil {
		return nil, err
	}
	since, err := v.before(ctx, ownerDays)
	if err != nil {
		return nil, err
	}
	var list []audit.OwnerMove
	err = each(ctx, v.db.reader, func(rows *sql.Rows) error {
		var o audit.OwnerMove
		var seen int64
		if err := rows.Scan(&o.Store, &o.Before, &o.After, &seen); err != nil {
			return err
		}
		if place := stores.index(o.Store); place >= 0 {
			o.StoreHash, o.StoreName, o.SeenAt = stores.rows[place].Hash, stores.rows[place].Name, fromMillis(seen)
			list = append(list, o)
		}
		return nil
	}, qOwnersMoved, v.scope.Account, v.snapshot.ID, since, 1+slices.Index(audit.Kinds(), audit.OwnerChanged))
	return list, err
}

// StoreFindings are what the rules about webhooks, API accounts and unknown clients find in the snapshot that the query
// names, gravest first. about narrows them to one webhook, API account or store, by the one number of it that is not 0;
// for a webhook those about its API account come too. The zero Subject wants all; store and label filter then.
func (db *DB) StoreFindings(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, about audit.Subject) ([]audit.Finding, error) {
	v, a, err := db.actingView(ctx, scope, q, s, false)
	if err != nil || v.snapshot.ID == 0 && len(a.entries.rows) == 0 {
		return nil, err
	}
	e, err := v.estate(ctx, a)
	if err != nil {
		return nil, err
	}
	all, err := a.judged.findings.get(func() (*[]audit.Finding, error) {
		list := audit.JudgeStores(*e)
		return &list, nil
	})
	if err != nil {
		return nil, err
	}
	marks, err := v.storeFilter(ctx, q)
	if err != nil {
		return nil, err
	}
	list := a.concerning(*all, about)
	if marks != nil {
		stores, err := v.stores(ctx)
		if err != nil {
			return nil, err
		}
		list = slices.DeleteFunc(list, func(f audit.Finding) bool {
			place := stores.index(f.Subject.Store)
			return place < 0 || !marks[place]
		})
	}
	if entry := about.APIAccount; entry != 0 {
		if at := slices.IndexFunc(e.Accounts, func(a org.APIAccount) bool { return a.ID == entry }); at >= 0 {
			if f, any := audit.BlastRadius(entry, e.Hooks).Finding(e.Accounts[at]); any {
				list = append(list, f)
			}
		}
	}
	return list, nil
}

// concerning picks the findings about one thing.
func (a *acting) concerning(all []audit.Finding, about audit.Subject) (list []audit.Finding) {
	through := org.APIAccountID(0)
	if at, there := a.places[about.Webhook]; there {
		through = a.hooks.rows[at].Through.ID
	}
	for _, f := range all {
		ofToken := through != 0 && f.Subject.Kind == audit.OfAPIAccount && f.Subject.APIAccount == through
		if f.About(about) || ofToken {
			list = append(list, f)
		}
	}
	return list
}

// ExpectedGaps are the differences between what integrations should have and what is seen in the snapshot, the gravest
// first. Filters: store, label, host, event, state (the kind of difference), search (integration, store, event, host).
func (db *DB) ExpectedGaps(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) ([]org.ExpectedGap, error) {
	expected, err := db.ExpectedHooks(ctx, scope.Account)
	if err != nil {
		return nil, err
	}
	v, a, err := db.actingView(ctx, scope, q, s, false)
	if err != nil || len(expected) == 0 {
		return nil, err
	}
	e, err := v.estate(ctx, a)
	if err != nil {
		return nil, err
	}
	f, err := v.actingFilter(ctx, q)
	if err != nil {
		return nil, err
	}
	marked := map[string]bool{}
	for i := range a.stores {
		marked[a.stores[i].StoreHash] = f.inStore(int32(i))
	}
	var list []org.ExpectedGap
	for _, g := range a.judged.compare(expected, e) {
		text := ""
		if len(f.words) > 0 {
			text = strings.ToLower(strings.Join([]string{g.Integration, g.StoreName, g.StoreHash, g.Scope, g.Host}, "\n"))
		}
		known, there := marked[g.StoreHash]
		hidden := scope.Stores != nil && !there || f.stores != nil && !known
		if !hidden && wanted(q.Hosts, g.Host) && wanted(q.Events, g.Scope) && wanted(q.States, g.Kind) && f.found(text) {
			list = append(list, g)
		}
	}
	return list, nil
}
