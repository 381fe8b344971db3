package web

import (
	"github.com/go-chi/chi/v5"

	"rollcall/internal/signin"
)

// integrations are the pages about what acts on stores. They exist where a register is kept.
func (s *Server) integrations(r chi.Router) {
	if s.Inventory == nil || s.Register == nil {
		return
	}
	r.Group(func(r chi.Router) { // every member looks
		r.Use(s.sessions.LoadAndSave, s.known, s.may(signin.Look))
		r.Get("/a/{account}/webhooks", s.handle(s.webhooks))
		r.Get("/a/{account}/webhooks/hosts", s.handle(s.hookHosts))
		r.Get("/a/{account}/webhooks/events", s.handle(s.hookEvents))
		r.Get("/a/{account}/webhooks/stores", s.handle(s.hookStores))
		r.Get("/a/{account}/webhooks/expected", s.handle(s.expected))
		r.Get("/a/{account}/webhooks/{webhook}", s.handle(s.webhook))
		r.Get("/a/{account}/api-accounts", s.handle(s.apiAccounts))
		r.Get("/a/{account}/api-accounts/clients", s.handle(s.foreignClients))
		r.Get("/a/{account}/api-accounts/{entry}", s.handle(s.apiAccount))
	})
	r.Group(func(r chi.Router) { // operators approve, and act on BigCommerce
		r.Use(s.sessions.LoadAndSave, s.known, s.may(signin.Operate))
		r.Post("/a/{account}/webhooks/read", s.handle(s.startSweep))
		r.Post("/a/{account}/webhooks/hosts", s.handle(s.approveHost))
		r.Post("/a/{account}/webhooks/hosts/forget", s.handle(s.forgetHost))
		r.Post("/a/{account}/webhooks/expected", s.handle(s.addExpected))
		r.Post("/a/{account}/webhooks/expected/import", s.handle(s.importExpected))
		r.Post("/a/{account}/webhooks/expected/freeze", s.handle(s.freezeExpected))
		r.Post("/a/{account}/webhooks/expected/{expected}/remove", s.handle(s.removeExpected))
		r.Get("/a/{account}/webhooks/{webhook}/reactivate", s.handle(s.askReactivate))
		r.Post("/a/{account}/webhooks/{webhook}/reactivate", s.handle(s.reactivate))
		r.Get("/a/{account}/api-accounts/emails", s.handle(s.emailsForm))
		r.Post("/a/{account}/api-accounts/emails/preview", s.handle(s.askEmails))
		r.Post("/a/{account}/api-accounts/emails", s.handle(s.setEmails))
		r.Post("/a/{account}/api-accounts/{entry}/verify", s.handle(s.verifyEntry))
	})
	r.Group(func(r chi.Router) { // admins keep the register
		r.Use(s.sessions.LoadAndSave, s.known, s.may(signin.Configure))
		r.Get("/a/{account}/api-accounts/add", s.handle(s.addForm))
		r.Post("/a/{account}/api-accounts/add", s.handle(s.addEntry))
		r.Post("/a/{account}/api-accounts/import", s.handle(s.importFiles))
		r.Post("/a/{account}/api-accounts/import-csv", s.handle(s.importRegister))
		r.Get("/a/{account}/api-accounts/{entry}/edit", s.handle(s.editForm))
		r.Post("/a/{account}/api-accounts/{entry}/edit", s.handle(s.editEntry))
		r.Post("/a/{account}/api-accounts/{entry}/token", s.handle(s.replaceEntryToken))
		r.Post("/a/{account}/api-accounts/{entry}/remove", s.handle(s.removeEntry))
	})
}
