package main

import (
	"net/http"
	"strings"
	"testing"

	"rollcall/internal/sandbox"
)

// TestFindingsOfUnjudgedSnapshots refuses a file of findings where the rules were never applied: without rows it would
// look as if nothing had been found.
func TestFindingsOfUnjudgedSnapshots(t *testing.T) {
	t.Parallel()
	p := newPlace(t, sandbox.Config{})
	p.add()
	p.sync(exitOK)
	p.sync(exitOK)
	s := p.serve()
	s.setUp("/a/1/")
	s.get("/a/1/download/findings.csv").must(t, http.StatusConflict, "", "The rules were not applied to snapshot")
	found := p.run("export", "findings").must(t, exitOK)
	if strings.Count(found.out, "\n") < 2 {
		t.Errorf("the rules found nothing: %q", found.out)
	}
	p.run("export", "findings", "--as-of=1").must(t, exitError).says(t, "The rules were not applied to snapshot 1")
	if got := s.get("/a/1/download/findings.csv").must(t, http.StatusOK, ""); got.body != found.out {
		t.Error("the page hands out another file than the command")
	}
}
