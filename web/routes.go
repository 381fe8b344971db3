package web

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"rollcall/internal/org"
	"rollcall/internal/signin"
	"rollcall/static"
)

// Handler is every address of Rollcall. The order of the middleware is the order of this list; the groups are the one
// place that says who may do what.
func (s *Server) Handler() http.Handler {
	r := chi.NewRouter()
	r.Use(s.record)           // request id, one log line, panics
	r.Use(s.harden)           // headers, content security policy
	r.Use(s.knownHost)        // DNS rebinding
	r.Use(compress())         // gzip and zstd, not for streams
	r.Use(s.origins.Handler)  // POST from other sites
	r.Use(limitBody)          // size of forms
	r.Use(middleware.GetHead) // HEAD is answered like GET
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
	r.Group(func(r chi.Router) { // every member
		r.Use(s.sessions.LoadAndSave, s.known, s.may(signin.Look))
		r.Get("/", s.handle(s.start))
		r.Get("/a/{account}/", s.handle(s.overview))
		r.Get("/a/{account}/users", s.handle(s.users))
	})
	return r
}

func missing(http.ResponseWriter, *http.Request) error { return org.NotFound("page") }

func wrongMethod(w http.ResponseWriter, r *http.Request) error {
	return org.Problem(org.KindNotFound, "There is no such page for "+r.Method+" requests.", nil)
}
