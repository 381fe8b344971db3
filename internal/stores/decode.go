package stores

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"rollcall/internal/org"
)

// object is a JSON object of which single fields may be odd without spoiling the rest.
type object map[string]json.RawMessage

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// asObject reads an object; ok is false for anything else.
func asObject(raw []byte) (object, bool) {
	var o object
	err := json.Unmarshal(raw, &o)
	return o, err == nil && o != nil
}

// text is a string, or a number as its digits; empty when the field is absent, null or something else.
func (o object) text(key string) string {
	raw := bytes.TrimSpace(o[key])
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var number json.Number
	if json.Unmarshal(raw, &number) == nil {
		return number.String()
	}
	return ""
}

// number is a whole number, given as such, as text or as a float without fraction.
func (o object) number(key string) (int64, bool) {
	text := strings.TrimSpace(o.text(key))
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(f), true
}

// count is a number of things that are there, -1 when it is not told or absurd.
func (o object) count(key string) int {
	n, ok := o.number(key)
	if !ok || n < 0 || n > math.MaxInt32 {
		return -1
	}
	return int(n)
}

func (o object) truth(key string) org.Tri {
	switch strings.ToLower(strings.TrimSpace(strings.Trim(string(o[key]), `"`))) {
	case "true", "1":
		return org.Yes
	case "false", "0":
		return org.No
	}
	return org.Unknown
}

// moment reads Unix seconds or milliseconds, RFC 3339 or RFC 1123. Null and 0 are never; what cannot be read was not.
func (o object) moment(key string) org.Moment {
	raw, given := o[key]
	if !given {
		return org.Moment{}
	}
	if string(bytes.TrimSpace(raw)) == "null" {
		return org.Never()
	}
	if n, ok := o.number(key); ok {
		return momentOf(n)
	}
	for _, layout := range []string{time.RFC3339, time.RFC1123Z, time.RFC1123} {
		if at, err := time.Parse(layout, o.text(key)); err == nil {
			return org.At(at)
		}
	}
	return org.Moment{}
}

// latest is a second in the year 9999: what is larger was given in milliseconds.
const latest = 253_402_300_799

func momentOf(n int64) org.Moment {
	switch {
	case n == 0:
		return org.Never()
	case n < 0 || n > latest*1000:
		return org.Moment{}
	case n > latest:
		return org.At(time.UnixMilli(n))
	}
	return org.At(time.Unix(n, 0))
}

// list gives the items of an array field, nil for anything else.
func (o object) list(key string) []json.RawMessage {
	var items []json.RawMessage
	if json.Unmarshal(o[key], &items) != nil {
		return nil
	}
	return items
}

func (o object) object(key string) object {
	inner, _ := asObject(o[key])
	return inner
}
