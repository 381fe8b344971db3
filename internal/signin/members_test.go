package signin_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/signin"
	"rollcall/internal/sqlite/sqlitetest"
)

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
