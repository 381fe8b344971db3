package web

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/go-chi/chi/v5"

	"rollcall/internal/org"
	"rollcall/internal/signin"
	"rollcall/views"
)

// A session ends after idleLimit without a request and after totalLimit in any case.
const (
	idleLimit  = 15 * time.Minute
	totalLimit = 12 * time.Hour
)

// newSessions sets up cookies and store. Under TLS the cookie has the __Host- prefix, which ties it to this host and
// to TLS. Plain HTTP on loopback cannot have that; there the name holds the port, because cookies do not tell ports
// apart and a demo beside the real thing would sign each other out.
func newSessions(c Config, fail func(http.ResponseWriter, *http.Request, error)) *scs.SessionManager {
	return &scs.SessionManager{ // not scs.New: that starts a store in memory which nothing ever ends
		IdleTimeout: idleLimit, Lifetime: totalLimit, HashTokenInStore: true,
		Store: keepEnded(c.Sessions),
		Codec: signin.Codec{}, ErrorFunc: fail,
		Cookie: scs.SessionCookie{Name: cookieName(c), Path: "/", HttpOnly: true, Secure: c.secure(), SameSite: http.SameSiteLaxMode},
	}
}

func cookieName(c Config) string {
	if c.secure() {
		return "__Host-rollcall"
	}
	_, port, _ := net.SplitHostPort(c.Addr)
	return "rollcall-" + port
}

// endedStays keeps an ended session from coming back: a request that began before the sign-out and ends after it
// would write it again.
type endedStays struct {
	scs.CtxStore
	mu    sync.Mutex
	ended map[string]time.Time
}

func keepEnded(store scs.Store) scs.Store {
	if full, ok := store.(scs.CtxStore); ok {
		return &endedStays{CtxStore: full, ended: map[string]time.Time{}}
	}
	return store
}

func (s *endedStays) DeleteCtx(ctx context.Context, token string) error {
	s.mu.Lock()
	now := time.Now()
	for old, at := range s.ended {
		if now.Sub(at) > idleLimit {
			delete(s.ended, old)
		}
	}
	s.ended[token] = now
	s.mu.Unlock()
	return s.CtxStore.DeleteCtx(ctx, token)
}

func (s *endedStays) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	s.mu.Lock()
	_, ended := s.ended[token]
	s.mu.Unlock()
	if ended {
		return nil
	}
	err := s.CtxStore.CommitCtx(ctx, token, b, expiry)
	if err == nil {
		return nil
	}
	// A disk that is full must not shut members out whose session only moves its end.
	if old, found, findErr := s.CtxStore.FindCtx(ctx, token); findErr == nil && found && bytes.Equal(old, b) {
		return nil
	}
	return err
}

// answered ends a handler whose answer went out already, from inside its own Write.
type answered struct{}

// sessionFailed answers for a session that cannot be read or written. The handler that goes on would write its page
// behind the error page, so it ends here.
func (s *Server) sessionFailed(w http.ResponseWriter, r *http.Request, err error) {
	s.fail(w, r, err)
	panic(answered{})
}

// open puts the member into a new session; the old token is worth nothing afterwards.
func (s *Server) open(r *http.Request, m signin.Member) error {
	if err := s.sessions.RenewToken(r.Context()); err != nil {
		return err
	}
	name, text := signin.MemberValue(m.ID)
	s.sessions.Put(r.Context(), name, text)
	visitOf(r).member = m
	return nil
}

// peek loads the session without counting as its use: a page that is left open must not keep its session alive.
func (s *Server) peek(next http.Handler) http.Handler {
	return s.handle(func(w http.ResponseWriter, r *http.Request) error {
		token := ""
		if cookie, err := r.Cookie(s.sessions.Cookie.Name); err == nil {
			token = cookie.Value
		}
		ctx, err := s.sessions.Load(r.Context(), token)
		if err != nil {
			return err
		}
		next.ServeHTTP(w, r.WithContext(ctx))
		return nil
	})
}

// known finds the member of the request's session and puts it into the visit; visitors without one go on as nobody.
func (s *Server) known(next http.Handler) http.Handler {
	return s.handle(func(w http.ResponseWriter, r *http.Request) error {
		m, err := s.memberOf(r)
		if err != nil {
			return err
		}
		visitOf(r).member = m
		next.ServeHTTP(w, r)
		return nil
	})
}

func (s *Server) memberOf(r *http.Request) (signin.Member, error) {
	if s.Demo != nil {
		return *s.Demo, nil
	}
	name, _ := signin.MemberValue(0)
	id, err := strconv.ParseInt(s.sessions.GetString(r.Context(), name), 10, 64)
	if err != nil {
		return signin.Member{}, nil
	}
	m, err := s.Door.Member(r.Context(), signin.MemberID(id))
	if org.KindOf(err) == org.KindUnsigned {
		return signin.Member{}, s.sessions.Destroy(r.Context())
	}
	return m, err
}

// may lets pass whose role allows the action.
func (s *Server) may(action signin.Action) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return s.handle(func(w http.ResponseWriter, r *http.Request) error {
			m := visitOf(r).member
			if m.ID == 0 && m.Role == signin.NoRole {
				return org.Problem(org.KindUnsigned, "Sign in to go on.", nil)
			}
			if !m.Role.May(action) {
				s.note(r, org.Activity{
					Action: "role", Subject: r.Method + " " + chi.RouteContext(r.Context()).RoutePattern(),
					Outcome: refused, Before: "role " + m.Role.String(), After: "needs " + action.Needs().String(),
				})
				return org.Problem(org.KindForbidden, "Your role is "+m.Role.String()+". This needs the role "+
					action.Needs().String()+". An admin can change it.", nil)
			}
			next.ServeHTTP(w, r)
			return nil
		})
	}
}

// flash keeps a message for the next page.
func (s *Server) flash(r *http.Request, tone views.Tone, text string) {
	s.sessions.Put(r.Context(), "flash", text)
	s.sessions.Put(r.Context(), "tone", string(tone))
}

// takeFlash takes the message, if any.
func (s *Server) takeFlash(r *http.Request) views.Flash {
	text := s.sessions.PopString(r.Context(), "flash")
	if text == "" {
		return views.Flash{}
	}
	return views.Flash{Text: text, Tone: views.Tone(s.sessions.PopString(r.Context(), "tone"))}
}
