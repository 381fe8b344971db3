package sandbox

import (
	"fmt"
	"strings"
	"testing"
)

func TestPeculiarAnswers(t *testing.T) {
	apps := `{ account { apps(first: 2) { edges { node { eventSources(first: 1) { edges { node { webhooksCount } } } } } } system { time } } }`
	for _, e := range []expectation{
		{name: "null totals", change: func(c *Config) { c.NullTotals = true }, status: 200, want: `"collectionInfo":{"totalItems":null}`, outcome: OK},
		{name: "null collection", change: func(c *Config) { c.NullCollection = true }, status: 200, want: `"collectionInfo":null`, outcome: OK},
		{name: "wrong totals", change: func(c *Config) { c.WrongTotals = 1 }, status: 200, want: `"totalItems":13`, outcome: OK},
		{name: "null statuses", change: func(c *Config) { c.NullStatuses = true }, status: 200, want: `"status":null`, never: "ACTIVE", outcome: OK},
		{name: "null times", change: func(c *Config) { c.NullTimes = true }, status: 200, want: `"updatedAt":null`, never: "202", outcome: OK},
		{name: "null edges of users", change: func(c *Config) { c.NullEdges = "users" }, status: 200, want: `"collectionInfo":{"totalItems":12},"edges":null`, outcome: OK},
		{name: "null edges of empty lists", change: func(c *Config) { c.NullEdges, c.EmptyStores = "empty", 4 }, status: 200, want: `"collectionInfo":{"totalItems":0},"edges":null`, outcome: OK},
		{name: "unseen status", change: func(c *Config) { c.UnseenStatus, c.PageCap, c.UsersPerStore = "PENDING", 250, 200 }, query: strings.ReplaceAll(firstPages, "users(first: 5)", "users(first: 250)"), status: 200, want: `"status":"PENDING"`, outcome: OK},
		{name: "unseen status in the schema", change: func(c *Config) { c.UnseenStatus = "PENDING" }, query: `{ __type(name: "StoreUserStatus") { enumValues { name } } }`, status: 200, want: "PENDING", outcome: OK},
		{name: "numeric ids", change: func(c *Config) { c.NumericIDs = true }, status: 200, want: `"node":{"id":1000`, never: "bc/account", outcome: OK},
		{name: "longs as text", change: func(c *Config) { c.TextLongs = true }, status: 200, want: `"totalItems":"12"`, outcome: OK},
		{name: "times with milliseconds", change: func(c *Config) { c.Times = "millis" }, status: 200, want: `.000Z"`, outcome: OK},
		{name: "times with an offset", change: func(c *Config) { c.Times = "offset" }, status: 200, want: `+02:00"`, outcome: OK},
		{name: "garbage times", change: func(c *Config) { c.Times = "garbage" }, status: 200, want: ` at `, outcome: OK},
		{name: "failing store", change: func(c *Config) { c.FailingStores = 1 }, status: 200, want: `"edges":[null,{`, outcome: Partial},
		{name: "failing store has an error", change: func(c *Config) { c.FailingStores = 1 }, status: 200, want: `"path":["account","stores","edges",0,"node"]`, outcome: Partial},
		{name: "event sources", query: strings.Replace(apps, " system { time } }", " } system { time }", 1), status: 200, want: `"webhooksCount":7`, outcome: OK},
	} {
		t.Run(e.name, e.check)
	}
}

func TestUnseenPermissions(t *testing.T) {
	for _, on := range []bool{false, true} {
		s := New(Config{Shape: Shape{NewPermissions: on}, Start: start})
		found := false
		for _, a := range s.Truth(s.first).Accesses() {
			for _, name := range a.Permissions {
				for _, unseen := range unseenPermissions {
					found = found || name == unseen
				}
			}
		}
		if found != on {
			t.Errorf("switch %v, found %v", on, found)
		}
	}
}

func TestFilters(t *testing.T) {
	s := New(small())
	stores := s.Truth(s.first).Stores
	a, b := stores[0], stores[1]
	for _, test := range []struct {
		name   string
		change func(*Config)
		filter string
		want   []string
	}{
		{"by id", nil, fmt.Sprintf(`ids: [%q, %q]`, b.ID, a.ID), []string{a.Hash, b.Hash}},
		{"by hash", nil, fmt.Sprintf(`storeHashes: [%q]`, b.Hash), []string{b.Hash}},
		{"both, and", nil, fmt.Sprintf(`ids: [%q, %q], storeHashes: [%q]`, a.ID, b.ID, b.Hash), []string{b.Hash}},
		{"both, or", func(c *Config) { c.FilterBoth = "or" }, fmt.Sprintf(`ids: [%q], storeHashes: [%q]`, a.ID, b.Hash), []string{a.Hash, b.Hash}},
		{"unknown", nil, fmt.Sprintf(`ids: ["bc/account/store/%s"]`, a.Hash), []string{}},
		{"unknown, error", func(c *Config) { c.UnknownStore = "error" }, `storeHashes: ["nope"]`, nil},
		{"number", func(c *Config) { c.NumericIDs = true }, "ids: [" + lastPart(a.ID) + "]", []string{a.Hash}},
		{"no id", nil, "ids: []", []string{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.change == nil {
				test.change = func(*Config) {}
			}
			data := ask(t, New(small(test.change)), `{ account { stores(filter: {%s}, first: 5) { edges { node { storeHash } } } } }`, test.filter)
			if test.want == nil {
				if data.Data != nil || len(data.Errors) != 1 || !strings.HasPrefix(data.Errors[0].Message, "Not Found: ") {
					t.Errorf("got %+v", data)
				}
				return
			}
			got := []string{}
			for _, edge := range *data.Data.Account.Stores.Edges {
				got = append(got, edge.Node.StoreHash)
			}
			if fmt.Sprint(got) != fmt.Sprint(test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestCursorsThatCannotBeRead(t *testing.T) {
	for _, form := range []string{"", "page1"} {
		s := New(small(func(c *Config) { c.BadCursor = form }))
		truth := s.Truth(s.first)
		foreign := *(*ask(t, s, `{ account { stores(filter: {storeHashes: [%q]}, first: 1) { edges { node { users(first: 2) { %s } } } } } }`,
			truth.Stores[1].Hash, onward).Data.Account.Stores.Edges)[0].Node.Users.PageInfo.EndCursor
		for _, cursor := range []string{"garbage!", "", foreign} {
			data := ask(t, s, `{ account { stores(first: 1) { edges { node { users(first: 2, after: %q) { edges { node { email } } } } } } } }`, cursor)
			if form == "" {
				if len(data.Errors) != 1 || !strings.Contains(data.Errors[0].Message, "cursor") {
					t.Errorf("%q: got %+v", cursor, data)
				}
				continue
			}
			if first := (*(*data.Data.Account.Stores.Edges)[0].Node.Users.Edges)[0].Node.Email; first != truth.Stores[0].Accesses[0].Email {
				t.Errorf("%q: page begins with %s", cursor, first)
			}
		}
	}
}

func TestBackwards(t *testing.T) {
	s := New(small())
	want := s.Truth(s.first).Stores
	last := ask(t, s, `{ account { stores(last: 2) { pageInfo { hasNextPage hasPreviousPage startCursor } edges { cursor node { storeHash } } } } }`).Data.Account.Stores
	if (*last.Edges)[0].Node.StoreHash != want[2].Hash || len(*last.Edges) != 2 {
		t.Errorf("got %+v", last)
	}
	before := ask(t, s, `{ account { stores(last: 5, before: %q) { edges { node { storeHash } } } } }`, (*last.Edges)[0].Cursor).Data.Account.Stores
	if len(*before.Edges) != 2 || (*before.Edges)[1].Node.StoreHash != want[1].Hash {
		t.Errorf("got %+v", before)
	}
}
