package stores

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/org"
)

func TestScopesOfTheIdentityRequest(t *testing.T) {
	many := make([]string, 70)
	for i := range many {
		many[i] = fmt.Sprintf("store_new_scope_%02d", i)
	}
	for _, test := range []struct {
		name   string
		pages  []string
		scopes []string
		whole  bool
		by     string
	}{
		{"one page, implicit and unknown names", []string{identityAnswer("", "users_basic_information", "store_v9_new", "store_v2_default")}, []string{"store_v2_default", "store_v9_new", "users_basic_information"}, true, "graphql"},
		{"two pages", []string{identityAnswer("c1", many[:50]...), identityAnswer("", many[50:]...)}, many, true, "graphql"},
		{"the same page again", []string{identityAnswer("c1", many[:50]...)}, many[:50], false, "graphql"},
		{"a cursor that is null", []string{strings.Replace(identityAnswer("c1", "a"), `"c1"`, "null", 1)}, []string{"a"}, false, "graphql"},
		{"no pageInfo", []string{strings.Replace(identityAnswer("", "a"), "pageInfo", "x", 1)}, []string{"a"}, false, "graphql"},
		{"a null edge", []string{strings.Replace(identityAnswer("", "a", "b"), `{"node":"b"}`, "null", 1)}, []string{"a"}, false, "graphql"},
		{"a null node", []string{strings.Replace(identityAnswer("", "a", "b"), `"b"`, "null", 1)}, []string{"a"}, false, "graphql"},
		{"no scopes at all", []string{identityAnswer("")}, nil, true, "graphql"},
		{"data beside errors", []string{strings.Replace(identityAnswer("", "a"), `{"data"`, `{"errors":[{"message":"x"}],"data"`, 1)}, []string{"a"}, true, "graphql"},
		{"page 2 fails", []string{identityAnswer("c1", many[:50]...), `{"data":null}`}, many[:50], false, "graphql"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFakeStore(t)
			var all []answer
			for _, page := range test.pages {
				all = append(all, answer{200, page, nil})
			}
			f.sayInTurn("POST /graphql", all...)
			p := f.client().Verify(t.Context(), opened, org.Proof{}, someUUID)
			if p.State != org.ProofValid || !slices.Equal(p.Scopes, test.scopes) || p.ScopesWhole != test.whole || p.ScopesBy != test.by || p.ClientID != someClient {
				t.Errorf("%+v", p)
			}
		})
	}
}

// withoutIdentity lets probes have the word: of the scopes named, and of no other, a GET gets through.
func withoutIdentity(f *fakeStore, answers map[string]answer) {
	f.say("POST /graphql", 404, `{"title":"no"}`)
	f.say("GET /v2/store", 403, scopeMissing)
	for path, a := range answers {
		f.on("GET "+path, func(*http.Request) answer { return a })
	}
}

func TestProbesShowScopes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeStore(t)
		withoutIdentity(f, map[string]answer{
			"/v2/orders/count": {200, `{"count":1}`, nil}, "/v3/orders/1/transactions": {404, `{"status":404,"title":"no"}`, nil},
			"/v3/customers": {422, `{"title":"x"}`, nil}, "/v2/payments/methods": {204, "", nil}, "/v3/themes": {400, `{"title":"x"}`, nil},
		})
		p := f.client().Verify(t.Context(), opened, org.Proof{}, someUUID)
		want := []string{"store_payments_methods_read", "store_themes_read_only", "store_v2_customers_read_only", "store_v2_orders_read_only", "store_v2_transactions_read_only"}
		if p.State != org.ProofValid || p.ScopesBy != org.ScopesByProbes || p.ScopesWhole || !slices.Equal(p.Scopes, want) || p.ScopesAt.IsZero() {
			t.Errorf("%+v", p)
		}
		if n := len(f.requests); n != len(probes)+2 {
			t.Errorf("%d requests", n)
		}
		again := f.client().Verify(t.Context(), opened, p, someUUID)
		if n := len(f.requests); n > len(probes)+2+4 || !slices.Equal(again.Scopes, want) {
			t.Errorf("within a week: %d requests, %v", n, again.Scopes)
		}
		time.Sleep(8 * 24 * time.Hour)
		before := len(f.requests)
		f.say("GET /v2/orders/count", 403, scopeMissing)
		lost := f.client().Verify(t.Context(), opened, p, someUUID)
		if len(f.requests)-before < len(probes) || lost.State != org.ProofScopeLost || !strings.Contains(lost.Cause, "store_v2_orders_read_only") {
			t.Errorf("after a week: %d requests, %s %s", len(f.requests)-before, lost.State, lost.Cause)
		}
	})
}

func TestProbesOfABadMomentProveNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeStore(t)
		withoutIdentity(f, map[string]answer{"/v3/catalog/summary": {200, `{}`, nil}})
		for _, p := range probes[2:6] {
			f.say("GET "+p.path, 502, "")
		}
		known := org.Proof{Scopes: []string{"store_v2_content_read_only"}, ScopesBy: org.ScopesByProbes, ScopesAt: time.Now().AddDate(0, -1, 0)}
		p := f.client().Verify(t.Context(), opened, known, "")
		if p.State != org.ProofValid || !slices.Equal(p.Scopes, known.Scopes) || p.ScopesAt != known.ScopesAt {
			t.Errorf("%+v", p)
		}
		p = f.client().Verify(t.Context(), opened, org.Proof{}, "")
		if p.State != org.ProofValid || !slices.Equal(p.Scopes, []string{"store_v2_products_read_only"}) || !p.ScopesAt.IsZero() {
			t.Errorf("%+v", p)
		}
		if asked := strings.Join(f.requests, " "); strings.Contains(asked, probes[6].path) {
			t.Errorf("it went on: %s", asked)
		}
		for _, q := range probes[2:6] {
			f.say("GET "+q.path, 200, `{}`)
		}
		f.requests = nil
		p = f.client().Verify(t.Context(), opened, p, "")
		if len(p.Scopes) != 5 || p.ScopesAt.IsZero() || strings.Contains(strings.Join(f.requests, " "), "/v3/catalog/summary") {
			t.Errorf("taken up again: %+v %v", p, f.requests)
		}
	})
}

func TestProbesForPathsThatAreNotThereTellNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeStore(t)
		withoutIdentity(f, nil)
		for _, p := range probes[8:16] {
			f.say("GET "+p.path, 404, "The route is not found, check the URL")
		}
		f.say("GET "+probes[17].path, 200, `{}`)
		p := f.client().Verify(t.Context(), opened, org.Proof{}, "")
		if !slices.Equal(p.Scopes, []string{probes[17].scope}) || p.ScopesAt.IsZero() {
			t.Errorf("%+v", p)
		}
	})
}

func TestLostScopes(t *testing.T) {
	by := func(how string, scopes ...string) org.Proof {
		return org.Proof{Scopes: scopes, ScopesBy: how, ScopesWhole: how == org.ScopesByGraphQL, ScopesAt: time.Unix(1, 0)}
	}
	lost := by("graphql", "store_v2_orders")
	lost.State, lost.Cause = org.ProofScopeLost, "it was lost"
	other := by("graphql", "store_v2_orders")
	other.ClientID = "one"
	newClient := by("graphql")
	newClient.ClientID = "two"
	half := by("graphql", "a")
	half.ScopesWhole = false
	for _, test := range []struct {
		name      string
		last, now org.Proof
		lost      string
	}{
		{"nothing known before", org.Proof{}, by("graphql", "a"), ""},
		{"the same", by("graphql", "a", "b"), by("graphql", "b", "a"), ""},
		{"one gone", by("graphql", "a", "b"), by("graphql", "a"), "had: b."},
		{"modify became read-only", by("graphql", "store_v2_orders"), by("graphql", "store_v2_orders_read_only"), "had: store_v2_orders."},
		{"spelled differently", by("graphql", "store_checkouts"), by("graphql", "store_checkout"), ""},
		{"the new list is not whole", by("graphql", "a", "b"), half, ""},
		{"probes cannot tell read-only from modify", by("graphql", "store_v2_orders", "store_themes_manage"), by("probes", "store_v2_orders_read_only", "store_themes_read_only"), ""},
		{"probes miss an area", by("graphql", "store_v2_orders", "store_storefront_api"), by("probes"), "had: store_v2_orders."},
		{"another client has the token now", other, newClient, ""},
		{"lost before, as it was", lost, by("graphql", "store_v2_orders"), "it was lost"},
		{"lost before, given back", lost, by("graphql", "store_v2_orders", "store_v2_content"), ""},
	} {
		if got := lostScopes(test.last, test.now); (got == "") != (test.lost == "") || !strings.Contains(got, test.lost) {
			t.Errorf("%s: %q", test.name, got)
		}
	}
}

// onlyReading fails on anything but GET and GraphQL queries.
type onlyReading struct {
	t    *testing.T
	next http.RoundTripper
}

func (o onlyReading) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet {
		body, _ := io.ReadAll(r.Body)
		asked, _ := asObject(body)
		query := strings.TrimSpace(asked.text("query"))
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/graphql") || !strings.HasPrefix(query, "{") && !strings.HasPrefix(query, "query") {
			o.t.Errorf("%s %s is no reading: %s", r.Method, r.URL, body)
		}
	} else if r.ContentLength != 0 || r.Header.Get("Content-Type") != "" {
		o.t.Errorf("GET %s with a body", r.URL)
	}
	if r.Header.Get("X-Auth-Token") != someToken || r.Header.Get("Accept") != "application/json" || !strings.HasPrefix(r.UserAgent(), "Rollcall/") || strings.Contains(r.URL.String(), someToken) {
		o.t.Errorf("%s: headers %v", r.URL, r.Header)
	}
	return o.next.RoundTrip(r)
}

func TestRightsAreFoundOutByReadingAlone(t *testing.T) {
	scenes := []func(*fakeStore){
		func(*fakeStore) {},
		func(f *fakeStore) { withoutIdentity(f, nil) },
		func(f *fakeStore) { f.refuse(answer{403, scopeMissing, nil}) },
		func(f *fakeStore) { f.refuse(answer{401, unauthorized, nil}) },
		func(f *fakeStore) { f.refuse(answer{500, "", nil}) },
		func(f *fakeStore) { f.refuse(answer{422, "{}", nil}) },
	}
	for _, set := range scenes {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeStore(t)
			for _, p := range probes {
				f.say("GET "+p.path, 200, `{"data":[]}`)
			}
			set(f)
			client := New(Config{URL: "http://local", Transport: onlyReading{t, f}})
			client.Verify(t.Context(), opened, org.Proof{}, someUUID)
			client.Read(t.Context(), opened, org.Proof{}, someUUID, Options{Clients: true, Scopes: true})
			client.Read(t.Context(), opened, org.Proof{Scopes: []string{"store_v2_products"}, ScopesBy: "graphql", ClientID: "x"}, someUUID, Options{Clients: true})
		})
	}
}

func FuzzIdentity(f *testing.F) {
	f.Add([]byte(identityAnswer("c", "a", "b")))
	f.Add([]byte(`{"data":{"client":{"clientId":7,"scopes":{"pageInfo":null,"edges":[null,{"node":null},{"node":{}}]}},"store":null},"errors":[{"message":"x"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		store := newFakeStore(t)
		store.say("POST /graphql", 200, string(body))
		synctest.Test(t, func(t *testing.T) {
			p := store.client().Verify(t.Context(), opened, org.Proof{}, someUUID)
			if n := len(store.requests); n > 60 {
				t.Errorf("%d requests", n)
			}
			if p.ScopesWhole && p.ScopesBy != org.ScopesByGraphQL || !slices.IsSorted(p.Scopes) || !p.State.Conclusive() {
				t.Errorf("%+v", p)
			}
		})
	})
}
