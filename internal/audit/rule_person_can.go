package audit

import (
	"fmt"
	"slices"

	"rollcall/internal/org"
)

// What the rules about powers look for (facts 3.2).
var (
	changesCode = []string{"Manage_Scripts", "Manage_Templates", "Design_Mode", "Manage_Payments", "Manage_Settings", "Manage_Redirects", "Manage_DNS_Records"}
	exportsData = []string{"Export_Customers", "Export_Orders"}
)

// Rules about what people can do.
var (
	PersonChangesCode = Rule{
		ID: "person-can-change-code", Title: "Can change scripts, templates or the way to checkout", Severity: Medium,
		Means: "The person may change scripts, theme code, storefront pages, payment or store settings, redirects or DNS records, and is not on the list of those who should. " +
			"For owner-like and administrator-like users it is noted with a low severity, because their role includes it.",
		Why:  "One changed script or redirect is enough to copy card data on the way to checkout.",
		Do:   "Keep this to the few who build the storefront, put them on the list with a note, and take it away from the others.",
		Refs: []string{"PCI DSS 6.4.3", "PCI DSS 11.6.1", "PCI DSS 7.2.2", "SOC 2 CC8.1", "ISO 27001 A.8.2", "NIST CM-5"},
	}
	PersonExports = Rule{
		ID: "person-can-export", Title: "Can export customers or orders", Severity: Medium,
		Means: "The person may download customers or orders as a file and is not on the list of those who should. " +
			"For owner-like and administrator-like users it is noted with a low severity, because their role includes it.",
		Why:  "A file of customers leaves without a trace that you could follow, and it is what has to be reported when it gets lost.",
		Do:   "Keep exports to those who need files for their work, put them on the list with a note, and take it away from the others.",
		Refs: []string{"PCI DSS 7.2.1", "SOC 2 CC6.7", "ISO 27001 A.8.12", "NIST AC-6"},
	}
	PersonDuties = Rule{
		ID: "person-duties-conflict", Title: "Duties that should be separate", Severity: Medium,
		Means: "The person holds permissions in one store that the policy wants with different people. Owner-like users are left out: an owner holds everything.",
		Why:   "Who can both cause and hide a loss needs nobody else for it.",
		Do:    "Take one of the permissions away, or accept the finding and say who checks this person's work, and how.",
		Refs:  []string{"PCI DSS 7.2.2", "SOC 2 CC5.1", "SOC 2 CC6.3", "ISO 27001 A.5.3", "NIST AC-5"},
	}
)

var canRules = []personRule{
	{Rule: &PersonChangesCode, kind: OfPerson, needs: needRights | needAll, find: findChangesCode},
	{Rule: &PersonExports, kind: OfPerson, needs: needRights | needAll, find: findExports},
	{Rule: &PersonDuties, kind: OfPerson, needs: needRights | needAll, find: findDuties, moot: func(q *inquiry) bool { return len(q.duties) == 0 }},
}

func findChangesCode(q *inquiry) {
	q.findPower("change what runs on storefront pages or on the way to checkout", q.code, func(r *rights) org.PermissionSet { return r.code })
}

func findExports(q *inquiry) {
	q.findPower("export customers or orders", q.export, func(r *rights) org.PermissionSet { return r.export })
}

// findPower reports people who hold one of some permissions, can sign in and are on no list.
func (q *inquiry) findPower(what string, approved holders, of func(*rights) org.PermissionSet) {
	var names []string
	var powers org.PermissionSet
	q.eachPerson(func(user int32, mine []*access) {
		names, powers = names[:0], nil
		severity := Low
		for _, a := range mine {
			r := &q.rights[a.right]
			power := of(r)
			if len(power) == 0 || a.state == statusInactive || approved.has(q.email(user), q.stores[a.store].hash) {
				continue
			}
			if r.role != org.RoleOwner && r.role != org.RoleAdministrator {
				severity = q.Severity
			}
			names = append(names, q.stores[a.store].label())
			for _, p := range power {
				if !slices.Contains(powers, p) {
					powers = append(powers, p)
				}
			}
		}
		if len(names) == 0 {
			return
		}
		slices.Sort(powers)
		q.report(severity, q.personSubject(user), fmt.Sprintf("%s can %s in %s.", labelOf(q.who(user)), what, counted(len(names), "store")),
			Evidence{"permissions", some(powers, 8)}, Evidence{"stores", some(names, 5)}, Evidence{"e-mail", or(q.who(user).Email, "empty")}, q.readRange(mine))
	})
}

// held tells whether a set has a permission of each group.
func (d Duty) held(set org.PermissionSet) bool {
	if len(d.Groups) == 0 {
		return false
	}
	for _, g := range d.Groups {
		if !set.HasAny(g) {
			return false
		}
	}
	return true
}

// names lists what a set has of the groups.
func (d Duty) names(set org.PermissionSet) (list []string) {
	for _, g := range d.Groups {
		list = append(list, holding(set, g)...)
	}
	return list
}

func findDuties(q *inquiry) {
	var names []string
	q.eachPerson(func(user int32, mine []*access) {
		for i, d := range q.policy.Duties {
			names = names[:0]
			var first *rights
			for _, a := range mine {
				r := &q.rights[a.right]
				if !q.duties[i][a.right] || a.state == statusInactive || r.role == org.RoleOwner {
					continue
				}
				if first == nil {
					first = r
				}
				names = append(names, q.stores[a.store].label())
			}
			if first == nil {
				continue
			}
			about := q.personSubject(user)
			about.Key += "/" + d.ID
			q.report(q.Severity, about, fmt.Sprintf("%s can do what should be separate: %s.", labelOf(q.who(user)), lowerFirst(d.Title)),
				Evidence{"combination", d.Title}, Evidence{"permissions", some(d.names(first.set), 8)}, Evidence{"stores", some(names, 5)},
				Evidence{"role", first.word()}, q.readRange(mine))
		}
	})
}
