package web

import (
	"context"
	"fmt"
	"io"

	"github.com/a-h/templ"
)

type plainProblem struct {
	status   int
	text, id string
}

func (p plainProblem) Component() templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := fmt.Fprintf(w, "<!doctype html><title>Rollcall</title><h1>%d</h1><p>%s</p><p>%s</p>", p.status, templ.EscapeString(p.text), p.id)
		return err
	})
}
