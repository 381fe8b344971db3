package export_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"rollcall/internal/export"
)

// TestFormatsCarryEqualData reads every format back with a reader that is not ours and compares the cells as text.
func TestFormatsCarryEqualData(t *testing.T) {
	t.Parallel()
	for _, kind := range export.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			source := newFake()
			want := fromJSON(t, kind, output(t, source, testJob(kind, export.JSON)))
			if len(want) < 2 {
				t.Fatalf("only %d rows, header included", len(want))
			}
			for name, got := range map[string][][]string{
				"jsonl": fromJSONL(t, kind, output(t, source, testJob(kind, export.JSONL))),
				"csv":   fromCSV(t, output(t, source, testJob(kind, export.CSV))),
				"xlsx":  fromXLSX(t, kind, output(t, source, testJob(kind, export.XLSX))),
			} {
				compare(t, name, got, want, name == "csv")
			}
		})
	}
}

func output(t *testing.T, source export.Source, job export.Job) string {
	t.Helper()
	text, _, err := written(job, source)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// compare allows for encoding/csv alone that it reads CRLF inside a cell as LF.
func compare(t *testing.T, name string, got, want [][]string, crlfIsLF bool) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s has %d rows, want %d", name, len(got), len(want))
		return
	}
	for i := range want {
		for j := range want[i] {
			wanted := want[i][j]
			if crlfIsLF {
				wanted = strings.ReplaceAll(wanted, "\r\n", "\n")
			}
			if len(got[i]) != len(want[i]) || got[i][j] != wanted {
				t.Errorf("%s row %d column %s\n got %q\nwant %q", name, i, want[0][j], got[i], want[i])
				break
			}
		}
	}
}

// fromCSV reads with encoding/csv and takes the guard away.
func fromCSV(t *testing.T, text string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		for i, cell := range row {
			row[i] = unguarded(cell)
		}
	}
	return rows
}

func unguarded(cell string) string {
	if len(cell) > 1 && cell[0] == '\'' && strings.ContainsRune("=+-@\t\r\n\x00", rune(cell[1])) {
		return cell[1:]
	}
	return cell
}

func fromJSON(t *testing.T, kind export.Kind, text string) [][]string {
	t.Helper()
	var objects []json.RawMessage
	if err := json.Unmarshal([]byte(text), &objects); err != nil {
		t.Fatal(err)
	}
	return fromObjects(t, kind, objects)
}

func fromJSONL(t *testing.T, kind export.Kind, text string) [][]string {
	t.Helper()
	var objects []json.RawMessage
	for line := range strings.Lines(text) {
		objects = append(objects, json.RawMessage(line))
	}
	return fromObjects(t, kind, objects)
}

func fromObjects(t *testing.T, kind export.Kind, objects []json.RawMessage) [][]string {
	t.Helper()
	var rows [][]string
	for _, object := range objects {
		keys, cells := members(t, kind, object)
		if rows == nil {
			rows = append(rows, keys)
		}
		if !slices.Equal(keys, rows[0]) {
			t.Fatalf("keys %q differ from those of the first row %q", keys, rows[0])
		}
		rows = append(rows, cells)
	}
	return rows
}

// members reads an object in its order, with the cells as CSV would hold them.
func members(t *testing.T, kind export.Kind, object []byte) (keys, cells []string) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(object))
	decoder.UseNumber()
	decoder.Token()
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			t.Fatal(err)
		}
		var value any
		if err := decoder.Decode(&value); err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key.(string))
		cells = append(cells, cellOf(kind, key.(string), value))
	}
	return keys, cells
}

func cellOf(kind export.Kind, column string, value any) string {
	switch v := value.(type) {
	case nil:
		if typeOf(kind, column) == export.List {
			return "unknown"
		}
		return ""
	case []any:
		var items []string
		for _, item := range v {
			items = append(items, strings.NewReplacer(`\`, `\\`, `;`, `\;`).Replace(item.(string)))
		}
		return strings.Join(items, ";")
	}
	return fmt.Sprint(value)
}

func typeOf(kind export.Kind, column string) export.Type {
	for _, col := range export.Columns(kind) {
		if col.Name == column {
			return col.Type
		}
	}
	return export.Text
}

// fromXLSX reads with excelize and turns typed cells into the text that CSV holds.
func fromXLSX(t *testing.T, kind export.Kind, text string) [][]string {
	t.Helper()
	book, err := excelize.OpenReader(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	var all [][]string
	for _, sheet := range book.GetSheetList() {
		rows, err := book.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			for len(row) < len(rows[0]) { // excelize leaves empty cells at the end out
				row = append(row, "")
			}
			if i == 0 && all != nil {
				continue // further sheets repeat the header
			}
			for j := range row {
				row[j] = typed(t, book, kind, sheet, i, j, rows[0][j], row[j])
			}
			all = append(all, row)
		}
	}
	return all
}

func typed(t *testing.T, book *excelize.File, kind export.Kind, sheet string, i, j int, column, cell string) string {
	t.Helper()
	name, _ := excelize.CoordinatesToCellName(j+1, i+1)
	if formula, err := book.GetCellFormula(sheet, name); err != nil || formula != "" {
		t.Errorf("%s holds the formula %q (%v)", name, formula, err)
	}
	if i == 0 || cell == "" {
		return cell
	}
	cellType, err := book.GetCellType(sheet, name)
	if err != nil {
		t.Fatal(err)
	}
	switch typeOf(kind, column) {
	case export.Text, export.List:
		if cellType != excelize.CellTypeInlineString {
			t.Errorf("%s (%s) is of type %v, want text", name, column, cellType)
		}
	case export.Number:
		if _, err := strconv.ParseInt(cell, 10, 64); err != nil || cellType == excelize.CellTypeInlineString {
			t.Errorf("%s (%s) = %q is no number", name, column, cell)
		}
	case export.Time:
		days, err := strconv.ParseFloat(cell, 64)
		if err != nil {
			t.Errorf("%s (%s) = %q is no date", name, column, cell)
		}
		return time.Unix(int64(math.Round((days-25569)*86400)), 0).UTC().Format(time.RFC3339)
	}
	return cell
}

func TestSameRowsGiveSameBytes(t *testing.T) {
	t.Parallel()
	for _, kind := range export.Kinds() {
		for _, format := range export.Formats() {
			first, second := testJob(kind, format), testJob(kind, format)
			second.At, second.By, second.Version = at("2027-01-01T00:00:00Z"), "Somebody else", "9.9.9"
			a, ma, err := written(first, newFake())
			if err != nil {
				t.Fatal(err)
			}
			b, mb, err := written(second, newFake())
			if err != nil {
				t.Fatal(err)
			}
			if a != b || ma.SHA256 != mb.SHA256 || ma.Bytes != int64(len(a)) {
				t.Errorf("%s.%s differs between two exports of one snapshot", kind, format)
			}
		}
	}
}

func TestXLSXLooks(t *testing.T) {
	t.Parallel()
	book, err := excelize.OpenReader(strings.NewReader(output(t, newFake(), testJob(export.Access, export.XLSX))))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	panes, err := book.GetPanes("access")
	if err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("panes = %+v, %v; want the header frozen", panes, err)
	}
	if shown, err := book.GetCellValue("access", "Q2"); err != nil || shown != "2026-03-30 10:11:12" {
		t.Errorf("last_login_at shows %q, %v", shown, err)
	}
}
