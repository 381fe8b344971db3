package sandbox

import (
	"fmt"
	"time"
)

// scene is one remarkable thing about webhooks or API accounts. Every account shows each of them in some store, and
// shows it elsewhere when that store closes.
type scene struct {
	name string
	play func(*World, *store)
}

// Names of the hosts that only scenes use.
const (
	UnknownHost = "collector.datasink.example"
	FailingHost = "relay.shopglue.example"
	BlockedHost = "push.orderflow.example"
)

var scenes = []scene{
	{"silent webhook", playSilent},
	{"failed webhook", playFailed},
	{"blocked domain", playBlocked},
	{"unknown host", playUnknownHost},
	{"odd destinations", playOddDestinations},
	{"duplicates", playDuplicates},
	{"near the limit of webhooks", playNearLimit},
	{"near the cap of API accounts", playNearCap},
	{"another account", playOtherAccount},
	{"revoked", playRevoked},
	{"over-scoped", playOverScoped},
	{"no scopes", playNoScopes},
}

// playScenes shows what is not shown yet. Without stores nothing is.
func (w *World) playScenes() {
	if w.shape.Uneventful || w.shape.APIAccounts < 0 || len(w.stores) == 0 {
		return
	}
	for i, sc := range scenes {
		if s := w.scenes[sc.name]; s != nil && w.byHash[s.hash] == s {
			continue
		}
		s := w.stores[(2*i+1)%len(w.stores)]
		w.scenes[sc.name] = s
		sc.play(w, s)
	}
}

// SceneStore gives the hash of the store that shows something remarkable: "silent webhook", "failed webhook",
// "blocked domain", "unknown host", "odd destinations", "duplicates", "near the limit of webhooks", "near the cap of
// API accounts", "another account", "revoked", "over-scoped" or "no scopes". It is empty when no store does.
func (w *World) SceneStore(name string) string {
	if s := w.scenes[name]; s != nil && w.byHash[s.hash] == s {
		return s.hash
	}
	return ""
}

// actor gives a scene an API account of its own.
func (w *World) actor(s *store, name, purpose string, scopes []string, mail string) *apiAccount {
	return w.stage(s, job{name: name, kind: KindToken, purpose: purpose, scopes: scopes, mail: mail})
}

func (w *World) stage(s *store, j job) *apiAccount {
	a := w.employ(s, j, w.now.Add(-400*day))
	a.staged = true
	return a
}

func playSilent(w *World, s *store) {
	a := w.actor(s, "Gift registry", "tells the registry about carts", words("store_cart_read_only"), "registry@"+w.domain)
	h := w.addHook(a, "store/cart/lineItem", "https://hooks."+w.domain+"/registry", w.now.Add(-380*day))
	h.quietSince = w.now.Add(-95 * day).Unix()
	h.deactivate(w.now.Add(-5 * day))
	soon := w.addHook(a, "store/cart/deleted", "https://hooks."+w.domain+"/registry", w.now.Add(-380*day))
	soon.quietSince = w.now.Add(-70 * day).Unix()
}

func playFailed(w *World, s *store) {
	a := w.actor(s, "Shop glue", "passes orders on to partners", words("store_v2_orders_read_only"), "")
	for _, event := range []string{"store/order/created", "store/order/updated"} {
		w.addHook(a, event, "https://"+FailingHost+"/bc", w.now.Add(-300*day)).deactivate(w.now.Add(-2 * day))
	}
	w.beginTrouble(a, FailingHost, w.now.Add(-4*day), true, 0)
}

func playBlocked(w *World, s *store) {
	a := w.actor(s, "Order flow", "shows orders on the screens of the packing tables", words("store_v2_orders_read_only"), "ops@"+w.domain)
	w.addHook(a, "store/order/*", "https://"+BlockedHost+"/screens", w.now.Add(-200*day))
	w.addHook(a, "store/shipment/*", "https://"+BlockedHost+"/screens", w.now.Add(-200*day))
	w.beginTrouble(a, BlockedHost, w.now.Add(-day), false, 0)
}

func playUnknownHost(w *World, s *store) {
	a := w.actor(s, "Agency test 2", "made by an agency for a trial", words("store_v2_customers store_v2_orders"), "")
	w.addHook(a, "store/customer/*", "https://"+UnknownHost+"/c", w.now.Add(-40*day))
	w.addHook(a, "store/order/created", "https://"+UnknownHost+"/o", w.now.Add(-40*day))
}

// playOddDestinations are older webhooks, from before HTTPS on port 443 was asked for, and one to an event bus.
func playOddDestinations(w *World, s *store) {
	a := w.actor(s, "Legacy bridge", "old connection to the till system", words("store_v2_orders store_inventory"), "till@"+w.domain)
	for i, destination := range []string{
		"http://legacy." + w.domain + "/hook.php", "https://ops." + w.domain + ":8443/hooks", "https://198.51.100.23/orders",
		"arn:aws:events:us-east-1::event-source/aws.partner/bigcommerce.com/" + s.hash + "/till",
	} {
		w.addHook(a, "store/order/created", destination, time.Date(2021, 3, 2+i, 10, 0, 0, 0, time.UTC))
	}
}

// playDuplicates are from before 2025-04-10, when a second webhook with the same scope and destination was still let in.
func playDuplicates(w *World, s *store) {
	a := w.actor(s, "Stock mirror", "mirrors stock to the marketplace", words("store_inventory store_v2_products_read_only"), "")
	for i := range 3 {
		w.addHook(a, "store/product/inventory/updated", "https://hooks."+w.domain+"/stock", time.Date(2024, 11, 3+i, 9, 0, 0, 0, time.UTC))
	}
}

func playNearLimit(w *World, s *store) {
	a := w.actor(s, "Event fan-out", "sends orders to every team", words("store_v2_orders_read_only"), "platform@"+w.domain)
	for i := range 9 {
		w.addHook(a, "store/order/created", fmt.Sprintf("https://hooks.%s/team/%d", w.domain, i+1), w.now.Add(-time.Duration(250-i)*day))
	}
}

func playNearCap(w *World, s *store) {
	s.shop.many = true
	for i := w.liveAPIAccounts(s); i < 47; i++ {
		w.actor(s, fmt.Sprintf("Script %02d", i+1), "made for a migration", words("store_v2_products"), "")
	}
}

func playOtherAccount(w *World, s *store) {
	a := w.actor(s, "Franchise feed", "made before the store changed hands", words("store_v2_information_read_only store_v2_products_read_only"), "")
	a.accountUUID = "0d9b7c1e-55aa-4f0b-9f6d-3c2b1a7e8d44"
}

func playRevoked(w *World, s *store) {
	w.deleteAPIAccount(w.actor(s, "Old storefront", "headless shop of 2024", words("store_v2_products store_cart store_checkout"), ""))
	w.deleteAPIAccount(w.actor(s, "Loadtest", "load test before the sale", words("store_v2_orders"), ""))
}

func playOverScoped(w *World, s *store) {
	j := job{name: "Banner widget", kind: KindToken, purpose: "shows the banner of the week", scopes: words("store_v2_content_read_only"), over: writeAll}
	w.stage(s, j)
}

func playNoScopes(w *World, s *store) {
	w.actor(s, "Webhooks only", "only listens", nil, "")
}

func (w *World) liveAPIAccounts(s *store) int {
	n := 0
	for _, a := range s.shop.accounts {
		if a.live() && a.kind != KindApp {
			n++
		}
	}
	return n
}
