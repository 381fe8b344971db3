// Package vault seals secrets before they are stored. It knows neither the database nor what a secret is for; the
// caller names a purpose and the row that holds the sealed bytes.
package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// Purpose separates kinds of secrets: each has a key of its own, derived from the master key.
type Purpose string

// Purposes. AccountToken seals the token that reads an account, the others what the register of API accounts keeps.
const (
	AccountToken     Purpose = "account token"
	APIAccountToken  Purpose = "api account token"
	APIAccountSecret Purpose = "api account secret"
)

// form is the first byte of sealed bytes, so that another form can be told apart later.
const form = 1

// ErrCannotOpen says that sealed bytes do not belong to this key, purpose and row, or were damaged.
var ErrCannotOpen = errors.New("the sealed secret does not open with this key")

// Vault seals and opens secrets. It is safe for concurrent use.
type Vault struct{ master Key }

// New makes a vault of a master key.
func New(master Key) *Vault { return &Vault{master} }

// ID names the master key without giving anything of it away. It may be stored beside the data and shown.
func (v *Vault) ID() string {
	id, err := hkdf.Key(sha256.New, v.master[:], nil, "rollcall key id", 8)
	if err != nil {
		panic(err) // impossible: only a length beyond 255 hashes fails
	}
	return hex.EncodeToString(id)
}

// Seal encrypts a secret for one row. Moved to another row or purpose it does not open.
func (v *Vault) Seal(purpose Purpose, row int64, secret string) ([]byte, error) {
	aead, err := v.aead(purpose)
	if err != nil {
		return nil, err
	}
	return aead.Seal([]byte{form}, nil, []byte(secret), place(purpose, row)), nil
}

// Open decrypts what Seal made for the same purpose and row, else it returns ErrCannotOpen.
func (v *Vault) Open(purpose Purpose, row int64, sealed []byte) (string, error) {
	aead, err := v.aead(purpose)
	if err != nil {
		return "", err
	}
	if len(sealed) == 0 || sealed[0] != form {
		return "", ErrCannotOpen
	}
	secret, err := aead.Open(nil, nil, sealed[1:], place(purpose, row))
	if err != nil {
		return "", ErrCannotOpen
	}
	return string(secret), nil
}

func (v *Vault) aead(purpose Purpose) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, v.master[:], nil, "rollcall seal: "+string(purpose), len(v.master))
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("cipher: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func place(purpose Purpose, row int64) []byte { return fmt.Appendf(nil, "%s/%d", purpose, row) }

// Print is a keyed fingerprint of a secret: equal secrets have equal prints under one master key, and without the key
// nobody can try guesses against it.
func (v *Vault) Print(purpose Purpose, secret string) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, v.master[:], nil, "rollcall print: "+string(purpose), sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(secret))
	return mac.Sum(nil), nil
}
