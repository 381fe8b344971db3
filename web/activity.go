package web

import (
	"net/http"

	"rollcall/internal/org"
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
	a.Actor, a.Address, a.Request = actorOf(r), v.address, v.id
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
