package audit

import (
	"fmt"
	"slices"
	"time"

	"rollcall/internal/org"
)

// Rules about the people of a store.
var (
	StoreOwners = Rule{
		ID: "store-many-owners", Title: "More owner-like users than allowed", Severity: High,
		Means: "More users of the store than the policy allows hold the permissions of an owner and can sign in. BigCommerce has exactly one owner for a store; it does not name the role, so Rollcall derives it.",
		Why:   "Each of them can grant everything to everybody. A second one is the easiest way to keep a back door.",
		Do:    "Find out in the control panel who owns the store, and give the others a role that their work needs.",
		Refs:  []string{"PCI DSS 7.2.2", "SOC 2 CC6.3", "ISO 27001 A.8.2", "CIS 5.4", "NIST AC-6(5)"},
	}
	StoreNoOwner = Rule{
		ID: "store-owner-unclear", Title: "No owner-like user found", Severity: Note,
		Means: "The store was read to the end and none of its users holds the permissions of an owner, or the one who does is switched off.",
		Why:   "Every store has an owner. If the owner cannot be told, nobody can review the most powerful access.",
		Do:    "Look up the owner in the control panel. Permissions that BigCommerce introduced lately may hide the role.",
		Refs:  []string{"PCI DSS 7.2.4", "SOC 2 CC6.2", "ISO 27001 A.5.15", "NIST AC-2"},
	}
	StoreDeparts = Rule{
		ID: "store-departs-from-baseline", Title: "Store differs from its baseline", Severity: Medium,
		Means: "People or permissions differ from the reference store, or from the saved state, that the policy names for this store.",
		Why:   "Stores of one kind are meant to be alike. Differences are exceptions that nobody wrote down.",
		Do:    "Decide for each difference: mend the store, mend the baseline, or accept the finding with a reason.",
		Refs:  []string{"PCI DSS 7.2.4", "SOC 2 CC6.3", "ISO 27001 A.5.18", "NIST CM-2"},
	}
	StoreNotRead = Rule{
		ID: "store-not-read", Title: "Store was not read", Severity: Low,
		Means: "The accesses of the store could not be read to the end in this snapshot. What Rollcall shows of it is of the last read, or nothing.",
		Why:   "Whatever changed there since is unknown, and no finding about it can end.",
		Do:    "See on the store's page what failed. Check that the token may read this store and run the sync again.",
		Refs:  []string{"PCI DSS 7.2.4", "SOC 2 CC4.1", "ISO 27001 A.5.18"},
	}
)

var storePeopleRules = []personRule{
	{Rule: &StoreOwners, kind: OfStore, needs: needRights, find: findOwners},
	{Rule: &StoreNoOwner, kind: OfStore, needs: needRights, find: findNoOwner},
	{Rule: &StoreDeparts, kind: OfStore, needs: needRights, find: findDepartures, doubt: doubtOfDepartures, moot: func(q *inquiry) bool { return len(q.policy.Baselines) == 0 }},
	{Rule: &StoreNotRead, kind: OfStore, find: findNotRead, doubt: doubtOfKnown},
}

// eachStore calls look for each store that the rule looks at.
func (q *inquiry) eachStore(look func(store int32, s *storeEntry)) {
	for i := range q.stores {
		if q.looksAt(int32(i)) {
			look(int32(i), &q.stores[i])
		}
	}
}

// ownersOf lists the owner-like users of a store who can sign in.
func (q *inquiry) ownersOf(s *storeEntry) (list []*access) {
	for i := s.from; i < s.to; i++ {
		if a := &q.accesses[i]; q.rights[a.right].role == org.RoleOwner && a.state != statusInactive {
			list = append(list, a)
		}
	}
	return list
}

func findOwners(q *inquiry) {
	q.eachStore(func(store int32, s *storeEntry) {
		owners := q.ownersOf(s)
		if len(owners) <= q.policy.OwnersPerStore {
			return
		}
		names := make([]string, len(owners))
		for i, a := range owners {
			names[i] = labelOf(q.who(a.user))
			if !q.owners.empty() && q.owners.has(q.email(a.user), s.hash) {
				names[i] += " (known owner)"
			}
		}
		q.report(q.Severity, q.storeSubject(store), fmt.Sprintf("%d users of %s are owner-like.", len(owners), s.label()),
			Evidence{"owner-like (derived)", some(names, 10)}, Evidence{"allowed", number(int64(q.policy.OwnersPerStore))}, s.readEvidence(nil))
	})
}

func findNoOwner(q *inquiry) {
	q.eachStore(func(store int32, s *storeEntry) {
		if s.from == s.to || len(q.ownersOf(s)) > 0 || q.doubtOfStore(q.storeSubject(store)) != "" {
			return
		}
		q.report(q.Severity, q.storeSubject(store), fmt.Sprintf("None of %s of %s is owner-like.", counted(int(s.to-s.from), "user"), s.label()),
			Evidence{"users", number(int64(s.to - s.from))}, s.readEvidence(nil))
	})
}

// shouldBe is what a store is compared with; doubt says why it cannot be judged now.
func (q *inquiry) shouldBe(s *storeEntry) (b *Baseline, should []placed, doubt Doubt) {
	b = q.policy.baselineOf(s.labels)
	switch {
	case b == nil || b.Store == s.hash:
		return nil, nil, ""
	}
	at := slices.IndexFunc(q.policy.Baselines, func(one Baseline) bool { return one.Label == b.Label })
	return b, q.models[at].should, q.models[at].doubt
}

// model is what a baseline of the policy says in this snapshot.
type model struct {
	should []placed
	doubt  Doubt // why it cannot be told
}

func (p *People) model(b *Baseline) (m model) {
	if b.Saved != nil {
		return model{should: b.Saved.shape()}
	}
	at := slices.IndexFunc(p.stores, func(s storeEntry) bool { return s.hash == b.Store })
	switch {
	case at < 0:
		return model{doubt: DoubtMoot} // the reference store is gone
	case !p.stores[at].fresh():
		return model{doubt: DoubtStore}
	}
	should, whole := p.shape(int32(at))
	if !whole {
		return model{doubt: DoubtRights}
	}
	return model{should: should}
}

func doubtOfDepartures(q *inquiry, s Subject) Doubt {
	if doubt := q.doubtOfStore(s); doubt != "" {
		return doubt
	}
	if store, there := q.findStore(s.Store); there {
		_, _, doubt := q.shouldBe(&q.stores[store])
		return doubt
	}
	return ""
}

// findDepartures judges stores that were read to the end only: a missing person may be on a page that was not read.
func findDepartures(q *inquiry) {
	q.eachStore(func(store int32, s *storeEntry) {
		b, should, doubt := q.shouldBe(s)
		if b == nil || doubt != "" || q.doubtOfStore(q.storeSubject(store)) != "" {
			return
		}
		is, _ := q.shape(store)
		d := departs(is, should, b.Compare)
		if d.none() {
			return
		}
		severity := q.Severity
		if d.privileged {
			severity = High
		}
		q.report(severity, q.storeSubject(store), fmt.Sprintf("%s differs from %s.", s.label(), b.says()), departureEvidence(b, &d, s)...)
	})
}

func departureEvidence(b *Baseline, d *departure, s *storeEntry) []Evidence {
	list := []Evidence{{"baseline", b.says()}}
	for _, part := range []struct {
		name  string
		items *tally
	}{{"not in the baseline", &d.extra}, {"missing here", &d.missing}, {"other permissions", &d.other}} {
		if part.items.count > 0 {
			list = append(list, Evidence{part.name, part.items.String()})
		}
	}
	return append(list, s.readEvidence(nil))
}

// says names a baseline in a sentence.
func (b *Baseline) says() string {
	if b.Saved != nil {
		return fmt.Sprintf("the saved state %q of %s", b.Saved.Name, b.Saved.At.UTC().Format(time.DateOnly))
	}
	return "the reference store " + b.Store
}

// doubtOfKnown is for rules about the read itself: whether it failed is always known.
func doubtOfKnown(q *inquiry, s Subject) Doubt {
	if store, there := q.findStore(s.Store); there && !q.looksAt(store) {
		return DoubtLimits
	}
	return ""
}

func findNotRead(q *inquiry) {
	q.eachStore(func(store int32, s *storeEntry) {
		if s.fresh() {
			return
		}
		severity, says := q.Severity, fmt.Sprintf("The accesses of %s were not read to the end in this snapshot.", s.label())
		stale := q.at().Add(-time.Duration(q.policy.StaleHours) * time.Hour)
		switch {
		case s.readAt == 0:
			severity, says = Medium, fmt.Sprintf("The accesses of %s were never read.", s.label())
		case s.read.Partial:
			severity, says = Medium, fmt.Sprintf("The accesses of %s were never read to the end.", s.label())
		case s.readAt < stale.Unix():
			severity = Medium
		}
		q.report(severity, q.storeSubject(store), says, Evidence{"state", string(s.read.State)}, Evidence{"reason", or(s.read.Error, "not told")},
			Evidence{"last read", moment(s.readAt)}, Evidence{"accesses known", number(int64(s.to - s.from))})
	})
}
