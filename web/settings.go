package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"rollcall/internal/org"
	"rollcall/views"
)

func (s *Server) settingsForm(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	page, err := s.settingsPage(r, a, nil)
	if err != nil {
		return err
	}
	return s.show(w, r, page)
}

func (s *Server) settingsPage(r *http.Request, a asked, problem error) (views.Page, error) {
	choices, err := s.Reader.Choices(r.Context(), a.scope, org.Query{}, a.settings)
	if err != nil {
		return nil, err
	}
	wrong, err := s.Reader.WrongTotals(r.Context(), a.scope, org.Query{})
	return views.NewSettings(a.shell, a.settings, choices.Labels, problem).WithTotals(wrong), err
}

// settingsAgain shows the page again with what is wrong about one of its forms.
func (s *Server) settingsAgain(w http.ResponseWriter, r *http.Request, a asked, problem error) error {
	page, err := s.settingsPage(r, a, problem)
	if err != nil {
		return err
	}
	return s.formAgain(w, r, problem, page)
}

// saveSettings changes what pages and files say and when syncs run.
func (s *Server) saveSettings(w http.ResponseWriter, r *http.Request) error {
	a, err := s.askFor(r, org.Query{})
	if err != nil {
		return err
	}
	before := a.settings
	if err := readSettings(r, &a.settings); err != nil {
		s.note(r, org.Activity{Action: "settings", Outcome: outcomeOf(err), Before: settingsText(before)})
		return s.settingsAgain(w, r, a, err)
	}
	err = s.House.SaveSettings(r.Context(), a.settings)
	s.note(r, org.Activity{Action: "settings", Outcome: outcomeOf(err), Before: settingsText(before), After: settingsText(a.settings)})
	if err != nil {
		return err
	}
	s.flash(r, views.Good, "The settings are saved.")
	return redirect(w, r, accountPath(a.account.ID, "settings"))
}

// readSettings reads the form into set; what cannot be read stays as it was.
func readSettings(r *http.Request, set *org.Settings) error {
	f := r.PostForm
	set.DailySync, set.SyncAt = f.Get("daily") == "yes", strings.TrimSpace(f.Get("at"))
	days, daysErr := strconv.Atoi(strings.TrimSpace(f.Get("days")))
	if daysErr == nil {
		set.InactiveDays = days
	}
	name := strings.TrimSpace(f.Get("zone"))
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return org.Invalid("zone", "There is no such time zone. Use a name like UTC or Europe/Berlin.")
	}
	set.Zone = zone
	if daysErr != nil {
		return org.Invalid("days", "The days must be a whole number from 1 to 3650.")
	}
	return set.Check()
}

func settingsText(s org.Settings) string {
	daily := "off"
	if s.DailySync {
		daily = s.SyncAt
	}
	return fmt.Sprintf("zone %s, inactive after %d days, daily sync %s", s.Zone, s.InactiveDays, daily)
}

// acceptTotals records whether totals that never match are accepted for the account.
func (s *Server) acceptTotals(w http.ResponseWriter, r *http.Request) error {
	a, err := s.about(r, org.Query{})
	if err != nil {
		return err
	}
	accept := r.PostFormValue("accept") == "yes"
	err = s.House.AcceptTotals(r.Context(), a.account.ID, accept)
	s.note(r, org.Activity{
		Account: a.account.ID, Action: "account.totals", Subject: a.account.UUID, Outcome: outcomeOf(err),
		Before: totalsText(a.account.AcceptTotals), After: totalsText(accept),
	})
	if err != nil {
		return err
	}
	s.flash(r, views.Good, "For "+a.account.Label()+", "+totalsText(accept)+" from the next sync on.")
	return redirect(w, r, accountPath(a.account.ID, "settings"))
}

func totalsText(accept bool) string {
	if accept {
		return "wrong totals are accepted"
	}
	return "totals must match"
}
