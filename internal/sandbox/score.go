package sandbox

import (
	"encoding/json"
	"fmt"
	"math"
)

// measure is what a request asks for, read from its text before anything is executed.
type measure struct {
	operation     string // query or mutation
	score         int
	depth         int
	aliases       int // fields directly under account
	stores        int // stores asked for, by page sizes
	users         int // users asked for, by page sizes
	fields        map[string]bool
	introspection bool
	pageProblem   *pageProblem
	userApps      []*pageArgs // pages of the apps of users; nil for one that is not just a first page
}

// pageProblem is a page size that the server does not accept.
type pageProblem struct {
	argument string
	size     int
	cap      int
}

// measuring walks one operation.
type measuring struct {
	cfg       *Config
	doc       *document
	variables map[string]any
	out       *measure
	spreads   int
	inUsers   bool // below a connection of users
}

// measureRequest reads a document that parsed; an operation that is not there measures nothing.
func measureRequest(cfg *Config, doc *document, name string, variables map[string]any) measure {
	out := measure{operation: "query", fields: map[string]bool{}}
	op := doc.operation(name)
	if op == nil {
		return out
	}
	all := map[string]any{}
	for key, value := range op.defaults {
		all[key] = value
	}
	for key, value := range variables {
		all[key] = value
	}
	m := &measuring{cfg: cfg, doc: doc, variables: all, out: &out}
	out.operation = op.kind
	out.score = min(m.walk(op.selections, "", 1, 1), math.MaxInt32)
	return out
}

// connections are the fields with pages, and their own cap; 0 is the general one.
func (c *Config) connectionCap(field string) (cap int, isConnection bool) {
	switch field {
	case "stores":
		return c.StoresPageCap, true
	case "users":
		return c.UsersPageCap, true
	case "apps":
		return c.AppsPageCap, true
	case "subscriptions":
		return 50, true
	case "eventSources", "items":
		return c.PageCap, true
	}
	return 0, false
}

// walk gives the score of some selections; each node below them is there times times.
func (m *measuring) walk(selections []selection, parent string, times, depth int) int {
	m.out.depth = max(m.out.depth, depth)
	score := 0
	for _, s := range selections {
		if m.skipped(s) {
			continue
		}
		switch {
		case s.spread != "":
			if m.spreads++; m.spreads < 10_000 && depth < 200 {
				score = sum(score, m.walk(m.doc.fragments[s.spread], parent, times, depth))
			}
		case s.name == "":
			score = sum(score, m.walk(s.children, parent, times, depth))
		default:
			score = sum(score, m.field(s, parent, times, depth))
		}
	}
	return score
}

func (m *measuring) field(s selection, parent string, times, depth int) int {
	m.out.fields[s.name] = true
	m.out.introspection = m.out.introspection || s.name == "__schema" || s.name == "__type"
	if parent == "account" {
		m.out.aliases++
	}
	cap, paged := m.cfg.connectionCap(s.name)
	if !paged || len(s.children) == 0 {
		return sum(m.fieldCost(), m.walk(s.children, s.name, times, depth+1))
	}
	size := m.pageSize(s, cap)
	m.count(s.name, product(times, size))
	if s.name == "apps" && m.inUsers {
		m.out.userApps = append(m.out.userApps, m.firstPage(s))
	}
	defer func(before bool) { m.inUsers = before }(m.inUsers)
	m.inUsers = m.inUsers || s.name == "users"
	inner, outer := 0, 0
	for _, child := range s.children {
		if child.name == "edges" || child.name == "" {
			inner = sum(inner, m.walk([]selection{child}, s.name, product(times, size), depth+1))
		} else {
			outer = sum(outer, m.walk([]selection{child}, s.name, times, depth+1))
		}
	}
	if m.cfg.ScoreFormula == "nodes" {
		return sum(connectionCost+size, product(size, inner))
	}
	return sum(1+outer, product(size, inner))
}

// firstPage gives the arguments of a field that asks for a first page; nil when it asks for another.
func (m *measuring) firstPage(s selection) *pageArgs {
	first, given := m.integer(s.arguments["first"])
	if !given || len(s.arguments) != 1 || first < 0 || first > math.MaxInt32 {
		return nil
	}
	size := int32(first)
	return &pageArgs{First: &size}
}

// sameApps gives the page of apps that is asked for of every user, if it is one and the same.
func (m *measure) sameApps() *pageArgs {
	for _, args := range m.userApps {
		if args == nil || *args.First != *m.userApps[0].First {
			return nil
		}
	}
	if len(m.userApps) == 0 {
		return nil
	}
	return m.userApps[0]
}

// connectionCost is what the formula by nodes counts for each connection, beside one for each row asked for.
const connectionCost = 2

// fieldCost is the cost of a field that has no pages: one, or nothing in the formula by nodes.
func (m *measuring) fieldCost() int {
	if m.cfg.ScoreFormula == "nodes" {
		return 0
	}
	return 1
}

func (m *measuring) count(name string, rows int) {
	switch name {
	case "stores":
		m.out.stores = sum(m.out.stores, rows)
	case "users":
		m.out.users = sum(m.out.users, rows)
	}
}

// pageSize is the number of rows asked for; a size beyond the cap or below zero is noted.
func (m *measuring) pageSize(s selection, cap int) int {
	for _, argument := range []string{"first", "last"} {
		size, given := m.integer(s.arguments[argument])
		if !given {
			continue
		}
		if m.out.pageProblem == nil && (size < 0 || (size > cap && m.cfg.OverCap != "clamp")) {
			m.out.pageProblem = &pageProblem{argument, size, cap}
		}
		return max(0, size)
	}
	return m.cfg.DefaultPage
}

func (m *measuring) integer(value any) (int, bool) {
	if name, ok := value.(variable); ok {
		value = m.variables[string(name)]
	}
	switch n := value.(type) {
	case int64:
		return int(n), true
	case float64:
		return int(n), true
	case json.Number:
		i, err := n.Int64()
		return int(i), err == nil
	}
	return 0, false
}

func (m *measuring) skipped(s selection) bool {
	skip, given := m.boolean(s.directives["skip"]["if"])
	if given && skip {
		return true
	}
	include, given := m.boolean(s.directives["include"]["if"])
	return given && !include
}

func (m *measuring) boolean(value any) (bool, bool) {
	if name, ok := value.(variable); ok {
		value = m.variables[string(name)]
	}
	b, ok := value.(bool)
	return b, ok
}

// sum and product stop at a billion, so that no nesting can overflow.
func sum(a, b int) int { return min(a+b, 1_000_000_000) }

func product(a, b int) int {
	if a == 0 || b == 0 {
		return 0
	}
	if a > 1_000_000_000/b {
		return 1_000_000_000
	}
	return a * b
}

// message is how the server words the refusal.
func (p *pageProblem) message(words bool) string {
	switch {
	case p.size < 0:
		return fmt.Sprintf("Argument '%s' must be a non-negative integer", p.argument)
	case words:
		return "The requested page size is too large."
	}
	return fmt.Sprintf("Argument '%s' must not exceed the maximum page size of %d, got %d", p.argument, p.cap, p.size)
}
