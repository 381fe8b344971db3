package sandbox

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestGatewayRefusesAsRecorded(t *testing.T) {
	s := New(small())
	c := named(t, s, "Rollcall audit")
	poor := named(t, s, "Webhooks only")
	own := "/stores/" + c.StoreHash
	other := "/stores/" + named(t, s, "Order flow").StoreHash
	if other == own {
		t.Fatal("the test needs two stores")
	}
	for _, test := range []struct {
		name, token, method, path string
		status                    int
		contentType, body         string // part of the body
	}{
		{"no token", "", "GET", own + "/v3/hooks", 401, textType, "X-Auth-Token header is required"},
		{"refused token", "nonsense", "GET", own + "/v3/hooks", 401, jsonType, `"title":"Unauthorized"`},
		{"unknown path without token", "", "GET", own + "/v3/nothing", 404, textType, "The route is not found, check the URL"},
		{"trailing slash", c.Token, "GET", own + "/v3/hooks/", 404, textType, "The route is not found"},
		{"method that the path lacks", c.Token, "PATCH", own + "/v3/hooks", 404, textType, "The route is not found"},
		{"GET on a POST path", c.Token, "GET", own + "/v3/storefront/api-token", 404, textType, "The route is not found"},
		{"POST there without token", "", "POST", own + "/v3/storefront/api-token", 401, textType, "is required"},
		{"malformed hash", c.Token, "GET", "/stores/NO-HASH/v3/hooks", 404, jsonType, `"status":404`},
		{"other store", c.Token, "GET", other + "/v3/hooks", 403, jsonType, `"status":403`},
		{"other store, GraphQL", c.Token, "POST", other + "/graphql", 404, jsonType, `"status":404`},
		{"missing scope on V2", poor.Token, "GET", "/stores/" + poor.StoreHash + "/v2/store", 403, jsonType, `"title":"You don't have a required scope to access the endpoint"`},
		{"missing scope on V3", poor.Token, "GET", "/stores/" + poor.StoreHash + "/v3/catalog/summary", 403, jsonType, `"errors":{}`},
		{"V2 service", c.Token, "GET", own + "/v2/coupons?page=x", 400, jsonType, `[{"message":`},
		{"unknown webhook", c.Token, "GET", own + "/v3/hooks/999", 404, jsonType, "Webhook with id [999] not found"},
		{"webhook id that is no number", c.Token, "GET", own + "/v3/hooks/abc", 400, jsonType, `"status":400`},
		{"bad filter", c.Token, "GET", own + "/v3/hooks?is_active=perhaps", 422, jsonType, "The filter(s): is_active are not valid"},
		{"bad page", c.Token, "GET", own + "/v3/hooks?page=0", 422, jsonType, "The filter(s): page are not valid"},
	} {
		a := visit(t, s, test.token, test.method, test.path, "{}")
		if a.status != test.status || a.header.Get("Content-Type") != test.contentType || !strings.Contains(a.body, test.body) {
			t.Errorf("%s: %d %s %s", test.name, a.status, a.header.Get("Content-Type"), a.body)
		}
		if a.header.Get("X-Request-Id") == "" {
			t.Errorf("%s: no request id", test.name)
		}
	}
	empty := visit(t, s, "", "GET", own+"/v3/hooks", "", "X-Auth-Token", "")
	if empty.status != 401 || empty.body != "X-Auth-Token header should have correct format" {
		t.Errorf("empty token: %d %s", empty.status, empty.body)
	}
}

func TestWrongStoreHasSeveralAnswers(t *testing.T) {
	for word, status := range map[string]int{"": 403, "403": 403, "401": 401, "404": 404} {
		s := New(small(func(c *Config) { c.Rest.WrongStore = word }))
		c := named(t, s, "Rollcall audit")
		if a := visit(t, s, c.Token, "GET", "/stores/abcde12345/v3/hooks", ""); a.status != status {
			t.Errorf("%q: %d", word, a.status)
		}
	}
}

func TestEmptyV2List(t *testing.T) {
	s := New(small())
	c := named(t, s, "Rollcall audit")
	if a := get(t, s, c, "/v2/coupons"); a.status != 204 || a.body != "" {
		t.Errorf("%d %q", a.status, a.body)
	}
	s.FaultStoreKinds(c.StoreHash, StoreEmptyV2)
	if a := get(t, s, c, "/v2/coupons"); a.status != 404 || !strings.HasPrefix(a.body, `[{"message"`) {
		t.Errorf("%d %q", a.status, a.body)
	}
}

// TestProbesShowScopes asks every probe with a token that may do everything it names and with one that may do nothing.
func TestProbesShowScopes(t *testing.T) {
	s := New(small(func(c *Config) { c.Rest.Quota = -1 }))
	hash := named(t, s, "Rollcall audit").StoreHash
	for _, p := range probes {
		var with, without Credential
		s.Edit(func(w *World) {
			with = w.AddAPIAccount(hash, Credential{Name: "with", Scopes: p.scopes[:1]})
			without = w.AddAPIAccount(hash, Credential{Name: "without"})
		})
		path := strings.NewReplacer("{id}", "1", "{uuid}", "1").Replace(p.path)
		if a := get(t, s, with, path); a.status != p.status {
			t.Errorf("%s with %s: %d %s", path, p.scopes[0], a.status, a.body)
		}
		if a := get(t, s, without, path); a.status != 403 || !strings.Contains(a.body, missingScope) {
			t.Errorf("%s without: %d %s", path, a.status, a.body)
		}
	}
}

func TestStoreFaultsAnswer(t *testing.T) {
	s := New(small())
	c := named(t, s, "Rollcall audit")
	for kind, want := range cannedAnswers {
		s.FaultStoreKinds(c.StoreHash, kind)
		a := get(t, s, c, "/v3/hooks")
		if a.status != want.status || a.body != want.body || a.header.Get("Content-Type") != want.contentType {
			t.Errorf("%s: %d %q", kind, a.status, a.body)
		}
	}
	s.FaultStore(c.StoreHash)
	if a := get(t, s, c, "/v3/hooks"); a.status != 200 {
		t.Errorf("after healing: %d", a.status)
	}
}

func TestFaultsAimAtPathClientAndTimes(t *testing.T) {
	s := New(small())
	c, other := named(t, s, "Rollcall audit"), named(t, s, "Order flow")
	s.FaultStore(c.StoreHash, StoreFault{Kind: "502", Path: "/v2", Times: 2})
	s.FaultStore("*", StoreFault{Kind: "html", ClientID: other.ClientID})
	for i, want := range []int{502, 502, 200} {
		if a := get(t, s, c, "/v2/store"); a.status != want {
			t.Errorf("request %d: %d", i, a.status)
		}
	}
	if a := get(t, s, c, "/v3/hooks"); a.status != 200 || a.header.Get("Content-Type") != jsonType {
		t.Errorf("another path and client: %d %s", a.status, a.body)
	}
	if a := get(t, s, other, "/v3/hooks"); a.header.Get("Content-Type") != htmlType {
		t.Errorf("the client: %d %s", a.status, a.body)
	}
}

func TestFaultsOfTheWire(t *testing.T) {
	s := New(small())
	c := named(t, s, "Rollcall audit")
	whole := get(t, s, c, "/v2/store").body
	s.FaultStoreKinds(c.StoreHash, StoreCut)
	if a := get(t, s, c, "/v2/store"); a.status != 200 || a.json != nil || !strings.HasPrefix(whole, a.body) {
		t.Errorf("cut: %d %s", a.status, a.body)
	}
	s.FaultStoreKinds(c.StoreHash, StoreDropped)
	if a := get(t, s, c, "/v2/store"); a.err == nil {
		t.Error("a dropped connection is no error")
	}
	s.FaultStoreKinds(c.StoreHash, StoreRedirect)
	if a := get(t, s, c, "/v2/store"); a.status != 301 || !strings.HasPrefix(a.header.Get("Location"), "https://elsewhere.example/stores/") {
		t.Errorf("redirect: %d %v", a.status, a.header)
	}
	s.FaultStoreKinds(c.StoreHash, StoreHanging)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", "http://sandbox/stores/"+c.StoreHash+"/v3/hooks", nil)
	if err != nil {
		t.Fatal(err)
	}
	if response, err := s.Transport().RoundTrip(r); err == nil {
		response.Body.Close()
		t.Error("a hanging store answered")
	}
	other := named(t, s, "Order flow")
	if a := get(t, s, other, "/v3/hooks"); a.status != 200 {
		t.Errorf("another store: %d", a.status)
	}
}

func TestConfiguredFaults(t *testing.T) {
	s := New(small(func(c *Config) { c.Rest.Faults = map[string]string{"1": "503-suspended", "*": "old-meta, large-ids"} }))
	first := s.Truth(s.first).Stores[0].Hash
	for _, c := range s.Credentials(s.first) {
		if !c.Live() {
			continue
		}
		a := get(t, s, c, "/v3/hooks")
		if c.StoreHash == first && a.status != 503 || c.StoreHash != first && !strings.Contains(a.body, `"total_items"`) {
			t.Errorf("%s: %d %s", c.StoreHash, a.status, a.body)
		}
	}
	for _, bad := range []Rest{
		{Faults: map[string]string{"*": "nonsense"}},
		{FaultRates: map[string]float64{"nonsense": 0.1}},
		{FaultRates: map[string]float64{"502": 2}},
		{RetryAfter: "later"},
	} {
		if err := (&Config{Rest: bad}).Validate(); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

func TestSuspendedStore(t *testing.T) {
	s := New(small())
	c := named(t, s, "Rollcall audit")
	s.Edit(func(w *World) { w.SuspendStore(c.StoreHash, true) })
	if a := get(t, s, c, "/v2/time"); a.status != 503 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestFaultRates(t *testing.T) {
	s := New(small(func(c *Config) { c.Rest.FaultRates, c.Rest.Quota = map[string]float64{"502": 0.3, "html": 0}, -1 }))
	c, failed := named(t, s, "Rollcall audit"), 0
	for range 200 {
		if get(t, s, c, "/v3/hooks").status == 502 {
			failed++
		}
	}
	if failed < 30 || failed > 90 {
		t.Errorf("%d of 200 failed", failed)
	}
}
