package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"rollcall/internal/org"
)

// metadata is what discovery tells.
type metadata struct {
	Issuer       string   `json:"issuer"`
	Authorize    string   `json:"authorization_endpoint"`
	Token        string   `json:"token_endpoint"`
	Keys         string   `json:"jwks_uri"`
	Methods      []string `json:"token_endpoint_auth_methods_supported"`
	Challenges   []string `json:"code_challenge_methods_supported"`
	NamesItself  bool     `json:"authorization_response_iss_parameter_supported"`
	ResponseType []string `json:"response_types_supported"`
}

// exchange trades the code for an ID token.
func (p *Provider) exchange(ctx context.Context, meta metadata, code, verifier string) (string, error) {
	if code == "" || len(code) > 4096 {
		return "", errProvider(errors.New("the answer has no code"))
	}
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {p.cfg.RedirectURL}, "code_verifier": {verifier},
	}
	basic := p.cfg.ClientSecret != "" && (len(meta.Methods) == 0 || slices.Contains(meta.Methods, "client_secret_basic"))
	if !basic {
		form.Set("client_id", p.cfg.ClientID)
		if p.cfg.ClientSecret != "" {
			form.Set("client_secret", string(p.cfg.ClientSecret))
		}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, meta.Token, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if basic {
		r.SetBasicAuth(url.QueryEscape(p.cfg.ClientID), url.QueryEscape(string(p.cfg.ClientSecret)))
	}
	raw, err := p.send(r)
	if err != nil {
		return "", err
	}
	var answer struct {
		IDToken string `json:"id_token"`
	}
	if json.Unmarshal(raw, &answer) != nil || answer.IDToken == "" {
		return "", errProvider(errors.New("the provider sent no ID token"))
	}
	return answer.IDToken, nil
}

// metaLasts is how long discovery is believed.
const metaLasts = time.Hour

// discover reads the provider's metadata, now and then.
func (p *Provider) discover(ctx context.Context) (metadata, error) {
	p.mu.Lock()
	meta, read := p.meta, p.read
	p.mu.Unlock()
	if p.now().Sub(read) < metaLasts {
		return meta, nil
	}
	raw, err := p.get(ctx, strings.TrimSuffix(p.cfg.Issuer, "/")+"/.well-known/openid-configuration")
	if err != nil {
		return metadata{}, err
	}
	if meta, err = parseMetadata(raw, p.cfg.Issuer); err != nil {
		return metadata{}, errProvider(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.meta, p.read = meta, p.now()
	return meta, nil
}

// parseMetadata refuses metadata of another issuer, and addresses to which secrets must not go.
func parseMetadata(raw []byte, issuer string) (m metadata, err error) {
	if err := json.Unmarshal(raw, &m); err != nil {
		return m, errors.New("the provider's description cannot be read")
	}
	if m.Issuer != issuer {
		return m, fmt.Errorf("the provider calls itself %q, the setting says %q", clip(m.Issuer, 200), issuer)
	}
	for _, address := range []string{m.Authorize, m.Token, m.Keys} {
		if u, err := url.Parse(address); err != nil || !safeEndpoint(u) {
			return m, fmt.Errorf("the provider names an address without TLS: %q", clip(address, 200))
		}
	}
	if len(m.Challenges) > 0 && !slices.Contains(m.Challenges, "S256") {
		return m, errors.New("the provider cannot do PKCE with S256")
	}
	return m, nil
}

func (p *Provider) get(ctx context.Context, address string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	return p.send(r)
}

// answerMax bounds what is read of the provider's answers.
const answerMax = 1 << 20

func (p *Provider) send(r *http.Request) ([]byte, error) {
	r.Header.Set("Accept", "application/json")
	res, err := p.client.Do(r)
	if err != nil {
		return nil, org.Problem(org.KindUnavailable, "The provider through which you sign in cannot be reached. Try again in a moment.", err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, answerMax+1))
	switch {
	case err != nil:
		return nil, org.Problem(org.KindUnavailable, "The provider's answer broke off. Try again in a moment.", err)
	case len(raw) > answerMax:
		return nil, errProvider(errors.New("the provider's answer is too large"))
	case res.StatusCode >= 500:
		return nil, org.Problem(org.KindUnavailable, "The provider through which you sign in has a problem. Try again in a moment.", fmt.Errorf("status %d", res.StatusCode))
	case res.StatusCode != http.StatusOK:
		return nil, errProvider(fmt.Errorf("%s answered with status %d", r.URL.Path, res.StatusCode))
	}
	return raw, nil
}
