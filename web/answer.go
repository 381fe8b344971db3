package web

import (
	"io"
	"net/http"
)

// answer is a ResponseWriter that knows whether the status went out, and which. http.ResponseController finds what is
// below it.
type answer struct {
	http.ResponseWriter
	status int
}

// Status is what went out; 0 when nothing did.
func (a *answer) Status() int { return a.status }

// WriteHeader remembers the status; those below 200 only announce one.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= http.StatusOK {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) begin() {
	if a.status == 0 {
		a.status = http.StatusOK
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.begin()
	return a.ResponseWriter.Write(b)
}

// ReadFrom lets the server send a file without copying it through the program.
func (a *answer) ReadFrom(r io.Reader) (int64, error) {
	a.begin()
	return io.Copy(a.ResponseWriter, r)
}

// Flush sends what was written so far.
func (a *answer) Flush() {
	a.begin()
	_ = http.NewResponseController(a.ResponseWriter).Flush()
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
