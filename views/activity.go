package views

import (
	"slices"
	"strings"

	"github.com/a-h/templ"

	"rollcall/internal/org"
)

// Activity lists what was done in Rollcall.
type Activity struct {
	Shell
	Head      Head
	Proof     Callout
	Newest    string // hash of the newest row
	NewestRow string
	Filter    Filter
	Downloads []DownloadGroup
	Total     string
	Table     Table
	Rows      []ActivityLine
	Pager     Pager
	Empty     *Empty
}

// ActivityLine is one entry of the log.
type ActivityLine struct {
	At                   Stamp
	Exact                string // time of day to the millisecond, with its zone
	Actor, Text, Address string
	Action               string // as files and commands name it
	Subject              string // what the text does not name
	Outcome              Badge
	Before, After        string
	Details              []Pair
	Number               string
}

// ActivityLog is what the page shows: rows of the log, its newest state, the newest proof of it, and what its filters
// offer.
type ActivityLog struct {
	Page    org.ActivityPage
	Head    org.ActivityHead
	Proof   org.ActivityProof
	Actors  []org.Choice
	Actions []org.Choice
	Stores  []org.Choice // names of those that the log knows by their hash
}

// NewActivity makes the page.
func NewActivity(s Shell, log ActivityLog, q org.Query) Activity {
	s.Title, s.Nav = "Activity", "activity"
	l := list{shell: s, path: s.Path("activity"), query: q}
	p := Activity{Shell: s, Pager: l.pager(len(log.Page.Rows), 0, log.Page.Total, log.Page.Prev, log.Page.Next), Total: Counted(log.Page.Total, "row")}
	p.Head = Head{Title: "Activity", Question: "Who did what in Rollcall, when and from where?"}
	p.Filter = activityFilter(l, log)
	p.Downloads = []DownloadGroup{s.allFormats("These "+Counted(log.Page.Total, "row"), "activity", q)}
	p.Proof, p.Newest, p.NewestRow = chainCallout(s, log), log.Head.Hash.String(), "row "+Count(int(log.Head.Count))
	p.Table = Table{Caption: "Activity", Cards: true, Page: true, Columns: []Column{{Label: "When (" + s.ZoneLabel() + ")"}, {Label: "Who"}, {Label: "What"}, {Label: "Outcome"}, {Label: "From"}}}
	for _, r := range log.Page.Rows {
		p.Rows = append(p.Rows, activityLine(s, r, log.Stores))
	}
	if len(log.Page.Rows) == 0 {
		e := trulyNone("Nothing was done yet", "Sign-ins, syncs, downloads and changes of settings are written down here.")
		if len(l.chips()) > 0 {
			e = nothingMatches("rows", l.cleared())
		}
		p.Empty, p.Total = &e, ""
	}
	return p
}

// Component renders the page.
func (p Activity) Component() templ.Component { return p.frame(activityPage(p)) }

func activityFilter(l list, log ActivityLog) Filter {
	q := l.query
	actions := make([]org.Choice, len(log.Actions))
	for i, a := range log.Actions {
		actions[i] = org.Choice{Value: a.Value, Label: deed(a.Value), Count: a.Count}
	}
	slices.SortStableFunc(actions, func(a, b org.Choice) int { return strings.Compare(a.Label, b.Label) })
	var outcomes []org.Choice
	for _, word := range org.ActivityOutcomes() {
		outcomes = append(outcomes, org.Choice{Value: word})
	}
	about := []string{}
	if q.About != "" {
		about = append(about, string(q.About))
	}
	f := l.filter("Search by what it was about, address or request",
		choose("actor", "Who", "Anybody", q.Actors, log.Actors), choose("action", "What", "Anything", q.Actions, actions),
		choose("outcome", "Outcome", "Any", q.Outcomes, outcomes),
		choose("about", "Account", "This account and the installation", about, []org.Choice{
			{Value: string(org.AboutAccount), Label: "This account only"}, {Value: string(org.AboutInstallation), Label: "The installation only"},
		}))
	f.Fields = []Field{
		{Name: "from", ID: "f-from", Label: "From", Type: "date", Value: q.From},
		{Name: "to", ID: "f-to", Label: "To the end of", Type: "date", Value: q.To},
	}
	f.drop("from")
	f.drop("to")
	return f
}

// chainCallout says how far the log is proven to be what was written.
func chainCallout(s Shell, log ActivityLog) Callout {
	p := log.Proof
	switch at := s.Stamp(p.At); {
	case p.At.IsZero():
		return Callout{Tone: Info, Title: "The log was not verified yet", Text: "Every row holds the hash of the row before it. The command \"dashboard verify\" walks the whole chain; while Rollcall serves it does so by itself every day."}
	case !p.Whole():
		return Callout{Tone: Bad, Title: "The log is broken at row " + Count(int(p.Broken)), Text: "Found on " + at.Full() + ": " + p.Why + ". Keep a copy of the data folder as evidence and compare it with a backup."}
	default:
		text := "Walked on " + at.Full() + ": every row is as it was written."
		if p.Pruned > 0 {
			text += " " + Counted(int(p.Pruned), "older row") + " went by the retention, sealed in the log itself."
		}
		return Callout{Tone: Good, Title: "Verified up to row " + Count(int(p.Head.Count)), Text: text}
	}
}

func deed(action string) string {
	return strings.TrimSuffix(firstOf(deeds[action], action), " of store ")
}

// deeds tell in words what was done; subjects that are stores are named in them.
var deeds = map[string]string{
	"account.check": "Checked the connection of an account", "account.connect": "Connected an account", "account.disconnect": "Removed an account, history kept",
	"account.purge": "Removed an account with its history", "account.totals": "Changed whether wrong totals are accepted", "account.token": "Replaced the token of an account",
	"backup": "Made a backup", "doctor": "Ran the doctor", "download": "Downloaded a file", "export": "Made a file", "export.remove": "Removed made files",
	"demo.next-day": "Let a day of the demo pass, and read it", "member.create": "Added a member", "member.password": "Set a member's password", "member.setup": "Created the first admin", "role": "Was kept out by their role",
	"settings": "Changed the settings", "sign-in": "Signed in", "sign-out": "Signed out", "store.labels": "Changed labels of store ",
	"host.approve": "Approved a host", "host.forget": "Took back the approval of a host",
	"expected.add": "Wrote down expected webhooks", "expected.import": "Imported expected webhooks", "expected.freeze": "Froze webhooks as expected", "expected.remove": "Forgot expected webhooks",
	"api-account.import": "Added an API account from a credentials file", "api-account.import-csv": "Added an API account from a CSV file", "api-account.add": "Added an API account", "api-account.edit": "Edited an API account",
	"api-account.token": "Replaced the token of an API account", "api-account.remove": "Took an API account out of the register", "api-account.verify": "Verified an API account",
	"webhook.reactivate": "Reactivated a webhook", "webhook.emails": "Set notification e-mails",
	"activity.verify": "Verified the activity log", "activity.prune": "Removed old rows of the activity log, sealed", "activity.dropped": "Rows of the activity log were not passed on",
	"restore": "Restored a backup", "key.rotate": "Changed the master key",
	"sync": "Ran a sync", "sync.cancel": "Cancelled a sync", "sync.webhooks.start": "Asked for the webhooks to be read", "sync.webhooks": "Webhooks were read", "sync.start": "Started a sync",
}

// activityLine tells an entry of the log; an action without words of its own is shown as it is.
func activityLine(s Shell, r org.ActivityRow, stores []org.Choice) ActivityLine {
	local := r.At.In(s.zone())
	line := ActivityLine{
		At: s.Stamp(r.At), Exact: local.Format("15:04:05.000") + " " + zoneName(local), Number: "Row " + Count(int(r.ID)),
		Actor: r.Actor, Text: firstOf(deeds[r.Action], r.Action), Action: r.Action, Subject: r.Subject, Address: r.Address,
		Outcome: outcomeBadge(r.Outcome), Before: r.Before, After: r.After, Details: activityDetails(r),
	}
	switch {
	case r.Action == "store.labels":
		line.Text, line.Subject = line.Text+labelOf(stores, r.Subject), ""
	case strings.HasPrefix(r.Action, "account.") || strings.HasPrefix(r.Action, "sync."):
		for _, a := range s.Accounts {
			if a.UUID == r.Subject {
				line.Subject = a.Label()
			}
		}
	}
	return line
}

// activityDetails are what few people need; empty ones are left out.
func activityDetails(r org.ActivityRow) (list []Pair) {
	for _, pair := range []Pair{
		{"Action", r.Action},
		{"UTC", r.At.UTC().Format("2006-01-02T15:04:05.000Z07:00")},
		{"Session", r.Session},
		{"Request", r.Request},
		{"Hash", r.Hash.String()},
	} {
		if pair.Value != "" {
			list = append(list, pair)
		}
	}
	return list
}

func outcomeBadge(outcome string) Badge {
	switch outcome {
	case "done":
		return Badge{Text: "done", Tone: Good}
	case "refused":
		return Badge{Text: "refused", Tone: Warn}
	case "failed":
		return Badge{Text: "failed", Tone: Bad}
	}
	return Badge{Text: firstOf(outcome, "unknown"), Tone: Quiet}
}
