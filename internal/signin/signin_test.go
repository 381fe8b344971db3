package signin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/org"
)

var cheap = Cost{Memory: 8, Time: 1, Threads: 1}

// table keeps members in memory.
type table struct {
	mu      sync.Mutex
	members []Member
	hashes  []string
}

func (s *table) CountMembers(context.Context) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.members), nil
}

func (s *table) CreateFirstMember(_ context.Context, m Member, hash string) (MemberID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.members) > 0 {
		return 0, org.Conflict("There is an admin already.")
	}
	m.ID = 1
	s.members, s.hashes = append(s.members, m), append(s.hashes, hash)
	return m.ID, nil
}

func (s *table) Member(_ context.Context, id MemberID) (Member, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if int(id) > len(s.members) || id < 1 {
		return Member{}, org.NotFound("member")
	}
	return s.members[id-1], nil
}

func (s *table) MemberByEmail(_ context.Context, fold string) (Member, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, m := range s.members {
		if org.FoldEmail(m.Email) == fold {
			return m, s.hashes[i], nil
		}
	}
	return Member{}, "", org.NotFound("member")
}

const email, password = "ada@example.com", "correct horse battery"

// openDoor is a door with one admin.
func openDoor(t *testing.T) (*Door, *table) {
	t.Helper()
	store, code := &table{}, NewSetupCode()
	d := New(store, NewHasher(cheap), code, time.Now)
	if _, err := d.CreateFirst(t.Context(), "192.0.2.1", Setup{code.Text(), "Ada", email, password}); err != nil {
		t.Fatal(err)
	}
	return d, store
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	d, store := openDoor(t)
	tests := []struct {
		name, email, password string
		disabled              bool
		want                  org.Kind
	}{
		{name: "right", email: email, password: password},
		{name: "other case and blanks", email: " Ada@Example.COM ", password: password},
		{name: "wrong password", email: email, password: "correct horse", want: org.KindUnsigned},
		{name: "empty password", email: email, want: org.KindUnsigned},
		{name: "unknown", email: "bob@example.com", password: password, want: org.KindUnsigned},
		{name: "disabled", email: email, password: password, disabled: true, want: org.KindUnsigned},
	}
	for _, test := range tests {
		store.members[0].Disabled = test.disabled
		m, err := d.SignIn(t.Context(), "192.0.2."+test.name, test.email, test.password)
		if org.KindOf(err) != test.want || (err == nil) != (test.want == 0) {
			t.Errorf("%s: %v", test.name, err)
		}
		if err == nil && m.Email != email {
			t.Errorf("%s: member %+v", test.name, m)
		}
	}
}

func TestComposedPasswordsAreEqual(t *testing.T) {
	t.Parallel()
	h := NewHasher(cheap)
	phc, err := h.Hash(t.Context(), "Müller und Söhne")
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := h.Verify(t.Context(), phc, "Mu\u0308ller und So\u0308hne"); !ok || err != nil {
		t.Errorf("the decomposed form is refused: %v", err)
	}
	if ok, _ := h.Verify(t.Context(), phc, "Muller und Sohne"); ok {
		t.Error("another password is taken")
	}
}

func TestVerifyKnowsOlderCostsAndRefusesRubbish(t *testing.T) {
	t.Parallel()
	old, _ := NewHasher(Cost{Memory: 16, Time: 2, Threads: 1}).Hash(t.Context(), password)
	h := NewHasher(cheap)
	if ok, err := h.Verify(t.Context(), old, password); !ok || err != nil {
		t.Errorf("a hash of other cost: %v, %v", ok, err)
	}
	if !strings.HasPrefix(old, "$argon2id$v=19$m=16,t=2,p=1$") {
		t.Error(old)
	}
	for _, rubbish := range []string{"", "plain", "$argon2i$v=19$m=8,t=1,p=1$AA$AA", old[:len(old)-4], strings.Replace(old, "m=16", "m=99999999", 1)} {
		if ok, err := h.Verify(t.Context(), rubbish, password); ok || err == nil {
			t.Errorf("%q: %v, %v", rubbish, ok, err)
		}
	}
}

func TestTwoHashesAtATime(t *testing.T) {
	t.Parallel()
	h := NewHasher(cheap)
	h.slots <- struct{}{}
	h.slots <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Hash(ctx, password); !errors.Is(err, context.Canceled) {
		t.Errorf("a third hash did not wait: %v", err)
	}
}

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{
		"": false, "elevenchars": false, "twelve chars": true, "pässwörtääää": true, strings.Repeat("ab", 128): true,
		strings.Repeat("ab", 129): false, "aaaaaaaaaaaaaaaa": false, "ääääääääääääää": false, "someone@example.com": false, " Someone@Example.com": false,
		"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff": false,
	} {
		if err := CheckPassword(text, "someone@example.com"); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestSetupCode(t *testing.T) {
	t.Parallel()
	c := NewSetupCode()
	text := c.Text()
	if len(text) != 19 || text == NewSetupCode().Text() {
		t.Errorf("code %q", text)
	}
	if !c.Matches(" "+strings.ToLower(text)+"\n") || !c.Matches(strings.ReplaceAll(text, "-", " ")) || c.Matches("") || c.Matches(text[:18]) {
		t.Error("matching is wrong")
	}
	c.use()
	if c.Matches(text) || c.Matches("") || c.Text() != "" {
		t.Error("a used code lives")
	}
}

func TestOnlyOneFirstAdmin(t *testing.T) {
	t.Parallel()
	store, code := &table{}, NewSetupCode()
	d := New(store, NewHasher(cheap), code, time.Now)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() { d.CreateFirst(t.Context(), "192.0.2.1", Setup{code.Text(), "Ada", email, password}) })
	}
	wait.Wait()
	if len(store.members) != 1 {
		t.Errorf("%d members", len(store.members))
	}
}

func TestFirstAdminsInput(t *testing.T) {
	t.Parallel()
	store, code := &table{}, NewSetupCode()
	d := New(store, NewHasher(cheap), code, time.Now)
	good := Setup{code.Text(), "Ada", email, password}
	for field, change := range map[string]func(*Setup){
		"code": func(s *Setup) { s.Code = "x" }, "name": func(s *Setup) { s.Name = " " }, "email": func(s *Setup) { s.Email = "Ada <ada@example.com>" },
		"password": func(s *Setup) { s.Password = email },
	} {
		s := good
		change(&s)
		_, err := d.CreateFirst(t.Context(), "192.0.2.1", s)
		var e *org.Error
		if !errors.As(err, &e) || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if code.Text() == "" || len(store.members) != 0 {
		t.Error("a mistake used the code up")
	}
}

func TestWaitsGrowLockAndAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _ := openDoor(t)
		try := func(address, email string) time.Duration {
			_, err := d.SignIn(t.Context(), address, email, "wrong wrong wrong")
			var wait *TooManyError
			if errors.As(err, &wait) {
				return time.Until(wait.Until)
			}
			return 0
		}
		for i := range 5 {
			if wait := try("192.0.2.9", "bob@example.com"); wait != 0 {
				t.Fatalf("try %d waits %v", i+1, wait)
			}
		}
		if wait := try("192.0.2.9", "carl@example.com"); wait != time.Second {
			t.Errorf("another name from the same address waits %v", wait)
		}
		if wait := try("192.0.2.10", "bob@example.com"); wait != time.Second {
			t.Errorf("the same name from another address waits %v", wait)
		}
		if wait := try("192.0.2.10", "carl@example.com"); wait != 0 {
			t.Errorf("a stranger waits %v", wait)
		}
		for _, want := range []time.Duration{2, 4, 8, 16} {
			time.Sleep(time.Minute)
			try("192.0.2.9", "bob@example.com")
			if wait := try("192.0.2.9", "bob@example.com"); wait != want*time.Second {
				t.Errorf("waits %v, want %ds", wait, want)
			}
		}
		time.Sleep(time.Minute)
		try("192.0.2.9", "bob@example.com") // the tenth
		for place, of := range map[string]string{"192.0.2.9": "dora@example.com", "192.0.2.11": "bob@example.com"} {
			if wait := try(place, of); wait != 30*time.Minute {
				t.Errorf("after ten failures %s from %s waits %v, want 30m", of, place, wait)
			}
		}
		time.Sleep(31 * time.Minute)
		try("192.0.2.9", "bob@example.com")
		if wait := try("192.0.2.9", "bob@example.com"); wait != 30*time.Minute {
			t.Errorf("one more failure after a lock waits %v", wait)
		}
		time.Sleep(25 * time.Hour)
		if wait := try("192.0.2.9", "bob@example.com") + try("192.0.2.9", "bob@example.com"); wait != 0 {
			t.Errorf("not forgotten after a day: %v", wait)
		}
	})
}

func TestOthersCannotLockAMemberOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _ := openDoor(t)
		enter := func(address, device string) (Entry, error) {
			return d.Enter(t.Context(), Try{Address: address, Device: device, Email: email, Password: password})
		}
		in, err := enter("192.0.2.1", "")
		if err != nil || in.Device == "" {
			t.Fatal(in, err)
		}
		for i := range 200 { // from everywhere, and from the same office for other names
			d.SignIn(t.Context(), fmt.Sprintf("198.51.100.%d", i), email, "wrong wrong wrong")
			d.SignIn(t.Context(), "192.0.2.1", fmt.Sprintf("%d@example.com", i), "wrong wrong wrong")
			time.Sleep(time.Minute)
		}
		if _, err := enter("192.0.2.1", ""); err != nil {
			t.Errorf("where the member signed in before: %v", err)
		}
		if _, err := enter("203.0.113.7", in.Device); err != nil {
			t.Errorf("elsewhere with the same device: %v", err)
		}
		if _, err := enter("203.0.113.8", ""); org.KindOf(err) != org.KindLimited {
			t.Errorf("from where nobody knows the member: %v", err)
		}
		for range 20 {
			d.SignIn(t.Context(), "192.0.2.1", email, "wrong wrong wrong")
			time.Sleep(20 * time.Second)
		}
		if _, err := enter("192.0.2.1", ""); org.KindOf(err) != org.KindLimited {
			t.Errorf("guessing from there is not slowed down: %v", err)
		}
		if _, err := enter("192.0.2.1", in.Device); err != nil {
			t.Errorf("a colleague's guesses lock the member's own device out: %v", err)
		}
		time.Sleep(31 * time.Minute)
		if _, err := enter("192.0.2.1", ""); err != nil {
			t.Errorf("after the wait: %v", err)
		}
	})
}

// Somebody with a password of their own must not be able to guess on and on by signing in between.
func TestOwnSuccessDoesNotPayForGuesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _ := openDoor(t)
		for i := range 30 {
			d.SignIn(t.Context(), "192.0.2.66", fmt.Sprintf("%d@example.com", i), "wrong wrong wrong")
			d.SignIn(t.Context(), "192.0.2.66", email, password)
		}
		_, err := d.SignIn(t.Context(), "192.0.2.66", "somebody@example.com", "wrong wrong wrong")
		if org.KindOf(err) != org.KindLimited {
			t.Errorf("after 30 guesses: %v", err)
		}
	})
}

func TestNetworkOfAnAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1", "2001:db8:1:2:3::4": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64", "?": "?",
	} {
		if got := network(address); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
}

func TestMemoryOfTriesIsBounded(t *testing.T) {
	t.Parallel()
	m := newMemory()
	for i := range 3 * keysMax {
		m.Tally(t.Context(), []Key{{KeyPair, fmt.Sprint(i)}}, func(list []Tally) { list[0].Count = 20 })
	}
	if len(m.keys) > keysMax {
		t.Errorf("%d keys", len(m.keys))
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	for role, may := range map[Role][4]bool{ // look, audit, operate, configure
		NoRole: {}, Viewer: {true}, Auditor: {true, true}, Operator: {true, true, true}, Admin: {true, true, true, true},
	} {
		for action := Look; action <= Configure; action++ {
			if role.May(action) != may[action] {
				t.Errorf("%v, action %d: %v", role, action, role.May(action))
			}
		}
		if parsed, err := ParseRole(role.String()); role != NoRole && (err != nil || parsed != role) {
			t.Errorf("%v: %v, %v", role, parsed, err)
		}
	}
	if _, err := ParseRole(""); err == nil {
		t.Error("the empty word is a role")
	}
}

func TestCodecIsSteadyAndNamesTheMember(t *testing.T) {
	t.Parallel()
	name, text := MemberValue(42)
	values := map[string]any{name: text, "flash": "Saved", "tone": "good"}
	deadline := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	first, err := Codec{}.Encode(deadline, values)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if again, _ := (Codec{}).Encode(deadline, values); string(again) != string(first) {
			t.Fatal("equal sessions give different bytes")
		}
	}
	if id := SessionMember(first); id != 42 {
		t.Errorf("member %d", id)
	}
	at, back, err := Codec{}.Decode(first)
	if err != nil || !at.Equal(deadline) || back["flash"] != "Saved" || len(back) != 3 {
		t.Errorf("%v, %v, %v", at, back, err)
	}
	if _, err := (Codec{}).Encode(deadline, map[string]any{"n": 1}); err == nil {
		t.Error("a number was taken")
	}
	if SessionMember([]byte("rubbish")) != 0 {
		t.Error("rubbish has a member")
	}
}
