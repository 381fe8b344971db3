package audit

import (
	"slices"

	"rollcall/internal/org"
)

// DoubtToken is for what registered tokens show.
const DoubtToken Doubt = "a token that would show it was not read in this snapshot"

// EvaluateStores applies the rules about webhooks and API accounts under a policy: those that are on, to stores with the
// labels that they are limited to. doubt tells what could not be judged, as Coverage.Doubt does for the rules about
// people; it keeps the estate, which must stay as it is.
func EvaluateStores(policy Policy, e Estate, labels map[org.StoreID][]string) (list []Finding, doubt func(rule string, s Subject) Doubt) {
	on := slices.DeleteFunc(StoreRules(), func(r *Rule) bool { return !policy.On(r.ID) })
	if len(on) > 0 {
		list = JudgeStores(e, on...)
	}
	// A host or a client has no store of its own when several stores show it: limits leave it alone.
	covers := func(rule string, s Subject) bool { return s.Store == 0 || policy.Covers(rule, labels[s.Store]) }
	list = slices.DeleteFunc(list, func(f Finding) bool { return !covers(f.Rule.ID, f.Subject) })
	seen := newSight(e)
	return list, func(rule string, s Subject) Doubt {
		switch {
		case !policy.On(rule):
			return DoubtOff
		case !covers(rule, s):
			return DoubtLimits
		}
		return seen.doubt(rule, s)
	}
}

// sight is what an estate shows of webhooks and API accounts, by the keys of subjects.
type sight struct {
	hooks    map[string]*org.WebhookRow
	accounts map[string]*org.APIAccount
	stores   map[org.StoreID]*org.StoreCoverage
	every    bool // every registered token was read
}

func newSight(e Estate) *sight {
	v := &sight{hooks: map[string]*org.WebhookRow{}, accounts: map[string]*org.APIAccount{}, stores: map[org.StoreID]*org.StoreCoverage{}, every: true}
	for i := range e.Hooks {
		v.hooks[hookSubject(&e.Hooks[i]).Key] = &e.Hooks[i]
		v.every = v.every && e.Hooks[i].Current
	}
	for i := range e.Accounts {
		v.accounts[tokenSubject(&e.Accounts[i]).Key] = &e.Accounts[i]
	}
	for i := range e.Stores {
		v.stores[e.Stores[i].Store] = &e.Stores[i]
		v.every = v.every && e.Stores[i].TokensRead == e.Stores[i].Tokens
	}
	return v
}

func (v *sight) doubt(rule string, s Subject) Doubt {
	if !slices.ContainsFunc(storeRules, func(r storeRule) bool { return r.ID == rule }) {
		return DoubtUnknown
	}
	switch rule {
	case TokenReviewOverdue.ID, TokenShared.ID, StoreNearCap.ID, OwnerMoved.ID:
		return "" // the register and the history know
	case HostUnapproved.ID, ClientUnknown.ID:
		return doubtUnless(v.every)
	case TokenRevoked.ID, TokenWrongAccount.ID, TokenOverScoped.ID:
		a := v.accounts[s.Key]
		return doubtUnless(a == nil || a.Proof.State.Conclusive())
	case TokenUnused.ID, HookUnwatched.ID:
		a := v.accounts[s.Key]
		return doubtUnless(a == nil || a.Proof.State.Conclusive() && v.storeRead(s.Store))
	case HookDuplicate.ID, HookNearLimit.ID:
		return doubtUnless(v.storeRead(s.Store))
	}
	if h := v.hooks[s.Key]; h != nil {
		return doubtUnless(h.Current)
	}
	return doubtUnless(v.storeRead(s.Store))
}

// storeRead tells whether all tokens of a store were read. A store that is gone has nothing left to read.
func (v *sight) storeRead(store org.StoreID) bool {
	s := v.stores[store]
	return s == nil || s.TokensRead == s.Tokens
}

func doubtUnless(judged bool) Doubt {
	if judged {
		return ""
	}
	return DoubtToken
}
