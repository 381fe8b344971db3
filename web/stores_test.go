package web

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"rollcall/internal/org"
	"rollcall/internal/signin"
)

// newShopBench is a bench with a register; role is that of everybody who comes.
func newShopBench(t *testing.T, role signin.Role) (*bench, *shop, *visitor) {
	t.Helper()
	s := newShop()
	b := newBench(t, func(c *Config) {
		c.Inventory, c.Register, c.Judge = s, s, s
		c.Demo = &signin.Member{ID: 1, Name: "Ada", Email: adminEmail, Role: role}
	})
	return b, s, b.visitor(t)
}

func TestPagesOfIntegrationsAnswer(t *testing.T) {
	t.Parallel()
	_, s, v := newShopBench(t, signin.Admin)
	for path, want := range map[string]string{
		"/a/1/webhooks":              "Seen through 1 of 1 token in 1 of 3 stores",
		"/a/1/webhooks/1":            "BigCommerce switched it off",
		"/a/1/webhooks/1/reactivate": "is_active",
		"/a/1/webhooks/hosts":        "Not approved",
		"/a/1/webhooks/events":       "store/order/created",
		"/a/1/webhooks/stores":       "Every token read",
		"/a/1/webhooks/expected":     "Inactive",
		"/a/1/api-accounts":          "ERP bridge",
		"/a/1/api-accounts/1":        "kills 1 webhook to 1 host",
		"/a/1/api-accounts/1/edit":   "ERP bridge",
		"/a/1/api-accounts/add":      "Credentials files",
		"/a/1/api-accounts/clients":  "foreign1",
		"/a/1/api-accounts/emails":   "ERP bridge",
		"/a/1/stores/1":              "What acts on this store",
		"/a/1/":                      "1 of 1 webhook seen are down",
	} {
		res := v.get(path)
		if body := res.Body.String(); res.Code != http.StatusOK || !strings.Contains(body, want) || !strings.Contains(body, `href="/a/1/api-accounts"`) {
			t.Errorf("%s: status %d, want %q", path, res.Code, want)
		}
	}
	if res := v.get("/a/1/webhooks?state=deactivated&host=Hooks.Example.com&through=1"); res.Code != http.StatusOK {
		t.Errorf("filtered: status %d", res.Code)
	}
	found := false
	for _, q := range s.asked {
		found = found || len(q.States) == 1 && q.States[0] == "deactivated" && q.Hosts[0] == "hooks.example.com" && q.Through[0] == 1
	}
	if !found {
		t.Errorf("the filter did not arrive: %+v", s.asked)
	}
	for _, path := range []string{"/a/1/webhooks/2", "/a/1/webhooks/x", "/a/1/api-accounts/9", "/a/1/webhooks?state="} {
		want := http.StatusNotFound
		if strings.Contains(path, "?") {
			want = http.StatusOK
		}
		if res := v.get(path); res.Code != want {
			t.Errorf("%s: status %d, want %d", path, res.Code, want)
		}
	}
}

func TestWithoutARegisterThereAreNoPages(t *testing.T) {
	t.Parallel()
	v := newBench(t).admin(t)
	if res := v.get("/a/1/webhooks"); res.Code != http.StatusNotFound {
		t.Errorf("status %d", res.Code)
	}
	if body := v.get("/a/1/users").Body.String(); strings.Contains(body, "/a/1/webhooks") {
		t.Error("the navigation leads to pages that do not exist")
	}
}

func TestRolesOnIntegrations(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		role         signin.Role
		method, path string
		want         int
	}{
		{signin.Viewer, "GET", "/a/1/webhooks", 200},
		{signin.Viewer, "GET", "/a/1/webhooks/1/reactivate", 403},
		{signin.Viewer, "POST", "/a/1/webhooks/hosts", 403},
		{signin.Auditor, "POST", "/a/1/webhooks/1/reactivate", 403},
		{signin.Auditor, "POST", "/a/1/api-accounts/emails", 403},
		{signin.Auditor, "POST", "/a/1/webhooks/read", 403},
		{signin.Operator, "GET", "/a/1/webhooks/1/reactivate", 200},
		{signin.Operator, "GET", "/a/1/api-accounts/add", 403},
		{signin.Operator, "POST", "/a/1/api-accounts/import", 403},
		{signin.Operator, "POST", "/a/1/api-accounts/1/token", 403},
		{signin.Operator, "POST", "/a/1/api-accounts/1/remove", 403},
		{signin.Operator, "POST", "/a/1/api-accounts/1/verify", 303},
		{signin.Admin, "GET", "/a/1/api-accounts/add", 200},
	} {
		_, s, v := newShopBench(t, test.role)
		res := v.get(test.path)
		if test.method == "POST" {
			res = v.post(test.path)
		}
		if res.Code != test.want || len(s.sent)+len(s.secrets) > 0 {
			t.Errorf("%v %s %s: status %d, want %d; sent %v", test.role, test.method, test.path, res.Code, test.want, s.sent)
		}
	}
	_, _, v := newShopBench(t, signin.Viewer)
	for _, path := range []string{"/a/1/webhooks/1", "/a/1/api-accounts/1", "/a/1/webhooks/hosts", "/a/1/webhooks/expected", "/a/1/api-accounts"} {
		for _, offered := range []string{"/reactivate", "/verify", "/remove\"", "/edit", "api-accounts/add", "webhooks/hosts/forget"} {
			if body := v.get(path).Body.String(); strings.Contains(body, offered) {
				t.Errorf("%s offers %s to a viewer", path, offered)
			}
		}
	}
}

// upload sends files as a browser does.
func (v *visitor) upload(path, field string, files map[string]string) *httptest.ResponseRecorder {
	v.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, text := range files {
		part, err := form.CreateFormFile(field, name)
		if err != nil {
			v.t.Fatal(err)
		}
		if _, err := part.Write([]byte(text)); err != nil {
			v.t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		v.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return v.do(r)
}

func TestCredentialsFileBecomesAVerifiedAPIAccount(t *testing.T) {
	t.Parallel()
	b, s, v := newShopBench(t, signin.Admin)
	name := "BigCommerceAPI-credentials-3f9c2a7e51b24d6c8e0f1a2b3c4d5e6-.txt"
	res := v.upload("/a/1/api-accounts/import", "files", map[string]string{name: "ACCESS TOKEN: " + shopToken, "notes.txt": "nothing"})
	if res.Code != http.StatusSeeOther {
		t.Fatalf("status %d: %s", res.Code, res.Body)
	}
	if len(s.secrets) != 1 || s.secrets[0].Token != shopToken || len(s.entries) != 2 {
		t.Fatalf("the file did not arrive: %+v", s.entries)
	}
	to, _, _ := strings.Cut(res.Header().Get("Location"), "#")
	body := v.get(to).Body.String()
	for _, want := range []string{"1 API account added, verified and working", "1 not added", "Line 1: ACCESS TOKEN is missing.", "…d5e6", "mnop"} {
		if !strings.Contains(body, want) {
			t.Errorf("the result lacks %q", want)
		}
	}
	for _, hidden := range []string{shopToken, "3f9c2a7e51b24d6c8e0f"} {
		if strings.Contains(body, hidden) || strings.Contains(b.log.String(), hidden) {
			t.Errorf("%q is on the page or in the log", hidden)
		}
	}
	records := strings.Join(b.recorded(), "\n")
	if !strings.Contains(records, "api-account.import From a file done") || !strings.Contains(records, "api-account.import  refused") || strings.Contains(records, "3f9c") {
		t.Errorf("activity: %s", records)
	}
	if body := v.get("/a/1/api-accounts/add").Body.String(); strings.Contains(body, "Line 1: ACCESS TOKEN") {
		t.Error("the result of the last import stays on the empty form")
	}
}

func TestPastedCredentialsWorkWithoutFiles(t *testing.T) {
	t.Parallel()
	_, s, v := newShopBench(t, signin.Admin)
	if res := v.post("/a/1/api-accounts/import", "pasted", "ACCESS TOKEN: "+shopToken); res.Code != http.StatusSeeOther || len(s.files) != 1 || s.files[0].Name != "Pasted text" {
		t.Errorf("status %d, files %+v", res.Code, s.files)
	}
	if res := v.post("/a/1/api-accounts/import"); res.Code != http.StatusUnprocessableEntity || !strings.Contains(res.Body.String(), "at least one file") {
		t.Errorf("nothing sent: status %d", res.Code)
	}
	if res := v.upload("/a/1/api-accounts/import", "files", map[string]string{"big.txt": strings.Repeat("x", maxUpload+1)}); res.Code != http.StatusUnprocessableEntity || !strings.Contains(res.Body.String(), "larger than 4 MB") {
		t.Errorf("too much: status %d", res.Code)
	}
	if res := v.upload("/a/1/sync", "files", map[string]string{"big.txt": strings.Repeat("x", maxBody+1)}); res.Code >= 500 {
		t.Errorf("files to a page that takes none: status %d", res.Code)
	}
}

func TestImportOfARegister(t *testing.T) {
	t.Parallel()
	_, _, v := newShopBench(t, signin.Admin)
	if res := v.upload("/a/1/api-accounts/import-csv", "register", map[string]string{"r.csv": "name,kind\nERP bridge,token\n"}); res.Code != http.StatusSeeOther {
		t.Errorf("status %d", res.Code)
	}
	if body := v.get("/a/1/api-accounts/add?result=last").Body.String(); !strings.Contains(body, "Already registered") {
		t.Error("no result")
	}
	if res := v.upload("/a/1/api-accounts/import-csv", "register", map[string]string{"r.csv": "x"}); res.Code != http.StatusUnprocessableEntity || !strings.Contains(res.Body.String(), "no column name") {
		t.Errorf("broken: status %d", res.Code)
	}
}

func TestRegisterByHand(t *testing.T) {
	t.Parallel()
	b, s, v := newShopBench(t, signin.Admin)
	res := v.post("/a/1/api-accounts/add", "name", "ERP", "kind", "token", "store", "abc123", "token", shopToken)
	if res.Code != http.StatusUnprocessableEntity || !strings.Contains(res.Body.String(), "at least 4 characters") || strings.Contains(res.Body.String(), shopToken) {
		t.Errorf("too short a name: status %d", res.Code)
	}
	for _, field := range []string{"client", "name", "notes"} {
		res = v.post("/a/1/api-accounts/add", "kind", "token", "store", "abc123", "token", shopToken, field, shopToken, "name", "Twice")
		if res.Code != http.StatusUnprocessableEntity || strings.Contains(res.Body.String(), shopToken) || len(s.secrets) > 0 {
			t.Errorf("the token as %s too: status %d, %d kept", field, res.Code, len(s.secrets))
		}
	}
	res = v.post("/a/1/api-accounts/add", "name", "Warehouse", "kind", "token", "store", "ABC123", "token", shopToken, "scopes", "store_v2_orders\r\nstore_v2_products", "owner", "Ada")
	if got := s.entries[len(s.entries)-1]; res.Code != http.StatusSeeOther || got.StoreHash != "abc123" || len(got.Declared) != 2 || got.AddedBy != adminEmail {
		t.Errorf("status %d, entry %+v", res.Code, got)
	}
	res = v.post("/a/1/api-accounts/1/edit", "name", "ERP bridge two", "kind", "token", "store", "abc123", "purpose", "Orders")
	if res.Code != http.StatusSeeOther || s.entries[0].Purpose != "Orders" || !s.entries[0].HasToken {
		t.Errorf("edit: status %d, entry %+v", res.Code, s.entries[0])
	}
	if res = v.post("/a/1/api-accounts/1/token", "token", "with blank"); res.Code != http.StatusUnprocessableEntity || strings.Contains(res.Body.String(), "with blank") {
		t.Errorf("odd token: status %d", res.Code)
	}
	if res = v.post("/a/1/api-accounts/1/token", "token", shopToken); res.Code != http.StatusSeeOther {
		t.Errorf("token: status %d", res.Code)
	}
	if body := v.get("/a/1/api-accounts/1").Body.String(); !strings.Contains(body, "The token is replaced. Refused: BigCommerce refused the token.") {
		t.Error("the outcome of the verification is not told")
	}
	if res = v.post("/a/1/api-accounts/1/remove", "confirm", "ERP"); res.Code != http.StatusUnprocessableEntity || s.entries == nil {
		t.Errorf("wrong name: status %d", res.Code)
	}
	if res = v.post("/a/1/api-accounts/1/remove", "confirm", "ERP bridge two"); res.Code != http.StatusSeeOther || s.entries != nil {
		t.Errorf("remove: status %d", res.Code)
	}
	for _, a := range b.activity {
		if strings.Contains(a.Before+a.After+a.Subject, shopToken) {
			t.Errorf("a token is in the activity log: %+v", a)
		}
	}
	if strings.Contains(b.log.String(), shopToken) {
		t.Error("a token is in the log")
	}
}

var shownField = regexp.MustCompile(`name="shown" value="([^"]*)"`)

// shown is what the dry run remembers of the requests.
func shown(t *testing.T, page string) string {
	t.Helper()
	m := shownField.FindStringSubmatch(page)
	if m == nil {
		t.Fatal("the page remembers nothing")
	}
	return strings.NewReplacer("&#34;", `"`, "&#39;", "'", "&amp;", "&", "\n", "\r\n").Replace(m[1])
}

func TestReactivateSendsOnlyWhatWasShown(t *testing.T) {
	t.Parallel()
	b, s, v := newShopBench(t, signin.Operator)
	page := v.get("/a/1/webhooks/1/reactivate").Body.String()
	if !strings.Contains(page, "PUT") || !strings.Contains(page, "https://api.example/stores/abc123/v3/hooks/28") || len(s.sent) > 0 {
		t.Fatalf("the dry run shows or does something else, sent %v", s.sent)
	}
	if res := v.post("/a/1/webhooks/1/reactivate", "shown", "something else"); res.Code != http.StatusConflict || len(s.sent) > 0 {
		t.Errorf("changed: status %d, sent %v", res.Code, s.sent)
	}
	if res := v.post("/a/1/webhooks/1/reactivate"); res.Code != http.StatusConflict || len(s.sent) > 0 {
		t.Errorf("without a dry run: status %d, sent %v", res.Code, s.sent)
	}
	if res := v.post("/a/1/webhooks/1/reactivate", "shown", shown(t, page)); res.Code != http.StatusSeeOther || len(s.sent) != 1 {
		t.Errorf("confirmed: status %d, sent %v", res.Code, s.sent)
	}
	if body := v.get("/a/1/webhooks/1").Body.String(); !strings.Contains(body, "BigCommerce answered that the webhook is active") {
		t.Error("the result is not shown")
	}
	last := b.activity[len(b.activity)-1]
	if last.Action != "webhook.reactivate" || last.Outcome != done || last.Before != "deactivated" || last.After != "active" || !strings.Contains(last.Subject, "abc123") {
		t.Errorf("activity %+v", last)
	}
	s.refuse = org.Problem(org.KindUnauthorized, "BigCommerce refused the token.", nil)
	res := v.post("/a/1/webhooks/1/reactivate", "shown", shown(t, page))
	if res.Code != http.StatusBadGateway || !strings.Contains(res.Body.String(), "BigCommerce refused the token.") || b.activity[len(b.activity)-1].Outcome != failed {
		t.Errorf("refused: status %d, activity %+v", res.Code, b.activity[len(b.activity)-1])
	}
}

func TestEmailsAreShownThenSet(t *testing.T) {
	t.Parallel()
	b, s, v := newShopBench(t, signin.Operator)
	if res := v.post("/a/1/api-accounts/emails/preview", "through", "1", "emails", "nonsense"); res.Code != http.StatusUnprocessableEntity || !strings.Contains(res.Body.String(), "no e-mail address") || !strings.Contains(res.Body.String(), `value="1" checked`) {
		t.Errorf("nonsense: status %d", res.Code)
	}
	if res := v.post("/a/1/api-accounts/emails/preview", "emails", "ops@example.com"); res.Code != http.StatusUnprocessableEntity || !strings.Contains(res.Body.String(), "at least one API account") {
		t.Errorf("no API account: status %d", res.Code)
	}
	page := v.post("/a/1/api-accounts/emails/preview", "through", "1", "emails", "ops@example.com, it@example.com").Body.String()
	if !strings.Contains(page, "ops@example.com,it@example.com") || len(s.sent) > 0 {
		t.Fatalf("dry run: sent %v", s.sent)
	}
	if res := v.post("/a/1/api-accounts/emails", "through", "1", "emails", "evil@example.com", "shown", shown(t, page)); res.Code != http.StatusConflict || len(s.sent) > 0 {
		t.Errorf("other addresses than shown: status %d, sent %v", res.Code, s.sent)
	}
	res := v.post("/a/1/api-accounts/emails", "through", "1", "emails", "ops@example.com\r\nit@example.com", "shown", shown(t, page))
	if res.Code != http.StatusSeeOther || len(s.sent) != 1 {
		t.Fatalf("confirmed: status %d, sent %v", res.Code, s.sent)
	}
	if body := v.get(res.Header().Get("Location")).Body.String(); !strings.Contains(body, "What BigCommerce answered") {
		t.Error("the result is not shown")
	}
	if last := b.activity[len(b.activity)-1]; last.Action != "webhook.emails" || last.Before != "old@example.com" || last.After != "ops@example.com it@example.com" {
		t.Errorf("activity %+v", last)
	}
}

func TestFormsThatAreShownAgainLeadToPages(t *testing.T) {
	t.Parallel()
	_, _, v := newShopBench(t, signin.Admin)
	for path, want := range map[string]string{
		"/a/1/api-accounts/emails/preview": "/a/1/api-accounts/emails",
		"/a/1/webhooks/hosts":              "/a/1/webhooks/hosts",
		"/a/1/webhooks/expected/freeze":    "/a/1/webhooks/expected",
		"/a/1/api-accounts/1/remove":       "/a/1/api-accounts/1",
		"/a/1/api-accounts/1/token":        "/a/1/api-accounts/1",
	} {
		res := v.post(path)
		if body := res.Body.String(); res.Code != http.StatusUnprocessableEntity || !strings.Contains(body, `<form class="form-row" action="`+want+`"`) {
			t.Errorf("%s: status %d, no form leads to %s", path, res.Code, want)
		}
	}
}

func TestApprovedHosts(t *testing.T) {
	t.Parallel()
	b, s, v := newShopBench(t, signin.Operator)
	if res := v.post("/a/1/webhooks/hosts", "host", "not a host"); res.Code != http.StatusUnprocessableEntity || len(s.hosts) > 0 {
		t.Errorf("nonsense: status %d", res.Code)
	}
	if res := v.post("/a/1/webhooks/hosts", "host", "https://Hooks.Example.com/in", "note", "ERP"); res.Code != http.StatusSeeOther || len(s.hosts) != 1 || s.hosts[0].Host != "hooks.example.com" || s.hosts[0].By != adminEmail {
		t.Errorf("status %d, hosts %+v", res.Code, s.hosts)
	}
	if res := v.post("/a/1/webhooks/hosts/forget", "host", "hooks.example.com"); res.Code != http.StatusSeeOther || len(s.hosts) > 0 {
		t.Errorf("forget: status %d", res.Code)
	}
	if res := v.post("/a/1/webhooks/hosts/forget", "host", "other.example"); res.Code != http.StatusNotFound {
		t.Errorf("forget twice: status %d", res.Code)
	}
	if got := strings.Join(b.recorded(), "; "); !strings.Contains(got, "host.approve hooks.example.com done; "+adminEmail+" host.forget hooks.example.com done") {
		t.Errorf("activity %s", got)
	}
}

func TestExpectedWebhooks(t *testing.T) {
	t.Parallel()
	b, s, v := newShopBench(t, signin.Operator)
	at := "/a/1/webhooks/expected"
	if res := v.post(at, "integration", "ERP", "host", "hooks.example.com", "scopes", "order"); res.Code != http.StatusUnprocessableEntity || !strings.Contains(res.Body.String(), "is no event scope") {
		t.Errorf("nonsense: status %d", res.Code)
	}
	if res := v.post(at, "integration", "ERP", "host", "hooks.example.com", "scopes", "store/order/created\r\nstore/cart/*"); res.Code != http.StatusSeeOther || len(s.expected) != 1 || len(s.expected[0].Scopes) != 2 {
		t.Errorf("status %d, %+v", res.Code, s.expected)
	}
	if res := v.upload(at+"/import", "manifest", map[string]string{"m.csv": "ERP,hooks.example.com,store/order/created,abc123\n"}); res.Code != http.StatusSeeOther || len(s.expected) != 2 {
		t.Errorf("import: status %d, %+v", res.Code, s.expected)
	}
	if res := v.post(at+"/import", "lines", "ERP"); res.Code != http.StatusUnprocessableEntity || !strings.Contains(res.Body.String(), "Line 1 has 1 columns") {
		t.Errorf("broken import: status %d", res.Code)
	}
	if res := v.post(at+"/freeze", "integration", "ERP", "host", "hooks.example.com"); res.Code != http.StatusSeeOther || len(s.expected) != 3 || s.expected[2].Stores[0] != "abc123" {
		t.Errorf("freeze: status %d, %+v", res.Code, s.expected)
	}
	if res := v.post(at+"/freeze", "integration", "ERP", "host", "none.example"); res.Code != http.StatusUnprocessableEntity {
		t.Errorf("freeze of nothing: status %d", res.Code)
	}
	if res := v.post(at + "/1/remove"); res.Code != http.StatusSeeOther || s.expected != nil {
		t.Errorf("remove: status %d", res.Code)
	}
	if last := b.activity[len(b.activity)-1]; last.Action != "expected.remove" || !strings.Contains(last.Before, "hooks.example.com: store/cart/*") && !strings.Contains(last.Before, "store/order/created") {
		t.Errorf("activity %+v", last)
	}
}

func TestVerifyTellsWhatItFound(t *testing.T) {
	t.Parallel()
	b, s, v := newShopBench(t, signin.Operator)
	if res := v.post("/a/1/api-accounts/1/verify"); res.Code != http.StatusSeeOther || res.Header().Get("Location") != "/a/1/api-accounts/1" {
		t.Errorf("status %d", res.Code)
	}
	if body := v.get("/a/1/api-accounts/1").Body.String(); !strings.Contains(body, "BigCommerce accepts the token.") {
		t.Error("not told")
	}
	s.refuse = org.Problem(org.KindUnavailable, "BigCommerce does not answer.", nil)
	if res := v.post("/a/1/api-accounts/1/verify"); res.Code != http.StatusBadGateway || !strings.Contains(res.Body.String(), "BigCommerce does not answer.") {
		t.Errorf("no answer: status %d", res.Code)
	}
	if got := strings.Join(b.recorded(), "; "); strings.Count(got, "api-account.verify") != 2 {
		t.Errorf("activity %s", got)
	}
}

func TestWebhooksAreReadOnDemand(t *testing.T) {
	t.Parallel()
	b, _, v := newShopBench(t, signin.Operator)
	if body := v.get("/a/1/webhooks").Body.String(); !strings.Contains(body, `action="/a/1/webhooks/read"`) {
		t.Error("the page does not offer it")
	}
	if res := v.post("/a/1/webhooks/read"); res.Code != http.StatusSeeOther || res.Header().Get("Location") != "/a/1/webhooks" {
		t.Errorf("status %d", res.Code)
	}
	if got := strings.Join(b.recorded(), "; "); b.swept != 1 || !strings.Contains(got, "sync.webhooks.start") {
		t.Errorf("%d sweeps, activity %s", b.swept, got)
	}
}

func TestDownloadsFollowTheFilter(t *testing.T) {
	t.Parallel()
	_, _, v := newShopBench(t, signin.Auditor)
	q := url.Values{"state": {"down"}, "store": {"abc123"}}.Encode()
	for page, kind := range map[string]string{"webhooks": "webhooks", "api-accounts": "api-accounts"} {
		body := v.get("/a/1/" + page + "?" + q).Body.String()
		for _, format := range []string{"csv", "xlsx", "json", "jsonl"} {
			if want := "/a/1/download/" + kind + "." + format + "?" + strings.ReplaceAll(q, "&", "&amp;"); !strings.Contains(body, want) {
				t.Errorf("%s: no %s", page, want)
			}
		}
	}
}

func TestMoreFilesThanAFormMayHaveAreCounted(t *testing.T) {
	t.Parallel()
	_, _, v := newShopBench(t, signin.Admin)
	files := map[string]string{}
	for i := range 1200 {
		files[strconv.Itoa(i)+".txt"] = "nothing"
	}
	res := v.upload("/a/1/api-accounts/import", "files", files)
	if res.Code != http.StatusUnprocessableEntity || !strings.Contains(res.Body.String(), "At most 500 files") {
		t.Errorf("status %d", res.Code)
	}
}
