package views

import (
	"cmp"
	"slices"
	"strconv"

	"rollcall/internal/org"
)

// window is the page of a list that was read whole. The cursors After and Before of its addresses are the number of rows
// ahead of the page; what is no such number is the first page.
func window[T any](l list, rows []T) ([]T, Pager) {
	from, err := strconv.Atoi(firstOf(l.query.After, l.query.Before))
	if err != nil || from < 0 || from >= len(rows) {
		from = 0
	}
	from -= from % org.PageSize
	end := min(from+org.PageSize, len(rows))
	prev, next := "", ""
	if from > 0 {
		prev = strconv.Itoa(max(0, from-org.PageSize))
	}
	if end < len(rows) {
		next = strconv.Itoa(end)
	}
	return rows[from:end], l.pager(end-from, from+1, len(rows), prev, next)
}

// sorted orders rows that were read whole by the column that the query names; more[first] is the list's own order. Rows
// that are equal in it keep theirs.
func sorted[T any](l list, rows []T, by map[string]func(a, b T) int) []T {
	key, desc := l.query.Sort, l.query.Desc
	compare, known := by[key]
	if !known {
		compare, desc = by[l.first], l.desc
	}
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b T) int {
		if desc {
			return compare(b, a)
		}
		return compare(a, b)
	})
	return rows
}

// byKey compares rows by a value of theirs.
func byKey[T any, K cmp.Ordered](key func(T) K) func(a, b T) int {
	return func(a, b T) int { return cmp.Compare(key(a), key(b)) }
}
