package audit

import (
	"slices"

	"rollcall/internal/org"
)

// Doubt says why a subject could not be judged in a snapshot. Empty means that it was judged: no finding then means that
// there is nothing to find.
type Doubt string

// Doubts.
const (
	DoubtOff       Doubt = "the rule is switched off"
	DoubtMoot      Doubt = "the list that the rule compares with is empty"
	DoubtLimits    Doubt = "outside the stores that the rule is limited to"
	DoubtStore     Doubt = "the store was not read to the end in this snapshot"
	DoubtStoreList Doubt = "the list of stores was not read to the end in this snapshot"
	DoubtUsers     Doubt = "the account's list of users was not read to the end"
	DoubtUnseen    Doubt = "the last read did not show the access and did not prove its end"
	DoubtRights    Doubt = "permissions were not read"
	DoubtLogin     Doubt = "the last sign-in was not read"
	DoubtStatus    Doubt = "the status was not read"
	DoubtUnknown   Doubt = "no rule of this name ran"
)

// needs are the fields that a rule has to know of an access before it can say that all is well.
type needs uint8

const (
	needRights needs = 1 << iota
	needLogin
	needStatus
	needAll // of a person: every access must be judged, not only the newest name
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

// doubtOf judges by the kind of subject and by what the rule needs.
func (q *inquiry) doubtOf(s Subject) Doubt {
	switch s.Kind {
	case OfAccess:
		return q.doubtOfPlace(s)
	case OfPerson:
		return q.doubtOfPerson(s)
	case OfStore:
		return q.doubtOfStore(s)
	}
	return q.doubtOfAll()
}

// doubtOfMissing is for stores and people that the snapshot does not have: history ends them by proof only, so they are
// judged unless this snapshot lacks the list that would show them again.
func (q *inquiry) doubtOfMissing() Doubt {
	if q.StoreList.State != org.FacetComplete {
		return DoubtStoreList
	}
	return ""
}

func (q *inquiry) doubtOfPlace(s Subject) Doubt {
	store, there := q.findStore(s.Store)
	if !there {
		return q.doubtOfMissing()
	}
	if !q.looksAt(store) {
		return DoubtLimits
	}
	if !q.stores[store].fresh() {
		return DoubtStore
	}
	user, there := q.findUser(s.User)
	if !there {
		return ""
	}
	if a := q.accessAt(store, user); a != nil {
		return q.doubtOfAccess(a)
	}
	return ""
}

// doubtOfAccess judges an access that is there.
func (q *inquiry) doubtOfAccess(a *access) Doubt {
	switch {
	case !q.stores[a.store].fresh():
		return DoubtStore
	case a.unseen:
		return DoubtUnseen
	case q.needs&needRights != 0 && a.right == 0:
		return DoubtRights
	case q.needs&needLogin != 0 && a.login < 0:
		return DoubtLogin
	case q.needs&needStatus != 0 && a.state == statusUnknown:
		return DoubtStatus
	}
	return ""
}

// doubtOfPerson wants every access, or the one whose name is shown, to be judged.
func (q *inquiry) doubtOfPerson(s Subject) Doubt {
	user, there := q.findUser(s.User)
	if !there {
		return q.doubtOfMissing()
	}
	mine := q.mine(user, nil)
	if len(mine) == 0 {
		if q.in != nil && len(q.of(&q.users[user])) > 0 {
			return DoubtLimits
		}
		return q.doubtOfMissing()
	}
	doubt := Doubt("")
	for _, a := range mine {
		one := q.doubtOfAccess(a)
		if one == "" && q.needs&needAll == 0 {
			return ""
		}
		if doubt == "" {
			doubt = one
		}
	}
	return doubt
}

// doubtOfStore wants the store and all of its accesses to be judged.
func (q *inquiry) doubtOfStore(s Subject) Doubt {
	store, there := q.findStore(s.Store)
	switch {
	case !there:
		return q.doubtOfMissing()
	case !q.looksAt(store):
		return DoubtLimits
	case !q.stores[store].fresh():
		return DoubtStore
	}
	e := &q.stores[store]
	for i := e.from; i < e.to; i++ {
		if doubt := q.doubtOfAccess(&q.accesses[i]); doubt != "" {
			return doubt
		}
	}
	return ""
}

// doubtOfAll wants every store that the rule looks at to be judged.
func (q *inquiry) doubtOfAll() Doubt {
	if q.StoreList.State != org.FacetComplete {
		return DoubtStoreList
	}
	for i := range q.stores {
		if doubt := q.doubtOfStore(q.storeSubject(int32(i))); doubt != "" && doubt != DoubtLimits {
			return doubt
		}
	}
	return ""
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
