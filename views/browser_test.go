package views

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"rollcall/static"
)

//go:embed testdata/axe.min.js
var axe string

const csp = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// preview serves every sample under /preview/NAME with the policy of the real server.
func preview(t *testing.T) *httptest.Server {
	t.Helper()
	pages := samples()
	mux := http.NewServeMux()
	mux.Handle(static.Prefix, static.Handler())
	mux.HandleFunc("/preview/{name}", func(w http.ResponseWriter, r *http.Request) {
		page, ok := pages[r.PathValue("name")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", csp)
		if err := page.Component().Render(r.Context(), w); err != nil {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
	})
	mux.HandleFunc("/a/1/sync/events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		<-r.Context().Done()
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

// browser starts chromium once. Without chromium the test is skipped, but never in CI.
func browser(t *testing.T) context.Context {
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

// look sets the width and the colour scheme of the tab.
func look(width int64, scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(chromedp.EmulateViewport(width, 900), chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}})
		return err
	}))
}

// runAxe runs all rules of WCAG 2.2 A and AA, or only contrast where nothing but the colours changed.
const runAxe = `axe.run(document, {runOnly: %s, resultTypes: ["violations"]}).then(r =>
  JSON.stringify(r.violations.map(v => v.id + ": " + v.help + "\n" + v.nodes.slice(0, 4).map(n =>
    "    " + n.html.slice(0, 160) + "\n      " + n.failureSummary.replaceAll("\n", " ").slice(0, 300)).join("\n"))))`

const (
	allRules = `["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa"]`
	contrast = `{type: "rule", values: ["color-contrast"]}`
)

func violations(ctx context.Context, rules string) ([]string, error) {
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[any](axe+"; 0")); err != nil {
		return nil, err
	}
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf(runAxe, rules), chromedp.EvalAwaitPromise))
	if err != nil {
		return nil, err
	}
	var list []string
	return list, json.Unmarshal([]byte(text), &list)
}

// cut finds tables whose box neither scrolls nor shows them whole.
const cut = `[...document.querySelectorAll(".table-box")].filter(b => getComputedStyle(b).overflowX == "clip" && b.scrollWidth > b.clientWidth + 1).map(b => b.ariaLabel + " by " + (b.scrollWidth - b.clientWidth)).join("; ")`

const sideways = `document.scrollingElement.scrollWidth - document.documentElement.clientWidth`

// console collects errors that a tab writes.
type console struct {
	mu    sync.Mutex
	lines []string
}

func (c *console) follow(ctx context.Context) {
	for message, err := range chromedp.Console(ctx) {
		if err != nil {
			return
		}
		if message.Type == chromedp.ConsoleError || message.IsException() {
			c.mu.Lock()
			c.lines = append(c.lines, message.String())
			c.mu.Unlock()
		}
	}
}

func (c *console) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	lines := c.lines
	c.lines = nil
	return lines
}

// Every page in both colour schemes at two widths: no accessibility violation, no console error, and no sideways
// scrolling at 320 px. ROLLCALL_SHOTS names a folder for pictures, ROLLCALL_PAGES picks pages by a part of their names.
func TestPagesInTheBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	ctx, server := browser(t), preview(t)
	names := slices.Sorted(maps.Keys(samples()))
	work := make(chan string, len(names))
	for _, name := range names {
		if strings.Contains(name, os.Getenv("ROLLCALL_PAGES")) {
			work <- name
		}
	}
	close(work)
	var tabs sync.WaitGroup
	for range 2 {
		tabs.Go(func() {
			tab, cancel := chromedp.NewContext(ctx)
			defer cancel()
			if err := chromedp.Do(tab); err != nil {
				t.Errorf("open a tab: %v", err)
				return
			}
			seen := &console{}
			go seen.follow(tab)
			for name := range work {
				if err := inspect(t, tab, seen, server.URL, name); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
	tabs.Wait()
}

// view is a width and a colour scheme in which a page is looked at.
type view struct {
	width         int64
	scheme, rules string
}

// states are further states of pages: they are looked at in two ways, pages in four.
var states = []string{"-error", "-refused", "-none", "-equal", "-failed", "-no-match", "-never-synced", "-one-store", "-not-read", "-in-account", "-past"}

func looksAt(name string) []view {
	if slices.ContainsFunc(states, func(state string) bool { return strings.HasSuffix(name, state) }) {
		return []view{{1440, "light", allRules}, {390, "dark", allRules}}
	}
	return []view{{1440, "light", allRules}, {390, "light", allRules}, {390, "dark", contrast}, {1440, "dark", contrast}}
}

func inspect(t *testing.T, ctx context.Context, seen *console, base, name string) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	for i, view := range looksAt(name) {
		steps := []chromedp.Action[chromedp.Void]{look(view.width, view.scheme)}
		if i%2 == 0 || view.rules == allRules {
			steps = append(steps, chromedp.Navigate(base+"/preview/"+name))
		}
		if err := chromedp.Do(ctx, steps...); err != nil {
			return err
		}
		lost, err := chromedp.Run(ctx, chromedp.Evaluate[string](cut))
		if err != nil {
			return err
		}
		if lost != "" {
			t.Errorf("%s at %d px: cut off: %s", name, view.width, lost)
		}
		found, err := violations(ctx, view.rules)
		if err != nil {
			return err
		}
		for _, violation := range found {
			t.Errorf("%s at %d px, %s: %s", name, view.width, view.scheme, violation)
		}
		if dir := os.Getenv("ROLLCALL_SHOTS"); dir != "" {
			if err := shoot(ctx, view.width, filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", name, view.width, view.scheme))); err != nil {
				return err
			}
		}
	}
	if err := inspectOpen(t, ctx, name); err != nil {
		return err
	}
	if err := chromedp.Do(ctx, look(320, "light")); err != nil {
		return err
	}
	over, err := chromedp.Run(ctx, chromedp.Evaluate[int](sideways))
	if err != nil {
		return err
	}
	if over > 0 {
		t.Errorf("%s: the page scrolls sideways by %d px at 320 px", name, over)
	}
	for _, line := range seen.take() {
		t.Errorf("%s: console: %s", name, line)
	}
	return nil
}

// opened lists the pages whose menus, panels and folded forms are looked at open too.
var opened = map[string]bool{"users": true, "settings": true, "users-filtered-past": true}

const openAll = `document.querySelectorAll("details").forEach(d => d.open = true); 0`

// inspectOpen opens what is folded, at a wide and a narrow width, and the navigation on the narrow one.
func inspectOpen(t *testing.T, ctx context.Context, name string) error {
	if !opened[name] {
		return nil
	}
	for _, width := range []int64{1440, 390} {
		script := openAll
		if width == 390 && name == "users" {
			script = `document.getElementById("side").showPopover(); 0`
		}
		if err := chromedp.Do(ctx, look(width, "light"), chromedp.Reload()); err != nil {
			return err
		}
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[int](script)); err != nil {
			return err
		}
		found, err := violations(ctx, allRules)
		if err != nil {
			return err
		}
		for _, violation := range found {
			t.Errorf("%s opened at %d px: %s", name, width, violation)
		}
		over, err := chromedp.Run(ctx, chromedp.Evaluate[int](sideways))
		if err != nil {
			return err
		}
		if over > 0 {
			t.Errorf("%s opened at %d px: the page scrolls sideways by %d px", name, width, over)
		}
		if dir := os.Getenv("ROLLCALL_SHOTS"); dir != "" {
			if err := shoot(ctx, width, filepath.Join(dir, fmt.Sprintf("%s-open-%d.png", name, width))); err != nil {
				return err
			}
		}
	}
	return nil
}

// shoot makes the window as high as the page and takes a picture of it.
func shoot(ctx context.Context, width int64, path string) error {
	height, err := chromedp.Run(ctx, chromedp.Evaluate[int64](`Math.min(document.documentElement.scrollHeight, 6000)`))
	if err != nil {
		return err
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, max(900, height))); err != nil {
		return err
	}
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		return err
	}
	return os.WriteFile(path, picture, 0o600)
}
