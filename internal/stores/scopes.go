package stores

import (
	"slices"
	"strings"

	"rollcall/internal/org"
)

// lostScopes says which scopes a token had and has not any more; empty when none is missing or it cannot be told. A loss
// that was seen stays one until the token gains scopes again.
func lostScopes(last, now org.Proof) string {
	if !last.ScopesKnown() || last.ClientID != "" && now.ClientID != "" && last.ClientID != now.ClientID {
		return ""
	}
	have := areas(now)
	var lost []string
	for _, scope := range tellable(last, now) {
		if !have[key(now, scope)] {
			lost = append(lost, scope)
		}
	}
	switch {
	case len(lost) > 0:
		return "The token lost scopes that it had: " + strings.Join(lost, ", ") + ". Whoever uses it may fail there."
	case last.State == org.ProofScopeLost && len(now.Scopes) <= len(last.Scopes):
		return last.Cause
	}
	return ""
}

// tellable are the scopes of the last proof of which the new one would tell.
func tellable(last, now org.Proof) []string {
	switch now.ScopesBy {
	case org.ScopesByGraphQL:
		if now.ScopesWhole {
			return last.Scopes
		}
	case org.ScopesByProbes:
		if now.ScopesAt.IsZero() {
			return nil
		}
		var probed []string
		for _, scope := range last.Scopes {
			if slices.ContainsFunc(probes, func(p probe) bool { return area(p.scope) == area(scope) }) {
				probed = append(probed, scope)
			}
		}
		return probed
	}
	return nil
}

// areas are the scopes of a proof in the form in which they are compared.
func areas(p org.Proof) map[string]bool {
	set := map[string]bool{}
	for _, scope := range p.Scopes {
		set[key(p, scope)] = true
	}
	return set
}

// key is how a scope is compared with those of a proof: exactly, but by its area alone where probes found either.
func key(with org.Proof, scope string) string {
	if with.ScopesBy == org.ScopesByProbes {
		return area(scope)
	}
	return org.FoldScope(scope)
}

// area is a scope without its kind of access.
func area(scope string) string {
	scope = org.FoldScope(scope)
	for _, tail := range []string{"_read_only", "_manage"} {
		scope = strings.TrimSuffix(scope, tail)
	}
	return scope
}
