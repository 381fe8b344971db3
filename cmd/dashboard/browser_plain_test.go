package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// testPlain goes through every flow with JavaScript switched off.
func testPlain(t *testing.T, browser context.Context, s *demoSite) {
	flow := func(name string, steps func(b *tab)) {
		t.Run(name, func(t *testing.T) {
			b := openTab(t, browser, s.url)
			b.withoutScripts()
			steps(b)
			b.quiet(name)
		})
	}
	flow("what pages say", s.plainWords)
	flow("search, filter and download", s.plainUsers)
	flow("sort and pages", s.plainPages)
	flow("a past day", s.plainPast)
	flow("compare", s.plainCompare)
	flow("label a store", s.plainLabels)
	flow("settings", s.plainSettings)
	flow("sync with progress", s.plainSync)
	flow("next day", s.plainNextDay)
}

func (s *demoSite) plainWords(b *tab) {
	b.open("/a/1/changes?kind=rights_gained,rights_lost")
	b.must("every change of rights says which", `document.querySelector(".change") && [...document.querySelectorAll(".change")].every(c => c.querySelector(".diff li"))`)
	b.open("/a/1/stores")
	b.press("tbody tr a")
	b.must("the users of a store by name", `document.querySelector("th[aria-sort=ascending]").innerText.trim() == "User" &&
	  (names => names.length > 3 && names.every((n, i) => i == 0 || names[i - 1].localeCompare(n, "en", {sensitivity: "base"}) <= 0))(
	    [...document.querySelectorAll("tbody th .name")].map(n => n.innerText.trim()).filter(n => /^[a-z]/i.test(n)))`)
	b.open("/a/1/users?sort=first-seen")
	b.must("nobody was first seen in the future", `[...document.querySelectorAll("td[data-label='First seen'] time")].every(t => Date.parse(t.dateTime) <= Date.parse(document.querySelector("#as-of").value) + 864e5)`)
	b.do(look(390, "light"))
	b.open("/a/1/")
	b.must("reasons are not cut off", `document.querySelector(".worst li") && [...document.querySelectorAll(".worst .clip > div")].every(d => d.scrollWidth <= d.parentElement.clientWidth)`)
}

func (s *demoSite) plainUsers(b *tab) {
	b.open("/a/1/users")
	b.set("#filter-q", "an")
	b.press(".filter-bar > button[type=submit]")
	b.must("the search", `location.search.includes("q=an") && document.querySelector(".chip").innerText.includes("an")`)
	b.click(".filter-more summary")
	b.set("#f-login", "active")
	b.press(".filter-grid button[type=submit]")
	b.must("both filters", `document.querySelectorAll(".chip").length == 2`)
	total := b.text(".count strong")
	b.click(".end details.menu summary")
	got := s.get(b.T, eval[string](b, `document.querySelector('a[href^="/a/1/download/users.csv"]').getAttribute("href")`))
	rows, err := csv.NewReader(strings.NewReader(got.body)).ReadAll()
	if err != nil || got.status != http.StatusOK || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") {
		b.Fatalf("download: status %d, %v, %v", got.status, got.header, err)
	}
	if n := fmt.Sprintf("%d users", len(rows)-1); n != total {
		b.Errorf("the file has %s, the page %s", n, total)
	}
	b.press(".chip")
	b.must("one filter less", `document.querySelectorAll(".chip").length == 1`)
	b.open("/a/1/exports")
	b.must("the file is listed", `document.querySelector('a[href^="/a/1/exports/"][href$="/file"]')`)
}

func (s *demoSite) plainPages(b *tab) {
	b.open("/a/1/users")
	b.press(`th a[href="/a/1/users?sort=login"]`)
	b.must("sorted", `document.querySelector("th[aria-sort]").innerText.includes("Last sign-in")`)
	first := b.text("tbody tr")
	b.press("a[rel=next]")
	b.must("the second page", `document.querySelector(".pager").innerText.includes("51–100 of")`)
	if b.text("tbody tr") == first {
		b.Error("the second page begins like the first")
	}
	b.press("a[rel=prev]")
	b.must("the first page", `document.querySelector(".pager").innerText.includes("1–50 of")`)
	if got := b.text("tbody tr"); got != first {
		b.Errorf("back on the first page stands %q, not %q", got, first)
	}
}

func (s *demoSite) plainPast(b *tab) {
	b.open("/a/1/users")
	newest := eval[string](b, `document.querySelector("#as-of").value`)
	past := eval[string](b, `new Date(Date.parse(document.querySelector("#as-of").value) - 3 * 864e5).toISOString().slice(0, 10)`)
	b.click(`details.menu:has(#as-of) summary`)
	b.set("#as-of", past)
	b.press(`form:has(#as-of) button`)
	b.must("the past", `document.querySelector(".strip:not(.demo)").innerText.includes("You are looking at the end of")`)
	b.press(`nav a[href*="/stores"]`)
	b.must("the day stays on other pages", fmt.Sprintf(`location.search.includes("as-of=") && document.querySelector("#as-of").value == %q`, past))
	b.press(`.strip:not(.demo) a`)
	b.must("the newest again", fmt.Sprintf(`!location.search && document.querySelector("#as-of").value == %q`, newest))
}

func (s *demoSite) plainCompare(b *tab) {
	b.open("/a/1/snapshots")
	b.click(`input[name=since][value="2"]`)
	b.click(`input[name="as-of"][value="5"]`)
	b.press(`form[action="/a/1/compare"] button`)
	b.must("the comparison", `document.querySelector("h1").innerText == "Snapshot 2 to 5" && document.querySelectorAll(".change").length > 0`)
}

func (s *demoSite) plainLabels(b *tab) {
	b.open("/a/1/stores")
	b.press("tbody tr a")
	name := b.text("h1")
	b.set("#labels", "live, EMEA")
	b.press(`form[action$="/labels"] button`)
	b.must("saved", `document.querySelector(".flash").innerText.includes("saved") && document.querySelector("#labels").value == "EMEA, live"`)
	b.open("/a/1/stores?label=EMEA")
	if got := b.text("tbody th"); !strings.Contains(got, name) || b.text(".count strong") != "1 store" {
		b.Errorf("the label finds %q in %s, not %q", got, b.text(".count strong"), name)
	}
	b.press("tbody tr a")
	b.set("#labels", strings.Repeat("x", 500))
	if status := b.press(`form[action$="/labels"] button`); status != http.StatusUnprocessableEntity {
		b.Errorf("a label that is too long: status %d", status)
	}
	b.must("what was typed stays", `document.querySelector("#labels").value.length == 500`)
	b.forgive("Failed to load resource")
}

func (s *demoSite) plainSettings(b *tab) {
	b.open("/a/1/settings")
	b.set("#zone", "Europe/Berlin")
	b.set("#days", "60")
	b.press(`form[action="/a/1/settings"] button`)
	b.must("saved", `document.querySelector(".flash").innerText.includes("saved") && document.querySelector(".foot").innerText.includes("Europe/Berlin")`)
	b.open("/a/1/users")
	b.must("the lists follow", `document.body.innerText.includes("Inactive 60 days")`)
	b.open("/a/1/settings")
	b.set("#zone", "Mars/Base")
	if status := b.press(`form[action="/a/1/settings"] button`); status != http.StatusUnprocessableEntity {
		b.Errorf("a zone that does not exist: status %d", status)
	}
	b.must("the mistake is named", `document.body.innerText.includes("There is no such time zone")`)
	b.forgive("Failed to load resource")
	b.open("/a/1/settings")
	b.set("#zone", "UTC")
	b.set("#days", "90")
	b.press(`form[action="/a/1/settings"] button`)
}

func (s *demoSite) plainSync(b *tab) {
	b.open("/a/1/users")
	s.gate.close()
	defer s.gate.open()
	b.press(`.topbar form[action="/a/1/sync"] button`)
	b.until("the progress", `location.pathname == "/a/1/sync" && document.querySelector("#sync-panel")`)
	s.gate.open()
	b.until("the end without scripts", `!document.querySelector("#sync-panel") && document.body.innerText.includes("The last finished sync")`)
}

func (s *demoSite) plainNextDay(b *tab) {
	b.open("/a/1/snapshots")
	before := b.text("tbody th")
	b.press(`form[action="/demo/next-day"] button`)
	b.must("a day passed", `document.querySelector(".flash").innerText.includes("A day has passed")`)
	b.open("/a/1/snapshots")
	if after := b.text("tbody th"); after == before {
		b.Errorf("still %s", after)
	}
}
