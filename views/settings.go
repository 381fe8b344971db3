package views

import (
	"strconv"

	"github.com/a-h/templ"

	"rollcall/internal/org"
)

// Settings changes what pages and files say, and which accounts are connected.
type Settings struct {
	Shell
	Head     Head
	Action   string
	Fields   []Field
	Daily    bool
	At       Field
	Error    string
	Accounts []AccountLine
	Labels   []Link
	Totals   Totals
}

// AccountLine is one connected account.
type AccountLine struct {
	Name, UUID, Last4, Connected string
	State                        Badge
	Token, Remove                Field
	CheckPath, TokenPath         string
	RemovePath                   string
	Live                         bool
}

// NewSettings makes the page. problem is about the form that was sent.
func NewSettings(s Shell, set org.Settings, labels []org.Choice, problem error) Settings {
	s.Title, s.Nav = "Settings", "settings"
	p := Settings{Shell: s, Action: s.Path("settings"), Daily: set.DailySync}
	p.Head = Head{Title: "Settings", Question: "How are times shown, when does a sync run, and which accounts are connected?"}
	zone := "UTC"
	if set.Zone != nil {
		zone = set.Zone.String()
	}
	fields := []Field{
		{Name: "zone", Label: "Display zone", Value: zone, Auto: "off", Hint: "A name like Europe/Berlin or UTC. Pages use it; files are always in UTC.", List: zones},
		{Name: "days", Label: "A user is inactive after (days)", Type: "number", Value: strconv.Itoa(set.InactiveDays), Hint: "Days without a sign-in, counted back from when a store was read."},
		{Name: "at", Label: "Time of day", Type: "time", Value: set.SyncAt, Hint: "In the display zone."},
	}
	p.Error = placeError(fields, problem)
	p.Fields, p.At = fields[:2], fields[2]
	for _, a := range s.Accounts {
		p.Accounts = append(p.Accounts, accountLine(s, a))
	}
	for _, label := range labels {
		p.Labels = append(p.Labels, Link{Text: firstOf(label.Label, label.Value) + " (" + Counted(label.Count, "store") + ")", Href: s.To(org.Query{Labels: []string{label.Value}}, "stores")})
	}
	return p
}

// Component renders the page.
func (p Settings) Component() templ.Component { return p.frame(settingsPage(p)) }

var zones = []string{
	"UTC", "Europe/Berlin", "Europe/London", "Europe/Paris", "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles",
	"America/Sao_Paulo", "Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney",
}

func accountLine(s Shell, a org.Account) AccountLine {
	at := Shell{Account: a}
	id := strconv.FormatInt(int64(a.ID), 10)
	line := AccountLine{
		Name: a.Label(), UUID: a.UUID, Last4: firstOf(a.TokenLast4, "none"), Connected: "Token ends in " + firstOf(a.TokenLast4, "none") + ", connected since " + s.Stamp(a.CreatedAt).Day, Live: a.Connected,
		State: Badge{Text: "Connected", Tone: Good}, CheckPath: at.Path("check"), TokenPath: at.Path("token"), RemovePath: at.Path("remove"),
		Token:  Field{Name: "token", ID: "token-" + id, Label: "New access token", Type: "password", Code: true, Auto: "off", Required: true, Hint: "It is checked before it replaces the old one."},
		Remove: Field{Name: "confirm", ID: "confirm-" + id, Label: "Type the account's name to confirm", Auto: "off", Required: true, Hint: a.Label()},
	}
	if !a.Connected {
		line.State = Badge{Text: "Removed, history kept", Tone: Quiet}
	}
	if a.CreatedAt.IsZero() {
		line.Connected = "Token ends in " + line.Last4
	}
	return line
}

// Problem says what went wrong in three sentences: what happened, what it means for the data, what to do.
type Problem struct {
	Shell   Shell
	Door    Door
	Title   string
	What    string
	Meaning string
	Do      string
	Request string // id of the request, to find it in the log
	Links   []Link
}

// NewProblem makes the error page of a status. The shell may be empty: then the page stands alone.
func NewProblem(s Shell, d Door, status int, err error, request string) Problem {
	words, ok := problems[status]
	if !ok {
		words = problems[500]
	}
	p := Problem{Shell: s, Door: d, Title: words.title, What: org.TextOf(err), Meaning: words.meaning, Do: words.do, Request: request}
	p.Shell.Title, p.Door.Title = p.Title, p.Title
	if s.Account.ID != 0 {
		p.Links = []Link{{Text: "Overview", Href: s.Path(), Primary: true}}
	} else {
		p.Links = []Link{{Text: "Start page", Href: "/", Primary: true}}
	}
	return p
}

var problems = map[int]struct{ title, meaning, do string }{
	400: {"This request cannot be understood", "Nothing was changed.", "Check the address or the form and try again."},
	401: {"You are not signed in", "Nothing was changed.", "Sign in and do it again."},
	403: {"This is not allowed", "Nothing was changed.", "Ask an admin of this Rollcall for the right to do it."},
	404: {"There is nothing here", "Your data is as it was. The address may be old, or what it named was removed.", "Go back, or start from the overview."},
	409: {"This cannot be done now", "Nothing was changed.", "Read the reason, then try again."},
	413: {"That was too much", "Nothing was changed.", "Send less at once."},
	422: {"Something in the form is not right", "Nothing was changed.", "Correct it and send the form again."},
	429: {"Too many tries", "Nothing was changed.", "Wait until the time named above, then try again."},
	500: {"Something went wrong in Rollcall", "What was saved before is safe; the last action may not have been done.", "Try again. If it stays, give the request number below to whoever runs this Rollcall: the log has the cause."},
	502: {"BigCommerce did not give what was asked for", "What was read before is kept.", "Read the reason. Check the connection in Settings, or try again later."},
	503: {"Rollcall cannot do this right now", "What was saved before is safe.", "Try again in a moment."},
}

// Component renders the page.
func (p Problem) Component() templ.Component {
	if p.Shell.Account.ID != 0 {
		return p.Shell.frame(problemPage(p))
	}
	return p.Door.frame(problemPage(p))
}
