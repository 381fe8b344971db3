package sqlite

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"rollcall/internal/org"
)

// sortKey is the place of a row in a list: by text or number of the sorted column, then by the ids of the row.
type sortKey struct {
	text     string
	num      int64
	id, more int64
}

func (k sortKey) compare(other sortKey) int {
	if c := strings.Compare(k.text, other.text); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(k.num, other.num), cmp.Compare(k.id, other.id), cmp.Compare(k.more, other.more))
}

// column is a sortable column of a list whose rows are T.
type column[T any] struct {
	name    string
	aliases []string
	key     func(T) sortKey
}

func (c column[T]) called(name string) bool {
	return c.name == name || slices.Contains(c.aliases, name)
}

// columnOf finds the column that a query sorts by, the first one when it names none.
func columnOf[T any](columns []column[T], name string) (column[T], error) {
	if name == "" {
		return columns[0], nil
	}
	for _, c := range columns {
		if c.called(name) {
			return c, nil
		}
	}
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	return column[T]{}, org.Invalid("sort", "This list cannot be sorted by "+strconv.Quote(name)+". Columns are "+
		strings.Join(names, ", ")+".")
}

// cursorVersion starts every cursor; a cursor of another form is refused and not misread.
const cursorVersion = "1"

// cursorOf writes a place in a list as text for an address.
func cursorOf(list string, desc bool, k sortKey) string {
	plain := strings.Join([]string{
		cursorVersion, list, strconv.FormatBool(desc), strconv.FormatInt(k.num, 36),
		strconv.FormatInt(k.id, 36), strconv.FormatInt(k.more, 36), k.text,
	}, "|")
	return base64.RawURLEncoding.EncodeToString([]byte(plain))
}

// parseCursor reads a cursor of the list in this order; others are Invalid errors.
func parseCursor(text, list string, desc bool) (k sortKey, err error) {
	wrong := org.Invalid("after", "This place in the list belongs to another list or order. Start from the first page.")
	plain, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return k, wrong
	}
	f := strings.SplitN(string(plain), "|", 7)
	if len(f) != 7 || f[0] != cursorVersion || f[1] != list || f[2] != strconv.FormatBool(desc) {
		return k, wrong
	}
	for i, n := range []*int64{&k.num, &k.id, &k.more} {
		if *n, err = strconv.ParseInt(f[3+i], 36, 64); err != nil {
			return k, wrong
		}
	}
	k.text = f[6]
	return k, nil
}

// page is a window into a list of n rows.
type page struct {
	from, to   int
	next, prev string
}

// first is the position of the first row counted from 1, 0 for an empty page.
func (p page) first() int {
	if p.from == p.to {
		return 0
	}
	return p.from + 1
}

// pageOf finds the rows that a query wants of a list of n rows in display order. list names the list and its sort.
func pageOf(n int, key func(int) sortKey, list string, q org.Query) (p page, err error) {
	limit := q.Limit
	if limit <= 0 {
		limit = org.PageSize
	}
	p.to = min(n, limit)
	switch {
	case q.After != "":
		if p.from, err = seek(n, key, list, q, q.After, true); err != nil {
			return page{}, err
		}
		p.to = min(n, p.from+limit)
	case q.Before != "":
		if p.to, err = seek(n, key, list, q, q.Before, false); err != nil {
			return page{}, err
		}
		p.from = max(0, p.to-limit)
	}
	if p.from < p.to && p.from > 0 {
		p.prev = cursorOf(list, q.Desc, key(p.from))
	}
	if p.from < p.to && p.to < n {
		p.next = cursorOf(list, q.Desc, key(p.to-1))
	}
	return p, nil
}

// seek finds the first row at a cursor, or behind it.
func seek(n int, key func(int) sortKey, list string, q org.Query, cursor string, behind bool) (int, error) {
	place, err := parseCursor(cursor, list, q.Desc)
	if err != nil {
		return 0, err
	}
	low, high := 0, n
	for low < high {
		middle := (low + high) / 2
		c := key(middle).compare(place)
		if q.Desc {
			c = -c
		}
		if c < 0 || behind && c == 0 {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, nil
}

// sorted puts rows into the order of a column.
func sorted[T any](rows []T, c column[T], desc bool) {
	type keyed struct {
		key sortKey
		row T
	}
	list := make([]keyed, len(rows))
	for i, row := range rows {
		list[i] = keyed{c.key(row), row}
	}
	slices.SortFunc(list, func(a, b keyed) int { return a.key.compare(b.key) })
	if desc {
		slices.Reverse(list)
	}
	for i := range list {
		rows[i] = list[i].row
	}
}
