package views

import (
	"strings"
	"testing"
	"time"

	"rollcall/internal/org"
)

// sampleActivity are the states of the page of the log.
func sampleActivity(add func(string, Page), rows []org.ActivityRow) {
	s := sampleShell("/a/1/activity")
	for i := range rows {
		rows[i].ID, rows[i].Session, rows[i].Request = int64(431-i), "5e55ab12cd34", "J7Q2XK4MZ6WP3RTA"
		rows[i].At = rows[i].At.Add(time.Duration(i*137) * time.Millisecond)
		rows[i].Hash = org.ActivityHash{byte(i), 0xab, 0xcd}
	}
	log := ActivityLog{
		Page: org.ActivityPage{Rows: rows, Total: 431, Next: "n"}, Head: org.ActivityHead{Count: 431, Hash: org.ActivityHash{1, 2, 3, 4}}, Stores: sampleChoices().Stores,
		Proof:  org.ActivityProof{At: sampleNow.Add(-5 * time.Hour), Head: org.ActivityHead{Count: 417}, Pruned: 96},
		Actors: []org.Choice{{Value: "admin@northwind.example", Count: 300}, {Value: "local:root", Count: 131}}, Actions: []org.Choice{{Value: "sync", Count: 200}, {Value: "store.labels", Count: 4}},
	}
	q := org.Query{Actors: []string{"local:root"}, Actions: []string{"store.labels"}, Outcomes: []string{"failed"}, From: "2026-11-01", To: "2026-11-20", About: org.AboutAccount}
	add("activity", NewActivity(s, log, org.Query{}))
	log.Proof.Broken, log.Proof.Why = 418, "it is not what was written"
	log.Page = org.ActivityPage{}
	add("activity-none", NewActivity(s, log, q))
	add("activity-first", NewActivity(s, ActivityLog{}, org.Query{}))
}

func TestActivitySaysHowFarItIsProven(t *testing.T) {
	t.Parallel()
	for name, words := range map[string][]string{
		"activity":       {"Verified up to row 417", "96 older rows went", "0102030400", "row 431", "download/activity.jsonl", "download/activity.csv", "10:12:00.000", "5e55ab12cd34"},
		"activity-none":  {"broken at row 418", "it is not what was written", "From: 1 Nov 2026", "What: Changed labels", "About: the account only"},
		"activity-first": {"was not verified yet", "Nothing was done yet"},
	} {
		text := render(t, samples()[name])
		for _, word := range words {
			if !strings.Contains(text, word) {
				t.Errorf("%s lacks %q", name, word)
			}
		}
	}
}
