package sandbox

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Kinds of API accounts.
const (
	KindToken   = "v2/v3"       // store-level, made in the control panel
	KindStencil = "stencil-cli" // store-level, for themes
	KindApp     = "app"         // of an installed app
	KindAccount = "account"     // account-level
)

// apiAccount is one set of credentials of one store. It is kept after its deletion, for its client ID lives on in
// metafields.
type apiAccount struct {
	store               *store
	name, kind, purpose string
	clientID, token     string
	secret              string
	scopes, needs       []string
	created, deleted    int64  // unix seconds; deleted is 0 while it lives
	accountUUID         string // told to this token in place of the true one; empty: the true one
	emails              []string
	hooks               []*hook // by id
	troubles            []*trouble
	job                 job
	staged              bool // belongs to a scene; chance leaves it alone
	scriptSeed          uint64
}

func (a *apiAccount) live() bool { return a.deleted == 0 }

// has says whether the token may do one of the things named.
func (a *apiAccount) has(anyOf ...string) bool {
	for _, scope := range anyOf {
		if slices.Contains(a.scopes, scope) {
			return true
		}
	}
	return len(anyOf) == 0
}

// job is what an API account is made for.
type job struct {
	name, kind, purpose string
	host, path          string // where its webhooks go; "own" is a host of the company; empty: it has none
	events              []string
	scopes              []string
	over                []string // granted beside what it needs
	mail                string   // where notifications go; empty: nobody is told
}

// readAll are the scopes of an API account that may read a whole store (facts 2.10).
var readAll = words(`store_v2_information_read_only store_v2_products_read_only store_v2_orders_read_only store_v2_customers_read_only
	store_v2_content_read_only store_v2_marketing_read_only store_channel_settings_read_only store_channel_listings_read_only store_sites_read_only
	store_themes_read_only store_inventory_read_only store_locations_read_only store_cart_read_only store_logs_read_only`)

// writeAll are those of one that may change nearly everything.
var writeAll = words(`store_v2_information store_v2_products store_v2_orders store_v2_customers store_v2_content store_content_checkout
	store_v2_marketing store_v2_transactions store_payments_methods_read store_cart store_checkout store_channel_settings store_channel_listings
	store_sites store_themes_manage store_inventory store_locations store_fulfillment_methods_manage store_order_fulfillment_manage store_logs_read_only
	store_storefront_api store_storefront_api_customer_impersonation store_v2_customers_login store_payments_access_token_create
	store_metafield_write_all store_stored_payment_instruments`)

// implicitScopes nobody chooses and every token has (facts 2.10).
var implicitScopes = []string{"store_v2_default", "users_basic_information"}

var auditJob = job{name: "Rollcall audit", kind: KindToken, purpose: "reads the store for the access audit", scopes: readAll}

var jobs = []job{
	{
		name: "Warehouse connector", kind: KindToken, purpose: "sends orders to the warehouse", host: "events.warehouselink.example", path: "/bigcommerce/orders",
		events: []string{"store/order/created", "store/order/statusUpdated", "store/product/inventory/updated"},
		scopes: words("store_v2_orders store_inventory store_locations_read_only store_v2_products_read_only"), mail: "ops@warehouselink.example",
	},
	{
		name: "ERP sync", kind: KindToken, purpose: "keeps orders and customers in the ERP", host: "own", path: "/hooks/erp",
		events: []string{"store/order/*", "store/customer/updated", "store/product/updated"},
		scopes: words("store_v2_information_read_only store_v2_orders store_v2_customers store_v2_products store_inventory"), mail: "integrations@own",
	},
	{
		name: "Newsletter", kind: KindToken, purpose: "adds subscribers to the mailing list", host: "in.emailstudio.example", path: "/webhooks/bc",
		events: []string{"store/customer/created", "store/subscriber/created"},
		scopes: words("store_v2_customers_read_only store_v2_marketing"), mail: "support@emailstudio.example",
	},
	{
		name: "Search indexer", kind: KindToken, purpose: "keeps the product search fresh", host: "ingest.searchfilter.example", path: "/v2/catalog",
		events: []string{"store/product/created", "store/product/updated", "store/product/deleted", "store/category/updated"},
		scopes: words("store_v2_information_read_only store_v2_products_read_only store_channel_listings_read_only"),
	},
	{
		name: "Nightly export", kind: KindToken, purpose: "copies sales figures to the data warehouse",
		scopes: words("store_v2_orders_read_only store_v2_products_read_only store_v2_customers_read_only"),
	},
	{
		name: "Fraud screening", kind: KindToken, purpose: "checks orders before they are captured", host: "in.fraudguard.example", path: "/orders",
		events: []string{"store/order/created", "store/order/transaction/created"},
		scopes: words("store_v2_orders_read_only store_v2_transactions_read_only"), mail: "alerts@fraudguard.example",
	},
	{
		name: "Theme deploy", kind: KindStencil, purpose: "publishes the theme", scopes: words("store_themes_manage"),
	},
	{
		name: "Price updater", kind: KindToken, purpose: "sets prices from the price list of the week",
		scopes: words("store_v2_products store_channel_listings_read_only"),
	},
	{
		name: "Content pages", kind: KindToken, purpose: "publishes landing pages", host: "own", path: "/cms/cache",
		events: []string{"store/information/updated"}, scopes: words("store_v2_content store_content_checkout_read_only store_sites_read_only"), mail: "web@own",
	},
}

var appJobs = []job{
	{
		name: "Returns Portal", kind: KindApp, purpose: "app", host: "hooks.returnsportal.example", path: "/bc/events",
		events: []string{"store/order/refund/created", "store/order/statusUpdated", "store/app/uninstalled"},
		scopes: words("store_v2_orders store_v2_information_read_only store_v2_customers_read_only"), mail: "dev@returnsportal.example",
	},
	{
		name: "Loyalty Circle", kind: KindApp, purpose: "app", host: "api.loyaltycircle.example", path: "/webhook",
		events: []string{"store/customer/created", "store/order/created", "store/cart/converted"},
		scopes: words("store_v2_customers store_v2_orders_read_only store_cart_read_only store_v2_content"), mail: "platform@loyaltycircle.example",
	},
}

// employ makes an API account for a job, with its webhooks.
func (w *World) employ(s *store, j job, at time.Time) *apiAccount {
	rng := s.shop.rng
	a := &apiAccount{store: s, name: j.name, kind: j.kind, purpose: j.purpose, created: at.Unix(), job: j}
	a.needs = slices.Clone(j.scopes)
	a.scopes = append(slices.Clone(j.scopes), j.over...)
	a.token, a.secret = randomText(rng, base36, 31), randomText(rng, "0123456789abcdef", 64)
	a.clientID = randomText(rng, base36, 30+rng.IntN(3))
	a.scriptSeed = rng.Uint64()
	if j.mail != "" {
		a.emails = []string{strings.Replace(j.mail, "@own", "@"+w.domain, 1)}
	}
	w.addAPIAccount(a)
	for _, event := range j.events {
		w.addHook(a, event, w.urlOf(j), at.Add(time.Duration(1+rng.IntN(180))*time.Minute))
	}
	return a
}

func (w *World) addAPIAccount(a *apiAccount) {
	a.store.shop.accounts = append(a.store.shop.accounts, a)
	w.clients[a.clientID], w.tokens[a.token] = a, a
}

// deleteAPIAccount ends a token and everything it holds up (facts 3.5).
func (w *World) deleteAPIAccount(a *apiAccount) {
	if a.live() {
		a.deleted, a.hooks, a.troubles = w.now.Unix(), nil, nil
	}
}

// urlOf is where a job wants its events.
func (w *World) urlOf(j job) string {
	return "https://" + w.hostOf(j.host) + j.path
}

func (w *World) hostOf(host string) string {
	if host == "own" {
		return "hooks." + w.domain
	}
	return host
}

const base36 = "abcdefghijklmnopqrstuvwxyz0123456789"

func randomText(rng *rand.Rand, letters string, length int) string {
	text := make([]byte, length)
	for i := range text {
		text[i] = letters[rng.IntN(len(letters))]
	}
	return string(text)
}
