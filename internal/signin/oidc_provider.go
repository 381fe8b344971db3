package signin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"rollcall/internal/org"
)

// Provider signs people in through OpenID Connect: authorization code flow with PKCE, state and nonce; the answer comes
// in the query. It is safe for concurrent use and asks the provider nothing before the first sign-in, so that Rollcall
// starts when the provider is down.
type Provider struct {
	cfg    OIDCConfig
	client *http.Client
	now    func() time.Time

	mu   sync.Mutex
	meta metadata
	read time.Time // of meta
	keys keySet
}

// Identity is who somebody is by the provider: issuer and subject together. E-mail and name are only shown.
type Identity struct {
	Issuer, Subject string
	Name            string
	Email           string // empty when the provider does not vouch for it
	Groups          []string
	AuthTime        time.Time // zero when not told
}

// NewProvider makes a provider of a configuration that passes Check. client carries the rules for outbound requests; its
// redirects are not followed. Nil means a client with a time-out.
func NewProvider(c OIDCConfig, client *http.Client, now func() time.Time) (*Provider, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	own := http.Client{Timeout: 15 * time.Second}
	if client != nil {
		own = *client
		if own.Timeout == 0 {
			own.Timeout = 15 * time.Second
		}
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Provider{cfg: c, client: &own, now: now}, nil
}

// Config is the configuration, for Door.Provider.
func (p *Provider) Config() *OIDCConfig { return &p.cfg }

// Flow is one way to the provider and back. It belongs into the session of the browser that goes.
type Flow struct {
	State, Nonce, Verifier string
	Began                  time.Time
	Again                  bool // the person must sign in at the provider again: a proof for something dangerous
}

// FlowLasts is how long somebody may take at the provider.
const FlowLasts = 10 * time.Minute

// FlowValue is the session value that holds a flow.
func FlowValue(f Flow) (name, text string) {
	return "oidc", strings.Join([]string{f.State, f.Nonce, f.Verifier, unixText(f.Began), fmt.Sprint(f.Again)}, " ")
}

// ReadFlow reads what FlowValue wrote; the zero Flow, which answers nothing, when it cannot.
func ReadFlow(text string) Flow {
	parts := strings.Split(text, " ")
	if len(parts) != 5 {
		return Flow{}
	}
	return Flow{parts[0], parts[1], parts[2], unixTime(parts[3]), parts[4] == "true"}
}

// Begin starts a flow: the browser goes to the address, its session keeps the flow. With again the provider must ask the
// person anew.
func (p *Provider) Begin(ctx context.Context, again bool) (Flow, string, error) {
	meta, err := p.discover(ctx)
	if err != nil {
		return Flow{}, "", err
	}
	f := Flow{rand.Text(), rand.Text(), rand.Text() + rand.Text(), p.now(), again} // 52 characters; RFC 7636 wants 43 to 128
	sum := sha256.Sum256([]byte(f.Verifier))
	target, err := url.Parse(meta.Authorize)
	if err != nil {
		return Flow{}, "", err
	}
	q := target.Query()
	for name, value := range map[string]string{
		"response_type": "code", "response_mode": "query", "client_id": p.cfg.ClientID, "redirect_uri": p.cfg.RedirectURL,
		"scope": p.cfg.scopes(), "state": f.State, "nonce": f.Nonce,
		"code_challenge": base64.RawURLEncoding.EncodeToString(sum[:]), "code_challenge_method": "S256",
	} {
		q.Set(name, value)
	}
	if again {
		q.Set("prompt", "login")
		q.Set("max_age", "0")
	}
	target.RawQuery = q.Encode()
	return f, target.String(), nil
}

// errProvider is what people read when the way over the provider failed; the cause is for the log.
func errProvider(cause error) error {
	return org.Problem(org.KindUnsigned, "Signing in through the provider did not work. Try again; if it fails again, an admin finds the reason in the log.", cause)
}

// Finish ends a flow with the query of the answer. The flow must be taken out of the session first: it is good once.
// Errors are KindUnsigned, or KindUnavailable when the provider cannot be reached.
func (p *Provider) Finish(ctx context.Context, f Flow, q url.Values) (Identity, error) {
	if f.State == "" || subtle.ConstantTimeCompare([]byte(f.State), []byte(q.Get("state"))) != 1 {
		return Identity{}, errProvider(errors.New("the answer belongs to another question"))
	}
	if age := p.now().Sub(f.Began); age > FlowLasts || age < -clockSkew {
		return Identity{}, errProvider(errors.New("the answer came too late"))
	}
	if code := q.Get("error"); code != "" {
		return Identity{}, errProvider(fmt.Errorf("the provider refused: %q, %q", clip(code, 100), clip(q.Get("error_description"), 300)))
	}
	meta, err := p.discover(ctx)
	if err != nil {
		return Identity{}, err
	}
	if iss := q.Get("iss"); iss != "" && iss != p.cfg.Issuer || iss == "" && meta.NamesItself { // RFC 9207
		return Identity{}, errProvider(errors.New("the answer is of another issuer"))
	}
	text, err := p.exchange(ctx, meta, q.Get("code"), f.Verifier)
	if err != nil {
		return Identity{}, err
	}
	return p.identity(ctx, text, f)
}

// identity believes an ID token after every check.
func (p *Provider) identity(ctx context.Context, text string, f Flow) (Identity, error) {
	t, err := parseToken(text)
	if err != nil {
		return Identity{}, errProvider(err)
	}
	if err := p.verify(ctx, t); err != nil {
		if errors.Is(err, errTokenSig) {
			err = errProvider(err)
		}
		return Identity{}, err
	}
	c, err := readClaims(t.payload, p.cfg.groupsClaim())
	if err != nil {
		return Identity{}, errProvider(err)
	}
	if err := c.check(p.cfg.Issuer, p.cfg.ClientID, f.Nonce, p.now()); err != nil {
		return Identity{}, errProvider(err)
	}
	if f.Again && (c.AuthTime == nil || c.AuthTime.Before(f.Began.Add(-clockSkew))) {
		return Identity{}, errProvider(errors.New("the provider did not ask the person again"))
	}
	id := Identity{Issuer: c.Issuer, Subject: c.Subject, Name: c.Name, Groups: c.groups}
	if c.Verified == nil || bool(*c.Verified) {
		id.Email = c.Email
	}
	if c.AuthTime != nil {
		id.AuthTime = c.AuthTime.Time
	}
	return id, nil
}
