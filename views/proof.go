package views

import (
	"strings"
	"time"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

// kindNames tell the kinds of API accounts to people.
var kindNames = map[org.APIAccountKind]string{
	org.APIAccountToken: "V2/V3 API token", org.APIAccountStencil: "Stencil-CLI token", org.APIAccountApp: "App", org.APIAccountWhole: "Account-level",
}

func kindName(k org.APIAccountKind) string { return firstOf(kindNames[k], string(k)) }

var proofLooks = map[org.ProofState]Badge{
	org.ProofNone:         {Text: "Never verified", Dashed: true},
	org.ProofNoToken:      {Text: "No token", Tone: Quiet, Title: "Registered without a token: there is nothing to verify with"},
	org.ProofValid:        {Text: "Works", Tone: Good, Icon: "check"},
	org.ProofRevoked:      {Text: "Refused", Tone: Bad, Icon: "circle-x", Title: "BigCommerce does not accept the token: deleted, mistyped or of another store"},
	org.ProofWrongStore:   {Text: "Wrong store", Tone: Bad, Title: "The token works, but belongs to another store"},
	org.ProofWrongAccount: {Text: "Wrong account", Tone: Bad, Icon: "shield-alert", Title: "The store belongs to another BigCommerce account"},
	org.ProofScopeLost:    {Text: "Scope lost", Tone: Warn, Title: "The token works, but a scope that it had is gone"},
	org.ProofSuspended:    {Text: "Store down", Tone: Warn, Title: "The store is suspended or down; the token may be fine"},
	org.ProofBusy:         {Text: "Busy", Tone: Info, Title: "BigCommerce asked to come back later; the token may be fine"},
	org.ProofUnreadable:   {Text: "No answer", Tone: Warn, Title: "No answer, or one that cannot be read; the token may be fine"},
}

// proofBadge shows what the newest verification found; its tooltip has the cause.
func proofBadge(p org.Proof) Badge {
	b, ok := proofLooks[p.State]
	if !ok {
		b = Badge{Text: string(p.State), Tone: Info}
	}
	if p.Cause != "" {
		b.Title = p.Cause
	}
	return b
}

// stateText is a state of webhooks or of API accounts as filters name it.
func stateText(word string) string {
	switch word {
	case org.StateDown:
		return "Down"
	case org.StateBlocked:
		return "Blocked when last read"
	case org.ProofNone.Word():
		return proofLooks[org.ProofNone].Text
	}
	if look, ok := gapLooks[word]; ok && word != audit.GapInactive {
		return look.badge.Text
	}
	if b, ok := hookStateLooks[org.HookState(word)]; ok {
		return b.Text
	}
	if b, ok := proofLooks[org.ProofState(word)]; ok {
		return b.Text
	}
	return word
}

func proofChoices() []org.Choice {
	list := []org.Choice{}
	for _, state := range []org.ProofState{
		org.ProofRevoked, org.ProofWrongStore, org.ProofWrongAccount, org.ProofScopeLost, org.ProofSuspended, org.ProofUnreadable,
		org.ProofBusy, org.ProofValid, org.ProofNoToken,
	} {
		list = append(list, org.Choice{Value: string(state), Label: proofLooks[state].Text})
	}
	return append(list, org.Choice{Value: org.ProofNone.Word(), Label: proofLooks[org.ProofNone].Text})
}

// ScopeLine is one scope with what is known of it.
type ScopeLine struct {
	Name  string
	Badge Badge
}

// scopeLines join proven and declared scopes: extras first, then those that are proven and declared, then those that are
// declared and not proven.
func scopeLines(a org.APIAccount) (list []ScopeLine) {
	extra := map[string]bool{}
	for _, scope := range a.ExtraScopes() {
		extra[scope] = true
		list = append(list, ScopeLine{scope, Badge{Text: "undeclared", Tone: Warn, Title: "The token has it, and nobody declared that it needs it"}})
	}
	covered := map[string]bool{}
	for _, scope := range a.Proof.Scopes {
		covered[org.FoldScope(scope)] = true
		covered[org.FoldScope(strings.TrimSuffix(scope, "_read_only"))] = true
		if extra[scope] {
			continue
		}
		b := Badge{Text: "proven", Tone: Good}
		if a.Declared == nil {
			b.Title = "No scopes were declared to compare with"
		}
		list = append(list, ScopeLine{scope, b})
	}
	for _, scope := range a.Declared {
		if covered[org.FoldScope(scope)] {
			continue
		}
		b := Badge{Text: "declared, not proven", Tone: Quiet}
		if a.Proof.ScopesWhole {
			b = Badge{Text: "declared, not there", Tone: Info, Title: "The token lists all of its scopes, and this is none of them"}
		}
		list = append(list, ScopeLine{scope, b})
	}
	return list
}

// scopesSummary is the same in a cell: "12 proven", with how they were found out.
func scopesSummary(a org.APIAccount) (text, note string, extra *Badge) {
	switch {
	case a.Proof.ScopesKnown():
		text = Count(len(a.Proof.Scopes)) + " proven"
		if !a.Proof.ScopesWhole {
			text = "at least " + text
		}
	default:
		text = "not proven"
	}
	if note = "none declared"; a.Declared != nil {
		note = Count(len(a.Declared)) + " declared"
	}
	if n := len(a.ExtraScopes()); n > 0 {
		extra = &Badge{Text: Count(n) + " undeclared", Tone: Warn, Title: "More than was declared: " + strings.Join(a.ExtraScopes(), ", ")}
	}
	return text, note, extra
}

// scopesHow says by which calls the scopes became known.
func scopesHow(s Shell, p org.Proof) string {
	at := s.Stamp(p.ScopesAt).Full()
	switch p.ScopesBy {
	case org.ScopesByGraphQL:
		if p.ScopesWhole {
			return "The token's own list of scopes, read " + at + " through the Admin API."
		}
		return "The token's own list of scopes, read " + at + " through the Admin API; it was not read to its end."
	case org.ScopesByProbes:
		return "One harmless GET for each area, " + at + ". That cannot tell read-only from modify, so a scope may allow more than its name here says."
	}
	return "No statement about scopes can be made yet."
}

// reviewBadge says whether the review of an API account is due; ok is false when no day is set.
func reviewBadge(s Shell, day string) (b Badge, ok bool) {
	due, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return b, false
	}
	text := due.Format("2 Jan 2006")
	today := s.today()
	switch {
	case day < today:
		return Badge{Text: text + ", overdue", Tone: Warn}, true
	case day < s.Now.AddDate(0, 0, 30).Format(time.DateOnly):
		return Badge{Text: text, Tone: Info, Title: "Within 30 days"}, true
	}
	return Badge{Text: text, Tone: Quiet}, true
}

// ProofSays tells in one sentence what a verification found.
func ProofSays(p org.Proof) (Tone, string) {
	b := proofLooks[p.State]
	switch {
	case p.State == org.ProofValid:
		return Good, "BigCommerce accepts the token."
	case p.Cause != "":
		return b.Tone, b.Text + ": " + p.Cause
	case b.Title != "":
		return b.Tone, b.Text + ": " + b.Title + "."
	}
	return Info, b.Text + "."
}

// stateWords is a state of a change as pages show it; none stays empty.
func stateWords(word string) string {
	if word == "" {
		return ""
	}
	return stateText(word)
}
