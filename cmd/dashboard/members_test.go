package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rollcall/internal/sandbox"
	"rollcall/internal/sqlite"
)

func TestAccountCommands(t *testing.T) {
	t.Parallel()
	p, rows := newSynced(t, sandbox.Config{})
	list := p.run("account", "list").must(t, exitOK).out
	for _, word := range []string{sandbox.DefaultUUID, sandbox.DefaultName, "…" + p.token[len(p.token)-4:], "connected"} {
		if !strings.Contains(list, word) {
			t.Errorf("the list lacks %q: %s", word, list)
		}
	}
	if check := p.ask("account", "check").must(t, exitOK).out; !strings.Contains(check, "can be read") || !strings.Contains(check, "Requests spent: 1") {
		t.Errorf("check: %s", check)
	}
	p.run("account", "remove", sandbox.DefaultUUID).must(t, exitOK)
	p.ask("sync").must(t, exitError).says(t, "No account is connected")
	p.ask("account", "check", sandbox.DefaultUUID).must(t, exitError).says(t, "not connected")
	p.mustStillHold(rows)
	p.add()
	p.sync(exitOK)
	p.mustStillHold(rows)
	p.feed("some other name\n", "account", "remove", "--purge", sandbox.DefaultUUID).must(t, exitError).says(t, "Nothing was deleted")
	p.mustStillHold(rows)
	p.feed(sandbox.DefaultName+"\n", "account", "remove", "--purge", sandbox.DefaultUUID).must(t, exitOK)
	p.run("export", "access").must(t, exitError).says(t, "No account is connected")
	p.run("account", "remove", sandbox.DefaultUUID).must(t, exitError).says(t, "never connected")
	data, err := os.ReadFile(filepath.Join(p.folder, sqlite.FileName))
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range sandbox.New(sandbox.Config{}).Truth(sandbox.DefaultUUID).Users[:1] {
		if strings.Contains(string(data), a.Email) {
			t.Error("purged data can still be read in the file")
		}
	}
	p.mustNotShow(p.token)
}

func TestMemberCommands(t *testing.T) {
	t.Parallel()
	p := newPlace(t, sandbox.Config{})
	p.feed("short\n", "member", "create", adminMail, "--name=Ada").must(t, exitUsage).says(t, "12")
	p.feed(adminPassword+"\n", "member", "create", "no address", "--name=Ada").must(t, exitUsage).says(t, "e-mail")
	p.feed(adminPassword+"\n", "member", "create", adminMail, "--name=Ada", "--role=king").must(t, exitUsage).says(t, "king", "auditor")
	p.feed(adminPassword+"\n", "member", "create", adminMail).must(t, exitUsage).says(t, "--name")
	p.feed(adminPassword+"\n", "member", "create", adminMail, "--name=Ada").must(t, exitOK)
	p.feed(adminPassword+"\n", "member", "create", strings.ToUpper(adminMail), "--name=Ada").must(t, exitError)
	if list := p.run("member", "list").must(t, exitOK).out; !strings.Contains(list, adminMail) || !strings.Contains(list, "admin") || strings.Count(list, "\n") != 2 {
		t.Errorf("members: %s", list)
	}
	other := "another long password 42"
	p.feed(other+"\n", "member", "reset", "nobody@example.com").must(t, exitError)
	s := p.serve()
	if strings.Contains(s.out.String(), "Set-up code") {
		t.Error("set-up is offered although there is a member")
	}
	s.post("/sign-in", "email", adminMail, "password", adminPassword).must(t, 200, "/connect")
	p.feed(other+"\n", "member", "reset", adminMail).must(t, exitOK)
	s.get("/connect").must(t, 200, "/sign-in?next=%2Fconnect")
	s.post("/sign-in", "email", adminMail, "password", adminPassword).must(t, 401, "/sign-in")
	s.post("/sign-in", "email", adminMail, "password", other).must(t, 200, "/connect")
	s.end()
	p.mustNotShow(adminPassword)
	p.mustNotShow(other)
}

func TestMemberChangesByCommand(t *testing.T) {
	t.Parallel()
	p := newPlace(t, sandbox.Config{})
	other := "bob@example.com"
	p.feed(adminPassword+"\n", "member", "create", adminMail, "--name=Ada").must(t, exitOK)
	p.feed(adminPassword+"\n", "member", "create", other, "--name=Bob", "--role=viewer").must(t, exitOK)
	list := func(words ...string) {
		t.Helper()
		out := p.run("member", "list").must(t, exitOK).out
		for _, word := range words {
			if !strings.Contains(out, word) {
				t.Errorf("the list lacks %q: %s", word, out)
			}
		}
	}
	p.run("member", "disable", adminMail).must(t, exitError).says(t, "last active admin")
	p.run("member", "role", adminMail, "viewer").must(t, exitError).says(t, "last active admin")
	p.run("member", "role", other, "king").must(t, exitUsage).says(t, "king")
	p.run("member", "role", other, "auditor").must(t, exitOK)
	list("auditor", "all accounts")
	p.run("member", "disable", other).must(t, exitOK)
	list("disabled")
	p.run("member", "enable", strings.ToUpper(other)).must(t, exitOK)
	p.run("member", "limit", other).must(t, exitUsage).says(t, "--all")
	p.run("member", "limit", other, sandbox.DefaultUUID).must(t, exitError).says(t, "never connected")
	p.run("member", "limit", other, "--all").must(t, exitOK)
	p.run("member", "unlock", "nobody@example.com").must(t, exitError).says(t, "member")
	p.run("member", "unlock", other).must(t, exitOK)
}
