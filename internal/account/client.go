// Package account is the client of the BigCommerce GraphQL Account API. It turns wants into as few requests as were
// learned to work, and answers into the types of package org. It only reads. Quota is kept by package throttle,
// which sits in the transport of the HTTP client; what to do after a failure is decided by the caller.
package account

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/Khan/genqlient/graphql"

	"rollcall/internal/account/plan"
	"rollcall/internal/org"
)

//go:generate go tool genqlient genqlient.yaml

// DefaultURL is where the API lives.
const DefaultURL = "https://api.bigcommerce.com"

// Memory keeps what was learned about an account's API between runs.
type Memory interface {
	// Learned returns what Learn kept last, nil when nothing was.
	Learned(ctx context.Context, account org.AccountID) ([]byte, error)
	// Learn keeps what was learned.
	Learn(ctx context.Context, account org.AccountID, learned []byte) error
}

// Config says how a client reaches an account.
type Config struct {
	URL     string // DefaultURL when empty
	UUID    string // of the account
	Token   string // of an account-level API account
	Version string // of Rollcall, for the User-Agent

	Account org.AccountID // under which Memory keeps what was learned
	Memory  Memory        // nil: kept by the client alone
	HTTP    *http.Client  // its transport keeps the quota; http.DefaultClient when nil
	Timeout time.Duration // for one request; 90 s when zero

	Now func() time.Time // time.Now when nil
}

// Client reads one account. It is safe for concurrent use, though requests of one sync follow each other.
type Client struct {
	token   string
	uuid    string
	account org.AccountID
	memory  Memory
	timeout time.Duration
	now     func() time.Time
	graphql graphql.Client

	mu      sync.Mutex
	loaded  bool
	learned plan.Learned
}

// New makes a client. Nothing is sent.
func New(cfg Config) *Client {
	if cfg.URL == "" {
		cfg.URL = DefaultURL
	}
	if cfg.HTTP == nil {
		cfg.HTTP = http.DefaultClient
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 90 * time.Second
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	endpoint := strings.TrimRight(cfg.URL, "/") + "/accounts/" + cfg.UUID + "/graphql"
	return &Client{
		token: cfg.Token, uuid: cfg.UUID, account: cfg.Account, memory: cfg.Memory, timeout: cfg.Timeout, now: cfg.Now,
		graphql: graphql.NewClient(endpoint, &sender{client: cfg.HTTP, token: cfg.Token, agent: userAgent(cfg.Version), now: cfg.Now}),
	}
}
