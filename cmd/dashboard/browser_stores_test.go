package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"rollcall/internal/sandbox"
)

// testPlainStores goes through the flows about what acts on stores with JavaScript switched off.
func testPlainStores(t *testing.T, browser context.Context, s *demoSite) {
	flow := func(name string, steps func(b *tab)) {
		t.Run(name, func(t *testing.T) {
			b := openTab(t, browser, s.url)
			b.withoutScripts()
			steps(b)
			b.quiet(name)
		})
	}
	flow("webhooks", s.plainHooks)
	flow("reactivate", s.plainReactivate)
	flow("hosts", s.plainHosts)
	flow("expected", s.plainExpected)
	flow("add API accounts", s.plainAdd)
	flow("an entry by hand", s.plainEntry)
	flow("e-mails", s.plainEmails)
	flow("apps", s.plainApps)
}

// flashed checks what the page says after something was done.
func (b *tab) flashed(words string) {
	b.Helper()
	if got := b.text(".flash"); !strings.Contains(got, words) {
		b.Fatalf("after it was done the page says %q, not %q\n%s", got, words, b.text("main"))
	}
}

// holds checks that a download has as many rows as the page counts.
func (s *demoSite) holds(b *tab, link string) {
	b.Helper()
	got := s.get(b.T, eval[string](b, fmt.Sprintf(`document.querySelector('a[href^="%s"]').getAttribute("href")`, link)))
	rows, err := csv.NewReader(strings.NewReader(got.body)).ReadAll()
	if err != nil || got.status != http.StatusOK {
		b.Fatalf("download: status %d, %v", got.status, err)
	}
	if total := b.text(".count strong"); !strings.HasPrefix(total, fmt.Sprintf("%d ", len(rows)-1)) {
		b.Errorf("the file has %d rows, the page says %s", len(rows)-1, total)
	}
}

func (s *demoSite) plainHooks(b *tab) {
	b.open("/a/1/webhooks")
	b.set("#filter-q", "order")
	b.press(".filter-bar > button[type=submit]")
	b.click(".filter-more summary")
	b.set("#f-state", "active")
	b.press(".filter-grid button[type=submit]")
	b.must("both filters", `document.querySelectorAll(".chip").length == 2 && location.search.includes("state=active")`)
	s.holds(b, "/a/1/download/webhooks.csv")
	b.press(`th a[href*="sort=host"]`)
	b.must("sorted", `document.querySelector("th[aria-sort=ascending]").innerText.includes("Delivers to")`)
	b.press("tbody tr a.row-link")
	b.must("the webhook says through what it was seen", `document.querySelector("dl").innerText.includes("Seen through")`)
	for _, view := range []string{"hosts", "events", "stores", "expected"} {
		b.open("/a/1/webhooks")
		b.press(fmt.Sprintf(`main nav a[href^="/a/1/webhooks/%s"]`, view))
		b.must("coverage stands above every view", `document.querySelector(".coverage").innerText.includes("Seen through")`)
	}
	b.open("/a/1/webhooks")
	b.press(`form[action="/a/1/webhooks/read"] button`)
	b.flashed("being read")
}

func (s *demoSite) plainReactivate(b *tab) {
	b.open("/a/1/webhooks?state=deactivated")
	b.press("tbody tr a.row-link")
	b.press(`a[href$="/reactivate"]`)
	b.must("exactly what would be sent", `document.querySelector(".request").innerText.includes("/v3/hooks/") && document.querySelector(".request-body").innerText == '{"is_active":true}'`)
	b.press("main form + form, main form .btn.plain")
	b.must("nothing was sent", `document.querySelector(".head, main").innerText.includes("Deactivated")`)
	b.press(`a[href$="/reactivate"]`)
	b.press(`main form[action$="/reactivate"] button`)
	b.flashed("BigCommerce answered that the webhook is active")
}

func (s *demoSite) plainHosts(b *tab) {
	b.open("/a/1/webhooks/hosts")
	host := eval[string](b, `document.querySelector('tbody form[action="/a/1/webhooks/hosts"] input[name=host]').value`)
	b.press(`tbody form[action="/a/1/webhooks/hosts"] button`)
	b.flashed(host + " is approved.")
	b.press(fmt.Sprintf(`tbody form[action$="/forget"]:has(input[value=%q]) button`, host))
	b.flashed(host + " is no longer approved.")
	b.set(`section[aria-labelledby=approve] input[name=host]`, "https://not a host/")
	if status := b.press(`section[aria-labelledby=approve] button`); status != http.StatusUnprocessableEntity {
		b.Errorf("a host that is none: status %d", status)
	}
	b.forgive("Failed to load resource")
	b.must("what was typed stays", `document.querySelector("section[aria-labelledby=approve] input[name=host]").value.includes("not a host")`)
	b.set(`section[aria-labelledby=approve] input[name=host]`, "*.example.org")
	b.press(`section[aria-labelledby=approve] button`)
	b.flashed("*.example.org is approved.")
}

func (s *demoSite) plainExpected(b *tab) {
	b.open("/a/1/webhooks/expected")
	add := `section[aria-labelledby=add] `
	b.set(add+"[name=integration]", "Loyalty")
	b.set(add+"[name=host]", "loyalty.example.com")
	b.set(add+"[name=scopes]", "store/order/created")
	b.press(add + "button")
	b.flashed("Loyalty")
	b.must("it is missing", `[...document.querySelectorAll("tbody tr")].some(r => r.innerText.includes("Loyalty"))`)
	freeze := `form[action$="/freeze"] `
	b.set(freeze+"[name=integration]", "Fraud Guard")
	b.set(freeze+"[name=host]", "in.fraudguard.example")
	b.press(freeze + "button")
	b.flashed("What Fraud Guard has today is expected")
	b.click(`form[action$="/import"] summary`)
	b.set("#lines", "Till,till.example.com,store/order/created,\nTill,till.example.com,store/order/updated,")
	b.press(`form[action$="/import"] button`)
	b.flashed("imported")
	b.click(`form[action$="/import"] summary`)
	b.set("#lines", "only one word")
	if status := b.press(`form[action$="/import"] button`); status != http.StatusUnprocessableEntity {
		b.Errorf("lines that are none: status %d", status)
	}
	b.forgive("Failed to load resource")
	b.must("the mistake is named with its line", `document.querySelector("section[aria-labelledby=import]").innerText.includes("Line 1")`)
	b.open("/a/1/webhooks/expected")
	b.press(`section[aria-labelledby=manifests] tbody tr form button`)
	b.flashed("is forgotten")
}

// unregistered are API accounts of the demo's stores that nobody registered, all of one app.
func (s *demoSite) unregistered(b *tab, n int) (list []sandbox.Credential) {
	b.Helper()
	for _, c := range s.world.Credentials(sandbox.DefaultUUID) {
		if keptFromRegister(c) && c.Live() {
			list = append(list, c)
		}
	}
	if len(list) < n {
		b.Fatalf("the demo keeps %d API accounts from the register, not %d", len(list), n)
	}
	return list
}

func (s *demoSite) plainAdd(b *tab) {
	all := s.unregistered(b, 2)
	path := filepath.Join(b.TempDir(), all[0].FileName())
	if err := os.WriteFile(path, []byte(all[0].File(sandbox.LayoutB)), 0o600); err != nil {
		b.Fatal(err)
	}
	b.open("/a/1/api-accounts")
	b.press(`a[href="/a/1/api-accounts/add"]`)
	b.do(chromedp.SetUploadFiles(chromedp.CSS("#credentials"), []string{path}))
	b.press(`form[action$="/import"] button`)
	b.must("registered and verified in one step", `/Added/.test(document.querySelector("#result tbody").innerText) && /Works/.test(document.querySelector("#result tbody").innerText)`)
	b.must("the result stands below the bar", `document.querySelector("#result").getBoundingClientRect().top >= document.querySelector(".topbar").getBoundingClientRect().bottom`)
	b.picture("api-account-added-1440-light")
	b.open("/a/1/api-accounts/add")
	b.click(`form[action$="/import"] summary`)
	b.set("#pasted", all[1].File(sandbox.LayoutA))
	b.press(`form[action$="/import"] button`)
	b.must("pasted", `/Works/.test(document.querySelector("#result tbody").innerText)`)
	b.press("#result tbody a")
	b.must("the entry is verified", `/Works/.test(document.querySelector("main").innerText) && /Newest verification/.test(document.querySelector("main").innerText)`)
	b.open("/a/1/api-accounts/add")
	b.click(`form[action$="/import"] summary`)
	b.set("#pasted", "ACCESS TOKEN: "+all[0].Token)
	b.press(`form[action$="/import"] button`)
	b.must("the mistake names line and label", `/Line 1: the label API PATH is missing/.test(document.querySelector("#result").innerText)`)
	b.forgive("Failed to load resource")
	if strings.Contains(eval[string](b, `document.documentElement.outerHTML`), all[0].Token) {
		b.Error("the page echoes the token")
	}
	register := filepath.Join(b.TempDir(), "register.csv")
	text := "store_hash,name,owner,purpose\n" + all[0].StoreHash + ",Known by name only,Ada,nobody knows\n"
	if err := os.WriteFile(register, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	b.open("/a/1/api-accounts/add")
	b.do(chromedp.SetUploadFiles(chromedp.CSS("#register"), []string{register}))
	b.press(`form[action$="/import-csv"] button`)
	b.open("/a/1/api-accounts?q=known+by+name")
	b.must("the register has it", `document.querySelector(".count strong").innerText == "1 API account"`)
	s.holds(b, "/a/1/download/api-accounts.csv")
}

func (s *demoSite) plainEntry(b *tab) {
	b.open("/a/1/api-accounts/add")
	b.click("section[aria-labelledby=typed] summary")
	b.set("#name", "Typed by hand")
	b.set("#store", s.unregistered(b, 1)[0].StoreHash)
	b.press(`section[aria-labelledby=typed] button`)
	b.flashed("Typed by hand is registered, without a token.")
	b.press(`a[href$="/edit"]`)
	b.set("#owner", "Ada")
	b.press(`main form[action$="/edit"] button`)
	b.flashed("is saved")
	b.must("the owner", `document.querySelector("main").innerText.includes("Ada")`)
	b.click(`.fold:has([action$="/token"]) summary`)
	b.set(`form[action$="/token"] [name=token]`, "nothingknownnothingknown")
	b.press(`form[action$="/token"] button`)
	b.flashed("The token is replaced.")
	b.press(`form[action$="/verify"] button`)
	b.must("the cause", `/refuse/i.test(document.querySelector("main").innerText)`)
	b.click(`.fold:has([action$="/remove"]) summary`)
	b.set(`form[action$="/remove"] [name=confirm]`, "something else")
	if status := b.press(`form[action$="/remove"] button`); status != http.StatusUnprocessableEntity {
		b.Errorf("a wrong name: status %d", status)
	}
	b.forgive("Failed to load resource")
	b.must("the name that was typed wrongly is asked for again", `document.querySelector(".fold:has([action$='/remove'])").open`)
	b.open(eval[string](b, `document.querySelector("a[href$='/edit']").getAttribute("href").replace("/edit", "")`))
	b.click(`.fold:has([action$="/remove"]) summary`)
	b.set(`form[action$="/remove"] [name=confirm]`, "Typed by hand")
	b.press(`form[action$="/remove"] button`)
	b.flashed("Typed by hand is taken out of the register.")
}

func (s *demoSite) plainEmails(b *tab) {
	b.open("/a/1/api-accounts/emails?state=valid")
	b.click(".choice:nth-of-type(1) input")
	b.click(".choice:nth-of-type(2) input")
	b.set("#emails", "no address")
	if status := b.press(`form[action$="/preview"] button`); status != http.StatusUnprocessableEntity {
		b.Errorf("no address: status %d", status)
	}
	b.forgive("Failed to load resource")
	b.must("the choice stays", `document.querySelectorAll(".choice :checked").length == 2`)
	b.open("/a/1/api-accounts/emails?state=valid")
	b.click(".choice:nth-of-type(1) input")
	b.click(".choice:nth-of-type(2) input")
	b.set("#emails", "hooks@example.com\nops@example.com")
	b.press(`form[action$="/preview"] button`)
	b.must("both requests", `document.querySelectorAll(".request-body").length == 2 && document.body.innerText.includes("hooks@example.com")`)
	b.press(`main form[action="/a/1/api-accounts/emails"] button`)
	b.must("both answers", `document.querySelectorAll("section[aria-labelledby=answers] li").length == 2`)
	b.picture("notification-emails-set-1440-light")
}

func (s *demoSite) plainApps(b *tab) {
	b.open("/a/1/apps")
	b.set("#filter-q", "er")
	b.press(".filter-bar > button[type=submit]")
	b.must("the search", `document.querySelectorAll(".chip").length == 1`)
	s.holds(b, "/a/1/download/apps.csv")
	b.press("tbody tr a.row-link")
	b.must("the stores of the app", `document.querySelector(".count strong").innerText.includes("stores")`)
	b.open("/a/1/apps")
	b.press(`main nav a[href^="/a/1/apps/matrix"]`)
	b.must("the matrix", `document.querySelector(".matrix tbody th")`)
	b.open("/a/1/subscriptions")
	b.click(".filter-more summary")
	b.set("#f-state", eval[string](b, `document.querySelector("#f-state").options[1].value`))
	b.press(".filter-grid button[type=submit]")
	b.must("the filter", `document.querySelectorAll(".chip").length == 1`)
	s.holds(b, "/a/1/download/subscriptions.csv")
}

// testKeysStores uses the pages about what acts on stores without a mouse.
func testKeysStores(t *testing.T, browser context.Context, s *demoSite) {
	t.Run("reactivate", func(t *testing.T) {
		b := openTab(t, browser, s.url)
		b.open("/a/1/webhooks?state=deactivated")
		f := b.tabTo("a webhook", func(f focus) bool {
			return strings.HasPrefix(f.Href, "/a/1/webhooks/") && f.Text == "store/order/created"
		})
		b.do(chromedp.KeyEvent(kb.Enter))
		b.until("the webhook", fmt.Sprintf(`location.pathname == %q && document.readyState == "complete"`, f.Href))
		b.tabToText("A", "Reactivate")
		b.do(chromedp.KeyEvent(kb.Enter))
		b.until("the dry run", `location.pathname.endsWith("/reactivate") && document.readyState == "complete"`)
		b.tabTo("what would be sent", func(f focus) bool { return f.Tag == "PRE" })
		b.tabToText("BUTTON", "Reactivate it")
		b.do(chromedp.KeyEvent(kb.Enter))
		b.until("the answer", `document.querySelector(".flash")?.innerText.includes("is active")`)
		b.quiet("reactivate")
	})
	t.Run("paste credentials", func(t *testing.T) {
		b := openTab(t, browser, s.url)
		b.open("/a/1/api-accounts/add")
		b.tabToText("SUMMARY", "Paste the text of a file instead")
		b.key(kb.Enter)
		b.tabTo("the field", func(f focus) bool { return f.ID == "pasted" })
		b.do(chromedp.KeyEvent("NAME: Half a file"))
		b.tabToText("BUTTON", "Register and verify")
		b.do(chromedp.KeyEvent(kb.Enter))
		b.until("what is wrong", `/the label API PATH is missing|is missing/.test(document.querySelector("#result")?.innerText)`)
		b.forgive("Failed to load resource")
		b.quiet("paste")
	})
	t.Run("choose for e-mails", func(t *testing.T) {
		b := openTab(t, browser, s.url)
		b.open("/a/1/api-accounts/emails?state=valid&q=legacy")
		b.tabTo("a choice", func(f focus) bool {
			return f.Tag == "INPUT" && eval[bool](b, `document.activeElement.name == "through"`)
		})
		b.key(" ")
		b.must("chosen", `document.activeElement.checked`)
		b.tabTo("the addresses", func(f focus) bool { return f.ID == "emails" })
		b.do(chromedp.KeyEvent("ops@example.com"))
		b.tabToText("BUTTON", "Show what would be sent")
		b.do(chromedp.KeyEvent(kb.Enter))
		b.until("the dry run", `document.querySelector("h1").innerText == "Set these e-mails?"`)
		b.quiet("e-mails")
	})
	t.Run("matrix of apps", func(t *testing.T) {
		b := openTab(t, browser, s.url)
		b.open("/a/1/apps/matrix")
		b.do(chromedp.Focus(chromedp.CSS(".matrix tbody th a")))
		first := eval[focus](b, focused)
		if f := b.key(kb.ArrowDown); f == first || f.Tag != "A" || !f.Seen || !f.Ring {
			t.Errorf("an arrow leads from %+v to %+v", first, f)
		}
		b.quiet("matrix of apps")
	})
}
