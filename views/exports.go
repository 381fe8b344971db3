package views

import (
	"strconv"

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
	{Value: "webhooks", Label: "Webhooks", Hint: "One row for each webhook that the registered tokens show"},
	{Value: "api-accounts", Label: "API accounts", Hint: "The register with its verifications, without secrets"},
	{Value: "snapshots", Label: "Snapshots", Hint: "Every state that is kept, and how it was read"},
	{Value: "activity", Label: "Activity", Hint: "Who did what in Rollcall, with the hash of each row"},
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
