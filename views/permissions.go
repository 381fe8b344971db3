package views

import (
	"github.com/a-h/templ"

	"rollcall/internal/org"
)

// Permissions shows who holds what, by area.
type Permissions struct {
	Shell
	Head   Head
	Filter Filter
	Areas  []PermissionArea
	Basis  string
	Empty  *Empty
}

// PermissionArea is one area with its permissions.
type PermissionArea struct {
	Name, Note string
	Lines      []PermissionLine
}

// PermissionLine is one permission with its holders.
type PermissionLine struct {
	Label, Name, Href       string
	Allows                  string
	Users, Accesses, Stores string
	Flag                    *Badge
}

// NewPermissions makes the page. Rows come in any order; areas follow the control panel. What is counted are the
// accesses that match the query.
func NewPermissions(s Shell, rows []org.PermissionRow, q org.Query, choices org.FilterChoices) Permissions {
	s.Title, s.Nav = "Permissions", "permissions"
	l := list{shell: s, path: s.Path("permissions"), query: q, choices: choices}
	p := Permissions{Shell: s, Basis: s.Basis(), Filter: userFilter(l, choices)}
	if len(p.Filter.Chips) > 0 {
		p.Basis += ". Only accesses that match the filters are counted"
	}
	p.Head = Head{
		Title: "Permissions", Question: "Which permissions exist, how many hold each, and who are they?",
		Actions: []templ.Component{downloadMenu([]DownloadGroup{
			s.downloads("Permissions with their holders", "permissions", q),
			s.downloads("Each access with each permission", "permission-matrix", q),
		})},
	}
	if len(rows) == 0 {
		e := permissionsEmpty(s, l)
		p.Empty = &e
		return p
	}
	byName := map[string]org.PermissionRow{}
	var unknown []string
	for _, r := range rows {
		byName[r.Name] = r
		if org.AreaOf(r.Name) == org.UnknownArea {
			unknown = append(unknown, r.Name)
		}
	}
	if len(unknown) > 0 {
		a := permissionArea(l, org.Area{Name: org.UnknownArea, Names: org.NewPermissionSet(unknown)}, byName)
		a.Note = "Permissions that are newer than this version of Rollcall. They are shown and counted, but they have no place in roles."
		p.Areas = append(p.Areas, a)
	}
	for _, area := range org.Areas() {
		p.Areas = append(p.Areas, permissionArea(l, area, byName))
	}
	return p
}

// Component renders the page.
func (p Permissions) Component() templ.Component { return p.frame(permissionsPage(p)) }

func permissionsEmpty(s Shell, l list) Empty {
	switch {
	case s.Snapshot.ID == 0:
		return neverSynced(s)
	case len(l.chips()) > 0:
		return nothingMatches("permissions", l.cleared())
	}
	return trulyNone("Nobody holds a permission", "Rights were read, and every set is empty.")
}

func permissionArea(l list, area org.Area, byName map[string]org.PermissionRow) PermissionArea {
	a := PermissionArea{Name: area.Name}
	for _, name := range area.Names {
		r := byName[name]
		line := PermissionLine{Label: org.PermissionLabel(name), Name: name, Allows: org.Allows(name), Users: Count(r.Users), Accesses: Count(r.Accesses), Stores: Count(r.Stores)}
		holders := l.query.FirstPage()
		holders.Permissions = []string{name}
		line.Href = l.shell.To(holders, "users")
		one := org.PermissionSet{name}
		switch {
		case len(one.Privileged()) > 0:
			line.Flag = &Badge{Text: "Privileged", Tone: Bad, Icon: "shield-alert"}
		case len(one.Sensitive()) > 0:
			line.Flag = &Badge{Text: "Sensitive", Tone: Warn}
		}
		a.Lines = append(a.Lines, line)
	}
	return a
}

func (a PermissionArea) table() Table {
	return Table{Caption: a.Name, Cards: true, Fixed: true, Columns: []Column{{Label: "Permission"}, {Label: "Kind"}, {Label: "Users", Right: true}, {Label: "Accesses", Right: true}, {Label: "Stores", Right: true}}}
}
