package web_test

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"rollcall/internal/org"
)

// tab opens chromium. Without chromium the test is skipped, but never in CI.
func tab(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil && os.Getenv("CI") == "" {
		t.Skip("chromium is not installed")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, time.Minute)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	return ctx
}

// until waits until an expression is true, also while the tab moves to another page.
func until(t *testing.T, ctx context.Context, what, expression string) {
	t.Helper()
	for ends := time.Now().Add(15 * time.Second); ; {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		if err == nil && ok {
			return
		}
		if time.Now().After(ends) {
			body, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("location.href + document.body.innerText"))
			t.Fatalf("%s did not happen: %v\n%s", what, err, body)
		}
		_ = chromedp.Do(ctx, chromedp.Sleep(20*time.Millisecond)) // the tab may be between two pages
	}
}

// The whole way in a browser, with the real policy, cookies, compression and streams: first run, connecting, a sync
// that is watched, search while typing.
func TestInABrowser(t *testing.T) {
	ctx := tab(t)
	s := openSite(t)
	do := func(steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, steps...); err != nil {
			t.Fatal(err)
		}
	}
	fill := func(name, text string) chromedp.Action[chromedp.Void] {
		return chromedp.SendKeys(chromedp.CSS("main [name='"+name+"'], form [name='"+name+"']"), text)
	}
	press := func(action string) chromedp.Action[chromedp.Void] {
		return chromedp.Click(chromedp.CSS("form[action='" + action + "'] button[type=submit]"))
	}
	do(chromedp.Navigate(s.url))
	until(t, ctx, "the set-up form", `location.pathname == "/setup"`)
	do(fill("code", s.code.Text()), fill("name", "Ada"), fill("email", "ada@example.com"), fill("password", "correct horse battery"), press("/setup"))
	until(t, ctx, "the form for an account", `location.pathname == "/connect"`)
	do(fill("uuid", realUUID), fill("token", realToken), press("/connect"))
	until(t, ctx, "the result of the check", `location.pathname == "/a/1/check" && document.body.innerText.includes("3 stores")`)

	run, err := s.db.Begin(t.Context(), 1, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	progress := func(done int) {
		t.Helper()
		step := org.Step{State: []byte("x"), Progress: org.Progress{Account: 1, Snapshot: run.Snapshot.ID, Started: time.Now(), StoresDone: done, StoresAll: 3}}
		if err := s.db.Save(t.Context(), run.Snapshot.ID, step); err != nil {
			t.Fatal(err)
		}
	}
	progress(1)
	do(chromedp.Navigate(s.url + "/a/1/sync"))
	until(t, ctx, "the first progress", `document.querySelector("#sync-panel").innerText.includes("1 of 3 stores")`)
	progress(2)
	until(t, ctx, "progress without a reload", `document.querySelector("#sync-panel").innerText.includes("2 of 3 stores")`)
	s.sync("ada", "bob") // continues the open run and closes it
	until(t, ctx, "the end", `!document.querySelector("#sync-panel") && document.body.innerText.includes("The last finished sync")`)

	do(chromedp.Navigate(s.url + "/a/1/users"))
	until(t, ctx, "both users", `document.querySelectorAll("#results tbody tr").length == 2`)
	do(chromedp.Evaluate[chromedp.Void](`window.stays = true`), chromedp.SendKeys(chromedp.CSS("#filter-q"), "bo"))
	until(t, ctx, "search while typing", `window.stays && location.search == "?q=bo" && document.querySelectorAll("#results tbody tr").length == 1`)
	if strings.Contains(s.log.String(), "status=500") {
		t.Error(s.log.String())
	}
}
