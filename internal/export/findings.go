package export

import (
	"context"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// Findings is the kind of files about findings.
const Findings Kind = "findings"

// FindingSource hands out findings, as Source does: as the snapshot knew them, with the decisions of today.
type FindingSource interface {
	EachFinding(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, row func(audit.KeptFinding) error) error
	CountFindings(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (int, error)
}

var findingColumns = concat(
	columns(Text, "account_uuid"), columns(Number, "finding_id"), columns(Text, "rule", "title", "severity", "state", "subject", "subject_key", "subject_name"),
	columns(Number, "user_id"), columns(Text, "store_hash", "store_name"), columns(Text, "says"), columns(List, "evidence"), columns(Number, "evidence_snapshot_id"),
	columns(Time, "evidence_at", "first_seen_at", "last_seen_at"), columns(Text, "judged", "not_judged_because"),
	columns(Text, "exception", "owner", "reason"), columns(Time, "expires_at", "decided_at"), columns(Text, "decided_by", "decided_later"),
	columns(List, "supports_evidence_for"), columns(Number, "snapshot_id"))

func writeFindings(ctx context.Context, source Source, job Job, t table) (int, error) {
	each := func(row func(audit.KeptFinding) error) error {
		return source.EachFinding(ctx, job.Scope, job.query(), job.Settings, row)
	}
	rules := map[string]*audit.Rule{}
	for _, r := range audit.AllRules() {
		rules[r.ID] = r
	}
	return writeRows(t, findingColumns, each, func(r *row, f audit.KeptFinding) {
		rule := rules[f.Rule]
		if rule == nil {
			rule = &audit.Rule{ID: f.Rule, Title: f.Rule}
		}
		r.text(job.Account.UUID)
		r.number(int64(f.ID))
		for _, text := range []string{f.Rule, rule.Title, f.Severity.String(), string(f.Status), string(f.Subject.Kind), f.Subject.Key, f.Subject.Label} {
			r.text(text)
		}
		r.known(int(f.Subject.User), f.Subject.User != 0)
		r.text(f.StoreHash)
		r.text(f.Subject.StoreName)
		r.text(f.Says)
		r.list(evidenceItems(f.Evidence))
		r.number(int64(f.Text.Snapshot))
		r.time(f.Text.At)
		r.time(f.FirstSeen)
		r.time(f.LastSeen)
		r.yes(f.Doubt == "")
		r.text(string(f.Doubt))
		exceptionCells(r, &f)
		r.list(rule.Refs)
		r.number(int64(job.Snapshot.ID))
	})
}

func evidenceItems(list []audit.Evidence) []string {
	items := make([]string, len(list))
	for i, e := range list {
		items[i] = e.Name + ": " + e.Value
	}
	return items
}

// exceptionCells writes the decision that holds today.
func exceptionCells(r *row, f *audit.KeptFinding) {
	if !f.Excepted() || f.Decision == nil {
		r.yes(false)
		r.text("")
		r.text("")
		r.blank()
		r.blank()
		r.text("")
		r.yes(false)
		return
	}
	r.yes(true)
	r.text(f.Decision.Owner)
	r.text(f.Decision.Reason)
	r.time(f.Decision.Until)
	r.time(f.Decision.At)
	r.text(f.Decision.By)
	r.yes(f.Later)
}
