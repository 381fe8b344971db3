package views

import (
	"cmp"
	"regexp"
	"slices"

	"github.com/a-h/templ"

	"rollcall/internal/org"
)

// ImportState is what became of one file.
type ImportState uint8

// States of imported files and of lines of an imported register.
const (
	ImportFailed ImportState = iota // nothing was registered; Problem says why
	ImportAdded                     // registered, and verified when there is a token
	ImportKnown                     // was in the register already
)

// ImportOutcome is what became of one file, or of one line of a register.
type ImportOutcome struct {
	Name    string // of the file, or of the line
	State   ImportState
	Entry   org.APIAccount // that was added, or that it is already; with its proof
	Problem string         // in plain words, naming line and label, never holding a secret
}

// SafeFileName is the name of a file without what may be a client ID or a token in it (facts 3.5): of long runs of
// letters and digits only the end stays.
func SafeFileName(name string) string {
	return longRun.ReplaceAllStringFunc(name, func(run string) string { return "…" + run[len(run)-4:] })
}

var longRun = regexp.MustCompile(`[A-Za-z0-9]{16,}`)

// AddAPIAccounts registers API accounts: from files, from a register in a CSV file, or typed in.
type AddAPIAccounts struct {
	Shell
	Head     Head
	Import   string // addresses of the three forms
	CSV      string
	Form     string
	Error    string
	CSVError string
	Results  []ImportLine
	Summary  Callout
	Fields   EntryForm
}

// ImportLine is what became of one file as shown.
type ImportLine struct {
	Name, Says  string
	Badge       Badge
	Proof       *Badge
	Entry       Link
	EntryDetail string
}

// csvColumns tells how a register looks as a file.
const csvColumns = "The first line names the columns: store_hash, name, kind, client_id, scopes, owner, purpose, system, created, rotated, review_due, notes; only name is needed. Scopes are joined with semicolons. No tokens: those come by their files, or on the page of each entry."

// resultsShown is how many outcomes of one import a page lists.
const resultsShown = 500

// AddProblem says which of the forms a problem is about.
type AddProblem struct {
	Files, CSV, Form error
}

// NewAddAPIAccounts makes the page. results are of the member's last import; entry is what was typed into the form.
func NewAddAPIAccounts(s Shell, results []ImportOutcome, entry org.APIAccount, stores []org.Choice, problem AddProblem) AddAPIAccounts {
	s.Title, s.Nav = "Add API accounts", "api-accounts"
	p := AddAPIAccounts{Shell: s, Import: s.Path("api-accounts", "import"), CSV: s.Path("api-accounts", "import-csv"), Form: s.Path("api-accounts", "add")}
	p.Head = Head{
		Crumb: Link{Text: "API accounts", Href: s.To(org.Query{}, "api-accounts")}, Title: "Add API accounts",
		Question: "A credentials file dropped here becomes a verified API account in one step. Its token is sealed; only the last four characters are ever shown.",
	}
	p.Summary = importSummary(results)
	if len(results) > resultsShown {
		p.Summary.Items = append(p.Summary.Items, "Listed are "+Count(resultsShown)+" of "+Count(len(results))+", those that were not added first")
		results = slices.SortedStableFunc(slices.Values(results), func(a, b ImportOutcome) int {
			return cmp.Compare(min(a.State, ImportAdded), min(b.State, ImportAdded))
		})[:resultsShown]
	}
	for _, r := range results {
		p.Results = append(p.Results, importLine(s, r))
	}
	p.Error, p.CSVError = problemText(problem.Files), problemText(problem.CSV)
	p.Fields = entryForm(entry, stores, true, problem.Form)
	return p
}

// Component renders the page.
func (p AddAPIAccounts) Component() templ.Component { return p.frame(addAPIAccountsPage(p)) }

func problemText(err error) string {
	if err == nil {
		return ""
	}
	return org.TextOf(err)
}

func importLine(s Shell, r ImportOutcome) ImportLine {
	line := ImportLine{Name: SafeFileName(r.Name), Says: r.Problem}
	if r.State == ImportFailed {
		line.Badge = Badge{Text: "Not added", Tone: Bad, Icon: "circle-x"}
		return line
	}
	line.Entry = Link{Text: r.Entry.Label(), Href: s.apiAccountHref(r.Entry.ID)}
	line.EntryDetail = storeOf(r.Entry)
	if r.Entry.TokenLast4 != "" {
		line.EntryDetail += ", token …" + r.Entry.TokenLast4
	}
	proof := proofBadge(r.Entry.Proof)
	line.Proof = &proof
	if line.Badge = (Badge{Text: "Added", Tone: Good, Icon: "check"}); r.State == ImportKnown {
		line.Badge = Badge{Text: "Already registered", Tone: Quiet}
	}
	if line.Says == "" {
		line.Says = r.Entry.Proof.Cause
	}
	return line
}

func importSummary(results []ImportOutcome) Callout {
	var counts [3]int
	working := 0
	for _, r := range results {
		counts[r.State]++
		if r.State == ImportAdded && r.Entry.Proof.State.Works() {
			working++
		}
	}
	c := Callout{Tone: Good, Title: Count(counts[ImportAdded]) + " added"}
	switch n := counts[ImportAdded]; {
	case n > 0 && working == n:
		c.Title = Counted(n, "API account") + " added, verified and working"
	case n > 0:
		c.Tone, c.Title = Warn, Counted(n, "API account")+" added, "+Count(working)+" verified and working"
	case counts[ImportFailed] == 0:
		c.Tone, c.Title = Info, "Nothing new: each was registered before"
	default:
		c.Title = "Nothing was added"
	}
	if n := counts[ImportKnown]; n > 0 && counts[ImportAdded]+counts[ImportFailed] > 0 {
		c.Items = append(c.Items, Count(n)+" already registered")
	}
	if n := counts[ImportFailed]; n > 0 {
		if c.Tone = Warn; counts[ImportAdded]+counts[ImportKnown] == 0 {
			c.Tone = Bad
		}
		c.Items = append(c.Items, Count(n)+" not added: read why below, correct the file and add it again")
	}
	return c
}
