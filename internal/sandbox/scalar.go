package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// id is the ID scalar. It is plain text for the encoder's sake; numeric IDs go out as marked text (see expand).
type id string

// ImplementsGraphQLType is asked by the engine.
func (id) ImplementsGraphQLType(name string) bool { return name == "ID" }

// UnmarshalGraphQL takes text and numbers, as GraphQL demands of IDs.
func (v *id) UnmarshalGraphQL(input any) error {
	switch input := input.(type) {
	case string:
		*v = id(input)
	case int32:
		*v = id(itoa(int64(input)))
	case int64:
		*v = id(itoa(input))
	case float64:
		*v = id(strconv.FormatFloat(input, 'f', -1, 64))
	case json.Number:
		*v = id(input.String())
	default:
		return fmt.Errorf("wrong type for ID: %T", input)
	}
	return nil
}

// long is the 64-bit Long scalar.
type long struct {
	value int64
	text  bool
}

// ImplementsGraphQLType is asked by the engine.
func (long) ImplementsGraphQLType(name string) bool { return name == "Long" }

// UnmarshalGraphQL is never needed: no input holds a Long.
func (*long) UnmarshalGraphQL(any) error { return fmt.Errorf("unexpected Long") }

// MarshalJSON gives a number, or text where the server is odd.
func (l long) MarshalJSON() ([]byte, error) {
	if l.text {
		return []byte(`"` + itoa(l.value) + `"`), nil
	}
	return []byte(itoa(l.value)), nil
}

// dateTime is the DateTime scalar in the form in which it goes out.
type dateTime string

// ImplementsGraphQLType is asked by the engine.
func (dateTime) ImplementsGraphQLType(name string) bool { return name == "DateTime" }

// UnmarshalGraphQL takes the time of a filter as it stands.
func (d *dateTime) UnmarshalGraphQL(input any) error {
	text, ok := input.(string)
	if !ok {
		return fmt.Errorf("wrong type for DateTime: %T", input)
	}
	*d = dateTime(text)
	return nil
}

// formatTime gives unix seconds in one of the forms of Answers.Times.
func formatTime(form string, seconds int64) dateTime {
	at := time.Unix(seconds, 0).UTC()
	switch form {
	case "millis":
		return dateTime(at.Format("2006-01-02T15:04:05.000Z"))
	case "offset":
		return dateTime(at.In(time.FixedZone("", 2*60*60)).Format("2006-01-02T15:04:05-07:00"))
	case "garbage":
		return dateTime(at.Format("02/01/06 at 3pm"))
	}
	return dateTime(at.Format("2006-01-02T15:04:05Z"))
}

// bigDecimal is the BigDecimal scalar.
type bigDecimal string

// ImplementsGraphQLType is asked by the engine.
func (bigDecimal) ImplementsGraphQLType(name string) bool { return name == "BigDecimal" }

// UnmarshalGraphQL takes text and numbers.
func (b *bigDecimal) UnmarshalGraphQL(input any) error {
	*b = bigDecimal(fmt.Sprint(input))
	return nil
}

// MarshalJSON gives a number.
func (b bigDecimal) MarshalJSON() ([]byte, error) { return []byte(b), nil }

// mark surrounds text that expand replaces after the engine has answered: "p" and a number is a permission list,
// anything else is JSON to be put in without quotes. The engine spends its time on each single scalar, and the lists
// of rights hold by far most of them. No name holds this character.
const mark = '\x7f'

func markedPermissions(set *permissionSet) []string {
	return []string{string(mark) + "p" + strconv.Itoa(set.index) + string(mark)}
}

func markedNumber(text string) string { return string(mark) + text + string(mark) }

// expand appends data with permission lists and bare numbers in the place of their marks.
func expand(out, data []byte, sets []*permissionSet) []byte {
	out = slices.Grow(out, expandedSize(data, sets))
	for {
		at := bytes.IndexByte(data, mark)
		if at < 0 {
			return append(out, data...)
		}
		word, length := markedWord(data[at:])
		if word[0] == 'p' { // ["␡p17␡"] becomes the list
			out = append(append(out, data[:at-2]...), setOf(word, sets).json...)
			data = data[at+length+2:]
		} else { // "␡123␡" becomes 123
			out = append(append(out, data[:at-1]...), word...)
			data = data[at+length+1:]
		}
	}
}

// expandedSize is at least as much as expand will append.
func expandedSize(data []byte, sets []*permissionSet) int {
	size := len(data)
	for at := bytes.IndexByte(data, mark); at >= 0; at = bytes.IndexByte(data, mark) {
		word, length := markedWord(data[at:])
		if word[0] == 'p' {
			size += len(setOf(word, sets).json)
		}
		data = data[at+length:]
	}
	return size
}

// markedWord gives what stands between the mark that data begins with and the next one, and the length of all three.
func markedWord(data []byte) (word []byte, length int) {
	end := 1 + bytes.IndexByte(data[1:], mark)
	return data[1:end], end + 1
}

func setOf(word []byte, sets []*permissionSet) *permissionSet {
	index, _ := strconv.Atoi(string(word[1:]))
	return sets[index]
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
