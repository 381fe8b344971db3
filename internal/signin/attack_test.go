package signin_test

import (
	"bytes"
	"context"
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

func TestReplayedCode(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	secret, _ := h.enroll()
	e, err := h.enter("192.0.2.1", adminMail, adminPassword)
	if err != nil || e.Next != signin.Code || e.Device != "" {
		t.Fatalf("%+v, %v", e, err)
	}
	if _, err := h.door.SignIn(t.Context(), "192.0.2.2", adminMail, adminPassword); org.KindOf(err) != org.KindForbidden {
		t.Errorf("one step is enough for a caller who knows one step: %v", err)
	}
	code := signin.CodeAt(secret, h.clock())
	var wait sync.WaitGroup
	var mu sync.Mutex
	opened := 0
	for range 4 {
		wait.Go(func() {
			if _, err := h.code("192.0.2.1", code); err == nil {
				mu.Lock()
				opened++
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	if opened != 1 {
		t.Errorf("one code opened %d times", opened)
	}
	h.pass(15 * time.Second)
	if _, err := h.code("192.0.2.1", code); org.KindOf(err) != org.KindUnsigned {
		t.Errorf("replayed: %v", err)
	}
	if _, err := h.code("192.0.2.1", signin.CodeAt(secret, h.clock().Add(-30*time.Second))); org.KindOf(err) != org.KindUnsigned {
		t.Errorf("an older step after a newer one: %v", err)
	}
	h.pass(time.Minute)
	if _, err := h.code("192.0.2.1", signin.CodeAt(secret, h.clock())); err != nil {
		t.Errorf("the next code: %v", err)
	}
}

func TestRecoveryCodesWorkOnce(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	_, codes := h.enroll()
	if len(codes) != 10 {
		t.Fatal(codes)
	}
	if _, err := h.code("192.0.2.1", strings.ToLower(codes[3])); err != nil {
		t.Errorf("a recovery code: %v", err)
	}
	if _, err := h.code("192.0.2.1", codes[3]); org.KindOf(err) != org.KindUnsigned {
		t.Errorf("again: %v", err)
	}
	if left, err := h.door.RecoveryLeft(t.Context(), h.admin.ID); left != 9 || err != nil {
		t.Errorf("%d left, %v", left, err)
	}
	again, err := h.door.RenewRecovery(t.Context(), h.admin)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.code("192.0.2.1", codes[4]); org.KindOf(err) != org.KindUnsigned {
		t.Errorf("one of the old codes: %v", err)
	}
	bob := h.add("bob@example.com", signin.Viewer)
	if _, err := h.door.EnterCode(t.Context(), signin.CodeTry{Address: "192.0.2.3", Member: bob.ID, Code: again[0]}); org.KindOf(err) != org.KindUnsigned {
		t.Errorf("another member's code: %v", err)
	}
	if _, err := h.code("192.0.2.1", again[0]); err != nil {
		t.Errorf("a new code: %v", err)
	}
}

func TestGuessingCodesLocks(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	secret, _ := h.enroll()
	tried := 0
	for i := range 40 { // who knows the password guesses from everywhere
		address := fmt.Sprintf("198.51.100.%d", i)
		if _, err := h.enter(address, adminMail, adminPassword); err != nil {
			continue
		}
		if _, err := h.code(address, "000000"); org.KindOf(err) == org.KindUnsigned {
			tried++
		}
		h.pass(20 * time.Second)
	}
	if tried > 10 {
		t.Errorf("%d codes were compared", tried)
	}
	if _, err := h.code("203.0.113.1", signin.CodeAt(secret, h.clock())); org.KindOf(err) != org.KindLimited {
		t.Errorf("the right code during the lock: %v", err)
	}
}

func TestSecondFactorThatThePolicyWants(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	if p, err := h.db.Policy(t.Context()); err != nil || len(p.TOTP) != 0 || p.Idle != 15*time.Minute || p.Total != 12*time.Hour {
		t.Errorf("at first %+v, %v", p, err)
	}
	if err := h.db.SavePolicy(t.Context(), signin.Policy{Idle: 15 * time.Minute, Total: time.Hour, TOTP: signin.RecommendedTOTP()}); err != nil {
		t.Fatal(err)
	}
	h.add("bob@example.com", signin.Viewer)
	for email, want := range map[string]signin.Step{adminMail: signin.Enroll, "bob@example.com": signin.Done} {
		if e, err := h.enter("192.0.2.1", email, adminPassword); err != nil || e.Next != want {
			t.Errorf("%s: %+v, %v", email, e, err)
		}
	}
	for _, bad := range []signin.Policy{{}, {Idle: 16 * time.Minute, Total: time.Hour}, {Idle: time.Minute, Total: time.Hour}, {Idle: 5 * time.Minute, Total: 13 * time.Hour}} {
		if err := h.db.SavePolicy(t.Context(), bad); org.KindOf(err) != org.KindInvalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if _, err := h.door.ConfirmTOTP(t.Context(), h.admin, "000000"); org.KindOf(err) != org.KindConflict {
		t.Errorf("a code for nothing: %v", err)
	}
	if _, err := h.door.BeginTOTP(t.Context(), h.admin); err != nil {
		t.Fatal(err)
	}
	if h.member(h.admin.ID).TOTP {
		t.Error("a factor counts before its first code")
	}
	if _, err := h.door.ConfirmTOTP(t.Context(), h.admin, "000000"); org.KindOf(err) != org.KindInvalid {
		t.Errorf("a wrong first code: %v", err)
	}
}

func TestProof(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	secret, codes := h.enroll()
	for what, typed := range map[string]string{"password": adminPassword, "code": signin.CodeAt(secret, h.clock()), "recovery code": codes[0]} {
		if err := h.door.Prove(t.Context(), h.admin.ID, typed); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for range 5 {
		if err := h.door.Prove(t.Context(), h.admin.ID, "wrong"); org.KindOf(err) != org.KindInvalid {
			t.Error(err)
		}
	}
	if err := h.door.Prove(t.Context(), h.admin.ID, adminPassword); org.KindOf(err) != org.KindLimited {
		t.Errorf("after five wrong ones: %v", err)
	}
}

func TestLinksForANewPassword(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	const fresh = "quiet orange lantern 7"
	first, _, err := h.desk.ResetLink(t.Context(), h.admin.ID)
	if err != nil {
		t.Fatal(err)
	}
	second, a, err := h.desk.ResetLink(t.Context(), h.admin.ID)
	if err != nil || strings.Contains(fmt.Sprint(a), second) {
		t.Fatal(a, err)
	}
	choose := func(token, password string) error {
		_, err := h.door.ChooseByLink(t.Context(), "192.0.2.77", token, password)
		return err
	}
	if err := choose(first, fresh); org.KindOf(err) != org.KindNotFound {
		t.Errorf("an older link: %v", err)
	}
	if err := choose(second, "password1234"); org.KindOf(err) != org.KindInvalid {
		t.Errorf("a common password: %v", err)
	}
	if err := choose(second, fresh); err != nil {
		t.Fatal(err)
	}
	if err := choose(second, fresh); org.KindOf(err) != org.KindNotFound {
		t.Errorf("a used link: %v", err)
	}
	if _, err := h.enter("192.0.2.1", adminMail, fresh); err != nil {
		t.Errorf("the new password: %v", err)
	}
	third, _, err := h.desk.ResetLink(t.Context(), h.admin.ID)
	if err != nil {
		t.Fatal(err)
	}
	h.pass(25 * time.Hour)
	if err := choose(third, fresh); org.KindOf(err) != org.KindNotFound {
		t.Errorf("an old link: %v", err)
	}
	for range 20 {
		err = choose("guess", fresh)
	}
	if org.KindOf(err) != org.KindLimited {
		t.Errorf("guessing links: %v", err)
	}
}

func TestTheLastAdminStays(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	all := map[string]func() error{
		"role":    func() error { _, err := h.desk.SetRole(t.Context(), h.admin.ID, signin.Operator); return err },
		"disable": func() error { _, err := h.desk.SetDisabled(t.Context(), h.admin.ID, true); return err },
		"limit": func() error {
			_, err := h.desk.SetReach(t.Context(), h.admin.ID, signin.Reach{Limited: true})
			return err
		},
	}
	// None of these could let the others in alone.
	if _, _, _, err := h.desk.Invite(t.Context(), "Ivy", "ivy@example.com", signin.Admin, signin.Reach{}); err != nil {
		t.Fatal(err)
	}
	limited := h.add("lim@example.com", signin.Admin)
	if _, err := h.desk.SetReach(t.Context(), limited.ID, signin.Reach{Limited: true}); err != nil {
		t.Fatal(err)
	}
	for name, do := range all {
		if err := do(); org.KindOf(err) != org.KindConflict {
			t.Errorf("%s: %v", name, err)
		}
	}
	second := h.add("second@example.com", signin.Admin)
	var wait sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for _, id := range []signin.MemberID{h.admin.ID, second.ID} { // each wants to take the other's role
		wait.Go(func() {
			if _, err := h.desk.SetRole(t.Context(), id, signin.Viewer); err == nil {
				mu.Lock()
				done++
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	if done != 1 {
		t.Errorf("%d of the last two admins lost the role", done)
	}
}

func TestChangesSayWhatTheyDid(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	bob := h.add("bob@example.com", signin.Viewer)
	account := sqlitetest.Account(t, h.db, someUUID)
	check := func(a org.Activity, err error, want string) {
		t.Helper()
		if got := a.Action + "|" + a.Subject + "|" + a.Before + "|" + a.After; err != nil || got != want {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
	}
	a, err := h.desk.SetRole(t.Context(), bob.ID, signin.Operator)
	check(a, err, "member.role|bob@example.com|role viewer|role operator")
	a, err = h.desk.SetReach(t.Context(), bob.ID, signin.Reach{Limited: true, Accounts: []org.AccountID{account.ID, account.ID, 99}})
	check(a, err, "member.limit|bob@example.com|all accounts|accounts 1, 1, 99")
	if got := h.member(bob.ID).Reach; got.String() != "accounts 1" {
		t.Errorf("reach %v", got)
	}
	a, err = h.desk.SetDisabled(t.Context(), bob.ID, true)
	check(a, err, "member.disable|bob@example.com|active|disabled")
	a, err = h.desk.Rename(t.Context(), bob.ID, "Robert", "rob@example.com")
	check(a, err, "member.rename|bob@example.com|Somebody, bob@example.com|Robert, rob@example.com")
	if _, err := h.desk.Rename(t.Context(), bob.ID, "Robert", strings.ToUpper(adminMail)); org.KindOf(err) != org.KindConflict || !strings.Contains(org.TextOf(err), "e-mail") {
		t.Errorf("a taken address: %v", err)
	}
	if err := h.db.PurgeAccount(context.Background(), account.ID); err != nil {
		t.Fatal(err)
	}
	if got := h.member(bob.ID).Reach; !got.Limited || len(got.Accounts) != 0 {
		t.Errorf("after the account is gone the member sees %v", got)
	}
	if got := h.member(bob.ID).Reach; got.Sees(sqlitetest.Account(t, h.db, strings.Replace(someUUID, "0", "f", 1)).ID) {
		t.Error("the number of a purged account opens another one")
	}
}
