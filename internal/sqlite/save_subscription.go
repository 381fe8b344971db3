package sqlite

import (
	"database/sql"
	"strings"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

const subscriptionColumns = `s.id, s.api_id, v.product, v.product_type, v.level, v.scope, v.scope_type, v.status, v.interval,
	v.price, v.currency, v.period_end, v.activated, v.created, v.updated, v.unseen > 0`

// An app is found by the end of its API id, the documented number of the app (facts 1.5).
var (
	qHeldSubscriptions = query(`
		SELECT ` + subscriptionColumns + ` FROM subscription s JOIN subscription_version v ON v.subscription_id = s.id
		WHERE s.account_id = ? AND v.valid_to = 9223372036854775807 ORDER BY s.id`)
	qAppsByNumber    = query(`SELECT api_id, name FROM app WHERE account_id = ? ORDER BY id`)
	qPutSubscription = query(`
		INSERT INTO subscription (account_id, api_id, first_seen_at) VALUES (?, ?, ?)
		ON CONFLICT DO UPDATE SET api_id = excluded.api_id RETURNING id`)
	qEndSubscription = query(`
		UPDATE subscription_version SET valid_to = ?1
		WHERE subscription_id = ?2 AND valid_from < ?1 AND valid_to = 9223372036854775807`)
	qDropSubscription   = query(`DELETE FROM subscription_version WHERE subscription_id = ? AND valid_from = ?`)
	qPutSubscriptionNow = query(`
		INSERT INTO subscription_version (subscription_id, valid_from, valid_to, product, product_type, level, scope, scope_type,
			status, interval, price, currency, period_end, activated, created, updated, app_number, store_hash, unseen)
		VALUES (?, ?, 9223372036854775807, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET valid_to = excluded.valid_to, product = excluded.product, product_type = excluded.product_type,
			level = excluded.level, scope = excluded.scope, scope_type = excluded.scope_type, status = excluded.status,
			interval = excluded.interval, price = excluded.price, currency = excluded.currency, period_end = excluded.period_end,
			activated = excluded.activated, created = excluded.created, updated = excluded.updated,
			app_number = excluded.app_number, store_hash = excluded.store_hash, unseen = excluded.unseen`)
)

// scanSubscription reads subscriptionColumns.
func scanSubscription(rows *sql.Rows, more ...any) (r org.SubscriptionRow, err error) {
	var end, activated, created, updated sql.NullInt64
	s := &r.Subscription
	err = rows.Scan(append([]any{
		&r.ID, &s.APIID, &s.Product, &s.ProductType, &s.Level, &s.Scope, &s.ScopeType, &s.Status, &s.Interval,
		&s.Price, &s.Currency, &end, &activated, &created, &updated, &r.Unseen,
	}, more...)...)
	s.PeriodEnd, s.Activated, s.Created, s.Updated = seconds(end), seconds(activated), seconds(created), seconds(updated)
	return r, err
}

// saveSubscriptions writes a finished read of the account's subscriptions.
func (s *saver) saveSubscriptions(read org.AccountRead) error {
	s.date(&read.Read)
	f, err := s.facet(0, org.FacetSubscriptions)
	if err != nil {
		return err
	}
	if shows(read.Read.State) && !f.ignores(read.Read) {
		if err := s.applySubscriptions(f, read); err != nil {
			return err
		}
	}
	return s.saveFacet(0, f, read.Read, read.Absence)
}

func (s *saver) applySubscriptions(f facetNow, read org.AccountRead) error {
	names, err := s.appsByNumber()
	if err != nil {
		return err
	}
	ids := map[string]org.SubscriptionID{}
	held, err := all(s.ctx, s, func(rows *sql.Rows) (h audit.HeldSubscription, err error) {
		r, err := scanSubscription(rows)
		ids[r.APIID] = r.ID
		return audit.HeldSubscription{Subscription: r.Subscription, App: names[r.AppNumber()].Name, Unseen: r.Unseen}, err
	}, qHeldSubscriptions, s.snapshot.Account)
	if err != nil {
		return err
	}
	app := func(x org.Subscription) string { return names[x.AppNumber()].Name }
	diff := audit.DiffSubscriptions(held, read, f.first(read.Read), app)
	for _, x := range diff.Put {
		if err := s.putSubscription(x, 0, read.Read); err != nil {
			return err
		}
	}
	for _, x := range diff.Unseen {
		if err := s.putSubscription(x, s.snapshot.ID, read.Read); err != nil {
			return err
		}
	}
	for _, x := range diff.End {
		if err := s.endSubscription(ids[x.APIID]); err != nil {
			return err
		}
	}
	return s.subscriptionChanges(f, read.Read, diff.Changes, names)
}

// appsByNumber are the apps that were ever read, by the ends of their ids. Two apps with the same end are none.
func (s *saver) appsByNumber() (map[string]org.App, error) {
	apps := map[string]org.App{}
	err := each(s.ctx, s, func(rows *sql.Rows) error {
		var app org.App
		err := rows.Scan(&app.APIID, &app.Name)
		if _, twice := apps[app.Number()]; twice {
			app.Name, apps[app.Number()] = "", org.App{}
			return err
		}
		apps[app.Number()] = app
		return err
	}, qAppsByNumber, s.snapshot.Account)
	return apps, err
}

func (s *saver) putSubscription(x org.Subscription, unseen org.SnapshotID, read org.FacetRead) error {
	id, err := one(s.ctx, s, scalar[int64], qPutSubscription, s.snapshot.Account, x.APIID, read.ReadAt.UnixMilli())
	if err != nil {
		return err
	}
	if err := s.exec(qEndSubscription, s.snapshot.ID, id); err != nil {
		return err
	}
	return s.exec(qPutSubscriptionNow, id, s.snapshot.ID, x.Product, x.ProductType, x.Level, x.Scope, x.ScopeType, x.Status, x.Interval,
		x.Price, x.Currency, toSeconds(x.PeriodEnd), toSeconds(x.Activated), toSeconds(x.Created), toSeconds(x.Updated),
		x.AppNumber(), strings.ToLower(x.StoreHash()), unseen)
}

func (s *saver) endSubscription(id org.SubscriptionID) error {
	if err := s.exec(qEndSubscription, s.snapshot.ID, id); err != nil {
		return err
	}
	return s.exec(qDropSubscription, id, s.snapshot.ID)
}

var qStoreOfHash = query(`SELECT id FROM store WHERE account_id = ? AND hash = ?`)

// subscriptionChanges writes changes with the store and the app that they name, as far as those are known.
func (s *saver) subscriptionChanges(f facetNow, read org.FacetRead, changes []audit.SubscriptionChange, apps map[string]org.App) error {
	for _, c := range changes {
		store, err := one(s.ctx, s, scalar[org.StoreID], qStoreOfHash, s.snapshot.Account, c.Of.StoreHash())
		if err != nil && err != errNone {
			return err
		}
		c.App = apps[c.Of.AppNumber()].APIID
		if err := s.change(f, read, store, 0, c.Change); err != nil {
			return err
		}
	}
	return nil
}
