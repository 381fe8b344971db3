package web

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/go-chi/chi/v5"

	"rollcall/internal/org"
	"rollcall/internal/signin"
	"rollcall/views"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// render makes the whole page before anything of the answer goes out, so that an error can still become its own page.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, page views.Page) error {
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	if err := page.Component().Render(r.Context(), buf); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Add("Vary", "HX-Request")
	w.WriteHeader(status)
	_, err := w.Write(buf.Bytes())
	return err
}

// show renders a page with status 200.
func (s *Server) show(w http.ResponseWriter, r *http.Request, page views.Page) error {
	return s.render(w, r, http.StatusOK, page)
}

// asked is what every page of an account is asked for: whose data, which rows, as of when.
type asked struct {
	account  org.Account
	scope    org.Scope
	query    org.Query
	settings org.Settings
	shell    views.Shell
}

// ask reads the account from the path and the query from the address, and fills the shell. A filter that cannot be
// read is an error: it must not silently show everything.
func (s *Server) ask(r *http.Request, ignore ...string) (asked, error) {
	q, bad := org.ParseQuery(r.URL.Query(), ignore...)
	a, err := s.askFor(r, q)
	return a, errors.Join(bad, err)
}

// askFor fills the shell of a page with a query of its own.
func (s *Server) askFor(r *http.Request, q org.Query) (asked, error) {
	a, err := s.about(r, q)
	if err != nil {
		return a, err
	}
	a.shell, err = s.shell(r, a)
	visitOf(r).shell = a.shell
	return a, err
}

// about is what is asked for without a page around it.
func (s *Server) about(r *http.Request, q org.Query) (a asked, err error) {
	a.query = q
	id, err := number[org.AccountID](r, "account")
	if err != nil {
		return a, err
	}
	if a.account, err = s.House.Account(r.Context(), id); err != nil {
		return a, err
	}
	a.scope = org.Scope{Account: id}
	a.settings, err = s.House.Settings(r.Context())
	return a, err
}

// bareShell is the shell of pages that belong to no account.
func (s *Server) bareShell(r *http.Request) views.Shell {
	role := visitOf(r).member.Role
	return views.Shell{
		Member: visitOf(r).member.Name, Now: s.Now(), Here: here(r), Version: s.Version, Demo: s.Demo != nil, Register: s.Inventory != nil && s.Register != nil,
		Can: views.Can{Audit: role.May(signin.Audit), Operate: role.May(signin.Operate), Configure: role.May(signin.Configure)},
	}
}

// here is the address of the page that is shown. A form that is shown again stands at the address that it was posted to,
// which may be none that can be opened: then it is the nearest page above.
func here(r *http.Request) url.URL {
	at := *r.URL
	route := chi.RouteContext(r.Context())
	if r.Method != http.MethodPost || route == nil || route.Routes == nil {
		return at
	}
	opens := func() string { return route.Routes.Find(chi.NewRouteContext(), http.MethodGet, at.Path) }
	if opens() == route.RoutePattern() {
		return at
	}
	for ends := strings.LastIndexByte(at.Path, '/'); ends > 0; ends = strings.LastIndexByte(at.Path, '/') {
		if at.Path = at.Path[:ends]; opens() != "" {
			break
		}
	}
	at.RawPath, at.RawQuery = "", ""
	return at
}

func (s *Server) shell(r *http.Request, a asked) (views.Shell, error) {
	ctx := r.Context()
	shell := s.bareShell(r)
	shell.Account, shell.AsOf = a.account, a.query.AsOf
	shell.Zone, shell.InactiveDays = a.settings.Zone, a.settings.InactiveDays
	var err error
	if shell.Accounts, err = s.accounts(ctx); err != nil {
		return shell, err
	}
	if shell.Quota, err = s.Syncs.Quota(ctx, a.account.ID); err != nil {
		return shell, err
	}
	if shell.Sync, err = s.syncState(ctx, a); err != nil {
		return shell, err
	}
	shell.Snapshot = shell.Sync.Last
	if !a.query.AsOf.IsZero() {
		if shell.Snapshot, err = s.Reader.AsOf(ctx, a.scope, a.query.AsOf, a.settings.Zone); err != nil {
			return shell, err
		}
	}
	shell.Flash = s.takeFlash(r)
	s.remember(r, a.account.ID)
	return shell, nil
}

// remember keeps the account for the next visit, where the start page leads to it. A disk that is full keeps nobody
// from reading.
func (s *Server) remember(r *http.Request, id org.AccountID) {
	m := &visitOf(r).member
	if m.LastAccount == id || s.Demo != nil {
		return
	}
	m.LastAccount = id
	if err := s.House.SetLastAccount(r.Context(), m.ID, id); err != nil {
		s.Log.WarnContext(r.Context(), "last account not remembered", "request", visitOf(r).id, "error", err)
	}
}

// syncState is the newest closed snapshot, the sync that runs, and why the last try failed.
func (s *Server) syncState(ctx context.Context, a asked) (state views.Sync, err error) {
	if state.Last, err = s.Reader.AsOf(ctx, a.scope, org.AsOf{}, a.settings.Zone); err != nil {
		return state, err
	}
	state.Progress, err = s.progress(ctx, a.account.ID)
	state.Problem = s.Syncs.Problem(a.account.ID)
	return state, err
}

// progress is that of the sync which runs, nil when none does. What goes on reading after the accesses are settled is
// no longer the sync that people wait for.
func (s *Server) progress(ctx context.Context, id org.AccountID) (*org.Progress, error) {
	p, found, err := s.House.Progress(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case found && !p.Rest:
		return &p, nil
	case s.Syncs.Running(id): // it is about to say so in the database
		return &org.Progress{Account: id, Started: s.Now()}, nil
	}
	return nil, nil
}

// localPath tells whether a path stays on this server: one slash, no second one, no backslash, nothing that a
// browser would strip and then read as another host.
func localPath(path string) bool {
	u, err := url.Parse(path)
	return err == nil && u.Scheme == "" && u.Host == "" && u.User == nil && strings.HasPrefix(path, "/") &&
		!strings.HasPrefix(path, "//") && !strings.ContainsAny(path, "\\\r\n\t\x00")
}
