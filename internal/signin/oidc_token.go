package signin

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
)

// tokenMax bounds an ID token; people in many groups have large ones.
const tokenMax = 256 << 10

// clockSkew is how far the provider's clock may be off.
const clockSkew = time.Minute

// Signature algorithms that are believed. "none" and those with a shared secret never are.
const (
	algRS256 = "RS256"
	algPS256 = "PS256"
	algES256 = "ES256"
)

var believedAlgs = []string{algRS256, algPS256, algES256}

// rawToken is a token in its parts, read but not believed.
type rawToken struct {
	alg, kid string
	signed   []byte // what the signature is about
	sig      []byte
	payload  []byte
}

type tokenHeader struct {
	Alg  string          `json:"alg"`
	Kid  string          `json:"kid"`
	Crit json.RawMessage `json:"crit"`
}

var (
	errTokenForm = errors.New("the ID token has an unknown form")
	errTokenAlg  = errors.New("the ID token is not signed in a way that is believed")
	errTokenSig  = errors.New("the signature of the ID token is wrong")
)

// parseToken reads the compact form (RFC 7515) of a token.
func parseToken(text string) (t rawToken, err error) {
	if len(text) > tokenMax {
		return t, errTokenForm
	}
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return t, errTokenForm
	}
	head, err := strict64.DecodeString(parts[0])
	if err != nil {
		return t, errTokenForm
	}
	var h tokenHeader
	if json.Unmarshal(head, &h) != nil || len(h.Crit) > 0 {
		return t, errTokenForm
	}
	t.alg, t.kid, t.signed = h.Alg, h.Kid, []byte(parts[0]+"."+parts[1])
	if !slices.Contains(believedAlgs, h.Alg) {
		return t, errTokenAlg
	}
	if t.payload, err = strict64.DecodeString(parts[1]); err != nil {
		return t, errTokenForm
	}
	if t.sig, err = strict64.DecodeString(parts[2]); err != nil {
		return t, errTokenForm
	}
	return t, nil
}

var strict64 = base64.RawURLEncoding.Strict()

// signedBy tells whether the key made the signature, by the algorithm of the token and of that key's kind only.
func (t rawToken) signedBy(key crypto.PublicKey) bool {
	sum := sha256.Sum256(t.signed)
	switch k := key.(type) {
	case *rsa.PublicKey:
		if t.alg == algPS256 {
			return rsa.VerifyPSS(k, crypto.SHA256, sum[:], t.sig, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
		}
		return t.alg == algRS256 && rsa.VerifyPKCS1v15(k, crypto.SHA256, sum[:], t.sig) == nil
	case *ecdsa.PublicKey:
		if t.alg != algES256 || len(t.sig) != 64 {
			return false
		}
		return ecdsa.Verify(k, sum[:], new(big.Int).SetBytes(t.sig[:32]), new(big.Int).SetBytes(t.sig[32:]))
	}
	return false
}

// claims are what an ID token says.
type claims struct {
	Issuer   string    `json:"iss"`
	Subject  string    `json:"sub"`
	Audience audience  `json:"aud"`
	Party    string    `json:"azp"`
	Expires  *unixDate `json:"exp"`
	Issued   *unixDate `json:"iat"`
	Earliest *unixDate `json:"nbf"`
	Nonce    string    `json:"nonce"`
	AuthTime *unixDate `json:"auth_time"`
	Name     string    `json:"name"`
	Email    string    `json:"email"`
	Verified *flag     `json:"email_verified"`

	groups []string
}

// audience is one text or a list of them.
type audience []string

// UnmarshalJSON reads both forms.
func (a *audience) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(a))
}

// unixDate is seconds since 1970, with a fraction if the provider likes.
type unixDate struct{ time.Time }

// UnmarshalJSON refuses what is no sane moment.
func (d *unixDate) UnmarshalJSON(raw []byte) error {
	var seconds float64
	if err := json.Unmarshal(raw, &seconds); err != nil || seconds < 0 || seconds > 1e11 {
		return errTokenForm
	}
	d.Time = time.Unix(int64(seconds), 0)
	return nil
}

// flag is a boolean that some providers write as text.
type flag bool

// UnmarshalJSON reads both forms.
func (f *flag) UnmarshalJSON(raw []byte) error {
	*f = string(raw) == "true" || string(raw) == `"true"`
	return nil
}

// readClaims reads a payload; groups come from the named claim, as a list or one text.
func readClaims(payload []byte, groupsClaim string) (c claims, err error) {
	if err := json.Unmarshal(payload, &c); err != nil {
		return c, errTokenForm
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(payload, &all); err != nil {
		return c, errTokenForm
	}
	var groups audience
	if raw, ok := all[groupsClaim]; ok && json.Unmarshal(raw, &groups) == nil {
		c.groups = groups
	}
	return c, nil
}

// check holds the claims against what is expected (OpenID Connect Core 3.1.3.7).
func (c claims) check(issuer, client, nonce string, now time.Time) error {
	switch {
	case c.Issuer != issuer:
		return fmt.Errorf("the ID token is of another issuer: %q", clip(c.Issuer, 200))
	case !slices.Contains(c.Audience, client):
		return errors.New("the ID token is for another client")
	case len(c.Audience) > 1 && c.Party == "" || c.Party != "" && c.Party != client:
		return errors.New("the ID token was given to another client")
	case c.Subject == "" || len(c.Subject) > 255:
		return errors.New("the ID token names nobody")
	case c.Expires == nil || c.Issued == nil:
		return errors.New("the ID token has no times")
	case !now.Before(c.Expires.Add(clockSkew)):
		return errors.New("the ID token has expired")
	case c.Issued.After(now.Add(clockSkew)) || c.Earliest != nil && c.Earliest.After(now.Add(clockSkew)):
		return errors.New("the ID token is from the future: are both clocks right?")
	case nonce == "" || subtle.ConstantTimeCompare([]byte(c.Nonce), []byte(nonce)) != 1:
		return errors.New("the ID token answers another question")
	}
	return nil
}
