package web

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/signin"
	"rollcall/views"
)

// Bounds of what is uploaded. Files are read into memory, never onto the disk: they hold secrets.
const (
	maxUpload  = 4 << 20
	maxFiles   = 500
	uploadTime = time.Minute
	taskTime   = 10 * time.Minute // for what asks BigCommerce about many tokens
)

// isUpload tells whether a request carries files to a page that takes some.
func isUpload(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "multipart/form-data" && strings.Contains(r.URL.Path, "/import")
}

// longTask lets an answer take as long as BigCommerce needs.
func longTask(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(taskTime)) // a server without deadlines needs no other one
}

// readFiles reads the files of a field, then the text of another field as one more file. Empty ones are left out.
func readFiles(w http.ResponseWriter, r *http.Request, files, pasted string) ([]NamedText, error) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(uploadTime)) // as above
	if isUpload(r) {
		var tooLarge *http.MaxBytesError
		switch err := r.ParseMultipartForm(maxUpload); {
		case errors.As(err, &tooLarge):
			return nil, org.Invalid(files, "Together the files are larger than 4 MB. Send them in several goes.")
		case errors.Is(err, multipart.ErrMessageTooLarge): // more parts than a form may have
			return nil, org.Invalid(files, "At most 500 files fit into one go. Send the others after these.")
		case err != nil:
			return nil, badForm(err)
		}
	}
	_ = control.SetReadDeadline(time.Time{})
	var list []NamedText
	if r.MultipartForm != nil {
		for _, head := range r.MultipartForm.File[files] {
			file, err := readFile(head)
			if err != nil {
				return nil, badForm(err)
			}
			if head.Filename != "" || len(file.Text) > 0 {
				list = append(list, file)
			}
		}
	}
	if text := r.PostFormValue(pasted); strings.TrimSpace(text) != "" {
		list = append(list, NamedText{Name: "Pasted text", Text: []byte(text)})
	}
	if len(list) > maxFiles {
		return nil, org.Invalid(files, "At most 500 files fit into one go. Send the others after these.")
	}
	return list, nil
}

func readFile(head *multipart.FileHeader) (NamedText, error) {
	file, err := head.Open()
	if err != nil {
		return NamedText{}, err
	}
	defer file.Close()
	text, err := io.ReadAll(file)
	return NamedText{Name: head.Filename, Text: text}, err
}

// resultKey names what the last deed of a kind brought a member. This process keeps it in memory for the page that comes
// next; it holds no secrets.
type resultKey struct {
	account org.AccountID
	member  signin.MemberID
	deed    string
}

func keyOf(r *http.Request, a asked, deed string) resultKey {
	return resultKey{a.account.ID, visitOf(r).member.ID, deed}
}

// addForm shows the ways to register API accounts. After an import the address asks for its result.
func (s *Server) addForm(w http.ResponseWriter, r *http.Request) error {
	a, err := s.askFor(r, org.Query{})
	if err != nil {
		return err
	}
	var results []views.ImportOutcome
	if r.URL.Query().Get("result") != "" {
		if last, found := s.results.Load(keyOf(r, a, "import")); found {
			results = last.([]views.ImportOutcome)
		}
	}
	page, err := s.addPage(r, a, results, org.APIAccount{}, views.AddProblem{})
	if err != nil {
		return err
	}
	return s.show(w, r, page)
}

func (s *Server) addPage(r *http.Request, a asked, results []views.ImportOutcome, typed org.APIAccount, problem views.AddProblem) (views.Page, error) {
	stores, err := s.storeHashes(r, a)
	return views.NewAddAPIAccounts(a.shell, results, typed, stores, problem), err
}

// addAgain shows the forms again with what is wrong about one of them.
func (s *Server) addAgain(w http.ResponseWriter, r *http.Request, a asked, problem error, typed org.APIAccount, at views.AddProblem) error {
	page, err := s.addPage(r, a, nil, typed, at)
	if err != nil {
		return err
	}
	return s.formAgain(w, r, problem, page)
}

// importFiles registers and verifies what credentials files hold.
func (s *Server) importFiles(w http.ResponseWriter, r *http.Request) error {
	a, err := s.askFor(r, org.Query{})
	if err != nil {
		return err
	}
	files, err := readFiles(w, r, "files", "pasted")
	if err == nil && len(files) == 0 {
		err = org.Invalid("files", "Choose at least one file, or paste the text of one.")
	}
	var results []views.ImportOutcome
	if err == nil {
		longTask(w)
		results, err = s.Register.Import(r.Context(), a.account.ID, actorOf(r), files)
	}
	s.noteImport(r, a, "api-account.import", results, err)
	if err != nil && len(results) == 0 {
		return s.addAgain(w, r, a, err, org.APIAccount{}, views.AddProblem{Files: err})
	}
	return s.showImport(w, r, a, results)
}

// importRegister adds the entries of a CSV file.
func (s *Server) importRegister(w http.ResponseWriter, r *http.Request) error {
	a, err := s.askFor(r, org.Query{})
	if err != nil {
		return err
	}
	files, err := readFiles(w, r, "register", "")
	if err == nil && len(files) == 0 {
		err = org.Invalid("register", "Choose a CSV file.")
	}
	var results []views.ImportOutcome
	if err == nil {
		longTask(w)
		results, err = s.Register.ImportRegister(r.Context(), a.account.ID, actorOf(r), files[0].Text)
	}
	s.noteImport(r, a, "api-account.import-csv", results, err)
	if err != nil && len(results) == 0 {
		return s.addAgain(w, r, a, err, org.APIAccount{}, views.AddProblem{CSV: err})
	}
	return s.showImport(w, r, a, results)
}

// showImport keeps the outcomes for the page that the browser asks for next.
func (s *Server) showImport(w http.ResponseWriter, r *http.Request, a asked, results []views.ImportOutcome) error {
	s.results.Store(keyOf(r, a, "import"), results)
	return redirect(w, r, accountPath(a.account.ID, "api-accounts", "add")+"?result=last#result")
}

// noteImport writes each outcome to the activity log: never the name of a file, which may hold a token.
func (s *Server) noteImport(r *http.Request, a asked, action string, results []views.ImportOutcome, err error) {
	if err != nil {
		s.note(r, org.Activity{Account: a.account.ID, Action: action, Outcome: outcomeOf(err)})
	}
	for _, result := range results {
		row := org.Activity{Account: a.account.ID, Action: action, Subject: result.Entry.Label(), Outcome: done}
		switch result.State {
		case views.ImportFailed:
			row.Subject, row.Outcome = "", refused
		case views.ImportKnown:
			row.After = "registered before"
		case views.ImportAdded:
			row.After = entryText(result.Entry)
			if result.Entry.TokenLast4 != "" {
				row.After += ", token ends in " + result.Entry.TokenLast4
			}
		}
		s.note(r, row)
	}
}

// addEntry registers what was typed in.
func (s *Server) addEntry(w http.ResponseWriter, r *http.Request) error {
	a, err := s.askFor(r, org.Query{})
	if err != nil {
		return err
	}
	entry, err := readEntry(r, org.APIAccount{Account: a.account.ID, AddedBy: actorOf(r)})
	typed := entry
	secrets, odd := readSecrets(r)
	if err == nil {
		err = odd
	}
	if secrets.within(typed) {
		typed, err = org.APIAccount{Kind: typed.Kind, StoreHash: typed.StoreHash}, org.Invalid("token", "The token or the secret stands in another field too, where everybody could read it. Fill in the form again.")
	}
	if err == nil {
		longTask(w)
		entry, err = s.Register.Add(r.Context(), entry, secrets)
	}
	s.note(r, org.Activity{Account: a.account.ID, Action: "api-account.add", Subject: typed.Label(), Outcome: outcomeOf(err), After: strings.TrimSuffix(entryText(typed)+", "+tokenEnds(secrets.Token), ", ")})
	if err != nil {
		return s.addAgain(w, r, a, err, typed, views.AddProblem{Form: err})
	}
	if secrets.Token == "" {
		s.flash(r, views.Good, entry.Label()+" is registered, without a token.")
	} else {
		s.flashProof(r, entry.Label()+" is registered. ", entry.Proof)
	}
	return redirect(w, r, entryPath(a, entry.ID))
}

// within tells whether one of them was typed where no secret belongs.
func (s Secrets) within(a org.APIAccount) bool {
	open := entryText(a) + "\n" + a.Notes
	for _, secret := range []string{s.Token, s.Secret} {
		if len(secret) >= 8 && strings.Contains(open, secret) { // shorter ones are none, and may be part of a word
			return true
		}
	}
	return false
}

// readSecrets reads a token and a client secret as BigCommerce shows them.
func readSecrets(r *http.Request) (Secrets, error) {
	secrets := Secrets{Token: strings.TrimSpace(r.PostFormValue("token")), Secret: strings.TrimSpace(r.PostFormValue("secret"))}
	odd := func(text string) bool {
		return len(text) > 1024 || strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c > '~' })
	}
	switch {
	case odd(secrets.Token):
		return Secrets{}, org.Invalid("token", "Paste the access token as BigCommerce shows it, without blanks.")
	case odd(secrets.Secret):
		return Secrets{}, org.Invalid("secret", "Paste the client secret as BigCommerce shows it, without blanks.")
	}
	return secrets, nil
}
