package stores

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// probe is the cheapest GET that needs a scope (facts 2.10). The scope is named in its read-only form: a GET cannot
// tell it from modify.
type probe struct {
	scope string
	path  string
	query string
}

var probes = []probe{
	{"store_v2_information_read_only", storePath, ""},
	{"store_v2_products_read_only", "/v3/catalog/summary", ""},
	{"store_v2_orders_read_only", "/v2/orders/count", ""},
	{"store_v2_customers_read_only", "/v3/customers", "limit=1"},
	{"store_v2_content_read_only", "/v3/content/pages", "limit=1"},
	{"store_v2_marketing_read_only", "/v2/coupons/count", ""},
	{"store_v2_transactions_read_only", "/v3/orders/1/transactions", ""},
	{"store_payments_methods_read", "/v2/payments/methods", ""},
	{"store_cart_read_only", "/v3/carts/{uuid}", ""},
	{"store_checkout_read_only", "/v3/checkouts/{uuid}", ""},
	{"store_channel_settings_read_only", "/v3/channels", "limit=1"},
	{"store_channel_listings_read_only", "/v3/channels/1/listings", "limit=1"},
	{"store_sites_read_only", "/v3/sites", "limit=1"},
	{"store_themes_read_only", "/v3/themes", ""},
	{"store_inventory_read_only", "/v3/inventory/items", "limit=1"},
	{"store_locations_read_only", "/v3/inventory/locations", "limit=1"},
	{"store_fulfillment_methods_read_only", "/v3/pickup/methods", ""},
	{"store_order_fulfillment_read_only", "/v3/orders/pickups", ""},
	{"store_logs_read_only", "/v3/store/systemlogs", "limit=1"},
	{"store_infrastructure_projects_read_only", "/v3/infrastructure/projects", ""},
}

// probeTime bounds the probes of one token: a store whose quota others use up is not waited for.
const probeTime = 3 * time.Minute

// probed is what the probes found.
type probed struct {
	scopes []string
	open   int    // probes that are to be asked again
	store  []byte // the answer of /v2/store, nil when it was refused
}

// badMoment is how many probes in a row have to fail before the rest is left for another time.
const badMoment = 4

// probe asks one GET after the other, each leaving half of the store's quota to others. Scopes that are known are not
// asked for. It stops when the moment is bad.
func (v *visit) probe(ctx context.Context, known []string) probed {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	var out probed
	failed := 0
	for _, p := range probes {
		switch {
		case slices.Contains(known, p.scope):
			out.scopes = append(out.scopes, p.scope)
			continue
		case failed == badMoment:
			out.open++
			continue
		}
		body, refused := v.send(ctx, p.request())
		switch p.shows(refused) {
		case probeOpen:
			failed++
			out.open++
			continue
		case probeHas:
			out.scopes = append(out.scopes, p.scope)
		}
		failed = 0
		if p.path == storePath && refused == nil {
			out.store = body
		}
	}
	slices.Sort(out.scopes)
	return out
}

func (p probe) request() request {
	query, _ := url.ParseQuery(p.query)
	return request{method: "GET", path: strings.Replace(p.path, "{uuid}", randomUUID(), 1), query: query, gentle: true}
}

// shown is what the answer to a probe tells.
type shown uint8

const (
	probeLacks  shown = iota
	probeHas          // the scope is there
	probeSilent       // this store will never tell: the path is not there
	probeOpen         // nothing for the moment
)

// shows tells what an answer proves: data, 400, 404 of the service and 422 come only past the check of the scope
// (facts 2.10).
func (p probe) shows(refused *refusal) shown {
	if refused == nil {
		return probeHas
	}
	switch refused.cause {
	case causeRejected, causeNotFound:
		return probeHas
	case causeScope, causeForbidden:
		return probeLacks
	case causeRoute, causeRedirect, causeUnknown:
		return probeSilent
	}
	return probeOpen
}

func randomUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
