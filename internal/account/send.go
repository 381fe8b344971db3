package account

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/Khan/genqlient/graphql"

	"rollcall/internal/org"
	"rollcall/internal/throttle"
)

// bodyCap bounds an answer after decompression, errorCap one that is no success.
const (
	bodyCap  = 64 << 20
	errorCap = 64 << 10
)

// call is what one request brought beside its data.
type call struct {
	sent    bool // it counts against the quota
	status  int
	header  http.Header
	data    json.RawMessage // valid, of a success
	errors  []answerError
	refusal refusal
	kind    org.Kind // of the refusal, or zero
	bytes   int
	at      time.Time
}

type callKey struct{}

// score is the complexity that the API counted, 0 when it did not say (facts 1.10).
func (c *call) score() int {
	n, err := strconv.Atoi(strings.TrimSpace(c.header.Get("X-Bc-Graphql-Complexity")))
	if err != nil || n < 0 || n > 1_000_000_000 {
		return 0
	}
	return n
}

// slow tells whether a request failed as large ones do: with 502, 504, a time-out or a cut connection.
func (c *call) slow() bool {
	return c.kind == org.KindUnavailable && (c.status == 0 || c.status == http.StatusBadGateway || c.status == http.StatusGatewayTimeout)
}

// send sends one request through genqlient's client. The call is filled in any case. It holds the data, which genqlient
// would scan several times over.
func (c *Client) send(ctx context.Context, query, name string) (*call, error) {
	record := &call{header: http.Header{}}
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, callKey{}, record), c.timeout)
	defer cancel()
	err := c.graphql.MakeRequest(ctx, &graphql.Request{Query: query, OpName: name}, &graphql.Response{})
	record.at = c.now()
	if err != nil {
		err = c.explain(ctx, err)
		record.kind = org.KindOf(err)
	}
	return record, err
}

// batch sends one request for parts of the account.
func (c *Client) batch(ctx context.Context, query, name string) (batch, *call, error) {
	record, err := c.send(ctx, query, name)
	if err != nil {
		return batch{}, record, err
	}
	data, err := batchOf(record.data)
	if err != nil {
		record.kind = org.KindOf(err)
	}
	return data, record, err
}

// explain turns what the network did into an error for people; refusals by the API are such errors already.
func (c *Client) explain(ctx context.Context, err error) error {
	var limit *org.LimitError
	var known *org.Error
	switch {
	case errors.As(err, &limit):
		return limit
	case errors.As(err, &known):
		return known
	case errors.Is(ctx.Err(), context.Canceled):
		return context.Canceled
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return org.Problem(org.KindUnavailable, "BigCommerce did not answer in time. Asking for less at a time may help.", errors.New("account API: time-out"))
	}
	var syntax *json.SyntaxError
	var shape *json.UnmarshalTypeError
	if errors.As(err, &syntax) || errors.As(err, &shape) || errors.Is(err, io.ErrUnexpectedEOF) {
		return org.Problem(org.KindBroken, "BigCommerce sent an answer that cannot be read. Asking again may help.", c.redact(err))
	}
	return org.Problem(org.KindUnavailable, "BigCommerce cannot be reached. Check the network and the address of the API.", c.redact(err))
}

// redact makes sure that no error text holds the token, whatever echoed it.
func (c *Client) redact(err error) error {
	return errors.New(strings.ReplaceAll(err.Error(), c.token, "[token]"))
}

// sender is what genqlient's client sends with. It adds the headers, reads the body within bounds and judges status
// and errors itself, so that genqlient sees nothing but success, and the record gets the data.
type sender struct {
	client *http.Client
	token  string
	agent  string
	now    func() time.Time
}

func (s *sender) Do(request *http.Request) (*http.Response, error) {
	request.Header.Set("X-Auth-Token", s.token)
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", s.agent)
	record, _ := request.Context().Value(callKey{}).(*call)
	if record == nil {
		record = &call{}
	}
	response, err := s.client.Do(request)
	if err != nil {
		var limit *org.LimitError
		record.sent = !errors.As(err, &limit) || errors.Is(err, throttle.ErrAnswered)
		return nil, err
	}
	defer response.Body.Close()
	record.sent, record.status, record.header = true, response.StatusCode, response.Header
	body, err := readBody(response)
	record.bytes = len(body)
	if err != nil {
		return nil, err
	}
	return s.judge(record, response, body)
}

func readBody(response *http.Response) ([]byte, error) {
	limit := int64(bodyCap)
	if response.StatusCode != http.StatusOK {
		limit = errorCap
	}
	var buffer bytes.Buffer
	if response.ContentLength > 0 {
		buffer.Grow(int(min(response.ContentLength, limit)) + bytes.MinRead)
	}
	_, err := buffer.ReadFrom(io.LimitReader(response.Body, limit+1))
	body := buffer.Bytes()
	if err != nil && response.StatusCode == http.StatusOK {
		return nil, problem(org.KindBroken, "The answer of BigCommerce broke off. Asking again may help.", err.Error())
	}
	if int64(len(body)) > limit {
		if response.StatusCode == http.StatusOK {
			return nil, problem(org.KindTooComplex, "The answer of BigCommerce is too large. Rollcall asks for less at a time from now on.", "more than 64 MiB")
		}
		body = body[:limit]
	}
	return body, nil
}

func (s *sender) judge(record *call, response *http.Response, body []byte) (*http.Response, error) {
	if response.StatusCode == http.StatusTooManyRequests {
		return nil, &org.LimitError{Until: throttle.Until(response.Header, s.now()), Err: throttle.ErrAnswered}
	}
	if token := []byte(s.token); bytes.Contains(body, token) {
		body = bytes.ReplaceAll(body, token, []byte("[token]"))
	}
	a, said, err := readAnswer(response.StatusCode, body)
	record.data, record.errors, record.refusal = a.data, a.errors, said
	if err != nil {
		return nil, err
	}
	response.Body, response.ContentLength = io.NopCloser(strings.NewReader(`{"data":{}}`)), -1
	return response, nil
}

func userAgent(version string) string {
	if version == "" {
		version = "dev"
	}
	return fmt.Sprintf("Rollcall/%s (multi-store user audit)", version)
}
