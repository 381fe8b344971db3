package org

import (
	"strings"
	"time"
)

// Status is the word that BigCommerce gives for a user in a store; unseen words are kept (design law 6).
// Empty means that it was not provided.
type Status string

// Statuses of the published schema (facts 1.3).
const (
	StatusActive   Status = "ACTIVE"
	StatusInactive Status = "INACTIVE"
)

// Text is the status in words, "unknown" when it was not provided.
func (s Status) Text() string {
	if s == "" {
		return "unknown"
	}
	return strings.ToLower(string(s))
}

// Moment is a time that may be absent for two different reasons (design law 4).
// The zero Moment was not read. A read Moment with zero At was null at BigCommerce.
type Moment struct {
	Read bool
	At   time.Time
}

// At is a moment that was read.
func At(t time.Time) Moment { return Moment{Read: true, At: t.UTC().Truncate(time.Second)} }

// Never is a moment that was read and is null.
func Never() Moment { return Moment{Read: true} }

// LoginState sorts the last sign-in.
type LoginState uint8

// Login states; LoginUnknown means that the field was not read.
const (
	LoginUnknown LoginState = iota
	LoginNever
	LoginInactive
	LoginActive
)

var loginWords = [...]string{"unknown", "never", "inactive", "active"}

func (s LoginState) String() string { return loginWords[s] }

// Login sorts a last sign-in: inactive when older than days before readAt, the time the store was read.
func (m Moment) Login(readAt time.Time, days int) LoginState {
	switch {
	case !m.Read:
		return LoginUnknown
	case m.At.IsZero():
		return LoginNever
	case m.At.Before(readAt.AddDate(0, 0, -days)):
		return LoginInactive
	}
	return LoginActive
}

// Tri is yes, no or unknown.
type Tri uint8

// Values of Tri.
const (
	Unknown Tri = iota
	No
	Yes
)

func (t Tri) String() string { return [...]string{"unknown", "no", "yes"}[t] }

// TriOf turns a known truth into a Tri.
func TriOf(b bool) Tri {
	if b {
		return Yes
	}
	return No
}

// Identity is what BigCommerce tells of a person. E-mail is an attribute, not the key.
type Identity struct {
	APIID     string // opaque; only passed back as it came
	Email     string // as given
	FirstName string
	LastName  string
	Locale    string
}

// Name is the person's name for display, the e-mail when both names are empty.
func (i Identity) Name() string {
	name := strings.TrimSpace(strings.TrimSpace(i.FirstName) + " " + strings.TrimSpace(i.LastName))
	if name == "" {
		return i.Email
	}
	return name
}

// FoldEmail is the form in which e-mails are compared (design 3).
func FoldEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// EmailDomain is the folded part after the last @, empty when there is none.
func EmailDomain(email string) string {
	i := strings.LastIndexByte(email, '@')
	if i < 0 {
		return ""
	}
	return FoldEmail(email[i+1:])
}

// StoreUser is one user in one store as the API returned it: an access before it has a place in the history.
type StoreUser struct {
	Identity
	Permissions PermissionSet
	RightsRead  bool // false: the permissions field could not be read
	Status      Status
	LastLogin   Moment
	UpdatedAt   Moment

	StatusUnread bool `json:",omitempty"` // the status is missing because of an error, not because there is none
}

// App is an app as the Account API names it (facts 1.3).
type App struct {
	APIID string
	Name  string
}
