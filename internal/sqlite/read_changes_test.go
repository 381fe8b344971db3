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
			who := org.Identity{APIID: c.UserAPIID, FirstName: c.UserName, Email: m.newestMail(c.UserAPIID)}
			inStore := c.StoreHash != "" && (strings.Contains(strings.ToLower(c.StoreName), strings.ToLower(q.Search)) || strings.Contains(c.StoreHash, strings.ToLower(q.Search)))
			inUser := c.UserAPIID != "" && m.wantsPerson(org.Query{Search: q.Search}, who)
			if c.Snapshot <= day.snapshot.ID && c.Snapshot > after && (len(q.Kinds) == 0 || slices.Contains(q.Kinds, c.Kind)) &&
				(len(q.Stores) == 0 || slices.Contains(q.Stores, c.StoreHash)) && (len(q.Users) == 0 || slices.Contains(q.Users, c.User)) &&
				(len(q.Labels) == 0 || slices.ContainsFunc(q.Labels, func(l string) bool { return slices.Contains(m.labels[c.StoreHash], l) })) &&
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

// newestMail is the e-mail that the history knows last of a user.
func (m *modelWorld) newestMail(user string) string {
	for _, day := range slices.Backward(m.days) {
		if who, listed := day.account[user]; listed {
			return who.Email
		}
		for _, a := range day.accesses {
			if a.APIID == user && a.store.Hash != "h5" {
				return a.Email
			}
		}
	}
	return ""
}
