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

// note writes to the activity log who did what from where. The log must not be the reason why a thing that is done
// looks undone, so an error is logged and the request goes on.
func (s *Server) note(r *http.Request, a org.Activity) {
	v := visitOf(r)
	a.Actor, a.Address, a.Request = v.member.Email, v.address, v.id
	if v.member.ID == 0 {
		a.Actor = "nobody"
	}
	if err := s.House.Record(r.Context(), a); err != nil {
		s.Log.ErrorContext(r.Context(), "activity not recorded", "request", v.id, "action", a.Action, "error", err)
	}
}
