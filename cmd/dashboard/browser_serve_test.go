package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"rollcall/internal/sandbox"
)

// TestServeInTheBrowser goes the whole way of a first run: set-up code, first admin, connecting an account of a local
// BigCommerce, check, sync, overview; then the door.
func TestServeInTheBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	browser := openBrowser(t)
	p := newPlace(t, sandbox.Config{})
	site := p.serve()
	p.wait(func() bool { return strings.Contains(site.out.String(), "Set-up code: ") })
	code := regexp.MustCompile(`Set-up code: (\S+)`).FindStringSubmatch(site.out.String())[1]
	b := openTab(t, browser, site.url)
	const email, password = "ada@example.com", "correct horse battery staple"
	fill := func(name, text string) { b.do(chromedp.SendKeys(chromedp.CSS("form [name='"+name+"']"), text)) }

	b.open("/a/1/users?q=x")
	b.must("the set-up", `location.pathname == "/setup"`)
	b.picture("setup-1440-light")
	fill("code", "wrong-code")
	fill("name", "Ada")
	fill("email", email)
	fill("password", password)
	b.press(`form[action="/setup"] button[type=submit]`)
	b.must("the mistake", `location.pathname == "/setup" && document.querySelector("[name=email]").value == "ada@example.com" && document.querySelector("[name=password]").value == ""`)
	b.forgive("Failed to load resource")
	b.do(chromedp.Clear(chromedp.CSS("[name=code]")))
	fill("code", code)
	fill("password", password)
	b.press(`form[action="/setup"] button[type=submit]`)
	b.must("the form for an account", `location.pathname == "/connect"`)
	b.picture("connect-1440-light")
	fill("uuid", sandbox.DefaultUUID)
	fill("token", "not-the-right-token-at-all")
	b.press(`form[action="/connect"] button[type=submit]`)
	b.must("the mistake", `location.pathname == "/connect" && document.querySelector("[name=token]").value == ""`)
	b.picture("connect-error-1440-light")
	b.forgive("Failed to load resource")
	fill("token", sandbox.DefaultToken)
	b.press(`form[action="/connect"] button[type=submit]`)
	b.must("the check", `location.pathname == "/a/1/check" && document.body.innerText.includes("6 stores")`)
	b.must("name and time of the check", `/Account\s+Northlight/.test(document.querySelector("main").innerText) && /Checked\s+\d+ \w+ \d{4}/.test(document.querySelector("main").innerText)`)
	b.picture("check-1440-light")
	b.press(`main form[action="/a/1/sync"] button`)
	b.until("the end of the first sync", `document.body.innerText.includes("The last finished sync")`)
	b.press(`nav a[href="/a/1/"]`)
	b.must("the overview", `document.querySelector("h1").innerText == "Overview" && document.body.innerText.includes("6 of 6 stores")`)
	b.picture("first-overview-1440-light")
	b.quiet("first run")

	b.press(`form[action="/sign-out"] button`)
	b.must("the door", `location.pathname == "/sign-in"`)
	b.picture("sign-in-1440-light")
	b.open("/a/1/users?role=owner-like")
	b.must("the door again", `location.pathname == "/sign-in"`)
	fill("email", email)
	fill("password", "not my password at all")
	b.press(`form[action="/sign-in"] button[type=submit]`)
	b.must("refused", `location.pathname == "/sign-in" && document.querySelector("[name=email]").value == "ada@example.com" && document.querySelector("[name=password]").value == ""`)
	b.picture("sign-in-error-1440-light")
	b.forgive("Failed to load resource")
	fill("password", password)
	b.press(`form[action="/sign-in"] button[type=submit]`)
	b.must("where I wanted to go", `location.pathname == "/a/1/users" && location.search == "?role=owner-like"`)
	b.quiet("door")
	for _, secret := range []string{sandbox.DefaultToken, password, code} {
		if strings.Contains(site.err.String(), secret) {
			t.Error("a secret is in the log")
		}
	}
}
