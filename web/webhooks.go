package web

import (
	"net/http"
	"strconv"

	"rollcall/internal/audit"
	"rollcall/internal/org"
	"rollcall/views"
)

func (s *Server) webhooks(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	page, err := s.Inventory.Webhooks(r.Context(), a.scope, a.query, a.settings)
	if err != nil {
		return err
	}
	choices, err := s.choices(r, a)
	if err != nil {
		return err
	}
	hooks, err := s.hookChoices(r, a)
	if err != nil {
		return err
	}
	return s.show(w, r, views.NewWebhooks(a.shell, page, a.query, choices, hooks))
}

// maxOffered is how many values a filter offers; more are searched for.
const maxOffered = 200

// hookChoices are what the filters of webhooks offer. While somebody types they are read only when a filter needs its name.
func (s *Server) hookChoices(r *http.Request, a asked) (c views.HookChoices, err error) {
	if r.Header.Get("HX-Request") != "" && len(a.query.Clients)+len(a.query.Through) == 0 {
		return c, nil
	}
	all := org.Query{AsOf: a.query.AsOf}
	hosts, err := s.Inventory.HookHosts(r.Context(), a.scope, all, a.settings)
	if err != nil {
		return c, err
	}
	events, err := s.Inventory.HookEvents(r.Context(), a.scope, all, a.settings)
	if err != nil {
		return c, err
	}
	for _, h := range hosts[:min(maxOffered, len(hosts))] {
		c.Hosts = append(c.Hosts, org.Choice{Value: h.Host, Count: h.Hooks})
	}
	for _, e := range events[:min(maxOffered, len(events))] {
		c.Events = append(c.Events, org.Choice{Value: e.Scope, Count: e.Hooks})
	}
	c.Clients, c.Through = clientChoices(hosts)
	return c, nil
}

// clientChoices are the clients and tokens behind hosts, once each.
func clientChoices(hosts []org.HostRow) (clients, through []org.Choice) {
	seen, ids := map[string]bool{}, map[org.APIAccountID]bool{}
	for _, h := range hosts {
		for _, t := range h.Clients {
			if t.ClientID != "" && !seen[t.ClientID] && len(clients) < maxOffered {
				seen[t.ClientID] = true
				clients = append(clients, org.Choice{Value: t.ClientID, Label: t.Label + ", client " + t.ClientID[:min(8, len(t.ClientID))]})
			}
			if !ids[t.ID] && len(through) < maxOffered {
				ids[t.ID] = true
				through = append(through, org.Choice{Value: strconv.FormatInt(int64(t.ID), 10), Label: t.Label})
			}
		}
	}
	return clients, through
}

func (s *Server) webhook(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	h, err := s.hookOf(r, a)
	if err != nil {
		return err
	}
	findings, err := s.findings(r, a, audit.Subject{Webhook: h.ID})
	if err != nil {
		return err
	}
	return s.show(w, r, views.NewWebhook(a.shell, h, findings))
}

// hookOf reads the webhook that the address names.
func (s *Server) hookOf(r *http.Request, a asked) (org.WebhookDetail, error) {
	id, err := number[org.WebhookID](r, "webhook")
	if err != nil {
		return org.WebhookDetail{}, err
	}
	return s.Inventory.Webhook(r.Context(), a.scope, id, a.query, a.settings)
}

// findings are none where nobody judges.
func (s *Server) findings(r *http.Request, a asked, about audit.Subject) ([]audit.Finding, error) {
	if s.Judge == nil {
		return nil, nil
	}
	return s.Judge.StoreFindings(r.Context(), a.scope, org.Query{AsOf: a.query.AsOf}, a.settings, about)
}

// coverage says how much of the truth the registered tokens show, whatever a page filters.
func (s *Server) coverage(r *http.Request, a asked) (org.Coverage, error) {
	page, err := s.Inventory.APIAccounts(r.Context(), a.scope, org.Query{AsOf: a.query.AsOf, Limit: 1}, a.settings)
	return page.Coverage, err
}

func (s *Server) hookEvents(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	events, err := s.Inventory.HookEvents(r.Context(), a.scope, a.query, a.settings)
	if err != nil {
		return err
	}
	coverage, err := s.coverage(r, a)
	if err != nil {
		return err
	}
	return s.show(w, r, views.NewHookEvents(a.shell, events, coverage, a.query))
}

func (s *Server) hookStores(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	stores, err := s.Inventory.StoreCoverages(r.Context(), a.scope, a.query, a.settings)
	if err != nil {
		return err
	}
	coverage, err := s.coverage(r, a)
	if err != nil {
		return err
	}
	choices, err := s.choices(r, a)
	if err != nil {
		return err
	}
	return s.show(w, r, views.NewHookStores(a.shell, stores, coverage, a.query, choices))
}

func (s *Server) foreignClients(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ask(r)
	if err != nil {
		return err
	}
	clients, err := s.Inventory.ForeignClients(r.Context(), a.scope, a.query, a.settings)
	if err != nil {
		return err
	}
	coverage, err := s.coverage(r, a)
	if err != nil {
		return err
	}
	choices, err := s.choices(r, a)
	if err != nil {
		return err
	}
	return s.show(w, r, views.NewClients(a.shell, clients, coverage, a.query, choices))
}

// storeActs is what the page of a store says of what acts on it; nil where no register is kept.
func (s *Server) storeActs(r *http.Request, a asked, store org.StoreDetail) (*views.StoreActs, error) {
	if s.Inventory == nil {
		return nil, nil
	}
	ctx, of := r.Context(), org.Query{Stores: []string{store.Hash}, AsOf: a.query.AsOf}
	coverages, err := s.Inventory.StoreCoverages(ctx, a.scope, of, a.settings)
	if err != nil {
		return nil, err
	}
	accounts, err := s.Inventory.APIAccounts(ctx, a.scope, of, a.settings)
	if err != nil {
		return nil, err
	}
	hooks, err := s.Inventory.Webhooks(ctx, a.scope, of, a.settings)
	if err != nil {
		return nil, err
	}
	findings, err := s.findings(r, a, audit.Subject{Store: store.ID})
	if err != nil {
		return nil, err
	}
	coverage := org.StoreCoverage{Store: store.ID, StoreHash: store.Hash, StoreName: store.Name}
	if len(coverages) > 0 {
		coverage = coverages[0]
	}
	return views.NewStoreActs(a.shell, coverage, accounts, hooks, findings), nil
}
