package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

func TestChangesEqualAPlainFilter(t *testing.T) {
	m := newModelWorld(t, 7)
	s, scope, ctx := org.DefaultSettings(), org.Scope{Account: m.account}, context.Background()
	var all []org.ChangeRow
	err := m.db.EachChange(ctx, scope, org.Query{}, s, func(c org.ChangeRow) error { all = append(all, c); return nil })
	if err != nil || len(all) < 100 {
		t.Fatalf("%d changes, error %v", len(all), err)
	}
	if !slices.IsSortedFunc(all, func(a, b org.ChangeRow) int { return int(b.ID - a.ID) }) {
		t.Error("not newest first")
	}
	stores := map[string][]string{} // names that a store ever had, by hash
	for _, c := range all {
		if c.Kind == string(audit.RightsGained) && c.After == "" || c.Kind == string(audit.RightsLost) && c.Before == "" {
			t.Fatalf("change %d does not say which rights: %+v", c.ID, c)
		}
		stores[c.StoreHash] = append(stores[c.StoreHash], strings.ToLower(c.StoreName))
	}
	names := map[org.SnapshotID]map[int64]string{} // of the users of changes, as each day knew them
	for _, day := range m.days {
		names[day.snapshot.ID] = map[int64]string{}
		err := m.db.EachChange(ctx, scope, org.Query{AsOf: org.AsOf{Snapshot: day.snapshot.ID}}, s, func(c org.ChangeRow) error {
			names[day.snapshot.ID][c.ID] = c.UserName
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuery(t)
		from := rapid.IntRange(-1, 4).Draw(t, "since")
		day := m.days[rapid.IntRange(0, 4).Draw(t, "day")]
		q.Kinds = some(t, "kinds", []string{string(audit.AccessAdded), string(audit.RightsGained), string(audit.UserRenamed), string(audit.StoreGone)})
		q.AsOf = org.AsOf{Snapshot: day.snapshot.ID}
		after := org.SnapshotID(0)
		if from >= 0 {
			after = m.days[from].snapshot.ID
			q.Since = org.AsOf{Snapshot: after}
		}
		var want []org.ChangeRow
		for _, c := range all {
			who := org.Identity{APIID: c.UserAPIID, FirstName: names[day.snapshot.ID][c.ID], Email: m.mail(c.UserAPIID, day.snapshot.ID)}
			inStore := c.StoreHash != "" && (strings.Contains(strings.ToLower(c.StoreName), strings.ToLower(q.Search)) || strings.Contains(c.StoreHash, strings.ToLower(q.Search)))
			inUser := c.UserAPIID != "" && m.wantsPerson(org.Query{Search: q.Search}, who)
			if c.Snapshot <= day.snapshot.ID && c.Snapshot > after && (len(q.Kinds) == 0 || slices.Contains(q.Kinds, c.Kind)) &&
				(len(q.Stores) == 0 || slices.Contains(q.Stores, c.StoreHash)) && (len(q.Users) == 0 || slices.Contains(q.Users, c.User)) &&
				(len(q.Labels) == 0 || slices.ContainsFunc(q.Labels, func(l string) bool { return slices.Contains(m.labels[c.StoreHash], l) })) &&
				(len(q.Apps) == 0 || c.Field == "app" && slices.Contains(q.Apps, "bc/account/app/"+strings.TrimPrefix(c.Before+c.After, "App "))) &&
				(q.Search == "" || inStore || inUser) {
				want = append(want, c)
			}
		}
		q.Limit *= 7
		got := walk(t, q, func(q org.Query) ([]org.ChangeRow, int, int, string, string, error) {
			p, err := m.db.Changes(ctx, scope, q, s)
			return p.Rows, p.Total, p.From, p.Next, p.Prev, err
		})
		var exported []org.ChangeRow
		if err := m.db.EachChange(ctx, scope, q, s, func(c org.ChangeRow) error { exported = append(exported, c); return nil }); err != nil {
			t.Fatal(err)
		}
		for name, list := range map[string][]org.ChangeRow{"pages": got, "export": exported} {
			if ids(list) != ids(want) {
				t.Fatalf("%s:\n got %s\nwant %s", name, ids(list), ids(want))
			}
		}
	})
}

func ids(list []org.ChangeRow) string {
	var all []int64
	for _, c := range list {
		all = append(all, c.ID)
	}
	return fmt.Sprint(all)
}

// mail is the e-mail that the history up to a snapshot knows last of a user.
func (m *modelWorld) mail(user string, upTo org.SnapshotID) string {
	for _, day := range slices.Backward(m.days) {
		if day.snapshot.ID > upTo {
			continue
		}
		if who, listed := day.account[user]; listed {
			return who.Email
		}
		for _, a := range day.accesses {
			if a.APIID == user && a.readAt.Equal(day.at) { // other stores show old names
				return a.Email
			}
		}
	}
	return ""
}

func TestARunningSyncGivesNoNamesToChanges(t *testing.T) {
	ann := named1("ann", "A")
	db, w := openTest(t), small(map[string][]org.StoreUser{"a": {ann}})
	ctx, account := context.Background(), connect(t, db, testUUID)
	scope, s := org.Scope{Account: account}, org.DefaultSettings()
	w.sync(t, db, account)
	ann.Permissions = org.PermissionSet{"A", "B"}
	w.users["a"] = []org.StoreUser{ann}
	w.sync(t, db, account)
	want := ann.Name()
	ann.LastName = "Married"
	w.users["a"] = []org.StoreUser{ann}
	run := w.save(t, db, account)
	look := func(when, search string, rows int, name string) {
		t.Helper()
		page, err := db.Changes(ctx, scope, org.Query{Search: search}, s)
		if err != nil || len(page.Rows) != rows || page.Total != rows {
			t.Fatalf("%s, %q: %d rows of %d, want %d, error %v", when, search, len(page.Rows), page.Total, rows, err)
		}
		for _, row := range page.Rows {
			if row.UserName != name {
				t.Errorf("%s: %q, want %q", when, row.UserName, name)
			}
		}
	}
	look("while the sync runs", "", 1, want)
	look("while the sync runs", "smith", 1, want)
	look("while the sync runs", "married", 0, "")
	if _, err := db.History().Close(ctx, run.Snapshot.ID, org.Complete, ""); err != nil {
		t.Fatal(err)
	}
	look("afterwards", "", 2, ann.Name())
	look("afterwards", "married", 2, ann.Name())
	page, err := db.Changes(ctx, scope, org.Query{AsOf: org.AsOf{Snapshot: run.Snapshot.ID - 1}}, s)
	if err != nil || len(page.Rows) != 1 || page.Rows[0].UserName != want {
		t.Errorf("in the past: %+v, error %v", page.Rows, err)
	}
}
