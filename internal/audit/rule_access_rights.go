package audit

import (
	"fmt"
	"slices"
	"strings"

	"rollcall/internal/org"
)

// highRisk are the permissions that the control panel calls high-risk, without the launching of apps, which sales staff
// has too (facts 3.2).
var highRisk = []string{
	"Create_Store_API_Tokens", "List_Store_API_Tokens", "Delete_Store_API_Tokens", "IntegratedApps_InstallApp",
	"IntegratedApps_UninstallApp", "Grant_High_Risk_Store_Permissions",
}

// Rules about what single accesses may do.
var (
	AccessHighRisk = Rule{
		ID: "access-high-risk", Title: "High-risk permissions without approval", Severity: High,
		Means: "Somebody who is not on the list of approved holders has permissions that BigCommerce calls high-risk: API accounts, apps, or the right to grant these. " +
			"Owner-like users are left to the rules about owners.",
		Why:  "An API account or an app acts without a person, goes on when its maker has left, and can take all data of the store.",
		Do:   "Have the store's owner take the permissions away, or put the person on the list of approved holders with a note why.",
		Refs: []string{"PCI DSS 7.2.2", "PCI DSS 7.2.3", "SOC 2 CC6.3", "ISO 27001 A.8.2", "CIS 5.4", "NIST AC-6"},
	}
	OwnerUnknown = Rule{
		ID: "access-owner-unknown", Title: "Owner-like user is not a known owner", Severity: High,
		Means: "The permissions are those of an owner, which Rollcall derives because BigCommerce does not name the role, and the person is not on the list of known owners. " +
			"The rule is silent while that list is empty.",
		Why:  "An owner can do everything, grant everything and is responsible for what the store pays.",
		Do:   "Find out in the control panel who owns the store. Take the rights away, or put the person on the list.",
		Refs: []string{"PCI DSS 7.2.2", "SOC 2 CC6.3", "ISO 27001 A.8.2", "CIS 5.4", "NIST AC-6(5)"},
	}
	AccessNewlyPrivileged = Rule{
		ID: "access-newly-privileged", Title: "New privileged access", Severity: High,
		Means: "A privileged access was added, or an access gained privileged permissions, between two reads of the store, and still has them. " +
			"BigCommerce does not tell who granted it. The finding ends some days later, as the policy says.",
		Why:  "New power is the change that matters most: it is how a mistake or an intruder shows first.",
		Do:   "Compare with the request or ticket that asked for it. Take away what nobody asked for, and look at what the person did since.",
		Refs: []string{"PCI DSS 8.2.4", "PCI DSS 7.2.3", "SOC 2 CC6.2", "ISO 27001 A.5.18", "CIS 6.1", "NIST AC-2(4)"},
	}
)

var rightsRules = []personRule{
	{Rule: &AccessHighRisk, kind: OfAccess, needs: needRights, find: findHighRisk},
	{Rule: &OwnerUnknown, kind: OfAccess, needs: needRights, find: findOwnerUnknown, moot: func(q *inquiry) bool { return q.owners.empty() }},
	{Rule: &AccessNewlyPrivileged, kind: OfAccess, needs: needRights, find: findNewlyPrivileged},
}

func findHighRisk(q *inquiry) {
	q.each(func(a *access, r *rights, s *storeEntry) {
		if len(r.highRisk) == 0 || r.role == org.RoleOwner || q.highRisk.has(q.email(a.user), s.hash) || q.owners.has(q.email(a.user), s.hash) {
			return
		}
		severity := q.Severity
		if a.state == statusInactive {
			severity = Low // cannot sign in now
		}
		if slices.Equal(r.highRisk, org.PermissionSet{"List_Store_API_Tokens"}) {
			severity = min(severity, Medium) // sees them only
		}
		q.report(severity, q.accessSubject(a), fmt.Sprintf("%s may %s, without approval.", labelOf(q.who(a.user)), org.Allows(r.highRisk[0])),
			Evidence{"high-risk permissions", strings.Join(r.highRisk, ", ")}, Evidence{"role", r.word()}, Evidence{"status", q.status(a)}, s.readEvidence(a))
	})
}

func findOwnerUnknown(q *inquiry) {
	q.each(func(a *access, r *rights, s *storeEntry) {
		if r.role != org.RoleOwner || q.owners.has(q.email(a.user), s.hash) {
			return
		}
		severity := q.Severity
		if a.state == statusInactive {
			severity = Medium
		}
		q.report(severity, q.accessSubject(a), fmt.Sprintf("%s is owner-like in %s and not a known owner.", labelOf(q.who(a.user)), s.label()),
			Evidence{"e-mail", q.who(a.user).Email}, Evidence{"role", r.word() + " (derived)"}, Evidence{"status", q.status(a)}, s.readEvidence(a))
	})
}

// recent lists the changes of some kinds that are young enough for a finding, the newest first.
func (q *inquiry) recent(kinds ...Kind) (list []*org.ChangeRow) {
	for i := range q.Changes {
		c := &q.Changes[i]
		young := c.Snapshot == q.Snapshot.ID || c.Snapshot < q.Snapshot.ID && c.SeenAt.After(q.recentFrom)
		if young && slices.Contains(kinds, Kind(c.Kind)) {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b *org.ChangeRow) int {
		if a.Snapshot != b.Snapshot {
			return int(b.Snapshot - a.Snapshot)
		}
		return int(b.ID - a.ID)
	})
	return list
}

func findNewlyPrivileged(q *inquiry) {
	done := map[*access]bool{}
	for _, c := range q.recent(AccessAdded, RightsGained) {
		store, there := q.findStore(c.Store)
		user, known := q.findUser(c.User)
		if !there || !known || !q.looksAt(store) {
			continue
		}
		a := q.accessAt(store, user)
		if a == nil || done[a] {
			continue
		}
		r := &q.rights[a.right]
		gained := r.privileged // of a new access: all of them
		if Kind(c.Kind) == RightsGained {
			gained = holding(org.NewPermissionSet(SplitList(c.After)), r.privileged)
		}
		if len(gained) == 0 {
			continue
		}
		done[a] = true
		how := "got privileged permissions"
		if Kind(c.Kind) == AccessAdded {
			how = "was added with privileged permissions"
		}
		q.report(q.Severity, q.accessSubject(a), fmt.Sprintf("%s %s in %s.", labelOf(q.who(user)), how, q.stores[store].label()),
			Evidence{"privileged permissions", some(gained, 6)}, Evidence{"seen", day(c.SeenAt)}, Evidence{"read before", day(c.PreviousReadAt)},
			Evidence{"role now", r.word()}, q.stores[store].readEvidence(a))
	}
}

// SplitList reads what JoinList wrote.
func SplitList(text string) []string {
	if text == "" {
		return nil
	}
	var list []string
	var item strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text):
			i++
			item.WriteByte(text[i])
		case text[i] == ';':
			list = append(list, item.String())
			item.Reset()
		default:
			item.WriteByte(text[i])
		}
	}
	return append(list, item.String())
}
