package account_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/internal/account"
	"rollcall/internal/org"
	"rollcall/internal/sandbox"
)

func TestFailuresHaveKinds(t *testing.T) {
	tests := []struct {
		status int
		body   string
		kind   org.Kind
	}{
		{401, "X-Auth-Token header is required", org.KindUnauthorized},
		{401, `{"status":401,"title":"Unauthorized","errors":{}}`, org.KindUnauthorized},
		{403, `{"status":403,"title":"You don't have a required scope to access the endpoint","errors":{}}`, org.KindScope},
		{200, `{"data":null,"errors":[{"message":"You do not have permission to perform this operation","path":["account"]}]}`, org.KindScope},
		{400, `{"errors":[{"message":"The query is too complex as it has a complexity score of 34314 out of 10000. Please remove some elements and try again"}]}`, org.KindTooComplex},
		{400, `{"error":{"error":"The query is too complex as it has a complexity score of 34314 out of 10000."}}`, org.KindTooComplex},
		{413, `{"status":413,"title":"Request body is too large"}`, org.KindTooComplex},
		{400, `{"errors":[{"message":"Argument 'first' must not exceed the maximum page size of 50, got 100"}]}`, org.KindPageSize},
		{400, `{"errors":[{"message":"The requested page size is too large."}]}`, org.KindPageSize},
		{400, `{"errors":[{"message":"Cannot query field 'noSuchField' on type 'Site'.","locations":[]}]}`, org.KindRejected},
		{404, "The route is not found, check the URL", org.KindRejected},
		{200, `{"data":null,"errors":[{"message":"Internal server error","path":["account"]}]}`, org.KindUnavailable},
		{500, `{"status":500,"title":"oops"}`, org.KindUnavailable},
		{502, "<html><h1>502 Bad Gateway</h1></html>", org.KindUnavailable},
		{503, "", org.KindUnavailable},
		{504, "<html></html>", org.KindUnavailable},
		{200, "<html></html>", org.KindBroken},
		{200, "", org.KindBroken},
		{200, `{"data":{"account":{"id":"x","a0":{"edg`, org.KindBroken},
		{200, `[]`, org.KindBroken},
		{429, "", org.KindLimited},
	}
	for _, test := range tests {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(test.status)
			_, _ = w.Write([]byte(test.body))
		}))
		client := account.New(account.Config{URL: server.URL, UUID: "u", Token: "secret-token-1234"})
		reading, err := client.Read(context.Background(), []org.Want{{List: org.List{Kind: org.ListStores}, Left: -1}})
		if org.KindOf(err) != test.kind || reading.Requests != 1 || len(reading.Asked) != 1 {
			t.Errorf("%d %s: got %v (%v), %d requests, asked %v, want %v", test.status, test.body, org.KindOf(err), err, reading.Requests,
				reading.Asked, test.kind)
		}
		server.Close()
	}
}

func TestRequestHasTheHeadersOfTheAPI(t *testing.T) {
	var seen *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r
		http.Error(w, "the token is secret-token-1234", http.StatusBadRequest)
	}))
	defer server.Close()
	client := account.New(account.Config{URL: server.URL + "/", UUID: "u-u-i-d", Token: "secret-token-1234", Version: "1.2.3"})
	_, err := client.Read(context.Background(), []org.Want{{List: org.List{Kind: org.ListStores}, Left: -1}})
	if seen.Method != "POST" || seen.URL.Path != "/accounts/u-u-i-d/graphql" {
		t.Errorf("sent %s %s", seen.Method, seen.URL.Path)
	}
	for name, want := range map[string]string{
		"X-Auth-Token": "secret-token-1234", "Accept": "application/json", "Content-Type": "application/json",
		"Accept-Encoding": "gzip", "User-Agent": "Rollcall/1.2.3 (multi-store user audit)",
	} {
		if got := seen.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if err == nil || strings.Contains(err.Error(), "secret-token") {
		t.Errorf("the error shows the token: %v", err)
	}
}

func TestTimeoutsAndCancelling(t *testing.T) {
	hang := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that the client has gone
		<-r.Context().Done()
	})
	server := httptest.NewServer(hang)
	defer server.Close()
	client := account.New(account.Config{URL: server.URL, UUID: "u", Token: "secret-token-1234", Timeout: 20 * time.Millisecond})
	wants := []org.Want{{List: org.List{Kind: org.ListStores}, Left: -1}}
	if reading, err := client.Read(context.Background(), wants); org.KindOf(err) != org.KindUnavailable || reading.Requests != 1 {
		t.Errorf("time-out: got %v, %d requests", err, reading.Requests)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := client.Read(ctx, wants); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}

// TestOddAnswers reads accounts whose answers are peculiar and expects everything that can be known.
func TestOddAnswers(t *testing.T) {
	tests := []struct {
		name    string
		answers sandbox.Answers
		ok      func(org.StoreUser) bool
	}{
		{"numeric ids", sandbox.Answers{NumericIDs: true, TextLongs: true}, func(u org.StoreUser) bool { return u.APIID != "" && u.RightsRead }},
		{
			"null statuses and times",
			sandbox.Answers{NullStatuses: true, NullTimes: true},
			func(u org.StoreUser) bool { return u.Status == "" && u.LastLogin == org.Never() },
		},
		{"unseen status", sandbox.Answers{UnseenStatus: "SUSPENDED"}, func(u org.StoreUser) bool { return u.Status != "" }},
		{"times with milliseconds", sandbox.Answers{Times: "millis"}, func(u org.StoreUser) bool { return u.UpdatedAt.Read && !u.UpdatedAt.At.IsZero() }},
		{"times with offset", sandbox.Answers{Times: "offset"}, func(u org.StoreUser) bool { return u.UpdatedAt.Read && !u.UpdatedAt.At.IsZero() }},
		{"times that are none", sandbox.Answers{Times: "garbage"}, func(u org.StoreUser) bool { return u.LastLogin == org.Never() || !u.LastLogin.Read }},
		{"no totals", sandbox.Answers{NullTotals: true}, func(u org.StoreUser) bool { return true }},
		{"no collection", sandbox.Answers{NullCollection: true}, func(u org.StoreUser) bool { return true }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client, server := open(sandbox.Config{Shape: sandbox.Shape{Stores: 12, UsersPerStore: 60}, Answers: test.answers})
			truth := server.Truth(server.UUIDs()[0])
			d := newDriver(client, true)
			d.run(t)
			users := 0
			for list, p := range d.lists {
				if p.err != "" {
					t.Errorf("%v: %s", list, p.err)
				}
				if list.Kind != org.ListAccesses {
					continue
				}
				for _, user := range p.users {
					if users++; !test.ok(user) {
						t.Fatalf("odd user %+v", user)
					}
				}
			}
			if want := len(truth.Accesses()); users != want {
				t.Errorf("read %d accesses, want %d", users, want)
			}
		})
	}
}

func TestFailingStoreIsIsolated(t *testing.T) {
	client, server := open(sandbox.Config{Shape: sandbox.Shape{Stores: 20, UsersPerStore: 30}, Answers: sandbox.Answers{FailingStores: 2}})
	truth := server.Truth(server.UUIDs()[0])
	d := newDriver(client, false)
	d.lists = map[org.List]*progress{}
	known := map[org.List]int{}
	for _, store := range truth.Stores {
		known[org.List{Kind: org.ListAccesses, Store: store.ID}] = len(store.Accesses)
	}
	d.sizes = known
	d.run(t)
	for _, store := range truth.Stores {
		p := d.lists[org.List{Kind: org.ListAccesses, Store: store.ID}]
		if failed := p.err != ""; failed != store.Failing || !failed && len(p.ids) != len(store.Accesses) {
			t.Errorf("store %s (failing %v): %q, %d of %d", store.ID, store.Failing, p.err, len(p.ids), len(store.Accesses))
		}
	}
}

func TestForeignAndMissingStoresAreMarked(t *testing.T) {
	client, server := open(sandbox.Config{Shape: sandbox.Shape{Stores: 5, UsersPerStore: 5}})
	id := server.Truth(server.UUIDs()[0]).Stores[2].ID
	read := func(store string) org.Page {
		reading, err := client.Read(context.Background(), []org.Want{{List: org.List{Kind: org.ListAccesses, Store: store}, Left: 5}})
		if err != nil || len(reading.Pages) != 1 {
			t.Fatalf("got %+v, %v", reading, err)
		}
		return reading.Pages[0]
	}
	if page := read(id); page.Problem != "" || len(page.Users) != 5 || page.Total != 5 {
		t.Errorf("good store: %+v", page)
	}
	if page := read("bc/account/store/none"); page.Kind != org.KindNotFound || page.Problem == "" {
		t.Errorf("unknown store: %+v", page)
	}
	for fault, kind := range map[sandbox.FaultKind]org.Kind{sandbox.FaultForeignStore: org.KindBroken, sandbox.FaultNullStore: org.KindUnavailable} {
		server.InjectKinds(fault)
		if page := read(id); page.Kind != kind || len(page.Users) > 0 {
			t.Errorf("%s: %+v", fault, page)
		}
	}
	server.InjectKinds(sandbox.FaultNullEdges)
	if page := read(id); !page.NoEdges || page.Problem != "" {
		t.Errorf("null edges: %+v", page)
	}
	server.InjectKinds(sandbox.FaultNullUser)
	if page := read(id); page.NullEdges != 1 || len(page.Users) != 4 {
		t.Errorf("null user: %+v", page)
	}
}

// TestAppsOfATokenWithoutThatScope expects the accesses whole, the apps denied, and little spent on finding out.
func TestAppsOfATokenWithoutThatScope(t *testing.T) {
	for _, answer := range []string{"null", "403", "200"} {
		t.Run(answer, func(t *testing.T) {
			client, server := open(sandbox.Config{
				Shape:  sandbox.Shape{Stores: 8, UsersPerStore: 20},
				Scopes: []string{"account_read", "account_stores_read", "account_users_read"}, Answers: sandbox.Answers{MissingScope: answer},
			})
			d := newDriver(client, true)
			d.run(t)
			check(t, d, server.Truth(server.UUIDs()[0]))
			denied := 0
			for list, p := range d.lists {
				if !isAccess(list) && strings.HasPrefix(p.err, org.KindScope.String()) {
					denied++
				}
			}
			if denied != 16 || d.requests > 3 {
				t.Errorf("%d lists denied in %d requests, want 16 in 3 at most", denied, d.requests)
			}
			d.run(t)
			if d.requests > 2 {
				t.Errorf("the second sync took %d requests", d.requests)
			}
		})
	}
}

func TestAppsComeAlong(t *testing.T) {
	client, server := open(sandbox.Config{Shape: sandbox.Shape{Stores: 8, UsersPerStore: 20}})
	truth := server.Truth(server.UUIDs()[0])
	d := newDriver(client, true)
	d.run(t)
	check(t, d, truth)
	d.run(t)
	for _, store := range truth.Stores {
		held := d.lists[org.List{Kind: org.ListUserApps, Store: store.ID}]
		apps := d.lists[org.List{Kind: org.ListStoreApps, Store: store.ID}]
		if held.err != "" || len(held.ids) != len(store.Accesses) || apps.err != "" || len(apps.ids) != len(store.Apps) {
			t.Errorf("store %s: %d users with apps, %d apps", store.ID, len(held.ids), len(apps.ids))
		}
		for i, user := range held.page.UserApps {
			if want := len(store.Accesses[i].Apps); len(user.Apps) != min(want, 10) || user.More != (want > 10) {
				t.Errorf("user %s: %d apps, want %d", user.User, len(user.Apps), want)
			}
		}
	}
	if d.requests > 2 {
		t.Errorf("the second sync took %d requests, want apps to come along", d.requests)
	}
}

type memory struct{ data []byte }

func (m *memory) Learned(context.Context, org.AccountID) ([]byte, error) { return m.data, nil }
func (m *memory) Learn(_ context.Context, _ org.AccountID, data []byte) error {
	m.data = slices.Clone(data)
	return nil
}

func TestWhatWasLearnedIsKept(t *testing.T) {
	server := sandbox.New(sandbox.Config{
		Shape: sandbox.Shape{Stores: 20, UsersPerStore: 30}, Rate: sandbox.Rate{Quota: -1},
		Limits: sandbox.Limits{PageCap: 10, ComplexityLimit: 2500},
	})
	kept := &memory{}
	read := func() (refused int) {
		client := account.New(account.Config{
			UUID: server.UUIDs()[0], Token: sandbox.DefaultToken, Memory: kept,
			HTTP: &http.Client{Transport: server.Transport()},
		})
		d := newDriver(client, false)
		d.run(t)
		return d.refused[org.KindTooComplex] + d.refused[org.KindPageSize]
	}
	if first := read(); first == 0 || first > 5 {
		t.Errorf("the first process was refused %d times, want 1 to 5", first)
	}
	if second := read(); second > 1 {
		t.Errorf("the second process was refused %d times", second)
	}
	kept.data = []byte(`{"Caps":"what an older version wrote"}`)
	read()
}
