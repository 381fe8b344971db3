package audit

import (
	"testing"

	"rollcall/internal/org"
)

func TestEstateDoubt(t *testing.T) {
	e := clean()
	hook, token, store := hookSubject(&e.Hooks[0]), tokenSubject(&e.Accounts[0]), storeSubject(1, "aa11", "North")
	gone := hook
	gone.Key = "aa11/99"
	unread := func(e *Estate) { e.Stores[0].TokensRead = 1 }
	for _, test := range []struct {
		name  string
		rule  *Rule
		spoil func(*Estate)
		about Subject
		want  Doubt
	}{
		{"a webhook that was read", &HookDeactivated, func(*Estate) {}, hook, ""},
		{"a webhook that was not read", &HookDeactivated, func(e *Estate) { e.Hooks[0].Current = false }, hook, DoubtToken},
		{"a webhook that ended", &HookDeactivated, func(*Estate) {}, gone, ""},
		{"a webhook that is missing beside a token that failed", &HookDeactivated, unread, gone, DoubtToken},
		{"a webhook of a store that is gone", &HookDeactivated, func(e *Estate) { e.Stores = nil }, gone, ""},
		{"its twin may be behind a token that failed", &HookDuplicate, unread, hook, DoubtToken},
		{"a token that works", &TokenRevoked, func(*Estate) {}, token, ""},
		{"a token while the platform is busy", &TokenRevoked, func(e *Estate) { e.Accounts[0].Proof.State = org.ProofBusy }, token, DoubtToken},
		{"a token that left the register", &TokenRevoked, func(e *Estate) { e.Accounts = nil }, token, ""},
		{"use of a token beside one that failed", &TokenUnused, unread, token, DoubtToken},
		{"the register knows", &TokenReviewOverdue, unread, token, ""},
		{"a host anywhere", &HostUnapproved, unread, Subject{Kind: OfHost, Key: "x.example"}, DoubtToken},
		{"a host, all read", &HostUnapproved, func(*Estate) {}, Subject{Kind: OfHost, Key: "x.example"}, ""},
		{"the register counts", &StoreNearCap, unread, store, ""},
		{"a rule of others", &AccessInactive, func(*Estate) {}, store, DoubtUnknown},
	} {
		e := clean()
		test.spoil(&e)
		_, doubt := EvaluateStores(Policy{}, e, nil)
		if got := doubt(test.rule.ID, test.about); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestEvaluateStoresUnderAPolicy(t *testing.T) {
	e := clean()
	e.Hooks[0].Status = "deactivated"
	labels := map[org.StoreID][]string{1: {"live"}}
	for _, test := range []struct {
		policy Policy
		found  int
		want   Doubt
	}{
		{Policy{}, 1, ""},
		{Policy{Off: []string{HookDeactivated.ID}}, 0, DoubtOff},
		{Policy{Limits: map[string][]string{HookDeactivated.ID: {"test"}}}, 0, DoubtLimits},
		{Policy{Limits: map[string][]string{HookDeactivated.ID: {"live", "test"}}}, 1, ""},
	} {
		list, doubt := EvaluateStores(test.policy, e, labels)
		if got := doubt(HookDeactivated.ID, hookSubject(&e.Hooks[0])); len(list) != test.found || got != test.want {
			t.Errorf("%+v: %d findings, %q", test.policy, len(list), got)
		}
	}
	off := Policy{}
	for _, r := range StoreRules() {
		off.Off = append(off.Off, r.ID)
	}
	if list, _ := EvaluateStores(off, e, labels); len(list) != 0 {
		t.Errorf("all rules are off: %+v", list)
	}
}
