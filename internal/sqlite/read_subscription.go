package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"rollcall/internal/org"
)

var (
	qSubscriptions = query(`SELECT ` + subscriptionColumns + `, s.first_seen_at, v.app_number, v.store_hash
  FROM subscription s JOIN subscription_version v ON v.subscription_id = s.id
  WHERE s.account_id = ?1 AND v.valid_from <= ?2 AND v.valid_to > ?2 ORDER BY s.id`)
	// Apps that were seen by then: what a closed snapshot says never changes.
	qAppsKnown = query(`SELECT a.id, a.api_id, coalesce((SELECT n.name FROM app_name n WHERE n.app_id = a.id AND n.valid_from <= ?2
    ORDER BY n.valid_from DESC LIMIT 1), a.name) FROM app a WHERE a.account_id = ?1 AND a.first_seen_at <= ?3`)
	qSubscribedRead = query(`SELECT state, coalesce(expected, received), received, at, coalesce(error, ''), partial FROM facet_read
  WHERE snapshot_id = ? AND facet = 7 AND store_id = 0`)
	qSubscribedBefore = query(`SELECT f.state, coalesce(f.expected, f.received), f.received, f.at, coalesce(f.error, ''), f.partial
  FROM snapshot s CROSS JOIN facet_read f ON f.snapshot_id = s.id AND f.facet = 7 AND f.store_id = 0
  WHERE s.account_id = ? AND s.id < ? ORDER BY s.id DESC LIMIT 1`)
)

var subscriptionSorts = []column[org.SubscriptionRow]{
	{"app", []string{"name"}, bySubscription(func(s org.SubscriptionRow) string { return s.Label() })},
	{"store", nil, bySubscription(func(s org.SubscriptionRow) string { return cmp.Or(s.StoreName, s.StoreHash()) })},
	{"state", nil, bySubscription(func(s org.SubscriptionRow) string { return s.Status })},
	{"interval", nil, bySubscription(func(s org.SubscriptionRow) string { return s.Interval })},
	{"price", nil, func(s org.SubscriptionRow) sortKey {
		return sortKey{text: s.Currency, num: priceKey(s.Price), id: int64(s.ID)}
	}},
	{"period-end", []string{"period_end"}, byMoment(func(s org.SubscriptionRow) org.Moment { return s.PeriodEnd })},
	{"activated", nil, byMoment(func(s org.SubscriptionRow) org.Moment { return s.Activated })},
	{"updated", nil, byMoment(func(s org.SubscriptionRow) org.Moment { return s.Updated })},
}

func bySubscription(word func(org.SubscriptionRow) string) func(org.SubscriptionRow) sortKey {
	return func(s org.SubscriptionRow) sortKey { return sortKey{text: strings.ToLower(word(s)), id: int64(s.ID)} }
}

func byMoment(when func(org.SubscriptionRow) org.Moment) func(org.SubscriptionRow) sortKey {
	return func(s org.SubscriptionRow) sortKey {
		k := sortKey{id: int64(s.ID)}
		if at := when(s).At; !at.IsZero() {
			k.num = at.Unix()
		}
		return k
	}
}

// priceKey orders amounts that were given as text; one that is no number comes first.
func priceKey(text string) int64 {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n < 0 || n > 1e12 {
		return -1
	}
	return int64(n * 10_000)
}

// Subscriptions lists what the account paid for in the snapshot, and how that list is known: a token without the scope is
// told in Read. Search (app, plan, store), store, label, app and state (statuses as given) filter. Columns to sort by: app,
// store, state, interval, price, period-end, activated, updated.
func (db *DB) Subscriptions(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (page org.SubscriptionPage, err error) {
	v, list, c, err := db.subscriptionList(ctx, scope, q, s)
	if err != nil {
		return page, err
	}
	p, err := pageOf(len(list.wanted), func(i int) sortKey { return c.key(list.wanted[i]) }, "subscriptions."+c.name, q)
	if err != nil {
		return page, err
	}
	page = org.SubscriptionPage{
		Rows: list.wanted[p.from:p.to], Total: len(list.wanted), From: p.first(), Next: p.next, Prev: p.prev,
		Statuses: byFrequency(list.statuses), Apps: list.apps,
	}
	page.Read, err = v.subscribedRead(ctx)
	return page, err
}

// EachSubscription hands out what Subscriptions lists.
func (db *DB) EachSubscription(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, row func(org.SubscriptionRow) error) error {
	_, list, _, err := db.subscriptionList(ctx, scope, q, s)
	if err != nil {
		return err
	}
	for _, r := range list.wanted {
		if err := row(r); err != nil {
			return err
		}
	}
	return nil
}

// CountSubscriptions counts what Subscriptions lists.
func (db *DB) CountSubscriptions(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (int, error) {
	_, list, _, err := db.subscriptionList(ctx, scope, q, s)
	return len(list.wanted), err
}

// SubscriptionsRead tells how the subscriptions of the snapshot are known.
func (db *DB) SubscriptionsRead(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.FacetRead, error) {
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil {
		return org.FacetRead{}, err
	}
	return v.subscribedRead(ctx)
}

// subscribedRead is the outcome in the snapshot; in one that did not try, pending with the date and the trouble of the
// try before.
func (v *view) subscribedRead(ctx context.Context) (org.FacetRead, error) {
	scan := func(rows *sql.Rows) (r org.FacetRead, err error) {
		var state int
		var at sql.NullInt64
		err = rows.Scan(&state, &r.Expected, &r.Received, &at, &r.Error, &r.Partial)
		if err == nil {
			r.State = facetStateCodes[state-1]
		}
		r.Facet, r.ReadAt = org.FacetSubscriptions, moment(at)
		return r, err
	}
	read, err := one(ctx, v.db.reader, scan, qSubscribedRead, v.snapshot.ID)
	if !errors.Is(err, errNone) {
		return read, err
	}
	none := org.FacetRead{Facet: org.FacetSubscriptions, State: org.FacetPending, Expected: -1}
	read, err = one(ctx, v.db.reader, scan, qSubscribedBefore, v.scope.Account, v.snapshot.ID)
	switch {
	case errors.Is(err, errNone):
		return none, nil
	case err == nil && read.State != org.FacetDenied: // a missing scope stays what it is
		read.State, read.Expected = org.FacetPending, -1
	}
	return read, err
}

// subscribed are the subscriptions of a query with what filters can offer.
type subscribed struct {
	wanted   []org.SubscriptionRow
	statuses map[string]int
	apps     []org.Choice
}

func (db *DB) subscriptionList(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (v *view, list subscribed, c column[org.SubscriptionRow], err error) {
	if c, err = columnOf(subscriptionSorts, q.Sort); err != nil {
		return nil, list, c, err
	}
	if v, err = db.view(ctx, scope, q.AsOf, s); err != nil {
		return nil, list, c, err
	}
	rows, err := v.subscriptions(ctx)
	if err != nil {
		return nil, list, c, err
	}
	marks, err := v.storeFilter(ctx, q)
	if err != nil {
		return nil, list, c, err
	}
	stores, err := v.stores(ctx)
	if err != nil {
		return nil, list, c, err
	}
	wanted := func(r org.SubscriptionRow) bool {
		place := stores.index(r.Store)
		return marks == nil || place >= 0 && marks[place]
	}
	list = chooseSubscriptions(rows, q, wanted)
	sorted(list.wanted, c, q.Desc)
	return v, list, c, nil
}

func chooseSubscriptions(rows []org.SubscriptionRow, q org.Query, inStore func(org.SubscriptionRow) bool) subscribed {
	list := subscribed{statuses: map[string]int{}}
	apps := map[org.Choice]int{}
	search := strings.ToLower(strings.TrimSpace(q.Search))
	for _, r := range rows {
		list.statuses[r.Status]++
		if r.App != 0 {
			apps[org.Choice{Value: r.AppAPIID, Label: r.AppName}]++
		}
		text := strings.ToLower(strings.Join([]string{r.Label(), r.StoreName, r.StoreHash(), r.APIID}, "\n"))
		if inStore(r) && strings.Contains(text, search) && (len(q.States) == 0 || slices.ContainsFunc(q.States, func(word string) bool {
			return strings.EqualFold(word, r.Status) || word == "unknown" && r.Status == ""
		})) && (len(q.Apps) == 0 || slices.Contains(q.Apps, r.AppAPIID)) {
			list.wanted = append(list.wanted, r)
		}
	}
	for app, n := range apps {
		app.Count = n
		list.apps = append(list.apps, app)
	}
	byLabel(list.apps)
	return list
}

// subscriptions are those of the snapshot with the apps and stores that they name. A limited scope sees those of its
// stores only.
func (v *view) subscriptions(ctx context.Context) ([]org.SubscriptionRow, error) {
	apps := map[string]appNamed{}
	err := each(ctx, v.db.reader, func(rows *sql.Rows) error {
		var a appNamed
		err := rows.Scan(&a.id, &a.APIID, &a.Name)
		if _, twice := apps[a.Number()]; twice {
			a.id = 0 // two apps with the same number: nobody knows which one is meant
		}
		apps[a.Number()] = a
		return err
	}, qAppsKnown, v.scope.Account, v.snapshot.ID, v.snapshot.Finished.UnixMilli())
	if err != nil {
		return nil, err
	}
	stores, err := v.stores(ctx)
	if err != nil {
		return nil, err
	}
	byHash := map[string]*org.Store{}
	for i := range stores.rows {
		byHash[strings.ToLower(stores.rows[i].Hash)] = &stores.rows[i].Store
	}
	list, err := all(ctx, v.db.reader, func(rows *sql.Rows) (org.SubscriptionRow, error) {
		var first int64
		var number, hash string
		r, err := scanSubscription(rows, &first, &number, &hash)
		r.FirstSeen = time.UnixMilli(first).UTC()
		if a := apps[number]; a.id != 0 {
			r.App, r.AppAPIID, r.AppName = a.id, a.APIID, a.Name
		}
		if s := byHash[hash]; s != nil {
			r.Store, r.StoreName = s.ID, s.Name
		}
		return r, err
	}, qSubscriptions, v.scope.Account, v.snapshot.ID)
	if v.scope.Stores != nil {
		list = slices.DeleteFunc(list, func(r org.SubscriptionRow) bool { return r.Store == 0 })
	}
	return list, err
}

type appNamed struct {
	org.App
	id org.AppID
}

// billed are the subscriptions for an app.
func (v *view) billed(ctx context.Context, app string) ([]org.SubscriptionRow, error) {
	list, err := v.subscriptions(ctx)
	list = slices.DeleteFunc(list, func(r org.SubscriptionRow) bool { return r.AppAPIID != app })
	sorted(list, subscriptionSorts[1], false)
	return list, err
}
