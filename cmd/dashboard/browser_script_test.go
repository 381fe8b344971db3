package main

import (
	"context"
	"testing"

	"github.com/chromedp/chromedp"
)

// testScript uses what only works with JavaScript: it must help and never be in the way.
func testScript(t *testing.T, browser context.Context, s *demoSite) {
	t.Run("search while typing", func(t *testing.T) {
		b := openTab(t, browser, s.url)
		b.open("/a/1/")
		b.press(`nav a[href="/a/1/users"]`)
		all := b.text(".count strong")
		b.do(chromedp.Evaluate[chromedp.Void](`window.stays = true`), chromedp.SendKeys(chromedp.CSS("#filter-q"), "an"))
		b.until("the first result", `location.search == "?q=an" && document.querySelector(".chip")`)
		b.must("the focus and the text stay", `window.stays && document.activeElement.id == "filter-q" && document.activeElement.value == "an"`)
		b.do(chromedp.KeyEvent("d"), chromedp.KeyEvent("e"))
		b.until("the next result", `location.search == "?q=ande" && document.querySelector(".chip").innerText.includes("ande")`)
		b.must("the cursor stays at the end", `window.stays && document.activeElement.id == "filter-q" && document.activeElement.selectionStart == 4`)
		b.must("every row fits", `[...document.querySelectorAll("#results tbody tr")].every(r => r.innerText.toLowerCase().includes("ande"))`)
		if some := b.text(".count strong"); some == all {
			t.Errorf("still %s", some)
		}
		b.press("#results tbody tr a")
		b.must("a user", `location.pathname.startsWith("/a/1/users/")`)
		b.back()
		b.until("the search again", `location.search == "?q=ande" && document.querySelector("#filter-q").value == "ande" && document.querySelectorAll("#results tbody tr").length > 0`)
		b.back()
		b.until("the overview again", `location.pathname == "/a/1/"`)
		b.quiet("search")
	})
	t.Run("filters and chips", func(t *testing.T) {
		b := openTab(t, browser, s.url)
		b.open("/a/1/users?q=a")
		b.click(".filter-more summary")
		b.set("#f-role", "owner-like")
		b.set("#f-privileged", "yes")
		b.click(".filter-grid button[type=submit]")
		b.until("the filters in the address", `location.search == "?q=a&role=owner-like&privileged=yes" && document.querySelectorAll(".chip").length == 3`)
		b.must("only owners", `[...document.querySelectorAll("#results tbody tr")].every(r => r.innerText.includes("Owner-like"))`)
		file := eval[string](b, `document.querySelector('a[href^="/a/1/download/users.csv"]').getAttribute("href")`)
		if file != "/a/1/download/users.csv?privileged=yes&q=a&role=owner-like" {
			t.Errorf("the download is %s", file)
		}
		b.press(`.chip:nth-child(2)`)
		b.until("one filter less", `document.querySelectorAll(".chip").length == 2`)
		b.press(`.chips > a:last-child`)
		b.until("no filter", `location.search == "" && !document.querySelector(".chip") && document.querySelector("#f-role").value == ""`)
		b.quiet("chips")
	})
	t.Run("progress to the end", func(t *testing.T) {
		b := openTab(t, browser, s.url)
		b.open("/a/1/")
		s.gate.close()
		defer s.gate.open()
		b.press(`.topbar form[action="/a/1/sync"] button`)
		b.until("the progress", `location.pathname == "/a/1/sync" && document.querySelector("#sync-panel")`)
		b.picture("sync-running-1440-light")
		b.do(look(390, "dark"))
		b.picture("sync-running-390-dark")
		s.gate.open()
		b.until("the end", `!document.querySelector("#sync-panel") && document.body.innerText.includes("The last finished sync")`)
		b.quiet("sync")
	})
	t.Run("folded numbers and menus", func(t *testing.T) {
		b := openTab(t, browser, s.url)
		b.open("/a/1/")
		b.click(".topbar details.menu summary")
		b.must("the menu opens", `document.querySelector(".topbar details.menu").open`)
		b.do(chromedp.MouseClickXY(1000, 880))
		b.must("a click elsewhere closes it", `!document.querySelector("details.menu[open]")`)
		b.quiet("menus")
	})
}
