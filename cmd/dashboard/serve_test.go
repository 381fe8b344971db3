package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"io"
	"io/fs"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/internal/sandbox"
)

const adminMail, adminPassword = "ada@example.com", "correct horse battery staple"

// spout collects what a running program writes.
type spout struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *spout) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *spout) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// site is a dashboard that runs, with a visitor in front of it.
type site struct {
	p        *place
	url      string
	out, err *spout
	stop     context.CancelFunc
	ended    chan int
	client   *http.Client
	seen     bytes.Buffer // every answer
}

// serve starts the dashboard and waits until it listens.
func (p *place) serve(flags ...string) *site {
	p.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	jar, _ := cookiejar.New(nil)
	s := &site{p: p, out: &spout{}, err: &spout{}, stop: stop, ended: make(chan int, 1), client: &http.Client{Jar: jar, Transport: &http.Transport{}}}
	args := append(append([]string{"serve", "--addr=127.0.0.1:0", "--log-level=debug", "--data=" + p.folder}, p.api...), flags...)
	go func() { s.ended <- run(ctx, args, streams{strings.NewReader(""), s.out, s.err}) }()
	p.t.Cleanup(func() { s.end() })
	p.t.Cleanup(s.client.CloseIdleConnections)
	p.wait(func() bool {
		if at := regexp.MustCompile(` is at (http\S+)`).FindStringSubmatch(s.out.String()); at != nil {
			s.url = at[1]
		}
		return s.url != "" || len(s.ended) > 0
	})
	if s.url == "" {
		p.t.Fatalf("the dashboard did not start: %s%s", s.out, s.err)
	}
	return s
}

// wait looks until something is so.
func (p *place) wait(so func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatal("waited for 30 seconds in vain")
		}
	}
}

// end stops the program as SIGTERM does and gives its exit code; what it wrote joins what all commands wrote.
func (s *site) end() int {
	s.stop()
	code, open := <-s.ended
	if open {
		close(s.ended)
		s.p.all.WriteString(s.out.String() + s.err.String())
	}
	return code
}

// page is an answer as the visitor sees it after redirects.
type page struct {
	status int
	path   string
	body   string
}

func (s *site) get(path string) page {
	s.p.t.Helper()
	return s.answer(s.client.Get(s.url + path))
}

func (s *site) post(path string, fields ...string) page {
	s.p.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return s.answer(s.client.PostForm(s.url+path, form))
}

func (s *site) answer(res *http.Response, err error) page {
	s.p.t.Helper()
	if err != nil {
		s.p.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.p.t.Fatal(err)
	}
	s.seen.Write(body)
	_ = res.Header.Write(&s.seen)
	s.seen.WriteString(res.Request.URL.String())
	return page{res.StatusCode, res.Request.URL.RequestURI(), string(body)}
}

func (p page) must(t testing.TB, status int, path string, words ...string) page {
	t.Helper()
	if p.status != status || path != "" && p.path != path {
		t.Fatalf("status %d at %s, want %d at %s\n%.1500s", p.status, p.path, status, path, p.body)
	}
	for _, word := range words {
		if !strings.Contains(p.body, word) {
			t.Errorf("%s lacks %q", p.path, word)
		}
	}
	return p
}

var setupCode = regexp.MustCompile(`Set-up code: (\S+)`)

// setUp makes the first admin, who is led to an address.
func (s *site) setUp(next string) (code string) {
	s.p.t.Helper()
	found := setupCode.FindStringSubmatch(s.out.String())
	if found == nil {
		s.p.t.Fatalf("no set-up code: %s", s.out)
	}
	s.get("/").must(s.p.t, http.StatusOK, "/setup")
	s.post("/setup", "code", "AAAA-BBBB-CCCC-DDDD", "name", "Eve", "email", "eve@example.com", "password", adminPassword).
		must(s.p.t, http.StatusUnprocessableEntity, "/setup", "not the set-up code")
	s.post("/setup", "code", found[1], "name", "Ada", "email", adminMail, "password", adminPassword).must(s.p.t, http.StatusOK, next)
	return found[1]
}

// waitForSnapshot waits until the account's newest snapshot has that number.
func (s *site) waitForSnapshot(number string) {
	s.p.t.Helper()
	s.p.wait(func() bool {
		res, err := s.client.Get(s.url + "/a/1/download/snapshots.csv")
		if err != nil {
			s.p.t.Fatal(err)
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		if res.StatusCode != http.StatusOK {
			return false
		}
		for _, row := range readSheet(s.p.t, "csv", string(body)).rows {
			if row["snapshot_id"] == number {
				return true
			}
		}
		return false
	})
}

// TestServe goes the whole way of a new installation: set-up, connecting, sync, pages, download, sign-out, restart.
func TestServe(t *testing.T) {
	t.Parallel()
	p := newPlace(t, sandbox.Config{})
	begun := time.Now()
	s := p.serve()
	code := s.setUp("/connect")
	p.mustConnectInTheBrowser(s)
	s.post("/a/1/sync").must(t, http.StatusOK, "/a/1/sync")
	s.waitForSnapshot("1")
	mustShowPages(t, s)
	file := s.get("/a/1/download/access.csv").must(t, http.StatusOK, "")
	if rows := readSheet(t, "csv", file.body).rows; len(rows) != len(p.truth().Accesses()) {
		t.Errorf("the download has %d rows", len(rows))
	}
	s.post("/sign-out").must(t, http.StatusOK, "/sign-in")
	s.get("/a/1/users").must(t, http.StatusOK, "/sign-in?next=%2Fa%2F1%2Fusers")
	kept := s.seen.Len()
	s.post("/setup", "code", code, "name", "Eve", "email", "eve@example.com", "password", adminPassword)
	s.seen.Truncate(kept) // a refused form shows what was typed
	s.get("/a/1/users").must(t, http.StatusOK, "/sign-in?next=%2Fa%2F1%2Fusers")
	if code := s.end(); code != exitOK {
		t.Errorf("exit code %d: %s", code, s.err)
	}
	p.mustExportTruth(variant{}, exitOK, begun)

	again := p.serve()
	if strings.Contains(again.out.String(), "Set-up code") {
		t.Error("the second start offers to set up again")
	}
	again.post("/sign-in", "email", adminMail, "password", "wrong "+adminPassword).must(t, http.StatusUnauthorized, "/sign-in")
	again.post("/sign-in", "email", adminMail, "password", adminPassword).must(t, http.StatusOK, "/a/1/")
	if same := again.get("/a/1/download/access.csv").must(t, http.StatusOK, ""); same.body != file.body {
		t.Error("the download has other bytes after a restart")
	}
	again.get("/a/1/activity").must(t, http.StatusOK, "", adminMail)
	if code := again.end(); code != exitOK {
		t.Errorf("exit code %d: %s", code, again.err)
	}
	p.mustHoldNoSecret(code, s, again)
}

// mustConnectInTheBrowser tries it wrongly in several ways first.
func (p *place) mustConnectInTheBrowser(s *site) {
	p.t.Helper()
	wrong := "wrong0wrong0wrong0wrong0wrong0wr"
	s.post("/connect", "uuid", p.token, "token", sandbox.DefaultUUID).must(p.t, http.StatusUnprocessableEntity, "/connect", "01234567-89ab")
	if res := s.post("/connect", "uuid", sandbox.DefaultUUID, "token", wrong); res.status < 400 || strings.Contains(res.body, wrong) {
		p.t.Errorf("a wrong token: status %d", res.status)
	}
	s.post("/connect", "uuid", "/accounts/"+sandbox.DefaultUUID+"/graphql", "token", p.token).must(p.t, http.StatusOK, "/a/1/check", sandbox.DefaultUUID)
	p.mustNotShow(wrong)
}

func mustShowPages(t *testing.T, s *site) {
	t.Helper()
	access := s.p.truth().Accesses()[0]
	for path, word := range map[string]string{
		"/": sandbox.DefaultName, "/a/1/users": "", "/a/1/users?q=" + url.QueryEscape(access.Email): access.Email, "/a/1/stores": access.StoreName,
		"/a/1/matrix": "", "/a/1/permissions": "Manage_", "/a/1/changes": "", "/a/1/snapshots": "", "/a/1/snapshots/1": "", "/a/1/exports": "",
		"/a/1/activity": adminMail, "/a/1/settings": s.p.token[len(s.p.token)-4:], "/a/1/sync": "", "/a/1/users/1": "", "/a/1/stores/1": "",
	} {
		s.get(path).must(t, http.StatusOK, "", word)
	}
}

// mustHoldNoSecret looks for secrets in everything that left the process: output, answers, files.
func (p *place) mustHoldNoSecret(code string, sites ...*site) {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.folder, "master.key"))
	if err != nil {
		p.t.Fatal(err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		p.t.Fatal(err)
	}
	secrets := map[string][]byte{
		"token": []byte(p.token), "key": key, "key as text": []byte(hex.EncodeToString(key)),
		"key in base64": []byte(base64.StdEncoding.EncodeToString(key)), "password": []byte(adminPassword), "set-up code": []byte(code),
	}
	places := map[string][]byte{}
	for i, s := range sites {
		places["answers "+string(rune('1'+i))] = s.seen.Bytes()
		places["log "+string(rune('1'+i))] = []byte(s.err.String())
		places["output "+string(rune('1'+i))] = []byte(strings.Replace(s.out.String(), "Set-up code: "+code, "", 1))
	}
	err = fs.WalkDir(os.DirFS(p.folder), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path == "master.key" {
			return err
		}
		places[path], err = os.ReadFile(filepath.Join(p.folder, path))
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	for where, content := range places {
		for what, secret := range secrets {
			if bytes.Contains(content, secret) {
				p.t.Errorf("the %s is in %s", what, where)
			}
		}
	}
	p.t.Logf("looked at %d places", len(places))
}

// TestServeStopsInTheMiddleOfASync quickly, and the next start goes on from there.
func TestServeStopsInTheMiddleOfASync(t *testing.T) {
	t.Parallel()
	p := newPlace(t, sandbox.Config{Limits: sandbox.Limits{PageCap: 10, UsersPageCap: 5, Latency: 250 * time.Millisecond}})
	p.add()
	s := p.serve()
	s.setUp("/a/1/")
	p.world.ResetStats()
	s.post("/a/1/sync").must(t, http.StatusOK, "/a/1/sync")
	stream, err := s.client.Get(s.url + "/a/1/sync/events") // an open stream must not hold up the end
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	p.wait(func() bool { return p.world.Stats().Requests > 1 })
	stopping := time.Now()
	if code := s.end(); code != exitOK {
		t.Errorf("exit code %d: %s", code, s.err)
	}
	if took := time.Since(stopping); took > 3*time.Second {
		t.Errorf("stopping took %s", took)
	}
	p.run("export", "access").must(t, exitError).says(t, "never synced")

	again := p.serve()
	again.post("/sign-in", "email", adminMail, "password", adminPassword)
	again.waitForSnapshot("1")
	again.end()
	var snapshot map[string]string
	for _, row := range readSheet(t, "csv", p.run("export", "snapshots").must(t, exitOK).out).rows {
		if row["snapshot_id"] == "1" {
			snapshot = row
		}
	}
	if snapshot["state"] != "complete" {
		t.Errorf("the sync went on to %v", snapshot)
	}
	rows := readSheet(t, "csv", p.run("export", "access", "--as-of=1").must(t, exitOK).out).rows
	if len(rows) != len(p.truth().Accesses()) {
		t.Errorf("%d rows, want %d", len(rows), len(p.truth().Accesses()))
	}
}

// TestUnattended connects by the environment, takes a new token, and shows none.
func TestUnattended(t *testing.T) {
	p := newPlace(t, sandbox.Config{})
	t.Setenv("ROLLCALL_ACCOUNT_UUID", sandbox.DefaultUUID)
	t.Setenv("ROLLCALL_ACCOUNT_TOKEN", "an0older0token0an0older0token0an")
	s := p.serve()
	s.end()
	if list := p.run("account", "list").must(t, exitOK); !strings.Contains(list.out, "…n0an") || !strings.Contains(list.out, "connected") {
		t.Errorf("after the first start: %s", list.out)
	}
	os.Unsetenv("ROLLCALL_ACCOUNT_TOKEN")
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(p.token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ROLLCALL_ACCOUNT_TOKEN_FILE", file)
	t.Setenv("ROLLCALL_API_URL", p.url)
	again := p.serve()
	code := again.setUp("/a/1/")
	again.post("/a/1/sync").must(t, http.StatusOK, "/a/1/sync")
	again.waitForSnapshot("1")
	again.end()
	p.api = nil // the environment names the API
	if list := p.run("account", "list").must(t, exitOK); !strings.Contains(list.out, "…"+p.token[len(p.token)-4:]) || strings.Count(list.out, "\n") != 2 {
		t.Errorf("after the second start: %s", list.out)
	}
	p.run("sync", "--json", plenty).must(t, exitOK)
	p.mustHoldNoSecret(code, s, again)
}
