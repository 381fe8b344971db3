package audit

import (
	"slices"

	"rollcall/internal/org"
)

// Coverage tells what an evaluation could judge. A finding of an earlier snapshot is over only when its subject was
// judged and there is no finding about it any more; see Next.
type Coverage struct {
	back  *background
	order []*inquiry
	rules map[string]*inquiry
}

// Doubt tells why a rule could not judge a subject, empty when it could. It answers for subjects of this snapshot and of
// earlier ones: an access that is missing now was judged when its store was read, for history ends an access by proof
// only.
func (c *Coverage) Doubt(rule string, s Subject) Doubt {
	q := c.rules[rule]
	if q == nil {
		return DoubtUnknown
	}
	if off := q.off(); off != "" {
		return off
	}
	if q.doubt != nil {
		return q.doubt(q, s)
	}
	return q.doubtOf(s)
}

// Has tells whether the rule is one of those that were evaluated, switched off or not.
func (c *Coverage) Has(rule string) bool { return c.rules[rule] != nil }

// StoresNotRead names the stores whose accesses were not read to the end in the snapshot, by number.
func (c *Coverage) StoresNotRead() (list []org.StoreID) {
	for i := range c.back.stores {
		if s := &c.back.stores[i]; !s.fresh() {
			list = append(list, s.id)
		}
	}
	return list
}

// RuleCoverage counts what one rule could judge of the subjects that the snapshot shows.
type RuleCoverage struct {
	Rule     *Rule
	Kind     SubjectKind // what is counted
	Judged   int
	Unjudged int
	Doubts   map[Doubt]int // why, adding up to Unjudged
	Off      Doubt         // why the rule looked at nothing; empty when it did
	Findings int
}

// Rules counts for every rule, in the order of PeopleRules and RosterRules.
func (c *Coverage) Rules() []RuleCoverage {
	counted := map[string]RuleCoverage{} // rules with equal needs and limits are counted once
	list := make([]RuleCoverage, len(c.order))
	for i, q := range c.order {
		r := RuleCoverage{Off: q.off()}
		if r.Off == "" {
			key := string(q.kind) + number(int64(q.needs))
			same, known := counted[key]
			if shared := q.doubt == nil && q.in == nil; !shared || !known {
				same = q.count()
				if shared {
					counted[key] = same
				}
			}
			r = same
		}
		r.Rule, r.Kind, r.Findings = q.Rule, q.kind, len(q.found)
		list[i] = r
	}
	return list
}

func (q *inquiry) count() (r RuleCoverage) {
	r.Doubts = map[Doubt]int{}
	note := func(doubt Doubt) {
		switch doubt {
		case "":
			r.Judged++
		case DoubtLimits: // not looked at on purpose
		default:
			r.Unjudged++
			r.Doubts[doubt]++
		}
	}
	switch q.kind {
	case OfAccess:
		q.each(func(a *access, _ *rights, _ *storeEntry) { note(q.doubtOfAccess(a)) })
	case OfPerson:
		for i := range q.users {
			note(q.doubtFor(q.personSubject(int32(i))))
		}
	case OfStore:
		for i := range q.stores {
			note(q.doubtFor(q.storeSubject(int32(i))))
		}
	default:
		note(q.doubtFor(q.accountSubject("", "")))
	}
	return r
}

func (q *inquiry) doubtFor(s Subject) Doubt {
	if q.doubt != nil {
		return q.doubt(q, s)
	}
	return q.doubtOf(s)
}

// Reasons lists the doubts of a rule, the most frequent first.
func (r RuleCoverage) Reasons() []Doubt {
	list := make([]Doubt, 0, len(r.Doubts))
	for g := range r.Doubts {
		list = append(list, g)
	}
	slices.SortFunc(list, func(a, b Doubt) int {
		if n := r.Doubts[b] - r.Doubts[a]; n != 0 {
			return n
		}
		if a < b {
			return -1
		}
		return 1
	})
	return list
}
