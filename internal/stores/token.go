package stores

import (
	"log/slog"
	"strings"
)

// Token is what opens one store. Its secret shows in no text, log or dump; only the header of a request gets it.
type Token struct {
	StoreHash string
	Secret    string
}

const hidden = "[hidden]"

// String is the token without its secret.
func (t Token) String() string { return "token of store " + t.StoreHash }

// GoString is the same for %#v.
func (t Token) GoString() string { return t.String() }

// LogValue is the same for logs.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.String()) }

// MarshalJSON is the same for JSON.
func (t Token) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// sendable tells whether the secret can stand in a header at all.
func (t Token) sendable() bool {
	return !strings.ContainsFunc(t.Secret, func(r rune) bool { return r <= ' ' || r > '~' })
}
