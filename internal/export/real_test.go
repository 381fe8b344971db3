package export_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"rollcall/internal/export"
	"rollcall/internal/org"
	"rollcall/internal/sqlite"
)

var _ export.Source = (*sqlite.DB)(nil)

// TestRealHistory writes two snapshots into a database file and exports both.
func TestRealHistory(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	first := h.sync(t)
	before := h.exportAll(t, first)

	rows := fromCSV(t, before["access.csv"])
	want := "a1 u1 owner-like yes active App 1;App 2\n" +
		"a1 u2 none no never \n" +
		"b2 u1 sales-staff-like no inactive unknown\n" +
		"b2 u3 unknown unknown unknown unknown\n"
	if got := picked(rows, "store_hash", "user_id", "role", "privileged", "login_state", "apps"); got != want {
		t.Errorf("accesses of the first snapshot:\n%swant:\n%s", got, want)
	}
	if got := picked(rows, "first_seen_at"); strings.Contains(got, "1970") || strings.Count(got, "Z\n") != 4 {
		t.Errorf("first_seen_at:\n%s", got)
	}

	if got, want := picked(fromCSV(t, before["users.csv"]), "user_id", "highest_role", "privileged"),
		"u3 unknown unknown\nu2 none no\nu1 owner-like yes\n"; got != want {
		t.Errorf("users of the first snapshot:\n%swant:\n%s", got, want)
	}

	h.change()
	second := h.sync(t)
	for name, text := range h.exportAll(t, first) {
		if text != before[name] {
			t.Errorf("%s of the first snapshot differs after the second sync:\n%s\nbefore:\n%s", name, text, before[name])
		}
	}
	after := h.exportAll(t, second)
	if got := picked(fromCSV(t, after["access.csv"]), "store_hash", "user_id", "email"); got !=
		"a1 u1 new@example.test\nb2 u1 one@example.test\nb2 u3 =three@example.test\n" {
		t.Errorf("accesses of the second snapshot:\n%s", got)
	}
	changes := picked(fromCSV(t, after["changes.csv"]), "kind", "store_hash", "user_id")
	for _, line := range []string{"access_removed a1 u2\n", "rights_lost a1 u1\n", "email_changed"} {
		if !strings.Contains(changes, line) {
			t.Errorf("changes lack %q:\n%s", line, changes)
		}
	}
}

func TestRealManifest(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	snapshot := h.sync(t)
	for _, kind := range export.Kinds() {
		_, m, err := written(h.job(snapshot, kind, export.CSV), h.db)
		if err != nil {
			t.Fatal(err)
		}
		if kind.Timeless() {
			if !m.Complete || m.Stores.All != 0 {
				t.Errorf("%s rests on no store: %+v", kind, m)
			}
			continue
		}
		if m.Complete || m.Stores.All != 3 || m.Stores.Complete != 2 || len(m.Stores.Failed) != 1 ||
			m.Stores.Failed[0].Hash != "c3" || m.Stores.Failed[0].Reason != "The store did not answer." {
			t.Errorf("%s: stores %+v", kind, m.Stores)
		}
		if m.Rows.Expected != nil && *m.Rows.Expected != m.Rows.Delivered {
			t.Errorf("%s: %s", kind, m.Completeness)
		}
	}
	job := h.job(snapshot, export.Access, export.CSV)
	job.Query = org.Query{Stores: []string{"a1"}, Login: []org.LoginState{org.LoginNever}}
	text, m, err := written(job, h.db)
	if err != nil || !m.Complete || m.Rows.Delivered != 1 || !strings.Contains(text, ",u2,") {
		t.Errorf("filtered: %+v, %v\n%s", m, err, text)
	}
	job.Query = org.Query{Sort: "email", Desc: true}
	text, _, err = written(job, h.db)
	if got := picked(fromCSV(t, text), "email"); err != nil ||
		got != "two@example.test\none@example.test\none@example.test\n=three@example.test\n" {
		t.Errorf("sorted by e-mail downwards: %v\n%s", err, got)
	}
}

// history is an account in a database file: a1 and b2 answer, c3 does not.
type history struct {
	db      *sqlite.DB
	account org.Account
	at      time.Time
	users   map[string][]org.StoreUser
}

func newHistory(t *testing.T) *history {
	t.Helper()
	h := &history{at: at("2026-03-30T02:00:00Z")}
	var err error
	h.db, err = sqlite.Open(context.Background(), t.TempDir(), sqlite.Options{Now: func() time.Time { return h.at }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.db.Close() })
	h.account, err = h.db.ConnectAccount(context.Background(), "01234567-89ab-cdef-0123-456789abcdef", "wxyz",
		func(org.AccountID) ([]byte, error) { return []byte("sealed"), nil })
	if err != nil {
		t.Fatal(err)
	}
	one := org.Identity{APIID: "u1", Email: "one@example.test", FirstName: "李", LastName: "O'Neil"}
	h.users = map[string][]org.StoreUser{
		"a1": {
			{Identity: one, Permissions: org.Preset(org.RoleOwner), RightsRead: true, Status: org.StatusActive, LastLogin: org.At(h.at.Add(-time.Hour))},
			{Identity: org.Identity{APIID: "u2", Email: "two@example.test"}, RightsRead: true, Status: org.StatusInactive, LastLogin: org.Never()},
		},
		"b2": {
			{Identity: one, Permissions: org.Preset(org.RoleSalesStaff), RightsRead: true, LastLogin: org.At(h.at.AddDate(0, 0, -91))},
			{Identity: org.Identity{APIID: "u3", Email: "=three@example.test"}},
		},
	}
	return h
}

// change renames and demotes u1 in a1 and removes u2.
func (h *history) change() {
	h.at = h.at.AddDate(0, 0, 1)
	u := h.users["a1"][0]
	u.Email, u.Permissions = "new@example.test", org.Preset(org.RoleAdministrator)
	h.users["a1"] = []org.StoreUser{u}
}

func (h *history) sync(t *testing.T) org.Snapshot {
	t.Helper()
	ctx := context.Background()
	run, err := h.db.Begin(ctx, h.account.ID, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	stores := []org.RemoteStore{{APIID: "s1", Hash: "a1", Name: "Acme, North"}, {APIID: "s2", Hash: "b2", Name: "=Acme"}, {APIID: "s3", Hash: "c3", Name: "Silent"}}
	step := org.Step{State: []byte("{}"), StoreList: &org.AccountRead{Stores: stores, Absence: org.AbsenceProven, Read: org.FacetRead{
		Facet: org.FacetStores, State: org.FacetComplete, Expected: -1, Received: 3, ReadAt: h.at,
	}}}
	for _, store := range stores[:2] {
		users := h.users[store.Hash]
		step.Stores = append(step.Stores, org.StoreRead{Store: store, Users: users, Absence: org.AbsenceProven, Read: org.FacetRead{
			Facet: org.FacetAccesses, State: org.FacetComplete, Expected: len(users), Received: len(users), ReadAt: h.at,
		}})
	}
	apps := []org.App{{APIID: "app/1", Name: "App 1"}, {APIID: "app/2", Name: "App 2"}}
	step.Stores = append(step.Stores,
		org.StoreRead{
			Store: stores[0], Absence: org.AbsenceProven, UserApps: []org.UserApps{{User: "u1", Apps: apps}, {User: "u2"}},
			Read: org.FacetRead{Facet: org.FacetUserApps, State: org.FacetComplete, Expected: -1, Received: 2, ReadAt: h.at},
		},
		org.StoreRead{Store: stores[2], Read: org.FacetRead{
			Facet: org.FacetAccesses, State: org.FacetFailed, Expected: -1, ReadAt: h.at, Error: "The store did not answer.",
		}})
	if err := h.db.Save(ctx, run.Snapshot.ID, step); err != nil {
		t.Fatal(err)
	}
	h.at = h.at.Add(time.Minute)
	snapshot, err := h.db.History().Close(ctx, run.Snapshot.ID, org.Partial, "1 of 3 stores did not answer")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.db.EvaluateFindings(ctx, h.account.ID); err != nil { // as the command does before it exports findings
		t.Fatal(err)
	}
	return snapshot
}

func (h *history) job(snapshot org.Snapshot, kind export.Kind, format export.Format) export.Job {
	job := testJob(kind, format)
	job.Snapshot, job.Account, job.Scope = snapshot, h.account, org.Scope{Account: h.account.ID}
	return job
}

// exportAll writes every kind in every format.
func (h *history) exportAll(t *testing.T, snapshot org.Snapshot) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, kind := range export.Kinds() {
		for _, format := range export.Formats() {
			files[string(kind)+"."+string(format)] = output(t, h.db, h.job(snapshot, kind, format))
		}
	}
	return files
}

// picked shows some columns, a line a row.
func picked(rows [][]string, names ...string) string {
	var b strings.Builder
	for _, row := range rows[1:] {
		for i, name := range names {
			if i > 0 {
				b.WriteByte(' ')
			}
			place := -1
			for j, column := range rows[0] {
				if column == name {
					place = j
				}
			}
			if place < 0 {
				return "no column " + strconv.Quote(name)
			}
			b.WriteString(row[place])
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestUnreadRightsLeaveNoRoomForNo(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	staff := h.users["a1"][1]
	staff.APIID, staff.Permissions = "u3", org.Preset(org.RoleSalesStaff) // her rights in b2 are not read
	h.users["a1"] = append(h.users["a1"], staff)
	got := picked(fromCSV(t, h.exportAll(t, h.sync(t))["users.csv"]), "user_id", "highest_role", "privileged")
	if !strings.Contains(got, "u3 sales-staff-like unknown\n") || !strings.Contains(got, "u1 owner-like yes\n") {
		t.Errorf("got:\n%s", got)
	}
}
