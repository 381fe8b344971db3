package org

import (
	"slices"
	"testing"
)

func TestScopesBeyondTheDeclaration(t *testing.T) {
	for _, test := range []struct {
		name             string
		declared, proven []string
		by               string
		want             []string
	}{
		{"none declared", nil, []string{"a"}, ScopesByGraphQL, nil},
		{"none proven", []string{"a"}, nil, "", nil},
		{"declared none", []string{}, []string{"a"}, ScopesByGraphQL, []string{"a"}},
		{"as declared, and implicit ones", []string{"a"}, []string{"a", "store_v2_default", "users_basic_information"}, ScopesByGraphQL, nil},
		{"modify where read-only was declared", []string{"a_read_only"}, []string{"a"}, ScopesByGraphQL, []string{"a"}},
		{"the same by probes, which cannot tell", []string{"a_read_only"}, []string{"a"}, ScopesByProbes, nil},
		{"read-only where modify was declared", []string{"a"}, []string{"a_read_only"}, ScopesByProbes, nil},
		{"read-only where manage was declared", []string{"store_themes_manage"}, []string{"store_themes_read_only"}, ScopesByProbes, nil},
		{"spelled differently", []string{"store_checkouts"}, []string{"store_checkout_read_only"}, ScopesByProbes, nil},
	} {
		a := APIAccount{Declared: test.declared, Proof: Proof{Scopes: test.proven, ScopesBy: test.by}}
		if got := a.ExtraScopes(); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}
