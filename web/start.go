package web

import (
	"context"
	"net/http"
	"slices"

	"rollcall/internal/org"
	"rollcall/views"
)

// start leads to the account used last, or to connecting the first one.
func (s *Server) start(w http.ResponseWriter, r *http.Request) error {
	accounts, err := s.connected(r.Context())
	if err != nil {
		return err
	}
	if len(accounts) == 0 {
		return redirect(w, r, "/connect")
	}
	last := visitOf(r).member.LastAccount
	if !slices.ContainsFunc(accounts, func(a org.Account) bool { return a.ID == last }) {
		last = accounts[0].ID
	}
	return redirect(w, r, views.Shell{Account: org.Account{ID: last}}.Path())
}

// connected lists the accounts that the switch offers: connected ones first, then those whose history is kept.
func (s *Server) connected(ctx context.Context) ([]org.Account, error) {
	accounts, err := s.Accounts.Accounts(ctx)
	slices.SortStableFunc(accounts, func(a, b org.Account) int {
		switch {
		case a.Connected == b.Connected:
			return 0
		case a.Connected:
			return -1
		}
		return 1
	})
	return accounts, err
}

// syncState is the newest closed snapshot and the sync that runs, if any.
func (s *Server) syncState(ctx context.Context, a asked) (state views.Sync, err error) {
	if state.Last, err = s.Reader.AsOf(ctx, a.scope, org.AsOf{}, a.settings.Zone); err != nil {
		return state, err
	}
	p, running, err := s.Syncs.Progress(ctx, a.account.ID)
	if running {
		state.Progress = &p
	}
	return state, err
}

// health answers monitors: the server answers and can read its database.
func (s *Server) health(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.House.Settings(r.Context()); err != nil {
		return org.Problem(org.KindStorage, "The database cannot be read.", err)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := w.Write([]byte("ok\n"))
	return err
}
