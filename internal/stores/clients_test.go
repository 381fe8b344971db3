package stores

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"rollcall/internal/org"
)

func metafieldsOf(n int, client string, ids bool) string {
	var items []string
	for i := range n {
		id := ""
		if ids {
			id = fmt.Sprintf(`"id":%d,`, i+1)
		}
		items = append(items, fmt.Sprintf(`{%s"owner_client_id":%q}`, id, client))
	}
	return strings.Join(items, ",")
}

func sighted(t *testing.T, f *fakeStore, scopes ...string) org.TokenRead {
	f.say("POST /graphql", 200, identityAnswer("", scopes...))
	return f.client().Read(t.Context(), opened, org.Proof{}, someUUID, Options{Clients: true, Scopes: true})
}

func TestClientsOfMetafields(t *testing.T) {
	f := newFakeStore(t)
	f.say("GET /v3/catalog/products/metafields", 200, `{"data":[`+metafieldsOf(3, "one", true)+`,{"id":9,"owner_client_id":"two"},{"id":9,"owner_client_id":"two"},{"id":10},7],"meta":{"pagination":{"total":6,"total_pages":1}}}`)
	f.say("GET /v3/orders/metafields", 200, `{"data":[`+metafieldsOf(2, "two", false)+`],"meta":{"pagination":{"total":2}}}`)
	r := sighted(t, f, "store_v2_products_read_only", "store_v2_orders")
	want := []org.ClientSight{{ClientID: "one", Where: []string{"products"}, Items: 3}, {ClientID: "two", Where: []string{"products", "orders"}, Items: 3}}
	if !reflect.DeepEqual(r.Clients, want) {
		t.Errorf("%+v", r.Clients)
	}
	for _, part := range []string{"read to their end: products, orders", "want of a scope: store, channels, customers, carts, locations", "app_only"} {
		if !strings.Contains(r.ClientsSay, part) {
			t.Errorf("%q is missing: %s", part, r.ClientsSay)
		}
	}
	if !slices.ContainsFunc(f.requests, func(s string) bool {
		return s == "GET /v3/catalog/products/metafields?include_fields=owner_client_id&limit=250&page=1"
	}) {
		t.Error(f.requests)
	}
}

func TestALongListOfMetafieldsIsCutAndSaidSo(t *testing.T) {
	f := newFakeStore(t)
	f.say("GET /v3/orders/metafields", 200, `{"data":[`+metafieldsOf(250, "one", false)+`],"meta":{"pagination":{"total":5000,"total_pages":20}}}`)
	r := sighted(t, f, "store_v2_orders")
	if len(r.Clients) != 1 || r.Clients[0].Items != 1000 || !strings.Contains(r.ClientsSay, "read in part: orders (the first 1000)") {
		t.Errorf("%+v %s", r.Clients, r.ClientsSay)
	}
}

func TestMetafieldsWithoutFilterOfFields(t *testing.T) {
	f := newFakeStore(t)
	f.on("GET /v3/orders/metafields", func(r *http.Request) answer {
		if r.URL.Query().Has("include_fields") {
			return answer{422, `{"title":"no"}`, nil}
		}
		return answer{200, `{"data":[` + metafieldsOf(2, "one", true) + `],"meta":{"pagination":{"total":2}}}`, nil}
	})
	if r := sighted(t, f, "store_v2_orders"); len(r.Clients) != 1 || r.Clients[0].Items != 2 {
		t.Errorf("%+v %s", r.Clients, r.ClientsSay)
	}
}

func TestMetafieldsThatCannotBeReadAreSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFakeStore(t)
		f.say("GET /v3/orders/metafields", 500, "")
		if r := sighted(t, f, "store_v2_orders"); r.Clients != nil || !strings.Contains(r.ClientsSay, "failed: orders (BigCommerce had an error") {
			t.Errorf("%+v %s", r.Clients, r.ClientsSay)
		}
		if r := sighted(t, f, "store_v2_marketing"); r.Clients != nil || !strings.Contains(r.ClientsSay, "want of a scope: store") {
			t.Errorf("%+v %s", r.Clients, r.ClientsSay)
		}
		f.say("GET /v3/orders/metafields", 200, `{"data":[],"meta":{"pagination":{"total":0}}}`)
		if r := sighted(t, f, "store_v2_orders"); r.Clients == nil || len(r.Clients) > 0 {
			t.Errorf("%+v %s", r.Clients, r.ClientsSay)
		}
	})
}
