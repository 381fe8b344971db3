package sandbox

import (
	"encoding/base64"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// metafield is a note that some API client left on a thing. It is the one place that names other clients (facts 2.7).
type metafield struct {
	id, resourceID                         int64
	key, value, namespace, visibility      string
	resource, created, modified, ownedByID string
}

// fields gives a metafield as JSON. Those of the store itself have text for IDs, as the docs print them.
func (m metafield) fields() object {
	out := object{
		"id": m.id, "key": m.key, "value": m.value, "namespace": m.namespace, "permission_set": m.visibility, "resource_type": m.resource,
		"resource_id": m.resourceID, "description": "", "date_created": m.created, "date_modified": m.modified, "owner_client_id": m.ownedByID,
	}
	if m.resource == "store" {
		out["id"], out["resource_id"] = itoa(m.id), itoa(m.resourceID)
	}
	return out
}

// metafieldList is one of the lists of facts 2.7.
type metafieldList struct {
	path, resource string
	scopes         []string
}

var metafieldLists = []metafieldList{
	{"/v3/store/metafields", "store", informationScopes},
	{"/v3/channels/metafields", "channel", either("store_channel_settings")},
	{"/v3/catalog/products/metafields", "product", either("store_v2_products")},
	{"/v3/catalog/variants/metafields", "variant", either("store_v2_products")},
	{"/v3/catalog/categories/metafields", "category", either("store_v2_products")},
	{"/v3/catalog/brands/metafields", "brand", either("store_v2_products")},
	{"/v3/orders/metafields", "order", either("store_v2_orders")},
	{"/v3/customers/metafields", "customer", either("store_v2_customers")},
	{"/v3/carts/metafields", "cart", either("store_cart")},
	{"/v3/inventory/locations/metafields", "location", either("store_locations")},
}

// strangers are client IDs that no API account of any store has: of apps long gone, or that nobody wrote down.
var strangers = []string{"a7k2mq9x0z4v8b1n5c3l6j2h7g9f0d", "p0o9i8u7y6t5r4e3w2q1l2k3j4h5g6", "zz81c0v5n6m7b8a9s0d1f2g3h4j5k6"}

func metafieldRoutes() []route {
	var routes []route
	for _, list := range metafieldLists {
		routes = append(routes, route{
			method: "GET", path: list.path, scopes: list.scopes,
			answer: func(x *restCall) { x.listMetafields(list.resource) },
		})
	}
	return routes
}

// metafields makes up the metafields of a store for one kind of thing: always the same ones.
func (s *store) metafields(resource string, began time.Time) []metafield {
	sh := s.shop
	rng := rand.New(rand.NewPCG(hashText(s.hash), hashText(resource)))
	count := rng.IntN(6)
	if sh.many {
		count += 70
	}
	out := make([]metafield, 0, count)
	id := 100 + rng.Int64N(4000)
	for i := range count {
		id += 1 + rng.Int64N(40)
		at := began.Add(-time.Duration(1+rng.IntN(900)) * day).Format("2006-01-02T15:04:05+00:00")
		m := metafield{
			id: id, key: "ref_" + strconv.Itoa(i+1), value: "v" + strconv.Itoa(rng.IntN(1000)), namespace: "sync",
			resource: resource, resourceID: 1 + rng.Int64N(500), created: at, modified: at,
		}
		if resource == "store" {
			m.resourceID = s.num
		}
		m.ownedByID = strangers[rng.IntN(len(strangers))]
		if sh.founders > 0 && i%3 > 0 {
			m.ownedByID = sh.accounts[rng.IntN(sh.founders)].clientID
		}
		m.visibility = []string{"read", "write", "read_and_sf_access", ownersOnly, "write_and_sf_access"}[rng.IntN(5)]
		out = append(out, m)
	}
	return out
}

// ownersOnly marks a metafield that only its owner may see.
const ownersOnly = "app_only"

// sees says whether a client may see a metafield.
func (a *apiAccount) sees(m metafield) bool {
	return m.visibility != ownersOnly || m.ownedByID == a.clientID || a.has("store_metafield_write_all")
}

// listMetafields pages by number, or by a cursor after or before which to go on.
func (x *restCall) listMetafields(resource string) {
	q := x.http.URL.Query()
	all := slices.DeleteFunc(x.store.metafields(resource, x.server.cfg.Start), func(m metafield) bool { return !x.api.sees(m) })
	wanted := slices.DeleteFunc(slices.Clone(all), func(m metafield) bool { return !m.matches(q) })
	if q.Get("direction") == "desc" {
		slices.Reverse(wanted)
	}
	l, ok := x.listing(len(wanted), len(all), 50)
	if !ok || !x.cursorPage(&l, wanted) {
		return
	}
	data := []object{}
	for _, m := range wanted[l.lo:l.hi] {
		data = append(data, only(m.fields(), q.Get("include_fields")))
	}
	x.listWith(data, l, x.cursors(l, wanted))
}

// matches applies the filters of the query.
func (m metafield) matches(q url.Values) bool {
	for _, f := range []struct{ name, value string }{{"key", m.key}, {"namespace", m.namespace}} {
		if q.Has(f.name) && q.Get(f.name) != f.value || q.Has(f.name+":in") && !slices.Contains(strings.Split(q.Get(f.name+":in"), ","), f.value) {
			return false
		}
	}
	for _, f := range []struct{ name, value string }{{"date_created", m.created}, {"date_modified", m.modified}} {
		if q.Has(f.name+":min") && f.value[:10] < firstTen(q.Get(f.name+":min")) || q.Has(f.name+":max") && f.value[:10] > firstTen(q.Get(f.name+":max")) {
			return false
		}
	}
	return true
}

// firstTen is the date of a time.
func firstTen(text string) string { return text[:min(10, len(text))] }

// cursorPage moves a page behind or before a cursor, or answers by itself.
func (x *restCall) cursorPage(l *listing, list []metafield) bool {
	q := x.http.URL.Query()
	if q.Has("after") && q.Has("before") {
		x.problem(422, "The filter(s): after, before are not valid filter parameter(s).", nil)
		return false
	}
	for _, name := range []string{"after", "before"} {
		if !q.Has(name) {
			continue
		}
		raw, _ := base64.StdEncoding.DecodeString(q.Get(name))
		at := slices.IndexFunc(list, func(m metafield) bool { return string(raw) == "id:"+itoa(m.id) })
		if at < 0 {
			x.problem(422, "The filter(s): "+name+" are not valid filter parameter(s).", nil)
			return false
		}
		l.page = 1 // page numbers count for nothing beside a cursor
		if name == "after" {
			l.lo, l.hi = at+1, min(at+1+l.limit, len(list))
		} else {
			l.lo, l.hi = max(0, at-l.limit), at
		}
	}
	return true
}

// cursors is the other half of the meta of these lists; nil for an empty page.
func (x *restCall) cursors(l listing, list []metafield) object {
	if l.hi == l.lo {
		return nil
	}
	cursor := func(i int) string { return base64.StdEncoding.EncodeToString([]byte("id:" + itoa(list[i].id))) }
	first, last := cursor(l.lo), cursor(l.hi-1)
	links := object{}
	if l.hi < len(list) {
		links["next"] = "?after=" + url.QueryEscape(last)
	}
	if l.lo > 0 {
		links["previous"] = "?before=" + url.QueryEscape(first)
	}
	return object{"count": l.hi - l.lo, "per_page": l.limit, "start_cursor": first, "end_cursor": last, "links": links}
}

// only keeps the ID and the fields asked for; all when none are.
func only(fields object, wanted string) object {
	if wanted == "" {
		return fields
	}
	out := object{"id": fields["id"]}
	for name := range strings.SplitSeq(wanted, ",") {
		if value, known := fields[name]; known {
			out[name] = value
		}
	}
	return out
}
