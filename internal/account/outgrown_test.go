package account

import (
	"strings"
	"testing"

	"rollcall/internal/account/plan"
	"rollcall/internal/org"
)

// A page without cursors cannot be followed by another one, so that a store that has grown is asked for again.
func TestAFinalPageThatIsNotTheLastIsAskedAgain(t *testing.T) {
	op := plan.Op{Kind: org.ListAccesses, Stores: []string{"s1", "s2"}, First: 1, Final: true}
	query := compose(plan.Request{Ops: []plan.Op{op}})
	if strings.Contains(query, "cursor") {
		t.Errorf("cursors are asked for: %s", query)
	}
	user := `"edges":[{"node":{"id":"u"}}]`
	p := part{op: op, raw: []byte(`{"edges":[{"node":{"id":"s1","users":{"pageInfo":{"hasNextPage":false},` + user +
		`}}},{"node":{"id":"s2","users":{"pageInfo":{"hasNextPage":true},"collectionInfo":{"totalItems":2},` + user + `}}}]}`)}
	pages := p.pages()
	for i := range pages {
		p.outgrown(&pages[i])
	}
	if pages[0].Problem != "" || pages[0].Len() != 1 || len(pages[0].Cursors) != 1 {
		t.Errorf("the last page is %+v", pages[0])
	}
	if pages[1].Problem == "" || pages[1].Kind != org.KindUnavailable || pages[1].Len() != 0 || pages[1].HasNext {
		t.Errorf("a page that is not the last is %+v", pages[1])
	}
}
