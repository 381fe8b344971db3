package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestShopsComeFromTheSeed(t *testing.T) {
	tell := func(seed uint64) []TruthShop {
		s := New(small(func(c *Config) { c.Seed = seed }))
		s.Advance(40)
		return s.TruthShops(s.first)
	}
	if !reflect.DeepEqual(tell(4), tell(4)) {
		t.Error("equal seeds give different shops")
	}
	if reflect.DeepEqual(tell(4), tell(5)) {
		t.Error("different seeds give equal shops")
	}
}

// TestDemoShowsEverything looks for each remarkable thing after four months, when some stores have gone.
func TestDemoShowsEverything(t *testing.T) {
	s := New(Config{Start: start})
	s.Advance(120)
	found := map[string]bool{}
	for _, shop := range s.TruthShops(DefaultUUID) {
		live := 0
		for _, a := range shop.Accounts {
			if !a.Live() {
				found["revoked"] = true
				continue
			}
			live++
			found["poor"] = found["poor"] || len(a.Scopes) == 0
			found["over-scoped"] = found["over-scoped"] || len(a.Scopes) > len(a.Needs)+5
			found["another account"] = found["another account"] || a.WrongUUID != ""
			found["blocked"] = found["blocked"] || len(a.Blocked) > 0
			found["nobody told"] = found["nobody told"] || len(a.Emails) == 0 && len(a.Hooks) > 0
			markHooks(found, a)
		}
		found["near the cap"] = found["near the cap"] || live >= 45
		for _, client := range shop.MetafieldClients {
			found["unknown client"] = found["unknown client"] || slices.Contains(strangers, client)
		}
	}
	for _, want := range []string{
		"revoked", "poor", "over-scoped", "another account", "blocked", "nobody told", "near the cap", "unknown client", "deactivated by silence",
		"deactivated by failure", "inactive", "unknown host", "http", "odd port", "event bus", "duplicate", "near the limit",
	} {
		if !found[want] {
			t.Errorf("nothing is %s", want)
		}
	}
}

func markHooks(found map[string]bool, a TruthAPIAccount) {
	same, scopes := map[string]int{}, map[string]int{}
	for _, h := range a.Hooks {
		u, _ := url.Parse(h.Destination)
		found["deactivated by silence"] = found["deactivated by silence"] || h.Status == "deactivated" && !h.QuietSince.IsZero()
		found["deactivated by failure"] = found["deactivated by failure"] || h.Status == "deactivated" && h.QuietSince.IsZero()
		found["inactive"] = found["inactive"] || h.Status == "inactive"
		found["unknown host"] = found["unknown host"] || u.Host == UnknownHost
		found["http"] = found["http"] || u.Scheme == "http"
		found["odd port"] = found["odd port"] || u.Port() == "8443"
		found["event bus"] = found["event bus"] || u.Scheme == "arn"
		same[h.Scope+h.Destination]++
		scopes[h.Scope]++
	}
	for _, n := range same {
		found["duplicate"] = found["duplicate"] || n > 1
	}
	for _, n := range scopes {
		found["near the limit"] = found["near the limit"] || n >= 9
	}
}

func TestUneventfulStores(t *testing.T) {
	s := New(small(func(c *Config) { c.APIAccounts, c.Uneventful, c.ShopRate = 3, true, -1 }))
	s.Advance(5)
	for _, shop := range s.TruthShops(s.first) {
		if len(shop.Accounts) != 3 {
			t.Errorf("%d API accounts", len(shop.Accounts))
		}
	}
	s = New(small(func(c *Config) { c.APIAccounts = -1 }))
	if got := s.Credentials(s.first); got != nil {
		t.Errorf("%d API accounts where none were wanted", len(got))
	}
}

func TestSilenceDeactivatesAfter90Days(t *testing.T) {
	s := New(small(func(c *Config) { c.ShopRate = -1 }))
	c := named(t, s, "Rollcall audit")
	var id int64
	s.Edit(func(w *World) {
		id = w.AddHook(c.ClientID, "store/order/created", "https://quiet.example/x")
		w.QuietHook(id, start)
	})
	s.Advance(89)
	if h := truthOf(t, s, c).Hooks[0]; h.Status != "active" {
		t.Errorf("after 89 days: %+v", h)
	}
	s.Advance(1)
	if h := truthOf(t, s, c).Hooks[0]; h.Status != "deactivated" || h.Active || !h.Updated.Equal(start.AddDate(0, 0, 90)) {
		t.Errorf("after 90 days: %+v", h)
	}
	a := visit(t, s, c.Token, "PUT", fmt.Sprintf("/stores/%s/v3/hooks/%d", c.StoreHash, id), `{"is_active":true}`)
	if a.status != 200 || !strings.Contains(a.body, `"is_active":true`) {
		t.Fatalf("%d %s", a.status, a.body)
	}
	s.Advance(89)
	if h := truthOf(t, s, c).Hooks[0]; h.Status != "active" {
		t.Errorf("reactivated, after 89 days: %+v", h)
	}
	s.Advance(1)
	if h := truthOf(t, s, c).Hooks[0]; h.Status != "deactivated" {
		t.Errorf("reactivated, after 90 days: %+v", h)
	}
	if got := s.RestStats(); got.Writes != 1 || got.ByMethod["PUT"] != 1 {
		t.Errorf("counted %+v", got)
	}
}

func TestFailuresBlockAndDeactivate(t *testing.T) {
	now := start
	s := New(small(func(c *Config) { c.ShopRate, c.Clock = -1, func() time.Time { return now } }))
	c := named(t, s, "Rollcall audit")
	s.Edit(func(w *World) {
		w.AddHook(c.ClientID, "store/order/created", "https://Failing.example/x")
		w.FailHost(c.ClientID, "failing.example", true)
	})
	left := blockedFor(t, s, c, "https://failing.example")
	if left <= 0 || left > blockTime {
		t.Fatalf("%d seconds left", left)
	}
	now = now.Add(10 * time.Second)
	if got := blockedFor(t, s, c, "https://failing.example"); got != left-10 {
		t.Errorf("%d seconds left after ten, was %d", got, left)
	}
	now = now.Add(time.Duration(left) * time.Second)
	if got := blockedFor(t, s, c, "https://failing.example"); got != 0 {
		t.Errorf("still blocked for %d seconds", got)
	}
	s.Advance(1)
	if h := truthOf(t, s, c).Hooks[0]; h.Status != "active" {
		t.Errorf("after a day: %+v", h)
	}
	s.Advance(1)
	if h := truthOf(t, s, c).Hooks[0]; h.Status != "deactivated" {
		t.Errorf("after two days: %+v", h)
	}
	if got := blockedFor(t, s, c, "https://failing.example"); got != 0 {
		t.Errorf("blocked although nothing is sent: %d", got)
	}
}

// blockedFor gives the seconds that a destination is blocked, with 0 for none.
func blockedFor(t *testing.T, s *Server, c Credential, destination string) int64 {
	t.Helper()
	var admin struct {
		Data struct {
			BlockedDomains []struct {
				Destination string
				TimeLeft    int64 `json:"time_left"`
				Reasons     []struct {
					Text  string `json:"failure_description"`
					Count int
				}
			} `json:"blocked_domains"`
		}
	}
	a := get(t, s, c, "/v3/hooks/admin")
	if err := json.Unmarshal([]byte(a.body), &admin); err != nil {
		t.Fatalf("%v %s", err, a.body)
	}
	for _, d := range admin.Data.BlockedDomains {
		if d.Destination == destination {
			if len(d.Reasons) == 0 || d.Reasons[0].Count == 0 || d.Reasons[0].Text == "" {
				t.Errorf("blocked without reasons: %+v", d)
			}
			return d.TimeLeft
		}
	}
	return 0
}

func TestAdminListsStatusAndPages(t *testing.T) {
	s := New(small(func(c *Config) { c.Rest.AdminPage = 4 }))
	c := named(t, s, "Event fan-out")
	first, third := get(t, s, c, "/v3/hooks/admin"), get(t, s, c, "/v3/hooks/admin?page=3")
	if !strings.Contains(first.body, `"per_page":4`) || strings.Count(first.body, `"status":"active"`) != 4 || strings.Count(third.body, `"status":"active"`) != 1 {
		t.Errorf("%s\n%s", first.body, third.body)
	}
	silent := get(t, s, named(t, s, "Gift registry"), "/v3/hooks/admin?is_active=false")
	if strings.Count(silent.body, `"status":"deactivated"`) != 1 || strings.Contains(silent.body, `"status":"active"`) {
		t.Errorf("%s", silent.body)
	}
	s = New(small(func(c *Config) { c.Rest.AdminWhole = true }))
	if a := get(t, s, named(t, s, "Event fan-out"), "/v3/hooks/admin?page=2&limit=1"); strings.Count(a.body, `"status":`) != 9 {
		t.Errorf("%s", a.body)
	}
}

func TestWritingHooks(t *testing.T) {
	s := New(small())
	c := named(t, s, "Rollcall audit")
	hooks := "/stores/" + c.StoreHash + "/v3/hooks"
	write := func(method, path, body string, status int) restAnswer {
		t.Helper()
		a := visit(t, s, c.Token, method, path, body)
		if a.status != status {
			t.Errorf("%s %s %s: %d %s", method, path, body, a.status, a.body)
		}
		return a
	}
	for i := range 10 {
		write("POST", hooks, fmt.Sprintf(`{"scope":"store/cart/*","destination":"https://a.example/%d"}`, i), 200)
	}
	write("POST", hooks, `{"scope":"store/cart/*","destination":"https://a.example/11"}`, 422)
	write("POST", hooks, `{"scope":"store/cart/created","destination":"https://a.example/1"}`, 200)
	write("POST", hooks, `{"scope":"store/cart/created","destination":"https://a.example/1"}`, 422)
	write("POST", hooks, `{"scope":"store/order/*","destination":"http://a.example/1"}`, 422)
	write("POST", hooks, `{"scope":"store/order/*","destination":"https://a.example:8443/1"}`, 422)
	write("POST", hooks, `{"destination":"https://a.example/1"}`, 422)
	one := hooks + "/" + itoa(truthOf(t, s, c).Hooks[0].ID)
	write("PUT", one, `{}`, 422)
	write("PUT", one, `[`, 400)
	write("PUT", one, `{"is_active":"yes"}`, 422)
	write("PUT", one, `{"headers":{"X-A":"b"},"is_active":false}`, 200)
	if h := truthOf(t, s, c).Hooks[0]; h.Status != "inactive" || h.Headers["X-A"] != "b" {
		t.Errorf("%+v", h)
	}
	write("DELETE", one, "", 200)
	write("DELETE", one, "", 404)
	write("PUT", hooks+"/admin", `{"emails":["no address"]}`, 422)
	write("PUT", hooks+"/admin", `{}`, 422)
	if a := write("PUT", hooks+"/admin", `{"emails":["x@y.example"]}`, 204); a.body != "" {
		t.Errorf("a body with 204: %s", a.body)
	}
	if got := truthOf(t, s, c).Emails; !slices.Equal(got, []string{"x@y.example"}) {
		t.Errorf("addresses %v", got)
	}
}

func TestDeletingAnAPIAccountKillsItsHooks(t *testing.T) {
	s := New(small())
	c := named(t, s, "Event fan-out")
	s.Edit(func(w *World) { w.DeleteAPIAccount(c.ClientID) })
	if a := get(t, s, c, "/v3/hooks"); a.status != 401 || !strings.Contains(a.body, `"title":"Unauthorized"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := visit(t, s, c.Token, "GET", "/stores/abcde12345/v3/hooks", ""); a.status != 401 {
		t.Errorf("a dead token at another store: %d", a.status)
	}
	if got := truthOf(t, s, c); got.Live() || len(got.Hooks) != 0 {
		t.Errorf("%+v", got)
	}
	hash := named(t, s, "Rollcall audit").StoreHash
	gone := named(t, s, "Rollcall audit")
	s.Edit(func(w *World) { w.RemoveStore(hash) })
	if a := get(t, s, gone, "/v3/hooks"); a.status != 401 {
		t.Errorf("a token of a closed store: %d", a.status)
	}
}

func TestAdminEmailFollowsTheOwner(t *testing.T) {
	s := New(small())
	c := named(t, s, "Rollcall audit")
	tell := func() string { a := get(t, s, c, "/v2/store"); v, _ := a.json["admin_email"].(string); return v }
	var owner, heir string
	s.Edit(func(w *World) {
		st := w.mustStore(c.StoreHash)
		for _, a := range st.accesses {
			if w.isOwner(a) {
				owner = a.person.email
				w.setPermissions(a, w.sets.of(AdminRights))
			} else {
				heir = a.person.email
			}
		}
		w.setPermissions(w.mustAccess(c.StoreHash, owner), w.owner)
	})
	if got := tell(); got != owner {
		t.Errorf("%q, want %q", got, owner)
	}
	s.Edit(func(w *World) {
		w.setPermissions(w.mustAccess(c.StoreHash, owner), w.sets.of(AdminRights))
		w.setPermissions(w.mustAccess(c.StoreHash, heir), w.owner)
	})
	if got := tell(); got != heir {
		t.Errorf("%q, want %q", got, heir)
	}
	s.Edit(func(w *World) { w.SetAdminEmail(c.StoreHash, "new@elsewhere.example") })
	s.AdvanceDay()
	if got := tell(); got != "new@elsewhere.example" {
		t.Errorf("%q after setting it", got)
	}
}

func TestTimes(t *testing.T) {
	now := start
	s := New(small(func(c *Config) { c.Clock = func() time.Time { return now } }))
	c := named(t, s, "Webhooks only")
	if a := get(t, s, c, "/v2/time"); a.body != fmt.Sprintf(`{"time":%d}`, start.Unix()) {
		t.Errorf("%s", a.body)
	}
	now = now.Add(3 * time.Second)
	if a := visit(t, s, "", "GET", "/time", ""); a.body != itoa(start.Add(3*time.Second).UnixMilli()) {
		t.Errorf("%s", a.body)
	}
	s.AdvanceDay()
	if a := get(t, s, c, "/v2/time"); a.body != fmt.Sprintf(`{"time":%d}`, start.AddDate(0, 0, 1).Unix()) {
		t.Errorf("next day: %s", a.body)
	}
}

func TestCredentialFiles(t *testing.T) {
	s := New(small())
	c := named(t, s, "Order flow")
	for layout, labels := range map[rune]string{
		LayoutA: "ACCESS TOKEN|CLIENT NAME|API PATH|CLIENT ID|CLIENT SECRET",
		LayoutB: "ACCESS TOKEN|CLIENT ID|CLIENT SECRET|NAME|API PATH",
		LayoutC: "ACCESS TOKEN|CLIENT NAME|CLIENT ID|CLIENT SECRET|NAME|API PATH",
	} {
		var got []string
		for line := range strings.Lines(c.File(layout)) {
			label, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			got = append(got, label)
			if value == "" {
				t.Errorf("%c: no %s", layout, label)
			}
		}
		if strings.Join(got, "|") != labels {
			t.Errorf("%c: %v", layout, got)
		}
	}
	a := visit(t, s, "", "GET", "/_sandbox/credentials/"+c.ClientID+"?layout=C", "")
	if a.body != c.File(LayoutC) || !strings.Contains(a.header.Get("Content-Disposition"), c.FileName()) {
		t.Errorf("%s %v", a.body, a.header)
	}
	account := s.AccountCredential(s.first)
	if !strings.Contains(account.File(LayoutA), "API PATH: https://api.bigcommerce.com/accounts/"+DefaultUUID+"/graphql\n") {
		t.Error(account.File(LayoutA))
	}
	secrets := s.Secrets(s.first)
	for _, want := range []string{c.Token, c.Secret, DefaultToken, account.Secret} {
		if !slices.Contains(secrets, want) {
			t.Errorf("%q is no secret", want)
		}
	}
	if slices.Contains(secrets, headerSource) || slices.Contains(secrets, c.ClientID) {
		t.Error("something is a secret that is none")
	}
}

// TestReadingNeverWrites is how others prove it of a client: every path that reads leaves everything as it was.
func TestReadingNeverWrites(t *testing.T) {
	s := New(small(func(c *Config) { c.Rest.Quota = -1 }))
	before := s.TruthShops(s.first)
	for _, c := range s.Credentials(s.first) {
		for _, r := range restRoutes() {
			if !r.writes && r.method == "GET" {
				get(t, s, c, strings.NewReplacer("{id}", "1", "{uuid}", "1").Replace(r.path))
			}
		}
	}
	if !reflect.DeepEqual(before, s.TruthShops(s.first)) {
		t.Error("reading has changed something")
	}
	stats := s.RestStats()
	if stats.Writes != 0 || len(s.RestRequests()) == 0 || stats.ByRoute["GET /v3/hooks"] != len(s.Credentials(s.first)) {
		t.Errorf("counted %d writes, routes %v", stats.Writes, slices.Sorted(maps.Keys(stats.ByRoute)))
	}
	c := named(t, s, "Rollcall audit")
	visit(t, s, c.Token, "DELETE", "/stores/"+c.StoreHash+"/v3/nothing", "")
	if s.ResetStats(); s.RestStats().Requests != 0 {
		t.Error("the counters were not reset")
	}
	visit(t, s, c.Token, "DELETE", "/stores/"+c.StoreHash+"/v3/nothing", "")
	if got := s.RestStats().Writes; got != 1 {
		t.Errorf("%d writes after an attempt to delete", got)
	}
}

func TestControls(t *testing.T) {
	s := New(small())
	c := named(t, s, "Rollcall audit")
	for _, test := range []struct {
		path           string
		control, store int
	}{
		{"store-faults?kind=502&store=" + c.StoreHash, 200, 502},
		{"store-faults?store=" + c.StoreHash, 200, 200},
		{"store-faults?kind=nonsense", 400, 200},
		{"suspend?store=" + c.StoreHash, 200, 503},
		{"suspend?off=true&store=" + c.StoreHash, 200, 200},
		{"suspend?store=nothing", 404, 200},
	} {
		if a := visit(t, s, "", "POST", "/_sandbox/"+test.path, ""); a.status != test.control {
			t.Errorf("%s: %d %s", test.path, a.status, a.body)
		}
		if a := get(t, s, c, "/v3/hooks"); a.status != test.store {
			t.Errorf("%s: the store answers %d", test.path, a.status)
		}
	}
}

// TestManyAtOnce lets readers, writers and days pass side by side; the race detector watches.
func TestManyAtOnce(t *testing.T) {
	var s *Server
	s = New(small(func(c *Config) { c.Rest.Quota, c.Clock = -1, func() time.Time { return s.Now() } }))
	creds := s.Credentials(s.first)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for k := range 60 {
				c := creds[(i*7+k)%len(creds)]
				switch k % 6 {
				case 0:
					get(t, s, c, "/v3/hooks/admin")
				case 1:
					get(t, s, c, "/v2/store")
				case 2:
					visit(t, s, c.Token, "POST", "/stores/"+c.StoreHash+"/graphql", `{"query":"{ client { scopes { edges { node } } } }"}`)
				case 3:
					visit(t, s, c.Token, "PUT", "/stores/"+c.StoreHash+"/v3/hooks/admin", `{"emails":["a@b.example"]}`)
				case 4:
					s.FaultStore(c.StoreHash, StoreFault{Kind: "502", Times: 1, ClientID: c.ClientID})
				case 5:
					s.TruthShops(s.first)
				}
			}
		})
	}
	group.Go(func() { s.Advance(5) })
	group.Wait()
	if got := s.RestStats(); got.Requests != 8*40 || got.Writes != 8*10 {
		t.Errorf("counted %d requests, %d writes", got.Requests, got.Writes)
	}
}
