package sqlite

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"rollcall/internal/org"
)

// sealed makes credentials whose print is that of the text.
func sealed(token string) func(org.APIAccountID) (org.SealedSecrets, error) {
	return func(id org.APIAccountID) (org.SealedSecrets, error) {
		if id == 0 {
			return org.SealedSecrets{}, errors.New("sealed before the entry has a number")
		}
		return org.SealedSecrets{
			Token: []byte("sealed " + token), Secret: []byte("sealed secret"), TokenLast4: token[len(token)-4:],
			SecretLast4: "cret", Print: []byte("print of " + token),
		}, nil
	}
}

func registered(account org.AccountID, store, client string) org.APIAccount {
	return org.APIAccount{Account: account, Name: "Entry " + client, Kind: org.APIAccountToken, StoreHash: store, ClientID: client, AddedBy: "local:test"}
}

func TestRegisterKeepsWhatWasEntered(t *testing.T) {
	t.Parallel()
	db := openTest(t)
	ctx, account := t.Context(), connect(t, db, testUUID)
	newWorld(1, 1, 1).sync(t, db, account)
	a := registered(account, "hash0000", "client-1")
	a.Declared, a.Owner, a.Purpose, a.System = []string{"store_v2_orders"}, "Ann", "orders", "ERP"
	a.Notes, a.Created, a.Rotated, a.ReviewDue = "two\nlines", "2026-01-01", "2026-02-01", "2026-12-31"
	got, err := db.AddAPIAccount(ctx, a, sealed("token-abcd"))
	if err != nil {
		t.Fatal(err)
	}
	want := a
	want.ID, want.Store, want.StoreName, want.HasToken, want.TokenLast4, want.SecretLast4 = got.ID, got.Store, "Store 0", true, "abcd", "cret"
	want.AddedAt = got.AddedAt
	if !reflect.DeepEqual(got, want) || got.Store == 0 || got.AddedAt.IsZero() {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	token, err := db.APIAccountToken(ctx, account, got.ID)
	if err != nil || string(token) != "sealed token-abcd" {
		t.Errorf("token %q, %v", token, err)
	}
	got.Name, got.Declared, got.StoreHash = "Another name", nil, "elsewhere"
	if err := db.UpdateAPIAccount(ctx, got); err != nil {
		t.Fatal(err)
	}
	again, err := one(ctx, db.reader, scanEntry, qEntry, account, got.ID)
	if err != nil || again.Name != "Another name" || again.Declared != nil || again.StoreHash != "hash0000" || !again.HasToken {
		t.Errorf("after the change %+v, %v", again, err)
	}
}

func TestRegisterNamesTheEntryThatIsThereAlready(t *testing.T) {
	t.Parallel()
	db := openTest(t)
	ctx, account := t.Context(), connect(t, db, testUUID)
	first, err := db.AddAPIAccount(ctx, registered(account, "aa11", "client-1"), sealed("token-1111"))
	if err != nil {
		t.Fatal(err)
	}
	conflict := func(name string, err error) {
		t.Helper()
		if org.KindOf(err) != org.KindConflict || !strings.Contains(org.TextOf(err), `"Entry client-1" of store aa11`) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = db.AddAPIAccount(ctx, registered(account, "aa11", "client-1"), nil)
	conflict("same client", err)
	_, err = db.AddAPIAccount(ctx, registered(account, "aa11", "client-2"), sealed("token-1111"))
	conflict("same token", err)
	if n := len(dump(t, db, `SELECT id FROM api_account`)); n != 1 {
		t.Errorf("%d entries after refusals", n)
	}
	other, err := db.AddAPIAccount(ctx, registered(account, "bb22", "client-1"), sealed("token-1111"))
	if err != nil {
		t.Fatal("another store:", err)
	}
	nameless := registered(account, "aa11", "")
	nameless.Name = "Two without a client"
	for range 2 {
		if _, err := db.AddAPIAccount(ctx, nameless, nil); err != nil {
			t.Fatal("no client ID:", err)
		}
	}
	second, err := db.AddAPIAccount(ctx, registered(account, "aa11", "client-2"), sealed("token-2222"))
	if err != nil {
		t.Fatal(err)
	}
	second.ClientID = "client-1"
	conflict("change to its client", db.UpdateAPIAccount(ctx, second))
	conflict("change to its token", db.ReplaceAPIAccountToken(ctx, account, second.ID, sealed("token-1111")))
	if err := db.ReplaceAPIAccountToken(ctx, account, first.ID, sealed("token-1111")); err != nil {
		t.Error("the same token again:", err)
	}
	if err := db.ReplaceAPIAccountToken(ctx, account, other.ID, sealed("token-9999")); err != nil {
		t.Error(err)
	}
}

func TestRemovedEntryFreesClientAndToken(t *testing.T) {
	t.Parallel()
	db := openTest(t)
	ctx, account := t.Context(), connect(t, db, testUUID)
	first, err := db.AddAPIAccount(ctx, registered(account, "aa11", "client-1"), sealed("token-1111"))
	if err != nil {
		t.Fatal(err)
	}
	if err := db.RemoveAPIAccount(ctx, account, first.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := db.AddAPIAccount(ctx, registered(account, "aa11", "client-1"), sealed("token-1111")); err != nil {
		t.Fatal("again:", err)
	}
	if n := len(dump(t, db, `SELECT 1 FROM api_account WHERE removed_at IS NOT NULL AND token IS NULL AND secret IS NULL AND token_print IS NULL`)); n != 1 {
		t.Error("the removed entry is gone or kept its secrets")
	}
	for name, err := range map[string]error{
		"remove":  db.RemoveAPIAccount(ctx, account, first.ID),
		"update":  db.UpdateAPIAccount(ctx, first),
		"replace": db.ReplaceAPIAccountToken(ctx, account, first.ID, sealed("token-3333")),
		"proof":   db.SetProof(ctx, account, first.ID, org.Proof{}),
		"foreign": db.RemoveAPIAccount(ctx, account+1, 2),
	} {
		if org.KindOf(err) != org.KindNotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := db.APIAccountToken(ctx, account, first.ID); org.KindOf(err) != org.KindNotFound {
		t.Errorf("token of a removed entry: %v", err)
	}
	if _, err := db.APIAccountToken(ctx, account+1, 2); org.KindOf(err) != org.KindNotFound {
		t.Errorf("token through another account: %v", err)
	}
}

func TestProofIsKeptAndNamesTheClient(t *testing.T) {
	t.Parallel()
	db := openTest(t)
	ctx, account := t.Context(), connect(t, db, testUUID)
	a, err := db.AddAPIAccount(ctx, registered(account, "aa11", ""), sealed("token-1111"))
	if err != nil {
		t.Fatal(err)
	}
	p := org.Proof{State: org.ProofValid, CheckedAt: start, WorkedAt: start, Scopes: []string{"a"}, ScopesBy: org.ScopesByGraphQL, ClientID: "client-7"}
	if err := db.SetProof(ctx, account, a.ID, p); err != nil {
		t.Fatal(err)
	}
	got, err := one(ctx, db.reader, scanEntry, qEntry, account, a.ID)
	if err != nil || !reflect.DeepEqual(got.Proof, p) || got.ClientID != "client-7" {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := db.ReplaceAPIAccountToken(ctx, account, a.ID, sealed("token-1111")); err != nil {
		t.Fatal(err)
	}
	if got, err = one(ctx, db.reader, scanEntry, qEntry, account, a.ID); err != nil || got.Rotated != "" {
		t.Errorf("the same token again counts as a rotation: %+v, %v", got, err)
	}
	if err := db.ReplaceAPIAccountToken(ctx, account, a.ID, sealed("token-2222")); err != nil {
		t.Fatal(err)
	}
	got, err = one(ctx, db.reader, scanEntry, qEntry, account, a.ID)
	if err != nil || got.Proof.State != org.ProofNone || got.Rotated != time.Now().UTC().Format(time.DateOnly) || got.TokenLast4 != "2222" {
		t.Errorf("after the rotation %+v, %v", got, err)
	}
}

func TestRegisterRefusesStrangers(t *testing.T) {
	t.Parallel()
	db := openTest(t)
	ctx := t.Context()
	if _, err := db.AddAPIAccount(ctx, registered(7, "aa11", "client-1"), nil); org.KindOf(err) != org.KindNotFound {
		t.Errorf("an account that is none: %v", err)
	}
	if err := db.ApproveHost(ctx, 7, org.ApprovedHost{Host: "a.example"}); org.KindOf(err) != org.KindNotFound {
		t.Errorf("an account that is none: %v", err)
	}
	account := connect(t, db, testUUID)
	broken := errors.New("no key")
	_, err := db.AddAPIAccount(ctx, registered(account, "aa11", "client-1"), func(org.APIAccountID) (org.SealedSecrets, error) {
		return org.SealedSecrets{}, broken
	})
	if !errors.Is(err, broken) || len(dump(t, db, `SELECT id FROM api_account`)) != 0 {
		t.Errorf("a seal that fails: %v", err)
	}
}

func TestHostsAndExpectations(t *testing.T) {
	t.Parallel()
	db := openTest(t)
	ctx, account := t.Context(), connect(t, db, testUUID)
	for _, note := range []string{"first", "second"} {
		if err := db.ApproveHost(ctx, account, org.ApprovedHost{Host: "Hooks.Example.com", Note: note, By: "ann"}); err != nil {
			t.Fatal(err)
		}
	}
	hosts, err := db.ApprovedHosts(ctx, account)
	if err != nil || len(hosts) != 1 || hosts[0].Host != "hooks.example.com" || hosts[0].Note != "second" || hosts[0].At.IsZero() {
		t.Errorf("hosts %+v, %v", hosts, err)
	}
	e, err := db.AddExpectedHooks(ctx, account, org.ExpectedHooks{Integration: "ERP", Host: "erp.example", Scopes: []string{"store/order/created"}, By: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	list, err := db.ExpectedHooks(ctx, account)
	if err != nil || len(list) != 1 || list[0].ID != e.ID || list[0].Scopes[0] != "store/order/created" || len(list[0].Stores) != 0 {
		t.Errorf("expected %+v, %v", list, err)
	}
	if err := db.RemoveExpectedHooks(ctx, account+1, e.ID); org.KindOf(err) != org.KindNotFound {
		t.Errorf("through another account: %v", err)
	}
	for name, err := range map[string]error{
		"expectation": db.RemoveExpectedHooks(ctx, account, e.ID), "host": db.ForgetHost(ctx, account, "hooks.example.com"),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := db.ForgetHost(ctx, account, "hooks.example.com"); org.KindOf(err) != org.KindNotFound {
		t.Errorf("a host that is not there: %v", err)
	}
}

func TestSecretsAreInNoErrorOfTheRegister(t *testing.T) {
	t.Parallel()
	db := openTest(t)
	ctx, account := context.Background(), connect(t, db, testUUID)
	if _, err := db.AddAPIAccount(ctx, registered(account, "aa11", "client-1"), sealed("token-1111")); err != nil {
		t.Fatal(err)
	}
	_, err := db.AddAPIAccount(ctx, registered(account, "aa11", "client-2"), sealed("token-1111"))
	if err == nil || bytes.Contains([]byte(err.Error()), []byte("token-1111")) {
		t.Errorf("got %v", err)
	}
}
