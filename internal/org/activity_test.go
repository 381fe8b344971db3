package org

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func FuzzParseActivityHash(f *testing.F) {
	for _, text := range []string{"", strings.Repeat("0", 64), strings.Repeat("Ab", 32), " " + strings.Repeat("f", 64) + "\n", "0x" + strings.Repeat("1", 62)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h, err := ParseActivityHash(text)
		if err != nil {
			if KindOf(err) != KindInvalid {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if again, err := ParseActivityHash(h.String()); err != nil || again != h || !strings.EqualFold(h.String(), strings.TrimSpace(text)) {
			t.Errorf("%q reads as %s, %v", text, h, err)
		}
		raw, err := json.Marshal(ActivityHead{1, h})
		var head ActivityHead
		if err != nil || json.Unmarshal(raw, &head) != nil || head.Hash != h {
			t.Errorf("%s, %v", raw, err)
		}
	})
}

func TestKeepActivityFrom(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		now    string
		months int
		want   string
	}{
		{"2026-11-20T10:00:00Z", 25, "2024-10-01"},
		{"2027-03-31T23:00:00Z", 13, "2026-02-01"},
		{"2027-03-01T00:00:00Z", 1, "2026-02-01"},
		{"2026-01-01T01:00:00+05:00", 13, "2024-11-01"},
	} {
		now, err := time.Parse(time.RFC3339, test.now)
		if err != nil {
			t.Fatal(err)
		}
		from := KeepActivityFrom(now, test.months)
		if got := from.Format(time.DateOnly); got != test.want || now.Sub(from) < 393*24*time.Hour {
			t.Errorf("at %s for %d months from %s, want %s", test.now, test.months, got, test.want)
		}
	}
}

// TestChainIsWrittenDown: heads that people keep outside must be found by every later version.
func TestChainIsWrittenDown(t *testing.T) {
	t.Parallel()
	r := ActivityRow{
		ID: 7, At: time.UnixMilli(1767225600123), Account: 3, Actor: "ann", Session: "s", Action: "a", Subject: "b", Address: "c", Request: "d",
		Outcome: "done", Before: "e", After: "f",
	}
	if got := r.Chain(ActivityHash{1}).String(); got != "6b644fb8507518f098e171b3578f1ebe38066102b8c3653127ba562ad3bed705" {
		t.Errorf("the chain is %s", got)
	}
}
