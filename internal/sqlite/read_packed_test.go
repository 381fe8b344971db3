package sqlite

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rollcall/internal/org"
)

func unpackAll(t *rapid.T, p packedLogins) (list []packedLogin) {
	err := p.each(func(store org.StoreID) func(org.UserID, int64) {
		return func(user org.UserID, at int64) { list = append(list, packedLogin{store, user, at}) }
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func drawLogins(t *rapid.T, label string) []packedLogin {
	at := rapid.OneOf(rapid.SampledFrom([]int64{-1, 0}), rapid.Int64Range(1, math.MaxUint32))
	list := rapid.SliceOf(rapid.Custom(func(t *rapid.T) packedLogin {
		return packedLogin{
			org.StoreID(rapid.Int64Range(1, 400).Draw(t, "store")), org.UserID(rapid.Int64Range(1, 1<<40).Draw(t, "user")), at.Draw(t, "at"),
		}
	})).Draw(t, label)
	slices.SortFunc(list, func(a, b packedLogin) int {
		if before(a.store, a.user, b.store, b.user) {
			return -1
		}
		return 1
	})
	return slices.CompactFunc(list, func(a, b packedLogin) bool { return a.store == b.store && a.user == b.user })
}

func TestPackedSignInsComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := drawLogins(t, "list")
		if got := unpackAll(t, packLogins(list)); !slices.Equal(got, list) {
			t.Fatalf("got %v, want %v", got, list)
		}
	})
}

func TestBrokenPackIsAnErrorAndNoGuess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := drawLogins(t, "list")
		whole := packLogins(list)
		p := whole[:rapid.IntRange(0, len(whole)).Draw(t, "cut")]
		n := 0
		err := p.each(func(org.StoreID) func(org.UserID, int64) { return func(org.UserID, int64) { n++ } })
		if n > len(list)+1 || n < len(list) && len(p) > 1 && err == nil && p[len(p)-1]&0x80 != 0 {
			t.Fatalf("%d of %d, error %v", n, len(list), err)
		}
	})
}

func TestMergedSignInsAreTheNewest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		known, news := drawLogins(t, "known"), drawLogins(t, "news")
		want := map[[2]int64]int64{}
		for _, l := range append(slices.Clone(known), news...) {
			want[[2]int64{int64(l.store), int64(l.user)}] = l.at
		}
		got := mergeLogins(known, news)
		for i, l := range got {
			if want[[2]int64{int64(l.store), int64(l.user)}] != l.at || i > 0 && !before(got[i-1].store, got[i-1].user, l.store, l.user) {
				t.Fatalf("%v at %d of %v", l, i, got)
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%d merged, want %d", len(got), len(want))
		}
	})
}

// TestPackedDaysEqualTheFile lives through days with few and many sign-ins, packs now and then, and compares every day
// with what the versions in the file say.
func TestPackedDaysEqualTheFile(t *testing.T) {
	db, w := openTest(t), newWorld(12, 8, 40)
	account, ctx := connect(t, db, testUUID), context.Background()
	scope := org.Scope{Account: account}
	var days []org.SnapshotID
	for day := range 60 {
		w.day(10*(day%3), 20*(day%5))
		days = append(days, w.sync(t, db, account).ID)
		if day%7 == 3 {
			if err := db.packHistory(ctx, account, days[day-day%2]); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := db.packHistory(ctx, account, days[len(days)-1]); err != nil {
		t.Fatal(err)
	}
	var rows, whole int
	if err := db.writer.QueryRow(`SELECT count(*), sum(whole) FROM sign_in_day`).Scan(&rows, &whole); err != nil || rows != len(days) || whole < 2 || whole > 40 {
		t.Fatalf("%d rows, %d whole, error %v", rows, whole, err)
	}
	text := func(day org.SnapshotID) string {
		db.images = images{}
		v, err := db.view(ctx, scope, org.AsOf{Snapshot: day}, org.DefaultSettings())
		if err != nil {
			t.Fatal(err)
		}
		logins, err := v.logins(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(logins)
	}
	packed := map[org.SnapshotID]string{}
	for _, day := range days {
		if packed, err := db.eachPacked(ctx, db.reader, account, day, func(packedLogins) error { return nil }); err != nil || !packed {
			t.Fatalf("day %d was not packed: %v", day, err)
		}
		packed[day] = text(day)
	}
	if _, err := db.writer.Exec(`DELETE FROM sign_in_day`); err != nil {
		t.Fatal(err)
	}
	for _, day := range days {
		if want := text(day); packed[day] != want {
			t.Fatalf("day %d:\n got %s\nwant %s", day, packed[day], want)
		}
	}
}

func TestUserIsJudgedByTheReadsOfTheStores(t *testing.T) {
	today := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC).Unix()
	const day = int64(24 * 60 * 60)
	type access struct{ at, readAt int64 }
	never, unread := access{0, today}, access{-1, today}
	for name, c := range map[string]struct {
		accesses []access
		want     org.LoginState
		seconds  int64
	}{
		"no access":                         {nil, org.LoginUnknown, -1},
		"never anywhere":                    {[]access{never, never}, org.LoginNever, 0},
		"not read anywhere":                 {[]access{unread}, org.LoginUnknown, -1},
		"never, and not read somewhere":     {[]access{never, unread}, org.LoginUnknown, -1},
		"exactly at the threshold":          {[]access{{today - 90*day, today}}, org.LoginActive, today - 90*day},
		"a second older":                    {[]access{{today - 90*day - 1, today}, never}, org.LoginInactive, today - 90*day - 1},
		"old, and not read somewhere":       {[]access{{today - 200*day, today}, unread}, org.LoginUnknown, today - 200*day},
		"recent, and not read somewhere":    {[]access{unread, {today - day, today}}, org.LoginActive, today - day},
		"a stale store where it was recent": {[]access{{today - 130*day, today - 60*day}, never}, org.LoginActive, today - 130*day},
		"a stale store where it was old":    {[]access{{today - 151*day, today - 60*day}}, org.LoginInactive, today - 151*day},
		"recent where it is stale, old where it is not": {
			[]access{{today - 210*day, today - 200*day}, {today - 150*day, today}}, org.LoginActive, today - 150*day,
		},
	} {
		var s signIns
		for _, a := range c.accesses {
			s.add(a.at, a.readAt)
		}
		if s.state(90) != c.want || s.seconds() != c.seconds {
			t.Errorf("%s: %s, latest %d; want %s, %d", name, s.state(90), s.seconds(), c.want, c.seconds)
		}
	}
}
