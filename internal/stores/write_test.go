package stores

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/internal/org"
)

// writing notes what a write sends.
func writing(f *fakeStore, what string, a answer) *Request {
	sent := &Request{}
	f.on(what, func(r *http.Request) answer {
		body, _ := io.ReadAll(r.Body)
		*sent = Request{Method: r.Method, URL: r.URL.String(), Body: string(body), Headers: []string{
			"Accept: " + r.Header.Get("Accept"), "Content-Type: " + r.Header.Get("Content-Type"), "User-Agent: " + r.UserAgent(),
		}}
		return a
	})
	return sent
}

func TestReactivateSendsWhatItsDryRunShows(t *testing.T) {
	f := newFakeStore(t)
	sent := writing(f, "PUT /v3/hooks/27000001", answer{200, `{"data":` + hookText(27000001) + `,"meta":{}}`, nil})
	client := f.client()
	hook, err := client.Reactivate(t.Context(), opened, 27000001)
	if err != nil || hook.APIID != 27000001 || hook.Active != org.Yes || len(f.requests) != 1 {
		t.Errorf("%+v %v %v", hook, err, f.requests)
	}
	shown := client.Show(ReactivateRequest(someHash, 27000001))
	if shown.String() != sent.String() || shown.Body != `{"is_active":true}` || strings.Contains(shown.String(), someToken) {
		t.Errorf("shown:\n%s\nsent:\n%s", shown, sent)
	}
	if got := ReactivateRequest(someHash, 5).URL; got != "https://api.bigcommerce.com/stores/abc123xyz/v3/hooks/5" {
		t.Error(got)
	}
}

func TestSetEmailsSendsWhatItsDryRunShows(t *testing.T) {
	f := newFakeStore(t)
	sent := writing(f, "PUT /v3/hooks/admin", answer{204, "", nil})
	client, emails := f.client(), []string{" a@example.com ", "", "b+c@example.com"}
	if err := client.SetEmails(t.Context(), opened, emails); err != nil {
		t.Fatal(err)
	}
	shown := client.Show(EmailsRequest(someHash, emails))
	if shown.String() != sent.String() || shown.Body != `{"emails":["a@example.com","b+c@example.com"]}` {
		t.Errorf("shown:\n%s\nsent:\n%s", shown, sent)
	}
	for _, bad := range [][]string{nil, {" "}, {"a@example.com", "nobody"}, {"A <a@example.com>"}, {"a@example.com\r\nBcc: x"}} {
		if err := client.SetEmails(t.Context(), opened, bad); org.KindOf(err) != org.KindInvalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if len(f.requests) != 1 {
		t.Error(f.requests)
	}
}

func TestWritesThatFail(t *testing.T) {
	for _, test := range []struct {
		name string
		a    answer
		kind org.Kind
		text string
		sent int
	}{
		{"gone", answer{404, `{"status":404,"title":"The webhook with ID 5 was not found"}`, nil}, org.KindNotFound, "ID 5 was not found", 1},
		{"invalid", answer{422, `{"status":422,"title":"x","errors":{"is_active":"must be a boolean"}}`, nil}, org.KindRejected, "is_active: must be a boolean", 1},
		{"refused", answer{401, unauthorized, nil}, org.KindUnauthorized, "refuses the token", 1},
		{"scope", answer{403, scopeMissing, nil}, org.KindScope, "lacks the scope", 1},
		{"server error is not repeated", answer{500, "", nil}, org.KindUnavailable, "not known whether", 1},
		{"down", answer{503, "", nil}, org.KindUnavailable, "down, being upgraded", 1},
		{"for long too many", answer{429, "", map[string]string{"X-Retry-After": "600"}}, org.KindLimited, "Try again after", 1},
		{"still inactive", answer{200, `{"data":{"id":5,"is_active":false}}`, nil}, org.KindRejected, "still inactive", 1},
		{"another webhook", answer{200, `{"data":{"id":6,"is_active":true}}`, nil}, org.KindBroken, "cannot be read", 1},
		{"no content", answer{204, "", nil}, org.KindBroken, "accepted the request", 1},
		{"empty", answer{200, "", nil}, org.KindBroken, "accepted the request", 1},
		{"cut", answer{200, `{"data":{"id":5`, nil}, org.KindBroken, "not known whether", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFakeStore(t)
				f.on("PUT /v3/hooks/5", func(*http.Request) answer { return test.a })
				_, err := f.client().Reactivate(t.Context(), opened, 5)
				if org.KindOf(err) != test.kind || !strings.Contains(org.TextOf(err), test.text) || len(f.requests) != test.sent {
					t.Errorf("%v: %v, %d sent", org.KindOf(err), org.TextOf(err), len(f.requests))
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		f := newFakeStore(t)
		f.sayInTurn("PUT /v3/hooks/5", answer{429, "", map[string]string{"X-Retry-After": "2"}}, answer{200, `{"id":5,"is_active":true}`, nil})
		if hook, err := f.client().Reactivate(t.Context(), opened, 5); err != nil || hook.Active != org.Yes {
			t.Errorf("%+v %v", hook, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		f.say("PUT /v3/hooks/5", 429, "")
		if _, err := f.client().Reactivate(ctx, opened, 5); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if _, err := f.client().Reactivate(t.Context(), Token{someHash, ""}, 5); org.KindOf(err) != org.KindUnauthorized {
			t.Error(err)
		}
	})
}
