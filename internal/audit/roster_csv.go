package audit

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"rollcall/internal/org"
)

// Bounds of an uploaded list.
const (
	rosterLines    = 200_000
	rosterColumns  = 200
	rosterProblems = 100
)

// RosterColumns says which column of a list holds what, counted from 1. 0 means that it is found by the names in the
// first line, and the e-mails by looking; -1 means that there is none.
type RosterColumns struct{ Email, Name, FirstName, LastName, Unit, Status int }

// RosterTable is a list as it was read.
type RosterTable struct {
	Delimiter rune
	Header    []string      // names of the columns; nil when the first line is a person
	Columns   RosterColumns // as they were used; -1 where there is none
	Entries   []RosterEntry
	Problems  []RosterProblem // lines that are left out, the first hundred
	LeftOut   int             // how many lines are left out
}

// RosterProblem is why a line is left out. Line and Column count from 1.
type RosterProblem struct {
	Line, Column int
	Text         string
}

// ParseRoster reads a list of people: CSV with commas, semicolons, tabs or bars, or one e-mail in a line; UTF-8, or
// UTF-16 with a byte order mark. A person without a usable e-mail is left out and told. The error is Invalid and names
// line and column: text that is no CSV, no column with e-mails, or a column that the list does not have.
func ParseRoster(text []byte, columns RosterColumns) (*RosterTable, error) {
	plain, err := decodeText(text)
	if err != nil {
		return nil, err
	}
	delimiter, plain, skipped := findDelimiter(plain)
	records, lines, err := readRecords(plain, delimiter, skipped)
	if err != nil {
		return nil, err
	}
	table := &RosterTable{Delimiter: delimiter}
	if err := table.findColumns(records, columns); err != nil {
		return nil, err
	}
	for i, record := range records {
		if i == 0 && table.Header != nil {
			continue
		}
		table.add(record, lines[i])
	}
	if len(table.Entries) == 0 {
		return nil, org.Invalid("roster", "There is no line with an e-mail in the list.")
	}
	return table, nil
}

func badRoster(line, column int, text string) error {
	return org.Invalid("roster", fmt.Sprintf("Line %d, column %d: %s", line, column, text))
}

// decodeText turns what was uploaded into UTF-8 without a byte order mark.
func decodeText(text []byte) (string, error) {
	switch {
	case bytes.HasPrefix(text, []byte{0xEF, 0xBB, 0xBF}):
		text = text[3:]
	case bytes.HasPrefix(text, []byte{0xFF, 0xFE}):
		return decode16(text[2:], binary.LittleEndian), nil
	case bytes.HasPrefix(text, []byte{0xFE, 0xFF}):
		return decode16(text[2:], binary.BigEndian), nil
	}
	if !utf8.Valid(text) {
		line, column := 1, 1
		for rest := text; len(rest) > 0; {
			r, size := utf8.DecodeRune(rest)
			if r == utf8.RuneError && size == 1 {
				break
			}
			if column++; r == '\n' {
				line, column = line+1, 1
			}
			rest = rest[size:]
		}
		return "", org.Invalid("roster", fmt.Sprintf("Line %d, letter %d: the list is not written in UTF-8. Save it as CSV UTF-8.", line, column))
	}
	return string(text), nil
}

func decode16(text []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(text)/2)
	for i := range units {
		units[i] = order.Uint16(text[2*i:])
	}
	return string(utf16.Decode(units))
}

// findDelimiter is what separates columns in the first line that has text; a line like sep=; is skipped and counted.
func findDelimiter(text string) (delimiter rune, rest string, skipped int) {
	first := ""
	for line := range strings.Lines(text) {
		if first = strings.TrimSpace(line); first != "" {
			if sign, found := strings.CutPrefix(strings.ToLower(first), "sep="); found && utf8.RuneCountInString(sign) == 1 && strings.Contains(",;|", sign) {
				_, rest, _ = strings.Cut(text, "\n")
				r, _ := utf8.DecodeRuneInString(sign)
				return r, rest, 1
			}
			break
		}
	}
	delimiter, most, quoted := ',', 0, false
	counts := map[rune]int{}
	for _, r := range first {
		if r == '"' {
			quoted = !quoted
		} else if !quoted {
			counts[r]++
		}
	}
	for _, r := range ",;\t|" {
		if counts[r] > most {
			delimiter, most = r, counts[r]
		}
	}
	return delimiter, text, 0
}

func readRecords(text string, delimiter rune, skipped int) (records [][]string, lines []int, err error) {
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comma, reader.FieldsPerRecord = delimiter, -1
	for {
		record, err := reader.Read()
		var parse *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return records, lines, nil
		case errors.As(err, &parse):
			return nil, nil, badRoster(parse.Line+skipped, parse.Column, "a quotation mark is missing or in the wrong place.")
		case err != nil:
			return nil, nil, fmt.Errorf("read list: %w", err)
		}
		line, _ := reader.FieldPos(0)
		if len(record) > rosterColumns {
			return nil, nil, badRoster(line+skipped, rosterColumns+1, fmt.Sprintf("a list has at most %d columns.", rosterColumns))
		}
		if len(records) > rosterLines {
			return nil, nil, badRoster(line+skipped, 1, fmt.Sprintf("a list has at most %d lines.", rosterLines))
		}
		if strings.TrimSpace(strings.Join(record, "")) != "" {
			records, lines = append(records, record), append(lines, line+skipped)
		}
	}
}

// add takes a line into the list, or tells why not.
func (t *RosterTable) add(record []string, line int) {
	cell := func(column int) string {
		if column < 1 || column > len(record) {
			return ""
		}
		return strings.TrimSpace(record[column-1])
	}
	email := mailIn(cell(t.Columns.Email))
	if email == "" {
		t.LeftOut++
		if len(t.Problems) < rosterProblems {
			text := "there is no e-mail."
			if given := cell(t.Columns.Email); given != "" {
				text = fmt.Sprintf("%.60q is no e-mail.", given)
			}
			t.Problems = append(t.Problems, RosterProblem{line, t.Columns.Email, text})
		}
		return
	}
	name := cell(t.Columns.Name)
	if name == "" {
		name = strings.TrimSpace(cell(t.Columns.FirstName) + " " + cell(t.Columns.LastName))
	}
	status := cell(t.Columns.Status)
	t.Entries = append(t.Entries, RosterEntry{Line: line, Email: email, Name: name, Unit: cell(t.Columns.Unit), Status: status, Left: saysLeft(status)})
}
