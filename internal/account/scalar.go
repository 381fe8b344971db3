package account

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"rollcall/internal/org"
)

// The scalars below decode whatever comes: an odd value spoils its field, never the answer (design law 6).

var null = []byte("null")

// text takes a JSON string, and a number or boolean as it is written: ids may be numbers, enums may hold new words.
// Everything else is empty text.
type text string

func (t *text) UnmarshalJSON(data []byte) error {
	*t = ""
	if len(data) == 0 || bytes.Equal(data, null) {
		return nil
	}
	switch data[0] {
	case '"':
		*t = text(unquote(data))
	case '{', '[':
	default:
		*t = text(data)
	}
	return nil
}

// unquote is the text of a JSON string, empty for anything else. Most strings hold nothing to unescape.
func unquote(data []byte) string {
	if len(data) < 2 || data[0] != '"' {
		return ""
	}
	if inner := data[1 : len(data)-1]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner)
	}
	var s string
	_ = json.Unmarshal(data, &s)
	return s
}

// texts is a list of words, as a set of permissions. Read is false when there was no list or an entry of it was no word.
type texts struct {
	Read bool
	Set  org.PermissionSet
}

// listsKept and listKept bound how many decoded lists are remembered, and the bytes of each. An account has few
// different ones and thousands of copies.
const (
	listsKept = 1024
	listKept  = 16 << 10
)

// lists remembers decoded lists by their text.
var lists = struct {
	sync.RWMutex
	known map[string]texts
}{known: map[string]texts{}}

func (t *texts) UnmarshalJSON(data []byte) error {
	lists.RLock()
	known, found := lists.known[string(data)]
	lists.RUnlock()
	if found {
		*t = known
		return nil
	}
	if *t = decodeTexts(data); len(data) > listKept {
		return nil
	}
	lists.Lock()
	defer lists.Unlock()
	if len(lists.known) >= listsKept {
		clear(lists.known)
	}
	lists.known[string(data)] = *t
	return nil
}

func decodeTexts(data []byte) texts {
	var entries []json.RawMessage
	if json.Unmarshal(data, &entries) != nil || entries == nil {
		return texts{}
	}
	read, words := true, []string{}
	for _, entry := range entries {
		var word string
		if bytes.Equal(entry, null) || json.Unmarshal(entry, &word) != nil {
			read = false
			continue
		}
		words = append(words, word)
	}
	return texts{Read: read, Set: org.NewPermissionSet(words)}
}

// flag is yes or no, also as text or number. Read is false for everything else: a list that does not say whether it
// goes on must not be taken for one that ends.
type flag struct{ Read, Yes bool }

func (f *flag) UnmarshalJSON(data []byte) error {
	switch strings.ToLower(strings.Trim(string(data), `"`)) {
	case "true", "1":
		*f = flag{Read: true, Yes: true}
	case "false", "0":
		*f = flag{Read: true}
	default:
		*f = flag{}
	}
	return nil
}

// long is a 64-bit number, given as a JSON number or as text. Read is false when there was none.
type long struct {
	Read bool
	N    int64
}

func (l *long) UnmarshalJSON(data []byte) error {
	n, err := strconv.ParseInt(strings.Trim(string(data), `" `), 10, 64)
	*l = long{Read: err == nil, N: n}
	if err != nil {
		l.N = 0
	}
	return nil
}

// moment is a time. Null is "never", which differs from a value that cannot be read.
type moment org.Moment

var timeForms = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05.999999999Z0700",
	"2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05",
}

func (m *moment) UnmarshalJSON(data []byte) error {
	if bytes.Equal(data, null) {
		*m = moment(org.Never())
		return nil
	}
	*m = moment{}
	word := unquote(data)
	for _, form := range timeForms {
		at, err := time.Parse(form, strings.TrimSpace(word))
		if err == nil && at.Year() > 1 && at.Year() < 10000 {
			*m = moment(org.At(at))
			return nil
		}
	}
	return nil
}
