package audit

import (
	"slices"

	"rollcall/internal/org"
)

// DiffProof compares what two verifications of an API account showed. put tells whether they differ in substance, times
// left aside. A first verification is a baseline and no change.
func DiffProof(held *org.Proof, now org.Proof, account org.APIAccount) (put bool, changes []Change) {
	if held == nil {
		return true, nil
	}
	field := TokenField(account)
	if standing(held.State) != standing(now.State) && held.State != org.ProofNone {
		changes = append(changes, Change{Kind: TokenState, Field: field, Before: string(held.State), After: string(now.State)})
	}
	if scopesDiffer(*held, now) {
		changes = append(changes, Change{
			Kind: TokenScopes, Field: field, Before: JoinList(held.Scopes), After: JoinList(now.Scopes),
		})
	}
	return !sameProof(*held, now), changes
}

// standing is the state without the loss of scopes, which is a change of its own and told once.
func standing(state org.ProofState) org.ProofState {
	if state == org.ProofScopeLost {
		return org.ProofValid
	}
	return state
}

// scopesDiffer tells whether a token has other scopes for certain. Two ways of finding them out name them differently
// (facts 2.10), and what an incomplete list lacks may be there.
func scopesDiffer(held, now org.Proof) bool {
	if held.ScopesBy == "" || held.ScopesBy != now.ScopesBy {
		return false
	}
	lost := now.ScopesWhole && slices.ContainsFunc(held.Scopes, func(s string) bool { return !slices.Contains(now.Scopes, s) })
	gained := held.ScopesWhole && slices.ContainsFunc(now.Scopes, func(s string) bool { return !slices.Contains(held.Scopes, s) })
	return lost || gained
}

func sameProof(a, b org.Proof) bool {
	return a.State == b.State && a.Cause == b.Cause && slices.Equal(a.Scopes, b.Scopes) && a.ScopesBy == b.ScopesBy &&
		a.ScopesWhole == b.ScopesWhole && a.ClientID == b.ClientID && a.StoreHash == b.StoreHash &&
		a.AccountUUID == b.AccountUUID && a.AdminEmail == b.AdminEmail && a.StoreName == b.StoreName &&
		a.StoreStatus == b.StoreStatus && a.Plan == b.Plan
}

// KeepProof completes a verification with what earlier ones showed and it did not ask or was not told.
func KeepProof(held, now org.Proof) org.Proof {
	if now.ScopesBy == "" {
		now.Scopes, now.ScopesBy, now.ScopesWhole, now.ScopesAt = held.Scopes, held.ScopesBy, held.ScopesWhole, held.ScopesAt
	}
	if now.WorkedAt.IsZero() {
		now.WorkedAt = held.WorkedAt
	}
	for _, text := range []struct {
		now  *string
		held string
	}{
		{&now.ClientID, held.ClientID},
		{&now.StoreHash, held.StoreHash},
		{&now.AccountUUID, held.AccountUUID},
		{&now.AdminEmail, held.AdminEmail},
		{&now.StoreName, held.StoreName},
		{&now.StoreStatus, held.StoreStatus},
		{&now.Plan, held.Plan},
	} {
		if *text.now == "" {
			*text.now = text.held
		}
	}
	return now
}

// DiffOwner compares the administrator's e-mail of a store with that of an earlier read of the same store, through
// whichever token: the best hint that the store has another owner (facts 2.4).
func DiffOwner(held, now string) []Change {
	if held == "" || now == "" || org.FoldEmail(held) == org.FoldEmail(now) {
		return nil
	}
	return []Change{{Kind: OwnerChanged, Field: "admin_email", Before: held, After: now}}
}

// ReadClient is the client whose webhooks a read showed: as all of them tell, else as the proof does. Empty when neither
// does, or when they tell different ones.
func ReadClient(proof org.Proof, hooks []org.Webhook) string {
	client := proof.ClientID
	for i, hook := range hooks {
		switch {
		case hook.ClientID == "":
		case i == 0 || client == "":
			client = hook.ClientID
		case hook.ClientID != client:
			return ""
		}
	}
	return client
}
