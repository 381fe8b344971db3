package web

import (
	"net/http"

	"rollcall/internal/org"
	"rollcall/views"
)

// users lists the users of an account. While somebody types, only the results change: the choices of the filter bar
// are not read again then.
func (s *Server) users(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	page, err := s.Reader.Users(r.Context(), a.scope, a.query, a.settings)
	if err != nil {
		return err
	}
	var choices org.FilterChoices
	if !partial(r) {
		if choices, err = s.Reader.Choices(r.Context(), a.scope, a.query, a.settings); err != nil {
			return err
		}
	}
	return s.show(w, r, views.NewUsers(a.shell, page, a.query, choices))
}

// partial tells whether htmx asked, which takes a part out of the answer.
func partial(r *http.Request) bool { return r.Header.Get("HX-Request") != "" }
