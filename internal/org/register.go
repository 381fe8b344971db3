package org

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// SealedSecrets are the credentials of an API account as they are stored. The zero value keeps none.
type SealedSecrets struct {
	Token       []byte // nil: none is kept
	Secret      []byte // client secret; nil: none is kept
	TokenLast4  string
	SecretLast4 string
	Print       []byte // keyed fingerprint of the token, so that the same one is recognised unread
}

// Lengths that the register accepts, in characters.
const (
	registerLine  = 200
	registerNotes = 4000
)

var (
	storeHashForm = regexp.MustCompile(`^[a-z0-9]{2,40}$`)
	clientIDForm  = regexp.MustCompile(`^[A-Za-z0-9_-]{4,80}$`)
	eventForm     = regexp.MustCompile(`^store(/[A-Za-z0-9_*-]+)+$`)
)

// Cleaned is the entry as the register keeps it: trimmed, the store hash folded, declared scopes sorted and once each.
// What cannot be kept is an Invalid error whose Field is name, kind, store, client, scopes, owner, purpose, system,
// notes, created, rotated or review. It looks at what people enter only, not at secrets and proofs.
func (a APIAccount) Cleaned() (APIAccount, error) {
	a.StoreHash = strings.ToLower(strings.TrimSpace(a.StoreHash))
	a.ClientID, a.Notes = strings.TrimSpace(a.ClientID), strings.TrimSpace(a.Notes)
	for _, text := range []*string{&a.Name, &a.Owner, &a.Purpose, &a.System} {
		*text = strings.Join(strings.Fields(*text), " ")
	}
	for _, day := range []*string{&a.Created, &a.Rotated, &a.ReviewDue} {
		*day = strings.TrimSpace(*day)
	}
	if a.Declared != nil {
		a.Declared = cleanList(a.Declared)
	}
	return a, a.check()
}

func (a APIAccount) check() error {
	switch {
	case utf8.RuneCountInString(a.Name) < APIAccountNameMin:
		return Invalid("name", fmt.Sprintf("The name must have at least %d characters, as at BigCommerce.", APIAccountNameMin))
	case !slices.Contains(APIAccountKinds(), a.Kind):
		return Invalid("kind", "Choose what kind of API account it is: token, stencil, app or account.")
	case a.AccountLevel() && a.StoreHash != "":
		return Invalid("store", "An account-level API account covers every store: leave the store hash empty.")
	case !a.AccountLevel() && !storeHashForm.MatchString(a.StoreHash):
		return Invalid("store", "The store hash is the part of the API path after /stores/, for example ab12cd34ef.")
	case a.ClientID != "" && !clientIDForm.MatchString(a.ClientID):
		return Invalid("client", "The client ID has letters, digits, hyphens and underscores only.")
	case slices.ContainsFunc(a.Declared, func(s string) bool { return tooLong(s, registerLine) }):
		return Invalid("scopes", "A scope is one word like store_v2_orders_read_only.")
	}
	return a.checkTexts()
}

func (a APIAccount) checkTexts() error {
	for _, f := range []struct {
		field, text string
		most        int
	}{
		{"name", a.Name, registerLine},
		{"owner", a.Owner, registerLine},
		{"purpose", a.Purpose, registerLine},
		{"system", a.System, registerLine},
		{"notes", a.Notes, registerNotes},
	} {
		if tooLong(f.text, f.most) {
			return Invalid(f.field, fmt.Sprintf("At most %d characters fit here, without control characters.", f.most))
		}
	}
	for _, f := range [][2]string{{"created", a.Created}, {"rotated", a.Rotated}, {"review", a.ReviewDue}} {
		if _, err := time.Parse(time.DateOnly, f[1]); f[1] != "" && err != nil {
			return Invalid(f[0], fmt.Sprintf("%q is no day. Write it like 2026-03-31.", f[1]))
		}
	}
	return nil
}

func tooLong(text string, most int) bool {
	return utf8.RuneCountInString(text) > most || strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t'
	})
}

// cleanList trims, sorts and drops empty and repeated items; never nil.
func cleanList(items []string) []string {
	list := make([]string, 0, len(items))
	for _, item := range items {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

var hostForm = regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// ParseHost reads a host as people write it, also from a whole address, and folds it. wild allows *.example.com for
// every subdomain. Other text is an Invalid error of the field host.
func ParseHost(text string, wild bool) (string, error) {
	host := strings.ToLower(strings.TrimSpace(text))
	if _, rest, ok := strings.Cut(host, "://"); ok {
		host = rest
	}
	if _, err := netip.ParseAddr(host); err != nil {
		host = HostOf("https://" + host)
	}
	bare := host
	if wild {
		bare = strings.TrimPrefix(bare, "*.")
	}
	if _, err := netip.ParseAddr(bare); err != nil && !hostForm.MatchString(bare) || len(bare) > 253 {
		return "", Invalid("host", fmt.Sprintf("%q is no host name. Write it like hooks.example.com%s.", text,
			map[bool]string{true: ", or *.example.com for all below it"}[wild]))
	}
	return host, nil
}

// Cleaned is the entry as it is kept; a strange host or note is an Invalid error.
func (a ApprovedHost) Cleaned() (ApprovedHost, error) {
	var err error
	if a.Host, err = ParseHost(a.Host, true); err != nil {
		return a, err
	}
	if a.Note = strings.TrimSpace(a.Note); tooLong(a.Note, registerLine) {
		return a, Invalid("note", fmt.Sprintf("A note has at most %d characters.", registerLine))
	}
	return a, nil
}

// Approves tells whether one of the approved hosts covers a host: unknown while nothing is approved yet, and for
// destinations without a host, such as cloud buses.
func Approves(list []ApprovedHost, host string) Tri {
	if len(list) == 0 || host == "" {
		return Unknown
	}
	return TriOf(slices.ContainsFunc(list, func(a ApprovedHost) bool { return a.Covers(host) }))
}

// Cleaned is the entry as it is kept. What cannot be kept is an Invalid error of integration, host, scopes or stores.
func (e ExpectedHooks) Cleaned() (ExpectedHooks, error) {
	var err error
	if e.Host, err = ParseHost(e.Host, false); err != nil {
		return e, err
	}
	e.Integration = strings.Join(strings.Fields(e.Integration), " ")
	e.Scopes, e.Stores = cleanList(e.Scopes), cleanList(e.Stores)
	switch {
	case e.Integration == "" || tooLong(e.Integration, registerLine):
		return e, Invalid("integration", "Name the integration that needs these webhooks.")
	case len(e.Scopes) == 0:
		return e, Invalid("scopes", "Name at least one event scope, for example store/order/created.")
	}
	for _, scope := range e.Scopes {
		if !eventForm.MatchString(scope) {
			return e, Invalid("scopes", fmt.Sprintf("%q is no event scope. Write it like store/order/created.", scope))
		}
	}
	for i, hash := range e.Stores {
		if e.Stores[i] = strings.ToLower(hash); !storeHashForm.MatchString(e.Stores[i]) {
			return e, Invalid("stores", fmt.Sprintf("%q is no store hash.", hash))
		}
	}
	return e, nil
}
