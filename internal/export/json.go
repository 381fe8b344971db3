package export

import (
	"io"
	"strconv"
	"unicode/utf8"
)

// jsonTable writes one object a row: as the items of one array, or one a line.
type jsonTable struct {
	w     io.Writer
	array bool
	rows  int
	keys  [][]byte // by column: the brace or comma, the name and the colon
}

func (t *jsonTable) begin(cols []Column) error {
	for i, col := range cols {
		key := []byte{'{'}
		if i > 0 {
			key[0] = ','
		}
		t.keys = append(t.keys, append(appendJSON(key, col.Name), ':'))
	}
	if !t.array {
		return nil
	}
	_, err := t.w.Write([]byte("["))
	return err
}

func (t *jsonTable) key(b []byte, col int) []byte { return append(b, t.keys[col]...) }

func (t *jsonTable) text(b []byte, col int, s string) []byte {
	return appendJSON(t.key(b, col), s)
}

func (t *jsonTable) number(b []byte, col int, n int64) []byte {
	return strconv.AppendInt(t.key(b, col), n, 10)
}

func (t *jsonTable) moment(b []byte, col int, unix int64) []byte {
	b = append(t.key(b, col), '"')
	return append(appendTime(b, unix), '"')
}

func (t *jsonTable) list(b []byte, col int, items []string) []byte {
	b = append(t.key(b, col), '[')
	for i, item := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, item)
	}
	return append(b, ']')
}

func (t *jsonTable) blank(b []byte, col int) []byte       { return append(t.key(b, col), "null"...) }
func (t *jsonTable) unknownList(b []byte, col int) []byte { return t.blank(b, col) }

func (t *jsonTable) beginRow(b []byte) []byte {
	t.rows++
	switch {
	case !t.array:
		return b
	case t.rows == 1:
		return append(b, '\n')
	}
	return append(b, ",\n"...)
}

func (t *jsonTable) endRow(b []byte) ([]byte, error) {
	b = append(b, '}')
	if !t.array {
		b = append(b, '\n')
	}
	return flush(t.w, b)
}

func (t *jsonTable) end(b []byte) error {
	if t.array {
		b = append(b, "\n]\n"...)
	}
	_, err := t.w.Write(b)
	return err
}

// appendJSON writes a JSON string. Bytes that are no UTF-8 become U+FFFD, as JSON has no other way.
func appendJSON(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	done := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		size, escape := 1, ""
		switch {
		case c == '"' || c == '\\':
			escape = string([]byte{'\\', c})
		case c == '\n':
			escape = `\n`
		case c < ' ':
			escape = string([]byte{'\\', 'u', '0', '0', hex[c>>4], hex[c&15]})
		default:
			var r rune
			if r, size = utf8.DecodeRuneInString(s[i:]); r == utf8.RuneError && size == 1 {
				escape = "\uFFFD"
			}
		}
		if escape != "" {
			b = append(append(b, s[done:i]...), escape...)
			done = i + size
		}
		i += size
	}
	return append(append(b, s[done:]...), '"')
}
