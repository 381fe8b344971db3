package main

import (
	"bytes"
	"fmt"
	"html"
	"maps"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rollcall/internal/sandbox"
)

// newShops is a place whose stores have API accounts, with the credentials file of each.
func newShops(t testing.TB) (p *place, files []string) {
	t.Helper()
	p = newPlace(t, sandbox.Config{Rest: sandbox.Rest{Quota: -1}})
	p.add()
	folder := t.TempDir()
	layouts := []rune{sandbox.LayoutA, sandbox.LayoutB, sandbox.LayoutC}
	for i, c := range p.world.Credentials(sandbox.DefaultUUID) {
		path := filepath.Join(folder, c.FileName())
		if err := os.WriteFile(path, []byte(c.File(layouts[i%len(layouts)])), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	return p, files
}

// TestRegisterShowsWhatTheStoresHold goes from credentials files to exports, which equal what the stores hold as far as
// the tokens can show it.
func TestRegisterShowsWhatTheStoresHold(t *testing.T) {
	t.Parallel()
	p, files := newShops(t)
	p.sync(exitOK) // before anything is registered
	done := p.ask(append([]string{"token", "import"}, files...)...).must(t, exitOK)
	for i, c := range p.world.Credentials(sandbox.DefaultUUID) {
		if line := fmt.Sprintf("file %d: %s", i+1, c.Name); !strings.Contains(done.out, line) {
			t.Errorf("the import does not say %q", line)
		}
	}
	again := p.ask("token", "import", files[0]).must(t, exitOK)
	if !strings.Contains(again.out, "already registered") {
		t.Errorf("the second import says %q", again.out)
	}
	if list := p.run("token", "list").must(t, exitOK).out; strings.Count(list, "\n") != len(files)+1 {
		t.Errorf("%d API accounts are listed wrongly:\n%s", len(files), list)
	}
	if list := p.run("token", "list").must(t, exitOK).out; !strings.Contains(list, " valid\n") || strings.Contains(list, "not verified") {
		t.Errorf("the list lacks the verifications of the import:\n%s", list)
	}
	p.run("token", "remove", "first").must(t, exitUsage).says(t, "token list")
	p.sync(exitOK)
	p.world.ResetStats()
	p.sync(exitOK)
	if stats := p.world.RestStats(); stats.Writes != 0 || stats.Requests == 0 {
		t.Errorf("a sync wrote %d times in %d requests to stores", stats.Writes, stats.Requests)
	}
	p.mustExportHooks()
	p.mustExportEntries()
}

// mustExportHooks compares the export of webhooks with those that living tokens can see.
func (p *place) mustExportHooks() {
	p.t.Helper()
	want := map[string]string{}
	for _, shop := range p.world.TruthShops(sandbox.DefaultUUID) {
		if shop.Suspended {
			continue
		}
		for _, a := range shop.Accounts {
			for _, h := range a.Hooks {
				if a.Live() {
					want[shop.Hash+" "+strconv.FormatInt(h.ID, 10)] = h.Scope + " " + h.Status + " " + a.ClientID + " " + strings.Join(slices.Sorted(maps.Keys(h.Headers)), ";")
				}
			}
		}
	}
	got := map[string]string{}
	for _, row := range readSheet(p.t, "csv", p.run("export", "webhooks").must(p.t, exitOK).out).rows {
		got[row["store_hash"]+" "+row["webhook_id"]] = row["event"] + " " + row["status"] + " " + row["client_id"] + " " + row["header_names"]
	}
	mustBeAlike(p.t, "webhook", got, want)
}

// mustExportEntries compares the export of the register with the API accounts of the stores.
func (p *place) mustExportEntries() {
	p.t.Helper()
	want := map[string]string{}
	for _, shop := range p.world.TruthShops(sandbox.DefaultUUID) {
		for _, a := range shop.Accounts {
			state := "valid"
			switch {
			case !a.Live():
				state = "revoked"
			case a.WrongUUID != "":
				state = "wrong_account"
			}
			want[shop.Hash+" "+a.ClientID] = a.Name + " " + state
		}
	}
	got := map[string]string{}
	for _, row := range readSheet(p.t, "csv", p.run("export", "api-accounts").must(p.t, exitOK).out).rows {
		got[row["store_hash"]+" "+row["client_id"]] = row["name"] + " " + row["state"]
	}
	mustBeAlike(p.t, "API account", got, want)
}

func mustBeAlike(t testing.TB, what string, got, want map[string]string) {
	t.Helper()
	if len(want) == 0 {
		t.Errorf("there is no %s to compare", what)
	}
	for key, value := range want {
		if got[key] != value {
			t.Errorf("%s %s is %q, want %q", what, key, got[key], value)
		}
	}
	for key, value := range got {
		if _, is := want[key]; !is {
			t.Errorf("%s %s is not there, but shown as %q", what, key, value)
		}
	}
}

// TestNoSecretOfTheRegisterLeaves puts every secret of an account in, by every way there is, walks over every page and
// file, and looks for the secrets in all that left the process.
func TestNoSecretOfTheRegisterLeaves(t *testing.T) {
	t.Parallel()
	p, files := newShops(t)
	s := p.serve()
	code := s.setUp("/a/1/")
	half := len(files) / 2
	p.ask(append([]string{"token", "import"}, files[:half]...)...).must(t, exitOK)
	s.drop("/a/1/api-accounts/import", files[half:]).must(t, http.StatusOK, "")
	s.dropText("/a/1/api-accounts/import", mangled(t, files)).must(t, http.StatusOK, "", "Not added")
	s.post("/a/1/sync")
	s.waitForSnapshot("1")
	p.wait(func() bool { return strings.Contains(s.get("/a/1/sync").body, "The last finished sync") })
	for _, kind := range []string{"webhooks", "api-accounts", "apps", "subscriptions"} {
		for _, format := range formats {
			s.get("/a/1/download/"+kind+"."+format).must(t, http.StatusOK, "")
			p.run("export", kind, "--format="+format, "-o", filepath.Join(p.folder, kind+"."+format)).must(t, exitOK)
		}
	}
	if pages := s.crawl("/a/1/", 250); pages < 60 {
		t.Errorf("the walk saw %d pages only", pages)
	}
	p.run("doctor")
	s.end()
	p.mustHoldNoSecret(code, s)
	p.mustHoldNone(p.world.Secrets(sandbox.DefaultUUID), s)
}

// mangled are credentials files that cannot be used, each still holding its secrets.
func mangled(t testing.TB, files []string) (texts []string) {
	t.Helper()
	cut := func(change func(string) string) {
		text, err := os.ReadFile(files[len(texts)%len(files)])
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, change(string(text)))
	}
	without := func(label string) func(string) string {
		return func(s string) string { return regexp.MustCompile(`(?m)^`+label+`:.*\n`).ReplaceAllString(s, "") }
	}
	swap := func(from, to string) func(string) string {
		return func(s string) string { return strings.ReplaceAll(s, from, to) }
	}
	cut(without("ACCESS TOKEN"))
	cut(without("API PATH"))
	cut(swap("/stores/", "/shops/"))
	cut(swap("ACCESS TOKEN: ", "ACCESS TOKEN: not a token \x00 "))
	cut(swap(":", " "))
	cut(func(s string) string { return "{" + strconv.Quote(s) + "}" })
	return texts
}

// drop sends credentials files as the page does.
func (s *site) drop(path string, files []string) page {
	s.p.t.Helper()
	var texts []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			s.p.t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return s.dropText(path, texts)
}

func (s *site) dropText(path string, texts []string) page {
	s.p.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i, text := range texts {
		part, err := form.CreateFormFile("files", fmt.Sprintf("credentials-%d.txt", i))
		if err != nil {
			s.p.t.Fatal(err)
		}
		_, _ = part.Write([]byte(text))
	}
	form.Close()
	return s.answer(s.client.Post(s.url+path, form.FormDataContentType(), &body))
}

var hrefs = regexp.MustCompile(`href="(/a/1[^"#]*)"`)

// crawl follows the links of every page, each form of address a few times, and gives how many pages it saw.
func (s *site) crawl(from string, most int) (seen int) {
	s.p.t.Helper()
	numbers := regexp.MustCompile(`[0-9]+|=[^&]*`)
	kinds, known, queue := map[string]int{}, map[string]bool{from: true}, []string{from}
	for len(queue) > 0 && seen < most {
		path := queue[0]
		queue = queue[1:]
		page := s.get(path)
		if seen++; page.status >= http.StatusInternalServerError {
			s.p.t.Errorf("%s answers %d", path, page.status)
		}
		for _, found := range hrefs.FindAllStringSubmatch(page.body, -1) {
			next := html.UnescapeString(found[1])
			kind := numbers.ReplaceAllString(next, "*")
			if known[next] || kinds[kind] >= 3 {
				continue
			}
			known[next] = true
			kinds[kind]++
			queue = append(queue, next)
		}
	}
	return seen
}

// mustHoldNone looks for secrets in all that left the process, the database included.
func (p *place) mustHoldNone(secrets []string, sites ...*site) {
	p.t.Helper()
	places := map[string][]byte{"commands": p.all.Bytes()}
	for i, s := range sites {
		places[fmt.Sprintf("answers %d", i+1)] = s.seen.Bytes()
		places[fmt.Sprintf("log %d", i+1)] = []byte(s.err.String() + s.out.String())
	}
	entries, err := filepath.Glob(filepath.Join(p.folder, "*"))
	if err != nil {
		p.t.Fatal(err)
	}
	more, _ := filepath.Glob(filepath.Join(p.folder, "exports", "*"))
	for _, path := range append(entries, more...) {
		if content, err := os.ReadFile(path); err == nil {
			places[filepath.Base(path)] = content
		}
	}
	for where, content := range places {
		for i, secret := range secrets {
			if at := bytes.Index(content, []byte(secret)); at >= 0 {
				p.t.Errorf("secret %d of %d is in %s: %q", i+1, len(secrets), where, content[max(0, at-60):at])
			}
		}
	}
	p.t.Logf("looked for %d secrets in %d places", len(secrets), len(places))
}
