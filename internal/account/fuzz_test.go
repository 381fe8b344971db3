package account

import (
	"encoding/json"
	"strings"
	"testing"

	"rollcall/internal/account/plan"
	"rollcall/internal/org"
)

// FuzzReadAnswer feeds bodies of answers: whatever comes, it is data, or an error with a kind and a tidy text.
func FuzzReadAnswer(f *testing.F) {
	for _, body := range []string{
		`{"data":{"account":{"id":"x"}}}`, `{"data":null,"errors":[{"message":"no","path":["account","a0",1]}]}`, `{"errors":{"a":"b"}}`,
		`{"error":{"error":"complexity score of 34314 out of 10000"}}`, `[{"status":404,"message":"gone"}]`, `<html><script>x</script>`, ``,
		`{"errors":[{"message":7,"path":{}}],"data":[]}`, "\x00\xff", `{"title":"T","detail":"D"}`,
	} {
		for _, status := range []int{200, 400, 401, 403, 429, 500} {
			f.Add(status, []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		a, said, err := readAnswer(status, body)
		switch {
		case err == nil && (status != 200 || a.data == nil):
			t.Errorf("status %d without data is no error", status)
		case err != nil && (org.KindOf(err) == org.KindUnexpected || org.TextOf(err) == "" || len(err.Error()) > 5000):
			t.Errorf("odd error %q", err)
		case err != nil && strings.ContainsAny(err.Error(), "\x00\n\r"):
			t.Errorf("untidy error %q", err)
		}
		if said.score < 0 || said.limit < 0 || said.cap < 0 {
			t.Errorf("negative numbers %+v", said)
		}
	})
}

// FuzzScalars feeds single values: none is ever an error, and what was not read is not shown as read.
func FuzzScalars(f *testing.F) {
	for _, value := range []string{`null`, `"2026-01-02T03:04:05Z"`, `"2026-01-02T03:04:05.678+02:00"`, `12`, `"12"`, `true`, `[]`, `["a",null]`, `{}`, `1e99`, `"\ud800"`} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if !json.Valid([]byte(value)) {
			return
		}
		var user struct {
			T  text
			TS texts
			F  flag
			L  long
			M  moment
		}
		document := `{"T":` + value + `,"TS":` + value + `,"F":` + value + `,"L":` + value + `,"M":` + value + `}`
		if err := json.Unmarshal([]byte(document), &user); err != nil {
			t.Fatalf("%s: %v", value, err)
		}
		if !user.L.Read && user.L.N != 0 || !user.M.Read && !user.M.At.IsZero() || !user.M.At.IsZero() && user.M.At.Year() <= 1 {
			t.Errorf("%s: %+v", value, user)
		}
	})
}

// FuzzPages feeds the data of a composed request: every list that was asked for gets exactly one page, which holds
// only stores that were asked for and as many cursors as items.
func FuzzPages(f *testing.F) {
	f.Add(`{"edges":[{"node":{"id":"s1","users":{"pageInfo":{"hasNextPage":true},"edges":[{"cursor":"c","node":{"id":1,"permissions":null}}]}}}]}`, `["account","a1"]`)
	f.Add(`{"edges":[null,{"node":{"id":"s3","apps":{"edges":null}}}]}`, `["account","a3","edges",0]`)
	f.Add(`null`, `null`)
	f.Add(`{"edges":[{"node":7}]}`, `[]`)
	request := plan.Request{Ops: []plan.Op{
		{Kind: org.ListStores, First: 10, Users: 10, Apps: true},
		{Kind: org.ListAccesses, Stores: []string{"s1", "s2"}, First: 5, Apps: true},
		{Kind: org.ListAccountUsers, First: 5},
		{Kind: org.ListStoreApps, Stores: []string{"s3"}, First: 5},
		{Kind: org.ListUserApps, Stores: []string{"s1"}, First: 5, After: "c"},
		{Kind: org.ListStoreApps, First: 1, Probe: true},
	}}
	f.Fuzz(func(t *testing.T, part, path string) {
		if !json.Valid([]byte(part)) {
			return
		}
		data := batch{Account: map[string]json.RawMessage{}}
		for i := range request.Ops {
			data.Account[alias(i)] = json.RawMessage(part)
		}
		errors := errorsIn(json.RawMessage(`[{"message":"You do not have permission","path":` + path + `}]`))
		seen := map[org.List]int{}
		for _, p := range parts(request, data, errors) {
			if p.op.Probe {
				_ = p.probed()
				continue
			}
			for _, page := range p.pages() {
				seen[page.List]++
				if page.Problem != "" && page.Len() > 0 || page.Problem == "" && len(page.Cursors) != page.Len() || page.Problem != "" && page.Kind == 0 {
					t.Errorf("odd page %+v", page)
				}
			}
		}
		for _, list := range request.Lists() {
			if seen[list] == 0 {
				t.Errorf("no page for %v", list)
			}
		}
	})
}

// FuzzLearned feeds what a database may hold: planning with it must not panic, and serve what is asked.
func FuzzLearned(f *testing.F) {
	f.Add([]byte(`{"Syncs":3,"Caps":{"stores":{"Exact":-5}},"Limit":-1,"Model":{"Seen":1,"Weights":[1],"Spread":[[1]]},"Refused":[1],"Users":-3,"Aliases":-1}`))
	f.Add([]byte(`{"Caps":{"accesses":{"Worked":99999999}},"Limit":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var learned plan.Learned
		if json.Unmarshal(data, &learned) != nil {
			return
		}
		wants := []org.Want{
			{List: org.List{Kind: org.ListStores}, Left: -1},
			{List: org.List{Kind: org.ListAccesses, Store: "a"}, Left: 300},
			{List: org.List{Kind: org.ListAccesses, Store: "b"}, After: "c", Left: -1},
			{List: org.List{Kind: org.ListUserApps, Store: "b"}, Left: 3},
		}
		request := plan.Next(learned, wants)
		if len(request.Ops) == 0 {
			t.Fatalf("nothing is asked with %+v", learned)
		}
		for _, op := range request.Ops {
			if op.First < 1 || op.First > 5000 || op.Users < 0 {
				t.Errorf("op %+v", op)
			}
		}
		_ = learned.After(plan.Outcome{Request: request, Failed: true, Kind: org.KindTooComplex, Score: 5})
		_ = learned.After(plan.Outcome{Request: request, Score: 5})
		_ = compose(request)
	})
}

func TestComposedTextUsesKnownFragmentsOnly(t *testing.T) {
	for name, text := range fragments {
		if !strings.HasPrefix(text, "fragment "+name+" on ") || strings.Contains(text, "#") {
			t.Errorf("fragment %s is %q", name, text)
		}
	}
	if len(fragments) < 8 {
		t.Errorf("only %d fragments were found", len(fragments))
	}
}
