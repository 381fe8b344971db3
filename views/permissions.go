package views

import (
	"github.com/a-h/templ"

	"rollcall/internal/org"
)

// Permissions shows who holds what, by area.
type Permissions struct {
	Shell
	Head  Head
	Stats []Stat
	Areas []PermissionArea
	Basis string
	Empty *Empty
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

// NewPermissions makes the page. Rows come in any order; areas follow the control panel.
func NewPermissions(s Shell, rows []org.PermissionRow) Permissions {
	s.Title, s.Nav = "Permissions", "permissions"
	p := Permissions{Shell: s, Basis: s.Basis()}
	p.Head = Head{Title: "Permissions", Question: "Which permissions exist, how many hold each, and who are they?",
		Actions: []templ.Component{downloadMenu([]DownloadGroup{s.downloads("Permissions with their holders", "permissions", org.Query{}),
			s.downloads("Each access with each permission", "permission-matrix", org.Query{})})}}
	if len(rows) == 0 {
		e := trulyNone("Nobody holds a permission", "Rights were read, and every set is empty.")
		if s.Snapshot.ID == 0 {
			e = neverSynced(s)
		}
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
		a := permissionArea(s, org.Area{Name: org.UnknownArea, Names: org.NewPermissionSet(unknown)}, byName)
		a.Note = "Permissions that are newer than this version of Rollcall. They are shown and counted, but they have no place in roles."
		p.Areas = append(p.Areas, a)
	}
	for _, area := range org.Areas() {
		p.Areas = append(p.Areas, permissionArea(s, area, byName))
	}
	return p
}

// Component renders the page.
func (p Permissions) Component() templ.Component { return p.frame(permissionsPage(p)) }

func permissionArea(s Shell, area org.Area, byName map[string]org.PermissionRow) PermissionArea {
	a := PermissionArea{Name: area.Name}
	for _, name := range area.Names {
		r := byName[name]
		line := PermissionLine{Label: org.PermissionLabel(name), Name: name, Allows: org.Allows(name), Users: Count(r.Users), Accesses: Count(r.Accesses), Stores: Count(r.Stores)}
		line.Href = s.To(org.Query{Permissions: []string{name}}, "users")
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
