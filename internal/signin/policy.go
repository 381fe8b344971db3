package signin

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"rollcall/internal/org"
)

// Limits of a session's life, and how long a proof of who somebody is lasts for dangerous actions.
const (
	MaxIdle    = 15 * time.Minute
	MaxTotal   = 12 * time.Hour
	ProofLasts = 5 * time.Minute
	minIdle    = 2 * time.Minute
	minTotal   = 10 * time.Minute
)

// Policy is what the installation demands of sessions and second factors.
type Policy struct {
	Idle  time.Duration // a session ends after so long without use; 2 to 15 minutes
	Total time.Duration // and after so long in any case; 10 minutes to 12 hours
	TOTP  []Role        // roles that need a second factor, in rising order
}

// Policies keeps the policy.
type Policies interface {
	Policy(ctx context.Context) (Policy, error)
}

// DefaultPolicy is the longest sessions and second factors for whoever wants one, so that an update locks nobody out.
func DefaultPolicy() Policy { return Policy{Idle: MaxIdle, Total: MaxTotal} }

// RecommendedTOTP are the roles that should need a second factor.
func RecommendedTOTP() []Role { return []Role{Operator, Admin} }

// WantsTOTP tells whether members of a role need a second factor.
func (p Policy) WantsTOTP(r Role) bool { return slices.Contains(p.TOTP, r) }

// Check refuses what cannot be used, as Invalid errors for the fields idle, total and totp.
func (p Policy) Check() error {
	switch {
	case p.Idle < minIdle || p.Idle > MaxIdle || p.Idle%time.Minute != 0:
		return org.Invalid("idle", "Sessions may end after 2 to 15 whole minutes without use.")
	case p.Total < minTotal || p.Total > MaxTotal || p.Total%time.Minute != 0:
		return org.Invalid("total", "Sessions may last from 10 minutes to 12 hours.")
	case p.Idle > p.Total:
		return org.Invalid("idle", "A session cannot stay unused for longer than it lasts.")
	}
	for _, r := range p.TOTP {
		if r < Viewer || r > Admin {
			return org.Invalid("totp", "Only roles can need a second factor.")
		}
	}
	return nil
}

// TOTPWords are the roles that need a second factor, as a setting holds them.
func (p Policy) TOTPWords() string {
	words := make([]string, len(p.TOTP))
	for i, r := range p.TOTP {
		words[i] = r.String()
	}
	return strings.Join(words, " ")
}

// ParseRoles reads what TOTPWords wrote; words may be parted by blanks or commas.
func ParseRoles(text string) ([]Role, error) {
	var list []Role
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		r, err := ParseRole(word)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

func (p Policy) String() string {
	totp := p.TOTPWords()
	if totp == "" {
		totp = "nobody"
	}
	return fmt.Sprintf("idle %d min, total %d min, second factor for %s", int(p.Idle.Minutes()), int(p.Total.Minutes()), totp)
}
