package signin_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/signin"
	"rollcall/internal/sqlite"
	"rollcall/internal/sqlite/sqlitetest"
	"rollcall/internal/vault"
)

const adminMail, adminPassword = "ada@example.com", "violet teapot march"

// hall is a door on a real database, with one admin and a clock that the test moves.
type hall struct {
	t      *testing.T
	db     *sqlite.DB
	folder string
	door   *signin.Door
	desk   signin.Members
	hasher *signin.Hasher
	admin  signin.Member
	log    *bytes.Buffer

	mu  sync.Mutex
	now time.Time
}

func newHall(t *testing.T) *hall {
	t.Helper()
	h := &hall{t: t, folder: t.TempDir(), log: &bytes.Buffer{}, now: time.Now().Truncate(30 * time.Second)}
	h.open()
	h.admin = h.add(adminMail, signin.Admin)
	return h
}

// open opens the database, as a start of the program does.
func (h *hall) open() {
	h.db = sqlitetest.OpenWith(h.t, h.folder, sqlite.Options{Now: h.clock})
	h.hasher = signin.NewHasher(signin.Cost{Memory: 8, Time: 1, Threads: 1})
	h.door = signin.New(h.db, h.hasher, nil, h.clock)
	h.door.Log = slog.New(slog.NewTextHandler(h.log, nil))
	h.desk = signin.Members{Store: h.db, Now: h.clock}
	v := vault.New(vault.Key{1})
	h.door.Seal = signin.Sealer{
		Seal: func(id signin.MemberID, secret string) ([]byte, error) {
			return v.Seal(signin.SealPurpose, int64(id), secret)
		},
		Open: func(id signin.MemberID, sealed []byte) (string, error) {
			return v.Open(signin.SealPurpose, int64(id), sealed)
		},
	}
}

func (h *hall) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hall) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

func (h *hall) add(email string, role signin.Role) signin.Member {
	h.t.Helper()
	hash, err := h.hasher.Hash(h.t.Context(), adminPassword)
	if err != nil {
		h.t.Fatal(err)
	}
	m, err := signin.NewMember("Somebody", email, role)
	if err != nil {
		h.t.Fatal(err)
	}
	if m.ID, err = h.db.CreateMember(h.t.Context(), m, hash); err != nil {
		h.t.Fatal(err)
	}
	return h.member(m.ID)
}

func (h *hall) member(id signin.MemberID) signin.Member {
	h.t.Helper()
	m, err := h.db.Member(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

func (h *hall) enter(address, email, password string) (signin.Entry, error) {
	return h.door.Enter(h.t.Context(), signin.Try{Address: address, Email: email, Password: password})
}

func (h *hall) code(address, code string) (signin.Entry, error) {
	return h.door.EnterCode(h.t.Context(), signin.CodeTry{Address: address, Member: h.admin.ID, Code: code})
}

// enroll gives the admin a second factor.
func (h *hall) enroll() (secret string, codes []string) {
	h.t.Helper()
	e, err := h.door.BeginTOTP(h.t.Context(), h.admin)
	if err != nil {
		h.t.Fatal(err)
	}
	if codes, err = h.door.ConfirmTOTP(h.t.Context(), h.admin, signin.CodeAt(e.Secret, h.clock())); err != nil {
		h.t.Fatal(err)
	}
	h.pass(30 * time.Second)
	h.admin = h.member(h.admin.ID)
	return e.Secret, codes
}

func TestEveryRefusalCostsTheSame(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	disabled := h.add("dora@example.com", signin.Viewer)
	if _, err := h.desk.SetDisabled(t.Context(), disabled.ID, true); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := h.desk.Invite(t.Context(), "Ivy", "ivy@example.com", signin.Viewer, signin.Reach{}); err != nil {
		t.Fatal(err)
	}
	for i, password := range []string{"not the password", "ﬁve lıgatures² here", strings.Repeat("x", 100_000)} {
		work := map[int64][]string{}
		for j, try := range [][2]string{
			{"wrong password", adminMail},
			{"unknown", "nobody@example.com"},
			{"disabled", "dora@example.com"},
			{"invited", "ivy@example.com"},
			{"no address", "hunter2"},
			{"too long", strings.Repeat("a", 5000) + "@example.com"},
			{"empty", ""},
		} {
			before := h.hasher.Count()
			_, err := h.enter(fmt.Sprintf("198.51.%d.%d", i, j), try[1], password)
			if org.KindOf(err) != org.KindUnsigned || org.TextOf(err) != "The e-mail address or the password is wrong." {
				t.Errorf("%s: %v", try[0], err)
			}
			work[h.hasher.Count()-before] = append(work[h.hasher.Count()-before], try[0])
		}
		if len(work) != 1 || work[0] != nil {
			t.Errorf("password %d: hashes computed for each: %v", i, work)
		}
	}
	right, _ := h.enter("198.51.9.9", "dora@example.com", adminPassword)
	if right.Member.ID != 0 {
		t.Error("the right password of a disabled member opens")
	}
	locks, err := h.db.Locks(t.Context())
	if err != nil || strings.Contains(fmt.Sprint(locks), "hunter2") {
		t.Errorf("%v, %v", locks, err)
	}
}

func TestManyTriesAtOnceAreAllCounted(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	var wait sync.WaitGroup
	var mu sync.Mutex
	compared, before := 0, h.hasher.Count()
	for range 60 {
		wait.Go(func() {
			_, err := h.enter("192.0.2.9", adminMail, "wrong wrong wrong")
			mu.Lock()
			defer mu.Unlock()
			if org.KindOf(err) == org.KindUnsigned {
				compared++
			} else if org.KindOf(err) != org.KindLimited {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if compared != 5 || h.hasher.Count()-before != 5 {
		t.Errorf("%d tries were compared with %d hashes, want 5", compared, h.hasher.Count()-before)
	}
}

// A flood of sign-ins meets a short queue, and what is refused there counts against nobody.
func TestFloodOfSignInsIsBounded(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	leave := h.hasher.Crowd()
	for i := range 30 {
		before := h.hasher.Count()
		if _, err := h.enter("192.0.2.1", adminMail, adminPassword); org.KindOf(err) != org.KindBusy || h.hasher.Count() != before {
			t.Fatalf("try %d in a crowd: %v", i, err)
		}
	}
	leave()
	if _, err := h.enter("192.0.2.1", adminMail, adminPassword); err != nil {
		t.Errorf("after the crowd: %v", err)
	}
}

func TestLocksSurviveARestartAndAdminsEndThem(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	lock := func() {
		for range 10 {
			h.enter("203.0.113.5", adminMail, "wrong wrong wrong")
			h.pass(20 * time.Second)
		}
	}
	lock()
	h.open()
	_, err := h.enter("203.0.113.6", adminMail, adminPassword)
	var wait *signin.TooManyError
	if !errors.As(err, &wait) || wait.Until.Sub(h.clock()) < 29*time.Minute {
		t.Fatalf("after a restart: %v", err)
	}
	locks, err := h.db.Locks(t.Context())
	if err != nil || len(locks) != 3 {
		t.Errorf("locks %+v, %v", locks, err)
	}
	a, err := h.desk.Unlock(t.Context(), h.admin.ID)
	if err != nil || a.Subject != adminMail || a.Action != "member.unlock" {
		t.Errorf("%+v, %v", a, err)
	}
	lock() // whoever attacks goes on
	if _, err := h.enter("203.0.113.6", adminMail, adminPassword); err != nil {
		t.Errorf("unlocked, while others go on guessing: %v", err)
	}
	h.pass(time.Hour)
	if _, err := h.enter("203.0.113.6", adminMail, adminPassword); err != nil {
		t.Errorf("from a network that is known now: %v", err)
	}
	for i := range 10 {
		h.enter("203.0.113.5", fmt.Sprintf("%d@example.com", i), "wrong wrong wrong")
		h.pass(20 * time.Second)
	}
	if _, err := h.enter("203.0.113.5", "bob@example.com", "x"); org.KindOf(err) != org.KindLimited {
		t.Errorf("a network that guesses: %v", err)
	}
	if _, err := h.desk.UnlockNetwork(t.Context(), "203.0.113.5"); err != nil {
		t.Error(err)
	}
	if _, err := h.enter("203.0.113.5", "bob@example.com", "x"); org.KindOf(err) != org.KindUnsigned {
		t.Errorf("an unlocked network: %v", err)
	}
}
