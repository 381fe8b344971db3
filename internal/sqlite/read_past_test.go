package sqlite

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rollcall/internal/org"
)

// dayText is everything that the tables of a snapshot hold.
func dayText(t *rapid.T, db *DB, scope org.Scope, at org.SnapshotID) string {
	ctx := context.Background()
	v, err := db.view(ctx, scope, org.AsOf{Snapshot: at}, org.DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	users, err := v.usersSignedIn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	a, err := v.accesses(ctx)
	if err != nil {
		t.Fatal(err)
	}
	logins, err := v.logins(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(users.rows, users.signIns, "\n", a.rows, a.byStore, a.byUser, a.userRow, "\n", logins)
}

// pageText is what lists show of a snapshot, in the order of a column.
func pageText(t *rapid.T, db *DB, scope org.Scope, users, stores org.Query) string {
	ctx, s := context.Background(), org.DefaultSettings()
	list, err := db.Stores(ctx, scope, stores, s)
	if err != nil {
		t.Fatal(err)
	}
	var all []org.Store
	if err := db.EachStore(ctx, scope, stores, s, func(s org.Store) error { all = append(all, s); return nil }); err != nil {
		t.Fatal(err)
	}
	people, err := db.Users(ctx, scope, users, s)
	if err != nil {
		t.Fatal(err)
	}
	overview, err := db.Overview(ctx, scope, org.Query{AsOf: users.AsOf}, s)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(list, "\n", all, "\n", people, "\n", overview)
}

// TestDaysFromMemoryEqualDaysFromTheFile compares them in any order, for all stores and for some, and while memory
// ends before the newest day.
func TestDaysFromMemoryEqualDaysFromTheFile(t *testing.T) {
	for seed := range uint64(4) {
		m := newModelWorld(t, 2*seed)
		ctx := context.Background()
		var stores []org.StoreID
		for _, id := range m.stores {
			stores = append(stores, id)
		}
		slices.Sort(stores)
		rapid.Check(t, func(t *rapid.T) {
			scope := org.Scope{Account: m.account}
			if rapid.Bool().Draw(t, "limited") {
				scope.Stores = stores[:rapid.IntRange(0, 3).Draw(t, "stores")]
			}
			upTo := m.days[rapid.IntRange(0, len(m.days)-1).Draw(t, "up to")].snapshot.ID
			m.db.pasts = pasts{}
			if err := m.db.rememberPast(ctx, m.account, upTo); err != nil {
				t.Fatal(err)
			}
			known := m.db.pasts.of(m.account, upTo)
			if known == nil {
				t.Fatal("nothing was remembered")
			}
			for _, at := range rapid.Permutation(m.days).Draw(t, "days") {
				users, stores := drawQuery(t), org.Query{Limit: 3, Desc: rapid.Bool().Draw(t, "desc")}
				users.AsOf, stores.AsOf = org.AsOf{Snapshot: at.snapshot.ID}, org.AsOf{Snapshot: at.snapshot.ID}
				users.Sort = userColumns[rapid.IntRange(0, len(userColumns)-1).Draw(t, "users by")].name
				stores.Sort = storeColumns[rapid.IntRange(0, len(storeColumns)-1).Draw(t, "stores by")].name
				m.db.images, m.db.pasts = images{}, pasts{}
				want := pageText(t, m.db, scope, users, stores) + dayText(t, m.db, scope, at.snapshot.ID)
				m.db.images = images{}
				m.db.pasts.put(m.account, known)
				if got := pageText(t, m.db, scope, users, stores) + dayText(t, m.db, scope, at.snapshot.ID); got != want {
					t.Fatalf("snapshot %d, memory up to %d:\n got %s\nwant %s", at.snapshot.ID, upTo, got, want)
				}
			}
		})
	}
}

// TestPastStaysWithinItsBounds: what does not fit is read from the file.
func TestPastStaysWithinItsBounds(t *testing.T) {
	m := newModelWorld(t, 4)
	m.db.pasts.put(99, &past{accesses: make([]pastAccess, pastKept)})
	if err := m.db.Warm(context.Background(), org.Scope{Account: m.account}); err != nil {
		t.Fatal(err)
	}
	if m.db.pasts.of(m.account, 1) != nil {
		t.Error("more versions were kept than the bound allows")
	}
	m.db.pasts.put(99, nil)
	if err := m.db.Warm(context.Background(), org.Scope{Account: m.account}); err != nil {
		t.Fatal(err)
	}
	if m.db.pasts.of(m.account, 1) == nil {
		t.Error("nothing was kept though there is room")
	}
}
