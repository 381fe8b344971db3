package account_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"rollcall/internal/account"
	"rollcall/internal/org"
	"rollcall/internal/sandbox"
)

func TestCheck(t *testing.T) {
	all := []string{"account_read", "account_stores_read", "account_users_read", "account_apps_read"}
	without := func(scope string) []string {
		var rest []string
		for _, s := range all {
			if s != scope {
				rest = append(rest, s)
			}
		}
		return rest
	}
	tests := []struct {
		name   string
		scopes []string
		answer string
		can    string // of account, stores, users, apps; subscriptions are not asked for
		usable bool
		most   int
	}{
		{"everything", all, "null", "yes yes yes yes", true, 1},
		{"no apps, null", without("account_apps_read"), "null", "yes yes yes no", true, 1},
		{"no apps, 403", without("account_apps_read"), "403", "yes yes yes no", true, 4},
		{"no apps, 200", without("account_apps_read"), "200", "yes yes yes no", true, 4},
		{"no users, null", without("account_users_read"), "null", "yes yes no yes", false, 2},
		{"no users, 403", without("account_users_read"), "403", "yes yes no yes", false, 4},
		{"no account, null", without("account_read"), "null", "no yes yes yes", false, 2},
		{"no stores, null", without("account_stores_read"), "null", "yes no yes no", false, 4},
		{"nothing, 403", []string{"none"}, "403", "unknown unknown no no", false, 4},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client, _ := open(sandbox.Config{Scopes: test.scopes, Answers: sandbox.Answers{MissingScope: test.answer}})
			check, err := client.Check(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			var can []string
			for _, a := range check.Abilities {
				can = append(can, a.Can.String())
			}
			if got := strings.Join(can, " "); got != test.can+" unknown" || check.Usable() != test.usable || check.Requests > test.most {
				t.Errorf("got %q, usable %v, %d requests (%s), want %q, %v, at most %d", got, check.Usable(), check.Requests, check.Problem,
					test.can, test.usable, test.most)
			}
			if lines := strings.Join(check.Lines(), "\n"); !strings.Contains(lines, "read-only scopes") || strings.Contains(lines, sandbox.DefaultToken) {
				t.Errorf("lines:\n%s", lines)
			}
		})
	}
}

func TestCheckNamesStoresAndCaps(t *testing.T) {
	client, _ := open(sandbox.Config{Limits: sandbox.Limits{PageCap: 10}, Rate: sandbox.Rate{Quota: 70}})
	check, err := client.Check(context.Background())
	if err != nil || check.Stores != 10 || !check.MoreStores || check.PageCap != 10 || check.Complexity == 0 || check.Rate == "" {
		t.Errorf("got %+v, %v", check, err)
	}
}

func TestCheckCountsNoStoreThatFailed(t *testing.T) {
	client, _ := open(sandbox.Config{Shape: sandbox.Shape{Stores: 6}, Answers: sandbox.Answers{FailingStores: 2}})
	check, err := client.Check(context.Background())
	lines := strings.Join(check.Lines(), "\n")
	if err != nil || check.Stores != 4 || check.LostStores != 2 || !strings.Contains(lines, "failed at BigCommerce: 2") {
		t.Errorf("got %d stores, %d lost, %v:\n%s", check.Stores, check.LostStores, err, lines)
	}
}

func TestCheckSaysWhatIsWrong(t *testing.T) {
	server := sandbox.New(sandbox.Config{})
	tests := []struct {
		name, uuid, token string
		answer            sandbox.Config
		kind              org.Kind
		word              string
	}{
		{name: "wrong token", token: "nonsense-nonsense", kind: org.KindUnauthorized, word: "refused the token"},
		{name: "token of another account", uuid: "00000000-0000-4000-8000-000000000000", token: sandbox.DefaultToken, word: "another account"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			uuid := server.UUIDs()[0]
			if test.uuid != "" {
				uuid = test.uuid
			}
			client := account.New(account.Config{UUID: uuid, Token: test.token, HTTP: &http.Client{Transport: server.Transport()}})
			check, err := client.Check(context.Background())
			if test.kind != 0 && org.KindOf(err) != test.kind || check.Usable() || !strings.Contains(strings.ToLower(check.Problem), test.word) {
				t.Errorf("got %v, %+v", err, check)
			}
			if err != nil && strings.Contains(err.Error(), test.token) || strings.Contains(check.Problem, test.token) {
				t.Error("the token shows")
			}
		})
	}
	t.Run("API down", func(t *testing.T) {
		client := account.New(account.Config{URL: "http://127.0.0.1:1", UUID: "u", Token: "t0ken-t0ken"})
		if check, err := client.Check(context.Background()); org.KindOf(err) != org.KindUnavailable || check.Usable() {
			t.Errorf("got %v, %+v", err, check)
		}
	})
}
