package views

import (
	"strings"

	"github.com/a-h/templ"

	"rollcall/internal/org"
)

// Subscriptions lists what the account pays for apps.
type Subscriptions struct {
	Shell
	Head     Head
	Callouts []Callout
	Filter   Filter
	Table    Table
	Rows     []BillLine
	Total    string
	Basis    string
	Pager    Pager
	Empty    *Empty
}

// BillLine is one subscription.
type BillLine struct {
	App, AppHref, Plan, ID string
	Store, StoreHref, Hash string
	State                  Badge
	Price, Interval        string
	PeriodEnd              Stamp
	Activated, Updated     Stamp
	Unseen                 bool
}

// NewSubscriptions makes the page from one page of the list.
func NewSubscriptions(s Shell, page org.SubscriptionPage, q org.Query, choices org.FilterChoices) Subscriptions {
	s.Title, s.Nav = "Subscriptions", "subscriptions"
	choices.Apps = page.Apps
	l := list{shell: s, path: s.Path("subscriptions"), query: q, first: "app", choices: choices}
	p := Subscriptions{
		Shell: s, Total: Counted(page.Total, "subscription"), Basis: subscriptionsBasis(s, page.Read), Callouts: subscriptionCallouts(s, page.Read),
		Pager: l.pager(len(page.Rows), page.From, page.Total, page.Prev, page.Next),
	}
	p.Head = Head{
		Title: "Subscriptions", Question: "What does the account pay for apps, for which store, and until when?",
		Actions: []templ.Component{downloadMenu([]DownloadGroup{s.downloads("These "+Counted(page.Total, "subscription"), "subscriptions", q)})},
	}
	p.Filter = l.filter("Search by app, plan or store", choose("state", "State", "Any state", q.States, billStates(page.Statuses)),
		choose("app", "App", "Any app", q.Apps, page.Apps), choose("store", "Store", "Any store", q.Stores, choices.Stores),
		choose("label", "Store label", "Any label", q.Labels, choices.Labels))
	p.Filter.Live = true
	p.Table = Table{Caption: "Subscriptions", Cards: true, Page: true, Columns: []Column{
		l.sortable("App and plan", "app"), l.sortable("Store", "store"), l.sortable("State", "state"), l.sortable("Price", "price").right(),
		l.sortable("Billed", "interval"), l.sortable("Period ends", "period-end"), l.sortable("Activated", "activated"), l.sortable("Updated", "updated"),
	}}
	for _, r := range page.Rows {
		p.Rows = append(p.Rows, billLine(s, r))
	}
	if len(page.Rows) == 0 {
		p.Empty, p.Total = subscriptionsEmpty(s, page.Read, l), ""
	}
	return p
}

// Component renders the page.
func (p Subscriptions) Component() templ.Component { return p.frame(subscriptionsPage(p)) }

// subscriptionsBasis says of when the list is: it is read beside the stores, at its own time.
func subscriptionsBasis(s Shell, read org.FacetRead) string {
	if read.ReadAt.IsZero() {
		return ""
	}
	return "As of snapshot " + Count(int(s.Snapshot.ID)) + "; the list was read " + s.Stamp(read.ReadAt).Full() +
		". App and store are found by the ends of BigCommerce's IDs"
}

// subscriptionCallouts say why the list is not of this snapshot.
func subscriptionCallouts(s Shell, read org.FacetRead) []Callout {
	kept := ""
	if !read.ReadAt.IsZero() {
		kept = " What is shown was read " + s.Stamp(read.ReadAt).Full() + "."
	}
	switch {
	case s.Snapshot.ID == 0 || read.State == org.FacetComplete || read.State == org.FacetDenied && read.ReadAt.IsZero():
		return nil
	case read.State == org.FacetDenied:
		return []Callout{{
			Tone: Warn, Title: "The token may not read subscriptions", Text: read.Error + kept,
			Links: []Link{{Text: "Check the token in Settings", Href: s.Path("settings")}},
		}}
	case read.State == org.FacetFailed, read.State == org.FacetIncomplete:
		return []Callout{{Tone: Warn, Title: "The list could not be read to the end this time", Text: read.Error + kept}}
	case !read.ReadAt.IsZero():
		return []Callout{{Tone: Info, Title: "This snapshot did not read subscriptions", Text: "They are read when the users of all stores are." + kept}}
	}
	return nil
}

func subscriptionsEmpty(s Shell, read org.FacetRead, l list) *Empty {
	var e Empty
	switch {
	case s.Snapshot.ID == 0:
		e = neverSynced(s)
	case len(l.chips()) > 0:
		e = nothingMatches("subscriptions", l.cleared())
	case read.State == org.FacetDenied && read.ReadAt.IsZero():
		e = notReadable("Not permitted", read.Error+" Whether there are subscriptions is unknown.")
	case read.ReadAt.IsZero():
		e = notReadable("Not read yet", "Whether the account has subscriptions is unknown until a sync has read them.")
	default:
		e = trulyNone("The account has no subscriptions", "The list was read to the end, and it is empty.")
	}
	return &e
}

// billState shows the word that BigCommerce gives; words we do not know are shown as they came.
func billState(status string) Badge {
	switch status {
	case org.SubscriptionActive:
		return Badge{Text: "Active", Tone: Good}
	case org.SubscriptionSuspended:
		return Badge{Text: "Suspended", Tone: Warn}
	case org.SubscriptionCancelled:
		return Badge{Text: "Cancelled", Tone: Quiet}
	case "":
		return Badge{Text: "unknown", Dashed: true, Title: "BigCommerce gave no state"}
	}
	return Badge{Text: status, Tone: Info, Title: "A state that Rollcall does not know, shown as BigCommerce gave it"}
}

func billStates(list []org.Choice) []org.Choice {
	out := make([]org.Choice, len(list))
	for i, c := range list {
		out[i] = org.Choice{Value: strings.ToLower(firstOf(c.Value, "unknown")), Label: billState(c.Value).Text, Count: c.Count}
	}
	return out
}

var intervalWords = map[string]string{
	"MONTH": "monthly", "QUARTER": "quarterly", "SEMIANNUAL": "every half year", "ANNUAL": "yearly", "ONCE": "once", "NONE": "never",
	"": "unknown",
}

func billLine(s Shell, r org.SubscriptionRow) BillLine {
	line := BillLine{
		App: firstOf(r.AppName, "Product "+r.AppNumber()), Plan: r.Level, ID: r.APIID, Store: firstOf(r.StoreName, r.StoreHash()), Hash: r.StoreHash(),
		State: billState(r.Status), Price: r.Cost(), Interval: firstOf(intervalWords[r.Interval], r.Interval),
		PeriodEnd: s.Moment(r.PeriodEnd), Activated: s.Moment(r.Activated), Updated: s.Moment(r.Updated), Unseen: r.Unseen,
	}
	if r.App != 0 {
		line.AppHref = s.appHref(r.App)
	}
	if r.Store != 0 {
		line.StoreHref = s.storeHref(r.Store)
	}
	if line.PeriodEnd.Word == "never" { // the field was read and is null
		line.PeriodEnd.Word = "none given"
	}
	return line
}
