package web

import (
	"context"
	"strings"
	"sync"
	"time"

	"rollcall/internal/audit"
	"rollcall/internal/org"
	"rollcall/views"
)

// shop stands for the register, the history of webhooks and BigCommerce behind them.
type shop struct {
	mu       sync.Mutex
	asked    []org.Query
	entries  []org.APIAccount
	hook     org.WebhookRow
	hosts    []org.ApprovedHost
	expected []org.ExpectedHooks
	files    []NamedText // that were imported
	secrets  []Secrets   // that were sealed
	sent     []string    // what went to BigCommerce
	refuse   error       // of whatever calls BigCommerce
}

const shopToken = "shop-t0ken-abcdefghijklmnop"

func newShop() *shop {
	s := &shop{entries: []org.APIAccount{{
		ID: 1, Account: 1, Store: 1, StoreHash: "abc123", StoreName: "Acme DE", Name: "ERP bridge", Kind: org.APIAccountToken, HasToken: true, TokenLast4: "wxyz",
		Proof: org.Proof{State: org.ProofValid, CheckedAt: testNow, WorkedAt: testNow}, Hooks: 1, HooksDown: 1, AddedAt: testNow,
	}}}
	s.hook = org.WebhookRow{
		ID: 1, Store: 1, StoreHash: "abc123", StoreName: "Acme DE", Host: "hooks.example.com", EmailsRead: true, Emails: []string{"old@example.com"}, Current: true, ReadAt: testNow, FirstSeen: testNow,
		Through: org.TokenRef{ID: 1, Label: "ERP bridge", ClientID: "client1"},
		Webhook: org.Webhook{APIID: 28, Scope: "store/order/created", Destination: "https://hooks.example.com/in", Status: "deactivated", Headers: []string{"Authorization"}},
	}
	return s
}

func (s *shop) note(q org.Query) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, q)
}

func (s *shop) coverage() org.Coverage {
	return org.Coverage{Stores: 3, WithToken: 1, StoresRead: 1, Tokens: 1, TokensRead: 1, Hooks: 1, Down: 1, Clients: 1}
}

func (s *shop) Webhooks(_ context.Context, _ org.Scope, q org.Query, _ org.Settings) (org.WebhookPage, error) {
	s.note(q)
	return org.WebhookPage{Rows: []org.WebhookRow{s.hook}, Total: 1, From: 1, Coverage: s.coverage()}, nil
}

func (s *shop) Webhook(_ context.Context, _ org.Scope, id org.WebhookID, _ org.Query, _ org.Settings) (org.WebhookDetail, error) {
	if id != 1 {
		return org.WebhookDetail{}, org.NotFound("webhook")
	}
	return org.WebhookDetail{WebhookRow: s.hook}, nil
}

func (s *shop) EachWebhook(_ context.Context, _ org.Scope, q org.Query, _ org.Settings, row func(org.WebhookRow) error) error {
	s.note(q)
	return row(s.hook)
}

func (s *shop) HookHosts(_ context.Context, _ org.Scope, q org.Query, _ org.Settings) ([]org.HostRow, error) {
	s.note(q)
	return []org.HostRow{{Host: "hooks.example.com", Hooks: 1, Stores: 1, Down: 1, Clients: []org.TokenRef{s.hook.Through}, Approved: org.No, FirstSeen: testNow}}, nil
}

func (s *shop) HookEvents(_ context.Context, _ org.Scope, q org.Query, _ org.Settings) ([]org.EventRow, error) {
	s.note(q)
	return []org.EventRow{{Scope: "store/order/created", Hooks: 1, Stores: 1, Hosts: 1}}, nil
}

func (s *shop) StoreCoverages(_ context.Context, _ org.Scope, q org.Query, _ org.Settings) ([]org.StoreCoverage, error) {
	s.note(q)
	return []org.StoreCoverage{{Store: 1, StoreHash: "abc123", StoreName: "Acme DE", Registered: 1, Tokens: 1, TokensRead: 1, Hooks: 1, Down: 1, ReadAt: testNow}}, nil
}

func (s *shop) ForeignClients(_ context.Context, _ org.Scope, q org.Query, _ org.Settings) ([]org.ForeignClient, error) {
	s.note(q)
	return []org.ForeignClient{{Store: 1, StoreHash: "abc123", ClientID: "foreign1", Where: []string{"products"}, Items: 2, FirstSeen: testNow, ReadAt: testNow}}, nil
}

func (s *shop) APIAccounts(_ context.Context, _ org.Scope, q org.Query, _ org.Settings) (org.APIAccountPage, error) {
	s.note(q)
	s.mu.Lock()
	defer s.mu.Unlock()
	return org.APIAccountPage{Rows: append([]org.APIAccount(nil), s.entries...), Total: len(s.entries), From: 1, Coverage: s.coverage()}, nil
}

func (s *shop) APIAccount(_ context.Context, _ org.Scope, id org.APIAccountID, _ org.Query, _ org.Settings) (org.APIAccountDetail, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.entries {
		if a.ID == id {
			return org.APIAccountDetail{APIAccount: a, Hooks: []org.WebhookRow{s.hook}, Hosts: []string{"hooks.example.com"}}, nil
		}
	}
	return org.APIAccountDetail{}, org.NotFound("API account")
}

func (s *shop) ApprovedHosts(context.Context, org.AccountID) ([]org.ApprovedHost, error) {
	return s.hosts, nil
}

func (s *shop) ApproveHost(_ context.Context, _ org.AccountID, h org.ApprovedHost) error {
	s.hosts = append(s.hosts, h)
	return nil
}

func (s *shop) ForgetHost(_ context.Context, _ org.AccountID, host string) error {
	for i, h := range s.hosts {
		if h.Host == host {
			s.hosts = append(s.hosts[:i:i], s.hosts[i+1:]...)
			return nil
		}
	}
	return org.NotFound("approved host")
}

func (s *shop) ExpectedHooks(context.Context, org.AccountID) ([]org.ExpectedHooks, error) {
	return s.expected, nil
}

func (s *shop) AddExpectedHooks(_ context.Context, _ org.AccountID, e org.ExpectedHooks) (org.ExpectedHooks, error) {
	e.ID = int64(len(s.expected) + 1)
	s.expected = append(s.expected, e)
	return e, nil
}

func (s *shop) RemoveExpectedHooks(_ context.Context, _ org.AccountID, id int64) error {
	if id > int64(len(s.expected)) {
		return org.NotFound("expectation")
	}
	s.expected = nil
	return nil
}

func (s *shop) StoreFindings(_ context.Context, _ org.Scope, _ org.Query, _ org.Settings, about audit.Subject) ([]audit.Finding, error) {
	if about.Webhook == 0 && about.APIAccount == 0 && about.Store == 0 {
		return nil, nil
	}
	rule := &audit.Rule{ID: "webhook-deactivated", Title: "Switched off by BigCommerce", Do: "Mend the receiver."}
	return []audit.Finding{{Rule: rule, Severity: audit.High, Subject: audit.Subject{Webhook: 1, Label: "store/order/created"}, Says: "It has been down for a day."}}, nil
}

func (s *shop) ExpectedGaps(context.Context, org.Scope, org.Query, org.Settings) ([]org.ExpectedGap, error) {
	return []org.ExpectedGap{{Integration: "ERP", Kind: "inactive", StoreHash: "abc123", Scope: "store/order/created", Host: "hooks.example.com", Webhook: 1}}, nil
}

// Import takes files whose text is a token; others are refused.
func (s *shop) Import(_ context.Context, id org.AccountID, by string, files []NamedText) (list []views.ImportOutcome, err error) {
	for _, f := range files {
		token, good := strings.CutPrefix(string(f.Text), "ACCESS TOKEN: ")
		if !good {
			list = append(list, views.ImportOutcome{Name: f.Name, Problem: "Line 1: ACCESS TOKEN is missing."})
			continue
		}
		entry, err := s.Add(context.Background(), org.APIAccount{Account: id, AddedBy: by, Name: "From a file", Kind: org.APIAccountToken, StoreHash: "abc123"}, Secrets{Token: token})
		if err != nil {
			return list, err
		}
		list = append(list, views.ImportOutcome{Name: f.Name, State: views.ImportAdded, Entry: entry})
	}
	s.files = append(s.files, files...)
	return list, nil
}

func (s *shop) ImportRegister(_ context.Context, _ org.AccountID, _ string, csv []byte) ([]views.ImportOutcome, error) {
	if !strings.HasPrefix(string(csv), "name") {
		return nil, org.Invalid("register", "Line 1: there is no column name.")
	}
	return []views.ImportOutcome{{Name: "Line 2", State: views.ImportKnown, Entry: s.entries[0]}}, nil
}

func (s *shop) Add(_ context.Context, a org.APIAccount, secrets Secrets) (org.APIAccount, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, entry := range s.entries {
		if a.ClientID != "" && entry.ClientID == a.ClientID {
			return a, org.Conflict("This client ID is registered already: " + entry.Label() + ".")
		}
	}
	a.ID = org.APIAccountID(len(s.entries) + 1)
	if secrets.Token != "" {
		a.HasToken, a.TokenLast4 = true, org.Last4(secrets.Token)
		a.Proof = org.Proof{State: org.ProofValid, CheckedAt: time.Now()}
	}
	s.entries, s.secrets = append(s.entries, a), append(s.secrets, secrets)
	return a, nil
}

func (s *shop) Update(_ context.Context, a org.APIAccount) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries[a.ID-1] = a
	return nil
}

func (s *shop) ReplaceToken(_ context.Context, _ org.AccountID, id org.APIAccountID, secrets Secrets) (org.Proof, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets = append(s.secrets, secrets)
	return org.Proof{State: org.ProofRevoked, Cause: "BigCommerce refused the token."}, nil
}

func (s *shop) Remove(_ context.Context, _ org.AccountID, id org.APIAccountID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries = nil
	return nil
}

func (s *shop) Verify(context.Context, org.AccountID, org.APIAccountID) (org.Proof, error) {
	return org.Proof{State: org.ProofValid}, s.refuse
}

func (s *shop) PreviewReactivate(_ context.Context, h org.WebhookRow) (views.Request, error) {
	return views.Request{Method: "PUT", URL: "https://api.example/stores/" + h.StoreHash + "/v3/hooks/28", Body: "{\n  \"is_active\": true\n}", About: h.Scope}, nil
}

func (s *shop) Reactivate(_ context.Context, _ org.AccountID, h org.WebhookRow) (org.Webhook, error) {
	s.sent = append(s.sent, "reactivate "+h.Scope)
	now := h.Webhook
	now.Status, now.Active = "", org.Yes
	return now, s.refuse
}

func (s *shop) PreviewEmails(_ context.Context, a org.APIAccount, emails []string) (views.Request, error) {
	return views.Request{Method: "PUT", URL: "https://api.example/stores/" + a.StoreHash + "/v3/hooks/admin", Body: strings.Join(emails, ","), About: a.Name}, nil
}

func (s *shop) SetEmails(_ context.Context, _ org.AccountID, id org.APIAccountID, emails []string) error {
	s.sent = append(s.sent, "emails "+strings.Join(emails, ","))
	return s.refuse
}
