package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// focused describes the element that has the focus, and whether a person can see that it has.
const focused = `(() => {
  const e = document.activeElement || document.body || document.documentElement, s = getComputedStyle(e), box = e.getBoundingClientRect();
  const ring = style => style.outlineStyle != "none" && parseFloat(style.outlineWidth) > 0 || style.boxShadow != "none";
  const around = e.closest(".search, .choice, .table-box");
  return {
    id: e.id, tag: e.tagName, text: (e.innerText || e.ariaLabel || "").trim().slice(0, 40), href: e.getAttribute("href") || "",
    where: [box.left, box.top, box.right, box.bottom].map(Math.round).join(" "),
    seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    ring: ring(s) || around != null && ring(getComputedStyle(around)),
  };
})()`

type focus struct {
	ID, Tag, Text, Href, Where string
	Seen, Ring                 bool
}

func (b *tab) key(key string) focus {
	b.Helper()
	b.do(chromedp.KeyEvent(key))
	return eval[focus](b, focused)
}

// tabTo presses Tab until the wanted element has the focus; on the way each one must be seen to have it.
func (b *tab) tabTo(what string, wanted func(focus) bool) focus {
	b.Helper()
	var way []focus
	for range 80 {
		f := b.key(kb.Tab)
		way = append(way, f)
		if f.Tag != "BODY" && (!f.Seen || !f.Ring) {
			b.Errorf("nobody sees that %s %q %q has the focus: %+v", f.Tag, f.ID, f.Text, f)
		}
		if wanted(f) {
			return f
		}
	}
	b.Fatalf("Tab never reached %s: %+v", what, way)
	return focus{}
}

func (b *tab) tabToText(tag, text string) focus {
	b.Helper()
	return b.tabTo(text, func(f focus) bool { return f.Tag == tag && f.Text == text })
}

// testKeys uses the pages without a mouse.
func testKeys(t *testing.T, browser context.Context, s *demoSite) {
	t.Run("skip link", func(t *testing.T) {
		b := openTab(t, browser, s.url)
		b.open("/a/1/users")
		if f := b.key(kb.Tab); f.Text != "Skip to content" || !f.Seen {
			t.Fatalf("the first stop is %+v", f)
		}
		if f := b.key(kb.Enter); f.ID != "main" {
			t.Errorf("the skip link leads to %+v", f)
		}
		if f := b.key(kb.Tab); f.Text != "All" {
			t.Errorf("behind the skip link comes %+v", f)
		}
	})
	t.Run("filters and rows", func(t *testing.T) {
		b := openTab(t, browser, s.url)
		b.open("/a/1/users")
		b.tabTo("the search", func(f focus) bool { return f.ID == "filter-q" })
		b.tabToText("SUMMARY", "Filters")
		b.key(kb.Enter)
		b.must("the filters open", `document.querySelector(".filter-more").open`)
		b.tabTo("the roles", func(f focus) bool { return f.ID == "f-role" })
		b.do(chromedp.KeyEvent("Ow")) // a select goes to what is typed
		b.tabToText("BUTTON", "Apply filters")
		b.do(chromedp.KeyEvent(kb.Enter))
		b.until("the filter", `location.search == "?role=owner-like" && document.querySelector(".chip")`)
		f := b.tabTo("a row", func(f focus) bool { return strings.HasPrefix(f.Href, "/a/1/users/") })
		b.do(chromedp.KeyEvent(kb.Enter))
		b.until("the user's page", fmt.Sprintf(`location.pathname == %q`, f.Href))
	})
	t.Run("sorting", func(t *testing.T) {
		b := openTab(t, browser, s.url)
		b.open("/a/1/users")
		b.tabTo("the column of stores", func(f focus) bool { return f.Href == "/a/1/users?sort=stores" })
		b.do(chromedp.KeyEvent(kb.Enter))
		b.until("the order", `location.search == "?sort=stores" && document.querySelector("th[aria-sort=ascending]").innerText.trim() == "Stores"`)
	})
	t.Run("menus", func(t *testing.T) {
		b := openTab(t, browser, s.url)
		b.open("/a/1/users")
		b.tabTo("the download menu", func(f focus) bool { return f.Tag == "SUMMARY" && f.Text == "Download" })
		b.key(kb.Enter)
		b.must("the menu opens", `document.activeElement.parentElement.open`)
		b.tabTo("a file", func(f focus) bool { return f.Tag == "A" && f.Href == "/a/1/download/users.csv" })
		if f := b.key(kb.Escape); f.Text != "Download" {
			t.Errorf("Escape leads to %+v", f)
		}
		b.must("the menu closes", `!document.querySelector("details.menu[open]")`)
		b.do(chromedp.KeyEvent("/"))
		b.must("a slash leads to the search", `document.activeElement.id == "filter-q"`)
	})
	t.Run("navigation on a phone", func(t *testing.T) {
		b := openTab(t, browser, s.url)
		b.do(look(390, "light"))
		b.open("/a/1/")
		b.tabToText("BUTTON", "Menu")
		b.key(kb.Enter)
		b.until("the navigation", `document.getElementById("side").matches(":popover-open")`)
		b.tabToText("A", "Users")
		b.key(kb.Escape)
		b.until("the navigation is gone", `!document.getElementById("side").matches(":popover-open")`)
		b.must("the focus is back", `document.activeElement.innerText.trim() == "Menu"`)
	})
	t.Run("matrix", func(t *testing.T) {
		b := openTab(t, browser, s.url)
		b.open("/a/1/matrix")
		b.do(chromedp.Focus(chromedp.CSS(".matrix tbody th a")))
		first := eval[focus](b, focused)
		if f := b.key(kb.ArrowRight); f == first || f.Tag != "A" || !f.Seen || !f.Ring {
			t.Errorf("an arrow leads from %+v to %+v", first, f)
		}
		b.do(chromedp.Focus(chromedp.CSS(".matrix tbody th a")))
		if f := b.key(kb.ArrowDown); f == first || f.Tag != "A" || !f.Ring {
			t.Errorf("an arrow leads from %+v to %+v", first, f)
		}
		b.quiet("matrix")
	})
}
