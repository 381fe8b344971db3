package views

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"rollcall/internal/org"
)

// Exports makes files and lists those that were made.
type Exports struct {
	Shell
	Head    Head
	Action  string
	Kinds   []ExportKind
	Formats []Option
	AsOf    Field
	Where   Field
	Error   string
	Table   Table
	Rows    []ExportLine
	Pager   Pager
	Empty   *Empty
}

// ExportKind is one kind of file.
type ExportKind struct {
	Value, Label, Hint string
	Checked            bool
}

// ExportLine is a file that was made.
type ExportLine struct {
	Name, Kind, Rows, Size, By string
	Made                       Stamp
	SHA                        string
	Href, Manifest             string
}

// ExportForm is what was typed.
type ExportForm struct{ Kind, Format, AsOf, Where string }

var exportKinds = []ExportKind{
	{Value: "access", Label: "Accesses", Hint: "One row for each user in each store, with rights and last sign-in"},
	{Value: "users", Label: "Users", Hint: "One row for each user, summed up over all stores"},
	{Value: "changes", Label: "Changes", Hint: "What was added, removed or changed, with before and after"},
	{Value: "permission-matrix", Label: "Permission matrix", Hint: "Accesses as rows, permissions as columns"},
	{Value: "matrix", Label: "Access matrix", Hint: "Users as rows, stores as columns, roles in the cells"},
	{Value: "stores", Label: "Stores", Hint: "One row for each store, with its completeness"},
	{Value: "permissions", Label: "Permissions", Hint: "Each permission with the number of its holders"},
	{Value: "apps", Label: "Apps", Hint: "Each app with the stores that have it and who may open it"},
	{Value: "subscriptions", Label: "Subscriptions", Hint: "What the account pays for apps: state, price, end of the period"},
	{Value: "snapshots", Label: "Snapshots", Hint: "Every state that is kept, and how it was read"},
}

// NewExports makes the page. problem is about the form that was sent.
func NewExports(s Shell, files org.ExportPage, form ExportForm, problem error) Exports {
	s.Title, s.Nav = "Exports", "exports"
	l := list{shell: s, path: s.Path("exports")}
	p := Exports{Shell: s, Action: l.path, Pager: l.pager(len(files.Rows), files.From, files.Total, files.Prev, files.Next)}
	p.Head = Head{Title: "Exports", Question: "Which file do you need, and which were made before?"}
	for _, k := range exportKinds {
		k.Checked = k.Value == firstOf(form.Kind, "access")
		p.Kinds = append(p.Kinds, k)
	}
	for _, f := range []string{"csv", "xlsx", "json", "jsonl"} {
		p.Formats = append(p.Formats, Option{f, formatNames[f], f == form.Format})
	}
	fields := []Field{
		{Name: "as-of", ID: "export-as-of", Label: "As of the end of", Type: "date", Value: form.AsOf, Hint: "Empty for the newest state."},
		{Name: "where", Label: "Only rows that match", Value: form.Where, Code: true, Hint: "The part after ? in the address of a filtered list, for example role=owner-like&login=never."},
	}
	p.Error = placeError(fields, problem)
	p.AsOf, p.Where = fields[0], fields[1]
	p.Table = Table{Caption: "Files made before", Cards: true, Columns: []Column{{Label: "File"}, {Label: "Made"}, {Label: "Rows", Right: true}, {Label: "Size", Right: true}, {Label: "By"}, {Label: "SHA-256"}, {Label: "Links", Hidden: true}}}
	for _, f := range files.Rows {
		p.Rows = append(p.Rows, exportLine(s, f))
	}
	if len(files.Rows) == 0 {
		e := trulyNone("No file was made yet", "Files from here and from the Download menus are listed, each with a manifest that proves what it holds.")
		if files.Total > 0 {
			e = trulyNone("There is no file here", "The first page of the list begins with the newest.")
		}
		p.Empty = &e
	}
	return p
}

// Component renders the page.
func (p Exports) Component() templ.Component { return p.frame(exportsPage(p)) }

func exportLine(s Shell, f org.ExportFile) ExportLine {
	id := strconv.FormatInt(f.ID, 10)
	return ExportLine{
		Name: f.Name, Kind: f.Kind, Rows: Count(f.Rows), Size: Bytes(f.Bytes), By: f.By, Made: s.Stamp(f.Made), SHA: f.SHA256,
		Href: s.Path("exports", id, "file"), Manifest: s.Path("exports", id, "manifest"),
	}
}

// ShortSHA is the beginning of the hash.
func (l ExportLine) ShortSHA() string { return l.SHA[:min(12, len(l.SHA))] }

// Activity lists what was done in Rollcall.
type Activity struct {
	Shell
	Head  Head
	Table Table
	Rows  []ActivityLine
	Pager Pager
	Empty *Empty
}

// ActivityLine is one entry of the log.
type ActivityLine struct {
	At                   Stamp
	Actor, Text, Address string
	Action               string // as files and commands name it
	Subject              string // what the text does not name
	Outcome              Badge
	Before, After        string
}

// NewActivity makes the page. older is the cursor of the next page, newer that of the previous one; stores name those
// that the log knows by their hash.
func NewActivity(s Shell, rows []org.ActivityRow, stores []org.Choice, total int, newer, older string) Activity {
	s.Title, s.Nav = "Activity", "activity"
	l := list{shell: s, path: s.Path("activity")}
	p := Activity{Shell: s, Pager: l.pager(len(rows), 0, total, newer, older)}
	p.Head = Head{Title: "Activity", Question: "Who did what in Rollcall, when and from where?"}
	p.Table = Table{Caption: "Activity", Cards: true, Columns: []Column{{Label: "When (" + s.ZoneLabel() + ")"}, {Label: "Who"}, {Label: "What"}, {Label: "Outcome"}, {Label: "From"}}}
	for _, r := range rows {
		p.Rows = append(p.Rows, activityLine(s, r, stores))
	}
	if len(rows) == 0 {
		e := trulyNone("Nothing was done yet", "Sign-ins, syncs, downloads and changes of settings are written down here.")
		p.Empty = &e
	}
	return p
}

// Component renders the page.
func (p Activity) Component() templ.Component { return p.frame(activityPage(p)) }

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
	"sync": "Ran a sync", "sync.cancel": "Cancelled a sync", "sync.start": "Started a sync",
}

// activityLine tells an entry of the log; an action without words of its own is shown as it is.
func activityLine(s Shell, r org.ActivityRow, stores []org.Choice) ActivityLine {
	line := ActivityLine{
		At: s.Stamp(r.At), Actor: r.Actor, Text: firstOf(deeds[r.Action], r.Action), Action: r.Action, Subject: r.Subject, Address: r.Address,
		Outcome: outcomeBadge(r.Outcome), Before: r.Before, After: r.After,
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
