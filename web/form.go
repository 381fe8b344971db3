package web

import (
	"errors"
	"net/http"
	"strconv"

	"rollcall/internal/org"
	"rollcall/views"
)

// redirect ends a POST: the browser fetches the page anew, and a reload does not repeat what was done.
func redirect(w http.ResponseWriter, r *http.Request, target string) error {
	http.Redirect(w, r, target, http.StatusSeeOther)
	return nil
}

// badForm says that a form could not be read; a body that is too large keeps its own status.
func badForm(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return org.Problem(org.KindInvalid, "The form holds more than Rollcall takes.", err)
	}
	return org.Problem(org.KindInvalid, "The form or the address could not be read. Go back and try again.", err)
}

// formAgain shows a form again after an error that the person can mend, with what was typed except secrets. Other
// errors go on to the error page.
func (s *Server) formAgain(w http.ResponseWriter, r *http.Request, err error, form views.Page) error {
	visitOf(r).err = err
	status := http.StatusUnprocessableEntity
	switch org.KindOf(err) {
	case org.KindInvalid:
	case org.KindUnsigned, org.KindConflict, org.KindLimited, org.KindUnauthorized, org.KindScope, org.KindUnavailable,
		org.KindBroken, org.KindRejected:
		status = statusOf(err)
	default:
		return err
	}
	if wait := retryAfter(err, s.Now()); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
	}
	return s.render(w, r, status, form)
}
