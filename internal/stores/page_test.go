package stores

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

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

func TestAListWithPagesThatAreTooLargeIsReadInSmallerOnes(t *testing.T) {
	f := newFakeStore(t)
	all := paged(50, numbers(60), nil)
	f.on("GET /v3/hooks", func(r *http.Request) answer {
		if r.URL.Query().Get("limit") == "250" {
			return answer{200, `{"data":[],"filler":"` + strings.Repeat("x", bodyCap) + `"}`, nil}
		}
		return all(r)
	})
	if read := reading(t, f); !read.Whole || len(read.Hooks) != 60 {
		t.Errorf("%v %d %s", read.Whole, len(read.Hooks), read.Problem)
	}
}
