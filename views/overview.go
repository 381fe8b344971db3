package views

import (
	"slices"

	"github.com/a-h/templ"

	"rollcall/internal/org"
)

// Overview answers whether all is read and who deserves a look first.
type Overview struct {
	Shell
	Head     Head
	Callouts []Callout
	Stats    []Stat
	Worst    []WorstLine
	Charts   []Chart
	Fresh    []Fact
	Empty    *Empty
}

// WorstLine is one user or store that deserves a look first.
type WorstLine struct {
	Href, Name, Note string
	Reason           string
	Role             Badge
}

// NewOverview makes the page.
func NewOverview(s Shell, o org.Overview) Overview {
	s.Title, s.Nav = "Overview", "overview"
	p := Overview{Shell: s, Head: Head{Title: "Overview", Question: "Is everything read, what changed, and who deserves a look first?"}}
	if s.Snapshot.ID == 0 {
		e := neverSynced(s)
		p.Empty = &e
		return p
	}
	p.Head.Actions = []templ.Component{linkButton(Link{Text: "Changes of the last 7 days", Href: withQuery(s.Path("changes"), sinceDays(s, 7)), Icon: "git-compare-arrows"})}
	p.Callouts, p.Stats = overviewCallouts(s, o), overviewStats(s, o)
	for _, w := range o.Worst {
		p.Worst = append(p.Worst, WorstLine{Href: s.userHref(w.User.ID), Name: w.User.Name(), Note: w.User.Email, Reason: w.Reason, Role: RoleBadge(w.User.Highest)})
	}
	p.Charts = trends(s, o.Trend)
	p.Fresh = freshness(s, o)
	return p
}

// Component renders the page.
func (p Overview) Component() templ.Component { return p.frame(overviewPage(p)) }

// sinceDays asks for the changes of the days before the snapshot, as they are counted: to the second.
func sinceDays(s Shell, days int) org.Query {
	return org.Query{Since: org.AsOf{Time: s.Snapshot.Finished.AddDate(0, 0, -days)}, AsOf: s.AsOf}
}

func overviewCallouts(s Shell, o org.Overview) []Callout {
	var list []Callout
	if len(o.Failed) > 0 {
		c := Callout{
			Tone: Warn, Title: Counted(len(o.Failed), "store") + " could not be read to the end",
			Text: "They keep their last known data. Numbers on this page may be too low or too old for them.",
		}
		for i, store := range o.Failed {
			if i == 5 {
				c.Items = append(c.Items, "and "+Count(len(o.Failed)-5)+" more")
				break
			}
			c.Items = append(c.Items, store.Name+": "+store.Facet(org.FacetAccesses).Error)
		}
		c.Links = []Link{{Text: "What was read of each store", Href: s.snapshotHref(s.Snapshot.ID)}}
		list = append(list, c)
	}
	if n := len(o.UnknownPermissions); n > 0 {
		list = append(list, Callout{
			Tone: Info, Title: Counted(n, "permission") + " not known to Rollcall",
			Text: "BigCommerce has permissions that are newer than this version. They are shown and counted, but they have no place in roles.", Items: o.UnknownPermissions[:min(n, 5)],
			Links: []Link{{Text: "All permissions", Href: s.To(org.Query{}, "permissions")}},
		})
	}
	return list
}

func overviewStats(s Shell, o org.Overview) []Stat {
	days := Count(s.InactiveDays)
	inactive := s.To(org.Query{Login: []org.LoginState{org.LoginInactive}}, "users")
	return []Stat{
		{Name: "Users", Value: Count(o.Users), Note: accountNote(o.AccountUsers), Href: s.To(org.Query{}, "users")},
		{Name: "Stores", Value: Count(o.Stores), Note: Count(s.Snapshot.Stores-s.Snapshot.StoresFailed) + " read to the end", Href: s.To(org.Query{}, "stores")},
		{Name: "Accesses", Value: Count(o.Accesses), Note: "one user in one store each", Href: s.To(org.Query{}, "matrix")},
		{Name: "Owner-like accesses", Value: Count(o.OwnerLike), Note: "derived from permissions", Href: s.To(org.Query{Roles: []org.Role{org.RoleOwner}}, "users")},
		{Name: "Privileged users", Value: Count(o.Privileged), Note: "in at least one store", Href: s.To(org.Query{Privileged: org.Yes}, "users")},
		{Name: "Inactive users", Value: Count(o.Inactive), Note: "no sign-in for " + days + " days", Href: inactive},
		{Name: "Never signed in", Value: Count(o.Never), Note: "users, in every store", Href: s.To(org.Query{Login: []org.LoginState{org.LoginNever}}, "users")},
		{Name: "Changes", Value: Count(o.Changes7), Note: "in 7 days; " + Count(o.Changes30) + " in 30 days", Href: withQuery(s.Path("changes"), sinceDays(s, 7))},
	}
}

func accountNote(r org.FacetRead) string {
	switch r.State {
	case org.FacetComplete:
		return Count(r.Received) + " in the account list"
	case org.FacetDenied:
		return "account list not permitted"
	}
	return "account list not complete"
}

func freshness(s Shell, o org.Overview) []Fact {
	snap := s.Snapshot
	list := []Fact{
		{Name: "Snapshot", Value: Count(int(snap.ID)) + ", " + string(snap.State)},
		{Name: "Data read", Value: s.ReadRange()},
		{Name: "Stores", Value: s.Completeness()},
		{Name: "Requests spent", Value: requestsText(snap)},
	}
	if !o.AccountUsers.ReadAt.IsZero() {
		list = append(list, Fact{Name: "Account list read", Value: s.Stamp(o.AccountUsers.ReadAt).Full()})
	}
	return append(list, Fact{Name: "Last sync", Value: s.Stamp(s.Sync.Last.Finished).Full()})
}

func requestsText(snap org.Snapshot) string {
	if snap.Repeated == 0 {
		return Count(snap.Requests)
	}
	return Count(snap.Requests) + ", of these " + Count(snap.Repeated) + " repeated"
}

// trends are the charts of users and accesses over the last snapshots.
func trends(s Shell, points []org.TrendPoint) []Chart {
	if len(points) < 2 {
		return nil
	}
	points = slices.SortedFunc(slices.Values(points), func(a, b org.TrendPoint) int { return a.At.Compare(b.At) })
	make := func(title, unit string, value func(org.TrendPoint) int) Chart {
		c := Chart{Title: title, Unit: unit}
		for _, p := range points {
			c.Points = append(c.Points, ChartPoint{Label: s.Stamp(p.At).Day, Value: value(p)})
		}
		return c
	}
	return []Chart{
		make("Accesses", "accesses", func(p org.TrendPoint) int { return p.Accesses }),
		make("Privileged users", "users", func(p org.TrendPoint) int { return p.Privileged }),
		make("Inactive users", "users", func(p org.TrendPoint) int { return p.Inactive }),
	}
}
