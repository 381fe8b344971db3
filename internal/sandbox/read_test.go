package sandbox

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// TestServesItsTruth reads an account page by page and compares each row with the truth.
func TestServesItsTruth(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"keyset":  func(*Config) {},
		"offset":  func(c *Config) { c.Cursors = "offset" },
		"nodes":   func(c *Config) { c.ScoreFormula = "nodes" },
		"sliding": func(c *Config) { c.Sliding, c.Quota = true, 1000 },
		"days":    func(c *Config) { c.Zipf, c.LargestStore, c.EmptyStores = true, 23, 1 },
	} {
		t.Run(name, func(t *testing.T) {
			s := New(small(change))
			if name == "days" {
				s.Advance(30)
			}
			truth := s.Truth(s.first)
			stores := readStores(t, s, 3)
			if len(stores) != len(truth.Stores) {
				t.Fatalf("got %d stores, want %d", len(stores), len(truth.Stores))
			}
			for i, want := range truth.Stores {
				if got := stores[i]; got.ID != want.ID || got.Name != want.Name || got.StoreHash != want.Hash {
					t.Errorf("store %d: got %+v, want %+v", i, got, want)
				}
				compareUsers(t, readUsers(t, s, want.Hash, 5), want.Accesses)
			}
		})
	}
}

func compareUsers(t *testing.T, got []wireUser, want []TruthAccess) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d users, want %d", len(got), len(want))
	}
	for i, w := range want {
		g := got[i]
		same := g.ID == w.ID && g.Email == w.Email && g.FirstName == w.FirstName && g.LastName == w.LastName && g.Locale == w.Locale &&
			text(g.Status) == w.Status && text(g.LastLoginAt) == stamp(w.LastLoginAt) && text(g.UpdatedAt) == stamp(w.UpdatedAt) &&
			slices.Equal(g.Permissions, w.RawPermissions)
		if !same {
			t.Errorf("user %d: got %+v, want %+v", i, g, w)
		}
	}
}

func TestAccountList(t *testing.T) {
	s := New(small())
	var got []string
	var after *string
	for {
		data := ask(t, s, `{ account { users(%s) { %s collectionInfo { totalItems } edges { node { id email firstName lastName locale } } } } }`, pageOf(5, after), onward)
		list := data.Data.Account.Users
		for _, edge := range *list.Edges {
			got = append(got, edge.Node.ID.(string)+" "+edge.Node.Email)
		}
		if after = list.PageInfo.EndCursor; !list.PageInfo.HasNextPage {
			if list.CollectionInfo.TotalItems != float64(len(got)) {
				t.Errorf("total %v after %d users", list.CollectionInfo.TotalItems, len(got))
			}
			break
		}
	}
	var want []string
	for _, u := range s.Truth(s.first).Users {
		want = append(want, u.ID+" "+u.Email)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestManyStoresInOneRequest asks for several stores at cursors of their own by aliases, apps of users included.
func TestManyStoresInOneRequest(t *testing.T) {
	s := New(small())
	truth := s.Truth(s.first)
	a := post(t, s, `query($ids: [ID!], $n: Int = 3) { account {
		a: stores(filter: {storeHashes: ["`+truth.Stores[0].Hash+`"]}, first: 1) { ...part }
		b: stores(filter: {ids: ["`+truth.Stores[2].ID+`"]}, first: 1) { ...part }
		c: stores(filter: {ids: $ids}, first: 1) @include(if: false) { ...part } } }
		fragment part on StoreConnection { edges { node { storeHash users(first: $n) { edges { node { email apps(first: 5) { edges { node { id name } } } } } } } } }`)
	if a.status != 200 || strings.Contains(a.body, `"errors"`) || strings.Contains(a.body, `"c":`) {
		t.Fatal(a.status, a.body)
	}
	for _, i := range []int{0, 2} {
		if !strings.Contains(a.body, truth.Stores[i].Hash) || !strings.Contains(a.body, truth.Stores[i].Accesses[2].Email) {
			t.Errorf("store %d is missing in %s", i, a.body)
		}
	}
	if r := s.Requests()[0]; r.Aliases != 2 || r.StoresAsked != 2 || r.UsersAsked != 6 || r.UsersServed != 6 {
		t.Errorf("counted %+v", r)
	}
}

func TestAppsOfUsersAndStores(t *testing.T) {
	s := New(small(func(c *Config) { c.PageCap = 50 }))
	data := ask(t, s, `{ account { stores(first: 50) { edges { node { storeHash apps(first: 50) { edges { node { id name } } }
		users(first: 50) { edges { node { id few: apps(first: 1) { `+onward+` edges { node { id name } } } apps(first: 50) { edges { node { id name } } } } } } } } } } }`)
	for i, want := range s.Truth(s.first).Stores {
		store := (*data.Data.Account.Stores.Edges)[i].Node
		compareApps(t, store.Apps, want.Apps)
		for j, access := range want.Accesses {
			compareApps(t, (*store.Users.Edges)[j].Node.Apps, access.Apps)
		}
	}
}

func compareApps(t *testing.T, got wireList[wireApp], want []TruthApp) {
	t.Helper()
	var apps []TruthApp
	for _, edge := range *got.Edges {
		apps = append(apps, TruthApp{edge.Node.ID.(string), edge.Node.Name})
	}
	if !slices.Equal(apps, want) {
		t.Errorf("got apps %v, want %v", apps, want)
	}
}

// TestOverASocket serves the same account by HTTP, compressed, and drops connections for real.
func TestOverASocket(t *testing.T) {
	s := New(small())
	server := httptest.NewServer(s)
	defer server.Close()
	s.Inject(Fault{}, Fault{}, Fault{Kind: FaultDropBody}, Fault{Kind: FaultDropBefore})
	client := server.Client()
	plain := postTo(t, client.Transport, server.URL, s.first, firstPages, nil)
	zipped := postTo(t, client.Transport, server.URL, s.first, firstPages, nil, "Accept-Encoding", "gzip")
	if zipped.header.Get("Content-Encoding") != "gzip" || len(zipped.body) >= len(plain.body)/2 {
		t.Errorf("not compressed: %v, %d of %d bytes", zipped.header, len(zipped.body), len(plain.body))
	}
	if plain.header.Get("X-Bc-Graphql-Complexity") == "" || decode(t, plain).Data == nil {
		t.Error(plain.status, plain.header)
	}
	if cut := postTo(t, client.Transport, server.URL, s.first, firstPages, nil, "Accept-Encoding", "identity"); cut.err == nil || cut.body == "" {
		t.Errorf("got %d bytes and no error from a cut connection", len(cut.body))
	}
	if gone := postTo(t, client.Transport, server.URL, s.first, firstPages, nil); gone.err == nil {
		t.Error("no error from a dropped connection")
	}
}

func TestOperatorRoutes(t *testing.T) {
	s := New(small())
	post(t, s, firstPages)
	for _, step := range []struct{ method, path, want string }{
		{"POST", "/_sandbox/next-day", `"now":"2026-03-03T09:00:00Z"`},
		{"GET", "/_sandbox/stats", `"ok":1`},
		{"GET", "/accounts/" + DefaultUUID + "/graphql", "The route is not found"},
		{"GET", "/nowhere", "The route is not found"},
	} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(step.method, step.path, http.NoBody))
		if !strings.Contains(w.Body.String(), step.want) {
			t.Errorf("%s %s: got %q, want %q in it", step.method, step.path, w.Body, step.want)
		}
	}
}

// TestReadOnly refuses each mutation, for the missing scope or because nothing can be changed.
func TestReadOnly(t *testing.T) {
	mutations := []string{
		`account { addUserToAccount(input: {email: "a@b.example"}) { account { id } } }`,
		`account { removeUserFromAccount(input: {email: "a@b.example"}) { userId } }`,
		`user { createUser(input: {email: "a", firstName: "b", lastName: "c", locale: "en"}) { user { id } } }`,
		`user { createUserWithPassword(input: {email: "a", firstName: "b", lastName: "c", locale: "en", password: "p", passwordConfirmation: "p"}) { user { id } } }`,
		`user { addUserToStore(input: {storeId: "x", user: {email: "a"}}) { storeId } }`,
		`user { removeUserFromStore(input: {storeId: "x", userId: "y"}) { storeId } }`,
		`app { createEventSource(input: {appId: "x", awsAccount: "1", eventSourceName: "n", eventSourceRegion: EU_WEST_1}) { eventSource { id } } }`,
		`app { deleteEventSource(input: {appId: "x", id: "y"}) { deletedEventSourceId } }`,
		`subscription { cancelSubscription(input: {id: "x"}) { subscriptionId } }`,
		`checkout { createCheckout(input: {accountId: "x", items: [{description: "d", redirectUrl: "u", pricingPlan: {interval: MONTH, price: {currencyCode: USD, value: 1.5}}}]}) { checkout { id } } }`,
	}
	reader := New(small())
	writer := New(small(func(c *Config) {
		c.Scopes = append([]string{"account_users_write", "account_users_delete", "account_apps_write", "account_subscriptions_cancel", "account_checkouts_create"}, ReadScopes...)
	}))
	for _, m := range mutations {
		got := ask(t, reader, "mutation { %s }", m)
		if len(got.Errors) != 1 || !strings.Contains(got.Errors[0].Message, "permission") {
			t.Errorf("%s: %+v", m, got.Errors)
		}
		got = ask(t, writer, "mutation { %s }", m)
		if len(got.Errors) != 1 || !strings.Contains(got.Errors[0].Message, "read-only") {
			t.Errorf("%s with scopes: %+v", m, got.Errors)
		}
	}
}

func TestBillingAndTheRest(t *testing.T) {
	s := New(Config{Start: start, Rate: Rate{Quota: -1}})
	a := post(t, s, `{ system { time } node(id: "bc/account/store/1") { id } nodes(ids: ["x"]) { id } account {
		apps(first: 10) { edges { node { id name eventSources(first: 5) { edges { node { id awsAccount eventSourceName eventSourceRegion arn webhooksCount } } } } } }
		subscriptions(first: 50, filters: {status: ACTIVE}) { pageInfo { hasNextPage } edges { cursor node { id accountId activationDate billingInterval createdAt currentPeriodEnd
			pricePerInterval { currencyCode value } product { id type productLevel } status scope { id type } updatedAt } } } } }`)
	if a.status != 200 || strings.Contains(a.body, `"errors"`) {
		t.Fatal(a.status, a.body)
	}
	for _, want := range []string{`"nodes":[null]`, `"node":null`, `"status":"ACTIVE"`, `"webhooksCount":7`, `"value":`} {
		if !strings.Contains(a.body, want) {
			t.Errorf("no %s in %s", want, a.body)
		}
	}
}

// TestReadyAppsAreTheSame asks for the apps of users in the form that has its own engine and in one that has not.
func TestReadyAppsAreTheSame(t *testing.T) {
	query := `{ account { stores(first: 4) { edges { node { users(first: 5) { edges { node { id apps(ARGS) { ` + onward + ` edges { cursor node { id name } } } } } } } } } } }`
	s := New(small(func(c *Config) { c.AppsPageCap = 2 }))
	ready, lazy := post(t, s, strings.Replace(query, "ARGS", "first: 2", 1)), post(t, s, strings.Replace(query, "ARGS", "first: 2, after: null", 1))
	if ready.status != 200 || ready.body != lazy.body || !strings.Contains(ready.body, `"hasNextPage":true`) {
		t.Errorf("got %d %s, want %s", ready.status, ready.body, lazy.body)
	}
	for _, fields := range []string{"first: 2", "first: 2, after: null"} {
		noScope := New(small(func(c *Config) { c.Scopes = []string{"account_stores_read", "account_users_read"} }))
		if got := ask(t, noScope, "%s", strings.Replace(query, "ARGS", fields, 1)); len(got.Errors) != 20 || (*got.users(0).Edges)[0] != nil {
			t.Errorf("%s: got %d errors", fields, len(got.Errors))
		}
	}
}

// TestSideBySide reads while days pass and edits are made; the race detector looks on.
func TestSideBySide(t *testing.T) {
	s := New(small(func(c *Config) { c.FaultRates = map[string]float64{"shift": 0.3, "null-user": 0.2} }))
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 25 {
				if a := post(t, s, firstPages); a.status != 200 {
					t.Error(a.status, a.body)
				}
			}
		})
	}
	for range 20 {
		s.AdvanceDay()
		s.Edit(func(w *World) { w.AddStore("Another") })
		_, _, _ = s.Truth(s.first), s.Stats(), s.Changes(s.first)
	}
	wait.Wait()
	if n := s.Stats().Requests; n != 100 {
		t.Errorf("%d requests counted", n)
	}
	s.Edit(func(w *World) {
		if err := w.broken(); err != nil {
			t.Error(err)
		}
	})
}
