package views

import (
	"context"
	"io"
	"testing"

	"rollcall/internal/org"
)

// go test -bench Render ./views
func BenchmarkRender(b *testing.B) {
	s := sampleShell("/a/1/users")
	users := NewUsers(s, org.UserPage{Rows: sampleUsers(50), Total: 20000, From: 1, Next: "n"}, org.Query{}, choicesOf(1000))
	for name, p := range map[string]Page{"users": users, "matrix": NewMatrix(s, sampleMatrix(), org.Query{}, choicesOf(1000))} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := p.Component().Render(context.Background(), io.Discard); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
