package account

import (
	"encoding/json"
	"testing"

	"rollcall/internal/account/plan"
	"rollcall/internal/org"
)

// accessesPage decodes the answer to one request for the users of store s1.
func accessesPage(t *testing.T, users string, errors ...answerError) org.Page {
	t.Helper()
	op := plan.Op{Kind: org.ListAccesses, Stores: []string{"s1"}, First: 5}
	p := part{op: op, raw: json.RawMessage(`{"edges":[{"node":{"id":"s1","users":` + users + `}}]}`), errors: errors}
	pages := p.pages()
	if len(pages) != 1 {
		t.Fatalf("got %d pages", len(pages))
	}
	return pages[0]
}

func TestAListThatDoesNotSayWhetherItGoesOnIsNotRead(t *testing.T) {
	const users = `,"edges":[{"cursor":"c","node":{"id":"u1","permissions":[]}}]}`
	for answer, read := range map[string]bool{
		`{"pageInfo":{"hasNextPage":false}`:   true,
		`{"pageInfo":{"hasNextPage":"false"}`: true,
		`{"pageInfo":{"hasNextPage":0}`:       true,
		`{"pageInfo":{"hasNextPage":null}`:    false,
		`{"pageInfo":{"hasNextPage":{}}`:      false,
		`{"pageInfo":{}`:                      false,
		`{"pageInfo":null`:                    false,
		`{"x":1`:                              false,
	} {
		page := accessesPage(t, answer+users)
		if (page.Problem == "") != read || !read && page.Kind != org.KindBroken {
			t.Errorf("%s: problem %q (%v), want read %v", answer, page.Problem, page.Kind, read)
		}
	}
}

func TestAStatusThatFailedIsNotOneThatIsMissing(t *testing.T) {
	const users = `{"pageInfo":{"hasNextPage":false},"edges":[{"cursor":"c","node":{"id":"u1","permissions":[],"status":null}}]}`
	if user := accessesPage(t, users).Users[0]; user.StatusUnread {
		t.Error("a null without an error counts as unread")
	}
	failed := answerError{message: "Internal server error", path: []any{"account", "a0", "edges", 0.0, "node", "users", "edges", 0.0, "node", "status"}}
	if user := accessesPage(t, users, failed).Users[0]; !user.StatusUnread {
		t.Error("a null beside an error counts as not provided")
	}
}
