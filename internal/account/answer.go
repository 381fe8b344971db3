package account

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"rollcall/internal/org"
)

// answer is what the API sent, before anybody knows what it means.
type answer struct {
	data   json.RawMessage // nil when there was none, or null
	errors []answerError
}

// answerError is one entry of errors, in whatever shape it came.
type answerError struct {
	message string
	path    []any // strings and float64s; nil when none was given
}

// refusal is what an error says in numbers; zero values were not said.
type refusal struct {
	score, limit int // of complexity
	cap          int // of page sizes
}

// readAnswer judges an answer by its status, then by the presence of data, then by the messages (facts 1.8).
// Data together with errors is no error: what is missing shows in the data.
func readAnswer(status int, body []byte) (answer, refusal, error) {
	a, readable := parseAnswer(body)
	switch {
	case status == http.StatusOK && !readable:
		return a, refusal{}, problem(org.KindBroken, "BigCommerce sent an answer that cannot be read. Asking again may help.", snippet(body))
	case status == http.StatusOK && a.data != nil:
		return a, refusal{}, nil
	}
	said := a.messages()
	if said == "" && !readable {
		said = plainText(body)
	}
	kind := kindOf(status, said)
	return a, numbersIn(kind, said), problem(kind, sentence(kind), fmt.Sprintf("status %d: %s", status, said))
}

// parseAnswer takes the object apart without insisting on any shape but that it is one.
func parseAnswer(body []byte) (a answer, readable bool) {
	body = bytes.TrimSpace(body)
	if len(body) == 0 || !json.Valid(body) {
		return answer{}, false
	}
	fields := members(body)
	if fields == nil {
		var list []json.RawMessage
		if json.Unmarshal(body, &list) == nil && len(list) > 0 {
			return answer{errors: errorsIn(body)}, true // the older REST form: a list of errors
		}
		return answer{}, false
	}
	if data := fields["data"]; len(data) > 0 && data[0] == '{' {
		a.data = data
	}
	for _, name := range []string{"errors", "error", "title", "detail", "message"} {
		a.errors = append(a.errors, errorsIn(fields[name])...)
	}
	return a, a.data != nil || len(a.errors) > 0 || fields["data"] != nil
}

// errorsIn finds messages in a list, an object or a text, as they were recorded (facts 1.8, 2.12).
func errorsIn(raw json.RawMessage) []answerError {
	var found []answerError
	collectErrors(raw, 0, &found)
	return found
}

func collectErrors(raw json.RawMessage, depth int, found *[]answerError) {
	if len(raw) == 0 || depth > 3 || len(*found) >= 100 {
		return
	}
	switch raw[0] {
	case '"':
		var text string
		if json.Unmarshal(raw, &text) == nil && text != "" {
			*found = append(*found, answerError{message: text})
		}
	case '[':
		var list []json.RawMessage
		_ = json.Unmarshal(raw, &list)
		for _, entry := range list {
			collectErrors(entry, depth+1, found)
		}
	case '{':
		var fields map[string]json.RawMessage
		_ = json.Unmarshal(raw, &fields)
		var e answerError
		if json.Unmarshal(fields["message"], &e.message) == nil && e.message != "" {
			_ = json.Unmarshal(fields["path"], &e.path)
			*found = append(*found, e)
			return
		}
		names := make([]string, 0, len(fields))
		for name := range fields {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			collectErrors(fields[name], depth+1, found)
		}
	}
}

func (a answer) messages() string {
	var all []string
	for _, e := range a.errors {
		if text := tidy(e.message); !slices.Contains(all, text) && len(all) < 5 {
			all = append(all, text)
		}
	}
	return strings.Join(all, "; ")
}

// Words by which refusals are told apart; quotes and wording vary, so they are matched loosely (facts 1.8).
var (
	pageWords       = regexp.MustCompile(`(?i)page.?size|per.?page|argument\W+(first|last)\b|\b(first|last)\W+(argument|must|cannot|exceeds)`)
	complexWords    = regexp.MustCompile(`(?i)complex|too (many|large|big|expensive|costly|deep)|max query depth|query cost`)
	permissionWords = regexp.MustCompile(`(?i)permission|scope|not (authori[sz]ed|allowed)|unauthori[sz]ed|forbidden|access denied`)
	scoreNumbers    = regexp.MustCompile(`(\d[\d,]*)\s+out of\s+(\d[\d,]*)`)
	anyNumber       = regexp.MustCompile(`\d[\d,]*`)
	capNumber       = regexp.MustCompile(`(?i)(?:max\w*|exceed\w*|limit\w*|at most|up to|no more than|less than|between \d+ and)\D{0,40}?(\d+)`)
)

// kindOf sorts a refusal.
func kindOf(status int, said string) org.Kind {
	byWords := func(otherwise org.Kind) org.Kind {
		switch {
		case pageWords.MatchString(said):
			return org.KindPageSize
		case complexWords.MatchString(said):
			return org.KindTooComplex
		case permissionWords.MatchString(said):
			return org.KindScope
		}
		return otherwise
	}
	switch {
	case status == http.StatusOK:
		return byWords(org.KindUnavailable) // a failure while the fields were resolved
	case status == http.StatusUnauthorized:
		return org.KindUnauthorized
	case status == http.StatusForbidden:
		return org.KindScope
	case status == http.StatusTooManyRequests:
		return org.KindLimited
	case status == http.StatusRequestEntityTooLarge:
		return org.KindTooComplex
	case status == http.StatusRequestTimeout, status >= 500:
		return org.KindUnavailable
	case status >= 300 && status < 400 || status == http.StatusNotFound:
		return org.KindRejected
	}
	return byWords(org.KindRejected)
}

// numbersIn reads score and limit, or the largest page, from a refusal.
func numbersIn(kind org.Kind, said string) refusal {
	switch kind {
	case org.KindTooComplex:
		if m := scoreNumbers.FindStringSubmatch(said); m != nil {
			return refusal{score: number(m[1]), limit: number(m[2])}
		}
	case org.KindPageSize:
		if m := capNumber.FindStringSubmatch(said); m != nil {
			return refusal{cap: number(m[1])}
		}
		if all := anyNumber.FindAllString(said, -1); len(all) == 1 {
			return refusal{cap: number(all[0])}
		}
	}
	return refusal{}
}

// number is a count in a message; 0 for what no count can be.
func number(text string) int {
	n, err := strconv.Atoi(strings.ReplaceAll(text, ",", ""))
	if err != nil || n > 1_000_000_000 {
		return 0
	}
	return n
}

// sentence says what a refusal means to the person and what to do.
func sentence(kind org.Kind) string {
	switch kind {
	case org.KindUnauthorized:
		return "BigCommerce refused the token. It may be mistyped, belong to another account than the UUID, or its API account was deleted. Create a new account-level API account and enter its token."
	case org.KindScope:
		return "BigCommerce does not allow this token to read that. It lacks a scope, or it belongs to another account than the UUID."
	case org.KindTooComplex:
		return "BigCommerce refused a request as too large. Rollcall asks for less at a time from now on."
	case org.KindPageSize:
		return "BigCommerce refused a page size. Rollcall asks for smaller pages from now on."
	case org.KindUnavailable:
		return "BigCommerce could not answer just now. Asking again later may help."
	case org.KindLimited:
		return "The hourly quota of the account is used up."
	}
	return "BigCommerce refused the request. Asking again unchanged would not help."
}

func problem(kind org.Kind, text, cause string) error {
	return org.Problem(kind, text, fmt.Errorf("account API: %s", cause))
}

var markup = regexp.MustCompile(`(?s)<(script|style).*?</(script|style)>|<[^>]*>`)

// plainText is a body that is no JSON, cut short and without markup.
func plainText(body []byte) string {
	return tidy(markup.ReplaceAllString(string(body[:min(len(body), 4096)]), " "))
}

// snippet is the beginning of a body for the log.
func snippet(body []byte) string {
	if len(body) == 0 {
		return "empty body"
	}
	return fmt.Sprintf("%d bytes that begin %q", len(body), tidy(string(body[:min(len(body), 80)])))
}

// tidy makes foreign text fit for one line of a log or page.
func tidy(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "\uFFFD")), " ")
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return -1
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > 300 {
		return string(runes[:300]) + "…"
	}
	return text
}
