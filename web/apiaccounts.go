package web

import (
	"net/http"
	"strconv"
	"strings"

	"rollcall/internal/audit"
	"rollcall/internal/org"
	"rollcall/views"
)

func (s *Server) apiAccounts(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	page, err := s.Inventory.APIAccounts(r.Context(), a.scope, a.query, a.settings)
	if err != nil {
		return err
	}
	choices, err := s.choices(r, a)
	if err != nil {
		return err
	}
	return s.show(w, r, views.NewAPIAccounts(a.shell, page, a.query, choices, nil))
}

func (s *Server) apiAccount(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	page, err := s.apiAccountPage(r, a, nil)
	if err != nil {
		return err
	}
	return s.show(w, r, page)
}

// apiAccountPage is the page of an entry; problem is about one of its forms.
func (s *Server) apiAccountPage(r *http.Request, a asked, problem error) (views.Page, error) {
	entry, err := s.entryOf(r, a)
	if err != nil {
		return nil, err
	}
	findings, err := s.findings(r, a, audit.Subject{APIAccount: entry.ID})
	if err != nil {
		return nil, err
	}
	return views.NewAPIAccount(a.shell, entry, findings, problem), nil
}

// entryOf reads the entry of the register that the address names.
func (s *Server) entryOf(r *http.Request, a asked) (org.APIAccountDetail, error) {
	id, err := number[org.APIAccountID](r, "entry")
	if err != nil {
		return org.APIAccountDetail{}, err
	}
	return s.Inventory.APIAccount(r.Context(), a.scope, id, a.query, a.settings)
}

// entryAgain shows the page of an entry again with what is wrong about one of its forms.
func (s *Server) entryAgain(w http.ResponseWriter, r *http.Request, a asked, problem error) error {
	page, err := s.apiAccountPage(r, a, problem)
	if err != nil {
		return err
	}
	return s.formAgain(w, r, problem, page)
}

func entryPath(a asked, id org.APIAccountID) string {
	return accountPath(a.account.ID, "api-accounts", strconv.FormatInt(int64(id), 10))
}

// entryText is what the activity log holds of an entry.
func entryText(a org.APIAccount) string {
	list := []string{string(a.Kind), "store " + a.StoreHash, "client " + a.ClientID, "scopes " + strings.Join(a.Declared, " ")}
	for _, part := range [][2]string{
		{"owner", a.Owner},
		{"purpose", a.Purpose},
		{"system", a.System},
		{"created", a.Created},
		{"rotated", a.Rotated},
		{"review", a.ReviewDue},
	} {
		list = append(list, part[0]+" "+part[1])
	}
	kept := list[:0]
	for _, text := range list {
		if !strings.HasSuffix(text, " ") {
			kept = append(kept, text)
		}
	}
	return a.Name + ": " + strings.Join(kept, ", ")
}

// readEntry reads what was typed about an entry into it; its Cleaned tells what cannot be kept.
func readEntry(r *http.Request, a org.APIAccount) (org.APIAccount, error) {
	f := r.PostForm.Get
	a.Name, a.Kind, a.StoreHash, a.ClientID = f("name"), org.APIAccountKind(f("kind")), f("store"), f("client")
	a.Owner, a.Purpose, a.System, a.Notes = f("owner"), f("purpose"), f("system"), f("notes")
	a.Created, a.Rotated, a.ReviewDue = f("created"), f("rotated"), f("review")
	a.Declared = nil
	if scopes := linesOf(f("scopes")); len(scopes) > 0 {
		a.Declared = scopes
	}
	return a.Cleaned()
}

func (s *Server) editForm(w http.ResponseWriter, r *http.Request) error {
	a, err := s.askFor(r, org.Query{})
	if err != nil {
		return err
	}
	entry, err := s.entryOf(r, a)
	if err != nil {
		return err
	}
	stores, err := s.storeHashes(r, a)
	if err != nil {
		return err
	}
	return s.show(w, r, views.NewEditAPIAccount(a.shell, entry.APIAccount, entry.Label(), stores, nil))
}

// storeHashes are offered where a store is typed.
func (s *Server) storeHashes(r *http.Request, a asked) ([]org.Choice, error) {
	choices, err := s.Reader.Choices(r.Context(), a.scope, org.Query{}, a.settings)
	return choices.Stores, err
}

// editEntry changes what people know of an entry.
func (s *Server) editEntry(w http.ResponseWriter, r *http.Request) error {
	a, err := s.askFor(r, org.Query{})
	if err != nil {
		return err
	}
	before, err := s.entryOf(r, a)
	if err != nil {
		return err
	}
	after, err := readEntry(r, before.APIAccount)
	if err == nil {
		err = s.Register.Update(r.Context(), after)
	}
	s.note(r, org.Activity{Account: a.account.ID, Action: "api-account.edit", Subject: before.Label(), Outcome: outcomeOf(err), Before: entryText(before.APIAccount), After: entryText(after)})
	if err != nil {
		stores, choicesErr := s.storeHashes(r, a)
		if choicesErr != nil {
			return choicesErr
		}
		return s.formAgain(w, r, err, views.NewEditAPIAccount(a.shell, after, before.Label(), stores, err))
	}
	s.flash(r, views.Good, after.Label()+" is saved.")
	return redirect(w, r, entryPath(a, before.ID))
}

// replaceEntryToken puts another token in place of the old one and verifies it.
func (s *Server) replaceEntryToken(w http.ResponseWriter, r *http.Request) error {
	a, err := s.askFor(r, org.Query{})
	if err != nil {
		return err
	}
	entry, err := s.entryOf(r, a)
	if err != nil {
		return err
	}
	secrets, err := readSecrets(r)
	if err == nil && secrets.Token == "" {
		err = org.Invalid("token", "Paste the new access token.")
	}
	var proof org.Proof
	if err == nil {
		longTask(w)
		proof, err = s.Register.ReplaceToken(r.Context(), a.account.ID, entry.ID, secrets)
	}
	s.note(r, org.Activity{
		Account: a.account.ID, Action: "api-account.token", Subject: entry.Label(), Outcome: outcomeOf(err),
		Before: "token ends in " + entry.TokenLast4, After: tokenEnds(secrets.Token),
	})
	if err != nil {
		return s.entryAgain(w, r, a, err)
	}
	s.flashProof(r, "The token is replaced. ", proof)
	return redirect(w, r, entryPath(a, entry.ID))
}

// removeEntry takes an entry out of the register after its name was typed.
func (s *Server) removeEntry(w http.ResponseWriter, r *http.Request) error {
	a, err := s.askFor(r, org.Query{})
	if err != nil {
		return err
	}
	entry, err := s.entryOf(r, a)
	if err != nil {
		return err
	}
	if strings.TrimSpace(r.PostFormValue("confirm")) != strings.TrimSpace(entry.Label()) {
		err = org.Invalid("confirm", "Nothing was removed: the name that was typed is not "+entry.Label()+".")
	} else {
		err = s.Register.Remove(r.Context(), a.account.ID, entry.ID)
	}
	s.note(r, org.Activity{Account: a.account.ID, Action: "api-account.remove", Subject: entry.Label(), Outcome: outcomeOf(err), Before: entryText(entry.APIAccount)})
	if err != nil {
		return s.entryAgain(w, r, a, err)
	}
	s.flash(r, views.Good, entry.Label()+" is taken out of the register. Its history stays.")
	return redirect(w, r, accountPath(a.account.ID, "api-accounts"))
}

// verifyEntry asks BigCommerce now whether the token of an entry works.
func (s *Server) verifyEntry(w http.ResponseWriter, r *http.Request) error {
	a, err := s.askFor(r, org.Query{})
	if err != nil {
		return err
	}
	entry, err := s.entryOf(r, a)
	if err != nil {
		return err
	}
	longTask(w)
	proof, err := s.Register.Verify(r.Context(), a.account.ID, entry.ID)
	s.note(r, org.Activity{Account: a.account.ID, Action: "api-account.verify", Subject: entry.Label(), Outcome: outcomeOf(err), Before: entry.Proof.State.Word(), After: proof.State.Word()})
	if err != nil {
		return s.entryAgain(w, r, a, err)
	}
	s.flashProof(r, "", proof)
	return redirect(w, r, entryPath(a, entry.ID))
}

// flashProof tells on the next page what a verification found.
func (s *Server) flashProof(r *http.Request, first string, p org.Proof) {
	tone, text := views.ProofSays(p)
	s.flash(r, tone, first+text)
}
