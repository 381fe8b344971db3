package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"rollcall/internal/org"
)

func TestAppendCSV(t *testing.T) {
	t.Parallel()
	cases := []struct{ cell, want string }{
		{"", ""},
		{"plain", "plain"},
		{"O'Neil", "O'Neil"},
		{"李", "李"},
		{"'quoted'", "'quoted'"},
		{"=1+1", "'=1+1"},
		{"+1", "'+1"},
		{"-1", "'-1"},
		{"@SUM", "'@SUM"},
		{"\tx", "'\tx"},
		{"\x00x", "'\x00x"},
		{"\rx", "\"'\rx\""},
		{"\nx", "\"'\nx\""},
		{"a=b", "a=b"},
		{"a,b", `"a,b"`},
		{`a"b`, `"a""b"`},
		{`""`, `""""""`},
		{"a\r\nb", "\"a\r\nb\""},
		{`=HYPERLINK("http://x.test","y")`, `"'=HYPERLINK(""http://x.test"",""y"")"`},
	}
	for _, c := range cases {
		if got := string(appendCSV(nil, c.cell)); got != c.want {
			t.Errorf("appendCSV(%q) = %q, want %q", c.cell, got, c.want)
		}
	}
}

func TestJoinList(t *testing.T) {
	t.Parallel()
	cases := []struct {
		items []string
		want  string
	}{
		{nil, ""}, {[]string{"a"}, "a"}, {[]string{"a", "b"}, "a;b"}, {[]string{`a;b`, `c\d`, `\;`}, `a\;b;c\\d;\\\;`},
	}
	for _, c := range cases {
		if got := joinList(c.items); got != c.want {
			t.Errorf("joinList(%q) = %q, want %q", c.items, got, c.want)
		}
	}
}

// FuzzCell writes any text in every format and reads it back with readers that are not ours.
func FuzzCell(f *testing.F) {
	for _, seed := range []string{"", "=1", "a,b", "\"", "\r\n", "a\r", "\x00", "_x0041_", "李", "\xff", "\uFFFE", "'", "\\;", "😀", "\uFEFF"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		cols := columns(Text, "before", "cell", "after")
		fill := func(tab table) {
			if err := tab.begin(cols); err != nil {
				t.Fatal(err)
			}
			r := row{t: tab}
			r.begin()
			for _, text := range []string{"x", cell, "y"} {
				r.text(text)
			}
			if err := r.end(); err != nil {
				t.Fatal(err)
			}
			if err := tab.end(r.b); err != nil {
				t.Fatal(err)
			}
		}
		checkCSV(t, cell, fill)
		checkJSON(t, cell, fill)
		if len(cell) < 10_000 {
			checkXLSX(t, cell, fill)
		}
	})
}

func checkCSV(t *testing.T, cell string, fill func(table)) {
	var b bytes.Buffer
	fill(&csvTable{w: &b})
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(rows) != 2 || len(rows[1]) != 3 {
		t.Fatalf("cell %q makes rows %q, %v", cell, rows, err)
	}
	want := cell
	if guarded(cell) {
		want = "'" + cell
	}
	want = strings.ReplaceAll(want, "\r\n", "\n") // what encoding/csv does to cells when it reads
	if got := rows[1]; !slices.Equal(got, []string{"x", want, "y"}) {
		t.Fatalf("cell %q comes back as %q", cell, got)
	}
}

func checkJSON(t *testing.T, cell string, fill func(table)) {
	var b bytes.Buffer
	fill(&jsonTable{w: &b, array: true})
	var rows []map[string]string
	if err := json.Unmarshal(b.Bytes(), &rows); err != nil {
		t.Fatalf("cell %q makes %q: %v", cell, b.Bytes(), err)
	}
	want := strings.ToValidUTF8(cell, "\x80")
	if got := rows[0]["cell"]; utf8.ValidString(cell) && got != want || rows[0]["after"] != "y" {
		t.Fatalf("cell %q comes back as %q", cell, got)
	}
}

func checkXLSX(t *testing.T, cell string, fill func(table)) {
	var b bytes.Buffer
	fill(newXLSX(&b, "sheet"))
	book, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatalf("cell %q makes a broken workbook: %v", cell, err)
	}
	defer book.Close()
	rows, err := book.GetRows("sheet")
	if err != nil || len(rows) != 2 || len(rows[1]) != 3 || rows[1][2] != "y" {
		t.Fatalf("cell %q makes rows %q, %v", cell, rows, err)
	}
	if utf8.ValidString(cell) && rows[1][1] != cell {
		t.Fatalf("cell %q comes back as %q", cell, rows[1][1])
	}
}

func TestSheetsGoOn(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	tab := newXLSX(&b, "access")
	tab.max = 4
	if err := tab.begin(columns(Number, "n")); err != nil {
		t.Fatal(err)
	}
	r := row{t: tab}
	for n := range int64(7) {
		r.begin()
		r.number(n)
		if err := r.end(); err != nil {
			t.Fatal(err)
		}
	}
	if err := tab.end(r.b); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	for sheet, want := range map[string][][]string{
		"access":   {{"n"}, {"0"}, {"1"}, {"2"}},
		"access 2": {{"n"}, {"3"}, {"4"}, {"5"}},
		"access 3": {{"n"}, {"6"}},
	} {
		got, err := book.GetRows(sheet)
		if err != nil || !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%s holds %q, %v; want %q", sheet, got, err, want)
		}
	}
}

func TestXLSXLimitsAreNamed(t *testing.T) {
	t.Parallel()
	wide := newXLSX(&bytes.Buffer{}, "matrix")
	if err := wide.begin(make([]Column, sheetCols+1)); org.KindOf(err) != org.KindInvalid {
		t.Errorf("too many columns give %v", err)
	}
	long := newXLSX(&bytes.Buffer{}, "changes")
	if err := long.begin(columns(Text, "before")); err != nil {
		t.Fatal(err)
	}
	r := row{t: long}
	r.begin()
	r.text(strings.Repeat("ü", cellLength))
	if err := r.end(); err != nil {
		t.Errorf("a cell of the greatest length gives %v", err)
	}
	r.begin()
	r.text(strings.Repeat("ü", cellLength+1))
	if err := r.end(); org.KindOf(err) != org.KindInvalid || !strings.Contains(org.TextOf(err), "before") {
		t.Errorf("too long a cell gives %v", err)
	}
}

func TestColumnName(t *testing.T) {
	t.Parallel()
	for i, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 701: "ZZ", 702: "AAA", sheetCols - 1: "XFD"} {
		if got := columnName(i); got != want {
			t.Errorf("columnName(%d) = %s, want %s", i, got, want)
		}
	}
}

func TestAppendTime(t *testing.T) {
	t.Parallel()
	for unix := int64(1); unix < 250_000_000_000; unix = unix*7/5 + 86_399 {
		want := time.Unix(unix, 0).UTC().Format(time.RFC3339)
		if got := string(appendTime(nil, unix)); got != want {
			t.Fatalf("appendTime(%d) = %s, want %s", unix, got, want)
		}
	}
}

// TestLoginAgreesWithMoment holds the fast rule against the one that pages use.
func TestLoginAgreesWithMoment(t *testing.T) {
	t.Parallel()
	readAt := time.Date(2026, 3, 31, 2, 10, 9, 0, time.UTC)
	cutoff := readAt.AddDate(0, 0, -90)
	moments := []org.Moment{{}, org.Never(), org.At(cutoff), org.At(cutoff.Add(time.Second)), org.At(cutoff.Add(-time.Second)), org.At(readAt)}
	for _, m := range moments {
		seconds := m.At.Unix()
		switch {
		case !m.Read:
			seconds = -1
		case m.At.IsZero():
			seconds = 0
		}
		if got, want := login(seconds, cutoff.Unix()), m.Login(readAt, 90); got != want {
			t.Errorf("login of %+v = %s, want %s", m, got, want)
		}
	}
}

func TestCellStore(t *testing.T) {
	t.Parallel()
	var s cellStore
	large := bytes.Repeat([]byte("x"), pieceSize+1)
	want := map[int64][]byte{1: []byte("one"), 2: {}, 5000: large, 70_001: []byte("far")}
	for id, cells := range want {
		s.put(id, cells)
	}
	for id, cells := range want {
		if got := s.get(id); got == nil || !bytes.Equal(got, cells) {
			t.Errorf("get(%d) = %q", id, got)
		}
	}
	for _, id := range []int64{0, 3, 5001, 1 << 40, -1} {
		if got := s.get(id); got != nil {
			t.Errorf("get(%d) = %q, want nothing", id, got)
		}
	}
}
