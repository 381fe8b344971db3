package stores_test

import (
	"encoding/json"
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

// someAccount is a living API account with some webhooks in a store that is up.
func someAccount(s *sandbox.Server) sandbox.TruthAPIAccount {
	for _, shop := range s.TruthShops(s.UUIDs()[0]) {
		for _, a := range shop.Accounts {
			if a.Live() && len(a.Hooks) > 2 && a.WrongUUID == "" && !shop.Suspended {
				return a
			}
		}
	}
	panic("no such API account")
}

func TestATokenOfAnotherStoreIsNamedHoweverItIsRefused(t *testing.T) {
	// A store that answers 401 to everything cannot be told from a dead token: the cause names both.
	for status, want := range map[string]org.ProofState{"401": org.ProofRevoked, "403": org.ProofWrongStore, "404": org.ProofWrongStore} {
		synctest.Test(t, func(t *testing.T) {
			s, client := local(t, sandbox.Config{Rest: sandbox.Rest{WrongStore: status}})
			a := someAccount(s)
			for _, shop := range s.TruthShops(s.UUIDs()[0]) {
				if shop.Hash != a.StoreHash && !shop.Suspended {
					p := client.Verify(t.Context(), stores.Token{StoreHash: shop.Hash, Secret: a.Token}, org.Proof{}, a.AccountUUID)
					if p.State != want || !strings.Contains(p.Cause, "another store") {
						t.Errorf("%s: %s %s", status, p.State, p.Cause)
					}
					return
				}
			}
		})
	}
}

func TestProbesAgreeWithTheTruth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client := local(t, sandbox.Config{})
		shop := shops(s)
		for _, a := range truths(s) {
			if !a.Live() || shop[a.StoreHash].Suspended {
				continue
			}
			s.FaultStore(a.StoreHash, sandbox.StoreFault{Kind: sandbox.StoreClientNull})
			p := client.Verify(t.Context(), stores.Token{StoreHash: a.StoreHash, Secret: a.Token}, org.Proof{}, a.AccountUUID)
			if p.ScopesBy != org.ScopesByProbes || p.ScopesWhole {
				t.Errorf("%s: %+v", a.Name, p)
			}
			granted := org.APIAccount{Declared: a.Scopes, Proof: p}
			if len(granted.ExtraScopes()) > 0 {
				t.Errorf("%s: probes found %v beside %v", a.Name, granted.ExtraScopes(), a.Scopes)
			}
		}
		if s.RestStats().Writes != 0 {
			t.Error("a probe wrote")
		}
	})
}

func TestCredentialFilesOfALocalBigCommerce(t *testing.T) {
	s := sandbox.New(sandbox.Config{})
	for _, want := range s.Credentials(s.UUIDs()[0]) {
		for _, layout := range []rune{sandbox.LayoutA, sandbox.LayoutB, sandbox.LayoutC} {
			got, err := stores.ParseCredentials([]byte(want.File(layout)))
			if err != nil || got.Name != want.Name || got.Token != want.Token || got.Secret != want.Secret || got.ClientID != want.ClientID || got.StoreHash != want.StoreHash || got.Path != want.Path {
				t.Errorf("%s, layout %c: %v", want.Name, layout, err)
			}
		}
	}
}

func TestNothingThatWasReadHoldsASecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client := local(t, sandbox.Config{})
		s.Advance(20)
		var said strings.Builder
		for _, a := range truths(s) {
			read := client.Read(t.Context(), stores.Token{StoreHash: a.StoreHash, Secret: a.Token}, org.Proof{}, a.AccountUUID, stores.Options{Clients: true, Scopes: true})
			text, err := json.Marshal(read)
			if err != nil {
				t.Fatal(err)
			}
			said.Write(text)
		}
		for _, secret := range s.Secrets(s.UUIDs()[0]) {
			if strings.Contains(said.String(), secret) {
				t.Error("a secret was read out")
			}
		}
	})
}

func TestWritesReachALocalBigCommerce(t *testing.T) {
	s, client := local(t, sandbox.Config{})
	for _, a := range truths(s) {
		for _, h := range a.Hooks {
			if h.Active || !a.Live() || shops(s)[a.StoreHash].Suspended {
				continue
			}
			token := stores.Token{StoreHash: a.StoreHash, Secret: a.Token}
			if hook, err := client.Reactivate(t.Context(), token, h.ID); err != nil || hook.Active != org.Yes {
				t.Fatalf("%+v %v", hook, err)
			}
			if err := client.SetEmails(t.Context(), token, []string{"one@example.com", "two@example.com"}); err != nil {
				t.Fatal(err)
			}
			now := truths(s)[a.ClientID]
			i := slices.IndexFunc(now.Hooks, func(other sandbox.TruthHook) bool { return other.ID == h.ID })
			if !now.Hooks[i].Active || !slices.Equal(now.Emails, []string{"one@example.com", "two@example.com"}) || s.RestStats().Writes != 2 {
				t.Errorf("%+v %v", now.Hooks[i], now.Emails)
			}
			return
		}
	}
	t.Error("no inactive webhook")
}
