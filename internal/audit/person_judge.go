package audit

import (
	"slices"
	"strings"
	"time"

	"rollcall/internal/org"
)

// personRule is a rule about people, their accesses, their stores or the account, with the function that looks for it.
type personRule struct {
	*Rule
	kind  SubjectKind
	needs needs
	find  func(*inquiry)
	doubt func(*inquiry, Subject) Doubt // nil: doubtOf by kind and needs
	moot  func(*inquiry) bool           // nothing can be judged because a list that it needs is empty; nil: never
}

// personRules are these rules in the order of their pages.
var personRules []personRule

func init() {
	personRules = slices.Concat(idleRules, rightsRules, mailRules, driftRules, canRules, listRules, storePeopleRules, accountRules, rosterRules)
}

// Supports says in words which requirements findings of the rule are evidence for; empty when there is none.
func (r *Rule) Supports() string {
	if len(r.Refs) == 0 {
		return ""
	}
	return "Supports evidence for " + strings.Join(r.Refs, ", ") + "."
}

// PeopleRules lists the rules about people, accesses, stores and the account, those about rosters apart.
func PeopleRules() []*Rule {
	return rulesOf(personRules[:len(personRules)-len(rosterRules)])
}

// RosterRules lists the rules about rosters.
func RosterRules() []*Rule { return rulesOf(rosterRules) }

func rulesOf(rules []personRule) []*Rule {
	list := make([]*Rule, len(rules))
	for i, r := range rules {
		list[i] = r.Rule
	}
	return list
}

// Evaluate applies the rules of people and of rosters to a snapshot. The policy's defaults are filled in; now tells how
// old the snapshot is and matters to nothing else. Equal input gives equal findings in equal order, the gravest first;
// the coverage tells what could be judged. Neither keeps a reference to the policy's lists.
func Evaluate(policy Policy, p *People, now time.Time) ([]Finding, *Coverage) {
	b := newBackground(policy.WithDefaults(), p, now)
	cover := &Coverage{back: b, rules: map[string]*inquiry{}}
	var list []Finding
	for i := range personRules {
		r := &personRules[i]
		q := &inquiry{background: b, personRule: r, in: b.within(r.ID)}
		q.unread = q.doubtOfStores()
		cover.order = append(cover.order, q)
		cover.rules[r.ID] = q
		if q.off() != "" {
			continue
		}
		r.find(q)
		list = append(list, q.found...)
	}
	SortFindings(list)
	return list, cover
}

// background is what all rules share: the snapshot, and the policy made ready for questions.
type background struct {
	*People
	policy     Policy
	now        time.Time
	company    domains
	freeMail   domains
	roleWords  map[string]bool
	owners     holders
	highRisk   holders
	code       holders
	export     holders
	folded     []string // e-mail of each name
	duties     [][]bool // for each duty, for each of rights: held together
	inactive   int64    // seconds
	grace      int64    // seconds
	recentFrom time.Time
	models     []model      // of the policy's baselines
	match      *RosterMatch // nil: no list
	everyStore Doubt        // why not every store is known to its end; empty when each is
}

func newBackground(policy Policy, p *People, now time.Time) *background {
	b := &background{
		People: p, policy: policy, now: now,
		company: newDomains(policy.CompanyDomains), freeMail: newDomains(policy.FreeMailDomains), roleWords: map[string]bool{},
		owners: newHolders(policy.Owners), highRisk: newHolders(policy.HighRiskHolders),
		code: newHolders(policy.CodeHolders), export: newHolders(policy.ExportHolders),
		inactive: int64(policy.InactiveDays) * 24 * 60 * 60, grace: int64(policy.GraceDays) * 24 * 60 * 60,
		recentFrom: p.at().AddDate(0, 0, -policy.RecentDays),
	}
	for _, w := range policy.RoleWords {
		b.roleWords[org.FoldEmail(w)] = true
	}
	b.folded = make([]string, len(p.names))
	for i := range p.names {
		b.folded[i] = org.FoldEmail(p.names[i].Email)
	}
	for _, d := range policy.Duties {
		marks := make([]bool, len(p.rights))
		for i := range p.rights {
			marks[i] = d.held(p.rights[i].set)
		}
		b.duties = append(b.duties, marks)
	}
	for i := range policy.Baselines {
		b.models = append(b.models, p.model(&policy.Baselines[i]))
	}
	b.match = rosterOf(p)
	b.everyStore = (&inquiry{background: b}).doubtOfStores()
	return b
}

// within marks the stores that a rule looks at; nil means all.
func (b *background) within(rule string) []bool {
	if len(b.policy.Limits[rule]) == 0 {
		return nil
	}
	marks := make([]bool, len(b.stores))
	for i := range b.stores {
		marks[i] = b.policy.Covers(rule, b.stores[i].labels)
	}
	return marks
}

// email is the folded e-mail of a user.
func (b *background) email(user int32) string { return b.folded[b.users[user].name] }

// inquiry is one rule at work on one snapshot.
type inquiry struct {
	*background
	*personRule
	in     []bool // stores that the rule looks at; nil: all
	unread Doubt  // why not every one of these stores is known to its end; empty when each is
	found  []Finding
}

// doubtOfStores wants every store that the rule looks at to be read, whatever its accesses lack.
func (q *inquiry) doubtOfStores() Doubt {
	if q.StoreList.State != org.FacetComplete {
		return DoubtStoreList
	}
	for i := range q.stores {
		if q.looksAt(int32(i)) && !q.stores[i].fresh() {
			return DoubtStore
		}
	}
	return ""
}

// off tells why the rule looks at nothing at all, empty when it does.
func (q *inquiry) off() Doubt {
	switch {
	case !q.policy.On(q.ID):
		return DoubtOff
	case q.moot != nil && q.moot(q):
		return DoubtMoot
	}
	return ""
}

func (q *inquiry) looksAt(store int32) bool { return q.in == nil || q.in[store] }

// report adds a finding.
func (q *inquiry) report(s Severity, about Subject, says string, evidence ...Evidence) {
	q.found = append(q.found, Finding{Rule: q.Rule, Severity: s, Subject: about, Says: says, Evidence: evidence})
}

// each calls look for each access in the stores that the rule looks at.
func (q *inquiry) each(look func(a *access, r *rights, s *storeEntry)) {
	for i := range q.stores {
		s := &q.stores[i]
		if !q.looksAt(int32(i)) {
			continue
		}
		for j := s.from; j < s.to; j++ {
			a := &q.accesses[j]
			look(a, &q.rights[a.right], s)
		}
	}
}

// mine lists the accesses of a user in the stores that the rule looks at.
func (q *inquiry) mine(user int32, into []*access) []*access {
	into = into[:0]
	for _, at := range q.of(&q.users[user]) {
		if a := &q.accesses[at]; q.looksAt(a.store) {
			into = append(into, a)
		}
	}
	return into
}

// eachPerson calls look for each user who has an access in the stores that the rule looks at, with these accesses,
// which are look's until it returns.
func (q *inquiry) eachPerson(look func(user int32, accesses []*access)) {
	var mine []*access
	for i := range q.users {
		if mine = q.mine(int32(i), mine); len(mine) > 0 {
			look(int32(i), mine)
		}
	}
}

func (b *background) accessSubject(a *access) Subject {
	u, s := &b.users[a.user], &b.stores[a.store]
	return Subject{
		Kind: OfAccess, Key: number(int64(u.id)) + "/" + s.hash, Label: labelOf(b.who(a.user)),
		User: u.id, Store: s.id, StoreName: s.label(),
	}
}

func (b *background) personSubject(user int32) Subject {
	id := b.users[user].id
	return Subject{Kind: OfPerson, Key: number(int64(id)), Label: labelOf(b.who(user)), User: id}
}

func (b *background) storeSubject(store int32) Subject {
	s := &b.stores[store]
	return Subject{Kind: OfStore, Key: s.hash, Label: s.label(), Store: s.id, StoreName: s.label()}
}

// accountSubject is the account; key tells findings of one rule apart.
func (b *background) accountSubject(key, label string) Subject {
	return Subject{Kind: OfAccount, Key: key, Label: or(label, b.Account.Label())}
}

// labelOf names a person for lists: the e-mail, or the name where there is none.
func labelOf(who *org.Identity) string { return or(who.Email, or(who.Name(), "a user without e-mail")) }
