package stores

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"unicode"

	"rollcall/internal/throttle"
)

// judge tells what an answer is, nil for data. It goes by the body, never by the path (facts 2.12).
func judge(status int, header http.Header, body []byte) *refusal {
	body = bytes.TrimSpace(body)
	switch {
	case status == http.StatusNoContent:
		return nil
	case status >= 200 && status < 300:
		return judgeData(status, header, body)
	case throttle.Refused(status, header):
		return &refusal{cause: causeBusy, status: status}
	}
	r := &refusal{status: status, said: saidBy(body)}
	r.cause = causeOf(status, body, r.said)
	if isHTML(header, body) {
		r.said = ""
		if status >= 400 && status < 500 {
			r.cause = causeHTML // the API refuses with text or JSON; a firewall does so with a page
		}
	}
	return r
}

func causeOf(status int, body []byte, said string) cause {
	text := strings.ToLower(said)
	switch {
	case status == http.StatusServiceUnavailable:
		return causeDown
	case status >= 500:
		return causeServer
	case status == http.StatusUnauthorized && strings.Contains(text, "header is required"):
		return causeNoToken
	case status == http.StatusUnauthorized && strings.Contains(text, "correct format"):
		return causeMalformed
	case status == http.StatusUnauthorized:
		return causeRefused
	case status == http.StatusForbidden && strings.Contains(text, "scope"):
		return causeScope
	case status == http.StatusForbidden:
		return causeForbidden
	case status == http.StatusNotFound && !json.Valid(body):
		return causeRoute
	case status == http.StatusNotFound:
		return causeNotFound
	case status >= 400:
		return causeRejected
	case status >= 300 && status != http.StatusNotModified:
		return causeRedirect
	}
	return causeUnknown
}

// judgeData tells whether a success is one: HTML, nothing and cut JSON come with 200 too (facts 2.14).
func judgeData(status int, header http.Header, body []byte) *refusal {
	switch {
	case len(body) == 0:
		return &refusal{cause: causeEmpty, status: status}
	case isHTML(header, body):
		return &refusal{cause: causeHTML, status: status}
	case json.Valid(body):
		return nil
	case body[0] == '{' || body[0] == '[':
		return &refusal{cause: causeCut, status: status}
	}
	return &refusal{cause: causeText, status: status}
}

func isHTML(header http.Header, body []byte) bool {
	return len(body) > 0 && body[0] == '<' || strings.HasPrefix(header.Get("Content-Type"), "text/html") && !json.Valid(body)
}

// saidBy finds the sentence in an error body of any shape (facts 2.12): an array of objects, an object with title,
// detail, errors, error or message, or plain text.
func saidBy(body []byte) string {
	var list []map[string]json.RawMessage
	var one map[string]json.RawMessage
	switch {
	case json.Unmarshal(body, &one) == nil:
		list = append(list, one)
	case json.Unmarshal(body, &list) == nil:
	case json.Valid(body), len(body) > 0 && body[0] == '<':
		return ""
	default:
		return tidy(string(body))
	}
	var parts []string
	for _, object := range list {
		for _, key := range []string{"title", "message", "detail", "error", "errors"} {
			if text := sentence(object[key]); text != "" && !strings.Contains(strings.Join(parts, " "), text) {
				parts = append(parts, text)
			}
		}
	}
	return tidy(strings.Join(parts, "; "))
}

// sentence reads a text, a list of texts or objects, or an object of texts.
func sentence(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return strings.TrimSpace(text)
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil {
		var parts []string
		for _, item := range list[:min(len(list), 5)] {
			if text := sentence(item); text != "" {
				parts = append(parts, text)
			}
		}
		return strings.Join(parts, ", ")
	}
	return sentenceOfObject(raw)
}

func sentenceOfObject(raw json.RawMessage) string {
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil {
		return ""
	}
	var parts []string
	for _, name := range sortedKeys(object) {
		var text string
		if json.Unmarshal(object[name], &text) == nil && text != "" && len(parts) < 5 {
			if name != "message" {
				text = name + ": " + text
			}
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, ", ")
}

// secretLike is anything that may be a token, a secret or a credential that an answer echoes.
var secretLike = regexp.MustCompile(`[A-Za-z0-9_\-.=+]{24,}`)

// tidy makes one short, harmless line of a foreign text.
func tidy(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = secretLike.ReplaceAllString(strings.Join(strings.Fields(text), " "), hidden)
	if runes := []rune(text); len(runes) > 200 {
		text = string(runes[:200]) + "…"
	}
	return text
}
