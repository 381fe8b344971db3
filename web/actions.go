package web

import (
	"cmp"
	"fmt"
	"net/http"
	"net/mail"
	"strconv"
	"strings"

	"rollcall/internal/org"
	"rollcall/views"
)

// Actions change something at BigCommerce. Each is shown first, exactly as it would be sent, and sent only when what the
// person saw is still what would be sent.

// errChanged says that something else would be sent than what was shown.
func errChanged() error {
	return org.Conflict("Something changed since it was shown to you, so nothing was sent. Look at it again.")
}

// askReactivate shows what reactivating a webhook would send.
func (s *Server) askReactivate(w http.ResponseWriter, r *http.Request) error {
	a, err := s.askFor(r, org.Query{})
	if err != nil {
		return err
	}
	h, err := s.hookOf(r, a)
	if err != nil {
		return err
	}
	request, err := s.Register.PreviewReactivate(r.Context(), h.WebhookRow)
	if err != nil {
		return err
	}
	return s.show(w, r, views.NewReactivateDryRun(a.shell, h, request))
}

// reactivate switches a webhook on again.
func (s *Server) reactivate(w http.ResponseWriter, r *http.Request) error {
	a, err := s.askFor(r, org.Query{})
	if err != nil {
		return err
	}
	h, err := s.hookOf(r, a)
	if err != nil {
		return err
	}
	request, err := s.Register.PreviewReactivate(r.Context(), h.WebhookRow)
	if err == nil && plainLines(r.PostFormValue("shown")) != views.Fingerprint([]views.Request{request}) {
		err = errChanged()
	}
	var now org.Webhook
	if err == nil {
		longTask(w)
		now, err = s.Register.Reactivate(r.Context(), a.account.ID, h.WebhookRow)
	}
	s.note(r, org.Activity{
		Account: a.account.ID, Action: "webhook.reactivate", Subject: fmt.Sprintf("%s %d of store %s", h.Scope, h.APIID, h.StoreHash),
		Outcome: outcomeOf(err), Before: string(h.State()), After: string(now.State()),
	})
	if err != nil {
		return err
	}
	if state := now.State(); state == org.HookActive {
		s.flash(r, views.Good, "BigCommerce answered that the webhook is active. The next sync shows it so here.")
	} else {
		s.flash(r, views.Warn, "BigCommerce took the request and answered that the webhook is "+string(state)+". The next sync tells more.")
	}
	return redirect(w, r, accountPath(a.account.ID, "webhooks", strconv.FormatInt(int64(h.ID), 10)))
}

// plainLines undoes what browsers do to line ends in forms.
func plainLines(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

// maxEmailAccounts is how many API accounts get their e-mails in one go.
const maxEmailAccounts = 100

func (s *Server) emailsForm(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r, "result")
	if err != nil {
		return err
	}
	var results []views.EmailResult
	if r.URL.Query().Get("result") != "" {
		if last, found := s.results.Load(keyOf(r, a, "emails")); found {
			results = last.([]views.EmailResult)
		}
	}
	page, err := s.emailsPage(r, a, a.query.Through, "", results, nil)
	if err != nil {
		return err
	}
	return s.show(w, r, page)
}

// emailsPage offers the API accounts of a filter, and those that were asked for.
func (s *Server) emailsPage(r *http.Request, a asked, chosen []org.APIAccountID, emails string, results []views.EmailResult, problem error) (views.Page, error) {
	q := a.query.FirstPage()
	q.AsOf, q.Through, q.Limit = org.AsOf{}, nil, maxEmailAccounts
	offered, err := s.Inventory.APIAccounts(r.Context(), a.scope, q, a.settings)
	if err != nil {
		return nil, err
	}
	rows := offered.Rows
	for _, id := range chosen {
		if !holds(rows, id) {
			entry, err := s.Inventory.APIAccount(r.Context(), a.scope, id, org.Query{}, a.settings)
			if err != nil {
				return nil, err
			}
			rows = append([]org.APIAccount{entry.APIAccount}, rows...)
		}
	}
	return views.NewEmails(a.shell, rows, offered.Total, chosen, emails, results, problem), nil
}

func holds(rows []org.APIAccount, id org.APIAccountID) bool {
	for _, row := range rows {
		if row.ID == id {
			return true
		}
	}
	return false
}

// emailTask is whose e-mails are set to what, and what that sends.
type emailTask struct {
	ids      []org.APIAccountID
	accounts []org.APIAccountDetail
	emails   []string
	requests []views.Request
}

// readEmailTask reads the form. The task is filled as far as it could be read.
func (s *Server) readEmailTask(r *http.Request, a asked) (t emailTask, err error) {
	t.emails, err = parseEmails(r.PostFormValue("emails"))
	for _, word := range r.PostForm["through"] {
		id, err := strconv.ParseInt(word, 10, 64)
		if err != nil || len(t.ids) == maxEmailAccounts {
			return t, org.Invalid("through", "Choose API accounts from the list, 100 at most.")
		}
		t.ids = append(t.ids, org.APIAccountID(id))
	}
	if err != nil {
		return t, err
	}
	if len(t.ids) == 0 {
		return t, org.Invalid("through", "Choose at least one API account.")
	}
	for _, id := range t.ids {
		entry, err := s.Inventory.APIAccount(r.Context(), a.scope, id, org.Query{}, a.settings)
		if err != nil {
			return t, err
		}
		request, err := s.Register.PreviewEmails(r.Context(), entry.APIAccount, t.emails)
		if err != nil {
			return t, err
		}
		request.About = cmp.Or(request.About, entry.Label()+" of store "+cmp.Or(entry.StoreName, entry.StoreHash))
		t.accounts, t.requests = append(t.accounts, entry), append(t.requests, request)
	}
	return t, nil
}

// parseEmails reads addresses, one in each line or separated by commas.
func parseEmails(text string) (list []string, err error) {
	for _, word := range linesOf(text) {
		address, err := mail.ParseAddress(word)
		if err != nil || address.Address != word {
			return nil, org.Invalid("emails", fmt.Sprintf("%q is no e-mail address.", word))
		}
		list = append(list, word)
	}
	if len(list) == 0 {
		return nil, org.Invalid("emails", "Enter at least one address: somebody must be told.")
	}
	return list, nil
}

// askEmails shows what setting e-mails would send.
func (s *Server) askEmails(w http.ResponseWriter, r *http.Request) error {
	a, err := s.askFor(r, org.Query{})
	if err != nil {
		return err
	}
	task, err := s.readEmailTask(r, a)
	if err != nil {
		return s.emailsAgain(w, r, a, task, err)
	}
	return s.show(w, r, views.NewEmailsDryRun(a.shell, task.ids, task.emails, task.requests))
}

func (s *Server) emailsAgain(w http.ResponseWriter, r *http.Request, a asked, task emailTask, problem error) error {
	page, err := s.emailsPage(r, a, task.ids, r.PostFormValue("emails"), nil, problem)
	if err != nil {
		return err
	}
	return s.formAgain(w, r, problem, page)
}

// setEmails sets the e-mails of each API account by itself: one that fails keeps nobody else from being set.
func (s *Server) setEmails(w http.ResponseWriter, r *http.Request) error {
	a, err := s.askFor(r, org.Query{})
	if err != nil {
		return err
	}
	task, err := s.readEmailTask(r, a)
	if err == nil && plainLines(r.PostFormValue("shown")) != views.Fingerprint(task.requests) {
		err = errChanged()
	}
	if err != nil {
		s.note(r, org.Activity{Account: a.account.ID, Action: "webhook.emails", Outcome: outcomeOf(err), After: strings.Join(task.emails, " ")})
		return s.emailsAgain(w, r, a, task, err)
	}
	longTask(w)
	var results []views.EmailResult
	for _, entry := range task.accounts {
		err := s.Register.SetEmails(r.Context(), a.account.ID, entry.ID, task.emails)
		s.note(r, org.Activity{Account: a.account.ID, Action: "webhook.emails", Subject: entry.Label() + " of store " + entry.StoreHash, Outcome: outcomeOf(err), Before: emailsBefore(entry), After: strings.Join(task.emails, " ")})
		results = append(results, views.NewEmailResult(a.shell, entry.APIAccount, err))
	}
	s.results.Store(keyOf(r, a, "emails"), results)
	return redirect(w, r, accountPath(a.account.ID, "api-accounts", "emails")+"?"+org.Query{Through: task.ids}.Encode()+"&result=last")
}

// emailsBefore are the e-mails as they were read last, as far as a webhook shows them.
func emailsBefore(a org.APIAccountDetail) string {
	for _, h := range a.Hooks {
		if h.EmailsRead {
			return strings.Join(h.Emails, " ")
		}
	}
	return "unknown"
}
