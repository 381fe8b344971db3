package stores

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"rollcall/internal/org"
)

// metafieldList is a list of metafields and the scope that it needs (facts 2.7).
type metafieldList struct {
	name, path, scope string
}

var metafieldLists = []metafieldList{
	{"store", "/v3/store/metafields", "store_v2_information"},
	{"channels", "/v3/channels/metafields", "store_channel_settings"},
	{"products", "/v3/catalog/products/metafields", "store_v2_products"},
	{"variants", "/v3/catalog/variants/metafields", "store_v2_products"},
	{"categories", "/v3/catalog/categories/metafields", "store_v2_products"},
	{"brands", "/v3/catalog/brands/metafields", "store_v2_products"},
	{"orders", "/v3/orders/metafields", "store_v2_orders"},
	{"customers", "/v3/customers/metafields", "store_v2_customers"},
	{"carts", "/v3/carts/metafields", "store_cart"},
	{"locations", "/v3/inventory/locations/metafields", "store_locations"},
}

const (
	metafieldPages = 4               // of each list, at most
	metafieldTime  = 5 * time.Minute // for all lists of one store, at most
)

// sights counts metafields by their owner.
type sights struct {
	byClient map[string]*org.ClientSight
	seen     map[string]bool // ids within the list being read
	list     string
}

// clients reads the owners of metafields where the scopes allow it, and says what that reading cannot show. The result
// is nil when no list could be read.
func (v *visit) clients(ctx context.Context, p org.Proof) ([]org.ClientSight, string) {
	if !p.ScopesKnown() {
		return nil, "Metafields were not read: the scopes of the token are not known."
	}
	ctx, cancel := context.WithTimeout(ctx, metafieldTime)
	defer cancel()
	found := &sights{byClient: map[string]*org.ClientSight{}}
	var read, cut, barred, failed []string
	for _, list := range metafieldLists {
		if !mayRead(p.Scopes, list.scope) {
			barred = append(barred, list.name)
			continue
		}
		switch out := v.metafields(ctx, list, found); {
		case out.refused != nil && out.pages == 0:
			failed = append(failed, list.name+" ("+out.refused.text()+")")
		case out.truncated || out.refused != nil:
			cut = append(cut, fmt.Sprintf("%s (the first %d)", list.name, out.items))
		default:
			read = append(read, list.name)
		}
	}
	say := saySights(read, cut, barred, failed)
	if len(read)+len(cut) == 0 {
		return nil, say
	}
	return found.sorted(), say
}

func saySights(read, cut, barred, failed []string) string {
	var say []string
	for _, part := range []struct {
		head  string
		names []string
	}{{"Metafields read to their end", read}, {"read in part", cut}, {"not read for want of a scope", barred}, {"failed", failed}} {
		if len(part.names) > 0 {
			say = append(say, part.head+": "+strings.Join(part.names, ", "))
		}
	}
	return strings.Join(say, "; ") + ". Clients that wrote no metafields, or only private ones (app_only), stay invisible."
}

// metafields reads one list, without the filter of fields when that is refused.
func (v *visit) metafields(ctx context.Context, list metafieldList, found *sights) walked {
	found.list, found.seen = list.name, map[string]bool{}
	w := walk{path: list.path, limit: pageLimit, pages: metafieldPages, take: found.take, gentle: true, query: url.Values{"include_fields": {"owner_client_id"}}}
	out := v.walk(ctx, w)
	if out.pages == 0 && out.refused != nil && out.refused.cause == causeRejected {
		w.query = nil
		out = v.walk(ctx, w)
	}
	return out
}

// take counts a metafield once. Without an id, which the filter of fields may take away, every entry counts.
func (s *sights) take(raw json.RawMessage) (fresh, readable bool) {
	o, ok := asObject(raw)
	if !ok {
		return false, false
	}
	if id := o.text("id"); id != "" {
		if s.seen[id] {
			return false, true
		}
		s.seen[id] = true
	}
	client := strings.TrimSpace(o.text("owner_client_id"))
	if client == "" {
		return true, true
	}
	sight := s.byClient[client]
	if sight == nil {
		sight = &org.ClientSight{ClientID: client}
		s.byClient[client] = sight
	}
	if !slices.Contains(sight.Where, s.list) {
		sight.Where = append(sight.Where, s.list)
	}
	sight.Items++
	return true, true
}

func (s *sights) sorted() []org.ClientSight {
	out := []org.ClientSight{}
	for _, client := range sortedKeys(s.byClient) {
		out = append(out, *s.byClient[client])
	}
	return out
}
