package stores_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/sandbox"
	"rollcall/internal/stores"
)

// local is a client on a local BigCommerce.
func local(t testing.TB, cfg sandbox.Config) (*sandbox.Server, *stores.Client) {
	t.Helper()
	s := sandbox.New(cfg)
	return s, stores.New(stores.Config{URL: "http://local", Transport: s.Transport(), Timeout: 5 * time.Second})
}

func truths(s *sandbox.Server) map[string]sandbox.TruthAPIAccount {
	all := map[string]sandbox.TruthAPIAccount{}
	for _, shop := range s.TruthShops(s.UUIDs()[0]) {
		for _, a := range shop.Accounts {
			all[a.ClientID] = a
		}
	}
	return all
}

func shops(s *sandbox.Server) map[string]sandbox.TruthShop {
	all := map[string]sandbox.TruthShop{}
	for _, shop := range s.TruthShops(s.UUIDs()[0]) {
		all[shop.Hash] = shop
	}
	return all
}

func TestEverythingALocalBigCommerceHoldsIsReadAsItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client := local(t, sandbox.Config{})
		s.Advance(40)
		uuid, shop := s.UUIDs()[0], shops(s)
		hooks := 0
		for _, a := range truths(s) {
			read := client.Read(t.Context(), stores.Token{StoreHash: a.StoreHash, Secret: a.Token}, org.Proof{}, uuid, stores.Options{Clients: true, Scopes: true})
			checkProof(t, shop[a.StoreHash], a, read.Proof)
			if read.Proof.State.Works() {
				checkHooks(t, a, read.Hooks)
				hooks += len(read.Hooks.Hooks)
			}
		}
		if stats := s.RestStats(); stats.Writes != 0 || hooks < 100 {
			t.Errorf("%d webhooks read, %d writes", hooks, stats.Writes)
		}
	})
}

func checkProof(t *testing.T, shop sandbox.TruthShop, a sandbox.TruthAPIAccount, p org.Proof) {
	t.Helper()
	want := org.ProofValid
	switch {
	case shop.Suspended:
		want = org.ProofSuspended
	case !a.Live():
		want = org.ProofRevoked
	case a.WrongUUID != "":
		want = org.ProofWrongAccount
	}
	if !a.Live() && p.State == org.ProofRevoked {
		return
	}
	if p.State != want {
		t.Fatalf("%s of %s: %s (%s), want %s", a.Name, a.StoreHash, p.State, p.Cause, want)
	}
	if !p.State.Works() {
		return
	}
	if p.ClientID != a.ClientID || p.StoreHash != a.StoreHash || !p.ScopesWhole || p.ScopesBy != org.ScopesByGraphQL {
		t.Errorf("%s: identity %+v", a.Name, p)
	}
	for _, scope := range a.Scopes {
		if !slices.Contains(p.Scopes, scope) {
			t.Errorf("%s: scope %s is missing from %v", a.Name, scope, p.Scopes)
		}
	}
	if slices.ContainsFunc(a.Scopes, func(scope string) bool { return strings.HasPrefix(scope, "store_v2_information") }) &&
		(p.AdminEmail != shop.AdminEmail || p.StoreStatus != shop.Status || p.Plan != shop.Plan || p.StoreName != shop.Name) {
		t.Errorf("%s: store %+v, want %+v", a.Name, p, shop)
	}
}

func checkHooks(t *testing.T, a sandbox.TruthAPIAccount, read *org.HookRead) {
	t.Helper()
	if read == nil || !read.Whole || !read.AdminRead || read.Problem != "" {
		t.Fatalf("%s: hooks %+v", a.Name, read)
	}
	if len(read.Hooks) != len(a.Hooks) || !slices.Equal(read.Emails, a.Emails) && len(a.Emails)+len(read.Emails) > 0 {
		t.Fatalf("%s: %d hooks and e-mails %v, want %d and %v", a.Name, len(read.Hooks), read.Emails, len(a.Hooks), a.Emails)
	}
	for i, want := range a.Hooks {
		got := read.Hooks[i]
		if got.APIID != want.ID || got.Scope != want.Scope || got.Destination != want.Destination || got.Status != want.Status ||
			got.Active != org.TriOf(want.Active) || !got.CreatedAt.At.Equal(want.Created) || !got.UpdatedAt.At.Equal(want.Updated) || got.ClientID != a.ClientID ||
			len(got.Headers) != len(want.Headers) {
			t.Errorf("hook %+v, want %+v", got, want)
		}
	}
}

func TestFaultsOfALocalBigCommerceAreNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client := local(t, sandbox.Config{})
		var a sandbox.TruthAPIAccount
		for _, one := range truths(s) {
			if one.Live() && len(one.Hooks) > 2 && one.WrongUUID == "" && !shops(s)[one.StoreHash].Suspended {
				a = one
				break
			}
		}
		for _, kind := range sandbox.AllStoreFaults {
			s.FaultStoreKinds(a.StoreHash, kind)
			began := time.Now()
			read := client.Read(context.Background(), stores.Token{StoreHash: a.StoreHash, Secret: a.Token}, org.Proof{}, a.AccountUUID, stores.Options{Scopes: true})
			whole := read.Hooks != nil && read.Hooks.Whole
			problem := ""
			if read.Hooks != nil {
				problem = read.Hooks.Problem
			}
			t.Logf("%-15s %-13s whole=%-5v requests=%-2d %6s scopes=%s/%d/%v %s | %s", kind, read.Proof.State, whole, read.Requests, time.Since(began).Round(time.Second),
				read.Proof.ScopesBy, len(read.Proof.Scopes), read.Proof.ScopesWhole, read.Proof.Cause, problem)
			time.Sleep(time.Minute)
		}
	})
}
