package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/signin"
	"rollcall/views"
)

// handler is a request handler that returns its error; the server turns it into an answer in one place.
type handler func(http.ResponseWriter, *http.Request) error

// statuses is the only table from error kinds to HTTP.
var statuses = map[org.Kind]int{
	org.KindUnexpected: http.StatusInternalServerError,
	org.KindNotFound:   http.StatusNotFound,
	org.KindInvalid:    http.StatusBadRequest,
	org.KindConflict:   http.StatusConflict,
	org.KindForbidden:  http.StatusForbidden,
	org.KindBusy:       http.StatusConflict,
	org.KindUnsigned:   http.StatusUnauthorized,
	org.KindStorage:    http.StatusServiceUnavailable,
	org.KindLimited:    http.StatusTooManyRequests,
	// What the API answered to a check is no fault of the visitor's request.
	org.KindUnauthorized: http.StatusBadGateway,
	org.KindScope:        http.StatusBadGateway,
	org.KindTooComplex:   http.StatusBadGateway,
	org.KindPageSize:     http.StatusBadGateway,
	org.KindRejected:     http.StatusBadGateway,
	org.KindUnavailable:  http.StatusBadGateway,
	org.KindBroken:       http.StatusBadGateway,
}

// statusGone is logged when the visitor left before the answer.
const statusGone = 499

// handle adapts a handler to net/http.
func (s *Server) handle(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	}
}

// fail answers with the error: its text for the person, its cause for the log line of the request.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	v := visitOf(r)
	v.err = err
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		v.status = statusGone
		return
	}
	if v.began() { // too late for another status: cut the answer so that it does not look whole
		panic(http.ErrAbortHandler)
	}
	if org.KindOf(err) == org.KindUnsigned && v.member.ID == 0 {
		s.askToSignIn(w, r)
		return
	}
	status := statusOf(err)
	if wait := retryAfter(err, s.Now()); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
	}
	s.problemPage(w, r, status, err)
}

func statusOf(err error) int {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge
	}
	return statuses[org.KindOf(err)]
}

func retryAfter(err error, now time.Time) time.Duration {
	var guess *signin.TooManyError
	var limit *org.LimitError
	switch {
	case errors.As(err, &guess):
		return guess.Until.Sub(now)
	case errors.As(err, &limit):
		return limit.Until.Sub(now)
	}
	return 0
}

// askToSignIn sends a visitor without a session to the door. Only pages can be come back to.
func (s *Server) askToSignIn(w http.ResponseWriter, r *http.Request) {
	target := "/sign-in"
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		if here := r.URL.RequestURI(); here != "/" && localPath(here) {
			target += "?next=" + url.QueryEscape(here)
		}
	}
	switch {
	case strings.Contains(r.Header.Get("Accept"), "text/event-stream"):
		w.WriteHeader(http.StatusUnauthorized)
	case r.Header.Get("HX-Request") != "":
		w.Header().Set("HX-Redirect", target)
		w.WriteHeader(http.StatusUnauthorized)
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		http.Redirect(w, r, target, http.StatusSeeOther)
	default:
		s.problemPage(w, r, http.StatusUnauthorized,
			org.Problem(org.KindUnsigned, "You are signed out. Sign in again and repeat what you did.", nil))
	}
}

// problemPage is the page of an error, inside the account's shell when that was filled before the error.
func (s *Server) problemPage(w http.ResponseWriter, r *http.Request, status int, err error) {
	v := visitOf(r)
	page := views.NewProblem(v.shell, views.Door{Version: s.Version}, status, err, v.id)
	if pageErr := s.render(w, r, status, page); pageErr != nil {
		v.err = errors.Join(v.err, pageErr)
		http.Error(w, org.TextOf(err), status)
	}
}
