package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2/memstore"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	devtools "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"rollcall/internal/org"
	"rollcall/internal/sandbox"
	"rollcall/internal/signin"
)

// TestDemoInTheBrowser looks at a demo with a few days of history through a real browser: first everything that only
// reads, then the flows that change something.
func TestDemoInTheBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	browser := openBrowser(t)
	s := openDemoSite(t)
	t.Run("pages", func(t *testing.T) { testPages(t, browser, s) })
	t.Run("hostile", func(t *testing.T) { testHostile(t, browser, s) })
	t.Run("keys", func(t *testing.T) { testKeys(t, browser, s) })
	t.Run("keys stores", func(t *testing.T) { testKeysStores(t, browser, s) })
	t.Run("script", func(t *testing.T) { testScript(t, browser, s) })
	t.Run("plain", func(t *testing.T) { testPlain(t, browser, s) })
	t.Run("plain stores", func(t *testing.T) { testPlainStores(t, browser, s) })
	if log := s.log.String(); strings.Contains(log, "status=500") || strings.Contains(log, "panic") {
		t.Errorf("an unexpected error:\n%s", log)
	}
}

// demoSite is a served demo.
type demoSite struct {
	url   string
	other org.AccountID // a second account, never synced
	gate  *gate         // to BigCommerce
	log   *spout
	world *sandbox.Server
}

// historyDays is enough for changes, a comparison and a past day.
const historyDays = 6

func openDemoSite(t *testing.T) *demoSite {
	t.Helper()
	h, d := openDemo(t)
	if err := d.live(t.Context(), h, historyDays); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &demoSite{url: "http://" + listener.Addr().String(), gate: &gate{wire: h.wire}, log: &spout{}, world: d.world}
	h.log, h.wire = slog.New(slog.NewTextHandler(s.log, nil)), s.gate
	const otherUUID, otherToken = "7c2f4d63-0e1f-4d8b-9b54-2a1d6f3e8ca1", "other0token0other0token0other0tok"
	other, err := h.db.ConnectAccount(t.Context(), otherUUID, org.Last4(otherToken), h.seal(otherToken))
	if err != nil {
		t.Fatal(err)
	}
	s.other = other.ID
	e := edge{}
	e.Addr, e.Demo, e.NextDay = listener.Addr().String(), d.visitor(), d.nextDay
	e.Door, e.Sessions = signin.New(h.db, signin.NewHasher(signin.DefaultCost), signin.NewSetupCode(), h.now), memstore.New()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.serve(ctx, t.TempDir(), e, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("the demo ended: %v", err)
		}
	})
	return s
}

// gate holds requests to BigCommerce back while it is shut, so that a sync stays at its beginning.
type gate struct {
	wire http.RoundTripper

	mu   sync.Mutex
	shut chan struct{} // nil while open
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = make(chan struct{})
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut != nil {
		close(g.shut)
		g.shut = nil
	}
}

func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	g.mu.Lock()
	shut := g.shut
	g.mu.Unlock()
	if shut != nil {
		select {
		case <-shut:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	return g.wire.RoundTrip(r)
}

// answer is what a request without a browser got.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request and follows no redirect.
func (s *demoSite) ask(t *testing.T, r *http.Request) answer {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	response, err := client.Do(r)
	if err != nil {
		t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	return answer{response.StatusCode, response.Header, string(body)}
}

func (s *demoSite) get(t *testing.T, path string) answer {
	t.Helper()
	return s.ask(t, request(t, http.MethodGet, s.url+path, ""))
}

func (s *demoSite) post(t *testing.T, path string, form url.Values) answer {
	t.Helper()
	return s.ask(t, request(t, http.MethodPost, s.url+path, form.Encode()))
}

func request(t *testing.T, method, address, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

// openBrowser starts chromium. Without chromium the test is skipped, but never in CI.
func openBrowser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil && os.Getenv("CI") == "" {
		t.Skip("chromium is not installed")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.UserDataDir(t.TempDir()))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	return ctx
}

// tab is one tab of the browser at one server. What the console says and what the policy forbids is collected.
type tab struct {
	*testing.T
	ctx  context.Context
	base string

	mu    sync.Mutex
	heard []string
}

// watch runs in every document before its own scripts: it collects violations of the policy and when the largest part
// was painted.
const watch = `window.seen = {policy: [], painted: 0};
  document.addEventListener("securitypolicyviolation", e => seen.policy.push(e.violatedDirective + " " + e.blockedURI));
  new PerformanceObserver(list => { for (const e of list.getEntries()) seen.painted = e.startTime }).observe({type: "largest-contentful-paint", buffered: true});`

func openTab(t *testing.T, browser context.Context, base string) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 4*time.Minute)
	t.Cleanup(cancel)
	b := &tab{T: t, ctx: ctx, base: base}
	b.do(chromedp.EmulateViewport(1440, 900), call(devtools.AddScriptToEvaluateOnNewDocument, devtools.AddScriptToEvaluateOnNewDocumentParams{Source: watch}))
	messages := chromedp.Console(ctx)
	go func() {
		for message, err := range messages {
			if err != nil {
				return
			}
			if message.Type == chromedp.ConsoleError || message.IsException() {
				b.mu.Lock()
				b.heard = append(b.heard, message.String())
				b.mu.Unlock()
			}
		}
	}()
	return b
}

// call is a command of the protocol as a step.
func call[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, command, params)
		return err
	})
}

// look sets the width and the colour scheme.
func look(width int64, scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(chromedp.EmulateViewport(width, 900), call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	}))
}

// withoutScripts switches JavaScript off for the pages that follow.
func (b *tab) withoutScripts() {
	b.Helper()
	b.do(call(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		where, _ := chromedp.Run(b.ctx, chromedp.Location())
		b.Fatalf("at %s: %v", where, err)
	}
}

// open goes to an address of the server and returns the status of the document.
func (b *tab) open(path string) int {
	b.Helper()
	response, err := chromedp.Run(b.ctx, chromedp.NavigateResponse(b.base+path))
	if err != nil {
		b.Fatalf("open %s: %v", path, err)
	}
	return int(response.Status)
}

// press clicks an element that leads to another page, and waits for that page.
func (b *tab) press(selector string) int {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	response, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(selector)))
	if err != nil {
		b.Fatalf("press %s: %v\n%s", selector, err, b.text("body"))
	}
	return int(response.Status)
}

// back is the browser's back button. The page may come from memory, so nothing tells that it has loaded.
func (b *tab) back() {
	b.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](`history.back()`))
}

func (b *tab) click(selector string) { b.Helper(); b.do(chromedp.Click(chromedp.CSS(selector))) }

// set puts a value into a field, as if it had been chosen there.
func (b *tab) set(selector, value string) {
	b.Helper()
	b.do(chromedp.SetValue(chromedp.CSS(selector), value))
}

// eval evaluates an expression in the page.
func eval[V any](b *tab, expression string) V {
	b.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[V](expression))
	if err != nil {
		b.Fatalf("%s: %v", expression, err)
	}
	return v
}

// text is what a reader sees in the first element that fits, empty when none does.
func (b *tab) text(selector string) string {
	b.Helper()
	return eval[string](b, fmt.Sprintf(`document.querySelector(%q)?.innerText ?? ""`, selector))
}

// must checks that an expression is true in the page.
func (b *tab) must(what, expression string) {
	b.Helper()
	if !eval[bool](b, "!!("+expression+")") {
		b.Fatalf("%s: not so at %s\n%s", what, eval[string](b, "location.href"), b.text("body"))
	}
}

// until waits until an expression is true, also while the tab moves to another page.
func (b *tab) until(what, expression string) {
	b.Helper()
	for ends := time.Now().Add(20 * time.Second); ; {
		ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		if err == nil && ok {
			return
		}
		if time.Now().After(ends) {
			b.Fatalf("%s did not happen (%v): %s\n%s", what, err, eval[string](b, "location.href"), b.text("body"))
		}
		_ = chromedp.Do(b.ctx, chromedp.Sleep(20*time.Millisecond)) // the tab may be between two pages
	}
}

// quiet checks that the console and the policy had nothing to say since the last time.
func (b *tab) quiet(name string) {
	b.Helper()
	for _, line := range eval[[]string](b, `window.seen ? seen.policy.splice(0) : []`) {
		b.Errorf("%s: against the content security policy: %s", name, line)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, line := range b.heard {
		b.Errorf("%s: console: %s", name, line)
	}
	b.heard = nil
}

// forgive forgets what the console said with these words.
func (b *tab) forgive(words string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.heard = slices.DeleteFunc(b.heard, func(line string) bool { return strings.Contains(line, words) })
}

// picture keeps what the tab shows in the folder that ROLLCALL_TEST_SHOTS names.
func (b *tab) picture(name string) {
	b.Helper()
	dir := os.Getenv("ROLLCALL_TEST_SHOTS")
	if dir == "" {
		return
	}
	shot, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), shot, 0o600)
	}
	if err != nil {
		b.Errorf("picture of %s: %v", name, err)
	}
}
