package audit

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"rollcall/internal/org"
)

var testRule = Rule{ID: "test-rule", Title: "Test", Severity: Medium}

func about(key string) Subject { return Subject{Kind: OfPerson, Key: key, Label: key} }

func findingOf(key string, s Severity) Finding {
	return Finding{Rule: &testRule, Severity: s, Subject: about(key), Says: key, Evidence: []Evidence{{"key", key}}}
}

func sure(string, Subject) Doubt { return "" }

func unsure(string, Subject) Doubt { return DoubtStore }

func turn(day int) Turn {
	return Turn{Snapshot: org.SnapshotID(day), At: judgedAt.AddDate(0, 0, day)}
}

func accept(key string, day, until int) Decision {
	return Decision{
		Rule: testRule.ID, Kind: OfPerson, Key: key, Status: FindingAccepted, Owner: "Olga", Reason: "needed for the audit", By: "ann",
		At: judgedAt.AddDate(0, 0, day).Add(time.Hour), Until: judgedAt.AddDate(0, 0, until),
	}
}

func called(key string, day int) Decision {
	d := accept(key, day, 0)
	d.Status, d.Owner, d.Until = FindingFalse, "", time.Time{}
	return d
}

// story is what happens day by day to one finding: a letter for each snapshot and what members decide before it.
type story struct {
	name      string
	days      string // f found, g found graver, - not found and judged, ? not found and not judged, F found on older data
	decisions map[int]Decision
	want      FindingStatus
	steps     []FindingStatus
	lastSeen  int
}

func TestNext(t *testing.T) {
	for _, test := range []story{
		{"found", "f", nil, FindingOpen, []FindingStatus{FindingOpen}, 1},
		{"found each day", "fff", nil, FindingOpen, []FindingStatus{FindingOpen}, 3},
		{"gone", "ff-", nil, FindingResolved, []FindingStatus{FindingOpen, FindingResolved}, 2},
		{"not judged is not gone", "ff?", nil, FindingOpen, []FindingStatus{FindingOpen}, 2},
		{"not judged, then judged", "ff?-", nil, FindingResolved, []FindingStatus{FindingOpen, FindingResolved}, 2},
		{"shown on older data only", "fF", nil, FindingOpen, []FindingStatus{FindingOpen}, 1},
		{"found again", "f-f", nil, FindingOpen, []FindingStatus{FindingOpen, FindingResolved, FindingOpen}, 3},
		{"accepted", "ff", map[int]Decision{1: accept("a", 1, 30)}, FindingAccepted, []FindingStatus{FindingOpen, FindingAccepted}, 2},
		{"accepted and ended", "fff", map[int]Decision{1: accept("a", 1, 3)}, FindingOpen, []FindingStatus{FindingOpen, FindingAccepted, FindingOpen}, 3},
		{"ended although not judged", "ff??", map[int]Decision{1: accept("a", 1, 3)}, FindingOpen, []FindingStatus{FindingOpen, FindingAccepted, FindingOpen}, 2},
		{"accepted and gone", "ff-", map[int]Decision{1: accept("a", 1, 30)}, FindingResolved, []FindingStatus{FindingOpen, FindingAccepted, FindingResolved}, 2},
		{"accepted, gone and back", "ff-f", map[int]Decision{1: accept("a", 1, 30)}, FindingOpen, []FindingStatus{FindingOpen, FindingAccepted, FindingResolved, FindingOpen}, 4},
		{"graver than accepted", "fg", map[int]Decision{1: accept("a", 1, 30)}, FindingAccepted, []FindingStatus{FindingOpen, FindingAccepted}, 2},
		{"graver after it was accepted", "ffg", map[int]Decision{1: accept("a", 1, 30)}, FindingOpen, []FindingStatus{FindingOpen, FindingAccepted, FindingOpen}, 3},
		{"false positive", "ff", map[int]Decision{1: called("a", 1)}, FindingFalse, []FindingStatus{FindingOpen, FindingFalse}, 2},
		{"false positive stays one", "ff-f", map[int]Decision{1: called("a", 1)}, FindingFalse, []FindingStatus{FindingOpen, FindingFalse, FindingResolved, FindingFalse}, 4},
		{"a decision about something else", "ff", map[int]Decision{1: accept("b", 1, 30)}, FindingOpen, []FindingStatus{FindingOpen}, 2},
		{"accepting what is over", "f--", map[int]Decision{2: accept("a", 2, 30)}, FindingResolved, []FindingStatus{FindingOpen, FindingResolved}, 1},
		{"nothing was ever found", "-?", nil, "", nil, 0},
	} {
		t.Run(test.name, func(t *testing.T) { tell(t, test) })
	}
}

func tell(t *testing.T, test story) {
	var states []FindingState
	for i, letter := range test.days {
		day := i + 1
		var found []Finding
		doubt := sure
		switch letter {
		case 'f':
			found = append(found, findingOf("a", Medium))
		case 'F':
			found, doubt = append(found, findingOf("a", Medium)), unsure
		case 'g':
			found = append(found, findingOf("a", High))
		case '?':
			doubt = unsure
		}
		var decisions []Decision
		if d, made := test.decisions[day-1]; made {
			decisions = append(decisions, d)
		}
		next := Next(states, found, doubt, turn(day), decisions)
		if again := Next(next, found, doubt, turn(day), decisions); !reflect.DeepEqual(again, next) {
			t.Errorf("day %d: the second run differs:\n%+v\n%+v", day, next, again)
		}
		states = next
	}
	if test.want == "" {
		if len(states) != 0 {
			t.Errorf("%+v", states)
		}
		return
	}
	s := states[0]
	var steps []FindingStatus
	for _, h := range s.History {
		steps = append(steps, h.Status)
	}
	if len(states) != 1 || s.Status != test.want || !slices.Equal(steps, test.steps) {
		t.Errorf("%s by %v, want %s by %v", s.Status, steps, test.want, test.steps)
	}
	if !s.LastSeen.Equal(turn(test.lastSeen).At) || !s.FirstSeen.Equal(turn(1).At) {
		t.Errorf("seen from %s to %s", s.FirstSeen, s.LastSeen)
	}
	if (s.Status == FindingAccepted || s.Status == FindingFalse) != (s.Decision != nil) {
		t.Errorf("%s with the decision %+v", s.Status, s.Decision)
	}
}

func TestDecide(t *testing.T) {
	open := Next(nil, []Finding{findingOf("a", High)}, sure, turn(1), nil)[0]
	accepted, err := Decide(open, accept("a", 2, 30))
	if err != nil || accepted.Status != FindingAccepted || accepted.Decision.Worst != High || len(open.History) != 1 {
		t.Fatalf("%+v, %v", accepted, err)
	}
	back := accept("a", 3, 0)
	back.Status = FindingOpen
	if again, err := Decide(accepted, back); err != nil || again.Status != FindingOpen || again.Decision != nil || len(again.History) != 3 {
		t.Errorf("taken back: %+v, %v", again, err)
	}
	over := Next([]FindingState{open}, nil, sure, turn(2), nil)[0]
	if _, err := Decide(over, accept("a", 3, 30)); org.KindOf(err) != org.KindConflict {
		t.Errorf("what is over: %v", err)
	}
	if s := Expire(accepted, turn(30).At.Add(-time.Second)); s.Status != FindingAccepted {
		t.Errorf("ended too early: %+v", s)
	}
	if s := Expire(accepted, turn(30).At); s.Status != FindingOpen || s.Decision != nil {
		t.Errorf("did not end: %+v", s)
	}
}

func TestDecisionCheck(t *testing.T) {
	for _, test := range []struct {
		field string
		spoil func(*Decision)
	}{
		{"", func(*Decision) {}},
		{"", func(d *Decision) { *d = called("a", 1) }},
		{"status", func(d *Decision) { d.Status = FindingResolved }},
		{"status", func(d *Decision) { d.Status = "" }},
		{"by", func(d *Decision) { d.By = "" }},
		{"reason", func(d *Decision) { d.Reason = " " }},
		{"reason", func(d *Decision) { *d = called("a", 1); d.Reason = "" }},
		{"owner", func(d *Decision) { d.Owner = "" }},
		{"until", func(d *Decision) { d.Until = time.Time{} }},
		{"until", func(d *Decision) { d.Until = d.At }},
		{"until", func(d *Decision) { d.Until = d.At.AddDate(3, 0, 0) }},
	} {
		d := accept("a", 1, 30)
		test.spoil(&d)
		if got := fieldOf(d.Check()); got != test.field {
			t.Errorf("%+v: %q, want %q", d, got, test.field)
		}
	}
}
