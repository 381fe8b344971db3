package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"hash/fnv"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

func hashOf(text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	return h.Sum64()
}

// keeper lays the findings of one snapshot over what is kept.
type keeper struct {
	*judgement
	db       *DB
	account  org.AccountID
	basis    string
	last     lastTurn
	mark     int64 // newest step when the states were loaded
	previous []audit.FindingState
	kept     map[audit.FindingKey]keptVersion
	next     []audit.FindingState
}

// keptVersion is the newest version of a finding as the tables hold it.
type keptVersion struct {
	id                     audit.FindingID
	from, lastSeen, textAt org.SnapshotID
	digest                 int64
	gone                   bool
	severity               audit.Severity
	doubt                  audit.Doubt
	status                 audit.FindingStatus
	subject                audit.Subject
	first                  int64
	firstSnapshot          org.SnapshotID
	decision               audit.FindingStatus
	until                  sql.NullInt64
	worst                  audit.Severity
	owner, reason, by      string
	decidedAt              sql.NullInt64
}

const keptSelect = `SELECT f.id, f.rule, f.kind, f.key, f.first_seen, f.first_snapshot, f.status, f.decision, f.until, f.worst,
  f.owner, f.reason, f.by, f.decided_at, v.valid_from, v.gone, v.severity, v.doubt, v.last_seen, v.text_at, t.digest,
  t.user_id, t.store_id, t.api_account_id, t.webhook_id
  FROM finding f JOIN finding_version v ON v.finding_id = f.id AND v.valid_to = 9223372036854775807
  JOIN finding_text t ON t.finding_id = f.id AND t.snapshot_id = v.text_at`

var (
	qKeptLiving = query(keptSelect + ` WHERE f.account_id = ?1 AND f.status <> 'resolved'`)
	qKeptOne    = query(keptSelect + ` WHERE f.account_id = ?1 AND f.rule = ?2 AND f.kind = ?3 AND f.key = ?4`)
	qAnyOver    = query(`SELECT count(*) FROM (SELECT 1 FROM finding WHERE account_id = ? AND status = 'resolved' LIMIT 1)`)
	qStepMark   = query(`SELECT coalesce(max(id), 0) FROM finding_step WHERE account_id = ?`)

	qPutFinding        = query(`INSERT INTO finding (account_id, rule, kind, key, first_seen, first_snapshot, status) VALUES (?, ?, ?, ?, ?, ?, ?)`)
	qSetFinding        = query(`UPDATE finding SET status = ?, decision = ?, owner = ?, reason = ?, until = ?, by = ?, decided_at = ?, worst = ? WHERE id = ?`)
	qPutStep           = query(`INSERT INTO finding_step (account_id, finding_id, at, snapshot_id, status, by, owner, reason, until) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	qEndFinding        = query(`UPDATE finding_version SET valid_to = ? WHERE finding_id = ? AND valid_from = ?`)
	qPutFindingVersion = query(`INSERT INTO finding_version (finding_id, valid_from, valid_to, gone, severity, doubt, last_seen, text_at)
    VALUES (?, ?, 9223372036854775807, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET gone = excluded.gone, severity = excluded.severity, doubt = excluded.doubt, last_seen = excluded.last_seen, text_at = excluded.text_at`)
	qPutText = query(`INSERT INTO finding_text (finding_id, snapshot_id, user_id, store_id, api_account_id, webhook_id, label, store_name, says, evidence, digest)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET user_id = excluded.user_id, store_id = excluded.store_id, api_account_id = excluded.api_account_id,
      webhook_id = excluded.webhook_id, label = excluded.label, store_name = excluded.store_name, says = excluded.says,
      evidence = excluded.evidence, digest = excluded.digest`)
	qPutTurn = query(`INSERT INTO finding_turn (account_id, snapshot_id, at, done_at, basis, counts) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET done_at = excluded.done_at, basis = excluded.basis, counts = excluded.counts`)
)

// scanKept reads a row of keptSelect, and before it what the caller wants of the row.
func scanKept(rows *sql.Rows, before ...any) (k keptVersion, key audit.FindingKey, err error) {
	var worst, severity uint8
	err = rows.Scan(append(before, &k.id, &key.Rule, &key.Kind, &key.Key, &k.first, &k.firstSnapshot, &k.status, &k.decision, &k.until, &worst,
		&k.owner, &k.reason, &k.by, &k.decidedAt, &k.from, &k.gone, &severity, &k.doubt, &k.lastSeen, &k.textAt, &k.digest,
		&k.subject.User, &k.subject.Store, &k.subject.APIAccount, &k.subject.Webhook)...)
	k.subject.Kind, k.subject.Key = key.Kind, key.Key
	k.worst, k.severity = audit.Severity(worst), audit.Severity(severity)
	return k, key, err
}

// load reads what is kept: findings that are not over, and those that are found again.
func (k *keeper) load(ctx context.Context, tx *sql.Tx) (err error) {
	k.kept = map[audit.FindingKey]keptVersion{}
	if k.last, err = k.db.lastTurn(ctx, tx, k.account); err != nil {
		return err
	}
	if k.mark, err = one(ctx, tx, scalar[int64], qStepMark, k.account); err != nil {
		return err
	}
	take := func(rows *sql.Rows) error {
		one, key, err := scanKept(rows)
		k.kept[key] = one
		k.previous = append(k.previous, one.state(key, k.last.Turn))
		return err
	}
	if err := each(ctx, tx, take, qKeptLiving, k.account); err != nil {
		return err
	}
	over, err := one(ctx, tx, scalar[int], qAnyOver, k.account)
	if err != nil || over == 0 {
		return err
	}
	again, err := tx.PrepareContext(ctx, qKeptOne)
	if err != nil {
		return err
	}
	defer again.Close()
	for i := range k.found {
		key := k.found[i].FindingKey()
		if _, known := k.kept[key]; known {
			continue
		}
		rows, err := again.QueryContext(ctx, k.account, key.Rule, key.Kind, key.Key)
		if err != nil {
			return err
		}
		for rows.Next() {
			err = errors.Join(err, take(rows))
		}
		if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
			return err
		}
	}
	return nil
}

// state is a finding as the lifecycle needs it: without its words, and with no more than the newest step.
func (k *keptVersion) state(key audit.FindingKey, last audit.Turn) audit.FindingState {
	s := audit.FindingState{
		Rule: key.Rule, Subject: k.subject, Status: k.status, Severity: k.severity, Doubt: k.doubt,
		FirstSeen: fromMillis(k.first), FirstSnapshot: k.firstSnapshot, LastSnapshot: k.lastSeen, Decision: k.decided(key),
	}
	if k.lastSeen == 0 {
		s.LastSeen, s.LastSnapshot = last.At, last.Snapshot
	}
	return s
}

// decided is the decision that holds, nil when none does.
func (k *keptVersion) decided(key audit.FindingKey) *audit.Decision {
	if k.decision == "" {
		return nil
	}
	return &audit.Decision{
		Rule: key.Rule, Kind: key.Kind, Key: key.Key, Status: k.decision, Owner: k.owner, Reason: k.reason, By: k.by,
		Until: moment(k.until), At: moment(k.decidedAt), Worst: k.worst,
	}
}

// write writes what differs.
func (k *keeper) write(ctx context.Context, tx *sql.Tx) error {
	last, err := k.db.lastTurn(ctx, tx, k.account)
	if err != nil {
		return err
	}
	mark, err := one(ctx, tx, scalar[int64], qStepMark, k.account)
	if err != nil {
		return err
	}
	if last != k.last || mark != k.mark {
		return errMoved
	}
	s := &saver{ctx: ctx, tx: tx, statements: map[string]*sql.Stmt{}}
	defer s.end()
	var counts audit.FindingCounts
	for i := range k.next {
		n := &k.next[i]
		if n.Status != audit.FindingResolved && !n.Doubt.ByPolicy() {
			counts.Add(n.Status, n.Severity, n.Doubt)
		}
		if err := k.put(s, n); err != nil {
			return err
		}
	}
	text, err := json.Marshal(counts)
	if err != nil {
		return err
	}
	return s.exec(qPutTurn, k.account, k.turn.Snapshot, k.turn.At.UnixMilli(), k.db.now().UnixMilli(), k.basis, string(text))
}

// put writes one finding where it differs from what is kept.
func (k *keeper) put(s *saver, n *audit.FindingState) error {
	was, known := k.kept[n.FindingKey()]
	steps := n.History
	if !known {
		id, err := s.insert(qPutFinding, k.account, n.Rule, string(n.Subject.Kind), n.Subject.Key, n.FirstSeen.UnixMilli(), n.FirstSnapshot, string(n.Status))
		if err != nil {
			return err
		}
		was.id, steps = audit.FindingID(id), steps[1:]
	}
	if err := k.putSteps(s, was.id, n, steps); err != nil {
		return err
	}
	is := keptVersion{gone: n.Status == audit.FindingResolved, severity: n.Severity, doubt: n.Doubt, lastSeen: n.LastSnapshot, digest: was.digest, textAt: was.textAt}
	if is.lastSeen == k.turn.Snapshot && !is.gone && is.doubt == "" {
		is.lastSeen = 0
	}
	if digest, found := k.digests[n.FindingKey()]; found {
		is.digest = digest
	}
	if !known || is.digest != was.digest {
		is.textAt = k.turn.Snapshot
		b := &n.Subject
		err := s.exec(qPutText, was.id, is.textAt, b.User, b.Store, b.APIAccount, b.Webhook, b.Label, b.StoreName, n.Says, evidenceText(n.Evidence), is.digest)
		if err != nil {
			return err
		}
	}
	if known && is.gone == was.gone && is.severity == was.severity && is.doubt == was.doubt && is.lastSeen == was.lastSeen && is.textAt == was.textAt {
		return nil
	}
	if known && was.from != k.turn.Snapshot {
		if err := k.end(s, &was); err != nil {
			return err
		}
	}
	return s.exec(qPutFindingVersion, was.id, k.turn.Snapshot, is.gone, int(is.severity), string(is.doubt), is.lastSeen, is.textAt)
}

func (k *keeper) end(s *saver, was *keptVersion) error {
	return s.exec(qEndFinding, k.turn.Snapshot, was.id, was.from)
}

// putSteps writes the steps that the snapshot made.
func (k *keeper) putSteps(s *saver, id audit.FindingID, n *audit.FindingState, steps []audit.Step) error {
	for _, step := range steps {
		if err := putStep(s, k.account, id, step); err != nil {
			return err
		}
	}
	if len(steps) == 0 {
		return nil
	}
	return setFinding(s, id, n)
}

func putStep(s *saver, account org.AccountID, id audit.FindingID, step audit.Step) error {
	return s.exec(qPutStep, account, id, step.At.UnixMilli(), step.Snapshot, string(step.Status), step.By, step.Owner, step.Reason, millis(step.Until))
}

// setFinding writes the status and the decision of today.
func setFinding(s *saver, id audit.FindingID, n *audit.FindingState) error {
	d := audit.Decision{}
	if n.Decision != nil {
		d = *n.Decision
	}
	return s.exec(qSetFinding, string(n.Status), string(d.Status), d.Owner, d.Reason, millis(d.Until), d.By, millis(d.At), int(d.Worst), id)
}
