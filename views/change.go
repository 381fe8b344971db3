package views

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// ChangeLine is one change as a line of a log.
type ChangeLine struct {
	Sign        string
	Tone        Tone
	Text        string // Rights gained
	User, Store Link   // empty Text: not shown
	About       Link   // the webhook or API account; empty Text: not shown
	Seen        Stamp
	Between     string // between 19 Nov 2026, 02:20 and 20 Nov 2026, 02:21 CET
	Before      string
	After       string
	Diff        Diff
	Linked      Link
}

// changeLines tells changes; subject is "user", "store" or "app" where a page is about one and need not name it, and
// "acting" where it is about a webhook or an API account.
func changeLines(s Shell, rows []org.ChangeRow, subject string) []ChangeLine {
	list := make([]ChangeLine, 0, len(rows))
	for _, r := range rows {
		list = append(list, changeLine(s, r, subject))
	}
	return list
}

func changeLine(s Shell, r org.ChangeRow, subject string) ChangeLine {
	look, known := kindLooks[audit.Kind(r.Kind)]
	if !known {
		look = kindLook{text: r.Kind, sign: "~", tone: Quiet}
	}
	line := ChangeLine{Sign: look.sign, Tone: look.tone, Text: look.text, Seen: s.Stamp(r.SeenAt)}
	if r.User != 0 && subject != "user" {
		line.User = Link{Text: personName(r), Href: s.userHref(r.User)}
	}
	if subject != "acting" {
		line.About = changeAbout(s, r)
	}
	if r.Store != 0 && subject != "store" && subject != "acting" {
		line.Store = Link{Text: firstOf(r.StoreName, r.StoreHash), Href: s.storeHref(r.Store)}
	}
	if !r.PreviousReadAt.IsZero() {
		line.Between = "Happened between " + s.Stamp(r.PreviousReadAt).Text + " and " + s.Stamp(r.SeenAt).Full()
	}
	if r.LinkedUser != 0 {
		line.Linked = Link{Text: "The same e-mail under another user ID", Href: s.userHref(r.LinkedUser)}
	}
	switch audit.Kind(r.Kind) {
	case audit.RightsGained, audit.RightsLost, audit.TokenScopes:
		line.Diff = diffOf(permissionList(r.Before), permissionList(r.After))
	case audit.AccessAdded, audit.AccessRemoved:
	case audit.AppGained, audit.AppLost:
		if subject != "app" {
			line.Before, line.After = r.Before, r.After
		}
	case audit.TokenState, audit.HookState:
		line.Before, line.After = stateWords(r.Before), stateWords(r.After)
	case audit.StatusChanged:
		line.Before, line.After = statusText(r.Before), statusText(r.After)
	default:
		line.Before, line.After = r.Before, r.After
	}
	return line
}

// changeAbout names the webhook or the API account of a change, as audit.HookField and audit.TokenField wrote it.
func changeAbout(s Shell, r org.ChangeRow) Link {
	number, name, _ := strings.Cut(r.Field, " ")
	switch audit.Kind(r.Kind) {
	case audit.HookAdded, audit.HookGone, audit.HookState, audit.HookChanged:
		if name == "" {
			return Link{}
		}
		return Link{Text: name, Href: s.hooksHref(org.Query{Events: []string{name}, Stores: []string{r.StoreHash}})}
	case audit.NotifyChanged, audit.HookBlocked, audit.TokenState, audit.TokenScopes:
		if id, err := strconv.ParseInt(number, 10, 64); err == nil && name != "" {
			return Link{Text: name, Href: s.apiAccountHref(org.APIAccountID(id))}
		}
	}
	return Link{}
}

// statusText is a status of a change as badges show it; other words stay as they were written.
func statusText(word string) string {
	for _, status := range []org.Status{org.StatusActive, org.StatusInactive} {
		if strings.EqualFold(word, string(status)) {
			return StatusBadge(status).Text
		}
	}
	return word
}

// permissionList reads a list as changes write it: names joined with semicolons, where \ marks a ; or \ of a name.
func permissionList(text string) org.PermissionSet {
	var names []string
	var name strings.Builder
	escaped := false
	for _, r := range text + ";" {
		switch {
		case !escaped && r == '\\':
			escaped = true
			continue
		case !escaped && r == ';':
			names = append(names, name.String())
			name.Reset()
		default:
			name.WriteRune(r)
		}
		escaped = false
	}
	return org.NewPermissionSet(names)
}

func personName(r org.ChangeRow) string { return firstOf(r.UserName, r.Email) }

func firstOf(words ...string) string {
	for _, word := range words {
		if strings.TrimSpace(word) != "" {
			return word
		}
	}
	return "unnamed"
}

// Changes lists what changed, snapshot by snapshot.
type Changes struct {
	Shell
	Head   Head
	Filter Filter
	Days   []ChangeDay
	Total  string
	Pager  Pager
	Empty  *Empty
}

// ChangeDay is what one snapshot found.
type ChangeDay struct {
	Title    string
	Snapshot Link
	Relative string
	Count    string
	Lines    []ChangeLine
}

// NewChanges makes the page from one page of changes.
func NewChanges(s Shell, page org.ChangePage, q org.Query, choices org.FilterChoices) Changes {
	s.Title, s.Nav = "Changes", "changes"
	l := list{shell: s, path: s.Path("changes"), query: q, choices: choices}
	p := Changes{Shell: s, Total: Counted(page.Total, "change"), Days: changeDays(s, page.Rows), Pager: l.pager(len(page.Rows), page.From, page.Total, page.Prev, page.Next)}
	p.Head = Head{Title: "Changes", Question: "Who gained or lost access or rights, where and when?"}
	p.Filter = l.filter("Search by name or e-mail", choose("kind", "Kind", "Any kind", q.Kinds, kindChoices()),
		choose("store", "Store", "Any store", q.Stores, choices.Stores),
		choose("label", "Store label", "Any label", q.Labels, choices.Labels), choose("app", "App", "Any app", q.Apps, choices.Apps))
	p.Filter.Live = true
	if q.Since.IsZero() || q.Since.Day != "" {
		p.Filter.Since, p.Filter.HasSince = q.Since.Day, true
		p.Filter.drop("since")
	}
	p.Head.Actions = []templ.Component{downloadMenu([]DownloadGroup{s.downloads("These "+Counted(page.Total, "change"), "changes", q)})}
	if len(page.Rows) == 0 {
		e := changesEmpty(s, l)
		p.Empty, p.Total = &e, ""
	}
	return p
}

// Component renders the page.
func (p Changes) Component() templ.Component { return p.frame(changesPage(p)) }

func changesEmpty(s Shell, l list) Empty {
	switch {
	case s.Snapshot.ID == 0:
		return neverSynced(s)
	case len(l.chips()) > 0:
		return nothingMatches("changes", l.cleared())
	}
	return trulyNone("Nothing has changed yet", "The first complete read of each store is the starting point. From the next sync on, every difference is listed here.")
}

func kindChoices() []org.Choice {
	var list []org.Choice
	for _, k := range audit.Kinds() {
		list = append(list, org.Choice{Value: string(k), Label: kindText(string(k))})
	}
	return list
}

// changeDays groups changes by the snapshot that found them, in the order in which they come.
func changeDays(s Shell, rows []org.ChangeRow) []ChangeDay {
	var days []ChangeDay
	last := org.SnapshotID(-1)
	for _, r := range rows {
		if r.Snapshot != last {
			last = r.Snapshot
			seen := s.Stamp(r.SeenAt)
			days = append(days, ChangeDay{Title: s.Day(r.SeenAt), Relative: seen.Relative, Snapshot: Link{Text: "Snapshot " + Count(int(r.Snapshot)), Href: s.snapshotHref(r.Snapshot)}})
		}
		day := &days[len(days)-1]
		day.Lines = append(day.Lines, changeLine(s, r, ""))
	}
	for i := range days {
		days[i].Count = Counted(len(days[i].Lines), "change") + " on this page"
	}
	return days
}

// Compare shows two snapshots side by side, like a review.
type Compare struct {
	Shell
	Head      Head
	Sides     []CompareSide
	Stats     []Stat
	Downloads []DownloadGroup
	Days      []ChangeDay
	Pager     Pager
	Empty     *Empty
	Total     string
}

// CompareSide is one of the two snapshots.
type CompareSide struct {
	Title string
	Badge Badge
	Facts []Fact
}

// NewCompare makes the page. Its query carries Since and AsOf, the two snapshots.
func NewCompare(s Shell, c org.Compare, q org.Query) Compare {
	s.Title, s.Nav = "Compare", "snapshots"
	l := list{shell: s, path: s.Path("compare"), query: q}
	p := Compare{
		Shell: s, Days: changeDays(s, c.Changes.Rows), Total: Counted(c.Changes.Total, "change"),
		Pager: l.pager(len(c.Changes.Rows), c.Changes.From, c.Changes.Total, c.Changes.Prev, c.Changes.Next),
	}
	p.Head = Head{
		Crumb: Link{Text: "Snapshots", Href: s.Path("snapshots")}, Title: "Snapshot " + Count(int(c.From.ID)) + " to " + Count(int(c.To.ID)),
		Question: "What is different between these two states?",
		Actions:  []templ.Component{downloadMenu([]DownloadGroup{s.downloads("The change log in between, step by step", "changes", q)})},
	}
	p.Sides = []CompareSide{compareSide(s, "Before", c.From), compareSide(s, "After", c.To)}
	for _, kind := range audit.Kinds() {
		if n := c.Counts[string(kind)]; n > 0 {
			only := q.FirstPage()
			only.Kinds = []string{string(kind)}
			p.Stats = append(p.Stats, Stat{Name: kindText(string(kind)), Value: Count(n), Href: l.href(only)})
		}
	}
	if len(c.Changes.Rows) == 0 {
		e := trulyNone("No difference", "Both snapshots show the same accesses, rights and names.")
		if len(q.Kinds) > 0 {
			q.Kinds = nil
			e = nothingMatches("changes", l.href(q))
		}
		p.Empty = &e
	}
	return p
}

// Component renders the page.
func (p Compare) Component() templ.Component { return p.frame(comparePage(p)) }

func compareSide(s Shell, title string, snap org.Snapshot) CompareSide {
	return CompareSide{Title: title + ": snapshot " + Count(int(snap.ID)), Badge: snapshotBadge(snap), Facts: []Fact{
		{Name: "Read", Value: s.span(snap.ReadFrom, snap.ReadTo)},
		{Name: "Completeness", Value: completeness(snap)},
		{Name: "Users", Value: Count(snap.Users)},
		{Name: "Accesses", Value: Count(snap.Accesses)},
	}}
}
