package views

import (
	"strings"

	"github.com/a-h/templ"

	"rollcall/internal/org"
)

// EntryForm are the fields of an entry of the register.
type EntryForm struct {
	Kinds   []Option
	About   []Field // name, store, client ID
	Secrets []Field // token and client secret; none when an entry is edited
	Duty    []Field // owner, purpose, system
	Days    []Field
	Scopes  Area
	Notes   Area
	Error   string
}

// Area is a field of several lines.
type Area struct {
	Name, Label, Hint, Value, Error string
	Rows                            string
	Code                            bool
}

func (a Area) described() string {
	ids := ""
	if a.Hint != "" {
		ids = a.Name + "-hint"
	}
	if a.Error != "" {
		ids += " " + a.Name + "-error"
	}
	return ids
}

// entryForm fills the form with an entry; secrets are never filled in.
func entryForm(a org.APIAccount, stores []org.Choice, withSecrets bool, problem error) EntryForm {
	f := EntryForm{
		Scopes: Area{Name: "scopes", Label: "Scopes that it should have", Value: strings.Join(a.Declared, "\n"), Rows: "4", Code: true, Hint: "One in each line, for example store_v2_orders_read_only. What the token has beyond these becomes a finding. Empty: nothing to compare with."},
		Notes:  Area{Name: "notes", Label: "Notes", Value: a.Notes, Rows: "3"},
	}
	for _, k := range org.APIAccountKinds() {
		f.Kinds = append(f.Kinds, Option{string(k), kindName(k), k == a.Kind})
	}
	hashes := make([]string, 0, len(stores))
	for _, c := range stores[:min(len(stores), 200)] {
		hashes = append(hashes, c.Value)
	}
	f.About = []Field{
		{Name: "name", Label: "Name", Value: a.Name, Required: true, Auto: "off", Hint: "As at BigCommerce, at least 4 characters."},
		{Name: "store", Label: "Store hash", Value: a.StoreHash, Code: true, Auto: "off", List: hashes, Hint: "The part of the API path after /stores/. Empty for account-level ones."},
		{Name: "client", Label: "Client ID", Value: a.ClientID, Code: true, Auto: "off", Hint: "BigCommerce shows it only at creation."},
	}
	f.Duty = []Field{
		{Name: "owner", Label: "Owner", Value: a.Owner, Auto: "off", Hint: "Who answers for it."},
		{Name: "purpose", Label: "Purpose", Value: a.Purpose, Auto: "off", Hint: "What it is for."},
		{Name: "system", Label: "System", Value: a.System, Auto: "off", Hint: "What uses it."},
	}
	f.Days = []Field{
		{Name: "created", Label: "Created", Type: "date", Value: a.Created},
		{Name: "rotated", Label: "Last rotated", Type: "date", Value: a.Rotated},
		{Name: "review", Label: "Review due", Type: "date", Value: a.ReviewDue},
	}
	if withSecrets {
		f.Secrets = []Field{
			{Name: "token", Label: "Access token", Type: "password", Code: true, Auto: "off", Hint: "Verified at once. Empty: the entry is kept without one."},
			{Name: "secret", Label: "Client secret", Type: "password", Code: true, Auto: "off", Hint: "Optional."},
		}
	}
	f.place(problem)
	return f
}

// place puts a problem at its field, or above the form.
func (f *EntryForm) place(problem error) {
	areas := []Field{{Name: "scopes"}, {Name: "notes"}}
	for _, fields := range [][]Field{f.About, f.Secrets, f.Duty, f.Days, areas} {
		if problem == nil {
			break
		}
		if f.Error = placeError(fields, problem); f.Error == "" {
			break
		}
	}
	f.Scopes.Error, f.Notes.Error = areas[0].Error, areas[1].Error
}

// Broken tells whether a problem is shown in the form.
func (f EntryForm) Broken() bool {
	for _, fields := range [][]Field{f.About, f.Secrets, f.Duty, f.Days} {
		for _, field := range fields {
			if field.Error != "" {
				return true
			}
		}
	}
	return f.Error+f.Scopes.Error+f.Notes.Error != ""
}

// EditAPIAccount edits an entry of the register.
type EditAPIAccount struct {
	Shell
	Head   Head
	Action string
	Back   string
	Fields EntryForm
}

// NewEditAPIAccount makes the page; a is what stands in the form.
func NewEditAPIAccount(s Shell, a org.APIAccount, label string, stores []org.Choice, problem error) EditAPIAccount {
	s.Title, s.Nav = "Edit "+label, "api-accounts"
	p := EditAPIAccount{Shell: s, Back: s.apiAccountHref(a.ID), Fields: entryForm(a, stores, false, problem)}
	p.Action = p.Back + "/edit"
	p.Head = Head{Crumb: Link{Text: label, Href: p.Back}, Title: "Edit " + label, Question: "The register keeps what people know about an API account. Nothing changes at BigCommerce."}
	return p
}

// Component renders the page.
func (p EditAPIAccount) Component() templ.Component { return p.frame(editAPIAccountPage(p)) }
