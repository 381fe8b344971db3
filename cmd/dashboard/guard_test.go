package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"rollcall/internal/org"
	"rollcall/internal/sandbox"
)

// TestDemoRefusesAFolderInUse: every visitor of the demo is an admin, so it must not open what others rely on.
func TestDemoRefusesAFolderInUse(t *testing.T) {
	t.Parallel()
	withAccount, withMember := newPlace(t, sandbox.Config{}), newPlace(t, sandbox.Config{})
	withAccount.add()
	withMember.feed(adminPassword+"\n", "member", "create", "--name=Ada", "--role=viewer", adminMail).must(t, exitOK)
	for name, p := range map[string]*place{"an account": withAccount, "a member": withMember} {
		got := p.run("demo", "--addr=127.0.0.1:0").must(t, exitError)
		if got.says(t, "in use already"); strings.Contains(got.out, "demo is at") {
			t.Errorf("%s: the demo opened: %s", name, got.out)
		}
	}
	withAccount.sync(exitOK)
}

// TestTheTokenFollowsNoRedirect sends requests to a server that leads on to another one.
func TestTheTokenFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	t.Cleanup(elsewhere.Close)
	for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		var asked atomic.Int32
		leads := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			http.Redirect(w, r, elsewhere.URL+r.URL.Path, status)
		}))
		t.Cleanup(leads.Close)
		p := newPlace(t, sandbox.Config{})
		p.feed(p.token+"\n", "account", "add", sandbox.DefaultUUID, "--api-url="+leads.URL, plenty).must(t, exitError)
		if asked.Load() == 0 || reached.Load() != 0 {
			t.Errorf("status %d: %d requests, %d of them led elsewhere", status, asked.Load(), reached.Load())
		}
	}
}

func TestTheTokenTravelsByTLSOnly(t *testing.T) {
	t.Parallel()
	for address, good := range map[string]bool{
		"https://api.bigcommerce.com": true, "https://api.example.com:8443": true, "http://127.0.0.1:9000": true, "http://localhost:9000": true,
		"http://[::1]:9000": true, "http://api.bigcommerce.com": false, "http://10.0.0.1": false, "http://127.0.0.1.example.com": false,
		"ftp://api.bigcommerce.com": false, "api.bigcommerce.com": false, "https://": false, "https://user:pass@api.example.com": false, "//api.example.com": false,
	} {
		err := API{APIURL: address}.safe()
		if (err == nil) != good || err != nil && org.KindOf(err) != org.KindInvalid {
			t.Errorf("%s: %v", address, err)
		}
	}
	p := newPlace(t, sandbox.Config{})
	p.feed(p.token+"\n", "account", "add", sandbox.DefaultUUID, "--api-url=http://api.example.com", plenty).must(t, exitUsage).says(t, "https")
	p.run("serve", "--addr=127.0.0.1:0", "--api-url=http://api.example.com").must(t, exitUsage).says(t, "https")
}

func TestPublicAddresses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		cmd   serveCmd
		error string // empty: it is right
	}{
		{cmd: serveCmd{Addr: "127.0.0.1:8080"}},
		{cmd: serveCmd{Addr: "127.0.0.1:8080", PublicURL: "https://rollcall.example.com/"}},
		{cmd: serveCmd{Addr: "0.0.0.0:8080", PublicURL: "https://rollcall.example.com", BehindProxy: []string{"10.0.0.0/8"}}},
		{cmd: serveCmd{Addr: "127.0.0.1:8080", PublicURL: "rollcall.example.com"}, error: "no address of its own"},
		{cmd: serveCmd{Addr: "127.0.0.1:8080", PublicURL: "ftp://rollcall.example.com"}, error: "no address of its own"},
		{cmd: serveCmd{Addr: "127.0.0.1:8080", PublicURL: "https://example.com/rollcall"}, error: "no address of its own"},
		{cmd: serveCmd{Addr: "127.0.0.1:8080", PublicURL: "https://ada:secret@example.com"}, error: "no address of its own"},
		{cmd: serveCmd{Addr: "127.0.0.1:8080", PublicURL: "https://example.com?x=1"}, error: "no address of its own"},
		{cmd: serveCmd{Addr: "0.0.0.0:8080"}, error: "without TLS passwords would travel in the clear"},
		{cmd: serveCmd{Addr: ":8080", PublicURL: "https://rollcall.example.com"}, error: "without TLS passwords would travel in the clear"},
		{cmd: serveCmd{Addr: "127.0.0.1:8080", BehindProxy: []string{"127.0.0.1/32"}}, error: "needs --public-url"},
		{cmd: serveCmd{Addr: "127.0.0.1:8080", PublicURL: "http://rollcall.example.com", BehindProxy: []string{"127.0.0.1/32"}}, error: "needs --public-url"},
		{cmd: serveCmd{Addr: "127.0.0.1:8080", PublicURL: "https://rollcall.example.com", BehindProxy: []string{"proxy"}}, error: "is no network"},
		{cmd: serveCmd{Addr: "127.0.0.1:8080", TLSCert: "cert.pem"}, error: "belong together"},
	}
	for _, test := range tests {
		_, err := test.cmd.edge()
		switch {
		case test.error == "" && err != nil, test.error != "" && (org.KindOf(err) != org.KindInvalid || !strings.Contains(org.TextOf(err), test.error)):
			t.Errorf("%+v: %v, want %q", test.cmd, err, test.error)
		}
	}
}

// TestPurgeDeletesMadeFiles takes along what was exported of the account, and nothing of another one.
func TestPurgeDeletesMadeFiles(t *testing.T) {
	t.Parallel()
	p := newPlace(t, sandbox.Config{})
	p.add()
	h := p.openHere()
	a, err := h.find(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	spool := filepath.Join(p.folder, "exports")
	if err := os.MkdirAll(spool, 0o700); err != nil {
		t.Fatal(err)
	}
	other, err := h.db.ConnectAccount(t.Context(), "11111111-2222-4333-8444-555555555555", "", h.seal("another token"))
	if err != nil {
		t.Fatal(err)
	}
	paths := map[string]bool{} // whether they stay
	for _, made := range []struct {
		account org.AccountID
		content string
	}{{a.ID, "0"}, {a.ID, "1"}, {other.ID, "1"}, {other.ID, "2"}} { // equal files are kept once
		f := org.ExportFile{Account: made.account, Kind: "users", Format: "csv", Name: "users.csv", SHA256: strings.Repeat(made.content, 64)}
		path := filepath.Join(spool, f.KeptAs())
		if err := os.WriteFile(path, []byte("data"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := h.db.AddExport(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		paths[path] = made.account != a.ID
	}
	if err := h.purge(t.Context(), a.ID, spool); err != nil {
		t.Fatal(err)
	}
	for path, stays := range paths {
		if _, err := os.Stat(path); (err == nil) != stays {
			t.Errorf("%s: stays %v: %v", filepath.Base(path), stays, err)
		}
	}
}
