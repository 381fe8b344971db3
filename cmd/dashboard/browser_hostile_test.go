package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// testHostile asks for what nobody should get: odd addresses, other people's numbers, requests of other sites.
func testHostile(t *testing.T, browser context.Context, s *demoSite) {
	t.Run("addresses", func(t *testing.T) { testOddAddresses(t, s) })
	t.Run("another account", func(t *testing.T) { testOtherAccount(t, s) })
	t.Run("requests", func(t *testing.T) { testOddRequests(t, s) })
	t.Run("sign-in leads nowhere else", func(t *testing.T) { testNext(t, s) })
	t.Run("markup stays text", func(t *testing.T) { testMarkup(t, browser, s) })
}

// leaks are words that no answer may hold.
var leaks = regexp.MustCompile(`goroutine \d|\.go:\d|panic:|runtime error|SQLITE|SQL logic|sqlite|no such table|%!|0x[0-9a-f]{8}`)

// sound checks what every answer must be: no unexpected error, the policy in place, nothing of the inside.
func sound(t *testing.T, what string, got answer) {
	t.Helper()
	if got.status >= http.StatusInternalServerError {
		t.Errorf("%s: status %d", what, got.status)
	}
	if found := leaks.FindString(got.body); found != "" {
		t.Errorf("%s: the answer holds %q", what, found)
	}
	policy := got.header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || got.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s: headers %v", what, got.header)
	}
	if got.header.Get("X-Evil") != "" || strings.Contains(strings.Join(got.header.Values("Set-Cookie"), ";"), "evil") {
		t.Errorf("%s: a header was smuggled in: %v", what, got.header)
	}
	if strings.HasPrefix(got.header.Get("Content-Type"), "text/html") && (strings.Contains(got.body, "<script>alert") || strings.Contains(got.body, "<img")) {
		t.Errorf("%s: markup came through", what)
	}
}

func testOddAddresses(t *testing.T, s *demoSite) {
	const bad, none, ok = http.StatusBadRequest, http.StatusNotFound, http.StatusOK
	for _, c := range []struct {
		path string
		want int
	}{
		{"/a/0/", none},
		{"/a/-1/", none},
		{"/a/99/users", none},
		{"/a/abc/", none},
		{"/a/99999999999999999999/", none},
		{"/a/1%00/", none},
		{"/a/01/", 0},
		{"/a/+1/", 0},
		{"/a/1/users/0", none},
		{"/a/1/users/-5", none},
		{"/a/1/users/999999", none},
		{"/a/1/users/1e3", none},
		{"/a/1/users/9223372036854775807", none},
		{"/a/1/users/9223372036854775808", none},
		{"/a/1/users/<script>alert(1)</script>", none},
		{"/a/1/stores/0", none},
		{"/a/1/stores/4294967297", none},
		{"/a/1/stores/%2e%2e%2f1", none},
		{"/a/1/snapshots/0", none},
		{"/a/1/snapshots/999999", none},
		{"/a/1/snapshots/-1", none},
		{"/a/1/snapshots/x", none},
		{"/a/1/users?colour=red", bad},
		{"/a/1/users?%3Cscript%3Ealert(1)%3C/script%3E=1", bad},
		{"/a/1/users?role=<script>alert(1)</script>", bad},
		{"/a/1/users?sort=password", bad},
		{"/a/1/users?sort=--name", bad},
		{"/a/1/users?login=often", bad},
		{"/a/1/users?privileged=maybe", bad},
		{"/a/1/users?days=-1", bad},
		{"/a/1/users?days=0", 0},
		{"/a/1/users?days=1e9", bad},
		{"/a/1/users?days=99999999999999999999", bad},
		{"/a/1/users?user=x", bad},
		{"/a/1/users?user=-1", 0},
		{"/a/1/users?as-of=yesterday", bad},
		{"/a/1/users?as-of=-3", bad},
		{"/a/1/users?as-of=0", bad},
		{"/a/1/users?as-of=2026-02-30", bad},
		{"/a/1/users?as-of=999999", none},
		{"/a/1/users?as-of=1999-01-01", none},
		{"/a/1/users?as-of=9999-12-31", 0},
		{"/a/1/users?as-of=0000-01-01", 0},
		{"/a/1/users?as-of=9999-12-31T23:59:59Z", 0},
		{"/a/1/users?after=x", bad},
		{"/a/1/users?before=%00", bad},
		{"/a/1/users?after=AAAA", bad},
		{"/a/1/users?after=x&before=y", bad},
		{"/a/1/users?after=" + cursorOf(t, s, "/a/1/changes"), bad},
		{"/a/1/changes?after=" + cursorOf(t, s, "/a/1/users"), bad},
		{"/a/1/users?sort=-login&after=" + cursorOf(t, s, "/a/1/users"), bad},
		{"/a/1/snapshots?after=x", bad},
		{"/a/1/activity?after=x", bad},
		{"/a/1/stores?after=x", bad},
		{"/a/1/matrix?after=x", bad},
		{"/a/1/exports?before=x", 0},
		{"/a/1/exports?before=-1", 0},
		{"/a/1/matrix?stores-from=-1", bad},
		{"/a/1/matrix?stores-from=x", bad},
		{"/a/1/matrix?stores-from=1000000", 0},
		{"/a/1/compare?since=5&as-of=2", 0},
		{"/a/1/compare?since=999999", 0},
		{"/a/1/compare?since=x", bad},
		{"/a/1/compare?since=3&as-of=3", 0},
		{"/a/1/changes?since=999999", 0},
		{"/a/1/changes?kind=everything", bad},
		{"/a/1/changes?since=5&as-of=2", 0},
		{"/a/1/users?q=%00", 0},
		{"/a/1/users?q=%ff%fe", 0},
		{"/a/1/users?q=%25%5f%27%22--", ok},
		{"/a/1/users?q=" + strings.Repeat("a", 8000), 0},
		{"/a/1/users?q=" + strings.Repeat("%F0%9F%A6%8A", 1000), 0},
		{"/a/1/users?store=" + strings.Repeat("x,", 4000), 0},
		{"/a/1/users?q=" + strings.Repeat("a", 64000), http.StatusRequestHeaderFieldsTooLarge},
		{"/a/1/users?%zz", bad},
		{"/a/1/users?a;b", bad},
		{"/a/1/users?q=<script>alert(1)</script>", ok},
		{"/a/1/users?q=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E", ok},
		{"/a/1/users?store=%22%3E%3Cimg%20src=x%3E", 0},
		{"/a/1/stores?label=%3Cscript%3Ealert(1)%3C/script%3E", ok},
		{"/a/1/users?permission=%3Cscript%3Ealert(1)%3C/script%3E", ok},
		{"/a/1/users?app=%3Cscript%3Ealert(1)%3C/script%3E", ok},
		{"/a/1/users?domain=%3Cscript%3Ealert(1)%3C/script%3E", ok},
		{"/a/1/users?status=%3Cscript%3Ealert(1)%3C/script%3E", ok},
		{"/a/1/download/users.exe", bad},
		{"/a/1/download/users", bad},
		{"/a/1/download/secrets.csv", bad},
		{"/a/1/download/..%2f..%2fmaster.key", 0},
		{"/a/1/download/%2e%2e", 0},
		{"/a/1/download/users.csv/..", 0},
		{"/a/1/download/users.csv%0d%0aX-Evil:%20yes", bad},
		{"/a/1/download/users.csv%00", bad},
		{"/a/1/download/users.csv?q=%0d%0aX-Evil:%20yes", ok},
		{"/a/1/download/users.csv?after=x", 0},
		{"/a/1/download/users.csv?bom=perhaps", 0},
		{"/a/1/exports/0/file", none},
		{"/a/1/exports/-1/file", none},
		{"/a/1/exports/999/file", none},
		{"/a/1/exports/..%2f..%2fmaster.key/file", none},
		{"/a/1/exports/999/manifest", none},
		{"/static/../rollcall.db", 0},
		{"/static/%2e%2e/%2e%2e/go.mod", none},
		{"/static/", none},
		{"/static/nothing.css", none},
		{"/nowhere", none},
		{"/a/1/nowhere", none},
		{"/a/1/users/", 0},
		{"//evil.example/", 0},
		{"/a//1/users", none},
		{"/.git/config", none},
		{"/debug/pprof/", none},
	} {
		got := s.get(t, c.path)
		name := c.path[:min(len(c.path), 90)]
		if c.want != http.StatusRequestHeaderFieldsTooLarge { // answered by net/http before any handler
			sound(t, name, got)
		}
		if c.want != 0 && got.status != c.want {
			t.Errorf("%s: status %d, want %d", name, got.status, c.want)
		}
		if where := got.header.Get("Location"); where != "" && (!strings.HasPrefix(where, "/") || strings.HasPrefix(where, "//")) {
			t.Errorf("%s leads to %s", name, where)
		}
	}
}

// cursorOf is a real cursor of a list.
func cursorOf(t *testing.T, s *demoSite, list string) string {
	t.Helper()
	found := regexp.MustCompile(`[?&;]after=([\w%-]+)`).FindStringSubmatch(s.get(t, list).body)
	if found == nil {
		t.Fatalf("%s has one page only", list)
	}
	return found[1]
}

// testOtherAccount asks a second account for what belongs to the first.
func testOtherAccount(t *testing.T, s *demoSite) {
	own := func(path string) string { return strings.Replace(path, "/a/1/", fmt.Sprintf("/a/%d/", s.other), 1) }
	for _, p := range samplePages(s, t) {
		if p.name == "user" || p.name == "store" || p.name == "snapshot" || p.name == "users-past" {
			if got := s.get(t, own(p.path)); got.status != http.StatusNotFound {
				t.Errorf("%s shows another account's: status %d", own(p.path), got.status)
			}
		}
	}
	for _, path := range []string{"/a/1/exports/1/file", "/a/1/exports/1/manifest", "/a/1/compare?since=1&as-of=5"} {
		if got := s.get(t, own(path)); got.status == http.StatusOK {
			t.Errorf("%s shows another account's", own(path))
		} else {
			sound(t, own(path), got)
		}
	}
	if got := s.post(t, own("/a/1/stores/1/labels"), url.Values{"labels": {"mine"}}); got.status != http.StatusNotFound {
		t.Errorf("labelling another account's store: status %d", got.status)
	}
	if strings.Contains(s.get(t, "/a/1/stores").body, "mine") {
		t.Error("another account's store was labelled")
	}
}

func testOddRequests(t *testing.T, s *demoSite) {
	send := func(method, path, body string, change func(*http.Request)) answer {
		r := request(t, method, s.url+path, body)
		change(r)
		got := s.ask(t, r)
		sound(t, method+" "+path, got)
		return got
	}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for _, path := range []string{"/a/1/sync", "/a/1/settings", "/a/1/remove", "/a/1/token", "/connect", "/demo/next-day", "/sign-out", "/a/1/stores/1/labels"} {
		for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
			if got := send(http.MethodPost, path, "", header(name, value)); got.status != http.StatusForbidden {
				t.Errorf("POST %s with %s %s: status %d", path, name, value, got.status)
			}
		}
		if got := send(http.MethodPost, path, "", header("Origin", "null")); got.status != http.StatusForbidden {
			t.Errorf("POST %s of no origin: status %d", path, got.status)
		}
		if got := send(http.MethodPost, path, "", header("Sec-Fetch-Site", "same-site")); got.status != http.StatusForbidden {
			t.Errorf("POST %s of a sibling: status %d", path, got.status)
		}
	}
	for _, host := range []string{"evil.example", "127.0.0.1.evil.example", "169.254.169.254", "[::2]", "localhost.evil"} {
		got := send(http.MethodGet, "/a/1/users", "", func(r *http.Request) { r.Host = host })
		if got.status != http.StatusMisdirectedRequest || strings.Contains(got.body, "@") {
			t.Errorf("host %s: status %d", host, got.status)
		}
	}
	if got := send(http.MethodGet, "/a/1/users", "", header("X-Forwarded-Host", "evil.example")); strings.Contains(got.body, "evil.example") {
		t.Error("anybody may name the host")
	}
	large := "labels=" + strings.Repeat("x", 1<<20)
	if got := send(http.MethodPost, "/a/1/stores/1/labels", large, func(*http.Request) {}); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge form: status %d", got.status)
	}
	for _, c := range []struct{ path, body, kind string }{
		{"/a/1/settings", "zone=Mars&days=90", ""},
		{"/a/1/settings", "zone=UTC&days=-1", ""},
		{"/a/1/settings", "zone=../../etc/passwd&days=9", ""},
		{"/a/1/settings", "{", "application/json"},
		{"/a/1/settings", "--x\r\n", "multipart/form-data; boundary=x"},
		{"/a/1/settings", "%zz", ""},
		{"/a/1/exports", "kind=secrets&format=csv", ""},
		{"/a/1/exports", "kind=users&format=exe", ""},
		{"/a/1/exports", "kind=users&format=csv&where=colour%3Dred", ""},
		{"/a/1/exports", "kind=users&format=csv&as-of=yesterday", ""},
		{"/a/1/remove", "confirm=no", ""},
		{"/a/1/token", "token=", ""},
		{"/connect", "uuid=x&token=y", ""},
		{"/connect", "uuid=%3Cscript%3Ealert(1)%3C/script%3E&token=y", ""},
		{"/a/1/stores/1/labels", "labels=" + strings.Repeat("a", 5000), ""},
		{"/a/1/stores/1/labels", "labels=%00%ff", ""},
		{"/a/1/stores/999999/labels", "labels=x", ""},
		{"/a/1/sync/cancel", "", ""},
		{"/setup", "code=x&password=y", ""},
		{"/a/1/users", "", ""},
		{"/a/99/sync", "", ""},
	} {
		got := send(http.MethodPost, c.path, c.body, func(r *http.Request) {
			if c.kind != "" {
				r.Header.Set("Content-Type", c.kind)
			}
		})
		if got.status < 300 {
			t.Errorf("POST %s %.60q: status %d", c.path, c.body, got.status)
		}
	}
	for _, method := range []string{http.MethodDelete, http.MethodPut, http.MethodPatch, http.MethodOptions, http.MethodTrace, "BREW"} {
		if got := send(method, "/a/1/users", "", func(*http.Request) {}); got.status < 400 {
			t.Errorf("%s: status %d", method, got.status)
		}
	}
}

func testNext(t *testing.T, s *demoSite) {
	for _, next := range []string{"//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/\tevil", "\\\\evil", "%2f%2fevil", "/%2fevil.example/..", "///evil", "http:evil"} {
		for _, path := range []string{"/sign-in?next=" + url.QueryEscape(next), "/sign-in?next=" + next} {
			if strings.ContainsAny(path, "\t") {
				continue
			}
			got := s.get(t, path)
			sound(t, path, got)
			where, err := url.Parse(got.header.Get("Location"))
			if err != nil || where.Host != "" || where.Scheme != "" || !strings.HasPrefix(where.Path, "/") || strings.HasPrefix(where.Path, "//") && where.RawPath == "" {
				t.Errorf("%s leads to %q", path, got.header.Get("Location"))
			}
		}
	}
}

// testMarkup lets a browser show what somebody typed into names, filters and labels.
func testMarkup(t *testing.T, browser context.Context, s *demoSite) {
	b := openTab(t, browser, s.url)
	const evil = `"><img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`
	for _, path := range []string{"/a/1/users?q=", "/a/1/stores?label=", "/a/1/users?permission=", "/a/1/users?store=", "/a/1/changes?store=", "/a/1/users?status="} {
		b.open(path + url.QueryEscape(evil))
		b.must("the title stays", `document.title != "owned" && !document.querySelector("main img, main script")`)
		b.quiet(path)
	}
	b.open("/a/1/users?" + url.QueryEscape(evil) + "=1")
	b.must("the title of the error stays", `document.title != "owned" && !document.querySelector("main img, main script")`)
	b.forgive("Failed to load resource")
	b.quiet("error")
}
