package web

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-chi/chi/v5"

	"rollcall/internal/org"
	"rollcall/internal/signin"
)

// open are the addresses that need no session; every other one must be refused without one.
var openRoutes = []string{"/static/*", "/favicon.ico", "/healthz", "/setup", "/sign-in", "/sign-out"}

func TestEveryRouteNeedsASession(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	walked := 0
	err := chi.Walk(b.handler.(chi.Routes), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		for _, open := range openRoutes {
			if route == open {
				return nil
			}
		}
		walked++
		path := strings.NewReplacer("{account}", "1", "{user}", "1", "{store}", "1", "{snapshot}", "1", "{file}", "users.csv", "{export}", "1").Replace(route)
		r := httptest.NewRequest(method, path, nil)
		res := b.visitor(t).do(r)
		switch {
		case method == http.MethodGet && res.Code == http.StatusSeeOther && strings.HasPrefix(res.Header().Get("Location"), "/sign-in"):
		case method != http.MethodGet && res.Code == http.StatusUnauthorized:
		default:
			t.Errorf("%s %s: status %d, location %q", method, route, res.Code, res.Header().Get("Location"))
		}
		return nil
	})
	if err != nil || walked < 3 {
		t.Fatalf("walked %d routes: %v", walked, err)
	}
	if len(b.asked) > 0 {
		t.Errorf("lists were read without a session: %v", b.asked)
	}
}

func TestSignInOpensASession(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.visitor(t)
	if res := v.post("/sign-in", "email", " ADA@example.com", "password", adminPassword, "next", "/a/1/users?q=x"); res.Code != http.StatusSeeOther ||
		res.Header().Get("Location") != "/a/1/users?q=x" {
		t.Fatalf("status %d, location %q", res.Code, res.Header().Get("Location"))
	}
	c := v.cookie
	if c.Name != "rollcall-8080" || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure || c.MaxAge != 0 || !c.Expires.IsZero() {
		t.Errorf("cookie %+v", c)
	}
	for token := range b.sessions.rows {
		if strings.Contains(token, c.Value) {
			t.Error("the store holds the token itself")
		}
	}
	if res := v.get("/a/1/users"); res.Code != http.StatusOK || !strings.Contains(res.Body.String(), "Ada Byron") {
		t.Errorf("users: status %d", res.Code)
	}
	old := *c
	if res := v.post("/sign-out"); res.Code != http.StatusSeeOther || v.cookie != nil {
		t.Errorf("sign-out: status %d, cookie %v", res.Code, v.cookie)
	}
	v.cookie = &old
	if res := v.get("/a/1/users"); res.Code != http.StatusSeeOther {
		t.Errorf("after sign-out: status %d", res.Code)
	}
	want := []string{"ada@example.com sign-in ada@example.com done", "ada@example.com sign-out  done"}
	if got := b.recorded(); strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("activity %q, want %q", got, want)
	}
}

func TestSignInRenewsTheToken(t *testing.T) {
	t.Parallel()
	v := newBench(t).admin(t)
	first := v.cookie.Value
	if v.post("/sign-in", "email", adminEmail, "password", adminPassword); v.cookie.Value == first {
		t.Error("the token stayed the same")
	}
	v.cookie.Value = first
	if res := v.get("/a/1/users"); res.Code != http.StatusSeeOther {
		t.Errorf("the old token still opens: status %d", res.Code)
	}
}

func TestWrongPasswordAndUnknownMemberLookAlike(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	wrong := b.visitor(t).post("/sign-in", "email", adminEmail, "password", "not the password")
	unknown := b.visitor(t).post("/sign-in", "email", "bob@example.com", "password", "not the password")
	if wrong.Code != http.StatusUnauthorized || unknown.Code != wrong.Code {
		t.Errorf("status %d and %d", wrong.Code, unknown.Code)
	}
	same := func(res *httptest.ResponseRecorder, email string) string {
		return strings.ReplaceAll(res.Body.String(), email, "")
	}
	if same(wrong, adminEmail) != same(unknown, "bob@example.com") {
		t.Error("the pages differ")
	}
	b.visitor(t).post("/sign-in", "email", "hunter2 typed here", "password", "x")
	if all := strings.Join(b.recorded(), "\n"); strings.Contains(all, "hunter2") || strings.Count(all, "refused") != 3 {
		t.Errorf("activity:\n%s", all)
	}
}

func TestGuessingIsSlowedDown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var res *httptest.ResponseRecorder
	for range 6 {
		res = b.visitor(t).post("/sign-in", "email", adminEmail, "password", "wrong password")
	}
	if res.Code != http.StatusTooManyRequests || res.Header().Get("Retry-After") == "" {
		t.Errorf("status %d, Retry-After %q", res.Code, res.Header().Get("Retry-After"))
	}
	if res := b.visitor(t).post("/sign-in", "email", adminEmail, "password", adminPassword); res.Code != http.StatusTooManyRequests {
		t.Errorf("the right password skips the wait: status %d", res.Code)
	}
}

// Entries are never deleted, so whoever has no session must not be able to fill the disk with them.
func TestStrangersCannotFloodTheActivityLog(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for range 40 {
		b.visitor(t).post("/sign-in", "email", adminEmail, "password", "wrong password")
		b.visitor(t).post("/setup", "code", "AAAA-AAAA-AAAA-AAAA")
		b.visitor(t).post("/sign-out")
	}
	if got := b.recorded(); len(got) < 5 || len(got) > 12 {
		t.Errorf("%d entries: %q", len(got), got)
	}
}

func TestSetupCodeStaysOutOfPages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.members = nil
	code := b.code.Text()
	for what, res := range map[string]*httptest.ResponseRecorder{
		"address": b.visitor(t).get("/setup?code=" + code),
		"mistake": b.visitor(t).post("/setup", "name", "Ada", "email", adminEmail, "password", "short", "code", code),
	} {
		if strings.Contains(res.Body.String(), code) {
			t.Errorf("%s: the page shows the set-up code", what)
		}
	}
}

func TestSetupCodeWorksOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.members = nil
	v := b.visitor(t)
	if res := v.get("/a/1/users"); res.Header().Get("Location") == "" {
		t.Fatalf("status %d", res.Code)
	}
	if res := v.get("/sign-in"); res.Header().Get("Location") != "/setup" {
		t.Errorf("sign-in before set-up leads to %q", res.Header().Get("Location"))
	}
	code := b.code.Text()
	form := []string{"name", "Ada", "email", adminEmail, "password", adminPassword}
	if res := v.post("/setup", append(form, "code", "AAAA-AAAA-AAAA-AAAA")...); res.Code != http.StatusUnprocessableEntity {
		t.Errorf("wrong code: status %d", res.Code)
	}
	if res := v.post("/setup", "name", "Ada", "email", adminEmail, "password", "short", "code", code); res.Code != http.StatusUnprocessableEntity ||
		!strings.Contains(res.Body.String(), "at least 12") || strings.Contains(res.Body.String(), `"short"`) {
		t.Errorf("short password: status %d", res.Code)
	}
	if res := v.post("/setup", append(form, "code", strings.ToLower(code))...); res.Code != http.StatusSeeOther {
		t.Fatalf("right code: status %d: %s", res.Code, res.Body)
	}
	if b.members[0].Role != signin.Admin || b.code.Text() != "" {
		t.Errorf("member %+v, code %q", b.members[0], b.code.Text())
	}
	if res := v.get("/a/1/users"); res.Code != http.StatusOK {
		t.Errorf("not signed in after set-up: status %d", res.Code)
	}
	if res := v.post("/setup", append(form, "code", code)...); res.Header().Get("Location") != "/sign-in" {
		t.Errorf("set-up after set-up: status %d, leads to %q", res.Code, res.Header().Get("Location"))
	}
	b.members = nil // even then the code is dead
	for _, text := range []string{code, ""} {
		if res := b.visitor(t).post("/setup", append(form, "code", text)...); res.Code != http.StatusUnprocessableEntity {
			t.Errorf("code %q again: status %d", text, res.Code)
		}
	}
}

func TestSessionEndsWithoutUseAndInAnyCase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newBench(t).admin(t)
		signedIn := func() bool { return v.get("/a/1/users").Code == http.StatusOK }
		time.Sleep(14 * time.Minute)
		if !signedIn() {
			t.Fatal("ended after 14 minutes")
		}
		time.Sleep(16 * time.Minute)
		if signedIn() {
			t.Error("lives 16 minutes after the last use")
		}
		v = v.bench.admin(t)
		began := time.Now()
		for signedIn() {
			time.Sleep(10 * time.Minute)
		}
		if lived := time.Since(began); lived < 11*time.Hour || lived > 12*time.Hour+10*time.Minute {
			t.Errorf("a session in use lived %v", lived)
		}
	})
}

func TestSessionThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.admin(t)
	b.sessions.fail = org.Problem(org.KindStorage, "The disk is full.", errors.New("cause"))
	if res := v.get("/a/1/users"); res.Code != http.StatusOK {
		t.Errorf("a session that only lives on: status %d", res.Code)
	}
	res := b.visitor(t).post("/sign-in", "email", adminEmail, "password", adminPassword)
	if body := res.Body.String(); res.Code != http.StatusServiceUnavailable || strings.Count(body, "</html>") != 1 || !strings.Contains(body, "The disk is full.") {
		t.Errorf("a new session: status %d: %s", res.Code, body)
	}
}

func TestEndedSessionDoesNotComeBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.admin(t)
	store := b.server.sessions.Store.(*endedStays)
	for token, row := range b.sessions.rows {
		if err := store.DeleteCtx(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		if err := store.CommitCtx(t.Context(), token, row.data, row.expires); err != nil { // a request that was under way
			t.Fatal(err)
		}
	}
	if res := v.get("/a/1/users"); res.Code != http.StatusSeeOther {
		t.Errorf("status %d", res.Code)
	}
}

func TestRemovedMemberIsOut(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.admin(t)
	b.members[0].Disabled = true
	if res := v.get("/a/1/users"); res.Code != http.StatusSeeOther {
		t.Errorf("status %d", res.Code)
	}
}

func TestRolesOpenOnlyTheirRoutes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.admin(t)
	routes := []struct {
		method, path string
		needs        signin.Role
	}{
		{http.MethodGet, "/a/1/users", signin.Viewer},
		{http.MethodGet, "/a/1/download/users.csv", signin.Auditor},
		{http.MethodGet, "/a/1/activity", signin.Auditor},
		{http.MethodPost, "/a/1/sync", signin.Operator},
		{http.MethodPost, "/a/1/stores/1/labels", signin.Operator},
		{http.MethodGet, "/a/1/settings", signin.Admin},
		{http.MethodPost, "/a/1/token", signin.Admin},
		{http.MethodPost, "/connect", signin.Admin},
	}
	for role := signin.NoRole; role <= signin.Admin; role++ {
		b.members[0].Role = role
		for _, route := range routes {
			r := httptest.NewRequest(route.method, route.path, nil)
			res := v.do(r)
			if refused := res.Code == http.StatusForbidden; refused != (role < route.needs) {
				t.Errorf("%v, %s %s: status %d", role, route.method, route.path, res.Code)
			}
		}
	}
}

// Who tried what is not theirs to do, or was told that it cannot be done, is in the activity log.
func TestRefusalsOfMembersAreRecorded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.admin(t)
	v.post("/a/1/settings", "zone", "Nowhere", "days", "90", "at", "02:00")
	v.post("/a/1/remove", "confirm", "another name")
	v.post("/a/1/stores/1/labels", "labels", strings.Repeat("x", 50))
	b.members[0].Role = signin.Viewer
	v.post("/a/1/token", "token", accountToken)
	v.get("/a/1/download/users.csv")
	want := []string{
		"settings  refused", "account.disconnect 01234567-89ab-cdef-0123-456789abcdef refused", "store.labels abc123 refused",
		"role POST /a/{account}/token refused", "role GET /a/{account}/download/{file} refused",
	}
	for i, line := range b.recorded()[1:] {
		if i >= len(want) || line != adminEmail+" "+want[i] {
			t.Errorf("entry %d: %q", i, line)
		}
	}
	if n := len(b.recorded()); n != len(want)+1 {
		t.Errorf("%d entries: %q", n, b.recorded())
	}
}

func TestNextStaysHere(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{
		"/a/1/users?q=a": "/a/1/users?q=a", "": "/", "users": "/", "//evil.example": "/", `/\evil.example`: "/", `\\evil.example`: "/",
		"https://evil.example/": "/", "javascript:alert(1)": "/", "/\t/evil.example": "/", "/%0d%0aSet-Cookie:x": "/%0d%0aSet-Cookie:x", "/\r\nX: y": "/",
	} {
		if got := nextOf(next); got != want {
			t.Errorf("%q: got %q, want %q", next, got, want)
		}
	}
}

func TestPostFromAnotherSiteIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, header := range map[string][2]string{
		"cross-site": {"Sec-Fetch-Site", "cross-site"}, "another port here": {"Sec-Fetch-Site", "same-site"},
		"foreign origin": {"Origin", "https://evil.example"}, "no origin at all": {"Origin", "null"},
	} {
		v := b.admin(t)
		r := newPost("/sign-out")
		r.Header.Set(header[0], header[1])
		if res := v.do(r); res.Code != http.StatusForbidden || v.cookie == nil {
			t.Errorf("%s: status %d, still signed in: %v", name, res.Code, v.cookie != nil)
		}
	}
}

func TestForeignHostIsRefused(t *testing.T) {
	t.Parallel()
	public, _ := url.Parse("https://rollcall.example.org")
	b := newBench(t, func(c *Config) { c.PublicURL = public })
	for host, want := range map[string]int{
		"127.0.0.1:8080": 200, "localhost:8080": 200, "[::1]:8080": 200, "LOCALHOST": 200, "rollcall.example.org": 200, "rollcall.example.org.": 200,
		"evil.example": 421, "evil.example:8080": 421, "127.0.0.1.evil.example": 421, "rollcall.example.org.evil.example": 421, "": 421,
	} {
		r := httptest.NewRequest(http.MethodGet, "/healthz", nil)
		r.Host = host
		w := httptest.NewRecorder()
		b.handler.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: status %d, want %d", host, w.Code, want)
		}
	}
}

func TestCookieUnderTLS(t *testing.T) {
	t.Parallel()
	public, _ := url.Parse("https://rollcall.example.org")
	b := newBench(t, func(c *Config) { c.PublicURL = public })
	v := b.admin(t)
	if c := v.cookie; c.Name != "__Host-rollcall" || !c.Secure || c.Path != "/" || c.Domain != "" {
		t.Errorf("cookie %+v", c)
	}
	if got := v.get("/a/1/users").Header().Get("Strict-Transport-Security"); got == "" {
		t.Error("no HSTS")
	}
}

func TestOnlyADeclaredProxyNamesTheVisitor(t *testing.T) {
	t.Parallel()
	proxied := newBench(t, func(c *Config) { c.BehindProxy = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} })
	for _, test := range []struct{ peer, forwarded, want string }{
		{"203.0.113.9:1000", "198.51.100.7", "203.0.113.9"},
		{"10.0.0.1:1000", "198.51.100.7", "198.51.100.7"},
		{"10.0.0.1:1000", "1.2.3.4, 198.51.100.7, 10.0.0.2", "198.51.100.7"},
		{"10.0.0.1:1000", "", "10.0.0.1"},
		{"10.0.0.1:1000", "rubbish", "10.0.0.1"},
		{"[::ffff:10.0.0.1]:1000", "2001:db8::1", "2001:db8::1"},
		{"10.0.0.1:1000", "198.51.100.7:4711", "198.51.100.7"}, // some proxies name the port
		{"10.0.0.1:1000", "[2001:db8::1]:4711", "2001:db8::1"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = test.peer
		r.Header.Set("X-Forwarded-For", test.forwarded)
		if got, _ := proxied.server.origin(r); got != test.want {
			t.Errorf("%s with %q: got %s, want %s", test.peer, test.forwarded, got, test.want)
		}
	}
}

func TestNobodyGoesRoundTheProxy(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config) { c.BehindProxy = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} })
	for peer, want := range map[string]int{"10.0.0.1:1000": 200, "127.0.0.1:1000": 200, "[::1]:1000": 200, "203.0.113.9:1000": 403, "": 403} {
		r := httptest.NewRequest(http.MethodGet, "/healthz", nil)
		r.Host, r.RemoteAddr = "localhost", peer
		w := httptest.NewRecorder()
		b.handler.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: status %d, want %d", peer, w.Code, want)
		}
	}
}

func TestOriginOfThePublicAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://Rollcall.example.com": "https://rollcall.example.com", "https://a.example:443/": "https://a.example", "https://a.example:8443": "https://a.example:8443", "http://a.example:80": "http://a.example",
	} {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := originOf(u); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func FuzzNextStaysHere(f *testing.F) {
	for _, seed := range []string{"/a/1/", "//evil.example", `/\evil.example`, "/%2f/evil", "http:evil", "/\x00", "?x", "/a?next=//b"} {
		f.Add(seed)
	}
	here, _ := url.Parse("https://here.example/sign-in")
	f.Fuzz(func(t *testing.T, text string) {
		next := nextOf(text)
		u, err := here.Parse(next)
		if err != nil || u.Host != here.Host || u.Scheme != here.Scheme || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
			t.Errorf("%q leads to %q (%v, %v)", text, next, u, err)
		}
	})
}
