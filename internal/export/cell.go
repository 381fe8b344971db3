package export

import (
	"io"
	"strings"
	"time"

	"rollcall/internal/org"
)

// unknown stands in text and list cells for what was not read (design law 4).
const unknown = "unknown"

// table writes one format. The cell methods append one cell, with the separator before it, to b and return it: what
// they append does not depend on the row, so that a run of cells can be made once and used in many rows. b collects
// output from row to row; endRow sends it on when there is enough.
type table interface {
	begin(cols []Column) error
	text(b []byte, col int, s string) []byte
	number(b []byte, col int, n int64) []byte
	moment(b []byte, col int, unix int64) []byte
	list(b []byte, col int, items []string) []byte
	blank(b []byte, col int) []byte       // number or time that is never or unknown
	unknownList(b []byte, col int) []byte // list that was not read
	beginRow(b []byte) []byte
	endRow(b []byte) ([]byte, error)
	end(b []byte) error
}

func newTable(job Job, w io.Writer) table {
	switch job.Format {
	case XLSX:
		return newXLSX(w, string(job.Kind))
	case JSON:
		return &jsonTable{w: w, array: true}
	case JSONL:
		return &jsonTable{w: w}
	}
	return &csvTable{w: w, bom: job.BOM}
}

// flushAt is how many bytes of output are collected before they are written.
const flushAt = 64 << 10

// flush writes b when it is long enough and returns the buffer to go on with.
func flush(w io.Writer, b []byte) ([]byte, error) {
	if len(b) < flushAt {
		return b, nil
	}
	_, err := w.Write(b)
	return b[:0], err
}

// row is the row under construction, or a fragment of rows.
type row struct {
	t   table
	b   []byte
	col int
}

func (r *row) text(s string)        { r.b = r.t.text(r.b, r.col, s); r.col++ }
func (r *row) number(n int64)       { r.b = r.t.number(r.b, r.col, n); r.col++ }
func (r *row) list(items []string)  { r.b = r.t.list(r.b, r.col, items); r.col++ }
func (r *row) blank()               { r.b = r.t.blank(r.b, r.col); r.col++ }
func (r *row) unknownList()         { r.b = r.t.unknownList(r.b, r.col); r.col++ }
func (r *row) count(n int)          { r.number(int64(n)) }
func (r *row) yes(b bool)           { r.text(org.TriOf(b).String()) }
func (r *row) begin()               { r.b, r.col = r.t.beginRow(r.b), 0 }
func (r *row) end() (err error)     { r.b, err = r.t.endRow(r.b); return err }
func (r *row) time(t time.Time)     { r.unix(unixOf(t)) }
func (r *row) instant(m org.Moment) { r.time(m.At) }

// unix appends a time in unix seconds; 0 and less (never, not read) make an empty cell.
func (r *row) unix(seconds int64) {
	if seconds <= 0 {
		r.blank()
		return
	}
	r.b = r.t.moment(r.b, r.col, seconds)
	r.col++
}

// copy appends cells that were made before.
func (r *row) copy(cells []byte, count int) {
	r.b = append(r.b, cells...)
	r.col += count
}

func unixOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// joinList writes a list into one text: items joined with ; where \ marks a ; or \ that belongs to an item.
func joinList(items []string) string {
	var b strings.Builder
	for i, item := range items {
		if i > 0 {
			b.WriteByte(';')
		}
		if strings.ContainsAny(item, `;\`) {
			item = listEscape.Replace(item)
		}
		b.WriteString(item)
	}
	return b.String()
}

var listEscape = strings.NewReplacer(`\`, `\\`, `;`, `\;`)

// guarded tells whether a spreadsheet program may take the text for a formula (design 6). It is the only place that
// decides so.
func guarded(s string) bool {
	if s == "" {
		return false
	}
	switch s[0] {
	case '=', '+', '-', '@', '\t', '\r', '\n', 0:
		return true
	}
	return false
}

// appendTime writes RFC 3339 in UTC to the second.
func appendTime(b []byte, unix int64) []byte {
	return time.Unix(unix, 0).UTC().AppendFormat(b, time.RFC3339)
}
