// Package web serves Rollcall's pages: addresses, who may see what, and how errors become answers. Markup lives in
// views, data behind the small interfaces of ports.go. A page reads the database and never calls BigCommerce.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"rollcall/internal/signin"
)

// Config is everything that the server needs. Fields without a remark must be set.
type Config struct {
	Reader    Reader
	House     House
	Syncs     Syncs
	Connector Connector
	Inventory Inventory // nil: no page shows what acts on stores
	Register  Register  // nil as Inventory
	Judge     Judge     // nil: nothing is judged
	Door      *signin.Door
	Sessions  scs.Store // one that also takes contexts is asked with them
	Log       *slog.Logger
	Spool     string // folder where files for download are made and kept for a while
	SpoolMax  int64  // bytes that they may have together; 0 is no bound

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
	streams  streams
	checks   sync.Map        // org.AccountID to the views.Check of its last check
	results  sync.Map        // resultKey to what a member's last deed of a kind brought
	life     context.Context // ends when the server shuts down; streams end with it
	end      context.CancelFunc
}

// New makes the server.
func New(c Config) *Server {
	if c.Now == nil {
		c.Now = time.Now
	}
	s := &Server{Config: c, hosts: allowedHosts(c.Addr, c.PublicURL)}
	s.life, s.end = context.WithCancel(context.Background())
	s.sessions = newSessions(c, s.sessionFailed)
	s.origins = newOrigins(c.PublicURL, s.fail)
	return s
}

// secure tells whether browsers reach the server by TLS, here or at the proxy.
func (c Config) secure() bool {
	return c.TLS || c.PublicURL != nil && c.PublicURL.Scheme == "https"
}

// HTTPServer makes the http.Server, with limits that an idle or slow visitor cannot stretch. Streams and downloads set
// deadlines of their own; streams end when the server shuts down.
func (s *Server) HTTPServer() *http.Server {
	server := &http.Server{
		Addr:              s.Addr,
		Handler:           s.Handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug),
	}
	server.RegisterOnShutdown(s.end)
	return server
}
