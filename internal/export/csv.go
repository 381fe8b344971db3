package export

import (
	"io"
	"strconv"
	"strings"
)

// csvTable writes RFC 4180 with CRLF. It is our own because encoding/csv changes line breaks inside cells when it
// ends lines with CRLF, and a file must hold what BigCommerce said.
type csvTable struct {
	w   io.Writer
	bom bool
}

func (t *csvTable) begin(cols []Column) error {
	var b []byte
	if t.bom {
		b = append(b, "\uFEFF"...)
	}
	for i, col := range cols {
		b = t.text(b, i, col.Name)
	}
	_, err := t.w.Write(append(b, "\r\n"...))
	return err
}

func (t *csvTable) text(b []byte, col int, s string) []byte {
	return appendCSV(t.blank(b, col), s)
}

func (t *csvTable) number(b []byte, col int, n int64) []byte {
	return strconv.AppendInt(t.blank(b, col), n, 10)
}

func (t *csvTable) moment(b []byte, col int, unix int64) []byte {
	return appendTime(t.blank(b, col), unix)
}

func (t *csvTable) list(b []byte, col int, items []string) []byte {
	return t.text(b, col, joinList(items))
}

func (t *csvTable) blank(b []byte, col int) []byte {
	if col == 0 {
		return b
	}
	return append(b, ',')
}

func (t *csvTable) unknownList(b []byte, col int) []byte { return t.text(b, col, unknown) }
func (t *csvTable) beginRow(b []byte) []byte             { return b }

func (t *csvTable) endRow(b []byte) ([]byte, error) {
	return flush(t.w, append(b, "\r\n"...))
}

func (t *csvTable) end(b []byte) error {
	_, err := t.w.Write(b)
	return err
}

// appendCSV writes one cell: a quote before what a spreadsheet program would calculate, double quotes around what
// would end the cell.
func appendCSV(b []byte, s string) []byte {
	quoted := strings.ContainsAny(s, ",\"\r\n")
	if quoted {
		b = append(b, '"')
	}
	if guarded(s) {
		b = append(b, '\'')
	}
	if !quoted {
		return append(b, s...)
	}
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			return append(append(b, s...), '"')
		}
		b = append(append(b, s[:i+1]...), '"')
		s = s[i+1:]
	}
}
