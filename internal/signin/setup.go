package signin

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"strings"
	"sync"
)

// SetupCode lets the person who can read the terminal create the first admin. It lives in memory only: used once,
// or dead with the process. Safe for concurrent use.
type SetupCode struct {
	mu   sync.Mutex
	text string // empty once used
}

// NewSetupCode makes a random code of 80 bits, written in four groups.
func NewSetupCode() *SetupCode {
	text := rand.Text()
	return &SetupCode{text: text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:16]}
}

// Text is the code for the terminal, empty once it is used.
func (c *SetupCode) Text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text
}

// Matches compares in constant time; case, blanks and dashes do not matter. A used code matches nothing.
func (c *SetupCode) Matches(typed string) bool {
	want := c.Text()
	a, b := sha256.Sum256([]byte(plainCode(want))), sha256.Sum256([]byte(plainCode(typed)))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1 && want != ""
}

func (c *SetupCode) use() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text = ""
}

func plainCode(text string) string {
	return strings.NewReplacer(" ", "", "-", "").Replace(strings.ToUpper(strings.TrimSpace(text)))
}
