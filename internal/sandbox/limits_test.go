package sandbox

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// expectation is what must come back for one request under one configuration.
type expectation struct {
	name    string
	change  func(*Config)
	query   string
	headers []string
	status  int
	want    string // in the body
	never   string // not in the body
	outcome Outcome
}

func (e expectation) check(t *testing.T) {
	t.Helper()
	if e.change == nil {
		e.change = func(*Config) {}
	}
	s := New(small(e.change))
	a := post(t, s, or(e.query, firstPages), e.headers...)
	if a.err != nil || a.status != e.status || !strings.Contains(a.body, e.want) || e.never != "" && strings.Contains(a.body, e.never) {
		t.Errorf("got %d %v %s; want %d with %q, without %q", a.status, a.err, a.body, e.status, e.want, e.never)
	}
	if r := s.Requests(); len(r) != 1 || r[0].Outcome != e.outcome || s.Stats().Outcomes[e.outcome] != 1 {
		t.Errorf("recorded %+v, want outcome %s", r, e.outcome)
	}
}

func TestRefusals(t *testing.T) {
	overCap := `{ account { stores(first: 6) { edges { node { id } } } } }`
	complex := func(c *Config) { c.ComplexityLimit = 100 }
	for _, e := range []expectation{
		{name: "page above the cap", query: overCap, status: 400, want: "maximum page size of 5", never: `"data"`, outcome: BadPageSize},
		{name: "page above the cap in words", change: func(c *Config) { c.OverCap = "words" }, query: overCap, status: 400, want: "too large", never: "5", outcome: BadPageSize},
		{name: "page above the cap with 200", change: func(c *Config) { c.OverCap = "error200" }, query: overCap, status: 200, want: `"data":null`, outcome: BadPageSize},
		{name: "page above the cap clamped", change: func(c *Config) { c.OverCap, c.StoresPageCap = "clamp", 3 }, query: `{ account { stores(first: 6) { pageInfo { hasNextPage } } } }`, status: 200, want: `"hasNextPage":true`, outcome: OK},
		{name: "own cap for apps", change: func(c *Config) { c.AppsPageCap = 2 }, query: `{ account { stores(first: 1) { edges { node { apps(first: 3) { edges { cursor } } } } } } }`, status: 400, want: "maximum page size of 2", outcome: BadPageSize},
		{name: "own cap for users", change: func(c *Config) { c.UsersPageCap = 250 }, query: `{ account { users(first: 250) { edges { cursor } } } }`, status: 200, want: "cursor", outcome: OK},
		{name: "negative page", query: `{ account { stores(first: -1) { edges { cursor } } } }`, status: 400, want: "non-negative", outcome: BadPageSize},
		{name: "default page", change: func(c *Config) { c.DefaultPage = 2 }, query: `{ account { stores { pageInfo { hasNextPage } } } }`, status: 200, want: `"hasNextPage":true`, outcome: OK},
		{name: "too complex", change: complex, status: 400, want: "as it has a complexity score of 365 out of 100. Please remove some elements and try again", never: `"data"`, outcome: TooComplex},
		{name: "too complex, wrapped", change: func(c *Config) { complex(c); c.ComplexityAnswer = "wrapped" }, status: 400, want: `{"error":{"error":"The query is too complex`, outcome: TooComplex},
		{name: "too complex, other words", change: func(c *Config) { complex(c); c.ComplexityAnswer = "words" }, status: 400, want: "exceeds", never: "100", outcome: TooComplex},
		{name: "not too complex by nodes", change: func(c *Config) { complex(c); c.ScoreFormula = "nodes" }, status: 200, want: `"data"`, outcome: OK},
		{name: "too deep", change: func(c *Config) { c.MaxDepth = 6 }, status: 400, want: "Max query depth 6 is reached.", outcome: Invalid},
		{name: "too many aliases", change: func(c *Config) { c.MaxAliases = 1 }, query: `{ account { id accountInfo { name } } }`, status: 400, want: "aliases", outcome: TooComplex},
		{name: "body too large", change: func(c *Config) { c.MaxBody = 20 }, status: 413, want: "too large", outcome: Invalid},
		{name: "unknown field", query: `{ account { nope } }`, status: 400, want: "'nope'", never: `"data"`, outcome: Invalid},
		{name: "unknown field in a complex query", change: complex, query: `{ account { nope stores(first: 5) { edges { node { users(first: 5) { edges { node { email locale status permissions } } } } } } } }`, status: 400, want: "'nope'", outcome: Invalid},
		{name: "syntax", query: `{ account {`, status: 400, want: "errors", never: `"data"`, outcome: Invalid},
		{name: "no introspection", change: func(c *Config) { c.NoIntrospection = true }, query: `{ __schema { types { name } } }`, status: 400, want: "Introspection", outcome: Invalid},
		{name: "introspection", query: `{ __schema { types { name fields { name type { name ofType { name ofType { name ofType { name } } } } } } } }`, status: 200, want: "StoreUserConnection", outcome: OK},
		{name: "504 for large requests", change: func(c *Config) { c.TimeoutAbove = 20 }, status: 504, want: "<html>", outcome: TimedOut},
		{name: "502 for large requests", change: func(c *Config) { c.TimeoutAbove, c.TimeoutKind = 20, "502" }, status: 502, want: "<html>", outcome: TimedOut},
		{name: "just below a large request", change: func(c *Config) { c.TimeoutAbove = 25 }, status: 200, want: `"data"`, outcome: OK},
	} {
		t.Run(e.name, e.check)
	}
}

func TestTokensAndScopes(t *testing.T) {
	without := func(scope, form string) func(*Config) {
		return func(c *Config) {
			c.MissingScope = form
			for _, s := range ReadScopes {
				if s != scope {
					c.Scopes = append(c.Scopes, s)
				}
			}
		}
	}
	withApps := `{ account { stores(first: 2) { edges { node { id apps(first: 1) { edges { cursor } } } } } } }`
	wrong := []string{"X-Auth-Token", "nonsense"}
	other := func(form string) func(*Config) {
		return func(c *Config) {
			c.WrongAccount = form
			c.Accounts = []Account{{UUID: DefaultUUID, Token: "another", Shape: &Shape{Stores: 1, UsersPerStore: 2, Users: 4}}, {UUID: "2", Token: DefaultToken, Shape: &Shape{Stores: -1, Users: 1}}}
		}
	}
	for _, e := range []expectation{
		{name: "no token", headers: []string{"X-Auth-Token", "-"}, status: 401, want: "header is required", outcome: Unauthorized},
		{name: "empty token", headers: []string{"X-Auth-Token", ""}, status: 401, want: "correct format", outcome: Unauthorized},
		{name: "wrong token", headers: wrong, status: 401, want: `"errors":{}`, outcome: Unauthorized},
		{name: "wrong token, plain", change: func(c *Config) { c.PlainUnauthorized = true }, headers: wrong, status: 401, want: "Unauthorized", never: "{", outcome: Unauthorized},
		{name: "token of another account", change: other(""), status: 401, want: "permission", outcome: Unauthorized},
		{name: "token of another account, 403", change: other("403"), status: 403, want: "permission", outcome: Forbidden},
		{name: "token of another account, 200", change: other("200"), status: 200, want: `"data":null`, outcome: Forbidden},
		{name: "no apps scope", change: without("account_apps_read", ""), query: withApps, status: 200, want: `"edges":[null,null]`, outcome: Partial},
		{name: "no apps scope, 403", change: without("account_apps_read", "403"), query: withApps, status: 403, want: "required scope", outcome: Forbidden},
		{name: "no apps scope, 200", change: without("account_apps_read", "200"), query: withApps, status: 200, want: `"data":null`, outcome: Forbidden},
		{name: "no apps scope and none needed", change: without("account_apps_read", "403"), status: 200, want: "email", outcome: OK},
		{name: "no users scope", change: without("account_users_read", ""), status: 200, want: `"edges":[null,null,null,null]`, outcome: Partial},
		{name: "no stores scope", change: without("account_stores_read", ""), status: 200, want: `"data":null`, outcome: Partial},
		{name: "no account scope", change: without("account_read", ""), query: `{ account { accountInfo { name } } }`, status: 200, want: "permission", outcome: Partial},
		{name: "no subscriptions scope", change: without("account_subscriptions_read", ""), query: `{ account { subscriptions(first: 1) { edges { cursor } } } }`, status: 200, want: "permission", outcome: Partial},
		{name: "no scope at all", change: func(c *Config) { c.Scopes = []string{"none"} }, query: `{ account { id } }`, status: 200, want: "bc/account/account/", outcome: OK},
	} {
		t.Run(e.name, e.check)
	}
}

func TestScore(t *testing.T) {
	fields, nodes := New(small()), New(small(func(c *Config) { c.ScoreFormula = "nodes" }))
	hidden := New(small(func(c *Config) { c.HideScore = true }))
	for _, test := range []struct {
		query         string
		fields, nodes int
	}{
		{`{ account { id } }`, 2, 0},
		{`{ account { stores(first: 1) { edges { node { id } } } } }`, 1 + 1 + 3, 2 + 1},
		{`{ account { stores(first: 4) { pageInfo { hasNextPage } edges { node { id } } } } }`, 1 + 1 + 2 + 4*3, 2 + 4},
		{`{ account { stores(first: 2) { edges { node { users(first: 3) { edges { node { email } } } } } } } }`, 1 + 1 + 2*(2+1+3*3), 2 + 2 + 2*(2+3)},
		{`{ account { a: stores(filter: {storeHashes: ["x", "y"]}, first: 1) { edges { cursor } } b: stores(first: 1) { edges { cursor } } } }`, 1 + 2*3, 2 * 3},
		{`query Q { account { ...f } } fragment f on Account { users(first: 2) { edges { cursor } } }`, 1 + 1 + 2*2, 2 + 2},
	} {
		for s, want := range map[*Server]int{fields: test.fields, nodes: test.nodes} {
			if got := post(t, s, test.query).header.Get("X-Bc-Graphql-Complexity"); got != fmt.Sprint(want) {
				t.Errorf("%s: got %s, want %d", test.query, got, want)
			}
		}
	}
	if got := post(t, hidden, firstPages).header.Values("X-Bc-Graphql-Complexity"); len(got) > 0 {
		t.Error("hidden score is shown")
	}
	rejecting := New(small(func(c *Config) { c.ComplexityLimit = 10 }))
	if got := post(t, rejecting, firstPages).header.Values("X-Bc-Graphql-Complexity"); len(got) > 0 {
		t.Error("a rejection has the header")
	}
}

func TestVariablesCountToo(t *testing.T) {
	s := New(small())
	a := postTo(t, s.Transport(), "http://sandbox", s.first, `query($n: Int!, $after: String) { account { stores(first: $n, after: $after) { edges { cursor } } } }`,
		map[string]any{"n": 6, "after": nil})
	if a.status != 400 || !strings.Contains(a.body, "maximum page size") {
		t.Error(a.status, a.body)
	}
}

// clockwork is a rate clock that tests move by hand.
type clockwork struct{ now time.Time }

func (c *clockwork) config(change func(*Config)) Config {
	return small(func(cfg *Config) {
		cfg.Quota, cfg.Clock = 3, func() time.Time { return c.now }
		change(cfg)
	})
}

func TestRateWindows(t *testing.T) {
	const minute = time.Minute
	for _, test := range []struct {
		name   string
		change func(*Config)
		at     []time.Duration // since the first request
		status []int
		left   []string
		reset  []string // in ms
	}{
		{
			"fixed", func(*Config) {},
			[]time.Duration{0, minute, 2 * minute, 59 * minute, 60 * minute, 61 * minute},
			[]int{200, 200, 200, 429, 200, 200},
			[]string{"2", "1", "0", "0", "2", "1"},
			[]string{"3600000", "3540000", "3480000", "60000", "3600000", "3540000"},
		},
		{
			"sliding", func(c *Config) { c.Sliding = true },
			[]time.Duration{0, minute, 2 * minute, 59 * minute, 60 * minute, 60 * minute, 61 * minute},
			[]int{200, 200, 200, 429, 200, 429, 200},
			[]string{"2", "1", "0", "0", "0", "0", "0"},
			[]string{"3600000", "3540000", "3480000", "60000", "60000", "60000", "60000"},
		},
		{
			"other tools", func(c *Config) { c.Foreign = 2 },
			[]time.Duration{0, minute, 60 * minute},
			[]int{200, 429, 200},
			[]string{"0", "0", "0"},
			[]string{"3600000", "3540000", "3600000"},
		},
		{
			"other tools, sliding", func(c *Config) { c.Foreign, c.Sliding = 2, true },
			[]time.Duration{0, minute, 60 * minute, 61 * minute},
			[]int{200, 429, 200, 429},
			[]string{"0", "0", "0", "0"},
			nil,
		},
		{
			"short window", func(c *Config) { c.Window, c.Quota = 10*time.Second, 1 },
			[]time.Duration{0, 5 * time.Second, 10 * time.Second},
			[]int{200, 429, 200},
			[]string{"0", "0", "0"},
			[]string{"10000", "5000", "10000"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			clock := &clockwork{}
			s := New(clock.config(test.change))
			for i, at := range test.at {
				clock.now = start.Add(at)
				a := post(t, s, `{ account { id } }`)
				h := a.header.Get
				if a.status != test.status[i] || h("X-Rate-Limit-Requests-Left") != test.left[i] || test.reset != nil && h("X-Rate-Limit-Time-Reset-Ms") != test.reset[i] {
					t.Errorf("at %v: got %d, left %s, reset %s", at, a.status, h("X-Rate-Limit-Requests-Left"), h("X-Rate-Limit-Time-Reset-Ms"))
				}
			}
		})
	}
}

func TestRateOfFailuresAndTools(t *testing.T) {
	clock := &clockwork{now: start}
	s := New(clock.config(func(c *Config) { c.EmptyLimited, c.NoRateHeaders = true, true }))
	post(t, s, `{ nope }`)
	s.InjectKinds(Fault500)
	post(t, s, `{ account { id } }`)
	post(t, s, `{ account { id } }`, "X-Auth-Token", "wrong") // not of this account, so not counted
	s.SpendForeign(s.first, 1)
	a := post(t, s, `{ account { id } }`)
	if a.status != 429 || a.body != "" || a.header.Get("X-Rate-Limit-Requests-Left") != "" {
		t.Errorf("got %d %q %v", a.status, a.body, a.header)
	}
	if got := s.AccountStats(s.first).Outcomes; got[Limited] != 1 || got[Invalid] != 1 || got[ServerError] != 1 {
		t.Error(got)
	}
}

func TestRetryAfter(t *testing.T) {
	for form, want := range map[string]string{"": "", "whole": "3591", "fraction": "3590.5"} {
		clock := &clockwork{now: start}
		s := New(clock.config(func(c *Config) { c.Quota, c.RetryAfter = 1, form }))
		if post(t, s, `{ account { id } }`).header.Get("X-Retry-After") != "" {
			t.Error("a good answer has the header")
		}
		clock.now = start.Add(9500 * time.Millisecond)
		if got := post(t, s, `{ account { id } }`).header.Get("X-Retry-After"); got != want {
			t.Errorf("%q: got %q, want %q", form, got, want)
		}
	}
	s := New(small())
	s.Inject(Fault{Kind: FaultLimited, Delay: 7 * time.Second})
	if h := post(t, s, `{ account { id } }`).header; h.Get("X-Rate-Limit-Time-Reset-Ms") != "7000" || h.Get("X-Rate-Limit-Requests-Left") != "0" {
		t.Errorf("got %v", h)
	}
}

func TestTimeTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(small(func(c *Config) { c.Latency, c.TimeoutAbove, c.TimeoutKind = 200*time.Millisecond, 20, "hang" }))
		for _, test := range []struct {
			query string
			fault Fault
			want  time.Duration
			fails bool
		}{
			{`{ account { id } }`, Fault{}, 200 * time.Millisecond, false},
			{`{ account { id } }`, Fault{Kind: FaultSlow}, 3 * time.Second, false},
			{`{ account { id } }`, Fault{Kind: FaultSlow, Delay: time.Minute}, 10 * time.Second, true},
			{`{ account { id } }`, Fault{Kind: FaultHang}, 10 * time.Second, true},
			{firstPages, Fault{}, 10 * time.Second, true},
		} {
			began := time.Now()
			s.Inject(test.fault)
			client := &http.Client{Transport: s.Transport()}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			r, _ := http.NewRequestWithContext(ctx, "POST", "http://sandbox/accounts/"+s.first+"/graphql", strings.NewReader(fmt.Sprintf(`{"query":%q}`, test.query)))
			r.Header.Set("X-Auth-Token", DefaultToken)
			_, err := client.Do(r)
			cancel()
			if took := time.Since(began); took != test.want || (err != nil) != test.fails {
				t.Errorf("%+v took %v with %v, want %v", test.fault, took, err, test.want)
			}
		}
	})
}
