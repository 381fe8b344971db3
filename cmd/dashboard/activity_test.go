package main

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/sandbox"
	"rollcall/internal/sqlite"
)

// linesOf waits until a file has some lines and reads the numbers of the rows in it.
func linesOf(t *testing.T, path string, want int) (ids []int64) {
	t.Helper()
	for ends := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		text, _ := os.ReadFile(path)
		if strings.Count(string(text), "\n") >= want {
			for line := range strings.Lines(string(text)) {
				var row struct {
					ID   int64            `json:"id"`
					Hash org.ActivityHash `json:"hash"`
				}
				if err := json.Unmarshal([]byte(line), &row); err != nil || row.Hash == (org.ActivityHash{}) {
					t.Errorf("%q: %v", line, err)
				}
				ids = append(ids, row.ID)
			}
			return ids
		}
		if time.Now().After(ends) {
			t.Fatalf("%d lines are not there: %q", want, text)
		}
	}
}

// written is how many rows the activity log has.
func (p *place) written() int {
	p.t.Helper()
	db, err := sqlite.Open(p.t.Context(), p.folder, sqlite.Options{Command: "test"})
	if err != nil {
		p.t.Fatal(err)
	}
	defer db.Close()
	head, err := db.ActivityHead(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	return int(head.Count)
}

// TestServePassesActivityOn: what any process does reaches the file and the syslog server, after a rotation and over a
// restart as well, without a gap and without holding up anybody.
func TestServePassesActivityOn(t *testing.T) {
	p := stocked(t)
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer packets.Close()
	path := filepath.Join(t.TempDir(), "activity.jsonl")
	flags := []string{"--activity-file=" + path, "--activity-syslog=udp://" + packets.LocalAddr().String()}
	s := p.serve(flags...)
	first := linesOf(t, path, 2) // connected, synced
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	p.sync(exitOK)
	linesOf(t, path, 1)
	s.end()
	before := p.written()
	p.sync(exitOK) // nobody passes it on yet
	p.serve(flags...)
	after := linesOf(t, path, before+1-len(linesOf(t, path+".1", len(first))))
	all := append(linesOf(t, path+".1", len(first)), after...)
	for i, id := range all {
		if id != int64(i+1) {
			t.Fatalf("rows %v", all)
		}
	}
	if len(all) != p.written() {
		t.Errorf("%d rows were passed on, %d written", len(all), p.written())
	}
	buf := make([]byte, 4096)
	packets.SetReadDeadline(time.Now().Add(20 * time.Second))
	for id := range len(all) {
		n, _, err := packets.ReadFrom(buf)
		if word := `id="` + strconv.Itoa(id+1) + `"`; err != nil || !strings.Contains(string(buf[:n]), word) {
			t.Errorf("message %d lacks %s: %s, %v", id, word, buf[:n], err)
		}
	}
}

func TestActivityFlags(t *testing.T) {
	p := newPlace(t, sandbox.Config{})
	p.run("serve", "--addr=127.0.0.1:0", "--activity-months=12").must(t, exitUsage).says(t, "at least 13 months")
	p.run("serve", "--addr=127.0.0.1:0", "--activity-syslog=http://x").must(t, exitUsage).says(t, "no address of a syslog server")
}

// TestServeProvesTheLog: serving walks the chain by itself, and a broken one is recorded once.
func TestServeProvesTheLog(t *testing.T) {
	p := stocked(t)
	s := p.serve()
	proven := func(want int64) {
		t.Helper()
		db, err := sqlite.Open(t.Context(), p.folder, sqlite.Options{Command: "test"})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for ends := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			proof, err := db.ActivityProof(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if !proof.At.IsZero() {
				if proof.Broken != want {
					t.Errorf("%+v, want broken at %d", proof, want)
				}
				return
			}
			if time.Now().After(ends) {
				t.Fatal("nobody proves the log")
			}
		}
	}
	proven(0)
	s.end()
	file := filepath.Join(p.folder, sqlite.FileName)
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	raw[strings.Index(string(raw), "account.connect")]++
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	h, err := openHouse(t.Context(), &Global{Data: p.folder}, API{AccountQuota: "70/1h"}, streams{err: &spout{}}, "test")
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	for range 2 {
		if err := h.tendLog(t.Context(), 25); err != nil {
			t.Fatal(err)
		}
	}
	proven(1)
	page, err := h.db.ActivityPage(t.Context(), 1, org.Query{Actions: []string{"activity.verify"}})
	if err != nil || page.Total != 1 || page.Rows[0].Outcome != "failed" || !strings.Contains(page.Rows[0].After, "row 1") {
		t.Errorf("%+v, %v", page, err)
	}
}
