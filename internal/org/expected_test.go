package org

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseExpectedHooksJoinsStoresWithTheSameEvents(t *testing.T) {
	got, err := ParseExpectedHooks("\ufeffintegration;host;event;store\r\n# the ERP\r\nERP;https://Hooks.Example.com/in;store/order/created;abc123\r\n" +
		"ERP;hooks.example.com;store/order/created;def456\r\nERP;hooks.example.com;store/order/updated;ghi789\r\nERP;hooks.example.com;store/cart/*;\r\nMailer;mail.example.com;store/customer/*\r\n")
	want := []ExpectedHooks{
		{Integration: "ERP", Host: "hooks.example.com", Scopes: []string{"store/cart/*"}},
		{Integration: "ERP", Host: "hooks.example.com", Scopes: []string{"store/order/created"}, Stores: []string{"abc123", "def456"}},
		{Integration: "ERP", Host: "hooks.example.com", Scopes: []string{"store/order/updated"}, Stores: []string{"ghi789"}},
		{Integration: "Mailer", Host: "mail.example.com", Scopes: []string{"store/customer/*"}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
}

func TestParseExpectedHooksNamesTheLine(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "no line",
		"integration,host,event,store":      "no line",
		"ERP,hooks.example.com":             "Line 1 has 2 columns",
		"ERP,hooks.example.com,store/a,b,c": "Line 1 has 5 columns",
		"ERP,hooks.example.com,store/a\nERP,x y,s":  "Line 2: \"x y\" is no host name",
		"ERP,hooks.example.com,order":               "Line 1: \"order\" is no event scope",
		",hooks.example.com,store/a":                "Line 1: Name the integration",
		"ERP,hooks.example.com,store/a,not a hash!": "Line 1: \"not a hash!\" is no store hash",
		"ERP,\"hooks,store/a":                       "Line 1 cannot be read",
	} {
		if _, err := ParseExpectedHooks(text); KindOf(err) != KindInvalid || !strings.Contains(TextOf(err), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

func TestFreezeHooksTakesOnlyTheHost(t *testing.T) {
	hook := func(host, store, scope string) WebhookRow {
		return WebhookRow{Host: host, StoreHash: store, Webhook: Webhook{Scope: scope}}
	}
	got := FreezeHooks("ERP", "a.example", []WebhookRow{
		hook("a.example", "s1", "store/x"), hook("a.example", "s2", "store/x"), hook("b.example", "s1", "store/y"), hook("a.example", "s1", "store/x"),
	})
	want := []ExpectedHooks{{Integration: "ERP", Host: "a.example", Scopes: []string{"store/x"}, Stores: []string{"s1", "s2"}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if none := FreezeHooks("ERP", "c.example", nil); len(none) != 0 {
		t.Errorf("got %+v", none)
	}
}

func FuzzParseExpectedHooks(f *testing.F) {
	f.Add("ERP;a.example;store/order/created;abc")
	f.Add("\"")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := ParseExpectedHooks(text)
		if err == nil && len(list) == 0 {
			t.Error("neither entries nor an error")
		}
		for _, e := range list {
			if _, err := e.Cleaned(); err != nil {
				t.Errorf("%+v: %v", e, err)
			}
		}
	})
}
