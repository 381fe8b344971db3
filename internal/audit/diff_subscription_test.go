package audit

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"rollcall/internal/org"
)

func TestDiffSubscriptions(t *testing.T) {
	end := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	mail := org.Subscription{
		APIID: "s1", Product: "bc/account/product/7", Level: "Standard", Scope: "bc/account/scope/abc", Status: "ACTIVE",
		Interval: "MONTH", Price: "9.90", Currency: "USD", PeriodEnd: org.At(end),
	}
	with := func(change func(*org.Subscription)) org.Subscription { s := mail; change(&s); return s }
	next := with(func(s *org.Subscription) { s.PeriodEnd = org.At(end.AddDate(0, 1, 0)) })
	suspended := with(func(s *org.Subscription) { s.Status, s.Price = "SUSPENDED", "12" })
	held := []HeldSubscription{{Subscription: mail, App: "Mailer"}}
	unseen := []HeldSubscription{{Subscription: mail, App: "Mailer", Unseen: true}}
	list := func(subscriptions ...org.Subscription) []org.Subscription { return subscriptions }
	cases := []struct {
		name             string
		held             []HeldSubscription
		read             []org.Subscription
		state            org.FacetState
		absence          org.Absence
		baseline         bool
		put, unseen, end []org.Subscription
		changes          []string
	}{
		{name: "first read writes no changes", read: list(mail), baseline: true, put: list(mail)},
		{name: "new", read: list(mail), put: list(mail), changes: []string{"subscription_added subscription  > Mailer, Standard: 9.90 USD, MONTH, ACTIVE"}},
		{name: "the same", held: held, read: list(mail)},
		{name: "a period that moved on is no change", held: held, read: list(next), put: list(next)},
		{name: "a period end that was not read stays", held: held, read: list(with(func(s *org.Subscription) { s.PeriodEnd = org.Moment{} }))},
		{name: "status and price", held: held, read: list(suspended), put: list(suspended), changes: []string{
			"subscription_changed status Mailer, Standard: ACTIVE > SUSPENDED", "subscription_changed price Mailer, Standard: 9.90 USD > 12 USD",
		}},
		{name: "gone by proof", held: held, absence: org.AbsenceProven, end: list(mail), changes: []string{
			"subscription_gone subscription Mailer, Standard: 9.90 USD, MONTH, ACTIVE > ",
		}},
		{name: "missing once without proof", held: held, absence: org.AbsenceLikely, unseen: list(mail)},
		{name: "missing twice", held: unseen, absence: org.AbsenceLikely, end: list(mail), changes: []string{
			"subscription_gone subscription Mailer, Standard: 9.90 USD, MONTH, ACTIVE > ",
		}},
		{name: "seen again", held: unseen, read: list(mail), put: list(mail)},
		{name: "a partial read ends nothing", held: held, state: org.FacetIncomplete, absence: org.AbsenceProven},
		{name: "a failed read says nothing", held: held, state: org.FacetFailed},
		{name: "a denied read says nothing", held: held, state: org.FacetDenied},
		{name: "listed twice", read: list(mail, suspended), baseline: true, put: list(mail)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.state == "" {
				c.state = org.FacetComplete
			}
			read := org.AccountRead{Subscriptions: c.read, Absence: c.absence, Read: org.FacetRead{State: c.state}}
			d := DiffSubscriptions(c.held, read, c.baseline, func(org.Subscription) string { return "Mailer" })
			var changes []string
			for _, x := range d.Changes {
				changes = append(changes, string(x.Kind)+" "+x.Field+" "+x.Before+" > "+x.After)
			}
			if !reflect.DeepEqual(d.Put, c.put) || !reflect.DeepEqual(d.Unseen, c.unseen) || !reflect.DeepEqual(d.End, c.end) || !slices.Equal(changes, c.changes) {
				t.Errorf("got %+v\nchanges %q\nwant put %+v, unseen %+v, end %+v, %q", d, changes, c.put, c.unseen, c.end, c.changes)
			}
		})
	}
}
