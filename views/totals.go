package views

import (
	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// Totals is the part of Settings about totals that never match their lists.
type Totals struct {
	Shown    bool // there is something to say or to take back
	Accepted bool
	Action   string
	Note     Callout
}

// totalsShown is how many lists a note names.
const totalsShown = 5

// totalsMean says what wrong totals come to, and what accepting them does.
const (
	totalsMean = "Three reads found the same entries each, and BigCommerce counted another number each time. Either its count is wrong, " +
		"or it hides entries from this token; Rollcall cannot tell which. What was listed is shown."
	totalsAccept = "As long as totals must match, such lists are read twice in every sync, and what they lack may count as still there for one sync longer. " +
		"Accept wrong totals only when you know that nobody is hidden: totals then prove nothing for this account any more."
)

// WarnOfTotals adds the note about totals that never match, unless they are accepted for the account.
func (p Overview) WarnOfTotals(list []audit.WrongTotal) Overview {
	if len(list) > 0 && !p.Account.AcceptTotals {
		p.Callouts = append(p.Callouts, totalsCallout(p.Shell, list))
	}
	return p
}

// WarnOfTotals is the same for the list of this store's users.
func (p Store) WarnOfTotals(list []audit.WrongTotal, id org.StoreID) Store {
	for _, wrong := range list {
		if wrong.Store == id && !p.Account.AcceptTotals {
			p.Callouts = append(p.Callouts, totalsCallout(p.Shell, []audit.WrongTotal{wrong}))
		}
	}
	return p
}

// WithTotals fills in what Settings says about totals.
func (p Settings) WithTotals(list []audit.WrongTotal) Settings {
	accepted := p.Account.AcceptTotals
	p.Totals = Totals{Shown: accepted || len(list) > 0, Accepted: accepted, Action: p.Path("totals")}
	p.Totals.Note = Callout{Tone: Info, Title: "Every total matches its list now", Text: "Or has matched in one of the last three reads. There is nothing to accept any more."}
	if len(list) > 0 {
		p.Totals.Note = totalsCallout(p.Shell, list)
		p.Totals.Note.Text += " " + totalsAccept
		p.Totals.Note.Links = nil
	}
	return p
}

func totalsCallout(s Shell, list []audit.WrongTotal) Callout {
	c := Callout{Tone: Warn, Title: "The totals of " + Counted(len(list), "list") + " never match", Text: totalsMean}
	for i, wrong := range list {
		if i == totalsShown {
			c.Items = append(c.Items, "and "+Count(len(list)-totalsShown)+" more")
			break
		}
		c.Items = append(c.Items, totalLine(s, wrong))
	}
	c.Links = []Link{{Text: "What can be done, in Settings", Href: s.Path("settings") + "#totals"}}
	return c
}

func totalLine(s Shell, w audit.WrongTotal) string {
	what := "Users of " + w.StoreName
	switch w.Facet {
	case org.FacetAccountUsers:
		what = "Users of the account"
	case org.FacetStores:
		what = "Stores of the account"
	}
	return what + ": BigCommerce counts " + Count(w.Expected) + " and lists " + Count(w.Received) + ", in every read from " +
		s.Stamp(w.Since).Day + " to " + s.Stamp(w.Until).Full()
}
