package sandbox

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The engine parses and validates for itself, but keeps its syntax tree to itself. Scoring needs one before
// anything is executed; this is a small reader of executable documents, lenient where the engine is strict.

// document is a parsed query text.
type document struct {
	operations []operation
	fragments  map[string][]selection
}

type operation struct {
	kind, name string
	defaults   map[string]any // of variables
	selections []selection
}

// selection is a field, a spread of a named fragment or an inline fragment.
type selection struct {
	name       string // of the field; empty for fragments
	alias      string
	spread     string
	arguments  map[string]any
	directives map[string]map[string]any
	children   []selection
}

// variable stands for $name in a value.
type variable string

// operation gives the one that a request means, or nil.
func (d *document) operation(name string) *operation {
	if name == "" && len(d.operations) == 1 {
		return &d.operations[0]
	}
	for i := range d.operations {
		if name != "" && d.operations[i].name == name {
			return &d.operations[i]
		}
	}
	return nil
}

var errSyntax = errors.New("syntax error")

func parseDocument(text string) (doc *document, err error) {
	defer func() {
		if r := recover(); r != nil {
			if r != any(errSyntax) {
				panic(r)
			}
			doc, err = nil, fmt.Errorf("sandbox: %w", errSyntax)
		}
	}()
	p := &parser{text: text}
	p.next()
	doc = &document{fragments: map[string][]selection{}}
	for p.token != "" {
		p.definition(doc)
	}
	return doc, nil
}

// parser holds the current token: a punctuator, name, number, or a string with its opening quote.
type parser struct {
	text  string
	at    int
	token string
	depth int
}

func (p *parser) definition(doc *document) {
	switch p.token {
	case "{":
		doc.operations = append(doc.operations, operation{kind: "query", selections: p.selectionSet()})
	case "query", "mutation", "subscription":
		op := operation{kind: p.take(), defaults: map[string]any{}}
		if p.isName() {
			op.name = p.take()
		}
		if p.token == "(" {
			p.variables(op.defaults)
		}
		p.directives()
		op.selections = p.selectionSet()
		doc.operations = append(doc.operations, op)
	case "fragment":
		p.take()
		name := p.take()
		p.expect("on")
		p.take()
		p.directives()
		doc.fragments[name] = p.selectionSet()
	default:
		panic(errSyntax)
	}
}

func (p *parser) variables(defaults map[string]any) {
	p.expect("(")
	for p.token != ")" {
		p.expect("$")
		name := p.take()
		p.expect(":")
		p.typeName()
		if p.token == "=" {
			p.take()
			defaults[name] = p.value()
		}
		p.directives()
	}
	p.expect(")")
}

func (p *parser) typeName() {
	if p.token == "[" {
		p.take()
		p.typeName()
		p.expect("]")
	} else {
		p.take()
	}
	if p.token == "!" {
		p.take()
	}
}

func (p *parser) selectionSet() []selection {
	if p.depth++; p.depth > 200 {
		panic(errSyntax)
	}
	p.expect("{")
	var out []selection
	for p.token != "}" {
		out = append(out, p.selection())
	}
	p.expect("}")
	p.depth--
	return out
}

func (p *parser) selection() selection {
	if p.token == "..." {
		p.take()
		return p.fragment()
	}
	s := selection{name: p.takeName()}
	s.alias = s.name
	if p.token == ":" {
		p.take()
		s.name = p.takeName()
	}
	s.arguments = p.arguments()
	s.directives = p.directives()
	if p.token == "{" {
		s.children = p.selectionSet()
	}
	return s
}

func (p *parser) fragment() selection {
	var s selection
	switch {
	case p.token == "on":
		p.take()
		p.take()
	case p.isName():
		s.spread = p.take()
		s.directives = p.directives()
		return s
	}
	s.directives = p.directives()
	s.children = p.selectionSet()
	return s
}

func (p *parser) arguments() map[string]any {
	if p.token != "(" {
		return nil
	}
	p.take()
	out := map[string]any{}
	for p.token != ")" {
		name := p.takeName()
		p.expect(":")
		out[name] = p.value()
	}
	p.take()
	return out
}

func (p *parser) directives() map[string]map[string]any {
	var out map[string]map[string]any
	for p.token == "@" {
		p.take()
		if out == nil {
			out = map[string]map[string]any{}
		}
		name := p.takeName()
		out[name] = p.arguments()
	}
	return out
}

func (p *parser) value() any {
	if p.depth++; p.depth > 200 {
		panic(errSyntax)
	}
	defer func() { p.depth-- }()
	switch {
	case p.token == "$":
		p.take()
		return variable(p.takeName())
	case p.token == "[":
		p.take()
		list := []any{}
		for p.token != "]" {
			list = append(list, p.value())
		}
		p.take()
		return list
	case p.token == "{":
		p.take()
		object := map[string]any{}
		for p.token != "}" {
			name := p.takeName()
			p.expect(":")
			object[name] = p.value()
		}
		p.take()
		return object
	}
	return scalarValue(p.take())
}

func scalarValue(token string) any {
	switch token {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	}
	if strings.HasPrefix(token, `"`) {
		return token[1:] // escapes do not matter to a score
	}
	if n, err := strconv.ParseInt(token, 10, 64); err == nil {
		return n
	}
	return token
}

func (p *parser) isName() bool { return p.token != "" && isNameByte(p.token[0]) }

func (p *parser) takeName() string {
	if !p.isName() {
		panic(errSyntax)
	}
	return p.take()
}

func (p *parser) take() string {
	if p.token == "" {
		panic(errSyntax)
	}
	token := p.token
	p.next()
	return token
}

func (p *parser) expect(token string) {
	if p.token != token {
		panic(errSyntax)
	}
	p.next()
}

// next reads the token that follows; the empty one is the end.
func (p *parser) next() {
	p.skip()
	if p.at >= len(p.text) {
		p.token = ""
		return
	}
	start := p.at
	switch c := p.text[p.at]; {
	case isNameByte(c) || c == '-':
		for p.at++; p.at < len(p.text) && (isNameByte(p.text[p.at]) || p.text[p.at] == '.' || p.text[p.at] == '+'); {
			p.at++
		}
	case c == '"':
		p.readString()
		return
	case strings.HasPrefix(p.text[p.at:], "..."):
		p.at += 3
	default:
		p.at++
	}
	p.token = p.text[start:p.at]
}

func (p *parser) skip() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r', ',', '\xef', '\xbb', '\xbf':
			p.at++
		case '#':
			for p.at < len(p.text) && p.text[p.at] != '\n' {
				p.at++
			}
		default:
			return
		}
	}
}

// readString leaves the token with its opening quote and without the closing one.
func (p *parser) readString() {
	if strings.HasPrefix(p.text[p.at:], `"""`) {
		end := strings.Index(p.text[p.at+3:], `"""`)
		if end < 0 {
			panic(errSyntax)
		}
		p.token = `"` + p.text[p.at+3:p.at+3+end]
		p.at += end + 6
		return
	}
	start := p.at
	for p.at++; p.at < len(p.text) && p.text[p.at] != '"'; p.at++ {
		if p.text[p.at] == '\\' {
			p.at++
		}
	}
	if p.at >= len(p.text) {
		panic(errSyntax)
	}
	p.token = p.text[start:p.at]
	p.at++
}

func isNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
