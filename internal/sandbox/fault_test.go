package sandbox

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// TestTransportFaults calls for each fault once and looks at the wire; the request after it is fine again.
func TestTransportFaults(t *testing.T) {
	for kind, want := range map[FaultKind]struct {
		status  int
		body    string
		header  bool // quota headers
		outcome Outcome
		served  bool
	}{
		FaultLimited:    {429, `"status":429`, true, Limited, false},
		FaultLimitedRaw: {429, `"status":429`, false, Limited, false},
		FaultLimitedNil: {429, "", false, Limited, false},
		Fault500:        {500, `{"errors":`, true, ServerError, false},
		Fault502:        {502, "<html>", true, ServerError, false},
		Fault503:        {503, "", true, ServerError, false},
		Fault504:        {504, "<html>", true, TimedOut, false},
		FaultHTML:       {200, "<html>", true, Broken, true},
		FaultEmpty:      {200, "", true, Broken, true},
		FaultCut:        {200, `{"data":{`, true, Broken, true},
		FaultDataNull:   {200, `"data":null`, true, Partial, true},
		FaultDropBefore: {0, "", false, Dropped, false},
		FaultDropAfter:  {0, "", false, Dropped, true},
		FaultDropBody:   {200, `{"data":{`, true, Dropped, true},
	} {
		t.Run(string(kind), func(t *testing.T) {
			s := New(small(func(c *Config) { c.Quota = 10 }))
			s.InjectKinds(kind)
			a := post(t, s, firstPages)
			if a.status != want.status || !strings.Contains(a.body, want.body) || want.body == "" && a.body != "" {
				t.Errorf("got %d %q, want %d with %q", a.status, a.body, want.status, want.body)
			}
			if json.Valid([]byte(a.body)) && want.outcome == Broken {
				t.Error("the body is not broken")
			}
			if (a.err != nil) != (want.outcome == Dropped) {
				t.Errorf("error %v", a.err)
			}
			if a.err == nil && (a.header.Get("X-Rate-Limit-Requests-Left") != "") != want.header {
				t.Errorf("headers %v", a.header)
			}
			record := s.Requests()[0]
			if record.Outcome != want.outcome || record.Fault != kind || (record.UsersServed > 0) != want.served {
				t.Errorf("recorded %+v", record)
			}
			if again := post(t, s, firstPages); again.status != 200 || decode(t, again).Data == nil {
				t.Errorf("the next one fails too: %d %s", again.status, again.body)
			}
		})
	}
}

// users gives the users of the i-th store of an answer.
func (d wireData) users(i int) wireList[wireUser] {
	return (*d.Data.Account.Stores.Edges)[i].Node.Users
}

func TestFaultsOfPages(t *testing.T) {
	for kind, check := range map[FaultKind]func(t *testing.T, sent string, first, got wireData, truth []TruthAccess){
		FaultRepeatCursor: func(t *testing.T, sent string, first, got wireData, _ []TruthAccess) {
			if info := got.users(0).PageInfo; !info.HasNextPage || text(info.EndCursor) != sent {
				t.Errorf("got %v", info)
			}
		},
		FaultNullCursor: func(t *testing.T, sent string, first, got wireData, _ []TruthAccess) {
			if info := got.users(0).PageInfo; !info.HasNextPage || info.EndCursor != nil {
				t.Errorf("got %v", info)
			}
		},
		FaultPageOne: func(t *testing.T, sent string, first, got wireData, truth []TruthAccess) {
			if (*got.users(0).Edges)[0].Node.Email != truth[0].Email {
				t.Error("not page 1")
			}
		},
		FaultEmptyPage: func(t *testing.T, sent string, first, got wireData, _ []TruthAccess) {
			list := got.users(0)
			if len(*list.Edges) != 0 || !list.PageInfo.HasNextPage || text(list.PageInfo.EndCursor) == sent {
				t.Errorf("got %+v", list)
			}
		},
		FaultNullUser: func(t *testing.T, sent string, first, got wireData, _ []TruthAccess) {
			edges := *got.users(0).Edges
			if edges[len(edges)/2] != nil || len(got.Errors) != 1 || got.Errors[0].Message != "Internal server error" || len(got.Errors[0].Path) != 9 {
				t.Errorf("got %+v", got.Errors)
			}
		},
		FaultNullStore: func(t *testing.T, sent string, first, got wireData, _ []TruthAccess) {
			if (*got.Data.Account.Stores.Edges)[0] != nil || len(got.Errors) != 1 {
				t.Errorf("got %+v", got)
			}
		},
		FaultNullEdges: func(t *testing.T, sent string, first, got wireData, _ []TruthAccess) {
			if got.users(0).Edges != nil {
				t.Error("edges are there")
			}
		},
		FaultForeignStore: func(t *testing.T, sent string, first, got wireData, truth []TruthAccess) {
			if (*got.Data.Account.Stores.Edges)[0].Node.StoreHash == truth[0].StoreHash {
				t.Error("the right store was answered")
			}
		},
		FaultZeroUsers: func(t *testing.T, sent string, first, got wireData, truth []TruthAccess) {
			list := got.users(0)
			if len(*list.Edges) != 0 || list.PageInfo.HasNextPage || list.CollectionInfo.TotalItems != float64(len(truth)) {
				t.Errorf("got %+v", list)
			}
		},
	} {
		t.Run(string(kind), func(t *testing.T) {
			s := New(small(func(c *Config) { c.BadCursor = "page1" }))
			store := s.Truth(s.first).Stores[0]
			first := ask(t, s, firstPages)
			sent := *first.users(0).PageInfo.EndCursor
			s.Inject(Fault{Kind: kind, Stores: []string{store.Hash}})
			got := ask(t, s, `{ account { stores(filter: {storeHashes: [%q]}, first: 1) { edges { node { storeHash users(first: 5, after: %q) %s } } } } }`, store.Hash, sent, storeUsers)
			check(t, sent, first, got, store.Accesses)
			s.Inject(Fault{Kind: kind, Stores: []string{"elsewhere"}})
			if missed := ask(t, s, firstPages); len(missed.Errors) > 0 || len(*missed.users(0).Edges) != 5 {
				t.Errorf("a fault for another store hit: %+v", missed)
			}
		})
	}
}

// TestEmptyPageGoesOn follows the new cursor of an empty page.
func TestEmptyPageGoesOn(t *testing.T) {
	for _, cursors := range []string{"keyset", "offset"} {
		s := New(small(func(c *Config) { c.Cursors = cursors }))
		store := s.Truth(s.first).Stores[0]
		s.Inject(Fault{}, Fault{Kind: FaultEmptyPage}, Fault{}, Fault{Kind: FaultEmptyPage})
		compareUsers(t, readUsers(t, s, store.Hash, 5), store.Accesses)
		if n := len(s.Requests()); n != 5 {
			t.Errorf("%s: %d requests", cursors, n)
		}
	}
}

func TestPageFaultsOfOtherLists(t *testing.T) {
	s := New(small(func(c *Config) { c.PageCap = 3 }))
	query := `{ account { stores(first: 3) { ` + onward + ` } users(first: 3) { ` + onward + ` } } }`
	s.Inject(Fault{Kind: FaultNullCursor, List: "stores"}, Fault{Kind: FaultNullCursor, List: "account"})
	for _, list := range []string{"stores", "account"} {
		account := ask(t, s, "%s", query).Data.Account
		if (account.Stores.PageInfo.EndCursor == nil) != (list == "stores") || (account.Users.PageInfo.EndCursor == nil) != (list == "account") {
			t.Errorf("%s: got %+v", list, account)
		}
	}
}

// TestShiftedSeam loses a user between two pages with offset cursors, and none with keyset cursors.
func TestShiftedSeam(t *testing.T) {
	for _, test := range []struct {
		cursors string
		kind    FaultKind
		total   int
		seen    int
	}{
		{"offset", FaultShift, 12, 12 - 1 + 1}, // 11 of the 12 seen, and the new one
		{"offset", FaultShiftRemove, 11, 11},
		{"keyset", FaultShift, 12, 13},
		{"keyset", FaultShiftRemove, 11, 12},
	} {
		s := New(small(func(c *Config) { c.Cursors = test.cursors }))
		before := s.Truth(s.first).Stores[0]
		s.InjectKinds(test.kind)
		users := readUsers(t, s, before.Hash, 5)
		after := s.Truth(s.first).Stores[0]
		if len(after.Accesses) != test.total || len(users) != test.seen {
			t.Errorf("%s %s: %d users in truth, %d seen", test.cursors, test.kind, len(after.Accesses), len(users))
		}
		skipped := !slices.ContainsFunc(users, func(u wireUser) bool { return u.Email == before.Accesses[5].Email })
		if skipped != (test.cursors == "offset") {
			t.Errorf("%s %s: the user behind the seam was skipped: %v", test.cursors, test.kind, skipped)
		}
		if changes := s.Changes(s.first); changes[0].Kind != AccessRemoved || changes[0].UserID != before.Accesses[0].ID {
			t.Errorf("recorded %+v", changes)
		}
	}
}

func TestFailingStoreInFilter(t *testing.T) {
	s := New(small())
	hash := s.Truth(s.first).Stores[2].Hash
	s.Edit(func(w *World) { w.FailStore(hash, true) })
	data := ask(t, s, `{ account { stores(filter: {storeHashes: [%q]}, first: 1) { edges { node { id } } } } }`, hash)
	if (*data.Data.Account.Stores.Edges)[0] != nil || len(data.Errors) != 1 || data.Errors[0].Extensions != nil {
		t.Errorf("got %+v", data)
	}
	s.Edit(func(w *World) { w.FailStore(hash, false) })
	if again := ask(t, s, firstPages); len(again.Errors) > 0 {
		t.Errorf("got %+v", again.Errors)
	}
}

func TestFaultsByRateAreRepeatable(t *testing.T) {
	run := func() (kinds []FaultKind) {
		s := New(small(func(c *Config) {
			c.FaultRates = map[string]float64{"502": 0.2, "cut": 0.2, "null-user": 0.2}
			c.Seed = 7
		}))
		for range 60 {
			post(t, s, firstPages)
		}
		for _, r := range s.Requests() {
			kinds = append(kinds, r.Fault)
		}
		return kinds
	}
	first, second := run(), run()
	if !slices.Equal(first, second) {
		t.Errorf("got %v and %v", first, second)
	}
	for _, kind := range []FaultKind{NoFault, Fault502, FaultCut, FaultNullUser} {
		if !slices.Contains(first, kind) {
			t.Errorf("no %q in %v", kind, first)
		}
	}
}

func TestFaultHook(t *testing.T) {
	var seen []RequestInfo
	s := New(small(func(c *Config) {
		c.Fault = func(r *RequestInfo) Fault {
			seen = append(seen, *r)
			if r.Users > 20 {
				return Fault{Kind: Fault503}
			}
			return Fault{}
		}
	}))
	if a := post(t, s, firstPages); a.status != 503 {
		t.Error(a.status)
	}
	if a := post(t, s, `{ account { id } }`); a.status != 200 {
		t.Error(a.status)
	}
	if len(seen) != 2 || seen[0].Stores != 5 || seen[0].Users != 25 || seen[0].Score != 365 || seen[1].Number != 2 {
		t.Errorf("got %+v", seen)
	}
}

func TestValidate(t *testing.T) {
	for _, cfg := range []Config{
		{Faults: Faults{FaultRates: map[string]float64{"nonsense": 0.1}}},
		{Faults: Faults{FaultRates: map[string]float64{"502": 2}}},
		{Answers: Answers{UnseenStatus: "two words"}},
		{Answers: Answers{Cursors: "random"}},
		{Limits: Limits{OverCap: "maybe"}},
	} {
		if err := cfg.Validate(); err == nil {
			t.Errorf("%+v passes", cfg)
		}
	}
	if err := (&Config{}).Validate(); err != nil {
		t.Error(err)
	}
}
