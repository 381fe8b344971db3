package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// turnsAtOnce is how many closed snapshots without findings are caught up with; of more than these the older are left out.
const turnsAtOnce = 60

var (
	qLastTurn = query(`SELECT snapshot_id, at, basis FROM finding_turn WHERE account_id = ? ORDER BY snapshot_id DESC LIMIT 1`)
	qDueTurns = query(`SELECT id FROM (SELECT id FROM snapshot WHERE account_id = ?1 AND state <> 'running' AND id > ?2
    ORDER BY id DESC LIMIT ?3) ORDER BY id LIMIT 1`)
	qBasis = query(`SELECT coalesce((SELECT max(id) FROM policy_version WHERE account_id = ?1), 0),
    coalesce((SELECT id FROM roster WHERE account_id = ?1 ORDER BY at DESC, id DESC LIMIT 1), 0),
    coalesce((SELECT accept_totals FROM account WHERE id = ?1), 0),
    coalesce((SELECT group_concat(l.store_id || ' ' || l.label, ';') FROM store_label l JOIN store s ON s.id = l.store_id WHERE s.account_id = ?1), '')`)
)

// lastTurn is the newest snapshot to which the rules were applied.
type lastTurn struct {
	audit.Turn
	basis string
}

func scanTurn(rows *sql.Rows) (t lastTurn, err error) {
	var at int64
	err = rows.Scan(&t.Snapshot, &at, &t.basis)
	t.At = fromMillis(at)
	return t, err
}

func (db *DB) lastTurn(ctx context.Context, q querier, account org.AccountID) (lastTurn, error) {
	t, err := one(ctx, q, scanTurn, qLastTurn, account)
	if errors.Is(err, errNone) {
		return lastTurn{}, nil
	}
	return t, err
}

// basis stands for what the rules go by beside the snapshot: policy, threshold, roster, labels, accepted totals.
func (db *DB) basis(ctx context.Context, account org.AccountID) (string, error) {
	days, err := inactiveDays(ctx, db.reader)
	if err != nil {
		return "", err
	}
	return one(ctx, db.reader, func(rows *sql.Rows) (string, error) {
		var policy, roster, totals int64
		var labels string
		err := rows.Scan(&policy, &roster, &totals, &labels)
		return fmt.Sprintf("policy %d, %d days, roster %d, totals %d, labels %x", policy, days, roster, totals, hashOf(labels)), err
	}, qBasis, account)
}

// evaluating lets one evaluation of this process run at a time; others wait and find nothing left to do.
type evaluating struct{ mu sync.Mutex }

// EvaluateFindings applies the rules to the closed snapshots of an account that came after the last one to which they
// were applied, and to that one again when policy, threshold, roster or labels changed meanwhile. The first time it
// takes the newest snapshot only: what older ones hold is not judged in hindsight. It costs a few small queries when
// nothing is due, may be repeated at any time, and two processes may do it at once. It tells to how many it applied them.
func (db *DB) EvaluateFindings(ctx context.Context, account org.AccountID) (done int, err error) {
	db.evaluating.mu.Lock()
	defer db.evaluating.mu.Unlock()
	for {
		due, basis, err := db.dueTurn(ctx, account)
		if err != nil || due == 0 {
			return done, err
		}
		if err := db.evaluateTurn(ctx, account, due, basis); err != nil {
			return done, fmt.Errorf("apply the rules to snapshot %d: %w", due, err)
		}
		done++
	}
}

// dueTurn is the next snapshot to apply the rules to, 0 when none is due.
func (db *DB) dueTurn(ctx context.Context, account org.AccountID) (due org.SnapshotID, basis string, err error) {
	last, err := db.lastTurn(ctx, db.reader, account)
	if err != nil {
		return 0, "", err
	}
	if basis, err = db.basis(ctx, account); err != nil {
		return 0, "", err
	}
	limit := turnsAtOnce
	if last.Snapshot == 0 {
		limit = 1
	}
	due, err = one(ctx, db.reader, scalar[org.SnapshotID], qDueTurns, account, last.Snapshot, limit)
	if errors.Is(err, errNone) {
		due, err = 0, nil
		if last.Snapshot != 0 && last.basis != basis {
			due = last.Snapshot
		}
	}
	return due, basis, err
}

func (db *DB) evaluateTurn(ctx context.Context, account org.AccountID, due org.SnapshotID, basis string) error {
	settings, err := db.Settings(ctx)
	if err != nil {
		return err
	}
	policy, err := db.AuditPolicy(ctx, account)
	if err != nil {
		return err
	}
	v, err := db.view(ctx, org.Scope{Account: account}, org.AsOf{Snapshot: due}, settings)
	if err != nil {
		return err
	}
	j, err := v.judge(ctx, policy.Policy)
	if err != nil {
		return err
	}
	return db.keepFindings(ctx, account, j, basis)
}

// errMoved tells that a member decided, or another process was faster, while the rules were applied.
var errMoved = errors.New("findings changed meanwhile")

// keepTries is how often the outcome is laid over findings that change meanwhile.
const keepTries = 10

// keepFindings takes the findings of a snapshot into what is kept.
func (db *DB) keepFindings(ctx context.Context, account org.AccountID, j *judgement, basis string) error {
	for range keepTries {
		k := &keeper{db: db, account: account, judgement: j, basis: basis}
		if err := db.export(ctx, func(tx *sql.Tx) error { return k.load(ctx, tx) }); err != nil {
			return err
		}
		if k.last.Snapshot > j.turn.Snapshot {
			return nil // another process was faster
		}
		k.next = audit.Next(k.previous, j.found, j.doubt, j.turn, nil)
		err := db.write(ctx, func(tx *sql.Tx) error { return k.write(ctx, tx) })
		if !errors.Is(err, errMoved) {
			return err
		}
	}
	return errMoved
}

// evidenceText and evidenceOf are evidence as the column holds it.
func evidenceText(list []audit.Evidence) string {
	flat := make([]string, 0, 2*len(list))
	for _, e := range list {
		flat = append(flat, e.Name, e.Value)
	}
	var b strings.Builder
	encode := json.NewEncoder(&b)
	encode.SetEscapeHTML(false)
	_ = encode.Encode(flat) // texts: no error is possible
	return strings.TrimSpace(b.String())
}

func evidenceOf(text []byte) (list []audit.Evidence, err error) {
	var flat []string
	err = json.Unmarshal(text, &flat)
	for i := 0; i+1 < len(flat); i += 2 {
		list = append(list, audit.Evidence{Name: flat[i], Value: flat[i+1]})
	}
	return list, err
}
