package audit

import (
	"strings"
	"testing"

	"rollcall/internal/org"
)

// listed gives the account a list of people with these e-mails beside the three who are there.
func (w *peopleWorld) listed(but string, more ...RosterEntry) {
	r := &Roster{Name: "HR", At: judgedAt}
	for _, email := range []string{"olga@corp.example", "sam@corp.example", "sue@corp.example"} {
		if email != but {
			r.Entries = append(r.Entries, RosterEntry{Line: len(r.Entries) + 2, Email: email, Status: "active"})
		}
	}
	for _, e := range more {
		e.Line = len(r.Entries) + 2
		r.Entries = append(r.Entries, e)
	}
	w.frame.Roster = r
}

var rosterCases = []peopleCase{
	{&RosterLeaver, "not in the list", func(w *peopleWorld) { w.listed("sam@corp.example") }, 1, High},
	{&RosterLeaver, "an owner who is not in the list", func(w *peopleWorld) { w.listed("olga@corp.example") }, 1, Critical},
	{&RosterLeaver, "left by the list", func(w *peopleWorld) {
		w.listed("sam@corp.example", RosterEntry{Email: "Sam@corp.example", Status: "Terminated", Left: true})
	}, 1, High},
	{&RosterLeaver, "switched off everywhere", func(w *peopleWorld) {
		w.listed("sam@corp.example")
		for store := range org.StoreID(3) {
			w.at(store+1, 2).status = org.StatusInactive
		}
	}, 1, Medium},
	{&RosterLeaver, "left and came back", func(w *peopleWorld) {
		w.listed("", RosterEntry{Email: "sam@corp.example", Status: "left", Left: true})
	}, 0, 0},
	{&RosterLeaver, "outside what the list covers", func(w *peopleWorld) {
		w.come("ida@agency.example", "Ida", "Field")
		w.listed("")
		w.frame.Roster.Domains = []string{"corp.example"}
	}, 0, 0},
	{&RosterLeaver, "came after the list was made", func(w *peopleWorld) {
		w.come("ida@corp.example", "Ida", "Field").first = daysAgo(1)
		w.users[4].listed = daysAgo(1)
		w.listed("")
		w.frame.Roster.At = daysAgo(2)
	}, 0, 0},
	{&RosterLeaver, "in capitals", func(w *peopleWorld) {
		w.listed("sam@corp.example", RosterEntry{Email: "SAM@CORP.EXAMPLE"})
	}, 0, 0},
	{&RosterLeaver, "no list", func(*peopleWorld) {}, 0, 0},

	{&RosterNear, "a slip", func(w *peopleWorld) {
		w.come("ida.feild@corp.example", "Ida", "Field")
		w.listed("", RosterEntry{Email: "ida.field@corp.example"})
	}, 1, Low},
	{&RosterNear, "a tag", func(w *peopleWorld) {
		w.come("ida.field+store@corp.example", "Ida", "Field")
		w.listed("", RosterEntry{Email: "ida.field@corp.example"})
	}, 1, Low},
	{&RosterNear, "privileged", func(w *peopleWorld) {
		w.come("ida@agency.example", "Ida", "Field").set = []string{"Add_User"}
		w.listed("", RosterEntry{Email: "ida.field@corp.example", Name: "Field, Ida"})
	}, 1, Medium},
	{&RosterNear, "two for one entry", func(w *peopleWorld) {
		w.come("ida.field+a@corp.example", "Ida", "Field")
		w.come("ida.field+b@corp.example", "Ida", "Field")
		w.listed("", RosterEntry{Email: "ida.field@corp.example"})
	}, 1, Low},
	{&RosterNear, "the entry is somebody else's", func(w *peopleWorld) {
		w.come("samm@corp.example", "Samm", "Other")
		w.listed("")
	}, 0, 0},
	{&RosterNear, "a number differs", func(w *peopleWorld) {
		w.come("user1002@corp.example", "Ida", "Field")
		w.listed("", RosterEntry{Email: "user1003@corp.example"})
	}, 0, 0},

	{&RosterNoAccess, "two of the list", func(w *peopleWorld) {
		w.listed("", RosterEntry{Email: "x1@corp.example"}, RosterEntry{Email: "y2@corp.example"})
	}, 1, Note},
	{&RosterNoAccess, "who left needs none", func(w *peopleWorld) {
		w.listed("", RosterEntry{Email: "x1@corp.example", Left: true})
	}, 0, 0},
	{&RosterNoAccess, "a store was not read", func(w *peopleWorld) {
		w.listed("", RosterEntry{Email: "x1@corp.example"})
		w.fail(1, org.FacetIncomplete)
	}, 0, 0},
}

func TestRosterRules(t *testing.T) { runPeopleCases(t, rosterCases) }

func TestMatchRoster(t *testing.T) {
	w := calm()
	w.come("j.o.smith@gmail.com", "Jo", "Smith")     // 4
	w.come("kim@agency.example", "Kim", "Park")      // 5
	w.come("lee.wong@corp.exmaple", "Lee", "Wong")   // 6
	w.come("mia.novak@corp.example", "Mia", "Novak") // 7
	w.listed("", RosterEntry{Email: "josmith@googlemail.com"}, RosterEntry{Email: "kim.park@corp.example", Name: "Park, Kim"},
		RosterEntry{Email: "lee.wong@corp.example"}, RosterEntry{Email: "nobody@corp.example"})
	w.frame.Roster.Entries[1].Email = "Sam@Corp.example"
	m := MatchRoster(w.frame.Roster, w.people(t))
	var near []string
	for _, pair := range m.Near {
		near = append(near, pair.Who.Email+" "+string(pair.Why))
	}
	want := "j.o.smith@gmail.com " + string(LikeDots) + "|kim@agency.example " + string(LikeName) + "|lee.wong@corp.exmaple " + string(LikeTypo)
	if got := strings.Join(near, "|"); got != want {
		t.Errorf("near: %s, want %s", got, want)
	}
	if len(m.Matched) != 3 || m.Matched[0].Why != "" || m.Matched[1].Why != LikeCase {
		t.Errorf("matched: %+v", m.Matched)
	}
	if len(m.Leavers) != 1 || m.Leavers[0].User != 7 {
		t.Errorf("leavers: %+v", m.Leavers)
	}
	if len(m.NoAccess) != 1 || m.NoAccess[0].Email != "nobody@corp.example" {
		t.Errorf("no access: %+v", m.NoAccess)
	}
}

func TestMailDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"ida.field@x.example", "ida.feild@x.example", 1},
		{"ida.field@x.example", "ida.fiel@x.example", 1},
		{"ida.field@x.example", "idafeld@x.example", 2},
		{"ida.field@x.example", "ida.ford@x.example", 3},
		{"ida@x.example", "idb@x.example", 1},
		{"ida@x.example", "ibo@x.example", 3}, // too short for two
		{"id@x.example", "ib@x.example", 3},
		{"emp1001@x.example", "emp1002@x.example", 3},
		{"ida@xy.example", "ida@yx.example", 1},
		{"ida@x.example", "ide@y.example", 3},
		{"jörg.weiss@x.example", "jorg.weiss@x.example", 1},
	} {
		if got := mailDistance(test.a, test.b); got != test.want {
			t.Errorf("%s and %s: %d, want %d", test.a, test.b, got, test.want)
		}
		if got := mailDistance(test.b, test.a); got != test.want {
			t.Errorf("%s and %s: %d, want %d", test.b, test.a, got, test.want)
		}
	}
}
