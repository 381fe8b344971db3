package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// judgement is what the rules say of one snapshot.
type judgement struct {
	turn  audit.Turn
	found []audit.Finding
	doubt func(rule string, s audit.Subject) audit.Doubt

	digests map[audit.FindingKey]int64 // of what was found
}

// digest makes the digests. Of two findings with one key the first counts, as in the lifecycle.
func (j *judgement) digest() {
	j.digests = make(map[audit.FindingKey]int64, len(j.found))
	for i := range j.found {
		key := j.found[i].FindingKey()
		if _, twice := j.digests[key]; !twice {
			j.digests[key] = j.found[i].Digest()
		}
	}
}

var (
	qLabelsAll = query(`SELECT l.store_id, l.label FROM store_label l JOIN store s ON s.id = l.store_id
  WHERE s.account_id = ? ORDER BY l.store_id, l.label`)
	qAccountFacet = query(`SELECT f.state, coalesce(f.expected, f.received), f.received, f.at, coalesce(f.error, ''), f.partial
  FROM facet_read f JOIN (SELECT id FROM snapshot WHERE account_id = ?1 AND id <= ?2 AND state <> 'running' ORDER BY id DESC LIMIT ?3) s
    ON f.snapshot_id = s.id WHERE f.facet = ?4 AND f.store_id = 0 ORDER BY f.snapshot_id DESC LIMIT 1`)
	qListedFirst = query(`SELECT f.user_id, s.started_at FROM (
    SELECT a.user_id, min(a.valid_from) first FROM account_user a JOIN user u ON u.id = a.user_id
    WHERE u.account_id = ?1 AND a.valid_from <= ?2 GROUP BY a.user_id) f JOIN snapshot s ON s.id = f.first`)
)

// judge applies all rules to the snapshot of the view, as it was known when it was closed and by a policy of today. The
// rule about the age of the newest snapshot stays silent: nothing that a snapshot holds makes it old.
func (v *view) judge(ctx context.Context, policy audit.Policy) (*judgement, error) {
	f, err := v.frame(ctx, policy)
	if err != nil {
		return nil, err
	}
	people, err := v.gather(ctx, f)
	if err != nil {
		return nil, err
	}
	j := &judgement{turn: audit.Turn{Snapshot: v.snapshot.ID, At: v.snapshot.Finished}}
	found, cover := audit.Evaluate(policy, people, v.snapshot.Finished)
	a, err := v.acting(ctx, true)
	if err != nil {
		return nil, err
	}
	estate, err := v.estate(ctx, a)
	if err != nil {
		return nil, err
	}
	then := *estate
	then.At = v.snapshot.Finished
	acting, doubtActing := audit.EvaluateStores(policy, then, f.Labels)
	totals, doubtTotal, err := v.judgeTotals(ctx, policy, f)
	if err != nil {
		return nil, err
	}
	j.found = slices.Concat(found, acting, totals)
	j.digest()
	j.doubt = func(rule string, s audit.Subject) audit.Doubt {
		switch {
		case cover.Has(rule):
			return cover.Doubt(rule, s)
		case rule == audit.TotalNeverMatches.ID:
			return doubtTotal(s)
		}
		return doubtActing(rule, s)
	}
	return j, nil
}

// judgeTotals judges the totals; where the account accepts such totals the rule is off.
func (v *view) judgeTotals(ctx context.Context, policy audit.Policy, f audit.Frame) ([]audit.Finding, func(audit.Subject) audit.Doubt, error) {
	wrong, err := v.db.WrongTotals(ctx, v.scope, org.Query{AsOf: org.AsOf{Snapshot: v.snapshot.ID}})
	if err != nil {
		return nil, nil, err
	}
	stores, err := v.stores(ctx)
	if err != nil {
		return nil, nil, err
	}
	if f.Account.AcceptTotals {
		policy.Off = append(slices.Clone(policy.Off), audit.TotalNeverMatches.ID)
	}
	list, doubt := audit.EvaluateTotals(policy, wrong, f.Account, f.Labels, func(facet org.Facet, store org.StoreID) org.FacetState {
		switch place := stores.index(store); {
		case store == 0 && facet == org.FacetStores:
			return f.StoreList.State
		case store == 0:
			return f.AccountList.State
		case place >= 0:
			return stores.rows[place].Facet(facet).State
		}
		return ""
	})
	return list, doubt, nil
}

// frame is what the rules need beside the accesses.
func (v *view) frame(ctx context.Context, policy audit.Policy) (f audit.Frame, err error) {
	f.Snapshot = v.snapshot
	if f.Account, err = v.db.Account(ctx, v.scope.Account); err != nil {
		return f, err
	}
	f.Account.Name = v.snapshot.AccountName
	if f.StoreList, err = v.accountFacet(ctx, org.FacetStores, 1); err != nil {
		return f, err
	}
	if f.AccountList, err = v.accountFacet(ctx, org.FacetAccountUsers, totalsLooked); err != nil {
		return f, err
	}
	f.Labels = map[org.StoreID][]string{}
	err = each(ctx, v.db.reader, func(rows *sql.Rows) error {
		var store org.StoreID
		var label string
		err := rows.Scan(&store, &label)
		f.Labels[store] = append(f.Labels[store], label)
		return err
	}, qLabelsAll, v.scope.Account)
	if err != nil {
		return f, err
	}
	if f.Roster, err = v.db.newestRoster(ctx, v.scope.Account); err != nil {
		return f, err
	}
	f.Changes, err = v.recentChanges(ctx, policy.WithDefaults().RecentDays)
	return f, err
}

// recentChanges are those of the snapshot and of some days before it.
func (v *view) recentChanges(ctx context.Context, days int) (list []org.ChangeRow, err error) {
	since, err := v.before(ctx, days)
	if err != nil {
		return nil, err
	}
	q := org.Query{AsOf: org.AsOf{Snapshot: v.snapshot.ID}, Since: org.AsOf{Snapshot: since}}
	err = v.db.EachChange(ctx, v.scope, q, v.settings, func(c org.ChangeRow) error {
		list = append(list, c)
		return nil
	})
	return list, err
}

// accountFacet is the newest outcome of a list of the account among some snapshots; pending when none tried.
func (v *view) accountFacet(ctx context.Context, facet org.Facet, snapshots int) (org.FacetRead, error) {
	read, err := one(ctx, v.db.reader, func(rows *sql.Rows) (r org.FacetRead, err error) {
		var state int
		var at sql.NullInt64
		if err = rows.Scan(&state, &r.Expected, &r.Received, &at, &r.Error, &r.Partial); err == nil {
			r.State = facetStateCodes[state-1]
		}
		r.Facet, r.ReadAt = facet, moment(at)
		return r, err
	}, qAccountFacet, v.scope.Account, v.snapshot.ID, snapshots, facetNumber[facet])
	if errors.Is(err, errNone) {
		return org.FacetRead{Facet: facet, State: org.FacetPending, Expected: -1}, nil
	}
	return read, err
}

// gather packs the accesses and the people of the snapshot.
func (v *view) gather(ctx context.Context, f audit.Frame) (*audit.People, error) {
	g := audit.NewGather(f)
	q := org.Query{AsOf: org.AsOf{Snapshot: v.snapshot.ID}}
	if err := v.db.EachAccessRef(ctx, v.scope, q, v.settings, g.Sink()); err != nil {
		return nil, err
	}
	users, err := v.users(ctx)
	if err != nil {
		return nil, err
	}
	listed := map[org.UserID]int64{}
	err = each(ctx, v.db.reader, func(rows *sql.Rows) error {
		var user org.UserID
		var at int64
		err := rows.Scan(&user, &at)
		listed[user] = at / 1000
		return err
	}, qListedFirst, v.scope.Account, v.snapshot.ID)
	if err != nil {
		return nil, err
	}
	for i := range users.rows {
		u := &users.rows[i]
		g.List(audit.ListedUser{ID: u.id, InAccount: u.inAccount, Who: users.person(int32(i)).identity(u.apiID), FirstSeen: listed[u.id]})
	}
	return g.People(), nil
}
