package views

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"rollcall/internal/audit"
	"rollcall/internal/org"
)

func sampleCoverage() org.Coverage {
	return org.Coverage{
		Stores: 24, WithToken: 22, StoresRead: 20, Tokens: 43, TokensRead: 41, Failing: 2, Hooks: 312, Down: 7, Blocked: 2, Clients: 38, Foreign: 5,
		ReadFrom: sampleNow.Add(-8 * time.Hour), ReadTo: sampleNow.Add(-7*time.Hour - 50*time.Minute),
	}
}

func sampleHooks(n int) []org.WebhookRow {
	random := rand.New(rand.NewPCG(2, 9))
	events := []string{"store/order/created", "store/order/statusUpdated", "store/customer/*", "store/cart/abandoned", "store/product/inventory/order/updated", "store/shipment/created"}
	hosts := []string{"hooks.erp-bridge.example", "collector.mailer-and-newsletter-pro.example", "northwind.example", "a9f3.tunnel.example", "integration-gateway.emea.subsidiary.northwind-outfitters-international.example"}
	stores := sampleStores(n + 1)
	list := make([]org.WebhookRow, n)
	for i := range list {
		store := stores[i]
		h := org.WebhookRow{
			ID: org.WebhookID(i + 1), Store: store.ID, StoreHash: store.Hash, StoreName: store.Name, Host: hosts[i%len(hosts)], Emails: []string{"ops@northwind.example"}, EmailsRead: true,
			Through:  org.TokenRef{ID: org.APIAccountID(i%5 + 1), Label: []string{"ERP bridge", "Newsletter sync", "Warehouse (legacy, do not touch before the move)", "token ending in 9f3c", "POS connector"}[i%5], ClientID: fmt.Sprintf("%030x", 7919*(i%5+1))},
			Approved: []org.Tri{org.Yes, org.Yes, org.Yes, org.No, org.Yes}[i%5], FirstSeen: sampleNow.AddDate(0, -random.IntN(8), 0), ReadAt: sampleNow.Add(-8 * time.Hour), Current: true,
		}
		h.Webhook = org.Webhook{
			APIID: int64(28_000_000 + i), ClientID: h.Through.ClientID, Scope: events[i%len(events)], Destination: "https://" + h.Host + "/bigcommerce/v3/" + strings.ReplaceAll(events[i%len(events)], "/", "-"),
			Headers: []string{"Authorization", "X-Tenant"}[:i%3], Active: org.Yes, Status: "active", CreatedAt: org.At(sampleNow.AddDate(-1, 0, 0)), UpdatedAt: org.At(sampleNow.AddDate(0, -1, 0)),
		}
		sampleTrouble(&h, i)
		list[i] = h
	}
	return list
}

// sampleTrouble makes the first rows those that need a look.
func sampleTrouble(h *org.WebhookRow, i int) {
	switch i {
	case 0:
		h.Status, h.Active, h.DownSince = "deactivated", org.No, sampleNow.AddDate(0, 0, -6)
		h.Likely = "every retry over 48 hours failed, so BigCommerce gave up"
		h.Emails = nil
	case 1:
		h.Status, h.Active, h.DownSince = "inactive", org.No, sampleNow.AddDate(0, 0, -40)
	case 2:
		h.Status, h.Active = "", org.No
		h.EmailsRead, h.Emails = false, nil
	case 3:
		h.Blocked = &org.BlockedDomain{Destination: h.Destination, Until: sampleNow.Add(2 * time.Minute), Reasons: []org.BlockReason{{Text: "Response status code 503", Count: 118, At: sampleNow.Add(-time.Minute)}}}
	case 4:
		h.Current, h.ReadAt = false, sampleNow.AddDate(0, 0, -3)
	case 5:
		h.Destination = "http://" + h.Host + ":8443/in?key=secret-in-the-query"
	case 6:
		h.Destination, h.Host, h.Store = "projects/northwind/topics/orders", "", 0
	}
}

func sampleRegister(n int) []org.APIAccount {
	states := []org.ProofState{org.ProofRevoked, org.ProofValid, org.ProofScopeLost, org.ProofWrongStore, org.ProofWrongAccount, org.ProofSuspended, org.ProofBusy, org.ProofUnreadable, org.ProofNoToken, org.ProofNone}
	stores := sampleStores(n + 1)
	list := make([]org.APIAccount, n)
	for i := range list {
		a := org.APIAccount{
			ID: org.APIAccountID(i + 1), Account: 1, Store: stores[i].ID, StoreHash: stores[i].Hash, StoreName: stores[i].Name, Name: []string{"ERP bridge", "Newsletter sync", "Warehouse (legacy, do not touch before the move)", "POS connector"}[i%4],
			Kind: org.APIAccountKinds()[i%3], ClientID: fmt.Sprintf("%030x", 7919*(i+1)), TokenLast4: "9f3c", SecretLast4: "01ab", HasToken: true,
			Owner: []string{"Amélie O'Brien", "Platform team", "", "Agency Nord"}[i%4], Purpose: []string{"Orders into the ERP", "Customers into the mailer", "", "Stock levels"}[i%4],
			System: "erp-bridge", Created: "2025-02-11", Rotated: "2026-01-09", ReviewDue: []string{"2026-10-01", "2026-12-05", "", "2027-06-30"}[i%4], AddedAt: sampleNow.AddDate(0, -3, 0), AddedBy: "admin@northwind.example",
			Hooks: i * 3 % 11, HooksDown: i % 3 % 2, Declared: []string{"store_v2_orders_read_only", "store_v2_products"},
		}
		a.Proof = org.Proof{
			State: states[i%len(states)], CheckedAt: sampleNow.Add(-8 * time.Hour), WorkedAt: sampleNow.Add(-8 * time.Hour), Scopes: []string{"store_v2_customers", "store_v2_default", "store_v2_orders", "store_v2_orders_read_only"},
			ScopesBy: org.ScopesByGraphQL, ScopesWhole: true, ScopesAt: sampleNow.AddDate(0, 0, -2), ClientID: a.ClientID, StoreHash: a.StoreHash, AccountUUID: "01234567-89ab-cdef-0123-456789abcdef",
			AdminEmail: "owner@northwind.example", StoreName: a.StoreName, StoreStatus: "live", Plan: "Enterprise Store",
		}
		switch a.Proof.State {
		case org.ProofRevoked:
			a.Proof.Cause, a.Proof.WorkedAt = "BigCommerce refused the token (401): it was deleted, mistyped or is of another store.", sampleNow.AddDate(0, 0, -3)
		case org.ProofNoToken:
			a.HasToken, a.TokenLast4, a.Proof = false, "", org.Proof{State: org.ProofNoToken}
		case org.ProofNone:
			a.Proof, a.Declared = org.Proof{}, nil
		case org.ProofScopeLost:
			a.Proof.Cause = "The token lost store_v2_content."
			a.Proof.ScopesBy, a.Proof.ScopesWhole = org.ScopesByProbes, false
		}
		list[i] = a
	}
	list[n-1].Kind, list[n-1].Store, list[n-1].StoreHash, list[n-1].StoreName = org.APIAccountWhole, 0, "", ""
	return list
}

func sampleFindings(hook org.WebhookID, account org.APIAccountID) []audit.Finding {
	down := &audit.Rule{
		ID: "webhook-deactivated", Title: "Webhook switched off by BigCommerce", Severity: audit.High, Means: "BigCommerce stopped delivering.",
		Why: "Orders of this store do not reach the receiver any more, and nothing retries them.", Do: "Mend the receiver, then reactivate the webhook.", Refs: []string{"PCI DSS 8.6.3", "SOC 2 CC7.2"},
	}
	over := &audit.Rule{ID: "token-over-scoped", Title: "Token holds more than declared", Severity: audit.Medium, Why: "A stolen token may do what nobody needs it to.", Do: "Make an API account with the declared scopes only."}
	store := sampleStores(1)[0]
	return []audit.Finding{
		{Rule: down, Severity: audit.High, Subject: audit.Subject{Kind: audit.OfWebhook, Label: "store/order/created", Webhook: hook, Store: store.ID, StoreName: store.Name}, Says: "It has been down for 6 days, and nobody is told.", Evidence: []audit.Evidence{{Name: "Status", Value: "deactivated"}, {Name: "Seen down since", Value: "14 Nov 2026"}}},
		{Rule: over, Severity: audit.Medium, Subject: audit.Subject{Kind: audit.OfAPIAccount, Label: "ERP bridge", APIAccount: account, Store: store.ID, StoreName: store.Name}, Says: "It may change customers, which nobody declared."},
		{Rule: &audit.Rule{Title: "Host not approved", Do: "Approve the host, or find out who sends events there."}, Severity: audit.Low, Subject: audit.Subject{Kind: audit.OfHost, Label: "a9f3.tunnel.example"}, Says: "2 webhooks deliver there."},
	}
}

func sampleIntegrationShell(path string) Shell {
	s := sampleShell(path)
	s.Register, s.Can = true, Can{Audit: true, Operate: true, Configure: true}
	return s
}

func sampleHookPages(add func(string, Page)) {
	s := sampleIntegrationShell("/a/1/webhooks")
	choices := HookChoices{
		Hosts:   []org.Choice{{Value: "hooks.erp-bridge.example", Count: 120}, {Value: "northwind.example", Count: 40}},
		Events:  []org.Choice{{Value: "store/order/created", Count: 90}},
		Clients: []org.Choice{{Value: "abc", Label: "ERP bridge"}}, Through: []org.Choice{{Value: "1", Label: "ERP bridge"}},
	}
	add("webhooks", NewWebhooks(s, org.WebhookPage{Rows: sampleHooks(30), Total: 312, From: 1, Next: "n", Coverage: sampleCoverage()}, org.Query{}, sampleChoices(), choices))
	q := org.Query{States: []string{"deactivated", "blocked"}, Hosts: []string{"northwind.example"}, Through: []org.APIAccountID{1}, Approved: org.No, Sort: "host"}
	add("webhooks-no-match", NewWebhooks(s, org.WebhookPage{Coverage: sampleCoverage()}, q, sampleChoices(), choices))
	add("webhooks-none", NewWebhooks(s, org.WebhookPage{}, org.Query{}, sampleChoices(), choices))
	unread := sampleCoverage()
	unread.TokensRead, unread.Hooks, unread.Down, unread.Blocked = 0, 0, 0, 0
	add("webhooks-not-read", NewWebhooks(s, org.WebhookPage{Coverage: unread}, org.Query{}, sampleChoices(), choices))
	s = sampleIntegrationShell("/a/1/webhooks/1")
	hook := org.WebhookDetail{WebhookRow: sampleHooks(1)[0], Timeline: sampleHookChanges(5)}
	add("webhook", NewWebhook(s, hook, sampleFindings(1, 0)))
	old := org.WebhookDetail{WebhookRow: sampleHooks(5)[4]}
	viewer := s
	viewer.Can = Can{}
	add("webhook-last-seen", NewWebhook(viewer, old, nil))
	request := Request{Method: "PUT", URL: "https://api.bigcommerce.com/stores/s0000010000/v3/hooks/28000000", Body: "{\n  \"is_active\": true\n}", About: "store/order/created of Northwind DE 1"}
	add("webhook-reactivate", NewReactivateDryRun(s, hook, request))
	s = sampleIntegrationShell("/a/1/webhooks/hosts")
	add("hosts", NewHosts(s, sampleHosts(), []org.ApprovedHost{{Host: "*.erp-bridge.example", Note: "Our ERP, run by the platform team", By: "admin@northwind.example", At: sampleNow.AddDate(0, -2, 0)}, {Host: "northwind.example", By: "ops@northwind.example", At: sampleNow}}, sampleCoverage(), org.Query{}, org.ApprovedHost{}, nil))
	add("hosts-error", NewHosts(s, sampleHosts()[:2], nil, sampleCoverage(), org.Query{}, org.ApprovedHost{Host: "not a host"}, org.Invalid("host", "\"not a host\" is no host name.")))
	var events []org.EventRow
	for i, e := range []string{"store/order/created", "store/customer/*", "store/cart/abandoned"} {
		events = append(events, org.EventRow{Scope: e, Hooks: 90 - i*20, Stores: 20 - i, Hosts: 3, Down: i % 2 * 4})
	}
	add("hook-events", NewHookEvents(s, events, sampleCoverage(), org.Query{}))
	var stores []org.StoreCoverage
	for i, store := range sampleStores(24) {
		c := org.StoreCoverage{Store: store.ID, StoreHash: store.Hash, StoreName: store.Name, Registered: 2 + i*2, Tokens: 2, TokensRead: i % 3, Hooks: 13, Down: i % 4 % 2, Foreign: i % 5 / 4, ReadAt: sampleNow.Add(-8 * time.Hour)}
		if i < 2 {
			c = org.StoreCoverage{Store: store.ID, StoreHash: store.Hash, StoreName: store.Name}
		}
		stores = append(stores, c)
	}
	add("hook-stores", NewHookStores(s, stores, sampleCoverage(), org.Query{}, sampleChoices()))
	sampleExpectedPages(add)
}

// sampleActPages are pages of other rooms with what acts on stores on them.
func sampleActPages(add func(string, Page)) {
	s := sampleIntegrationShell("/a/1/stores/5")
	store := sampleStores(5)[4]
	page := NewStore(s, org.StoreDetail{Store: store}, org.AccessPage{Rows: sampleAccesses(3), Total: 3, From: 1}, org.Query{}, nil)
	c := org.StoreCoverage{Store: store.ID, StoreHash: store.Hash, StoreName: store.Name, Registered: 46, Tokens: 3, TokensRead: 2, Hooks: 12, Down: 2, Foreign: 1, ReadAt: sampleNow.Add(-8 * time.Hour)}
	page = page.AddActs(NewStoreActs(s, c, org.APIAccountPage{Rows: sampleRegister(4), Total: 46}, org.WebhookPage{Rows: sampleHooks(9), Total: 12}, sampleFindings(1, 1)))
	add("store-acts", page)
	add("overview-acts", NewOverview(sampleIntegrationShell("/a/1/"), org.Overview{Users: 3, Stores: 24, Accesses: 9}).AddIntegrations(sampleCoverage()))
}

func sampleHosts() (list []org.HostRow) {
	for i, h := range []string{"hooks.erp-bridge.example", "collector.mailer-and-newsletter-pro.example", "northwind.example", "a9f3.tunnel.example", "integration-gateway.emea.subsidiary.northwind-outfitters-international.example", "projects/northwind/topics/orders"} {
		list = append(list, org.HostRow{
			Host: h, Stores: 20 - i*3, Hooks: 120 - i*17, Down: i % 3, Blocked: i % 2, Events: []string{"store/order/created", "store/order/updated", "store/customer/*"}[:1+i%3],
			Clients: []org.TokenRef{{ID: 1, Label: "ERP bridge"}, {ID: 2, Label: "Newsletter sync"}, {ID: 3, Label: "POS connector"}, {ID: 4, Label: "Another"}}[:1+i%4], FirstSeen: sampleNow.AddDate(0, -i, 0),
			Approved: []org.Tri{org.Yes, org.No}[i%2], Note: []string{"Our ERP", ""}[i%2],
		})
	}
	return list
}

func sampleHookChanges(n int) []org.ChangeRow {
	list := make([]org.ChangeRow, n)
	kinds := []audit.Kind{audit.HookState, audit.NotifyChanged, audit.HookBlocked, audit.HookChanged, audit.HookAdded}
	for i := range list {
		at := sampleNow.AddDate(0, 0, -i*5)
		list[i] = org.ChangeRow{ID: int64(i), Kind: string(kinds[i%len(kinds)]), SeenAt: at, PreviousReadAt: at.AddDate(0, 0, -1), Field: "28000000 store/order/created"}
		switch kinds[i%len(kinds)] {
		case audit.HookState:
			list[i].Before, list[i].After = "active", "deactivated"
		case audit.NotifyChanged:
			list[i].Before = "ops@northwind.example"
		case audit.HookChanged:
			list[i].Before, list[i].After = "https://old.example/in", "https://hooks.erp-bridge.example/in"
		}
	}
	return list
}

func sampleExpectedPages(add func(string, Page)) {
	s := sampleIntegrationShell("/a/1/webhooks/expected")
	list := []org.ExpectedHooks{
		{ID: 1, Integration: "ERP bridge", Host: "hooks.erp-bridge.example", Scopes: []string{"store/order/created", "store/order/updated"}, By: "admin@northwind.example", At: sampleNow.AddDate(0, -1, 0)},
		{ID: 2, Integration: "Mailer", Host: "collector.mailer.example", Scopes: []string{"store/customer/*"}, Stores: []string{"s0000010000", "s0000010001", "s0000010002"}, By: "ops@northwind.example", At: sampleNow},
	}
	var gaps []org.ExpectedGap
	for i, kind := range []string{"missing", "inactive", "extra", "unseen"} {
		store := sampleStores(4)[i]
		gaps = append(gaps, org.ExpectedGap{Integration: "ERP bridge", Kind: kind, StoreHash: store.Hash, StoreName: store.Name, Scope: []string{"store/order/created", "store/order/updated", "store/cart/*", ""}[i], Host: "hooks.erp-bridge.example", Webhook: org.WebhookID(i % 3)})
	}
	add("expected", NewExpected(s, list, gaps, gaps, sampleCoverage(), org.Query{}, sampleChoices(), ExpectedForm{}))
	add("expected-none", NewExpected(s, nil, nil, nil, sampleCoverage(), org.Query{}, sampleChoices(), ExpectedForm{}))
	broken := ExpectedForm{Entry: org.ExpectedHooks{Integration: "ERP", Scopes: []string{"order"}}, Problem: org.Invalid("scopes", "\"order\" is no event scope."), Import: org.Invalid("manifest", "Line 3 has 2 columns, not 4.")}
	add("expected-error", NewExpected(s, list, gaps, nil, sampleCoverage(), org.Query{States: []string{"missing"}}, sampleChoices(), broken))
}

func sampleRegisterPages(add func(string, Page)) {
	s := sampleIntegrationShell("/a/1/api-accounts")
	page := org.APIAccountPage{Rows: sampleRegister(20), Total: 43, From: 1, Coverage: sampleCoverage()}
	add("api-accounts", NewAPIAccounts(s, page, org.Query{}, sampleChoices(), sampleFindings(1, 1)))
	add("api-accounts-none", NewAPIAccounts(s, org.APIAccountPage{}, org.Query{}, sampleChoices(), nil))
	add("api-accounts-no-match", NewAPIAccounts(s, org.APIAccountPage{Coverage: sampleCoverage()}, org.Query{States: []string{"revoked"}}, sampleChoices(), nil))
	s = sampleIntegrationShell("/a/1/api-accounts/2")
	register := sampleRegister(10)
	detail := org.APIAccountDetail{APIAccount: register[1], Hooks: sampleHooks(7), Hosts: []string{"hooks.erp-bridge.example", "a9f3.tunnel.example", "northwind.example"}, Timeline: sampleHookChanges(3)}
	detail.APIAccount.Hooks = 7
	add("api-account", NewAPIAccount(s, detail, sampleFindings(1, 2), nil))
	add("api-account-refused", NewAPIAccount(s, org.APIAccountDetail{APIAccount: register[0]}, nil, org.Invalid("confirm", "Nothing was removed: the name that was typed is not ERP bridge.")))
	s = sampleIntegrationShell("/a/1/api-accounts/add")
	add("api-accounts-add", NewAddAPIAccounts(s, nil, org.APIAccount{}, nil, AddProblem{}))
	results := []ImportOutcome{
		{Name: "BigCommerceAPI-credentials-3f9c2a7e51b24d6c8e0f1a2b3c4d5e6-.txt", State: ImportAdded, Entry: register[1]},
		{Name: "BigCommerceAPI-credentials-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1.txt", State: ImportAdded, Entry: register[0]},
		{Name: "credentials (2).txt", State: ImportKnown, Entry: register[2]},
		{Name: "notes.txt", Problem: "Line 2: the label API PATH is missing. Without it the store is not known."},
	}
	add("api-accounts-added", NewAddAPIAccounts(s, results, org.APIAccount{}, nil, AddProblem{}))
	add("api-accounts-add-error", NewAddAPIAccounts(s, nil, org.APIAccount{Name: "ERP", Kind: org.APIAccountStencil}, []org.Choice{{Value: "abc123"}}, AddProblem{
		Files: org.Invalid("files", "Choose at least one file, or paste the text of one."), CSV: org.Invalid("register", "Line 3, column kind: \"v4\" is no kind."), Form: org.Invalid("name", "The name must have at least 4 characters, as at BigCommerce."),
	}))
	add("api-account-edit", NewEditAPIAccount(s, register[1], register[1].Label(), nil, nil))
	s = sampleIntegrationShell("/a/1/api-accounts/emails")
	add("emails", NewEmails(s, register, 159, []org.APIAccountID{2}, "ops@northwind.example", nil, nil))
	add("emails-error", NewEmails(s, register, 10, nil, "nonsense", []EmailResult{NewEmailResult(s, register[0], org.Problem(org.KindUnauthorized, "BigCommerce refused the token.", nil)), NewEmailResult(s, register[1], nil)}, org.Invalid("emails", "\"nonsense\" is no e-mail address.")))
	request := Request{Method: "PUT", URL: "https://api.bigcommerce.com/stores/s0000010000/v3/hooks/admin", Body: "{\n  \"emails\": [\n    \"ops@northwind.example\"\n  ]\n}", About: "ERP bridge", Headers: []string{"Content-Type: application/json"}}
	add("emails-dry-run", NewEmailsDryRun(s, []org.APIAccountID{2}, []string{"ops@northwind.example"}, []Request{request}))
	var clients []org.ForeignClient
	for i, store := range sampleStores(6) {
		clients = append(clients, org.ForeignClient{Store: store.ID, StoreHash: store.Hash, StoreName: store.Name, ClientID: fmt.Sprintf("%030x", 104729*(i+1)), Where: []string{"products", "orders"}[:1+i%2], Items: 3 + i, FirstSeen: sampleNow.AddDate(0, 0, -i), ReadAt: sampleNow.Add(-8 * time.Hour)})
	}
	clients[0].App = "Reviews Plus"
	add("clients", NewClients(s, clients, sampleCoverage(), org.Query{}, sampleChoices()))
	add("clients-none", NewClients(s, nil, sampleCoverage(), org.Query{}, sampleChoices()))
}
