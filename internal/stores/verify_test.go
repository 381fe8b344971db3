package stores

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/org"
)

func TestCausesAreToldApart(t *testing.T) {
	htmlPage := answer{200, "<html>We'll be right back</html>", map[string]string{"Content-Type": "text/html"}}
	for _, test := range []struct {
		name  string
		set   func(*fakeStore)
		state org.ProofState
		cause string // part of it; empty: none at all
	}{
		{"all is well", func(*fakeStore) {}, org.ProofValid, ""},
		{"no token arrived", func(f *fakeStore) { f.refuse(answer{401, "X-Auth-Token header is required", nil}) }, org.ProofUnreadable, "drop the header"},
		{"malformed token", func(f *fakeStore) { f.refuse(answer{401, "X-Auth-Token header should have correct format", nil}) }, org.ProofRevoked, "cannot read the token"},
		{"refused token", func(f *fakeStore) { f.refuse(answer{401, unauthorized, nil}) }, org.ProofRevoked, "refuses the token"},
		{"refused without a body", func(f *fakeStore) { f.refuse(answer{401, "", nil}) }, org.ProofRevoked, "refuses the token"},
		{"401 for another store's token", func(f *fakeStore) {
			f.say("GET /v3/hooks", 401, unauthorized)
			f.say("POST /graphql", 404, `{"status":404,"title":"Not Found"}`)
		}, org.ProofWrongStore, "another store"},
		{"401 for webhooks alone", func(f *fakeStore) { f.say("GET /v3/hooks", 401, unauthorized) }, org.ProofValid, "webhooks were refused"},
		{"no scope at all", func(f *fakeStore) {
			f.say("GET /v3/hooks", 403, scopeMissing)
			f.say("POST /graphql", 403, scopeMissing)
		}, org.ProofValid, "no scope that lets it read webhooks"},
		{"403 everywhere", func(f *fakeStore) { f.refuse(answer{403, noAccess, nil}) }, org.ProofWrongStore, "another store"},
		{"403 of the old gateway", func(f *fakeStore) { f.refuse(answer{403, `{"error":"no"}`, nil}) }, org.ProofWrongStore, "another store"},
		{"403, then 401", func(f *fakeStore) {
			f.refuse(answer{401, unauthorized, nil})
			f.say("GET /v3/hooks", 403, noAccess)
		}, org.ProofRevoked, "refuses the token"},
		{"malformed hash", func(f *fakeStore) { f.refuse(answer{404, `{"status":404,"title":"The store hash is malformed"}`, nil}) }, org.ProofWrongStore, "store hash is wrong"},
		{"no such path", func(f *fakeStore) { f.refuse(answer{404, "The route is not found, check the URL", nil}) }, org.ProofUnreadable, "does not know this address"},
		{"firewall", func(f *fakeStore) {
			f.refuse(answer{403, "<html>Blocked</html>", map[string]string{"Content-Type": "text/html"}})
		}, org.ProofUnreadable, "web page"},
		{"store down", func(f *fakeStore) { f.refuse(answer{503, "", nil}) }, org.ProofSuspended, "down, being upgraded or suspended"},
		{"store down, a page", func(f *fakeStore) { f.refuse(answer{503, "<html>", nil}) }, org.ProofSuspended, "suspended"},
		{"busy without headers", func(f *fakeStore) { f.refuse(answer{429, "", nil}) }, org.ProofBusy, "come back later"},
		{"busy for long", func(f *fakeStore) { f.refuse(answer{429, "{}", map[string]string{"X-Retry-After": "3600.5"}}) }, org.ProofBusy, "come back later"},
		{"limit as 500", func(f *fakeStore) {
			f.refuse(answer{500, "", map[string]string{"X-Rate-Limit-Requests-Left": "0", "X-Rate-Limit-Requests-Quota": "150", "X-Rate-Limit-Time-Reset-Ms": "500000"}})
		}, org.ProofBusy, "come back later"},
		{"server error", func(f *fakeStore) { f.refuse(answer{500, "{}", nil}) }, org.ProofUnreadable, "error of its own (status 500)"},
		{"gateway page", func(f *fakeStore) { f.refuse(answer{502, "<html>", nil}) }, org.ProofUnreadable, "error of its own (status 502)"},
		{"HTML", func(f *fakeStore) { f.refuse(htmlPage) }, org.ProofUnreadable, "web page came instead of data"},
		{"cut", func(f *fakeStore) { f.refuse(answer{200, `{"data":[{"id":1`, nil}) }, org.ProofUnreadable, "broke off"},
		{"empty", func(f *fakeStore) { f.refuse(answer{200, "", nil}) }, org.ProofUnreadable, "empty"},
		{"text", func(f *fakeStore) { f.refuse(answer{200, "ok", map[string]string{"Content-Type": "text/plain"}}) }, org.ProofUnreadable, "Something other than data"},
		{"an error as 200", func(f *fakeStore) { f.refuse(answer{200, `{"status":500,"title":"Oh no"}`, nil}) }, org.ProofUnreadable, "Oh no"},
		{"redirect", func(f *fakeStore) {
			f.refuse(answer{302, "", map[string]string{"Location": "https://elsewhere.example/"}})
		}, org.ProofUnreadable, "points elsewhere"},
		{"not modified", func(f *fakeStore) { f.refuse(answer{304, "", nil}) }, org.ProofUnreadable, "304"},
		{"rejected", func(f *fakeStore) {
			f.say("GET /v3/hooks", 422, `{"title":"The filter(s): limit are not valid filter parameter(s)."}`)
		}, org.ProofValid, "webhooks cannot be read"},
		{"another account", func(f *fakeStore) {
			f.say("POST /graphql", 200, strings.Replace(identityAnswer("", "store_v2_orders"), someUUID, "ffffffff-9d0e-4c7a-8a43-1f0c5e2d7b90", 1))
		}, org.ProofWrongAccount, "another BigCommerce account"},
		{"another account by the store alone", func(f *fakeStore) {
			f.say("POST /graphql", 404, `{"title":"no"}`)
			f.say("GET /v2/store", 200, `{"id":"abc123xyz","account_uuid":"ffffffff-9d0e-4c7a-8a43-1f0c5e2d7b90"}`)
		}, org.ProofWrongAccount, "another BigCommerce account"},
		{"answers for another store", func(f *fakeStore) {
			f.say("POST /graphql", 200, strings.Replace(identityAnswer(""), `"storeHash":"`+someHash, `"storeHash":"zzz999`, 1))
		}, org.ProofWrongStore, "belongs to the store zzz999"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFakeStore(t)
				test.set(f)
				began := time.Now()
				p := f.client().Verify(t.Context(), opened, org.Proof{}, someUUID)
				if p.State != test.state || !strings.Contains(p.Cause, test.cause) || test.cause == "" && p.Cause != "" {
					t.Errorf("%s (%s), want %s (%s)", p.State, p.Cause, test.state, test.cause)
				}
				if strings.Contains(p.Cause, someToken) || p.CheckedAt.IsZero() || p.State.Works() != !p.WorkedAt.IsZero() {
					t.Errorf("%+v", p)
				}
				if time.Since(began) > 3*time.Minute || len(f.requests) > 40 {
					t.Errorf("took %v and %d requests", time.Since(began), len(f.requests))
				}
			})
		})
	}
}

func TestTokensThatCannotBeSentAreNotSent(t *testing.T) {
	f := newFakeStore(t)
	for _, test := range []struct {
		token Token
		state org.ProofState
	}{
		{Token{someHash, ""}, org.ProofNoToken},
		{Token{"", someToken}, org.ProofUnreadable},
		{Token{someHash, "a\r\nX-Evil: 1"}, org.ProofRevoked},
		{Token{someHash, "ключ"}, org.ProofRevoked},
		{Token{"../../v2", someToken}, org.ProofWrongStore},
		{Token{"a/b?c", someToken}, org.ProofWrongStore},
	} {
		if p := f.client().Verify(t.Context(), test.token, org.Proof{ClientID: "kept"}, ""); p.State != test.state || p.Cause == "" || p.ClientID != "kept" {
			t.Errorf("%v: %+v", test.token, p)
		}
		if r := f.client().Read(t.Context(), test.token, org.Proof{}, "", Options{true, true}); r.Proof.State != test.state || r.Hooks != nil || r.Requests != 0 {
			t.Errorf("%v: %+v", test.token, r)
		}
	}
	if len(f.requests) > 0 {
		t.Error(f.requests)
	}
}

func TestATimeOutAndAStoppedCheckAreNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := roundTrip(func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() })
		client := New(Config{Transport: hang, Timeout: 5 * time.Second})
		if p := client.Verify(t.Context(), opened, org.Proof{}, ""); p.State != org.ProofUnreadable || !strings.Contains(p.Cause, "did not answer in time") {
			t.Errorf("%s %s", p.State, p.Cause)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		if p := client.Verify(ctx, opened, org.Proof{}, ""); p.State != org.ProofUnreadable || !strings.Contains(p.Cause, "stopped") || time.Since(began) != time.Second {
			t.Errorf("%s %s after %v", p.State, p.Cause, time.Since(began))
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestFailuresOfTheMomentAreTriedAgain(t *testing.T) {
	good := answer{200, hookPage(1, 2), nil}
	for name, bad := range map[string]answer{
		"500": {500, "", nil}, "502": {502, "<html>", nil}, "503": {503, "", nil}, "504": {504, "", nil}, "429": {429, "", nil}, "cut": {200, "{", nil},
		"limit as 500":     {500, "", map[string]string{"X-Rate-Limit-Requests-Left": "0", "X-Rate-Limit-Requests-Quota": "150", "X-Rate-Limit-Time-Reset-Ms": "4000"}},
		"429 with headers": {429, "{}", map[string]string{"X-Retry-After": "2.5"}}, "empty": {200, "", nil}, "HTML": {200, "<!doctype html>", nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFakeStore(t)
				f.sayInTurn("GET /v3/hooks", bad, bad, good)
				r := f.client().Read(t.Context(), opened, org.Proof{}, "", Options{})
				if r.Proof.State != org.ProofValid || r.Hooks == nil || !r.Hooks.Whole || len(r.Hooks.Hooks) != 2 {
					t.Errorf("%+v", r)
				}
				if r.Requests != len(f.requests) {
					t.Errorf("%d requests counted, %d made", r.Requests, len(f.requests))
				}
			})
		})
	}
	for _, status := range []int{400, 401, 403, 404, 422, 501, 505, 507} {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeStore(t)
			f.refuse(answer{status, `{"title":"no"}`, nil})
			f.client().Verify(t.Context(), opened, org.Proof{}, "")
			for i := range f.requests[1:] {
				if f.requests[i] == f.requests[i+1] && f.requests[i] != "POST /graphql" {
					t.Errorf("%d: %v", status, f.requests)
				}
			}
		})
	}
}

func TestManyStoresDownAtOnceAreThePlatform(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 503, Header: http.Header{}, Body: http.NoBody}, nil
		})
		client := New(Config{Transport: down})
		states := map[string]org.ProofState{}
		for _, hash := range []string{"aaa111", "bbb222", "ccc333", "ddd444"} {
			states[hash] = client.Verify(t.Context(), Token{hash, someToken}, org.Proof{}, "").State
		}
		if states["aaa111"] != org.ProofSuspended || states["ddd444"] != org.ProofBusy {
			t.Error(states)
		}
	})
}

func TestWhatIsNotToldAnewStaysAsItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeStore(t)
		f.refuse(answer{503, "", nil})
		last := org.Proof{State: org.ProofValid, WorkedAt: time.Unix(1, 0), Scopes: []string{"a"}, ScopesBy: org.ScopesByGraphQL, ScopesWhole: true, ClientID: "c", AdminEmail: "x@y", StoreStatus: "live"}
		p := f.client().Verify(t.Context(), opened, last, "")
		if p.State != org.ProofSuspended || p.WorkedAt != last.WorkedAt || !slices.Equal(p.Scopes, last.Scopes) || p.ClientID != "c" || p.AdminEmail != "x@y" || p.StoreStatus != "live" {
			t.Errorf("%+v", p)
		}
	})
}

// TestAnAlarmEndsWithItsCause: what a store told once by mistake is asked again, although its scopes are not due.
func TestAnAlarmEndsWithItsCause(t *testing.T) {
	for _, state := range []org.ProofState{org.ProofWrongAccount, org.ProofWrongStore, org.ProofRevoked} {
		f := newFakeStore(t)
		last := f.client().Verify(t.Context(), opened, org.Proof{}, someUUID)
		last.State = state
		last.AccountUUID, last.StoreHash = "0d9b7c1e-55aa-4f0b-9f6d-3c2b1a7e8d44", "other99"
		f.say("GET /v2/store", 403, scopeMissing) // only the identity tells
		read := f.client().Read(t.Context(), opened, last, someUUID, Options{})
		if read.Proof.State != org.ProofValid || read.Proof.AccountUUID != someUUID || read.Hooks == nil {
			t.Errorf("after %s: %s, %s", state, read.Proof.State, read.Proof.Cause)
		}
	}
}
