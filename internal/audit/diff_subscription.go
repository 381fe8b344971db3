package audit

import "rollcall/internal/org"

// HeldSubscription is a subscription as history holds it. App is the name of its app, empty when it is not known.
type HeldSubscription struct {
	org.Subscription
	App    string
	Unseen bool // the last complete read lacked it without proving its end
}

// SubscriptionDiff is what a finished read of the subscriptions means.
type SubscriptionDiff struct {
	Put     []org.Subscription // new or changed versions, those seen again included
	Unseen  []org.Subscription // not seen for the first time, unproven: still counted as there
	End     []org.Subscription // proven to have ended
	Changes []SubscriptionChange
}

// SubscriptionChange is a change with the subscription that it concerns.
type SubscriptionChange struct {
	Change
	Of org.Subscription
}

// DiffSubscriptions compares what is held with a read (design 3 and 4.4). A period that moved on is a new version and no
// change: it happens to every subscription in every interval. names gives an app's name for the end of a product's id.
func DiffSubscriptions(held []HeldSubscription, read org.AccountRead, baseline bool, names func(org.Subscription) string) SubscriptionDiff {
	var d SubscriptionDiff
	if !usable(read.Read.State) {
		return d
	}
	before := make(map[string]HeldSubscription, len(held))
	for _, h := range held {
		before[h.APIID] = h
	}
	shown := make(map[string]bool, len(read.Subscriptions))
	for _, s := range read.Subscriptions {
		if shown[s.APIID] {
			continue
		}
		shown[s.APIID] = true
		if h, known := before[s.APIID]; known {
			d.compare(h, s, names(s))
			continue
		}
		d.Put = append(d.Put, s)
		d.change(SubscriptionAdded, s, "subscription", "", subscriptionText(s, names(s)))
	}
	for _, h := range held {
		if read.Read.State == org.FacetComplete && !shown[h.APIID] {
			d.miss(h, read.Absence)
		}
	}
	if baseline {
		d.Changes = nil
	}
	return d
}

func (d *SubscriptionDiff) change(kind Kind, s org.Subscription, field, before, after string) {
	d.Changes = append(d.Changes, SubscriptionChange{Change{Kind: kind, Field: field, Before: before, After: after}, s})
}

// compare notes what differs. A time that was not read stays as it was known.
func (d *SubscriptionDiff) compare(h HeldSubscription, s org.Subscription, app string) {
	for _, m := range [][2]*org.Moment{
		{&s.PeriodEnd, &h.PeriodEnd}, {&s.Activated, &h.Activated}, {&s.Created, &h.Created}, {&s.Updated, &h.Updated},
	} {
		if !m[0].Read {
			*m[0] = *m[1]
		}
	}
	if h.Unseen || h.Subscription != s {
		d.Put = append(d.Put, s)
	}
	label := org.SubscriptionLabel(h.Subscription, app)
	for _, f := range []struct{ field, before, after string }{
		{"status", word(h.Status), word(s.Status)},
		{"price", h.Cost(), s.Cost()},
		{"interval", word(h.Interval), word(s.Interval)},
		{"plan", word(h.Level), word(s.Level)},
		{"product", word(h.Product), word(s.Product)},
		{"scope", word(h.Scope), word(s.Scope)},
	} {
		if f.before != f.after {
			d.change(SubscriptionChanged, s, f.field, label+": "+f.before, f.after)
		}
	}
}

func (d *SubscriptionDiff) miss(h HeldSubscription, absence org.Absence) {
	switch {
	case absence == org.AbsenceProven, absence == org.AbsenceLikely && h.Unseen:
		d.End = append(d.End, h.Subscription)
		d.change(SubscriptionGone, h.Subscription, "subscription", subscriptionText(h.Subscription, h.App), "")
	case absence == org.AbsenceLikely:
		d.Unseen = append(d.Unseen, h.Subscription)
	}
}

// subscriptionText is a subscription in one line: "Mailer, Standard: 9.99 USD, MONTH, ACTIVE".
func subscriptionText(s org.Subscription, app string) string {
	return org.SubscriptionLabel(s, app) + ": " + s.Cost() + ", " + word(s.Interval) + ", " + word(s.Status)
}

// word is a word as it was given, "unknown" where none was.
func word(text string) string {
	if text == "" {
		return "unknown"
	}
	return text
}
