package stores

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rollcall/internal/org"
	"rollcall/internal/throttle"
)

// bodyCap bounds an answer after decompression, errorCap one that is no success.
const (
	bodyCap  = 4 << 20
	errorCap = 64 << 10
)

// patience is how long a request may wait for its store's quota, all its tries together.
const patience = 90 * time.Second

// request is one call below /stores/{hash}.
type request struct {
	method string
	path   string
	query  url.Values
	body   []byte
	gentle bool // leaves most of the store's quota to others
	once   bool // a write: it is repeated only when it was certainly not carried out
}

// visit is one reading of a store through one token. It is used by one goroutine.
type visit struct {
	client   *Client
	token    Token
	requests int
}

func (c *Client) visit(t Token) *visit {
	t.StoreHash = strings.ToLower(strings.TrimSpace(t.StoreHash))
	return &visit{client: c, token: t}
}

func (v *visit) get(ctx context.Context, path string, query url.Values) ([]byte, *refusal) {
	return v.send(ctx, request{method: http.MethodGet, path: path, query: query})
}

// send sends a request until it brings data, is refused for good, or runs out of tries. 204 brings nil.
func (v *visit) send(ctx context.Context, r request) ([]byte, *refusal) {
	began := time.Now()
	for try := 1; ; try++ {
		body, refused := v.try(ctx, r, patience-time.Since(began))
		if refused == nil {
			v.client.pulse.saw(v.token.StoreHash, false)
			return body, nil
		}
		if v.final(r, refused, try) {
			return nil, refused
		}
		if refused.cause == causeBusy {
			continue // the store's window keeps the next try waiting
		}
		if err := pause(ctx, throttle.Backoff(try-1, nil)); err != nil {
			return nil, stopped(err)
		}
	}
}

// final tells whether a refusal is to be believed, and notes how the store is.
func (v *visit) final(r request, refused *refusal, try int) bool {
	pulse, store := &v.client.pulse, v.token.StoreHash
	switch refused.cause {
	case causeTimeout:
		if pulse.hangs(store) {
			return true
		}
	case causeDown:
		pulse.saw(store, true)
	case causeBusy, causeServer, causeUnreachable, causeStopped:
	default:
		pulse.saw(store, false)
	}
	return try >= refused.tries() || r.once && refused.cause != causeBusy
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

func stopped(err error) *refusal { return &refusal{cause: causeStopped, err: err} }

// try sends a request once, within the quota of its store.
func (v *visit) try(ctx context.Context, r request, wait time.Duration) ([]byte, *refusal) {
	c, store := v.client, v.token.StoreHash
	if err := c.limits.Enter(ctx, store, r.gentle, wait); err != nil {
		var limit *org.LimitError
		if errors.As(err, &limit) {
			return nil, &refusal{cause: causeBusy, until: limit.Until}
		}
		return nil, stopped(err)
	}
	free, err := c.slots.take(ctx)
	if err != nil {
		c.limits.Leave(store, 0, nil)
		return nil, stopped(err)
	}
	defer free()
	v.requests++
	status, header, body, refused := v.exchange(ctx, r)
	until := c.limits.Leave(store, status, header)
	if refused == nil {
		refused = judge(status, header, body)
	}
	if refused != nil {
		refused.until = until
		refused.said = v.clean(refused.said)
	}
	return body, refused
}

// exchange sends and reads one answer.
func (v *visit) exchange(ctx context.Context, r request) (int, http.Header, []byte, *refusal) {
	limited, cancel := context.WithTimeout(ctx, v.client.timeout)
	defer cancel()
	out, err := v.build(limited, r)
	if err != nil {
		return 0, nil, nil, &refusal{cause: causeUnreachable, err: v.redact(err)}
	}
	response, err := v.client.http.Do(out)
	if err != nil {
		return 0, nil, nil, v.failed(ctx, limited, err)
	}
	defer response.Body.Close()
	body, refused := readBody(response)
	if refused != nil && limited.Err() != nil {
		refused = v.failed(ctx, limited, refused.err)
	}
	return response.StatusCode, response.Header, body, refused
}

func (v *visit) build(ctx context.Context, r request) (*http.Request, error) {
	address := v.client.url + "/stores/" + v.token.StoreHash + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	out, err := http.NewRequestWithContext(ctx, r.method, address, bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	if len(r.body) == 0 {
		out.Body, out.ContentLength = http.NoBody, 0
	} else {
		out.Header.Set("Content-Type", "application/json")
	}
	out.Header.Set("X-Auth-Token", v.token.Secret)
	out.Header.Set("Accept", "application/json")
	out.Header.Set("User-Agent", v.client.agent)
	return out, nil
}

// failed tells why no answer came.
func (v *visit) failed(ctx, limited context.Context, err error) *refusal {
	switch {
	case ctx.Err() != nil:
		return stopped(context.Cause(ctx))
	case limited.Err() != nil:
		return &refusal{cause: causeTimeout, err: errors.New("no answer within " + v.client.timeout.String())}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &refusal{cause: causeCut, err: v.redact(err)}
	}
	return &refusal{cause: causeUnreachable, err: v.redact(err)}
}

// readBody reads an answer within bounds, unpacking what the transport left packed.
func readBody(response *http.Response) ([]byte, *refusal) {
	good := response.StatusCode >= 200 && response.StatusCode < 300
	limit := int64(errorCap)
	if good {
		limit = bodyCap
	}
	if response.StatusCode == http.StatusNoContent {
		return nil, nil
	}
	var source io.Reader = response.Body
	if strings.EqualFold(response.Header.Get("Content-Encoding"), "gzip") {
		unpacked, err := gzip.NewReader(source)
		if err != nil {
			return nil, broken(good, response.StatusCode, err)
		}
		source = unpacked
	}
	body, err := io.ReadAll(io.LimitReader(source, limit+1))
	if err != nil {
		return nil, broken(good, response.StatusCode, err)
	}
	if int64(len(body)) <= limit {
		return body, nil
	}
	if good {
		return nil, &refusal{cause: causeLarge, status: response.StatusCode}
	}
	return body[:limit], nil
}

// broken is a body that broke off. Of a refusal the status says enough.
func broken(good bool, status int, err error) *refusal {
	if !good {
		return nil
	}
	return &refusal{cause: causeCut, status: status, err: err}
}

// clean keeps the secret out of a text that an answer brought.
func (v *visit) clean(text string) string {
	if len(v.token.Secret) < 4 {
		return text
	}
	return strings.ReplaceAll(text, v.token.Secret, hidden)
}

func (v *visit) redact(err error) error { return errors.New(v.clean(err.Error())) }
