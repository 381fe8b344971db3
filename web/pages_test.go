package web

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/signin"
	"rollcall/views"
)

func TestEveryPageAnswers(t *testing.T) {
	t.Parallel()
	v := newBench(t).admin(t)
	for _, path := range []string{
		"/a/1/", "/a/1/users", "/a/1/users/1", "/a/1/stores", "/a/1/stores/1", "/a/1/matrix?stores-from=30", "/a/1/permissions", "/a/1/changes",
		"/a/1/snapshots", "/a/1/snapshots/3", "/a/1/compare?since=1&as-of=2", "/a/1/sync", "/a/1/exports", "/a/1/activity", "/a/1/settings", "/connect", "/healthz",
	} {
		res := v.get(path)
		if res.Code != http.StatusOK {
			t.Errorf("%s: status %d", path, res.Code)
		}
		if path != "/healthz" && !strings.Contains(res.Body.String(), "</html>") {
			t.Errorf("%s: not a whole page", path)
		}
		if res.Header().Get("Cache-Control") != "no-store" && !strings.Contains(strings.Join(res.Header().Values("Cache-Control"), ","), "no-store") {
			t.Errorf("%s: Cache-Control %q", path, res.Header().Values("Cache-Control"))
		}
	}
	if res := v.get("/"); res.Header().Get("Location") != "/a/1/" {
		t.Errorf("/ leads to %q", res.Header().Get("Location"))
	}
}

func TestMistakesInAddressesAreNamed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.admin(t)
	for path, want := range map[string]struct {
		status int
		text   string
	}{
		"/a/1/users?rol=owner":              {400, "rol"},
		"/a/1/users?role=king":              {400, "king"},
		"/a/1/users?as-of=yesterday":        {400, "yesterday"},
		"/a/1/users?as-of=999":              {404, "snapshot"},
		"/a/1/users/2":                      {404, "user"},
		"/a/1/users/x":                      {404, "user"},
		"/a/1/users/-1":                     {404, "user"},
		"/a/9/users":                        {404, "account"},
		"/a/01/users":                       {404, "account"},
		"/a/+1/users":                       {404, "account"},
		"/a/1/users/01":                     {404, "user"},
		"/a/1/exports?after=x":              {400, "first page"},
		"/a/x/users":                        {404, "account"},
		"/a/1/matrix?stores-from=-3":        {400, "stores-from"},
		"/a/1/compare?since=soon":           {400, "soon"},
		"/a/1/download/passwords.csv":       {400, "passwords"},
		"/a/1/download/users.exe":           {400, "exe"},
		"/a/1/download/users":               {400, "format"},
		"/a/1/download/users.csv?role=king": {400, "king"},
		"/a/1/exports/7/file":               {404, "file"},
		"/nowhere":                          {404, "page"},
		"/a/1/users?%zz":                    {400, "could not be read"},
	} {
		res := v.get(path)
		if res.Code != want.status || !strings.Contains(res.Body.String(), want.text) {
			t.Errorf("%s: status %d, want %d with %q", path, res.Code, want.status, want.text)
		}
	}
	if len(b.asked) != 0 {
		t.Errorf("lists were read in spite of the mistake: %+v", b.asked)
	}
	if res := v.post("/a/1/users"); res.Code != http.StatusNotFound {
		t.Errorf("POST to a page: status %d", res.Code)
	}
}

func TestMistakeKeepsTheNavigation(t *testing.T) {
	t.Parallel()
	v := newBench(t).admin(t)
	if body := v.get("/a/1/users?role=king").Body.String(); !strings.Contains(body, `href="/a/1/stores"`) {
		t.Error("the error page has no way on")
	}
}

func TestErrorsBecomeAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		err    error
		status int
		text   string
	}{
		{"unexpected", errors.New("dial tcp 10.0.0.7: secret detail"), 500, "unexpected"},
		{"storage", org.Problem(org.KindStorage, "The disk is full.", errors.New("secret detail")), 503, "The disk is full."},
		{"limited", &org.LimitError{Until: testNow.Add(time.Minute), Err: errors.New("secret detail")}, 429, "quota"},
		{"conflict", org.Conflict("Not now."), 409, "Not now."},
		{"unavailable", org.Problem(org.KindUnavailable, "BigCommerce does not answer.", errors.New("secret detail")), 502, "BigCommerce does not answer."},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			v := b.admin(t)
			b.fail = test.err
			res := v.get("/a/1/users")
			body := res.Body.String()
			if res.Code != test.status || !strings.Contains(body, test.text) || strings.Contains(body, "secret detail") {
				t.Errorf("status %d: %s", res.Code, body)
			}
			id := res.Header().Get("X-Request-Id")
			if id == "" || !strings.Contains(body, id) || !strings.Contains(b.log.String(), id) {
				t.Errorf("request id %q is not on the page and in the log", id)
			}
			if cause := errors.Unwrap(test.err); cause != nil && !strings.Contains(b.log.String(), "secret detail") && test.name != "limited" {
				t.Errorf("the log lacks the cause: %s", b.log)
			}
		})
	}
}

func TestEveryKindHasAStatus(t *testing.T) {
	t.Parallel()
	for kind := org.KindUnexpected; kind <= org.KindBroken; kind++ {
		if statuses[kind] == 0 {
			t.Errorf("%v has no status", kind)
		}
	}
}

func TestPanicIsAnErrorPage(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config) { c.Reader = panics{c.Reader} })
	res := b.admin(t).get("/a/1/users")
	if res.Code != http.StatusInternalServerError || strings.Contains(res.Body.String(), "boom") || !strings.Contains(b.log.String(), "boom") {
		t.Errorf("status %d", res.Code)
	}
}

type panics struct{ Reader }

func (panics) Users(context.Context, org.Scope, org.Query, org.Settings) (org.UserPage, error) {
	panic("boom")
}

func TestOneLogLinePerRequest(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.admin(t)
	before := len(b.log.String())
	v.get("/a/1/users?q=private-name")
	line := b.log.String()[before:]
	for _, part := range []string{"msg=request", "method=GET", "route=/a/{account}/users", "status=200", "took=", "member=1", "request="} {
		if !strings.Contains(line, part) {
			t.Errorf("no %q in %q", part, line)
		}
	}
	if strings.Count(line, "\n") != 1 || strings.Contains(line, "private-name") || strings.Contains(line, adminEmail) {
		t.Errorf("log: %q", line)
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	res := newBench(t).admin(t).get("/a/1/users")
	for name, want := range map[string]string{
		"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		"Strict-Transport-Security": "", "Content-Type": "text/html; charset=utf-8",
	} {
		if got := res.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if res.Header().Get("Permissions-Policy") == "" {
		t.Error("no Permissions-Policy")
	}
}

func TestFormsAreBounded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if res := b.visitor(t).post("/sign-in", "email", strings.Repeat("a", maxBody+1)); res.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", res.Code)
	}
}

func TestTypingReadsNoChoices(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.admin(t)
	r := httptest.NewRequest(http.MethodGet, "/a/1/users?q=ad", nil)
	r.Header.Set("HX-Request", "true")
	if res := v.do(r); res.Code != http.StatusOK || !strings.Contains(res.Body.String(), `id="results"`) {
		t.Errorf("status %d", res.Code)
	}
	if b.asked[0].Search != "ad" {
		t.Errorf("asked %+v", b.asked)
	}
}

func TestDownload(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.admin(t)
	r := httptest.NewRequest(http.MethodGet, "/a/1/download/users.csv?q=ada&sort=-login&after=xyz", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	res := v.do(r)
	if res.Code != http.StatusOK {
		t.Fatalf("status %d: %s", res.Code, res.Body)
	}
	for name, want := range map[string]string{
		"Content-Disposition": "attachment; filename=rollcall-users-acme-2026-11-20-snapshot312.csv", "X-Content-Type-Options": "nosniff", "Content-Encoding": "",
	} {
		if got := res.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := res.Header().Get("Content-Length"); got == "" || got != itoa(res.Body.Len()) {
		t.Errorf("Content-Length %q for %d bytes", got, res.Body.Len())
	}
	rows, err := csv.NewReader(res.Body).ReadAll()
	if err != nil || len(rows) != 2 || !strings.Contains(strings.Join(rows[1], "|"), "'=cmd()") {
		t.Errorf("rows %q, %v", rows, err)
	}
	if q := b.asked[0]; q.Search != "ada" || !q.Desc || q.After != "" || q.AsOf.Snapshot != 312 {
		t.Errorf("asked %+v", q)
	}
	if got := b.recorded(); got[len(got)-1] != "ada@example.com download rollcall-users-acme-2026-11-20-snapshot312.csv done" {
		t.Errorf("activity %q", got)
	}
	files, _ := os.ReadDir(b.server.Spool)
	if len(files) != 1 || b.exports[0].Rows != 1 || files[0].Name() != b.exports[0].SHA256+".csv" {
		t.Errorf("files %v, exports %+v", files, b.exports)
	}
	again := v.get("/a/1/exports/1/file")
	if again.Code != http.StatusOK || itoa(again.Body.Len()) != res.Header().Get("Content-Length") {
		t.Errorf("again: status %d, %d bytes", again.Code, again.Body.Len())
	}
	if m := v.get("/a/1/exports/1/manifest"); m.Code != http.StatusOK || !strings.Contains(m.Body.String(), `"sha256"`) {
		t.Errorf("manifest: status %d", m.Code)
	}
	if got := b.recorded(); got[len(got)-1] != "ada@example.com download rollcall-users-acme-2026-11-20-snapshot312.csv.manifest.json done" {
		t.Errorf("activity %q", got)
	}
	if other := v.get("/a/2/exports/1/file"); other.Code != http.StatusNotFound {
		t.Errorf("file of another account: status %d", other.Code)
	}
}

func TestFullDiskKeepsPagesOpenAndLeavesNoFile(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.admin(t)
	b.full = org.Problem(org.KindStorage, "The disk is full.", nil)
	if res := v.get("/a/1/users"); res.Code != http.StatusOK {
		t.Errorf("a page that only remembers the account: status %d", res.Code)
	}
	if res := v.get("/a/1/download/users.csv"); res.Code != http.StatusServiceUnavailable {
		t.Errorf("download: status %d", res.Code)
	}
	if left, _ := os.ReadDir(b.server.Spool); len(left) > 0 {
		t.Errorf("a file that nobody can ask for takes room: %v", left)
	}
}

func TestFailedDownloadSendsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.admin(t)
	b.fail = errors.New("broken")
	if res := v.get("/a/1/download/users.csv"); res.Code != http.StatusInternalServerError || res.Header().Get("Content-Disposition") != "" {
		t.Errorf("status %d", res.Code)
	}
	b.fail, b.failLog = nil, errors.New("log is broken")
	if res := v.get("/a/1/download/users.csv"); res.Code != http.StatusInternalServerError || strings.Contains(res.Body.String(), "cmd()") {
		t.Errorf("an unrecorded download: status %d", res.Code)
	}
}

func TestOldFilesAreForgotten(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, c := range map[string]struct {
		age  time.Duration
		stay bool
	}{
		"old.csv": {age: keepFiles + time.Hour}, "young.csv": {age: keepFiles - time.Hour, stay: true},
		".rollcall-1.part": {age: 25 * time.Hour}, ".rollcall-2.part": {age: time.Hour, stay: true}, // of a killed and of a slow export
	} {
		path, made := filepath.Join(b.server.Spool, name), time.Now().Add(-c.age)
		if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chtimes(path, made, made)); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if _, err := os.Stat(path); (err == nil) != c.stay {
				t.Errorf("%s: %v", name, err)
			}
		}()
	}
	b.admin(t).get("/a/1/download/users.csv")
}

func TestExportForm(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.admin(t)
	for field, form := range map[string][]string{
		"king":  {"kind", "users", "where", "role=king"},
		"never": {"kind", "users", "as-of", "never"},
		"kind":  {"kind", "nothing"},
	} {
		if res := v.post("/a/1/exports", form...); res.Code != http.StatusUnprocessableEntity || !strings.Contains(res.Body.String(), field) {
			t.Errorf("%v: status %d", form, res.Code)
		}
	}
	res := v.post("/a/1/exports", "kind", "users", "format", "jsonl", "where", "?q=ada", "as-of", "")
	if res.Code != http.StatusSeeOther || len(b.exports) != 1 || b.exports[0].Format != "jsonl" || b.asked[0].Search != "ada" {
		t.Errorf("status %d, exports %+v", res.Code, b.exports)
	}
	if page := v.get("/a/1/exports"); !strings.Contains(page.Body.String(), "is ready: 1 row") {
		t.Error("no message about the file")
	}
	if page := v.get("/a/1/exports"); strings.Contains(page.Body.String(), "is ready: 1 row") {
		t.Error("the message comes twice")
	}
}

func TestDispositionCannotLeaveItsHeader(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"plain.csv": "attachment; filename=plain.csv", "a b.csv": `attachment; filename="a b.csv"`,
		"x\r\nSet-Cookie: a=b.csv": `attachment; filename="x--Set-Cookie- a=b.csv"`, `../../etc/"x".csv`: "attachment; filename=..-..-etc--x-.csv",
		"größe.csv": "attachment; filename=gr--e.csv",
	} {
		if got := disposition(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func TestLabels(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.admin(t)
	if res := v.post("/a/1/stores/1/labels", "labels", strings.Repeat("x", 41)); res.Code != http.StatusUnprocessableEntity {
		t.Errorf("long label: status %d", res.Code)
	}
	if res := v.post("/a/1/stores/1/labels", "labels", "live, EMEA"); res.Code != http.StatusSeeOther || res.Header().Get("Location") != "/a/1/stores/1" {
		t.Errorf("status %d", res.Code)
	}
	if last := b.activity[len(b.activity)-1]; last.Action != "store.labels" || last.After != "live, EMEA" || last.Subject != "abc123" {
		t.Errorf("activity %+v", last)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.admin(t)
	good := []string{"zone", "Europe/Berlin", "days", "60", "at", "03:30", "daily", "yes"}
	for i, bad := range map[int]string{1: "Mars/Base", 3: "0", 5: "25:00"} {
		form := append([]string(nil), good...)
		form[i] = bad
		if res := v.post("/a/1/settings", form...); res.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: status %d", bad, res.Code)
		}
	}
	for _, zone := range []string{"", "Local", "../../etc/passwd"} {
		if res := v.post("/a/1/settings", "zone", zone, "days", "60", "at", "03:30"); res.Code != http.StatusUnprocessableEntity {
			t.Errorf("zone %q: status %d", zone, res.Code)
		}
	}
	if b.settings.InactiveDays != 90 {
		t.Errorf("a mistake was saved: %+v", b.settings)
	}
	if res := v.post("/a/1/settings", good...); res.Code != http.StatusSeeOther || b.settings.Zone.String() != "Europe/Berlin" || b.settings.InactiveDays != 60 || !b.settings.DailySync {
		t.Errorf("status %d, %+v", res.Code, b.settings)
	}
	last := b.activity[len(b.activity)-1]
	if last.Before != "zone UTC, inactive after 90 days, daily sync 02:00" || last.After != "zone Europe/Berlin, inactive after 60 days, daily sync 03:30" {
		t.Errorf("activity %+v", last)
	}
}

const otherUUID = "fedcba98-7654-3210-fedc-ba9876543210"

func TestConnect(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.admin(t)
	if res := v.post("/connect", "uuid", accountToken, "token", otherUUID); res.Code != http.StatusUnprocessableEntity || strings.Contains(res.Body.String(), accountToken) {
		t.Errorf("fields mixed up: status %d, shows the token: %v", res.Code, strings.Contains(res.Body.String(), accountToken))
	}
	b.checkErr = org.Problem(org.KindUnauthorized, "BigCommerce refuses this token.", errors.New("401"))
	if res := v.post("/connect", "uuid", otherUUID, "token", accountToken); res.Code != http.StatusBadGateway || !strings.Contains(res.Body.String(), "refuses this token") || b.token != "" {
		t.Errorf("refused token: status %d, stored %q", res.Code, b.token)
	}
	b.checkErr, b.check = nil, views.Check{Stores: 3, Requests: 2}
	res := v.post("/connect", "uuid", "https://api.bigcommerce.com/accounts/"+otherUUID+"/graphql", "token", " "+accountToken+"\n")
	if res.Code != http.StatusSeeOther || res.Header().Get("Location") != "/a/2/check" || b.token != accountToken {
		t.Fatalf("status %d, location %q, stored %q", res.Code, res.Header().Get("Location"), b.token)
	}
	if page := v.get("/a/2/check"); page.Code != http.StatusOK || !strings.Contains(page.Body.String(), "3 stores") {
		t.Errorf("check: status %d", page.Code)
	}
}

func TestReplaceAndRemoveAnAccount(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.admin(t)
	if res := v.post("/a/1/token", "token", accountToken); res.Code != http.StatusSeeOther || b.token != accountToken {
		t.Errorf("replace: status %d", res.Code)
	}
	if res := v.post("/a/1/remove", "confirm", "Acne"); res.Code != http.StatusUnprocessableEntity || !b.accounts[0].Connected {
		t.Errorf("wrong name: status %d", res.Code)
	}
	if res := v.post("/a/1/remove", "confirm", "Acme"); res.Code != http.StatusSeeOther || b.accounts[0].Connected || b.token != "" {
		t.Errorf("remove: status %d", res.Code)
	}
	if res := v.post("/a/1/sync"); res.Code != http.StatusConflict || b.started != 0 {
		t.Errorf("sync of a removed account: status %d", res.Code)
	}
}

// Whatever is done with a token and a password, neither appears in an answer, the log or the activity log.
func TestSecretsStayInside(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var seen strings.Builder
	v := b.visitor(t)
	keep := func(res *httptest.ResponseRecorder) {
		seen.WriteString(res.Body.String())
		res.Header().Write(&seen)
	}
	keep(v.post("/sign-in", "email", adminEmail, "password", adminPassword+"x"))
	keep(v.post("/sign-in", "email", adminPassword, "password", adminPassword))
	keep(v.post("/sign-in", "email", adminEmail, "password", adminPassword))
	cookie := v.cookie.Value
	for _, fail := range []error{org.Problem(org.KindScope, "Another account's token.", nil), errors.New("API answered 500"), nil} {
		b.checkErr = fail
		keep(v.post("/connect", "uuid", otherUUID, "token", accountToken))
		keep(v.post("/connect", "uuid", accountToken, "token", accountToken))
		keep(v.post("/a/1/token", "token", accountToken))
		keep(v.post("/a/1/token", "token", accountToken+" with blanks"))
	}
	for _, path := range []string{"/a/1/", "/a/1/settings", "/a/1/activity", "/a/1/check", "/a/1/exports", "/a/1/download/users.jsonl"} {
		keep(v.get(path))
	}
	keep(v.post("/a/1/remove", "confirm", "Acme"))
	seen.WriteString(b.log.String())
	for _, a := range b.activity {
		seen.WriteString(strings.Join([]string{a.Subject, a.Before, a.After}, " "))
	}
	text := strings.ReplaceAll(seen.String(), "Set-Cookie: rollcall-8080="+cookie, "")
	for name, secret := range map[string]string{"token": accountToken, "token's beginning": accountToken[:12], "password": adminPassword, "session": cookie, "hash": "argon2id"} {
		if i := strings.Index(text, secret); i >= 0 {
			t.Errorf("the %s shows: …%s", name, text[max(0, i-80):min(len(text), i+40)])
		}
	}
}

func TestSync(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.admin(t)
	if res := v.post("/a/1/sync"); res.Code != http.StatusSeeOther || res.Header().Get("Location") != "/a/1/sync" || b.started != 1 {
		t.Errorf("start: status %d", res.Code)
	}
	if res := v.post("/a/1/sync/cancel"); res.Code != http.StatusSeeOther {
		t.Errorf("cancel: status %d", res.Code)
	}
	want := "ada@example.com sync.start 01234567-89ab-cdef-0123-456789abcdef done|ada@example.com sync.cancel 01234567-89ab-cdef-0123-456789abcdef done"
	if got := strings.Join(b.recorded()[1:], "|"); got != want {
		t.Errorf("activity %q", got)
	}
}

func TestProgressStreams(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.admin(t)
	b.progress = []org.Progress{{StoresDone: 1, StoresAll: 3, Started: testNow}, {StoresDone: 1, StoresAll: 3, Started: testNow}, {StoresDone: 2, StoresAll: 3, Started: testNow}}
	server := httptest.NewServer(b.handler)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/a/1/sync/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(v.cookie)
	r.Header.Set("Accept", "text/event-stream")
	res, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := res.Header.Get("Content-Type"); got != "text/event-stream" || res.Header.Get("Set-Cookie") != "" {
		t.Errorf("content type %q, cookie %q", got, res.Header.Get("Set-Cookie"))
	}
	all, err := io.ReadAll(bufio.NewReader(res.Body))
	if err != nil {
		t.Fatal(err)
	}
	events := strings.Split(strings.TrimSpace(string(all)), "\n\n")
	if len(events) != 3 || !strings.Contains(events[0], "1 of 3 stores") || !strings.Contains(events[1], "2 of 3 stores") || events[2] != "event: sync-done\ndata: done" {
		t.Errorf("%d events:\n%s", len(events), all)
	}
	for _, line := range strings.Split(events[0], "\n") {
		if !strings.HasPrefix(line, "data: ") {
			t.Errorf("line %q", line)
		}
	}
}

func TestLongAnswersOutliveTheLimitsOfPages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.admin(t)
	for i := range 4 {
		b.progress = append(b.progress, org.Progress{StoresDone: i, StoresAll: 9, Started: testNow})
	}
	server := httptest.NewUnstartedServer(nil)
	server.Config = b.server.HTTPServer()
	server.Config.ReadTimeout, server.Config.WriteTimeout = 500*time.Millisecond, 500*time.Millisecond
	server.Start()
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/a/1/sync/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(v.cookie)
	res, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if all, err := io.ReadAll(res.Body); err != nil || !strings.Contains(string(all), "event: sync-done") {
		t.Errorf("cut short: %v\n%s", err, all)
	}
}

// Each stream looks at the database every second, and a browser has six connections at most for all its pages.
func TestStreamsOfOneMemberAreFew(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.admin(t)
	for range 1000 {
		b.progress = append(b.progress, org.Progress{Started: testNow})
	}
	server := httptest.NewServer(b.handler)
	defer server.Close()
	defer b.server.end()
	open := func() *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/a/1/sync/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.AddCookie(v.cookie)
		r.Header.Set("Accept", "text/event-stream")
		res, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	var streams []*http.Response
	for range memberStreams {
		res := open()
		if res.StatusCode != http.StatusOK {
			t.Fatalf("stream %d: status %d", len(streams)+1, res.StatusCode)
		}
		streams = append(streams, res)
	}
	res := open()
	if res.Body.Close(); res.StatusCode != http.StatusTooManyRequests {
		t.Errorf("one more: status %d", res.StatusCode)
	}
	b.server.end()
	for _, res := range streams {
		io.Copy(io.Discard, res.Body) // to its end
		res.Body.Close()
	}
	if n := b.server.streams.count(); n != 0 {
		t.Errorf("%d streams still count", n)
	}
}

func TestStreamWithoutASessionIsRefused(t *testing.T) {
	t.Parallel()
	v := newBench(t).visitor(t)
	r := httptest.NewRequest(http.MethodGet, "/a/1/sync/events", nil)
	r.Header.Set("Accept", "text/event-stream")
	if res := v.do(r); res.Code != http.StatusUnauthorized || res.Body.Len() != 0 {
		t.Errorf("status %d", res.Code)
	}
}

func TestStreamEndsWithTheServer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.admin(t)
	for range 1000 {
		b.progress = append(b.progress, org.Progress{Started: testNow})
	}
	time.AfterFunc(50*time.Millisecond, b.server.end)
	done := make(chan struct{})
	go func() { v.get("/a/1/sync/events"); close(done) }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Error("the stream goes on")
	}
}

func TestDemoNeedsNoForm(t *testing.T) {
	t.Parallel()
	days := 0
	b := newBench(t, func(c *Config) {
		c.Demo = &signin.Member{ID: 1, Name: "Demo admin", Email: "demo@example.com", Role: signin.Admin}
		c.NextDay = func(context.Context) error { days++; return nil }
	})
	v := b.visitor(t)
	if res := v.get("/a/1/users"); res.Code != http.StatusOK {
		t.Errorf("status %d", res.Code)
	}
	if res := v.post("/demo/next-day"); res.Code != http.StatusSeeOther || days != 1 {
		t.Errorf("next day: status %d, %d days", res.Code, days)
	}
	if got := b.recorded(); len(got) != 1 || got[0] != "demo@example.com demo.next-day  done" {
		t.Errorf("activity %q", got)
	}
	real := newBench(t).admin(t)
	if res := real.post("/demo/next-day"); res.Code != http.StatusNotFound {
		t.Errorf("next day in real use: status %d", res.Code)
	}
}

func itoa(n int) string { return strings.TrimSpace(views.Count(n)) }
