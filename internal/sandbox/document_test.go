package sandbox

import (
	"testing"
	"time"
)

func TestParseDocument(t *testing.T) {
	doc, err := parseDocument(`
		# a comment with { and "
		query Q($a: [Int!]! = [1, 2], $b: In = {x: "a\"b", y: [E, null]}) @d { one: field(a: $a, b: -1.5e+3, c: """block "quoted" text""") @include(if: true) { ...F ... on T @skip(if: $b) { x } ... { y } } }
		fragment F on T { z }
		mutation M { m }`)
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.operations) != 2 || doc.operation("") != nil || doc.operation("M").kind != "mutation" || len(doc.fragments["F"]) != 1 {
		t.Fatalf("got %+v", doc)
	}
	field := doc.operation("Q").selections[0]
	if field.alias != "one" || field.name != "field" || field.arguments["a"] != variable("a") || field.arguments["c"] != `block "quoted" text` || len(field.children) != 3 {
		t.Errorf("got %+v", field)
	}
	if field.children[0].spread != "F" || field.children[1].directives["skip"]["if"] != variable("b") || field.children[2].children[0].name != "y" {
		t.Errorf("got %+v", field.children)
	}
}

// FuzzDocument feeds anything to the reader and the measuring; neither may panic or take long.
func FuzzDocument(f *testing.F) {
	for _, seed := range []string{
		firstPages, `{a`, `query($x:[[I!]]={a:1}){a(b:"\`, `fragment A on B{...A}{...A}`, `{a(b:"""`, `{...on}`, "{a@b(c:[[[[", "\xef\xbb\xbf{a}",
		`{users(first:999999999){edges{users(first:999999999){edges{users(last:999999999999){edges{a}}}}}}}`,
	} {
		f.Add(seed)
	}
	cfg := Config{}.withDefaults()
	f.Fuzz(func(t *testing.T, text string) {
		began := time.Now()
		doc, err := parseDocument(text)
		if err != nil {
			return
		}
		for _, op := range doc.operations {
			if m := measureRequest(&cfg, doc, op.name, nil); m.score < 0 || m.users < 0 || m.stores < 0 {
				t.Errorf("measured %+v", m)
			}
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
	})
}
