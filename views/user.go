package views

import (
	"slices"
	"strings"

	"github.com/a-h/templ"

	"rollcall/internal/org"
)

// User shows one user in every store.
type User struct {
	Shell
	Head      Head
	Facts     []Fact
	Callouts  []Callout
	Drift     Drift
	Table     Table
	Rows      []AccessLine
	Timeline  []ChangeLine
	Changes   string // address of all changes of this user
	Apps      []AppLine
	AppsNote  string
	Reasons   []Reason
	Downloads []DownloadGroup
	Basis     string
}

// AccessLine is one access of a user, or one user of a store.
type AccessLine struct {
	Href, Name, Note string
	Role, Status     Badge
	Flags            []Badge
	Rights           string // 87 permissions
	Diff             Diff
	DiffText         string
	Login            Stamp
	State            *Badge
	Unseen           bool
	Read             Stamp
	Apps             string
}

// AppLine is one app that the user may open, with the number of stores.
type AppLine struct{ Name, Stores string }

// Reason says why somebody is privileged or sensitive: a permission, what it allows and where it is held.
type Reason struct {
	Label, Name, Allows string
	Stores              string
	Privileged          bool
}

// NewUser makes the page of one user.
func NewUser(s Shell, u org.UserDetail) User {
	s.Title, s.Nav = u.Name(), "users"
	p := User{
		Shell: s, Facts: userFacts(s, u), Drift: driftOf(s, u.Accesses), Timeline: changeLines(s, u.Timeline, "user"), Basis: s.Basis(),
		Changes: s.To(org.Query{Users: []org.UserID{u.ID}}, "changes"),
	}
	p.Head = userHead(s, u)
	p.Callouts = userCallouts(s, u)
	p.Reasons = userReasons(u)
	p.Apps, p.AppsNote = userApps(u)
	p.Table = Table{Caption: "Stores of this user", Cards: true, Columns: []Column{
		{Label: "Store"},
		{Label: "Role (derived)"},
		{Label: "Rights"},
		{Label: "Status"},
		{Label: "Last sign-in (" + s.ZoneLabel() + ")"},
		{Label: "Apps"},
	}}
	usual := org.PermissionSet(nil)
	if groups := groupSets(u.Accesses); len(groups) > 0 {
		usual = groups[0].set
	}
	for _, a := range sortedAccesses(u.Accesses, usual) {
		line := accessLine(s, a)
		line.Href, line.Name, line.Note = s.storeHref(a.Store), a.StoreName, a.StoreHash
		if a.RightsRead {
			line.Diff = diffOf(usual, a.Permissions)
			line.DiffText = "as usual"
			if !line.Diff.None() {
				line.DiffText = line.Diff.Short() + " against usual"
			}
		}
		p.Rows = append(p.Rows, line)
	}
	return p
}

// Component renders the page.
func (p User) Component() templ.Component { return p.frame(userPage(p)) }

// sortedAccesses puts stores where the rights differ from the usual ones first.
func sortedAccesses(rows []org.AccessRow, usual org.PermissionSet) []org.AccessRow {
	rows = slices.Clone(rows)
	differs := func(a org.AccessRow) int {
		if !a.RightsRead {
			return -1
		}
		return -len(a.Permissions.Minus(usual)) - len(usual.Minus(a.Permissions))
	}
	slices.SortStableFunc(rows, func(a, b org.AccessRow) int {
		if d := differs(a) - differs(b); d != 0 {
			return d
		}
		return strings.Compare(a.StoreName, b.StoreName)
	})
	return rows
}

func accessLine(s Shell, a org.AccessRow) AccessLine {
	line := AccessLine{
		Role: RoleBadge(a.Role), Status: StatusBadge(a.Status), Login: s.Moment(a.LastLogin), Unseen: a.Unseen, Read: s.Stamp(a.ReadAt),
		Rights: "unknown", Apps: appsText(a),
	}
	if a.RightsRead {
		line.Rights = Counted(len(a.Permissions), "permission")
		if len(a.Permissions.Privileged()) > 0 {
			line.Flags = append(line.Flags, PrivilegedBadge(a.Permissions))
		} else if held := a.Permissions.Sensitive(); len(held) > 0 {
			line.Flags = append(line.Flags, Badge{Text: "Sensitive", Tone: Warn, Title: reasons(held)})
		}
	}
	if a.Login == org.LoginInactive {
		b := loginBadge(a.Login, s.InactiveDays)
		line.State = &b
	}
	return line
}

func appsText(a org.AccessRow) string {
	switch {
	case a.AppsState == org.FacetDenied:
		return "not permitted"
	case a.AppsState != org.FacetComplete && len(a.Apps) == 0:
		return "unknown"
	case a.AppsMore:
		return Count(len(a.Apps)) + " or more"
	}
	return Count(len(a.Apps))
}

// noAccessBadge stands for the role of somebody who is in no store.
var noAccessBadge = Badge{Text: "No access", Tone: Quiet, Title: "Is in no store"}

func userHead(s Shell, u org.UserDetail) Head {
	h := Head{Crumb: Link{Text: "Users", Href: s.To(org.Query{}, "users")}, Title: u.Name(), Question: "Where can this person sign in, what may they do there, and is it the same everywhere?"}
	if len(u.Accesses) == 0 {
		h.Badges = append(h.Badges, noAccessBadge)
	} else {
		h.Badges = append(h.Badges, RoleBadge(u.Highest))
	}
	if u.Privileged {
		h.Badges = append(h.Badges, Badge{Text: "Privileged", Tone: Bad, Icon: "shield-alert"})
	}
	if u.Login != org.LoginActive && len(u.Accesses) > 0 {
		h.Badges = append(h.Badges, loginBadge(u.Login, s.InactiveDays))
	}
	h.Actions = []templ.Component{downloadMenu([]DownloadGroup{s.downloads("This user's accesses", "access", org.Query{Users: []org.UserID{u.ID}})})}
	return h
}

func userFacts(s Shell, u org.UserDetail) []Fact {
	inAccount := map[org.Tri]string{org.Yes: "yes", org.No: "no, only in stores", org.Unknown: "unknown"}[u.InAccount]
	login := s.Moment(u.LastLogin)
	if len(u.Accesses) == 0 { // sign-ins belong to accesses (facts 1.3)
		login = Stamp{Word: "not provided"}
	}
	last := login.Full()
	if login.Word == "" {
		last += ", " + login.Relative
	}
	list := []Fact{
		{"E-mail", u.Email, true},
		{"User ID", u.APIID, true},
		{"Stores", Counted(len(u.Accesses), "store"), false},
		{"Last sign-in", last, false},
		{"In the account list", inAccount, false},
		{"First seen", s.Stamp(u.FirstSeen).Full(), false},
	}
	if u.Locale != "" {
		list = append(list, Fact{"Language", u.Locale, false})
	}
	return append(list, Fact{"Two-factor sign-in", "not provided by BigCommerce", false})
}

func userCallouts(s Shell, u org.UserDetail) []Callout {
	var list []Callout
	if len(u.SameMail) > 0 {
		c := Callout{
			Tone: Info, Title: "The same e-mail belongs to another user ID too",
			Text: "BigCommerce gave this address to more than one user. Rollcall keeps them apart.",
		}
		for _, other := range u.SameMail {
			c.Links = append(c.Links, Link{Text: other.Name() + ", first seen " + s.Stamp(other.FirstSeen).Day, Href: s.userHref(other.ID)})
		}
		list = append(list, c)
	}
	unseen := 0
	for _, a := range u.Accesses {
		if a.Unseen {
			unseen++
		}
	}
	if unseen > 0 {
		list = append(list, Callout{
			Tone: Warn, Title: "Not seen in " + Counted(unseen, "store") + " by the last read",
			Text: "That read had gaps, so it does not prove that the access ended. It counts as still there until a read proves it.",
		})
	}
	return list
}

func userReasons(u org.UserDetail) []Reason {
	count := map[string]int{}
	var all []string
	for _, a := range u.Accesses {
		for _, name := range a.Permissions.Sensitive() {
			if count[name] == 0 {
				all = append(all, name)
			}
			count[name]++
		}
	}
	var list []Reason
	privileged := org.NewPermissionSet(all).Privileged()
	for _, name := range org.NewPermissionSet(all) {
		list = append(list, Reason{Label: org.PermissionLabel(name), Name: name, Allows: org.Allows(name), Stores: Counted(count[name], "store"), Privileged: privileged.Has(name)})
	}
	slices.SortStableFunc(list, func(a, b Reason) int {
		switch {
		case a.Privileged == b.Privileged:
			return 0
		case a.Privileged:
			return -1
		}
		return 1
	})
	return list
}

func userApps(u org.UserDetail) ([]AppLine, string) {
	count := map[string]int{}
	unread := 0
	for _, a := range u.Accesses {
		if a.AppsState != org.FacetComplete {
			unread++
		}
		for _, app := range a.Apps {
			count[app.Name]++
		}
	}
	var list []AppLine
	for name, n := range count {
		list = append(list, AppLine{name, Counted(n, "store")})
	}
	slices.SortFunc(list, func(a, b AppLine) int { return strings.Compare(a.Name, b.Name) })
	if unread > 0 {
		return list, "Apps were read in " + Count(len(u.Accesses)-unread) + " of " + Counted(len(u.Accesses), "store") + "; the rest is unknown."
	}
	return list, ""
}
