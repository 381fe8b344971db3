package signin_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// provider is an OpenID Connect provider: discovery, keys, the authorization endpoint that redirects at once, and the
// token endpoint that checks client, code, redirect and PKCE. Its fields break it in single ways.
type provider struct {
	*httptest.Server
	t      *testing.T
	now    func() time.Time
	rsaKey *rsa.PrivateKey
	ecKey  *ecdsa.PrivateKey

	mu    sync.Mutex
	codes map[string]url.Values // by code: what the authorization request said

	person map[string]any                             // claims about who signs in
	claims func(map[string]any)                       // changes the claims of a token
	sign   func(p *provider, m map[string]any) string // nil: RS256
	meta   func(map[string]any)
	kid    string // of the key as published
	asked  map[string]int
}

const clientID, clientSecret = "rollcall client", "a secret: with signs/+"

func newOIDC(t *testing.T, now func() time.Time) *provider {
	t.Helper()
	p := &provider{t: t, now: now, codes: map[string]url.Values{}, asked: map[string]int{}, kid: "k1"}
	var err error
	if p.rsaKey, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	if p.ecKey, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	p.person = map[string]any{"sub": "u-1", "name": "Olga Example", "email": "olga@example.com", "email_verified": true, "groups": []string{"Auditors"}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.describe)
	mux.HandleFunc("GET /keys", p.publish)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.asked[r.URL.Path]++
		p.mu.Unlock()
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *provider) describe(w http.ResponseWriter, _ *http.Request) {
	m := map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize?tenant=1", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"code_challenge_methods_supported": []string{"S256"}, "token_endpoint_auth_methods_supported": []string{"client_secret_basic"},
		"authorization_response_iss_parameter_supported": true,
	}
	if p.meta != nil {
		p.meta(m)
	}
	json.NewEncoder(w).Encode(m)
}

func b64(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

func (p *provider) publish(w http.ResponseWriter, _ *http.Request) {
	point, err := p.ecKey.PublicKey.Bytes()
	if err != nil {
		p.t.Error(err)
	}
	json.NewEncoder(w).Encode(map[string]any{"keys": []any{
		map[string]any{"kty": "oct", "kid": "shared", "k": "AAAA"},
		map[string]any{"kty": "RSA", "use": "enc", "kid": "enc", "n": "AQAB", "e": "AQAB"},
		map[string]any{
			"kty": "RSA", "use": "sig", "kid": p.kid, "n": b64(p.rsaKey.N.Bytes()),
			"e": b64(big.NewInt(int64(p.rsaKey.E)).Bytes()),
		},
		map[string]any{"kty": "EC", "use": "sig", "alg": "ES256", "kid": "e1", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])},
	}})
}

// authorize signs the person in without asking and sends the browser back.
func (p *provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	for name, want := range map[string]string{
		"response_type": "code", "response_mode": "query", "client_id": clientID, "code_challenge_method": "S256", "tenant": "1",
	} {
		if q.Get(name) != want {
			p.t.Errorf("the authorization request has %s %q, want %q", name, q.Get(name), want)
		}
	}
	if !strings.HasPrefix(q.Get("scope"), "openid ") || len(q.Get("state")) < 20 || len(q.Get("nonce")) < 20 || len(q.Get("code_challenge")) != 43 {
		p.t.Errorf("the authorization request is %v", q)
	}
	code := rand.Text()
	p.mu.Lock()
	p.codes[code] = q
	p.mu.Unlock()
	back := url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {p.URL}}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	id, _ = url.QueryUnescape(id)
	secret, _ = url.QueryUnescape(secret)
	code := r.PostFormValue("code")
	p.mu.Lock()
	asked, ok := p.codes[code]
	delete(p.codes, code)
	p.mu.Unlock()
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !ok || id != clientID || secret != clientSecret || r.PostFormValue("redirect_uri") != asked.Get("redirect_uri") || b64(sum[:]) != asked.Get("code_challenge") {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	now := p.now()
	m := map[string]any{"iss": p.URL, "aud": clientID, "nonce": asked.Get("nonce"), "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix()}
	maps.Copy(m, p.person)
	if asked.Get("prompt") == "login" {
		m["auth_time"] = now.Unix()
	}
	if p.claims != nil {
		p.claims(m)
	}
	sign := p.sign
	if sign == nil {
		sign = signRS256
	}
	json.NewEncoder(w).Encode(map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": sign(p, m)})
}

func parts(header, claims map[string]any) string {
	h, _ := json.Marshal(header)
	c, _ := json.Marshal(claims)
	return b64(h) + "." + b64(c)
}

func signRS256(p *provider, m map[string]any) string { return signRSA(p, p.rsaKey, p.kid, m) }

func signRSA(p *provider, key *rsa.PrivateKey, kid string, m map[string]any) string {
	text := parts(map[string]any{"alg": "RS256", "kid": kid}, m)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		p.t.Error(err)
	}
	return text + "." + b64(sig)
}

func signPS256(p *provider, m map[string]any) string {
	text := parts(map[string]any{"alg": "PS256", "kid": p.kid}, m)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPSS(rand.Reader, p.rsaKey, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	if err != nil {
		p.t.Error(err)
	}
	return text + "." + b64(sig)
}

func signES256(p *provider, m map[string]any) string {
	text := parts(map[string]any{"alg": "ES256", "kid": "e1"}, m)
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, p.ecKey, sum[:])
	if err != nil {
		p.t.Error(err)
	}
	return text + "." + b64(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}

func signNone(_ *provider, m map[string]any) string {
	return parts(map[string]any{"alg": "none"}, m) + "."
}

// signHS256 signs with the public key as the shared secret, the classic mistake of verifiers.
func signHS256(p *provider, m map[string]any) string {
	text := parts(map[string]any{"alg": "HS256", "kid": p.kid}, m)
	mac := hmac.New(sha256.New, p.rsaKey.N.Bytes())
	mac.Write([]byte(text))
	return text + "." + b64(mac.Sum(nil))
}
