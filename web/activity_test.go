package web

import (
	"net/http"
	"strings"
	"testing"

	"rollcall/internal/signin"
)

// TestActivityNamesTheSession: rows of one session name it as the list of sessions does, and never by its token.
func TestActivityNamesTheSession(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.admin(t)
	token := v.cookie.Value
	v.post("/a/1/sync")
	v.post("/sign-out")
	b.visitor(t).post("/sign-in", "email", adminEmail, "password", "not the password")
	want := signin.HandleOfToken(token)
	for i, a := range b.activity {
		session := want
		if i == len(b.activity)-1 {
			session = "" // there was none
		}
		if a.Session != session || strings.Contains(a.Session, token) || a.Address == "" || a.Request == "" {
			t.Errorf("%s: session %q, want %q: %+v", a.Action, a.Session, session, a)
		}
	}
	if len(b.activity) != 4 {
		t.Errorf("activity %q", b.recorded())
	}
}

// TestActivityPageRefusesWhatItCannotRead: a mistyped filter does not show everything.
func TestActivityPageRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	v := newBench(t).admin(t)
	for query, status := range map[string]int{
		"": http.StatusOK, "?actor=a&action=b&outcome=done&from=2026-03-01&to=2026-03-31&about=account&q=x": http.StatusOK,
		"?from=yesterday": http.StatusBadRequest, "?about=everything": http.StatusBadRequest, "?to=2026-13-01": http.StatusBadRequest, "?who=a": http.StatusBadRequest,
	} {
		if res := v.get("/a/1/activity" + query); res.Code != status {
			t.Errorf("%q: status %d, want %d", query, res.Code, status)
		}
	}
	for _, format := range []string{"csv", "jsonl", "json", "xlsx"} {
		if res := v.get("/a/1/download/activity." + format); res.Code != http.StatusOK || !strings.Contains(res.Header().Get("Content-Disposition"), "rollcall-activity-") {
			t.Errorf("%s: status %d, %v", format, res.Code, res.Header())
		}
	}
}
