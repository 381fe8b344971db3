package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"rollcall/internal/org"
)

// A snapshot that swept has one row of FacetWebhooks for the account (store 0): expected are the tokens, received those
// that were read to the end in this sweep, at is the oldest data shown. A store has a row in that snapshot only when
// one of its tokens failed: none beside the account's row means that all of its tokens were read, or that it has none.

var (
	qSweptSince = query(`SELECT coalesce(max(json_extract(progress, '$.Sweep')), 0) FROM sync_run WHERE snapshot_id = ?`)
	qSwept      = query(`SELECT coalesce(s.id, 0), e.name, e.client_id, e.token_last4, e.swept >= ?2, e.hooks_read, e.hooks_problem
  FROM api_account e LEFT JOIN store s ON s.account_id = e.account_id AND s.hash = e.store_hash
  WHERE e.id IN (SELECT id FROM api_account WHERE ` + tokensToSweep + `) ORDER BY s.id, e.id`)
	qDropSwept = query(`DELETE FROM facet_now WHERE account_id = ? AND facet = 6 AND store_id <> 0`)
	qPutSwept  = query(`INSERT INTO facet_now (account_id, store_id, facet, baseline, readable, tried, state, expected, received, read_at, error)
  VALUES (?1, ?2, 6, iif(?3, ?4, NULL), 1, ?4, ?5, ?6, ?7, ?8, ?9)
  ON CONFLICT DO UPDATE SET baseline = coalesce(baseline, excluded.baseline), tried = excluded.tried, state = excluded.state,
    expected = excluded.expected, received = excluded.received, read_at = excluded.read_at, error = excluded.error`)
)

// swept sums up how the tokens of a store, or of all, stand.
type swept struct {
	tokens, tried, read int
	held                int // read to the end some time
	oldest              time.Time
	problem             string // of the first that failed
}

func (t *swept) add(tried bool, at time.Time, problem string) {
	t.tokens++
	if tried {
		t.tried++
	}
	if tried && problem == "" {
		t.read++
	}
	if !at.IsZero() {
		t.held++
		if t.oldest.IsZero() || at.Before(t.oldest) {
			t.oldest = at
		}
	}
	if tried && problem != "" && t.problem == "" {
		t.problem = problem
	}
}

func (t *swept) failed() int { return t.tried - t.read }

func (t *swept) state() org.FacetState {
	switch {
	case t.read == t.tokens:
		return org.FacetComplete
	case t.read > 0:
		return org.FacetIncomplete
	case t.tried == 0:
		return org.FacetPending
	}
	return org.FacetFailed
}

// says puts into words what is missing of the account.
func (t *swept) says() string {
	text := ""
	if n := t.failed(); n > 0 {
		text = fmt.Sprintf("%d of %d API accounts could not be read.", n, t.tokens)
	}
	if n := t.tokens - t.tried; n > 0 {
		text = joinSentences(text, fmt.Sprintf("%d of %d API accounts were not asked yet.", n, t.tokens))
	}
	return text
}

func joinSentences(a, b string) string {
	if a == "" {
		return b
	}
	return a + " " + b
}

// sumUpSweep notes how the sweep that a run was part of stands when the run closes. A run without one notes nothing.
func sumUpSweep(ctx context.Context, tx *sql.Tx, snapshot org.Snapshot) error {
	since, err := one(ctx, tx, scalar[org.SnapshotID], qSweptSince, snapshot.ID)
	if err != nil || since == 0 {
		return err
	}
	var all swept
	stores, order, err := sweptStores(ctx, tx, snapshot.Account, since, &all)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, qDropSwept, snapshot.Account); err != nil || all.tokens == 0 {
		return err
	}
	if err := putSwept(ctx, tx, snapshot, 0, all, all.says()); err != nil {
		return err
	}
	for _, store := range order {
		if t := stores[store]; store != 0 && t.failed() > 0 {
			if err := putSwept(ctx, tx, snapshot, store, *t, t.problem); err != nil {
				return err
			}
		}
	}
	return nil
}

func sweptStores(ctx context.Context, tx *sql.Tx, account org.AccountID, since org.SnapshotID, all *swept) (map[org.StoreID]*swept, []org.StoreID, error) {
	stores := map[org.StoreID]*swept{}
	var order []org.StoreID
	err := each(ctx, tx, func(rows *sql.Rows) error {
		var store org.StoreID
		var a org.APIAccount
		var tried bool
		var read sql.NullInt64
		var problem string
		if err := rows.Scan(&store, &a.Name, &a.ClientID, &a.TokenLast4, &tried, &read, &problem); err != nil {
			return err
		}
		if problem != "" {
			problem = a.Label() + ": " + problem
		}
		all.add(tried, moment(read), problem)
		if stores[store] == nil {
			stores[store] = &swept{}
			order = append(order, store)
		}
		stores[store].add(tried, moment(read), problem)
		return nil
	}, qSwept, account, since)
	return stores, order, err
}

func putSwept(ctx context.Context, tx *sql.Tx, snapshot org.Snapshot, store org.StoreID, t swept, says string) error {
	var expected, problem any
	if t.tokens != t.read {
		expected = t.tokens
	}
	if says != "" {
		problem = says
	}
	_, err := tx.ExecContext(ctx, qPutSwept, snapshot.Account, store, t.held == t.tokens, snapshot.ID, stateNumber[t.state()], expected,
		t.read, millis(t.oldest), problem)
	return err
}

var qTokenProgress = query(`SELECT count(*), coalesce(sum(swept >= ?2), 0), coalesce(sum(swept >= ?2 AND hooks_problem <> ''), 0)
  FROM api_account WHERE ` + tokensToSweep)

// countTokens fills in how far the sweep of a run has come.
func (db *DB) countTokens(ctx context.Context, p *org.Progress) error {
	if p.Sweep == 0 {
		return nil
	}
	counts, err := one(ctx, db.reader, func(rows *sql.Rows) (c [3]int, err error) {
		err = rows.Scan(&c[0], &c[1], &c[2])
		return c, err
	}, qTokenProgress, p.Account, p.Sweep)
	p.TokensAll, p.TokensDone, p.TokensFailed = counts[0], counts[1], counts[2]
	return err
}
