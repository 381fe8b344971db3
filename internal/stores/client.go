// Package stores is the client of the REST API of single stores, and of the one GraphQL request that tells whose token
// it holds. It verifies API accounts, reads their webhooks and finds client IDs in metafields, only ever by reading;
// Reactivate and SetEmails are the two writes, made for a person who asked for them. It also reads credential files and
// the CSV of the register. What is read is kept elsewhere.
package stores

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	"rollcall/internal/throttle"
)

// DefaultURL is where the API lives.
const DefaultURL = "https://api.bigcommerce.com"

// Config says how a client reaches the stores.
type Config struct {
	URL       string            // DefaultURL when empty
	Version   string            // of Rollcall, for the User-Agent
	Transport http.RoundTripper // nil: one of its own, as wide as Parallel
	Timeout   time.Duration     // for one request; 30 s when zero
	Now       func() time.Time  // stamps what is read; time.Now when nil. Waiting goes by the real clock
	Parallel  int               // requests on their way at the same time over all stores; 128 when zero
}

// Client reads stores. It is safe for concurrent use: requests of one store share its quota, stores do not wait for
// each other.
type Client struct {
	url     string
	agent   string
	http    *http.Client
	timeout time.Duration
	now     func() time.Time
	limits  throttle.Stores
	slots   slots
	pulse   pulse
}

// New makes a client. Nothing is sent.
func New(cfg Config) *Client {
	if cfg.URL == "" {
		cfg.URL = DefaultURL
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 30 * time.Second
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Parallel <= 0 {
		cfg.Parallel = 128
	}
	if cfg.Transport == nil {
		cfg.Transport = transport(cfg.Parallel)
	}
	if cfg.Version == "" {
		cfg.Version = "dev"
	}
	return &Client{
		url: strings.TrimRight(cfg.URL, "/"), agent: "Rollcall/" + cfg.Version + " (multi-store user audit)",
		http:    &http.Client{Transport: cfg.Transport, CheckRedirect: stay},
		timeout: cfg.Timeout, now: cfg.Now, slots: newSlots(cfg.Parallel),
	}
}

// transport keeps as many connections as requests may be on their way.
func transport(parallel int) http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConns, t.MaxIdleConnsPerHost = parallel, parallel
	return t
}

// stay keeps the client from following a redirect: the token would travel to wherever it points.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Options say what of a token is due beside validity and webhooks.
type Options struct {
	Clients bool // look for client IDs in metafields
	Scopes  bool // find out scopes and identity anew
}

// hashPattern is what store hashes look like; nothing else is put into a path.
var hashPattern = regexp.MustCompile(`^[a-z0-9]{3,32}$`)
