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
	accounts, err := s.accounts(r.Context())
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
	return redirect(w, r, accountPath(last))
}

// accountPath is an address below an account.
func accountPath(id org.AccountID, parts ...string) string {
	return views.Shell{Account: org.Account{ID: id}}.Path(parts...)
}

// accounts lists the accounts that the switch offers: connected ones first, then those whose history is kept.
func (s *Server) accounts(ctx context.Context) ([]org.Account, error) {
	accounts, err := s.House.Accounts(ctx)
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

// health answers monitors: the server answers and can read its database.
func (s *Server) health(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.House.Settings(r.Context()); err != nil {
		return org.Problem(org.KindStorage, "The database cannot be read.", err)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := w.Write([]byte("ok\n"))
	return err
}

// nextDay lets a demo day pass.
func (s *Server) nextDay(w http.ResponseWriter, r *http.Request) error {
	if s.NextDay == nil {
		return org.NotFound("page")
	}
	err := s.NextDay(r.Context())
	s.note(r, org.Activity{Action: "demo.next-day", Outcome: outcomeOf(err)})
	if err != nil {
		return err
	}
	s.flash(r, views.Good, "A day has passed in the demo, and it was read.")
	return redirect(w, r, "/")
}
