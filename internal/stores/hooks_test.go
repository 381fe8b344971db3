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

func pagination(p map[string]any) map[string]any {
	return p["meta"].(map[string]any)["pagination"].(map[string]any)
}

// reading reads the webhooks of a fake store whose /v3/hooks answers so.
func reading(t *testing.T, f *fakeStore) *org.HookRead {
	t.Helper()
	r := f.client().Read(t.Context(), opened, org.Proof{}, "", Options{})
	if r.Hooks == nil {
		t.Fatalf("no hooks: %+v", r.Proof)
	}
	return r.Hooks
}

func TestListsOfEveryFormAreReadToTheirEnd(t *testing.T) {
	ids := numbers(23)
	for _, test := range []struct {
		name     string
		spoil    func(int, map[string]any)
		requests int
	}{
		{"documented", nil, 3},
		{"no links, no count", func(_ int, p map[string]any) { delete(pagination(p), "count") }, 3},
		{"links that lead on for ever", func(_ int, p map[string]any) {
			pagination(p)["links"] = map[string]any{"next": "?page=1", "previous": "?page=1", "current": "?page=1"}
		}, 3},
		{"pagination of 2021", func(page int, p map[string]any) {
			p["meta"] = map[string]any{"pagination": map[string]any{"offset": (page - 1) * 10, "limit": 10, "total_items": 23}}
		}, 3},
		{"no meta", func(_ int, p map[string]any) { delete(p, "meta") }, 4},
		{"meta is a list", func(_ int, p map[string]any) { p["meta"] = []any{} }, 4},
		{"numbers as texts", func(_ int, p map[string]any) { pagination(p)["total"], pagination(p)["total_pages"] = "23", "3" }, 3},
		{"total alone", func(_ int, p map[string]any) { p["meta"] = map[string]any{"pagination": map[string]any{"total": 23}} }, 3},
		{"total_pages lies low", func(_ int, p map[string]any) { pagination(p)["total_pages"] = 1 }, 3},
		{"total lies low", func(_ int, p map[string]any) { pagination(p)["total"] = 1 }, 3},
		{"total_pages lies high", func(_ int, p map[string]any) { pagination(p)["total_pages"] = 99 }, 4},
		{"total_pages is 0", func(_ int, p map[string]any) { pagination(p)["total_pages"] = 0 }, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFakeStore(t)
			f.on("GET /v3/hooks", paged(10, ids, test.spoil))
			read := reading(t, f)
			if !read.Whole || read.Problem != "" || !slices.Equal(hookIDs(read.Hooks), ids) {
				t.Errorf("whole %v, %d hooks, %s", read.Whole, len(read.Hooks), read.Problem)
			}
			if n := strings.Count(strings.Join(f.requests, "\n"), "/v3/hooks?"); n != test.requests {
				t.Errorf("%d requests, want %d: %v", n, test.requests, f.requests)
			}
		})
	}
}

func TestListsThatBreakAreNotWhole(t *testing.T) {
	ids := numbers(23)
	for _, test := range []struct {
		name    string
		spoil   func(int, map[string]any)
		hooks   int
		problem string
	}{
		{"always page 1", func(_ int, p map[string]any) { p["data"] = json.RawMessage(hookTexts(ids[:10]...)) }, 10, "brought 10 of the 23"},
		{"always page 1, no meta", func(_ int, p map[string]any) {
			delete(p, "meta")
			p["data"] = json.RawMessage(hookTexts(ids[:10]...))
		}, 10, "no clear end"},
		{"total lies high", func(_ int, p map[string]any) { pagination(p)["total"] = 30 }, 23, "brought 23 of the 30"},
		{"total changes on the way", func(page int, p map[string]any) { pagination(p)["total"] = 23 + page }, 23, "changed while it was read"},
		{"one entry is null", func(page int, p map[string]any) {
			if page == 2 {
				p["data"] = json.RawMessage(strings.Replace(hookTexts(ids[10:20]...), hookText(ids[10]), "null", 1))
			}
		}, 22, "1 entries that cannot be read"},
		{"one entry has no id", func(page int, p map[string]any) {
			if page == 2 {
				p["data"] = json.RawMessage(strings.Replace(hookTexts(ids[10:20]...), `"id":`, `"uid":`, 1))
			}
		}, 22, "1 entries that cannot be read"},
		{"one entry is another store's", func(page int, p map[string]any) {
			if page == 2 {
				p["data"] = json.RawMessage(strings.Replace(hookTexts(ids[10:20]...), someHash, "other1", 1))
			}
		}, 22, "another store"},
		{"page 2 has another shape", func(page int, p map[string]any) {
			if page == 2 {
				p["data"] = "nothing"
			}
		}, 10, "read to page 1 only"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFakeStore(t)
			f.on("GET /v3/hooks", paged(10, ids, test.spoil))
			read := reading(t, f)
			if read.Whole || len(read.Hooks) != test.hooks || !strings.Contains(read.Problem, test.problem) {
				t.Errorf("whole %v, %d hooks, %s", read.Whole, len(read.Hooks), read.Problem)
			}
		})
	}
}

func TestAListThatShiftsIsReadAgain(t *testing.T) {
	f := newFakeStore(t)
	before, after, n := numbers(23), numbers(23)[1:], 0
	f.on("GET /v3/hooks", func(r *http.Request) answer {
		n++
		if n == 1 {
			return paged(10, before, nil)(r)
		}
		return paged(10, after, nil)(r)
	})
	if read := reading(t, f); !read.Whole || !slices.Equal(hookIDs(read.Hooks), after) {
		t.Errorf("%v %v %s", read.Whole, hookIDs(read.Hooks), read.Problem)
	}
}

func TestAPageThatCannotBeReadLeavesTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeStore(t)
		all := paged(10, numbers(23), nil)
		f.on("GET /v3/hooks", func(r *http.Request) answer {
			if r.URL.Query().Get("page") == "3" {
				return answer{500, "", nil}
			}
			return all(r)
		})
		read := reading(t, f)
		if read.Whole || len(read.Hooks) != 20 || !strings.Contains(read.Problem, "read to page 2 only") || !read.AdminRead {
			t.Errorf("%v %d %s", read.Whole, len(read.Hooks), read.Problem)
		}
	})
}

func TestPageSizesThatAreRefusedBecomeSmaller(t *testing.T) {
	f := newFakeStore(t)
	all := paged(10, numbers(23), nil)
	f.on("GET /v3/hooks", func(r *http.Request) answer {
		if limit := r.URL.Query().Get("limit"); limit != "" {
			return answer{422, `{"title":"limit ` + limit + ` is too large"}`, nil}
		}
		return all(r)
	})
	if read := reading(t, f); !read.Whole || len(read.Hooks) != 23 || !strings.Contains(f.requests[1], "limit=50") {
		t.Errorf("%v %d %v", read.Whole, len(read.Hooks), f.requests)
	}
}

func TestEmptyLists(t *testing.T) {
	for _, test := range []struct {
		name  string
		body  answer
		whole bool
		read  bool
	}{
		{"total 0", answer{200, hookPage(), nil}, true, true},
		{"data is null, total 0", answer{200, `{"data":null,"meta":{"pagination":{"total":0}}}`, nil}, true, true},
		{"no meta, twice", answer{200, `{"data":[]}`, nil}, true, true},
		{"no content, twice", answer{204, "", nil}, true, true},
		{"bare", answer{200, `[]`, nil}, true, true},
		{"data is null", answer{200, `{"data":null}`, nil}, false, false},
		{"no data", answer{200, `{}`, nil}, false, false},
		{"data is an object", answer{200, `{"data":{}}`, nil}, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFakeStore(t)
			f.on("GET /v3/hooks", func(*http.Request) answer { return test.body })
			r := f.client().Read(t.Context(), opened, org.Proof{}, "", Options{})
			if (r.Hooks != nil) != test.read || test.read && (r.Hooks.Whole != test.whole || len(r.Hooks.Hooks) > 0) {
				t.Errorf("%+v", r.Hooks)
			}
		})
	}
	f := newFakeStore(t)
	f.sayInTurn("GET /v3/hooks", answer{204, "", nil}, answer{200, hookPage(1, 2), nil})
	if read := reading(t, f); !read.Whole || len(read.Hooks) != 2 {
		t.Errorf("an empty list was believed at once: %+v", read)
	}
	f = newFakeStore(t)
	f.on("GET /v3/hooks", func(*http.Request) answer { return answer{204, "", nil} })
	f.say("GET /v3/hooks/admin", 200, adminPage(7))
	if read := reading(t, f); read.Whole || len(read.Hooks) != 1 {
		t.Errorf("the other list speaks of a webhook: %+v", read)
	}
}

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
