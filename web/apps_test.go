package web

import (
	"net/http"
	"strings"
	"testing"
)

func TestAppPages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.admin(t)
	for path, want := range map[string]struct {
		status int
		text   string
	}{
		"/a/1/apps":                        {http.StatusOK, "Mailer"},
		"/a/1/apps?state=no-store&q=mail":  {http.StatusOK, "On no store"},
		"/a/1/apps/matrix?stores-from=30":  {http.StatusOK, "Apps over stores"},
		"/a/1/apps/matrix?stores-from=-30": {http.StatusBadRequest, "stores-from"},
		"/a/1/apps/1?state=unknown":        {http.StatusOK, "bc/account/app/7"},
		"/a/1/apps/2":                      {http.StatusNotFound, "app"},
		"/a/1/apps/x":                      {http.StatusNotFound, "app"},
		"/a/1/apps?colour=red":             {http.StatusBadRequest, "colour"},
		"/a/1/subscriptions":               {http.StatusOK, "The token lacks the scope account_subscriptions_read."},
		"/a/9/subscriptions":               {http.StatusNotFound, "account"},
	} {
		res := v.get(path)
		if res.Code != want.status || !strings.Contains(res.Body.String(), want.text) {
			t.Errorf("%s: status %d, want %d with %q", path, res.Code, want.status, want.text)
		}
	}
}
