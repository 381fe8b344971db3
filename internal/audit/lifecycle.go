package audit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"rollcall/internal/org"
)

// FindingStatus is what has become of a finding. The words appear in files and addresses.
type FindingStatus string

// Statuses. Only a snapshot resolves a finding, only a member accepts one or calls it wrong.
const (
	FindingOpen     FindingStatus = "open"
	FindingResolved FindingStatus = "resolved"       // a later snapshot judged the subject and found nothing
	FindingAccepted FindingStatus = "accepted"       // somebody answers for it until a day
	FindingFalse    FindingStatus = "false_positive" // somebody says that it is not true
)

// FindingState is a finding over time, as it is kept from snapshot to snapshot.
type FindingState struct {
	Rule     string // id
	Subject  Subject
	Status   FindingStatus
	Severity Severity // this, Says and Evidence as last found
	Says     string
	Evidence []Evidence

	FirstSeen, LastSeen         time.Time // when the first and the newest snapshot that saw it were closed
	FirstSnapshot, LastSnapshot org.SnapshotID
	Doubt                       Doubt     // why the newest snapshot could not judge the subject; empty when it did
	Decision                    *Decision // that holds now; never changed in place
	History                     []Step    // oldest first
}

// Step is one change of a finding's status.
type Step struct {
	At       time.Time
	Snapshot org.SnapshotID // 0 when no snapshot made it
	Status   FindingStatus  // from now on
	By       string         // member; empty: Rollcall
	Owner    string
	Reason   string
	Until    time.Time
}

// Decision is what a member says about a finding.
type Decision struct {
	Rule   string
	Kind   SubjectKind
	Key    string        // of the subject
	Status FindingStatus // accepted, false_positive, or open to take either back
	Owner  string        // who answers for an accepted finding
	Reason string
	Until  time.Time // when an acceptance ends
	By     string
	At     time.Time

	Worst Severity // of the finding when it was decided; Decide fills it in
}

// FindingKey is what a finding is known by over time.
type FindingKey struct {
	Rule string
	Kind SubjectKind
	Key  string
}

// Compare orders keys by rule, kind and key.
func (k FindingKey) Compare(other FindingKey) int {
	return cmp.Or(strings.Compare(k.Rule, other.Rule), cmp.Compare(k.Kind, other.Kind), strings.Compare(k.Key, other.Key))
}

// FindingKey is what the finding is known by.
func (f Finding) FindingKey() FindingKey { return FindingKey{f.Rule.ID, f.Subject.Kind, f.Subject.Key} }

// FindingKey is what the finding is known by.
func (s FindingState) FindingKey() FindingKey {
	return FindingKey{s.Rule, s.Subject.Kind, s.Subject.Key}
}

// FindingKey is the finding that is meant.
func (d Decision) FindingKey() FindingKey { return FindingKey{d.Rule, d.Kind, d.Key} }

// longestAcceptance is how far ahead an acceptance may end.
const longestAcceptance = 2 * 366 * 24 * time.Hour

// Check tells which field of a decision cannot be used; the error is Invalid with the field status, owner, reason,
// until or by.
func (d Decision) Check() error {
	switch {
	case d.Status != FindingAccepted && d.Status != FindingFalse && d.Status != FindingOpen:
		return org.Invalid("status", fmt.Sprintf("%q is no decision. A finding is resolved by a later snapshot only.", d.Status))
	case d.By == "":
		return org.Invalid("by", "Nobody is named who decided.")
	case d.Status == FindingOpen:
		return nil
	case strings.TrimSpace(d.Reason) == "":
		return org.Invalid("reason", "Write down the reason. An auditor will ask for it.")
	case d.Status == FindingFalse:
		return nil
	case strings.TrimSpace(d.Owner) == "":
		return org.Invalid("owner", "Name who answers for it.")
	case !d.Until.After(d.At):
		return org.Invalid("until", "Choose a day to come on which the acceptance ends.")
	case d.Until.Sub(d.At) > longestAcceptance:
		return org.Invalid("until", "An acceptance lasts two years at most. It can be given again.")
	}
	return nil
}

// Decide applies a decision to a finding. It is an Invalid error for a decision that Check refuses, and a conflict for a
// finding that is over. The same decision twice is no change.
func Decide(s FindingState, d Decision) (FindingState, error) {
	if err := d.Check(); err != nil {
		return s, err
	}
	if s.Status == FindingResolved {
		return s, org.Conflict("The finding is over: a later snapshot did not find it any more.")
	}
	if s.has(d) || d.Status == FindingOpen && s.Status == FindingOpen {
		return s, nil
	}
	s.Decision = nil
	if d.Status != FindingOpen {
		d.Worst = s.Severity
		s.Decision = &d
	}
	return s.step(Step{At: d.At, Status: d.Status, By: d.By, Owner: d.Owner, Reason: d.Reason, Until: d.Until}), nil
}

// has tells whether the decision was applied before.
func (s FindingState) has(d Decision) bool {
	return slices.ContainsFunc(s.History, func(h Step) bool { return h.By != "" && h.By == d.By && h.At.Equal(d.At) && h.Status == d.Status })
}

// step changes the status and writes it down; what others hold of the history stays as it is.
func (s FindingState) step(h Step) FindingState {
	s.Status = h.Status
	s.History = append(slices.Clip(s.History), h)
	return s
}

// Expire opens an accepted finding again when its time is over.
func Expire(s FindingState, now time.Time) FindingState {
	if s.Status != FindingAccepted || s.Decision == nil || now.Before(s.Decision.Until) {
		return s
	}
	until := s.Decision.Until
	s.Decision = nil
	return s.step(Step{At: until, Status: FindingOpen, Reason: "The acceptance ended."})
}

// Turn is the snapshot that findings are of.
type Turn struct {
	Snapshot org.SnapshotID
	At       time.Time // when it was closed
}

// Next takes the findings of a snapshot into what is kept of earlier ones. doubt tells why a subject could not be
// judged, as Coverage.Doubt does: what was not judged keeps its status, so a partial snapshot resolves nothing that it
// did not see. Decisions are applied once, those that do not fit any finding are passed over. What is given stays as it
// is; the result is in the order of keys, and giving it again with the same findings changes nothing.
func Next(previous []FindingState, findings []Finding, doubt func(rule string, s Subject) Doubt, turn Turn, decisions []Decision) []FindingState {
	states := make(map[FindingKey]FindingState, len(previous)+len(findings))
	for _, s := range previous {
		states[s.FindingKey()] = s
	}
	found := make(map[FindingKey]bool, len(findings))
	for _, f := range findings {
		key := f.FindingKey()
		if found[key] {
			continue // a rule that finds one subject twice: the gravest came first
		}
		found[key] = true
		s, known := states[key]
		states[key] = see(s, known, f, doubt(f.Rule.ID, f.Subject), turn)
	}
	for key, s := range states {
		if !found[key] {
			states[key] = miss(s, doubt(s.Rule, s.Subject), turn)
		}
	}
	decide(states, decisions)
	list := make([]FindingState, 0, len(states))
	for _, key := range slices.SortedFunc(maps.Keys(states), FindingKey.Compare) {
		list = append(list, Expire(states[key], turn.At))
	}
	return list
}

// decide applies decisions in the order in which they were made.
func decide(states map[FindingKey]FindingState, decisions []Decision) {
	decisions = slices.Clone(decisions)
	slices.SortStableFunc(decisions, func(a, b Decision) int { return a.At.Compare(b.At) })
	for _, d := range decisions {
		if s, known := states[d.FindingKey()]; known {
			states[d.FindingKey()], _ = Decide(s, d) // what is refused leaves the finding as it is
		}
	}
}

// see takes a finding of this snapshot in. One that rests on older data, because its store was not read, is shown but
// not seen: its times stay.
func see(s FindingState, known bool, f Finding, doubt Doubt, turn Turn) FindingState {
	if !known {
		s = FindingState{Rule: f.Rule.ID, FirstSeen: turn.At, LastSeen: turn.At, FirstSnapshot: turn.Snapshot, LastSnapshot: turn.Snapshot}
	}
	s.Subject, s.Severity, s.Says, s.Evidence, s.Doubt = f.Subject, f.Severity, f.Says, f.Evidence, doubt
	if doubt == "" && !turn.At.Before(s.LastSeen) {
		s.LastSeen, s.LastSnapshot = turn.At, turn.Snapshot
	}
	switch {
	case !known:
		return s.step(Step{At: turn.At, Snapshot: turn.Snapshot, Status: FindingOpen})
	case s.Status == FindingResolved && s.Decision != nil:
		return s.step(Step{At: turn.At, Snapshot: turn.Snapshot, Status: FindingFalse, Reason: "Found again; it was called a false positive before."})
	case s.Status == FindingResolved:
		return s.step(Step{At: turn.At, Snapshot: turn.Snapshot, Status: FindingOpen, Reason: "Found again."})
	case s.Status == FindingAccepted && s.Decision != nil && s.Severity > s.Decision.Worst:
		s.Decision = nil
		return s.step(Step{At: turn.At, Snapshot: turn.Snapshot, Status: FindingOpen, Reason: "It is graver than when it was accepted."})
	}
	return s
}

// miss is for what this snapshot did not find: over when the subject was judged. That it is a false positive is kept for
// the day on which it is found again, an acceptance is not.
func miss(s FindingState, doubt Doubt, turn Turn) FindingState {
	s.Doubt = doubt
	if doubt != "" || s.Status == FindingResolved {
		return s
	}
	if s.Decision != nil && s.Decision.Status != FindingFalse {
		s.Decision = nil
	}
	return s.step(Step{At: turn.At, Snapshot: turn.Snapshot, Status: FindingResolved})
}
