package views

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"rollcall/internal/org"
	"rollcall/static"
)

// site is a small server with the real policy: a Users list that can be searched and a sync that ends.
func site(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	render := func(w http.ResponseWriter, r *http.Request, p Page) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", csp)
		if err := p.Component().Render(r.Context(), w); err != nil {
			t.Errorf("%s: %v", r.URL, err)
		}
	}
	mux.Handle(static.Prefix, static.Handler())
	mux.HandleFunc("/a/1/users", func(w http.ResponseWriter, r *http.Request) {
		q, err := org.ParseQuery(r.URL.Query())
		if err != nil {
			t.Errorf("%s: %v", r.URL, err)
		}
		choices := sampleChoices()
		if r.Header.Get("HX-Request") != "" { // what the panel offers need not be sent while somebody types
			choices = org.FilterChoices{}
		}
		render(w, r, NewUsers(sampleShell(r.URL.String()), org.UserPage{Rows: sampleUsers(3), Total: 100 + len(q.Search), From: 1}, q, choices))
	})
	mux.HandleFunc("/a/1/sync", func(w http.ResponseWriter, r *http.Request) {
		s := sampleShell(r.URL.String())
		if r.URL.Query().Get("run") != "" {
			s.Sync.Progress = &org.Progress{Started: sampleNow, StoresAll: 214, StoresDone: 1}
		}
		render(w, r, NewSyncPage(s))
	})
	mux.HandleFunc("/a/1/sync/events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		s := sampleShell("/a/1/sync")
		for done := 100; done <= 102; done++ {
			s.Sync.Progress = &org.Progress{Started: sampleNow, StoresAll: 214, StoresDone: done}
			var page strings.Builder
			if err := NewSyncPanel(s).Component().Render(r.Context(), &page); err != nil {
				t.Errorf("panel: %v", err)
			}
			fmt.Fprintf(w, "data: %s\n\n", strings.ReplaceAll(page.String(), "\n", "\ndata: "))
			w.(http.Flusher).Flush()
		}
		if r.URL.Query().Get("stay") == "" && !strings.Contains(r.Referer(), "stay") {
			fmt.Fprint(w, "event: sync-done\ndata: done\n\n")
			w.(http.Flusher).Flush()
		}
		<-r.Context().Done()
	})
	server := httptest.NewServer(mux)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return server
}

// until evaluates an expression again and again until it is true, also while the tab moves to another page.
func until(t *testing.T, ctx context.Context, what, expression string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		if err == nil && ok {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("%s did not happen: %v", what, err)
		}
		if err := chromedp.Do(ctx, chromedp.Sleep(20*time.Millisecond)); err != nil { // a page may be on its way
			t.Fatalf("%s did not happen: %v", what, err)
		}
	}
}

func TestScriptsMakeItSmoother(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	ctx, server := browser(t), site(t)
	seen := &console{}
	go seen.follow(ctx)
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()

	t.Run("search follows typing and keeps the field, the address and the downloads in step", func(t *testing.T) {
		if err := chromedp.Do(ctx, look(1440, "light"), chromedp.Navigate(server.URL+"/a/1/users?role=custom")); err != nil {
			t.Fatal(err)
		}
		until(t, ctx, "start", `document.documentElement.classList.contains("has-js") && window.htmx`)
		if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](`document.dispatchEvent(new KeyboardEvent("keydown", {key: "/", bubbles: true}))`)); err != nil {
			t.Logf("key: %v", err)
		}
		until(t, ctx, "focus by slash", `document.activeElement.id == "filter-q"`)
		if err := chromedp.Do(ctx, chromedp.SendKeys(chromedp.CSS("#filter-q"), "王 o'b")); err != nil {
			t.Fatal(err)
		}
		until(t, ctx, "results", `document.querySelector("#results").innerText.includes("107 users")`)
		until(t, ctx, "field kept", `document.activeElement.id == "filter-q" && document.activeElement.value == "王 o'b"`)
		until(t, ctx, "address", `new URL(location).searchParams.get("q") == "王 o'b" && new URL(location).searchParams.get("role") == "custom"`)
		until(t, ctx, "short address", `[...new URL(location).searchParams.keys()].sort().join() == "q,role"`)
		until(t, ctx, "choices kept", `document.querySelector("#f-store").options.length > 5`)
		until(t, ctx, "downloads", `document.querySelector("a[download]").href.includes("q=") && document.querySelector("a[download]").href.includes("role=custom")`)
	})
	t.Run("progress arrives over the stream", func(t *testing.T) {
		if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+"/a/1/sync?run=1&stay=1")); err != nil {
			t.Fatal(err)
		}
		until(t, ctx, "progress", `document.querySelector("#sync-panel").innerText.includes("102 of 214 stores done")`)
	})
	t.Run("the end of the sync leads to its result", func(t *testing.T) {
		if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+"/a/1/sync?run=1")); err != nil {
			t.Fatal(err)
		}
		until(t, ctx, "result", `location.search == "" && document.querySelector("main").innerText.includes("The last finished sync")`)
	})
	for _, line := range seen.take() {
		t.Errorf("console: %s", line)
	}
}
