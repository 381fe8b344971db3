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
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

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

	Reach       Reach
	HasPassword bool // false: signs in through the provider only, or was invited and has not chosen one yet
	TOTP        bool // a second factor is set up
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

// Reach says which accounts a member sees. The zero Reach is all of them.
type Reach struct {
	Limited  bool
	Accounts []org.AccountID // when Limited, in rising order; none means that the member sees nothing
}

// Sees tells whether the account is within reach.
func (r Reach) Sees(id org.AccountID) bool { return !r.Limited || slices.Contains(r.Accounts, id) }

func (r Reach) String() string {
	if !r.Limited {
		return "all accounts"
	}
	if len(r.Accounts) == 0 {
		return "no account"
	}
	return "accounts " + strings.Trim(strings.ReplaceAll(fmt.Sprint(r.Accounts), " ", ", "), "[]")
}

// Sees tells whether the member may see the account at all.
func (m Member) Sees(id org.AccountID) bool { return m.Reach.Sees(id) }

// May tells whether the member may do something in the account; account 0 is what concerns the whole installation, and
// there a member who is limited to some accounts may only look and audit.
func (m Member) May(a Action, id org.AccountID) bool {
	if m.Disabled || !Allowed(m.Role, a) {
		return false
	}
	if id == 0 {
		return !m.Reach.Limited || a == Look || a == Audit
	}
	return m.Sees(id)
}

// breaksGlass tells whether the member can always let Rollcall's people in again: an admin over everything, with a
// password of their own, so that no provider and no other member is needed.
func (m Member) breaksGlass() bool {
	return m.Role == Admin && !m.Disabled && !m.Reach.Limited && m.HasPassword
}

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
	if name == "" || len(name) > 200 || !utf8.ValidString(name) || strings.ContainsFunc(name, unseen) {
		return "", org.Invalid("name", "Enter your name, 200 characters at most.")
	}
	return name, nil
}

func cleanEmail(email string) (string, error) {
	email = strings.TrimSpace(email)
	if len(email) > 254 {
		return "", errEmail
	}
	address, err := mail.ParseAddress(email)
	if err != nil || address.Address != email || strings.ContainsFunc(email, unseen) {
		return "", errEmail
	}
	if !norm.NFKC.IsNormalString(email) || mixesScripts(email) {
		return "", org.Invalid("email", "This e-mail address has letters that look like others. Type it with the letters of one alphabet.")
	}
	return email, nil
}

var errEmail = org.Invalid("email", "Enter an e-mail address like name@example.com.")

// unseen characters could make two names look the same or turn the text around.
func unseen(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }

// alphabets whose letters are easily taken for each other's.
var alphabets = []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee}

// mixesScripts tells whether letters of more than one such alphabet stand in the text.
func mixesScripts(text string) bool {
	seen := map[*unicode.RangeTable]bool{}
	for _, r := range text {
		for _, alphabet := range alphabets {
			if unicode.Is(alphabet, r) {
				seen[alphabet] = true
			}
		}
	}
	return len(seen) > 1
}
