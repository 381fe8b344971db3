package org

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func entry() APIAccount {
	return APIAccount{Name: "Orders to ERP", Kind: APIAccountToken, StoreHash: "ab12cd34ef"}
}

func TestCleanedAPIAccount(t *testing.T) {
	a := entry()
	a.Name, a.StoreHash, a.Declared = "  Orders \t to ERP ", " AB12cd34ef ", []string{" b ", "a", "", "b"}
	got, err := a.Cleaned()
	if err != nil || got.Name != "Orders to ERP" || got.StoreHash != "ab12cd34ef" || !slices.Equal(got.Declared, []string{"a", "b"}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, _ := entry().Cleaned(); got.Declared != nil {
		t.Error("nothing declared became an empty declaration")
	}
	for field, spoil := range map[string]func(*APIAccount){
		"name":    func(a *APIAccount) { a.Name = "abc" },
		"kind":    func(a *APIAccount) { a.Kind = "other" },
		"store":   func(a *APIAccount) { a.StoreHash = "stores/x" },
		"client":  func(a *APIAccount) { a.ClientID = "two words" },
		"scopes":  func(a *APIAccount) { a.Declared = []string{strings.Repeat("x", 300)} },
		"owner":   func(a *APIAccount) { a.Owner = "a\x00b" },
		"notes":   func(a *APIAccount) { a.Notes = strings.Repeat("x", 5000) },
		"created": func(a *APIAccount) { a.Created = "31.3.2026" },
		"review":  func(a *APIAccount) { a.ReviewDue = "2026-02-30" },
	} {
		a := entry()
		spoil(&a)
		_, err := a.Cleaned()
		var problem *Error
		if !errors.As(err, &problem) || problem.Field != field || problem.Kind != KindInvalid {
			t.Errorf("%s: got %v", field, err)
		}
	}
	whole := APIAccount{Name: "Whole account", Kind: APIAccountWhole}
	if _, err := whole.Cleaned(); err != nil {
		t.Error(err)
	}
	whole.StoreHash = "ab12cd34ef"
	if _, err := whole.Cleaned(); KindOf(err) != KindInvalid {
		t.Errorf("an account-level entry with a store: %v", err)
	}
}

func TestParseHost(t *testing.T) {
	for _, c := range []struct {
		text, want string
		wild       bool
	}{
		{"Hooks.Example.com", "hooks.example.com", false},
		{"https://hooks.example.com:8443/path?q", "hooks.example.com", false},
		{"hooks.example.com/", "hooks.example.com", false},
		{"hooks.example.com.", "hooks.example.com", false},
		{"*.example.com", "*.example.com", true},
		{"*.example.com", "", false},
		{"192.0.2.1", "192.0.2.1", false},
		{"2001:db8::1", "2001:db8::1", false},
		{"my_host.internal", "my_host.internal", false},
		{"", "", false},
		{"two words", "", false},
		{"*", "", true},
		{"a..b", "", false},
		{"*.*.example.com", "", true},
	} {
		got, err := ParseHost(c.text, c.wild)
		if got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("ParseHost(%q, %v) = %q, %v, want %q", c.text, c.wild, got, err, c.want)
		}
	}
}

func TestApproves(t *testing.T) {
	list := []ApprovedHost{{Host: "hooks.example.com"}, {Host: "*.erp.example"}}
	for host, want := range map[string]Tri{
		"hooks.example.com": Yes, "a.hooks.example.com": No, "eu.erp.example": Yes, "erp.example": No, "badерp.example": No, "": Unknown,
	} {
		if got := Approves(list, host); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
	if got := Approves(nil, "hooks.example.com"); got != Unknown {
		t.Errorf("with nothing approved: %s", got)
	}
}

func TestCleanedExpectedHooks(t *testing.T) {
	e := ExpectedHooks{Integration: " ERP  sync ", Host: "ERP.example.com", Scopes: []string{"store/order/created", "store/cart/lineItem/*"}, Stores: []string{"AB12"}}
	got, err := e.Cleaned()
	if err != nil || got.Integration != "ERP sync" || got.Host != "erp.example.com" || got.Stores[0] != "ab12" {
		t.Errorf("got %+v, %v", got, err)
	}
	for name, e := range map[string]ExpectedHooks{
		"no scopes":  {Integration: "x", Host: "a.example"},
		"odd scope":  {Integration: "x", Host: "a.example", Scopes: []string{"orders"}},
		"no name":    {Host: "a.example", Scopes: []string{"store/order/created"}},
		"odd host":   {Integration: "x", Host: "a b", Scopes: []string{"store/order/created"}},
		"odd stores": {Integration: "x", Host: "a.example", Scopes: []string{"store/order/created"}, Stores: []string{"a b"}},
	} {
		if _, err := e.Cleaned(); KindOf(err) != KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestShownDestination(t *testing.T) {
	for destination, want := range map[string]string{
		"https://a.example/in":                        "https://a.example/in",
		"https://user:pass@a.example/in?token=secret": "https://a.example/in?…",
		"https://a.example#frag":                      "https://a.example",
		"projects/shop/topics/orders":                 "projects/shop/topics/orders",
		"https://user:pa%zz@a.example/in?key=secret":  "https://a.example/in?…",
		"a.example/in?key=secret":                     "a.example/in?…",
		"arn:aws:events:us-east-1::event-source/x":    "arn:aws:events:us-east-1::event-source/x",
	} {
		if got := ShownDestination(destination); got != want {
			t.Errorf("%s: got %s, want %s", destination, got, want)
		}
	}
}
