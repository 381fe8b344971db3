package web

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"rollcall/internal/org"
	"rollcall/internal/signin"
	"rollcall/static"
)

// Handler is every address of Rollcall. The order of the middleware is the order of this list; the groups are the one
// place that says who may do what.
func (s *Server) Handler() http.Handler {
	r := chi.NewRouter()
	r.Use(s.record)          // request id, one log line, panics
	r.Use(s.harden)          // headers, content security policy
	r.Use(s.throughProxy)    // no plain HTTP round the proxy
	r.Use(s.knownHost)       // DNS rebinding
	r.Use(compress())        // gzip and zstd, not for streams
	r.Use(s.origins.Handler) // POST from other sites
	r.Use(s.readForm)        // size of forms
	r.Use(getHead)           // HEAD is answered like GET
	r.NotFound(s.handle(missing))
	r.MethodNotAllowed(s.handle(wrongMethod))

	r.Handle(static.Prefix+"*", static.Handler())
	r.Get("/favicon.ico", http.RedirectHandler(static.Path("favicon.svg"), http.StatusFound).ServeHTTP)
	r.Get("/healthz", s.handle(s.health))

	r.Group(func(r chi.Router) { // whoever stands at the door
		r.Use(s.sessions.LoadAndSave, s.known)
		r.Get("/setup", s.handle(s.setupForm))
		r.Post("/setup", s.handle(s.setup))
		r.Get("/sign-in", s.handle(s.signInForm))
		r.Post("/sign-in", s.handle(s.signIn))
		r.Post("/sign-out", s.handle(s.signOut))
	})
	r.Group(func(r chi.Router) { // every member looks
		r.Use(s.sessions.LoadAndSave, s.known, s.may(signin.Look))
		r.Get("/", s.handle(s.start))
		r.Get("/a/{account}", s.handle(s.overview))
		r.Get("/a/{account}/", s.handle(s.overview))
		r.Get("/a/{account}/users", s.handle(s.users))
		r.Get("/a/{account}/users/{user}", s.handle(s.user))
		r.Get("/a/{account}/stores", s.handle(s.stores))
		r.Get("/a/{account}/stores/{store}", s.handle(s.store))
		r.Get("/a/{account}/matrix", s.handle(s.matrix))
		r.Get("/a/{account}/permissions", s.handle(s.permissions))
		r.Get("/a/{account}/apps", s.handle(s.apps))
		r.Get("/a/{account}/apps/matrix", s.handle(s.appMatrix))
		r.Get("/a/{account}/apps/{app}", s.handle(s.app))
		r.Get("/a/{account}/subscriptions", s.handle(s.subscriptions))
		r.Get("/a/{account}/changes", s.handle(s.changes))
		r.Get("/a/{account}/snapshots", s.handle(s.snapshots))
		r.Get("/a/{account}/snapshots/{snapshot}", s.handle(s.snapshot))
		r.Get("/a/{account}/compare", s.handle(s.compare))
		r.Get("/a/{account}/sync", s.handle(s.syncPage))
	})
	r.Group(func(r chi.Router) { // the same for what a page asks for by itself
		r.Use(s.peek, s.known, s.may(signin.Look))
		r.Get("/a/{account}/sync/events", s.handle(s.syncEvents))
	})
	s.integrations(r)
	r.Group(func(r chi.Router) { // auditors take data along
		r.Use(s.sessions.LoadAndSave, s.known, s.may(signin.Audit))
		r.Get("/a/{account}/download/{file}", s.handle(s.download))
		r.Get("/a/{account}/exports", s.handle(s.exports))
		r.Post("/a/{account}/exports", s.handle(s.makeExport))
		r.Get("/a/{account}/exports/{export}/file", s.handle(s.exportFile))
		r.Get("/a/{account}/exports/{export}/manifest", s.handle(s.manifest))
		r.Get("/a/{account}/activity", s.handle(s.activity))
	})
	r.Group(func(r chi.Router) { // operators keep it fresh
		r.Use(s.sessions.LoadAndSave, s.known, s.may(signin.Operate))
		r.Post("/a/{account}/sync", s.handle(s.startSync))
		r.Post("/a/{account}/sync/cancel", s.handle(s.cancelSync))
		r.Post("/a/{account}/stores/{store}/labels", s.handle(s.label))
		r.Post("/demo/next-day", s.handle(s.nextDay))
	})
	r.Group(func(r chi.Router) { // admins connect and configure
		r.Use(s.sessions.LoadAndSave, s.known, s.may(signin.Configure))
		r.Get("/connect", s.handle(s.connectForm))
		r.Post("/connect", s.handle(s.connect))
		r.Get("/a/{account}/check", s.handle(s.checked))
		r.Post("/a/{account}/check", s.handle(s.check))
		r.Post("/a/{account}/token", s.handle(s.replaceToken))
		r.Post("/a/{account}/remove", s.handle(s.remove))
		r.Get("/a/{account}/settings", s.handle(s.settingsForm))
		r.Post("/a/{account}/settings", s.handle(s.saveSettings))
		r.Post("/a/{account}/totals", s.handle(s.acceptTotals))
	})
	return r
}

// getHead routes HEAD to what answers GET; the server sends no body. (The router's own middleware would bring the
// profiler into the program.)
func getHead(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if route := chi.RouteContext(r.Context()); route != nil && r.Method == http.MethodHead {
			route.RouteMethod = http.MethodGet
		}
		next.ServeHTTP(w, r)
	})
}

func missing(http.ResponseWriter, *http.Request) error { return org.NotFound("page") }

func wrongMethod(w http.ResponseWriter, r *http.Request) error {
	return org.Problem(org.KindNotFound, "There is no such page for "+r.Method+" requests.", nil)
}
