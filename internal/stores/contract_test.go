package stores

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

	"rollcall/internal/org"
)

// published is where the descriptions of the API are: beside the project, never in it.
const published = "../../../shared/bigcommerce/openapi"

// described holds the routers of the areas that are described at all.
type described struct {
	t       *testing.T
	routers map[string]routers.Router // by what the path begins with
	next    http.RoundTripper
	seen    map[string]int // by method and path of the description
}

func openDescriptions(t *testing.T, next http.RoundTripper) *described {
	t.Helper()
	d := &described{t: t, routers: map[string]routers.Router{}, next: next, seen: map[string]int{}}
	for file, prefixes := range map[string][]string{
		"webhooks.v3.yml": {"/v3/hooks"}, "store_information.v2.yml": {"/v2/store", "/v2/time"}, "store_logs.v3.yml": {"/v3/store/systemlogs"},
	} {
		path := filepath.Join(published, file)
		if _, err := os.Stat(path); err != nil {
			t.Skipf("the published descriptions are not at hand, so no request was checked against them: %v", err)
		}
		doc, err := openapi3.NewLoader().LoadFromFile(path)
		if err != nil {
			t.Fatal(err)
		}
		doc.Servers = openapi3.Servers{{URL: "http://local/stores/" + someHash + prefixes[0][:3]}}
		router, err := gorillamux.NewRouter(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, prefix := range prefixes {
			d.routers[prefix] = router
		}
	}
	return d
}

// RoundTrip holds a request against its description before it goes on.
func (d *described) RoundTrip(r *http.Request) (*http.Response, error) {
	path := strings.TrimPrefix(r.URL.Path, "/stores/"+someHash)
	for prefix, router := range d.routers {
		if path == prefix || strings.HasPrefix(path, prefix+"/") {
			d.check(router, r)
		}
	}
	return d.next.RoundTrip(r)
}

func (d *described) check(router routers.Router, r *http.Request) {
	route, params, err := router.FindRoute(r)
	if err != nil {
		d.t.Errorf("%s %s is not described: %v", r.Method, r.URL, err)
		return
	}
	d.seen[r.Method+" "+route.Path]++
	for name := range r.URL.Query() {
		if route.Operation.Parameters.GetByInAndName("query", name) == nil && route.PathItem.Parameters.GetByInAndName("query", name) == nil {
			d.t.Errorf("%s %s: the parameter %s is not described", r.Method, route.Path, name)
		}
	}
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	err = openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	})
	if err != nil {
		d.t.Errorf("%s %s: %v", r.Method, r.URL, err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
}

func TestEveryRequestMatchesThePublishedDescriptions(t *testing.T) {
	f := newFakeStore(t)
	f.on("GET /v3/hooks", paged(10, numbers(23), nil))
	f.say("PUT /v3/hooks/27000001", 200, `{"data":`+hookText(27000001)+`}`)
	f.say("PUT /v3/hooks/admin", 204, "")
	d := openDescriptions(t, f)
	client := New(Config{URL: "http://local", Transport: d})
	client.Verify(t.Context(), opened, org.Proof{}, someUUID)
	client.Read(t.Context(), opened, org.Proof{}, someUUID, Options{Clients: true, Scopes: true})
	if _, err := client.Reactivate(t.Context(), opened, 27000001); err != nil {
		t.Error(err)
	}
	if err := client.SetEmails(t.Context(), opened, []string{"a@example.com"}); err != nil {
		t.Error(err)
	}
	withoutIdentity(f, nil)
	client.Verify(t.Context(), opened, org.Proof{}, someUUID)
	f.say("GET /v3/hooks", 403, noAccess)
	client.Verify(t.Context(), opened, org.Proof{}, someUUID)
	for _, must := range []string{"GET /hooks", "GET /hooks/admin", "PUT /hooks/{webhook_id}", "PUT /hooks/admin", "GET /store", "GET /time", "GET /store/systemlogs"} {
		if d.seen[must] == 0 {
			t.Errorf("%s was not sent: %v", must, d.seen)
		}
	}
}
