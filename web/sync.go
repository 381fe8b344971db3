package web

import (
	"net/http"

	"rollcall/internal/org"
	"rollcall/views"
)

// syncPage shows the running sync, or what the last one brought.
func (s *Server) syncPage(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	return s.show(w, r, views.NewSyncPage(a.shell))
}

// startSync begins a sync and leads to its progress. A sync that runs already is joined.
func (s *Server) startSync(w http.ResponseWriter, r *http.Request) error {
	a, err := s.about(r, org.Query{})
	if err != nil {
		return err
	}
	if !a.account.Connected {
		return org.Conflict("This account is not connected, so nothing can be read. Connect it again in Settings.")
	}
	err = s.Syncs.StartSync(r.Context(), a.account.ID, actorOf(r))
	s.note(r, org.Activity{Account: a.account.ID, Action: "sync.start", Subject: a.account.UUID, Outcome: outcomeOf(err)})
	if err != nil {
		return err
	}
	return redirect(w, r, accountPath(a.account.ID, "sync"))
}

// startSweep begins to read the registered tokens alone and says so on the page of webhooks.
func (s *Server) startSweep(w http.ResponseWriter, r *http.Request) error {
	a, err := s.about(r, org.Query{})
	if err != nil {
		return err
	}
	if !a.account.Connected {
		return org.Conflict("This account is not connected, so nothing can be read. Connect it again in Settings.")
	}
	err = s.Syncs.StartSweep(r.Context(), a.account.ID, actorOf(r))
	s.note(r, org.Activity{Account: a.account.ID, Action: "sync.webhooks.start", Subject: a.account.UUID, Outcome: outcomeOf(err)})
	if err != nil {
		return err
	}
	s.flash(r, views.Info, "The registered tokens are being read, which spends none of the account's quota. Reload this page in a moment.")
	return redirect(w, r, accountPath(a.account.ID, "webhooks"))
}

// cancelSync asks the running sync to end, in whichever process it runs.
func (s *Server) cancelSync(w http.ResponseWriter, r *http.Request) error {
	a, err := s.about(r, org.Query{})
	if err != nil {
		return err
	}
	err = s.House.RequestCancel(r.Context(), a.account.ID)
	s.note(r, org.Activity{Account: a.account.ID, Action: "sync.cancel", Subject: a.account.UUID, Outcome: outcomeOf(err)})
	if err != nil {
		return err
	}
	s.flash(r, views.Info, "The sync ends after the request that is under way. What was read is kept.")
	return redirect(w, r, accountPath(a.account.ID, "sync"))
}
