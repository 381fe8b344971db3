package audit

import (
	"fmt"
	"time"

	"rollcall/internal/org"
)

// Rules about accesses that nobody seems to use.
var (
	AccessInactive = Rule{
		ID: "access-inactive", Title: "Access not used for long", Severity: Medium,
		Means: "The last sign-in lies further back than the number of days in the policy, counted from the day on which the store was read. " +
			"BigCommerce does not say whether the last sign-in is that of the store or of the person. Users with the status inactive are left out, they cannot sign in.",
		Why: "An access that nobody uses is not missed when somebody else takes it over, and its password grows old.",
		Do:  "Ask the person or the manager. Remove the access, or accept the finding with a reason and a date when it is needed for rare cases.",
		Refs: []string{
			"PCI DSS 8.2.6", "SOC 2 CC6.2", "ISO 27001 A.5.18", "CIS 5.3", "NIST AC-2(3)",
		},
	}
	AccessNeverUsed = Rule{
		ID: "access-never-used", Title: "Never signed in", Severity: Low,
		Means: "BigCommerce has no sign-in at all, although the access has been there for longer than the grace of the policy. " +
			"The time counts from when Rollcall saw the access first, so it may have been there before.",
		Why:  "An invitation that was never used may lie in a mailbox that somebody else can read. It also shows accesses that were given without need.",
		Do:   "Ask whether the access is still wanted. Remove it if not; it can be given again.",
		Refs: []string{"PCI DSS 7.2.4", "SOC 2 CC6.2", "ISO 27001 A.5.18", "CIS 5.3", "NIST AC-2"},
	}
	AccessSwitchedOff = Rule{
		ID: "access-inactive-with-rights", Title: "Switched off, but rights kept", Severity: Low,
		Means: "The status is inactive, so the user cannot sign in, but the permissions are still there.",
		Why:   "Whoever may edit users can bring it back with one click and all of its rights, which looks harmless in a list.",
		Do:    "Remove the user from the store when the person has left. If the pause is meant, accept the finding until it ends.",
		Refs:  []string{"PCI DSS 8.2.5", "SOC 2 CC6.3", "ISO 27001 A.5.18", "CIS 5.3", "NIST AC-2"},
	}
	AccessPrivilegedIdle = Rule{
		ID: "access-privileged-inactive", Title: "Privileged and not used", Severity: High,
		Means: "The access holds permissions that make it privileged, and its last sign-in lies further back than the policy allows, or there never was one after the grace.",
		Why:   "Rights over users, apps and API accounts are what an attacker wants, and nobody notices when an unused access is taken over.",
		Do:    "Take the privileged permissions away now, and remove the access unless somebody says why it is needed.",
		Refs:  []string{"PCI DSS 7.2.2", "PCI DSS 8.2.6", "SOC 2 CC6.3", "ISO 27001 A.8.2", "CIS 5.3", "NIST AC-2(3)"},
	}
)

var idleRules = []personRule{
	{Rule: &AccessInactive, kind: OfAccess, needs: needLogin, find: findInactive},
	{Rule: &AccessNeverUsed, kind: OfAccess, needs: needLogin, find: findNeverUsed},
	{Rule: &AccessSwitchedOff, kind: OfAccess, needs: needStatus | needRights, find: findSwitchedOff},
	{Rule: &AccessPrivilegedIdle, kind: OfAccess, needs: needLogin | needRights, find: findPrivilegedIdle},
}

// idle tells how an access that can sign in is used: LoginActive as well for those that are too new to judge.
func (b *background) idle(a *access) org.LoginState {
	readAt := b.stores[a.store].readAt
	switch {
	case a.login < 0 || readAt == 0:
		return org.LoginUnknown
	case a.state == statusInactive:
		return org.LoginActive // cannot sign in: other rules speak of it
	case a.login == 0:
		if a.firstSeen == 0 || readAt-a.firstSeen <= b.grace {
			return org.LoginActive
		}
		return org.LoginNever
	case a.login < readAt-b.inactive:
		return org.LoginInactive
	}
	return org.LoginActive
}

func findInactive(q *inquiry) {
	q.each(func(a *access, r *rights, s *storeEntry) {
		if q.idle(a) != org.LoginInactive {
			return
		}
		q.report(q.Severity, q.accessSubject(a), fmt.Sprintf("%s has not signed in for %s.", labelOf(q.who(a.user)), daysBetween(a.login, s.readAt)),
			q.loginEvidence(a, r, s)...)
	})
}

func findNeverUsed(q *inquiry) {
	q.each(func(a *access, r *rights, s *storeEntry) {
		if q.idle(a) != org.LoginNever {
			return
		}
		q.report(q.Severity, q.accessSubject(a), fmt.Sprintf("%s has never signed in since the access was first seen %s ago.",
			labelOf(q.who(a.user)), daysBetween(a.firstSeen, s.readAt)), q.loginEvidence(a, r, s)...)
	})
}

func findPrivilegedIdle(q *inquiry) {
	q.each(func(a *access, r *rights, s *storeEntry) {
		idle := q.idle(a)
		if len(r.privileged) == 0 || idle != org.LoginInactive && idle != org.LoginNever {
			return
		}
		since := "has not signed in for " + daysBetween(a.login, s.readAt)
		if idle == org.LoginNever {
			since = "has never signed in"
		}
		q.report(q.Severity, q.accessSubject(a), fmt.Sprintf("%s is privileged and %s.", labelOf(q.who(a.user)), since),
			append([]Evidence{{"privileged by", some(r.privileged, 6)}}, q.loginEvidence(a, r, s)...)...)
	})
}

func findSwitchedOff(q *inquiry) {
	q.each(func(a *access, r *rights, s *storeEntry) {
		if a.state != statusInactive || len(r.set) == 0 {
			return
		}
		severity := q.Severity
		evidence := []Evidence{{"status", q.status(a)}, {"role", r.role.String()}, {"permissions", number(int64(len(r.set)))}}
		if len(r.privileged) > 0 {
			severity = Medium
			evidence = append(evidence, Evidence{"privileged by", some(r.privileged, 6)})
		}
		q.report(severity, q.accessSubject(a), fmt.Sprintf("%s is inactive and keeps %s.", labelOf(q.who(a.user)), counted(len(r.set), "permission")),
			append(evidence, s.readEvidence(a))...)
	})
}

// loginEvidence are the values on which a finding about sign-ins rests.
func (q *inquiry) loginEvidence(a *access, r *rights, s *storeEntry) []Evidence {
	login := "never"
	if a.login > 0 {
		login = moment(a.login)
	}
	list := []Evidence{
		{"last sign-in", login}, {"threshold", counted(q.policy.InactiveDays, "day")}, {"status", q.status(a)}, {"role", r.word()},
	}
	if a.login == 0 {
		list[1] = Evidence{"grace", counted(q.policy.GraceDays, "day")}
	}
	return append(list, Evidence{"first seen", moment(a.firstSeen)}, s.readEvidence(a))
}

// readEvidence says how old the values of an access are.
func (s *storeEntry) readEvidence(a *access) Evidence {
	text := moment(s.readAt)
	if !s.fresh() {
		text += "; the newest try failed"
	} else if a != nil && a.unseen {
		text += " did not show the access, values are older"
	}
	return Evidence{"store read", text}
}

// word is the role in words, unknown when permissions were not read.
func (r *rights) word() string {
	if !r.read {
		return org.RoleUnknown.String()
	}
	return r.role.String()
}

// moment is a time of unix seconds in evidence.
func moment(seconds int64) string {
	if seconds <= 0 {
		return "unknown"
	}
	return day(time.Unix(seconds, 0))
}

// daysBetween is a span of unix seconds in whole days.
func daysBetween(from, to int64) string { return counted(int((to-from)/(24*60*60)), "day") }
