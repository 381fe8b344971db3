package signin_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/signin"
	"rollcall/internal/sqlite/sqlitetest"
)

const someUUID = "01234567-89ab-cdef-0123-456789abcdef"

func configOf(p *provider) signin.OIDCConfig {
	return signin.OIDCConfig{
		Issuer: p.URL, ClientID: clientID, ClientSecret: clientSecret, RedirectURL: "http://127.0.0.1:8080/sign-in/provider/answer",
		Groups: []signin.GroupRule{
			{Group: "Auditors", Role: signin.Auditor},
			{Group: "Shop team", Role: signin.Operator, Accounts: []string{someUUID}},
			{Group: "Bosses", Role: signin.Admin},
		},
	}
}

// browse follows the address as a browser does, until it would leave the provider.
func browse(t *testing.T, address string) url.Values {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	back, err := res.Location()
	if err != nil {
		t.Fatalf("status %d: %v", res.StatusCode, err)
	}
	return back.Query()
}

// through is one whole way to the provider and back.
func through(t *testing.T, rp *signin.Provider, again bool) (signin.Identity, error) {
	t.Helper()
	f, address, err := rp.Begin(t.Context(), again)
	if err != nil {
		return signin.Identity{}, err
	}
	_, text := signin.FlowValue(f)
	return rp.Finish(t.Context(), signin.ReadFlow(text), browse(t, address))
}

func newRP(t *testing.T, p *provider, now func() time.Time) *signin.Provider {
	t.Helper()
	rp, err := signin.NewProvider(configOf(p), nil, now)
	if err != nil {
		t.Fatal(err)
	}
	return rp
}

func TestProviderVouches(t *testing.T) {
	t.Parallel()
	p := newOIDC(t, time.Now)
	rp := newRP(t, p, time.Now)
	for name, sign := range map[string]func(*provider, map[string]any) string{"RS256": nil, "PS256": signPS256, "ES256": signES256} {
		p.sign = sign
		id, err := through(t, rp, false)
		if err != nil || id.Issuer != p.URL || id.Subject != "u-1" || id.Email != "olga@example.com" || len(id.Groups) != 1 {
			t.Errorf("%s: %+v, %v", name, id, err)
		}
	}
	if p.asked["/keys"] != 1 || p.asked["/.well-known/openid-configuration"] != 1 {
		t.Errorf("asked %v", p.asked)
	}
	if id, err := through(t, rp, true); err != nil || id.AuthTime.IsZero() {
		t.Errorf("again: %+v, %v", id, err)
	}
}

func TestFalseTokensAreRefused(t *testing.T) {
	t.Parallel()
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	set := func(name string, value any) func(map[string]any) {
		return func(m map[string]any) {
			if m[name] = value; value == nil {
				delete(m, name)
			}
		}
	}
	now := time.Now().Unix()
	tests := []struct {
		name   string
		claims func(map[string]any)
		sign   func(*provider, map[string]any) string
	}{
		{name: "another nonce", claims: set("nonce", "x")},
		{name: "no nonce", claims: set("nonce", nil)},
		{name: "another audience", claims: set("aud", "other")},
		{name: "no audience", claims: set("aud", nil)},
		{name: "several audiences, no party", claims: set("aud", []string{clientID, "other"})},
		{name: "another party", claims: set("azp", "other")},
		{name: "another issuer", claims: set("iss", "https://evil.example")},
		{name: "issuer with a slash more", claims: func(m map[string]any) { m["iss"] = m["iss"].(string) + "/" }},
		{name: "expired", claims: set("exp", now-3600)},
		{name: "no end", claims: set("exp", nil)},
		{name: "end as text", claims: set("exp", "tomorrow")},
		{name: "from the future", claims: set("iat", now+3600)},
		{name: "not yet", claims: set("nbf", now+3600)},
		{name: "nobody", claims: set("sub", "")},
		{name: "subject too long", claims: set("sub", strings.Repeat("x", 256))},
		{name: "not signed", sign: signNone},
		{name: "shared secret", sign: signHS256},
		{name: "another's key", sign: func(p *provider, m map[string]any) string { return signRSA(p, stranger, p.kid, m) }},
		{name: "unknown key", sign: func(p *provider, m map[string]any) string { return signRSA(p, stranger, "k9", m) }},
		{name: "no key named, another's key", sign: func(p *provider, m map[string]any) string { return signRSA(p, stranger, "", m) }},
		{name: "changed after signing", sign: func(p *provider, m map[string]any) string {
			good := strings.Split(signRS256(p, m), ".")
			m["groups"] = []string{"Bosses"}
			raw, _ := json.Marshal(m)
			return good[0] + "." + b64(raw) + "." + good[2]
		}},
		{name: "RSA token for the EC key", sign: func(p *provider, m map[string]any) string { return signRSA(p, p.rsaKey, "e1", m) }},
		{name: "no token at all", sign: func(*provider, map[string]any) string { return "" }},
		{name: "rubbish", sign: func(*provider, map[string]any) string { return "a.b" }},
		{name: "too large", claims: set("x", strings.Repeat("x", 300<<10))},
	}
	p := newOIDC(t, time.Now)
	for _, test := range tests {
		p.claims, p.sign = test.claims, test.sign
		id, err := through(t, newRP(t, p, time.Now), false)
		if org.KindOf(err) != org.KindUnsigned || id.Subject != "" {
			t.Errorf("%s: %+v, %v", test.name, id, err)
		}
		if text := org.TextOf(err); !strings.Contains(text, "did not work") {
			t.Errorf("%s: people read %q", test.name, text)
		}
	}
}

func TestFalseAnswersAreRefused(t *testing.T) {
	t.Parallel()
	p := newOIDC(t, time.Now)
	now := time.Now()
	rp := newRP(t, p, func() time.Time { return now })
	begin := func() (signin.Flow, url.Values) {
		f, address, err := rp.Begin(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		return f, browse(t, address)
	}
	mine, answer := begin()
	_, others := begin()
	for name, try := range map[string]func() (signin.Flow, url.Values){
		"another's answer":    func() (signin.Flow, url.Values) { return mine, others },
		"no flow":             func() (signin.Flow, url.Values) { return signin.Flow{}, url.Values{"code": answer["code"]} },
		"another's code":      func() (signin.Flow, url.Values) { f, q := begin(); q.Set("code", others.Get("code")); return f, q },
		"no code":             func() (signin.Flow, url.Values) { f, q := begin(); q.Del("code"); return f, q },
		"refused":             func() (signin.Flow, url.Values) { f, q := begin(); q.Set("error", "access_denied"); return f, q },
		"another issuer":      func() (signin.Flow, url.Values) { f, q := begin(); q.Set("iss", "https://evil.example"); return f, q },
		"no issuer":           func() (signin.Flow, url.Values) { f, q := begin(); q.Del("iss"); return f, q },
		"another verifier":    func() (signin.Flow, url.Values) { f, q := begin(); f.Verifier += "x"; return f, q },
		"too late":            func() (signin.Flow, url.Values) { f, q := begin(); f.Began = now.Add(-time.Hour); return f, q },
		"not asked again":     func() (signin.Flow, url.Values) { f, q := begin(); f.Again = true; return f, q },
		"flow that is broken": func() (signin.Flow, url.Values) { _, q := begin(); return signin.ReadFlow("a b c"), q },
	} {
		f, q := try()
		if id, err := rp.Finish(t.Context(), f, q); org.KindOf(err) != org.KindUnsigned || id.Subject != "" {
			t.Errorf("%s: %+v, %v", name, id, err)
		}
	}
	if _, err := rp.Finish(t.Context(), mine, answer); err != nil {
		t.Errorf("the right answer: %v", err)
	}
	if _, err := rp.Finish(t.Context(), mine, answer); org.KindOf(err) != org.KindUnsigned {
		t.Errorf("the same answer again: %v", err)
	}
}

func TestKeysChange(t *testing.T) {
	t.Parallel()
	p := newOIDC(t, time.Now)
	now := time.Now()
	rp := newRP(t, p, func() time.Time { return now })
	if _, err := through(t, rp, false); err != nil {
		t.Fatal(err)
	}
	p.kid = "k2"
	if _, err := through(t, rp, false); err == nil {
		t.Error("an unknown key was asked for within the pause")
	}
	now = now.Add(31 * time.Second)
	if _, err := through(t, rp, false); err != nil {
		t.Errorf("after the change of keys: %v", err)
	}
	if p.asked["/keys"] != 2 {
		t.Errorf("keys were read %d times", p.asked["/keys"])
	}
}

func TestFalseDescriptionsAreRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(map[string]any){
		"another issuer":    func(m map[string]any) { m["issuer"] = "https://evil.example" },
		"token without TLS": func(m map[string]any) { m["token_endpoint"] = "http://idp.example/token" },
		"no keys":           func(m map[string]any) { delete(m, "jwks_uri") },
		"no PKCE":           func(m map[string]any) { m["code_challenge_methods_supported"] = []string{"plain"} },
		"a file":            func(m map[string]any) { m["jwks_uri"] = "file:///etc/passwd" },
	} {
		p := newOIDC(t, time.Now)
		p.meta = change
		if _, _, err := newRP(t, p, time.Now).Begin(t.Context(), false); org.KindOf(err) != org.KindUnsigned {
			t.Errorf("%s: %v", name, err)
		}
	}
	p := newOIDC(t, time.Now)
	rp := newRP(t, p, time.Now)
	p.Close()
	if _, _, err := rp.Begin(t.Context(), false); org.KindOf(err) != org.KindUnavailable {
		t.Errorf("a provider that is down: %v", err)
	}
}

func TestConfigurationOfTheProvider(t *testing.T) {
	t.Parallel()
	good := signin.OIDCConfig{
		Issuer: "https://idp.example/realm", ClientID: "c", RedirectURL: "https://rollcall.example/answer", Groups: []signin.GroupRule{{Group: "g", Role: signin.Viewer}},
	}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for field, change := range map[string]func(*signin.OIDCConfig){
		"oidc-issuer":   func(c *signin.OIDCConfig) { c.Issuer = "http://idp.example" },
		"oidc-client":   func(c *signin.OIDCConfig) { c.ClientID = "" },
		"oidc-redirect": func(c *signin.OIDCConfig) { c.RedirectURL = "/answer" },
		"oidc-groups":   func(c *signin.OIDCConfig) { c.Groups = nil },
	} {
		c := good
		change(&c)
		var e *org.Error
		if err := c.Check(); !errors.As(err, &e) || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	rules, err := signin.ParseGroupRules(" Auditors=auditor; cn=shop,ou=x=operator:" + someUUID + ";")
	if err != nil || len(rules) != 2 || rules[1].Group != "cn=shop,ou=x" || rules[1].Role != signin.Operator || rules[1].Accounts[0] != someUUID {
		t.Errorf("%+v, %v", rules, err)
	}
	for _, text := range []string{"Auditors", "=viewer", "a=king", "a=viewer:x"} {
		if _, err := signin.ParseGroupRules(text); org.KindOf(err) != org.KindInvalid {
			t.Errorf("%q: %v", text, err)
		}
	}
	good.ClientSecret = "hush"
	raw, _ := json.Marshal(good)
	if text := fmt.Sprintf("%v %+v %#v %s", good, good, good, raw); strings.Contains(text, "hush") {
		t.Errorf("the secret shows: %s", text)
	}
}

func TestGroupsGiveRoles(t *testing.T) {
	t.Parallel()
	p := newOIDC(t, time.Now)
	rp := newRP(t, p, time.Now)
	db := sqlitetest.Open(t)
	account := sqlitetest.Account(t, db, someUUID)
	door := signin.New(db, signin.NewHasher(signin.Cost{Memory: 8, Time: 1, Threads: 1}), nil, time.Now)
	door.Provider = rp.Config()
	desk := signin.Members{Store: db, Now: time.Now}
	fed := signin.Federation{Config: rp.Config(), Store: db, Door: door, Desk: desk}
	admit := func(groups ...string) (signin.Admission, error) {
		t.Helper()
		p.person["groups"] = groups
		id, err := through(t, rp, false)
		if err != nil {
			t.Fatal(err)
		}
		return fed.Admit(t.Context(), "192.0.2.1", "", id)
	}
	if _, err := admit("Strangers"); org.KindOf(err) != org.KindForbidden {
		t.Errorf("no group: %v", err)
	}
	if n, _ := db.CountMembers(t.Context()); n != 0 {
		t.Error("somebody without a group became a member")
	}
	a, err := admit("Auditors", "x")
	if err != nil || a.Member.Role != signin.Auditor || a.Member.Reach.Limited || a.Member.HasPassword || len(a.Changes) != 1 || a.Device == "" {
		t.Fatalf("%+v, %v", a, err)
	}
	first := a.Member.ID
	a, err = admit("Auditors", "Shop team")
	if err != nil || a.Member.ID != first || a.Member.Role != signin.Operator || !a.Member.Sees(account.ID) || a.Member.Sees(account.ID+1) || len(a.Changes) != 2 ||
		a.Changes[0].Before != "role auditor" || a.Changes[0].After != "role operator" {
		t.Errorf("%+v, %v", a, err)
	}
	if _, err := admit("Strangers"); org.KindOf(err) != org.KindForbidden {
		t.Errorf("lost every group: %v", err)
	}
	if _, err := desk.SetDisabled(t.Context(), first, true); err != nil {
		t.Fatal(err)
	}
	if _, err := admit("Bosses"); org.KindOf(err) != org.KindUnsigned {
		t.Errorf("disabled: %v", err)
	}
	// The same address under another subject is another person, and never becomes the first.
	p.person["sub"] = "u-2"
	if _, err := admit("Bosses"); org.KindOf(err) != org.KindForbidden {
		t.Errorf("a taken e-mail: %v", err)
	}
	p.person["email"], p.person["email_verified"] = "new@example.com", false
	if _, err := admit("Bosses"); org.KindOf(err) != org.KindForbidden {
		t.Errorf("an e-mail that is not verified: %v", err)
	}
}

func TestLocalMembersKeepTheirRoleAndConnect(t *testing.T) {
	t.Parallel()
	p := newOIDC(t, time.Now)
	rp := newRP(t, p, time.Now)
	h := newHall(t)
	h.door.Provider = rp.Config()
	fed := signin.Federation{Config: rp.Config(), Store: h.db, Door: h.door, Desk: h.desk}
	p.person["email"], p.person["groups"] = adminMail, []string{"Auditors"}
	id, err := through(t, rp, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fed.Admit(t.Context(), "192.0.2.1", "", id); org.KindOf(err) != org.KindForbidden {
		t.Fatalf("an identity takes a member over by the e-mail: %v", err)
	}
	if _, err := fed.Connect(t.Context(), h.admin, id); err != nil {
		t.Fatal(err)
	}
	a, err := fed.Admit(t.Context(), "192.0.2.1", "", id)
	if err != nil || a.Member.ID != h.admin.ID || a.Member.Role != signin.Admin || a.BreakGlass {
		t.Errorf("%+v, %v", a, err)
	}
	if ok, err := fed.Proves(t.Context(), h.admin, id); !ok || err != nil {
		t.Errorf("proof: %v, %v", ok, err)
	}
	if err := h.db.LinkIdentity(context.Background(), h.add("bob@example.com", signin.Viewer).ID, id.Issuer, id.Subject); org.KindOf(err) != org.KindConflict {
		t.Errorf("an identity of two members: %v", err)
	}
}

func TestBreakGlass(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.add("bob@example.com", signin.Operator)
	h.door.Provider = &signin.OIDCConfig{Only: true}
	e, err := h.enter("192.0.2.1", adminMail, adminPassword)
	if err != nil || !e.BreakGlass || !strings.Contains(h.log.String(), "level=WARN") || !strings.Contains(h.log.String(), "192.0.2.1") {
		t.Errorf("%+v, %v, log %q", e, err, h.log.String())
	}
	before := h.hasher.Count()
	_, err = h.enter("192.0.2.1", "bob@example.com", adminPassword)
	if org.KindOf(err) != org.KindUnsigned || h.hasher.Count() != before+1 {
		t.Errorf("an operator's password beside a provider that alone counts: %v", err)
	}
}
