package org

import (
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// WebhookID is the local number of a webhook.
type WebhookID int64

// HookState is where a webhook stands. Words that BigCommerce may add are kept as they come.
type HookState string

// States of webhooks (facts 2.2). Unknown: /v3/hooks says inactive without telling why, or nothing at all.
const (
	HookActive      HookState = "active"
	HookInactive    HookState = "inactive"    // switched off by somebody
	HookDeactivated HookState = "deactivated" // switched off by the platform
	HookOff         HookState = "off"         // not active; by whom is not told
	HookUnknown     HookState = "unknown"
)

// Webhook is a hook as the API returned it through one token. Values of its headers are never kept: the
// documentation recommends putting credentials there (facts 2.1).
type Webhook struct {
	APIID       int64
	ClientID    string
	Scope       string // event scope, for example store/order/created
	Destination string
	Headers     []string // names only, sorted
	Active      Tri
	Status      string // as given by /v3/hooks/admin; empty when not provided
	CreatedAt   Moment
	UpdatedAt   Moment
}

// State joins the two ways in which the API tells it.
func (h Webhook) State() HookState {
	switch status := strings.ToLower(h.Status); {
	case status == "" && h.Active == Yes:
		return HookActive
	case status == "" && h.Active == No:
		return HookOff
	case status == "":
		return HookUnknown
	case status == "disabled": // the word of the GraphQL twin (facts 2.3)
		return HookDeactivated
	default:
		return HookState(status)
	}
}

// Down tells whether the hook certainly delivers nothing.
func (s HookState) Down() bool { return s == HookInactive || s == HookDeactivated || s == HookOff }

// HostOf is the folded host of a destination, empty when it has none.
func HostOf(destination string) string {
	u, err := url.Parse(strings.TrimSpace(destination))
	if err != nil {
		return ""
	}
	return strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
}

// Insecure tells why a destination is not the HTTPS on port 443 that new hooks must have (facts 2.3); empty when it is.
// Destinations of cloud buses (no host) are left alone.
func (h Webhook) Insecure() string {
	u, err := url.Parse(strings.TrimSpace(h.Destination))
	switch {
	case err != nil:
		return "the destination is no address"
	case u.Scheme == "http":
		return "http: events travel unencrypted"
	case u.Scheme == "https" && u.Port() != "" && u.Port() != "443":
		return "port " + u.Port() + " instead of 443"
	case u.Scheme == "https" && isAddress(u.Hostname()):
		return "a bare address instead of a host name"
	}
	return ""
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil || net.ParseIP(host) != nil
}

// BlockedDomain is a destination to which the platform holds back deliveries of one client for a while (facts 2.2, 2.3).
type BlockedDomain struct {
	Destination string
	Until       time.Time // when it ends by the countdown that was read
	Reasons     []BlockReason
}

// BlockReason is why a domain was blocked.
type BlockReason struct {
	Text  string
	Count int
	At    time.Time
}

// HookRead is what one token showed of its webhooks. Hooks are visible only to the client that made them (facts 2.1).
type HookRead struct {
	Hooks     []Webhook
	Whole     bool // /v3/hooks was read to its end: a hook that is missing, from the admin list too, does not exist any more
	AdminRead bool // e-mails, statuses and blocked domains are known
	Emails    []string
	Blocked   []BlockedDomain
	Problem   string // why something is missing, plain words
}

// TokenRead is everything that a sweep learned through one registered API account.
type TokenRead struct {
	APIAccount APIAccountID
	Proof      Proof
	Hooks      *HookRead     // nil: not read; the last data still count
	Clients    []ClientSight // of metafields; nil: not read
	ClientsSay string        // limits of that reading, plain words
	ReadAt     time.Time
	Requests   int
	Print      []byte // of the token that was to be read; nil: of the one in the register. A read of another one is not kept
}

// ClientSight is a client ID seen in metafields of a store.
type ClientSight struct {
	ClientID string
	Where    []string
	Items    int
}

// SweepToken is one token that a sweep reads. The token itself is opened only where it is sent.
type SweepToken struct {
	APIAccount APIAccount
	Store      RemoteStore
	Last       Proof     // newest verification: what is known need not be probed again
	ClientsAt  time.Time // when metafields were last asked for client IDs through it; zero: never
	Print      []byte    // keyed hash of the token as the register held it when it was listed
}

// TokenRef names an API account on pages.
type TokenRef struct {
	ID       APIAccountID
	Label    string
	ClientID string
}

// WebhookRow is a webhook as lists and exports show it.
type WebhookRow struct {
	ID WebhookID
	Webhook
	Store      StoreID
	StoreHash  string
	StoreName  string
	Host       string
	Blocked    *BlockedDomain // of its client and destination; nil: not blocked when last read
	Emails     []string       // who is told when it is switched off
	EmailsRead bool
	Through    TokenRef // the token through which it was seen last
	Approved   Tri      // host on the approved list; unknown while that list is empty
	FirstSeen  time.Time
	ReadAt     time.Time // when the token's hooks were last read
	Current    bool      // the newest try to read them worked; false: this is what was known at ReadAt
	Likely     string    // documented rule that probably explains the state; empty when none does
	DownSince  time.Time // first read that showed it down after being up; zero when unknown
}

// WebhookPage is a page of webhooks.
type WebhookPage struct {
	Rows       []WebhookRow
	Total      int
	From       int
	Next, Prev string
	Coverage   Coverage
}

// WebhookDetail is a webhook with its history.
type WebhookDetail struct {
	WebhookRow
	GoneAt   time.Time   // when a whole read lacked it; zero while it is there
	Timeline []ChangeRow // newest first
}

// HostRow is an outside host that receives events of stores.
type HostRow struct {
	Host      string
	Stores    int
	Hooks     int
	Down      int
	Blocked   int
	Events    []string
	Clients   []TokenRef
	FirstSeen time.Time
	Approved  Tri
	Note      string // of the approval
}

// EventRow is an event scope to which hooks listen.
type EventRow struct {
	Scope  string
	Hooks  int
	Stores int
	Hosts  int
	Down   int
}

// Coverage says how much of the truth the registered tokens can show. Webhooks of clients without a registered token
// are invisible (facts 2.1), so no page may claim to know all.
type Coverage struct {
	Stores     int // stores of the account
	WithToken  int // of these, stores with a token in the register
	StoresRead int // of these, stores of which every token was read in the newest try
	Tokens     int // registered with a token
	TokensRead int // of these, read in the newest try
	Failing    int // of the tokens, verified last as not working: refused, of another store or no answer
	Hooks      int // webhooks seen through them, whatever the query filters
	Down       int // of these, delivering nothing
	Blocked    int // of these, held back by the platform for a while
	Clients    int // distinct client IDs whose hooks were read
	Foreign    int // client IDs that metafields name and the register lacks
	ReadFrom   time.Time
	ReadTo     time.Time
}

// StoreCoverage is the same for one store.
type StoreCoverage struct {
	Store      StoreID
	StoreHash  string
	StoreName  string
	Registered int // API accounts in the register, of at most APIAccountsPerStore
	Tokens     int
	TokensRead int
	Hooks      int
	Down       int
	Foreign    int
	ReadAt     time.Time // oldest read of its tokens
}

// APIAccountPage is a page of the register.
type APIAccountPage struct {
	Rows       []APIAccount
	Total      int
	From       int
	Next, Prev string
	Coverage   Coverage
}

// ApprovedHost is a host that may receive events.
type ApprovedHost struct {
	Host string // *.example.com covers every subdomain
	Note string
	By   string
	At   time.Time
}

// Covers tells whether the entry approves a host.
func (a ApprovedHost) Covers(host string) bool {
	if tail, wild := strings.CutPrefix(a.Host, "*."); wild {
		return strings.HasSuffix(host, "."+tail)
	}
	return host == a.Host
}

// ExpectedHooks is what one integration should have: every scope in every store, delivered to the host.
type ExpectedHooks struct {
	ID          int64
	Integration string
	Host        string
	Scopes      []string
	Stores      []string // hashes; empty: every store
	By          string
	At          time.Time
}

// ExpectedGap is a difference between what is expected and what was seen.
type ExpectedGap struct {
	Integration string
	Kind        string // missing, inactive, extra or unseen (no token shows this store)
	StoreHash   string
	StoreName   string
	Scope       string
	Host        string
	Webhook     WebhookID // 0 when missing
}
