package stores

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"rollcall/internal/org"
)

// unguard takes off the sign that exports put before cells which a spreadsheet would take for a formula.
func unguard(value string) string {
	if len(value) > 1 && value[0] == '\'' && strings.ContainsRune("=+-@", rune(value[1])) {
		return value[1:]
	}
	return value
}

// Values that look like an access token or like a client secret (facts 3.5). A client ID may look like a token.
var (
	tokenLike  = regexp.MustCompile(`^[a-z0-9]{31}$`)
	secretForm = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)
)

// setColumn puts a value where it belongs and says what is wrong with it, without repeating it.
func setColumn(a *org.APIAccount, column, value string) (problem string) {
	if secretForm.MatchString(value) || tokenLike.MatchString(value) && column != "client_id" {
		return "the value looks like a token or secret, which the register does not take"
	}
	if len(value) > 2000 {
		return "the value is longer than 2,000 characters"
	}
	switch column {
	case "store_hash":
		return setStore(a, value)
	case "kind":
		return setKind(a, value)
	case "scopes":
		return setScopes(a, value)
	case "client_id":
		a.ClientID = value
		if value != "" && !clientIDPattern.MatchString(value) {
			return "expected a client ID of letters and digits"
		}
	case "created", "rotated", "review_due":
		into := map[string]*string{"created": &a.Created, "rotated": &a.Rotated, "review_due": &a.ReviewDue}[column]
		if _, err := time.Parse(time.DateOnly, value); value != "" && err != nil {
			return "expected a day such as 2026-03-31"
		}
		*into = value
	default:
		*map[string]*string{"name": &a.Name, "owner": &a.Owner, "purpose": &a.Purpose, "system": &a.System, "notes": &a.Notes}[column] = value
	}
	return ""
}

var clientIDPattern = regexp.MustCompile(`^[A-Za-z0-9_\-.]{1,64}$`)

// setStore takes a hash, or an API path that holds one.
func setStore(a *org.APIAccount, value string) string {
	value = strings.ToLower(value)
	if found := pathPattern.FindStringSubmatch(value); found != nil && found[1] == "stores" {
		value = found[2]
	}
	if value != "" && !hashPattern.MatchString(value) {
		return "expected a store hash of letters and digits"
	}
	a.StoreHash = value
	return ""
}

func setKind(a *org.APIAccount, value string) string {
	kinds := org.APIAccountKinds()
	var words []string
	for _, kind := range kinds {
		words = append(words, string(kind))
	}
	value = strings.ToLower(value)
	if value != "" && !slices.Contains(kinds, org.APIAccountKind(value)) {
		return "expected one of " + strings.Join(words, ", ")
	}
	if value != "" {
		a.Kind = org.APIAccountKind(value)
	}
	return ""
}

func setScopes(a *org.APIAccount, value string) string {
	for _, scope := range strings.FieldsFunc(value, func(r rune) bool { return r == ';' || r == ',' || r == ' ' || r == '\n' }) {
		if !scopePattern.MatchString(scope) {
			return "expected scope names such as store_v2_orders_read_only, joined with ;"
		}
		if !slices.Contains(a.Declared, scope) {
			a.Declared = append(a.Declared, scope)
		}
	}
	slices.Sort(a.Declared)
	return ""
}

var scopePattern = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]{2,80}$`)

// whole checks what holds for a row as such.
func whole(a *org.APIAccount, kind string) (problem string) {
	if a.StoreHash == "" && kind == "" {
		a.Kind = org.APIAccountWhole
	}
	switch {
	case len([]rune(a.Name)) < org.APIAccountNameMin:
		return fmt.Sprintf("column name: expected at least %d characters", org.APIAccountNameMin)
	case a.AccountLevel() && a.StoreHash != "":
		return "column store_hash: expected nothing, for the kind account covers every store"
	case !a.AccountLevel() && a.StoreHash == "":
		return "column store_hash: expected the hash of a store; only the kind account has none"
	}
	return ""
}
