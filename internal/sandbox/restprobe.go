package sandbox

import "strconv"

// probe is a cheap GET that shows a scope (facts 2.10): with it the status and body given, without it 403.
type probe struct {
	path   string
	scopes []string
	status int
	answer func(*restCall)
}

// probes are the table of facts 2.10, and what else was used to find rights out.
var probes = []probe{
	{"/v3/catalog/summary", either("store_v2_products"), 200, wrapped(object{
		"inventory_count": 4210, "variant_count": 812, "inventory_value": 181204.5, "highest_variant_price": 899, "average_variant_price": 43.1,
		"lowest_variant_price": 2, "oldest_variant_date": "2019-04-02", "newest_variant_date": "2026-02-11", "primary_category_id": 14,
		"primary_category_name": "Outdoor",
	})},
	{"/v3/catalog/products", either("store_v2_products"), 200, someOf(object{"id": 77})},
	{"/v2/orders/count", either("store_v2_orders"), 200, bare(object{"count": 1204, "statuses": []any{}})},
	{"/v3/customers", either("store_v2_customers"), 200, someOf(object{"id": 4, "email": "shopper@example.com"})},
	{"/v2/customers/count", either("store_v2_customers"), 200, bare(object{"count": 311})},
	{"/v3/content/pages", either("store_v2_content"), 200, someOf(object{"id": 2, "name": "Imprint"})},
	{"/v2/blog/posts/count", either("store_v2_content"), 200, bare(object{"count": 9})},
	{"/v3/content/scripts/{uuid}", either("store_v2_content", "store_content_checkout"), 422, failed(422, "The filter(s): uuid are not valid filter parameter(s).")},
	{"/v2/coupons/count", either("store_v2_marketing"), 200, bare(object{"count": 3})},
	{"/v2/banners/count", either("store_v2_marketing"), 200, bare(object{"count": 1})},
	{"/v2/coupons", either("store_v2_marketing"), 204, (*restCall).emptyV2},
	{"/v2/banners", either("store_v2_marketing"), 204, (*restCall).emptyV2},
	{"/v3/orders/{id}/transactions", either("store_v2_transactions"), 404, failed(404, "Order not found")},
	{"/v2/payments/methods", []string{"store_payments_methods_read"}, 200, bare([]object{{"name": "Test gateway", "code": "bigcommerce_test", "test_mode": true}})},
	{"/v3/payments/methods", []string{"store_payments_methods_read"}, 422, failed(422, "order_id is required")},
	{"/v3/carts/{id}", either("store_cart"), 404, failed(404, "Cart not found")},
	{"/v3/checkouts/{id}", either("store_checkout", "store_checkouts"), 404, failed(404, "Checkout not found")},
	{"/v3/checkouts/settings", either("store_checkout", "store_checkouts"), 200, wrapped(object{"custom_checkout_script_url": ""})},
	{"/v3/channels", either("store_channel_settings"), 200, someOf(object{"id": 1, "name": "Storefront", "type": "storefront", "status": "active"})},
	{"/v3/channels/currency-assignments", either("store_channel_settings"), 200, someOf(object{"channel_id": 1, "default_currency": "USD"})},
	{"/v3/channels/{id}/listings", either("store_channel_listings"), 200, someOf()},
	{"/v3/sites", either("store_sites"), 200, someOf(object{"id": 1000, "channel_id": 1})},
	{"/v3/themes", either("store_themes"), 200, someOf(object{"uuid": "0f6f5f9c-2f2e-4d2b-9f5f-6e0d0a1b2c3d", "name": "Cornerstone"})},
	{"/v3/storefront/custom-template-associations", either("store_themes"), 200, someOf()},
	{"/v3/inventory/items", either("store_inventory"), 200, someOf(object{"identity": object{"variant_id": 12}})},
	{"/v3/inventory/locations", either("store_locations"), 200, someOf(object{"id": 1, "label": "Default location"})},
	{"/v3/pickup/methods", either("store_fulfillment_methods"), 200, someOf()},
	{"/v3/orders/pickups", either("store_order_fulfillment"), 200, someOf()},
	{"/v3/infrastructure/projects", either("store_infrastructure_projects"), 200, someOf()},
	{"/v3/customers/stored-instruments", either("store_stored_payment_instruments"), 422, failed(422, "customer_id is required")},
	{"/v2/customer_groups", either("store_v2_customers"), 204, (*restCall).emptyV2},
}

func probeRoutes() []route {
	var routes []route
	for _, p := range probes {
		routes = append(routes, route{method: "GET", path: p.path, scopes: p.scopes, answer: p.answer})
	}
	return append(routes,
		// Paths that only take POST: GET there is 404 as text, POST without a token 401 (facts 2.12).
		route{method: "POST", path: "/v3/payments/access_tokens", scopes: []string{"store_payments_access_token_create"}, writes: true, answer: failed(422, badJSON)},
		route{method: "POST", path: "/v3/storefront/api-token", scopes: []string{"store_storefront_api", "store_storefront_api_customer_impersonation"}, writes: true, answer: failed(422, badJSON)})
}

// bare answers as V2 does, without an envelope.
func bare(body any) func(*restCall) {
	return func(x *restCall) { x.json(200, body) }
}

// wrapped answers with one thing as V3 does.
func wrapped(body any) func(*restCall) {
	return func(x *restCall) { x.json(200, object{"data": body, "meta": object{}}) }
}

// someOf answers with a V3 list.
func someOf(all ...object) func(*restCall) {
	return func(x *restCall) {
		if l, ok := x.listing(len(all), len(all), 50); ok {
			x.list(append([]object{}, all[l.lo:l.hi]...), l)
		}
	}
}

// failed answers as a V3 service that does not like the request.
func failed(status int, title string) func(*restCall) {
	return func(x *restCall) { x.problem(status, title, object{}) }
}

// emptyV2 is a V2 list without entries: 204 without a body, or 404 in some areas (facts 2.13).
func (x *restCall) emptyV2() {
	if n, err := strconv.Atoi(or(x.http.URL.Query().Get("page"), "1")); err != nil || n < 1 {
		x.json(400, []object{{"status": 400, "message": "The field 'page' is invalid."}})
		return
	}
	if x.odd(StoreEmptyV2) {
		x.json(404, []object{{"status": 404, "message": "The requested resource was not found."}})
		return
	}
	x.nothing(204)
}
