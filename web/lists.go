package web

import (
	"net/http"
	"strconv"

	"rollcall/internal/org"
	"rollcall/views"
)

// The pages of an account: each asks what is wanted, reads it and builds its page.

func (s *Server) overview(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	o, err := s.Reader.Overview(r.Context(), a.scope, a.query, a.settings)
	if err != nil {
		return err
	}
	wrong, err := s.Reader.WrongTotals(r.Context(), a.scope, a.query)
	if err != nil {
		return err
	}
	page := views.NewOverview(a.shell, o).WarnOfTotals(wrong)
	if s.Inventory == nil {
		return s.show(w, r, page)
	}
	coverage, err := s.coverage(r, a)
	if err != nil {
		return err
	}
	return s.show(w, r, page.AddIntegrations(coverage))
}

func (s *Server) users(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	page, err := s.Reader.Users(r.Context(), a.scope, a.query, a.settings)
	if err != nil {
		return err
	}
	choices, err := s.choices(r, a)
	if err != nil {
		return err
	}
	return s.show(w, r, views.NewUsers(a.shell, page, a.query, choices))
}

// choices are what the filter bar offers and what names the filters that hold. While somebody types only the results
// change: then they are read only when a filter needs its name.
func (s *Server) choices(r *http.Request, a asked) (org.FilterChoices, error) {
	if r.Header.Get("HX-Request") != "" && len(a.query.Stores)+len(a.query.Apps)+len(a.query.Users) == 0 {
		return org.FilterChoices{}, nil
	}
	choices, err := s.Reader.Choices(r.Context(), a.scope, a.query, a.settings)
	if err != nil {
		return choices, err
	}
	choices.Users, err = s.chosenUsers(r, a)
	return choices, err
}

// maxNamed is how many single users of a filter are named; pages link with one.
const maxNamed = 5

// chosenUsers name the users that the query picks one by one. One that the snapshot does not know keeps its number.
func (s *Server) chosenUsers(r *http.Request, a asked) (list []org.Choice, err error) {
	for _, id := range a.query.Users[:min(maxNamed, len(a.query.Users))] {
		u, err := s.Reader.User(r.Context(), a.scope, id, org.Query{AsOf: a.query.AsOf}, a.settings)
		if org.KindOf(err) == org.KindNotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, org.Choice{Value: strconv.FormatInt(int64(id), 10), Label: u.Name()})
	}
	return list, nil
}

func (s *Server) stores(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	page, err := s.Reader.Stores(r.Context(), a.scope, a.query, a.settings)
	if err != nil {
		return err
	}
	choices, err := s.choices(r, a)
	if err != nil {
		return err
	}
	return s.show(w, r, views.NewStores(a.shell, page, a.query, choices))
}

// matrix shows a window of users by stores; the parameter stores-from says where the stores begin.
func (s *Server) matrix(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r, "stores-from")
	if err != nil {
		return err
	}
	from, err := storesFrom(r.URL.Query().Get("stores-from"))
	if err != nil {
		return err
	}
	m, err := s.Reader.Matrix(r.Context(), a.scope, a.query, a.settings, from, views.MatrixStores)
	if err != nil {
		return err
	}
	choices, err := s.choices(r, a)
	if err != nil {
		return err
	}
	return s.show(w, r, views.NewMatrix(a.shell, m, a.query, choices))
}

func storesFrom(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	from, err := strconv.Atoi(text)
	if err != nil || from < 0 || from > 1_000_000 {
		return 0, org.Invalid("stores-from", "stores-from must be a whole number from 0.")
	}
	return from, nil
}

func (s *Server) permissions(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	rows, err := s.Reader.Permissions(r.Context(), a.scope, a.query, a.settings)
	if err != nil {
		return err
	}
	choices, err := s.choices(r, a)
	if err != nil {
		return err
	}
	return s.show(w, r, views.NewPermissions(a.shell, rows, a.query, choices))
}

func (s *Server) changes(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	page, err := s.Reader.Changes(r.Context(), a.scope, a.query, a.settings)
	if err != nil {
		return err
	}
	choices, err := s.choices(r, a)
	if err != nil {
		return err
	}
	return s.show(w, r, views.NewChanges(a.shell, page, a.query, choices))
}
