package web

import (
	"cmp"
	"net/http"
	"strings"

	"rollcall/internal/org"
	"rollcall/views"
)

// connectForm asks for the UUID and the token of an account.
func (s *Server) connectForm(w http.ResponseWriter, r *http.Request) error {
	back, err := s.backFromConnect(r)
	if err != nil {
		return err
	}
	return s.show(w, r, views.NewConnect(s.door(r), "", back, nil))
}

// backFromConnect is where "not now" leads; nowhere while there is no account.
func (s *Server) backFromConnect(r *http.Request) (string, error) {
	accounts, err := s.accounts(r.Context())
	if err != nil || len(accounts) == 0 {
		return "", err
	}
	return accountPath(accounts[0].ID, "settings"), nil
}

// connect checks a token and, when it opens the account, seals and keeps it.
func (s *Server) connect(w http.ResponseWriter, r *http.Request) error {
	back, err := s.backFromConnect(r)
	if err != nil {
		return err
	}
	token := strings.TrimSpace(r.PostFormValue("token"))
	uuid, err := org.ParseUUID(r.PostFormValue("uuid"))
	if err != nil { // what was typed is not shown again: it may be the token in the wrong field
		return s.formAgain(w, r, err, views.NewConnect(s.door(r), "", back, err))
	}
	check, err := s.checkedToken(r, uuid, token)
	if err == nil {
		name := check.Account.Name
		check.Account, err = s.Connector.Connect(r.Context(), uuid, token)
		check.Account.Name = cmp.Or(check.Account.Name, name)
	}
	s.note(r, org.Activity{Account: check.Account.ID, Action: "account.connect", Subject: uuid, Outcome: outcomeOf(err), After: tokenEnds(token)})
	if err != nil {
		return s.formAgain(w, r, err, views.NewConnect(s.door(r), uuid, back, err))
	}
	s.checks.Store(check.Account.ID, check)
	return redirect(w, r, accountPath(check.Account.ID, "check"))
}

// checkedToken asks BigCommerce whether the token opens the account. A token that cannot read it is an error, because
// a token that is kept should work.
func (s *Server) checkedToken(r *http.Request, uuid, token string) (views.Check, error) {
	if token == "" || len(token) > 1024 || strings.ContainsFunc(token, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return views.Check{}, org.Invalid("token", "Paste the access token as BigCommerce shows it, without blanks.")
	}
	check, err := s.Connector.CheckToken(r.Context(), uuid, token)
	if err == nil && check.Error != "" {
		err = org.Problem(org.KindUnauthorized, check.Error, nil)
	}
	return check, err
}

// tokenEnds is what the activity log may hold of a token.
func tokenEnds(token string) string {
	if last := org.Last4(token); last != "" {
		return "token ends in " + last
	}
	return ""
}

// checked shows what the last check of an account found; this process keeps it in memory.
func (s *Server) checked(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	check, found := s.checks.Load(a.account.ID)
	if !found {
		return redirect(w, r, a.shell.Path("settings")+"#accounts")
	}
	shown := check.(views.Check)
	name := shown.Account.Name // the account itself learns it with the first sync
	shown.Account = a.account
	shown.Account.Name = cmp.Or(shown.Account.Name, name)
	return s.show(w, r, views.NewChecked(a.shell, shown))
}

// check asks BigCommerce anew what the stored token may read.
func (s *Server) check(w http.ResponseWriter, r *http.Request) error {
	a, err := s.about(r, org.Query{})
	if err != nil {
		return err
	}
	check, err := s.Connector.CheckAccount(r.Context(), a.account.ID)
	s.note(r, org.Activity{Account: a.account.ID, Action: "account.check", Subject: a.account.UUID, Outcome: outcomeOf(err)})
	if err != nil {
		return err
	}
	s.checks.Store(a.account.ID, check)
	return redirect(w, r, accountPath(a.account.ID, "check"))
}

// replaceToken checks another token and puts it in place of the old one.
func (s *Server) replaceToken(w http.ResponseWriter, r *http.Request) error {
	a, err := s.askFor(r, org.Query{})
	if err != nil {
		return err
	}
	token := strings.TrimSpace(r.PostFormValue("token"))
	check, err := s.checkedToken(r, a.account.UUID, token)
	if err == nil {
		err = s.Connector.ReplaceToken(r.Context(), a.account.ID, token)
	}
	s.note(r, org.Activity{
		Account: a.account.ID, Action: "account.token", Subject: a.account.UUID, Outcome: outcomeOf(err),
		Before: "token ends in " + a.account.TokenLast4, After: tokenEnds(token),
	})
	if err != nil {
		return s.settingsAgain(w, r, a, err)
	}
	s.checks.Store(a.account.ID, check)
	return redirect(w, r, accountPath(a.account.ID, "check"))
}

// remove forgets the token of an account after its name was typed. Its history stays.
func (s *Server) remove(w http.ResponseWriter, r *http.Request) error {
	a, err := s.askFor(r, org.Query{})
	if err != nil {
		return err
	}
	if strings.TrimSpace(r.PostFormValue("confirm")) != strings.TrimSpace(a.account.Label()) {
		s.note(r, org.Activity{Account: a.account.ID, Action: "account.disconnect", Subject: a.account.UUID, Outcome: refused})
		err = org.Invalid("confirm", "Nothing was removed: the name that was typed is not "+a.account.Label()+".")
		return s.settingsAgain(w, r, a, err)
	}
	err = s.Connector.Disconnect(r.Context(), a.account.ID)
	s.note(r, org.Activity{
		Account: a.account.ID, Action: "account.disconnect", Subject: a.account.UUID, Outcome: outcomeOf(err),
		Before: "token ends in " + a.account.TokenLast4,
	})
	if err != nil {
		return err
	}
	s.checks.Delete(a.account.ID)
	s.flash(r, views.Good, a.account.Label()+" is removed. Its history stays.")
	return redirect(w, r, accountPath(a.account.ID, "settings"))
}
