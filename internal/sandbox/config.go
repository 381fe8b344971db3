package sandbox

import (
	"fmt"
	"regexp"
	"slices"
	"time"
)

// What the sandbox answers to when nothing else is configured.
const (
	DefaultUUID  = "6b1f3c52-9d0e-4c7a-8a43-1f0c5e2d7b90"
	DefaultToken = "sandbox0token0sandbox0token0abc"
	DefaultName  = "Northlight Outdoor Group"
)

// Config says how the local BigCommerce behaves. The zero value is a friendly server without faults over a
// made-up account of 24 stores and 400 people; each field is one thing that is unknown about, or can go wrong with,
// the real service. Numbers left at zero take the value named in their help.
type Config struct {
	UUID     string    `help:"UUID of the account (a fixed one when empty)."`
	Token    string    `help:"Token that the account accepts (a fixed one when empty)."`
	Name     string    `help:"Name of the account."`
	Scopes   []string  `help:"Scopes of the token (the read scopes when empty; 'none' for no scope at all)."`
	Accounts []Account `kong:"-"` // several accounts; replaces the four fields above

	Shape `embed:""`
	Daily `embed:""`

	Limits  `embed:""`
	Rate    `embed:""`
	Answers `embed:""`
	Faults  `embed:""`
	Rest    Rest `embed:"" prefix:"rest-"` // what the stores answer, beside the account

	Start     time.Time        `help:"What time it is in the sandbox at first (now when empty)."`
	Clock     func() time.Time `kong:"-"` // clock of the rate limiter; time.Now when nil
	KeepTruth bool             `help:"Keep the truth of every day for TruthAt; costs memory."`
}

// Account is one of several accounts of a server.
type Account struct {
	UUID   string
	Token  string
	Name   string
	Scopes []string // read scopes when nil
	Shape  *Shape   // nil takes the shape of Config
}

// Shape says what the generator builds. The same shape and seed give the same account.
type Shape struct {
	Seed            uint64  `help:"Seed of everything random." default:"0"`
	Stores          int     `help:"Stores; 0 is 24, below 0 none." default:"0"`
	Users           int     `help:"Distinct people; 0 derives them from the stores (400 for 24)." default:"0"`
	UsersPerStore   int     `help:"Users of a store; 0 derives them from --accesses-per-user." default:"0"`
	AccessesPerUser float64 `help:"Stores that a person can enter on average; 0 is 3." default:"0"`
	Zipf            bool    `help:"Skewed store sizes: the n-th store has 1/n of the users of the largest."`
	LargestStore    int     `help:"Users of the largest store under --zipf; 0 derives it." default:"0"`
	EmptyStores     int     `help:"Stores without a single user." default:"0"`
	AccountUsers    int     `help:"Length of the account's own user list; 0 is nearly everybody." default:"0"`
	Plain           bool    `help:"Leave out awkward names."`
	NewPermissions  bool    `help:"Grant permission names that nobody documented."`
	PersonSignIn    bool    `help:"One last sign-in for each person in place of one for each store."`
	APIAccounts     int     `help:"API accounts of a store at first; 0 is 2 to 5 and some apps, below 0 none at all." default:"0"`
	Uneventful      bool    `help:"Leave out the stores with remarkable webhooks and API accounts."`
}

// Daily holds how much one day changes, as shares. Zero takes the default, below zero switches it off.
type Daily struct {
	ChangeRate float64 `help:"Accesses that change in a day; 0 is 0.01." default:"0"`
	SignInRate float64 `help:"Accesses that sign in on a day; 0 is 0.1." default:"0"`
	PersonRate float64 `help:"People whose name, e-mail or id changes in a day; 0 is 0.001." default:"0"`
	AppRate    float64 `help:"Apps that come or go in a day, per access and store; 0 is 0.002." default:"0"`
	StoreRate  float64 `help:"Stores that join, leave or are renamed in a day; 0 is 0.004." default:"0"`
	ShopRate   float64 `help:"Stores whose webhooks or API accounts change in a day; 0 is 0.06." default:"0"`
}

// Limits are the bounds of one request.
type Limits struct {
	PageCap          int           `help:"Largest page; 0 is 50." default:"0"`
	StoresPageCap    int           `help:"Largest page of stores; 0 is --page-cap." default:"0"`
	UsersPageCap     int           `help:"Largest page of users; 0 is --page-cap." default:"0"`
	AppsPageCap      int           `help:"Largest page of apps; 0 is --page-cap." default:"0"`
	DefaultPage      int           `help:"Page size when none is asked for; 0 is 10." default:"0"`
	OverCap          string        `help:"Answer to a page above the cap: error (400), words (400 without number), error200, clamp." enum:"error,words,error200,clamp," default:""`
	ComplexityLimit  int           `help:"Highest score of a request; 0 is no limit." default:"0"`
	ComplexityAnswer string        `help:"Answer above it: recorded, wrapped, words." enum:"recorded,wrapped,words," default:""`
	ScoreFormula     string        `help:"How a request is scored: fields or nodes." enum:"fields,nodes," default:""`
	HideScore        bool          `help:"No X-Bc-Graphql-Complexity header."`
	MaxDepth         int           `help:"Deepest query; 0 is 16, below 0 no limit." default:"0"`
	MaxBody          int           `help:"Largest request body in bytes; 0 is 1 MiB." default:"0"`
	MaxAliases       int           `help:"Most fields directly under account; 0 is no limit." default:"0"`
	TimeoutAbove     int           `help:"Requests for more users than this time out; 0 never." default:"0"`
	TimeoutKind      string        `help:"How they do: 504, 502 or hang." enum:"504,502,hang," default:""`
	Latency          time.Duration `help:"Time that every answer takes." default:"0s"`
}

// Rate is the request quota of an account.
type Rate struct {
	Quota         int           `help:"Requests in a window; 0 is 70, below 0 unlimited." default:"0"`
	Window        time.Duration `help:"Length of the window; 0 is 1h." default:"0s"`
	Sliding       bool          `help:"A sliding window in place of a fixed one."`
	NoRateHeaders bool          `help:"No X-Rate-Limit headers."`
	EmptyLimited  bool          `help:"An empty body with 429."`
	RetryAfter    string        `help:"X-Retry-After with 429: none, whole or fraction of seconds." enum:"none,whole,fraction," default:""`
	Foreign       int           `help:"Requests that other tools use up in each window." default:"0"`
}

// Answers are the lasting peculiarities of what is answered.
type Answers struct {
	Cursors           string `help:"What a cursor holds: the key of the last row, or an offset that shifts when rows go." enum:"keyset,offset," default:""`
	BadCursor         string `help:"Answer to a cursor that cannot be read: error or page1." enum:"error,page1," default:""`
	NullTotals        bool   `help:"totalItems is null."`
	NullCollection    bool   `help:"collectionInfo is null."`
	WrongTotals       int    `help:"Added to every totalItems." default:"0"`
	NullStatuses      bool   `help:"status is null."`
	NullTimes         bool   `help:"lastLoginAt and updatedAt are null."`
	NullEdges         string `help:"edges is null: never, empty (for empty lists), users (for the users of every store)." enum:"never,empty,users," default:""`
	UnseenStatus      string `help:"A status outside the published schema, for one access in twenty."`
	NumericIDs        bool   `help:"IDs are JSON numbers."`
	TextLongs         bool   `help:"64-bit numbers are JSON strings."`
	Times             string `help:"Form of times: z, millis, offset, garbage." enum:"z,millis,offset,garbage," default:""`
	FilterBoth        string `help:"ids and storeHashes together: and, or." enum:"and,or," default:""`
	UnknownStore      string `help:"A filter naming an unknown store: empty or error." enum:"empty,error," default:""`
	MissingScope      string `help:"Answer when a scope is missing: null (with errors), 403, 200 (data null)." enum:"null,403,200," default:""`
	WrongAccount      string `help:"Answer to a token of another account: 401, 403, 200." enum:"401,403,200," default:""`
	PlainUnauthorized bool   `help:"A wrong token gets plain text in place of JSON."`
	NoIntrospection   bool   `help:"Introspection is refused."`
	FailingStores     int    `help:"Stores that always fail to load." default:"0"`
}

// Faults make some requests go wrong.
type Faults struct {
	FaultRates map[string]float64       `help:"Share of requests that get a fault, such as 502=0.05;cut=0.02; a wrong kind is answered with the list of them." placeholder:"KIND=SHARE"`
	SlowBy     time.Duration            `help:"How long a slow answer takes; 0 is 3s." default:"0s"`
	Fault      func(*RequestInfo) Fault `kong:"-"` // asked once for each request, before everything else
}

// ReadScopes are the scopes of a token that may read everything and write nothing.
var ReadScopes = []string{"account_read", "account_stores_read", "account_users_read", "account_apps_read", "account_subscriptions_read"}

// withDefaults fills every zero value that has another meaning.
func (c Config) withDefaults() Config {
	if len(c.Accounts) == 0 {
		c.Accounts = []Account{{
			UUID: or(c.UUID, DefaultUUID), Token: or(c.Token, DefaultToken), Name: or(c.Name, DefaultName), Scopes: c.Scopes,
		}}
	}
	c.PageCap = or(c.PageCap, 50)
	c.StoresPageCap = or(c.StoresPageCap, c.PageCap)
	c.UsersPageCap = or(c.UsersPageCap, c.PageCap)
	c.AppsPageCap = or(c.AppsPageCap, c.PageCap)
	c.DefaultPage = or(c.DefaultPage, 10)
	c.MaxDepth = or(c.MaxDepth, 16)
	c.MaxBody = or(c.MaxBody, 1<<20)
	c.Quota = or(c.Quota, 70)
	c.Window = or(c.Window, time.Hour)
	c.SlowBy = or(c.SlowBy, 3*time.Second)
	c.Daily = c.Daily.withDefaults()
	c.Rest = c.Rest.withDefaults()
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Start.IsZero() {
		c.Start = time.Now()
	}
	c.Start = c.Start.UTC().Truncate(time.Second)
	return c
}

func (d Daily) withDefaults() Daily {
	d.ChangeRate = or(d.ChangeRate, 0.01)
	d.SignInRate = or(d.SignInRate, 0.1)
	d.PersonRate = or(d.PersonRate, 0.001)
	d.AppRate = or(d.AppRate, 0.002)
	d.StoreRate = or(d.StoreRate, 0.004)
	d.ShopRate = or(d.ShopRate, 0.06)
	return d
}

// withDefaults turns a shape into counts: stores, people and the users of each store.
func (s Shape) withDefaults() Shape {
	s.Stores = max(0, or(s.Stores, 24))
	s.AccessesPerUser = or(s.AccessesPerUser, 3)
	switch {
	case s.Users == 0 && s.UsersPerStore == 0 && s.LargestStore == 0:
		s.Users = max(1, 400*s.Stores/24)
	case s.Users == 0 && s.UsersPerStore > 0:
		s.Users = max(s.UsersPerStore, int(float64(s.Stores*s.UsersPerStore)/s.AccessesPerUser))
	}
	if s.UsersPerStore == 0 && s.Stores > 0 && s.Users > 0 {
		s.UsersPerStore = max(1, int(float64(s.Users)*s.AccessesPerUser)/s.Stores)
	}
	return s
}

// or gives the first value unless it is zero.
func or[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

// Validate names the first word of the configuration that means nothing. Words that are chosen from a list are checked
// here too, for a Config that does not come from the command line.
func (c *Config) Validate() error {
	for kind, share := range c.FaultRates {
		if !slices.Contains(AllFaults, FaultKind(kind)) {
			return fmt.Errorf("unknown fault %q; the kinds are %v", kind, AllFaults)
		}
		if share < 0 || share > 1 {
			return fmt.Errorf("the share of fault %q is %v, not between 0 and 1", kind, share)
		}
	}
	if err := c.Rest.validate(); err != nil {
		return err
	}
	if c.UnseenStatus != "" && !enumName.MatchString(c.UnseenStatus) {
		return fmt.Errorf("%q cannot be a status: letters, digits and _ only", c.UnseenStatus)
	}
	for _, choice := range [][]string{
		{"over-cap", c.OverCap, "error", "words", "error200", "clamp"},
		{"complexity-answer", c.ComplexityAnswer, "recorded", "wrapped", "words"},
		{"score-formula", c.ScoreFormula, "fields", "nodes"},
		{"timeout-kind", c.TimeoutKind, "504", "502", "hang"},
		{"cursors", c.Cursors, "keyset", "offset"},
		{"bad-cursor", c.BadCursor, "error", "page1"},
		{"null-edges", c.NullEdges, "never", "empty", "users"},
		{"times", c.Times, "z", "millis", "offset", "garbage"},
		{"filter-both", c.FilterBoth, "and", "or"},
		{"unknown-store", c.UnknownStore, "empty", "error"},
		{"missing-scope", c.MissingScope, "null", "403", "200"},
		{"wrong-account", c.WrongAccount, "401", "403", "200"},
		{"retry-after", c.RetryAfter, "none", "whole", "fraction"},
	} {
		if choice[1] != "" && !slices.Contains(choice[2:], choice[1]) {
			return fmt.Errorf("%s is %q; it may be one of %v", choice[0], choice[1], choice[2:])
		}
	}
	return nil
}

var enumName = regexp.MustCompile(`^[_A-Za-z][_0-9A-Za-z]*$`)
