package account_test

import (
	"context"
	"strings"
	"testing"

	"rollcall/internal/sandbox"
)

func TestSchemaHasNotMoved(t *testing.T) {
	client, server := open(sandbox.Config{})
	lines, err := client.Differences(context.Background())
	if err != nil || len(lines) > 0 {
		t.Errorf("got %q, %v, want no difference to the sandbox, which executes our schema", lines, err)
	}
	if n := server.Stats().Requests; n != 1 {
		t.Errorf("took %d requests, want 1", n)
	}
	client, _ = open(sandbox.Config{Answers: sandbox.Answers{UnseenStatus: "SUSPENDED"}})
	if lines, _ := client.Differences(context.Background()); len(lines) != 1 || !strings.Contains(lines[0], "SUSPENDED is new") {
		t.Errorf("got %q, want the new status", lines)
	}
}

func TestAsk(t *testing.T) {
	tests := []struct {
		name   string
		config sandbox.Config
		most   int
		words  []string
	}{
		{"friendly", sandbox.Config{}, 10, []string{"schema moved? No", "refused (status 400)", "10 users", "Yes. Complexity", "empty list", "Per store", "rate headers? No"}},
		{
			"clamping, page 1",
			sandbox.Config{
				Limits: sandbox.Limits{OverCap: "clamp", HideScore: true}, Rate: sandbox.Rate{Quota: 70},
				Answers: sandbox.Answers{BadCursor: "page1", UnknownStore: "error", NoIntrospection: true}, Shape: sandbox.Shape{PersonSignIn: true},
			},
			10,
			[]string{"could not be read", "cut to 50", "Page 1, without", "Perhaps per person", "rate headers? Yes", "header? No"},
		},
		{"quota", sandbox.Config{Rate: sandbox.Rate{Quota: 3}}, 10, []string{"quota"}},
		{"few", sandbox.Config{}, 2, []string{"Not every question"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client, server := open(test.config)
			found, err := client.Ask(context.Background(), test.most)
			if err != nil {
				t.Fatal(err)
			}
			said := found.Stopped
			for _, a := range found.Answers {
				said += "\n" + a.Question + " " + a.Answer
			}
			for _, word := range test.words {
				if !strings.Contains(said, word) {
					t.Errorf("%q is missing in:%s", word, said)
				}
			}
			if n := server.Stats().Requests; n > test.most || n != found.Requests {
				t.Errorf("sent %d requests, counted %d, want at most %d", n, found.Requests, test.most)
			}
		})
	}
}
