package web

import (
	"net/http"

	"rollcall/internal/org"
	"rollcall/views"
)

func (s *Server) hookHosts(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	page, err := s.hostsPage(r, a, org.ApprovedHost{}, nil)
	if err != nil {
		return err
	}
	return s.show(w, r, page)
}

// hostsPage shows the hosts, with what is wrong about one that somebody tried to approve.
func (s *Server) hostsPage(r *http.Request, a asked, form org.ApprovedHost, problem error) (views.Page, error) {
	hosts, err := s.Inventory.HookHosts(r.Context(), a.scope, a.query, a.settings)
	if err != nil {
		return nil, err
	}
	approved, err := s.Inventory.ApprovedHosts(r.Context(), a.account.ID)
	if err != nil {
		return nil, err
	}
	coverage, err := s.coverage(r, a)
	if err != nil {
		return nil, err
	}
	return views.NewHosts(a.shell, hosts, approved, coverage, a.query, form, problem), nil
}

// approveHost writes down that a host may receive events, with a note.
func (s *Server) approveHost(w http.ResponseWriter, r *http.Request) error {
	a, err := s.askFor(r, org.Query{})
	if err != nil {
		return err
	}
	form := org.ApprovedHost{Host: r.PostFormValue("host"), Note: r.PostFormValue("note"), By: actorOf(r)}
	entry, problem := form.Cleaned()
	before, err := s.approvedHost(r, a, entry)
	if err != nil {
		return err
	}
	if err = problem; err == nil {
		err = s.Inventory.ApproveHost(r.Context(), a.account.ID, entry)
	}
	s.note(r, org.Activity{Account: a.account.ID, Action: "host.approve", Subject: entry.Host, Outcome: outcomeOf(err), Before: before, After: entry.Note})
	if err != nil {
		page, pageErr := s.hostsPage(r, a, form, err)
		if pageErr != nil {
			return pageErr
		}
		return s.formAgain(w, r, err, page)
	}
	s.flash(r, views.Good, entry.Host+" is approved.")
	return redirect(w, r, accountPath(a.account.ID, "webhooks", "hosts"))
}

// approvedHost is the note of a host that is on the list already.
func (s *Server) approvedHost(r *http.Request, a asked, h org.ApprovedHost) (string, error) {
	list, err := s.Inventory.ApprovedHosts(r.Context(), a.account.ID)
	for _, entry := range list {
		if entry.Host == h.Host {
			return "approved: " + entry.Note, err
		}
	}
	return "", err
}

func (s *Server) forgetHost(w http.ResponseWriter, r *http.Request) error {
	a, err := s.askFor(r, org.Query{})
	if err != nil {
		return err
	}
	host := org.ApprovedHost{Host: r.PostFormValue("host")}
	before, err := s.approvedHost(r, a, host)
	if err != nil {
		return err
	}
	err = s.Inventory.ForgetHost(r.Context(), a.account.ID, host.Host)
	s.note(r, org.Activity{Account: a.account.ID, Action: "host.forget", Subject: host.Host, Outcome: outcomeOf(err), Before: before})
	if err != nil {
		return err
	}
	s.flash(r, views.Good, host.Host+" is no longer approved.")
	return redirect(w, r, accountPath(a.account.ID, "webhooks", "hosts"))
}
