package sqlite

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// findingWorld is an account whose findings the tables keep, beside the pure lifecycle over the same snapshots.
type findingWorld struct {
	*world
	db      *DB
	folder  string
	now     time.Time
	account org.AccountID
	pure    []audit.FindingState
	turn    audit.Turn
}

func newFindingWorld(tb testing.TB, stores, users, people int) *findingWorld {
	tb.Helper()
	f := &findingWorld{world: newWorld(stores, users, people), folder: tb.TempDir(), now: start.Add(time.Hour)}
	f.open(tb)
	tb.Cleanup(func() { f.db.Close() })
	f.account = connect(tb, f.db, testUUID)
	return f
}

func (f *findingWorld) open(tb testing.TB) {
	tb.Helper()
	db, err := Open(context.Background(), f.folder, Options{Now: func() time.Time { return f.now }})
	if err != nil {
		tb.Fatal(err)
	}
	f.db = db
}

func (f *findingWorld) restart(tb testing.TB) {
	f.db.Close()
	f.open(tb)
}

func (f *findingWorld) scope() org.Scope { return org.Scope{Account: f.account} }

// close ends a run and lets the rules see it, both ways.
func (f *findingWorld) close(tb testing.TB, run org.Run, state org.SnapshotState) {
	tb.Helper()
	ctx := context.Background()
	s, err := f.db.History().Close(ctx, run.Snapshot.ID, state, "")
	if err != nil {
		tb.Fatal(err)
	}
	f.evaluate(tb, 1)
	v, err := f.db.view(ctx, f.scope(), org.AsOf{Snapshot: s.ID}, org.DefaultSettings())
	if err != nil {
		tb.Fatal(err)
	}
	policy, err := f.db.AuditPolicy(ctx, f.account)
	if err != nil {
		tb.Fatal(err)
	}
	j, err := v.judge(ctx, policy.Policy)
	if err != nil {
		tb.Fatal(err)
	}
	f.turn = j.turn
	f.pure = audit.Next(f.pure, j.found, j.doubt, j.turn, nil)
}

func (f *findingWorld) evaluate(tb testing.TB, want int) {
	tb.Helper()
	if n, err := f.db.EvaluateFindings(context.Background(), f.account); err != nil || n != want {
		tb.Fatalf("rules were applied to %d snapshots, want %d: %v", n, want, err)
	}
}

// today writes a day; stores in failed are not read.
func (f *findingWorld) today(tb testing.TB, failed map[string]bool, listed bool) {
	tb.Helper()
	ctx := context.Background()
	f.at = f.at.AddDate(0, 0, 1)
	f.now = f.at.Add(time.Hour)
	run, err := f.db.Begin(ctx, f.account, 24*time.Hour)
	if err != nil {
		tb.Fatal(err)
	}
	step, state := org.Step{}, org.Complete
	if listed {
		step.StoreList = f.list()
	}
	for _, store := range f.stores {
		read := f.read(store)
		if failed[store.Hash] {
			read.Users, read.Absence, read.Read = nil, 0, org.FacetRead{Facet: org.FacetAccesses, State: org.FacetFailed, Expected: -1, Error: "the server failed"}
			state = org.Partial
		}
		step.Stores = append(step.Stores, read)
	}
	if err := f.db.Save(ctx, run.Snapshot.ID, step); err != nil {
		tb.Fatal(err)
	}
	f.close(tb, run, state)
}

// everything are all findings that the tables keep, with their histories.
func (f *findingWorld) everything(tb testing.TB) []audit.KeptFinding {
	tb.Helper()
	ctx := context.Background()
	v, err := f.db.view(ctx, f.scope(), org.AsOf{}, org.DefaultSettings())
	if err != nil {
		tb.Fatal(err)
	}
	var all []audit.KeptFinding
	for _, over := range []bool{false, true} {
		list, judged, err := v.findings(ctx, over)
		if err != nil {
			tb.Fatal(err)
		}
		for i := range list {
			kept, err := v.kept(ctx, []audit.FindingID{list[i].id}, judged)
			if err != nil || len(kept) != 1 {
				tb.Fatal(len(kept), err)
			}
			if kept[0].History, err = f.db.steps(ctx, f.db.reader, &kept[0]); err != nil {
				tb.Fatal(err)
			}
			all = append(all, kept[0])
		}
	}
	slices.SortFunc(all, func(a, b audit.KeptFinding) int { return a.FindingKey().Compare(b.FindingKey()) })
	return all
}

// told is a state as a text to compare. What was not judged after it was over is not kept.
func told(s audit.FindingState, now time.Time) string {
	s = expired(s, now)
	s = audit.Expire(s, now)
	if s.Status == audit.FindingResolved {
		s.Doubt = ""
	}
	decision := "none"
	if d := s.Decision; d != nil && s.Status != audit.FindingResolved {
		decision = fmt.Sprint(d.Status, d.Owner, d.Reason, d.By, d.At.UnixMilli(), d.Until.UnixMilli(), d.Worst)
	}
	steps := make([]string, len(s.History))
	for i, h := range s.History {
		steps[i] = fmt.Sprint(h.At.UnixMilli(), h.Snapshot, h.Status, h.By, h.Owner, h.Reason, h.Until.UnixMilli())
	}
	return fmt.Sprintln(s.Rule, s.Subject, s.Status, s.Severity, s.Doubt, s.FirstSeen.UnixMilli(), s.LastSeen.UnixMilli(), s.FirstSnapshot, s.LastSnapshot,
		decision, strings.Join(steps, "; "))
}

func (f *findingWorld) compare(t *rapid.T, tb testing.TB) {
	got := f.everything(tb)
	if len(got) != len(f.pure) {
		t.Fatalf("%d findings are kept, want %d", len(got), len(f.pure))
	}
	for i, want := range f.pure {
		g, w := told(got[i].FindingState, f.now), told(want, f.now)
		if g != w {
			t.Fatalf("kept  %s\nwant  %s", g, w)
		}
	}
}

// drawDecision decides about some findings, both ways.
func (f *findingWorld) drawDecision(t *rapid.T, tb testing.TB) {
	f.now = f.now.Add(time.Minute)
	d := audit.Decision{
		Status: rapid.SampledFrom([]audit.FindingStatus{audit.FindingAccepted, audit.FindingFalse, audit.FindingOpen}).Draw(t, "decision"),
		Reason: "known", By: rapid.SampledFrom([]string{"ann", "bob"}).Draw(t, "by"), At: f.now,
	}
	if d.Status == audit.FindingAccepted {
		d.Owner, d.Until = "Olga", f.now.AddDate(0, 0, rapid.IntRange(1, 3).Draw(t, "days"))
	}
	from := rapid.IntRange(0, 20).Draw(t, "from")
	var ids []audit.FindingID
	kept := f.everything(tb)
	for i := from; i < len(kept); i += 7 {
		ids = append(ids, kept[i].ID)
		d := d
		d.Rule, d.Kind, d.Key = kept[i].Rule, kept[i].Subject.Kind, kept[i].Subject.Key
		f.pure[i], _ = audit.Decide(audit.Expire(f.pure[i], f.now), d)
	}
	done, err := f.db.DecideFindings(context.Background(), f.scope(), ids, d)
	if err != nil || len(done) != len(ids) {
		t.Fatalf("%d of %d decided: %v", len(done), len(ids), err)
	}
}

// TestFindingsFollowTheLifecycle: random days, partial snapshots, decisions, restarts and repeated evaluations give what
// the pure lifecycle gives over all snapshots.
func TestFindingsFollowTheLifecycle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		f := newFindingWorld(t, 3, 6, 9)
		defer f.db.Close()
		for range rapid.IntRange(2, 6).Draw(r, "days") {
			f.churnDay(r)
			failed := map[string]bool{}
			for _, s := range f.stores {
				failed[s.Hash] = rapid.IntRange(0, 3).Draw(r, "failed") == 0
			}
			f.today(t, failed, rapid.IntRange(0, 4).Draw(r, "listed") > 0)
			f.compare(r, t)
			if rapid.Bool().Draw(r, "decide") {
				f.drawDecision(r, t)
				f.compare(r, t)
			}
			if rapid.IntRange(0, 3).Draw(r, "restart") == 0 {
				f.restart(t)
			}
			f.evaluate(t, 0)
			f.compare(r, t)
		}
	})
}

// churnDay changes what people may do and when they signed in.
func (f *findingWorld) churnDay(t *rapid.T) {
	for _, store := range f.stores {
		users := f.users[store.Hash]
		for i := range users {
			switch rapid.IntRange(0, 9).Draw(t, "change") {
			case 0:
				users[i].Permissions = rightsOf(rapid.IntRange(0, 6).Draw(t, "rights"))
			case 1:
				users[i].LastLogin = rapid.SampledFrom([]org.Moment{org.Never(), org.At(f.at), org.At(f.at.AddDate(0, 0, -200)), {}}).Draw(t, "login")
			case 2:
				users[i].Status = rapid.SampledFrom([]org.Status{org.StatusActive, org.StatusInactive, ""}).Draw(t, "status")
			}
		}
	}
}

// TestPolicyAppliesAtOnce: another policy, threshold or roster is applied to the newest snapshot, once.
func TestPolicyAppliesAtOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	f := newFindingWorld(t, 4, 30, 60)
	f.today(t, nil, true)
	count := func(rule string) int {
		page, err := f.db.Findings(ctx, f.scope(), org.Query{Rules: []string{rule}}, org.DefaultSettings())
		if err != nil {
			t.Fatal(err)
		}
		return page.Total
	}
	before := count(audit.AccessInactive.ID)
	if before == 0 {
		t.Fatal("nobody is inactive")
	}
	if _, err := f.db.SaveAuditPolicy(ctx, f.account, audit.Policy{InactiveDays: 10, Off: []string{audit.AccessInactive.ID}}, "ann"); err != nil {
		t.Fatal(err)
	}
	f.evaluate(t, 1)
	f.evaluate(t, 0)
	if n := count(audit.AccessInactive.ID); n != 0 {
		t.Errorf("%d findings of a rule that is off", n)
	}
	saved, err := f.db.SaveAuditPolicy(ctx, f.account, audit.Policy{}, "ann")
	if err != nil || saved.Policy.InactiveDays != 90 {
		t.Fatal(saved, err)
	}
	f.evaluate(t, 1)
	if n := count(audit.AccessInactive.ID); n != before {
		t.Errorf("%d findings came back of %d", n, before)
	}
	s := org.DefaultSettings()
	s.InactiveDays = 30
	if err := f.db.SaveSettings(ctx, s); err != nil {
		t.Fatal(err)
	}
	f.evaluate(t, 1)
	if n := count(audit.AccessInactive.ID); n <= before {
		t.Errorf("%d are inactive for 30 days, %d for 90", n, before)
	}
	if _, err := f.db.SaveRoster(ctx, f.account, audit.Roster{Name: "HR", At: f.now, Entries: []audit.RosterEntry{{Email: "user1@example.com"}}}, "ann"); err != nil {
		t.Fatal(err)
	}
	f.evaluate(t, 1)
	if count(audit.RosterLeaver.ID) == 0 {
		t.Error("the roster was not laid beside the people")
	}
	versions, err := f.db.AuditPolicies(ctx, f.account)
	if err != nil || len(versions) != 2 || versions[0].By != "ann" {
		t.Errorf("%v, %v", versions, err)
	}
}

// TestFindingPages: pages walk through all findings in one order, filters hold, and a past day keeps its data.
func TestFindingPages(t *testing.T) {
	t.Parallel()
	ctx, settings := context.Background(), org.DefaultSettings()
	f := newFindingWorld(t, 4, 30, 60)
	f.today(t, nil, true)
	first := f.turn
	var walked []audit.FindingID
	for q := (org.Query{}); ; {
		page, err := f.db.Findings(ctx, f.scope(), q, settings)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range page.Rows {
			walked = append(walked, row.ID)
		}
		if q.After = page.Next; page.Next == "" {
			if len(walked) != page.Total {
				t.Fatalf("walked through %d of %d", len(walked), page.Total)
			}
			break
		}
	}
	var each []audit.KeptFinding
	err := f.db.EachFinding(ctx, f.scope(), org.Query{}, settings, func(k audit.KeptFinding) error { each = append(each, k); return nil })
	if err != nil || len(each) != len(walked) || !slices.IsSortedFunc(each, func(a, b audit.KeptFinding) int { return cmp.Compare(b.Severity, a.Severity) }) {
		t.Fatalf("%d of %d handed out: %v", len(each), len(walked), err)
	}
	for _, bad := range []string{"rule=none", "severity=awful", "state=done", "subject=planet", "sort=colour"} {
		q, _ := org.ParseQueryString(bad)
		if _, err := f.db.Findings(ctx, f.scope(), q, settings); org.KindOf(err) != org.KindInvalid {
			t.Errorf("%s: %v", bad, err)
		}
	}
	one := each[len(each)-1]
	f.now = f.now.Add(time.Minute)
	_, err = f.db.DecideFindings(ctx, f.scope(), []audit.FindingID{one.ID}, audit.Decision{Status: audit.FindingFalse, Reason: "checked", By: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	for hash := range f.users { // everybody leaves
		f.users[hash] = f.users[hash][:1]
	}
	f.today(t, nil, true)
	then, err := f.db.Findings(ctx, f.scope(), org.Query{AsOf: org.AsOf{Snapshot: first.Snapshot}}, settings)
	if err != nil || then.Total != len(each) || then.Judged != first {
		t.Errorf("%d findings on the past day, there were %d: %v", then.Total, len(each), err)
	}
	k, err := f.db.Finding(ctx, f.scope(), one.ID, org.Query{AsOf: org.AsOf{Snapshot: first.Snapshot}}, settings)
	if err != nil || !reflect.DeepEqual(k.Evidence, one.Evidence) || len(k.History) < 2 {
		t.Errorf("%+v, %v", k, err)
	}
	over, err := f.db.Findings(ctx, f.scope(), org.Query{States: []string{"resolved"}}, settings)
	if err != nil || over.Total == 0 {
		t.Errorf("nothing is over: %v", err)
	}
	trend, err := f.db.FindingCounts(ctx, f.scope(), org.Query{}, settings)
	if text, _ := json.Marshal(trend); err != nil || len(trend) != 2 || trend[0].Open == trend[1].Open {
		t.Errorf("%s, %v", text, err)
	}
}

// TestUnchangedSnapshotAddsNothing: findings that are only seen again cost no row but the one of the snapshot.
func TestUnchangedSnapshotAddsNothing(t *testing.T) {
	t.Parallel()
	f := newFindingWorld(t, 4, 30, 60)
	for range 10 { // until what was new is no longer recent
		f.today(t, nil, true)
	}
	count := func() string {
		return fmt.Sprint(numberOf(t, f.db, `SELECT count(*) FROM finding`), numberOf(t, f.db, `SELECT count(*) FROM finding_version`),
			numberOf(t, f.db, `SELECT count(*) FROM finding_text`), numberOf(t, f.db, `SELECT count(*) FROM finding_step`))
	}
	f.users["hash0000"][0].LastLogin = org.At(f.at.AddDate(-1, 0, 0))
	f.today(t, nil, true)
	before := count()
	f.at = f.at.Add(-23 * time.Hour) // the same day once more, so that nobody becomes inactive by time alone
	f.today(t, nil, true)
	if after := count(); after != before {
		t.Errorf("rows were %s, then %s", before, after)
	}
	rows := f.everything(t)
	if len(rows) == 0 || !slices.ContainsFunc(rows, func(k audit.KeptFinding) bool {
		return k.LastSnapshot == f.turn.Snapshot && k.Text.Snapshot < k.LastSnapshot
	}) {
		t.Error("nothing was seen again")
	}
}
