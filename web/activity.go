package web

import (
	"net/http"

	"rollcall/internal/org"
	"rollcall/internal/signin"
	"rollcall/views"
)

// Outcomes of an activity.
const (
	done    = "done"
	refused = "refused"
	failed  = "failed"
)

// outcomeOf tells a refusal, which is somebody's mistake or attempt, from a failure.
func outcomeOf(err error) string {
	switch {
	case err == nil:
		return done
	case statusOf(err) < http.StatusInternalServerError:
		return refused
	}
	return failed
}

// mustNote writes to the activity log who did what from where.
func (s *Server) mustNote(r *http.Request, a org.Activity) error {
	v := visitOf(r)
	a.Actor, a.Address, a.Request, a.Session = actorOf(r), v.address, v.id, s.sessionOf(r)
	return s.House.AddActivity(r.Context(), a)
}

// note does the same for what is done already: a log that cannot be written must not make it look undone, so the error
// goes to the other log.
func (s *Server) note(r *http.Request, a org.Activity) {
	if err := s.mustNote(r, a); err != nil {
		s.Log.ErrorContext(r.Context(), "activity not recorded", "request", visitOf(r).id, "action", a.Action, "error", err)
	}
}

// actorOf is the member as logs and manifests name them.
func actorOf(r *http.Request) string {
	if m := visitOf(r).member; m.Email != "" {
		return m.Email
	}
	return "nobody"
}

// sessionOf names the session of a request as the list of sessions does; empty before there is one.
func (s *Server) sessionOf(r *http.Request) string {
	token := s.sessions.Token(r.Context())
	if token == "" && visitOf(r).member.ID != 0 { // a session that ends in this request
		if cookie, err := r.Cookie(s.sessions.Cookie.Name); err == nil {
			token = cookie.Value
		}
	}
	if token == "" {
		return ""
	}
	return signin.HandleOfToken(token)
}

// activity lists what was done in Rollcall.
func (s *Server) activity(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	log, err := s.activityLog(r, a)
	if err != nil {
		return err
	}
	return s.show(w, r, views.NewActivity(a.shell, log, a.query))
}

func (s *Server) activityLog(r *http.Request, a asked) (log views.ActivityLog, err error) {
	ctx := r.Context()
	if log.Page, err = s.House.ActivityPage(ctx, a.account.ID, a.query); err != nil {
		return log, err
	}
	if log.Head, err = s.Reader.ActivityHead(ctx); err != nil {
		return log, err
	}
	if log.Proof, err = s.House.ActivityProof(ctx); err != nil {
		return log, err
	}
	if log.Actors, log.Actions, err = s.House.ActivityChoices(ctx, a.account.ID); err != nil {
		return log, err
	}
	choices, err := s.Reader.Choices(ctx, a.scope, org.Query{}, a.settings)
	log.Stores = choices.Stores
	return log, err
}
