package org

import (
	"slices"
	"strings"
	"time"
)

// APIAccountID is the local number of a registered API account.
type APIAccountID int64

// APIAccountKind says what sort of credentials an API account holds (facts 3.5).
type APIAccountKind string

// Kinds of API accounts.
const (
	APIAccountToken   APIAccountKind = "token"   // V2/V3 API token of a store
	APIAccountStencil APIAccountKind = "stencil" // Stencil-CLI token of a store
	APIAccountApp     APIAccountKind = "app"     // token that an installed app was given
	APIAccountWhole   APIAccountKind = "account" // account-level: covers every store
)

// APIAccountKinds lists the kinds in the order in which forms offer them.
func APIAccountKinds() []APIAccountKind {
	return []APIAccountKind{APIAccountToken, APIAccountStencil, APIAccountApp, APIAccountWhole}
}

// Limits of the platform (facts 3.5 and 2.3).
const (
	APIAccountsPerStore = 50 // store-level API accounts that one store can have
	APIAccountNameMin   = 4  // characters
	HooksPerScope       = 10 // hooks for one store, client and event scope
)

// APIAccount is an entry of the register: what somebody imported or typed in. No endpoint lists API accounts
// (facts 2.9), so the register is complete only as far as people keep it.
type APIAccount struct {
	ID          APIAccountID
	Account     AccountID
	Store       StoreID // 0: account level, or a hash that no sync has listed
	StoreHash   string  // empty: account level
	StoreName   string
	Name        string
	Kind        APIAccountKind
	ClientID    string
	TokenLast4  string // empty: no token is kept
	SecretLast4 string
	HasToken    bool
	Declared    []string // scopes that somebody declared it to have; nil: none declared
	Owner       string   // who answers for it
	Purpose     string
	System      string // that uses it
	Notes       string
	Created     string // day 2006-01-02, empty when not known
	Rotated     string // day of the last rotation
	ReviewDue   string // day
	AddedAt     time.Time
	AddedBy     string
	RemovedAt   time.Time // taken out of the register; its history stays
	Proof       Proof
	Hooks       int        // webhooks seen through it as of the snapshot shown
	HooksDown   int        // of these, not delivering
	Shared      []TokenRef // other entries of the register with the same token, or the same client without being an app
}

// AccountLevel tells whether the credentials cover all stores.
func (a APIAccount) AccountLevel() bool { return a.Kind == APIAccountWhole }

// APIAccountDetail is an API account with what hangs on it: all of this dies with it (facts 3.5).
type APIAccountDetail struct {
	APIAccount
	Hooks    []WebhookRow // seen through it, those that are down first; APIAccount.Hooks counts them
	Hosts    []string     // that they deliver to
	Timeline []ChangeRow  // newest first
}

// Label is a name for people: the name, else the client ID, else the end of the token.
func (a APIAccount) Label() string {
	switch {
	case a.Name != "":
		return a.Name
	case a.ClientID != "":
		return "client " + a.ClientID
	}
	return "token ending in " + a.TokenLast4
}

// ProofState is what the newest verification of an API account showed.
type ProofState string

// Proof states. Causes are told apart as far as the answers allow (facts 2.12 to 2.14).
const (
	ProofNone         ProofState = ""              // never verified
	ProofNoToken      ProofState = "no_token"      // registered without a token: nothing to verify with
	ProofValid        ProofState = "valid"         // the token works for this store
	ProofRevoked      ProofState = "revoked"       // refused: deleted, mistyped or of another store
	ProofWrongStore   ProofState = "wrong_store"   // the token works, but belongs to another store
	ProofWrongAccount ProofState = "wrong_account" // the store belongs to another BigCommerce account
	ProofScopeLost    ProofState = "scope_lost"    // valid, but a scope that it had is gone
	ProofSuspended    ProofState = "suspended"     // the store is down or suspended
	ProofBusy         ProofState = "busy"          // the platform asked to come back later
	ProofUnreadable   ProofState = "unreadable"    // no answer, or one that cannot be read
)

// Works tells whether the newest verification got an answer with the token.
func (s ProofState) Works() bool {
	return s == ProofValid || s == ProofScopeLost || s == ProofWrongAccount
}

// Conclusive tells whether the state says something about the credentials rather than about the moment.
func (s ProofState) Conclusive() bool {
	return s.Works() || s == ProofRevoked || s == ProofWrongStore
}

// Sources of proven scopes.
const (
	ScopesByGraphQL = "graphql" // the identity request lists every scope
	ScopesByProbes  = "probes"  // one GET for each area: cannot tell read-only from modify
)

// Proof is the outcome of verifying an API account.
type Proof struct {
	State       ProofState
	Cause       string    // plain words, empty when all is well
	CheckedAt   time.Time // zero: never
	WorkedAt    time.Time // when the token last worked; zero: never seen to work
	Scopes      []string  // proven, sorted; empty and ScopesBy empty: not known
	ScopesBy    string    // ScopesByGraphQL, ScopesByProbes or empty
	ScopesWhole bool      // every scope is listed; false: there may be more
	ScopesAt    time.Time
	ClientID    string // as the API gave it
	StoreHash   string // as the API gave it
	AccountUUID string // of the store's account; empty when not told
	AdminEmail  string // the best hint for the store's owner (facts 2.4)
	StoreName   string
	StoreStatus string // as given, for example live or prelaunch
	Plan        string
}

// ScopesKnown tells whether any statement about scopes can be made.
func (p Proof) ScopesKnown() bool { return p.ScopesBy != "" }

// implicitScopes come with every token though nobody chose them (facts 2.10).
var implicitScopes = []string{"store_v2_default", "users_basic_information"}

// FoldScope is the form in which scope names are compared: pages of the documentation spell some differently
// (facts 2.10, 4.15).
func FoldScope(scope string) string {
	scope = strings.ToLower(strings.TrimSpace(scope))
	scope = strings.Replace(scope, "store_checkouts", "store_checkout", 1)
	return strings.Replace(scope, "store_checkout_content", "store_content_checkout", 1)
}

// ExtraScopes are proven scopes that the declaration does not name; nil when one of the two is not known. A declared
// scope covers its read-only form. Probes cannot tell the two forms apart, so they count as covered by either.
func (a APIAccount) ExtraScopes() []string {
	if a.Declared == nil || !a.Proof.ScopesKnown() {
		return nil
	}
	covered := map[string]bool{}
	for _, scope := range a.Declared {
		scope = FoldScope(scope)
		covered[scope], covered[scope+"_read_only"] = true, true
		if base, manage := strings.CutSuffix(scope, "_manage"); manage {
			covered[base+"_read_only"] = true // some scopes are spelled so (facts 2.10)
		}
		if a.Proof.ScopesBy == ScopesByProbes {
			covered[strings.TrimSuffix(scope, "_read_only")] = true
		}
	}
	var extra []string
	for _, scope := range a.Proof.Scopes {
		if !covered[FoldScope(scope)] && !slices.Contains(implicitScopes, scope) {
			extra = append(extra, scope)
		}
	}
	return extra
}

// ForeignClient is a client ID that a store's metafields name and no registered API account has (facts 2.7).
type ForeignClient struct {
	Store     StoreID
	StoreHash string
	StoreName string
	ClientID  string
	Where     []string // lists in which it was seen, for example products
	Items     int      // metafields seen with it, at most as many as were read
	FirstSeen time.Time
	ReadAt    time.Time
	App       string // name of the app, when somebody wrote it down
}
