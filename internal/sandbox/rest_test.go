package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// restAnswer is one answer of a store.
type restAnswer struct {
	wireAnswer
	json map[string]any
}

// visit sends a request to a store in the same process; pairs of header names and values may follow.
func visit(t testing.TB, s *Server, token, method, path, body string, headers ...string) restAnswer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://sandbox"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("X-Auth-Token", token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := s.Transport().RoundTrip(r)
	if err != nil {
		return restAnswer{wireAnswer: wireAnswer{err: err}}
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	out := restAnswer{wireAnswer: wireAnswer{response.StatusCode, response.Header, string(text), err}}
	_ = json.Unmarshal(text, &out.json)
	return out
}

// get reads a path below the store of an API account with its token.
func get(t testing.TB, s *Server, c Credential, path string) restAnswer {
	t.Helper()
	return visit(t, s, c.Token, "GET", "/stores/"+c.StoreHash+path, "")
}

// named gives the first living API account of that name.
func named(t testing.TB, s *Server, name string) Credential {
	t.Helper()
	for _, c := range s.Credentials(s.first) {
		if c.Name == name && c.Live() {
			return c
		}
	}
	t.Fatalf("no API account %q", name)
	return Credential{}
}

func TestStoreAnswersItsTokens(t *testing.T) {
	s := New(small())
	c := named(t, s, "Rollcall audit")
	for _, path := range []string{"/v3/hooks", "/v3/hooks/admin", "/v2/store", "/v2/time", "/v3/store/systemlogs", "/v3/store/metafields"} {
		if a := get(t, s, c, path); a.status != 200 || a.json == nil {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	if got := s.RestStats(); got.Requests != 6 || got.Writes != 0 {
		t.Errorf("counted %+v", got)
	}
}

// truthOf tells what an API account holds.
func truthOf(t testing.TB, s *Server, c Credential) TruthAPIAccount {
	t.Helper()
	for _, uuid := range s.UUIDs() {
		for _, shop := range s.TruthShops(uuid) {
			for _, a := range shop.Accounts {
				if a.ClientID == c.ClientID {
					return a
				}
			}
		}
	}
	t.Fatalf("no truth about %s", c.Name)
	return TruthAPIAccount{}
}
