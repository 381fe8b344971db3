package views

import (
	"rollcall/internal/org"
)

// Column is a column's head. Href makes it sort; Aria is "ascending" or "descending" on the sorted one.
type Column struct {
	Label, Href, Aria string
	Right, Fit        bool
	Hidden            bool // the label is for screen readers only
}

func (c Column) icon() string {
	switch c.Aria {
	case "ascending":
		return "arrow-up"
	case "descending":
		return "arrow-down"
	}
	return "chevrons-up-down"
}

// Table is a table's frame. Cards turns rows into cards on narrow screens, Page keeps the head in view.
type Table struct {
	Caption     string
	ShowCaption bool
	Columns     []Column
	Cards, Page bool
	Fixed       bool // the first two columns take a third each
}

// list knows how a list page addresses itself: its path and its query.
type list struct {
	shell Shell
	path  string
	query org.Query
	first string // the column that the list is sorted by when the query names none
	desc  bool   // direction of that order

	choices org.FilterChoices // names for chips
	hooks   HookChoices       // the same for webhooks
}

func (l list) href(q org.Query) string { return withQuery(l.path, q.FirstPage()) }

// sortable makes a column head that sorts by key; a second click turns the order round.
func (l list) sortable(label, key string) Column {
	by, desc := l.query.Sort, l.query.Desc
	if by == "" {
		by, desc = l.first, l.desc
	}
	q := l.query
	q.Sort, q.Desc = key, by == key && !desc
	c := Column{Label: label, Href: l.href(q)}
	if by == key {
		c.Aria = map[bool]string{true: "descending", false: "ascending"}[desc]
	}
	return c
}

func (c Column) right() Column { c.Right = true; return c }

// Pager moves through a list by keysets.
type Pager struct {
	Words      string // 1–50 of 214
	Prev, Next string // addresses, empty at the ends
}

// pager makes the links of a page of rows. From is 0 when the position is not known.
func (l list) pager(rows, from, total int, prev, next string) Pager {
	p := Pager{Words: Count(rows) + " of " + Count(total)}
	if from > 0 && rows > 0 {
		p.Words = Count(from) + "–" + Count(from+rows-1) + " of " + Count(total)
	}
	q := l.query
	if q.After, q.Before = "", prev; prev != "" {
		p.Prev = withQuery(l.path, q)
	}
	if q.After, q.Before = next, ""; next != "" {
		p.Next = withQuery(l.path, q)
	}
	return p
}
