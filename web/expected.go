package web

import (
	"fmt"
	"net/http"
	"strings"

	"rollcall/internal/org"
	"rollcall/views"
)

func (s *Server) expected(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	page, err := s.expectedPage(r, a, views.ExpectedForm{})
	if err != nil {
		return err
	}
	return s.show(w, r, page)
}

func (s *Server) expectedPage(r *http.Request, a asked, form views.ExpectedForm) (page views.Page, err error) {
	list, err := s.Inventory.ExpectedHooks(r.Context(), a.account.ID)
	if err != nil {
		return nil, err
	}
	all, err := s.gaps(r, a, org.Query{AsOf: a.query.AsOf})
	if err != nil {
		return nil, err
	}
	gaps, err := s.gaps(r, a, a.query.FirstPage())
	if err != nil {
		return nil, err
	}
	coverage, err := s.coverage(r, a)
	if err != nil {
		return nil, err
	}
	choices, err := s.choices(r, a)
	if err != nil {
		return nil, err
	}
	return views.NewExpected(a.shell, list, all, gaps, coverage, a.query, choices, form), nil
}

// gaps are the differences from what is expected; none where nobody judges.
func (s *Server) gaps(r *http.Request, a asked, q org.Query) ([]org.ExpectedGap, error) {
	if s.Judge == nil {
		return nil, nil
	}
	return s.Judge.ExpectedGaps(r.Context(), a.scope, q, a.settings)
}

// expectedAgain shows the page again with what is wrong about one of its forms.
func (s *Server) expectedAgain(w http.ResponseWriter, r *http.Request, a asked, problem error, form views.ExpectedForm) error {
	page, err := s.expectedPage(r, a, form)
	if err != nil {
		return err
	}
	return s.formAgain(w, r, problem, page)
}

// addExpected writes down what one integration should have.
func (s *Server) addExpected(w http.ResponseWriter, r *http.Request) error {
	a, err := s.askFor(r, org.Query{})
	if err != nil {
		return err
	}
	form := org.ExpectedHooks{
		Integration: r.PostFormValue("integration"), Host: r.PostFormValue("host"), Scopes: linesOf(r.PostFormValue("scopes")), Stores: linesOf(r.PostFormValue("stores")),
	}
	entry, err := form.Cleaned()
	if err == nil {
		err = s.expect(r, a, "expected.add", []org.ExpectedHooks{entry})
	}
	if err != nil {
		return s.expectedAgain(w, r, a, err, views.ExpectedForm{Entry: form, Problem: err})
	}
	s.flash(r, views.Good, "It is written down what "+entry.Integration+" should have.")
	return redirect(w, r, accountPath(a.account.ID, "webhooks", "expected"))
}

// expect keeps entries, each with its line in the activity log.
func (s *Server) expect(r *http.Request, a asked, action string, list []org.ExpectedHooks) error {
	for _, entry := range list {
		entry.By = actorOf(r)
		_, err := s.Inventory.AddExpectedHooks(r.Context(), a.account.ID, entry)
		s.note(r, org.Activity{Account: a.account.ID, Action: action, Subject: entry.Integration, Outcome: outcomeOf(err), After: expectedText(entry)})
		if err != nil {
			return err
		}
	}
	return nil
}

// expectedText is an entry in the activity log.
func expectedText(e org.ExpectedHooks) string {
	where := "every store"
	if len(e.Stores) > 0 {
		where = "stores " + strings.Join(e.Stores, " ")
	}
	return e.Host + ": " + strings.Join(e.Scopes, " ") + ", " + where
}

// importExpected reads a manifest from a file, or from lines that were pasted.
func (s *Server) importExpected(w http.ResponseWriter, r *http.Request) error {
	a, err := s.askFor(r, org.Query{})
	if err != nil {
		return err
	}
	files, err := readFiles(w, r, "manifest", "lines")
	if err != nil {
		return err
	}
	list := []org.ExpectedHooks(nil)
	if err = org.Invalid("manifest", "Choose a file, or paste its lines."); len(files) > 0 {
		list, err = org.ParseExpectedHooks(string(files[0].Text))
	}
	if err == nil {
		err = s.expect(r, a, "expected.import", list)
	}
	if err != nil {
		return s.expectedAgain(w, r, a, err, views.ExpectedForm{Import: err})
	}
	s.flash(r, views.Good, views.Counted(len(list), "entry", "entries")+" imported.")
	return redirect(w, r, accountPath(a.account.ID, "webhooks", "expected"))
}

// freezeExpected makes what a host receives today into what is expected.
func (s *Server) freezeExpected(w http.ResponseWriter, r *http.Request) error {
	a, err := s.askFor(r, org.Query{})
	if err != nil {
		return err
	}
	form := views.ExpectedForm{FreezeName: strings.Join(strings.Fields(r.PostFormValue("integration")), " "), Hosts: r.PostFormValue("host")}
	list, err := s.frozen(r, a, form.FreezeName, form.Hosts)
	if err == nil {
		err = s.expect(r, a, "expected.freeze", list)
	}
	if err != nil {
		form.Freeze = err
		return s.expectedAgain(w, r, a, err, form)
	}
	s.flash(r, views.Good, fmt.Sprintf("What %s has today is expected from now on.", form.FreezeName))
	return redirect(w, r, accountPath(a.account.ID, "webhooks", "expected"))
}

func (s *Server) frozen(r *http.Request, a asked, integration, host string) ([]org.ExpectedHooks, error) {
	if integration == "" {
		return nil, org.Invalid("integration", "Name the integration that needs these webhooks.")
	}
	host, err := org.ParseHost(host, false)
	if err != nil {
		return nil, err
	}
	var hooks []org.WebhookRow
	err = s.Inventory.EachWebhook(r.Context(), a.scope, org.Query{Hosts: []string{host}}, a.settings, func(h org.WebhookRow) error {
		hooks = append(hooks, h)
		return nil
	})
	list := org.FreezeHooks(integration, host, hooks)
	if err == nil && len(list) == 0 {
		err = org.Invalid("host", "No webhook is seen to deliver to "+host+", so there is nothing to freeze.")
	}
	return list, err
}

// removeExpected forgets one entry.
func (s *Server) removeExpected(w http.ResponseWriter, r *http.Request) error {
	id, err := number[int64](r, "expected")
	if err != nil {
		return err
	}
	a, err := s.askFor(r, org.Query{})
	if err != nil {
		return err
	}
	list, err := s.Inventory.ExpectedHooks(r.Context(), a.account.ID)
	if err != nil {
		return err
	}
	var before org.ExpectedHooks
	for _, e := range list {
		if e.ID == id {
			before = e
		}
	}
	err = s.Inventory.RemoveExpectedHooks(r.Context(), a.account.ID, id)
	s.note(r, org.Activity{Account: a.account.ID, Action: "expected.remove", Subject: before.Integration, Outcome: outcomeOf(err), Before: expectedText(before)})
	if err != nil {
		return err
	}
	s.flash(r, views.Good, "What was expected of "+before.Integration+" is forgotten.")
	return redirect(w, r, accountPath(a.account.ID, "webhooks", "expected"))
}

// linesOf splits a field of several lines; commas separate too.
func linesOf(text string) []string {
	return strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune("\r\n\t ,;", c) })
}
