package audit

import (
	"testing"
	"time"

	"rollcall/internal/org"
)

// like gives the stores of a label the first store as reference.
func like(label string, how Comparison) []Baseline {
	return []Baseline{{Label: label, Store: "north", Compare: how}}
}

var storePeopleCases = []peopleCase{
	{&StoreOwners, "two owners", func(w *peopleWorld) { w.at(1, 2).set = org.Preset(org.RoleOwner) }, 1, High},
	{&StoreOwners, "two are allowed", func(w *peopleWorld) { w.at(1, 2).set, w.policy.OwnersPerStore = org.Preset(org.RoleOwner), 2 }, 0, 0},
	{&StoreOwners, "the other is switched off", func(w *peopleWorld) {
		w.at(1, 2).set, w.at(1, 2).status = org.Preset(org.RoleOwner), org.StatusInactive
	}, 0, 0},
	{&StoreOwners, "the other may not grant", func(w *peopleWorld) {
		w.at(1, 2).set = org.Preset(org.RoleOwner).Minus(org.PermissionSet{"Grant_High_Risk_Store_Permissions"})
	}, 0, 0},

	{&StoreNoOwner, "nobody", func(w *peopleWorld) { w.leave(1, 1) }, 1, Note},
	{&StoreNoOwner, "rights of somebody were not read", func(w *peopleWorld) { w.at(1, 1).set = nil }, 0, 0},
	{&StoreNoOwner, "the store was not read to the end", func(w *peopleWorld) { w.leave(1, 1); w.fail(1, org.FacetIncomplete) }, 0, 0},

	{&StoreDeparts, "somebody more", func(w *peopleWorld) { w.policy.Baselines = like("", ""); w.come("ida@corp.example", "Ida", "Field") }, 2, Medium},
	{&StoreDeparts, "more rights", func(w *peopleWorld) {
		w.policy.Baselines = like("", ComparePeople)
		w.at(2, 2).set = plus(staff(), "Add_User")
	}, 1, High},
	{&StoreDeparts, "a set that does not occur there", func(w *peopleWorld) {
		w.policy.Baselines = like("", CompareRights)
		w.at(2, 2).set = plus(staff(), "Manage_News")
	}, 1, Medium},
	{&StoreDeparts, "against a saved state", func(w *peopleWorld) {
		w.policy.Baselines = []Baseline{{Label: "test", Saved: &SavedRights{Name: "as it should be", At: daysAgo(100), Sets: []org.PermissionSet{staff()}, People: map[string]int{"sam@corp.example": 0}}}}
	}, 1, High},
	{&StoreDeparts, "all alike", func(w *peopleWorld) { w.policy.Baselines = like("", "") }, 0, 0},
	{&StoreDeparts, "others with the same sets", func(w *peopleWorld) {
		w.policy.Baselines = like("", CompareRights)
		w.leave(2, 3)
	}, 0, 0},
	{&StoreDeparts, "of another label", func(w *peopleWorld) { w.policy.Baselines = like("live", ""); w.leave(3, 3) }, 0, 0},
	{&StoreDeparts, "the reference was not read", func(w *peopleWorld) {
		w.policy.Baselines = like("", "")
		w.leave(2, 3)
		w.fail(1, org.FacetFailed)
	}, 0, 0},
	{&StoreDeparts, "the store was not read", func(w *peopleWorld) {
		w.policy.Baselines = like("", "")
		w.leave(2, 3)
		w.fail(2, org.FacetIncomplete)
	}, 0, 0},
	{&StoreDeparts, "switched off is not there", func(w *peopleWorld) {
		w.policy.Baselines = like("", "")
		w.come("ida@corp.example", "Ida", "Field").status = org.StatusInactive
	}, 0, 0},

	{&StoreNotRead, "failed today", func(w *peopleWorld) { w.fail(1, org.FacetFailed) }, 1, Low},
	{&StoreNotRead, "failing for days", func(w *peopleWorld) { w.fail(1, org.FacetFailed); w.stores[0].Facets[0].ReadAt = daysAgo(3) }, 1, Medium},
	{&StoreNotRead, "never read", func(w *peopleWorld) { w.stores[0].Facets = nil }, 1, Medium},
	{&StoreNotRead, "never read to the end", func(w *peopleWorld) { w.fail(1, org.FacetIncomplete); w.stores[0].Facets[0].Partial = true }, 1, Medium},
	{&StoreNotRead, "read", func(*peopleWorld) {}, 0, 0},
	{&StoreNotRead, "of a store that is not looked at", func(w *peopleWorld) {
		w.fail(3, org.FacetFailed)
		w.policy.Limits = map[string][]string{StoreNotRead.ID: {"live"}}
	}, 0, 0},
}

var accountCases = []peopleCase{
	{&AccountMassChange, "26 added", func(w *peopleWorld) { w.burst(40, AccessAdded, 26) }, 1, High},
	{&AccountMassChange, "4 removed where 3 are allowed", func(w *peopleWorld) { w.burst(40, AccessRemoved, 4); w.policy.MassChange = 3 }, 1, Medium},
	{&AccountMassChange, "25 added", func(w *peopleWorld) { w.burst(40, AccessAdded, 25) }, 0, 0},
	{&AccountMassChange, "spread over days", func(w *peopleWorld) { w.burst(40, AccessAdded, 20); w.burst(39, AccessAdded, 20) }, 0, 0},
	{&AccountMassChange, "added and removed", func(w *peopleWorld) { w.burst(40, AccessAdded, 20); w.burst(40, AccessRemoved, 20) }, 0, 0},
	{&AccountMassChange, "long ago", func(w *peopleWorld) { w.burst(30, AccessAdded, 50) }, 0, 0},

	{&AccountUnknownRights, "a new name", func(w *peopleWorld) {
		w.at(1, 2).set = plus(staff(), "Read_Webhooks")
		w.at(2, 3).set = plus(staff(), "Read_Webhooks")
	}, 1, Low},
	{&AccountUnknownRights, "the filler", func(w *peopleWorld) { w.at(1, 2).set = plus(staff(), org.Filler) }, 0, 0},

	{&AccountIncomplete, "one of three", func(w *peopleWorld) { w.fail(1, org.FacetFailed) }, 1, Medium},
	{&AccountIncomplete, "most", func(w *peopleWorld) { w.fail(1, org.FacetFailed); w.fail(2, org.FacetDenied) }, 1, High},
	{&AccountIncomplete, "closed early", func(w *peopleWorld) {
		w.frame.Snapshot.State, w.frame.Snapshot.Reason = org.Partial, "The sync was cancelled."
	}, 1, Medium},
	{&AccountIncomplete, "only the account-level list failed", func(w *peopleWorld) { w.frame.AccountList.State = org.FacetFailed }, 0, 0},

	{&AccountStale, "49 hours", func(w *peopleWorld) { w.now = judgedAt.Add(49 * time.Hour) }, 1, Medium},
	{&AccountStale, "a week", func(w *peopleWorld) { w.now = judgedAt.Add(7 * 24 * time.Hour) }, 1, High},
	{&AccountStale, "48 hours", func(w *peopleWorld) { w.now = judgedAt.Add(48 * time.Hour) }, 0, 0},
}

// burst adds many changes of one snapshot.
func (w *peopleWorld) burst(snapshot org.SnapshotID, kind Kind, n int) {
	for i := range n {
		w.change(snapshot, kind, org.StoreID(i%3+1), org.UserID(1000+i), "sales-staff-like")
	}
}

func TestStorePeopleRules(t *testing.T) { runPeopleCases(t, storePeopleCases) }

func TestAccountRules(t *testing.T) { runPeopleCases(t, accountCases) }

func TestSaveBaseline(t *testing.T) {
	w := calm()
	w.at(1, 3).status = org.StatusInactive
	saved, err := SaveBaseline(w.people(t), 1, "spring")
	if err != nil || len(saved.People) != 2 || len(saved.Sets) != 2 || saved.Store != "north" || !saved.At.Equal(judgedAt) {
		t.Fatalf("%+v, %v", saved, err)
	}
	w.policy.Baselines = []Baseline{{Saved: saved}}
	if got, _ := w.judge(t, &StoreDeparts); len(got) != 2 || got[0].Subject.Key == "north" || got[1].Subject.Key == "north" {
		t.Errorf("the store itself differs, or the others do not: %+v", got)
	}
	w.at(1, 2).set = nil
	if _, err := SaveBaseline(w.people(t), 1, ""); org.KindOf(err) != org.KindInvalid {
		t.Errorf("permissions that were not read: %v", err)
	}
	w.fail(2, org.FacetIncomplete)
	if _, err := SaveBaseline(w.people(t), 2, ""); org.KindOf(err) != org.KindInvalid {
		t.Errorf("a store that was not read: %v", err)
	}
	if _, err := SaveBaseline(w.people(t), 9, ""); org.KindOf(err) != org.KindNotFound {
		t.Errorf("no store: %v", err)
	}
}
