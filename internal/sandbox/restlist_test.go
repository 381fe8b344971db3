package sandbox

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// hookPage is one page of webhooks.
type hookPage struct {
	Data []struct {
		ID       int64
		ClientID string `json:"client_id"`
		Headers  map[string]string
		Status   string
	}
	Meta *struct {
		Pagination struct {
			Total, Count, Offset, Limit int
			TotalItems                  int `json:"total_items"`
			TotalPages                  int `json:"total_pages"`
			CurrentPage                 int `json:"current_page"`
			Links                       *struct{ Previous, Current, Next string }
		}
	}
}

func hooksOf(t *testing.T, s *Server, c Credential, query string) hookPage {
	t.Helper()
	a := get(t, s, c, "/v3/hooks"+query)
	var p hookPage
	if err := json.Unmarshal([]byte(a.body), &p); err != nil || a.status != 200 {
		t.Fatalf("%d %v %s", a.status, err, a.body)
	}
	return p
}

func TestHooksOfOneClientInPages(t *testing.T) {
	s := New(small())
	c := named(t, s, "Event fan-out")
	want := truthOf(t, s, c).Hooks
	var got []int64
	for page := 1; ; page++ {
		p := hooksOf(t, s, c, fmt.Sprintf("?page=%d&limit=4", page))
		for i, h := range p.Data {
			if h.ClientID != c.ClientID || h.Status != "" {
				t.Errorf("page %d, webhook %d: %+v", page, i, h)
			}
			got = append(got, h.ID)
		}
		m := p.Meta.Pagination
		if m.Total != len(want) || m.Count != len(p.Data) || m.TotalPages != 3 || m.CurrentPage != page {
			t.Errorf("page %d: %+v", page, m)
		}
		if m.Links.Next == "" {
			break
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d webhooks, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i].ID {
			t.Errorf("webhook %d is %d, want %d", i, got[i], want[i].ID)
		}
	}
}

func TestPagesHaveACap(t *testing.T) {
	s := New(small(func(c *Config) { c.Rest.PageCap = 5 }))
	if p := hooksOf(t, s, named(t, s, "Event fan-out"), "?limit=500"); len(p.Data) != 5 || p.Meta.Pagination.TotalPages != 2 {
		t.Errorf("%d webhooks, %+v", len(p.Data), p.Meta)
	}
}

func TestHookFilters(t *testing.T) {
	s := New(small())
	c := named(t, s, "Gift registry")
	for query, want := range map[string]int{
		"": 2, "?is_active=false": 1, "?is_active=true": 1, "?scope=store/cart/lineItem": 1, "?scope=store/order/created": 0,
		"?destination=https://nowhere.example": 0, "?is_active=true&scope=store/cart/lineItem": 0,
	} {
		if p := hooksOf(t, s, c, query); len(p.Data) != want || p.Meta.Pagination.Total != want {
			t.Errorf("%q: %d webhooks, total %d", query, len(p.Data), p.Meta.Pagination.Total)
		}
	}
}

// TestListsThatLie checks each oddity of lists against an honest answer.
func TestListsThatLie(t *testing.T) {
	s := New(small())
	c := named(t, s, "Event fan-out")
	ask := func(kind StoreFaultKind, query string) hookPage {
		s.FaultStoreKinds(c.StoreHash, kind)
		return hooksOf(t, s, c, query)
	}
	if p := ask(StoreOldMeta, "?page=2&limit=4"); p.Meta.Pagination.Offset != 4 || p.Meta.Pagination.Limit != 4 || p.Meta.Pagination.TotalItems != 9 {
		t.Errorf("old meta: %+v", p.Meta)
	}
	if p := ask(StoreNoMeta, ""); p.Meta != nil {
		t.Errorf("no meta: %+v", p.Meta)
	}
	if p := ask(StoreNoLinks, ""); p.Meta.Pagination.Links != nil {
		t.Errorf("no links: %+v", p.Meta)
	}
	if p := ask(StoreLinksOn, "?page=9"); len(p.Data) != 0 || p.Meta.Pagination.Links.Next == "" {
		t.Errorf("next on an empty page: %+v", p.Meta)
	}
	if l := ask(StoreLinksSame, "?limit=4").Meta.Pagination.Links; l.Next != l.Current || l.Previous != l.Current {
		t.Errorf("same links: %+v", l)
	}
	if p := ask(StoreUnfiltered, "?scope=none"); len(p.Data) != 0 || p.Meta.Pagination.Total != 9 {
		t.Errorf("total without filter: %+v", p.Meta)
	}
	if p := ask(StoreZeroPages, "?scope=none"); p.Meta.Pagination.TotalPages != 0 {
		t.Errorf("zero pages: %+v", p.Meta)
	}
	first, second := ask(StoreRepeat, "?limit=4"), ask(StoreRepeat, "?limit=4&page=2")
	if second.Data[0].ID != first.Data[3].ID {
		t.Error("no webhook stands on two pages")
	}
	if p := ask(StoreFirstAgain, "?limit=4&page=2"); p.Data[0].ID != first.Data[0].ID {
		t.Error("page 2 is not page 1")
	}
}

func TestHooksThatAreOdd(t *testing.T) {
	s := New(small())
	c := named(t, s, "Event fan-out")
	s.FaultStoreKinds(c.StoreHash, StoreLargeIDs, StoreHeadersObject)
	p := hooksOf(t, s, c, "")
	for _, h := range p.Data {
		if h.ID < 1<<53 || h.Headers == nil {
			t.Errorf("%+v", h)
		}
	}
	if a := get(t, s, c, "/v3/hooks/"+itoa(p.Data[0].ID)); a.status != 200 {
		t.Errorf("a large id is not found: %d", a.status)
	}
	s.FaultStoreKinds(c.StoreHash, StoreHeadersNull, StoreUnknownWords)
	for _, h := range hooksOf(t, s, c, "").Data {
		if h.Headers != nil {
			t.Errorf("%+v", h)
		}
	}
	if a := get(t, s, c, "/v3/hooks/admin"); !strings.Contains(a.body, `"status":"suspended_by_platform"`) {
		t.Errorf("%s", a.body)
	}
}

func TestMetafieldsNameOtherClients(t *testing.T) {
	s := New(small())
	c := named(t, s, "Rollcall audit")
	s.Edit(func(w *World) { // the store with many
		if hash := w.SceneStore("near the cap of API accounts"); hash != c.StoreHash {
			c = w.AddAPIAccount(hash, Credential{Name: "reader", Scopes: readAll})
		}
	})
	foreign, seen, after := 0, map[int64]bool{}, ""
	for page := 0; page < 20; page++ {
		a := get(t, s, c, "/v3/catalog/products/metafields?limit=20&include_fields=owner_client_id"+after)
		var list struct {
			Data []struct {
				ID            int64
				OwnerClientID string `json:"owner_client_id"`
				Key           *string
			}
			Meta struct {
				CursorPagination struct {
					EndCursor string `json:"end_cursor"`
				} `json:"cursor_pagination"`
			}
		}
		if err := json.Unmarshal([]byte(a.body), &list); err != nil || a.status != 200 {
			t.Fatalf("%d %v %s", a.status, err, a.body)
		}
		if len(list.Data) == 0 {
			break
		}
		for _, m := range list.Data {
			if m.Key != nil || seen[m.ID] {
				t.Errorf("%+v", m)
			}
			if seen[m.ID] = true; m.OwnerClientID != c.ClientID {
				foreign++
			}
		}
		after = "&after=" + url.QueryEscape(list.Meta.CursorPagination.EndCursor)
	}
	visible := 0
	s.Edit(func(w *World) {
		for _, m := range w.mustStore(c.StoreHash).metafields("product", s.cfg.Start) {
			if m.visibility != ownersOnly {
				visible++
			}
		}
	})
	if len(seen) != visible || foreign == 0 || visible < 50 {
		t.Errorf("%d metafields seen of %d visible, %d of other clients", len(seen), visible, foreign)
	}
}

func TestScriptsAndLogs(t *testing.T) {
	s := New(small())
	if a := get(t, s, named(t, s, "Rollcall audit"), "/v3/content/scripts"); a.status != 200 || len(a.json["data"].([]any)) != 0 {
		t.Errorf("a client without scripts: %d %s", a.status, a.body)
	}
	c := named(t, s, "Banner widget")
	if a := get(t, s, c, "/v3/content/scripts"); !strings.Contains(a.body, `"api_client_id":"`+c.ClientID+`"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	a := get(t, s, named(t, s, "Rollcall audit"), "/v3/store/systemlogs?type=tax&limit=100")
	for _, line := range a.json["data"].([]any) {
		if line.(map[string]any)["type"] != "tax" {
			t.Errorf("%v", line)
		}
	}
}

func TestMetafieldsOfTheStore(t *testing.T) {
	s := New(small())
	var c Credential
	s.Edit(func(w *World) {
		c = w.AddAPIAccount(w.SceneStore("near the cap of API accounts"), Credential{Name: "reader", Scopes: readAll})
	})
	total := func(query string) float64 {
		a := get(t, s, c, "/v3/store/metafields"+query)
		if a.status != 200 {
			t.Fatalf("%s: %d %s", query, a.status, a.body)
		}
		return a.json["meta"].(map[string]any)["pagination"].(map[string]any)["total"].(float64)
	}
	all := total("")
	if all < 50 || total("?namespace=sync") != all || total("?namespace=other") != 0 || total("?key=ref_1")+total("?key=ref_2") != total("?key:in=ref_1,ref_2") {
		t.Error("the filters do not work")
	}
	if old, fresh := total("?date_modified:max=2025-01-01"), total("?date_modified:min=2025-01-02"); old+fresh != all || old == 0 || fresh == 0 {
		t.Errorf("%v older and %v newer of %v", old, fresh, all)
	}
	first := get(t, s, c, "/v3/store/metafields?limit=2").json["data"].([]any)[0].(map[string]any)
	if _, text := first["id"].(string); !text {
		t.Errorf("the id is %T", first["id"])
	}
	for _, query := range []string{"?after=junk", "?after=aWQ6Nw==&before=aWQ6Nw=="} {
		if a := get(t, s, c, "/v3/store/metafields"+query); a.status != 422 {
			t.Errorf("%s: %d", query, a.status)
		}
	}
}
