// Package web serves Rollcall's pages: addresses, who may see what, and how errors become answers. Markup lives in
// views, data behind the small interfaces of ports.go. A page reads the database and never calls BigCommerce.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/alexedwards/scs/v2"

	"rollcall/internal/signin"
)

// Config is everything that the server needs. Fields without a remark must be set.
type Config struct {
	Reader   Reader
	Accounts Accounts
	House    House
	Syncs    Syncs
	Exports  Exports
	Door     *signin.Door
	Sessions scs.CtxStore
	Log      *slog.Logger

	Addr        string         // where the server listens, host:port
	PublicURL   *url.URL       // what people type; nil when it is Addr
	TLS         bool           // the server itself speaks TLS
	BehindProxy []netip.Prefix // proxies that may name the visitor's address; none when empty
	Version     string
	Now         func() time.Time // nil means time.Now

	Demo    *signin.Member              // every visitor is this member; nil in real use
	NextDay func(context.Context) error // lets a demo day pass; nil outside the demo
}

// Server is the web side of Rollcall. It is safe for concurrent use.
type Server struct {
	Config
	sessions *scs.SessionManager
	origins  *http.CrossOriginProtection
	hosts    hosts
}

// New makes the server.
func New(c Config) *Server {
	if c.Now == nil {
		c.Now = time.Now
	}
	s := &Server{Config: c, hosts: allowedHosts(c.Addr, c.PublicURL)}
	s.sessions = newSessions(c, s.fail)
	s.origins = newOrigins(c.PublicURL, s.fail)
	return s
}

// secure tells whether browsers reach the server by TLS, here or at the proxy.
func (c Config) secure() bool {
	return c.TLS || c.PublicURL != nil && c.PublicURL.Scheme == "https"
}

// HTTPServer makes the http.Server for a handler, with limits that an idle or slow visitor cannot stretch. Streams
// and downloads set deadlines of their own.
func HTTPServer(addr string, handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}
