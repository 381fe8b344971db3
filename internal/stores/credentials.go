package stores

import (
	"fmt"
	"log/slog"
	"strings"

	"rollcall/internal/org"
)

// Credentials are what one credentials file of the control panel holds (facts 3.5). Token and Secret show in no text.
type Credentials struct {
	Name        string
	Kind        org.APIAccountKind // token or account, by the API path; Stencil and app tokens look alike
	StoreHash   string             // empty at the account level
	AccountUUID string             // empty for a store
	ClientID    string
	Token       string
	Secret      string
	Path        string // the API path as written
}

// String is the credentials without what is secret.
func (c Credentials) String() string {
	return fmt.Sprintf("credentials of kind %s for %s%s", c.Kind, c.StoreHash, c.AccountUUID)
}

// GoString is the same for %#v.
func (c Credentials) GoString() string { return c.String() }

// LogValue is the same for logs.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON is the same for JSON.
func (c Credentials) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// ParseCredentials reads one credentials file in any known layout: labels in any order and case, any line ends or none,
// with a byte order mark or in UTF-16, comments after values. Errors are org.Invalid, name line and label, say what was
// expected, and never repeat anything of the file.
func ParseCredentials(data []byte) (Credentials, error) {
	all, err := ParseCredentialFiles(data)
	switch {
	case err != nil:
		return Credentials{}, err
	case len(all) > 1:
		return Credentials{}, refuse("The text holds the credentials of %d API accounts; this place takes one.", len(all))
	}
	return all[0], nil
}

// ParseCredentialFiles reads the text of one or more credentials files pasted one after the other. A label that comes
// again begins the next one. There is at least one result when the error is nil.
func ParseCredentialFiles(data []byte) ([]Credentials, error) {
	if len(data) > credentialsCap {
		return nil, refuse("The text is longer than %d KiB. A credentials file has five or six lines.", credentialsCap>>10)
	}
	text, err := plainText(data)
	if err != nil {
		return nil, err
	}
	fields, lines := findFields(text)
	if len(fields) == 0 {
		return nil, refuse("None of %d lines holds a label such as ACCESS TOKEN or API PATH, followed by a colon. Use the .txt file that the control panel offered when the API account was made.", lines)
	}
	var all []Credentials
	for _, group := range groups(fields) {
		one, err := group.credentials()
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

const credentialsCap = 256 << 10

func refuse(format string, args ...any) error {
	return org.Invalid("credentials", fmt.Sprintf(format, args...))
}

// group are the fields of one file by label.
type group struct {
	fields map[label]field
	first  int // line
	last   int
	next   *field // that began the next one
}

// groups splits fields where a label comes again with another value.
func groups(fields []field) []group {
	var all []group
	for _, f := range fields {
		n := len(all) - 1
		if n < 0 || all[n].again(f) {
			if n >= 0 {
				all[n].next = &f
			}
			all = append(all, group{fields: map[label]field{}, first: f.line})
			n++
		}
		if _, known := all[n].fields[f.label]; !known {
			all[n].fields[f.label] = f
		}
		all[n].last = f.line
	}
	return all
}

// again tells whether a field begins another file. A name may differ from the client name, so it does so only after
// everything needed was there.
func (g group) again(f field) bool {
	old, known := g.fields[f.label]
	if !known || old.value == f.value {
		return false
	}
	return f.label != labelName && f.label != labelClientName || g.complete()
}

func (g group) complete() bool {
	_, token := g.fields[labelToken]
	_, path := g.fields[labelPath]
	return token && path
}

func (g group) credentials() (Credentials, error) {
	if err := g.missing(); err != nil {
		return Credentials{}, err
	}
	var c Credentials
	for _, of := range []struct {
		label label
		into  *string
	}{{labelToken, &c.Token}, {labelClientID, &c.ClientID}, {labelSecret, &c.Secret}} {
		f, given := g.fields[of.label]
		if !given {
			continue
		}
		value, problem := f.code()
		if problem != "" {
			return Credentials{}, f.refuse(problem)
		}
		*of.into = value
	}
	if same := g.swapped(c); same != nil {
		return Credentials{}, same
	}
	if problem := c.readPath(g.fields[labelPath].firstWord()); problem != "" {
		return Credentials{}, g.fields[labelPath].refuse(problem)
	}
	if strings.Contains(c.Path, c.Token) || c.Secret != "" && strings.Contains(c.Path, c.Secret) {
		return Credentials{}, g.fields[labelPath].refuse("the address holds the token or the secret")
	}
	err := g.name(&c)
	return c, err
}

func (g group) missing() error {
	for _, must := range []label{labelToken, labelPath} {
		if _, given := g.fields[must]; given {
			continue
		}
		lines := fmt.Sprintf("Lines %d to %d", g.first, g.last)
		if g.first == g.last {
			lines = fmt.Sprintf("Line %d", g.first)
		}
		if g.next != nil {
			lines += fmt.Sprintf(", before %s comes again on line %d with another value", g.next.label, g.next.line)
		}
		return refuse("%s: the label %s is missing. Expected: %s.", lines, must, must.expected())
	}
	return nil
}

// swapped refuses a value that stands under two labels.
func (g group) swapped(c Credentials) error {
	switch {
	case c.ClientID != "" && c.ClientID == c.Token:
		return g.fields[labelClientID].refuse("the value is the same as that of ACCESS TOKEN")
	case c.Secret != "" && (c.Secret == c.Token || c.Secret == c.ClientID):
		return g.fields[labelSecret].refuse("the value is the same as that of another label")
	}
	return nil
}

func (g group) name(c *Credentials) error {
	f, given := g.fields[labelName]
	if !given || f.name() == "" {
		f, given = g.fields[labelClientName]
	}
	if !given {
		return nil
	}
	c.Name = f.name()
	if c.Name != "" && (strings.Contains(c.Name, c.Token) || c.Secret != "" && strings.Contains(c.Name, c.Secret)) {
		*c = Credentials{}
		return f.refuse("the name holds the token or the secret")
	}
	return nil
}
