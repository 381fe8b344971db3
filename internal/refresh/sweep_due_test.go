package refresh

import (
	"testing"
	"time"

	"rollcall/internal/org"
)

func TestDearQuestionsAreAskedAgain(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC) // a Wednesday, the day of entry 3
	for name, c := range map[string]struct {
		asked time.Duration // before now
		entry org.APIAccountID
		want  bool
	}{
		"an hour ago":                    {time.Hour, 3, false},
		"yesterday, not its day":         {26 * time.Hour, 4, false},
		"last week, its day":             {7 * 24 * time.Hour, 3, true},
		"nine days ago, not its day":     {9 * 24 * time.Hour, 4, true},
		"a moment ahead":                 {-time.Minute, 3, false},
		"years ahead: a clock was wrong": {-3 * 365 * 24 * time.Hour, 3, true},
	} {
		token := org.SweepToken{APIAccount: org.APIAccount{ID: c.entry}, ClientsAt: now.Add(-c.asked)}
		token.Last.ScopesAt = token.ClientsAt
		if due := dueFor(token, now); due.Scopes != c.want || due.Clients != c.want {
			t.Errorf("%s: %+v", name, due)
		}
	}
}
