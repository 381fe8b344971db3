package audit

import (
	"cmp"
	"fmt"
	"slices"

	"rollcall/internal/org"
)

// Rules about the rights of a person over all stores.
var (
	PersonDrift = Rule{
		ID: "person-rights-differ", Title: "Different rights in different stores", Severity: Low,
		Means: "The person has one set of permissions in most stores and another one in some. The evidence names what is more and what is less than usual. " +
			"Stores in which the person is switched off are left out.",
		Why:  "Rights are given store by store, so they drift: a change is forgotten in one store, or a helper for one day keeps what was given.",
		Do:   "Decide which set the work needs and give the same one everywhere, or accept the difference with a reason.",
		Refs: []string{"PCI DSS 7.2.4", "SOC 2 CC6.3", "ISO 27001 A.5.18", "CIS 5.1", "NIST AC-2"},
	}
	PersonCustom = Rule{
		ID: "person-custom-rights", Title: "Far from every role", Severity: Note,
		Means: "The permissions are those of no role that Rollcall knows from BigCommerce's documentation. The evidence names the nearest one and what differs. " +
			"Few deviations mean a role with exceptions, many mean rights put together by hand.",
		Why:  "Rights put together by hand are hard to review: nobody can tell from a role's name what the person may do.",
		Do:   "Compare with what the work needs. Few deviations are often fine; for many, start again from the nearest role.",
		Refs: []string{"PCI DSS 7.2.2", "SOC 2 CC6.3", "ISO 27001 A.5.15", "NIST AC-6"},
	}
)

var driftRules = []personRule{
	{Rule: &PersonDrift, kind: OfPerson, needs: needRights | needAll, find: findDrift},
	{Rule: &PersonCustom, kind: OfPerson, needs: needRights | needAll, find: findCustom},
}

// drift is how one permission set differs from another.
type drift struct {
	text       string
	privileged bool // what is more is privileged
}

// driftOf compares two permission sets; the pairs recur, so they are kept.
func (q *inquiry) driftOf(known map[[2]int32]drift, is, usual int32) drift {
	d, done := known[[2]int32{is, usual}]
	if !done {
		a, b := &q.rights[is], &q.rights[usual]
		more, less := a.set.Minus(b.set), b.set.Minus(a.set)
		d = drift{fmt.Sprintf("%s; more: %s; less: %s", a.word(), orNone(more), orNone(less)), len(more.Privileged()) > 0}
		known[[2]int32{is, usual}] = d
	}
	return d
}

func findDrift(q *inquiry) {
	var live []*access
	known := map[[2]int32]drift{}
	q.eachPerson(func(user int32, mine []*access) {
		live = live[:0]
		same := true
		for _, a := range mine {
			if a.right == 0 || a.state == statusInactive {
				continue
			}
			live = append(live, a)
			same = same && a.right == live[0].right
		}
		if same {
			return
		}
		q.reportDrift(user, live, known)
	})
}

func (q *inquiry) reportDrift(user int32, live []*access, known map[[2]int32]drift) {
	usual := q.usual(live)
	base := &q.rights[usual]
	severity, others, usually := q.Severity, 0, 0
	evidence := []Evidence{{}}
	for _, a := range live {
		if a.right == usual {
			usually++
			continue
		}
		others++
		d := q.driftOf(known, a.right, usual)
		if d.privileged {
			severity = Medium
		}
		if len(evidence) <= driftShown {
			evidence = append(evidence, Evidence{"in " + q.stores[a.store].label(), d.text})
		}
	}
	evidence[0] = Evidence{"usual", fmt.Sprintf("%s, %s, in %s", base.word(), counted(len(base.set), "permission"), counted(usually, "store"))}
	evidence = append(evidence, q.readRange(live))
	q.report(severity, q.personSubject(user), fmt.Sprintf("%s has other rights than usual in %s of %d.",
		labelOf(q.who(user)), counted(others, "store"), len(live)), evidence...)
}

// driftShown is how many differing stores the evidence spells out.
const driftShown = 10

func orNone(set org.PermissionSet) string {
	if len(set) == 0 {
		return "none"
	}
	return some(set, 6)
}

// usual is the set that most of some accesses hold; of equally many the one with fewer permissions, then by name.
func (q *inquiry) usual(live []*access) int32 {
	counts := map[int32]int{}
	for _, a := range live {
		counts[a.right]++
	}
	best := live[0].right
	for right, n := range counts {
		if cmp.Or(cmp.Compare(counts[best], n), cmp.Compare(len(q.rights[right].set), len(q.rights[best].set)),
			slices.Compare(q.rights[right].set, q.rights[best].set)) < 0 {
			best = right
		}
	}
	return best
}

// deviation is how a custom set differs from the nearest role preset, by names of the catalogue.
type deviation struct {
	role       org.Role
	more, less org.PermissionSet
}

func (d deviation) size() int { return len(d.more) + len(d.less) }

// nearest finds the preset that a set differs least from.
func nearest(set org.PermissionSet) (best deviation) {
	known := set.Minus(set.Unknown())
	for _, role := range org.Roles() {
		preset := org.Preset(role)
		if preset == nil {
			continue
		}
		d := deviation{role, known.Minus(preset), preset.Minus(known)}
		if best.role == org.RoleUnknown || d.size() < best.size() {
			best = d
		}
	}
	return best
}

func findCustom(q *inquiry) {
	near := make([]deviation, len(q.rights)) // by rights, filled when needed
	q.eachPerson(func(user int32, mine []*access) {
		var worst *access
		var names []string
		for _, a := range mine {
			r := &q.rights[a.right]
			if r.role != org.RoleCustom || a.state == statusInactive {
				continue
			}
			if near[a.right].role == org.RoleUnknown {
				near[a.right] = nearest(r.set)
			}
			names = append(names, q.stores[a.store].label())
			if worst == nil || near[a.right].size() > near[worst.right].size() {
				worst = a
			}
		}
		if worst != nil {
			q.reportCustom(user, mine, near[worst.right], worst, names)
		}
	})
}

func (q *inquiry) reportCustom(user int32, mine []*access, d deviation, worst *access, names []string) {
	severity, many := q.Severity, "few"
	if d.size() > q.policy.CustomFew {
		severity, many = Low, "many"
	}
	q.report(severity, q.personSubject(user),
		fmt.Sprintf("%s has custom rights in %s with %s deviations from %s.", labelOf(q.who(user)), counted(len(names), "store"), many, d.role),
		Evidence{"stores", some(names, 5)}, Evidence{"deviations", fmt.Sprintf("%d in %s", d.size(), q.stores[worst.store].label())},
		Evidence{"nearest role", d.role.String()}, Evidence{"more than it", orNone(d.more)}, Evidence{"less than it", orNone(d.less)},
		q.readRange(mine))
}
