package views

import (
	"strconv"

	"github.com/a-h/templ"

	"rollcall/internal/org"
)

// Users lists the users of an account.
type Users struct {
	Shell
	Head      Head
	Views     []Tab
	Filter    Filter
	Downloads []DownloadGroup
	Table     Table
	Rows      []UserLine
	Total     string
	Basis     string
	Pager     Pager
	Empty     *Empty
}

// UserLine is a row of the list.
type UserLine struct {
	Href, Name, Email string
	Outside           bool // in stores, but not in the account list
	Stores            string
	StoreNames        string
	Role              Badge
	Flags             []Badge
	Login             Stamp
	State             *Badge
	First             Stamp
}

// NewUsers makes the page from one page of the list.
func NewUsers(s Shell, page org.UserPage, q org.Query, choices org.FilterChoices) Users {
	s.Title, s.Nav = "Users", "users"
	l := list{shell: s, path: s.Path("users"), query: q, first: "name", choices: choices}
	p := Users{Shell: s, Views: userViews(l), Filter: userFilter(l, choices), Total: Counted(page.Total, "user"), Basis: s.Basis()}
	p.Head = Head{Title: "Users", Question: "Who can sign in to which stores, with what rights, and when were they last there?"}
	p.Downloads = []DownloadGroup{
		s.downloads("These "+Counted(page.Total, "user"), "users", q),
		s.downloads("Their accesses, one row for each user and store", "access", q),
	}
	p.Table = Table{Caption: "Users", Cards: true, Page: true, Columns: []Column{
		l.sortable("User", "name"),
		l.sortable("Stores", "stores"), l.sortable("Highest role (derived)", "role"),
		l.sortable("Last sign-in ("+s.ZoneLabel()+")", "login"), l.sortable("First seen", "first-seen"),
	}}
	for _, u := range page.Rows {
		p.Rows = append(p.Rows, userLine(s, u, l.days()))
	}
	p.Pager = l.pager(len(page.Rows), page.From, page.Total, page.Prev, page.Next)
	p.Empty = usersEmpty(s, page, l)
	if s.Snapshot.ID == 0 { // nothing was read: a zero would be a guess
		p.Total, p.Downloads, p.Views = "", nil, nil
	}
	return p
}

// Component renders the page.
func (p Users) Component() templ.Component { return p.frame(usersPage(p)) }

func userLine(s Shell, u org.UserRow, days int) UserLine {
	line := UserLine{
		Href: s.userHref(u.ID), Name: u.Name(), Email: u.Email, Outside: u.InAccount == org.No,
		Stores: Counted(u.StoreCount, "store"), StoreNames: firstNames(u.Stores, u.StoreCount), Role: RoleBadge(u.Highest),
		Login: s.Moment(u.LastLogin), First: s.Stamp(u.FirstSeen),
	}
	if u.StoreCount == 0 { // an account-level user has neither rights nor sign-ins (facts 1.3)
		line.Stores, line.Login = "in no store", Stamp{Word: "not provided"}
		line.Role = Badge{Text: "No access", Tone: Quiet, Title: "In the account's list of users, but in no store"}
	}
	if u.Privileged {
		line.Flags = append(line.Flags, Badge{
			Text: "Privileged", Tone: Bad, Icon: "shield-alert",
			Title: "Holds a high-risk permission or manages users in at least one store. The user's page says which.",
		})
	} else if u.Sensitive {
		line.Flags = append(line.Flags, Badge{
			Text: "Sensitive", Tone: Warn,
			Title: "Holds a permission that touches money, data or the storefront. The user's page says which.",
		})
	}
	if u.Login == org.LoginInactive {
		b := loginBadge(u.Login, days)
		line.State = &b
	}
	return line
}

// firstNames lists the first stores of a user and how many more there are.
func firstNames(names []string, all int) string {
	const shown = 2
	text := ""
	for i, name := range names {
		if i == shown {
			break
		}
		if i > 0 {
			text += ", "
		}
		text += name
	}
	if more := all - min(shown, len(names)); more > 0 && text != "" {
		text += " and " + Count(more) + " more"
	}
	return text
}

// userViews are the questions that people ask most, as links.
func userViews(l list) []Tab {
	at := func(q org.Query) string {
		q.AsOf, q.Sort, q.Desc = l.query.AsOf, l.query.Sort, l.query.Desc
		return l.href(q)
	}
	tab := func(label string, q org.Query) Tab {
		now := l.query.FirstPage()
		now.AsOf, now.Sort, now.Desc = org.AsOf{}, "", false
		return Tab{Label: label, Href: at(q), Current: now.Encode() == q.Encode()}
	}
	return []Tab{
		tab("All", org.Query{}), tab("Owner-like", org.Query{Roles: []org.Role{org.RoleOwner}}),
		tab("Privileged", org.Query{Privileged: org.Yes}),
		tab("Inactive "+Count(l.shell.InactiveDays)+" days", org.Query{Login: []org.LoginState{org.LoginInactive}}),
		tab("Never signed in", org.Query{Login: []org.LoginState{org.LoginNever}}),
		tab("Only in stores", org.Query{InAccount: org.No}),
	}
}

func userFilter(l list, c org.FilterChoices) Filter {
	q := l.query
	statuses := make([]string, len(q.Statuses))
	for i, s := range q.Statuses {
		statuses[i] = s.Text()
	}
	f := l.filter("Search by name or e-mail",
		choose("store", "Store", "Any store", q.Stores, c.Stores),
		choose("label", "Store label", "Any label", q.Labels, c.Labels),
		choose("role", "Role (derived)", "Any role", words(q.Roles), roleChoices()),
		yesNo("privileged", "Privileged", q.Privileged, "Yes", "No"),
		yesNo("sensitive", "Sensitive", q.Sensitive, "Yes", "No"),
		choose("permission", "Permission held", "Any permission", q.Permissions, c.Permissions),
		l.loginSelect(),
		choose("status", "Status in the store", "Any status", statuses, statusChoices(c.Statuses)),
		choose("domain", "E-mail domain", "Any domain", q.Domains, c.Domains),
		choose("app", "App", "Any app", q.Apps, c.Apps),
		yesNo("in-account", "Account list", q.InAccount, "In the account", "Only in stores"))
	f.DaysHint = Count(l.shell.InactiveDays)
	if q.Days > 0 {
		f.Days = strconv.Itoa(q.Days)
	}
	f.drop("days")
	f.Live = true
	return f
}

// statusChoices writes statuses as the query does.
func statusChoices(list []org.Choice) []org.Choice {
	out := make([]org.Choice, len(list))
	for i, c := range list {
		out[i] = org.Choice{Value: org.Status(c.Value).Text(), Label: StatusBadge(org.Status(c.Value)).Text, Count: c.Count}
	}
	return out
}

func usersEmpty(s Shell, page org.UserPage, l list) *Empty {
	var e Empty
	switch {
	case len(page.Rows) > 0:
		return nil
	case s.Snapshot.ID == 0:
		e = neverSynced(s)
	case len(l.chips()) > 0:
		e = nothingMatches("users", l.cleared())
	case s.gaps():
		e = partlyRead(s, "No users are known", Counted(s.Snapshot.StoresFailed, "store")+" could not be read to the end, so nobody knows yet whether there are any.")
	default:
		e = trulyNone("This account has no users", "Every store was read, and none has a user.")
	}
	return &e
}
