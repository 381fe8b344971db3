package signin_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/signin"
)

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

func TestLostSecondFactor(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	_, codes := h.enroll()
	if _, err := h.code("192.0.2.1", codes[0]); err != nil {
		t.Fatal(err)
	}
	a, err := h.desk.DropTOTP(t.Context(), h.admin.ID)
	if err != nil || a.Subject != adminMail || a.Before != "second factor" || a.After != "none" {
		t.Errorf("%+v, %v", a, err)
	}
	if from, err := h.db.KnownFrom(t.Context(), h.admin.ID, "192.0.2.1", signin.DeviceHash("")); err != nil || from.Place {
		t.Errorf("the place is still known: %v", err)
	}
	if _, err := h.code("192.0.2.1", codes[1]); org.KindOf(err) != org.KindUnsigned {
		t.Errorf("a recovery code of the lost factor: %v", err)
	}
	if e, err := h.enter("192.0.2.1", adminMail, adminPassword); err != nil || e.Next != signin.Done {
		t.Errorf("%+v, %v", e, err)
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
