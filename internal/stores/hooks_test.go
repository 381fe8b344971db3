package stores

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/org"
)

func TestBothListsAreJoined(t *testing.T) {
	f := newFakeStore(t)
	f.say("GET /v3/hooks", 200, hookPage(1, 2, 3))
	f.on("GET /v3/hooks/admin", func(r *http.Request) answer {
		pages := map[string]string{"": "2,1", "2": "1,4", "3": ""}
		var hooks []string
		for id := range strings.SplitSeq(pages[r.URL.Query().Get("page")], ",") {
			if id != "" {
				hooks = append(hooks, fmt.Sprintf(`{"id":%s,"status":"Deactivated","is_active":false}`, id))
			}
		}
		return answer{200, `{"data":{"emails":["a@example.com"," b@example.com ",7,null],"hooks_list":[` + strings.Join(hooks, ",") + `],"blocked_domains":[
			{"destination":"https://in.example.com","time_left":120,"reasons":[{"failure_description":"timed out","count":12,"timestamp":1700000000}]},7]},
			"meta":{"pagination":{"total":3,"per_page":2,"total_pages":2}}}`, nil}
	})
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	client := New(Config{URL: "http://local", Transport: f, Now: func() time.Time { return now }})
	read := client.Read(t.Context(), opened, org.Proof{}, "", Options{}).Hooks
	var states []string
	for _, h := range read.Hooks {
		states = append(states, fmt.Sprint(h.APIID, h.State()))
	}
	if !read.Whole || !read.AdminRead || strings.Join(states, " ") != "1deactivated 2deactivated 3active 4deactivated" || read.Problem != "" {
		t.Errorf("%v %s %s", states, read.Problem, f.requests)
	}
	want := []org.BlockedDomain{{Destination: "https://in.example.com", Until: now.Add(2 * time.Minute), Reasons: []org.BlockReason{{Text: "timed out", Count: 12, At: time.Unix(1700000000, 0).UTC()}}}}
	if !slices.Equal(read.Emails, []string{"a@example.com", "b@example.com"}) || !reflect.DeepEqual(read.Blocked, want) {
		t.Errorf("%v %+v", read.Emails, read.Blocked)
	}
}

func TestWithoutTheAdminListTheRestCounts(t *testing.T) {
	for _, bad := range []answer{{404, `{"title":"no"}`, nil}, {403, scopeMissing, nil}, {200, `{"data":[]}`, nil}, {204, "", nil}} {
		f := newFakeStore(t)
		f.say("GET /v3/hooks", 200, hookPage(1, 2))
		f.on("GET /v3/hooks/admin", func(*http.Request) answer { return bad })
		if read := reading(t, f); !read.Whole || read.AdminRead || len(read.Hooks) != 2 || !strings.Contains(read.Problem, "are not known") || read.Emails != nil {
			t.Errorf("%d: %+v", bad.status, read)
		}
	}
}

func TestOddWebhooksKeepWhatCanBeRead(t *testing.T) {
	for _, test := range []struct {
		text string
		want org.Webhook
	}{
		{`{"id":9223372036854775807,"headers":null,"is_active":false}`, org.Webhook{APIID: 9223372036854775807, Active: org.No}},
		{`{"id":"27000001","headers":{},"is_active":"true","created_at":"1700000000"}`, org.Webhook{APIID: 27000001, Active: org.Yes, CreatedAt: org.At(time.Unix(1700000000, 0))}},
		{`{"id":1,"headers":[],"is_active":null,"created_at":null,"updated_at":1700000000000}`, org.Webhook{APIID: 1, CreatedAt: org.Never(), UpdatedAt: org.At(time.Unix(1700000000, 0))}},
		{`{"id":2e0,"status":"PAUSED","created_at":"2024-05-01T10:00:00Z","updated_at":{},"scope":7}`, org.Webhook{APIID: 2, Status: "paused", Scope: "7", CreatedAt: org.At(time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC))}},
		{`{"id":3,"headers":{"b":"x","a":{"y":1}},"destination":"https://u:pw@h.example/p"}`, org.Webhook{APIID: 3, Headers: []string{"a", "b"}, Destination: "https://u:hidden@h.example/p"}},
	} {
		o, _ := asObject([]byte(test.text))
		if got, ok := webhookOf(o); !ok || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %+v", test.text, got)
		}
	}
	for _, text := range []string{`{}`, `{"id":null}`, `{"id":0}`, `{"id":-1}`, `{"id":1.5}`, `{"id":"x"}`, `{"id":1e300}`, `{"id":{}}`} {
		o, _ := asObject([]byte(text))
		if got, ok := webhookOf(o); ok {
			t.Errorf("%s: %+v", text, got)
		}
	}
}

func TestHeaderValuesDoNotLeaveTheDecoder(t *testing.T) {
	f := newFakeStore(t)
	f.say("GET /v3/hooks", 200, hookPage(1, 2))
	f.say("GET /v3/hooks/admin", 200, adminPage(1, 2, 3))
	text, err := json.Marshal(f.client().Read(t.Context(), opened, org.Proof{}, "", Options{Clients: true, Scopes: true}))
	if err != nil || strings.Contains(string(text), "swordfish") || !strings.Contains(string(text), "X-Key") {
		t.Errorf("%v %s", err, text)
	}
}

func FuzzPages(f *testing.F) {
	f.Add([]byte(hookPage(1, 2)), []byte(adminPage(1)))
	f.Add([]byte(`[{"id":1}]`), []byte(`{"data":{"hooks_list":null,"blocked_domains":[{"time_left":"x","reasons":{}}]}}`))
	f.Add([]byte(`{"data":null,"meta":{"pagination":{"total":0}}}`), []byte(``))
	f.Fuzz(func(t *testing.T, hooks, admin []byte) {
		store := newFakeStore(t)
		n := 0
		store.on("GET /v3/hooks", func(*http.Request) answer { n++; return answer{200, string(hooks), nil} })
		store.on("GET /v3/hooks/admin", func(*http.Request) answer { n++; return answer{200, string(admin), nil} })
		synctest.Test(t, func(t *testing.T) {
			r := store.client().Read(t.Context(), opened, org.Proof{}, "", Options{})
			if n > 30 {
				t.Errorf("%d requests", n)
			}
			if r.Hooks == nil {
				return
			}
			for i, h := range r.Hooks.Hooks {
				if h.APIID <= 0 || i > 0 && h.APIID <= r.Hooks.Hooks[i-1].APIID {
					t.Errorf("ids %v", hookIDs(r.Hooks.Hooks))
				}
			}
		})
	})
}
