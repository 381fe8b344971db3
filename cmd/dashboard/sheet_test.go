package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// sheet is an exported file in one form, whatever its format: lists joined as in CSV, times as text.
type sheet struct {
	header []string
	rows   []map[string]string
}

func readSheet(t testing.TB, format, text string) sheet {
	t.Helper()
	switch format {
	case "csv":
		return readCSV(t, text)
	case "xlsx":
		return readXLSX(t, text)
	case "jsonl":
		text = "[" + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", ",\n") + "]"
	}
	return readJSON(t, text)
}

// readCSV follows RFC 4180 to the letter; the standard library's reader changes line breaks inside cells.
func readCSV(t testing.TB, text string) sheet {
	t.Helper()
	var records [][]string
	var record []string
	for text != "" {
		cell, rest, end := csvCell(t, text)
		record, text = append(record, unguard(cell)), rest
		if end {
			records, record = append(records, record), nil
		}
	}
	if len(records) == 0 || record != nil {
		t.Fatalf("%d whole records and %d cells behind them", len(records), len(record))
	}
	s := sheet{header: records[0]}
	for _, r := range records[1:] {
		s.add(t, r)
	}
	return s
}

// csvCell reads one cell and what follows it; end tells that the record ends with it.
func csvCell(t testing.TB, text string) (cell, rest string, end bool) {
	t.Helper()
	if text[0] != '"' {
		at := strings.IndexAny(text, ",\r\n\"")
		if at < 0 {
			t.Fatalf("no line end after %q", text)
		}
		cell, rest = text[:at], text[at:]
	} else {
		text = text[1:]
		for {
			at := strings.IndexByte(text, '"')
			if at < 0 {
				t.Fatal("a quoted cell has no end")
			}
			cell, text = cell+text[:at], text[at+1:]
			if !strings.HasPrefix(text, `"`) {
				break
			}
			cell, text = cell+`"`, text[1:]
		}
		rest = text
	}
	if after, found := strings.CutPrefix(rest, "\r\n"); found {
		return cell, after, true
	}
	after, found := strings.CutPrefix(rest, ",")
	if !found {
		t.Fatalf("neither comma nor CR LF after %q", cell)
	}
	return cell, after, false
}

// unguard takes the mark away that keeps a cell from being a formula.
func unguard(cell string) string {
	if len(cell) > 1 && cell[0] == '\'' && strings.ContainsRune("=+-@\t\r\n\x00", rune(cell[1])) {
		return cell[1:]
	}
	return cell
}

func (s *sheet) add(t testing.TB, cells []string) {
	t.Helper()
	if len(cells) != len(s.header) {
		t.Fatalf("%d cells under %d columns: %q", len(cells), len(s.header), cells)
	}
	row := map[string]string{}
	for i, name := range s.header {
		row[name] = cells[i]
	}
	s.rows = append(s.rows, row)
}

// listColumns hold lists; null in JSON says there that they were not read.
var listColumns = []string{"permissions", "apps", "stores", "labels"}

func readJSON(t testing.TB, text string) (s sheet) {
	t.Helper()
	var objects []json.RawMessage
	if err := json.Unmarshal([]byte(text), &objects); err != nil {
		t.Fatalf("not JSON: %v\n%.500s", err, text)
	}
	for _, object := range objects {
		names, cells := readObject(t, object)
		if s.header == nil {
			s.header = names
		}
		if !slices.Equal(s.header, names) {
			t.Fatalf("the names %q follow %q", names, s.header)
		}
		s.add(t, cells)
	}
	return s
}

// readObject gives names and values in their order.
func readObject(t testing.TB, object []byte) (names, cells []string) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(object))
	d.UseNumber()
	_, err := d.Token()
	for err == nil && d.More() {
		var name json.Token
		if name, err = d.Token(); err != nil {
			break
		}
		var value any
		err = d.Decode(&value)
		names, cells = append(names, name.(string)), append(cells, plainValue(name.(string), value))
	}
	if err != nil {
		t.Fatalf("object %s: %v", object, err)
	}
	return names, cells
}

var listEscapes = strings.NewReplacer(`\`, `\\`, ";", `\;`)

func plainValue(name string, value any) string {
	switch value := value.(type) {
	case nil:
		if slices.Contains(listColumns, name) {
			return "unknown"
		}
		return ""
	case []any:
		items := make([]string, len(value))
		for i, item := range value {
			items[i] = listEscapes.Replace(item.(string))
		}
		return strings.Join(items, ";")
	}
	return fmt.Sprint(value)
}

var xlsxEscape = regexp.MustCompile(`_x([0-9A-F]{4})_`)

// readXLSX reads every sheet of a workbook; each has the same header.
func readXLSX(t testing.TB, text string) (s sheet) {
	t.Helper()
	book, err := zip.NewReader(strings.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; ; n++ {
		part, err := book.Open(fmt.Sprintf("xl/worksheets/sheet%d.xml", n))
		if err != nil && n > 1 {
			return s
		}
		if err != nil {
			t.Fatal(err)
		}
		records := xlsxRecords(t, part)
		part.Close()
		s.header = records[0]
		for _, record := range records[1:] {
			for len(record) < len(s.header) {
				record = append(record, "")
			}
			s.add(t, xlsxTimes(t, s.header, record))
		}
	}
}

func xlsxRecords(t testing.TB, part io.Reader) (records [][]string) {
	t.Helper()
	var data struct {
		Rows []struct {
			Cells []struct {
				At    string `xml:"r,attr"`
				Text  string `xml:"is>t"`
				Value string `xml:"v"`
			} `xml:"c"`
		} `xml:"sheetData>row"`
	}
	if err := xml.NewDecoder(part).Decode(&data); err != nil {
		t.Fatal(err)
	}
	for _, row := range data.Rows {
		var record []string
		for _, cell := range row.Cells {
			for len(record) < xlsxColumn(cell.At) {
				record = append(record, "")
			}
			record = append(record, cell.Value+xlsxEscape.ReplaceAllStringFunc(cell.Text, func(code string) string {
				n, _ := strconv.ParseUint(code[2:6], 16, 16)
				return string(rune(n))
			}))
		}
		records = append(records, record)
	}
	return records
}

func xlsxColumn(at string) (n int) {
	for _, letter := range strings.TrimRight(at, "0123456789") {
		n = n*26 + int(letter-'A') + 1
	}
	return n - 1
}

// xlsxTimes turns days since 1899-12-30 into text.
func xlsxTimes(t testing.TB, header, record []string) []string {
	t.Helper()
	for i, name := range header {
		if !strings.HasSuffix(name, "_at") && name != "read_from" && name != "read_to" || record[i] == "" {
			continue
		}
		days, err := strconv.ParseFloat(record[i], 64)
		if err != nil {
			t.Fatalf("%s holds %q: %v", name, record[i], err)
		}
		record[i] = time.Unix(int64(math.Round((days-25569)*86400)), 0).UTC().Format(time.RFC3339)
	}
	return record
}
