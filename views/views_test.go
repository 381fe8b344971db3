package views

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/internal/org"
	"rollcall/static"
)

func render(t *testing.T, p Page) string {
	t.Helper()
	var page bytes.Buffer
	if err := p.Component().Render(context.Background(), &page); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

var (
	inline    = regexp.MustCompile(`<[^>]*\s(style|on[a-z]+)=`)
	scripts   = regexp.MustCompile(`<script[^>]*>([^<]+)`)
	ids       = regexp.MustCompile(`\sid="([^"]+)"`)
	addresses = regexp.MustCompile(`\s(?:href|action|src)="([^"]*)"`)
)

// The policy of the server forbids inline styles and scripts; links must stay on the own host.
func TestEveryPageFitsThePolicy(t *testing.T) {
	for name, p := range samples() {
		page := render(t, p)
		if bad := inline.FindString(page); bad != "" {
			t.Errorf("%s: inline style or handler: %s", name, bad)
		}
		if bad := scripts.FindString(page); bad != "" {
			t.Errorf("%s: inline script: %s", name, bad)
		}
		if strings.Contains(page, "<style") {
			t.Errorf("%s: inline style sheet", name)
		}
		for _, m := range addresses.FindAllStringSubmatch(page, -1) {
			if !strings.HasPrefix(m[1], "/") && !strings.HasPrefix(m[1], "#") {
				t.Errorf("%s: address %q is not local", name, m[1])
			}
		}
		seen := map[string]bool{}
		for _, m := range ids.FindAllStringSubmatch(page, -1) {
			if seen[m[1]] {
				t.Errorf("%s: id %q twice", name, m[1])
			}
			seen[m[1]] = true
		}
	}
}

func TestEveryPageHasOneTitleAndOneHeading(t *testing.T) {
	for name, p := range samples() {
		page := render(t, p)
		if n := strings.Count(page, "<h1"); n != 1 {
			t.Errorf("%s: got %d h1, want 1", name, n)
		}
		if strings.Contains(page, "<title> ·") {
			t.Errorf("%s: no title", name)
		}
		if n := strings.Count(page, "<main"); n != 1 {
			t.Errorf("%s: got %d main, want 1", name, n)
		}
	}
}

// The first load is one page with every static file that it names, compressed.
func TestFirstLoadStaysBelow100KB(t *testing.T) {
	for _, name := range []string{"users", "overview", "sign-in"} {
		page := render(t, samples()[name])
		total := squeezed(t, page)
		for _, file := range []string{"app.css", "app.js", "htmx.js", "sse.js", "favicon.svg"} {
			total += squeezed(t, static.Text(file))
		}
		t.Logf("%s: %d bytes", name, total)
		if total >= 100_000 {
			t.Errorf("%s: first load of %d bytes, want less than 100,000", name, total)
		}
	}
}

func squeezed(t *testing.T, text string) int {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1200: "−1,200"} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d): got %q, want %q", n, got, want)
		}
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{0: "0 bytes", 999: "999 bytes", 1000: "1.0 kB", 999_499: "999.5 kB", 999_999: "1.0 MB", 14_200_000: "14.2 MB", 3_000_000_000_000: "3.0 TB"} {
		if got := Bytes(n); got != want {
			t.Errorf("Bytes(%d): got %q, want %q", n, got, want)
		}
	}
}

func TestMomentsKeepTheirWords(t *testing.T) {
	s := Shell{Zone: berlin(), Now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
	at := time.Date(2026, 7, 1, 22, 30, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		moment org.Moment
		want   string
	}{
		"read":   {org.At(at), "2 Jul 2026, 00:30 CEST"},
		"null":   {org.Never(), "never"},
		"unread": {org.Moment{}, "unknown"},
	} {
		if got := s.Moment(c.moment).Full(); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	if got := s.Stamp(at).Relative; got != "4 months ago" {
		t.Errorf("got %q", got)
	}
}

func TestChipsRemoveOneFilterEach(t *testing.T) {
	q := org.Query{
		Search: "anna", Roles: []org.Role{org.RoleOwner, org.RoleCustom}, Labels: []string{"EMEA, north"},
		Login: []org.LoginState{org.LoginInactive}, Days: 45, After: "cursor", Sort: "login", AsOf: org.AsOf{Day: "2026-09-03"},
	}
	l := list{shell: sampleShell("/a/1/users"), path: "/a/1/users", query: q}
	got := map[string]org.Query{}
	for _, c := range l.chips() {
		u, err := url.Parse(c.Href)
		if err != nil {
			t.Fatal(err)
		}
		rest, err := org.ParseQuery(u.Query())
		if err != nil {
			t.Fatalf("%s: %v", c.Text, err)
		}
		if rest.After != "" || rest.Sort != "login" || rest.AsOf.Day != "2026-09-03" {
			t.Errorf("%s: lost its order or past, or kept its place: %s", c.Text, c.Href)
		}
		got[c.Text] = rest
	}
	want := []string{"Label: EMEA, north", "Last sign-in: more than 45 days ago", "Role: Custom", "Role: Owner-like", "Search: “anna”"}
	if texts := slices.Sorted(maps.Keys(got)); !slices.Equal(texts, want) {
		t.Fatalf("got %q, want %q", texts, want)
	}
	if rest := got["Role: Custom"]; !slices.Equal(rest.Roles, []org.Role{org.RoleOwner}) || rest.Search != "anna" {
		t.Errorf("without custom: got %+v", rest)
	}
	if rest := got["Last sign-in: more than 45 days ago"]; len(rest.Login) > 0 || rest.Days != 0 {
		t.Errorf("without sign-in: got %+v", rest)
	}
}

// What a browser sends back from the filter form must be the same query again.
func TestFilterFormSendsTheSameQuery(t *testing.T) {
	q := org.Query{
		Search: "a,b", Roles: []org.Role{org.RoleOwner, org.RoleCustom}, Labels: []string{"EMEA, north"}, Statuses: []org.Status{""},
		Login: []org.LoginState{org.LoginInactive}, Days: 45, Privileged: org.Yes, Sort: "login", Desc: true, AsOf: org.AsOf{Day: "2026-09-03"},
	}
	l := list{shell: sampleShell("/a/1/users"), path: "/a/1/users", query: q}
	f := userFilter(l, sampleChoices())
	sent := url.Values{"q": {f.Search}, "days": {f.Days}}
	for _, pair := range f.Keep {
		sent.Add(pair.Name, pair.Value)
	}
	for _, s := range f.Selects {
		for _, o := range s.Options {
			if o.Selected {
				sent.Add(s.Name, o.Value)
			}
		}
	}
	back, err := org.ParseQuery(sent)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(back.Roles)
	slices.Sort(q.Roles)
	if back.Encode() != q.Encode() {
		t.Errorf("got %s, want %s", back.Encode(), q.Encode())
	}
}

func TestSortTurnsRound(t *testing.T) {
	l := list{path: "/a/1/users", query: org.Query{Search: "x", After: "c"}, first: "name"}
	name, login := l.sortable("User", "name"), l.sortable("Last sign-in", "login")
	if name.Aria != "ascending" || name.Href != "/a/1/users?q=x&sort=-name" {
		t.Errorf("sorted column: got %+v", name)
	}
	if login.Aria != "" || login.Href != "/a/1/users?q=x&sort=login" {
		t.Errorf("other column: got %+v", login)
	}
}

func TestPagerWords(t *testing.T) {
	l := list{path: "/a/1/users", query: org.Query{Search: "x"}}
	p := l.pager(50, 51, 1418, "prev", "next")
	if p.Words != "51–100 of 1,418" || p.Prev != "/a/1/users?before=prev&q=x" || p.Next != "/a/1/users?after=next&q=x" {
		t.Errorf("got %+v", p)
	}
	if last := l.pager(12, 0, 62, "prev", ""); last.Words != "12 of 62" || last.Next != "" {
		t.Errorf("got %+v", last)
	}
}

func TestLinksStayInThePast(t *testing.T) {
	s := sampleShell("/a/1/users?as-of=2026-09-03&q=x&after=c")
	s.Nav, s.AsOf = "users", org.AsOf{Day: "2026-09-03"}
	if got := s.userHref(7); got != "/a/1/users/7?as-of=2026-09-03" {
		t.Errorf("user: got %q", got)
	}
	if got := s.newestHref(); got != "/a/1/users?q=x" {
		t.Errorf("newest: got %q", got)
	}
	if got := s.asOfKeep(); !slices.Equal(got, []Pair{{"q", "x"}}) {
		t.Errorf("kept: got %v", got)
	}
	s.Nav = "settings"
	if got := s.asOfTarget(); got != "/a/1/" {
		t.Errorf("target: got %q", got)
	}
}

func TestDriftComparesWithTheMostCommonSet(t *testing.T) {
	set := func(names ...string) org.AccessRow {
		return org.AccessRow{StoreUser: org.StoreUser{RightsRead: true, Permissions: org.NewPermissionSet(names)}}
	}
	rows := []org.AccessRow{set("Manage_Orders"), set("Manage_Orders", "Add_User"), set("Manage_Orders"), {StoreName: "unread"}}
	d := driftOf(sampleShell("/a/1/"), rows)
	if len(d.Lines) != 2 || !d.Lines[0].Usual || d.Lines[0].Note != "2 stores" {
		t.Fatalf("got %+v", d.Lines)
	}
	if got := d.Lines[1]; got.Title != "+1 against usual" || !slices.Equal(got.Diff.Added, []string{"Add_User"}) {
		t.Errorf("got %+v", got)
	}
	if !slices.Equal(d.Areas, []string{"Orders", "Users"}) || d.Lines[1].Cells[1].Mark != "+1" || d.Lines[1].Cells[0].Mark != "" {
		t.Errorf("got areas %v, cells %+v", d.Areas, d.Lines[1].Cells)
	}
}

func TestWhatWasNotReadIsNotZero(t *testing.T) {
	store := org.Store{ID: 1, Hash: "abc", Name: "A"}
	line := storeLine(sampleShell("/a/1/stores"), store)
	if line.Accesses != "unknown" || line.Never != "unknown" || line.ReadAt.Word != "never" {
		t.Errorf("got %+v", line)
	}
	never := sampleShell("/a/1/users")
	never.Snapshot = org.Snapshot{}
	if page := render(t, NewUsers(never, org.UserPage{}, org.Query{}, org.FilterChoices{})); strings.Contains(page, "0 users") {
		t.Error("a page without a snapshot counts users")
	}
}

func TestFieldErrorsStandAtTheirField(t *testing.T) {
	p := NewConnect(Door{}, "nonsense", "", org.Invalid("account UUID", "It must look otherwise."))
	if p.Fields[0].Error != "It must look otherwise." || p.Error != "" {
		t.Errorf("got %+v, %q", p.Fields[0], p.Error)
	}
	p = NewConnect(Door{}, "", "", org.Problem(org.KindUnauthorized, "BigCommerce does not accept this token.", nil))
	if p.Error != "BigCommerce does not accept this token." {
		t.Errorf("got %q", p.Error)
	}
	if page := render(t, p); strings.Contains(page, `type="password" value="x`) {
		t.Error("a secret came back")
	}
}

func TestSyncWords(t *testing.T) {
	s := sampleShell("/a/1/")
	cases := map[string]Sync{
		"Never synced":               {},
		"Syncing":                    {Progress: &org.Progress{}},
		"Syncing 3 of 214":           {Progress: &org.Progress{StoresDone: 3, StoresAll: 214}},
		"Sync waits until 10:23":     {Progress: &org.Progress{WaitUntil: sampleNow.Add(11 * time.Minute)}},
		"Last sync failed":           {Problem: "x", Last: s.Sync.Last},
		"Synced in part 7 hours ago": {Last: s.Sync.Last},
	}
	for want, sync := range cases {
		s.Sync = sync
		if _, _, got := s.syncWords(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
