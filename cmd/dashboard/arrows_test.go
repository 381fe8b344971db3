package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrows says which rooms a room may import; everything else inside the module is forbidden.
var arrows = map[string]string{
	"internal/org":            "",
	"internal/throttle":       "internal/org",
	"internal/account":        "internal/org internal/throttle internal/account/plan internal/account/schema",
	"internal/account/plan":   "internal/org",
	"internal/account/schema": "",
	"internal/stores":         "internal/org internal/throttle",
	"internal/audit":          "internal/org",
	"internal/signin":         "internal/org",
	"internal/vault":          "",
	"internal/refresh":        "internal/org internal/audit",
	"internal/sqlite":         "internal/org internal/audit internal/signin internal/throttle",
	"internal/export":         "internal/org internal/audit",
	"internal/schedule":       "internal/org",
	"internal/deliver":        "internal/org",
	"internal/trail":          "internal/org",
	"internal/sandbox":        "internal/account/schema",
	"static":                  "",
	"views":                   "internal/org internal/audit static",
	"web":                     "views static internal/org internal/audit internal/signin internal/export",
}

func TestArrowsPointDown(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}:{{join .Imports " "}}`, "rollcall/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		room, imports, _ := strings.Cut(line, ":")
		room = strings.TrimPrefix(room, "rollcall/")
		if strings.HasPrefix(room, "cmd/") || strings.HasSuffix(room, "test") {
			continue
		}
		checkRoom(t, room, strings.Fields(imports))
	}
}

func checkRoom(t *testing.T, room string, imports []string) {
	allowed, known := arrows[room]
	if !known {
		t.Errorf("room %s has no entry in the table of arrows", room)
		return
	}
	for _, path := range imports {
		target, ours := strings.CutPrefix(path, "rollcall/")
		if ours && !slices.Contains(strings.Fields(allowed), target) {
			t.Errorf("%s must not import %s", room, target)
		}
	}
}

func TestRoomNamesSayWhatTheyProvide(t *testing.T) {
	for room := range arrows {
		for _, word := range []string{"util", "common", "helper"} {
			if strings.Contains(room, word) {
				t.Errorf("%s: a room is named for what it provides", room)
			}
		}
	}
}
