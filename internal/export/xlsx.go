package export

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/klauspost/compress/flate"

	"rollcall/internal/org"
)

// Limits of the sheet format.
const (
	sheetRows  = 1_048_576 // rows of a sheet, its header included
	sheetCols  = 16_384
	cellLength = 32_767 // characters of a cell, counted as UTF-16 units
)

// deflateLevel takes half the time of the standard library's default for files that are a seventh longer.
const deflateLevel = 5

// rowMark stands where the number of the row belongs; it cannot occur in XML.
const rowMark = 0

// zipTime is the time of every part: the same rows must give the same bytes.
var zipTime = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// xlsxTable writes a workbook part by part in constant memory. Texts stand in the cells as such, so none of them can
// be a formula; more rows than a sheet takes go on in a further sheet with the same header.
type xlsxTable struct {
	zip    *zip.Writer
	name   string
	max    int // rows of a sheet
	cols   []Column
	heads  []string // by column: <c r="A, then the row mark and the quotation mark
	sheets int
	part   io.Writer // of the open sheet
	row    int       // last row of the open sheet
	out    []byte
	err    error // first cell that cannot be written
}

func newXLSX(w io.Writer, name string) *xlsxTable {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, deflateLevel) })
	return &xlsxTable{zip: z, name: name, max: sheetRows}
}

func (t *xlsxTable) begin(cols []Column) error {
	if len(cols) > sheetCols {
		return org.Invalid("format", fmt.Sprintf("This file would have %d columns, but an XLSX sheet takes %d at most. "+
			"Choose csv or narrow the filter.", len(cols), sheetCols))
	}
	t.cols = cols
	for i := range cols {
		t.heads = append(t.heads, `<c r="`+columnName(i)+string(rune(rowMark))+`"`)
	}
	for _, part := range []struct{ name, text string }{
		{"[Content_Types].xml", contentTypes}, {"_rels/.rels", packageRels}, {"xl/styles.xml", sheetStyles},
	} {
		if err := t.write(part.name, part.text); err != nil {
			return err
		}
	}
	return t.openSheet()
}

func (t *xlsxTable) create(name string) (io.Writer, error) {
	return t.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: zipTime})
}

func (t *xlsxTable) write(name, text string) error {
	part, err := t.create(name)
	if err != nil {
		return err
	}
	_, err = io.WriteString(part, text)
	return err
}

func (t *xlsxTable) openSheet() (err error) {
	t.sheets++
	t.row = 0
	if t.part, err = t.create(fmt.Sprintf("xl/worksheets/sheet%d.xml", t.sheets)); err != nil {
		return err
	}
	t.out = append(t.out[:0], sheetHead...)
	t.out = append(t.out, "<cols>"...)
	for i, col := range t.cols {
		t.out = fmt.Appendf(t.out, `<col min="%d" max="%d" width="%d" customWidth="1"/>`, i+1, i+1, width(col))
	}
	t.out = append(t.out, "</cols><sheetData>"...)
	header := t.beginRow(nil)
	for i, col := range t.cols {
		header = t.styled(header, i, col.Name, styleHeader)
	}
	_, err = t.endRow(header)
	return err
}

func (t *xlsxTable) closeSheet() error {
	_, err := t.part.Write(append(t.out, "</sheetData></worksheet>"...))
	return err
}

func (t *xlsxTable) beginRow(b []byte) []byte {
	return append(b, `<row r="`+string(rune(rowMark))+`">`...)
}

// endRow puts the row's number where its marks are.
func (t *xlsxTable) endRow(b []byte) ([]byte, error) {
	if t.err != nil {
		return b[:0], t.err
	}
	if t.row == t.max {
		if err := t.closeSheet(); err != nil {
			return b[:0], err
		}
		if err := t.openSheet(); err != nil {
			return b[:0], err
		}
	}
	t.row++
	rest := b
	for {
		i := bytes.IndexByte(rest, rowMark)
		if i < 0 {
			break
		}
		t.out = append(t.out, rest[:i]...)
		t.out = strconv.AppendInt(t.out, int64(t.row), 10)
		rest = rest[i+1:]
	}
	t.out = append(append(t.out, rest...), "</row>"...)
	var err error
	t.out, err = flush(t.part, t.out)
	return b[:0], err
}

func (t *xlsxTable) end([]byte) error {
	if t.err != nil {
		return t.err
	}
	if err := t.closeSheet(); err != nil {
		return err
	}
	book, rels := workbook(t.name, t.sheets)
	if err := t.write("xl/workbook.xml", book); err != nil {
		return err
	}
	if err := t.write("xl/_rels/workbook.xml.rels", rels); err != nil {
		return err
	}
	return t.zip.Close()
}

func (t *xlsxTable) text(b []byte, col int, s string) []byte { return t.styled(b, col, s, "") }

// styled appends a text cell. A text that looks like a formula is marked as text, so that it stays one when
// somebody edits the cell.
func (t *xlsxTable) styled(b []byte, col int, s, style string) []byte {
	if s == "" {
		return b
	}
	if len(s) > cellLength && utf16Length(s) > cellLength && t.err == nil {
		t.err = org.Invalid("format", fmt.Sprintf("A cell of the column %s is longer than the %d characters that XLSX "+
			"allows. Choose csv, json or jsonl.", t.cols[col].Name, cellLength))
	}
	if guarded(s) {
		style = styleQuoted
	}
	b = append(append(b, t.heads[col]...), style...)
	b = append(b, ` t="inlineStr"><is><t xml:space="preserve">`...)
	return append(appendXML(b, s), "</t></is></c>"...)
}

func (t *xlsxTable) number(b []byte, col int, n int64) []byte {
	b = append(append(b, t.heads[col]...), "><v>"...)
	return append(strconv.AppendInt(b, n, 10), "</v></c>"...)
}

// moment writes days since 1899-12-30 with the share of the day to ten digits, which keeps the second.
func (t *xlsxTable) moment(b []byte, col int, unix int64) []byte {
	const day, epoch = 86_400, 25_569
	b = append(append(append(b, t.heads[col]...), styleTime...), "><v>"...)
	b = strconv.AppendInt(b, unix/day+epoch, 10)
	share := (unix%day*10_000_000_000 + day/2) / day
	b = append(b, '.')
	for at := int64(1_000_000_000); at > 0; at /= 10 {
		b = append(b, byte('0'+share/at%10))
	}
	return append(b, "</v></c>"...)
}

func (t *xlsxTable) list(b []byte, col int, items []string) []byte {
	return t.text(b, col, joinList(items))
}
func (t *xlsxTable) blank(b []byte, _ int) []byte         { return b }
func (t *xlsxTable) unknownList(b []byte, col int) []byte { return t.text(b, col, unknown) }

// columnName counts A … Z, AA, AB …
func columnName(i int) string {
	name := ""
	for i++; i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name
}

func width(col Column) int {
	switch col.Type {
	case Time:
		return 20
	case Number:
		return 12
	case List:
		return 40
	}
	return 22
}

func utf16Length(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// appendXML escapes text. Characters that XML cannot hold, and what looks like such an escape, are written as
// _xHHHH_, which spreadsheet programs turn back.
func appendXML(b []byte, s string) []byte {
	for i := 0; i < len(s); {
		r, size := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[i:])
		}
		switch {
		case r == '&':
			b = append(b, "&amp;"...)
		case r == '<':
			b = append(b, "&lt;"...)
		case r == '>':
			b = append(b, "&gt;"...)
		case r < ' ' && r != '\t' && r != '\n', r == 0xFFFE, r == 0xFFFF, r == '_' && looksEscaped(s[i:]):
			b = fmt.Appendf(b, "_x%04X_", r)
		case r == utf8.RuneError && size == 1:
			b = append(b, "\uFFFD"...)
		default:
			b = append(b, s[i:i+size]...)
		}
		i += size
	}
	return b
}

func looksEscaped(s string) bool {
	return len(s) >= 7 && s[1] == 'x' && s[6] == '_' && strings.Trim(s[2:6], "0123456789abcdefABCDEF") == ""
}
