package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/sandbox"
)

// variant is one way in which the real service may differ from our picture.
type variant struct {
	name    string
	change  func(*sandbox.Config)
	partial string             // part of the reason why the sync may not be complete; empty: it must be
	mask    func(*expectation) // what the variant hides of the truth
	quota   string             // what the commands are told of the quota; empty: plenty
	later   bool               // other syncs came before, so that accesses may have been seen long ago
	always  bool               // part of the short run
}

// expectation is what the export has to say of one access.
type expectation struct {
	sandbox.TruthAccess
	statusUnread, loginUnread, updatedUnread, appsUnread bool
	absent                                               bool // its store cannot be read
}

func noApps(answer string) func(*sandbox.Config) {
	return func(c *sandbox.Config) {
		c.Scopes, c.MissingScope = []string{"account_read", "account_stores_read", "account_users_read"}, answer
	}
}

func limits(cap int, over string) func(*sandbox.Config) {
	return func(c *sandbox.Config) { c.PageCap, c.OverCap = cap, over }
}

func complexity(limit int, answer, formula string, hide bool) func(*sandbox.Config) {
	return func(c *sandbox.Config) {
		c.ComplexityLimit, c.ComplexityAnswer, c.ScoreFormula, c.HideScore = limit, answer, formula, hide
	}
}

// nullApps: nobody can tell an empty list of apps from one that failed.
func nullApps(e *expectation) { e.appsUnread = len(e.Apps) == 0 }

func neverApps(e *expectation) { e.appsUnread = true }

// variants are the switches one by one.
func variants() []variant {
	list := []variant{
		{name: "friendly", change: func(*sandbox.Config) {}, always: true},
		{name: "caps differ", change: func(c *sandbox.Config) { c.StoresPageCap, c.UsersPageCap, c.AppsPageCap = 2, 7, 12 }, always: true},
		{name: "pages of apps too small", change: func(c *sandbox.Config) { c.UsersPageCap, c.AppsPageCap = 7, 3 }, mask: neverApps, always: true},
		{name: "pages of everything too small", change: func(c *sandbox.Config) { c.PageCap = 5 }, mask: neverApps},
		{name: "few aliases", change: func(c *sandbox.Config) { c.MaxAliases = 3 }},
		{name: "shallow queries only", change: func(c *sandbox.Config) { c.MaxDepth = 9 }, mask: neverApps},
		{name: "large requests time out", change: func(c *sandbox.Config) { c.TimeoutAbove = 60 }},
		{name: "totals null", change: func(c *sandbox.Config) { c.NullTotals = true }},
		{name: "collection info null", change: func(c *sandbox.Config) { c.NullCollection = true }, always: true},
		{name: "totals too high", change: func(c *sandbox.Config) { c.WrongTotals = 2 }},
		{name: "totals too low", change: func(c *sandbox.Config) { c.WrongTotals = -1 }},
		{name: "statuses null", change: func(c *sandbox.Config) { c.NullStatuses = true }, mask: func(e *expectation) { e.statusUnread = true }},
		{
			name: "times null", change: func(c *sandbox.Config) { c.NullTimes = true },
			mask: func(e *expectation) { e.LastLoginAt, e.updatedUnread = time.Time{}, true },
		},
		{
			name: "times unreadable", change: func(c *sandbox.Config) { c.Times = "garbage" }, always: true,
			mask: func(e *expectation) { e.loginUnread, e.updatedUnread = !e.LastLoginAt.IsZero(), true },
		},
		{name: "times with milliseconds", change: func(c *sandbox.Config) { c.Times = "millis" }},
		{name: "times with an offset", change: func(c *sandbox.Config) { c.Times = "offset" }},
		{name: "edges null for empty lists", change: func(c *sandbox.Config) { c.NullEdges, c.EmptyStores = "empty", 2 }, mask: nullApps},
		{
			name: "edges null for empty lists without totals", partial: "could not be read completely", mask: nullApps,
			change: func(c *sandbox.Config) { c.NullEdges, c.EmptyStores, c.NullTotals = "empty", 2, true },
		},
		{
			name: "edges null for all users", change: func(c *sandbox.Config) { c.NullEdges = "users" }, partial: "could not be read", always: true,
			mask: func(e *expectation) { e.absent = true },
		},
		{name: "empty stores", change: func(c *sandbox.Config) { c.EmptyStores = 2 }, always: true},
		{name: "empty stores without totals", change: func(c *sandbox.Config) { c.EmptyStores, c.NullTotals = 2, true }},
		{name: "no store at all", change: func(c *sandbox.Config) { c.Stores, c.Users = -1, 5 }},
		{name: "unseen status", change: func(c *sandbox.Config) { c.UnseenStatus = "SUSPENDED_BY_X" }, always: true},
		{name: "unseen permissions", change: func(c *sandbox.Config) { c.NewPermissions = true }, always: true},
		{name: "ids are numbers", change: func(c *sandbox.Config) { c.NumericIDs = true }, always: true},
		{name: "longs are text", change: func(c *sandbox.Config) { c.TextLongs = true }},
		{name: "offset cursors", change: func(c *sandbox.Config) { c.Cursors, c.PageCap = "offset", 10 }},
		{name: "unreadable cursors give page 1", change: func(c *sandbox.Config) { c.BadCursor, c.PageCap = "page1", 10 }},
		{name: "unreadable cursors are an error", change: func(c *sandbox.Config) { c.BadCursor, c.PageCap = "error", 10 }},
		{name: "both filters mean or", change: func(c *sandbox.Config) { c.FilterBoth, c.PageCap = "or", 10 }},
		{name: "unknown store is an error", change: func(c *sandbox.Config) { c.UnknownStore, c.PageCap = "error", 10 }},
		{name: "no apps scope, as null", change: noApps("null"), mask: neverApps, always: true},
		{name: "no apps scope, as 403", change: noApps("403"), mask: neverApps, always: true},
		{name: "no apps scope, as data null", change: noApps("200"), mask: neverApps},
		{name: "stores that always fail", change: func(c *sandbox.Config) { c.FailingStores = 2 }, partial: "could not be read", always: true},
		{name: "a token without introspection", change: func(c *sandbox.Config) { c.NoIntrospection = true }},
		{name: "one sign-in for each person", change: func(c *sandbox.Config) { c.PersonSignIn = true }},
		{name: "fixed window without headers", change: func(c *sandbox.Config) { c.Rate = sandbox.Rate{Quota: 400, NoRateHeaders: true} }},
		{name: "sliding window", change: func(c *sandbox.Config) { c.Rate = sandbox.Rate{Quota: 400, Sliding: true} }},
		{name: "sliding window, quota used up", change: func(c *sandbox.Config) {
			c.Rate, c.PageCap = sandbox.Rate{Quota: 9, Window: 1200 * time.Millisecond, Sliding: true, RetryAfter: "fraction"}, 10
		}},
		{name: "fixed window, quota used up, empty answers", change: func(c *sandbox.Config) {
			c.Rate, c.PageCap = sandbox.Rate{Quota: 9, Window: 1200 * time.Millisecond, EmptyLimited: true}, 10
		}, always: true},
		{name: "no headers, quota known beforehand", quota: "7/1500ms", always: true, change: func(c *sandbox.Config) {
			c.Rate, c.PageCap = sandbox.Rate{Quota: 9, Window: 1200 * time.Millisecond, NoRateHeaders: true, EmptyLimited: true}, 10
		}},
	}
	for _, cap := range []int{10, 50, 100, 250} {
		for _, over := range []string{"error", "words", "error200", "clamp"} {
			list = append(list, variant{name: fmt.Sprintf("page cap %d, %s", cap, over), change: limits(cap, over), always: cap == 10 && over != "error200"})
		}
	}
	for _, limit := range []int{10_000, 4500, 2500} {
		for _, answer := range []string{"recorded", "wrapped", "words"} {
			for _, formula := range []string{"fields", "nodes"} {
				for _, hide := range []bool{false, true} {
					name := fmt.Sprintf("complexity %d, %s, by %s, header hidden %v", limit, answer, formula, hide)
					list = append(list, variant{name: name, change: complexity(limit, answer, formula, hide), always: limit == 2500 && answer == "words"})
				}
			}
		}
	}
	return list
}

// TestEveryVariantEndsAsTheTruth connects, syncs and exports against each variant as a stranger would.
func TestEveryVariantEndsAsTheTruth(t *testing.T) {
	for i, v := range variants() {
		if testing.Short() && !v.always {
			continue
		}
		t.Run(strings.ReplaceAll(v.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			cfg := sandbox.Config{Shape: sandbox.Shape{Seed: uint64(i), Stores: 6, Users: 40, AccessesPerUser: 3, Zipf: true, LargestStore: 32}}
			v.change(&cfg)
			p := newPlace(t, cfg)
			if v.quota != "" {
				p.api = []string{"--api-url=" + p.url, "--account-quota=" + v.quota}
			}
			begun := time.Now()
			p.add()
			code := exitOK
			if v.partial != "" {
				code = exitPartial
			}
			done := p.sync(code)
			p.mustEnd(done, v.partial)
			p.mustExportTruth(v, code, begun)
			p.sync(code)
			v.later = true
			p.mustExportTruth(v, code, begun)
			if file := p.run("export", "changes", "--format=json").must(t, code); file.out != "[\n]\n" {
				t.Errorf("nothing happened, and these changes were written: %s", file.out)
			}
		})
	}
}

// mustEnd checks the line of a sync that came to its end.
func (p *place) mustEnd(s synced, partial string) {
	p.t.Helper()
	truth := p.truth()
	want := synced{Account: sandbox.DefaultUUID, Snapshot: 1, State: "complete", Stores: len(truth.Stores)}
	if partial != "" {
		want.State, want.Stores, want.StoresFailed = "partial", s.Stores, s.StoresFailed
	}
	got := synced{Account: s.Account, Snapshot: s.Snapshot, State: s.State, Resumable: s.Resumable, Stores: s.Stores, StoresFailed: s.StoresFailed}
	if got != want || s.FinishedAt == nil || s.FinishedAt.Before(s.StartedAt) || s.Requests == 0 {
		p.t.Errorf("the sync ended as %+v, want %+v", s, want)
	}
	if partial == "" && s.Access != len(truth.Accesses()) {
		p.t.Errorf("%d accesses, want %d", s.Access, len(truth.Accesses()))
	}
	if snapshots := p.run("export", "snapshots", "--format=json"); partial != "" && !strings.Contains(snapshots.out, partial) {
		p.t.Errorf("no snapshot says %q: %s", partial, snapshots.out)
	}
}

// mustExportTruth exports the accesses in two formats and compares them with the truth row by row, column by column.
func (p *place) mustExportTruth(v variant, code int, begun time.Time) {
	p.t.Helper()
	for _, format := range []string{"csv", "json"} {
		file := p.run("export", "access", "--format="+format).must(p.t, code)
		got := map[string]map[string]string{}
		for _, row := range readSheet(p.t, format, file.out).rows {
			key := row["store_id"] + " " + row["user_id"]
			if got[key] != nil {
				p.t.Errorf("%s: %s stands there twice", format, key)
			}
			got[key] = row
		}
		for _, a := range p.truth().Accesses() {
			e := expectation{TruthAccess: a, absent: p.truthStore(a.StoreHash).Failing}
			if v.mask != nil {
				v.mask(&e)
			}
			key := p.shownID(v, a.StoreID) + " " + p.shownID(v, a.ID)
			row := got[key]
			delete(got, key)
			switch {
			case e.absent && row != nil:
				p.t.Errorf("%s: %s cannot be known", format, key)
			case !e.absent && row == nil:
				p.t.Errorf("%s: %s is missing", format, key)
			case !e.absent:
				p.mustBeRow(format, row, e, begun, v.later)
			}
		}
		for key := range got {
			p.t.Errorf("%s: %s is not in the truth", format, key)
		}
	}
}

func (p *place) truthStore(hash string) *sandbox.TruthStore {
	truth := p.truth()
	return truth.Store(hash)
}

// shownID is the id in the form in which the variant gives it.
func (p *place) shownID(v variant, id string) string {
	if v.name == "ids are numbers" {
		return id[strings.LastIndexByte(id, '/')+1:]
	}
	return id
}

// mustBeRow compares all columns of one access.
func (p *place) mustBeRow(format string, row map[string]string, e expectation, begun time.Time, later bool) {
	p.t.Helper()
	readAt := parseTime(p.t, row["read_at"])
	if readAt.Before(begun.Add(-time.Second)) || readAt.After(time.Now()) || !later && row["first_seen_at"] != row["read_at"] {
		p.t.Errorf("%s: read at %s, first seen at %s", format, row["read_at"], row["first_seen_at"])
	}
	want := map[string]string{
		"account_uuid": sandbox.DefaultUUID, "account_name": sandbox.DefaultName, "store_hash": e.StoreHash, "store_name": e.StoreName,
		"email": e.Email, "first_name": e.FirstName, "last_name": e.LastName, "locale": e.Locale, "status": strings.ToLower(e.Status),
		"role": roleByFacts(e.Permissions), "privileged": "no", "permission_count": fmt.Sprint(len(e.Permissions)),
		"permissions": strings.Join(e.Permissions, ";"), "last_login_at": "", "login_state": "never", "updated_at": rfc(e.UpdatedAt),
	}
	if slices.ContainsFunc(e.Permissions, func(name string) bool { return slices.Contains(privilegedByFacts, name) }) {
		want["privileged"] = "yes"
	}
	if e.statusUnread {
		want["status"] = "unknown"
	}
	if e.updatedUnread {
		want["updated_at"] = ""
	}
	switch {
	case e.loginUnread:
		want["login_state"] = "unknown"
	case !e.LastLoginAt.IsZero():
		want["last_login_at"], want["login_state"] = rfc(e.LastLoginAt), "active"
		if e.LastLoginAt.Before(readAt.AddDate(0, 0, -90)) {
			want["login_state"] = "inactive"
		}
	}
	if problem := appsProblem(row["apps"], e); problem != "" {
		p.t.Errorf("%s: apps of %s in %s: %s", format, e.Email, e.StoreName, problem)
	}
	got := maps.Clone(row)
	for _, other := range []string{"store_id", "user_id", "apps", "first_seen_at", "read_at", "snapshot_id"} {
		delete(got, other)
	}
	for name := range want {
		if got[name] != want[name] {
			p.t.Errorf("%s: %s of %s in %s is %q, want %q", format, name, e.Email, e.StoreName, got[name], want[name])
		}
	}
	if len(got) != len(want) {
		p.t.Errorf("%s: %d columns are compared, %d are there", format, len(want), len(got))
	}
}

// appsProblem compares apps; a list that is longer than was asked for ends with a word that says so.
func appsProblem(cell string, e expectation) string {
	if e.appsUnread {
		if cell != "unknown" {
			return fmt.Sprintf("got %q, want unknown", cell)
		}
		return ""
	}
	var got, want []string
	if cell != "" {
		got = strings.Split(cell, ";")
	}
	for _, app := range e.Apps {
		want = append(want, app.Name)
	}
	if len(got) > 0 && got[len(got)-1] == "(and more)" && len(got)-1 < len(want) {
		got, want = got[:len(got)-1], want[:len(got)-1]
	} else if len(want) > 10 {
		return "more than ten, and nothing says so"
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		return fmt.Sprintf("got %q, want %q", got, want)
	}
	return ""
}

func rfc(at time.Time) string { return at.UTC().Format(time.RFC3339) }

func parseTime(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Errorf("%q is no time: %v", text, err)
	}
	return at
}

// privilegedByFacts are the high-risk permissions of facts 3.2 without launching apps, and those that manage users.
var privilegedByFacts = []string{
	"Create_Store_API_Tokens", "List_Store_API_Tokens", "Delete_Store_API_Tokens", "IntegratedApps_InstallApp", "IntegratedApps_UninstallApp",
	"Grant_High_Risk_Store_Permissions", "Manage_Users", "Add_User", "Edit_Users", "Delete_Users",
}

// roleByFacts derives a role from the documented example users, over the names that they hold (design 6).
func roleByFacts(permissions []string) string {
	if len(permissions) == 0 {
		return "none"
	}
	role, best := "custom", 4
	for _, preset := range []struct {
		role string
		held []string
	}{{"owner-like", sandbox.OwnerRights}, {"administrator-like", sandbox.AdminRights}, {"sales-staff-like", sandbox.StaffRights}} {
		if preset.role == "owner-like" && !slices.Contains(permissions, "Grant_High_Risk_Store_Permissions") {
			continue
		}
		if n := knownDifference(permissions, preset.held); n < best {
			role, best = preset.role, n
		}
	}
	return role
}

// unseenPermissions are the names that the sandbox grants and nobody documented.
var unseenPermissions = []string{"Read_Webhooks", "Manage_Agent_Checkout", "View.Store:Vault", "Approve_AI_Content"}

func knownDifference(a, b []string) (n int) {
	for _, name := range a {
		if !slices.Contains(b, name) && !slices.Contains(unseenPermissions, name) {
			n++
		}
	}
	for _, name := range b {
		if name != org.Filler && !slices.Contains(a, name) {
			n++
		}
	}
	return n
}
