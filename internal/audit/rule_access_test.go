package audit

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/internal/org"
)

// peopleCase is an account that a rule judges: how it differs from a calm one, how many findings there are, and the
// severity of the first.
type peopleCase struct {
	rule   *Rule
	name   string
	spoil  func(*peopleWorld)
	want   int
	graves Severity
}

func runPeopleCases(t *testing.T, cases []peopleCase) {
	t.Helper()
	for _, test := range cases {
		t.Run(test.rule.ID+"/"+test.name, func(t *testing.T) {
			w := calm()
			test.spoil(w)
			got, _ := w.judge(t, test.rule)
			if len(got) != test.want {
				t.Fatalf("%d findings, want %d: %+v", len(got), test.want, got)
			}
			if len(got) > 0 && got[0].Severity != test.graves {
				t.Errorf("severity %s, want %s", got[0].Severity, test.graves)
			}
		})
	}
}

var accessCases = []peopleCase{
	{&AccessInactive, "91 days", func(w *peopleWorld) { w.at(1, 2).login = org.At(daysAgo(91)) }, 1, Medium},
	{&AccessInactive, "46 days where 45 are allowed", func(w *peopleWorld) { w.policy.InactiveDays = 45; w.at(1, 2).login = org.At(daysAgo(46)) }, 1, Medium},
	{&AccessInactive, "exactly 90 days", func(w *peopleWorld) { w.at(1, 2).login = org.At(daysAgo(90)) }, 0, 0},
	{&AccessInactive, "switched off", func(w *peopleWorld) { w.at(1, 2).login, w.at(1, 2).status = org.At(daysAgo(200)), org.StatusInactive }, 0, 0},
	{&AccessInactive, "sign-in was not read", func(w *peopleWorld) { w.at(1, 2).login = org.Moment{} }, 0, 0},
	{&AccessInactive, "never signed in", func(w *peopleWorld) { w.at(1, 2).login = org.Never() }, 0, 0},
	{&AccessInactive, "counted from the day of the read", func(w *peopleWorld) {
		w.fail(1, org.FacetFailed)
		w.stores[0].Facets[0].ReadAt = daysAgo(30)
		w.at(1, 2).login = org.At(daysAgo(100))
	}, 0, 0},

	{&AccessNeverUsed, "after the grace", func(w *peopleWorld) { w.at(1, 2).login, w.at(1, 2).first = org.Never(), daysAgo(15) }, 1, Low},
	{&AccessNeverUsed, "within the grace", func(w *peopleWorld) { w.at(1, 2).login, w.at(1, 2).first = org.Never(), daysAgo(13) }, 0, 0},
	{&AccessNeverUsed, "sign-in was not read", func(w *peopleWorld) { w.at(1, 2).login = org.Moment{} }, 0, 0},
	{&AccessNeverUsed, "nobody knows since when", func(w *peopleWorld) { w.at(1, 2).login, w.at(1, 2).first = org.Never(), time.Unix(0, 0) }, 0, 0},

	{&AccessSwitchedOff, "rights kept", func(w *peopleWorld) { w.at(1, 2).status = org.StatusInactive }, 1, Low},
	{&AccessSwitchedOff, "the word in another case", func(w *peopleWorld) { w.at(1, 2).status = "Inactive" }, 1, Low},
	{&AccessSwitchedOff, "privileged rights kept", func(w *peopleWorld) {
		w.at(1, 2).status, w.at(1, 2).set = org.StatusInactive, plus(staff(), "Add_User")
	}, 1, Medium},
	{&AccessSwitchedOff, "no rights left", func(w *peopleWorld) { w.at(1, 2).status, w.at(1, 2).set = org.StatusInactive, []string{org.Filler} }, 0, 0},
	{&AccessSwitchedOff, "rights were not read", func(w *peopleWorld) { w.at(1, 2).status, w.at(1, 2).set = org.StatusInactive, nil }, 0, 0},
	{&AccessSwitchedOff, "another word", func(w *peopleWorld) { w.at(1, 2).status = "LOCKED" }, 0, 0},

	{&AccessPrivilegedIdle, "privileged for 91 days", func(w *peopleWorld) { w.at(1, 1).login = org.At(daysAgo(91)) }, 1, High},
	{&AccessPrivilegedIdle, "never signed in", func(w *peopleWorld) { w.at(1, 1).login = org.Never() }, 1, High},
	{&AccessPrivilegedIdle, "not privileged", func(w *peopleWorld) { w.at(1, 2).login = org.At(daysAgo(91)) }, 0, 0},
	{&AccessPrivilegedIdle, "rights were not read", func(w *peopleWorld) { w.at(1, 1).login, w.at(1, 1).set = org.At(daysAgo(91)), nil }, 0, 0},

	{&AccessHighRisk, "staff may install apps", func(w *peopleWorld) { w.at(1, 2).set = plus(staff(), "IntegratedApps_InstallApp") }, 1, High},
	{&AccessHighRisk, "staff sees API accounts", func(w *peopleWorld) { w.at(1, 2).set = plus(staff(), "List_Store_API_Tokens") }, 1, Medium},
	{&AccessHighRisk, "switched off", func(w *peopleWorld) {
		w.at(1, 2).set, w.at(1, 2).status = plus(staff(), "IntegratedApps_InstallApp"), org.StatusInactive
	}, 1, Low},
	{&AccessHighRisk, "approved in another store", func(w *peopleWorld) {
		w.at(1, 2).set = plus(staff(), "IntegratedApps_InstallApp")
		w.policy.HighRiskHolders = []Holder{{Email: "sam@corp.example", Stores: []string{"south"}}}
	}, 1, High},
	{&AccessHighRisk, "approved", func(w *peopleWorld) {
		w.at(1, 2).set = plus(staff(), "IntegratedApps_InstallApp")
		w.policy.HighRiskHolders = []Holder{{Email: "SAM@corp.example", Stores: []string{"south", "north"}}}
	}, 0, 0},
	{&AccessHighRisk, "approved by domain", func(w *peopleWorld) {
		w.at(1, 2).set = plus(staff(), "IntegratedApps_InstallApp")
		w.policy.HighRiskHolders = []Holder{{Email: "@corp.example"}}
	}, 0, 0},
	{&AccessHighRisk, "launching apps is no alarm", func(w *peopleWorld) { w.at(1, 2).set = plus(staff(), "IntegratedApps_LoadApp") }, 0, 0},

	{&OwnerUnknown, "a stranger owns", func(w *peopleWorld) { w.at(1, 2).set = org.Preset(org.RoleOwner) }, 1, High},
	{&OwnerUnknown, "switched off", func(w *peopleWorld) {
		w.at(1, 2).set, w.at(1, 2).status = org.Preset(org.RoleOwner), org.StatusInactive
	}, 1, Medium},
	{&OwnerUnknown, "nobody is known yet", func(w *peopleWorld) { w.at(1, 2).set, w.policy.Owners = org.Preset(org.RoleOwner), nil }, 0, 0},
	{&OwnerUnknown, "an administrator", func(w *peopleWorld) { w.at(1, 2).set = org.Preset(org.RoleAdministrator) }, 0, 0},

	{&AccessNewlyPrivileged, "gained rights", func(w *peopleWorld) {
		w.at(1, 2).set = plus(staff(), "Add_User")
		w.change(40, RightsGained, 1, 2, "Add_User;Manage_Pages")
	}, 1, High},
	{&AccessNewlyPrivileged, "added as owner", func(w *peopleWorld) { w.change(40, AccessAdded, 1, 1, "owner-like") }, 1, High},
	{&AccessNewlyPrivileged, "some days ago", func(w *peopleWorld) { w.change(37, AccessAdded, 1, 1, "owner-like") }, 1, High},
	{&AccessNewlyPrivileged, "twice is once", func(w *peopleWorld) {
		w.change(37, AccessAdded, 1, 1, "owner-like")
		w.change(40, RightsGained, 1, 1, "Add_User")
	}, 1, High},
	{&AccessNewlyPrivileged, "long ago", func(w *peopleWorld) { w.change(30, AccessAdded, 1, 1, "owner-like") }, 0, 0},
	{&AccessNewlyPrivileged, "harmless rights of a privileged user", func(w *peopleWorld) { w.change(40, RightsGained, 1, 1, "Manage_Pages") }, 0, 0},
	{&AccessNewlyPrivileged, "taken back since", func(w *peopleWorld) { w.change(40, RightsGained, 1, 2, "Add_User") }, 0, 0},
	{&AccessNewlyPrivileged, "of a later snapshot", func(w *peopleWorld) { w.change(41, AccessAdded, 1, 1, "owner-like") }, 0, 0},
}

// change adds a change that a snapshot found; snapshots are a day apart.
func (w *peopleWorld) change(snapshot org.SnapshotID, kind Kind, store org.StoreID, user org.UserID, after string) {
	w.frame.Changes = append(w.frame.Changes, org.ChangeRow{
		ID: int64(len(w.frame.Changes) + 1), Snapshot: snapshot, Kind: string(kind), Store: store, StoreName: w.stores[store-1].Name, User: user,
		Email: fmt.Sprintf("user%d@corp.example", user), After: after, SeenAt: daysAgo(40 - int(snapshot)), PreviousReadAt: daysAgo(41 - int(snapshot)),
	})
}

func TestAccessRules(t *testing.T) { runPeopleCases(t, accessCases) }

func TestNothingIsFoundInACalmAccount(t *testing.T) {
	w := calm()
	got, cover := Evaluate(w.policy, w.people(t), w.now)
	for _, f := range got {
		t.Errorf("%s: %s %+v", f.Rule.ID, f.Says, f.Evidence)
	}
	for _, r := range cover.Rules() {
		if r.Unjudged != 0 || r.Off == "" && r.Judged == 0 {
			t.Errorf("%s: %+v", r.Rule.ID, r)
		}
	}
}

// TestEveryRuleHasAnExampleAndANearMiss keeps the tables whole.
func TestEveryRuleHasAnExampleAndANearMiss(t *testing.T) {
	examples, misses := map[*Rule]int{}, map[*Rule]int{}
	for _, c := range slices.Concat(accessCases, personCases, storePeopleCases, accountCases, rosterCases) {
		if c.want > 0 {
			examples[c.rule]++
		} else {
			misses[c.rule]++
		}
	}
	for _, r := range append(PeopleRules(), RosterRules()...) {
		if examples[r] == 0 || misses[r] == 0 {
			t.Errorf("%s has %d examples and %d near misses", r.ID, examples[r], misses[r])
		}
	}
}

func TestPeopleRulesExplainThemselves(t *testing.T) {
	ids := map[string]bool{}
	for _, r := range slices.Concat(PeopleRules(), RosterRules(), StoreRules()) {
		for name, text := range map[string]string{"title": r.Title, "means": r.Means, "why": r.Why, "do": r.Do} {
			if text == "" || strings.TrimSpace(text) != text || name != "title" && !strings.HasSuffix(text, ".") {
				t.Errorf("%s: %s is %q", r.ID, name, text)
			}
			if strings.Contains(strings.ToLower(text), "complian") {
				t.Errorf("%s: %s promises compliance: %q", r.ID, name, text)
			}
		}
		if ids[r.ID] || r.ID != strings.ToLower(r.ID) || len(r.Refs) == 0 {
			t.Errorf("%s is there twice, not in small letters, or without a reference", r.ID)
		}
		ids[r.ID] = true
	}
}

// TestEvidenceHasValues looks at every true example: no empty values, subjects that lead somewhere, one key each.
func TestEvidenceHasValues(t *testing.T) {
	for _, c := range slices.Concat(accessCases, personCases, storePeopleCases, accountCases, rosterCases) {
		w := calm()
		c.spoil(w)
		p := w.people(t)
		got, _ := Evaluate(w.policy, p, w.now)
		keys := map[FindingKey]bool{}
		for _, f := range got {
			if keys[f.FindingKey()] || f.Subject.Key == "" && f.Subject.Kind != OfAccount || f.Subject.Label == "" || f.Says == "" || len(f.Evidence) == 0 {
				t.Errorf("%s: %+v", c.name, f)
			}
			keys[f.FindingKey()] = true
			for _, e := range f.Evidence {
				if e.Name == "" || e.Value == "" {
					t.Errorf("%s: %s has empty evidence %+v", c.name, f.Rule.ID, f.Evidence)
				}
			}
		}
		if again, _ := Evaluate(w.policy, p, w.now); !reflect.DeepEqual(got, again) {
			t.Errorf("%s: another judgement of the same people", c.name)
		}
	}
}
