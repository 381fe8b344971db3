package sandbox

import (
	"encoding/base64"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// metafield is a note that some API client left on a thing. It is the one place that names other clients (facts 2.7).
type metafield struct {
	ID            int64  `json:"id"`
	Key           string `json:"key"`
	Value         string `json:"value"`
	Namespace     string `json:"namespace"`
	PermissionSet string `json:"permission_set"`
	ResourceType  string `json:"resource_type"`
	ResourceID    int64  `json:"resource_id"`
	Description   string `json:"description"`
	DateCreated   string `json:"date_created"`
	DateModified  string `json:"date_modified"`
	OwnerClientID string `json:"owner_client_id"`
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
		at := began.Add(-time.Duration(1+rng.IntN(900)) * day).Format("2006-01-02T15:04:05Z")
		m := metafield{
			ID: id, Key: "ref_" + strconv.Itoa(i+1), Value: "v" + strconv.Itoa(rng.IntN(1000)), Namespace: "sync", PermissionSet: "read",
			ResourceType: resource, ResourceID: 1 + rng.Int64N(500), DateCreated: at, DateModified: at,
		}
		m.OwnerClientID = strangers[rng.IntN(len(strangers))]
		if sh.founders > 0 && i%3 > 0 {
			m.OwnerClientID = sh.accounts[rng.IntN(sh.founders)].clientID
		}
		m.PermissionSet = []string{"read", "write", "read_and_sf_access", "app_only", "write_and_sf_access"}[rng.IntN(5)]
		out = append(out, m)
	}
	return out
}

// sees says whether a client may see a metafield: app_only ones belong to their owner alone.
func (a *apiAccount) sees(m metafield) bool {
	return m.PermissionSet != "app_only" || m.OwnerClientID == a.clientID || a.has("store_metafield_write_all")
}

// listMetafields pages by number, or by a cursor after or before which to go on.
func (x *restCall) listMetafields(resource string) {
	q := x.http.URL.Query()
	all := slices.DeleteFunc(x.store.metafields(resource, x.server.cfg.Start), func(m metafield) bool { return !x.api.sees(m) })
	wanted := slices.DeleteFunc(slices.Clone(all), func(m metafield) bool {
		return q.Has("key") && m.Key != q.Get("key") || q.Has("namespace") && m.Namespace != q.Get("namespace")
	})
	if q.Get("direction") == "desc" {
		slices.Reverse(wanted)
	}
	l, ok := x.listing(len(wanted), len(all), 50)
	if !ok {
		return
	}
	if !x.cursorPage(&l, wanted) {
		return
	}
	data := []any{}
	for _, m := range wanted[l.lo:l.hi] {
		data = append(data, only(m, q.Get("include_fields")))
	}
	x.list(data, l)
	x.addCursors(l, wanted)
}

// cursorPage moves a page behind or before a cursor, or answers by itself.
func (x *restCall) cursorPage(l *listing, list []metafield) bool {
	q := x.http.URL.Query()
	for _, name := range []string{"after", "before"} {
		if !q.Has(name) {
			continue
		}
		raw, err := base64.RawURLEncoding.DecodeString(q.Get(name))
		id, err2 := strconv.ParseInt(string(raw), 10, 64)
		at := slices.IndexFunc(list, func(m metafield) bool { return m.ID == id })
		if err != nil || err2 != nil || at < 0 {
			x.problem(422, "The filter(s): "+name+" are not valid filter parameter(s).", nil)
			return false
		}
		if name == "after" {
			l.lo, l.hi = at+1, min(at+1+l.limit, len(list))
		} else {
			l.lo, l.hi = max(0, at-l.limit), at
		}
	}
	return true
}

// addCursors puts the cursors of a page beside its page numbers.
func (x *restCall) addCursors(l listing, list []metafield) {
	if l.hi == l.lo || x.odd(StoreNoMeta) || x.odd(StoreOldMeta) {
		return
	}
	cursor := func(i int) string {
		return base64.RawURLEncoding.EncodeToString([]byte(itoa(list[i].ID)))
	}
	cursors := object{"start_cursor": cursor(l.lo), "end_cursor": cursor(l.hi - 1)}
	body := string(x.answer.body)
	extra := `,"cursor_pagination":{"count":` + strconv.Itoa(l.hi-l.lo) + `,"per_page":` + strconv.Itoa(l.limit) +
		`,"start_cursor":"` + cursors["start_cursor"].(string) + `","end_cursor":"` + cursors["end_cursor"].(string) + `"}`
	x.answer.body = []byte(strings.TrimSuffix(body, "}}") + extra + "}}")
}

// only gives a metafield with its ID and the fields asked for.
func only(m metafield, fields string) any {
	if fields == "" {
		return m
	}
	out := object{"id": m.ID}
	for field := range strings.SplitSeq(fields, ",") {
		switch field {
		case "owner_client_id":
			out[field] = m.OwnerClientID
		case "key":
			out[field] = m.Key
		case "namespace":
			out[field] = m.Namespace
		case "permission_set":
			out[field] = m.PermissionSet
		case "resource_id":
			out[field] = m.ResourceID
		case "date_modified":
			out[field] = m.DateModified
		}
	}
	return out
}
