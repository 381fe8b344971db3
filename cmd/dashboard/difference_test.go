package main

import (
	"slices"
	"strings"

	"rollcall/internal/sandbox"
)

func changeKey(kind, store, user, before, after string) string {
	return strings.Join([]string{kind, store, user, before, after}, " | ")
}

// differences are the changes that two days differ by, in the words of the export. Of a new store the first read is a
// baseline; with a store that is gone each of its accesses ends.
func differences(before, after sandbox.Truth) map[string]int {
	found := map[string]int{}
	add := func(kind, store, user, was, is string) { found[changeKey(kind, store, user, was, is)]++ }
	people := map[string]bool{}
	appDifferences := func(store, user string, was, is []sandbox.TruthApp) {
		for _, app := range without(was, is) {
			add("app_lost", store, user, app.Name, "")
		}
		for _, app := range without(is, was) {
			add("app_gained", store, user, "", app.Name)
		}
	}
	for _, now := range after.Stores {
		then := before.Store(now.Hash)
		switch {
		case then == nil:
			add("store_added", now.Hash, "", "", now.Name)
			continue
		case then.Name != now.Name:
			add("store_renamed", now.Hash, "", then.Name, now.Name)
		}
		appDifferences(now.Hash, "", then.Apps, now.Apps)
		for _, a := range now.Accesses {
			was := accessOf(then, a.ID)
			if was == nil {
				add("access_added", now.Hash, a.ID, "", roleByFacts(a.Permissions))
				continue
			}
			accessDifferences(*was, a, add)
			appDifferences(now.Hash, a.ID, was.Apps, a.Apps)
			if !people[a.ID] {
				people[a.ID] = true
				personDifferences(*was, a, add)
			}
		}
		for _, a := range then.Accesses {
			if accessOf(&now, a.ID) == nil {
				add("access_removed", now.Hash, a.ID, roleByFacts(a.Permissions), "")
			}
		}
	}
	for _, then := range before.Stores {
		if after.Store(then.Hash) == nil {
			add("store_gone", then.Hash, "", then.Name, "")
			for _, a := range then.Accesses {
				add("store_gone", then.Hash, a.ID, roleByFacts(a.Permissions), "")
			}
		}
	}
	return found
}

func accessOf(s *sandbox.TruthStore, user string) *sandbox.TruthAccess {
	for i := range s.Accesses {
		if s.Accesses[i].ID == user {
			return &s.Accesses[i]
		}
	}
	return nil
}

func accessDifferences(was, is sandbox.TruthAccess, add func(kind, store, user, was, is string)) {
	if was.Status != is.Status {
		add("status_changed", is.StoreHash, is.ID, strings.ToLower(was.Status), strings.ToLower(is.Status))
	}
	if lost := without(was.Permissions, is.Permissions); len(lost) > 0 {
		add("rights_lost", is.StoreHash, is.ID, strings.Join(lost, ";"), "")
	}
	if gained := without(is.Permissions, was.Permissions); len(gained) > 0 {
		add("rights_gained", is.StoreHash, is.ID, "", strings.Join(gained, ";"))
	}
}

func personDifferences(was, is sandbox.TruthAccess, add func(kind, store, user, was, is string)) {
	if was.FirstName != is.FirstName || was.LastName != is.LastName {
		add("user_renamed", "", is.ID, was.FirstName+" "+was.LastName, is.FirstName+" "+is.LastName)
	}
	if !strings.EqualFold(was.Email, is.Email) {
		add("email_changed", "", is.ID, was.Email, is.Email)
	}
}

func without[T comparable](list, others []T) []T {
	return slices.DeleteFunc(slices.Clone(list), func(item T) bool { return slices.Contains(others, item) })
}
