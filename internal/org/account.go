// Package org holds the words of Rollcall and the rules that belong to them: accounts, stores, users, accesses,
// permissions, roles, snapshots, queries and error kinds. It knows no database, no network and no page.
package org

import (
	"regexp"
	"strings"
	"time"
)

// AccountID, StoreID, UserID and SnapshotID are local numbers; they appear in URLs and never at BigCommerce.
type (
	AccountID  int64
	StoreID    int64
	UserID     int64
	SnapshotID int64
)

// Account is a connected (or once connected) BigCommerce account.
type Account struct {
	ID           AccountID
	UUID         string
	Name         string // as last read; empty before the first answer
	TokenLast4   string // the only part of the token that is ever shown
	Connected    bool   // false after removal: history stays, nothing is synced
	CreatedAt    time.Time
	AcceptTotals bool // totals that never match were accepted for this account (design 4.4)
}

// Label is the account's name, or its UUID while no name was read.
func (a Account) Label() string {
	if a.Name != "" {
		return a.Name
	}
	return a.UUID
}

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// ParseUUID finds the account UUID in what people paste: the bare UUID or the API path that contains it.
// It returns an Invalid error that says what was expected.
func ParseUUID(text string) (string, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	if _, rest, ok := strings.Cut(text, "/accounts/"); ok {
		text, _, _ = strings.Cut(rest, "/")
	}
	if !uuidForm.MatchString(text) {
		return "", Invalid("account UUID", "The account UUID must look like 01234567-89ab-cdef-0123-456789abcdef. "+
			"It is the part after /accounts/ in the API path that BigCommerce shows with the token.")
	}
	return text, nil
}

// Last4 is the part of a secret that may be shown; short secrets show nothing.
func Last4(secret string) string {
	if len(secret) < 12 {
		return ""
	}
	return secret[len(secret)-4:]
}
