package main

import (
	"strings"
	"testing"
	"time"

	"rollcall/internal/sandbox"
)

// TestDoctor checks an account in several variants: ten requests at most, the findings in words, nothing changed.
func TestDoctor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*sandbox.Config)
		code   int
		says   []string
	}{
		"friendly":         {says: []string{"Everything is fine.", "Stores: 6", "can be read."}},
		"page cap 10":      {change: limits(10, "error"), says: []string{"Everything is fine.", "10"}},
		"clamped pages":    {change: limits(10, "clamp"), says: []string{"Everything is fine."}},
		"tiny pages":       {change: limits(2, "words"), says: []string{"Everything is fine."}},
		"complexity 2500":  {change: complexity(2500, "words", "nodes", true), says: []string{"Everything is fine."}},
		"no introspection": {change: func(c *sandbox.Config) { c.NoIntrospection = true }, says: []string{"ntrospection", "Everything is fine."}},
		"no totals":        {change: func(c *sandbox.Config) { c.NullCollection = true }, says: []string{"Everything is fine."}},
		"no rate headers":  {change: func(c *sandbox.Config) { c.NoRateHeaders = true }, says: []string{"Everything is fine."}},
		"odd scalars": {
			change: func(c *sandbox.Config) { c.NumericIDs, c.TextLongs, c.Times = true, true, "garbage" },
			says:   []string{"Everything is fine."},
		},
		"no store":           {change: func(c *sandbox.Config) { c.Stores, c.Users = -1, 4 }, says: []string{"Everything is fine."}},
		"failing stores":     {change: func(c *sandbox.Config) { c.FailingStores = 2 }, says: []string{"Requests spent"}},
		"no apps scope":      {change: noApps("null"), says: []string{"account_apps_read", "Everything is fine."}},
		"no apps scope, 403": {change: noApps("403"), says: []string{"account_apps_read"}},
		"no users scope": {
			change: func(c *sandbox.Config) { c.Scopes = []string{"account_read", "account_stores_read"} }, code: exitPartial,
			says: []string{"account_users_read", "need attention"},
		},
		"wrong token": {
			change: func(c *sandbox.Config) { c.Token = "another0another0another0another0" }, code: exitPartial,
			says: []string{"BAD  connection", "token", "need attention"},
		},
		"quota nearly used up": {
			change: func(c *sandbox.Config) { c.Rate = sandbox.Rate{Quota: 5, Window: time.Hour} },
			says:   []string{"quota"},
		},
		"broken answers": {change: func(c *sandbox.Config) {
			c.Fault = func(r *sandbox.RequestInfo) sandbox.Fault {
				if r.Number == 3 {
					return sandbox.Fault{Kind: sandbox.Fault503}
				}
				return sandbox.Fault{}
			}
		}, says: []string{"Not known. BigCommerce could not answer", "Everything is fine."}},
		"quota used up": {
			change: func(c *sandbox.Config) { c.Rate = sandbox.Rate{Quota: 1, Foreign: 1, Window: time.Hour} }, code: exitPartial,
			says: []string{"quota", "used up"},
		},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			cfg := sandbox.Config{}
			if c.change != nil {
				c.change(&cfg)
			}
			p := newPlace(t, cfg)
			p.feed(p.token, append([]string{"account", "add", sandbox.DefaultUUID, "--no-check"}, p.api...)...).must(t, exitOK)
			done := p.ask("doctor")
			if spent := p.world.Stats().Requests; spent > 10 {
				t.Errorf("%d requests were spent", spent)
			}
			if done.code != c.code {
				t.Errorf("exit code %d, want %d", done.code, c.code)
			}
			for _, word := range c.says {
				if !strings.Contains(done.out, word) {
					t.Errorf("it does not say %q", word)
				}
			}
			if first, connection := strings.Index(done.out, "spends 10 at most"), strings.Index(done.out, "connection to"); first < 0 || connection < first {
				t.Error("it does not say first what it spends")
			}
			for _, odd := range []string{"status 0", "%!", "<nil>", "map[", "0x", "graphql-go", "{\""} {
				if strings.Contains(done.out, odd) {
					t.Errorf("it says %q", odd)
				}
			}
			p.mustNotShow(p.token)
			if t.Failed() || testing.Verbose() {
				t.Log(done.out, done.err)
			}
		})
	}
}

// TestDoctorOffline sends nothing, and finds what is wrong on this machine.
func TestDoctorOffline(t *testing.T) {
	t.Parallel()
	p := newPlace(t, sandbox.Config{})
	if done := p.run("doctor", "--offline"); done.code == exitError || !strings.Contains(done.out, "No account is connected") {
		t.Errorf("without an account: exit code %d, %s%s", done.code, done.out, done.err)
	}
	p.add()
	p.world.ResetStats()
	done := p.ask("doctor", "--offline").must(t, exitOK)
	if p.world.Stats().Requests > 0 {
		t.Error("requests were sent")
	}
	for _, word := range []string{"data folder", "database can be read whole", "settings", "token of", "Everything is fine."} {
		if !strings.Contains(done.out, word) {
			t.Errorf("it does not say %q: %s", word, done.out)
		}
	}
	p.run("doctor", "--offline", "--account=nonsense").must(t, exitPartial)
}
