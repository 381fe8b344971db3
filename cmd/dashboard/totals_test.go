package main

import (
	"net/http"
	"strings"
	"testing"

	"rollcall/internal/sandbox"
)

// TestTotalsThatNeverMatch: after three syncs the pages say so, an admin accepts it, and syncs read each list once.
func TestTotalsThatNeverMatch(t *testing.T) {
	t.Parallel()
	p := newPlace(t, sandbox.Config{Answers: sandbox.Answers{WrongTotals: 2}})
	p.add()
	p.sync(exitOK)
	asks := p.sync(exitOK).Requests
	s := p.serve()
	s.setUp("/a/1/")
	const note, choice = "never match", "Accept wrong totals of this account"
	p.sync(exitOK)
	s.get("/a/1").must(t, http.StatusOK, "", "The totals of 7 lists never match", "/a/1/settings#totals")
	s.get("/a/1/stores/1").must(t, http.StatusOK, "", "The totals of 1 list never match", "in every read from")
	s.get("/a/1/settings").must(t, http.StatusOK, "", choice, "Users of the account: BigCommerce counts", "Users of "+p.truth().Stores[0].Name)

	page := s.post("/a/1/totals", "accept", "yes").must(t, http.StatusOK, "/a/1/settings", "wrong totals are accepted from the next sync on", "checked")
	if !strings.Contains(page.body, choice) {
		t.Error("what was accepted cannot be taken back")
	}
	for _, path := range []string{"/a/1", "/a/1/stores/1"} {
		if got := s.get(path).must(t, http.StatusOK, ""); strings.Contains(got.body, note) {
			t.Errorf("%s warns of totals that are accepted", path)
		}
	}
	s.get("/a/1/activity").must(t, http.StatusOK, "", "Changed whether wrong totals are accepted", "totals must match → wrong totals are accepted")
	if less := p.sync(exitOK).Requests; less >= asks {
		t.Errorf("%d requests with accepted totals, %d before: every list is still read twice", less, asks)
	}
	s.post("/a/1/totals").must(t, http.StatusOK, "/a/1/settings", "totals must match from the next sync on")
	s.get("/a/1").must(t, http.StatusOK, "", note)
}

// TestTotalsThatMatch leaves no note and no choice.
func TestTotalsThatMatch(t *testing.T) {
	t.Parallel()
	p := newPlace(t, sandbox.Config{})
	p.add()
	for range 3 {
		p.sync(exitOK)
	}
	s := p.serve()
	s.setUp("/a/1/")
	for _, path := range []string{"/a/1", "/a/1/settings"} {
		if page := s.get(path).must(t, http.StatusOK, ""); strings.Contains(page.body, "never match") || strings.Contains(page.body, "wrong totals") {
			t.Errorf("%s speaks of totals that match", path)
		}
	}
}
