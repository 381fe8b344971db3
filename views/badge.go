package views

import (
	"strings"

	"rollcall/internal/org"
)

// Tone colours a part by its meaning. The empty tone is neutral.
type Tone string

// Tones of the style sheet.
const (
	Good   Tone = "good"
	Warn   Tone = "warn"
	Bad    Tone = "bad"
	Info   Tone = "info"
	Violet Tone = "violet"
	Teal   Tone = "teal"
	Quiet  Tone = "quiet"
)

// Class is the CSS class of the tone.
func (t Tone) Class() string {
	if t == "" {
		return ""
	}
	return string(t) + "-tone"
}

func (t Tone) icon() string {
	switch t {
	case Good:
		return "circle-check"
	case Warn:
		return "triangle-alert"
	case Bad:
		return "circle-x"
	}
	return "info"
}

// Badge is a short word with a tone. Dashed marks what is not known.
type Badge struct {
	Text   string
	Tone   Tone
	Icon   string
	Title  string
	Dashed bool
}

var roleLooks = map[org.Role]struct {
	letter, text string
	tone         Tone
}{
	org.RoleOwner:         {"O", "Owner-like", Bad},
	org.RoleAdministrator: {"A", "Administrator-like", Warn},
	org.RoleCustom:        {"C", "Custom", Violet},
	org.RoleSalesManager:  {"M", "Sales-manager-like", Info},
	org.RoleSalesStaff:    {"S", "Sales-staff-like", Teal},
	org.RoleNone:          {"–", "None", Quiet},
	org.RoleUnknown:       {"?", "Unknown", ""},
}

var roleReasons = map[org.Role]string{
	org.RoleOwner:         "Derived: like a store owner, because it holds the right to grant high-risk permissions",
	org.RoleAdministrator: "Derived: at most 3 permissions differ from a store administrator",
	org.RoleCustom:        "Derived: the permissions match no known role",
	org.RoleSalesManager:  "Derived: at most 3 permissions differ from a sales manager",
	org.RoleSalesStaff:    "Derived: at most 3 permissions differ from sales staff",
	org.RoleNone:          "Derived: can be signed in, but holds no permission",
	org.RoleUnknown:       "The permissions were not read",
}

// RoleBadge shows a derived role; its tooltip says how it was derived.
func RoleBadge(r org.Role) Badge {
	look := roleLooks[r]
	return Badge{Text: look.text, Tone: look.tone, Title: roleReasons[r], Dashed: r == org.RoleUnknown}
}

// StatusBadge shows the word that BigCommerce gives; words we do not know are shown as they came.
func StatusBadge(s org.Status) Badge {
	switch s {
	case org.StatusActive:
		return Badge{Text: "Active", Tone: Good}
	case org.StatusInactive:
		return Badge{Text: "Inactive", Tone: Quiet, Title: "BigCommerce gives the status INACTIVE. Its help says that inactive users cannot sign in; that both mean the same is likely, but not documented."}
	case "":
		return Badge{Text: "unknown", Dashed: true, Title: "BigCommerce gave no status"}
	}
	return Badge{Text: string(s), Tone: Info, Title: "A status that Rollcall does not know, shown as BigCommerce gave it"}
}

// loginBadge shows a login state; an active user needs no badge.
func loginBadge(state org.LoginState, days int) Badge {
	switch state {
	case org.LoginNever:
		return Badge{Text: "never", Tone: Warn, Title: "BigCommerce reports no sign-in"}
	case org.LoginInactive:
		return Badge{Text: "inactive", Tone: Warn, Title: "Derived: no sign-in within " + Counted(days, "day") + " before the store was read"}
	case org.LoginActive:
		return Badge{Text: "active", Tone: Good}
	}
	return Badge{Text: "unknown", Dashed: true, Title: "The last sign-in was not read"}
}

// PrivilegedBadge says why: which permissions, and what they allow.
func PrivilegedBadge(held org.PermissionSet) Badge {
	return Badge{Text: "Privileged", Tone: Bad, Icon: "shield-alert", Title: reasons(held.Privileged())}
}

// reasons puts what permissions allow into one sentence for each.
func reasons(names []string) string {
	lines := make([]string, 0, len(names))
	for _, name := range names {
		line := org.PermissionLabel(name)
		if allows := org.Allows(name); allows != "" {
			line += ": may " + allows
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func facetBadge(r org.FacetRead) Badge {
	switch r.State {
	case org.FacetComplete:
		return Badge{Text: "Complete", Tone: Good, Icon: "check"}
	case org.FacetIncomplete:
		return Badge{Text: "Incomplete", Tone: Warn, Title: r.Error}
	case org.FacetFailed:
		return Badge{Text: "Not read", Tone: Bad, Title: r.Error}
	case org.FacetDenied:
		return Badge{Text: "Not permitted", Tone: Quiet, Icon: "lock", Title: r.Error}
	}
	return Badge{Text: "Not read yet", Dashed: true}
}

func snapshotBadge(s org.Snapshot) Badge {
	switch s.State {
	case org.Complete:
		return Badge{Text: "Complete", Tone: Good, Icon: "check"}
	case org.Partial:
		return Badge{Text: "Partial", Tone: Warn, Icon: "triangle-alert", Title: s.Reason}
	case org.Running:
		return Badge{Text: "Running", Tone: Info}
	}
	return Badge{Text: string(s.State), Tone: Quiet}
}
