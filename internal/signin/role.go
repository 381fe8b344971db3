package signin

import (
	"fmt"
	"slices"

	"rollcall/internal/org"
)

// Role is what a member may do. Each role includes the ones below it.
type Role uint8

// Roles, lowest first. The zero Role may do nothing.
const (
	NoRole   Role = iota
	Viewer        // sees users, stores and changes
	Auditor       // also downloads, and reads the activity log
	Operator      // also syncs, acts on BigCommerce and accepts findings
	Admin         // also has a say over people, accounts, tokens and settings
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

// Right is another word for Action: what a role gives.
type Right = Action

// Rights. Configure is what concerns one account's set-up; the rest of what admins do has a right of its own.
const (
	Look      Action = iota // read pages
	Audit                   // download files, read the activity log
	Operate                 // sync, label stores
	Configure               // what an admin does that has no right of its own below

	Act      // change something at BigCommerce
	Decide   // accept findings
	People   // members, their roles, limits, sessions and locks
	Accounts // connect, disconnect and purge accounts
	Tokens   // tokens of accounts and API accounts
	Settings // settings of the installation
)

// rights is the one table of who may do what: docs/security.md shows it, and a test holds them against each other.
var rights = [...]struct {
	word  string
	needs Role
	what  string
}{
	Look:      {"look", Viewer, "read pages"},
	Audit:     {"audit", Auditor, "download files, read the activity log"},
	Operate:   {"operate", Operator, "start and stop syncs, label stores"},
	Configure: {"configure", Admin, "set up what has no line of its own"},
	Act:       {"act", Operator, "change something at BigCommerce"},
	Decide:    {"decide", Operator, "accept findings"},
	People:    {"people", Admin, "members: roles, limits, sessions, locks"},
	Accounts:  {"accounts", Admin, "connect, disconnect and purge accounts"},
	Tokens:    {"tokens", Admin, "tokens of accounts and API accounts"},
	Settings:  {"settings", Admin, "settings of the installation"},
}

// Allowed tells whether a role gives a right. A right that is not in the table is given to nobody.
func Allowed(role Role, right Right) bool {
	return int(right) < len(rights) && role >= rights[right].needs && role <= Admin
}

// Rights are all rights, in the order of the table.
func Rights() []Right {
	list := make([]Right, len(rights))
	for i := range list {
		list[i] = Right(i)
	}
	return list
}

// May tells whether the role allows the action.
func (r Role) May(a Action) bool { return Allowed(r, a) }

// Needs is the lowest role that allows the action.
func (a Action) Needs() Role { return rights[a].needs }

func (a Action) String() string { return rights[a].word }

// What says in a few words what the right allows.
func (a Action) What() string { return rights[a].what }

// NeedsProof tells whether the right is dangerous enough to ask again for the password or a code when the last proof is
// older than ProofLasts.
func (a Action) NeedsProof() bool { return slices.Contains([]Action{Act, People, Accounts, Tokens}, a) }
