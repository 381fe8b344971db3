package audit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"rollcall/internal/org"
)

// Rules about who people are, by name and e-mail.
var (
	PersonOutside = Rule{
		ID: "person-outside-domains", Title: "E-mail outside the approved domains", Severity: Medium,
		Means: "The e-mail belongs to none of the approved domains. Free-mail addresses have a rule of their own. The rule is silent while the list of domains is empty.",
		Why:   "You can neither lock the mailbox of an outsider nor hear when the person leaves. Whoever gets the mailbox can set a new password.",
		Do:    "Ask who brought the person in and whether the work goes on. Approve the domain of a supplier under contract, or remove the access.",
		Refs:  []string{"PCI DSS 8.2.7", "SOC 2 CC6.2", "ISO 27001 A.5.19", "CIS 5.1", "NIST AC-2"},
	}
	PersonFreeMail = Rule{
		ID: "person-free-mail", Title: "Free-mail address", Severity: Medium,
		Means: "The e-mail is of a mail service at which anybody can get an address.",
		Why:   "A private mailbox stays with the person after the work ends, is out of your protection, and does not prove who somebody is.",
		Do:    "Give the person an address of the company or of the supplier, then remove this access.",
		Refs:  []string{"PCI DSS 8.2.1", "SOC 2 CC6.2", "ISO 27001 A.5.16", "CIS 5.1", "NIST IA-4"},
	}
	PersonRoleMailbox = Rule{
		ID: "person-role-mailbox", Title: "Role mailbox or shared account", Severity: Medium,
		Means: "The e-mail or the name is that of a task or a team, not of a person. Rollcall goes by words, so look before you act.",
		Why:   "When several people use one account, nobody can tell who did something, the password is passed around, and it stays known when somebody leaves.",
		Do:    "Give each person an access of their own, then remove this one.",
		Refs:  []string{"PCI DSS 8.2.2", "SOC 2 CC6.1", "ISO 27001 A.5.16", "CIS 5.1", "NIST IA-2"},
	}
	PersonSameName = Rule{
		ID: "person-same-name", Title: "Same name, different e-mail", Severity: Low,
		Means: "Users with the same first and last name have different e-mails. They may be one person with several accounts, or several people.",
		Why:   "When a person leaves, the account that nobody thinks of stays. It also hides how many rights one person has together.",
		Do:    "Ask the people. If it is one person, keep the account with the company address.",
		Refs:  []string{"PCI DSS 8.2.1", "SOC 2 CC6.2", "ISO 27001 A.5.16", "CIS 5.1", "NIST AC-2"},
	}
)

var mailRules = []personRule{
	{Rule: &PersonOutside, kind: OfPerson, find: findOutside, moot: func(q *inquiry) bool { return q.company.empty() }},
	{Rule: &PersonFreeMail, kind: OfPerson, find: findFreeMail},
	{Rule: &PersonRoleMailbox, kind: OfPerson, find: findRoleMailbox},
	{Rule: &PersonSameName, kind: OfPerson, find: findSameName, doubt: doubtOfSameName},
}

// personEvidence are the values that rules about a person show.
func (q *inquiry) personEvidence(user int32, accesses []*access) []Evidence {
	who := q.who(user)
	list := []Evidence{{"e-mail", or(who.Email, "empty")}, {"name", or(strings.TrimSpace(who.FirstName+" "+who.LastName), "empty")}, {"stores", q.storeNames(accesses)}}
	if privileged := q.privilegedIn(accesses); len(privileged) > 0 {
		list = append(list, Evidence{"privileged in", some(privileged, 5)})
	}
	return append(list, Evidence{"first seen", moment(q.users[user].seen)}, q.readRange(accesses))
}

// readRange tells when the stores of some accesses were read.
func (q *inquiry) readRange(accesses []*access) Evidence {
	var from, to int64
	failed := 0
	for _, a := range accesses {
		s := &q.stores[a.store]
		if from == 0 || s.readAt < from {
			from = s.readAt
		}
		to = max(to, s.readAt)
		if !s.fresh() {
			failed++
		}
	}
	text := moment(from)
	if from != to {
		text += " to " + moment(to)
	}
	if failed > 0 {
		text += "; the newest try failed for " + counted(failed, "store")
	}
	return Evidence{"read", text}
}

func (q *inquiry) storeNames(accesses []*access) string {
	names := make([]string, len(accesses))
	for i, a := range accesses {
		names[i] = q.stores[a.store].label()
	}
	return some(names, 5)
}

func (q *inquiry) privilegedIn(accesses []*access) (names []string) {
	for _, a := range accesses {
		if len(q.rights[a.right].privileged) > 0 {
			names = append(names, q.stores[a.store].label())
		}
	}
	return names
}

// graver is the severity of a rule, one step more for people who are privileged somewhere and can sign in there.
func (q *inquiry) graver(accesses []*access) Severity {
	for _, a := range accesses {
		if a.state != statusInactive && len(q.rights[a.right].privileged) > 0 {
			return min(q.Severity+1, Critical)
		}
	}
	return q.Severity
}

func findOutside(q *inquiry) {
	q.eachPerson(func(user int32, mine []*access) {
		domain := org.EmailDomain(q.email(user))
		if domain == "" || q.company.has(domain) || q.freeMail.has(domain) {
			return
		}
		q.report(q.graver(mine), q.personSubject(user), fmt.Sprintf("%s belongs to none of the approved domains.", domain), q.personEvidence(user, mine)...)
	})
}

func findFreeMail(q *inquiry) {
	q.eachPerson(func(user int32, mine []*access) {
		domain := org.EmailDomain(q.email(user))
		if !q.freeMail.has(domain) || q.company.has(domain) {
			return
		}
		q.report(q.graver(mine), q.personSubject(user), fmt.Sprintf("%s is a free-mail address.", q.who(user).Email), q.personEvidence(user, mine)...)
	})
}

func findRoleMailbox(q *inquiry) {
	q.eachPerson(func(user int32, mine []*access) {
		who := q.who(user)
		switch {
		case roleMailbox(q.email(user), q.roleWords):
			q.report(q.graver(mine), q.personSubject(user), fmt.Sprintf("%s reads like a mailbox of a task, not of a person.", who.Email), q.personEvidence(user, mine)...)
		case roleName(*who, q.roleWords):
			q.report(q.graver(mine), q.personSubject(user), fmt.Sprintf("%s reads like a team, not like a person.", who.Name()), q.personEvidence(user, mine)...)
		}
	})
}

// foldName is the form in which names are compared; empty unless both names are given, for one alone says little.
func foldName(who *org.Identity) string {
	first, last := strings.TrimSpace(who.FirstName), strings.TrimSpace(who.LastName)
	if first == "" || last == "" {
		return ""
	}
	return strings.ToLower(strings.Join(strings.FieldsFunc(first+" "+last, unicode.IsSpace), " "))
}

func findSameName(q *inquiry) {
	byName := map[string][]int32{}
	q.eachPerson(func(user int32, _ []*access) {
		if name := foldName(q.who(user)); name != "" {
			byName[name] = append(byName[name], user)
		}
	})
	for name, users := range byName {
		mails := map[string]bool{}
		for _, u := range users {
			mails[q.email(u)] = true
		}
		if len(mails) < 2 || len(mails) > sameNameMost {
			continue
		}
		q.reportSameName(name, users)
	}
	slices.SortFunc(q.found, func(a, b Finding) int { return cmp.Compare(a.Subject.Key, b.Subject.Key) })
}

// sameNameMost is up to how many e-mails one name is worth a look; more are plainly a placeholder like Store User.
const sameNameMost = 10

func (q *inquiry) reportSameName(name string, users []int32) {
	about := q.personSubject(users[0])
	about.Key, about.Label = name, strings.TrimSpace(q.who(users[0]).FirstName+" "+q.who(users[0]).LastName)
	severity := q.Severity
	evidence := make([]Evidence, 0, len(users))
	for _, u := range users {
		mine := q.mine(u, nil)
		severity = max(severity, q.graver(mine))
		evidence = append(evidence, Evidence{or(q.who(u).Email, "no e-mail"), counted(len(mine), "store") + ": " + q.storeNames(mine)})
	}
	q.report(severity, about, fmt.Sprintf("%d users are called %s and have different e-mails.", len(users), about.Label), evidence...)
}

// doubtOfSameName wants every store: the other one of the name may be in any of them.
func doubtOfSameName(q *inquiry, _ Subject) Doubt { return q.unread }
