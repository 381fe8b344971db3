package views

import (
	"time"

	"github.com/a-h/templ"

	"rollcall/internal/org"
)

// Connect is the form that connects a BigCommerce account.
type Connect struct {
	Door
	Fields []Field
	Error  string
	Back   string // where "not now" leads; empty in the first run
}

// NewConnect makes the form. The token is never shown again, so it has to be pasted anew after a problem.
func NewConnect(d Door, uuid, back string, problem error) Connect {
	d.Title, d.Wide = "Connect an account", true
	if back == "" {
		d.Step = 2
	}
	p := Connect{Door: d, Back: back, Fields: []Field{
		{
			Name: "uuid", Label: "Account UUID", Value: uuid, Code: true, Required: true, Auto: "off",
			Hint: "Like 01234567-89ab-cdef-0123-456789abcdef. The whole API path can be pasted too.",
		},
		{
			Name: "token", Label: "Access token", Type: "password", Code: true, Required: true, Auto: "off",
			Hint: "It is stored sealed; only its last four characters are ever shown.",
		},
	}}
	p.Error = placeError(p.Fields, problem)
	return p
}

// Component renders the page.
func (p Connect) Component() templ.Component { return p.frame(connectPage(p)) }

// Check is what a test of an account's token found. Each ability is Unknown where nothing could be learned.
type Check struct {
	Account   org.Account
	CheckedAt time.Time
	Stores    int // -1: not known
	Abilities []Ability
	CanWrite  []string // what the token may change, in plain words; empty is right
	Error     string   // why the account cannot be read at all
	Requests  int      // spent by the check
}

// Ability is one thing that Rollcall reads, and whether the token lets it.
type Ability struct {
	What     string // Users and their rights in each store
	Can      org.Tri
	Scope    string // name of the scope that it needs
	Without  string // what is missing without it
	Required bool
}

// Checked shows what the token of an account can and lacks.
type Checked struct {
	Shell
	Head     Head
	Verdict  Callout
	Writes   *Callout
	Lines    []AbilityLine
	Facts    []Fact
	SyncPath string
	CanSync  bool
}

// AbilityLine is one ability as shown.
type AbilityLine struct {
	What, Detail string
	Scope        string
	Badge        Badge
}

// Fact is a name with its value; Code shows it as an identifier.
type Fact struct {
	Name, Value string
	Code        bool
}

// NewChecked makes the page from a check.
func NewChecked(s Shell, c Check) Checked {
	s.Title, s.Nav = "Connection", "settings"
	p := Checked{Shell: s, SyncPath: s.Path("sync"), CanSync: c.Error == ""}
	p.Head = Head{Crumb: Link{Text: "Settings", Href: s.Path("settings")}, Title: "Connection", Question: "Can Rollcall read everything that it needs, and nothing more?"}
	p.Facts = []Fact{
		{"Account", c.Account.Label(), false},
		{"UUID", s.Account.UUID, true},
		{"Token ends in", s.Account.TokenLast4, false},
		{"Checked", s.Stamp(c.CheckedAt).Full() + ", spent " + Counted(c.Requests, "request"), false},
	}
	missing := 0
	for _, a := range c.Abilities {
		p.Lines = append(p.Lines, abilityLine(a))
		if a.Can == org.No {
			missing++
		}
		if a.Required && a.Can == org.No {
			p.CanSync = false
		}
	}
	p.Verdict = verdict(c, p.CanSync, missing)
	if len(c.CanWrite) > 0 {
		p.Writes = &Callout{
			Tone: Warn, Title: "This token can change things, and Rollcall only reads",
			Text: "Make a token with read-only scopes and replace this one. Until then, whoever gets hold of it may:", Items: c.CanWrite,
		}
	}
	return p
}

// Component renders the page.
func (p Checked) Component() templ.Component { return p.frame(checkedPage(p)) }

func verdict(c Check, ok bool, missing int) Callout {
	switch {
	case c.Error != "":
		return Callout{Tone: Bad, Title: "The account cannot be read", Text: c.Error}
	case !ok:
		return Callout{Tone: Bad, Title: "The token lacks what a sync needs", Text: "Make a token with the scopes below and replace this one."}
	case missing > 0:
		return Callout{Tone: Warn, Title: "The connection works, with gaps", Text: "A sync can run. What the token may not read is shown as not permitted, never as empty."}
	case c.Stores >= 0:
		return Callout{Tone: Good, Title: "The connection works", Text: "The account has " + Counted(c.Stores, "store") + "."}
	}
	return Callout{Tone: Good, Title: "The connection works", Text: "How many stores the account has is not known yet."}
}

func abilityLine(a Ability) AbilityLine {
	line := AbilityLine{What: a.What, Scope: a.Scope}
	switch a.Can {
	case org.Yes:
		line.Badge = Badge{Text: "Can read", Tone: Good, Icon: "check"}
	case org.No:
		line.Badge, line.Detail = Badge{Text: "Not permitted", Tone: Warn, Icon: "lock"}, a.Without
		if a.Required {
			line.Badge.Tone = Bad
		}
	default:
		line.Badge, line.Detail = Badge{Text: "unknown", Dashed: true}, "The check could not tell."
	}
	return line
}
