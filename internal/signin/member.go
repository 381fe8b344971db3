// Package signin knows who may use Rollcall: members, their roles and passwords, the one-time set-up code and how
// often somebody may guess. It declares the store it needs and knows no HTTP.
package signin

import (
	"context"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"

	"rollcall/internal/org"
)

// MemberID is the local number of a member.
type MemberID int64

// Member is a person who uses Rollcall.
type Member struct {
	ID          MemberID
	Name        string
	Email       string // as given; compared by org.FoldEmail
	Role        Role
	Disabled    bool
	LastAccount org.AccountID // the account used last, 0 when none
	CreatedAt   time.Time
}

// Store keeps members. Missing members are KindNotFound errors.
type Store interface {
	CountMembers(ctx context.Context) (int, error)
	// CreateFirstMember adds a member if there is none yet, in one transaction, else it returns a KindConflict error.
	CreateFirstMember(ctx context.Context, m Member, passwordHash string) (MemberID, error)
	Member(ctx context.Context, id MemberID) (Member, error)
	// MemberByEmail finds by the folded e-mail and returns the password's hash as well.
	MemberByEmail(ctx context.Context, emailFold string) (Member, string, error)
}

// Role is what a member may do. Each role includes the ones below it.
type Role uint8

// Roles, lowest first. The zero Role may do nothing.
const (
	NoRole   Role = iota
	Viewer        // sees users, stores and changes
	Auditor       // also downloads, and reads the activity log
	Operator      // also syncs and labels stores
	Admin         // also connects accounts, changes settings and members
)

var roleWords = [...]string{"", "viewer", "auditor", "operator", "admin"}

func (r Role) String() string { return roleWords[r] }

// ParseRole reads a role's word.
func ParseRole(word string) (Role, error) {
	if i := slices.Index(roleWords[:], word); i > 0 {
		return Role(i), nil
	}
	return NoRole, org.Invalid("role", fmt.Sprintf("%q is no role. Use viewer, auditor, operator or admin.", word))
}

// Action is something that needs a role.
type Action uint8

// Actions.
const (
	Look      Action = iota // read pages
	Audit                   // download files, read the activity log
	Operate                 // sync, label stores
	Configure               // accounts, tokens, settings, members
)

var needs = [...]Role{Look: Viewer, Audit: Auditor, Operate: Operator, Configure: Admin}

// May tells whether the role allows the action.
func (r Role) May(a Action) bool { return r >= needs[a] }

// Needs is the lowest role that allows the action.
func (a Action) Needs() Role { return needs[a] }

// NewMember checks and cleans what a member is made of. Errors are Invalid for the fields name and email.
func NewMember(name, email string, role Role) (m Member, err error) {
	m.Role = role
	if m.Name, err = cleanName(name); err != nil {
		return m, err
	}
	m.Email, err = cleanEmail(email)
	return m, err
}

// cleanName and cleanEmail check what a person typed about themselves.
func cleanName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" || len(name) > 200 || strings.ContainsFunc(name, unicode.IsControl) {
		return "", org.Invalid("name", "Enter your name, 200 characters at most.")
	}
	return name, nil
}

func cleanEmail(email string) (string, error) {
	email = strings.TrimSpace(email)
	address, err := mail.ParseAddress(email)
	if err != nil || address.Address != email || len(email) > 254 {
		return "", org.Invalid("email", "Enter an e-mail address like name@example.com.")
	}
	return email, nil
}
