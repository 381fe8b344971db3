package org

import (
	"net/url"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseQueryReadsWhatPeopleType(t *testing.T) {
	q, err := ParseQueryString(`?q=Smith, J&role=owner-like,custom&role=none&login=never&privileged=yes&days=45&status=unknown,active&domain=@Agency.Example&sort=-last_login&as-of=2026-03-31`)
	if err != nil {
		t.Fatal(err)
	}
	want := Query{
		Search: "Smith, J", Roles: []Role{RoleOwner, RoleCustom, RoleNone}, Login: []LoginState{LoginNever},
		Privileged: Yes, Days: 45, Statuses: []Status{"", StatusActive}, Domains: []string{"agency.example"},
		Sort: "last_login", Desc: true, AsOf: AsOf{Day: "2026-03-31"},
	}
	if !reflect.DeepEqual(q, want) {
		t.Errorf("got  %+v\nwant %+v", q, want)
	}
}

func TestParseQueryRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, text := range []string{"rol=owner-like", "role=owner", "privileged=maybe", "days=0", "days=x", "as-of=yesterday", "user=x", "login=old", "%zz"} {
		t.Run(text, func(t *testing.T) {
			if _, err := ParseQueryString(text); KindOf(err) != KindInvalid {
				t.Errorf("got %v, want an invalid error", err)
			}
		})
	}
}

func TestQuerySurvivesItsQueryString(t *testing.T) {
	word := rapid.StringMatching(`[a-zA-Z0-9,\\ é李'=&]{1,12}`).Filter(func(s string) bool {
		return len(splitList([]string{s})) > 0 && s[0] != ' ' && s[len(s)-1] != ' ' && s[0] != ','
	})
	rapid.Check(t, func(t *rapid.T) {
		q := Query{
			Search:      rapid.StringMatching(`([a-z,\\李][a-z ,\\]{0,5}[a-z])?`).Draw(t, "search"),
			Stores:      rapid.SliceOfN(word, 0, 3).Draw(t, "stores"),
			Permissions: rapid.SliceOfN(word, 0, 3).Draw(t, "permissions"),
			Roles:       rapid.SliceOfN(rapid.SampledFrom(Roles()), 0, 3).Draw(t, "roles"),
			Privileged:  rapid.SampledFrom([]Tri{Unknown, Yes, No}).Draw(t, "privileged"),
			Days:        rapid.IntRange(0, 3650).Draw(t, "days"),
			Sort:        rapid.SampledFrom([]string{"", "name"}).Draw(t, "sort"),
		}
		got, err := ParseQuery(q.Values())
		if err != nil {
			t.Fatal(err)
		}
		if got.Encode() != q.Encode() || got.Search != q.Search || len(got.Stores) != len(q.Stores) {
			t.Fatalf("got %+v\nwant %+v", got, q)
		}
	})
}

func TestAsOfMeansTheEndOfTheDayInTheZone(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	at, ok := AsOf{Day: "2026-03-08"}.Moment(zone) // the clock change makes this day 23 hours long
	want := time.Date(2026, 3, 9, 3, 59, 59, 999e6, time.UTC)
	if !ok || !at.Equal(want) {
		t.Errorf("got %v, want %v", at.UTC(), want)
	}
}

func TestParseAsOf(t *testing.T) {
	for text, want := range map[string]AsOf{
		"":                     {},
		"17":                   {Snapshot: 17},
		"2026-01-02":           {Day: "2026-01-02"},
		"2026-01-02T03:04:05Z": {Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
	} {
		if got, err := ParseAsOf(text); err != nil || got.String() != want.String() {
			t.Errorf("%q: got %+v, %v", text, got, err)
		}
	}
}

func FuzzParseQueryString(f *testing.F) {
	f.Add("q=a&role=custom&as-of=2026-01-01&store=a\\,b,c")
	f.Fuzz(func(t *testing.T, text string) {
		q, err := ParseQueryString(text)
		if err != nil {
			return
		}
		again, err := ParseQuery(q.Values())
		if err != nil || again.Encode() != q.Encode() {
			t.Errorf("%q became %q and then %q, %v", text, q.Encode(), again.Encode(), err)
		}
	})
}

func TestEmptyParametersFilterNothing(t *testing.T) {
	q, err := ParseQuery(url.Values{"role": {""}, "privileged": {""}, "days": {""}, "q": {" "}})
	if err != nil || q.Encode() != "" {
		t.Errorf("got %q, %v", q.Encode(), err)
	}
}

func TestADayEndsWhereTheNextOneBegins(t *testing.T) {
	for _, c := range []struct{ zone, day, want string }{
		{"UTC", "2026-03-31", "2026-03-31T23:59:59.999Z"},
		{"Europe/Berlin", "2026-03-29", "2026-03-29T21:59:59.999Z"},     // 23 hours
		{"Europe/Berlin", "2026-10-25", "2026-10-25T22:59:59.999Z"},     // 25 hours
		{"Africa/Cairo", "2024-04-25", "2024-04-25T21:59:59.999Z"},      // the next day begins at 01:00
		{"Africa/Cairo", "2024-04-26", "2024-04-26T20:59:59.999Z"},      // this day began at 01:00
		{"Africa/Cairo", "2024-10-31", "2024-10-31T21:59:59.999Z"},      // its last hour comes twice
		{"America/Havana", "2024-03-09", "2024-03-10T04:59:59.999Z"},    // the next day begins at 01:00
		{"America/Havana", "2024-03-10", "2024-03-11T03:59:59.999Z"},    // this day began at 01:00
		{"America/Havana", "2024-11-02", "2024-11-03T03:59:59.999Z"},    // midnight comes twice after it
		{"America/Santiago", "2024-09-07", "2024-09-08T03:59:59.999Z"},  // the next day begins at 01:00
		{"America/Santiago", "2024-04-06", "2024-04-07T03:59:59.999Z"},  // its last hour comes twice
		{"America/Sao_Paulo", "2018-11-04", "2018-11-05T01:59:59.999Z"}, // this day began at 01:00
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Skip(err)
		}
		end, ok := AsOf{Day: c.day}.Moment(zone)
		if got := end.UTC().Format("2006-01-02T15:04:05.999Z"); !ok || got != c.want {
			t.Errorf("%s in %s ends at %s, want %s", c.day, c.zone, got, c.want)
		}
	}
}
