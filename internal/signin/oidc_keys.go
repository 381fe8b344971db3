package signin

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"slices"
	"strings"
	"time"
)

// keySet are the provider's public keys by their ID.
type keySet struct {
	keys []namedKey
	read time.Time
}

type namedKey struct {
	id  string
	alg string // the only algorithm it is for, empty: any that fits
	key crypto.PublicKey
}

type jwk struct {
	Type   string   `json:"kty"`
	ID     string   `json:"kid"`
	Use    string   `json:"use"`
	Alg    string   `json:"alg"`
	Ops    []string `json:"key_ops"`
	N      string   `json:"n"`
	E      string   `json:"e"`
	Curve  string   `json:"crv"`
	X      string   `json:"x"`
	Y      string   `json:"y"`
	Secret string   `json:"k"`
}

// parseKeys reads a key set (RFC 7517). Keys that are not for signing or of a kind that is not believed are passed over.
func parseKeys(raw []byte) ([]namedKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(raw, &set); err != nil {
		return nil, errors.New("the provider's keys cannot be read")
	}
	var list []namedKey
	for _, raw := range set.Keys[:min(len(set.Keys), 100)] {
		var k jwk
		if json.Unmarshal(raw, &k) != nil || k.Use != "" && k.Use != "sig" || len(k.Ops) > 0 && !slices.Contains(k.Ops, "verify") {
			continue
		}
		if key := k.public(); key != nil {
			list = append(list, namedKey{k.ID, k.Alg, key})
		}
	}
	return list, nil
}

func (k jwk) public() crypto.PublicKey {
	switch {
	case k.Type == "RSA":
		n, e := number(k.N), number(k.E)
		if n == nil || e == nil || n.BitLen() < 2048 || n.BitLen() > 8192 || !e.IsInt64() || e.Int64() < 3 || e.Int64() > 1<<31-1 || e.Bit(0) == 0 {
			return nil
		}
		return &rsa.PublicKey{N: n, E: int(e.Int64())}
	case k.Type == "EC" && k.Curve == "P-256":
		x, y := number(k.X), number(k.Y)
		if x == nil || y == nil || x.BitLen() > 256 || y.BitLen() > 256 {
			return nil
		}
		point := append([]byte{4}, append(x.FillBytes(make([]byte, 32)), y.FillBytes(make([]byte, 32))...)...)
		key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
		if err != nil {
			return nil
		}
		return key
	}
	return nil
}

func number(text string) *big.Int {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil || len(raw) == 0 || len(raw) > 1024 {
		return nil
	}
	return new(big.Int).SetBytes(raw)
}

// Keys are read again after keysLast, and at once for a token of an unknown key, but not more often than keysPause.
const (
	keysLast  = time.Hour
	keysPause = 30 * time.Second
)

// verify finds the key of a token and holds the signature against it.
func (p *Provider) verify(ctx context.Context, t rawToken) error {
	set, err := p.keysOf(ctx, false)
	if err != nil {
		return err
	}
	if !set.knows(t.kid) {
		if set, err = p.keysOf(ctx, true); err != nil {
			return err
		}
	}
	for _, k := range set.keys {
		if (t.kid == "" || k.id == t.kid) && (k.alg == "" || k.alg == t.alg) && t.signedBy(k.key) {
			return nil
		}
	}
	return errTokenSig
}

func (s keySet) knows(id string) bool {
	return slices.ContainsFunc(s.keys, func(k namedKey) bool { return id == "" || k.id == id })
}

// keysOf gives the keys, read again when they are old, or when again is asked for and enough time has passed.
func (p *Provider) keysOf(ctx context.Context, again bool) (keySet, error) {
	meta, err := p.discover(ctx)
	if err != nil {
		return keySet{}, err
	}
	p.mu.Lock()
	set, now := p.keys, p.now()
	p.mu.Unlock()
	age := now.Sub(set.read)
	if age < keysPause || !again && age < keysLast {
		return set, nil
	}
	raw, err := p.get(ctx, meta.Keys)
	if err != nil {
		return keySet{}, err
	}
	list, err := parseKeys(raw)
	if err != nil {
		return keySet{}, err
	}
	set = keySet{list, now}
	p.mu.Lock()
	p.keys = set
	p.mu.Unlock()
	return set, nil
}
