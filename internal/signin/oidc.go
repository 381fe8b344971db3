package signin

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"

	"rollcall/internal/org"
)

// OIDCConfig connects Rollcall to an OpenID Connect provider.
type OIDCConfig struct {
	Issuer       string // exactly as the provider names itself
	ClientID     string
	ClientSecret ClientSecret // empty for a public client, which PKCE protects
	RedirectURL  string       // Rollcall's public address with the path of the answer
	Scopes       []string     // beside openid; profile, email and groups when empty
	GroupsClaim  string       // the claim that lists groups; "groups" when empty
	Groups       []GroupRule
	Only         bool // passwords are for admins over everything only: the way in when the provider fails
}

// ClientSecret does not show itself when printed or logged.
type ClientSecret string

func (ClientSecret) String() string { return "[client secret]" }

// GoString keeps the secret out of debugging output.
func (ClientSecret) GoString() string { return "[client secret]" }

// LogValue keeps the secret out of logs.
func (s ClientSecret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText keeps the secret out of JSON.
func (s ClientSecret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// GroupRule gives the members of a group a role.
type GroupRule struct {
	Group    string
	Role     Role
	Accounts []string // UUIDs of the accounts they see; none means all
}

// ParseGroupRules reads rules like "Auditors=auditor; Shop team=operator:UUID,UUID". The group is everything before the
// last "=", so it may hold any other sign but ";".
func ParseGroupRules(text string) ([]GroupRule, error) {
	var list []GroupRule
	for part := range strings.SplitSeq(text, ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		rule, err := parseGroupRule(part)
		if err != nil {
			return nil, err
		}
		list = append(list, rule)
	}
	return list, nil
}

func parseGroupRule(text string) (r GroupRule, err error) {
	at := strings.LastIndexByte(text, '=')
	if at < 1 {
		return r, org.Invalid("oidc-groups", fmt.Sprintf("%q is no rule. Write GROUP=role, or GROUP=role:UUID,UUID for some accounts.", text))
	}
	r.Group = strings.TrimSpace(text[:at])
	role, accounts, some := strings.Cut(text[at+1:], ":")
	if r.Role, err = ParseRole(strings.TrimSpace(role)); err != nil {
		return r, org.Invalid("oidc-groups", org.TextOf(err))
	}
	if !some {
		return r, nil
	}
	for uuid := range strings.SplitSeq(accounts, ",") {
		uuid, err := org.ParseUUID(strings.TrimSpace(uuid))
		if err != nil {
			return r, org.Invalid("oidc-groups", "Group "+r.Group+": "+org.TextOf(err))
		}
		r.Accounts = append(r.Accounts, uuid)
	}
	return r, nil
}

// Check tells everything that cannot be used, each problem an Invalid error for its setting, joined.
func (c OIDCConfig) Check() error {
	var problems []error
	bad := func(field, text string) { problems = append(problems, org.Invalid(field, text)) }
	if u, err := url.Parse(c.Issuer); err != nil || !safeEndpoint(u) || u.RawQuery != "" || u.Fragment != "" {
		bad("oidc-issuer", "The issuer must be the https address by which the provider names itself, without a query.")
	}
	if c.ClientID == "" || len(c.ClientID) > 500 {
		bad("oidc-client", "Give the client ID that the provider made for Rollcall.")
	}
	if u, err := url.Parse(c.RedirectURL); err != nil || !safeEndpoint(u) || u.Fragment != "" {
		bad("oidc-redirect", "The address of the answer must begin with https, or be on this machine.")
	}
	if len(c.Groups) == 0 {
		bad("oidc-groups", "Say which group has which role, or nobody can sign in: GROUP=role.")
	}
	for i, r := range c.Groups {
		if r.Group == "" || r.Role < Viewer || r.Role > Admin {
			bad("oidc-groups", fmt.Sprintf("Rule %d lacks a group or a role.", i+1))
		}
	}
	return errors.Join(problems...)
}

// safeEndpoint tells whether secrets may be sent to the address: by TLS, or on this machine.
func safeEndpoint(u *url.URL) bool {
	if u.User != nil || u.Hostname() == "" {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && loopbackHost(u.Hostname())
}

func loopbackHost(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (c OIDCConfig) scopes() string {
	scopes := c.Scopes
	if len(scopes) == 0 {
		scopes = []string{"profile", "email", "groups"}
	}
	return strings.Join(slices.Compact(append([]string{"openid"}, scopes...)), " ")
}

func (c OIDCConfig) groupsClaim() string {
	if c.GroupsClaim == "" {
		return "groups"
	}
	return c.GroupsClaim
}

// grant is what the groups of a person give.
type grant struct {
	role     Role
	limited  bool
	accounts []string // UUIDs, when limited
}

// grantOf takes the highest role among the rules that fit; with it come the accounts of all rules that give this role.
func (c OIDCConfig) grantOf(groups []string) (g grant) {
	for _, r := range c.Groups {
		if !slices.Contains(groups, r.Group) || r.Role < g.role {
			continue
		}
		if r.Role > g.role {
			g = grant{role: r.Role, limited: true}
		}
		g.limited = g.limited && len(r.Accounts) > 0
		g.accounts = append(g.accounts, r.Accounts...)
	}
	return g
}
