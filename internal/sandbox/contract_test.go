package sandbox

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// contracts is where the published descriptions are: beside the project, never in it.
const contracts = "../../../shared/bigcommerce/openapi"

// contract is one published description of a part of the API.
type contract struct{ router routers.Router }

// openContract reads a description, or skips the test when there is none.
func openContract(t *testing.T, file string) contract {
	t.Helper()
	path := filepath.Join(contracts, file)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the published description is not at hand, so nothing was checked against it: %v", err)
	}
	doc, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	version := "/v3"
	if strings.Contains(file, ".v2.") {
		version = "/v2"
	}
	doc.Servers = openapi3.Servers{{URL: "http://sandbox/stores/{store_hash}" + version, Variables: map[string]*openapi3.ServerVariable{"store_hash": {Default: "x"}}}}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return contract{router}
}

// check sends a request and holds it and its answer against the description.
func (c contract) check(t *testing.T, s *Server, cred Credential, method, path, body string, status int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://sandbox/stores/"+cred.StoreHash+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Auth-Token", cred.Token)
	r.Header.Set("Accept", jsonType)
	r.Header.Set("Content-Type", jsonType)
	route, params, err := c.router.FindRoute(r)
	if err != nil {
		t.Fatalf("%s %s is not described: %v", method, path, err)
	}
	in := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true},
	}
	if status < 300 {
		if err := openapi3filter.ValidateRequest(t.Context(), in); err != nil {
			t.Errorf("%s %s, request: %v", method, path, err)
		}
	}
	response, err := s.Transport().RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != status {
		t.Fatalf("%s %s: %d %v %s", method, path, response.StatusCode, err, text)
	}
	out := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: response.StatusCode, Header: response.Header, Body: io.NopCloser(bytes.NewReader(text)), Options: in.Options,
	}
	if err := openapi3filter.ValidateResponse(t.Context(), out); err != nil {
		t.Errorf("%s %s, answer: %v\n%s", method, path, err, text)
	}
}

func TestWebhooksMatchTheirDescription(t *testing.T) {
	c := openContract(t, "webhooks.v3.yml")
	s := New(small())
	for _, name := range []string{"Event fan-out", "Order flow", "Gift registry", "Legacy bridge", "Stock mirror"} {
		cred := named(t, s, name)
		c.check(t, s, cred, "GET", "/v3/hooks", "", 200)
		// The description asks for one webhook at least, which an empty list cannot have; so filter by a scope that is there.
		scope := truthOf(t, s, cred).Hooks[0].Scope
		c.check(t, s, cred, "GET", "/v3/hooks?page=1&limit=2&scope="+scope, "", 200)
		c.check(t, s, cred, "GET", "/v3/hooks/admin", "", 200)
		c.check(t, s, cred, "GET", "/v3/hooks/admin?is_active=true", "", 200)
	}
	cred := named(t, s, "Event fan-out")
	hook := truthOf(t, s, cred).Hooks[0]
	path := "/v3/hooks/" + itoa(hook.ID)
	c.check(t, s, cred, "GET", path, "", 200)
	c.check(t, s, cred, "GET", "/v3/hooks/999", "", 404)
	c.check(t, s, cred, "PUT", path, `{"is_active":false}`, 200)
	c.check(t, s, cred, "POST", "/v3/hooks", `{"scope":"store/cart/*","destination":"https://new.example/x","headers":{"a":"b"}}`, 200)
	c.check(t, s, cred, "POST", "/v3/hooks", `{"scope":"store/cart/*"}`, 422)
	c.check(t, s, cred, "POST", "/v3/hooks", `{`, 400)
	c.check(t, s, cred, "PUT", "/v3/hooks/admin", `{"emails":["a@b.example","c@d.example"]}`, 204)
	c.check(t, s, cred, "PUT", "/v3/hooks/admin", `{"emails":"a@b.example"}`, 422)
	c.check(t, s, cred, "PUT", "/v3/hooks/admin", `{]`, 400)
	c.check(t, s, cred, "DELETE", path, "", 200)
	cred.Token = "nonsense"
	c.check(t, s, cred, "GET", "/v3/hooks", "", 401)
	c.check(t, s, cred, "GET", "/v3/hooks/admin", "", 401)
}

func TestStoreInformationMatchesItsDescription(t *testing.T) {
	c := openContract(t, "store_information.v2.yml")
	for _, kind := range []StoreFaultKind{"", StoreLogoArray, StoreLogoObject, StoreBareStore, StoreUnknownWords} {
		s := New(small())
		cred := named(t, s, "Rollcall audit")
		if kind != "" {
			s.FaultStoreKinds("*", kind)
		}
		c.check(t, s, cred, "GET", "/v2/store", "", 200)
		c.check(t, s, cred, "GET", "/v2/time", "", 200)
	}
}

func TestLogsAndScriptsMatchTheirDescriptions(t *testing.T) {
	s := New(small())
	logs := openContract(t, "store_logs.v3.yml")
	cred := named(t, s, "Rollcall audit")
	logs.check(t, s, cred, "GET", "/v3/store/systemlogs", "", 200)
	logs.check(t, s, cred, "GET", "/v3/store/systemlogs?limit=5&page=2&severity:min=3&type:not=tax&direction=desc&sort=type", "", 200)
	scripts := openContract(t, "scripts.v3.yml")
	cred = named(t, s, "Banner widget")
	scripts.check(t, s, cred, "GET", "/v3/content/scripts", "", 200)
	scripts.check(t, s, cred, "GET", "/v3/content/scripts?limit=1&sort=name&direction=desc", "", 200)
	s.FaultStoreKinds("*", StoreBareScripts)
	scripts.check(t, s, cred, "GET", "/v3/content/scripts", "", 200)
}
