package main

import (
	"bytes"
	"log/slog"
	"testing"
	"time"
)

// BenchmarkDemoHistory builds what the demo shows when it opens: 120 days, each synced like a real one.
// Its budget is below five seconds with everything else that happens at the start.
func BenchmarkDemoHistory(b *testing.B) {
	for b.Loop() {
		h, d := openDemo(b)
		if err := d.live(b.Context(), h, demoDays); err != nil {
			b.Fatal(err)
		}
	}
}

// openDemo opens a demo's house in a folder of the test.
func openDemo(tb testing.TB) (*house, *demo) {
	tb.Helper()
	d := newDemo(time.Time{})
	std := streams{in: &bytes.Buffer{}, out: &bytes.Buffer{}, err: &bytes.Buffer{}}
	h, err := openHouse(tb.Context(), &Global{Data: tb.TempDir(), LogLevel: "error"}, demoAPI, std, "demo", d.furnish)
	if err != nil {
		tb.Fatal(err)
	}
	h.log = slog.New(slog.DiscardHandler)
	tb.Cleanup(func() { h.Close() })
	return h, d
}
