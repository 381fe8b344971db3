package stores

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"rollcall/internal/org"
)

// label names a field of a credentials file.
type label string

const (
	labelToken      label = "ACCESS TOKEN"
	labelClientName label = "CLIENT NAME"
	labelClientID   label = "CLIENT ID"
	labelSecret     label = "CLIENT SECRET"
	labelName       label = "NAME"
	labelPath       label = "API PATH"
)

func (l label) expected() string {
	switch l {
	case labelToken:
		return "ACCESS TOKEN: and the token, 31 lower-case letters and digits"
	case labelClientID:
		return "CLIENT ID: and 30 to 32 lower-case letters and digits"
	case labelSecret:
		return "CLIENT SECRET: and 64 digits and letters a to f"
	case labelPath:
		return "API PATH: and an address like https://api.bigcommerce.com/stores/abc123/v3/"
	}
	return string(l) + ": and the name of the API account"
}

// field is a label with what follows it, to the end of the line or the next label.
type field struct {
	label label
	line  int
	value string
}

func (f field) refuse(problem string) error {
	return refuse("Line %d, %s: %s. Expected: %s.", f.line, f.label, problem, f.label.expected())
}

// labelPattern finds labels with their colon. NAME alone must not be the end of another word.
var labelPattern = regexp.MustCompile(`(?i)(^|[^\pL\pN_])(?:(access[ _-]*token|x-auth-token)|(client[ _-]*name)|(client[ _-]*id)|(client[ _-]*secret)|(api[ _-]*path)|(name))["'` + "`" + `*]*\s*[:=]`)

var patternLabels = []label{labelToken, labelClientName, labelClientID, labelSecret, labelPath, labelName}

// findFields finds every label of a text. Lines are counted as an editor shows them.
func findFields(text []line) (fields []field, lines int) {
	for i, l := range text {
		lines = max(lines, l.number)
		found := fieldsOf(l)
		if n := len(found); n > 0 && found[n-1].value == "" && i+1 < len(text) && text[i+1].number <= l.number+1 && !labelPattern.MatchString(text[i+1].text) {
			found[n-1].value = strings.TrimSpace(text[i+1].text) // the value stands below its label
		}
		fields = append(fields, found...)
	}
	return fields, lines
}

// fieldsOf splits one line at its labels.
func fieldsOf(l line) []field {
	var fields []field
	marks := labelPattern.FindAllStringSubmatchIndex(l.text, -1)
	marks = withoutNames(l.text, marks)
	for i, mark := range marks {
		end := len(l.text)
		if i+1 < len(marks) {
			end = marks[i+1][3]
		}
		fields = append(fields, field{labelOf(mark), l.number, strings.TrimSpace(l.text[mark[1]:end])})
	}
	return fields
}

// withoutNames drops a "name:" that is part of a name: on a line that holds nothing but names, after its first label.
func withoutNames(text string, marks [][]int) [][]int {
	for _, mark := range marks {
		if l := labelOf(mark); l != labelName && l != labelClientName {
			return marks
		}
	}
	if len(marks) > 1 {
		return marks[:1]
	}
	return marks
}

func labelOf(mark []int) label {
	for i, l := range patternLabels {
		if mark[2*(i+2)] >= 0 {
			return l
		}
	}
	return ""
}

const quotes = "\"'`"

// firstWord is the value without what follows it, such as a comment that somebody added.
func (f field) firstWord() string {
	words := strings.Fields(f.value)
	if len(words) == 0 {
		return ""
	}
	return strings.TrimRight(strings.Trim(words[0], quotes), ",;"+quotes)
}

// code reads a token, an ID or a secret; problem says what is wrong with it, without the value.
func (f field) code() (value, problem string) {
	value = f.firstWord()
	shortest := map[label]int{labelToken: 20, labelClientID: 20, labelSecret: 32}[f.label]
	switch {
	case value == "":
		return "", "the value is missing"
	case strings.ContainsAny(value, "<>{}…*•") || strings.HasPrefix(strings.ToLower(value), "xxx"):
		return "", "the value is a placeholder, masked or cut off"
	case strings.Contains(value, "/"):
		return "", "the value is an address or has a slash in it"
	case strings.ContainsFunc(value, func(r rune) bool { return r > unicode.MaxASCII }):
		return "", "the value has a character that no such value has, beyond the plain letters and digits"
	case strings.ContainsFunc(value, notCode):
		return "", "the value has a sign in it that is no letter or digit"
	case len(value) < shortest:
		return "", fmt.Sprintf("the value is too short (%d characters)", len(value))
	case len(value) > 256:
		return "", fmt.Sprintf("the value is too long (%d characters)", len(value))
	case f.torn(value):
		return "", "the value has a space in it"
	}
	return value, ""
}

func notCode(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
}

// torn tells whether the value goes on after a space: with a word that is half letters, half digits.
func (f field) torn(value string) bool {
	rest := strings.Fields(f.value)[1:]
	return len(rest) > 0 && len(rest[0]) >= 4 && !strings.ContainsFunc(rest[0], notCode) &&
		strings.ContainsAny(rest[0], "0123456789") && strings.ContainsFunc(rest[0], unicode.IsLetter)
}

// comments are how people begin what they add behind a value.
var comments = regexp.MustCompile(`\s+(#\s|//|--\s|<-|←|/\*).*$`)

// name is the value as a name: to the end of the line, without a comment.
func (f field) name() string {
	text := strings.TrimSpace(comments.ReplaceAllString(f.value, ""))
	text = strings.Join(strings.Fields(strings.Trim(text, quotes+",;")), " ")
	if runes := []rune(text); len(runes) > 200 {
		text = string(runes[:200])
	}
	return text
}

// pathPattern takes /stores/{hash} or /accounts/{uuid} out of an API path, with or without scheme and host.
var pathPattern = regexp.MustCompile(`(?i)(?:^|/)(stores|accounts)/([^/?#\s]*)`)

// readPath takes the store or the account from the API path.
func (c *Credentials) readPath(path string) (problem string) {
	found := pathPattern.FindStringSubmatch(path)
	switch {
	case path == "":
		return "the value is missing"
	case found == nil:
		return "the address has neither /stores/ nor /accounts/ in it"
	}
	id := strings.ToLower(found[2])
	switch of := strings.ToLower(found[1]); {
	case id == "":
		return "nothing follows /" + of + "/"
	case strings.ContainsAny(id, "{}<>$%"):
		return "a placeholder stands behind /" + of + "/"
	case of == "accounts" && uuidIn(id) != id:
		return "what follows /accounts/ is no account UUID"
	case of == "accounts":
		c.Kind, c.AccountUUID = org.APIAccountWhole, id
	case !hashPattern.MatchString(id):
		return "what follows /stores/ is no store hash, which has letters and digits only"
	default:
		c.Kind, c.StoreHash = org.APIAccountToken, id
	}
	c.Path = path
	return ""
}
