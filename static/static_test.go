package static

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func get(t *testing.T, url string) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, url, nil))
	return rec
}

func TestEachFileIsServedUnderItsHashedNameForEver(t *testing.T) {
	for name := range byName {
		t.Run(name, func(t *testing.T) {
			rec := get(t, Path(name))
			if rec.Code != http.StatusOK {
				t.Fatalf("got status %d, want 200", rec.Code)
			}
			if rec.Header().Get("Content-Type") == "" || rec.Body.Len() == 0 {
				t.Errorf("got type %q and %d bytes", rec.Header().Get("Content-Type"), rec.Body.Len())
			}
			if got := rec.Header().Get("Cache-Control"); !strings.Contains(got, "immutable") {
				t.Errorf("got Cache-Control %q, want immutable", got)
			}
		})
	}
}

func TestPathCarriesAHash(t *testing.T) {
	if got := Path("app.css"); !regexp.MustCompile(`^/static/app\.[0-9a-f]{12}\.css$`).MatchString(got) {
		t.Errorf("got %q", got)
	}
}

func TestOtherNamesAreNotFound(t *testing.T) {
	for _, url := range []string{"/static/", "/static/app.css", "/static/app.000000000000.css", "/static/../static.go"} {
		if rec := get(t, url); rec.Code != http.StatusNotFound {
			t.Errorf("%s: got status %d, want 404", url, rec.Code)
		}
	}
}

func TestPathOfAnUnknownFilePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("got no panic")
		}
	}()
	Path("missing.css")
}

// The style sheet must work under style-src 'self' and load nothing else.
func TestStyleSheetLoadsNothingElse(t *testing.T) {
	css := string(byName["app.css"].body)
	for _, bad := range []string{"@import", "url(", "http:", "https:"} {
		if strings.Contains(css, bad) {
			t.Errorf("app.css contains %q", bad)
		}
	}
}
