package main

import (
	"bytes"
	"database/sql"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"rollcall/internal/sandbox"
	"rollcall/internal/sqlite"
)

// newSynced is a connected account with one sync behind it, and what the export says then.
func newSynced(t testing.TB, cfg sandbox.Config) (*place, string) {
	p := newPlace(t, cfg)
	p.add()
	p.sync(exitOK)
	return p, p.rows()
}

// rows is the whole file of accesses.
func (p *place) rows() string {
	p.t.Helper()
	return p.run("export", "access", "--as-of=1").must(p.t, exitOK).out
}

// mustStillHold checks that nothing was lost.
func (p *place) mustStillHold(rows string) {
	p.t.Helper()
	if p.rows() != rows {
		p.t.Error("the data is not what it was before")
	}
}

// TestWrongConnections: each mistake in connecting an account gets its own sentence, and nothing is stored.
func TestWrongConnections(t *testing.T) {
	t.Parallel()
	const other = "7c2f4d63-0e1f-4d8b-9b54-2a1d6f3e8ca1"
	without := func(scope string) []string {
		var kept []string
		for _, s := range sandbox.ReadScopes {
			if s != scope {
				kept = append(kept, s)
			}
		}
		return kept
	}
	for name, c := range map[string]struct {
		change      func(*sandbox.Config)
		uuid, token string
		code        int
		says        []string
		shows       string // on standard output
	}{
		"UUID of a wrong form": {uuid: "store-abc123", code: exitUsage, says: []string{"01234567-89ab", "/accounts/"}},
		"no token":             {token: " ", code: exitUsage, says: []string{"No token", "ROLLCALL_ACCOUNT_TOKEN"}},
		"wrong token":          {token: "wrong0wrong0wrong0wrong0wrong0wr", code: exitError, says: []string{"token"}},
		"wrong token, plain text": {
			token: "wrong0wrong0wrong0wrong0wrong0wr", code: exitError, says: []string{"token"},
			change: func(c *sandbox.Config) { c.PlainUnauthorized = true },
		},
		"token of another account as 401": {uuid: other, code: exitError, says: []string{"token", "account"}},
		"token of another account as 403": {
			uuid: other, code: exitError, says: []string{"cannot read"}, shows: "another account",
			change: func(c *sandbox.Config) { c.WrongAccount = "403" },
		},
		"token of another account as 200": {
			uuid: other, code: exitError, says: []string{"cannot read"}, shows: "another account",
			change: func(c *sandbox.Config) { c.WrongAccount = "200" },
		},
		"no scope for users, null": {
			code: exitError, says: []string{"cannot read"}, shows: "account_users_read",
			change: func(c *sandbox.Config) { c.Scopes = without("account_users_read") },
		},
		"no scope for users, 403": {
			code: exitError, says: []string{"cannot read"}, shows: "account_users_read",
			change: func(c *sandbox.Config) { c.Scopes, c.MissingScope = without("account_users_read"), "403" },
		},
		"no scope for users, 200": {
			code: exitError, says: []string{"cannot read"}, shows: "account_users_read",
			change: func(c *sandbox.Config) { c.Scopes, c.MissingScope = without("account_users_read"), "200" },
		},
		"no scope for stores": {
			code: exitError, says: []string{"cannot read"}, shows: "account_stores_read",
			change: func(c *sandbox.Config) { c.Scopes = without("account_stores_read") },
		},
		"no scope at all": {
			code: exitError, says: []string{"cannot read"}, shows: "none of the scopes",
			change: func(c *sandbox.Config) { c.Scopes = []string{"none"} },
		},
		"quota used up": {
			code: exitError, says: []string{"quota", "UTC"},
			change: func(c *sandbox.Config) { c.Rate = sandbox.Rate{Quota: 1, Foreign: 1} },
		},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			cfg := sandbox.Config{}
			if c.change != nil {
				c.change(&cfg)
			}
			p := newPlace(t, cfg)
			if c.token == "" {
				c.token = p.token
			}
			if c.uuid == "" {
				c.uuid = sandbox.DefaultUUID
			}
			done := p.feed(c.token, append([]string{"account", "add", c.uuid}, p.api...)...).must(t, c.code)
			done.says(t, c.says...)
			if !strings.Contains(done.out, c.shows) {
				t.Errorf("standard output lacks %q: %s", c.shows, done.out)
			}
			if list := p.run("account", "list").must(t, exitOK); strings.Contains(list.out, c.uuid) {
				t.Errorf("the account was stored: %s", list.out)
			}
			p.mustNotShow(c.token)
		})
	}
}

// mustNotShow looks for a secret in everything that was written.
func (p *place) mustNotShow(secret string) {
	p.t.Helper()
	if len(secret) > 8 && bytes.Contains(p.all.Bytes(), []byte(secret)) {
		p.t.Error("a secret was shown")
	}
}

// TestTokenThatStoppedWorking: the sync ends partial and says why, and the next one with a good token ends complete.
func TestTokenThatStoppedWorking(t *testing.T) {
	t.Parallel()
	p, rows := newSynced(t, sandbox.Config{})
	revoked := newPlace(t, sandbox.Config{Token: "another0another0another0another0"})
	done := p.run("sync", "--json", "--api-url="+revoked.url, plenty).must(t, exitPartial)
	if s := done.synced(t); s.State != "partial" || s.Resumable {
		t.Errorf("ended as %+v", s)
	}
	if plain := p.run("sync", "--api-url="+revoked.url, plenty).must(t, exitPartial); !strings.Contains(plain.out, "token") {
		t.Errorf("says %q", plain.out)
	}
	p.run("account", "check", "--api-url="+revoked.url, plenty).must(t, exitError).says(t, "token")
	p.mustStillHold(rows)
	if s := p.sync(exitOK); s.State != "complete" {
		t.Errorf("with the right server again: %+v", s)
	}
	p.mustExportTruth(variant{later: true}, exitOK, parseTime(t, readSheet(t, "csv", rows).rows[0]["read_at"]))
}

func TestBigCommerceDown(t *testing.T) {
	t.Parallel()
	p, rows := newSynced(t, sandbox.Config{})
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	nowhere := "--api-url=http://" + closed.Addr().String()
	p.run("account", "check", nowhere, plenty).must(t, exitError).says(t, "BigCommerce")
	p.feed(p.token, "account", "add", sandbox.DefaultUUID, nowhere).must(t, exitError).says(t, "BigCommerce")
	doctor := p.run("doctor", nowhere, plenty).must(t, exitPartial)
	if !strings.Contains(doctor.out, "BAD") {
		t.Errorf("doctor finds nothing: %s", doctor.out)
	}
	p.mustStillHold(rows)
}

// TestDamagedData: what is wrong with the database or its key is said in a sentence, and putting it right brings all back.
func TestDamagedData(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil, mend func(t *testing.T, folder string)
		says        []string
	}{
		"newer version": {
			spoil: func(t *testing.T, folder string) { pragma(t, folder, "PRAGMA user_version = 9999") },
			mend: func(t *testing.T, folder string) {
				pragma(t, folder, "PRAGMA user_version = "+schemaVersion(t))
			},
			says: []string{"newer Rollcall", "9999", "newer program"},
		},
		"corrupt header": {spoil: overwrite(sqlite.FileName, 0, "This is no database any more....."), mend: putBack, says: []string{"damaged", "dashboard backup"}},
		"missing key": {
			spoil: func(t *testing.T, folder string) { rename(t, folder, "master.key", "kept.key") },
			mend:  func(t *testing.T, folder string) { rename(t, folder, "kept.key", "master.key") }, says: []string{"master key is missing", "ROLLCALL_MASTER_KEY"},
		},
		"wrong key":      {spoil: overwrite("master.key", 0, strings.Repeat("ab", 32)), mend: putBack, says: []string{"master key is not the one", "old"}},
		"unreadable key": {spoil: overwrite("master.key", 0, "hello there, this is no key at all"), mend: putBack, says: []string{"master.key", "32 bytes"}},
		"open key": {
			spoil: func(t *testing.T, folder string) { chmod(t, filepath.Join(folder, "master.key"), 0o644) },
			mend:  func(t *testing.T, folder string) { chmod(t, filepath.Join(folder, "master.key"), 0o600) }, says: []string{"chmod 600"},
		},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			p, rows := newSynced(t, sandbox.Config{})
			keep(t, p.folder)
			c.spoil(t, p.folder)
			for _, args := range [][]string{{"sync", "--json"}, {"export", "access"}, {"account", "list"}, {"doctor", "--offline"}, {"serve", "--addr=127.0.0.1:0"}} {
				done := p.run(args...).must(t, exitError)
				done.says(t, c.says...)
				if args[0] == "export" && done.out != "" {
					t.Errorf("an export wrote %q", done.out)
				}
			}
			c.mend(t, p.folder)
			p.mustStillHold(rows)
			p.sync(exitOK)
		})
	}
}

func pragma(t *testing.T, folder, text string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(folder, sqlite.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(text); err != nil {
		t.Fatal(err)
	}
}

func schemaVersion(t *testing.T) string {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(newSchema(t), sqlite.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var version string
	if err := db.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		t.Fatal(err)
	}
	return version
}

// newSchema is a folder with an empty database.
func newSchema(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	db, err := sqlite.Open(t.Context(), folder, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return folder
}

// keep copies the files of a folder beside it, for putBack.
func keep(t *testing.T, folder string) {
	t.Helper()
	if err := os.CopyFS(folder+".kept", os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
}

func putBack(t *testing.T, folder string) {
	t.Helper()
	for _, name := range []string{sqlite.FileName, "master.key"} {
		data, err := os.ReadFile(filepath.Join(folder+".kept", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func overwrite(name string, at int64, text string) func(*testing.T, string) {
	return func(t *testing.T, folder string) {
		t.Helper()
		file, err := os.OpenFile(filepath.Join(folder, name), os.O_RDWR, 0)
		if err == nil && name == "master.key" {
			err = file.Truncate(0)
		}
		if err == nil {
			_, err = file.WriteAt([]byte(text), at)
		}
		if err == nil {
			err = file.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func rename(t *testing.T, folder, from, to string) {
	t.Helper()
	if err := os.Rename(filepath.Join(folder, from), filepath.Join(folder, to)); err != nil {
		t.Fatal(err)
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// TestDataFolderInTheWay: a folder that cannot be used is named with what to do.
func TestDataFolderInTheWay(t *testing.T) {
	t.Parallel()
	p, rows := newSynced(t, sandbox.Config{})
	lock, err := sqlite.LockFolder(t.Context(), p.folder, sqlite.Exclusive, "dashboard restore")
	if err != nil {
		t.Fatal(err)
	}
	p.run("export", "access").must(t, exitError).says(t, "in use by dashboard restore", "Wait until it has finished", p.folder)
	lock.Release()
	p.mustStillHold(rows)

	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	elsewhere := &place{t: t, folder: file}
	elsewhere.run("account", "list").must(t, exitError).says(t, file, "a file, not a folder")
	elsewhere.folder = filepath.Join(file, "below")
	elsewhere.run("account", "list").must(t, exitError).says(t, file)
	if os.Getuid() == 0 {
		elsewhere.folder = "/proc/nowhere" // root may write anywhere else
	} else {
		elsewhere.folder = filepath.Join(t.TempDir(), "sealed", "data")
		if err := os.Mkdir(filepath.Dir(elsewhere.folder), 0o500); err != nil {
			t.Fatal(err)
		}
	}
	elsewhere.run("account", "list").must(t, exitError).says(t, elsewhere.folder, "cannot be used", "--data")
}

// TestServeRefusesUnsafeAddresses before it opens anything.
func TestServeRefusesUnsafeAddresses(t *testing.T) {
	t.Parallel()
	p := newPlace(t, sandbox.Config{})
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, c := range []struct {
		args []string
		code int
		says []string
	}{
		{[]string{"--addr=" + taken.Addr().String()}, exitError, []string{"taken", "--addr"}},
		{[]string{"--addr=0.0.0.0:0"}, exitUsage, []string{"without TLS", "--tls-cert", "--behind-proxy"}},
		{[]string{"--addr=:0"}, exitUsage, []string{"without TLS"}},
		{[]string{"--addr=[::]:0"}, exitUsage, []string{"without TLS"}},
		{[]string{"--addr=somewhere"}, exitUsage, nil},
		{[]string{"--addr=127.0.0.1:99999"}, exitUsage, []string{"127.0.0.1:99999"}},
		{[]string{"--tls-cert=/nowhere.pem"}, exitUsage, []string{"--tls-key"}},
		{[]string{"--tls-cert=/nowhere.pem", "--tls-key=/nowhere.key"}, exitUsage, []string{"certificate"}},
		{[]string{"--public-url=rollcall"}, exitUsage, []string{"https://rollcall.example.com"}},
		{[]string{"--behind-proxy=proxy"}, exitUsage, []string{"127.0.0.1/32"}},
	} {
		done := p.run(append([]string{"serve"}, c.args...)...)
		if done.code != c.code {
			t.Errorf("%q: exit code %d, want %d: %s", c.args, done.code, c.code, done.err)
		}
		done.says(t, c.says...)
	}
	for _, command := range []string{"demo", "sandbox"} {
		args := []string{command, "--addr=0.0.0.0:0"}
		var out, errs bytes.Buffer
		if code := run(t.Context(), args, streams{strings.NewReader(""), &out, &errs}); code != exitUsage {
			t.Errorf("%s on every address: exit code %d: %s", command, code, errs.String())
		}
	}
	if files, _ := filepath.Glob(filepath.Join(p.folder, "*")); len(files) > 0 {
		t.Errorf("left behind: %q", files)
	}
}

// TestSecretsFromTheEnvironment: a value and a file at once, or a file that is not there, is refused.
func TestSecretsFromTheEnvironment(t *testing.T) {
	p := newPlace(t, sandbox.Config{})
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(p.token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	add := append([]string{"account", "add", sandbox.DefaultUUID}, p.api...)
	t.Setenv("ROLLCALL_ACCOUNT_TOKEN", p.token)
	t.Setenv("ROLLCALL_ACCOUNT_TOKEN_FILE", file)
	p.run(add...).must(t, exitUsage).says(t, "Both ROLLCALL_ACCOUNT_TOKEN and ROLLCALL_ACCOUNT_TOKEN_FILE", "Keep one")
	os.Unsetenv("ROLLCALL_ACCOUNT_TOKEN")
	t.Setenv("ROLLCALL_ACCOUNT_TOKEN_FILE", file+".gone")
	p.run(add...).must(t, exitUsage).says(t, "ROLLCALL_ACCOUNT_TOKEN_FILE", "cannot be read")
	t.Setenv("ROLLCALL_ACCOUNT_TOKEN_FILE", file)
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte(strings.Repeat("0f", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ROLLCALL_MASTER_KEY", strings.Repeat("1e", 32))
	t.Setenv("ROLLCALL_MASTER_KEY_FILE", key)
	p.run(add...).must(t, exitUsage).says(t, "Both ROLLCALL_MASTER_KEY and ROLLCALL_MASTER_KEY_FILE")
	os.Unsetenv("ROLLCALL_MASTER_KEY_FILE")
	t.Setenv("ROLLCALL_MASTER_KEY", "short")
	p.run(add...).must(t, exitError).says(t, "32 bytes", "openssl rand")
	t.Setenv("ROLLCALL_MASTER_KEY", strings.Repeat("1e", 32))
	p.run(add...).must(t, exitOK)
	p.sync(exitOK)
	rows := p.rows()
	if _, err := os.Stat(filepath.Join(p.folder, "master.key")); err == nil {
		t.Error("a key file was made although the key was given")
	}
	t.Setenv("ROLLCALL_MASTER_KEY", strings.Repeat("2d", 32))
	p.ask("sync").must(t, exitError).says(t, "master key is not the one")
	t.Setenv("ROLLCALL_MASTER_KEY", "")
	p.ask("sync").must(t, exitError).says(t, "master key is missing")
	t.Setenv("ROLLCALL_MASTER_KEY", strings.Repeat("1e", 32))
	p.mustStillHold(rows)
	t.Setenv("ROLLCALL_ACCOUNT_UUID", sandbox.DefaultUUID)
	t.Setenv("ROLLCALL_ACCOUNT_TOKEN_FILE", "")
	p.ask("sync").must(t, exitUsage).says(t, "ROLLCALL_ACCOUNT_UUID is set without a token")
	for _, secret := range []string{p.token, strings.Repeat("1e", 32), strings.Repeat("2d", 32), strings.Repeat("0f", 32)} {
		p.mustNotShow(secret)
	}
}

// TestDamagedPages: a database that opens and cannot be read to the end is called damaged, and doctor finds it.
func TestDamagedPages(t *testing.T) {
	t.Parallel()
	p, rows := newSynced(t, sandbox.Config{})
	backup := filepath.Join(t.TempDir(), "copy.db")
	p.run("backup", backup).must(t, exitOK)
	p.run("backup", backup).must(t, exitError).says(t, backup)
	info, err := os.Stat(filepath.Join(p.folder, sqlite.FileName))
	if err != nil {
		t.Fatal(err)
	}
	const pageSize = 4096
	for at := int64(3 * pageSize); at < info.Size(); at += pageSize {
		overwrite(sqlite.FileName, at, strings.Repeat("damage", pageSize/6))(t, p.folder)
	}
	for _, args := range [][]string{{"sync", "--json"}, {"export", "access"}, {"account", "list"}, {"serve", "--addr=127.0.0.1:0"}} {
		p.run(args...).must(t, exitError).says(t, "damaged", "dashboard backup")
	}
	if done := p.run("doctor", "--offline"); done.code == exitOK || !strings.Contains(done.out+done.err, "damaged") {
		t.Errorf("doctor: exit code %d, %s%s", done.code, done.out, done.err)
	}
	for _, name := range []string{sqlite.FileName + "-wal", sqlite.FileName + "-shm"} {
		if err := os.Remove(filepath.Join(p.folder, name)); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	if err := os.Rename(backup, filepath.Join(p.folder, sqlite.FileName)); err != nil {
		t.Fatal(err)
	}
	p.mustStillHold(rows)
	p.sync(exitOK)
}
