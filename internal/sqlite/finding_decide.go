package sqlite

import (
	"context"
	"database/sql"
	"slices"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// decisionsAtOnce bounds how many findings one decision is about.
const decisionsAtOnce = 10_000

var qKeptByID = query(`SELECT t.label, t.store_id, k.* FROM (` + keptSelect + ` WHERE f.account_id = ?1 AND f.id IN (SELECT value FROM json_each(?2))) k
  JOIN finding_version v ON v.finding_id = k.id AND v.valid_to = 9223372036854775807
  JOIN finding_text t ON t.finding_id = k.id AND t.snapshot_id = v.text_at ORDER BY k.id`)

// DecideFindings applies a member's decision to findings: accepted with owner, reason and end, false_positive with a
// reason, or open to take either back. Rule, Kind and Key of the decision are filled in, and At when it is zero. Either
// the decision itself is Invalid, or every finding that is there is answered: with what became of it, or with why it was
// refused, for one that is over. Findings outside the scope are passed over. The caller writes the activity log.
func (db *DB) DecideFindings(ctx context.Context, scope org.Scope, ids []audit.FindingID, d audit.Decision) (done []audit.FindingDecided, err error) {
	if d.At.IsZero() {
		d.At = fromMillis(db.now().UnixMilli())
	}
	if err := d.Check(); err != nil {
		return nil, err
	}
	if len(ids) > decisionsAtOnce {
		return nil, org.Invalid("finding", "Choose 10,000 findings at most.")
	}
	err = db.write(ctx, func(tx *sql.Tx) error {
		done = nil
		var list []keptVersion
		var keys []audit.FindingKey
		last, err := db.lastTurn(ctx, tx, scope.Account)
		if err != nil {
			return err
		}
		err = each(ctx, tx, func(rows *sql.Rows) error {
			var store org.StoreID
			var label string
			k, key, err := scanKept(rows, &label, &store)
			if err == nil && (scope.Stores == nil || slices.Contains(scope.Stores, store)) {
				list, keys = append(list, k), append(keys, key)
				done = append(done, audit.FindingDecided{ID: k.id, Rule: key.Rule, Subject: label})
			}
			return err
		}, qKeptByID, scope.Account, idList(ids))
		if err != nil {
			return err
		}
		s := &saver{ctx: ctx, tx: tx, statements: map[string]*sql.Stmt{}}
		defer s.end()
		for i := range list {
			if err := db.decide(s, scope.Account, list[i].state(keys[i], last.Turn), d, &done[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return done, err
}

// decide applies a decision to one finding and notes the outcome.
func (db *DB) decide(s *saver, account org.AccountID, state audit.FindingState, d audit.Decision, out *audit.FindingDecided) error {
	d.Rule, d.Kind, d.Key = state.Rule, state.Subject.Kind, state.Subject.Key
	before := audit.Expire(state, d.At)
	if last := state.Decision; last != nil && last.Status == d.Status && last.By == d.By && last.At.Equal(d.At) {
		out.Before, out.After = before.Status, before.Status // the same decision twice
		return nil
	}
	after, err := audit.Decide(before, d)
	out.Before, out.After, out.Refused = before.Status, after.Status, err
	for _, step := range after.History {
		if err := putStep(s, account, out.ID, step); err != nil {
			return err
		}
	}
	if len(after.History) == 0 {
		return nil
	}
	return setFinding(s, out.ID, &after)
}
