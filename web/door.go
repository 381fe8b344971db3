package web

import (
	"errors"
	"net/http"
	"net/mail"

	"rollcall/internal/org"
	"rollcall/internal/signin"
	"rollcall/views"
)

func (s *Server) door(r *http.Request) views.Door {
	return views.Door{Version: s.Version, Flash: s.takeFlash(r)}
}

// setupForm shows the form of the first run; later there is nothing to set up.
func (s *Server) setupForm(w http.ResponseWriter, r *http.Request) error {
	first, err := s.Door.NeedsSetup(r.Context())
	if err != nil {
		return err
	}
	if !first || s.Demo != nil {
		return redirect(w, r, "/")
	}
	return s.show(w, r, views.NewSetup(s.door(r), views.SetupForm{}, nil))
}

// setup makes the first admin and signs them in; later there is nothing to set up.
func (s *Server) setup(w http.ResponseWriter, r *http.Request) error {
	if s.Demo != nil {
		return org.NotFound("page")
	}
	first, err := s.Door.NeedsSetup(r.Context())
	if err != nil {
		return err
	}
	if !first {
		return redirect(w, r, "/sign-in")
	}
	f := r.PostForm
	m, err := s.Door.CreateFirst(r.Context(), visitOf(r).address, signin.Setup{
		Code: f.Get("code"), Name: f.Get("name"),
		Email: f.Get("email"), Password: f.Get("password"),
	})
	if err != nil {
		s.noteTry(r, org.Activity{Action: "member.setup", Outcome: outcomeOf(err)}, err)
		return s.formAgain(w, r, err, views.NewSetup(s.door(r), views.SetupForm{Name: f.Get("name"), Email: typedEmail(f.Get("email"))}, err))
	}
	if err := s.open(r, m); err != nil {
		return err
	}
	s.note(r, org.Activity{Action: "member.setup", Subject: m.Email, Outcome: done, After: "role " + m.Role.String()})
	return redirect(w, r, "/")
}

// signInForm asks for e-mail and password; before there is a member it leads to the set-up.
func (s *Server) signInForm(w http.ResponseWriter, r *http.Request) error {
	next := nextOf(r.URL.Query().Get("next"))
	if visitOf(r).member.Role != signin.NoRole {
		return redirect(w, r, next)
	}
	first, err := s.Door.NeedsSetup(r.Context())
	if err != nil {
		return err
	}
	if first {
		return redirect(w, r, "/setup")
	}
	return s.show(w, r, views.NewSignIn(s.door(r), "", next, ""))
}

// signIn opens a session.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	email, next := r.PostForm.Get("email"), nextOf(r.PostForm.Get("next"))
	m, err := s.Door.SignIn(r.Context(), visitOf(r).address, email, r.PostForm.Get("password"))
	if err != nil {
		s.noteTry(r, org.Activity{Action: "sign-in", Subject: typedEmail(email), Outcome: outcomeOf(err)}, err)
		return s.formAgain(w, r, err, views.NewSignIn(s.door(r), typedEmail(email), next, org.TextOf(err)))
	}
	if err := s.open(r, m); err != nil {
		return err
	}
	s.note(r, org.Activity{Action: "sign-in", Subject: m.Email, Outcome: done})
	return redirect(w, r, next)
}

// signOut ends the session and tells the browser to forget what it kept of it.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	if visitOf(r).member.Role != signin.NoRole {
		s.note(r, org.Activity{Action: "sign-out", Outcome: done})
	}
	if err := s.sessions.Destroy(r.Context()); err != nil {
		return err
	}
	w.Header().Set("Clear-Site-Data", `"cache"`)
	return redirect(w, r, "/sign-in")
}

// noteTry records a failed try at the door, and of tries during a wait the first: entries are never deleted, and
// whoever knocks on must not fill the disk with them.
func (s *Server) noteTry(r *http.Request, a org.Activity, err error) {
	var wait *signin.TooManyError
	if !errors.As(err, &wait) || !wait.Again {
		s.note(r, a)
	}
}

// nextOf is where to go after sign-in: a path of this server, or the start.
func nextOf(next string) string {
	if !localPath(next) {
		return "/"
	}
	return next
}

// typedEmail is what may be shown again and recorded of a failed sign-in: an address, and nothing that could be a
// password typed into the wrong field.
func typedEmail(text string) string {
	if address, err := mail.ParseAddress(text); err == nil && len(text) <= 254 {
		return address.Address
	}
	return ""
}
