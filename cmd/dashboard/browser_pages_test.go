package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/go-chi/chi/v5"

	"rollcall/web"
)

// samplePage is an address at which a page is looked at.
type samplePage struct {
	name, route, path string
	status            int // 0: 200
}

// samplePages are all pages of the demo, some in several states.
func samplePages(s *demoSite, t *testing.T) []samplePage {
	t.Helper()
	link := func(list, below string) string {
		_, rest, found := strings.Cut(s.get(t, list).body, `class="row-link" href="`+below)
		if !found {
			t.Fatalf("%s links no row below %s", list, below)
		}
		id, _, _ := strings.Cut(rest, `"`)
		return below + id
	}
	many := link("/a/1/users?sort=-stores", "/a/1/users/")
	awkward := link("/a/1/users?q=alert", "/a/1/users/")
	store := link("/a/1/stores", "/a/1/stores/")
	down := link("/a/1/webhooks?state=deactivated", "/a/1/webhooks/")
	entry := link("/a/1/api-accounts", "/a/1/api-accounts/")
	return []samplePage{
		{name: "overview", route: "/a/{account}/", path: "/a/1/"},
		{name: "users", route: "/a/{account}/users", path: "/a/1/users"},
		{name: "users-filtered", path: "/a/1/users?role=owner-like&privileged=yes&days=30"},
		{name: "overview-never-synced", path: fmt.Sprintf("/a/%d/", s.other)},
		{name: "users-none", path: "/a/1/users?q=nobody-is-called-so"},
		{name: "users-past", path: "/a/1/users?as-of=2"},
		{name: "user", route: "/a/{account}/users/{user}", path: many},
		{name: "user-awkward", path: awkward},
		{name: "stores", route: "/a/{account}/stores", path: "/a/1/stores"},
		{name: "store", route: "/a/{account}/stores/{store}", path: store},
		{name: "matrix", route: "/a/{account}/matrix", path: "/a/1/matrix"},
		{name: "permissions", route: "/a/{account}/permissions", path: "/a/1/permissions"},
		{name: "apps", route: "/a/{account}/apps", path: "/a/1/apps"},
		{name: "apps-over-stores", route: "/a/{account}/apps/matrix", path: "/a/1/apps/matrix"},
		{name: "app", route: "/a/{account}/apps/{app}", path: link("/a/1/apps?sort=-stores", "/a/1/apps/")},
		{name: "subscriptions", route: "/a/{account}/subscriptions", path: "/a/1/subscriptions"},
		{name: "webhooks", route: "/a/{account}/webhooks", path: "/a/1/webhooks"},
		{name: "webhooks-filtered", path: "/a/1/webhooks?state=deactivated&approved=no"},
		{name: "webhooks-past", path: "/a/1/webhooks?as-of=5"},
		{name: "webhook-hosts", route: "/a/{account}/webhooks/hosts", path: "/a/1/webhooks/hosts"},
		{name: "webhook-events", route: "/a/{account}/webhooks/events", path: "/a/1/webhooks/events"},
		{name: "webhook-stores", route: "/a/{account}/webhooks/stores", path: "/a/1/webhooks/stores"},
		{name: "webhooks-expected", route: "/a/{account}/webhooks/expected", path: "/a/1/webhooks/expected"},
		{name: "webhook", route: "/a/{account}/webhooks/{webhook}", path: down},
		{name: "reactivate", route: "/a/{account}/webhooks/{webhook}/reactivate", path: down + "/reactivate"},
		{name: "api-accounts", route: "/a/{account}/api-accounts", path: "/a/1/api-accounts"},
		{name: "unknown-clients", route: "/a/{account}/api-accounts/clients", path: "/a/1/api-accounts/clients"},
		{name: "notification-emails", route: "/a/{account}/api-accounts/emails", path: "/a/1/api-accounts/emails"},
		{name: "api-account-add", route: "/a/{account}/api-accounts/add", path: "/a/1/api-accounts/add"},
		{name: "api-account", route: "/a/{account}/api-accounts/{entry}", path: entry},
		{name: "api-account-edit", route: "/a/{account}/api-accounts/{entry}/edit", path: entry + "/edit"},
		{name: "webhooks-never-synced", path: fmt.Sprintf("/a/%d/webhooks", s.other)},
		{name: "api-accounts-none", path: fmt.Sprintf("/a/%d/api-accounts", s.other)},
		{name: "permission", path: "/a/1/users?permission=Manage_Users"},
		{name: "changes", route: "/a/{account}/changes", path: "/a/1/changes"},
		{name: "changes-filtered", path: "/a/1/changes?kind=rights_gained,rights_lost"},
		{name: "snapshots", route: "/a/{account}/snapshots", path: "/a/1/snapshots"},
		{name: "snapshot", route: "/a/{account}/snapshots/{snapshot}", path: "/a/1/snapshots/3"},
		{name: "compare", route: "/a/{account}/compare", path: "/a/1/compare?since=1&as-of=5"},
		{name: "exports", route: "/a/{account}/exports", path: "/a/1/exports"},
		{name: "activity", route: "/a/{account}/activity", path: "/a/1/activity"},
		{name: "settings", route: "/a/{account}/settings", path: "/a/1/settings"},
		{name: "check", route: "/a/{account}/check", path: "/a/1/check"},
		{name: "sync", route: "/a/{account}/sync", path: "/a/1/sync"},
		{name: "connect", route: "/connect", path: "/connect"},
		{name: "not-found", path: "/a/1/users/999999", status: http.StatusNotFound},
		{name: "not-understood", path: "/a/1/users?colour=red", status: http.StatusBadRequest},
		{name: "no-account", path: "/a/99/users", status: http.StatusNotFound},
	}
}

// otherRoutes are GET addresses without a page of their own in the demo.
var otherRoutes = []string{
	"/", "/a/{account}", "/favicon.ico", "/healthz", "/setup", "/sign-in", "/static/*", "/a/{account}/sync/events",
	"/a/{account}/download/{file}", "/a/{account}/exports/{export}/file", "/a/{account}/exports/{export}/manifest",
}

// testPages looks at every page in both colour schemes and two widths, weighs it and listens to what the browser says.
func testPages(t *testing.T, browser context.Context, s *demoSite) {
	if got := s.post(t, "/a/1/check", nil); got.status != http.StatusSeeOther {
		t.Errorf("checking the account answered %d", got.status)
	}
	s.post(t, "/a/1/exports", map[string][]string{"kind": {"users"}, "format": {"csv"}})
	pages := samplePages(s, t)
	everyRoute(t, pages)
	axe, err := os.ReadFile("../../views/testdata/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	work := make(chan samplePage, len(pages))
	for _, p := range pages {
		if strings.Contains(p.name, os.Getenv("ROLLCALL_TEST_PAGES")) {
			work <- p
		}
	}
	close(work)
	for _, name := range []string{"left tab", "right tab"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := openTab(t, browser, s.url)
			for p := range work {
				inspect(b, p, string(axe))
			}
		})
	}
}

// everyRoute checks that no page of the server was forgotten above.
func everyRoute(t *testing.T, pages []samplePage) {
	t.Helper()
	routes := web.New(web.Config{Addr: "127.0.0.1:1"}).Handler().(chi.Routes)
	err := chi.Walk(routes, func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if method == http.MethodGet && !slices.Contains(otherRoutes, route) &&
			!slices.ContainsFunc(pages, func(p samplePage) bool { return p.route == route }) {
			t.Errorf("nobody looks at %s", route)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

const (
	allRules = `["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa"]`
	contrast = `{type: "rule", values: ["color-contrast"]}`
)

// view is a width and a colour scheme in which a page is looked at.
type view struct {
	width         int64
	scheme, rules string
	again         bool // load the page again for it
}

// looks are four for a page and two for a further state of one; where only colours differ only contrast is looked at.
func (p samplePage) looks() []view {
	if p.route == "" {
		return []view{{1440, "light", allRules, false}, {390, "dark", allRules, true}}
	}
	return []view{{1440, "light", allRules, false}, {390, "light", contrast, false}, {390, "dark", allRules, true}, {1440, "dark", contrast, false}}
}

func inspect(b *tab, p samplePage, axe string) {
	b.do(look(1440, "light"))
	status := weigh(b, p)
	if want := cmp.Or(p.status, http.StatusOK); status != want {
		b.Errorf("%s: status %d, want %d", p.name, status, want)
	}
	if painted := eval[float64](b, `seen.painted`); painted > 0 {
		b.Logf("%s: largest part painted after %.0f ms", p.name, painted)
	}
	for _, view := range p.looks() {
		b.do(look(view.width, view.scheme))
		if view.again { // colours change slowly in a tab that is not in front
			b.do(chromedp.Reload())
		}
		b.picture(fmt.Sprintf("%s-%d-%s", p.name, view.width, view.scheme))
		for _, violation := range violations(b, axe, view.rules) {
			b.Errorf("%s at %d px, %s: %s", p.name, view.width, view.scheme, violation)
		}
	}
	b.do(look(320, "light"))
	if over := eval[int](b, `document.scrollingElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
		b.Errorf("%s: the page scrolls sideways by %d px at 320 px", p.name, over)
	}
	if p.status != 0 { // the browser itself notes every error status
		b.forgive("Failed to load resource")
	}
	b.quiet(p.name)
}

// firstLoad is what the first page may weigh in bytes, all its files counted.
const firstLoad = 100_000

// weigh opens a page with an empty cache and counts what it loads, all from the server itself.
func weigh(b *tab, p samplePage) (status int) {
	ctx, stop := context.WithCancel(b.ctx)
	defer stop()
	var mu sync.Mutex
	bytes, open := 0.0, map[network.RequestID]bool{}
	b.do(call(network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true}))
	err := chromedp.Listen(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			open[e.RequestID] = true
			if !strings.HasPrefix(e.Request.URL, b.base+"/") && !strings.HasPrefix(e.Request.URL, "data:") { // chromium draws its date field with one
				b.Errorf("%s loads %s", p.name, e.Request.URL)
			}
		case *network.EventLoadingFinished:
			delete(open, e.RequestID)
			bytes += e.EncodedDataLength
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	status = b.open(p.path)
	b.until("the whole page", `document.readyState == "complete"`)
	mu.Lock()
	defer mu.Unlock()
	b.Logf("%s: %.0f bytes", p.name, math.Round(bytes))
	if bytes < 1000 || bytes > firstLoad {
		b.Errorf("%s weighs %.0f bytes", p.name, bytes)
	}
	return status
}

// violations runs the rules of WCAG 2.2 A and AA.
func violations(b *tab, axe, rules string) (list []string) {
	if eval[bool](b, `!window.axe`) {
		eval[int](b, axe+"; 0")
	}
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](fmt.Sprintf(`axe.run(document, {runOnly: %s, resultTypes: ["violations"]}).then(r =>
	  JSON.stringify(r.violations.map(v => v.id + ": " + v.help + "\n" + v.nodes.slice(0, 4).map(n =>
	    "    " + n.html.slice(0, 160) + "\n      " + n.failureSummary.replaceAll("\n", " ").slice(0, 300)).join("\n"))))`, rules), chromedp.EvalAwaitPromise))
	if err == nil {
		err = json.Unmarshal([]byte(text), &list)
	}
	if err != nil {
		b.Fatal(err)
	}
	return list
}
