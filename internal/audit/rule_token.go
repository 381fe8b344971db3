package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rollcall/internal/org"
)

// Rules about credentials.
var (
	TokenRevoked = Rule{
		ID: "token-revoked", Title: "Token is refused", Severity: High,
		Means: "BigCommerce refuses the token, or it belongs to another store than the register says. Its API account was probably deleted, or the token was mistyped; which one is not told.",
		Why:   "When an API account is deleted, its webhooks vanish and its system stops. Rollcall sees nothing through the token any more and shows old data.",
		Do:    "Ask the owner. If it was deleted on purpose, take it out of the register; else create a new API account and replace the token here.",
		Refs:  []string{"PCI DSS 8.6.1", "SOC 2 CC6.2", "ISO 27001 A.5.18"},
	}
	TokenWrongAccount = Rule{
		ID: "token-wrong-account", Title: "Store belongs to another account", Severity: Critical,
		Means: "The token works, but its store belongs to another BigCommerce account than the one it is registered for.",
		Why:   "Somebody may have registered credentials of a foreign store, or the store changed hands: data then flow between companies.",
		Do:    "Find out whose store it is. If it is not yours, take the entry out of the register and have the API account deleted.",
		Refs:  []string{"SOC 2 CC6.1", "ISO 27001 A.5.15"},
	}
	TokenOverScoped = Rule{
		ID: "token-over-scoped", Title: "Token may do more than declared", Severity: Medium,
		Means: "Calls proved scopes that the register does not declare. Scopes found by probing may be read-only though declared as modify; that counts as covered. Without a declaration or a proof the rule is silent.",
		Why:   "Who takes the token can do everything that it may do, not only what it is for.",
		Do:    "Scopes of an API account cannot be changed: create one with the declared scopes, replace the token in its system, delete the old one. If it needs them, declare them here.",
		Refs:  []string{"PCI DSS 7.2.5", "SOC 2 CC6.3", "NIST AC-6"},
	}
	TokenShared = Rule{
		ID: "token-shared-by-stores", Title: "Same credentials in several entries", Severity: High,
		Means: "The same token, or the same client ID without being an app, is registered more than once. A store-level API account belongs to one store, so at least one entry is wrong.",
		Why:   "The register is then not true: a rotation or a deletion hits systems that nobody expects.",
		Do:    "Compare the credentials files with the entries, and keep the one whose store the API confirms.",
		Refs:  []string{"PCI DSS 8.6.1", "ISO 27001 A.5.16"},
	}
	TokenUnused = Rule{
		ID: "token-unused", Title: "Token without a known use", Severity: Medium,
		Means: "The token works, all of the store's tokens were read, this one has no webhooks, and nobody wrote down what it is for. It may still be used to read or write data: BigCommerce does not tell when a token was last used.",
		Why:   "Tokens never expire. One that nobody needs is only a risk, and it takes one of the store's 50 places.",
		Do:    "Ask its owner. Write down the purpose, or have the API account deleted in the control panel.",
		Refs:  []string{"PCI DSS 7.2.5.1", "CIS 5.3", "NIST AC-2"},
	}
	TokenReviewOverdue = Rule{
		ID: "token-review-overdue", Title: "Review is overdue", Severity: Medium,
		Means: "The day by which somebody should have reviewed the API account has passed.",
		Why:   "Reviews at intervals are how unused and over-wide credentials are found, and auditors ask for them.",
		Do:    "Check owner, purpose, scopes and webhooks on its page, then set the next day.",
		Refs:  []string{"PCI DSS 7.2.5.1", "SOC 2 CC6.3", "CIS 5.5"},
	}
)

func findRevoked(r *Rule, e Estate) (list []Finding) {
	for i := range e.Accounts {
		a := &e.Accounts[i]
		p := &a.Proof
		if p.State != org.ProofRevoked && p.State != org.ProofWrongStore {
			continue
		}
		f := Finding{Rule: r, Severity: r.Severity, Subject: tokenSubject(a)}
		f.Says = fmt.Sprintf("The token of %s is refused.", a.Label())
		if p.State == org.ProofWrongStore {
			f.Says = fmt.Sprintf("The token of %s belongs to another store.", a.Label())
		}
		if a.Hooks == 0 && p.WorkedAt.IsZero() {
			f.Severity = Medium // it never worked here: mistyped, rather than lost
		}
		f.Evidence = []Evidence{{"verified", day(p.CheckedAt)}, {"last worked", day(p.WorkedAt)}}
		if p.Cause != "" {
			f.Evidence = append(f.Evidence, Evidence{"answer", p.Cause})
		}
		if a.Hooks > 0 {
			f.Evidence = append(f.Evidence, Evidence{"webhooks last seen through it", number(int64(a.Hooks))})
		}
		list = append(list, f)
	}
	return list
}

func findWrongAccount(r *Rule, e Estate) (list []Finding) {
	for i := range e.Accounts {
		a := &e.Accounts[i]
		told := a.Proof.AccountUUID
		foreign := told != "" && e.AccountUUID != "" && !strings.EqualFold(told, e.AccountUUID)
		if a.Proof.State != org.ProofWrongAccount && !foreign {
			continue
		}
		f := Finding{Rule: r, Severity: r.Severity, Subject: tokenSubject(a)}
		f.Says = fmt.Sprintf("The store of %s belongs to another BigCommerce account.", a.Label())
		f.Evidence = []Evidence{{"account of the store", told}, {"audited account", e.AccountUUID}, {"verified", day(a.Proof.CheckedAt)}}
		list = append(list, f)
	}
	return list
}

func findOverScoped(r *Rule, e Estate) (list []Finding) {
	for i := range e.Accounts {
		a := &e.Accounts[i]
		extra := a.ExtraScopes()
		if len(extra) == 0 {
			continue
		}
		f := Finding{Rule: r, Severity: r.Severity, Subject: tokenSubject(a)}
		f.Says = fmt.Sprintf("%s holds %s that nobody declared.", a.Label(), counted(len(extra), "scope"))
		if a.Proof.ScopesBy == org.ScopesByGraphQL && slices.ContainsFunc(extra, writes) {
			f.Severity = High
		}
		how := "the token's own list"
		if a.Proof.ScopesBy == org.ScopesByProbes {
			how = "one GET for each area, which cannot tell read-only from modify"
		}
		f.Evidence = []Evidence{
			{"not declared", some(extra, 8)}, {"declared", some(a.Declared, 8)}, {"found by", how}, {"proven", day(a.Proof.ScopesAt)},
		}
		list = append(list, f)
	}
	return list
}

// writes tells whether a scope allows changes, going by its name.
func writes(scope string) bool {
	return !strings.HasSuffix(scope, "_read_only") && !strings.HasSuffix(scope, "_read")
}

func findShared(r *Rule, e Estate) (list []Finding) {
	for i := range e.Accounts {
		a := &e.Accounts[i]
		if len(a.Shared) == 0 || slices.ContainsFunc(a.Shared, func(t org.TokenRef) bool { return t.ID < a.ID }) {
			continue // the first of them speaks for all
		}
		others := make([]string, len(a.Shared))
		for j, t := range a.Shared {
			others[j] = t.Label
		}
		list = append(list, Finding{
			Rule: r, Severity: r.Severity, Subject: tokenSubject(a),
			Says:     fmt.Sprintf("%s has the same credentials as %s of the register.", a.Label(), otherEntries(len(others))),
			Evidence: []Evidence{{"the same as", some(others, 5)}, {"client ID", a.ClientID}, {"token ends in", a.TokenLast4}},
		})
	}
	return list
}

func otherEntries(n int) string {
	if n == 1 {
		return "another entry"
	}
	return fmt.Sprintf("%d other entries", n)
}

func findUnused(r *Rule, e Estate) (list []Finding) {
	read := map[string]bool{}
	for i := range e.Stores {
		s := &e.Stores[i]
		read[s.StoreHash] = s.Tokens > 0 && s.TokensRead == s.Tokens
	}
	for i := range e.Accounts {
		a := &e.Accounts[i]
		if !a.HasToken || a.AccountLevel() || !a.Proof.State.Works() || a.Hooks > 0 || a.Purpose != "" || !read[a.StoreHash] {
			continue
		}
		list = append(list, Finding{
			Rule: r, Severity: r.Severity, Subject: tokenSubject(a),
			Says:     fmt.Sprintf("%s works, has no webhooks and no declared purpose.", a.Label()),
			Evidence: []Evidence{{"webhooks", "none"}, {"purpose", "not written down"}, {"owner", or(a.Owner, "not written down")}, {"verified", day(a.Proof.CheckedAt)}},
		})
	}
	return list
}

func or(text, instead string) string {
	if text == "" {
		return instead
	}
	return text
}

func findOverdue(r *Rule, e Estate) (list []Finding) {
	today := e.At.UTC().Format(time.DateOnly)
	for i := range e.Accounts {
		a := &e.Accounts[i]
		if a.ReviewDue == "" || a.ReviewDue >= today {
			continue
		}
		list = append(list, Finding{
			Rule: r, Severity: r.Severity, Subject: tokenSubject(a),
			Says:     fmt.Sprintf("The review of %s was due on %s.", a.Label(), a.ReviewDue),
			Evidence: []Evidence{{"due", a.ReviewDue}, {"owner", or(a.Owner, "not written down")}, {"last rotated", or(a.Rotated, "not written down")}},
		})
	}
	return list
}
