package web

import (
	"context"
	"net/http"

	"rollcall/internal/org"
	"rollcall/views"
)

// AppReader reads apps and what the account pays for them, as Reader does.
type AppReader interface {
	Apps(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.AppPage, error)
	// App shows one app; the query filters, sorts and pages its stores.
	App(ctx context.Context, scope org.Scope, id org.AppID, q org.Query, s org.Settings) (org.AppDetail, error)
	AppMatrix(ctx context.Context, scope org.Scope, q org.Query, s org.Settings, storesFrom, stores int) (org.AppMatrix, error)
	Subscriptions(ctx context.Context, scope org.Scope, q org.Query, s org.Settings) (org.SubscriptionPage, error)
}

func (s *Server) apps(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	page, err := s.Reader.Apps(r.Context(), a.scope, a.query, a.settings)
	if err != nil {
		return err
	}
	choices, err := s.choices(r, a)
	if err != nil {
		return err
	}
	return s.show(w, r, views.NewApps(a.shell, page, a.query, choices))
}

// appMatrix shows a window of apps by stores; the parameter stores-from says where the stores begin.
func (s *Server) appMatrix(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r, "stores-from")
	if err != nil {
		return err
	}
	from, err := storesFrom(r.URL.Query().Get("stores-from"))
	if err != nil {
		return err
	}
	m, err := s.Reader.AppMatrix(r.Context(), a.scope, a.query, a.settings, from, views.MatrixStores)
	if err != nil {
		return err
	}
	choices, err := s.choices(r, a)
	if err != nil {
		return err
	}
	return s.show(w, r, views.NewAppMatrix(a.shell, m, a.query, choices))
}

func (s *Server) app(w http.ResponseWriter, r *http.Request) error {
	id, err := number[org.AppID](r, "app")
	if err != nil {
		return err
	}
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	d, err := s.Reader.App(r.Context(), a.scope, id, a.query, a.settings)
	if err != nil {
		return err
	}
	choices, err := s.choices(r, a)
	if err != nil {
		return err
	}
	return s.show(w, r, views.NewApp(a.shell, d, a.query, choices))
}

func (s *Server) subscriptions(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	page, err := s.Reader.Subscriptions(r.Context(), a.scope, a.query, a.settings)
	if err != nil {
		return err
	}
	choices, err := s.choices(r, a)
	if err != nil {
		return err
	}
	return s.show(w, r, views.NewSubscriptions(a.shell, page, a.query, choices))
}
