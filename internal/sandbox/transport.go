package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Transport serves requests in the same process, without a socket. Dropped connections are errors, as on a wire.
func (s *Server) Transport() http.RoundTripper { return transport{s} }

type transport struct{ handler http.Handler }

var errReset = errors.New("connection reset by peer")

// RoundTrip lets the handler answer and gives back what it wrote.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.WithContext(r.Context()) // the handler may note things in its copy
	if r.Body == nil {
		r.Body = http.NoBody
	}
	defer r.Body.Close()
	out := &reply{header: http.Header{}}
	aborted := out.serve(t.handler, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if aborted && out.status == 0 {
		return nil, fmt.Errorf("sandbox: %w", errReset)
	}
	return out.response(r, aborted), nil
}

// reply keeps what a handler writes.
type reply struct {
	header http.Header
	status int
	body   []byte
}

func (o *reply) Header() http.Header { return o.header }

func (o *reply) WriteHeader(status int) {
	if o.status == 0 {
		o.status = status
	}
}

func (o *reply) Write(p []byte) (int, error) {
	o.WriteHeader(http.StatusOK)
	o.body = append(o.body, p...)
	return len(p), nil
}

// keep takes over a whole body without copying it.
func (o *reply) keep(body []byte) { o.body = body }

// Flush has nothing to do.
func (o *reply) Flush() {}

func (o *reply) serve(h http.Handler, r *http.Request) (aborted bool) {
	defer func() {
		if p := recover(); p != nil {
			if p != http.ErrAbortHandler {
				panic(p)
			}
			aborted = true
		}
	}()
	h.ServeHTTP(o, r)
	return false
}

func (o *reply) response(r *http.Request, aborted bool) *http.Response {
	o.WriteHeader(http.StatusOK)
	var body io.Reader = bytes.NewReader(o.body)
	length := int64(len(o.body))
	if aborted {
		body, length = io.MultiReader(body, brokenReader{}), -1
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", o.status, http.StatusText(o.status)), StatusCode: o.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: o.header, Body: io.NopCloser(body), ContentLength: length, Request: r,
	}
}

// brokenReader is the end of a body whose connection was dropped.
type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
