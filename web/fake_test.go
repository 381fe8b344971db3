package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/internal/audit"
	"rollcall/internal/org"
	"rollcall/internal/signin"
	"rollcall/views"
)

// fake stands for the database.
type fake struct {
	mu       sync.Mutex
	accounts []org.Account
	settings org.Settings
	activity []org.Activity
	members  []signin.Member
	hashes   map[signin.MemberID]string
	asked    []org.Query // queries of lists, oldest first
	fail     error       // returned by lists
	failLog  error       // returned by the activity log
	full     error       // returned by what a visit writes by the way, and by the list of made files
	labels   []string
	wrong    []audit.WrongTotal
	exports  []org.ExportFile
	progress []org.Progress // what the next looks at the running sync find; then none runs
	swept    int            // sweeps started
	started  int            // syncs
	token    string
	check    views.Check
	checkErr error
}

func (f *fake) AsOf(_ context.Context, scope org.Scope, at org.AsOf, _ *time.Location) (org.Snapshot, error) {
	if at.Snapshot > 312 {
		return org.Snapshot{}, org.NotFound("snapshot")
	}
	return org.Snapshot{ID: 312, Account: scope.Account, AccountName: "Acme", State: org.Complete, Stores: 3, Finished: testNow}, nil
}

func (f *fake) note(q org.Query) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, q)
	return f.fail
}

func (f *fake) WrongTotals(_ context.Context, _ org.Scope, q org.Query) ([]audit.WrongTotal, error) {
	return f.wrong, f.note(q)
}

func (f *fake) AcceptTotals(_ context.Context, _ org.AccountID, accept bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.accounts[0].AcceptTotals = accept
	return nil
}

func (f *fake) Overview(_ context.Context, _ org.Scope, q org.Query, _ org.Settings) (org.Overview, error) {
	return org.Overview{Users: 2, Stores: 3, Accesses: 4}, f.note(q)
}

func (f *fake) Users(_ context.Context, _ org.Scope, q org.Query, _ org.Settings) (org.UserPage, error) {
	row := org.UserRow{ID: 1, Identity: org.Identity{FirstName: "Ada", LastName: "Byron", Email: "ada@example.com"}}
	return org.UserPage{Rows: []org.UserRow{row}, Total: 1, From: 1}, f.note(q)
}

func (f *fake) Choices(context.Context, org.Scope, org.Query, org.Settings) (org.FilterChoices, error) {
	return org.FilterChoices{}, nil
}

func (f *fake) Accounts(context.Context) ([]org.Account, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]org.Account(nil), f.accounts...), nil
}

func (f *fake) Account(_ context.Context, id org.AccountID) (org.Account, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.accounts {
		if a.ID == id {
			return a, nil
		}
	}
	return org.Account{}, org.NotFound("account")
}

func (f *fake) Settings(context.Context) (org.Settings, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.settings, nil
}

func (f *fake) AddActivity(_ context.Context, a org.Activity) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.activity = append(f.activity, a)
	return f.failLog
}

// recorded lists the activity as "action subject outcome".
func (f *fake) recorded() (list []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.activity {
		list = append(list, strings.Join([]string{a.Actor, a.Action, a.Subject, a.Outcome}, " "))
	}
	return list
}

func (f *fake) SetLastAccount(context.Context, signin.MemberID, org.AccountID) error {
	return f.full
}

func (f *fake) Progress(context.Context, org.AccountID) (org.Progress, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.progress) == 0 {
		return org.Progress{}, false, nil
	}
	p := f.progress[0]
	f.progress = f.progress[1:]
	return p, true, nil
}

func (f *fake) StartSync(context.Context, org.AccountID, string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.started++
	return nil
}

func (f *fake) StartSweep(context.Context, org.AccountID, string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.swept++
	return nil
}

func (f *fake) Quota(context.Context, org.AccountID) (org.Quota, error) {
	return org.Quota{Limit: 70, Used: 5}, nil
}

func (f *fake) Running(org.AccountID) bool { return false }

func (f *fake) Problem(org.AccountID) string { return "" }

func (f *fake) RequestCancel(context.Context, org.AccountID) error { return nil }

func (f *fake) User(_ context.Context, _ org.Scope, id org.UserID, q org.Query, _ org.Settings) (org.UserDetail, error) {
	if id != 1 {
		return org.UserDetail{}, org.NotFound("user")
	}
	return org.UserDetail{}, f.note(q)
}

func (f *fake) Stores(_ context.Context, _ org.Scope, q org.Query, _ org.Settings) (org.StorePage, error) {
	return org.StorePage{}, f.note(q)
}

func (f *fake) Store(_ context.Context, _ org.Scope, id org.StoreID, q org.Query, _ org.Settings) (org.StoreDetail, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return org.StoreDetail{Store: org.Store{ID: id, Hash: "abc123", Name: "Acme DE", Labels: f.labels}}, nil
}

func (f *fake) Accesses(_ context.Context, _ org.Scope, q org.Query, _ org.Settings) (org.AccessPage, error) {
	return org.AccessPage{}, f.note(q)
}

func (f *fake) Matrix(_ context.Context, _ org.Scope, q org.Query, _ org.Settings, _, _ int) (org.Matrix, error) {
	return org.Matrix{}, f.note(q)
}

func (f *fake) Permissions(_ context.Context, _ org.Scope, q org.Query, _ org.Settings) ([]org.PermissionRow, error) {
	return nil, f.note(q)
}

func (f *fake) Changes(_ context.Context, _ org.Scope, q org.Query, _ org.Settings) (org.ChangePage, error) {
	return org.ChangePage{}, f.note(q)
}

func (f *fake) Snapshots(_ context.Context, _ org.Scope, q org.Query, _ org.Settings) (org.SnapshotPage, error) {
	return org.SnapshotPage{}, f.note(q)
}

func (f *fake) Compare(_ context.Context, _ org.Scope, q org.Query, _ org.Settings) (org.Compare, error) {
	return org.Compare{From: org.Snapshot{ID: 1}, To: org.Snapshot{ID: 2}}, f.note(q)
}

func (f *fake) AccountFacets(context.Context, org.Scope, org.Query, org.Settings) ([]org.FacetRead, error) {
	return nil, nil
}

func (f *fake) SetLabels(_ context.Context, _ org.AccountID, _ org.StoreID, labels []string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.labels = nil
	for _, label := range labels {
		if len(label) > 40 {
			return org.Invalid("labels", "A label is at most 40 characters long.")
		}
		f.labels = append(f.labels, strings.TrimSpace(label))
	}
	return nil
}

func (f *fake) SaveSettings(_ context.Context, s org.Settings) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.settings = s
	return nil
}

func (f *fake) ActivityPage(context.Context, org.AccountID, org.Query) (org.ActivityPage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var page org.ActivityPage
	for _, a := range f.activity {
		page.Rows = append(page.Rows, org.ActivityRow{Actor: a.Actor, Action: a.Action, Subject: a.Subject, Before: a.Before, After: a.After})
	}
	return page, nil
}

func (f *fake) AddExport(_ context.Context, e org.ExportFile) (org.ExportFile, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.full != nil {
		return e, f.full
	}
	e.ID = int64(len(f.exports) + 1)
	f.exports = append(f.exports, e)
	return e, nil
}

func (f *fake) ExportPage(_ context.Context, _ org.AccountID, q org.Query) (org.ExportPage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := strconv.Atoi(q.After); q.After != "" && err != nil {
		return org.ExportPage{}, org.Invalid("after", "This place in the list does not exist. Begin at the first page.")
	}
	return org.ExportPage{Rows: f.exports, Total: len(f.exports)}, nil
}

func (f *fake) Export(_ context.Context, account org.AccountID, id int64) (org.ExportFile, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.exports {
		if e.ID == id && e.Account == account {
			return e, nil
		}
	}
	return org.ExportFile{}, org.NotFound("file")
}

// The rows of every file: one user with an awkward name.
func (f *fake) EachUser(_ context.Context, _ org.Scope, q org.Query, _ org.Settings, row func(org.UserRow) error) error {
	if err := f.note(q); err != nil {
		return err
	}
	return row(org.UserRow{ID: 1, Identity: org.Identity{APIID: "u1", FirstName: "=cmd()", Email: "ada@example.com"}})
}

func (f *fake) EachAccessRef(context.Context, org.Scope, org.Query, org.Settings, org.AccessSink) error {
	return f.fail
}

func (f *fake) EachChange(context.Context, org.Scope, org.Query, org.Settings, func(org.ChangeRow) error) error {
	return f.fail
}

func (f *fake) EachStore(context.Context, org.Scope, org.Query, org.Settings, func(org.Store) error) error {
	return nil
}

func (f *fake) EachPermission(context.Context, org.Scope, org.Query, org.Settings, func(org.PermissionRow) error) error {
	return f.fail
}

func (f *fake) EachSnapshot(context.Context, org.Scope, org.Query, org.Settings, func(org.Snapshot) error) error {
	return f.fail
}

func (f *fake) CountAccess(context.Context, org.Scope, org.Query, org.Settings) (int, error) {
	return 0, nil
}

func (f *fake) CountUsers(context.Context, org.Scope, org.Query, org.Settings) (int, error) {
	return 1, nil
}

func (f *fake) CountChanges(context.Context, org.Scope, org.Query, org.Settings) (int, error) {
	return 0, nil
}

func (f *fake) CheckToken(context.Context, string, string) (views.Check, error) {
	return f.check, f.checkErr
}

func (f *fake) CheckAccount(context.Context, org.AccountID) (views.Check, error) {
	return f.check, f.checkErr
}

func (f *fake) Connect(_ context.Context, uuid, token string) (org.Account, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.token = token
	a := org.Account{ID: org.AccountID(len(f.accounts) + 1), UUID: uuid, TokenLast4: org.Last4(token), Connected: true}
	f.accounts = append(f.accounts, a)
	return a, nil
}

func (f *fake) ReplaceToken(_ context.Context, id org.AccountID, token string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.token = token
	f.accounts[id-1].TokenLast4 = org.Last4(token)
	return nil
}

func (f *fake) Disconnect(_ context.Context, id org.AccountID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.token = ""
	f.accounts[id-1].Connected = false
	return nil
}

func (f *fake) CountMembers(context.Context) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.members), nil
}

func (f *fake) CreateFirstMember(_ context.Context, m signin.Member, hash string) (signin.MemberID, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.members) > 0 {
		return 0, org.Conflict("There is an admin already.")
	}
	return f.add(m, hash), nil
}

func (f *fake) add(m signin.Member, hash string) signin.MemberID {
	m.ID = signin.MemberID(len(f.members) + 1)
	f.members = append(f.members, m)
	if f.hashes == nil {
		f.hashes = map[signin.MemberID]string{}
	}
	f.hashes[m.ID] = hash
	return m.ID
}

func (f *fake) Member(_ context.Context, id signin.MemberID) (signin.Member, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.members {
		if m.ID == id {
			return m, nil
		}
	}
	return signin.Member{}, org.NotFound("member")
}

func (f *fake) MemberByEmail(_ context.Context, fold string) (signin.Member, string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.members {
		if org.FoldEmail(m.Email) == fold {
			return m, f.hashes[m.ID], nil
		}
	}
	return signin.Member{}, "", org.NotFound("member")
}

// sessionTable is a session store in memory that obeys contexts.
type sessionTable struct {
	mu   sync.Mutex
	fail error // of writes
	rows map[string]sessionRow
}

type sessionRow struct {
	data    []byte
	expires time.Time
}

func (t *sessionTable) FindCtx(_ context.Context, token string) ([]byte, bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	row, found := t.rows[token]
	if !found || time.Now().After(row.expires) {
		return nil, false, nil
	}
	return row.data, true, nil
}

func (t *sessionTable) CommitCtx(_ context.Context, token string, b []byte, expires time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.fail != nil {
		return t.fail
	}
	if t.rows == nil {
		t.rows = map[string]sessionRow{}
	}
	t.rows[token] = sessionRow{b, expires}
	return nil
}

func (t *sessionTable) DeleteCtx(_ context.Context, token string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.rows, token)
	return nil
}

func (t *sessionTable) Find(token string) ([]byte, bool, error) {
	return t.FindCtx(context.Background(), token)
}

func (t *sessionTable) Delete(token string) error { return t.DeleteCtx(context.Background(), token) }

func (t *sessionTable) Commit(token string, b []byte, expires time.Time) error {
	return t.CommitCtx(context.Background(), token, b, expires)
}

var testNow = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// The cheapest hash: tests are about who gets in, not about how long it takes.
var cheap = signin.Cost{Memory: 8, Time: 1, Threads: 1}

const (
	adminEmail    = "ada@example.com"
	adminPassword = "correct horse battery"
	accountToken  = "tok3n-abcdefghijklmnopqrstuvwxyz"
)

// bench is a server on a fake database with one account and one admin.
type bench struct {
	*fake
	server   *Server
	handler  http.Handler
	hasher   *signin.Hasher
	sessions *sessionTable
	log      *lockedBuffer
	code     *signin.SetupCode
}

type lockedBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newBench(t *testing.T, change ...func(*Config)) *bench {
	t.Helper()
	f := &fake{settings: org.DefaultSettings(), accounts: []org.Account{{ID: 1, UUID: "01234567-89ab-cdef-0123-456789abcdef", Name: "Acme", Connected: true}}}
	b := &bench{fake: f, sessions: &sessionTable{}, log: &lockedBuffer{}, code: signin.NewSetupCode(), hasher: signin.NewHasher(cheap)}
	hash, err := b.hasher.Hash(t.Context(), adminPassword)
	if err != nil {
		t.Fatal(err)
	}
	f.add(signin.Member{Name: "Ada", Email: adminEmail, Role: signin.Admin}, hash)
	c := Config{
		Reader: f, House: f, Syncs: f, Connector: f, Spool: t.TempDir(), Sessions: b.sessions, Addr: "127.0.0.1:8080", Version: "test",
		Log:  slog.New(slog.NewTextHandler(io.MultiWriter(b.log, t.Output()), nil)),
		Door: signin.New(f, b.hasher, b.code, time.Now), Now: func() time.Time { return testNow },
	}
	for _, f := range change {
		f(&c)
	}
	b.server = New(c)
	b.handler = b.server.Handler()
	return b
}

// visitor is a browser as far as cookies go.
type visitor struct {
	*bench
	t      *testing.T
	cookie *http.Cookie
}

func (b *bench) visitor(t *testing.T) *visitor { return &visitor{bench: b, t: t} }

// admin is a visitor who signed in.
func (b *bench) admin(t *testing.T) *visitor {
	t.Helper()
	v := b.visitor(t)
	if res := v.post("/sign-in", "email", adminEmail, "password", adminPassword); res.Code != http.StatusSeeOther {
		t.Fatalf("sign-in: status %d: %s", res.Code, res.Body)
	}
	return v
}

func (v *visitor) do(r *http.Request) *httptest.ResponseRecorder {
	v.t.Helper()
	if r.Host == "example.com" { // what httptest puts there
		r.Host = "127.0.0.1:8080"
	}
	if v.cookie != nil {
		r.AddCookie(v.cookie)
	}
	w := httptest.NewRecorder()
	v.handler.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		v.cookie = c
		if c.MaxAge < 0 {
			v.cookie = nil
		}
	}
	return w
}

func (v *visitor) get(path string) *httptest.ResponseRecorder {
	v.t.Helper()
	return v.do(httptest.NewRequest(http.MethodGet, path, nil))
}

// post sends a form of names and values as a page of our own would.
func (v *visitor) post(path string, pairs ...string) *httptest.ResponseRecorder {
	v.t.Helper()
	r := newPost(path, pairs...)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return v.do(r)
}

func newPost(path string, pairs ...string) *http.Request {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}
