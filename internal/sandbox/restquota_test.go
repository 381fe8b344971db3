package sandbox

import (
	"testing"
	"time"
)

// clocked is a sandbox whose quota goes by a clock that the test moves.
func clocked(rest Rest) (s *Server, forward func(time.Duration)) {
	now := start
	s = New(small(func(c *Config) { c.Rest, c.Clock = rest, func() time.Time { return now } }))
	return s, func(d time.Duration) { now = now.Add(d) }
}

func TestStoresHaveQuotasOfTheirOwn(t *testing.T) {
	s, forward := clocked(Rest{Quota: 3, Window: 30 * time.Second})
	c, other := named(t, s, "Rollcall audit"), named(t, s, "Order flow")
	forward(time.Hour)
	for i, left := range []string{"2", "1", "0"} {
		a := get(t, s, c, "/v3/hooks")
		if h := a.header; a.status != 200 || h.Get("X-Rate-Limit-Requests-Left") != left || h.Get("X-Rate-Limit-Requests-Quota") != "3" ||
			h.Get("X-Rate-Limit-Time-Window-Ms") != "30000" || h.Get("X-Rate-Limit-Time-Reset-Ms") != "30000" {
			t.Errorf("request %d: %d %v", i, a.status, h)
		}
	}
	forward(10 * time.Second)
	limited := get(t, s, c, "/v2/time")
	if limited.status != 429 || limited.header.Get("X-Retry-After") != "20" || limited.header.Get("X-Rate-Limit-Time-Reset-Ms") != "20000" {
		t.Errorf("limited: %d %v %s", limited.status, limited.header, limited.body)
	}
	if a := get(t, s, other, "/v3/hooks"); a.status != 200 {
		t.Errorf("another store: %d", a.status)
	}
	forward(20 * time.Second)
	if a := get(t, s, c, "/v3/hooks"); a.status != 200 {
		t.Errorf("next window: %d", a.status)
	}
	s.SpendStore(c.StoreHash, 2)
	if a := get(t, s, c, "/v3/hooks"); a.status != 429 {
		t.Errorf("after other clients: %d", a.status)
	}
}

func TestQuotaFollowsThePlan(t *testing.T) {
	s, _ := clocked(Rest{})
	c := named(t, s, "Rollcall audit")
	for plan, quota := range map[string]string{"Standard": "150", "Plus": "150", "Pro": "450", "Enterprise": ""} {
		s.Edit(func(w *World) { w.SetPlan(c.StoreHash, plan) })
		s.storeLimits.byHash = nil
		if a := get(t, s, c, "/v3/hooks"); a.header.Get("X-Rate-Limit-Requests-Quota") != quota {
			t.Errorf("%s: %v", plan, a.header)
		}
	}
}

func TestFormsOfTheLimit(t *testing.T) {
	s, forward := clocked(Rest{Quota: 1, Window: 1500 * time.Millisecond, RetryAfter: "fraction", EmptyLimited: true, NoRateHeaders: true})
	c := named(t, s, "Rollcall audit")
	get(t, s, c, "/v3/hooks")
	forward(250 * time.Millisecond)
	if a := get(t, s, c, "/v3/hooks"); a.status != 429 || a.body != "" || a.header.Get("X-Retry-After") != "1.3" || a.header.Get("X-Rate-Limit-Requests-Left") != "" {
		t.Errorf("configured: %d %v %q", a.status, a.header, a.body)
	}
	s, _ = clocked(Rest{})
	c = named(t, s, "Rollcall audit")
	for _, test := range []struct {
		kind              StoreFaultKind
		status            int
		left, retry, body string
	}{
		{StoreLimited, 429, "0", "3", `{"errors":{}`},
		{StoreDecimal, 429, "0", "2.5", `{"errors":{}`},
		{StorePlatform, 429, "", "", `{"errors":{}`},
		{StoreEmptyLimit, 429, "", "", ""},
		{StoreLimitAs500, 500, "0", "3", `{"errors":{}`},
	} {
		s.FaultStore(c.StoreHash, StoreFault{Kind: test.kind, Delay: 2500 * time.Millisecond})
		a := get(t, s, c, "/v3/hooks")
		if a.status != test.status || a.header.Get("X-Rate-Limit-Requests-Left") != test.left || a.header.Get("X-Retry-After") != test.retry ||
			len(a.body) < len(test.body) || a.body[:len(test.body)] != test.body || test.body == "" && a.body != "" {
			t.Errorf("%s: %d %v %s", test.kind, a.status, a.header, a.body)
		}
	}
}
