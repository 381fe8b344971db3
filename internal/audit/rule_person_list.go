package audit

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"rollcall/internal/org"
)

// Rules that compare the account-level list of users with the stores.
var (
	PersonNoStore = Rule{
		ID: "person-in-no-store", Title: "In the account, but in no store", Severity: Low,
		Means: "The account's list of users has the person, and no store has. Every store was read to the end for this, and the person is older than the grace of the policy.",
		Why:   "Somebody without a store needs no account. What is left behind can be put into a store again without an invitation.",
		Do:    "Remove the user from the account, or give the access that was meant.",
		Refs:  []string{"PCI DSS 8.2.5", "SOC 2 CC6.2", "ISO 27001 A.5.18", "CIS 5.1", "NIST AC-2"},
	}
	PersonNotListed = Rule{
		ID: "person-not-in-account", Title: "In a store, but not in the account's list", Severity: Medium,
		Means: "A store has the user, and the account's list of users, read to the end later, has not.",
		Why:   "Reviews that go by the account's list miss this person.",
		Do:    "Look the person up in the store's list of users, ask who added the access, and remove it or add the person to the account.",
		Refs:  []string{"PCI DSS 7.2.4", "SOC 2 CC6.2", "ISO 27001 A.5.16", "CIS 5.1", "NIST AC-2"},
	}
)

var listRules = []personRule{
	{Rule: &PersonNoStore, kind: OfPerson, find: findNoStore, doubt: doubtOfNoStore},
	{Rule: &PersonNotListed, kind: OfPerson, find: findNotListed, doubt: doubtOfNotListed},
}

// listRead tells whether the account-level list was read to its end.
func (q *inquiry) listRead() bool { return q.AccountList.State == org.FacetComplete }

// doubtOfNoStore: one access is enough to say no, all stores are needed to say yes. The rule knows no limits to labels,
// because a person without a store has none.
func doubtOfNoStore(q *inquiry, s Subject) Doubt {
	user, there := q.findUser(s.User)
	switch {
	case there && len(q.of(&q.users[user])) > 0:
		return ""
	case !q.listRead():
		return DoubtUsers
	}
	return q.everyStore
}

func findNoStore(q *inquiry) {
	if !q.listRead() || q.everyStore != "" {
		return
	}
	for i := range q.users {
		u := &q.users[i]
		if u.inAccount != org.Yes || u.from != u.to || u.seen == 0 || q.at().Unix()-u.seen <= q.grace {
			continue
		}
		who := q.who(int32(i))
		q.report(q.Severity, q.personSubject(int32(i)), fmt.Sprintf("%s is in the account and in none of its %s.", labelOf(who), counted(len(q.stores), "store")),
			Evidence{"in the account's list", "yes"}, Evidence{"stores with the user", "none of " + number(int64(len(q.stores)))},
			Evidence{"name", or(who.Name(), "empty")}, Evidence{"first seen", moment(u.seen)}, Evidence{"list read", day(q.AccountList.ReadAt)})
	}
}

// doubtOfNotListed: a list that is older than the access says nothing about it.
func doubtOfNotListed(q *inquiry, s Subject) Doubt {
	user, there := q.findUser(s.User)
	if !there || len(q.of(&q.users[user])) == 0 {
		return q.doubtOfPerson(s)
	}
	switch u := &q.users[user]; {
	case u.inAccount == org.Yes && q.listRead():
		return ""
	case !q.listRead() || u.inAccount == org.Unknown || !q.listLater(user):
		return DoubtUsers
	}
	return q.doubtOfPerson(s)
}

// listLater tells whether the account-level list was begun after the user's first access was seen.
func (q *inquiry) listLater(user int32) bool {
	seen := q.users[user].seen
	return seen != 0 && q.AccountList.ReadAt.Unix() >= seen
}

func findNotListed(q *inquiry) {
	if !q.listRead() {
		return
	}
	q.eachPerson(func(user int32, mine []*access) {
		if q.users[user].inAccount != org.No || !q.listLater(user) {
			return
		}
		evidence := append([]Evidence{{"in the account's list", "no"}, {"list read", day(q.AccountList.ReadAt)}}, q.personEvidence(user, mine)...)
		q.report(q.graver(mine), q.personSubject(user), fmt.Sprintf("%s is in %s and not in the account's list.", labelOf(q.who(user)), counted(len(mine), "store")), evidence...)
	})
}

// lowerFirst makes a title part of a sentence.
func lowerFirst(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	if second, _ := utf8.DecodeRuneInString(text[size:]); unicode.IsUpper(second) {
		return text // an abbreviation
	}
	return string(unicode.ToLower(r)) + text[size:]
}
