package stores

import (
	"reflect"
	"strings"
	"testing"

	"rollcall/internal/org"
)

func TestARegisterIsRead(t *testing.T) {
	want := []org.APIAccount{
		{
			Name: "Warehouse link", Kind: org.APIAccountToken, StoreHash: "abc123xyz", ClientID: someClient, Declared: []string{"store_v2_orders", "store_v2_products_read_only"},
			Owner: "Logistics", Purpose: "sends, receives", System: "WMS", Created: "2025-01-31", ReviewDue: "2026-12-31", Notes: "=see wiki",
		},
		{Name: "Theme deploy", Kind: org.APIAccountStencil, StoreHash: "def456"},
		{Name: "Rollcall", Kind: org.APIAccountWhole},
	}
	comma := "store_hash,name,kind,client_id,scopes,owner,purpose,system,created,review_due,notes\n" +
		"https://api.bigcommerce.com/stores/abc123xyz/v3/,Warehouse link,,\"" + someClient + "\",store_v2_products_read_only;store_v2_orders,Logistics,\"sends, receives\",WMS,2025-01-31,2026-12-31,'=see wiki\n" +
		"DEF456, Theme deploy ,Stencil,,,,,,,,\n" +
		",Rollcall,account,,,,,,,,\n"
	for name, text := range map[string]string{
		"comma": comma, "CRLF": strings.ReplaceAll(comma, "\n", "\r\n"), "mark": "\uFEFF" + comma,
		"no last line end": strings.TrimSuffix(comma, "\n"),
		"other case":       strings.Replace(comma, "store_hash,name,kind", "Store Hash,NAME,'Kind", 1),
		"semicolon": "store_hash;name;kind;client_id;scopes;owner;purpose;system;created;review_due;notes\n" +
			"abc123xyz;Warehouse link;token;" + someClient + ";\"store_v2_orders;store_v2_products_read_only\";Logistics;sends, receives;WMS;2025-01-31;2026-12-31;=see wiki\n" +
			"def456;Theme deploy;stencil;;;;;;;;\n;Rollcall;;;;;;;;;\n",
		"tab, other order": "name\tstore_hash\tkind\tclient_id\tscopes\tnotes\towner\tpurpose\tsystem\tcreated\treview_due\n" +
			"Warehouse link\tabc123xyz\ttoken\t" + someClient + "\tstore_v2_orders store_v2_products_read_only\t=see wiki\tLogistics\tsends, receives\tWMS\t2025-01-31\t2026-12-31\n" +
			"Theme deploy\tdef456\tstencil\n" + "Rollcall\n",
	} {
		if got, err := ParseRegister(strings.NewReader(text)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v\n%+v", name, err, got)
		}
	}
	if got, err := ParseRegister(strings.NewReader("name,kind\n")); err != nil || len(got) != 0 {
		t.Errorf("%v %v", got, err)
	}
}

func TestRegistersAreRefusedByLineAndColumn(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "file is empty",
		"\n\n":                    "file is empty",
		"store_hash,kind\n":       "the column name is missing",
		"name,colour\n":           "Line 1, column 2: there is no such column",
		"name,name\n":             "Line 1, column 2: the column name is there twice",
		"name,access_token\n":     "Line 1, column 2: the register takes no tokens",
		"name,Client Secret\n":    "Line 1, column 2: the register takes no tokens",
		"name,password\n":         "Line 1, column 2: the register takes no tokens",
		"name,api key\n":          "Line 1, column 2: the register takes no tokens",
		"name\nabc\n":             "Line 2, column name: expected at least 4 characters",
		"name,kind\nAbcd,robot\n": "Line 2, column kind: expected one of token, stencil, app, account",
		"name,kind\nAbcd,token\n": "Line 2, column store_hash: expected the hash",
		"name,kind,store_hash\nAbcd,account,abc123\n":                 "Line 2, column store_hash: expected nothing",
		"name,store_hash\nAbcd,a/b\n":                                 "Line 2, column store_hash: expected a store hash",
		"name,created\nAbcd,31.12.2025\n":                             "Line 2, column created: expected a day",
		"name,review_due\nAbcd,2025-02-30\n":                          "Line 2, column review_due: expected a day",
		"name,scopes\nAbcd,orders; drop table\n":                      "",
		"name,scopes\nAbcd,store:orders\n":                            "Line 2, column scopes: expected scope names",
		"name,client_id\nAbcd,a b\n":                                  "Line 2, column client_id: expected a client ID",
		"name,notes\nAbcd," + someToken + "\n":                        "Line 2, column notes: the value looks like a token",
		"name,owner\nAbcd," + someSecret + "\n":                       "Line 2, column owner: the value looks like a token",
		"name,client_id\nAbcd," + someSecret + "\n":                   "Line 2, column client_id",
		"name\nAbcd,x\n":                                              "Line 2: it has 2 cells",
		"name,notes\nAbcd,\"x\nEfgh,y\n":                              "quotes of a cell do not match",
		"name,store_hash,client_id\nAbcd,abc1,id1\n\nEfgh,abc1,id1\n": "Line 4, column client_id: line 2 has the same",
		"name,notes\nAbcd,\"two\nlines\"\nEfg,\n":                     "Line 4, column name",
		"name,notes\nAbcd," + strings.Repeat("x ", 1500) + "\n":       "Line 2, column notes: the value is longer",
		"name\n" + strings.Repeat("Abcdefgh\n", registerRows+1):       "a register file may have 50000 rows",
	} {
		got, err := ParseRegister(strings.NewReader(text))
		if want == "" {
			continue
		}
		if err == nil || org.KindOf(err) != org.KindInvalid || !strings.Contains(err.Error(), want) || got != nil {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
		if err != nil && len(text) < 500 {
			echoesNothing(t, strings.NewReplacer("store_hash", "", "review_due", "", "access_token", "").Replace(text), err)
		}
	}
}

func FuzzParseRegister(f *testing.F) {
	f.Add("name,store_hash\nAbcd,abc1\n")
	f.Add("name;kind\n\"Ab\"\"cd\";account\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := ParseRegister(strings.NewReader(text))
		if err != nil {
			if org.KindOf(err) != org.KindInvalid || all != nil {
				t.Error(err)
			}
			return
		}
		for _, a := range all {
			if len([]rune(a.Name)) < org.APIAccountNameMin || a.AccountLevel() != (a.StoreHash == "") || a.HasToken {
				t.Errorf("%+v", a)
			}
		}
	})
}
