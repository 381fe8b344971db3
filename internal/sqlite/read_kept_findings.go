package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// Findings lists what the rules found, as the snapshot of the query knew it, with the decisions of today: gravest first,
// unless the query sorts by severity, rule, subject, store, first-seen or until. Filters: rule, severity, state (open,
// accepted, false_positive, resolved; without one all but resolved), subject (its kind), user, store, label (of the
// subject's store) and search (subject, store, rule). Findings that the policy does not ask for are left out. Snapshots
// from before the rules were first applied have none; Judged is zero then.
func (db *DB) Findings(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (page audit.FindingPage, err error) {
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil || v.snapshot.ID == 0 {
		return page, err
	}
	list, c, f, judged, err := v.findingList(ctx, q)
	if err != nil {
		return page, err
	}
	p, err := pageOf(len(list), func(i int) sortKey { return c.key(list[i]) }, "findings."+c.name, q)
	if err != nil {
		return page, err
	}
	page = audit.FindingPage{Total: len(list), From: p.first(), Next: p.next, Prev: p.prev, Judged: judged, ByRule: map[string]int{}}
	for _, l := range list {
		page.Counts.Add(l.status(f.now), l.severity, l.doubt)
		page.ByRule[l.rule]++
	}
	page.Rows, err = v.kept(ctx, idsOf(list[p.from:p.to]), judged)
	return page, err
}

// EachFinding hands out what Findings lists, in its order. A Conflict error says that the rules were never applied to the
// snapshot: a file without rows would look as if nothing had been found.
func (db *DB) EachFinding(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, row func(audit.KeptFinding) error) error {
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil || v.snapshot.ID == 0 {
		return err
	}
	list, _, _, judged, err := v.findingList(ctx, q)
	if err == nil {
		err = v.mustBeJudged(judged)
	}
	if err != nil {
		return err
	}
	for some := range slices.Chunk(list, 500) {
		rows, err := v.kept(ctx, idsOf(some), judged)
		if err != nil {
			return err
		}
		for _, one := range rows {
			if err := row(one); err != nil {
				return err
			}
		}
	}
	return nil
}

// CountFindings counts what EachFinding hands out, with the same errors.
func (db *DB) CountFindings(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (int, error) {
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil || v.snapshot.ID == 0 {
		return 0, err
	}
	list, _, _, judged, err := v.findingList(ctx, q)
	if err == nil {
		err = v.mustBeJudged(judged)
	}
	return len(list), err
}

// mustBeJudged refuses a snapshot to which the rules were not applied: what an older one showed is not its own.
func (v *view) mustBeJudged(judged audit.Turn) error {
	if judged.Snapshot == v.snapshot.ID {
		return nil
	}
	return org.Conflict(fmt.Sprintf("The rules were not applied to snapshot %d, so there are no findings of it. "+
		"\"dashboard export findings\" applies them to the newest snapshot.", v.snapshot.ID))
}

func idsOf(list []*listedFinding) []audit.FindingID {
	ids := make([]audit.FindingID, len(list))
	for i, l := range list {
		ids[i] = l.id
	}
	return ids
}

var (
	qKeptThen = query(`SELECT f.id, f.rule, f.kind, f.key, f.first_seen, f.first_snapshot, f.decision, f.until, f.worst, f.owner, f.reason, f.by, f.decided_at,
    v.gone, v.severity, v.doubt, v.last_seen, coalesce((SELECT finished_at FROM snapshot WHERE id = v.last_seen), 0), v.text_at,
    coalesce((SELECT finished_at FROM snapshot WHERE id = v.text_at), 0),
    t.user_id, t.store_id, t.api_account_id, t.webhook_id, t.label, t.store_name, t.says, t.evidence, coalesce((SELECT hash FROM store WHERE id = t.store_id), '')
  FROM finding f JOIN finding_version v ON v.finding_id = f.id AND v.valid_from <= ?2 AND v.valid_to > ?2
  JOIN finding_text t ON t.finding_id = f.id AND t.snapshot_id = v.text_at
  WHERE f.account_id = ?1 AND f.id IN (SELECT value FROM json_each(?3))`)
	qSteps        = query(`SELECT at, snapshot_id, status, by, owner, reason, until FROM finding_step WHERE finding_id = ? ORDER BY id`)
	qFindingTrend = query(`SELECT snapshot_id, at, counts FROM finding_turn WHERE account_id = ?1 AND snapshot_id <= ?2 ORDER BY snapshot_id`)
)

// kept reads findings in the order of a list of ids, without their history.
func (v *view) kept(ctx context.Context, ids []audit.FindingID, judged audit.Turn) ([]audit.KeptFinding, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found := make(map[audit.FindingID]audit.KeptFinding, len(ids))
	now := v.db.now()
	err := each(ctx, v.db.reader, func(rows *sql.Rows) error {
		k, err := v.scanKeptThen(rows, judged, now)
		found[k.ID] = k
		return err
	}, qKeptThen, v.scope.Account, judged.Snapshot, idList(ids))
	if err != nil {
		return nil, err
	}
	list := make([]audit.KeptFinding, 0, len(ids))
	for _, id := range ids {
		if k, there := found[id]; there {
			list = append(list, k)
		}
	}
	return list, nil
}

func (v *view) scanKeptThen(rows *sql.Rows, judged audit.Turn, now time.Time) (k audit.KeptFinding, err error) {
	var was keptVersion
	var worst, severity uint8
	var lastAt, textAt int64
	var evidence []byte
	s := &k.Subject
	err = rows.Scan(&k.ID, &k.Rule, &s.Kind, &s.Key, &was.first, &k.FirstSnapshot, &was.decision, &was.until, &worst, &was.owner, &was.reason, &was.by, &was.decidedAt,
		&was.gone, &severity, &k.Doubt, &k.LastSnapshot, &lastAt, &k.Text.Snapshot, &textAt,
		&s.User, &s.Store, &s.APIAccount, &s.Webhook, &s.Label, &s.StoreName, &k.Says, &evidence, &k.StoreHash)
	if err != nil {
		return k, err
	}
	k.FirstSeen, k.LastSeen, k.Text.At, k.Severity, was.worst = fromMillis(was.first), fromMillis(lastAt), fromMillis(textAt), audit.Severity(severity), audit.Severity(worst)
	if k.LastSnapshot == 0 {
		k.LastSeen, k.LastSnapshot = judged.At, judged.Snapshot
	}
	k.Status, k.Decision = audit.FindingOpen, was.decided(k.FindingKey())
	switch d := k.Decision; {
	case was.gone:
		k.Status = audit.FindingResolved
	case d != nil && d.Status == audit.FindingAccepted && !now.Before(d.Until):
		k.Decision = nil
	case d != nil:
		k.Status, k.Later = d.Status, d.At.After(v.snapshot.Finished) && !v.newest
	}
	k.Evidence, err = evidenceOf(evidence)
	return k, err
}

// Finding is one finding with its evidence, as the snapshot of the query knew it, and its whole history until today. One
// that was first found later is a NotFound error, like one outside the scope.
func (db *DB) Finding(ctx context.Context, scope org.Scope, id audit.FindingID, q org.Query, s org.Settings) (k audit.KeptFinding, err error) {
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil {
		return k, err
	}
	_, judged, err := v.findings(ctx, false)
	if err != nil {
		return k, err
	}
	list, err := v.kept(ctx, []audit.FindingID{id}, judged)
	if err != nil {
		return k, err
	}
	if len(list) == 0 || scope.Stores != nil && !slices.Contains(scope.Stores, list[0].Subject.Store) {
		return k, org.NotFound("finding")
	}
	k = list[0]
	k.History, err = db.steps(ctx, db.reader, &k)
	return audit.KeptFinding{ID: k.ID, FindingState: expired(k.FindingState, db.now()), StoreHash: k.StoreHash, Text: k.Text, Later: k.Later}, err
}

// expired writes the end of an acceptance into a history that the next decision or snapshot will write down.
func expired(s audit.FindingState, now time.Time) audit.FindingState {
	if n := len(s.History); n > 0 && s.Status == audit.FindingOpen && s.History[n-1].Status == audit.FindingAccepted {
		until := s.History[n-1].Until
		s.Status, s.Decision = audit.FindingAccepted, &audit.Decision{Status: audit.FindingAccepted, Until: until}
		return audit.Expire(s, now)
	}
	return s
}

// steps is the history of a finding, oldest first.
func (db *DB) steps(ctx context.Context, q querier, k *audit.KeptFinding) ([]audit.Step, error) {
	rest, err := all(ctx, q, func(rows *sql.Rows) (s audit.Step, err error) {
		var at int64
		var until sql.NullInt64
		err = rows.Scan(&at, &s.Snapshot, &s.Status, &s.By, &s.Owner, &s.Reason, &until)
		s.At, s.Until = fromMillis(at), moment(until)
		return s, err
	}, qSteps, k.ID)
	return append([]audit.Step{{At: k.FirstSeen, Snapshot: k.FirstSnapshot, Status: audit.FindingOpen}}, rest...), err
}

// FindingCounts tells for each snapshot to which the rules were applied, up to that of the query, how many findings
// there were then, oldest first. Decisions count from the next snapshot on. A scope of some stores has none.
func (db *DB) FindingCounts(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) ([]audit.FindingTrend, error) {
	v, err := db.view(ctx, scope, q.AsOf, s)
	if err != nil || scope.Stores != nil {
		return nil, err
	}
	return all(ctx, db.reader, func(rows *sql.Rows) (t audit.FindingTrend, err error) {
		var at int64
		var counts []byte
		if err = rows.Scan(&t.Snapshot, &at, &counts); err != nil {
			return t, err
		}
		t.At = fromMillis(at)
		return t, json.Unmarshal(counts, &t.FindingCounts)
	}, qFindingTrend, scope.Account, v.snapshot.ID)
}
