package audit

import (
	"testing"
	"time"
)

func TestNeverMatches(t *testing.T) {
	day := time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC)
	read := func(days, expected, received int, entries string) TotalRead {
		return TotalRead{At: day.AddDate(0, 0, days), Expected: expected, Received: received, Entries: entries}
	}
	tests := []struct {
		name  string
		reads []TotalRead // newest first
		want  bool
	}{
		{"three with the same users", []TotalRead{read(3, 3, 2, "a,b"), read(2, 3, 2, "a,b"), read(1, 4, 2, "a,b")}, true},
		{"it matched before that", []TotalRead{read(4, 3, 2, "a,b"), read(3, 3, 2, "a,b"), read(2, 3, 2, "a,b"), read(1, 2, 2, "a,b")}, true},
		{"two only", []TotalRead{read(3, 3, 2, "a,b"), read(2, 3, 2, "a,b")}, false},
		{"one read shown by two snapshots", []TotalRead{read(3, 3, 2, "a,b"), read(3, 3, 2, "a,b"), read(2, 3, 2, "a,b")}, false},
		{"it matches now", []TotalRead{read(3, 2, 2, "a,b"), read(2, 3, 2, "a,b"), read(1, 3, 2, "a,b")}, false},
		{"it matched once", []TotalRead{read(3, 3, 2, "a,b"), read(2, 2, 2, "a,b"), read(1, 3, 2, "a,b")}, false},
		{"other users", []TotalRead{read(3, 3, 2, "a,b"), read(2, 3, 2, "a,c"), read(1, 3, 2, "a,b")}, false},
		{"no total", []TotalRead{read(3, -1, 2, "a,b"), read(2, -1, 2, "a,b"), read(1, -1, 2, "a,b")}, false},
		{"never read", nil, false},
	}
	for _, test := range tests {
		wrong, never := NeverMatches(test.reads)
		if never != test.want {
			t.Errorf("%s: %v, want %v", test.name, never, test.want)
		}
		if never && (wrong.Expected != 3 || wrong.Received != 2 || !wrong.Until.Equal(test.reads[0].At) || !wrong.Since.Equal(test.reads[2].At)) {
			t.Errorf("%s: %+v", test.name, wrong)
		}
	}
}
