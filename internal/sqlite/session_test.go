package sqlite

import (
	"context"
	"testing"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/signin"
)

// seat commits a session of a member, as scs does at a sign-in.
func seat(t *testing.T, db *DB, token string, f signin.Facts) []byte {
	t.Helper()
	values := map[string]any{}
	for name, text := range f.Values() {
		values[name] = text
	}
	raw, err := signin.Codec{}.Encode(db.now().Add(signin.MaxTotal), values)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Sessions().CommitCtx(context.Background(), token, raw, db.now().Add(signin.MaxIdle)); err != nil {
		t.Fatal(err)
	}
	return raw
}

func living(t *testing.T, db *DB, token string) bool {
	t.Helper()
	_, found, err := db.Sessions().FindCtx(context.Background(), token)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestListAndEndSessions(t *testing.T) {
	t.Parallel()
	db, now := clocked(t)
	ctx := context.Background()
	mine := seat(t, db, "one", signin.Facts{Member: 1, Address: "192.0.2.1", Agent: "Firefox on Linux", Method: "password"})
	*now = start.Add(2 * time.Minute)
	seat(t, db, "two", signin.Facts{Member: 1, Address: "192.0.2.2"})
	seat(t, db, "three", signin.Facts{Member: 2})
	list, err := db.SessionsOf(ctx, 1)
	if err != nil || len(list) != 2 || list[1].Address != "192.0.2.1" || list[1].Agent != "Firefox on Linux" || !list[1].Created.Equal(start) ||
		!list[1].Seen.Equal(start) || !list[1].Ends.Equal(start.Add(15*time.Minute)) || list[1].Handle != signin.HandleOf("one") {
		t.Fatalf("%+v, %v", list, err)
	}
	if err := db.EndSession(ctx, 2, signin.HandleOf("one")); org.KindOf(err) != org.KindNotFound || !living(t, db, "one") {
		t.Errorf("a session of somebody else: %v", err)
	}
	if err := db.EndSession(ctx, 1, signin.HandleOf("one")); err != nil || living(t, db, "one") {
		t.Errorf("ended: %v", err)
	}
	// A request that began before commits after it.
	if err := db.Sessions().CommitCtx(ctx, "one", mine, now.Add(time.Hour)); err != nil || living(t, db, "one") {
		t.Errorf("a late request brings the session back: %v", err)
	}
	seat(t, db, "four", signin.Facts{Member: 1})
	if n, err := db.EndSessions(ctx, 1, signin.HandleOf("four")); n != 1 || err != nil || living(t, db, "two") || !living(t, db, "four") || !living(t, db, "three") {
		t.Errorf("all others: %d, %v", n, err)
	}
	*now = start.Add(24 * time.Hour)
	if err := db.Sessions().DeleteExpired(ctx); err != nil || numberOf(t, db, `SELECT count(*) FROM session`) != 0 {
		t.Errorf("ended sessions stay for ever: %v", err)
	}
}

func TestRoleAndStateEndSessionsAtOnce(t *testing.T) {
	t.Parallel()
	db, ctx := openTest(t), context.Background()
	id, err := db.CreateMember(ctx, signin.Member{Name: "Bob", Email: "bob@example.com", Role: signin.Viewer}, "hash")
	if err != nil {
		t.Fatal(err)
	}
	for i, step := range []struct {
		name string
		do   func() error
		ends bool
	}{
		{"name", func() error { return change(db, id, func(m *signin.Member) { m.Name = "Robert" }) }, false},
		{"reach", func() error { return change(db, id, func(m *signin.Member) { m.Reach.Limited = true }) }, false},
		{"role", func() error { return change(db, id, func(m *signin.Member) { m.Role = signin.Operator }) }, true},
		{"disabled", func() error { return change(db, id, func(m *signin.Member) { m.Disabled = true }) }, true},
		{"enabled", func() error { return change(db, id, func(m *signin.Member) { m.Disabled = false }) }, false},
		{"password", func() error { return db.SetPassword(ctx, id, "other") }, true},
		{"second factor", func() error { return db.DropFactor(ctx, id) }, true},
	} {
		token := string(rune('a' + i))
		seat(t, db, token, signin.Facts{Member: id})
		if err := step.do(); err != nil || living(t, db, token) == step.ends {
			t.Errorf("%s: living %v, %v", step.name, living(t, db, token), err)
		}
	}
}

func change(db *DB, id signin.MemberID, how func(*signin.Member)) error {
	_, _, err := db.ChangeMember(context.Background(), id, func(m *signin.Member, _ int) error { how(m); return nil })
	return err
}

func TestStricterLimitsActOnOpenSessions(t *testing.T) {
	t.Parallel()
	db, now := clocked(t)
	ctx := context.Background()
	seat(t, db, "one", signin.Facts{Member: 1})
	*now = start.Add(6 * time.Minute)
	if !living(t, db, "one") {
		t.Fatal("ended after 6 minutes")
	}
	if err := db.SavePolicy(ctx, signin.Policy{Idle: 5 * time.Minute, Total: 12 * time.Minute}); err != nil {
		t.Fatal(err)
	}
	if list, err := db.SessionsOf(ctx, 1); living(t, db, "one") || len(list) != 0 || err != nil {
		t.Errorf("unused for 6 minutes, it lives: %v, %v", list, err)
	}
	seat(t, db, "two", signin.Facts{Member: 1})
	for range 5 { // in use all the time
		*now = now.Add(2 * time.Minute)
		seat(t, db, "two", signin.Facts{Member: 1})
	}
	if !living(t, db, "two") {
		t.Error("ended although it was used")
	}
	*now = now.Add(2 * time.Minute)
	if living(t, db, "two") {
		t.Error("it lives longer than in all it may")
	}
}

func TestFailedTriesAreBounded(t *testing.T) {
	t.Parallel()
	db, _ := clocked(t)
	ctx := context.Background()
	if _, err := db.writer.Exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO failed_try SELECT 'pair', i, 1, ?, NULL, 0 FROM n`, triesMax, start.UnixMilli()); err != nil {
		t.Fatal(err)
	}
	lock := signin.Key{Kind: signin.KeyAccount, Of: "ada@example.com"}
	err := db.Tally(ctx, []signin.Key{lock}, func(list []signin.Tally) {
		list[0] = signin.Tally{Count: 10, Last: db.now(), Until: db.now().Add(time.Hour)}
	})
	if n := numberOf(t, db, `SELECT count(*) FROM failed_try`); err != nil || n > triesMax {
		t.Errorf("%d rows, %v", n, err)
	}
	if locks, err := db.Locks(ctx); err != nil || len(locks) != 1 || locks[0].Key != lock {
		t.Errorf("the lock was washed away: %+v, %v", locks, err)
	}
	if err := db.ForgetTries(ctx); err != nil {
		t.Error(err)
	}
}
