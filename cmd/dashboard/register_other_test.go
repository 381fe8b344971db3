package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rollcall/internal/sandbox"
)

// TestAnotherTokenOfARegisteredClientIsNotPassedOver: nobody is told that a token is registered which was thrown away.
func TestAnotherTokenOfARegisteredClientIsNotPassedOver(t *testing.T) {
	t.Parallel()
	p, files := newShops(t)
	p.ask("token", "import", files[0]).must(t, exitOK)
	c := p.world.Credentials(sandbox.DefaultUUID)[0]
	file := filepath.Join(t.TempDir(), "again.txt")
	other := strings.Repeat("z9", 15) + "z"
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(c.File(sandbox.LayoutA), c.Token, other)), 0o600); err != nil {
		t.Fatal(err)
	}
	done := p.ask("token", "import", file)
	if done.code == exitOK || !strings.Contains(done.err, "with another token") || strings.Contains(done.err+done.out, other) {
		t.Errorf("exit %d: %s%s", done.code, done.out, done.err)
	}
}

// TestARegisterThatIsImportedAgainDoublesNothing: also what it names without a client ID.
func TestARegisterThatIsImportedAgainDoublesNothing(t *testing.T) {
	t.Parallel()
	p, _ := newShops(t)
	file := filepath.Join(t.TempDir(), "register.csv")
	text := "store_hash,name,client_id\nabc123def0,Mailer  one,\nabc123def0,Mailer two,\nabc123def1,Mailer one,\nabc123def1,Mailer one,client-7\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"4 API accounts registered, 0 were there", "0 API accounts registered, 4 were there"} {
		if done := p.ask("token", "import", file).must(t, exitOK); !strings.Contains(done.out, want) {
			t.Errorf("it says %q, want %q", done.out, want)
		}
	}
}

// TestCredentialsOfAnEntryThatAListNamed: they belong to that entry, and are no second one.
func TestCredentialsOfAnEntryThatAListNamed(t *testing.T) {
	t.Parallel()
	p, files := newShops(t)
	c := p.world.Credentials(sandbox.DefaultUUID)[0]
	list := filepath.Join(t.TempDir(), "register.csv")
	if err := os.WriteFile(list, []byte("store_hash,name,owner\n"+c.StoreHash+","+c.Name+",Ada\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.ask("token", "import", list).must(t, exitOK)
	p.ask("token", "import", files[0]).must(t, exitOK)
	out := p.run("token", "list").must(t, exitOK).out
	if strings.Count(out, "\n") != 2 || !strings.Contains(out, c.ClientID) || !strings.Contains(out, "valid") {
		t.Errorf("the register is\n%s", out)
	}
}
