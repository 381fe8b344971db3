package audit

import (
	"fmt"
	"time"
)

// Rules about the list of people who should be there.
var (
	RosterLeaver = Rule{
		ID: "roster-leaver", Title: "Has access and is not in the list of people", Severity: High,
		Means: "The person can be found in a store and not in the list that was uploaded, or the list says that the person left. " +
			"People who were first seen after the list was made, and those outside the domains that it covers, are not reported.",
		Why:  "Whoever has left must not get in any more. A leaver with access is what auditors look for first.",
		Do:   "Ask HR or the manager. Remove the access, or upload a newer list when the person is missing in this one.",
		Refs: []string{"PCI DSS 8.2.5", "SOC 2 CC6.2", "ISO 27001 A.5.18", "CIS 6.2", "NIST PS-4"},
	}
	RosterNear = Rule{
		ID: "roster-near-match", Title: "Nearly in the list of people", Severity: Low,
		Means: "The e-mail is not in the list, but an entry that nobody else has is nearly the same, or has the same name.",
		Why:   "It is mostly the same person written differently, and sometimes somebody who wants to be taken for one.",
		Do:    "Compare the two. Mend the e-mail in the store or in the list.",
		Refs:  []string{"PCI DSS 8.2.1", "SOC 2 CC6.2", "ISO 27001 A.5.16", "NIST IA-4"},
	}
	RosterNoAccess = Rule{
		ID: "roster-no-access", Title: "In the list of people, without access", Severity: Note,
		Means: "People of the list have no access in any store. Every store was read to the end for this.",
		Why:   "It is fine for most lists. It matters when the list holds only those who should have access.",
		Do:    "Look through the names on the page of the list when everybody in it should have access.",
		Refs:  []string{"SOC 2 CC6.2", "ISO 27001 A.5.18"},
	}
)

var rosterRules = []personRule{
	{Rule: &RosterLeaver, kind: OfPerson, find: findLeavers, doubt: doubtOfLeaver, moot: noRoster},
	{Rule: &RosterNear, kind: OfPerson, find: findNear, moot: noRoster},
	{Rule: &RosterNoAccess, kind: OfAccount, find: findNoAccess, doubt: func(q *inquiry, _ Subject) Doubt { return q.everyStore }, moot: noRoster},
}

func noRoster(q *inquiry) bool { return q.match == nil }

// DoubtNewer is for people whom the list of people cannot know.
const DoubtNewer Doubt = "first seen after the list of people was made"

func doubtOfLeaver(q *inquiry, s Subject) Doubt {
	for _, pair := range q.match.Newer {
		if pair.User == s.User {
			return DoubtNewer
		}
	}
	return q.doubtOfPerson(s)
}

// eachPair calls look for the pairs whose users have an access in the stores that the rule looks at.
func (q *inquiry) eachPair(list []RosterPair, look func(pair *RosterPair, mine []*access)) {
	var mine []*access
	for i := range list {
		if mine = q.mine(list[i].place, mine); len(mine) > 0 {
			look(&list[i], mine)
		}
	}
}

func findLeavers(q *inquiry) {
	q.eachPair(q.match.Leavers, func(pair *RosterPair, mine []*access) {
		severity, says := q.graver(mine), fmt.Sprintf("%s has access and is not in the list of people.", labelOf(&pair.Who))
		if switchedOff(mine) {
			severity = Medium
		}
		evidence := []Evidence{q.listEvidence()}
		if pair.Entry != nil {
			says = fmt.Sprintf("%s has access, and the list of people says: %s.", labelOf(&pair.Who), pair.Entry.Status)
			evidence = append(evidence, entryEvidence(pair.Entry))
		}
		q.report(severity, q.personSubject(pair.place), says, append(evidence, q.personEvidence(pair.place, mine)...)...)
	})
}

// switchedOff tells whether every access has the status inactive.
func switchedOff(mine []*access) bool {
	for _, a := range mine {
		if a.state != statusInactive {
			return false
		}
	}
	return true
}

func findNear(q *inquiry) {
	q.eachPair(q.match.Near, func(pair *RosterPair, mine []*access) {
		evidence := []Evidence{q.listEvidence(), entryEvidence(pair.Entry), {"alike", string(pair.Why)}}
		q.report(q.graver(mine), q.personSubject(pair.place), fmt.Sprintf("%s is not in the list of people, but %s is.", labelOf(&pair.Who), pair.Entry.Email),
			append(evidence, q.personEvidence(pair.place, mine)...)...)
	})
}

func findNoAccess(q *inquiry) {
	list := q.match.NoAccess
	if len(list) == 0 || q.everyStore != "" {
		return
	}
	names := make([]string, len(list))
	for i := range list {
		names[i] = list[i].Email
	}
	q.report(q.Severity, q.accountSubject("roster", ""), fmt.Sprintf("%d of %d people of the list have no access.", len(list), len(q.Roster.Entries)),
		q.listEvidence(), Evidence{"without access", some(names, 8)})
}

func (q *inquiry) listEvidence() Evidence {
	return Evidence{"list", fmt.Sprintf("%s of %s, %d people", or(q.Roster.Name, "list"), q.Roster.At.UTC().Format(time.DateOnly), len(q.Roster.Entries))}
}

func entryEvidence(e *RosterEntry) Evidence {
	text := fmt.Sprintf("line %d: %s", e.Line, e.Email)
	for _, more := range []string{e.Name, e.Unit, e.Status} {
		if more != "" {
			text += ", " + more
		}
	}
	return Evidence{"entry", text}
}

// rosterOf is the match of a frame's list, nil when there is none.
func rosterOf(p *People) *RosterMatch {
	if p.Roster == nil || len(p.Roster.Entries) == 0 {
		return nil
	}
	return MatchRoster(p.Roster, p)
}
