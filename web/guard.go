package web

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/klauspost/compress/gzhttp"

	"rollcall/internal/org"
)

// maxBody bounds what a form may send.
const maxBody = 64 << 10

// policy lets pages load only Rollcall's own files and post only to Rollcall.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
	"font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// harden sets the headers that every answer carries. Pages hold data, so nothing is kept in caches unless a handler
// says otherwise.
func (s *Server) harden(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		h.Set("Cache-Control", "no-store")
		if s.secure() {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// hosts are the names under which the server answers. A page of another site that made its own name point here
// (DNS rebinding) asks under that name and is refused.
type hosts map[string]bool

func allowedHosts(addr string, public *url.URL) hosts {
	h := hosts{"localhost": true, "127.0.0.1": true, "::1": true}
	if host, _, err := net.SplitHostPort(addr); err == nil && host != "" {
		h[strings.ToLower(host)] = true
	}
	if public != nil {
		h[strings.ToLower(public.Hostname())] = true
	}
	return h
}

func (h hosts) knows(host string) bool {
	name := (&url.URL{Host: host}).Hostname()
	return name != "" && h[strings.ToLower(strings.TrimSuffix(name, "."))]
}

// knownHost refuses requests for names that are not ours.
func (s *Server) knownHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.hosts.knows(r.Host) {
			visitOf(r).err = org.Invalid("host", "unknown host name")
			http.Error(w, "Rollcall does not answer under this name. Start it with --public-url set to the address that you typed.",
				http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// throughProxy refuses visitors who go round the proxy: what they send would travel in the clear.
func (s *Server) throughProxy(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		ip := peer.Addr().Unmap()
		if len(s.BehindProxy) > 0 && !s.TLS && (err != nil || !ip.IsLoopback() && !s.isProxy(ip)) {
			visitOf(r).err = org.Problem(org.KindForbidden, "request went round the proxy", nil)
			http.Error(w, "Rollcall answers here only through its proxy.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// newOrigins refuses requests that change something and come from another site.
func newOrigins(public *url.URL, fail func(http.ResponseWriter, *http.Request, error)) *http.CrossOriginProtection {
	origins := http.NewCrossOriginProtection()
	if public != nil {
		// Only a malformed origin is refused here, and a parsed URL with a host makes none.
		_ = origins.AddTrustedOrigin(originOf(public))
	}
	origins.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fail(w, r, org.Problem(org.KindForbidden, "This request came from another site, so nothing was done. "+
			"If you typed an address that Rollcall does not know, start it with --public-url set to that address.", nil))
	}))
	return origins
}

// originOf writes an address as browsers name it: without the port that its scheme implies.
func originOf(u *url.URL) string {
	host := strings.ToLower(u.Host)
	if implied := map[string]string{"https": ":443", "http": ":80"}[u.Scheme]; implied != "" {
		host = strings.TrimSuffix(host, implied)
	}
	return u.Scheme + "://" + host
}

// readForm reads the fields of a form, up to maxBody, before any handler asks for them. Then the time to read is over:
// left alone it would end the context of a handler that takes longer.
func (s *Server) readForm(next http.Handler) http.Handler {
	return s.handle(func(w http.ResponseWriter, r *http.Request) error {
		hasBody, most := r.Body != http.NoBody, int64(maxBody)
		if isUpload(r) { // read by its handler, once the member is known
			most = maxUpload
		}
		r.Body = http.MaxBytesReader(w, r.Body, most)
		if err := r.ParseForm(); err != nil {
			return badForm(err)
		}
		if !hasBody || r.Method == http.MethodPost && most == maxBody {
			_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // a writer without deadlines has none to end
		}
		next.ServeHTTP(w, r)
		return nil
	})
}

// compress makes pages smaller; the jitter hides what the length of a page would tell about its content. Streams
// stay as they are.
func compress() func(http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(512), gzhttp.RandomJitter(32, 0, false),
		gzhttp.ExceptContentTypes([]string{"text/event-stream"}))
	if err != nil {
		panic(err) // the options are constants
	}
	return func(next http.Handler) http.Handler { return wrap(next) }
}

// origin finds where a request came from. Only a declared proxy may name the visitor's address and the host that was
// asked for; of its list the last address that is no proxy counts.
func (s *Server) origin(r *http.Request) (string, *http.Request) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr, r
	}
	from := peer.Addr().Unmap()
	if !s.isProxy(from) {
		return from.String(), r
	}
	if host := r.Header.Get("X-Forwarded-Host"); host != "" {
		r = r.Clone(r.Context())
		r.Host = strings.TrimSpace(host)
	}
	chain := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(chain) - 1; i >= 0; i-- {
		ip, ok := forwarded(chain[i])
		if !ok {
			break
		}
		if from = ip.Unmap(); !s.isProxy(from) {
			break
		}
	}
	return from.String(), r
}

// forwarded reads an address as a proxy names it, with its port or without.
func forwarded(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	if ip, err := netip.ParseAddr(text); err == nil {
		return ip, true
	}
	peer, err := netip.ParseAddrPort(text)
	return peer.Addr(), err == nil
}

func (s *Server) isProxy(ip netip.Addr) bool {
	for _, prefix := range s.BehindProxy {
		if prefix.Contains(ip) {
			return true
		}
	}
	return false
}
