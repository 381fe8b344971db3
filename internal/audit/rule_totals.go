package audit

import (
	"slices"

	"rollcall/internal/org"
)

// TotalNeverMatches is the rule about totals that say something else than their lists again and again (design 4.4).
var TotalNeverMatches = Rule{
	ID: "total-never-matches", Title: "Total does not match the list", Severity: Medium,
	Means: "In the newest three reads BigCommerce gave another total than the number of entries that it listed, and the entries were the same ones.",
	Why:   "Either BigCommerce counts wrong there, or it hides entries from the token. Rollcall cannot tell which, so nobody can say that the list is complete.",
	Do:    "Compare with the control panel. If the list there is the same, accept such totals in the settings of the account.",
	Refs:  []string{"PCI DSS 7.2.4", "SOC 2 CC6.2", "ISO 27001 A.5.18"},
}

// TotalRules lists the rules about totals.
func TotalRules() []*Rule { return []*Rule{&TotalNeverMatches} }

// EvaluateTotals makes findings of the totals that never match. A list that was not read to its end in the snapshot is
// judged by the reads before it, which Doubt tells; read tells how a list was read in this snapshot.
func EvaluateTotals(
	policy Policy, wrong []WrongTotal, a org.Account, labels map[org.StoreID][]string, read func(org.Facet, org.StoreID) org.FacetState,
) (list []Finding, doubt func(s Subject) Doubt) {
	id := TotalNeverMatches.ID
	for _, w := range wrong {
		if !policy.On(id) || w.Store != 0 && !policy.Covers(id, labels[w.Store]) {
			continue
		}
		s := Subject{Kind: OfStore, Key: number(int64(w.Store)), Label: w.StoreName, Store: w.Store, StoreName: w.StoreName}
		if w.Store == 0 {
			s = Subject{Kind: OfAccount, Key: string(w.Facet), Label: a.Label()}
		}
		list = append(list, Finding{
			Rule: &TotalNeverMatches, Severity: TotalNeverMatches.Severity, Subject: s,
			Says: "BigCommerce says " + number(int64(w.Expected)) + " and lists " + number(int64(w.Received)) + ", again and again.",
			Evidence: []Evidence{
				{"list", string(w.Facet)},
				{"total", number(int64(w.Expected))},
				{"listed", number(int64(w.Received))},
				{"read", day(w.Since) + " to " + day(w.Until)},
			},
		})
	}
	SortFindings(list)
	return list, func(s Subject) Doubt {
		facet := org.FacetAccesses
		if s.Store == 0 {
			facet = org.Facet(s.Key)
		}
		switch {
		case !policy.On(id):
			return DoubtOff
		case s.Store != 0 && !policy.Covers(id, labels[s.Store]):
			return DoubtLimits
		case slices.Contains([]org.FacetState{org.FacetComplete, ""}, read(facet, s.Store)):
			return "" // a store that is gone has nothing left to count
		case s.Store != 0:
			return DoubtStore
		case facet == org.FacetAccountUsers:
			return DoubtUsers
		}
		return DoubtStoreList
	}
}
