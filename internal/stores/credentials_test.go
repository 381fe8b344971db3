package stores

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"unicode/utf16"

	"rollcall/internal/org"
)

const (
	someToken  = "q7w2e9r4t1y6u3i8o5p0a2s7d4f9g1h"
	someClient = "z3x8c1v6b9n4m2l7k5j0h8g3f6d1s4a"
	someSecret = "0f3a9c1b7d5e2f8a4b6c0d9e1f3a5b7c9d2e4f6a8b0c1d3e5f7a9b2c4d6e8f0a"
	somePath   = "https://api.bigcommerce.com/stores/abc123xyz/v3/"
	someUUID   = "6b1f3c52-9d0e-4c7a-8a43-1f0c5e2d7b90"
)

var someFile = Credentials{
	Name: "Warehouse link", Kind: org.APIAccountToken, StoreHash: "abc123xyz", ClientID: someClient, Token: someToken, Secret: someSecret, Path: somePath,
}

// filled puts the values of the sample into a layout: T, I, S, P and N stand for them.
func filled(layout string) string {
	return strings.NewReplacer("%T", someToken, "%I", someClient, "%S", someSecret, "%P", somePath, "%N", someFile.Name, "%U", someUUID).Replace(layout)
}

func utf16File(text string, order binary.AppendByteOrder, mark bool) string {
	var out []byte
	if mark {
		out = order.AppendUint16(out, 0xFEFF)
	}
	for _, unit := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, unit)
	}
	return string(out)
}

const (
	layoutA = "ACCESS TOKEN: %T\nCLIENT NAME: %N\nAPI PATH: %P\nCLIENT ID: %I\nCLIENT SECRET: %S\n"
	layoutB = "ACCESS TOKEN: %T\nCLIENT ID: %I\nCLIENT SECRET: %S\nNAME: %N\nAPI PATH: %P\n"
	layoutC = "ACCESS TOKEN: %T\nCLIENT NAME: %N\nCLIENT ID: %I\nCLIENT SECRET: %S\nNAME: %N\nAPI PATH: %P\n"
)

func goodFiles() map[string]string {
	files := map[string]string{
		"layout A": layoutA, "layout B": layoutB, "layout C": layoutC,
		"other order":            "API PATH: %P\nNAME: %N\nCLIENT SECRET: %S\nACCESS TOKEN: %T\nCLIENT ID: %I",
		"lower case":             "access token: %T\nclient name: %N\napi path: %P\nclient id: %I\nclient secret: %S",
		"underscores":            "access_token=%T\nclient_name=%N\napi_path=%P\nclient_id=%I\nclient_secret=%S",
		"CRLF":                   strings.ReplaceAll(layoutA, "\n", "\r\n"),
		"lone CR":                strings.ReplaceAll(layoutC, "\n", "\r"),
		"byte order mark":        "\uFEFF" + layoutB,
		"NUL as break":           strings.ReplaceAll(layoutA, "\n", "\x00\x00"),
		"other breaks":           strings.ReplaceAll(layoutC, "\n", "\x01\x7f\u2028"),
		"one line":               strings.ReplaceAll(layoutC, "\n", " "),
		"one line without gaps":  "ACCESS TOKEN:%T CLIENT NAME:%N CLIENT ID:%I CLIENT SECRET:%S API PATH:%P",
		"one line, same names":   "ACCESS TOKEN: %T CLIENT NAME: %N NAME: %N CLIENT ID: %I CLIENT SECRET: %S API PATH: %P",
		"many blanks":            strings.ReplaceAll(strings.ReplaceAll(layoutA, ": ", "  :  \t "), "\n", "   \n\n\n"),
		"no-break spaces":        strings.ReplaceAll(layoutA, ": ", ":\u00a0"),
		"zero width signs":       strings.ReplaceAll(layoutA, ": ", ": \u200b"),
		"comments":               "ACCESS TOKEN: %T   # keep this one\nCLIENT NAME: %N // ours\nAPI PATH: %P (v3)\nCLIENT ID: %I <- public\nCLIENT SECRET: %S -- secret!\n",
		"words before":           "Your credentials of 3 May:\n\n" + layoutA + "\nStore them well.",
		"quotes":                 "ACCESS TOKEN: \"%T\",\nNAME: '%N',\nAPI PATH: \"%P\",\nCLIENT ID: `%I`,\nCLIENT SECRET: \"%S\"",
		"markdown":               "- **ACCESS TOKEN**: %T\n- **NAME**: %N\n- **API PATH**: %P\n- **CLIENT ID**: %I\n- **CLIENT SECRET**: %S",
		"value on the next line": "ACCESS TOKEN:\n%T\nNAME:\n%N\nAPI PATH:\n%P\nCLIENT ID:\n%I\nCLIENT SECRET:\n%S\n",
		"same label twice":       layoutA + "ACCESS TOKEN: %T\n",
		"two names":              "ACCESS TOKEN: %T\nCLIENT NAME: Other\nNAME: %N\nAPI PATH: %P\nCLIENT ID: %I\nCLIENT SECRET: %S",
	}
	for name, text := range files {
		files[name] = filled(text)
	}
	files["UTF-16, little end first"] = utf16File(filled(layoutA), binary.LittleEndian, true)
	files["UTF-16, big end first"] = utf16File(filled(layoutB), binary.BigEndian, true)
	files["UTF-16 without mark"] = utf16File(filled(layoutC), binary.LittleEndian, false)
	return files
}

func TestCredentialFilesOfEveryLayout(t *testing.T) {
	for name, text := range goodFiles() {
		t.Run(name, func(t *testing.T) {
			got, err := ParseCredentials([]byte(text))
			if err != nil || got != someFile {
				t.Errorf("%v, token %v, secret %v, client %v, name %q, store %q, path %q", err, got.Token == someToken, got.Secret == someSecret,
					got.ClientID == someClient, got.Name, got.StoreHash, got.Path)
			}
		})
	}
}

func TestAPIPathsOfEveryForm(t *testing.T) {
	for path, want := range map[string]Credentials{
		"https://api.bigcommerce.com/stores/abc123xyz/v2/":                  {Kind: org.APIAccountToken, StoreHash: "abc123xyz"},
		"api.bigcommerce.com/stores/abc123xyz/v3":                           {Kind: org.APIAccountToken, StoreHash: "abc123xyz"},
		"/stores/ABC123xyz":                                                 {Kind: org.APIAccountToken, StoreHash: "abc123xyz"},
		"stores/abc123xyz/v3/":                                              {Kind: org.APIAccountToken, StoreHash: "abc123xyz"},
		"HTTPS://API.BIGCOMMERCE.COM/STORES/abc123xyz/V3/?a=b#c":            {Kind: org.APIAccountToken, StoreHash: "abc123xyz"},
		"https://api.bigcommerce.com/accounts/" + someUUID + "/graphql":     {Kind: org.APIAccountWhole, AccountUUID: someUUID},
		"https://api.bigcommerce.com/accounts/" + strings.ToUpper(someUUID): {Kind: org.APIAccountWhole, AccountUUID: someUUID},
		"api.bigcommerce.com/accounts/" + someUUID + "/":                    {Kind: org.APIAccountWhole, AccountUUID: someUUID},
	} {
		got, err := ParseCredentials([]byte("ACCESS TOKEN: " + someToken + "\nAPI PATH: " + path))
		if err != nil || got.Kind != want.Kind || got.StoreHash != want.StoreHash || got.AccountUUID != want.AccountUUID || got.Path != path {
			t.Errorf("%s: %v %s %s %s", path, err, got.Kind, got.StoreHash, got.AccountUUID)
		}
	}
}

func TestNamesOfAnOlderWindows(t *testing.T) {
	got, err := ParseCredentials([]byte(filled("ACCESS TOKEN: %T\nNAME: Caf\xe9 d\xfcrer\nAPI PATH: %P")))
	if err != nil || got.Name != "Café dürer" {
		t.Errorf("%q %v", got.Name, err)
	}
}

func TestNamesAreKeptWhole(t *testing.T) {
	for written, want := range map[string]string{
		"Shop #2":                     "Shop #2",
		"Price update: new name: two": "Price update: new name: two",
		"Ünïcode & more, Ltd.":        "Ünïcode & more, Ltd.",
		"  many   blanks ":            "many blanks",
		"rename: later":               "rename: later",
	} {
		got, err := ParseCredentials([]byte(filled("ACCESS TOKEN: %T\nNAME: " + written + "\nAPI PATH: %P\nCLIENT ID: %I")))
		if err != nil || got.Name != want {
			t.Errorf("%q: %q %v", written, got.Name, err)
		}
	}
}

// badFiles are malformed in different ways; each error must name these words.
var badFiles = []struct{ name, text, want string }{
	{"empty", "", "empty"},
	{"blank", " \r\n\t\x00", "empty"},
	{"only a mark", "\uFEFF", "empty"},
	{"no labels", "%T\n%I\n%S\n", "None of 3 lines"},
	{"HTML", "<html><body>Sign in</body></html>", "label"},
	{"labels without colon", "ACCESS TOKEN %T\nAPI PATH %P", "colon"},
	{"JSON with other names", `{"token":"%T"}`, "label"},
	{"no token", "NAME: %N\nAPI PATH: %P\n", "ACCESS TOKEN is missing"},
	{"no path", "ACCESS TOKEN: %T\nNAME: %N", "API PATH is missing"},
	{"token empty", "NAME: %N\nACCESS TOKEN:\nAPI PATH: %P", "Line 2, ACCESS TOKEN: the value is missing"},
	{"token empty, comment", "NAME: %N\nACCESS TOKEN: # later\nAPI PATH: %P", "Line 2, ACCESS TOKEN"},
	{"token short", "ACCESS TOKEN: abc123\nAPI PATH: %P", "Line 1, ACCESS TOKEN: the value is too short (6 characters)"},
	{"token long", "ACCESS TOKEN: %T%T%T%T%T%T%T%T%T\nAPI PATH: %P", "Line 1, ACCESS TOKEN: the value is too long"},
	{"token torn", "ACCESS TOKEN: q7w2e9r4t1y6u3i8o5p0a2 s7d4f9g1h\nAPI PATH: %P", "Line 1, ACCESS TOKEN: the value has a space in it"},
	{"token masked", "ACCESS TOKEN: ••••••••••••••••••••••g1h\nAPI PATH: %P", "Line 1, ACCESS TOKEN: the value is a placeholder, masked"},
	{"token placeholder", "ACCESS TOKEN: {YOUR_ACCESS_TOKEN_HERE}\nAPI PATH: %P", "Line 1, ACCESS TOKEN: the value is a placeholder"},
	{"token with sign", "ACCESS TOKEN: q7w2e9r4t1y6u3!8o5p0a2s7d4f9g1h\nAPI PATH: %P", "Line 1, ACCESS TOKEN: the value has a sign"},
	{"token with look-alike letter", "ACCESS TOKEN: q7w2е9r4t1y6u3i8o5p0a2s7d4f9g1h\nAPI PATH: %P", "beyond the plain letters"},
	{"token is the path", "ACCESS TOKEN: %P\nAPI PATH: %P", "Line 1, ACCESS TOKEN: the value is an address"},
	{"client ID is the token", "ACCESS TOKEN: %T\nCLIENT ID: %T\nAPI PATH: %P", "Line 2, CLIENT ID: the value is the same"},
	{"client ID short", "ACCESS TOKEN: %T\nCLIENT ID: 12\nAPI PATH: %P", "Line 2, CLIENT ID: the value is too short"},
	{"secret is the token", "ACCESS TOKEN: %T\nCLIENT SECRET: %T%T\nAPI PATH: stores/!", "Line 3, API PATH"},
	{"secret same as token", "ACCESS TOKEN: %S\nCLIENT SECRET: %S\nAPI PATH: %P", "Line 2, CLIENT SECRET: the value is the same"},
	{"secret short", "ACCESS TOKEN: %T\nCLIENT SECRET: abcdef\nAPI PATH: %P", "Line 2, CLIENT SECRET: the value is too short"},
	{"path empty", "ACCESS TOKEN: %T\nAPI PATH:", "Line 2, API PATH: the value is missing"},
	{"path of the control panel", "ACCESS TOKEN: %T\nAPI PATH: https://store-abc123xyz.mybigcommerce.com/manage", "Line 2, API PATH: the address has neither"},
	{"path without hash", "ACCESS TOKEN: %T\nAPI PATH: https://api.bigcommerce.com/stores/", "Line 2, API PATH: nothing follows /stores/"},
	{"path with placeholder", "ACCESS TOKEN: %T\r\n\r\nAPI PATH: https://api.bigcommerce.com/stores/{store_hash}/v3/", "Line 3, API PATH: a placeholder"},
	{"path with odd hash", "ACCESS TOKEN: %T\nAPI PATH: https://api.bigcommerce.com/stores/a.b/v3/", "Line 2, API PATH: what follows /stores/"},
	{"path with bad UUID", "ACCESS TOKEN: %T\nAPI PATH: https://api.bigcommerce.com/accounts/1234/graphql", "Line 2, API PATH: what follows /accounts/"},
	{"path is the token", "ACCESS TOKEN: %T\nAPI PATH: %T", "Line 2, API PATH: the address has neither"},
	{"path holds the token", "ACCESS TOKEN: %T\nAPI PATH: https://api.bigcommerce.com/stores/abc123xyz/v3/?token=%T", "Line 2, API PATH: the address holds"},
	{"name holds the token", "ACCESS TOKEN: %T\nNAME: mine %T\nAPI PATH: %P", "Line 2, NAME: the name holds"},
	{"second file without token", layoutA + "CLIENT ID: %I2\nAPI PATH: %P", "Lines 6 to 7: the label ACCESS TOKEN is missing"},
	{"two tokens", "ACCESS TOKEN: %T\nACCESS TOKEN: 2%T\nAPI PATH: %P", "Line 1, before ACCESS TOKEN comes again on line 2 with another value: the label API PATH is missing"},
	{"far too long", strings.Repeat("ACCESS TOKEN: %T\n", 20000), "longer than 256 KiB"},
	{"one line cut", "ACCESS TOKEN: %T CLIENT ID: %I API PATH:", "Line 1, API PATH: the value is missing"},
	{"two files where one is wanted", layoutA + strings.ReplaceAll(layoutA, "%T", "a%T"), "2 API accounts"},
}

func TestMalformedCredentialFilesAreRefusedByLineAndLabel(t *testing.T) {
	if len(badFiles) < 20 {
		t.Fatal("too few")
	}
	for _, test := range badFiles {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseCredentials([]byte(filled(test.text)))
			if err == nil || org.KindOf(err) != org.KindInvalid || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("%v, want %q", err, test.want)
			}
			if got != (Credentials{}) {
				t.Error("credentials came beside an error")
			}
			echoesNothing(t, filled(test.text), err)
		})
	}
}

// echoesNothing fails when an error repeats a word of the text that is none of ours.
func echoesNothing(t *testing.T, text string, err error) {
	t.Helper()
	said := org.TextOf(err) + err.Error()
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return notCode(r) }) {
		if len(word) >= 12 && strings.Contains(said, word) && !strings.Contains(saidAnyway, word) {
			t.Errorf("the error repeats %d characters of the file: %s", len(word), said)
		}
	}
}

const saidAnyway = "https api.bigcommerce.com store_hash"

func TestSeveralFilesInOneText(t *testing.T) {
	other := strings.NewReplacer(someToken, "b"+someToken[1:], someClient, "b"+someClient[1:], "abc123xyz", "def456", "Warehouse", "Other")
	for _, layout := range []string{layoutA, layoutB, layoutC} {
		one := filled(layout)
		got, err := ParseCredentialFiles([]byte(one + "\n" + other.Replace(one) + one[:0]))
		if err != nil || len(got) != 2 || got[0] != someFile || got[1].StoreHash != "def456" || got[1].Name != "Other link" || got[1].Token != "b"+someToken[1:] {
			t.Errorf("%v: %d of %q", err, len(got), layout)
		}
	}
}

func TestCredentialsShowNoSecret(t *testing.T) {
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "c", someFile, "t", Token{"abc", someToken})
	text, _ := json.Marshal(map[string]any{"c": someFile, "t": Token{"abc", someToken}})
	shown := log.String() + string(text) + fmt.Sprintf("%v %+v %#v %s %q %v %#v", someFile, someFile, someFile, someFile, someFile, &someFile, Token{"abc", someToken})
	if strings.Contains(shown, someToken) || strings.Contains(shown, someSecret) {
		t.Error(shown)
	}
}

func FuzzParseCredentials(f *testing.F) {
	for _, text := range goodFiles() {
		f.Add([]byte(text))
	}
	for _, test := range badFiles[:len(badFiles)-1] {
		if len(test.text) < 1000 {
			f.Add([]byte(filled(test.text)))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := ParseCredentialFiles(data)
		if err != nil {
			echoesNothing(t, strings.ReplaceAll(string(data), "\x00", " "), err)
			if org.KindOf(err) != org.KindInvalid {
				t.Error(err)
			}
			return
		}
		for _, c := range all {
			if c.Token == "" || c.StoreHash == "" && c.AccountUUID == "" || c.Kind == "" || strings.ContainsFunc(c.Token, notCode) {
				t.Errorf("incomplete: %v", c)
			}
		}
	})
}
