package stores

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/mail"
	"slices"
	"strconv"
	"strings"

	"rollcall/internal/org"
)

// Request is a write exactly as it is sent, but for the token: for the dry run.
type Request struct {
	Method  string
	URL     string
	Headers []string // name: value, without X-Auth-Token
	Body    string
	path    string // below the address of the API
}

func newRequest(method, path, body string) Request {
	return Request{
		Method: method, URL: DefaultURL + path, Body: body, path: path,
		Headers: []string{"Accept: application/json", "Content-Type: application/json"},
	}
}

// String is the request in lines.
func (r Request) String() string {
	lines := append([]string{r.Method + " " + r.URL, "X-Auth-Token: (the token, not shown)"}, r.Headers...)
	return strings.Join(append(lines, "", r.Body), "\n")
}

// Show is a request as this client sends it: with its address of the API and its User-Agent.
func (c *Client) Show(r Request) Request {
	r.URL = c.url + r.path
	r.Headers = append(slices.Clone(r.Headers), "User-Agent: "+c.agent)
	return r
}

// ReactivateRequest is what Reactivate sends.
func ReactivateRequest(storeHash string, hook int64) Request {
	return newRequest(http.MethodPut, "/stores/"+storeHash+hookPath(hook), `{"is_active":true}`)
}

// EmailsRequest is what SetEmails sends.
func EmailsRequest(storeHash string, emails []string) Request {
	body, _ := json.Marshal(map[string][]string{"emails": tidyEmails(emails)})
	return newRequest(http.MethodPut, "/stores/"+storeHash+adminPath, string(body))
}

func hookPath(hook int64) string { return hooksPath + "/" + strconv.FormatInt(hook, 10) }

// Reactivate switches a webhook on again and gives it as BigCommerce then shows it. It is only for a person who asked.
func (c *Client) Reactivate(ctx context.Context, t Token, hook int64) (org.Webhook, error) {
	body, err := c.write(ctx, t, ReactivateRequest(t.StoreHash, hook))
	if err != nil {
		return org.Webhook{}, err
	}
	answer, _ := asObject(body)
	if data, ok := asObject(answer["data"]); ok {
		answer = data
	}
	shown, ok := webhookOf(answer)
	switch {
	case !ok || shown.APIID != hook:
		return org.Webhook{APIID: hook}, org.Problem(org.KindBroken, "BigCommerce accepted the request, but its answer cannot be read. Read the webhooks again to see whether it is active.", nil)
	case shown.Active == org.No:
		return shown, org.Problem(org.KindRejected, "BigCommerce accepted the request, but shows the webhook as still inactive.", nil)
	}
	return shown, nil
}

// SetEmails replaces the addresses that are told when a webhook is switched off or its domain is blocked (facts 2.2).
func (c *Client) SetEmails(ctx context.Context, t Token, emails []string) error {
	emails = tidyEmails(emails)
	if len(emails) == 0 {
		return org.Invalid("emails", "Give at least one e-mail address.")
	}
	for i, email := range emails {
		if a, err := mail.ParseAddress(email); err != nil || a.Address != email {
			return org.Invalid("emails", fmt.Sprintf("Address %d is no e-mail address.", i+1))
		}
	}
	_, err := c.write(ctx, t, EmailsRequest(t.StoreHash, emails))
	return err
}

func tidyEmails(emails []string) []string {
	out := []string{}
	for _, email := range emails {
		if email = strings.TrimSpace(email); email != "" {
			out = append(out, email)
		}
	}
	return out
}

// write sends a request once. It is repeated only when BigCommerce refused it for the rate.
func (c *Client) write(ctx context.Context, t Token, r Request) ([]byte, error) {
	v := c.visit(t)
	if p, done := v.unsent(org.Proof{}); done {
		return nil, org.Problem(org.KindUnauthorized, p.Cause, nil)
	}
	path := strings.TrimPrefix(r.path, "/stores/"+t.StoreHash)
	body, refused := v.send(ctx, request{method: r.Method, path: path, body: []byte(r.Body), once: true})
	if refused == nil {
		return body, nil
	}
	switch refused.cause {
	case causeTimeout, causeUnreachable, causeCut, causeServer:
		return nil, org.Problem(refused.kind(), "It is not known whether BigCommerce carried it out. Read the webhooks again before you repeat it. "+refused.Error(), refused.err)
	case causeEmpty:
		return nil, nil
	}
	return nil, refused.problem()
}
