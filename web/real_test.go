package web_test

import (
	"context"
	"encoding/csv"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/signin"
	"rollcall/internal/sqlite"
	"rollcall/internal/vault"
	"rollcall/views"
	"rollcall/web"
)

var (
	_ web.Reader = (*sqlite.DB)(nil)
	_ web.House  = (*sqlite.DB)(nil)
)

const (
	realUUID  = "01234567-89ab-cdef-0123-456789abcdef"
	realToken = "real-t0ken-0123456789abcdef"
)

// wiring connects accounts and starts syncs as the program does, without BigCommerce.
type wiring struct {
	db    *sqlite.DB
	vault *vault.Vault
}

func (w wiring) CheckToken(context.Context, string, string) (views.Check, error) {
	return views.Check{Stores: 3}, nil
}

func (w wiring) CheckAccount(context.Context, org.AccountID) (views.Check, error) {
	return views.Check{Stores: 3}, nil
}

func (w wiring) seal(token string) sqlite.Seal {
	return func(id org.AccountID) ([]byte, error) { return w.vault.Seal(vault.AccountToken, int64(id), token) }
}

func (w wiring) Connect(ctx context.Context, uuid, token string) (org.Account, error) {
	return w.db.ConnectAccount(ctx, uuid, org.Last4(token), w.seal(token))
}

func (w wiring) ReplaceToken(ctx context.Context, id org.AccountID, token string) error {
	return w.db.ReplaceToken(ctx, id, org.Last4(token), w.seal(token))
}

func (w wiring) Disconnect(ctx context.Context, id org.AccountID) error {
	return w.db.DisconnectAccount(ctx, id)
}

func (w wiring) StartSweep(context.Context, org.AccountID, string) error { return nil }

func (w wiring) StartSync(context.Context, org.AccountID, string) error { return nil }
func (w wiring) Running(org.AccountID) bool                             { return false }
func (w wiring) Problem(org.AccountID) string                           { return "" }
func (w wiring) Quota(context.Context, org.AccountID) (org.Quota, error) {
	return org.Quota{Limit: 70}, nil
}

// site is a server on a real database with a browser in front of it.
type site struct {
	t      *testing.T
	db     *sqlite.DB
	folder string
	code   *signin.SetupCode
	url    string
	client *http.Client
	log    *strings.Builder
}

func openSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, folder: t.TempDir(), code: signin.NewSetupCode(), log: &strings.Builder{}}
	var err error
	if s.db, err = sqlite.Open(t.Context(), s.folder, sqlite.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.db.Close() })
	w := wiring{s.db, vault.New(vault.NewKey())}
	hasher := signin.NewHasher(signin.Cost{Memory: 8, Time: 1, Threads: 1})
	server := web.New(web.Config{
		Reader: s.db, House: s.db, Syncs: w, Connector: w, Sessions: s.db.Sessions(), Addr: "127.0.0.1:8080",
		Door: signin.New(s.db, hasher, s.code, time.Now), Log: slog.New(slog.NewTextHandler(s.log, nil)), Spool: filepath.Join(s.folder, "exports"), Version: "test",
	})
	listening := httptest.NewServer(server.Handler())
	t.Cleanup(listening.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s.url, s.client = listening.URL, &http.Client{Jar: jar}
	return s
}

// get follows redirects and gives the status, the last path and the body.
func (s *site) get(path string) (int, string, string) {
	s.t.Helper()
	return s.answer(s.client.Get(s.url + path))
}

func (s *site) post(path string, pairs ...string) (int, string, string) {
	s.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return s.answer(s.client.PostForm(s.url+path, form))
}

func (s *site) answer(res *http.Response, err error) (int, string, string) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, res.Request.URL.Path, string(body)
}

// setUp goes through the first run: the admin, then the account.
func (s *site) setUp() {
	s.t.Helper()
	if _, path, _ := s.get("/"); path != "/setup" {
		s.t.Fatalf("the first visit leads to %s", path)
	}
	status, path, body := s.post("/setup", "code", s.code.Text(), "name", "Ada", "email", "ada@example.com", "password", "correct horse battery")
	if status != http.StatusOK || path != "/connect" {
		s.t.Fatalf("set-up: status %d at %s: %s", status, path, body)
	}
	if status, path, body = s.post("/connect", "uuid", realUUID, "token", realToken); status != http.StatusOK || path != "/a/1/check" {
		s.t.Fatalf("connect: status %d at %s: %s", status, path, body)
	}
}

// sync writes a snapshot: three stores, and the named users in each.
func (s *site) sync(names ...string) org.Snapshot {
	s.t.Helper()
	ctx, now := s.t.Context(), time.Now()
	run, err := s.db.Begin(ctx, 1, 24*time.Hour)
	if err != nil {
		s.t.Fatal(err)
	}
	list := &org.AccountRead{Absence: org.AbsenceProven, Read: org.FacetRead{Facet: org.FacetStores, State: org.FacetComplete, Expected: -1, Received: 3, ReadAt: now}}
	step := org.Step{State: []byte("x"), StoreList: list, AccountName: "Acme & Söhne"}
	for _, hash := range []string{"aaa", "bbb", "ccc"} {
		store := org.RemoteStore{APIID: "store/" + hash, Hash: hash, Name: "Store " + hash}
		list.Stores = append(list.Stores, store)
		read := org.StoreRead{
			Store: store, Absence: org.AbsenceProven,
			Read: org.FacetRead{Facet: org.FacetAccesses, State: org.FacetComplete, Expected: len(names), Received: len(names), ReadAt: now},
		}
		for _, name := range names {
			read.Users = append(read.Users, org.StoreUser{
				Identity: org.Identity{APIID: "user/" + name, Email: name + "@example.com", FirstName: name}, RightsRead: true,
				Permissions: org.Preset(org.RoleAdministrator), Status: org.StatusActive, LastLogin: org.Never(),
			})
		}
		step.Stores = append(step.Stores, read)
	}
	if err := s.db.Save(ctx, run.Snapshot.ID, step); err != nil {
		s.t.Fatal(err)
	}
	snapshot, err := s.db.History().Close(ctx, run.Snapshot.ID, org.Complete, "")
	if err != nil {
		s.t.Fatal(err)
	}
	return snapshot
}

func TestFromTheFirstRunToTheFile(t *testing.T) {
	s := openSite(t)
	s.setUp()
	for _, path := range pages {
		if status, _, body := s.get(path); status != http.StatusOK || !strings.Contains(body, "</html>") {
			t.Errorf("before the first sync: %s: status %d", path, status)
		}
	}
	if status, _, _ := s.get("/a/1/download/users.csv"); status != http.StatusConflict {
		t.Errorf("download before the first sync: status %d", status)
	}
	first := s.sync("ada", "bob")
	second := s.sync("ada", "cleo", "<b>dora</b>")
	for _, path := range append(pages, "/a/1/users/1", "/a/1/stores/1", "/a/1/snapshots/1", "/a/1/snapshots/2", "/a/1/compare?since=1&as-of=2",
		"/a/1/users?sort=-login&role=administrator-like", "/a/1/users?as-of=1", "/a/1/matrix?as-of=1&stores-from=2", "/a/1/stores?q=bbb") {
		status, _, body := s.get(path)
		if status != http.StatusOK {
			t.Errorf("%s: status %d: %s", path, status, body)
		}
		if strings.Contains(body, "<b>dora") {
			t.Errorf("%s: a name is markup", path)
		}
	}
	if _, _, body := s.get("/a/1/users"); !strings.Contains(body, "cleo@example.com") || strings.Contains(body, "bob@example.com") {
		t.Errorf("the newest snapshot %d shows other users", second.ID)
	}
	if _, _, body := s.get("/a/1/users?as-of=1"); strings.Contains(body, "cleo@example.com") || !strings.Contains(body, "bob@example.com") {
		t.Errorf("snapshot %d shows other users", first.ID)
	}
	if _, path, _ := s.get("/"); path != "/a/1/" {
		t.Errorf("/ leads to %s", path)
	}
	s.checkFiles()
	s.checkLabels()
	s.checkActivity()
	s.checkSealed()
	if t.Failed() {
		t.Log(s.log.String())
	}
}

var pages = []string{
	"/a/1/", "/a/1/users", "/a/1/stores", "/a/1/matrix", "/a/1/permissions", "/a/1/changes", "/a/1/snapshots", "/a/1/sync", "/a/1/exports",
	"/a/1/apps", "/a/1/apps/matrix", "/a/1/subscriptions", "/a/1/activity", "/a/1/settings", "/a/1/check", "/a/1/compare", "/connect",
}

func (s *site) checkFiles() {
	s.t.Helper()
	for path, want := range map[string]int{"users.csv": 3, "users.csv?as-of=1": 2, "users.csv?q=cleo": 1, "access.csv": 9, "stores.csv": 3, "snapshots.csv": 2} {
		status, _, body := s.get("/a/1/download/" + path)
		rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
		if status != http.StatusOK || err != nil || len(rows)-1 != want {
			s.t.Errorf("%s: status %d, %d rows, want %d: %v", path, status, len(rows)-1, want, err)
		}
	}
	for _, kind := range []string{"changes.jsonl", "permission-matrix.xlsx", "matrix.json", "permissions.csv", "apps.csv", "subscriptions.json"} {
		if status, _, body := s.get("/a/1/download/" + kind); status != http.StatusOK || body == "" {
			s.t.Errorf("%s: status %d", kind, status)
		}
	}
	if status, _, body := s.get("/a/1/exports/1/manifest"); status != http.StatusOK || !strings.Contains(body, `"ada@example.com"`) {
		s.t.Errorf("manifest: status %d: %s", status, body)
	}
	if status, _, body := s.post("/a/1/exports", "kind", "access", "format", "csv", "where", "store=bbb"); status != http.StatusOK || !strings.Contains(body, "is ready: 3 rows") {
		s.t.Errorf("export form: status %d", status)
	}
}

func (s *site) checkLabels() {
	s.t.Helper()
	if status, _, body := s.post("/a/1/stores/1/labels", "labels", "live, EMEA"); status != http.StatusOK || !strings.Contains(body, "EMEA") {
		s.t.Errorf("labels: status %d", status)
	}
	if status, _, _ := s.post("/a/1/stores/1/labels", "labels", strings.Repeat("x", 41)); status != http.StatusUnprocessableEntity {
		s.t.Errorf("long label: status %d", status)
	}
	if _, _, body := s.get("/a/1/users?label=nowhere"); strings.Contains(body, "cleo@example.com") {
		s.t.Error("an unknown label filters nothing")
	}
}

func (s *site) checkActivity() {
	s.t.Helper()
	page, err := s.db.ActivityPage(s.t.Context(), 1, org.Query{Limit: 3})
	if err != nil || len(page.Rows) != 3 || page.Prev != "" || page.Next == "" {
		s.t.Fatalf("%+v, %v", page, err)
	}
	actions := map[string]int{}
	for place := ""; ; place = page.Next {
		if page, err = s.db.ActivityPage(s.t.Context(), 1, org.Query{Limit: 3, After: place}); err != nil {
			s.t.Fatal(err)
		}
		for _, row := range page.Rows {
			actions[row.Action]++
			if row.Request == "" || row.Address != "127.0.0.1" {
				s.t.Errorf("activity without origin: %+v", row)
			}
		}
		if page.Next == "" {
			break
		}
	}
	seen := 0
	for _, n := range actions {
		seen += n
	}
	if seen != page.Total || actions["member.setup"] != 1 || actions["account.connect"] != 1 || actions["download"] != 14 || actions["store.labels"] != 2 {
		s.t.Errorf("%d of %d rows: %v", seen, page.Total, actions)
	}
	back, err := s.db.ActivityPage(s.t.Context(), 1, org.Query{Limit: 3, Before: page.Prev})
	if err != nil || len(back.Rows) != 3 || back.Next == "" {
		s.t.Errorf("one page back: %+v, %v", back, err)
	}
}

// checkSealed looks for the token in every file of the data folder and in the log.
func (s *site) checkSealed() {
	s.t.Helper()
	if strings.Contains(s.log.String(), realToken) {
		s.t.Error("the log holds the token")
	}
	err := filepath.WalkDir(s.folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), realToken) || strings.Contains(string(text), "correct horse") {
			s.t.Errorf("%s holds a secret", path)
		}
		return err
	})
	if err != nil {
		s.t.Error(err)
	}
}

func TestSessionInTheDatabase(t *testing.T) {
	s := openSite(t)
	s.setUp()
	if _, path, _ := s.get("/a/1/users"); path != "/a/1/users" {
		t.Fatalf("not signed in: %s", path)
	}
	kept, err := s.db.Sessions().AllCtx(t.Context())
	if err != nil || len(kept) != 1 {
		t.Fatalf("%d sessions, %v", len(kept), err)
	}
	for _, data := range kept {
		if signin.SessionMember(data) != 1 {
			t.Errorf("the session is of member %d", signin.SessionMember(data))
		}
	}
	if _, path, _ := s.post("/sign-out"); path != "/sign-in" {
		t.Errorf("sign-out leads to %s", path)
	}
	if _, path, _ := s.get("/a/1/users"); path != "/sign-in" {
		t.Errorf("still signed in: %s", path)
	}
	if _, path, body := s.post("/sign-in", "email", "ada@example.com", "password", "correct horse battery", "next", "/a/1/stores"); path != "/a/1/stores" {
		t.Errorf("sign-in leads to %s: %s", path, body)
	}
	if err := s.db.SetPassword(t.Context(), 1, "x"); err != nil {
		t.Fatal(err)
	}
	if _, path, _ := s.get("/a/1/users"); path != "/sign-in" {
		t.Errorf("signed in after the password was replaced: %s", path)
	}
}
