package account

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// odd draws JSON values of any kind, with the names that answers have.
func odd(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		kinds := 8
		if depth <= 0 {
			kinds = 5
		}
		space := rapid.SampledFrom([]string{"", " ", "\n\t"}).Draw(t, "space")
		switch rapid.IntRange(0, kinds).Draw(t, "kind") {
		case 0:
			return space + "null" + space
		case 1:
			return rapid.SampledFrom([]string{"true", "false", "12", "-0.5e3"}).Draw(t, "word")
		case 2, 3, 4, 5:
			return space + rapid.SampledFrom([]string{`""`, `"a\\"`, `"\"x\\\""`, `"}]{["`, `"\u00e9\n"`, `"2026-01-02T03:04:05Z"`, "\"\xff\""}).Draw(t, "text")
		case 6:
			return "[" + space + strings.Join(rapid.SliceOfN(odd(depth-1), 0, 3).Draw(t, "list"), space+",") + "]"
		}
		names := []string{"edges", "node", "id", "users", "pageInfo", "hasNextPage", "endCursor", "collectionInfo", "totalItems", "permissions", "lastLoginAt", "cursor", "odd", `\u0069d`}
		var members []string
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 6, func(s string) string { return s }).Draw(t, "names") {
			members = append(members, `"`+name+`"`+space+":"+odd(depth-1).Draw(t, name))
		}
		return space + "{" + strings.Join(members, ",") + space + "}"
	})
}

// likely draws the answer for a group of stores, in which some values are odd.
func likely() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		or := func(usual string) string {
			if rapid.IntRange(0, 9).Draw(t, "odd") == 0 {
				return odd(2).Draw(t, "value")
			}
			return usual
		}
		user := func() string {
			return or(`{"cursor":` + or(`"c"`) + `,"node":` + or(`{"id": `+or(`"7"`)+`,"permissions":`+or(`["a","b\"]"]`)+`,"lastLoginAt":`+or("null")+`}`) + `}`)
		}
		users := `{"pageInfo":` + or(`{"hasNextPage":true,"endCursor":"e"}`) + `,"collectionInfo":` + or(`{"totalItems":3}`) + `,"edges":` + or("["+user()+", "+user()+"]") + `}`
		return or(`{"edges":` + or(`[{"node":`+or(`{"id":"s","users":`+or(users)+`}`)+`},`+or("null")+`]`) + `}`)
	})
}

// TestDecodingIsThatOfTheStandardLibrary compares every value and whether it is an error.
func TestDecodingIsThatOfTheStandardLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		document := rapid.OneOf(likely(), odd(4)).Draw(t, "document")
		if strings.Contains(document, `\u0069d`) {
			return // nobody writes names that way
		}
		for _, pair := range [][2]any{{new(UserGroup), new(UserGroup)}, {new(HolderPage), new(HolderPage)}, {new(StorePage), new(StorePage)}, {new(Info), new(Info)}} {
			got, want := decode([]byte(document), pair[0]), json.Unmarshal([]byte(document), pair[1])
			if (got == nil) != (want == nil) || want == nil && !reflect.DeepEqual(pair[0], pair[1]) {
				t.Fatalf("%s as %T:\n%+v, %v\n%+v, %v", document, pair[0], pair[0], got, pair[1], want)
			}
		}
	})
}

func TestMembersAreThoseOfTheStandardLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		document := odd(4).Draw(t, "document")
		var want map[string]json.RawMessage
		if json.Unmarshal([]byte(document), &want) != nil {
			want = nil
		}
		got := members([]byte(document))
		if len(got) != len(want) || (got == nil) != (want == nil) {
			t.Fatalf("%s: %q, want %q", document, got, want)
		}
		for name := range want {
			if string(got[name]) != string(want[name]) {
				t.Fatalf("%s: %q is %q, want %q", document, name, got[name], want[name])
			}
		}
	})
}

// FuzzScan feeds whatever is JSON: taking it apart ends, and within it.
func FuzzScan(f *testing.F) {
	for _, document := range []string{`{"a":[1,{"b":"\\"}],"c":null}`, `[[],{}]`, `"\""`, ` 1 `, `{"edges":[{"node":7}]}`} {
		f.Add([]byte(document))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !json.Valid(data) {
			return
		}
		for _, raw := range members(data) {
			if !json.Valid(raw) {
				t.Errorf("%q has the member %q", data, raw)
			}
		}
		var group UserGroup
		_ = decode(data, &group)
	})
}
