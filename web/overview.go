package web

import (
	"net/http"

	"rollcall/views"
)

// overview answers how the account stands.
func (s *Server) overview(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	o, err := s.Reader.Overview(r.Context(), a.scope, a.query, a.settings)
	if err != nil {
		return err
	}
	return s.show(w, r, views.NewOverview(a.shell, o))
}
