package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/go-chi/chi/v5"

	"rollcall/internal/signin"
	"rollcall/views"
)

// visit is what is known of one request; middleware and handlers fill it, the log line and the activity log read it.
type visit struct {
	id      string // shown on error pages and written to both logs
	address string // where the request came from
	member  signin.Member
	shell   views.Shell // of the account's page, once it is filled
	status  int         // overrides the status of the answer in the log
	err     error       // why it failed
	answer  *answer
}

type visitKey struct{}

// visitOf is the visit that record opened for the request.
func visitOf(r *http.Request) *visit { return r.Context().Value(visitKey{}).(*visit) }

// began tells whether a part of the answer went out already.
func (v *visit) began() bool { return v.answer.Status() != 0 }

// record opens the visit and writes one log line at its end: no query strings, no bodies, no names.
func (s *Server) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		v := &visit{id: rand.Text()[:16], answer: &answer{ResponseWriter: w}}
		v.address, r = s.origin(r)
		r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
		v.answer.Header().Set("X-Request-Id", v.id)
		defer func() {
			if cause := recover(); cause != nil {
				s.crashed(v, r, cause)
			}
			s.logVisit(v, r, time.Since(began))
			if v.cut() {
				panic(http.ErrAbortHandler)
			}
		}()
		next.ServeHTTP(v.answer, r)
	})
}

// crashed turns a panic into the page of an unexpected error when nothing was sent yet.
func (s *Server) crashed(v *visit, r *http.Request, cause any) {
	switch cause {
	case answered{}:
		return
	case http.ErrAbortHandler:
		v.status = statusGone
		return
	}
	v.err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
	if v.began() {
		v.status = statusGone
		return
	}
	s.problemPage(v.answer, r, http.StatusInternalServerError, v.err)
}

// cut tells whether the answer broke off, so that the connection must break off as well.
func (v *visit) cut() bool { return v.status == statusGone && v.began() }

func (s *Server) logVisit(v *visit, r *http.Request, took time.Duration) {
	status := v.status
	if status == 0 {
		status = max(v.answer.Status(), http.StatusOK)
	}
	route := "unmatched"
	if rc := chi.RouteContext(r.Context()); rc != nil && rc.RoutePattern() != "" {
		route = rc.RoutePattern()
	}
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("request", v.id), slog.String("method", r.Method), slog.String("route", route),
		slog.Int("status", status), slog.Duration("took", took), slog.Int64("member", int64(v.member.ID)),
	}
	if v.err != nil {
		attrs = append(attrs, slog.String("error", v.err.Error()))
		if status >= http.StatusInternalServerError && status != http.StatusBadGateway {
			level = slog.LevelError
		}
	}
	s.Log.LogAttrs(r.Context(), level, "request", attrs...)
}
