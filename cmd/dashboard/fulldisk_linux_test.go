package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"rollcall/internal/sandbox"
)

// TestFullDisk fills the disk that holds the data. Commands say so in a sentence, and once there is room again
// everything is there and goes on.
func TestFullDisk(t *testing.T) {
	p := newPlace(t, sandbox.Config{Shape: sandbox.Shape{Stores: 6, Users: 60, AccessesPerUser: 4}, Daily: sandbox.Daily{ChangeRate: 0.5, SignInRate: 0.9}})
	if err := syscall.Mount("tmpfs", p.folder, "tmpfs", 0, "size=8m"); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(p.folder, syscall.MNT_DETACH) })
	p.add()
	p.sync(exitOK)
	rows := p.rows()
	for _, room := range []int{0, 40 << 10, 120 << 10} {
		p.world.AdvanceDay()
		filler := fill(t, p.folder, room)
		if done := p.ask("sync", "--json"); done.code != exitOK { // the last one may fit
			done.must(t, exitError).says(t, "disk is full", "Free some space")
		} else if room == 0 {
			t.Error("a sync ended on a full disk")
		}
		if room == 0 {
			path := filepath.Join(p.folder, "out.xlsx")
			p.run("export", "permission-matrix", "--format=xlsx", "-o", path).must(t, exitError).says(t, "disk is full")
			for _, left := range []string{path, path + ".manifest.json"} {
				if _, err := os.Stat(left); err == nil {
					t.Errorf("%s was left behind", left)
				}
			}
		}
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		p.mustStillHold(rows)
		done := p.sync(exitOK)
		p.mustExportTruth(variant{later: true}, exitOK, done.StartedAt)
	}
	if parts, _ := filepath.Glob(filepath.Join(p.folder, "*", ".rollcall*")); len(parts) > 0 {
		t.Errorf("left behind: %q", parts)
	}
}

// fill leaves so many bytes of a disk free.
func fill(t *testing.T, folder string, room int) (path string) {
	t.Helper()
	path = filepath.Join(folder, "filler")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	block := make([]byte, 4096)
	for err == nil {
		_, err = file.Write(block)
	}
	if size, err := file.Seek(0, 2); err != nil || file.Truncate(max(0, size-int64(room))) != nil {
		t.Fatal("the disk was not filled")
	}
	return path
}
