package org_test

import (
	"slices"
	"strings"
	"testing"

	"rollcall/internal/org"
)

func TestParseLabels(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want []string
		ok   bool
	}{
		{"", nil, true},
		{" live,  EMEA ,brand  A,,live", []string{"EMEA", "brand A", "live"}, true},
		{strings.Repeat("é", 40), []string{strings.Repeat("é", 40)}, true},
		{strings.Repeat("é", 41), nil, false},
		{"a\x00b", nil, false},
		{"\xff", nil, false},
		{"a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u", nil, false},
	}
	for _, test := range tests {
		got, err := org.ParseLabels(test.text)
		if (err == nil) != test.ok || !slices.Equal(got, test.want) {
			t.Errorf("%q: got %q, %v", test.text, got, err)
		}
	}
}
