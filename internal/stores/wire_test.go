package stores

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rollcall/internal/org"
)

// onWire serves over a socket.
func onWire(t *testing.T, handler http.HandlerFunc, cfg Config) *Client {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	cfg.URL = server.URL + "/"
	return New(cfg)
}

func TestPackedAnswersAreUnpacked(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = io.WriteString(z, hookPage(1, 2, 3))
	_ = z.Close()
	for name, transport := range map[string]http.RoundTripper{"by the transport": nil, "by the client": &http.Transport{DisableCompression: true}} {
		client := onWire(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(packed.Bytes())
		}, Config{Transport: transport})
		v := client.visit(opened)
		set, list := v.hookList(t.Context())
		if !list.whole() || len(set.hooks) != 3 {
			t.Errorf("%s: %+v", name, list)
		}
	}
}

func TestABombDoesNotFillTheMemory(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(bytes.Repeat([]byte(" "), 64<<20))
	_ = z.Close()
	client := onWire(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed.Bytes())
	}, Config{})
	if p := client.Verify(t.Context(), opened, org.Proof{}, ""); p.State != org.ProofUnreadable || !strings.Contains(p.Cause, "larger than") {
		t.Errorf("%+v", p)
	}
}

func TestTheTokenIsNotTakenElsewhere(t *testing.T) {
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	client := onWire(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) }, Config{})
	if p := client.Verify(t.Context(), opened, org.Proof{}, ""); p.State != org.ProofUnreadable || elsewhere.Load() > 0 {
		t.Errorf("%+v, %d requests elsewhere", p, elsewhere.Load())
	}
}

func TestEchoedSecretsAreHidden(t *testing.T) {
	for _, body := range []string{
		`{"title":"bad token ` + someToken + `"}`, `{"errors":{"x":"` + someToken + `"}}`, `[{"message":"` + someToken + `"}]`, someToken, `{"error":{"message":"secret ` + someSecret + `"}}`,
	} {
		for _, status := range []int{400, 401, 403, 404, 422, 507} {
			client := onWire(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status); _, _ = io.WriteString(w, body) }, Config{})
			r := client.Read(t.Context(), opened, org.Proof{}, "", Options{Clients: true, Scopes: true})
			_, err := client.Reactivate(t.Context(), opened, 5)
			if err == nil {
				t.Fatal("no error")
			}
			said := r.Proof.Cause + r.ClientsSay + err.Error() + org.TextOf(err)
			if strings.Contains(said, someToken) || strings.Contains(said, someSecret) {
				t.Errorf("%d: %s", status, said)
			}
		}
	}
}

func TestNobodyThereAndACutConnection(t *testing.T) {
	client := New(Config{URL: "http://127.0.0.1:1", Timeout: time.Second})
	v := client.visit(opened)
	if _, refused := v.try(t.Context(), request{method: "GET", path: hooksPath}, 0); refused.cause != causeUnreachable || strings.Contains(refused.err.Error(), someToken) {
		t.Errorf("%+v", refused)
	}
	client = onWire(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, `{"data":[`)
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}, Config{})
	if _, refused := client.visit(opened).try(t.Context(), request{method: "GET", path: hooksPath}, 0); refused.cause != causeCut {
		t.Errorf("%+v", refused)
	}
	client = onWire(t, func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }, Config{})
	if _, refused := client.visit(opened).try(t.Context(), request{method: "GET", path: hooksPath}, 0); refused.cause != causeUnreachable {
		t.Errorf("%+v", refused)
	}
}

func TestWhatErrorBodiesSay(t *testing.T) {
	for body, want := range map[string]string{
		`{"status":403,"title":"You may not","type":"x","errors":{}}`:                     "You may not",
		`{"title":"Invalid","errors":{"destination":"is missing","scope":"is unknown"}}`:  "Invalid; destination: is missing, scope: is unknown",
		`{"title":"Invalid","errors":["one","two"]}`:                                      "Invalid; one, two",
		`{"title":"Invalid","detail":"more","code":22004}`:                                "Invalid; more",
		`{"status":422,"title":"Invalid","error":{"message":"because"}}`:                  "Invalid; because",
		`[{"status":400,"message":"The field is invalid."},{"status":400,"message":"x"}]`: "The field is invalid.; x",
		`{"error":"old"}`: "old",
		`{"errors":[{"message":"Cannot","path":["client"]}]}`: "Cannot",
		`X-Auth-Token header is required`:                     "X-Auth-Token header is required",
		`<html><h1>502</h1>`:                                  "",
		``:                                                    "",
		`null`:                                                "",
		`7`:                                                   "",
		`{"title":null,"errors":7}`:                           "",
		"line one\r\n\tline\x00 two":                          "line one line two",
		`{"title":"Entity with id tree [3] was not found "}`: "Entity with id tree [3] was not found",
	} {
		got := saidBy([]byte(body))
		if got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
	if long := saidBy([]byte(strings.Repeat("many words ", 100))); len(long) > 210 {
		t.Errorf("%d bytes", len(long))
	}
}

func FuzzJudge(f *testing.F) {
	for _, body := range []string{``, `{`, `[]`, `<html>`, `{"errors":[[{"a":[{}]}]]}`, unauthorized, scopeMissing, hookPage(1), identityAnswer("c", "a")} {
		f.Add(200, []byte(body))
		f.Add(403, []byte(body))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		refused := judge(status, http.Header{}, body)
		if refused == nil {
			if status < 200 || status > 299 {
				t.Errorf("%d is no success", status)
			}
			_, _ = readPage(body, "")
			_, _ = readPage(body, "hooks_list")
			var p org.Proof
			fillStore(&p, body)
			return
		}
		if text := refused.Error(); text == "" || len(refused.said) > 900 || strings.ContainsAny(text, "\n\x00\x1b") || refused.tries() < 1 || refused.tries() > 6 {
			t.Errorf("%q", text)
		}
	})
}
