package views

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"rollcall/internal/org"
	"rollcall/static"
)

// dropFile drops a file on an element as a person would with the mouse.
const dropFile = `(() => {
  const data = new DataTransfer();
  data.items.add(new File(["ACCESS TOKEN: abc"], "credentials.txt", {type: "text/plain"}));
  const zone = document.querySelector(".drop");
  for (const kind of ["dragover", "drop"]) zone.dispatchEvent(new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true}));
  return 0;
})()`

func TestADroppedFileIsSentAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	var mu sync.Mutex
	var got string
	mux := http.NewServeMux()
	mux.Handle(static.Prefix, static.Handler())
	mux.HandleFunc("GET /a/1/api-accounts/add", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", csp)
		page := NewAddAPIAccounts(sampleIntegrationShell(r.URL.String()), nil, org.APIAccount{}, nil, AddProblem{})
		if err := page.Component().Render(r.Context(), w); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("POST /a/1/api-accounts/import", func(w http.ResponseWriter, r *http.Request) {
		file, head, err := r.FormFile("files")
		if err != nil {
			t.Error(err)
			return
		}
		text, _ := io.ReadAll(file)
		mu.Lock()
		got = head.Filename + ": " + string(text)
		mu.Unlock()
		http.Redirect(w, r, "/a/1/api-accounts/add?result=last", http.StatusSeeOther)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	ctx := browser(t)
	seen := &console{}
	go seen.follow(ctx)
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, look(1440, "light"), chromedp.Navigate(server.URL+"/a/1/api-accounts/add")); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](dropFile)); err != nil && !strings.Contains(err.Error(), "navigat") {
		t.Logf("drop: %v", err) // the tab may be on its way already
	}
	until(t, ctx, "the result", `location.search == "?result=last"`)
	mu.Lock()
	defer mu.Unlock()
	if got != "credentials.txt: ACCESS TOKEN: abc" {
		t.Errorf("got %q", got)
	}
	for _, line := range seen.take() {
		t.Errorf("console: %s", line)
	}
}
