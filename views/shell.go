package views

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"rollcall/internal/org"
)

// Shell is what stands around every page of an account. Handlers fill it once; page constructors set Title and Nav.
type Shell struct {
	Title        string
	Nav          string      // key of the current entry of the navigation
	Account      org.Account // zero on pages that belong to no account
	Accounts     []org.Account
	Member       string // who is signed in
	Zone         *time.Location
	Now          time.Time
	InactiveDays int
	Here         url.URL      // address of this page: path and query
	AsOf         org.AsOf     // zero: the newest closed snapshot
	Snapshot     org.Snapshot // the one shown; zero when there is none yet
	Quota        org.Quota    // Limit 0: not known yet
	Sync         Sync
	Flash        Flash
	Version      string
	Demo         bool
	Theme        string // light, dark or empty for the system's
	Can          Can    // what the member may do; pages offer only that
	Register     bool   // API accounts and webhooks are kept: their pages exist
}

// Can is what a member's role allows.
type Can struct{ Audit, Operate, Configure bool }

// Sync is where the account's syncs stand.
type Sync struct {
	Last     org.Snapshot  // newest closed one; zero when there never was one
	Progress *org.Progress // of the running one; nil when none runs
	Problem  string        // why the last try came to nothing, in plain words
}

// Flash is a message about what was just done.
type Flash struct {
	Tone Tone
	Text string
}

// Path is an address below the account: Path("users") is /a/3/users.
func (s Shell) Path(parts ...string) string {
	base := "/a/" + strconv.FormatInt(int64(s.Account.ID), 10)
	for _, part := range parts {
		base += "/" + url.PathEscape(part)
	}
	if len(parts) == 0 {
		return base + "/"
	}
	return base
}

// To is the address of a page that follows as-of, with a query.
func (s Shell) To(q org.Query, parts ...string) string {
	if q.AsOf.IsZero() {
		q.AsOf = s.AsOf
	}
	return withQuery(s.Path(parts...), q)
}

func withQuery(path string, q org.Query) string {
	if text := q.Encode(); text != "" {
		return path + "?" + text
	}
	return path
}

func (s Shell) userHref(id org.UserID) string {
	return s.To(org.Query{}, "users", strconv.FormatInt(int64(id), 10))
}

func (s Shell) storeHref(id org.StoreID) string {
	return s.To(org.Query{}, "stores", strconv.FormatInt(int64(id), 10))
}

func (s Shell) snapshotHref(id org.SnapshotID) string {
	return s.Path("snapshots", strconv.FormatInt(int64(id), 10))
}

// frame puts the page's content into the shell.
func (s Shell) frame(content templ.Component) templ.Component { return shell(s, content) }

// NavItem is an entry of the navigation.
type NavItem struct {
	Key, Label, Icon, Href string
	Current                bool
}

// NavGroup is a titled part of the navigation.
type NavGroup struct {
	Title string
	Items []NavItem
}

func (s Shell) navigation() []NavGroup {
	item := func(key, label, icon string, follow bool) NavItem {
		parts := []string{key}
		if key == "overview" {
			parts = nil
		}
		href := s.Path(parts...)
		if follow {
			href = s.To(org.Query{}, parts...)
		}
		return NavItem{key, label, icon, href, s.Nav == key}
	}
	acting := []NavItem{item("apps", "Apps", "layout-grid", true), item("subscriptions", "Subscriptions", "credit-card", true)}
	if s.Register {
		acting = append(acting, item("webhooks", "Webhooks", "webhook", true), item("api-accounts", "API accounts", "plug", true))
	}
	return []NavGroup{
		{"", []NavItem{item("overview", "Overview", "layout-dashboard", true)}},
		{"Access", []NavItem{
			item("users", "Users", "users", true), item("stores", "Stores", "store", true),
			item("matrix", "Access matrix", "grid-3x3", true), item("permissions", "Permissions", "key-round", true),
		}},
		{"Integrations", acting},
		{"History", []NavItem{item("changes", "Changes", "git-compare-arrows", false), item("snapshots", "Snapshots", "history", false)}},
		{"Records", []NavItem{item("exports", "Exports", "download", false), item("activity", "Activity", "activity", false)}},
		{"", []NavItem{item("settings", "Settings", "settings", false)}},
	}
}

func (s Shell) pageTitle() string {
	title := s.Title + " · "
	if s.Account.ID != 0 {
		title += s.Account.Label() + " · "
	}
	return title + "Rollcall"
}

// Past tells whether the page shows another state than the newest.
func (s Shell) Past() bool { return !s.AsOf.IsZero() && s.Snapshot.ID != 0 }

var followsAsOf = []string{"overview", "users", "stores", "matrix", "permissions", "apps", "subscriptions", "webhooks", "api-accounts"}

// asOfTarget is the page that the as-of form leads to: this one, or the overview where a page has no past.
func (s Shell) asOfTarget() string {
	if slices.Contains(followsAsOf, s.Nav) && s.Here.Path != "" {
		return s.Here.Path
	}
	return s.Path()
}

// asOfKeep are the parameters that the as-of form carries along.
func (s Shell) asOfKeep() []Pair {
	if s.asOfTarget() != s.Here.Path {
		return nil
	}
	return pairs(s.Here.Query(), "as-of", "after", "before")
}

func (s Shell) newestHref() string {
	v := s.Here.Query()
	for _, name := range []string{"as-of", "after", "before"} {
		v.Del(name)
	}
	if len(v) == 0 {
		return s.Here.Path
	}
	return s.Here.Path + "?" + v.Encode()
}

// asOfDay is the date that stands in the as-of field.
func (s Shell) asOfDay() string {
	if s.AsOf.Day != "" || s.Snapshot.ID == 0 {
		return s.AsOf.Day
	}
	return s.Snapshot.Finished.In(s.zone()).Format(time.DateOnly)
}

func (s Shell) today() string { return s.Now.In(s.zone()).Format(time.DateOnly) }

// Completeness says how much of the account the snapshot shows: "214 of 214 stores".
func (s Shell) Completeness() string { return completeness(s.Snapshot) }

func completeness(snap org.Snapshot) string {
	return Count(snap.Stores-snap.StoresFailed) + " of " + Counted(snap.Stores, "store")
}

// ReadRange says when the data shown was read.
func (s Shell) ReadRange() string { return s.span(s.Snapshot.ReadFrom, s.Snapshot.ReadTo) }

func (s Shell) span(from, to time.Time) string {
	if from.IsZero() || to.IsZero() {
		return "at unknown times"
	}
	a, b := from.In(s.zone()), to.In(s.zone())
	if a.Format("2 Jan 2006, 15:04") == b.Format("2 Jan 2006, 15:04") {
		return s.Stamp(to).Full()
	}
	if a.Format(time.DateOnly) == b.Format(time.DateOnly) {
		return a.Format("2 Jan 2006, 15:04") + " to " + b.Format("15:04") + " " + zoneName(b)
	}
	return a.Format("2 Jan 2006, 15:04") + " to " + s.Stamp(to).Full()
}

// Basis is the small print under a list: as of which snapshot, and how complete.
func (s Shell) Basis() string {
	if s.Snapshot.ID == 0 {
		return ""
	}
	return "As of snapshot " + Count(int(s.Snapshot.ID)) + ", read " + s.ReadRange() + ", " + s.Completeness()
}

// gaps tells whether the snapshot lacks something, so that nothing found is no proof that there is nothing.
func (s Shell) gaps() bool { return s.Snapshot.StoresFailed > 0 || s.Snapshot.State == org.Partial }

func (s Shell) snapshotTone() Tone {
	if s.gaps() {
		return Warn
	}
	return Good
}

// SyncWords is the short state of the sync on every page.
func (s Shell) syncWords() (icon string, tone Tone, words string) {
	switch {
	case s.Sync.Progress != nil && !s.Sync.Progress.WaitUntil.IsZero():
		return "clock", Info, "Sync waits until " + s.Sync.Progress.WaitUntil.In(s.zone()).Format("15:04")
	case s.Sync.Progress != nil && s.Sync.Progress.StoresAll > 0:
		return "refresh-cw", Info, "Syncing " + Count(s.Sync.Progress.StoresDone) + " of " + Count(s.Sync.Progress.StoresAll)
	case s.Sync.Progress != nil:
		return "refresh-cw", Info, "Syncing"
	case s.Sync.Problem != "":
		return "circle-x", Bad, "Last sync failed"
	case s.Sync.Last.ID == 0:
		return "circle-dashed", "", "Never synced"
	case s.Sync.Last.State == org.Partial:
		return "triangle-alert", Warn, "Synced in part " + relative(s.Sync.Last.Finished, s.Now)
	}
	return "circle-check", Good, "Synced " + relative(s.Sync.Last.Finished, s.Now)
}

// QuotaWords says what is left of the account's request quota.
func (s Shell) quotaWords() (short, long string, tone Tone) {
	q := s.Quota
	if q.Limit == 0 {
		return "quota unknown", "The request quota of this account is not known yet.", ""
	}
	switch {
	case q.Left() == 0:
		tone = Bad
	case q.Left() <= q.Reserve:
		tone = Warn
	}
	long = Count(q.Used) + " of " + Count(q.Limit) + " account requests used in this window."
	if !q.ResetAt.IsZero() {
		long += " The window resets " + s.Stamp(q.ResetAt).Full() + ", " + relative(q.ResetAt, s.Now) + "."
	}
	return Count(q.Left()) + " of " + Count(q.Limit) + " left", long, tone
}

// Pair is a hidden form field.
type Pair struct{ Name, Value string }

// pairs lists parameters in a steady order without the named ones.
func pairs(v url.Values, without ...string) []Pair {
	var list []Pair
	for name, values := range v {
		if slices.Contains(without, name) {
			continue
		}
		for _, value := range values {
			list = append(list, Pair{name, value})
		}
	}
	slices.SortStableFunc(list, func(a, b Pair) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// asOfValues are the parameters that keep a link in the same past.
func (s Shell) asOfValues() url.Values { return org.Query{AsOf: s.AsOf}.Values() }

func (s Shell) asOfWords() string {
	return s.Snapshot.Finished.In(s.zone()).Format("2 Jan 2006, 15:04")
}

func (s Shell) asOfSentence() string {
	number := "snapshot " + Count(int(s.Snapshot.ID)) + "."
	if !s.Past() {
		return "This is the newest state, " + number
	}
	if s.AsOf.Day != "" {
		if day, ok := s.AsOf.Moment(s.zone()); ok {
			return "You are looking at the end of " + s.Day(day) + ", " + number
		}
	}
	return "You are looking at the past, " + number
}

func (s Shell) completenessSentence() string {
	failed := s.Snapshot.StoresFailed
	if failed == 0 {
		return "All " + Counted(s.Snapshot.Stores, "store") + " were read to the end."
	}
	return s.Completeness() + " were read to the end; the other " + Count(failed) + " keep their last known data."
}
